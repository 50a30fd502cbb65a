#include "cli/simulate_against.h"

#include <string.h>

#include "base/i18n.h"
#include "base/time_text.h"
#include "cli/past.h"
#include "cli/table.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/roles.h"

enum { ROWS_SHOWN = 15, PAGES_SHOWN = 6, BAR_CELLS = 30 };

static const struct table_column page_columns[] = {{N_("PAGES"), false, 12},
                                                   {N_("NOW"), true, 0},
                                                   {N_("THEN"), true, 0},
                                                   {"", true, 0}};
static const struct table_column clock_columns[] = {
    {"", false, 12},       {N_("KEPT NOW"), true, 0},
    {N_("THEN"), true, 0}, {N_("MISSED NOW"), true, 0},
    {N_("THEN"), true, 0}, {"", true, 0}};

/* ---- progress ---- */

static void progress(void *context, int run, unsigned percent)
{
    struct cli *cli = context;
    char bar[BAR_CELLS + 1];
    size_t full = BAR_CELLS * percent / 100;

    memset(bar, '.', sizeof bar);
    memset(bar, '#', full);
    bar[BAR_CELLS] = 0;
    fprintf(cli->out.errors, "\r%s [%s] %3u %%",
            run == AGAINST_OLD ? _("as it is   ") : _("as it would be"), bar,
            percent);
    fflush(cli->out.errors);
}

/* ---- programs ---- */

static json_t *rows_json(const struct against_row *rows, size_t count,
                         bool clocks)
{
    json_t *all = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct against_row *r = &rows[i];
        json_t *one = json_pack("{s:s}", "name", r->name);
        static const char *const names[] = {"now", "then"};

        for (int run = 0; run < AGAINST_RUNS; run++) {
            json_t *side = json_object();
            if (!clocks)
                json_object_set_new(side, "pages",
                                    json_integer((json_int_t)r->pages[run]));
            json_object_set_new(side, "kept",
                                json_integer((json_int_t)r->kept[run]));
            json_object_set_new(side, "missed",
                                json_integer((json_int_t)r->missed[run]));
            json_object_set_new(one, names[run], side);
        }
        json_array_append_new(all, one);
    }
    return all;
}

static json_t *pages_json(const struct against_page *pages, const size_t *which,
                          size_t count)
{
    json_t *all = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct against_page *p = &pages[which[i]];
        char at[TIME_TEXT_SIZE];

        time_text_utc(p->at_ms, at);
        json_array_append_new(
            all, json_pack("{s:s, s:s, s:s, s:s, s:s}", "at", at, "tier",
                           role_name(p->tier), "person", p->person, "severity",
                           severity_name(p->severity), "rule", p->rule));
    }
    return all;
}

static json_t *case_json(const struct against_report *r,
                         const struct against_case *c)
{
    return json_pack(
        "{s:s, s:I, s:I, s:I, s:o, s:o}", "case_id", c->case_id, "pages_now",
        (json_int_t)c->pages[AGAINST_OLD], "pages_then",
        (json_int_t)c->pages[AGAINST_NEW], "changed", (json_int_t)c->changed,
        "only_now",
        pages_json(r->pages[AGAINST_OLD], c->only_old, c->only_old_count),
        "only_then",
        pages_json(r->pages[AGAINST_NEW], c->only_new, c->only_new_count));
}

static json_t *report_json(const struct against_report *r, size_t cases_max)
{
    json_t *cases = json_array();

    for (size_t i = 0; i < r->case_count && i < cases_max; i++)
        json_array_append_new(cases, case_json(r, &r->cases[i]));
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "events",
                     (json_int_t)r->events, "cases", (json_int_t)r->cases_all,
                     "cases_changed", (json_int_t)r->case_count, "pages_now",
                     (json_int_t)r->page_count[AGAINST_OLD], "pages_then",
                     (json_int_t)r->page_count[AGAINST_NEW], "tiers",
                     rows_json(r->tiers, r->tier_count, false), "stations",
                     rows_json(r->stations, r->station_count, false), "clocks",
                     rows_json(r->clocks, r->clock_count, true), "changed",
                     cases);
}

/* ---- people ---- */

static void add_change(struct table *t, uint64_t now, uint64_t then)
{
    int64_t by = (int64_t)then - (int64_t)now;

    table_addf(t, OUT_PLAIN, "%llu", (unsigned long long)now);
    table_addf(t, OUT_PLAIN, "%llu", (unsigned long long)then);
    if (by)
        table_addf(t, by > 0 ? OUT_BAD : OUT_GOOD, "%+lld", (long long)by);
    else
        table_add(t, "", OUT_PLAIN);
}

static void show_tiers(const struct out *o, const struct against_report *r)
{
    struct table t;

    table_init(&t, page_columns, sizeof page_columns / sizeof page_columns[0]);
    for (size_t i = 0; i < r->tier_count; i++) {
        table_add(&t, tier_word((int)role_of(r->tiers[i].name)), OUT_PLAIN);
        add_change(&t, r->tiers[i].pages[0], r->tiers[i].pages[1]);
    }
    table_add(&t, _("all"), OUT_STRONG);
    add_change(&t, r->page_count[0], r->page_count[1]);
    table_print(&t, o);
    table_fini(&t);
}

static uint64_t moved(const struct against_row *r)
{
    int64_t by = (int64_t)r->missed[1] - (int64_t)r->missed[0];

    return (uint64_t)(by < 0 ? -by : by);
}

static int by_moved(const void *a, const void *b)
{
    uint64_t x = moved(a), y = moved(b);

    if (x != y)
        return x > y ? -1 : 1;
    return strcmp(((const struct against_row *)a)->name,
                  ((const struct against_row *)b)->name);
}

/* Clocks or stations, those that move most first. */
static void show_kept(const struct out *o, struct against_row *rows,
                      size_t count, const char *head, bool clocks)
{
    struct table t;

    if (count)
        qsort(rows, count, sizeof *rows, by_moved);
    out_printf(o, "\n");
    out_text(o, OUT_STRONG, head);
    out_printf(o, "\n");
    table_init(&t, clock_columns,
               sizeof clock_columns / sizeof clock_columns[0]);
    for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
        const struct against_row *r = &rows[i];

        table_add(&t, clocks ? clock_word(r->name) : r->name, OUT_PLAIN);
        table_addf(&t, OUT_PLAIN, "%llu", (unsigned long long)r->kept[0]);
        table_addf(&t, OUT_PLAIN, "%llu", (unsigned long long)r->kept[1]);
        add_change(&t, r->missed[0], r->missed[1]);
    }
    table_print(&t, o);
    table_fini(&t);
    if (count > ROWS_SHOWN)
        out_printf(o, _("and %zu more\n"), count - ROWS_SHOWN);
}

static void show_pages(const struct out *o, const struct against_page *pages,
                       const size_t *which, size_t count, char sign)
{
    for (size_t i = 0; i < count && i < PAGES_SHOWN; i++) {
        const struct against_page *p = &pages[which[i]];
        char at[WHEN_SIZE], line[512];

        when_clock(0, p->at_ms, at);
        snprintf(line, sizeof line, "%c %s  %s  %s (%s)  %s", sign, at,
                 severity_name(p->severity), p->person, tier_word((int)p->tier),
                 p->rule);
        out_wrap(o, 2, false, line);
    }
    if (count > PAGES_SHOWN)
        out_printf(o, _("  %c and %zu more\n"), sign, count - PAGES_SHOWN);
}

static void show_cases(const struct out *o, const struct against_report *r,
                       size_t cases_max)
{
    char head[256];

    if (!r->case_count)
        return;
    snprintf(head, sizeof head,
             _("Cases that change most (- now alone, + then alone)"));
    out_printf(o, "\n");
    out_text(o, OUT_STRONG, head);
    out_printf(o, "\n");
    for (size_t i = 0; i < r->case_count && i < cases_max; i++) {
        const struct against_case *c = &r->cases[i];

        out_text(o, OUT_STRONG, c->case_id);
        out_printf(o, _("  %llu pages now, %llu then\n"),
                   (unsigned long long)c->pages[0],
                   (unsigned long long)c->pages[1]);
        show_pages(o, r->pages[0], c->only_old, c->only_old_count, '-');
        show_pages(o, r->pages[1], c->only_new, c->only_new_count, '+');
    }
}

static void show(struct cli *cli, const struct against_report *r,
                 size_t cases_max)
{
    const struct out *o = &cli->out;

    out_printf(o, _("%llu events of %llu cases; %zu of them change\n\n"),
               (unsigned long long)r->events, (unsigned long long)r->cases_all,
               r->case_count);
    show_tiers(o, r);
    show_kept(o, r->clocks, r->clock_count,
              _("Deadlines, the most changed first"), true);
    show_kept(o, r->stations, r->station_count,
              _("Deadlines by station, the most changed first"), false);
    show_cases(o, r, cases_max);
}

int simulate_against(struct cli *cli, const struct against_options *options,
                     size_t cases_max)
{
    struct against_options with = *options;
    struct against_report *report = NULL;
    enum status status;
    int code = CLI_DONE;

    if (cli->out.errors_terminal && !cli->out.json) {
        with.progress = progress;
        with.context = cli;
    }
    status = against_run(&with, &report, &cli->error);
    if (with.progress)
        fprintf(cli->out.errors, "\r%60s\r", "");
    if (status != STATUS_OK) {
        code = cli_failed(cli);
        return cli->error.status == STATUS_INVALID ? CLI_BAD_DATA : code;
    }
    if (cli->out.json)
        out_json(&cli->out, report_json(report, cases_max));
    else
        show(cli, report, cases_max);
    if (!options->events->journal)
        code = past_end(cli, report->events, report->rejected);
    against_free(&report);
    return code;
}
