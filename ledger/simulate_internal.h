/* simulate_internal - what simulate.c and simulate_journal.c share. */
#ifndef LEDGER_SIMULATE_INTERNAL_H
#define LEDGER_SIMULATE_INTERNAL_H

#include "ledger/customs.h"
#include "ledger/simulate.h"

/* Counts and writes along while something runs. */
struct watching {
    const struct simulate_options *options;
    struct simulate_result *result;
    struct state *state; /* whose cases are counted */
    FILE *decisions;
    struct arena arena;
    struct case_record scratch;
    char tiers[SUMMARY_TIERS][64];
    bool counted;
    enum status status; /* of writing */
    struct error err;
};

/* All events of the options' files into a runner. */
MUST_CHECK enum status simulate_feed(const struct simulate_options *options,
                                     struct runner *r, struct error *err);
/* The same of a ledger's journal: what people and stations sent, at its
 * journaled time; not what answered the pages of then. */
MUST_CHECK enum status simulate_feed_journal(const char *dir, struct runner *r,
                                             struct error *err);
/* The set that was in force when the journal ended. */
MUST_CHECK enum status simulate_journal_policies(const char *dir,
                                                 struct policyset **set,
                                                 struct error *err);

enum status watching_init(struct watching *w,
                          const struct simulate_options *options,
                          struct simulate_result *result, struct error *err);
enum status watching_end(struct watching *w, struct error *err);

void watching_before(void *context, int64_t now_ms);
void watching_after(struct watching *w, uint64_t sequence,
                    const struct world_decided *decided);
void watching_tiers(struct simulate_result *result, const struct policyset *set,
                    char names[SUMMARY_TIERS][64]);

MUST_CHECK enum status simulate_journal(struct watching *w, struct error *err);

#endif
