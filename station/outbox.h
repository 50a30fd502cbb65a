/* outbox - events on a station's disk until they are final, in LMDB.
 *
 *   meta    "identity" -> text          "epoch" -> u64     "format" -> u32
 *           'p' partition -> last u64, settled u64, bytes u64, dead u64
 *           'm' name of a source -> u64
 *           'b' partition -> u64, what numbers on the wire begin behind
 *   events  partition u32, sequence u64 -> stored_at_ms i64, event
 *   dead    partition u32, sequence u64 -> code u32, at_ms i64, text, field,
 *                                          event
 *
 * Several processes may store at the same time; one delivers (outbox_lead). An
 * event is durable when outbox_add returns: flags are 0|NOTLS, every commit is
 * synced.
 *
 * Time     Moments are wall time, only shown.
 * Memory   What is read is copied to the caller's arena.
 * Errors   FULL: the limit, or too little space on the disk; nothing was
 *          stored. IO: a put or commit failed; the outbox is closed for good
 *          then, because LMDB forgets such failures: open it again.
 *          CONFLICT: it belongs to another identity. VERSION: a newer format.
 *          EXISTS: this process has it open already.
 * Threads  outbox_add and the readers: any. The rest: one at a time.
 * Source   Field-notes 2 and 7 (rules 1 to 3); issue 2, station/.
 */
#ifndef STATION_OUTBOX_H
#define STATION_OUTBOX_H

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/lockfile.h"
#include "base/random.h"
#include "base/slice.h"
#include "proto/wire.h"
#include "proto/yinuo.pb-c.h"

struct outbox_settings {
    const char *dir; /* made if it is not there, mode 0700 */
    const char *identity;
    uint64_t events_max; /* 0: LIMIT_STATION_OUTBOX_EVENTS */
    uint64_t bytes_max;  /* 0: LIMIT_STATION_OUTBOX_BYTES */
    const struct clock *clock;
    const struct random *random;
};

struct outbox {
    struct outbox_settings set;
    char dir[1024];
    char identity[WIRE_IDENTITY_MAX + 1];
    struct lockfile lead;
    MDB_env *env;
    MDB_dbi meta;
    MDB_dbi events;
    MDB_dbi dead;
    atomic_bool broken;
    struct outbox *next; /* of those that this process has open */
};

struct outbox_ends {
    uint64_t last;    /* newest sequence stored; 0: none yet */
    uint64_t settled; /* everything up to it is final */
    uint64_t bytes;   /* of what is not */
    uint64_t dead;    /* dead letters that are there */
};

struct outbox_letter {
    uint32_t partition;
    uint64_t sequence;
    uint32_t code; /* enum refusal */
    int64_t at_ms;
    const char *text;
    const char *field;
    struct slice event;
};

MUST_CHECK enum status outbox_open(struct outbox *o,
                                   const struct outbox_settings *settings,
                                   struct error *err);
void outbox_close(struct outbox *o);

/* How far a source has been read, kept together with what came of it, so that
 * a crash neither repeats nor skips. A value of 0 takes the mark away. */
struct outbox_mark {
    const char *name; /* at most 255 bytes */
    uint64_t value;
};

/* Stores all of them and the mark (may be NULL), or nothing; *first is the
 * sequence of the first. */
MUST_CHECK enum status outbox_add(struct outbox *o, uint32_t partition,
                                  const struct slice *events, size_t count,
                                  const struct outbox_mark *mark,
                                  uint64_t *first, struct error *err);

/* 0 where there is none. */
MUST_CHECK enum status outbox_mark_get(struct outbox *o, const char *name,
                                       uint64_t *value);

/* Become the one that delivers; BUSY: another process is. */
MUST_CHECK enum status outbox_lead(struct outbox *o, struct error *err);
bool outbox_leads(const struct outbox *o);

MUST_CHECK enum status outbox_ends(struct outbox *o, uint32_t partition,
                                   struct outbox_ends *ends);

/* When the oldest event that is not final was stored; 0: there is none. */
int64_t outbox_oldest_ms(struct outbox *o, uint32_t partition);

/* As struct delivery_store has them. */
size_t outbox_read(struct outbox *o, uint32_t partition, uint64_t first,
                   uint64_t last, size_t bytes_max, struct arena *arena,
                   ProtobufCBinaryData *list);
MUST_CHECK enum status outbox_refuse(struct outbox *o, uint32_t partition,
                                     uint64_t sequence, uint32_t code,
                                     const char *text, const char *field);
MUST_CHECK enum status outbox_bury(struct outbox *o, uint32_t partition,
                                   uint64_t sequence, uint32_t code,
                                   const char *text);
MUST_CHECK enum status outbox_settle(struct outbox *o, uint32_t partition,
                                     uint64_t to);

/* As the file has it now; 0: it cannot be read. */
uint64_t outbox_epoch(struct outbox *o);

/* A new epoch for all partitions: numbers on the wire begin behind what is
 * settled. */
MUST_CHECK enum status outbox_renew(struct outbox *o, uint64_t *epoch);
uint64_t outbox_base(struct outbox *o, uint32_t partition);

/* Stores this one once more, at the end; under its old number stands nothing
 * then. A repeat changes nothing. */
MUST_CHECK enum status outbox_again(struct outbox *o, uint32_t partition,
                                    uint64_t sequence);

/* Dead letters in order; each is valid during the call. False ends it. */
MUST_CHECK enum status
outbox_letters(struct outbox *o,
               bool (*each)(void *state, const struct outbox_letter *letter),
               void *state);
MUST_CHECK enum status outbox_drop_letter(struct outbox *o, uint32_t partition,
                                          uint64_t sequence);

#endif
