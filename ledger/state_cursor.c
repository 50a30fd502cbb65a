/* Three sources in key order, the newest word on a key first. */
#include <assert.h>
#include <string.h>

#include "base/digest.h"
#include "base/mapped.h"
#include "base/writer.h"
#include "ledger/lmdb_env.h"
#include "ledger/state_internal.h"

/* --- the LMDB source --- */

static void base_take(struct state_cursor *c, int rc, MDB_val *key,
                      MDB_val *value)
{
    if (rc != MDB_NOTFOUND)
        lmdb_must(c->state->env, rc, "walk the state");
    c->base_on = rc == 0 && *(uint8_t *)key->mv_data == c->table;
    if (!c->base_on)
        return;
    c->base_key = slice_from(lmdb_slice(key), 1);
    c->base_value = lmdb_slice(value);
}

static int base_get(struct state_cursor *c, MDB_val *key, MDB_val *value,
                    MDB_cursor_op op)
{
    mapped_reading(c->state->env);
    int rc = mdb_cursor_get(c->base, key, value, op);

    mapped_reading(NULL);
    return rc;
}

static void base_after(struct state_cursor *c)
{
    MDB_val key, value;

    base_take(c, base_get(c, &key, &value, MDB_NEXT), &key, &value);
}

static void base_seek(struct state_cursor *c, struct slice from, bool behind)
{
    uint8_t place[LIMIT_KEY_BYTES];
    MDB_val key = state_base_key(c->table, from, place), value;

    c->base_on = false;
    if (c->state->env == NULL || c->state->base_empty)
        return;
    if (c->base == NULL) {
        MDB_cursor *cursor;

        lmdb_must(c->state->env, mdb_cursor_open(c->state->base, 1, &cursor),
                  "open a cursor");
        c->base = cursor;
    } else if (c->taken != c->state->takings) {
        lmdb_must(c->state->env, mdb_cursor_renew(c->state->base, c->base),
                  "renew a cursor");
    }
    c->taken = c->state->takings;
    base_take(c, base_get(c, &key, &value, MDB_SET_RANGE), &key, &value);
    if (behind && c->base_on && memtable_compare(c->base_key, from) == 0)
        base_after(c);
}

/* --- the memtables --- */

static struct mem_row *memory_seek(struct memtable *m, uint8_t table,
                                   struct slice from, bool behind)
{
    struct mem_row *row = m == NULL || memtable_count(m) == 0
                              ? NULL
                              : memtable_seek(m, table, from);

    if (behind && row != NULL && memtable_compare(mem_row_key(row), from) == 0)
        row = memtable_after(row);
    return row;
}

static void place(struct state_cursor *c, struct slice from, bool behind)
{
    struct state *s = c->state;

    c->active = memory_seek(s->active, (uint8_t)c->table, from, behind);
    c->frozen = memory_seek(s->frozen, (uint8_t)c->table, from, behind);
    base_seek(c, from, behind);
    c->seen = s->changes;
}

void state_cursor_open(struct state_cursor *c, struct state *s,
                       enum state_table table, struct slice prefix,
                       struct slice from)
{
    assert(prefix.size <= STATE_KEY_MAX && from.size <= STATE_KEY_MAX);
    c->state = s;
    c->table = table;
    c->base = NULL;
    c->taken = 0;
    c->base_on = false;
    c->prefix_size = prefix.size;
    if (prefix.size > 0)
        memcpy(c->prefix, prefix.data, prefix.size);
    if (memtable_compare(from, prefix) < 0)
        from = prefix;
    c->last_size = from.size;
    c->behind = false;
    if (from.size > 0)
        memcpy(c->last, from.data, from.size);
    place(c, from, false);
}

/* The smallest key of the three sources; false when all are at their end. */
static bool smallest(const struct state_cursor *c, struct slice *key)
{
    bool any = c->base_on;

    if (any)
        *key = c->base_key;
    for (int i = 0; i < 2; i++) {
        const struct mem_row *row = i == 0 ? c->frozen : c->active;

        if (row == NULL)
            continue;
        if (!any || memtable_compare(mem_row_key(row), *key) < 0)
            *key = mem_row_key(row);
        any = true;
    }
    return any;
}

/* If row has that key: its value unless a newer word was found, and on. */
static struct mem_row *pass(struct mem_row *row, struct slice key, int *found,
                            struct slice *value)
{
    if (row == NULL || memtable_compare(mem_row_key(row), key) != 0)
        return row;
    if (*found == 0) {
        *found = row->deleted ? -1 : 1;
        *value = mem_row_value(row);
    }
    return memtable_after(row);
}

/* A tombstone need not stand in the order: it is asked for by its key. */
static bool is_hidden(struct memtable *m, const struct state_cursor *c,
                      struct slice key)
{
    const struct mem_row *row =
        m == NULL ? NULL : memtable_find(m, (uint8_t)c->table, key);

    return row != NULL && row->deleted;
}

/* The newest word on the key, and every source that has it moves on. Returns 1
 * for a row, -1 for a tombstone. */
static int take_key(struct state_cursor *c, struct slice key,
                    struct slice *value)
{
    struct state *s = c->state;
    int found = 0;

    c->active = pass(c->active, key, &found, value);
    if (found == 0 && is_hidden(s->active, c, key))
        found = -1;
    c->frozen = pass(c->frozen, key, &found, value);
    if (!c->base_on || memtable_compare(c->base_key, key) != 0)
        return found;
    /* The bytes stay; only where the cursor stands changes. */
    struct slice base_value = c->base_value;

    base_after(c);
    if (found != 0)
        return found;
    *value = base_value;
    return is_hidden(s->frozen, c, key) ? -1 : 1;
}

bool state_cursor_next(struct state_cursor *c, struct slice *key,
                       struct slice *value)
{
    struct slice prefix = slice_of(c->prefix, c->prefix_size);

    if (c->seen != c->state->changes)
        place(c, slice_of(c->last, c->last_size), c->behind);
    for (;;) {
        if (!smallest(c, key) || !slice_starts_with(*key, prefix))
            return false;
        if (take_key(c, *key, value) < 0)
            continue;
        c->last_size = key->size;
        c->behind = true;
        memcpy(c->last, key->data, key->size);
        return true;
    }
}

void state_cursor_close(struct state_cursor *c)
{
    if (c->base != NULL)
        mdb_cursor_close(c->base);
    c->base = NULL;
}

/* --- the hash --- */

void state_hash_row(struct digest_stream *d, enum state_table table,
                    struct slice key, struct slice value)
{
    uint8_t head[7];

    head[0] = (uint8_t)table;
    put_u16(head + 1, (uint16_t)key.size);
    put_u32(head + 3, (uint32_t)value.size);
    digest_add(d, slice_of(head, sizeof head));
    digest_add(d, key);
    digest_add(d, value);
}

struct digest state_hash(struct state *s, uint64_t *rows)
{
    struct digest_stream d;
    uint64_t n = 0;

    digest_begin(&d);
    for (int t = 1; t < STATE_TABLE_END; t++) {
        struct state_cursor c;
        struct slice key = SLICE_EMPTY, value = SLICE_EMPTY;

        if (t == STATE_META)
            continue;
        state_cursor_open(&c, s, (enum state_table)t, SLICE_EMPTY, SLICE_EMPTY);
        for (; state_cursor_next(&c, &key, &value); n++)
            state_hash_row(&d, (enum state_table)t, key, value);
        state_cursor_close(&c);
    }
    if (rows != NULL)
        *rows = n;
    return digest_end(&d);
}
