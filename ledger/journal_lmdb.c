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
#include "base/reader.h"
#include "base/writer.h"
#include "ledger/journal_internal.h"
#include "ledger/lmdb_env.h"
#include "ledger/segment.h"

enum { OPEN_SEGMENTS = 8, AGE_CHECK_RECORDS = 64 };

struct journal_lmdb {
    struct journal journal; /* first: the interface's pointer is ours */
    char dir[LIMIT_PATH_BYTES];
    struct journal_lmdb_options options;
    bool read_only;

    pthread_mutex_t mutex;     /* guards all below */
    struct segment **segments; /* begun ones, oldest first */
    size_t count, capacity;
    struct segment *spare; /* NULL: could not be made yet */
    struct journal_position position;
    struct journal_stats stats;
};

static struct journal_lmdb *own(struct journal *j)
{
    return (struct journal_lmdb *)j;
}

/* Room for a segment that could not be sealed in time, and then some. */
static uint64_t map_bytes(const struct journal_lmdb *j)
{
    return 4 * j->options.segment_bytes + 16 * (uint64_t)LIMIT_BATCH_BYTES;
}

static struct segment *active_of(const struct journal_lmdb *j)
{
    return j->count == 0 ? NULL : j->segments[j->count - 1];
}

/* --- the list of segments --- */

static enum status push_segment(struct journal_lmdb *j, struct segment *s,
                                struct error *err)
{
    if (j->count == j->capacity) {
        size_t n = j->capacity == 0 ? 16 : 2 * j->capacity;
        void *wider = realloc(j->segments, n * sizeof(struct segment *));

        if (wider == NULL)
            return error_set(err, STATUS_NO_MEMORY, "open the journal");
        j->segments = wider;
        j->capacity = n;
    }
    /* The one before ends where this one begins. */
    if (j->count > 0) {
        struct segment *sealed = j->segments[j->count - 1];

        sealed->last = s->first - 1;
        sealed->chain = s->before;
    }
    j->segments[j->count++] = s;
    return STATUS_OK;
}

static void close_idle(struct journal_lmdb *j)
{
    size_t open = 0;

    for (size_t i = j->count; i-- > 0;) {
        struct segment *s = j->segments[i];

        if (s->env != NULL && ++open > OPEN_SEGMENTS && s->users == 0)
            segment_close_env(s);
    }
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Numbers of the segment files there are, ascending; the caller frees. */
static enum status list_numbers(const char *dir, uint32_t **out, size_t *count,
                                struct error *err)
{
    DIR *d = opendir(dir);
    uint32_t *numbers = NULL;
    size_t n = 0;

    *out = NULL;
    *count = 0;
    if (d == NULL)
        return error_set_errno(err, errno, "open %s", dir);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        uint32_t number;

        if (!segment_parse_name(e->d_name, &number))
            continue;
        void *more = realloc(numbers, (n + 1) * sizeof *numbers);

        if (more == NULL) {
            free(numbers);
            closedir(d);
            return error_set(err, STATUS_NO_MEMORY, "open %s", dir);
        }
        numbers = more;
        numbers[n++] = number;
    }
    closedir(d);
    if (n > 0)
        qsort(numbers, n, sizeof *numbers, by_number);
    *out = numbers;
    *count = n;
    return STATUS_OK;
}

/* One file into the list, or as the spare. A file that was never finished, and
 * a second spare, are left from a crash while making them. */
static enum status take_file(struct journal_lmdb *j, uint32_t number,
                             struct error *err)
{
    struct segment *s;
    enum status status =
        segment_load(j->dir, number, map_bytes(j), j->read_only, &s, err);

    if (status == STATUS_NOT_FOUND ||
        (status != STATUS_OK && j->read_only && j->count > 0)) {
        if (!j->read_only)
            segment_remove(j->dir, number);
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        return status;
    if (s->begun) {
        status = push_segment(j, s, err);
        if (status != STATUS_OK)
            segment_free(&s);
        close_idle(j);
        return status;
    }
    if (j->spare == NULL && !j->read_only) {
        j->spare = s;
        return STATUS_OK;
    }
    s->doomed = !j->read_only;
    segment_free(&s);
    return STATUS_OK;
}

static enum status check_sequence(const struct journal_lmdb *j,
                                  struct error *err)
{
    for (size_t i = 1; i < j->count; i++) {
        const struct segment *a = j->segments[i - 1], *b = j->segments[i];

        if (b->number != a->number + 1 || b->first <= a->first)
            return error_set(err, STATUS_CORRUPT,
                             "journal %s: segment %u does not follow %u",
                             j->dir, b->number, a->number);
    }
    return STATUS_OK;
}

/* The end of the journal from the active segment's newest record. */
static enum status find_end(struct journal_lmdb *j, struct error *err)
{
    struct journal_position *p = &j->position;
    struct segment *active = active_of(j);
    enum status status;

    if (active == NULL) {
        *p = (struct journal_position){.first = 1};
        return STATUS_OK;
    }
    status = segment_reopen(active, map_bytes(j), err);
    if (status == STATUS_OK)
        status = segment_read_last(active, &p->epoch, &p->journal_ms, err);
    if (status != STATUS_OK)
        return status;
    p->first = j->segments[0]->first;
    p->last = active->last;
    p->chain = active->chain;
    return STATUS_OK;
}

static void make_spare(struct journal_lmdb *j)
{
    struct segment *active = active_of(j);
    uint32_t number = active == NULL ? 1 : active->number + 1;
    struct error err;
    uint64_t room = 256 << 10;

    if (j->options.may_write != NULL &&
        j->options.may_write(j->options.may_write_state, room, &err) !=
            STATUS_OK)
        return;
    if (segment_create(j->dir, number, map_bytes(j), &j->spare, &err) !=
        STATUS_OK)
        log_warn("JOURNAL-NO-SPARE",
                 "the next segment cannot be made: %s -> the active one goes "
                 "on",
                 err.text);
}

static enum status load(struct journal_lmdb *j, struct error *err)
{
    uint32_t *numbers;
    size_t n;
    enum status status = list_numbers(j->dir, &numbers, &n, err);

    for (size_t i = 0; i < n && status == STATUS_OK; i++)
        status = take_file(j, numbers[i], err);
    free(numbers);
    if (status == STATUS_OK)
        status = check_sequence(j, err);
    if (status == STATUS_OK)
        status = find_end(j, err);
    return status;
}

/* --- appending --- */

/* Where the next batch goes; begin says that it is the spare's first. */
static struct segment *target(struct journal_lmdb *j, bool *begin)
{
    struct segment *active = active_of(j);
    size_t used = active == NULL ? 0 : lmdb_used_bytes(active->env);

    *begin = false;
    if (j->spare == NULL && used >= j->options.segment_bytes / 2)
        make_spare(j);
    if (active != NULL && (used < j->options.segment_bytes || j->spare == NULL))
        return active;
    if (j->spare == NULL)
        make_spare(j);
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
        lmdb_must(mdb_put(txn, 1, &key, &value, MDB_APPEND | MDB_RESERVE),
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

    lmdb_must(mdb_txn_begin(s->env, NULL, 0, &txn), "append to the journal");
    if (begin)
        segment_begin(s, txn, records[0].seq, &chain);
    put_records(txn, records, count, &chain);
    lmdb_must(mdb_txn_commit(txn), "commit to the journal");

    pthread_mutex_lock(&j->mutex);
    if (begin) {
        if (push_segment(j, s, &err) != STATUS_OK)
            lmdb_must(ENOMEM, "begin a segment");
        j->spare = NULL;
        close_idle(j);
    }
    note_append(j, s, records, count, &chain);
    pthread_mutex_unlock(&j->mutex);
}

static enum status append(struct journal *journal, struct record *records,
                          size_t count, uint64_t epoch, uint64_t *ticket,
                          struct error *err)
{
    struct journal_lmdb *j = own(journal);
    size_t bytes = 0;
    bool begin;

    if (j->read_only)
        return error_set(err, STATUS_DENIED, "this journal is open to read");
    if (epoch != j->options.epoch || epoch < j->position.epoch)
        return error_set(err, STATUS_CONFLICT,
                         "epoch %llu does not own the journal any more",
                         (unsigned long long)epoch);
    for (size_t i = 0; i < count; i++) {
        assert(records[i].seq == j->position.last + 1 + i);
        bytes += record_size(&records[i]) + 64;
    }
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
    *ticket = j->position.last;
    return STATUS_OK;
}

static enum status next(struct journal *journal, uint64_t ticket,
                        uint64_t *durable, struct error *err)
{
    struct journal_lmdb *j = own(journal);

    (void)err;
    assert(ticket <= j->position.last);
    *durable = j->position.last;
    return STATUS_OK;
}

/* --- reading --- */

/* A reader looks whether the owner has gone on; the mutex is held. */
static enum status refresh(struct journal_lmdb *j, struct error *err)
{
    struct segment *active = active_of(j);
    uint32_t number = active == NULL ? 1 : active->number + 1;

    if (!j->read_only)
        return STATUS_OK;
    if (active == NULL)
        return load(j, err);
    for (size_t before = j->count;; before = j->count, number++) {
        enum status status = take_file(j, number, err);

        if (status != STATUS_OK)
            return status;
        if (j->count == before)
            return find_end(j, err);
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
    enum status status = segment_reopen(s, map_bytes(j), err);

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

static void let_go(struct journal_lmdb *j, struct segment *s)
{
    pthread_mutex_lock(&j->mutex);
    assert(s->users > 0);
    if (--s->users == 0 && s->doomed)
        segment_free(&s);
    else
        close_idle(j);
    pthread_mutex_unlock(&j->mutex);
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
        status = copy_records(cursor, from, last, limits, page, err);
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
    let_go(j, s);
    if (status != STATUS_OK)
        return status;
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
        if (segment_reopen(j->segments[i], map_bytes(j), NULL) == STATUS_OK)
            j->stats.bytes += lmdb_used_bytes(j->segments[i]->env);
    }
    close_idle(j);
    *out = j->stats;
    pthread_mutex_unlock(&j->mutex);
}

static void close_journal(struct journal *journal)
{
    struct journal_lmdb *j = own(journal);

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
    .close = close_journal,
};

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
        status = load(j, err);
    if (status == STATUS_OK && !read_only && j->spare == NULL)
        make_spare(j);
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

/* --- copies --- */

/* The segment of that place in the list, held; END behind the last. */
static enum status hold_at(struct journal_lmdb *j, uint32_t number,
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

static enum status copy_segment(struct segment *s, const char *to_dir,
                                struct error *err)
{
    char name[SEGMENT_NAME_SIZE], path[LIMIT_PATH_BYTES];

    segment_name(s->number, name);
    enum status status = file_join(path, sizeof path, to_dir, name, err);

    return status == STATUS_OK ? lmdb_env_copy(s->env, path, err) : status;
}

/* What the copies hold, by reading them. */
static enum status last_of_copy(const char *dir, uint64_t *last,
                                struct error *err)
{
    struct journal *copy;
    struct journal_position p;
    enum status status = journal_lmdb_reader(dir, &copy, err);

    if (status != STATUS_OK)
        return status;
    journal_position(copy, &p);
    *last = p.last;
    journal_close(&copy);
    return STATUS_OK;
}

/* Up to the end as it is now: a busy owner would never be caught up with. */
enum status journal_lmdb_copy(struct journal *journal, const char *to_dir,
                              uint64_t *last, struct error *err)
{
    struct journal_lmdb *j = own(journal);
    struct journal_position end;
    uint32_t number = 0;

    assert(journal->ops == &ops);
    journal_position(journal, &end);
    for (uint64_t reached = 0; reached < end.last || number == 0;) {
        struct segment *s;
        enum status status = hold_at(j, number, &s, err);

        if (status == STATUS_END)
            break;
        if (status != STATUS_OK)
            return status;
        number = s->number + 1;
        pthread_mutex_lock(&j->mutex);
        reached = s->last; /* the copy holds at least these */
        pthread_mutex_unlock(&j->mutex);
        status = copy_segment(s, to_dir, err);
        let_go(j, s);
        if (status != STATUS_OK)
            return status;
    }
    return last_of_copy(to_dir, last, err);
}

/* --- erasing --- */

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
    lmdb_must(mdb_cursor_put(cursor, &key, &smaller, MDB_CURRENT),
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
    lmdb_must(mdb_txn_begin(s->env, NULL, 0, &txn), "erase a part");
    lmdb_must(mdb_cursor_open(txn, 1, &cursor), "erase a part");
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
        lmdb_must(mdb_txn_commit(txn), "erase a part");
    return status;
}

enum status journal_lmdb_erase(struct journal *journal, enum record_part part,
                               bool (*choose)(void *state,
                                              const struct record *r),
                               void *state, uint64_t *erased, struct error *err)
{
    struct journal_lmdb *j = own(journal);
    struct erasing e = {.part = part, .choose = choose, .state = state};
    enum status status = STATUS_OK;

    assert(journal->ops == &ops && !j->read_only);
    e.scratch = malloc(LIMIT_RECORD_BYTES);
    if (e.scratch == NULL)
        return error_set(err, STATUS_NO_MEMORY, "erase a part");
    for (size_t i = 0; i < j->count && status == STATUS_OK; i++) {
        struct segment *s = j->segments[i];
        uint64_t from = s->first;
        bool more = true;

        pthread_mutex_lock(&j->mutex);
        status = hold(j, from, &s, err);
        pthread_mutex_unlock(&j->mutex);
        if (status != STATUS_OK)
            break;
        while (more && status == STATUS_OK)
            status = erase_some(&e, s, &from, &more, err);
        let_go(j, s);
    }
    free(e.scratch);
    *erased = e.erased;
    return status;
}
