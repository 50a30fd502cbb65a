/* record - a person reports anything that happened. */
#include <stdlib.h>
#include <string.h>

#include "cli/aliases.h"
#include "cli/fields.h"
#include "cli/order.h"
#include "cli/session.h"
#include "cli/words.h"
#include "proto/kinds.h"

static bool any_name, list;
static struct option_list packs;

/* clang-format off */
const struct option_row record_options[] = {
    {"any", 0, OPTION_FLAG, NULL, N_("kinds and fields that are not built in, too"), &any_name},
    {"aliases", 0, OPTION_FLAG, NULL, N_("the short names that the pack gives"), &list},
    {"policy", 'p', OPTION_LIST, N_("DIR"), N_("take the short names of this pack"), &packs},
    {0}};
/* clang-format on */

/* A case of this name need not be there yet. */
static bool opens(const char *kind)
{
    return strcmp(kind, "case.opened") == 0;
}

static int send(struct cli *cli, const char *kind, const char *case_id,
                int argc, char **argv)
{
    struct order o;
    int code = order_begin_any(cli, &o, "record", kind, case_id, opens(kind));

    if (code == CLI_DONE)
        code =
            fields_set(cli, o.event, &o.arena, argc, argv, o.now_ms, any_name);
    if (code == CLI_DONE)
        code = fields_ask(cli, o.event, &o.arena, o.now_ms);
    if (code == CLI_DONE)
        code = order_send(cli, &o);
    if (code == CLI_DONE) {
        const char *opened = o.answer ? o.answer->case_id : NULL;
        const char *id = opened && *opened ? opened : o.case_id;
        order_tell(cli, &o, _("%s%s%s: recorded."), kind_word(kind),
                   id ? ", " : "", id ? id : "");
    }
    order_fini(&o);
    return code;
}

/* A short name: its kind, its fields and what was typed behind it. */
static int send_alias(struct cli *cli, const struct alias_words *a)
{
    int code = fields_check_kind(cli, a->kind, true);

    return code == CLI_DONE ? send(cli, a->kind, a->case_id, a->count,
                                   (char **)(uintptr_t)a->fields)
                            : code;
}

int run_record(struct cli *cli, int argc, char **argv)
{
    struct alias_words alias;

    if (list) {
        aliases_print(cli, &packs);
        return CLI_DONE;
    }
    if (aliases_find(cli, &packs, argc, argv, &alias)) {
        int sent = send_alias(cli, &alias);
        aliases_fini(&alias);
        return sent;
    }
    char *kind = argc > 0 ? strdup(argv[0])
                          : cli_ask(cli, _("What happened "
                                           "(kind)?"));
    char *case_id = NULL;
    int first = 1, code;

    if (!kind || !*kind) {
        free(kind);
        return cli_usage(cli, _("what happened? yinuo record KIND CASE"));
    }
    if (argc > 1 && !strchr(argv[1], '=')) {
        case_id = strdup(argv[1]);
        first = 2;
    } else if (argc < 2) {
        first = argc;
        case_id = cli_ask(cli, _("Case (empty: none)?"));
    }
    /* it may be a short name of the pack, which nobody is there to tell */
    if (!any_name && !cli->queue && !kind_by_name(kind) &&
        session_try(cli) != STATUS_OK)
        code = session_failed(cli);
    else
        code = fields_check_kind(cli, kind, any_name);
    if (code == CLI_DONE)
        code = fields_check_twice(cli, argc - first, argv + first);
    if (code == CLI_DONE)
        code = send(cli, kind, case_id && *case_id ? case_id : NULL,
                    argc - first, argv + first);
    free(kind);
    free(case_id);
    return code;
}
