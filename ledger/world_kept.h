/* world_kept - cases as they were written last, beside their rows.
 *
 * What happens to a case mostly happens soon after something else did: reading
 * its row again costs more than deciding. A case is taken from here only if the
 * bytes of its row are those that it was kept with, so nothing that changes
 * rows has to know of it.
 *
 * Memory   kept_new() to kept_free(); pages are touched as cases come. NULL
 *          keeps nothing.
 * Threads  One.
 * Source   ledger/world.c.
 */
#ifndef LEDGER_WORLD_KEPT_H
#define LEDGER_WORLD_KEPT_H

#include "ledger/customs.h"

struct kept;

struct kept *kept_new(void);
void kept_free(struct kept **k);

/* Copies the case with that row into *c and *marks; false: it is not here. */
bool kept_find(const struct kept *k, struct text id, struct slice row,
               struct case_record *c, struct case_marks *marks);
void kept_put(struct kept *k, const struct case_record *c,
              const struct case_marks *marks, struct slice row);

#endif
