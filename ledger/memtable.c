#include "ledger/memtable.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ledger/memarena.h"
#include "ledger/memorder.h"
#include "ledger/memsort.h"

enum { SLOTS_FIRST = 1024, EXPECT_BYTES = 1024 };

enum { UNLISTED, PENDING, INDEXED };

struct order {
    struct memorder index;
    struct mem_row *pending; /* not indexed yet */
    bool eager;
};

/* Open addressing: a row is in the first free slot from its hash's on, with the
 * hash beside it, since a look at a row's own memory is what a search costs. */
struct slot {
    struct mem_row *row; /* NULL: free */
    uint32_t hash;
};

struct memtable {
    struct memarena arena;
    struct slot *slots;
    size_t mask;
    size_t count;
    struct order orders[MEMTABLE_TABLES];
};

static void *must_have(void *p, size_t size)
{
    if (p == NULL) {
        fprintf(stderr, "ledger: out of memory for %zu bytes\n", size);
        abort();
    }
    return p;
}

/* Keys come from outside: nobody may choose ones that collide. What the key is
 * shows nowhere, so it does not disturb determinism. */
static uint8_t hash_key[crypto_shorthash_KEYBYTES];
static pthread_once_t hash_key_made = PTHREAD_ONCE_INIT;

static void make_hash_key(void)
{
    crypto_shorthash_keygen(hash_key);
}

struct memtable *memtable_new(size_t expected)
{
    struct memtable *m = must_have(calloc(1, sizeof *m), sizeof *m);
    size_t n = SLOTS_FIRST;

    while (n < expected + expected / 2)
        n *= 2;
    memarena_init(&m->arena);
    m->mask = n - 1;
    m->slots = memarena_map(n * sizeof *m->slots);
    pthread_once(&hash_key_made, make_hash_key);
    return m;
}

void memtable_free(struct memtable *m)
{
    if (m == NULL)
        return;
    memarena_fini(&m->arena);
    munmap(m->slots, (m->mask + 1) * sizeof *m->slots);
    free(m);
}

void memtable_reset(struct memtable *m)
{
    memarena_fini(&m->arena);
    memarena_init(&m->arena);
    memset(m->slots, 0, (m->mask + 1) * sizeof *m->slots);
    m->count = 0;
    for (size_t t = 0; t < MEMTABLE_TABLES; t++)
        m->orders[t] = (struct order){.eager = m->orders[t].eager};
}

bool memtable_is_roomy(const struct memtable *m)
{
    return m->mask >= SLOTS_FIRST && m->count < m->mask / 16;
}

void memtable_order_eagerly(struct memtable *m, uint8_t table)
{
    assert(m->count == 0);
    m->orders[table].eager = true;
}

int memtable_compare(struct slice a, struct slice b)
{
    size_t n = a.size < b.size ? a.size : b.size;
    int r = n == 0 ? 0 : memcmp(a.data, b.data, n);

    return r != 0 ? r : (a.size > b.size) - (a.size < b.size);
}

uint32_t memtable_hash(uint8_t table, struct slice key)
{
    uint8_t out[crypto_shorthash_BYTES];
    uint64_t h;

    crypto_shorthash(out, key.data, key.size, hash_key);
    memcpy(&h, out, sizeof h);
    h ^= (uint64_t)table * 0x9e3779b97f4a7c15U;
    return (uint32_t)(h ^ (h >> 32));
}

static bool is_row(const struct mem_row *row, uint8_t table, struct slice key)
{
    return row->table == table && row->key_size == key.size &&
           memcmp(row->key, key.data, key.size) == 0;
}

/* The slot of a key, or the free one where it would be. */
static size_t slot_of(const struct memtable *m, uint8_t table, struct slice key,
                      uint32_t hash)
{
    size_t i = hash & m->mask;

    for (; m->slots[i].row != NULL; i = (i + 1) & m->mask)
        if (m->slots[i].hash == hash && is_row(m->slots[i].row, table, key))
            break;
    return i;
}

struct mem_row *memtable_find_hashed(struct memtable *m, uint8_t table,
                                     struct slice key, uint32_t hash)
{
    return m->slots[slot_of(m, table, key, hash)].row;
}

void memtable_expect(const struct memtable *m, uint32_t hash,
                     enum memtable_step step)
{
    const struct slot *s = &m->slots[hash & m->mask];
    const struct mem_row *row;

    if (step == MEMTABLE_SLOT) {
        __builtin_prefetch(s);
        return;
    }
    row = s->hash == hash ? s->row : NULL; /* mostly it stands at its place */
    if (row == NULL)
        return;
    if (step == MEMTABLE_ROW) {
        __builtin_prefetch(row);
        return;
    }
    for (size_t at = 0; at < row->value_size && at < EXPECT_BYTES; at += 64)
        __builtin_prefetch(row->value + at);
}

struct mem_row *memtable_find(struct memtable *m, uint8_t table,
                              struct slice key)
{
    return m->count == 0
               ? NULL
               : memtable_find_hashed(m, table, key, memtable_hash(table, key));
}

static void take_slot(struct memtable *m, struct mem_row *row, uint32_t hash)
{
    size_t i = hash & m->mask;

    while (m->slots[i].row != NULL)
        i = (i + 1) & m->mask;
    m->slots[i] = (struct slot){row, hash};
}

/* Rows behind it that had to give way to it move up. */
static void leave_slot(struct memtable *m, size_t free_slot)
{
    for (size_t i = (free_slot + 1) & m->mask; m->slots[i].row != NULL;
         i = (i + 1) & m->mask) {
        size_t home = m->slots[i].hash & m->mask;

        if (((i - home) & m->mask) < ((i - free_slot) & m->mask))
            continue;
        m->slots[free_slot] = m->slots[i];
        free_slot = i;
    }
    m->slots[free_slot].row = NULL;
}

static void grow_slots(struct memtable *m)
{
    size_t n = m->mask + 1;
    struct slot *old = m->slots;

    m->slots = memarena_map(2 * n * sizeof *m->slots);
    m->mask = 2 * n - 1;
    for (size_t i = 0; i < n; i++)
        if (old[i].row != NULL)
            take_slot(m, old[i].row, old[i].hash);
    munmap(old, n * sizeof *old);
}

static void push_pending(struct order *o, struct mem_row *row)
{
    row->listed = PENDING;
    row->next = o->pending;
    row->prev = NULL;
    if (o->pending != NULL)
        o->pending->prev = row;
    o->pending = row;
}

static void drop_pending(struct order *o, struct mem_row *row)
{
    if (row->prev != NULL)
        row->prev->next = row->next;
    else
        o->pending = row->next;
    if (row->next != NULL)
        row->next->prev = row->prev;
}

static void index_row(struct memtable *m, struct mem_row *row)
{
    memorder_add(&m->orders[row->table].index, &m->arena, row);
    row->listed = INDEXED;
}

static void index_pending(struct memtable *m, struct order *o)
{
    while (o->pending != NULL) {
        struct mem_row *row = o->pending;

        o->pending = row->next;
        if (o->pending != NULL)
            o->pending->prev = NULL;
        index_row(m, row);
    }
}

static size_t row_bytes(size_t key_size)
{
    return sizeof(struct mem_row) + key_size;
}

static struct mem_row *add_row(struct memtable *m, uint8_t table,
                               struct slice key, uint32_t hash)
{
    size_t room;
    struct mem_row *row = memarena_take(&m->arena, row_bytes(key.size), &room);

    *row = (struct mem_row){.prefix = memorder_prefix(key),
                            .key_size = (uint16_t)key.size,
                            .table = table};
    memcpy(row->key, key.data, key.size);
    if (++m->count > m->mask / 3 * 2)
        grow_slots(m);
    take_slot(m, row, hash);
    return row;
}

/* It has a value from now on. */
static void list_row(struct memtable *m, struct mem_row *row)
{
    if (m->orders[row->table].eager)
        index_row(m, row);
    else
        push_pending(&m->orders[row->table], row);
}

static void set_value(struct memtable *m, struct mem_row *row,
                      struct slice value)
{
    if (value.size > row->value_room || row->value == NULL) {
        size_t room = 0;
        uint8_t *at = value.size == 0
                          ? NULL
                          : memarena_take(&m->arena, value.size, &room);

        /* Old bytes last: value may be a part of them. */
        if (value.size > 0)
            memcpy(at, value.data, value.size);
        memarena_give(&m->arena, row->value, row->value_room);
        row->value = at;
        row->value_room = (uint32_t)room;
    } else if (value.size > 0) {
        memmove(row->value, value.data, value.size);
    }
    row->value_size = (uint32_t)value.size;
    row->deleted = false;
    if (row->listed == UNLISTED)
        list_row(m, row);
}

void memtable_put(struct memtable *m, uint8_t table, struct slice key,
                  struct slice value)
{
    memtable_put_hashed(m, table, key, memtable_hash(table, key), value);
}

void memtable_put_hashed(struct memtable *m, uint8_t table, struct slice key,
                         uint32_t hash, struct slice value)
{
    assert(table < MEMTABLE_TABLES && key.size > 0 && key.size <= UINT16_MAX);
    assert(value.size < UINT32_MAX / 2);
    struct mem_row *row = memtable_find_hashed(m, table, key, hash);

    if (row == NULL)
        row = add_row(m, table, key, hash);
    set_value(m, row, value);
}

static void drop_row(struct memtable *m, size_t slot)
{
    struct mem_row *row = m->slots[slot].row;

    leave_slot(m, slot);
    if (row->listed == INDEXED)
        memorder_drop(&m->orders[row->table].index, &m->arena, row);
    else if (row->listed == PENDING)
        drop_pending(&m->orders[row->table], row);
    m->count--;
    memarena_give(&m->arena, row->value, row->value_room);
    memarena_give(&m->arena, row, memarena_room(row_bytes(row->key_size)));
}

void memtable_delete(struct memtable *m, uint8_t table, struct slice key,
                     bool keep_tombstone)
{
    memtable_delete_hashed(m, table, key, memtable_hash(table, key),
                           keep_tombstone);
}

void memtable_delete_hashed(struct memtable *m, uint8_t table, struct slice key,
                            uint32_t hash, bool keep_tombstone)
{
    size_t slot = slot_of(m, table, key, hash);
    struct mem_row *row = m->slots[slot].row;

    if (!keep_tombstone) {
        if (row != NULL)
            drop_row(m, slot);
        return;
    }
    if (row == NULL)
        row = add_row(m, table, key, hash);
    memarena_give(&m->arena, row->value, row->value_room);
    row->value = NULL;
    row->value_size = 0;
    row->value_room = 0;
    row->deleted = true;
}

struct mem_row *memtable_seek(struct memtable *m, uint8_t table,
                              struct slice from)
{
    index_pending(m, &m->orders[table]);
    return memorder_seek(&m->orders[table].index, from);
}

size_t memtable_count(const struct memtable *m)
{
    return m->count;
}

size_t memtable_bytes(const struct memtable *m)
{
    return m->arena.used;
}

size_t memtable_mapped(const struct memtable *m)
{
    return m->arena.mapped;
}

/* The rows of the slots to come, while this one's is looked at. */
static void look_ahead(const struct memtable *m, size_t i)
{
    __builtin_prefetch(m->slots[(i + 16) & m->mask].row);
}

/* Where the rows of each table begin, and end, in the order to be. */
static void count_tables(const struct memtable *m, size_t *at)
{
    memset(at, 0, (MEMTABLE_TABLES + 1) * sizeof *at);
    for (size_t i = 0; i <= m->mask; i++) {
        look_ahead(m, i);
        if (m->slots[i].row != NULL)
            at[m->slots[i].row->table + 1]++;
    }
    for (size_t t = 0; t < MEMTABLE_TABLES; t++)
        at[t + 1] += at[t];
    assert(at[MEMTABLE_TABLES] == m->count);
}

struct mem_row **memtable_rows(const struct memtable *m)
{
    size_t bytes = (m->count + 1) * sizeof(struct mem_row *);
    struct mem_row **rows = must_have(malloc(bytes), bytes);
    size_t at[MEMTABLE_TABLES + 1], next[MEMTABLE_TABLES + 1];

    count_tables(m, at);
    memcpy(next, at, sizeof at);
    for (size_t i = 0; i <= m->mask; i++) {
        look_ahead(m, i);
        if (m->slots[i].row != NULL)
            rows[next[m->slots[i].row->table]++] = m->slots[i].row;
    }
    for (size_t t = 0; t < MEMTABLE_TABLES; t++)
        memsort(rows + at[t], at[t + 1] - at[t]);
    return rows;
}
