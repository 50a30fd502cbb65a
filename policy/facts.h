/* facts - inside holds.c: what the pack's effects ever do, and so between which
 * values a leaf of a condition lies.
 *
 * Memory   Borrows the draft.
 */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include "policy/holds.h"

enum flag_values { FLAGS_NONE, FLAGS_SOME, FLAGS_ONLY };

/* The values that a leaf can have. */
struct domain {
    bool numbers, texts, missing;
    enum flag_values flags;
    bool never_set;           /* of flags: always false */
    int64_t low, high;        /* of numbers, in thousandths */
    int64_t step;             /* ... 1000: whole ones */
    const char *const *words; /* all of them, up to NULL */
};

void facts_gather(const struct draft *d, struct facts *f);

/* Of one row that is a leaf (has(X) as X), or of rows that calculate. */
struct domain domain_of(const struct draft *d, const struct facts *f,
                        const struct expr_row *rows, size_t count,
                        bool case_there);

#endif
