#include "cli/drill_plan.h"

#include <stdlib.h>
#include <string.h>

void drill_item_fini(struct drill_item *item)
{
    bytes_fini(&item->event);
}

void drill_plan_fini(struct drill_plan *p)
{
    for (size_t i = 0; i < p->count; i++)
        drill_item_fini(&p->heap[i]);
    free(p->heap);
    memset(p, 0, sizeof *p);
}

static bool before(const struct drill_item *a, const struct drill_item *b)
{
    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->order < b->order;
}

static void swap(struct drill_item *a, struct drill_item *b)
{
    struct drill_item t = *a;
    *a = *b;
    *b = t;
}

void drill_plan_put(struct drill_plan *p, const struct drill_item *item)
{
    if (p->count == p->room) {
        p->room = p->room ? p->room * 2 : 256;
        p->heap = realloc(p->heap, p->room * sizeof *p->heap);
        if (!p->heap)
            abort();
    }
    size_t at = p->count++;
    p->heap[at] = *item;
    p->heap[at].order = ++p->order;
    p->events += item->kind == DRILL_EVENT;
    for (; at && before(&p->heap[at], &p->heap[(at - 1) / 2]);
         at = (at - 1) / 2)
        swap(&p->heap[at], &p->heap[(at - 1) / 2]);
}

int64_t drill_plan_next_ms(const struct drill_plan *p)
{
    return p->count ? p->heap[0].at_ms : INT64_MAX;
}

bool drill_plan_take(struct drill_plan *p, int64_t at_ms,
                     struct drill_item *item)
{
    if (!p->count || p->heap[0].at_ms > at_ms)
        return false;
    *item = p->heap[0];
    p->heap[0] = p->heap[--p->count];
    for (size_t at = 0;;) {
        size_t child = at * 2 + 1;
        if (child + 1 < p->count &&
            before(&p->heap[child + 1], &p->heap[child]))
            child++;
        if (child >= p->count || !before(&p->heap[child], &p->heap[at]))
            return true;
        swap(&p->heap[at], &p->heap[child]);
        at = child;
    }
}
