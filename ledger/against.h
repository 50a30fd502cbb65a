/* against - what another policy would have made of the same events.
 *
 *   events, or what people and stations sent into a journal
 *        ├─> runner with the policies of `packs` ──> pages, clocks ─┐
 *        └─> runner with those of `new_packs` ─────> pages, clocks ─┴─> rows
 *
 * Both runs are in virtual time, from the first event, with the same answers,
 * so that they differ by their policies alone. A page is the same in both when
 * the same person is called at the same instant for the same case and tier.
 *
 * A clock was kept when it ended before its first step was due, missed when a
 * step of it fired; one that still runs at the end is neither.
 *
 * Memory   The report owns what it points to; against_free.
 * Errors   As simulate_run; INVALID where input can be read only once.
 * Threads  One at a time.
 * Source   Issue "The whole service world as policy", simulate --against.
 */
#ifndef LEDGER_AGAINST_H
#define LEDGER_AGAINST_H

#include "ledger/simulate.h"

struct against_options {
    const struct simulate_options *events; /* packs, files or journal, answers,
                                              until */
    const char *const *new_packs;
    size_t new_count;
    bool has_since;
    int64_t since_ms; /* pages and steps before it are not compared */
    /* of the run under way, 0 or 1; may be NULL */
    void (*progress)(void *context, int run, unsigned percent);
    void *context;
};

enum { AGAINST_OLD, AGAINST_NEW, AGAINST_RUNS };

struct against_page {
    const char *case_id, *person, *rule;
    uint8_t tier, severity;
    int64_t at_ms;
};

/* One tier, station or clock. */
struct against_row {
    const char *name;
    uint64_t pages[AGAINST_RUNS];
    uint64_t kept[AGAINST_RUNS];
    uint64_t missed[AGAINST_RUNS];
};

struct against_case {
    const char *case_id;
    uint64_t pages[AGAINST_RUNS];
    size_t changed;         /* pages that only one of the runs has */
    const size_t *only_old; /* indices into pages[AGAINST_OLD] ... */
    size_t only_old_count;
    const size_t *only_new; /* ... and into pages[AGAINST_NEW] */
    size_t only_new_count;
};

struct against_report {
    struct against_page *pages[AGAINST_RUNS]; /* by case, then time */
    size_t page_count[AGAINST_RUNS];
    struct against_row *tiers, *stations, *clocks;
    size_t tier_count, station_count, clock_count;
    struct against_case *cases; /* that change, the most changed first */
    size_t case_count;
    uint64_t events, rejected, cases_all;
    struct arena arena;
};

MUST_CHECK enum status against_run(const struct against_options *options,
                                   struct against_report **report,
                                   struct error *err);
void against_free(struct against_report **report);

#endif
