/* queue - a binary heap of what is to happen, by time, then by order. */
#include <stdlib.h>

#include "tests/sim/sim.h"

struct queue {
    struct entry *heap;
    size_t count, capacity;
    uint64_t order;
};

struct queue *queue_new(void)
{
    struct queue *q = calloc(1, sizeof *q);

    if (!q)
        abort();
    return q;
}

void packet_free(struct packet **p)
{
    if (!*p)
        return;
    frames_fini(&(*p)->frames);
    free(*p);
    *p = NULL;
}

void queue_free(struct queue **queue)
{
    struct queue *q = *queue;

    if (!q)
        return;
    for (size_t i = 0; i < q->count; i++)
        packet_free(&q->heap[i].packet);
    free(q->heap);
    free(q);
    *queue = NULL;
}

static bool before(const struct entry *a, const struct entry *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

uint64_t queue_put(struct queue *q, const struct entry *e)
{
    size_t at = q->count++;

    if (q->count > q->capacity) {
        q->capacity = q->capacity ? 2 * q->capacity : 256;
        q->heap = realloc(q->heap, q->capacity * sizeof *q->heap);
        if (!q->heap)
            abort();
    }
    struct entry mine = *e;
    mine.order = ++q->order;
    for (; at && before(&mine, &q->heap[(at - 1) / 2]); at = (at - 1) / 2)
        q->heap[at] = q->heap[(at - 1) / 2];
    q->heap[at] = mine;
    return mine.order;
}

bool queue_take(struct queue *q, struct entry *out)
{
    size_t at = 0;

    if (!q->count)
        return false;
    *out = q->heap[0];
    struct entry last = q->heap[--q->count];
    for (size_t child = 1; child < q->count; child = 2 * at + 1) {
        if (child + 1 < q->count &&
            before(&q->heap[child + 1], &q->heap[child]))
            child++;
        if (!before(&q->heap[child], &last))
            break;
        q->heap[at] = q->heap[child];
        at = child;
    }
    if (q->count)
        q->heap[at] = last;
    return true;
}
