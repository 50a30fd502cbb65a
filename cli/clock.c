/* clock - clock advance, policy load, directory load: what operators order. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/interrupt.h"
#include "cli/order.h"
#include "cli/question.h"
#include "cli/retell.h"
#include "cli/session.h"
#include "cli/when.h"
#include "proto/event_json.h"

enum { ADVANCE_WAIT_MS = 24 * 3600 * 1000, ADVANCE_TRY_MS = 60 * 1000 };

static const char *speed;
static bool one_step;

/* clang-format off */
const struct option_row clock_advance_options[] = {
    {"speed", 's', OPTION_TEXT, N_("FACTOR"), N_("seconds per second; without it: at once"), &speed},
    {"step",   0,  OPTION_FLAG, NULL,         N_("stop at the first thing that is due"),     &one_step},
    {0}};
const struct option_row policy_load_options[] = {{0}};
const struct option_row directory_load_options[] = {{0}};
/* clang-format on */

static int64_t value_of(const Yinuo__V1__Answer *a, const char *key)
{
    for (size_t i = 0; i < a->n_values; i++)
        if (a->values[i]->key && strcmp(a->values[i]->key, key) == 0)
            return strtoll(a->values[i]->value, NULL, 10);
    return 0;
}

static const char *text_of(const Yinuo__V1__Answer *a, const char *key)
{
    for (size_t i = 0; i < a->n_values; i++)
        if (a->values[i]->key && strcmp(a->values[i]->key, key) == 0)
            return a->values[i]->value;
    return "";
}

static void tell_stand(struct cli *cli, const Yinuo__V1__Answer *a)
{
    int64_t now_ms = value_of(a, "now_ms"),
            next_ms = value_of(a, "next_due_ms");
    char now[WHEN_SIZE], next[WHEN_SIZE];

    if (cli->out.json) {
        json_t *all = json_pack("{s:o, s:I, s:s}", "now",
                                moment_to_json(now_ms, when_zone()), "last_seq",
                                (json_int_t)value_of(a, "last_seq"),
                                "stopped_by", text_of(a, "stopped_by"));
        if (next_ms)
            json_object_set_new(all, "next_due",
                                moment_to_json(next_ms, when_zone()));
        out_json_line(&cli->out, all);
        return;
    }
    when_clock(cli_now_ms(cli), now_ms, now);
    when_clock(cli_now_ms(cli), next_ms, next);
    out_printf(&cli->out, _("It is %s, record %lld.%s%s\n"), now,
               (long long)value_of(a, "last_seq"),
               *next ? _(" Next due: ") : "", next);
}

static int parse_speed(struct cli *cli, double *factor)
{
    char *end;

    *factor = speed ? strtod(speed, &end) : 0;
    if (speed && (*end || end == speed || !(*factor > 0)))
        return cli_usage(cli, _("--speed: a number above 0"));
    return CLI_DONE;
}

/* The ledger's own time, which "18:00" and "+2h" count from. */
static int ledger_now(struct cli *cli, int64_t *now_ms)
{
    struct question q;
    struct rows rows;
    int code;

    question_init(&q, "status");
    code = question_ask(cli, &q, &yinuo__v1__status_row__descriptor, &rows);
    *now_ms = rows.now_ms;
    rows_fini(&rows);
    return code;
}

static int advance(struct cli *cli, int64_t until_ms, double factor,
                   bool *there)
{
    struct order o = {0};
    int code = order_begin_operator(cli, &o, "clock.advance");

    if (code == CLI_DONE) {
        order_time(&o, "until", until_ms);
        if (factor > 0)
            order_real(&o, "speed", factor);
        o.wait_ms = ADVANCE_WAIT_MS;
        client_patience(cli->client, ADVANCE_TRY_MS);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE) {
        *there = one_step || value_of(o.answer, "now_ms") >= until_ms;
        if (*there || cli->out.terminal)
            tell_stand(cli, o.answer);
    }
    order_fini(&o);
    return code;
}

int run_clock_advance(struct cli *cli, int argc, char **argv)
{
    int64_t now_ms = 0, until_ms = 0;
    double factor;
    bool day, there = false;
    int code = parse_speed(cli, &factor);

    (void)argc;
    if (code == CLI_DONE)
        code = ledger_now(cli, &now_ms);
    if (code == CLI_DONE &&
        when_parse(argv[0], now_ms, &until_ms, &day, &cli->error) != STATUS_OK)
        code = cli_usage(cli, "%s", cli->error.text);
    while (code == CLI_DONE && !there && !interrupt_came())
        code = advance(cli, until_ms, factor, &there);
    return code;
}

const struct option_row clock_adopt_options[] = {{0}};

int run_clock_adopt(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    int code = order_begin_operator(cli, &o, "clock.adopt");

    (void)argc, (void)argv;
    if (code == CLI_DONE)
        code = order_send(cli, &o);
    if (code == CLI_DONE)
        order_tell(cli, &o, "%s", o.answer->text ? o.answer->text : "");
    order_fini(&o);
    return code;
}

static int load(struct cli *cli, const char *verb, const char *dir)
{
    struct order o = {0};
    char path[PATH_MAX];
    int code;

    if (!realpath(dir, path)) {
        out_error(&cli->out, _("%s: there is no such directory"), dir);
        return CLI_NOT_FOUND;
    }
    code = order_begin_operator(cli, &o, verb);
    if (code == CLI_DONE) {
        order_text(&o, "dir", path);
        o.wait_ms = 10 * CLI_WAIT_MS; /* it compiles calendars */
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, "%s",
                   o.answer->text && *o.answer->text ? RETOLD(o.answer->text)
                                                     : _("Loaded."));
    order_fini(&o);
    return code;
}

int run_policy_load(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    return load(cli, "policy.load", argv[0]);
}

int run_directory_load(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    return load(cli, "directory.load", argv[0]);
}
