#include "ledger/journal_lmdb.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mapped.h"
#include "base/reader.h"
#include "base/writer.h"
#include "ledger/journal_lmdb_internal.h"
#include "ledger/lmdb_env.h"

enum { AGE_CHECK_RECORDS = 64 };

static struct journal_lmdb *own(struct journal *j)
{
    return (struct journal_lmdb *)j;
}

/* --- appending --- */

/* Where the next batch goes; begin says that it is the spare's first. */
static struct segment *target(struct journal_lmdb *j, bool *begin)
{
    pthread_mutex_lock(&j->mutex);
    struct segment *active = journal_lmdb_active(j);

    pthread_mutex_unlock(&j->mutex);
    size_t used = active == NULL ? 0 : lmdb_used_bytes(active->env);

    *begin = false;
    if (j->spare == NULL && used >= j->options.segment_bytes / 2)
        journal_lmdb_make_spare(j);
    if (active != NULL && (used < j->options.segment_bytes || j->spare == NULL))
        return active;
    if (j->spare == NULL)
        journal_lmdb_make_spare(j);
    *begin = j->spare != NULL;
    return j->spare;
}

static void put_records(MDB_txn *txn, const struct record *records,
                        size_t count, struct digest *chain)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t seq[8];
        MDB_val key = {sizeof seq, seq};
        MDB_val value = {record_size(&records[i]), NULL};

        put_u64(seq, records[i].seq);
        lmdb_must(mdb_txn_env(txn),
                  mdb_put(txn, 1, &key, &value, MDB_APPEND | MDB_RESERVE),
                  "append to the journal");
        record_encode(&records[i], chain, value.mv_data);
    }
}

static void note_append(struct journal_lmdb *j, struct segment *s,
                        const struct record *records, size_t count,
                        const struct digest *chain)
{
    const struct record *newest = &records[count - 1];
    struct journal_position *p = &j->position;

    s->last = p->last = newest->seq;
    s->chain = p->chain = *chain;
    p->epoch = newest->epoch;
    p->journal_ms = newest->journal_ms;
    j->stats.appends++;
    j->stats.appended += count;
}

static void write_batch(struct journal_lmdb *j, struct segment *s, bool begin,
                        const struct record *records, size_t count)
{
    struct digest chain = j->position.chain;
    struct error err;
    MDB_txn *txn;

    mapped_reading(s->env);
    lmdb_must(s->env, mdb_txn_begin(s->env, NULL, 0, &txn),
              "append to the journal");
    if (begin)
        segment_begin(s, txn, records[0].seq, &chain);
    put_records(txn, records, count, &chain);
    lmdb_must(s->env, mdb_txn_commit(txn), "commit to the journal");
    mapped_reading(NULL);

    pthread_mutex_lock(&j->mutex);
    if (begin) {
        if (journal_lmdb_push(j, s, &err) != STATUS_OK)
            lmdb_must(NULL, ENOMEM, "begin a segment");
        j->spare = NULL;
        journal_lmdb_close_idle(j);
    }
    note_append(j, s, records, count, &chain);
    pthread_mutex_unlock(&j->mutex);
}

enum status journal_lmdb_write(struct journal_lmdb *j,
                               const struct record *records, size_t count,
                               struct error *err)
{
    size_t bytes = 0;
    bool begin;

    for (size_t i = 0; i < count; i++)
        bytes += record_size(&records[i]) + 64;
    if (j->options.may_write != NULL) {
        enum status status =
            j->options.may_write(j->options.may_write_state, bytes, err);

        if (status != STATUS_OK)
            return status;
    }
    struct segment *s = target(j, &begin);

    if (s == NULL)
        return error_set(err, STATUS_FULL, "no room for a journal segment");
    write_batch(j, s, begin, records, count);
    return STATUS_OK;
}

static enum status append(struct journal *journal, struct record *records,
                          size_t count, uint64_t epoch, uint64_t *ticket,
                          struct error *err)
{
    struct journal_lmdb *j = own(journal);

    if (j->read_only)
        return error_set(err, STATUS_DENIED, "this journal is open to read");
    pthread_mutex_lock(&j->mutex);
    struct journal_position p = j->position;

    pthread_mutex_unlock(&j->mutex);
    if (epoch != j->options.epoch || epoch < p.epoch)
        return error_set(err, STATUS_CONFLICT,
                         "epoch %llu does not own the journal any more",
                         (unsigned long long)epoch);
    uint64_t before = j->writer.started ? j->writer.handed : p.last;

    for (size_t i = 0; i < count; i++)
        assert(records[i].seq == before + 1 + i);
    *ticket = before + count;
    return j->writer.started ? journal_writer_hand(j, records, count, err)
                             : journal_lmdb_write(j, records, count, err);
}

static enum status next(struct journal *journal, uint64_t ticket,
                        uint64_t *durable, struct error *err)
{
    struct journal_lmdb *j = own(journal);

    if (j->writer.started)
        return journal_writer_next(j, ticket, durable, err);
    assert(ticket <= j->position.last);
    *durable = j->position.last;
    return STATUS_OK;
}

static int fd(struct journal *journal)
{
    struct journal_lmdb *j = own(journal);

    return j->writer.started ? j->writer.fd : -1;
}

/* --- reading --- */

/* A reader looks whether the owner has gone on; the mutex is held. */
static enum status refresh(struct journal_lmdb *j, struct error *err)
{
    struct segment *active = journal_lmdb_active(j);
    uint32_t number = active == NULL ? 1 : active->number + 1;

    if (!j->read_only)
        return STATUS_OK;
    if (active == NULL)
        return journal_lmdb_load(j, err);
    for (size_t before = j->count;; before = j->count, number++) {
        enum status status = journal_lmdb_take_file(j, number, err);

        if (status != STATUS_OK)
            return status;
        if (j->count == before)
            return journal_lmdb_find_end(j, err);
    }
}

/* The segment that holds a sequence, with its environment open; the mutex is
 * held. */
static enum status hold(struct journal_lmdb *j, uint64_t seq,
                        struct segment **out, struct error *err)
{
    size_t low = 0, high = j->count;

    while (high - low > 1) {
        size_t middle = (low + high) / 2;

        if (j->segments[middle]->first <= seq)
            low = middle;
        else
            high = middle;
    }
    struct segment *s = j->segments[low];
    enum status status = segment_reopen(s, journal_lmdb_map_bytes(j), err);

    if (status == STATUS_NOT_FOUND)
        status =
            error_set(err, STATUS_EXPIRED, "journal record %llu was trimmed",
                      (unsigned long long)seq);
    if (status != STATUS_OK)
        return status;
    s->users++;
    *out = s;
    return STATUS_OK;
}

void journal_lmdb_let_go(struct journal_lmdb *j, struct segment *s)
{
    pthread_mutex_lock(&j->mutex);
    assert(s->users > 0);
    if (--s->users == 0 && s->doomed)
        segment_free(&s);
    else
        journal_lmdb_close_idle(j);
    pthread_mutex_unlock(&j->mutex);
}

enum status journal_lmdb_hold(struct journal_lmdb *j, uint32_t number,
                              struct segment **out, struct error *err)
{
    enum status status = STATUS_END;

    pthread_mutex_lock(&j->mutex);
    if (refresh(j, err) == STATUS_OK) {
        for (size_t i = 0; i < j->count; i++) {
            if (j->segments[i]->number < number)
                continue;
            status = hold(j, j->segments[i]->first, out, err);
            break;
        }
    }
    pthread_mutex_unlock(&j->mutex);
    return status;
}

/* Copies what fits the limits, within LIMIT_READER_AGE_MS. */
static enum status copy_records(MDB_cursor *cursor, uint64_t from,
                                uint64_t last,
                                const struct journal_limits *limits,
                                struct journal_page *page, struct error *err)
{
    const struct clock *clock = clock_system();
    int64_t end_ms = clock_monotonic_ms(clock) + LIMIT_READER_AGE_MS;
    enum MDB_cursor_op op = MDB_SET_RANGE;
    uint8_t seq[8];
    MDB_val key = {sizeof seq, seq}, value;

    put_u64(seq, from);
    while (page->count < limits->records && from + page->count <= last) {
        int rc = mdb_cursor_get(cursor, &key, &value, op);

        if (rc == MDB_NOTFOUND)
            break;
        if (rc != 0)
            return lmdb_error(err, rc, "read the journal");
        if (key.mv_size != 8 || get_u64(key.mv_data) != from + page->count)
            return error_set(err, STATUS_CORRUPT,
                             "journal record %llu is missing",
                             (unsigned long long)(from + page->count));
        if (page->count > 0 && page->raw.size + value.mv_size > limits->bytes)
            break;
        enum status status = journal_page_add(page, lmdb_slice(&value), err);

        if (status != STATUS_OK)
            return status;
        if (page->count % AGE_CHECK_RECORDS == 0 &&
            clock_monotonic_ms(clock) >= end_ms)
            break;
        op = MDB_NEXT;
    }
    return STATUS_OK;
}

/* What was copied before the damage stands on the page. */
static enum status copy_whole(struct segment *s, MDB_cursor *cursor,
                              uint64_t from, uint64_t last,
                              const struct journal_limits *limits,
                              struct journal_page *page, struct error *err)
{
    struct mapped_guard guard;
    enum status status;

    if (MAPPED_GUARD(&guard)) {
        status = copy_records(cursor, from, last, limits, page, err);
        mapped_leave(&guard);
        return status;
    }
    return error_set(err, STATUS_CORRUPT,
                     "%s: a damaged page at journal record %llu", s->path,
                     (unsigned long long)(from + page->count));
}

static enum status read_segment(struct segment *s, uint64_t from, uint64_t last,
                                const struct journal_limits *limits,
                                struct journal_page *page, struct error *err)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    enum status status = lmdb_begin_read(s->env, &txn, err);

    if (status != STATUS_OK)
        return status;
    int rc = mdb_cursor_open(txn, 1, &cursor);

    if (rc == 0) {
        status = copy_whole(s, cursor, from, last, limits, page, err);
        mdb_cursor_close(cursor);
    } else {
        status = lmdb_error(err, rc, "read the journal");
    }
    mdb_txn_abort(txn);
    return status;
}

/* Finds where to read; END or EXPIRED where there is nothing. */
static enum status find(struct journal_lmdb *j, uint64_t from, uint64_t *last,
                        struct segment **s, struct error *err)
{
    enum status status = STATUS_OK;

    if (from > j->position.last || j->count == 0)
        status = refresh(j, err);
    if (status != STATUS_OK)
        return status;
    if (from > j->position.last)
        return STATUS_END;
    if (from < j->position.first)
        return error_set(err, STATUS_EXPIRED,
                         "journal record %llu was trimmed, the oldest is %llu",
                         (unsigned long long)from,
                         (unsigned long long)j->position.first);
    *last = j->position.last;
    return hold(j, from, s, err);
}

static enum status read_page(struct journal *journal, uint64_t from,
                             const struct journal_limits *limits,
                             struct journal_page *page, struct error *err)
{
    struct journal_lmdb *j = own(journal);
    struct segment *s = NULL;
    uint64_t last = 0;

    pthread_mutex_lock(&j->mutex);
    enum status status = find(j, from, &last, &s, err);

    pthread_mutex_unlock(&j->mutex);
    if (status != STATUS_OK)
        return status;
    status = read_segment(s, from, last, limits, page, err);
    journal_lmdb_let_go(j, s);
    if (status != STATUS_OK) {
        /* Those before it count; what is wrong first is said. */
        struct error earlier;
        enum status decoded = journal_page_decode(page, from, &earlier);

        return decoded == STATUS_OK
                   ? status
                   : error_set(err, decoded, "%s", earlier.text);
    }
    if (page->count == 0)
        return error_set(err, STATUS_CORRUPT, "journal record %llu is missing",
                         (unsigned long long)from);
    return journal_page_decode(page, from, err);
}

/* --- the rest of the interface --- */

static enum status trim(struct journal *journal, uint64_t upto, uint64_t *first,
                        struct error *err)
{
    struct journal_lmdb *j = own(journal);
    size_t n = 0;

    if (j->read_only)
        return error_set(err, STATUS_DENIED, "this journal is open to read");
    pthread_mutex_lock(&j->mutex);
    for (; n + 1 < j->count && j->segments[n]->last <= upto; n++) {
        struct segment *s = j->segments[n];

        s->doomed = true;
        if (s->users == 0)
            segment_free(&s);
    }
    j->count -= n;
    if (n > 0 && j->count > 0)
        memmove(j->segments, j->segments + n, j->count * sizeof *j->segments);
    if (j->count > 0)
        j->position.first = j->segments[0]->first;
    if (first != NULL)
        *first = j->position.first;
    pthread_mutex_unlock(&j->mutex);
    return n == 0 ? STATUS_OK : file_sync_dir(j->dir, err);
}

static void position(struct journal *journal, struct journal_position *p)
{
    struct journal_lmdb *j = own(journal);

    pthread_mutex_lock(&j->mutex);
    if (refresh(j, NULL) != STATUS_OK)
        log_warn("JOURNAL-UNREADABLE",
                 "the journal's end cannot be read -> what is known is shown");
    *p = j->position;
    pthread_mutex_unlock(&j->mutex);
}

static enum status heads(struct journal *journal, struct journal_head *out,
                         size_t room, size_t *count, struct error *err)
{
    struct journal_lmdb *j = own(journal);

    pthread_mutex_lock(&j->mutex);
    enum status status = refresh(j, err);

    *count = j->count == 0 ? 0 : j->count - 1;
    for (size_t i = 0; i < *count && i < room; i++) {
        const struct segment *s = j->segments[i];

        out[i] = (struct journal_head){.segment = s->number,
                                       .first = s->first,
                                       .last = s->last,
                                       .chain = s->chain};
    }
    pthread_mutex_unlock(&j->mutex);
    return status;
}

static void stats(struct journal *journal, struct journal_stats *out)
{
    struct journal_lmdb *j = own(journal);

    pthread_mutex_lock(&j->mutex);
    if (refresh(j, NULL) == STATUS_OK) {
        j->stats.segments = (uint32_t)j->count;
        j->stats.records = j->position.last + 1 - j->position.first;
    }
    j->stats.bytes = 0;
    for (size_t i = 0; i < j->count; i++) {
        if (segment_reopen(j->segments[i], journal_lmdb_map_bytes(j), NULL) ==
            STATUS_OK)
            j->stats.bytes += lmdb_used_bytes(j->segments[i]->env);
    }
    journal_lmdb_close_idle(j);
    *out = j->stats;
    pthread_mutex_unlock(&j->mutex);
}

static void close_journal(struct journal *journal)
{
    struct journal_lmdb *j = own(journal);

    journal_writer_stop(j);
    for (size_t i = 0; i < j->count; i++)
        segment_free(&j->segments[i]);
    segment_free(&j->spare);
    free(j->segments);
    pthread_mutex_destroy(&j->mutex);
    free(j);
}

static const struct journal_ops ops = {
    .append = append,
    .next = next,
    .read = read_page,
    .trim = trim,
    .position = position,
    .heads = heads,
    .stats = stats,
    .fd = fd,
    .close = close_journal,
};

struct journal_lmdb *journal_lmdb_of(struct journal *journal)
{
    assert(journal->ops == &ops);
    return own(journal);
}

/* --- opening --- */

static enum status open_journal(const char *dir, bool read_only,
                                const struct journal_lmdb_options *options,
                                struct journal **out, struct error *err)
{
    struct journal_lmdb *j = calloc(1, sizeof *j);
    struct journal *journal = &j->journal;

    *out = NULL;
    if (j == NULL)
        return error_set(err, STATUS_NO_MEMORY, "open the journal");
    journal->ops = &ops;
    pthread_mutex_init(&j->mutex, NULL);
    j->read_only = read_only;
    j->position.first = 1;
    if (options != NULL)
        j->options = *options;
    if (j->options.segment_bytes == 0)
        j->options.segment_bytes = LIMIT_SEGMENT_BYTES;
    enum status status = file_join(j->dir, sizeof j->dir, dir, "", err);

    if (status == STATUS_OK && !read_only)
        status = file_make_dirs(dir, 0700, err);
    if (status == STATUS_OK)
        status = journal_lmdb_load(j, err);
    if (status == STATUS_OK && !read_only && j->spare == NULL)
        journal_lmdb_make_spare(j);
    if (status == STATUS_OK && j->options.threaded)
        status = journal_writer_start(j, err);
    if (status != STATUS_OK) {
        journal_close(&journal);
        return error_wrap(err, "open the journal");
    }
    *out = journal;
    return STATUS_OK;
}

enum status journal_lmdb_open(const char *dir,
                              const struct journal_lmdb_options *options,
                              struct journal **j, struct error *err)
{
    return open_journal(dir, false, options, j, err);
}

enum status journal_lmdb_reader(const char *dir, struct journal **j,
                                struct error *err)
{
    return open_journal(dir, true, NULL, j, err);
}
