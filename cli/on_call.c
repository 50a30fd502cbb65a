/* on_call - the duty of a while: override, swap, end, overrides. */
#include "cli/order.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/message_json.h"
#include "proto/roles.h"

static const char *from, *until, *instead_of;
static int64_t span_ms;

/* clang-format off */
#define SPAN_OPTIONS                                                           \
    {"from",   0,  OPTION_TEXT, N_("TIME"), N_("from then on, not at once"),   &from},    \
    {"until", 'u', OPTION_TEXT, N_("TIME"), N_("until then"),                  &until},   \
    {"for",   'f', OPTION_SPAN, N_("SPAN"), N_("or as long as that"),          &span_ms}
const struct option_row on_call_override_options[] = {
    SPAN_OPTIONS,
    {"instead-of", 0, OPTION_TEXT, N_("PERSON"), N_("in the place of this person, not before all others"), &instead_of},
    {0}};
const struct option_row on_call_swap_options[] = {SPAN_OPTIONS, {0}};
const struct option_row on_call_end_options[] = {{0}};
const struct option_row on_call_overrides_options[] = {{0}};
/* clang-format on */

/* --- one --- */

static int read_time(struct cli *cli, const char *option, const char *words,
                     int64_t now_ms, int64_t *at_ms)
{
    bool day = false;

    if (words &&
        when_parse(words, now_ms, at_ms, &day, &cli->error) != STATUS_OK)
        return cli_usage(cli, "%s: %s", option, cli->error.text);
    return CLI_DONE;
}

/* "@R-1" is all of a region. */
static void set_place(struct order *o, const char *place)
{
    if (*place == '@')
        order_text(o, "region", place + 1);
    else
        order_text(o, "station", place);
}

static int set_span(struct cli *cli, struct order *o, int64_t *until_ms)
{
    int64_t from_ms = o->now_ms;
    int code = read_time(cli, "--from", from, o->now_ms, &from_ms);

    *until_ms = span_ms ? from_ms + span_ms : 0;
    if (code == CLI_DONE)
        code = read_time(cli, "--until", until, o->now_ms, until_ms);
    if (code == CLI_DONE && !*until_ms)
        code = cli_usage(cli, _("until when? --until TIME or --for SPAN"));
    if (code == CLI_DONE && *until_ms <= from_ms)
        code = cli_usage(cli, _("it would end before it begins"));
    if (code == CLI_DONE) {
        order_time(o, "from", from ? from_ms : 0); /* 0: at once */
        order_time(o, "until", *until_ms);
    }
    return code;
}

static int change(struct cli *cli, char **argv, const char *other)
{
    struct order o = {0};
    char words[WHEN_WORDS_SIZE];
    int64_t until_ms = 0;
    uint32_t role = 0;
    int code = cli_need_reason(cli);

    if (code == CLI_DONE)
        code = session_role(cli, argv[1], &role);
    if (code == CLI_DONE)
        code = order_begin_any(cli, &o, "on-call", "roster.overridden", NULL,
                               true);
    if (code == CLI_DONE)
        code = set_span(cli, &o, &until_ms);
    if (code == CLI_DONE) {
        set_place(&o, argv[0]);
        order_text(&o, "tier", role_name(role));
        order_text(&o, "person", argv[2]);
        order_text(&o, "instead_of", other);
        if (other && !instead_of)
            order_flag(&o, "swap", true);
        order_text(&o, "reason", cli->reason);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE) {
        when_both(o.now_ms, until_ms, words);
        order_tell(cli, &o, _("%s is on duty for %s until %s."), argv[2],
                   argv[0], words);
    }
    order_fini(&o);
    return code;
}

int run_on_call_override(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    return change(cli, argv, instead_of);
}

int run_on_call_swap(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    instead_of = NULL;
    return change(cli, argv, argv[3]);
}

int run_on_call_end(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    int code = order_begin_any(cli, &o, "on-call end", "roster.override_ended",
                               NULL, true);

    (void)argc;
    if (code == CLI_DONE) {
        order_text(&o, "override_id", argv[0]);
        order_text(&o, "reason", cli->reason);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s is no more; the roster holds."), argv[0]);
    order_fini(&o);
    return code;
}

/* --- the list --- */

static void add_row(struct table *t, const Yinuo__V1__DutyOverride *d,
                    int64_t now_ms)
{
    char clock[WHEN_SIZE];

    table_add(t, d->override_id, OUT_PLAIN);
    if (d->station && *d->station)
        table_add(t, d->station, OUT_PLAIN);
    else
        table_addf(t, OUT_PLAIN, "@%s", d->region ? d->region : "");
    table_add(t, tier_word((int)d->tier), OUT_PLAIN);
    table_add(t, d->person, OUT_STRONG);
    table_addf(t, OUT_PLAIN, "%s%s", d->swap ? "<-> " : "",
               d->instead_of ? d->instead_of : "");
    when_clock(now_ms, d->from_ms, clock);
    table_add(t, clock, d->from_ms > now_ms ? OUT_FAINT : OUT_PLAIN);
    when_clock(now_ms, d->until_ms, clock);
    table_add(t, clock, d->until_ms <= now_ms ? OUT_FAINT : OUT_PLAIN);
    table_add(t, d->by, OUT_PLAIN);
    table_add(t, d->reason, OUT_PLAIN);
}

int run_on_call_overrides(struct cli *cli, int argc, char **argv)
{
    static const struct table_column columns[] = {
        {N_("OVERRIDE"), false, 0},   {N_("PLACE"), false, 6},
        {N_("TIER"), false, 8},       {N_("PERSON"), false, 6},
        {N_("INSTEAD OF"), false, 6}, {N_("FROM"), false, 0},
        {N_("UNTIL"), false, 0},      {N_("BY"), false, 4},
        {N_("REASON"), false, 8}};
    json_t *array = cli->out.json ? json_array() : NULL;
    struct question q;
    struct rows rows = {0};
    struct table t;
    int code;

    (void)argc, (void)argv;
    question_init(&q, "on_call.overrides");
    code = question_ask(cli, &q, &yinuo__v1__duty_override__descriptor, &rows);
    table_init(&t, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; code == CLI_DONE && i < rows.count; i++) {
        const Yinuo__V1__DutyOverride *d = rows.list[i];

        if (array)
            json_array_append_new(array,
                                  message_to_json(&d->base, when_zone()));
        else
            add_row(&t, d, rows.now_ms);
    }
    if (array && code == CLI_DONE)
        out_json(&cli->out, json_incref(array));
    else if (code == CLI_DONE && table_rows(&t))
        table_print(&t, &cli->out);
    else if (code == CLI_DONE)
        out_note(&cli->out, "%s", _("Nothing overrides the rosters."));
    json_decref(array);
    table_fini(&t);
    rows_fini(&rows);
    return code;
}
