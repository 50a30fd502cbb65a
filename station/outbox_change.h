/* outbox_change - one transaction on the outbox's file.
 *
 *   struct change c = change_begin(o, 0);
 *   change_put(&c, ...);
 *   return change_commit(&c);
 *
 * The first failure stays, and the rest does nothing.
 *
 * Memory   What change_get finds lies in the file, until the end of the change.
 * Errors   change_commit tells the first one.
 * Threads  One change is one thread's.
 */
#ifndef STATION_OUTBOX_CHANGE_H
#define STATION_OUTBOX_CHANGE_H

#include "station/outbox.h"

enum {
    KEY = 12,      /* partition, sequence */
    STAMP = 8,     /* stored_at_ms, before the event */
    ENDS = 32,     /* the value of a partition's row in meta */
    OVERHEAD = 64, /* what an event takes on disk beside its bytes */
};

struct change {
    struct outbox *o;
    MDB_txn *txn;
    int rc;
};

struct change change_begin(struct outbox *o, unsigned flags);
enum status change_commit(struct change *c);
void change_leave(struct change *c);

bool change_get(struct change *c, MDB_dbi dbi, MDB_val key, MDB_val *value);
void change_put(struct change *c, MDB_dbi dbi, MDB_val key, MDB_val value);
void change_drop(struct change *c, MDB_dbi dbi, MDB_val key);

struct outbox_ends change_get_ends(struct change *c, uint32_t partition);
void change_put_ends(struct change *c, uint32_t partition,
                     const struct outbox_ends *ends);

void change_put_event(struct change *c, uint32_t partition, uint64_t seq,
                      struct slice event, int64_t at_ms);

enum status outbox_status(int rc); /* of what LMDB returned */
MDB_val outbox_value(const void *data, size_t size);
MDB_val outbox_key(uint8_t key[KEY], uint32_t partition, uint64_t seq);

#endif
