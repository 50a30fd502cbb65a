/* rebase - policy rebase: open cases are moved to the rules in force. */
#include "cli/rebase.h"

#include <stdlib.h>
#include <string.h>

#include "cli/find.h"
#include "cli/interrupt.h"
#include "cli/order.h"
#include "cli/session.h"
#include "cli/when.h"
#include "proto/message_json.h"
#include "proto/wire.h"

enum { LOOK_EVERY_MS = 150, GONE_MAX_MS = 30 * 1000 };

static bool preview, question;
static const char *reason;

/* clang-format off */
const struct option_row policy_rebase_options[] = {
    {"preview",  0,  OPTION_FLAG, NULL,        N_("what it would change; nothing is written"), &preview},
    {"reason",  'r', OPTION_TEXT, N_("WORDS"), N_("why, for the record"),                      &reason},
    {"dry-run", 'n', OPTION_FLAG, NULL,        N_("say whether it would be allowed"),          &question},
    {0}};
/* clang-format on */

/* --- what it would change --- */

static int show_one(struct cli *cli, const char *typed)
{
    struct found found;
    struct rows rows = {0};
    int code = find_case(cli, typed, &found);

    if (code == CLI_DONE) {
        code = rebase_ask(cli, found.it->case_id, &rows);
        if (code == CLI_DONE)
            rebase_show(cli, &rows);
        rows_fini(&rows);
    }
    found_fini(&found);
    return code;
}

static int show_all(struct cli *cli)
{
    struct rows rows = {0};
    int code = rebase_ask(cli, NULL, &rows);

    if (code == CLI_DONE)
        rebase_show(cli, &rows);
    rows_fini(&rows);
    return code;
}

static int show(struct cli *cli, int argc, char **argv)
{
    int code = CLI_DONE;

    if (argc == 0)
        return show_all(cli);
    for (int i = 0; i < argc && code == CLI_DONE; i++)
        code = show_one(cli, argv[i]);
    return code;
}

/* --- one case --- */

static int move_one(struct cli *cli, const char *typed)
{
    struct order o = {0};
    struct found found;
    int code = find_case(cli, typed, &found);

    if (code == CLI_DONE)
        code = order_begin_operator(cli, &o, "policy.rebase");
    if (code == CLI_DONE) {
        o.case_id = found.it->case_id;
        o.command.case_id = found.it->case_id;
        o.partition = found.partition;
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s lives by the rules in force now."),
                   found.it->case_id);
    order_fini(&o);
    found_fini(&found);
    return code;
}

/* --- all of them --- */

static int order_all(struct cli *cli)
{
    const uint32_t *partitions;
    int code = session_ready(cli);
    size_t count = 0;

    if (code != CLI_DONE)
        return code;
    partitions = client_partitions(cli->client, &count);
    for (size_t i = 0; i < count && code == CLI_DONE; i++) {
        struct order o = {0};

        code = order_begin_operator(cli, &o, "policy.rebase");
        if (code == CLI_DONE) {
            o.partition = partitions[i];
            code = order_send(cli, &o);
        }
        if (code == CLI_DONE && cli->dry_run && i + 1 == count)
            order_tell(cli, &o, "%s", "");
        order_fini(&o);
    }
    return code;
}

static void tell_count(FILE *to, size_t done, size_t total)
{
    fprintf(to, "\r");
    fprintf(to, _("%zu of %zu cases"), done, total);
}

static void tell_progress(const struct cli *cli, const struct rows *rows,
                          size_t total)
{
    size_t done = 0;

    for (size_t i = 0; i < rows->count; i++)
        done += ((const Yinuo__V1__Intent *)rows->list[i])->done;
    if (!cli->out.errors_terminal)
        return;
    if (rows->count)
        tell_count(cli->out.errors, done < total ? done : total, total);
    else
        fprintf(cli->out.errors, "\r\033[K");
    fflush(cli->out.errors);
}

/* Until none is under way. A router that is away for a while goes on where it
 * was when it is back. */
static int wait_for_all(struct cli *cli, size_t total)
{
    int64_t seen_ms = clock_monotonic_ms(cli->clock);
    size_t under_way = 1;

    interrupt_catch();
    while (under_way && !interrupt_came()) {
        struct rows rows = {0};
        struct question q;
        int code;

        question_init(&q, "policy.rebase.state");
        session_more_time(cli);
        code = question_ask(cli, &q, &yinuo__v1__intent__descriptor, &rows);
        if (code == CLI_DONE) {
            seen_ms = clock_monotonic_ms(cli->clock);
            under_way = rows.count;
            tell_progress(cli, &rows, total);
        }
        rows_fini(&rows);
        if (code != CLI_DONE &&
            clock_monotonic_ms(cli->clock) - seen_ms > GONE_MAX_MS)
            return code;
        if (under_way)
            interrupt_pause(cli->clock, LOOK_EVERY_MS);
    }
    if (under_way)
        out_note(&cli->out, "%s",
                 _("It is recorded and goes on by itself; policy rebase "
                   "--preview shows what is left."));
    return CLI_DONE;
}

static void tell_all(struct cli *cli, size_t total, const struct rows *left)
{
    size_t moved = total > left->count ? total - left->count : 0;
    json_t *kept;

    if (cli->out.json) {
        kept = json_array();
        for (size_t i = 0; i < left->count; i++)
            json_array_append_new(
                kept, message_to_json(
                          &((const Yinuo__V1__RebaseRow *)left->list[i])->base,
                          when_zone()));
        out_json(&cli->out, json_pack("{s:b, s:I, s:I, s:o}", "recorded", 1,
                                      "cases", (json_int_t)total, "moved",
                                      (json_int_t)moved, "kept", kept));
        return;
    }
    out_printf(&cli->out,
               _("%zu of %zu cases live by the rules in force now.\n"), moved,
               total);
    for (size_t i = 0; i < left->count; i++) {
        const Yinuo__V1__RebaseRow *row = left->list[i];

        out_printf(&cli->out, _("%s keeps its rules: %s\n"), row->case_id,
                   rebase_why_not(row));
    }
}

static int move_all(struct cli *cli)
{
    struct rows before = {0}, left = {0};
    int code = rebase_ask(cli, NULL, &before);

    if (code == CLI_DONE)
        code = order_all(cli);
    if (code == CLI_DONE && !cli->dry_run) {
        code = wait_for_all(cli, before.count);
        if (code == CLI_DONE)
            code = rebase_ask(cli, NULL, &left);
        if (code == CLI_DONE)
            tell_all(cli, before.count, &left);
        rows_fini(&left);
    }
    rows_fini(&before);
    return code;
}

int run_policy_rebase(struct cli *cli, int argc, char **argv)
{
    int code;

    cli->reason = reason;
    cli->dry_run |= question;
    if (preview)
        return show(cli, argc, argv);
    code = cli_need_reason(cli);
    if (code == CLI_DONE && argc == 0)
        return move_all(cli);
    for (int i = 0; i < argc && code == CLI_DONE; i++)
        code = move_one(cli, argv[i]);
    return code;
}
