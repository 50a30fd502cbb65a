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
