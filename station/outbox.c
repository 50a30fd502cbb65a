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

enum {
    FORMAT = 1,
    KEY = 12,      /* partition, sequence */
    STAMP = 8,     /* stored_at_ms, before the event */
    ENDS = 32,     /* the value of a partition's row in meta */
    OVERHEAD = 64, /* what an event takes on disk beside its bytes */
    READERS = 126,
};

#define SPACE_RESERVE (16ull * 1024 * 1024) /* left free on the disk */

static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static struct outbox *open_ones;

static enum status status_of_lmdb(int rc)
{
    switch (rc) {
    case 0:
        return STATUS_OK;
    case MDB_NOTFOUND:
        return STATUS_NOT_FOUND;
    case MDB_MAP_FULL:
    case ENOSPC:
        return STATUS_FULL;
    case MDB_VERSION_MISMATCH:
        return STATUS_VERSION;
    case MDB_INVALID:
    case MDB_CORRUPTED:
        return STATUS_CORRUPT;
    case ENOMEM:
        return STATUS_NO_MEMORY;
    case EACCES:
    case EPERM:
        return STATUS_DENIED;
    default:
        return STATUS_IO;
    }
}

static enum status fail(struct error *err, int rc, const char *what)
{
    return error_set(err, status_of_lmdb(rc), "%s: %s", what, mdb_strerror(rc));
}

static MDB_val val(const void *data, size_t size)
{
    return (MDB_val){.mv_size = size, .mv_data = (void *)(uintptr_t)data};
}

static MDB_val event_key(uint8_t key[KEY], uint32_t partition, uint64_t seq)
{
    put_u32(key, partition);
    put_u64(key + 4, seq);
    return val(key, KEY);
}

/* ---- transactions: the first failure stays, the rest does nothing ---- */

struct change {
    struct outbox *o;
    MDB_txn *txn;
    int rc;
};

static struct change begin(struct outbox *o, unsigned flags)
{
    struct change c = {.o = o};
    c.rc = atomic_load(&o->broken) ? EIO
                                   : mdb_txn_begin(o->env, NULL, flags, &c.txn);
    return c;
}

static bool get(struct change *c, MDB_dbi dbi, MDB_val key, MDB_val *value)
{
    if (c->rc != 0)
        return false;
    int rc = mdb_get(c->txn, dbi, &key, value);
    if (rc != 0 && rc != MDB_NOTFOUND)
        c->rc = rc;
    return rc == 0;
}

static void put(struct change *c, MDB_dbi dbi, MDB_val key, MDB_val value)
{
    if (c->rc == 0)
        c->rc = mdb_put(c->txn, dbi, &key, &value, 0);
}

static void drop(struct change *c, MDB_dbi dbi, MDB_val key)
{
    if (c->rc != 0)
        return;
    int rc = mdb_del(c->txn, dbi, &key, NULL);
    c->rc = rc == MDB_NOTFOUND ? 0 : rc;
}

/* A failed put or commit is the end of this outbox, unless the map or the disk
 * was full before anything was written. */
static enum status commit(struct change *c)
{
    if (c->rc == 0 && c->txn) {
        c->rc = mdb_txn_commit(c->txn);
        c->txn = NULL;
        if (c->rc != 0)
            atomic_store(&c->o->broken, true);
    }
    if (c->rc == EIO || c->rc == MDB_PANIC)
        atomic_store(&c->o->broken, true);
    if (c->txn)
        mdb_txn_abort(c->txn);
    c->txn = NULL;
    return status_of_lmdb(c->rc);
}

static void leave(struct change *c)
{
    if (c->txn)
        mdb_txn_abort(c->txn);
    c->txn = NULL;
}

static MDB_val ends_key(uint8_t key[5], uint32_t partition)
{
    key[0] = 'p';
    put_u32(key + 1, partition);
    return val(key, 5);
}

static struct outbox_ends get_ends(struct change *c, uint32_t partition)
{
    uint8_t key[5];
    MDB_val value;
    struct outbox_ends ends = {0};
    if (!get(c, c->o->meta, ends_key(key, partition), &value))
        return ends;
    if (value.mv_size != ENDS) {
        c->rc = MDB_CORRUPTED;
        return ends;
    }
    const uint8_t *at = value.mv_data;
    ends.last = get_u64(at);
    ends.settled = get_u64(at + 8);
    ends.bytes = get_u64(at + 16);
    ends.dead = get_u64(at + 24);
    return ends;
}

static void put_ends(struct change *c, uint32_t partition,
                     const struct outbox_ends *ends)
{
    uint8_t key[5], value[ENDS];
    put_u64(value, ends->last);
    put_u64(value + 8, ends->settled);
    put_u64(value + 16, ends->bytes);
    put_u64(value + 24, ends->dead);
    put(c, c->o->meta, ends_key(key, partition), val(value, ENDS));
}

/* ---- opening ---- */

static uint64_t make_epoch(const struct outbox *o)
{
    /* grows with time, so that a later outbox is the newer one */
    uint64_t wall = (uint64_t)clock_wall_ms(o->set.clock);
    return wall << 20 | random_below(o->set.random, 1u << 20);
}

static enum status settle_identity(struct outbox *o, struct error *err)
{
    uint8_t number[8];
    MDB_val value;
    struct change c = begin(o, 0);
    if (get(&c, o->meta, val("format", 6), &value)) {
        if (value.mv_size != 4 || get_u32(value.mv_data) != FORMAT) {
            leave(&c);
            return error_set(err, STATUS_VERSION,
                             "a newer program has made this outbox");
        }
        bool ours = get(&c, o->meta, val("identity", 8), &value) &&
                    slice_equal(slice_of(value.mv_data, value.mv_size),
                                slice_of_text(o->identity));
        if (ours && get(&c, o->meta, val("epoch", 5), &value) &&
            value.mv_size == 8)
            o->epoch = get_u64(value.mv_data);
        leave(&c);
        if (!ours)
            return error_set(err, STATUS_CONFLICT,
                             "this outbox belongs to another identity");
        return o->epoch ? STATUS_OK
                        : error_set(err, STATUS_CORRUPT, "it has no epoch");
    }
    o->epoch = make_epoch(o);
    put_u32(number, FORMAT);
    put(&c, o->meta, val("format", 6), val(number, 4));
    put(&c, o->meta, val("identity", 8), val(o->identity, strlen(o->identity)));
    put_u64(number, o->epoch);
    put(&c, o->meta, val("epoch", 5), val(number, 8));
    enum status status = commit(&c);
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

static void put_event(struct change *c, uint32_t partition, uint64_t seq,
                      struct slice event, int64_t at_ms)
{
    uint8_t key[KEY];
    MDB_val k = event_key(key, partition, seq);
    MDB_val v = val(NULL, STAMP + event.size);
    if (c->rc == 0)
        c->rc = mdb_put(c->txn, c->o->events, &k, &v, MDB_RESERVE);
    if (c->rc != 0)
        return;
    put_u64(v.mv_data, (uint64_t)at_ms);
    if (event.size > 0)
        memcpy((uint8_t *)v.mv_data + STAMP, event.data, event.size);
}

static bool mark_key(char key[256], const char *name, MDB_val *out)
{
    size_t size = strlen(name);
    if (size > 255)
        return false;
    key[0] = 'm';
    memcpy(key + 1, name, size);
    *out = val(key, size + 1);
    return true;
}

static void put_mark(struct change *c, const struct outbox_mark *mark)
{
    char key[256];
    uint8_t value[8];
    MDB_val k;
    if (!mark_key(key, mark->name, &k)) {
        c->rc = c->rc ? c->rc : MDB_BAD_VALSIZE;
        return;
    }
    put_u64(value, mark->value);
    if (mark->value)
        put(c, c->o->meta, k, val(value, sizeof(value)));
    else
        drop(c, c->o->meta, k);
}

enum status outbox_mark_get(struct outbox *o, const char *name, uint64_t *value)
{
    char key[256];
    MDB_val k, v;
    *value = 0;
    if (!mark_key(key, name, &k))
        return STATUS_TOO_LARGE;
    struct change c = begin(o, MDB_RDONLY);
    if (get(&c, o->meta, k, &v) && v.mv_size == 8)
        *value = get_u64(v.mv_data);
    leave(&c);
    return status_of_lmdb(c.rc);
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
    struct change c = begin(o, 0);
    struct outbox_ends ends = get_ends(&c, partition);
    if (c.rc == 0) {
        enum status status = has_room(o, &ends, count, bytes, err);
        if (status != STATUS_OK) {
            leave(&c);
            return status;
        }
    }
    for (size_t i = 0; i < count; i++)
        put_event(&c, partition, ends.last + 1 + i, events[i], at_ms);
    uint64_t from = ends.last + 1;
    ends.last += count;
    ends.bytes += bytes;
    put_ends(&c, partition, &ends);
    if (mark)
        put_mark(&c, mark);
    enum status status = commit(&c);
    if (status != STATUS_OK)
        return error_set(err, status, "store an event: %s", mdb_strerror(c.rc));
    *first = from;
    return STATUS_OK;
}

/* ---- reading ---- */

enum status outbox_ends(struct outbox *o, uint32_t partition,
                        struct outbox_ends *ends)
{
    struct change c = begin(o, MDB_RDONLY);
    struct outbox_ends found = get_ends(&c, partition);
    leave(&c);
    if (c.rc == 0)
        *ends = found;
    return status_of_lmdb(c.rc);
}

int64_t outbox_oldest_ms(struct outbox *o, uint32_t partition)
{
    uint8_t key[KEY];
    MDB_val value;
    int64_t at_ms = 0;
    struct change c = begin(o, MDB_RDONLY);
    struct outbox_ends ends = get_ends(&c, partition);
    if (ends.last > ends.settled &&
        get(&c, o->events, event_key(key, partition, ends.settled + 1),
            &value) &&
        value.mv_size >= STAMP)
        at_ms = (int64_t)get_u64(value.mv_data);
    leave(&c);
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
    struct change c = begin(o, MDB_RDONLY);
    for (uint64_t seq = first; seq <= last; seq++) {
        if (!get(&c, o->events, event_key(key, partition, seq), &value))
            break;
        bytes += value.mv_size;
        if ((count > 0 && bytes > bytes_max) ||
            !copy_event(arena, value, &list[count]))
            break;
        count++;
    }
    leave(&c);
    return count;
}

/* ---- dead letters ---- */

/* Bytes of a letter in out; the first answer stays, so a repeat changes
 * nothing. */
static void put_letter(struct change *c, uint32_t partition, uint64_t seq,
                       uint32_t code, const char *text, const char *field)
{
    uint8_t key[KEY];
    MDB_val event, old;
    struct bytes out;
    struct writer w;
    if (!get(c, c->o->events, event_key(key, partition, seq), &event) ||
        event.mv_size <= STAMP ||
        get(c, c->o->dead, event_key(key, partition, seq), &old))
        return;
    struct outbox_ends ends = get_ends(c, partition);
    bytes_init(&out, LIMIT_FRAME_BYTES);
    writer_init(&w, &out);
    writer_u32(&w, code);
    writer_u64(&w, (uint64_t)clock_wall_ms(c->o->set.clock));
    writer_blob(&w, slice_of(text, strlen(text) + 1));
    writer_blob(&w, slice_of(field, strlen(field) + 1));
    writer_raw(
        &w, slice_of((uint8_t *)event.mv_data + STAMP, event.mv_size - STAMP));
    if (w.status != STATUS_OK && c->rc == 0)
        c->rc = ENOMEM;
    put(c, c->o->dead, event_key(key, partition, seq), val(out.data, out.size));
    ends.dead++;
    put_ends(c, partition, &ends);
    bytes_fini(&out);
}

enum status outbox_refuse(struct outbox *o, uint32_t partition,
                          uint64_t sequence, uint32_t code, const char *text,
                          const char *field)
{
    struct change c = begin(o, 0);
    put_letter(&c, partition, sequence, code, text, field);
    return commit(&c);
}

enum status outbox_bury(struct outbox *o, uint32_t partition, uint64_t sequence,
                        uint32_t code, const char *text)
{
    uint8_t key[KEY];
    MDB_val value;
    struct change c = begin(o, 0);
    put_letter(&c, partition, sequence, code, text, "");
    struct outbox_ends ends = get_ends(&c, partition);
    if (get(&c, o->events, event_key(key, partition, sequence), &value) &&
        value.mv_size > STAMP) {
        ends.bytes -= value.mv_size - STAMP;
        put_event(&c, partition, sequence, SLICE_EMPTY,
                  clock_wall_ms(o->set.clock));
        put_ends(&c, partition, &ends);
    }
    return commit(&c);
}

enum status outbox_settle(struct outbox *o, uint32_t partition, uint64_t to)
{
    uint8_t key[KEY];
    MDB_val value;
    struct change c = begin(o, 0);
    struct outbox_ends ends = get_ends(&c, partition);
    if (to > ends.last)
        to = ends.last;
    for (uint64_t seq = ends.settled + 1; c.rc == 0 && seq <= to; seq++) {
        MDB_val k = event_key(key, partition, seq);
        if (!get(&c, o->events, k, &value))
            continue;
        uint64_t size = value.mv_size - STAMP + OVERHEAD;
        ends.bytes -= size < ends.bytes ? size : ends.bytes;
        drop(&c, o->events, k);
    }
    if (to > ends.settled)
        ends.settled = to;
    put_ends(&c, partition, &ends);
    return commit(&c);
}

static bool show_letter(MDB_val key, MDB_val value,
                        bool (*each)(void *, const struct outbox_letter *),
                        void *state)
{
    struct reader r;
    struct outbox_letter letter = {0};
    reader_init(&r, slice_of(value.mv_data, value.mv_size));
    letter.code = reader_u32(&r);
    letter.at_ms = (int64_t)reader_u64(&r);
    struct slice text = reader_blob(&r), field = reader_blob(&r);
    if (r.status != STATUS_OK || key.mv_size != KEY || text.size == 0 ||
        field.size == 0 || text.data[text.size - 1] != 0 ||
        field.data[field.size - 1] != 0)
        return true; /* not one of ours */
    letter.partition = get_u32(key.mv_data);
    letter.sequence = get_u64((uint8_t *)key.mv_data + 4);
    letter.text = (const char *)text.data;
    letter.field = (const char *)field.data;
    letter.event = r.rest;
    return each(state, &letter);
}

enum status outbox_letters(struct outbox *o,
                           bool (*each)(void *state,
                                        const struct outbox_letter *letter),
                           void *state)
{
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    struct change c = begin(o, MDB_RDONLY);
    if (c.rc == 0)
        c.rc = mdb_cursor_open(c.txn, o->dead, &cursor);
    while (c.rc == 0 &&
           (c.rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
        if (!show_letter(key, value, each, state))
            break;
    if (cursor)
        mdb_cursor_close(cursor);
    leave(&c);
    return c.rc == MDB_NOTFOUND ? STATUS_OK : status_of_lmdb(c.rc);
}

enum status outbox_drop_letter(struct outbox *o, uint32_t partition,
                               uint64_t sequence)
{
    uint8_t key[KEY];
    MDB_val value;
    struct change c = begin(o, 0);
    struct outbox_ends ends = get_ends(&c, partition);
    if (!get(&c, o->dead, event_key(key, partition, sequence), &value)) {
        leave(&c);
        return c.rc == 0 ? STATUS_NOT_FOUND : status_of_lmdb(c.rc);
    }
    drop(&c, o->dead, event_key(key, partition, sequence));
    ends.dead -= ends.dead > 0;
    put_ends(&c, partition, &ends);
    return commit(&c);
}
