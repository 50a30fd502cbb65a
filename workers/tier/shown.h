/* shown - which pages were shown already: the last SHOWN_MAX of them.
 *
 * Memory   shown_free frees; a set is about 3 MB when full.
 * Threads  One at a time.
 */
#ifndef TIER_SHOWN_H
#define TIER_SHOWN_H

#include <stdbool.h>

#include "base/slice.h"

enum { SHOWN_MAX = 16384, SHOWN_KEY_MAX = 128 };

struct shown;

struct shown *shown_new(void);
void shown_free(struct shown **s);

/* Keys longer than SHOWN_KEY_MAX are not kept. */
void shown_add(struct shown *s, struct slice key);
bool shown_has(const struct shown *s, struct slice key);
size_t shown_count(const struct shown *s);

#endif
