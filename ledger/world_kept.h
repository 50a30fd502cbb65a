/* world_kept - cases as they were written last, beside their rows.
 *
 * What happens to a case mostly happens soon after something else did: reading
 * its row again costs more than deciding. A case is taken from here only if the
 * bytes of its row are those that it was kept with, so nothing that changes
 * rows has to know of it.
 *
 * Memory   kept_new() to kept_free(); places are made as cases come. NULL keeps
 *          nothing.
 * Threads  One.
 * Source   ledger/world.c.
 */
#ifndef LEDGER_WORLD_KEPT_H
#define LEDGER_WORLD_KEPT_H

#include "ledger/customs.h"

struct kept;

struct kept *kept_new(void);
void kept_free(struct kept **k);

/* A case as it lies in its row. */
struct world_case {
    struct case_record record;
    struct case_marks marks;
    bool found;
};

/* The case with that row, until the next kept_put(); NULL: it is not here. */
const struct world_case *kept_find(const struct kept *k, struct text id,
                                   struct slice row);
/* Takes *c, and gives back another for it: what is in that is of no use. */
void kept_put(struct kept *k, struct world_case **c, struct slice row);

#endif
