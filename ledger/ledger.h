/* ledger - one partition's directory: lock, epoch, journal, state, keys, blobs.
 *
 *   LEDGER/lock             who owns it (base/lockfile.h)
 *   LEDGER/epoch            how often it was opened, in two slots
 *   LEDGER/reserve          blocks for a full disk (ledger/space.h)
 *   LEDGER/journal/         the truth (ledger/journal_lmdb.h)
 *   LEDGER/state.mdb        its checkpoint (ledger/state.h)
 *   LEDGER/keys.mdb         the customers' keys (ledger/vault.h)
 *   LEDGER/snapshots/       (ledger/snapshot.h)
 *   LEDGER/blobs/           (ledger/blob.h)
 *
 * Opening is recovery: after ledger_open() the state stands where it was last
 * committed, at state_applied() <= the journal's last. ledger_recover() hands
 * the records behind it to the caller, who applies their decisions; there is
 * no other start path.
 *
 * A state whose file cannot be opened is put aside as state.mdb.damaged, with
 * an ERROR, and made again of the journal and its newest snapshot.
 *
 * Memory   ledger_close frees all. NULL is fine; the pointer is nulled.
 * Errors   BUSY: another process owns the directory; err names its pid.
 *          CORRUPT: the journal ends before what the state stands for, a
 *          record is damaged, or a restore was cut off. FULL: not even the
 * reserve made enough room. Threads  As the parts say.
 */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/lockfile.h"
#include "base/random.h"
#include "ledger/blob.h"
#include "ledger/journal.h"
#include "ledger/snapshot.h"
#include "ledger/space.h"
#include "ledger/state.h"
#include "ledger/vault.h"

/* Stands in a ledger while it is being restored (ledger/backup.h). */
#define LEDGER_RESTORING "restoring"

struct ledger_options {
    const char *dir;
    const struct clock *clock;   /* NULL: clock_system() */
    const struct random *random; /* NULL: random_system() */
    struct space_options space;  /* zeroes: the limits */
    struct state_options state;  /* path and clock are set by ledger_open */
    uint64_t segment_bytes;      /* 0: LIMIT_SEGMENT_BYTES */
    bool journal_thread; /* the journal is written by a thread of its own */
};

struct ledger {
    char dir[LIMIT_PATH_BYTES];
    char blobs_dir[LIMIT_PATH_BYTES];
    char snapshots_dir[LIMIT_PATH_BYTES];
    uint64_t epoch; /* this opening's; no record has a higher one */
    struct journal *journal;
    struct state *state;
    struct vault *vault;
    struct space *space; /* NULL for a reader */
    const struct clock *clock;
    struct lockfile lock;
    uint64_t stop_bytes;                /* of space_options */
    _Atomic uint64_t verified_snapshot; /* newest that was checked; 0: none */
};

MUST_CHECK enum status ledger_open(const struct ledger_options *options,
                                   struct ledger **l, struct error *err);

/* Lets a checkpoint under way finish; for a clean end call state_checkpoint()
 * before. */
void ledger_close(struct ledger **out);

/* The records behind state_applied(), in order. apply brings their decisions
 * into the state; state_set_applied and ticks are done here. If a snapshot is
 * needed first (the state is empty and the journal trimmed) it is loaded. */
typedef enum status ledger_apply(void *arg, const struct record *r,
                                 struct error *err);
MUST_CHECK enum status ledger_recover(struct ledger *l, ledger_apply *apply,
                                      void *arg, uint64_t *applied,
                                      struct error *err);

/* One batch to the journal, new keys durable before it. Memory and errors as
 * of journal_append; journal_next says when it is durable. */
MUST_CHECK enum status ledger_hand_over(struct ledger *l,
                                        struct record *records, size_t count,
                                        uint64_t *ticket, struct error *err);

/* The same, made durable. */
MUST_CHECK enum status ledger_append(struct ledger *l, struct record *records,
                                     size_t count, uint64_t *durable,
                                     struct error *err);

/* state_tick() with what the ledger knows: how far the journal is durable, and
 * whether the disk has room for a checkpoint. */
enum state_pressure ledger_tick(struct ledger *l, bool idle);

/* Beside a running owner, from another process: journal and keys to read.
 * state is NULL; use state_reader_open(ledger_state_path). */
MUST_CHECK enum status ledger_reader(const char *dir, struct ledger **l,
                                     struct error *err);
MUST_CHECK enum status ledger_state_path(const char *dir,
                                         char out[LIMIT_PATH_BYTES],
                                         struct error *err);

/* --- retention --- */

/* Somebody who still needs records. */
struct ledger_consumer {
    const char *name;
    uint64_t needs; /* oldest sequence still needed */
    bool uncapped;  /* open cases: whatever it costs */
};

struct ledger_retention {
    uint64_t keep_records; /* at least so many stay */
    uint64_t cap_records;  /* no capped consumer holds back more than so many
                              records behind the last; 0: no cap */
    const struct ledger_consumer *consumers;
    size_t consumer_count;
};

/* Makes sure that a snapshot stands for the last checkpoint and verifies it.
 * Takes a second per million rows: any thread. info may be NULL. */
MUST_CHECK enum status ledger_snapshot(struct ledger *l,
                                       struct snapshot_info *info,
                                       struct error *err);

/* Trims what a snapshot verified in this process stands for and nobody needs.
 * *first is the oldest record left; *held is the consumer that decided, or
 * NULL. Both may be NULL. Owner's thread. */
MUST_CHECK enum status ledger_retain(struct ledger *l,
                                     const struct ledger_retention *r,
                                     uint64_t *first, const char **held,
                                     struct error *err);

#endif
