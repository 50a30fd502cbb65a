#include "ledger/memtable.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/memarena.h"

enum { BUCKETS_FIRST = 1024, LINKS_MIN = 2 };

struct order {
    struct mem_row *head[MEMTABLE_LEVELS];
    struct mem_row *pending; /* not indexed yet, linked by up[0] and up[1] */
    unsigned levels;
    bool eager;
};

struct memtable {
    struct memarena arena;
    struct mem_row **buckets;
    size_t mask;
    size_t count;
    uint64_t dice; /* for tower heights; any sequence will do */
    uint8_t hash_key[crypto_shorthash_KEYBYTES];
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

struct memtable *memtable_new(size_t expected)
{
    struct memtable *m = must_have(calloc(1, sizeof *m), sizeof *m);
    size_t n = BUCKETS_FIRST;

    while (n < expected)
        n *= 2;
    memarena_init(&m->arena);
    m->mask = n - 1;
    m->buckets =
        must_have(calloc(n, sizeof *m->buckets), n * sizeof *m->buckets);
    m->dice = 0x9e3779b97f4a7c15U;
    /* Keys come from outside: nobody may choose ones that collide. What the
     * key is shows nowhere, so it does not disturb determinism. */
    crypto_shorthash_keygen(m->hash_key);
    for (size_t t = 0; t < MEMTABLE_TABLES; t++)
        m->orders[t].levels = 1;
    return m;
}

void memtable_free(struct memtable *m)
{
    if (m == NULL)
        return;
    memarena_fini(&m->arena);
    free(m->buckets);
    free(m);
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

static uint64_t prefix_of(struct slice key)
{
    uint64_t p = 0;

    if (key.size >= 8) {
        memcpy(&p, key.data, 8);
        return __builtin_bswap64(p);
    }
    for (size_t i = 0; i < key.size; i++)
        p |= (uint64_t)key.data[i] << (56 - 8 * i);
    return p;
}

/* Equal prefixes are decided by the bytes: a short key may pad to the same. */
static int row_compare(const struct mem_row *row, uint64_t prefix,
                       struct slice key)
{
    if (row->prefix != prefix)
        return row->prefix < prefix ? -1 : 1;
    return memtable_compare(mem_row_key(row), key);
}

static uint32_t hash_of(const struct memtable *m, uint8_t table,
                        struct slice key)
{
    uint8_t out[crypto_shorthash_BYTES];
    uint64_t h;

    crypto_shorthash(out, key.data, key.size, m->hash_key);
    memcpy(&h, out, sizeof h);
    h ^= (uint64_t)table * 0x9e3779b97f4a7c15U;
    return (uint32_t)(h ^ (h >> 32));
}

static struct mem_row *find_hashed(const struct memtable *m, uint8_t table,
                                   struct slice key, uint32_t hash)
{
    struct mem_row *row = m->buckets[hash & m->mask];

    for (; row != NULL; row = row->hash_next) {
        if (row->hash == hash && row->table == table &&
            row->key_size == key.size &&
            memcmp(row->key, key.data, key.size) == 0)
            return row;
    }
    return NULL;
}

struct mem_row *memtable_find(struct memtable *m, uint8_t table,
                              struct slice key)
{
    if (m->count == 0)
        return NULL;
    return find_hashed(m, table, key, hash_of(m, table, key));
}

static void grow_buckets(struct memtable *m)
{
    size_t n = (m->mask + 1) * 2;
    struct mem_row **wider =
        must_have(calloc(n, sizeof *wider), n * sizeof *wider);

    for (size_t i = 0; i <= m->mask; i++) {
        struct mem_row *row = m->buckets[i];

        while (row != NULL) {
            struct mem_row *next = row->hash_next;

            row->hash_next = wider[row->hash & (n - 1)];
            wider[row->hash & (n - 1)] = row;
            row = next;
        }
    }
    free(m->buckets);
    m->buckets = wider;
    m->mask = n - 1;
}

/* A quarter of the rows reach each further level. */
static uint8_t throw_levels(struct memtable *m)
{
    m->dice ^= m->dice << 13;
    m->dice ^= m->dice >> 7;
    m->dice ^= m->dice << 17;
    unsigned zeros = (unsigned)__builtin_ctzl(m->dice | (1UL << 62)) / 2;

    return (uint8_t)(zeros + 1 < MEMTABLE_LEVELS ? zeros + 1 : MEMTABLE_LEVELS);
}

/* For each level the link that points at the first row >= key. */
static void find_links(struct order *o, uint64_t prefix, struct slice key,
                       struct mem_row **links[MEMTABLE_LEVELS])
{
    struct mem_row **at = o->head;

    for (unsigned level = o->levels; level-- > 0;) {
        while (at[level] != NULL && row_compare(at[level], prefix, key) < 0)
            at = at[level]->up;
        links[level] = &at[level];
    }
}

static void index_row(struct order *o, struct mem_row *row)
{
    struct mem_row **links[MEMTABLE_LEVELS];

    for (; o->levels < row->levels; o->levels++)
        o->head[o->levels] = NULL;
    find_links(o, row->prefix, mem_row_key(row), links);
    for (unsigned level = 0; level < row->levels; level++) {
        row->up[level] = *links[level];
        *links[level] = row;
    }
    row->indexed = true;
}

static void unindex_row(struct order *o, struct mem_row *row)
{
    struct mem_row **links[MEMTABLE_LEVELS];

    find_links(o, row->prefix, mem_row_key(row), links);
    for (unsigned level = 0; level < row->levels; level++) {
        assert(*links[level] == row);
        *links[level] = row->up[level];
    }
    row->indexed = false;
}

static void push_pending(struct order *o, struct mem_row *row)
{
    row->up[0] = o->pending;
    row->up[1] = NULL;
    if (o->pending != NULL)
        o->pending->up[1] = row;
    o->pending = row;
}

static void drop_pending(struct order *o, struct mem_row *row)
{
    if (row->up[1] != NULL)
        row->up[1]->up[0] = row->up[0];
    else
        o->pending = row->up[0];
    if (row->up[0] != NULL)
        row->up[0]->up[1] = row->up[1];
}

static void index_pending(struct order *o)
{
    while (o->pending != NULL) {
        struct mem_row *row = o->pending;

        o->pending = row->up[0];
        if (o->pending != NULL)
            o->pending->up[1] = NULL;
        index_row(o, row);
    }
}

static size_t row_bytes(uint8_t levels, size_t key_size)
{
    size_t links = levels < LINKS_MIN ? LINKS_MIN : levels;

    return sizeof(struct mem_row) + links * sizeof(struct mem_row *) + key_size;
}

static struct mem_row *add_row(struct memtable *m, uint8_t table,
                               struct slice key, uint32_t hash)
{
    uint8_t levels = throw_levels(m);
    size_t room;
    struct mem_row *row =
        memarena_take(&m->arena, row_bytes(levels, key.size), &room);
    size_t links = levels < LINKS_MIN ? LINKS_MIN : levels;

    *row = (struct mem_row){.prefix = prefix_of(key),
                            .hash = hash,
                            .key_size = (uint16_t)key.size,
                            .table = table,
                            .levels = levels};
    row->key = (uint8_t *)(row->up + links);
    memcpy(row->key, key.data, key.size);
    if (++m->count > m->mask)
        grow_buckets(m);
    row->hash_next = m->buckets[hash & m->mask];
    m->buckets[hash & m->mask] = row;
    if (m->orders[table].eager)
        index_row(&m->orders[table], row);
    else
        push_pending(&m->orders[table], row);
    return row;
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
}

void memtable_put(struct memtable *m, uint8_t table, struct slice key,
                  struct slice value)
{
    assert(table < MEMTABLE_TABLES && key.size > 0 && key.size <= UINT16_MAX);
    assert(value.size < UINT32_MAX / 2);
    uint32_t hash = hash_of(m, table, key);
    struct mem_row *row = find_hashed(m, table, key, hash);

    if (row == NULL)
        row = add_row(m, table, key, hash);
    set_value(m, row, value);
}

static void drop_row(struct memtable *m, struct mem_row *row)
{
    struct mem_row **link = &m->buckets[row->hash & m->mask];

    while (*link != row)
        link = &(*link)->hash_next;
    *link = row->hash_next;
    if (row->indexed)
        unindex_row(&m->orders[row->table], row);
    else
        drop_pending(&m->orders[row->table], row);
    m->count--;
    memarena_give(&m->arena, row->value, row->value_room);
    memarena_give(&m->arena, row,
                  memarena_room(row_bytes(row->levels, row->key_size)));
}

void memtable_delete(struct memtable *m, uint8_t table, struct slice key,
                     bool keep_tombstone)
{
    uint32_t hash = hash_of(m, table, key);
    struct mem_row *row = find_hashed(m, table, key, hash);

    if (!keep_tombstone) {
        if (row != NULL)
            drop_row(m, row);
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
    struct order *o = &m->orders[table];
    struct mem_row **links[MEMTABLE_LEVELS];

    index_pending(o);
    find_links(o, prefix_of(from), from, links);
    return *links[0];
}

size_t memtable_count(const struct memtable *m)
{
    return m->count;
}

size_t memtable_bytes(const struct memtable *m)
{
    return m->arena.used;
}

static int by_table_and_key(const void *a, const void *b)
{
    const struct mem_row *x = *(struct mem_row *const *)a;
    const struct mem_row *y = *(struct mem_row *const *)b;

    if (x->table != y->table)
        return x->table < y->table ? -1 : 1;
    return row_compare(x, y->prefix, mem_row_key(y));
}

struct mem_row **memtable_rows(const struct memtable *m)
{
    size_t bytes = (m->count + 1) * sizeof(struct mem_row *);
    struct mem_row **rows = must_have(malloc(bytes), bytes);
    size_t n = 0;

    for (size_t i = 0; i <= m->mask; i++)
        for (struct mem_row *r = m->buckets[i]; r != NULL; r = r->hash_next)
            rows[n++] = r;
    assert(n == m->count);
    qsort(rows, n, sizeof *rows, by_table_and_key);
    return rows;
}
