/* promise - what was promised to a customer: make, kept, renegotiate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/order.h"
#include "cli/session.h"
#include "cli/when.h"

#define TEN_YEARS_MS (3653LL * 24 * 3600 * 1000) /* a slip in the year */

static const char *due, *promise_id, *depends_on;
static bool accepted;

/* clang-format off */
const struct option_row promise_make_options[] = {
    {"due",        'd', OPTION_TEXT, N_("TIME"),    N_("by when; none: without a date"),         &due},
    {"accepted",   'a', OPTION_FLAG, NULL,          N_("the customer agreed to it"),             &accepted},
    {"id",          0,  OPTION_TEXT, N_("PROMISE"), N_("its name in the case, if not the next P"), &promise_id},
    {"depends-on",  0,  OPTION_TEXT, N_("WHAT"),    N_("part and the like"),                     &depends_on},
    {0}};
const struct option_row promise_kept_options[] = {{0}};
const struct option_row promise_renegotiate_options[] = {
    {"due",        'd', OPTION_TEXT, N_("TIME"),    N_("the new time"),                          &due},
    {"accepted",   'a', OPTION_FLAG, NULL,          N_("the customer agreed to it"),             &accepted},
    {0}};
/* clang-format on */

static const Yinuo__V1__CasePromise *find(const Yinuo__V1__Case *c,
                                          const char *id)
{
    for (size_t i = 0; c && i < c->n_promises; i++)
        if (c->promises[i]->promise_id &&
            strcmp(c->promises[i]->promise_id, id) == 0)
            return c->promises[i];
    return NULL;
}

/* P1, P2 ...: the first that is free. */
static void next_id(const Yinuo__V1__Case *c, char out[16])
{
    unsigned n = 1;

    do
        snprintf(out, 16, "P%u", n);
    while (find(c, out) && ++n);
}

/* Sets due and granularity from what was typed; *at_ms 0: without a date. A
 * day's promise is due at closing time, which the station's hours say. */
static int set_due(struct cli *cli, struct order *o, int64_t *at_ms,
                   char words[WHEN_WORDS_SIZE])
{
    bool day = false;

    *at_ms = 0;
    if (strcmp(due, "none") == 0) {
        order_null(o, "due");
        return CLI_DONE;
    }
    if (when_parse(due, o->now_ms, at_ms, &day, &cli->error) != STATUS_OK)
        return cli_usage(cli, "--due: %s", cli->error.text);
    if (!cli->at && when_is_over(o->now_ms, *at_ms, day))
        return cli_usage(cli, _("%s: \"%s\" is over already"), "--due", due);
    if (*at_ms > o->now_ms + TEN_YEARS_MS)
        return cli_usage(cli, _("%s: \"%s\" is more than ten years ahead"),
                         "--due", due);
    order_time(o, "due", *at_ms);
    order_text(o, "granularity", day ? "day" : "time");
    if (day)
        when_day(*at_ms, words);
    else
        when_both(o->now_ms, *at_ms, words);
    return CLI_DONE;
}

static int ask_due(struct cli *cli)
{
    if (!due)
        due = cli_ask(cli, _("By when (none: without a date)?"));
    if (!due || !*due)
        return cli_usage(cli, _("by when? --due TIME, or --due none"));
    return CLI_DONE;
}

int run_promise_make(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    char *what = argc > 1 ? cli_words(argc - 1, argv + 1)
                          : cli_ask(cli, _("What was promised?"));
    char id[16], when[WHEN_WORDS_SIZE];
    int64_t at_ms = 0;
    int code = ask_due(cli);

    if (code == CLI_DONE)
        code = order_begin(cli, &o, "promise make", "promise.made", argv[0]);
    if (code == CLI_DONE) {
        next_id(o.found.it, id);
        if (!promise_id)
            promise_id = id;
        order_text(&o, "promise_id", promise_id);
        order_text(&o, "what", what);
        order_text(&o, "depends_on", depends_on);
        order_flag(&o, "accepted_by_customer", accepted);
        order_text(&o, "by", cli->who.person);
        code = set_due(cli, &o, &at_ms, when);
    }
    if (code == CLI_DONE)
        code = order_send(cli, &o);
    if (code == CLI_DONE && at_ms) {
        order_tell(cli, &o, _("%s: promise %s, due %s."), o.case_id, promise_id,
                   when);
    } else if (code == CLI_DONE) {
        order_tell(cli, &o, _("%s: promise %s, without a date."), o.case_id,
                   promise_id);
    }
    order_fini(&o);
    free(what);
    return code;
}

/* The promise that was named, or the only open one. */
static int choose(struct cli *cli, const struct order *o, int argc, char **argv,
                  const char **id)
{
    const Yinuo__V1__Case *c = o->found.it;
    size_t open = 0;

    *id = argc > 1 ? argv[1] : NULL;
    if (*id && c && !find(c, *id)) {
        out_error(&cli->out, _("%s has no promise %s"), o->case_id, *id);
        return CLI_NOT_FOUND;
    }
    if (*id)
        return CLI_DONE;
    for (size_t i = 0; c && i < c->n_promises; i++)
        if (c->promises[i]->state &&
            strcmp(c->promises[i]->state, "open") == 0) {
            *id = c->promises[i]->promise_id;
            open++;
        }
    if (open == 1)
        return CLI_DONE;
    if (open == 0 && c) {
        out_error(&cli->out, _("%s has no open promise"), o->case_id);
        return CLI_NOT_FOUND;
    }
    return cli_usage(cli, _("which promise? \"yinuo case show %s\" lists them"),
                     o->case_id);
}

int run_promise_kept(struct cli *cli, int argc, char **argv)
{
    struct order o;
    const char *id = NULL;
    int code = order_begin(cli, &o, "promise kept", "promise.kept", argv[0]);

    if (code == CLI_DONE)
        code = choose(cli, &o, argc, argv, &id);
    if (code == CLI_DONE) {
        order_text(&o, "promise_id", id);
        order_text(&o, "by", cli->who.person);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE) {
        const Yinuo__V1__CasePromise *p = find(o.found.it, id);
        bool missed = p && p->state && strcmp(p->state, "missed") == 0;
        order_tell(cli, &o,
                   missed ? _("%s: promise %s is done, but it was late: it "
                              "stays missed.")
                          : _("%s: promise %s is kept."),
                   o.case_id, id);
    }
    order_fini(&o);
    return code;
}

int run_promise_renegotiate(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    const char *id = NULL;
    char when[WHEN_WORDS_SIZE];
    int64_t at_ms = 0;
    int code = ask_due(cli);

    if (code == CLI_DONE && strcmp(due, "none") == 0)
        code = cli_usage(cli, _("another time, not none"));
    if (code == CLI_DONE)
        code = order_begin(cli, &o, "promise renegotiate",
                           "promise.renegotiated", argv[0]);
    if (code == CLI_DONE)
        code = choose(cli, &o, argc, argv, &id);
    if (code == CLI_DONE) {
        const Yinuo__V1__CasePromise *p = find(o.found.it, id);
        order_text(&o, "promise_id", id);
        order_time(&o, "old_due", p ? p->due_ms : 0);
        order_flag(&o, "accepted_by_customer", accepted);
        order_text(&o, "reason", cli->reason);
        order_text(&o, "by", cli->who.person);
        code = set_due(cli, &o, &at_ms, when);
    }
    if (code == CLI_DONE)
        code = order_send(cli, &o);
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s: promise %s is due %s now."), o.case_id, id,
                   when);
    order_fini(&o);
    return code;
}
