/* report - what the records say about how the work is done, as tables: one
 * pass (ledger/report.h), then each report is a few groupings of its facts. */
#include "ledger/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "cli/known.h"
#include "cli/past.h"
#include "cli/report_lessons.h"
#include "cli/report_rows.h"
#include "cli/session.h"
#include "cli/sheet.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/roles.h"

static const char *since, *station, *region;
static int64_t limit = 20;

/* clang-format off */
const struct option_row report_options[] = {
    PAST_OPTIONS,
    {"since",   0,  OPTION_TEXT, N_("TIME"),    N_("only what happened from then on"), &since},
    {"station", 's', OPTION_TEXT, N_("STATION"), N_("only of this station"),            &station},
    {"region",  0,  OPTION_TEXT, N_("REGION"),  N_("only of this region"),             &region},
    {"limit",   'l', OPTION_INT, N_("NUMBER"),  N_("at most so many cases (20)"),      &limit},
    {0}};

static const struct sheet_column span_columns[] = {
    {"what",         N_("TIME UNTIL"),  SHEET_TEXT},
    {"count",        N_("CASES"),       SHEET_COUNT},
    {"median_s",     N_("MEDIAN"),      SHEET_SPAN},
    {"p90_s",        N_("P90"),         SHEET_SPAN},
    {"before_s",     N_("MONTH BEFORE"), SHEET_SPAN},
    {"month_s",      N_("LAST MONTH"),  SHEET_SPAN},
    {"months",       N_("MONTHS"),      SHEET_SERIES}};
static const struct sheet_column kept_columns[] = {
    {"name",         "",                SHEET_TEXT},
    {"kept",         N_("KEPT"),        SHEET_COUNT},
    {"missed",       N_("MISSED"),      SHEET_COUNT},
    {"share",        N_("SHARE"),       SHEET_SHARE},
    {"before",       N_("MONTH BEFORE"), SHEET_SHARE},
    {"month",        N_("LAST MONTH"),  SHEET_SHARE},
    {"months",       N_("MONTHS"),      SHEET_SERIES}};
static const struct sheet_column promise_columns[] = {
    {"name",         "",                SHEET_TEXT},
    {"kept",         N_("KEPT"),        SHEET_COUNT},
    {"missed",       N_("BROKEN"),      SHEET_COUNT},
    {"share",        N_("SHARE"),       SHEET_SHARE},
    {"first_contact_s", N_("FIRST CONTACT"), SHEET_SPAN},
    {"resolution_s", N_("RESOLUTION"),  SHEET_SPAN},
    {"months",       N_("MONTHS"),      SHEET_SERIES}};
static const struct sheet_column bypass_columns[] = {
    {"name",         N_("STATION"),     SHEET_TEXT},
    {"complaints",   N_("COMPLAINTS"),  SHEET_COUNT},
    {"bypasses",     N_("BYPASSES"),    SHEET_COUNT},
    {"rate",         N_("RATE"),        SHEET_SHARE},
    {"foreseen",     N_("FORESEEN"),    SHEET_SHARE},
    {"reaction_s",   N_("REACTION"),    SHEET_SPAN},
    {"opinions",     N_("OPINIONS"),    SHEET_COUNT},
    {"months",       N_("MONTHS"),      SHEET_SERIES}};
static const struct sheet_column count_columns[] = {
    {"name",         "",                SHEET_TEXT},
    {"count",        N_("COUNT"),       SHEET_COUNT},
    {"share",        N_("SHARE"),       SHEET_SHARE},
    {"months",       N_("MONTHS"),      SHEET_SERIES}};
static const struct sheet_column top_columns[] = {
    {"region",       N_("REGION"),      SHEET_TEXT},
    {"month",        N_("MONTH"),       SHEET_TEXT},
    {"top1",         "TOP1",            SHEET_TEXT},
    {"top2",         "TOP2",            SHEET_TEXT},
    {"top3",         "TOP3",            SHEET_TEXT}};
static const struct sheet_column content_columns[] = {
    {"name",         "",                SHEET_TEXT},
    {"unhappy",      N_("UNHAPPY"),     SHEET_COUNT},
    {"bypasses",     N_("BYPASSES"),    SHEET_COUNT},
    {"broken",       N_("BROKEN PROMISES"), SHEET_COUNT},
    {"open",         N_("OPEN PROMISES"), SHEET_COUNT},
    {"complaints",   N_("COMPLAINTS"),  SHEET_COUNT},
    {"failed",       N_("FAILED CASES"), SHEET_COUNT},
    {"answers",      N_("ANSWERS"),     SHEET_COUNT},
    {"content",      N_("CONTENT"),     SHEET_SHARE},
    {"mean",         N_("MEAN"),        SHEET_REAL},
    {"months",       N_("MONTHS"),      SHEET_SERIES}};
static const struct sheet_column failed_columns[] = {
    {"case_id",      N_("CASE"),        SHEET_TEXT},
    {"station",      N_("STATION"),     SHEET_TEXT},
    {"owner",        N_("OWNER"),       SHEET_TEXT},
    {"closed_at",    N_("CLOSED"),      SHEET_MOMENT},
    {"why",          N_("WHY"),         SHEET_TEXT},
    {"words",        N_("CUSTOMER"),    SHEET_TEXT}};
static const struct sheet_column load_columns[] = {
    {"name",         N_("ENGINEER"),    SHEET_TEXT},
    {"open",         N_("OPEN CASES"),  SHEET_COUNT},
    {"promises",     N_("OPEN PROMISES"), SHEET_COUNT},
    {"owned",        N_("CASES OWNED"), SHEET_COUNT},
    {"pages",        N_("PAGES"),       SHEET_COUNT},
    {"load",         N_("SHARE"),       SHEET_SHARE}};
static const struct sheet_column contact_columns[] = {
    {"case_id",      N_("CASE"),        SHEET_TEXT},
    {"station",      N_("STATION"),     SHEET_TEXT},
    {"owner",        N_("OWNER"),       SHEET_TEXT},
    {"longest_s",    N_("WITHOUT CONTACT"), SHEET_SPAN},
    {"from",         N_("FROM"),        SHEET_MOMENT},
    {"state",        N_("STATE"),       SHEET_TEXT}};
/* clang-format on */

#define COLUMNS(c) c, sizeof(c) / sizeof(c)[0]

/* --- times -----------------------------------------------------------------
 */

static void add_span(struct report_view *v, json_t *rows, int kind,
                     const char *name, const char *label)
{
    json_t *row = report_spans(v, kind, name);

    if (!row)
        return;
    json_object_set_new(row, "what", json_string(label));
    json_array_append_new(rows, row);
}

static void report_times(struct sheets *s, struct report_view *v)
{
    json_t *rows = json_array();
    json_t *named =
        report_groups(v, 1u << REPORT_TIME_FACT, report_by_name, NULL);
    size_t i;
    json_t *one;

    add_span(v, rows, REPORT_ACKNOWLEDGE_FACT, NULL, _("acknowledgement"));
    add_span(v, rows, REPORT_FIRST_CONTACT_FACT, NULL, _("first contact"));
    json_array_foreach(named, i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        add_span(v, rows, REPORT_TIME_FACT, name, clock_word(name));
    }
    add_span(v, rows, REPORT_RESOLUTION_FACT, NULL, _("resolution"));
    json_decref(named);
    sheet_print(s, "times", _("Times"), COLUMNS(span_columns), rows);
    sheet_print(
        s, "clocks", _("Deadlines"), COLUMNS(kept_columns),
        report_groups(v, 1u << REPORT_CLOCK_FACT, report_by_name, clock_word));
    sheet_print(
        s, "tiers", _("Acknowledged before the next call"),
        COLUMNS(kept_columns),
        report_groups(v, 1u << REPORT_CALL_FACT, report_by_name, key_word));
    sheet_print(s, "stations", _("Deadlines by station"), COLUMNS(kept_columns),
                report_groups(v,
                              1u << REPORT_CLOCK_FACT | 1u << REPORT_CALL_FACT,
                              report_by_station, NULL));
    sheet_print(
        s, "lines", _("Deadlines by product line"), COLUMNS(kept_columns),
        report_groups(v, 1u << REPORT_CLOCK_FACT | 1u << REPORT_CALL_FACT,
                      report_by_line, NULL));
}

/* --- promises, bypass ------------------------------------------------------
 */

static void promises_by(struct sheets *s, struct report_view *v,
                        const char *name, const char *title, report_key *key)
{
    json_t *rows = report_groups(v, 1u << REPORT_PROMISE_FACT, key, NULL);
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        const char *of = json_string_value(json_object_get(row, "name"));
        report_median(v, row, "first_contact_s", REPORT_FIRST_CONTACT_FACT, key,
                      of);
        report_median(v, row, "resolution_s", REPORT_RESOLUTION_FACT, key, of);
    }
    sheet_print(s, name, title, COLUMNS(promise_columns), rows);
}

static void report_promises(struct sheets *s, struct report_view *v)
{
    promises_by(s, v, "engineers", _("Promises by engineer"), report_by_person);
    promises_by(s, v, "stations", _("Promises by station"), report_by_station);
    promises_by(s, v, "regions", _("Promises by region"), report_by_region);
}

static void report_bypass(struct sheets *s, struct report_view *v)
{
    json_t *rows =
        report_groups(v, 1u << REPORT_LOCAL_FACT, report_by_station, NULL);
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        const char *of = json_string_value(json_object_get(row, "name"));
        json_int_t kept = json_integer_value(json_object_get(row, "kept"));
        json_int_t past = json_integer_value(json_object_get(row, "missed"));

        json_object_set_new(row, "complaints", json_integer(kept + past));
        json_object_set_new(row, "bypasses", json_integer(past));
        json_object_set_new(
            row, "rate",
            json_real(kept + past ? (double)past / (double)(kept + past) : 0));
        report_share(v, row, "foreseen", REPORT_FORESEEN_FACT,
                     report_by_station, of);
        report_median(v, row, "reaction_s", REPORT_REACTION_FACT,
                      report_by_station, of);
        json_object_set_new(
            row, "opinions",
            json_integer((json_int_t)report_count(
                v, REPORT_OPINION_FACT, report_by_station, of, NULL)));
        json_object_del(row, "share");
        json_object_del(row, "kept");
        json_object_del(row, "missed");
    }
    sheet_print(s, "bypass", _("Complaints that went past the station"),
                COLUMNS(bypass_columns), rows);
}

/* --- incidents -------------------------------------------------------------
 */

static json_t *incident(const struct report_view *v,
                        const struct report_case *c)
{
    json_t *row = json_object();
    char key[32];

    (void)v;
    json_object_set_new(row, "case_id", json_string(c->id));
    json_object_set_new(row, "station", json_string(c->station));
    json_object_set_new(row, "signal_at", json_integer(c->signal_ms));
    json_object_set_new(
        row, "found_by",
        json_string(*c->found_by ? factor_word(c->found_by) : ""));
    for (uint32_t t = 2; t <= roles_tier_count() && t < REPORT_TIERS; t++) {
        snprintf(key, sizeof key, "tier%u_s", t);
        if (c->tier_ms[t])
            json_object_set_new(
                row, key, json_integer((c->tier_ms[t] - c->signal_ms) / 1000));
    }
    json_object_set_new(row, "public_first",
                        json_string(report_public_first(c) ? _("yes")
                                    : c->public_ms         ? _("no")
                                                           : ""));
    return row;
}

static void report_incidents(struct sheets *s, struct report_view *v)
{
    struct sheet_column columns[6 + REPORT_TIERS] = {
        {"case_id", N_("CASE"), SHEET_TEXT},
        {"station", N_("STATION"), SHEET_TEXT},
        {"signal_at", N_("FIRST SIGNAL"), SHEET_MOMENT},
        {"found_by", N_("FOUND BY"), SHEET_TEXT}};
    static char keys[REPORT_TIERS][16];
    size_t count = 4, known = 0, first = 0;
    json_t *rows = json_array();

    for (uint32_t t = 2; t <= roles_tier_count() && t < REPORT_TIERS; t++) {
        snprintf(keys[t], sizeof keys[t], "tier%u_s", t);
        columns[count++] =
            (struct sheet_column){keys[t], tier_word((int)t), SHEET_SPAN};
    }
    columns[count++] = (struct sheet_column){
        "public_first", N_("PUBLIC BEFORE US"), SHEET_TEXT};
    for (size_t i = 0; i < v->report->case_count; i++) {
        const struct report_case *c = &v->report->cases[i];

        if (!c->signal_ms || !report_case_wanted(v, c))
            continue;
        json_array_append_new(rows, incident(v, c));
        known += c->public_ms != 0;
        first += report_public_first(c);
    }
    sheet_value(s, "incidents_public", json_integer((json_int_t)known));
    sheet_value(s, "public_before_escalation", json_integer((json_int_t)first));
    sheet_print(s, "incidents", _("From the first signal to each tier"),
                columns, count, rows);
    if (!s->cli->out.json && !s->cli->out.csv && known)
        out_printf(&s->cli->out,
                   _("A post or a crew came before the first escalation in "
                     "%zu of %zu.\n"),
                   first, known);
}

/* --- causes ----------------------------------------------------------------
 */

static void report_causes(struct sheets *s, struct report_view *v)
{
    sheet_print(
        s, "causes", _("Causes"), COLUMNS(count_columns),
        report_groups(v, 1u << REPORT_TAG_FACT, report_by_name, factor_word));
    sheet_print(s, "factors", _("Factors"), COLUMNS(count_columns),
                report_groups(v, 1u << REPORT_FACTOR_FACT, report_by_name,
                              factor_word));
    sheet_print(s, "top", _("The three most frequent, by region and month"),
                COLUMNS(top_columns),
                report_tops(v, 1u << REPORT_TAG_FACT, factor_word));
    sheet_print(s, "top_factors",
                _("The three most frequent factors, by region and month"),
                COLUMNS(top_columns),
                report_tops(v, 1u << REPORT_FACTOR_FACT, factor_word));
    report_radar(s, v);
}

static void report_lessons(struct sheets *s, struct report_view *v)
{
    report_digest(s, v);
}

/* --- satisfaction ----------------------------------------------------------
 */

static json_t *failed_row(const struct report_case *c)
{
    char why[200] = "";
    size_t used = 0;
    json_t *row;

    if (c->unhappy)
        used +=
            (size_t)snprintf(why, sizeof why, "%s", _("the customer says no"));
    if (c->broken && used < sizeof why)
        used += (size_t)snprintf(
            why + used, sizeof why - used,
            P_("%s%u promise broken", "%s%u promises broken", c->broken),
            used ? "; " : "", c->broken);
    if (c->missed && used < sizeof why)
        snprintf(why + used, sizeof why - used,
                 P_("%s%u deadline missed", "%s%u deadlines missed", c->missed),
                 used ? "; " : "", c->missed);
    row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "case_id", c->id,
                    "station", c->station, "owner", c->owner, "why", why,
                    "words", c->words, "unhappy", c->unhappy);
    if (c->closed_ms)
        json_object_set_new(row, "closed_at", json_integer(c->closed_ms));
    return row;
}

/* First those whose customer said no, however early they were closed. */
static json_t *failed_rows(const struct report_view *v, size_t *failed)
{
    json_t *rows = json_array();

    *failed = 0;
    for (int turn = 0; turn < 2; turn++)
        for (size_t i = 0; i < v->report->case_count; i++) {
            const struct report_case *c = &v->report->cases[i];
            bool bad = c->unhappy || (c->closed_ms && (c->missed || c->broken));

            if (!bad || c->unhappy == (turn == 1) || !report_case_wanted(v, c))
                continue;
            *failed += 1;
            if ((int64_t)json_array_size(rows) < limit)
                json_array_append_new(rows, failed_row(c));
        }
    return rows;
}

static void report_satisfaction(struct sheets *s, struct report_view *v)
{
    size_t failed;
    json_t *rows = failed_rows(v, &failed);

    sheet_print(s, "failed",
                _("Failed: the customer said no, or a deadline or "
                  "promise was missed"),
                COLUMNS(failed_columns), rows);
    if (!s->cli->out.json && !s->cli->out.csv && failed > json_array_size(rows))
        out_printf(&s->cli->out, _("and %zu more\n"),
                   failed - json_array_size(rows));
    sheet_print(s, "all", _("Satisfaction, and what it hides"),
                COLUMNS(content_columns), report_content(v, NULL));
    sheet_print(s, "regions", _("By region"), COLUMNS(content_columns),
                report_content(v, report_by_region));
    sheet_print(s, "stations", _("By station"), COLUMNS(content_columns),
                report_content(v, report_by_station));
}

/* --- load, contact ---------------------------------------------------------
 */

static void report_load(struct sheets *s, struct report_view *v)
{
    sheet_print(s, "engineers", _("Load"), COLUMNS(load_columns),
                report_loads(v));
}

static int by_gap(const void *a, const void *b)
{
    const struct report_case *x = *(const struct report_case *const *)a;
    const struct report_case *y = *(const struct report_case *const *)b;

    if (x->gap_ms != y->gap_ms)
        return x->gap_ms > y->gap_ms ? -1 : 1;
    return strcmp(x->id, y->id);
}

static void report_contact(struct sheets *s, struct report_view *v)
{
    const struct report *r = v->report;
    const struct report_case **list = calloc(r->case_count + 1, sizeof *list);
    json_t *rows = json_array();
    size_t count = 0;

    if (!list)
        abort();
    for (size_t i = 0; i < r->case_count; i++)
        if (report_case_wanted(v, &r->cases[i]))
            list[count++] = &r->cases[i];
    qsort(list, count, sizeof *list, by_gap);
    for (size_t i = 0; i < count && (int64_t)i < limit; i++) {
        const struct report_case *c = list[i];

        json_array_append_new(
            rows, json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "case_id", c->id,
                            "station", c->station, "owner", c->owner,
                            "longest_s", (json_int_t)(c->gap_ms / 1000), "from",
                            (json_int_t)c->gap_from_ms, "state",
                            state_word(c->closed_ms     ? "closed"
                                       : c->resolved_ms ? "resolved"
                                                        : "open")));
    }
    free(list);
    sheet_print(s, "contact", _("Longest without contact"),
                COLUMNS(contact_columns), rows);
}

/* --- the table of reports --------------------------------------------------
 */

/* clang-format off */
#define REPORTS(X)                                                             \
    X(times)         /* how long it took, and what was kept      */           \
    X(promises)      /* kept and broken                          */           \
    X(bypass)        /* complaints past the station              */           \
    X(incidents)     /* from the first signal to each tier       */           \
    X(causes)        /* tags and factors, the three most frequent */          \
    X(lessons)       /* what is to be learnt, and who was told   */           \
    X(satisfaction)  /* with what an average hides               */           \
    X(load)          /* of each engineer                         */           \
    X(contact)       /* longest without contact                  */
/* clang-format on */

static const struct {
    const char *name;
    void (*make)(struct sheets *s, struct report_view *v);
} reports[] = {
#define X(name) {#name, report_##name},
    REPORTS(X)
#undef X
};

enum { REPORT_COUNT_ALL = sizeof reports / sizeof reports[0] };

static int usage(struct cli *cli, const char *name)
{
    return cli_usage(
        cli,
        _("there is no report \"%s\": times, promises, bypass, "
          "incidents, causes, lessons, satisfaction, load or contact"),
        name);
}

static int gather(struct cli *cli, const struct past *past, struct report **out)
{
    struct policyset *set = NULL;
    struct report_gathering *g;
    int code;

    if (!past->running) {
        if (report_make(&past->history, out, &cli->error) == STATUS_OK)
            return CLI_DONE;
        code = cli_failed(cli);
        return cli->error.status == STATUS_INVALID ? CLI_BAD_DATA : code;
    }
    code = past_policies(cli, past, &set);
    if (code != CLI_DONE)
        return code;
    if (!set)
        out_note(&cli->out, "%s",
                 _("(no pack here: what a complaint or a bypass is, is not "
                   "known; --policy DIR)"));
    g = report_begin(set);
    code = past_each(cli, past, report_add, NULL, g);
    *out = report_end(&g);
    return code;
}

/* Are there such places? What is told of none would look like peace. */
static int check_places(struct cli *cli, const struct past *past,
                        const struct report *r)
{
    if (known_case_of(r, station, region))
        return CLI_DONE;
    return past->running ? known_place(cli, station, region)
                         : known_place_of(cli, r, station, region);
}

int run_report(struct cli *cli, int argc, char **argv)
{
    struct report_view view = {.station = station, .region = region};
    struct report *report = NULL;
    struct past past;
    struct sheets sheets;
    size_t which = 0;
    bool day;
    int code;

    while (which < REPORT_COUNT_ALL &&
           strcmp(reports[which].name, argv[0]) != 0)
        which++;
    if (which == REPORT_COUNT_ALL)
        return usage(cli, argv[0]);
    code = past_init(cli, &past, argc - 1, argv + 1);
    if (code == CLI_DONE && since &&
        when_parse(since, past.running ? session_now_ms(cli) : cli_now_ms(cli),
                   &view.since_ms, &day, &cli->error) != STATUS_OK)
        code = cli_usage(cli, "--since: %s", cli->error.text);
    if (code != CLI_DONE)
        return code;
    past.history.events = &past.events;
    code = gather(cli, &past, &report);
    if (code == CLI_DONE)
        code = check_places(cli, &past, report);
    if (code == CLI_DONE) {
        view.report = report;
        report_view_begin(&view);
        sheets_begin(&sheets, cli);
        reports[which].make(&sheets, &view);
        sheets_end(&sheets);
        report_view_end(&view);
        code = past_end(cli, past.counted.events, past.counted.rejected);
    }
    report_free(&report);
    return code;
}
