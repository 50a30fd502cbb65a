/* mute - mutes and maintenance windows: add, list, end. */
#include <string.h>

#include "cli/find.h"
#include "cli/order.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/when.h"
#include "proto/message_json.h"

enum { MATCHES_MAX = 6 };

static const char *from, *until;
static int64_t span_ms;

/* clang-format off */
#define SPAN_OPTIONS \
    {"for",   'f', OPTION_SPAN, N_("SPAN"), N_("as long as that, 7 days at most"), &span_ms}, \
    {"until", 'u', OPTION_TEXT, N_("TIME"), N_("or until then"),                   &until},   \
    {"from",   0,  OPTION_TEXT, N_("TIME"), N_("from then on, not at once"),       &from},    \
    {0}
const struct option_row mute_add_options[] = {SPAN_OPTIONS};
const struct option_row maintenance_add_options[] = {SPAN_OPTIONS};
const struct option_row mute_list_options[] = {{0}};
const struct option_row maintenance_list_options[] = {{0}};
const struct option_row mute_end_options[] = {{0}};
const struct option_row maintenance_end_options[] = {{0}};
/* clang-format on */

static int read_time(struct cli *cli, const char *option, const char *words,
                     int64_t now_ms, int64_t *at_ms)
{
    bool day = false;

    if (!words)
        return CLI_DONE;
    if (when_parse(words, now_ms, at_ms, &day, &cli->error) != STATUS_OK)
        return cli_usage(cli, "%s: %s", option, cli->error.text);
    if (when_is_over(now_ms, *at_ms, day))
        return cli_usage(cli, _("%s: \"%s\" is over already"), option, words);
    return CLI_DONE;
}

static int set_times(struct cli *cli, struct order *o, int64_t *until_ms)
{
    int64_t from_ms = 0;
    int code = read_time(cli, "--from", from, o->now_ms, &from_ms);

    *until_ms = span_ms ? (from_ms ? from_ms : o->now_ms) + span_ms : 0;
    if (code == CLI_DONE)
        code = read_time(cli, "--until", until, o->now_ms, until_ms);
    if (code != CLI_DONE)
        return code;
    order_time(o, "from", from_ms);
    order_time(o, "until", *until_ms);
    return CLI_DONE;
}

/* FIELD=VALUE; the station or region is also where the mute belongs. */
static int set_matches(struct cli *cli, struct order *o, int count, char **list)
{
    static const char *const places[] = {"station=", "region="};

    for (int i = 0; i < count; i++) {
        const char *equals = strchr(list[i], '=');

        if (!equals || equals == list[i] || !equals[1])
            return cli_usage(cli, _("\"%s\": expected FIELD=VALUE"), list[i]);
        for (size_t k = 0; k < 2; k++)
            if (strncmp(list[i], places[k], strlen(places[k])) == 0)
                order_text(o, k ? "region" : "station", equals + 1);
    }
    order_list(o, "match", (const char *const *)list, (size_t)count);
    return CLI_DONE;
}

static int add(struct cli *cli, int argc, char **argv, bool maintenance)
{
    struct order o = {0};
    int64_t until_ms = 0;
    int code = cli_need_reason(cli);
    char words[WHEN_WORDS_SIZE];

    if (code == CLI_DONE && !span_ms && !until)
        code = cli_usage(cli, _("for how long? --for SPAN or --until TIME"));
    if (code == CLI_DONE && argc > MATCHES_MAX)
        code = cli_usage(cli, _("at most %d fields at once"), MATCHES_MAX);
    if (code == CLI_DONE)
        code = order_begin_any(cli, &o, maintenance ? "maintenance" : "mute",
                               "mute.added", NULL, true);
    if (code == CLI_DONE)
        code = set_matches(cli, &o, argc, argv);
    if (code == CLI_DONE)
        code = set_times(cli, &o, &until_ms);
    if (code == CLI_DONE) {
        order_text(&o, "reason", cli->reason);
        if (maintenance)
            order_flag(&o, "maintenance", true);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE) {
        when_both(o.now_ms, until_ms, words);
        order_tell(cli, &o, _("%s holds pages of S3 and S4 until %s."),
                   o.answer && o.answer->case_id ? o.answer->case_id
                                                 : _("The mute"),
                   words);
    }
    order_fini(&o);
    return code;
}

static int end(struct cli *cli, const char *typed)
{
    struct order o = {0};
    int code = order_begin(cli, &o, "mute end", "mute.ended", typed);

    if (code == CLI_DONE) {
        order_text(&o, "reason", cli->reason);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o,
                   _("%s has ended; what it held and is still wanted "
                     "is sent."),
                   o.case_id);
    order_fini(&o);
    return code;
}

static void add_row(struct table *t, const Yinuo__V1__Mute *m, int64_t now_ms)
{
    char clock[WHEN_SIZE];
    struct bytes words = {0};

    for (size_t i = 0; i < m->n_match; i++)
        bytes_append_format(&words, "%s%s=%s", i ? " " : "",
                            m->match[i]->field ? m->match[i]->field : "",
                            m->match[i]->value ? m->match[i]->value : "");
    table_add(t, m->mute_id, OUT_PLAIN);
    when_clock(now_ms, m->from_ms, clock);
    table_add(t, clock, OUT_PLAIN);
    when_clock(now_ms, m->until_ms, clock);
    table_add(t, clock, OUT_PLAIN);
    table_addf(t, OUT_PLAIN, "%u", m->held_total);
    table_add(t, m->owner, OUT_PLAIN);
    table_addf(t, OUT_PLAIN, "%.*s", (int)words.size,
               words.size ? (const char *)words.data : "");
    table_add(t, m->reason, OUT_PLAIN);
    bytes_fini(&words);
}

static void print(struct cli *cli, const struct rows *rows, bool maintenance)
{
    static const struct table_column columns[] = {
        {N_("MUTE"), false, 0},   {N_("FROM"), false, 0},
        {N_("UNTIL"), false, 0},  {N_("HELD"), true, 0},
        {N_("BY"), false, 0},     {N_("MATCH"), false, 20},
        {N_("REASON"), false, 12}};
    json_t *array = cli->out.json ? json_array() : NULL;
    struct table t;

    table_init(&t, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__Mute *m = rows->list[i];

        if (maintenance && !m->maintenance)
            continue;
        if (array)
            json_array_append_new(array,
                                  message_to_json(&m->base, when_zone()));
        else
            add_row(&t, m, rows->now_ms);
    }
    if (array)
        out_json(&cli->out, array);
    else if (table_rows(&t))
        table_print(&t, &cli->out);
    else
        out_note(&cli->out, "%s", _("Nothing is held back."));
    table_fini(&t);
}

static int list(struct cli *cli, bool maintenance)
{
    struct question q;
    struct rows rows = {0};
    int code;

    question_init(&q, "mute.list");
    code = question_ask(cli, &q, &yinuo__v1__mute__descriptor, &rows);
    if (code == CLI_DONE)
        print(cli, &rows, maintenance);
    rows_fini(&rows);
    return code;
}

int run_mute_add(struct cli *cli, int argc, char **argv)
{
    return add(cli, argc, argv, false);
}

int run_maintenance_add(struct cli *cli, int argc, char **argv)
{
    return add(cli, argc, argv, true);
}

int run_mute_list(struct cli *cli, int argc, char **argv)
{
    (void)argc, (void)argv;
    return list(cli, false);
}

int run_maintenance_list(struct cli *cli, int argc, char **argv)
{
    (void)argc, (void)argv;
    return list(cli, true);
}

int run_mute_end(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    return end(cli, argv[0]);
}

int run_maintenance_end(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    return end(cli, argv[0]);
}
