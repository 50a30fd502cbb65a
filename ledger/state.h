/* state - the rows that the journal has made, and when they are on disk.
 *
 *   put, delete --> active --freeze--> frozen --second thread--> LMDB
 *                     ^                  ^                         ^
 *   get, iterate -----+--- else -------- +--------- else ----------+
 *
 * Changes collect in an active memtable. A checkpoint freezes it, and a second
 * thread writes it, sorted, into one LMDB transaction together with the
 * sequence it stands for (meta "applied"). It starts writing only when the
 * journal has made that sequence durable: state.applied <= journal.last, on
 * disk and always. After a crash the rows are those of the last checkpoint and
 * the journal's tail is applied again.
 *
 * Without a path there is no LMDB below and the rows live in memory.
 *
 * A key is 1 to STATE_KEY_MAX bytes; keys sort as memcmp sorts, shorter first.
 * In LMDB a row is (table u8 | key) -> value, so one walk of the file is the
 * canonical order that state_hash() is defined by.
 *
 * Time     Handed to state_tick() as monotonic ms; the second thread measures
 *          itself by the clock given at open.
 * Memory   A slice from get or a cursor is valid until the next put, delete,
 *          tick or checkpoint; put copies, and may be given such a slice.
 * Errors   A checkpoint that fails to be written ends the process (field-notes
 *          7.3): the last one is whole on disk and recovery is the start path.
 *          FULL from open: no room to make the files.
 * Threads  One owner. Readers in other threads and processes use
 *          ledger/state_reader.h and see the last checkpoint.
 */
#ifndef LEDGER_STATE_H
#define LEDGER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/slice.h"

/* First byte of a row's key on disk: append only, never renumber. */
/* clang-format off */
#define STATE_TABLES(X)                                                        \
    /* name      code  text         what a row is                        */    \
    X(CASES,      1, "cases")     /* case id -> canonical Case           */    \
    X(TIMERS,     2, "timers")    /* severity | due | timer id -> ...    */    \
    X(PRODUCERS,  3, "producers") /* identity | epoch -> last sequence   */    \
    X(REQUESTS,   4, "requests")  /* request id -> stored answer         */    \
    X(PERSONS,    5, "persons")   /* person id -> person                 */    \
    X(ASSETS,     6, "assets")    /* asset id -> asset                   */    \
    X(OUTBOX,     7, "outbox")    /* page id -> page without receipt     */    \
    X(CONFIG,     8, "config")    /* policy versions, directory          */    \
    X(META,       9, "meta")      /* of this file; not part of the hash  */    \
    X(CUSTOMERS, 10, "customers") /* customer id -> index of his cases   */    \
    X(SUBJECTS,  11, "subjects")  /* key of a subject -> canonical Subject */ \
    X(OWNERS,    12, "owners")    /* person -> his open cases, his load  */    \
    X(INTENTS,   13, "intents")   /* sequence | n -> how far it is       */    \
    X(GROUPS,    14, "groups")    /* key -> cases; parent -> children    */ \
    X(MUTES,     15, "mutes")     /* case id of the mute -> Mute         */ \
    X(OVERRIDES, 16, "overrides") /* override id -> DutyOverride         */
/* clang-format on */

#define X(name, code, text) STATE_##name = code,
enum state_table { STATE_TABLES(X) STATE_TABLE_END };
#undef X

enum { STATE_KEY_MAX = LIMIT_KEY_BYTES - 1 };

struct state;

struct state_options {
    const char *path;          /* of the LMDB file; NULL: memory only */
    const struct clock *clock; /* for measuring; NULL: clock_system() */
    size_t soft_bytes;         /* of changes: checkpoint; 0: 64 MiB */
    size_t hard_bytes;         /* of changes: pressure; 0: 192 MiB */
    int64_t age_min_ms;        /* between checkpoints under load; 0: 500 */
    int64_t age_max_ms;        /* of an unwritten change; 0: 2000 */
    bool inline_checkpoints;   /* write in the owner's thread: deterministic */
};

MUST_CHECK enum status state_open(const struct state_options *options,
                                  struct state **s, struct error *err);

/* Waits for a checkpoint under way; changes after it are for the journal to
 * bring back. NULL is fine; the pointer is nulled. */
void state_close(struct state **out);

/* False when there is no such row. */
bool state_get(struct state *s, enum state_table table, struct slice key,
               struct slice *value);
/* A row will be asked for soon: says so beforehand, in three steps with other
 * work between them. Changes nothing; what it names may not be there. */
struct state_hint {
    uint32_t hash;
    uint8_t step;
};
#define STATE_HINT_NONE ((struct state_hint){.step = UINT8_MAX})
void state_expect(struct state *s, enum state_table table, struct slice key,
                  struct state_hint *hint);
void state_expect_more(struct state *s, struct state_hint *hint);

void state_put(struct state *s, enum state_table table, struct slice key,
               struct slice value);
void state_delete(struct state *s, enum state_table table, struct slice key);
/* The same for a key that was expected. */
void state_put_expected(struct state *s, enum state_table table,
                        struct slice key, struct slice value,
                        const struct state_hint *hint);
void state_delete_expected(struct state *s, enum state_table table,
                           struct slice key, const struct state_hint *hint);

/* All rows stand for this sequence now; call at the end of each batch. Never
 * falls. */
void state_set_applied(struct state *s, uint64_t seq);
uint64_t state_applied(const struct state *s);

/* The sequence of the last finished checkpoint: where a crash would leave us.
 */
uint64_t state_durable(const struct state *s);

/* --- checkpoints --- */

struct state_tick {
    int64_t now_ms;       /* monotonic */
    uint64_t durable_seq; /* of the journal */
    bool idle;            /* nothing to do: a good moment */
    bool hold;            /* the disk is full: start none */
    bool amid;            /* a batch is half applied: start none just now */
};

enum state_pressure {
    STATE_EASY,
    STATE_BUSY, /* the frozen changes are still being written and the active
                   ones have passed the soft cap: slow the sources */
    STATE_FULL  /* ... and have passed the hard cap: take no new events */
};

/* At batch boundaries and when idle: takes over what the second thread has
 * finished, starts a checkpoint when the policy says so, checks for dead
 * readers every few seconds. Costs well under a microsecond otherwise. */
enum state_pressure state_tick(struct state *s, const struct state_tick *t);

/* Writes everything up to state_applied() and waits for it: for a clean end,
 * before a backup, in tests. durable_seq is the journal's. */
void state_checkpoint(struct state *s, uint64_t durable_seq);

struct state_stats {
    size_t active_rows, active_bytes;
    size_t frozen_rows, frozen_bytes;
    uint64_t checkpoints;
    int64_t last_write_ms; /* of the second thread, for one checkpoint */
    int64_t total_write_ms;
    int64_t longest_take_us; /* what freezing and taking over cost the owner */
    uint64_t file_bytes;     /* used pages of the LMDB file */
};

void state_stats(struct state *s, struct state_stats *out);

/* --- iteration, in key order --- */

struct state_cursor {
    struct state *state;
    enum state_table table;
    size_t prefix_size;
    uint64_t seen;  /* the state's count of changes when last placed */
    uint64_t taken; /* the state's count of checkpoints likewise */
    bool behind;    /* go on behind last, not at it */
    bool base_on;   /* the LMDB cursor stands at base_key */
    void *active, *frozen, *base; /* where each source stands */
    struct slice base_key, base_value;
    size_t last_size;
    uint8_t last[STATE_KEY_MAX + 1]; /* the key last returned, or from */
    uint8_t prefix[STATE_KEY_MAX + 1];
};

/* Rows of the table whose key begins with prefix, from the key from on (empty:
 * from the start). Rows may be put and deleted while iterating: what comes
 * after the last row returned is seen as it then is. */
void state_cursor_open(struct state_cursor *c, struct state *s,
                       enum state_table table, struct slice prefix,
                       struct slice from);
bool state_cursor_next(struct state_cursor *c, struct slice *key,
                       struct slice *value);
void state_cursor_close(struct state_cursor *c);

/* --- the hash that proves that a rebuilt state is the live one --- */

/* BLAKE2b-256 over all rows but those of meta, in key order, each as
 * table u8 | key size u16 | value size u32 | key | value. It does not depend
 * on what has been checkpointed. rows may be NULL. */
struct digest state_hash(struct state *s, uint64_t *rows);

/* --- timers --- */

/* Key: severity u8 (0 is the most severe) | due u64 | id, all big-endian. */
enum { STATE_TIMER_KEY_FIXED = 9, STATE_SEVERITIES = 8 };

/* Writes the key and returns its size, at most STATE_TIMER_KEY_FIXED + size
 * of the id. */
size_t state_timer_key(uint8_t severity, int64_t due_ms, struct slice id,
                       uint8_t out[STATE_KEY_MAX]);

/* The earliest due over all severities; false when no timer is armed. Usually
 * known without looking. */
bool state_timers_next(struct state *s, int64_t *due_ms);

/* Timers due by now, the most severe first, then by due time, until visit
 * returns false. visit may put, delete and pass. Returns how many were visited.
 */
typedef bool state_timer_visit(void *arg, uint8_t severity, int64_t due_ms,
                               struct slice id, struct slice value);
size_t state_timers_due(struct state *s, int64_t now_ms,
                        state_timer_visit *visit, void *arg);

/* This timer and those of its severity before it are passed over, until an
 * earlier one than it is put or until all are looked at again: so that many
 * that have to wait need not be walked over for each one behind them. */
void state_timers_pass(struct state *s, uint8_t severity, int64_t due_ms,
                       struct slice id);
void state_timers_look_again(struct state *s);
/* state_timers_next() of those that are not passed over, and whether any is;
 * state_timers_due() visits them alone. */
bool state_timers_next_open(struct state *s, int64_t *due_ms);

const char *state_table_name(enum state_table table);

#endif
