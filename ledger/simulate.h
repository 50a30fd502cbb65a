/* simulate - `yinuo simulate`: what a policy makes of events, or of a journal.
 *
 * From events: every line of the files in virtual time (ledger/runner.h). From
 * a journal: every input at its journaled time, answers, receipts and firings
 * included, decided on again and compared with what was decided then.
 *
 * Without `until` a simulation ends when nothing is left to happen, at the
 * latest SIMULATE_HORIZON_MS behind the last event: an open crisis pages for
 * ever.
 *
 * Memory   Borrows the options.
 * Errors   INVALID for a policy, with its findings on `complain`; IO for files.
 *          An event that cannot be one is counted as rejected and told on
 *          `complain`.
 * Threads  One at a time.
 */
#ifndef LEDGER_SIMULATE_H
#define LEDGER_SIMULATE_H

#include <jansson.h>
#include <stdio.h>

#include "ledger/runner.h"
#include "ledger/summary.h"

#define SIMULATE_HORIZON_MS (90LL * 24 * 3600 * 1000)

struct simulate_options {
    const char *const *packs; /* directories; not with a journal */
    size_t pack_count;
    const char *const *files; /* JSON Lines; "-" is standard input */
    size_t file_count;
    bool answers;
    int64_t answer_after_ms;
    bool has_until, has_at;
    int64_t until_ms, at_ms;
    const char *decisions; /* a file for them, a JSON line each; or NULL */
    const char *journal;   /* a ledger's directory; or NULL */
    bool json;             /* the summary as one object, else as lines */
    FILE *complain;        /* may be NULL */
    FILE *progress;        /* may be NULL */
};

struct simulate_result {
    struct summary summary;
    const char
        *tiers[SUMMARY_TIERS]; /* their names; NULL where there is none */
    uint64_t records;
    int64_t ended_at_ms;
    bool has_at;
    uint64_t open_at, unresolved_at;
    /* of a journal */
    uint64_t compared, different, first_different; /* sequence */
};

/* Runs and prints to out. OK also where decisions differ: see the result. */
MUST_CHECK enum status simulate_run(const struct simulate_options *options,
                                    FILE *out, struct simulate_result *result,
                                    struct error *err);

/* The packs compiled, with findings told on complain. */
MUST_CHECK enum status simulate_policies(const char *const *packs, size_t count,
                                         FILE *complain, struct policyset **set,
                                         struct error *err);

/* One event as JSON into the runner; times without offset are those of its
 * station. */
MUST_CHECK enum refusal simulate_add(struct runner *r, const json_t *event,
                                     struct arena *arena, struct fault *fault);

#endif
