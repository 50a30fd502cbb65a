/* task - requests and tasks of a case: approve, reject; task add, done, take,
 * list. The ids are those that pages, answers and case show print: R1, T2. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/items.h"
#include "cli/order.h"
#include "cli/session.h"
#include "cli/when.h"
#include "proto/message_json.h"

static const char *to, *due, *list;

/* clang-format off */
const struct option_row approve_options[] = {{0}};
const struct option_row reject_options[] = {{0}};
const struct option_row task_add_options[] = {
    {"to",         't', OPTION_TEXT, N_("WHO"),     N_("a person or a unit"),                    &to},
    {"due",        'd', OPTION_TEXT, N_("TIME"),    N_("by when"),                               &due},
    {0}};
const struct option_row task_done_options[] = {
    {"list",       'l', OPTION_TEXT, N_("LIST"),    N_("of which list, where two have the item"), &list},
    {0}};
const struct option_row task_take_options[] = {
    {"list",       'l', OPTION_TEXT, N_("LIST"),    N_("of which list, where two have the item"), &list},
    {0}};
const struct option_row task_list_options[] = {{0}};
/* clang-format on */

/* The item that was named, or the only open request of the case. */
static int choose(struct cli *cli, const struct order *o, int argc, char **argv,
                  const char **id)
{
    const Yinuo__V1__Case *c = o->found.it;
    size_t open = 0;

    *id = argc > 1 ? argv[1] : NULL;
    if (*id)
        return CLI_DONE;
    for (size_t i = 0; c && i < c->n_items; i++)
        if (item_is_open(c->items[i]) && c->items[i]->tier) {
            *id = c->items[i]->key;
            open++;
        }
    if (open == 1)
        return CLI_DONE;
    if (open == 0 && c) {
        out_error(&cli->out, _("%s has no open request"), o->case_id);
        return CLI_NOT_FOUND;
    }
    return cli_usage(cli, _("which request? \"yinuo case show %s\" lists them"),
                     o->case_id);
}

static int answer(struct cli *cli, const char *verb, const char *kind, int argc,
                  char **argv, const char *told)
{
    struct order o;
    const char *id = NULL;
    int code = order_begin(cli, &o, verb, kind, argv[0]);

    if (code == CLI_DONE)
        code = choose(cli, &o, argc, argv, &id);
    if (code == CLI_DONE) {
        order_text(&o, "item", id);
        order_text(&o, "reason", cli->reason);
        order_text(&o, "by", cli->who.person);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, told, o.case_id, id);
    order_fini(&o);
    return code;
}

int run_approve(struct cli *cli, int argc, char **argv)
{
    return answer(cli, "approve", "request.approved", argc, argv,
                  _("%s: request %s is approved."));
}

int run_reject(struct cli *cli, int argc, char **argv)
{
    return answer(cli, "reject", "request.rejected", argc, argv,
                  _("%s: request %s is rejected."));
}

int run_task_add(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    char *what = argc > 1 ? cli_words(argc - 1, argv + 1)
                          : cli_ask(cli, _("What is to be done?"));
    int64_t due_ms = 0;
    bool day = false;
    int code = order_begin(cli, &o, "task add", "task.dispatched", argv[0]);

    if (code == CLI_DONE && due &&
        when_parse(due, o.now_ms, &due_ms, &day, &cli->error) != STATUS_OK)
        code = cli_usage(cli, "--due: %s", cli->error.text);
    if (code == CLI_DONE) {
        order_text(&o, "what", what);
        order_text(&o, "to", to);
        order_time(&o, "due", due_ms);
        order_text(&o, "by", cli->who.person);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s: it is a task now."), o.case_id);
    order_fini(&o);
    free(what);
    return code;
}

static int move(struct cli *cli, const char *verb, const char *kind,
                char **argv, const char *told)
{
    struct order o;
    int code = order_begin(cli, &o, verb, kind, argv[0]);

    if (code == CLI_DONE) {
        order_text(&o, "item", argv[1]);
        order_text(&o, "list", list);
        order_text(&o, "by", cli->who.person);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, told, o.case_id, argv[1]);
    order_fini(&o);
    return code;
}

int run_task_done(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    return move(cli, "task done", "task.done", argv, _("%s: %s is done."));
}

int run_task_take(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    return move(cli, "task take", "task.taken", argv, _("%s: %s is yours."));
}

int run_task_list(struct cli *cli, int argc, char **argv)
{
    struct found found;
    int code = find_case(cli, argv[0], &found);

    (void)argc;
    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out, message_to_json(&found.it->base, when_zone()));
    else if (code == CLI_DONE)
        items_show(&cli->out, found.it, found.now_ms);
    found_fini(&found);
    return code;
}

const struct option_row may_options[] = {{0}};

/* "may COMMAND ..." is that command with --dry-run; the words are taken apart
 * before it is looked up (cli.c). What is left stands alone. */
int run_may(struct cli *cli, int argc, char **argv)
{
    if (argc > 0)
        return cli_usage(cli, _("\"%s\" is no command that changes a record"),
                         argv[0]);
    return cli_usage(cli, _("may I do what? Example: yinuo may close LN-4"));
}
