#include "station/outbox_change.h"

#include <errno.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"

enum status outbox_status(int rc)
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

MDB_val outbox_value(const void *data, size_t size)
{
    return (MDB_val){.mv_size = size, .mv_data = (void *)(uintptr_t)data};
}

MDB_val outbox_key(uint8_t key[KEY], uint32_t partition, uint64_t seq)
{
    put_u32(key, partition);
    put_u64(key + 4, seq);
    return outbox_value(key, KEY);
}

struct change change_begin(struct outbox *o, unsigned flags)
{
    struct change c = {.o = o};
    c.rc = atomic_load(&o->broken) ? EIO
                                   : mdb_txn_begin(o->env, NULL, flags, &c.txn);
    return c;
}

bool change_get(struct change *c, MDB_dbi dbi, MDB_val key, MDB_val *value)
{
    if (c->rc != 0)
        return false;
    int rc = mdb_get(c->txn, dbi, &key, value);
    if (rc != 0 && rc != MDB_NOTFOUND)
        c->rc = rc;
    return rc == 0;
}

void change_put(struct change *c, MDB_dbi dbi, MDB_val key, MDB_val value)
{
    if (c->rc == 0)
        c->rc = mdb_put(c->txn, dbi, &key, &value, 0);
}

void change_drop(struct change *c, MDB_dbi dbi, MDB_val key)
{
    if (c->rc != 0)
        return;
    int rc = mdb_del(c->txn, dbi, &key, NULL);
    c->rc = rc == MDB_NOTFOUND ? 0 : rc;
}

/* A failed put or commit is the end of this outbox, unless the map or the disk
 * was full before anything was written. */
enum status change_commit(struct change *c)
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
    return outbox_status(c->rc);
}

void change_leave(struct change *c)
{
    if (c->txn)
        mdb_txn_abort(c->txn);
    c->txn = NULL;
}

static MDB_val ends_key(uint8_t key[5], uint32_t partition)
{
    key[0] = 'p';
    put_u32(key + 1, partition);
    return outbox_value(key, 5);
}

struct outbox_ends change_get_ends(struct change *c, uint32_t partition)
{
    uint8_t key[5];
    MDB_val value;
    struct outbox_ends ends = {0};
    if (!change_get(c, c->o->meta, ends_key(key, partition), &value))
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

void change_put_ends(struct change *c, uint32_t partition,
                     const struct outbox_ends *ends)
{
    uint8_t key[5], value[ENDS];
    put_u64(value, ends->last);
    put_u64(value + 8, ends->settled);
    put_u64(value + 16, ends->bytes);
    put_u64(value + 24, ends->dead);
    change_put(c, c->o->meta, ends_key(key, partition),
               outbox_value(value, ENDS));
}

void change_put_event(struct change *c, uint32_t partition, uint64_t seq,
                      struct slice event, int64_t at_ms)
{
    uint8_t key[KEY];
    MDB_val k = outbox_key(key, partition, seq);
    MDB_val v = outbox_value(NULL, STAMP + event.size);
    if (c->rc == 0)
        c->rc = mdb_put(c->txn, c->o->events, &k, &v, MDB_RESERVE);
    if (c->rc != 0)
        return;
    put_u64(v.mv_data, (uint64_t)at_ms);
    if (event.size > 0)
        memcpy((uint8_t *)v.mv_data + STAMP, event.data, event.size);
}
