/* mechanisms - which of a pack's mechanisms a run has used, and how often.
 *
 * Counted from decisions: by their kind, and by what the pack says under the
 * rule that they name (its condition, or its clock's step).
 *
 * Memory   A plain struct.
 * Threads  One.
 * Source   bench/README.md.
 */
#ifndef BENCH_MECHANISMS_H
#define BENCH_MECHANISMS_H

#include <stdint.h>
#include <stdio.h>

#include "engine/decision.h"

/* clang-format off */
#define MECHANISMS(X)                                                          \
    X(PROMISES,   "promises")            X(COUNTERS,  "counters")              \
    X(ITEMS,      "items of lists")      X(REQUESTS,  "requests")              \
    X(LOCKS,      "locks")               X(GATES,     "gates")                 \
    X(HINTS,      "hints")               X(DERIVED,   "derived events")        \
    X(TALLIES,    "tallies")             X(FACTS,     "facts")                 \
    X(INTERVALS,  "intervals")           X(INTENTS,   "intents")               \
    X(GROUPS,     "groups")              X(LINKS,     "links")                 \
    X(MUTES,      "mutes")               X(HELD,      "pages held by mutes")   \
    X(ROUTES,     "routes")              X(WAITS,     "waits")                 \
    X(ESCALATED,  "escalations")         X(AUDIENCES, "roles by reference")    \
    /* from here on: of conditions and steps, where the pack has them */       \
    X(TARIFFS,    "tariffs")             X(WORDS,     "words")                 \
    X(TABLES,     "tables")              X(OVERLAPS,  "overlaps")              \
    X(SUBJECTS,   "subjects in conditions")                                    \
    X(LOADS,      "loads in conditions") X(EXCEPTS,   "who is left out")       \
    X(PERCENT,    "steps by percent")    X(REPEATS,   "steps that repeat")     \
    X(BEFORE_DUE, "steps before a due")  X(OPEN_TIME, "steps in open time")
/* clang-format on */

#define X(name, word) MECHANISM_##name,
enum mechanism { MECHANISMS(X) MECHANISM_COUNT };
#undef X

struct mechanisms {
    uint64_t used[MECHANISM_COUNT];
};

void mechanisms_count(struct mechanisms *m, const struct policy *p,
                      const struct decision *d);
void mechanisms_print(const struct mechanisms *m, const struct policy *p,
                      FILE *out);

#endif
