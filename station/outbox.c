#include "station/outbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"
#include "station/outbox_change.h"

enum { FORMAT = 1, READERS = 126, OUTBOX_PARTITIONS_MAX = 64 };

#define SPACE_RESERVE (16ull * 1024 * 1024) /* left free on the disk */

static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static struct outbox *open_ones;

static enum status fail(struct error *err, int rc, const char *what)
{
    return error_set(err, outbox_status(rc), "%s: %s", error_said(what),
                     error_said(mdb_strerror(rc)));
}

/* ---- opening ---- */

static uint64_t make_epoch(const struct outbox *o)
{
    /* grows with time, so that a later outbox is the newer one */
    uint64_t wall = (uint64_t)clock_wall_ms(o->set.clock);
    return wall << 20 | random_below(o->set.random, 1u << 20);
}

static uint64_t get_epoch(struct change *c)
{
    MDB_val value;
    return change_get(c, c->o->meta, outbox_value("epoch", 5), &value) &&
                   value.mv_size == 8
               ? get_u64(value.mv_data)
               : 0;
}

static enum status settle_identity(struct outbox *o, struct error *err)
{
    uint8_t number[8];
    MDB_val value;
    struct change c = change_begin(o, 0);
    if (change_get(&c, o->meta, outbox_value("format", 6), &value)) {
        if (value.mv_size != 4 || get_u32(value.mv_data) != FORMAT) {
            change_leave(&c);
            return error_set(err, STATUS_VERSION,
                             "a newer program has made this outbox");
        }
        bool ours =
            change_get(&c, o->meta, outbox_value("identity", 8), &value) &&
            slice_equal(slice_of(value.mv_data, value.mv_size),
                        slice_of_text(o->identity));
        uint64_t epoch = get_epoch(&c);
        change_leave(&c);
        if (!ours)
            return error_set(err, STATUS_CONFLICT,
                             "this outbox belongs to another identity");
        return epoch ? STATUS_OK
                     : error_set(err, STATUS_CORRUPT, "it has no epoch");
    }
    put_u32(number, FORMAT);
    change_put(&c, o->meta, outbox_value("format", 6), outbox_value(number, 4));
    change_put(&c, o->meta, outbox_value("identity", 8),
               outbox_value(o->identity, strlen(o->identity)));
    put_u64(number, make_epoch(o));
    change_put(&c, o->meta, outbox_value("epoch", 5), outbox_value(number, 8));
    enum status status = change_commit(&c);
    return status == STATUS_OK ? status
                               : error_set(err, status, "cannot write to it");
}

static int open_tables(struct outbox *o)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(o->env, NULL, 0, &txn);
    if (rc != 0)
        return rc;
    rc = mdb_dbi_open(txn, "meta", MDB_CREATE, &o->meta);
    if (rc == 0)
        rc = mdb_dbi_open(txn, "events", MDB_CREATE, &o->events);
    if (rc == 0)
        rc = mdb_dbi_open(txn, "dead", MDB_CREATE, &o->dead);
    if (rc == 0)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}

static enum status open_env(struct outbox *o, struct error *err)
{
    /* pages are copied on write, and dead letters need some, too */
    size_t map = (size_t)o->set.bytes_max * 2 + 64u * 1024 * 1024;
    uint64_t space;
    int dead = 0;
    enum status status = file_free_space(o->dir, &space, err);
    if (status != STATUS_OK)
        return status;
    if (space < SPACE_RESERVE / 4) /* a new environment would die of SIGBUS */
        return error_set(err, STATUS_FULL, "the disk is full");
    int rc = mdb_env_create(&o->env);
    if (rc == 0)
        rc = mdb_env_set_maxdbs(o->env, 4);
    if (rc == 0)
        rc = mdb_env_set_maxreaders(o->env, READERS);
    if (rc == 0)
        rc = mdb_env_set_mapsize(o->env, map);
    if (rc == 0)
        rc = mdb_env_open(o->env, o->dir, MDB_NOTLS, 0600);
    if (rc == 0)
        rc = mdb_reader_check(o->env, &dead);
    if (rc == 0)
        rc = open_tables(o);
    return rc == 0 ? STATUS_OK : fail(err, rc, "open the store");
}

/* LMDB must not be opened twice by one process. */
static bool note_open(struct outbox *o)
{
    bool free = true;
    pthread_mutex_lock(&open_lock);
    for (struct outbox *other = open_ones; other; other = other->next)
        free = free && strcmp(other->dir, o->dir) != 0;
    if (free) {
        o->next = open_ones;
        open_ones = o;
    }
    pthread_mutex_unlock(&open_lock);
    return free;
}

static void note_closed(struct outbox *o)
{
    pthread_mutex_lock(&open_lock);
    for (struct outbox **link = &open_ones; *link; link = &(*link)->next)
        if (*link == o) {
            *link = o->next;
            break;
        }
    pthread_mutex_unlock(&open_lock);
}

static enum status settle_dir(struct outbox *o, struct error *err)
{
    enum status status = file_make_dirs(o->set.dir, 0700, err);
    char *path = status == STATUS_OK ? realpath(o->set.dir, NULL) : NULL;
    if (status != STATUS_OK)
        return status;
    if (!path)
        return error_set_errno(err, errno, "%s", o->set.dir);
    size_t size = strlen(path);
    if (size < sizeof(o->dir))
        memcpy(o->dir, path, size + 1);
    free(path);
    return size < sizeof(o->dir)
               ? STATUS_OK
               : error_set(err, STATUS_TOO_LARGE, "the path is too long");
}

enum status outbox_open(struct outbox *o,
                        const struct outbox_settings *settings,
                        struct error *err)
{
    size_t size = strlen(settings->identity);
    *o = (struct outbox){.set = *settings};
    if (size == 0 || size > WIRE_IDENTITY_MAX)
        return error_set(err, STATUS_INVALID, "an identity has 1 to %d bytes",
                         WIRE_IDENTITY_MAX);
    memcpy(o->identity, settings->identity, size + 1);
    if (o->set.events_max == 0)
        o->set.events_max = LIMIT_STATION_OUTBOX_EVENTS;
    if (o->set.bytes_max == 0)
        o->set.bytes_max = LIMIT_STATION_OUTBOX_BYTES;
    enum status status = settle_dir(o, err);
    if (status != STATUS_OK)
        return status;
    if (!note_open(o))
        return error_set(err, STATUS_EXISTS, "%s is open in this process",
                         o->dir);
    status = open_env(o, err);
    if (status == STATUS_OK)
        status = settle_identity(o, err);
    if (status != STATUS_OK) {
        (void)error_wrap(err, "outbox %s", o->dir);
        outbox_close(o);
    }
    return status;
}

void outbox_close(struct outbox *o)
{
    note_closed(o);
    if (o->env)
        mdb_env_close(o->env);
    o->env = NULL;
    lockfile_release(&o->lead);
}

enum status outbox_lead(struct outbox *o, struct error *err)
{
    char path[LIMIT_PATH_BYTES];
    enum status status =
        file_join(path, sizeof(path), o->dir, "delivery.lock", err);
    if (status != STATUS_OK || outbox_leads(o))
        return status;
    return lockfile_take(&o->lead, path, err);
}

bool outbox_leads(const struct outbox *o)
{
    return o->lead.fd_plus_one != 0;
}

/* ---- a new epoch ---- */

static MDB_val base_key(uint8_t key[5], uint32_t partition)
{
    key[0] = 'b';
    put_u32(key + 1, partition);
    return outbox_value(key, 5);
}

uint64_t outbox_base(struct outbox *o, uint32_t partition)
{
    uint8_t key[5];
    MDB_val value;
    uint64_t base = 0;
    struct change c = change_begin(o, MDB_RDONLY);
    if (change_get(&c, o->meta, base_key(key, partition), &value) &&
        value.mv_size == 8)
        base = get_u64(value.mv_data);
    change_leave(&c);
    return base;
}

static void put_base(struct change *c, uint32_t partition)
{
    uint8_t key[5], number[8];
    struct outbox_ends ends = change_get_ends(c, partition);
    put_u64(number, ends.settled);
    change_put(c, c->o->meta, base_key(key, partition),
               outbox_value(number, sizeof(number)));
}

/* The partitions that have a row, all of one transaction. */
static void put_bases(struct change *c)
{
    uint32_t partitions[OUTBOX_PARTITIONS_MAX];
    size_t count = 0;
    MDB_cursor *cursor = NULL;
    MDB_val key = outbox_value("p", 1), value;
    if (c->rc == 0)
        c->rc = mdb_cursor_open(c->txn, c->o->meta, &cursor);
    if (c->rc != 0)
        return;
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    for (; rc == 0 && *(uint8_t *)key.mv_data == 'p' &&
           count < OUTBOX_PARTITIONS_MAX;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
        if (key.mv_size == 5)
            partitions[count++] = get_u32((uint8_t *)key.mv_data + 1);
    mdb_cursor_close(cursor);
    c->rc = rc == MDB_NOTFOUND ? 0 : rc;
    for (size_t i = 0; i < count; i++)
        put_base(c, partitions[i]);
}

uint64_t outbox_epoch(struct outbox *o)
{
    struct change c = change_begin(o, MDB_RDONLY);
    uint64_t epoch = get_epoch(&c);
    change_leave(&c);
    return epoch;
}

enum status outbox_renew(struct outbox *o, uint64_t *epoch)
{
    uint8_t number[8];
    uint64_t made = make_epoch(o);
    struct change c = change_begin(o, 0);
    uint64_t before = get_epoch(&c);
    if (made <= before) /* the clock was set back */
        made = before + 1;
    put_bases(&c);
    put_u64(number, made);
    change_put(&c, o->meta, outbox_value("epoch", 5), outbox_value(number, 8));
    enum status status = change_commit(&c);
    if (status == STATUS_OK)
        *epoch = made;
    return status;
}

enum status outbox_again(struct outbox *o, uint32_t partition,
                         uint64_t sequence)
{
    uint8_t key[KEY];
    MDB_val value;
    struct change c = change_begin(o, 0);
    struct outbox_ends ends = change_get_ends(&c, partition);
    if (!change_get(&c, o->events, outbox_key(key, partition, sequence),
                    &value) ||
        value.mv_size <= STAMP) {
        change_leave(&c);
        return outbox_status(c.rc);
    }
    size_t size = value.mv_size - STAMP;
    uint8_t *copy = malloc(size);
    if (!copy)
        abort();
    memcpy(copy, (uint8_t *)value.mv_data + STAMP, size);
    int64_t at_ms = (int64_t)get_u64(value.mv_data);
    change_put_event(&c, partition, ++ends.last, slice_of(copy, size), at_ms);
    change_put_event(&c, partition, sequence, SLICE_EMPTY, at_ms);
    ends.bytes += OVERHEAD;
    change_put_ends(&c, partition, &ends);
    free(copy);
    return change_commit(&c);
}

/* ---- storing ---- */

static enum status has_room(struct outbox *o, const struct outbox_ends *ends,
                            size_t count, uint64_t bytes, struct error *err)
{
    uint64_t space;
    if (ends->last - ends->settled + count > o->set.events_max ||
        ends->bytes + bytes > o->set.bytes_max)
        return error_set(err, STATUS_FULL,
                         "the outbox is full: %llu events wait",
                         (unsigned long long)(ends->last - ends->settled));
    enum status status = file_free_space(o->dir, &space, err);
    if (status == STATUS_OK && space < SPACE_RESERVE + 2 * bytes)
        status = error_set(err, STATUS_FULL, "the disk is full");
    return status;
}

static bool mark_key(uint8_t key[257], const char *name, MDB_val *out)
{
    size_t size = strlen(name);
    if (size > 255)
        return false;
    key[0] = 'm';
    memcpy(key + 1, name, size + 1);
    *out = outbox_value(key, size + 1);
    return true;
}

static void put_mark(struct change *c, const struct outbox_mark *mark)
{
    uint8_t key[257];
    uint8_t value[8];
    MDB_val k;
    if (!mark_key(key, mark->name, &k)) {
        c->rc = c->rc ? c->rc : MDB_BAD_VALSIZE;
        return;
    }
    put_u64(value, mark->value);
    if (mark->value)
        change_put(c, c->o->meta, k, outbox_value(value, sizeof(value)));
    else
        change_drop(c, c->o->meta, k);
}

enum status outbox_mark_get(struct outbox *o, const char *name, uint64_t *value)
{
    uint8_t key[257];
    MDB_val k, v;
    *value = 0;
    if (!mark_key(key, name, &k))
        return STATUS_TOO_LARGE;
    struct change c = change_begin(o, MDB_RDONLY);
    if (change_get(&c, o->meta, k, &v) && v.mv_size == 8)
        *value = get_u64(v.mv_data);
    change_leave(&c);
    return outbox_status(c.rc);
}

enum status outbox_add(struct outbox *o, uint32_t partition,
                       const struct slice *events, size_t count,
                       const struct outbox_mark *mark, uint64_t *first,
                       struct error *err)
{
    uint64_t bytes = 0;
    int64_t at_ms = clock_wall_ms(o->set.clock);
    for (size_t i = 0; i < count; i++)
        bytes += events[i].size + OVERHEAD;
    struct change c = change_begin(o, 0);
    struct outbox_ends ends = change_get_ends(&c, partition);
    if (c.rc == 0) {
        enum status status = has_room(o, &ends, count, bytes, err);
        if (status != STATUS_OK) {
            change_leave(&c);
            return status;
        }
    }
    for (size_t i = 0; i < count; i++)
        change_put_event(&c, partition, ends.last + 1 + i, events[i], at_ms);
    uint64_t from = ends.last + 1;
    ends.last += count;
    ends.bytes += bytes;
    change_put_ends(&c, partition, &ends);
    if (mark)
        put_mark(&c, mark);
    enum status status = change_commit(&c);
    if (status != STATUS_OK)
        return error_set(err, status, "store an event: %s", mdb_strerror(c.rc));
    *first = from;
    return STATUS_OK;
}

/* ---- reading ---- */

enum status outbox_ends(struct outbox *o, uint32_t partition,
                        struct outbox_ends *ends)
{
    struct change c = change_begin(o, MDB_RDONLY);
    struct outbox_ends found = change_get_ends(&c, partition);
    change_leave(&c);
    if (c.rc == 0)
        *ends = found;
    return outbox_status(c.rc);
}

int64_t outbox_oldest_ms(struct outbox *o, uint32_t partition)
{
    uint8_t key[KEY];
    MDB_val value;
    int64_t at_ms = 0;
    struct change c = change_begin(o, MDB_RDONLY);
    struct outbox_ends ends = change_get_ends(&c, partition);
    if (ends.last > ends.settled &&
        change_get(&c, o->events, outbox_key(key, partition, ends.settled + 1),
                   &value) &&
        value.mv_size >= STAMP)
        at_ms = (int64_t)get_u64(value.mv_data);
    change_leave(&c);
    return at_ms;
}

static bool copy_event(struct arena *arena, MDB_val value,
                       ProtobufCBinaryData *out)
{
    if (value.mv_size < STAMP)
        return false;
    struct slice event =
        slice_of((uint8_t *)value.mv_data + STAMP, value.mv_size - STAMP);
    struct slice copy = arena_copy(arena, event);
    if (event.size > 0 && !copy.data)
        return false;
    *out = (ProtobufCBinaryData){.len = copy.size,
                                 .data = (uint8_t *)(uintptr_t)copy.data};
    return true;
}

size_t outbox_read(struct outbox *o, uint32_t partition, uint64_t first,
                   uint64_t last, size_t bytes_max, struct arena *arena,
                   ProtobufCBinaryData *list)
{
    uint8_t key[KEY];
    MDB_val value;
    size_t count = 0, bytes = 0;
    struct change c = change_begin(o, MDB_RDONLY);
    for (uint64_t seq = first; seq <= last; seq++) {
        if (!change_get(&c, o->events, outbox_key(key, partition, seq), &value))
            break;
        bytes += value.mv_size;
        if ((count > 0 && bytes > bytes_max) ||
            !copy_event(arena, value, &list[count]))
            break;
        count++;
    }
    change_leave(&c);
    return count;
}

enum status outbox_settle(struct outbox *o, uint32_t partition, uint64_t to)
{
    uint8_t key[KEY];
    MDB_val value;
    struct change c = change_begin(o, 0);
    struct outbox_ends ends = change_get_ends(&c, partition);
    if (to > ends.last)
        to = ends.last;
    for (uint64_t seq = ends.settled + 1; c.rc == 0 && seq <= to; seq++) {
        MDB_val k = outbox_key(key, partition, seq);
        if (!change_get(&c, o->events, k, &value))
            continue;
        uint64_t size = value.mv_size - STAMP + OVERHEAD;
        ends.bytes -= size < ends.bytes ? size : ends.bytes;
        change_drop(&c, o->events, k);
    }
    if (to > ends.settled)
        ends.settled = to;
    change_put_ends(&c, partition, &ends);
    return change_commit(&c);
}
