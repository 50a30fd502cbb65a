/* items - the items of a case's lists as a table: what is open.
 *
 * Memory   Nothing is kept.
 * Threads  One.
 */
#ifndef CLI_ITEMS_H
#define CLI_ITEMS_H

#include "cli/find.h"
#include "cli/out.h"

/* Nothing where nothing is open; sorted by due, those without last. */
void items_show(const struct out *o, const Yinuo__V1__Case *c, int64_t now_ms);

bool item_is_open(const Yinuo__V1__CaseItem *i);

#endif
