#include "ledger/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mapped.h"
#include "base/reader.h"
#include "base/writer.h"
#include "ledger/lmdb_env.h"
#include "ledger/state_internal.h"

_Static_assert((int)STATE_TABLE_END <= (int)MEMTABLE_TABLES,
               "memtables know them all");
_Static_assert(STATE_KEY_MAX + 1 == LIMIT_KEY_BYTES, "a row's key fits LMDB");

enum { MAP_BYTES_LOG2 = 38 }; /* address space, not memory: 256 GiB */

const char *state_table_name(enum state_table table)
{
    switch (table) {
#define X(name, code, text)                                                    \
    case STATE_##name:                                                         \
        return text;
        STATE_TABLES(X)
#undef X
    case STATE_TABLE_END:
        break;
    }
    return NULL;
}

MDB_val state_base_key(enum state_table table, struct slice key, uint8_t *out)
{
    assert(key.size <= STATE_KEY_MAX);
    out[0] = (uint8_t)table;
    if (key.size > 0)
        memcpy(out + 1, key.data, key.size);
    return (MDB_val){key.size + 1, out};
}

static void look_at_base(struct state *s)
{
    MDB_stat stat;

    lmdb_must(s->env, mdb_stat(s->base, 1, &stat), "look at the state");
    s->base_empty = stat.ms_entries == 0;
}

void state_renew_base(struct state *s)
{
    mdb_txn_reset(s->base);
    lmdb_must(s->env, mdb_txn_renew(s->base), "renew the state's reader");
    s->takings++;
    look_at_base(s);
}

/* --- opening --- */

static void set_defaults(struct state *s, const struct state_options *options)
{
    s->options = *options;
    s->clock = options->clock != NULL ? options->clock : clock_system();
    if (s->options.soft_bytes == 0)
        s->options.soft_bytes = 64 << 20;
    if (s->options.hard_bytes == 0)
        s->options.hard_bytes = 3 * s->options.soft_bytes;
    if (s->options.age_min_ms == 0)
        s->options.age_min_ms = 500;
    if (s->options.age_max_ms == 0)
        s->options.age_max_ms = 2000;
}

/* A snapshot that was only half loaded when the process died. */
static enum status drop_half_loaded(struct state *s, struct error *err)
{
    MDB_txn *txn;
    MDB_dbi dbi;

    log_warn("STATE-HALF-LOADED",
             "a snapshot was not loaded to its end -> it is loaded again");
    int rc = mdb_txn_begin(s->env, NULL, 0, &txn);

    if (rc != 0)
        return lmdb_error(err, rc, "empty the state");
    lmdb_must(s->env, mdb_dbi_open(txn, NULL, 0, &dbi), "empty the state");
    lmdb_must(s->env, mdb_drop(txn, dbi, 0), "empty the state");
    lmdb_must(s->env, mdb_txn_commit(txn), "empty the state");
    state_renew_base(s);
    return STATUS_OK;
}

static enum status open_base(struct state *s, struct error *err)
{
    struct slice value;
    MDB_dbi dbi;
    int dead;
    enum status status = lmdb_env_open(
        s->options.path, (size_t)1 << MAP_BYTES_LOG2, false, &s->env, err);

    if (status != STATUS_OK)
        return status;
    lmdb_env_renewable(s->env, true);
    mdb_reader_check(s->env, &dead);
    status = lmdb_begin_read(s->env, &s->base, err);
    if (status != STATUS_OK)
        return status;
    int rc = mdb_dbi_open(s->base, NULL, 0, &dbi);

    if (rc != 0)
        return lmdb_error(err, rc, "open the state");
    assert(dbi == 1); /* the main database; mdb_stat above relies on it */
    look_at_base(s);
    if (state_get(s, STATE_META, slice_of_text(STATE_META_LOADING), &value))
        return drop_half_loaded(s, err);
    if (!state_get(s, STATE_META, slice_of_text(STATE_META_APPLIED), &value))
        return STATUS_OK;
    if (value.size != 8)
        return error_set(err, STATUS_CORRUPT, "state: bad applied sequence");
    s->applied = s->durable = get_u64(value.data);
    return STATUS_OK;
}

enum status state_open(const struct state_options *options, struct state **out,
                       struct error *err)
{
    struct state *s = calloc(1, sizeof *s);
    enum status status = STATUS_OK;

    *out = NULL;
    if (s == NULL)
        return error_set(err, STATUS_NO_MEMORY, "open the state");
    set_defaults(s, options);
    s->active = checkpoint_new_memtable(0);
    state_timers_init(s);
    if (options->path != NULL)
        status = open_base(s, err);
    if (status == STATUS_OK)
        status = checkpoint_start(s, err);
    if (status != STATUS_OK) {
        error_wrap(err, "state %s", options->path);
        state_close(&s);
        return status;
    }
    *out = s;
    return STATUS_OK;
}

void state_close(struct state **out)
{
    struct state *s = *out;

    if (s == NULL)
        return;
    *out = NULL;
    checkpoint_stop(s);
    if (s->base != NULL)
        mdb_txn_abort(s->base);
    if (s->env != NULL)
        lmdb_env_close(s->env);
    memtable_free(s->checkpoint.spare);
    memtable_free(s->frozen);
    memtable_free(s->active);
    free(s);
}

/* --- rows --- */

/* The memtables' word on a row: NULL when they do not know it. */
static const struct mem_row *
find_changed(struct state *s, enum state_table table, struct slice key)
{
    uint32_t hash = memtable_hash((uint8_t)table, key);
    const struct mem_row *row =
        memtable_find_hashed(s->active, (uint8_t)table, key, hash);

    if (row == NULL && s->frozen != NULL)
        row = memtable_find_hashed(s->frozen, (uint8_t)table, key, hash);
    return row;
}

bool state_get(struct state *s, enum state_table table, struct slice key,
               struct slice *value)
{
    uint8_t place[LIMIT_KEY_BYTES];
    MDB_val base_key, base_value;

    assert(table > 0 && table < STATE_TABLE_END);
    if (key.size == 0 || key.size > STATE_KEY_MAX)
        return false;
    const struct mem_row *row = find_changed(s, table, key);

    if (row != NULL) {
        if (!row->deleted)
            *value = mem_row_value(row);
        return !row->deleted;
    }
    if (s->env == NULL || s->base_empty)
        return false;
    base_key = state_base_key(table, key, place);
    mapped_reading(s->env);
    int rc = mdb_get(s->base, 1, &base_key, &base_value);

    mapped_reading(NULL);
    if (rc == MDB_NOTFOUND)
        return false;
    lmdb_must(s->env, rc, "read the state");
    *value = lmdb_slice(&base_value);
    return true;
}

void state_expect_more(struct state *s, struct state_hint *hint)
{
    if (hint->step > MEMTABLE_VALUE)
        return;
    enum memtable_step step = hint->step++;

    memtable_expect(s->active, hint->hash, step);
    if (s->frozen != NULL)
        memtable_expect(s->frozen, hint->hash, step);
}

void state_expect(struct state *s, enum state_table table, struct slice key,
                  struct state_hint *hint)
{
    *hint = (struct state_hint){.hash = memtable_hash((uint8_t)table, key)};
    state_expect_more(s, hint);
}

static void put(struct state *s, enum state_table table, struct slice key,
                uint32_t hash, struct slice value)
{
    assert(table > 0 && table < STATE_TABLE_END);
    assert(key.size > 0 && key.size <= STATE_KEY_MAX);
    memtable_put_hashed(s->active, (uint8_t)table, key, hash, value);
    s->changes++;
    if (table == STATE_TIMERS)
        state_timers_put(s, key);
}

void state_put(struct state *s, enum state_table table, struct slice key,
               struct slice value)
{
    put(s, table, key, memtable_hash((uint8_t)table, key), value);
}

void state_put_expected(struct state *s, enum state_table table,
                        struct slice key, struct slice value,
                        const struct state_hint *hint)
{
    put(s, table, key, hint->hash, value);
}

static void delete_row(struct state *s, enum state_table table,
                       struct slice key, uint32_t hash)
{
    assert(table > 0 && table < STATE_TABLE_END);
    if (key.size == 0 || key.size > STATE_KEY_MAX)
        return;
    /* A tombstone hides a row below; where nothing is below none is needed. */
    bool below = s->frozen != NULL || (s->env != NULL && !s->base_empty);

    if (table == STATE_TIMERS)
        state_timers_delete(s, key);
    memtable_delete_hashed(s->active, (uint8_t)table, key, hash, below);
    s->changes++;
}

void state_delete(struct state *s, enum state_table table, struct slice key)
{
    delete_row(s, table, key, memtable_hash((uint8_t)table, key));
}

void state_delete_expected(struct state *s, enum state_table table,
                           struct slice key, const struct state_hint *hint)
{
    delete_row(s, table, key, hint->hash);
}

void state_set_applied(struct state *s, uint64_t seq)
{
    assert(seq >= s->applied);
    s->applied = seq;
    if (s->env == NULL)
        s->durable = seq;
}

uint64_t state_applied(const struct state *s)
{
    return s->applied;
}

uint64_t state_durable(const struct state *s)
{
    return s->durable;
}
