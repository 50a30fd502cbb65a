#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "ledger/journal_lmdb_internal.h"
#include "ledger/lmdb_env.h"

struct erasing {
    enum record_part part;
    bool (*choose)(void *state, const struct record *r);
    void *state;
    uint8_t *scratch; /* LIMIT_RECORD_BYTES */
    uint64_t erased;
};

static enum status erase_one(struct erasing *e, MDB_cursor *cursor,
                             const MDB_val *place, const MDB_val *value,
                             struct error *err)
{
    uint8_t seq[8]; /* the cursor's key lies in the page that is rewritten */
    MDB_val key = {sizeof seq, seq};
    struct record r;
    enum status status = record_decode(lmdb_slice(value), &r, err);

    if (status != STATUS_OK)
        return status;
    if (!(r.present >> e->part & 1) || !e->choose(e->state, &r))
        return STATUS_OK;
    MDB_val smaller = {record_erase(lmdb_slice(value), e->part, e->scratch),
                       e->scratch};

    memcpy(seq, place->mv_data, sizeof seq);
    lmdb_must(mdb_txn_env(mdb_cursor_txn(cursor)),
              mdb_cursor_put(cursor, &key, &smaller, MDB_CURRENT),
              "erase a part");
    e->erased++;
    return STATUS_OK;
}

/* Up to LIMIT_RETENTION_TXN records from *from on; *from is behind them. */
static enum status erase_some(struct erasing *e, struct segment *s,
                              uint64_t *from, bool *more, struct error *err)
{
    uint8_t seq[8];
    MDB_val key = {sizeof seq, seq}, value;
    MDB_cursor *cursor;
    MDB_txn *txn;
    enum status status = STATUS_OK;

    put_u64(seq, *from);
    lmdb_must(s->env, mdb_txn_begin(s->env, NULL, 0, &txn), "erase a part");
    lmdb_must(s->env, mdb_cursor_open(txn, 1, &cursor), "erase a part");
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);

    for (int n = 0; rc == 0 && n < LIMIT_RETENTION_TXN; n++) {
        *from = get_u64(key.mv_data) + 1;
        status = erase_one(e, cursor, &key, &value, err);
        if (status != STATUS_OK)
            break;
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    *more = rc == 0;
    if (status != STATUS_OK)
        mdb_txn_abort(txn);
    else
        lmdb_must(s->env, mdb_txn_commit(txn), "erase a part");
    return status;
}

enum status journal_lmdb_erase(struct journal *journal, enum record_part part,
                               bool (*choose)(void *state,
                                              const struct record *r),
                               void *state, uint64_t *erased, struct error *err)
{
    struct journal_lmdb *j = journal_lmdb_of(journal);
    struct erasing e = {.part = part, .choose = choose, .state = state};
    enum status status = STATUS_OK;

    assert(!j->read_only);
    e.scratch = malloc(LIMIT_RECORD_BYTES);
    if (e.scratch == NULL)
        return error_set(err, STATUS_NO_MEMORY, "erase a part");
    for (size_t i = 0; i < j->count && status == STATUS_OK; i++) {
        struct segment *s = j->segments[i];
        uint64_t from = s->first;
        bool more = true;

        status = journal_lmdb_hold(j, s->number, &s, err);
        if (status != STATUS_OK)
            break;
        while (more && status == STATUS_OK)
            status = erase_some(&e, s, &from, &more, err);
        journal_lmdb_let_go(j, s);
    }
    free(e.scratch);
    *erased = e.erased;
    return status;
}
