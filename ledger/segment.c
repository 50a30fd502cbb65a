#include "ledger/segment.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/file.h"
#include "base/mapped.h"
#include "base/reader.h"
#include "base/writer.h"
#include "ledger/lmdb_env.h"
#include "ledger/record.h"

static const char magic[8] = {'Y', 'n', 'S', 'e', 'g', 'm', '0', '1'};

enum {
    AT_NUMBER = 8,
    AT_STATE = 12,
    AT_FIRST = 16,
    AT_BEFORE = 24,
    AT_CRC = 56,
    STATE_SPARE = 0,
    STATE_BEGUN = 1,
};

void segment_name(uint32_t number, char out[SEGMENT_NAME_SIZE])
{
    snprintf(out, SEGMENT_NAME_SIZE, "%06u.mdb", (unsigned)number);
}

bool segment_parse_name(const char *name, uint32_t *number)
{
    char again[SEGMENT_NAME_SIZE];
    unsigned n;

    if (sscanf(name, "%9u.mdb", &n) != 1 || n == 0)
        return false;
    segment_name(n, again);
    if (strcmp(again, name) != 0)
        return false;
    *number = n;
    return true;
}

static enum status set_path(struct segment *s, const char *dir,
                            struct error *err)
{
    char name[SEGMENT_NAME_SIZE];

    segment_name(s->number, name);
    return file_join(s->path, sizeof s->path, dir, name, err);
}

/* --- the header under key 0 --- */

static MDB_val header_key(void)
{
    static uint8_t zero[8];

    return (MDB_val){sizeof zero, zero};
}

static void put_header(const struct segment *s, MDB_txn *txn)
{
    uint8_t h[SEGMENT_HEADER_BYTES] = {0};
    MDB_val key = header_key(), value = {sizeof h, h};

    memcpy(h, magic, sizeof magic);
    put_u32(h + AT_NUMBER, s->number);
    put_u32(h + AT_STATE, s->begun ? STATE_BEGUN : STATE_SPARE);
    put_u64(h + AT_FIRST, s->begun ? s->first : 0);
    memcpy(h + AT_BEFORE, s->before.bytes, DIGEST_BYTES);
    put_u32(h + AT_CRC, crc32c_of(slice_of(h, AT_CRC)));
    lmdb_must(s->env, mdb_put(txn, 1, &key, &value, 0),
              "write a segment's header");
}

static enum status parse_header(struct segment *s, struct slice h,
                                struct error *err)
{
    if (h.size != SEGMENT_HEADER_BYTES ||
        memcmp(h.data, magic, sizeof magic) != 0 ||
        crc32c_of(slice_of(h.data, AT_CRC)) != get_u32(h.data + AT_CRC) ||
        get_u32(h.data + AT_NUMBER) != s->number)
        return error_set(err, STATUS_CORRUPT, "%s: damaged segment header",
                         s->path);
    s->begun = get_u32(h.data + AT_STATE) == STATE_BEGUN;
    s->first = get_u64(h.data + AT_FIRST);
    s->last = s->begun ? s->first : 0;
    memcpy(s->before.bytes, h.data + AT_BEFORE, DIGEST_BYTES);
    return STATUS_OK;
}

/* A file in which nothing was ever committed is left from a crash while it was
 * made, and may go. Any other without a header is damaged, and is evidence. */
static enum status no_header(const struct segment *s, struct error *err)
{
    MDB_envinfo info;

    if (mdb_env_info(s->env, &info) == 0 && info.me_last_txnid == 0)
        return error_set(err, STATUS_NOT_FOUND, "%s: never finished", s->path);
    return error_set(err, STATUS_CORRUPT, "%s: damaged segment header",
                     s->path);
}

static enum status find_header(struct segment *s, MDB_txn *txn,
                               struct error *err)
{
    MDB_dbi dbi;
    MDB_val key = header_key(), value;
    int rc = mdb_dbi_open(txn, NULL, 0, &dbi);

    if (rc == 0)
        rc = mdb_get(txn, dbi, &key, &value);
    if (rc == MDB_NOTFOUND)
        return no_header(s, err);
    return rc == 0 ? parse_header(s, lmdb_slice(&value), err)
                   : lmdb_error(err, rc, s->path);
}

static enum status damaged_page(const struct segment *s, struct error *err)
{
    return error_set(err, STATUS_CORRUPT, "%s: a damaged page, or cut short",
                     s->path);
}

static enum status read_header(struct segment *s, struct error *err)
{
    MDB_txn *txn;
    struct mapped_guard guard;
    enum status status = lmdb_begin_read(s->env, &txn, err);

    if (status != STATUS_OK)
        return status;
    if (MAPPED_GUARD(&guard)) {
        status = find_header(s, txn, err);
        mapped_leave(&guard);
    } else {
        status = damaged_page(s, err);
    }
    /* Committing keeps the handle; nothing was written. */
    lmdb_must(s->env, mdb_txn_commit(txn), "read a segment");
    return status;
}

/* --- making, opening, removing --- */

static enum status write_spare(struct segment *s, struct error *err)
{
    MDB_txn *txn;
    MDB_dbi dbi;
    int rc = mdb_txn_begin(s->env, NULL, 0, &txn);

    if (rc != 0)
        return lmdb_error(err, rc, s->path);
    rc = mdb_dbi_open(txn, NULL, 0, &dbi);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return lmdb_error(err, rc, s->path);
    }
    put_header(s, txn);
    /* A spare holds nothing yet: this one commit may fail and be forgotten. */
    rc = mdb_txn_commit(txn);
    return rc == 0 ? STATUS_OK : lmdb_error(err, rc, s->path);
}

enum status segment_create(const char *dir, uint32_t number, uint64_t map_bytes,
                           struct segment **out, struct error *err)
{
    struct segment *s = calloc(1, sizeof *s);
    enum status status;

    *out = NULL;
    if (s == NULL)
        return error_set(err, STATUS_NO_MEMORY, "make a segment");
    s->number = number;
    segment_remove(dir, number);
    status = set_path(s, dir, err);
    if (status == STATUS_OK)
        status = lmdb_env_open(s->path, map_bytes, false, &s->env, err);
    if (status == STATUS_OK)
        status = write_spare(s, err);
    if (status == STATUS_OK)
        status = file_sync_dir(dir, err);
    if (status != STATUS_OK) {
        segment_free(&s);
        segment_remove(dir, number);
        return status;
    }
    *out = s;
    return STATUS_OK;
}

enum status segment_load(const char *dir, uint32_t number, uint64_t map_bytes,
                         bool read_only, struct segment **out,
                         struct error *err)
{
    struct segment *s = calloc(1, sizeof *s);
    enum status status;

    *out = NULL;
    if (s == NULL)
        return error_set(err, STATUS_NO_MEMORY, "open a segment");
    s->number = number;
    s->read_only = read_only;
    status = set_path(s, dir, err);
    if (status == STATUS_OK && !file_exists(s->path))
        status = error_set(err, STATUS_NOT_FOUND, "no file %s", s->path);
    if (status == STATUS_OK)
        status = segment_reopen(s, map_bytes, err);
    if (status == STATUS_OK)
        status = read_header(s, err);
    if (status != STATUS_OK) {
        segment_free(&s);
        return status;
    }
    *out = s;
    return STATUS_OK;
}

/* A main database opened once stays known to the environment. */
static enum status open_main(struct segment *s, struct error *err)
{
    MDB_txn *txn;
    MDB_dbi dbi;
    enum status status = lmdb_begin_read(s->env, &txn, err);

    if (status != STATUS_OK)
        return status;
    int rc = mdb_dbi_open(txn, NULL, 0, &dbi);

    mdb_txn_commit(txn);
    return rc == 0 ? STATUS_OK : lmdb_error(err, rc, s->path);
}

enum status segment_reopen(struct segment *s, uint64_t map_bytes,
                           struct error *err)
{
    if (s->env != NULL)
        return STATUS_OK;
    enum status status = lmdb_env_open(s->path, s->read_only ? 0 : map_bytes,
                                       s->read_only, &s->env, err);

    if (status == STATUS_OK)
        status = open_main(s, err);
    if (status != STATUS_OK)
        segment_close_env(s);
    return status;
}

void segment_close_env(struct segment *s)
{
    assert(s->users == 0);
    if (s->env != NULL)
        lmdb_env_close(s->env);
    s->env = NULL;
}

static void remove_files(const char *path)
{
    char lock[LIMIT_PATH_BYTES + 8];

    snprintf(lock, sizeof lock, "%s-lock", path);
    unlink(path);
    unlink(lock);
}

void segment_remove(const char *dir, uint32_t number)
{
    struct segment s = {.number = number};

    if (set_path(&s, dir, NULL) == STATUS_OK)
        remove_files(s.path);
}

void segment_free(struct segment **out)
{
    struct segment *s = *out;

    if (s == NULL)
        return;
    *out = NULL;
    segment_close_env(s);
    if (s->doomed)
        remove_files(s->path);
    free(s);
}

void segment_begin(struct segment *s, MDB_txn *txn, uint64_t first,
                   const struct digest *before)
{
    assert(!s->begun);
    s->begun = true;
    s->first = first;
    s->last = first - 1;
    s->before = *before;
    s->chain = *before;
    put_header(s, txn);
}

/* --- the newest record --- */

static enum status take_last(struct segment *s, const MDB_val *value,
                             uint64_t *epoch, int64_t *journal_ms,
                             struct error *err)
{
    struct record r;
    enum status status = record_decode(lmdb_slice(value), &r, err);

    if (status != STATUS_OK)
        return status;
    s->last = r.seq;
    s->chain = record_chain(lmdb_slice(value));
    *epoch = r.epoch;
    *journal_ms = r.journal_ms;
    return STATUS_OK;
}

static enum status find_last(struct segment *s, MDB_cursor *cursor,
                             uint64_t *epoch, int64_t *journal_ms,
                             struct error *err)
{
    MDB_val key, value;
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);

    return rc != 0 ? lmdb_error(err, rc, s->path)
                   : take_last(s, &value, epoch, journal_ms, err);
}

enum status segment_read_last(struct segment *s, uint64_t *epoch,
                              int64_t *journal_ms, struct error *err)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    struct mapped_guard guard;
    enum status status = lmdb_begin_read(s->env, &txn, err);

    if (status != STATUS_OK)
        return status;
    int rc = mdb_cursor_open(txn, 1, &cursor);

    if (rc == 0) {
        if (MAPPED_GUARD(&guard)) {
            status = find_last(s, cursor, epoch, journal_ms, err);
            mapped_leave(&guard);
        } else {
            status = damaged_page(s, err);
        }
        mdb_cursor_close(cursor);
    } else {
        status = lmdb_error(err, rc, s->path);
    }
    mdb_txn_abort(txn);
    return status == STATUS_OK ? status : error_wrap(err, "%s", s->path);
}
