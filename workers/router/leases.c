#include "workers/router/leases.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

enum place { FREE, QUEUED, FLYING };

struct entry {
    struct lease_page page;
    enum place place;
    uint32_t attempts;
    int64_t until_ms;    /* FLYING */
    uint32_t next, prev; /* FLYING: by until; 0 ends */
    uint32_t heap;       /* QUEUED: its slot */
    uint32_t chain;      /* of its hash bucket, or of the free ones */
};

struct tier_queue {
    uint32_t *heap; /* entries, the most urgent first */
    size_t count, capacity;
    size_t flying;
    int64_t tokens_x1000;
    int64_t filled_ms;
};

struct leases {
    struct entry *entries; /* 0 is the end of lists */
    uint32_t used, capacity, free;
    uint32_t *buckets;
    uint32_t bucket_count; /* a power of two */
    uint32_t oldest, newest;
    size_t waiting, flying;
    struct tier_queue tiers[LEASE_TIERS];
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

struct leases *leases_new(int64_t now_ms)
{
    struct leases *l = must(calloc(1, sizeof *l));

    l->capacity = 64;
    l->entries = must(calloc(l->capacity, sizeof *l->entries));
    l->used = 1;
    l->bucket_count = 64;
    l->buckets = must(calloc(l->bucket_count, sizeof *l->buckets));
    for (size_t i = 0; i < LEASE_TIERS; i++) {
        l->tiers[i].tokens_x1000 = LEASE_BURST * 1000;
        l->tiers[i].filled_ms = now_ms;
    }
    return l;
}

void leases_free(struct leases **l)
{
    if (!*l)
        return;
    for (size_t i = 0; i < LEASE_TIERS; i++)
        free((*l)->tiers[i].heap);
    free((*l)->entries);
    free((*l)->buckets);
    free(*l);
    *l = NULL;
}

uint64_t lease_number(struct slice id)
{
    uint64_t sequence = 0, n = 0;
    size_t i = 1;

    if (id.size < 4 || id.data[0] != 'p')
        return 0;
    for (; i < id.size && id.data[i] >= '0' && id.data[i] <= '9'; i++)
        sequence = sequence * 10 + (uint64_t)(id.data[i] - '0');
    if (i >= id.size || id.data[i] != '.')
        return 0;
    for (i++; i < id.size && id.data[i] >= '0' && id.data[i] <= '9'; i++)
        n = n * 10 + (uint64_t)(id.data[i] - '0');
    return i == id.size && n < 4096 ? sequence << 12 | n : 0;
}

static uint32_t bucket_of(const struct leases *l, uint64_t number)
{
    return (uint32_t)((number * 0x9e3779b97f4a7c15u) >> 40) &
           (l->bucket_count - 1);
}

static uint32_t find(const struct leases *l, uint64_t number)
{
    uint32_t i = l->buckets[bucket_of(l, number)];

    while (i && l->entries[i].page.number != number)
        i = l->entries[i].chain;
    return i;
}

static void rehash(struct leases *l)
{
    l->bucket_count *= 2;
    free(l->buckets);
    l->buckets = must(calloc(l->bucket_count, sizeof *l->buckets));
    for (uint32_t i = 1; i < l->used; i++) {
        if (l->entries[i].place == FREE)
            continue;
        uint32_t *b = &l->buckets[bucket_of(l, l->entries[i].page.number)];
        l->entries[i].chain = *b;
        *b = i;
    }
}

static uint32_t entry_new(struct leases *l)
{
    if (l->free) {
        uint32_t i = l->free;
        l->free = l->entries[i].chain;
        return i;
    }
    if (l->used == l->capacity) {
        l->capacity *= 2;
        l->entries =
            must(realloc(l->entries, l->capacity * sizeof *l->entries));
        rehash(l);
    }
    return l->used++;
}

static bool before(const struct leases *l, uint32_t a, uint32_t b)
{
    const struct lease_page *x = &l->entries[a].page, *y = &l->entries[b].page;

    if (x->severity != y->severity)
        return x->severity < y->severity;
    return x->number < y->number;
}

static void heap_set(struct leases *l, struct tier_queue *q, size_t slot,
                     uint32_t entry)
{
    q->heap[slot] = entry;
    l->entries[entry].heap = (uint32_t)slot;
}

static void heap_up(struct leases *l, struct tier_queue *q, size_t slot)
{
    uint32_t entry = q->heap[slot];

    for (; slot && before(l, entry, q->heap[(slot - 1) / 2]);
         slot = (slot - 1) / 2)
        heap_set(l, q, slot, q->heap[(slot - 1) / 2]);
    heap_set(l, q, slot, entry);
}

static void heap_down(struct leases *l, struct tier_queue *q, size_t slot)
{
    uint32_t entry = q->heap[slot];

    for (;;) {
        size_t child = slot * 2 + 1;
        if (child + 1 < q->count &&
            before(l, q->heap[child + 1], q->heap[child]))
            child++;
        if (child >= q->count || !before(l, q->heap[child], entry))
            break;
        heap_set(l, q, slot, q->heap[child]);
        slot = child;
    }
    heap_set(l, q, slot, entry);
}

static void enqueue(struct leases *l, uint32_t i)
{
    struct tier_queue *q = &l->tiers[l->entries[i].page.tier];

    if (q->count == q->capacity) {
        q->capacity = q->capacity ? q->capacity * 2 : 64;
        q->heap = must(realloc(q->heap, q->capacity * sizeof *q->heap));
    }
    l->entries[i].place = QUEUED;
    q->heap[q->count] = i;
    heap_up(l, q, q->count++);
    l->waiting++;
}

static void dequeue(struct leases *l, uint32_t i)
{
    struct tier_queue *q = &l->tiers[l->entries[i].page.tier];
    size_t slot = l->entries[i].heap;

    assert(q->heap[slot] == i);
    q->count--;
    l->waiting--;
    if (slot == q->count)
        return;
    heap_set(l, q, slot, q->heap[q->count]);
    heap_up(l, q, slot);
    heap_down(l, q, l->entries[q->heap[slot]].heap);
}

static void land(struct leases *l, uint32_t i)
{
    struct entry *e = &l->entries[i];

    *(e->prev ? &l->entries[e->prev].next : &l->oldest) = e->next;
    *(e->next ? &l->entries[e->next].prev : &l->newest) = e->prev;
    l->tiers[e->page.tier].flying--;
    l->flying--;
}

static void fly(struct leases *l, uint32_t i, int64_t until_ms)
{
    struct entry *e = &l->entries[i];

    e->place = FLYING;
    e->until_ms = until_ms;
    e->attempts++;
    e->next = 0;
    e->prev = l->newest;
    *(l->newest ? &l->entries[l->newest].next : &l->oldest) = i;
    l->newest = i;
    l->tiers[e->page.tier].flying++;
    l->flying++;
}

void leases_put(struct leases *l, const struct lease_page *page)
{
    assert(page->number && page->tier < LEASE_TIERS);
    if (find(l, page->number))
        return;
    uint32_t i = entry_new(l);
    uint32_t *b = &l->buckets[bucket_of(l, page->number)];
    l->entries[i] = (struct entry){.page = *page, .chain = *b};
    *b = i;
    enqueue(l, i);
}

bool leases_drop(struct leases *l, uint64_t number)
{
    uint32_t *at = &l->buckets[bucket_of(l, number)];

    while (*at && l->entries[*at].page.number != number)
        at = &l->entries[*at].chain;
    if (!*at)
        return false;
    uint32_t i = *at;
    bool flew = l->entries[i].place == FLYING;
    if (flew)
        land(l, i);
    else
        dequeue(l, i);
    *at = l->entries[i].chain;
    l->entries[i].place = FREE;
    l->entries[i].chain = l->free;
    l->free = i;
    return flew;
}

static void refill(struct tier_queue *q, int64_t now_ms)
{
    int64_t more = (now_ms - q->filled_ms) * LEASE_RATE;

    q->tokens_x1000 += more > 0 ? more : 0;
    if (q->tokens_x1000 > LEASE_BURST * 1000)
        q->tokens_x1000 = LEASE_BURST * 1000;
    q->filled_ms = now_ms;
}

bool leases_take(struct leases *l, uint8_t tier, int64_t now_ms,
                 struct lease_page *page, uint32_t *attempt)
{
    struct tier_queue *q = &l->tiers[tier];

    refill(q, now_ms);
    if (!q->count || q->flying >= LEASE_FLYING || q->tokens_x1000 < 1000)
        return false;
    uint32_t i = q->heap[0];
    dequeue(l, i);
    fly(l, i, now_ms + LIMIT_LEASE_MS);
    q->tokens_x1000 -= 1000;
    *page = l->entries[i].page;
    *attempt = l->entries[i].attempts;
    return true;
}

size_t leases_expire(struct leases *l, int64_t now_ms)
{
    size_t n = 0;

    for (; l->oldest && l->entries[l->oldest].until_ms <= now_ms; n++) {
        uint32_t i = l->oldest;
        land(l, i);
        enqueue(l, i);
    }
    return n;
}

void leases_release_tier(struct leases *l, uint8_t tier)
{
    for (uint32_t i = l->oldest, next; i; i = next) {
        next = l->entries[i].next;
        if (l->entries[i].page.tier != tier)
            continue;
        land(l, i);
        enqueue(l, i);
    }
}

int64_t leases_next_ms(const struct leases *l, int64_t now_ms)
{
    int64_t next_ms = l->oldest ? l->entries[l->oldest].until_ms : INT64_MAX;

    for (size_t i = 0; i < LEASE_TIERS; i++) {
        const struct tier_queue *q = &l->tiers[i];
        if (!q->count || q->flying >= LEASE_FLYING)
            continue;
        int64_t lack = 1000 - q->tokens_x1000;
        int64_t at_ms =
            lack <= 0 ? now_ms
                      : q->filled_ms + (lack + LEASE_RATE - 1) / LEASE_RATE;
        if (at_ms < next_ms)
            next_ms = at_ms;
    }
    return next_ms;
}

size_t leases_waiting(const struct leases *l)
{
    return l->waiting;
}

size_t leases_flying(const struct leases *l)
{
    return l->flying;
}
