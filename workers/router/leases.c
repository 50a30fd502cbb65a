#include "workers/router/leases.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"

enum {
    SLOT_BITS = 27,
    NUMBER_BITS = 56,
    FLIGHTS_MAX = LEASE_TIERS * LEASE_FLYING,
    TABLE_FIRST = 64,
};

static const uint32_t FLYING = 1u << 31;

/* The most urgent first, slots from 1. What waits may be a million pages, so
 * that one of them is 16 bytes, the table's reference included. */
struct tier_queue {
    uint64_t *keys; /* severity, then number: the order */
    uint32_t *attempts;
    size_t count, capacity;
    size_t flying;
    int64_t tokens_x1000;
    int64_t filled_ms;
};

struct flight {
    struct lease_page page;
    uint32_t attempts;
    uint32_t next, prev; /* by until_ms; 0 ends. next: of the free ones, too */
    int64_t until_ms;
};

/* Where a page is: FLYING | its flight, or tier << SLOT_BITS | its slot. Zero
 * is nowhere. */
struct leases {
    uint32_t *table; /* by number, the next free place behind its hash */
    uint32_t table_size, known; /* size: a power of two */
    uint32_t oldest, newest, free_flight, flights_used;
    size_t waiting, flying;
    struct tier_queue tiers[LEASE_TIERS];
    struct flight flights[FLIGHTS_MAX + 1]; /* 0 is the end of lists */
};

struct leases *leases_new(int64_t now_ms)
{
    struct leases *l = must(calloc(1, sizeof *l));

    l->table_size = TABLE_FIRST;
    l->table = must(calloc(l->table_size, sizeof *l->table));
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
    for (size_t i = 0; i < LEASE_TIERS; i++) {
        free((*l)->tiers[i].keys);
        free((*l)->tiers[i].attempts);
    }
    free((*l)->table);
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

/* --- the table --- */

static uint64_t key_of(const struct lease_page *page)
{
    return (uint64_t)page->severity << NUMBER_BITS | page->number;
}

static uint64_t key_number(uint64_t key)
{
    return key & (((uint64_t)1 << NUMBER_BITS) - 1);
}

static uint32_t reference(uint8_t tier, size_t slot)
{
    return (uint32_t)tier << SLOT_BITS | (uint32_t)slot;
}

static uint8_t tier_of(uint32_t ref)
{
    return (uint8_t)((ref & ~FLYING) >> SLOT_BITS);
}

static uint32_t slot_of(uint32_t ref)
{
    return ref & ((1u << SLOT_BITS) - 1);
}

static uint64_t number_of(const struct leases *l, uint32_t ref)
{
    return ref & FLYING ? l->flights[ref & ~FLYING].page.number
                        : key_number(l->tiers[tier_of(ref)].keys[slot_of(ref)]);
}

static uint32_t home_of(const struct leases *l, uint64_t number)
{
    return (uint32_t)((number * 0x9e3779b97f4a7c15u) >> 32) &
           (l->table_size - 1);
}

/* Its place, which is zero if it is not known. */
static uint32_t *find(const struct leases *l, uint64_t number)
{
    uint32_t i = home_of(l, number);

    while (l->table[i] && number_of(l, l->table[i]) != number)
        i = (i + 1) & (l->table_size - 1);
    return &l->table[i];
}

static void grow_table(struct leases *l)
{
    uint32_t *old = l->table, size = l->table_size;

    l->table_size *= 2;
    l->table = must(calloc(l->table_size, sizeof *l->table));
    for (uint32_t i = 0; i < size; i++)
        if (old[i])
            *find(l, number_of(l, old[i])) = old[i];
    free(old);
}

/* What was pushed on behind it comes back into the gap. */
static void forget(struct leases *l, uint32_t *place)
{
    uint32_t mask = l->table_size - 1, gap = (uint32_t)(place - l->table);

    for (uint32_t i = (gap + 1) & mask; l->table[i]; i = (i + 1) & mask) {
        uint32_t home = home_of(l, number_of(l, l->table[i]));
        if (((i - home) & mask) < ((i - gap) & mask))
            continue;
        l->table[gap] = l->table[i];
        gap = i;
    }
    l->table[gap] = 0;
    l->known--;
}

/* --- what waits --- */

struct waiting {
    uint64_t key;
    uint32_t attempts;
    uint32_t *place;
};

static void set_slot(struct leases *l, uint8_t tier, size_t slot,
                     const struct waiting *w)
{
    struct tier_queue *q = &l->tiers[tier];

    q->keys[slot] = w->key;
    q->attempts[slot] = w->attempts;
    *w->place = reference(tier, slot);
}

/* What is in one slot goes to another. */
static void move(struct leases *l, uint8_t tier, size_t from, size_t to)
{
    const struct tier_queue *q = &l->tiers[tier];
    struct waiting w = {q->keys[from], q->attempts[from],
                        find(l, key_number(q->keys[from]))};

    set_slot(l, tier, to, &w);
}

/* The slot is a gap; what belongs above it comes down, and w goes where the gap
 * ends up. */
static void sift_up(struct leases *l, uint8_t tier, size_t slot,
                    const struct waiting *w)
{
    for (; slot > 1 && w->key < l->tiers[tier].keys[slot / 2]; slot /= 2)
        move(l, tier, slot / 2, slot);
    set_slot(l, tier, slot, w);
}

static void sift_down(struct leases *l, uint8_t tier, size_t slot,
                      const struct waiting *w)
{
    const struct tier_queue *q = &l->tiers[tier];

    for (size_t child; (child = slot * 2) <= q->count; slot = child) {
        if (child < q->count && q->keys[child + 1] < q->keys[child])
            child++;
        if (q->keys[child] >= w->key)
            break;
        move(l, tier, child, slot);
    }
    set_slot(l, tier, slot, w);
}

static void enqueue(struct leases *l, const struct lease_page *page,
                    uint32_t attempts, uint32_t *place)
{
    struct tier_queue *q = &l->tiers[page->tier];
    struct waiting w = {key_of(page), attempts, place};

    if (q->count + 1 >= q->capacity) {
        q->capacity = q->capacity ? q->capacity * 2 : TABLE_FIRST;
        assert(q->capacity <= (size_t)1 << SLOT_BITS);
        q->keys = must(realloc(q->keys, q->capacity * sizeof *q->keys));
        q->attempts =
            must(realloc(q->attempts, q->capacity * sizeof *q->attempts));
    }
    l->waiting++;
    sift_up(l, page->tier, ++q->count, &w);
}

/* The table does not name the slot any more. */
static void dequeue(struct leases *l, uint8_t tier, size_t slot)
{
    struct tier_queue *q = &l->tiers[tier];
    size_t last = q->count--;

    l->waiting--;
    if (slot == last)
        return;
    struct waiting w = {q->keys[last], q->attempts[last],
                        find(l, key_number(q->keys[last]))};
    if (slot > 1 && w.key < q->keys[slot / 2])
        sift_up(l, tier, slot, &w);
    else
        sift_down(l, tier, slot, &w);
}

/* --- what is with a worker --- */

static uint32_t fly(struct leases *l, const struct flight *f)
{
    uint32_t i = l->free_flight;

    if (i)
        l->free_flight = l->flights[i].next;
    else
        i = ++l->flights_used;
    assert(i <= FLIGHTS_MAX);
    l->flights[i] = *f;
    l->flights[i].next = 0;
    l->flights[i].prev = l->newest;
    *(l->newest ? &l->flights[l->newest].next : &l->oldest) = i;
    l->newest = i;
    l->tiers[f->page.tier].flying++;
    l->flying++;
    return i;
}

static void land(struct leases *l, uint32_t i)
{
    struct flight *f = &l->flights[i];

    *(f->prev ? &l->flights[f->prev].next : &l->oldest) = f->next;
    *(f->next ? &l->flights[f->next].prev : &l->newest) = f->prev;
    l->tiers[f->page.tier].flying--;
    l->flying--;
    f->next = l->free_flight;
    l->free_flight = i;
}

static void requeue(struct leases *l, uint32_t i)
{
    const struct flight f = l->flights[i];

    land(l, i);
    enqueue(l, &f.page, f.attempts, find(l, f.page.number));
}

void leases_put(struct leases *l, const struct lease_page *page)
{
    assert(page->number && key_number(page->number) == page->number &&
           page->tier < LEASE_TIERS);
    if (*find(l, page->number))
        return;
    if ((l->known + 1) > l->table_size / 4 * 3)
        grow_table(l);
    l->known++;
    enqueue(l, page, 0, find(l, page->number));
}

bool leases_drop(struct leases *l, uint64_t number)
{
    uint32_t *place = find(l, number), ref = *place;

    if (!ref)
        return false;
    forget(l, place);
    if (ref & FLYING)
        land(l, ref & ~FLYING);
    else
        dequeue(l, tier_of(ref), slot_of(ref));
    return (ref & FLYING) != 0;
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
    uint64_t key = q->keys[1];
    struct flight f = {.page = {.number = key_number(key),
                                .severity = (uint8_t)(key >> NUMBER_BITS),
                                .tier = tier},
                       .attempts = q->attempts[1] + 1,
                       .until_ms = now_ms + LIMIT_LEASE_MS};
    uint32_t *place = find(l, f.page.number);
    *place = FLYING | fly(l, &f);
    dequeue(l, tier, 1);
    q->tokens_x1000 -= 1000;
    *page = f.page;
    *attempt = f.attempts;
    return true;
}

size_t leases_expire(struct leases *l, int64_t now_ms)
{
    size_t n = 0;

    for (; l->oldest && l->flights[l->oldest].until_ms <= now_ms; n++)
        requeue(l, l->oldest);
    return n;
}

void leases_release_tier(struct leases *l, uint8_t tier)
{
    for (uint32_t i = l->oldest, next; i; i = next) {
        next = l->flights[i].next;
        if (l->flights[i].page.tier == tier)
            requeue(l, i);
    }
}

int64_t leases_next_ms(const struct leases *l, int64_t now_ms)
{
    int64_t next_ms = l->oldest ? l->flights[l->oldest].until_ms : INT64_MAX;

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
