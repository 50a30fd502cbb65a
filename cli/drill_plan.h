/* drill_plan - what a drill brings about, and when: a heap by moment.
 *
 * Events come from an imported log and from stories; answers to pages are put
 * in while the drill goes on. At one moment events come before answers, each in
 * the order in which they were put in.
 *
 * Time     Moments of the ledger.
 * Memory   The plan owns its items; one that is taken is the caller's to fini.
 * Errors   Running out of memory ends the process.
 * Threads  One.
 */
#ifndef CLI_DRILL_PLAN_H
#define CLI_DRILL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum drill_item_kind { DRILL_EVENT, DRILL_ANSWER };

enum { DRILL_NO_STORY = -1, DRILL_ID_SIZE = 64 };

struct drill_item {
    int64_t at_ms;
    enum drill_item_kind kind;
    uint64_t order;      /* set by drill_plan_put */
    int story;           /* its index, or DRILL_NO_STORY */
    struct bytes event;  /* EVENT: serialized */
    const char *caption; /* EVENT of a story; borrowed; may be NULL */
    char case_id[DRILL_ID_SIZE], page_id[DRILL_ID_SIZE], person[DRILL_ID_SIZE];
};

struct drill_plan {
    struct drill_item *heap;
    size_t count, room;
    uint64_t order;
    size_t events; /* put in so far */
};

void drill_plan_fini(struct drill_plan *p);
void drill_item_fini(struct drill_item *item);

/* Takes item->event over. */
void drill_plan_put(struct drill_plan *p, const struct drill_item *item);

/* INT64_MAX when nothing is left. */
int64_t drill_plan_next_ms(const struct drill_plan *p);

/* The first item, if it is not later than at_ms. */
bool drill_plan_take(struct drill_plan *p, int64_t at_ms,
                     struct drill_item *item);

#endif
