#include "ledger/state_reader.h"

#include <stdlib.h>

#include "base/mapped.h"
#include "base/reader.h"
#include "ledger/lmdb_env.h"
#include "ledger/state_internal.h"

struct state_reader {
    MDB_env *env;
    bool own_env;
    MDB_txn *txn;
    MDB_cursor *cursor;
    bool begun; /* the cursor stands on a row */
    uint64_t applied;
};

static enum status begin(struct state_reader *r, struct error *err)
{
    struct slice value;
    MDB_dbi dbi;
    enum status status = lmdb_begin_read(r->env, &r->txn, err);

    if (status != STATUS_OK)
        return status;
    int rc = mdb_dbi_open(r->txn, NULL, 0, &dbi);

    if (rc == 0)
        rc = mdb_cursor_open(r->txn, dbi, &r->cursor);
    if (rc != 0)
        return lmdb_error(err, rc, "read the state");
    if (state_reader_get(r, STATE_META, slice_of_text(STATE_META_LOADING),
                         &value))
        return error_set(err, STATUS_NOT_FOUND,
                         "state: a snapshot is only half loaded");
    if (!state_reader_get(r, STATE_META, slice_of_text(STATE_META_APPLIED),
                          &value))
        return STATUS_OK;
    if (value.size != 8)
        return error_set(err, STATUS_CORRUPT, "state: bad applied sequence");
    r->applied = get_u64(value.data);
    return STATUS_OK;
}

static enum status open_with(MDB_env *env, bool own, struct state_reader **out,
                             struct error *err)
{
    struct state_reader *r = calloc(1, sizeof *r);

    if (r == NULL) {
        if (own)
            lmdb_env_close(env);
        return error_set(err, STATUS_NO_MEMORY, "read the state");
    }
    r->env = env;
    r->own_env = own;
    enum status status = begin(r, err);

    if (status != STATUS_OK)
        state_reader_close(&r);
    *out = r;
    return status;
}

enum status state_reader_open(const char *path, struct state_reader **r,
                              struct error *err)
{
    MDB_env *env;
    enum status status = lmdb_env_open(path, 0, true, &env, err);

    *r = NULL;
    if (status != STATUS_OK)
        return status;
    lmdb_env_renewable(env, false);
    return open_with(env, true, r, err);
}

enum status state_reader_of(struct state *s, struct state_reader **r,
                            struct error *err)
{
    *r = NULL;
    if (s->env == NULL)
        return error_set(err, STATUS_NOT_FOUND, "the state has no file");
    return open_with(s->env, false, r, err);
}

void state_reader_close(struct state_reader **out)
{
    struct state_reader *r = *out;

    if (r == NULL)
        return;
    *out = NULL;
    if (r->cursor != NULL)
        mdb_cursor_close(r->cursor);
    if (r->txn != NULL)
        mdb_txn_abort(r->txn);
    if (r->own_env)
        lmdb_env_close(r->env);
    free(r);
}

uint64_t state_reader_applied(const struct state_reader *r)
{
    return r->applied;
}

void state_reader_rewind(struct state_reader *r)
{
    r->begun = false;
}

enum status state_reader_next(struct state_reader *r, enum state_table *table,
                              struct slice *key, struct slice *value,
                              struct error *err)
{
    MDB_val k, v;

    mapped_reading(r->env);
    int rc = mdb_cursor_get(r->cursor, &k, &v, r->begun ? MDB_NEXT : MDB_FIRST);

    mapped_reading(NULL);
    if (rc == MDB_NOTFOUND)
        return STATUS_END;
    if (rc != 0)
        return lmdb_error(err, rc, "read the state");
    r->begun = true;
    *table = (enum state_table) * (const uint8_t *)k.mv_data;
    *key = slice_from(lmdb_slice(&k), 1);
    *value = lmdb_slice(&v);
    if (state_table_name(*table) == NULL || key->size == 0)
        return error_set(err, STATUS_CORRUPT, "state: a row of no table");
    return STATUS_OK;
}

bool state_reader_get(struct state_reader *r, enum state_table table,
                      struct slice key, struct slice *value)
{
    uint8_t place[LIMIT_KEY_BYTES];
    MDB_val k = state_base_key(table, key, place), v;

    mapped_reading(r->env);
    int rc = mdb_get(r->txn, 1, &k, &v);

    mapped_reading(NULL);
    if (rc != 0)
        return false;
    *value = lmdb_slice(&v);
    return true;
}

enum status state_reader_hash(struct state_reader *r, struct digest *hash,
                              uint64_t *rows, struct error *err)
{
    struct digest_stream d;
    enum state_table table = STATE_META;
    struct slice key = SLICE_EMPTY, value = SLICE_EMPTY;
    uint64_t n = 0;
    enum status status;

    digest_begin(&d);
    state_reader_rewind(r);
    while ((status = state_reader_next(r, &table, &key, &value, err)) ==
           STATUS_OK) {
        if (table == STATE_META)
            continue;
        state_hash_row(&d, table, key, value);
        n++;
    }
    state_reader_rewind(r);
    if (status != STATUS_END)
        return status;
    *hash = digest_end(&d);
    if (rows != NULL)
        *rows = n;
    return STATUS_OK;
}

enum status state_reader_copy(struct state_reader *r, const char *to_path,
                              struct error *err)
{
    return lmdb_env_copy(r->env, to_path, err);
}
