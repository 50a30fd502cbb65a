/* world_kept - cases at hand as structs, ahead of their rows.
 *
 * What happens to a case mostly happens soon after something else did: reading
 * its row again, and writing it each time, costs more than deciding. A case
 * that is kept is newer than its row once it has changed; whoever wants the
 * rows has them written first.
 *
 * Memory   kept_new() to kept_free(); places are made as cases come. NULL keeps
 *          nothing.
 * Threads  One: the world that writes the rows of cases, and nobody else does.
 * Source   ledger/world.c.
 */
#ifndef LEDGER_WORLD_KEPT_H
#define LEDGER_WORLD_KEPT_H

#include "ledger/customs.h"

struct kept;

struct kept *kept_new(void);
void kept_free(struct kept **k);

/* A case as it is now. */
struct world_case {
    struct case_record record;
    struct case_marks marks;
    bool found;
};

/* Until the next kept_put(); NULL: it is not here. */
const struct world_case *kept_find(const struct kept *k, struct text id);
/* Takes *c, which has changed, and gives another for it. True: that one had to
 * give way, and its row is older than it. */
MUST_CHECK bool kept_put(struct kept *k, struct world_case **c);

/* One whose row is older, and is taken to be written now; NULL: there is none
 * left. */
const struct world_case *kept_next_changed(struct kept *k);

#endif
