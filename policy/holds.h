/* holds - could these conditions ever be so, all together?
 *
 * What an expression asks for (a field, a counter, a name of the case ...) is a
 * leaf; each leaf is tried with the values that make a difference: the
 * constants that it is compared with, what lies between them, and nothing at
 * all. What is calculated, or compared with another leaf, is taken as if it
 * could be anything. So "no" is certain, and "yes" may be too much.
 *
 *   holds_begin(h, true);
 *   holds_want(h, &rule_above.when, false);
 *   holds_want(h, &rule.when, true);
 *   if (!holds_possible(h)) ... the rule is never reached
 *
 * Memory   One block, of a fixed size; expressions are borrowed.
 * Errors   What is too large to be tried is possible.
 * Threads  One.
 */
#ifndef POLICY_HOLDS_H
#define POLICY_HOLDS_H

#include "policy/loader.h"

/* What the effects of a pack ever do. */
enum counting { COUNTED_NEVER, COUNTED_UP, COUNTED_ANYHOW };

struct facts {
    enum counting counted[COUNTERS_MAX];
    uint32_t locked, unlocked; /* bit per lock */
    bool filled[LISTS_MAX];    /* something puts items into it */
    bool done[EFFECT_COUNT];   /* some kind has this effect */
    bool derived[KINDS_MAX];   /* kinds that something emits */
};

struct holds;

struct holds *holds_new(const struct draft *d); /* NULL: no memory */
void holds_free(struct holds *h);
const struct facts *holds_facts(const struct holds *h);

/* case_there: asked of an event that has a case for sure. */
void holds_begin(struct holds *h, bool case_there);
void holds_want(struct holds *h, const struct expr *e, bool wanted);
bool holds_possible(struct holds *h);

/* One condition alone. */
bool holds_never(struct holds *h, const struct expr *e, bool case_there);
bool holds_always(struct holds *h, const struct expr *e, bool case_there);

#endif
