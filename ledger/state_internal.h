/* state_internal - what the files of the state share. */
#ifndef LEDGER_STATE_INTERNAL_H
#define LEDGER_STATE_INTERNAL_H

#include <lmdb.h>
#include <pthread.h>

#include "base/digest.h"
#include "ledger/memtable.h"
#include "ledger/state.h"

#define STATE_META_APPLIED "applied"
#define STATE_META_LOADING "loading" /* half a snapshot: start empty */

/* What is known about the earliest timer of one severity. */
enum timer_floor_kind {
    FLOOR_AT_LEAST, /* no timer lies before key */
    FLOOR_IS,       /* key is the earliest timer */
    FLOOR_NONE      /* there is no timer */
};

struct timer_floor {
    enum timer_floor_kind kind;
    size_t size;
    uint8_t key[STATE_KEY_MAX];
};

/* Where a walk over the timers of a severity begins. */
struct timer_mark {
    size_t size; /* 0: at the first one */
    bool behind; /* behind the key, not at it */
    uint8_t key[STATE_KEY_MAX];
};

/* Who may touch the frozen memtable and the fields marked *. */
enum checkpoint_phase {
    CHECKPOINT_IDLE,
    CHECKPOINT_FROZEN, /* waits until the journal is durable that far */
    CHECKPOINT_WRITE,  /* the second thread writes; owner reads on */
    CHECKPOINT_DONE,   /* committed; the owner may take over */
    CHECKPOINT_FREE,   /* the second thread frees what was frozen */
    CHECKPOINT_STOP    /* the second thread ends */
};

struct checkpoint {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    _Atomic int phase;
    bool started;
    uint64_t seq;            /* * what the frozen rows stand for */
    struct memtable *memory; /* * to write, or to empty for the next one */
    int64_t took_ms;         /* * of the last write */
    bool loading;            /* * see STATE_META_LOADING */
    struct memtable *spare;  /* * an empty one for the next freezing, or NULL */

    /* The owner's policy. */
    int64_t dirty_since_ms; /* 0: nothing unwritten, as far as ticks saw */
    int64_t started_ms;     /* of the last one */
    int64_t reader_check_ms;
};

struct state {
    const struct clock *clock;
    struct state_options options;
    MDB_env *env; /* NULL: memory only */
    MDB_txn *base;
    bool base_empty;
    struct memtable *active;
    struct memtable *frozen; /* NULL: none */
    uint64_t applied;
    uint64_t durable;
    uint64_t changes; /* puts, deletes, freezes and takings over */
    uint64_t takings; /* the base was renewed so often */
    struct timer_floor floors[STATE_SEVERITIES];
    struct timer_mark marks[STATE_SEVERITIES];
    struct checkpoint checkpoint;
    struct state_stats stats;
};

/* Key as it lies in LMDB; out has LIMIT_KEY_BYTES room. */
MDB_val state_base_key(enum state_table table, struct slice key, uint8_t *out);

/* The earliest due of a severity may have changed. */
void state_timers_put(struct state *s, struct slice key);
void state_timers_delete(struct state *s, struct slice key);
void state_timers_init(struct state *s);

/* checkpoint.c */
enum status checkpoint_start(struct state *s, struct error *err);
void checkpoint_stop(struct state *s);
struct memtable *checkpoint_new_memtable(size_t expected);

/* One walk over rows in canonical order, feeding the hash. */
void state_hash_row(struct digest_stream *d, enum state_table table,
                    struct slice key, struct slice value);

/* state.c */
void state_renew_base(struct state *s);

#endif
