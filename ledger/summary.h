/* summary - what has happened in numbers, counted from decisions alone.
 *
 * One way of counting for `yinuo simulate`, for the totals that a router keeps
 * as a row of its state (CONFIG "totals") and for whoever counts the stream:
 * cases_* count cases and *_total how often, a promise kept after it was due is
 * a missed one, pages and escalations are counted by the tier they go to.
 *
 * Units    Counts since the first record; cases_open is a level.
 * Memory   A plain struct.
 * Errors   summary_read: false for a row that is not one.
 * Threads  One at a time.
 * Source   The names of `yinuo simulate --output json`.
 */
#ifndef LEDGER_SUMMARY_H
#define LEDGER_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/slice.h"
#include "engine/engine.h"

/* Order in the stored row: append only. */
/* clang-format off */
#define SUMMARY_COUNTS(X)                                                       \
    X(events)           /* taken in, refused ones included              */      \
    X(rejected)                                                                 \
    X(gates_bypassed)   /* by facts of an import                        */      \
    X(cases_opened)                                                             \
    X(cases_reopened)                                                           \
    X(reopen_total)                                                             \
    X(cases_closed)     /* at least once                                */      \
    X(cases_open)       /* now                                          */      \
    X(reassigned_cases)                                                         \
    X(reassign_total)                                                           \
    X(promises_made)                                                            \
    X(promises_kept)                                                            \
    X(promises_missed)                                                          \
    X(timers_armed)                                                             \
    X(timers_fired)                                                             \
    X(timers_late)      /* fired behind their grace, and said so        */      \
    X(acknowledgements)                                                         \
    X(receipts)         /* of pages, delivered                          */      \
    X(receipts_failed)                                                          \
    X(quarantined)      /* records set aside                            */
/* clang-format on */

enum { SUMMARY_TIERS = 16 };

struct summary {
#define X(name) uint64_t name;
    SUMMARY_COUNTS(X)
#undef X
    uint64_t pages[SUMMARY_TIERS];
    uint64_t escalations[SUMMARY_TIERS];
};

/* What a case has been through already; kept with its row. */
struct case_marks {
    uint32_t closed, reopened, reassigned; /* how often */
};

/* An event was decided on, or refused before that. */
void summary_event(struct summary *s, bool rejected);

/* One decision, before it is applied to the case. */
void summary_decision(struct summary *s, const struct case_record *before,
                      struct case_marks *marks, const struct decision *d);

/* As a row, and back. Returns the size. */
enum { SUMMARY_ROW_BYTES = 1 + sizeof(struct summary) };
size_t summary_row(const struct summary *s, uint8_t row[SUMMARY_ROW_BYTES]);
MUST_CHECK bool summary_read(struct slice row, struct summary *s);

#endif
