#include "ledger/checkpoint.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mapped.h"
#include "base/writer.h"
#include "ledger/lmdb_env.h"
#include "ledger/memarena.h"
#include "ledger/state_internal.h"

enum {
    READER_CHECK_MS = 5000,
    WRITER_NICE = 5, /* the second thread yields to those who answer people */
};

bool checkpoint_due(const struct checkpoint_view *v)
{
    const struct state_options *o = v->options;

    if (v->bytes >= o->hard_bytes)
        return true;
    if (v->bytes >= o->soft_bytes && v->since_ms >= 10 * v->write_ms)
        return true;
    if (v->age_ms < (v->idle ? o->age_min_ms : o->age_max_ms))
        return false;
    return v->since_ms >= 50 * v->write_ms || v->since_ms >= 5 * o->age_max_ms;
}

struct memtable *checkpoint_new_memtable(size_t expected)
{
    struct memtable *m = memtable_new(expected);

    memtable_order_eagerly(m, STATE_TIMERS);
    return m;
}

/* --- the second thread --- */

static void write_row(MDB_txn *txn, MDB_cursor *cursor,
                      const struct mem_row *row)
{
    uint8_t place[LIMIT_KEY_BYTES];
    MDB_val key =
        state_base_key((enum state_table)row->table, mem_row_key(row), place);
    MDB_val value = lmdb_val(mem_row_value(row));

    if (!row->deleted) {
        lmdb_must(mdb_txn_env(txn), mdb_cursor_put(cursor, &key, &value, 0),
                  "write a checkpoint");
        return;
    }
    int rc = mdb_del(txn, 1, &key, NULL);

    lmdb_must(mdb_txn_env(txn), rc == MDB_NOTFOUND ? 0 : rc,
              "write a checkpoint");
}

static void write_meta(MDB_txn *txn, const char *name, struct slice value)
{
    uint8_t place[LIMIT_KEY_BYTES];
    MDB_val key = state_base_key(STATE_META, slice_of_text(name), place);
    MDB_val v = lmdb_val(value);

    lmdb_must(mdb_txn_env(txn), mdb_put(txn, 1, &key, &v, 0),
              "write a checkpoint");
}

static void write_sequence(MDB_txn *txn, const struct checkpoint *c)
{
    uint8_t place[LIMIT_KEY_BYTES];
    uint8_t applied[8];
    MDB_val key =
        state_base_key(STATE_META, slice_of_text(STATE_META_LOADING), place);

    put_u64(applied, c->seq);
    write_meta(txn, STATE_META_APPLIED, slice_of(applied, sizeof applied));
    if (c->loading) {
        write_meta(txn, STATE_META_LOADING, slice_of_text("1"));
        return;
    }
    int rc = mdb_del(txn, 1, &key, NULL);

    lmdb_must(mdb_txn_env(txn), rc == MDB_NOTFOUND ? 0 : rc,
              "write a checkpoint");
}

/* All of it or nothing: one transaction, sorted so that pages are touched in
 * order. */
static void write_frozen(struct state *s)
{
    struct checkpoint *c = &s->checkpoint;
    int64_t start_ns = clock_monotonic_ns(s->clock);
    struct mem_row **rows = memtable_rows(c->memory);
    size_t n = memtable_count(c->memory);
    MDB_cursor *cursor;
    MDB_txn *txn;

    mapped_reading(s->env);
    lmdb_must(s->env, mdb_txn_begin(s->env, NULL, 0, &txn),
              "begin a checkpoint");
    lmdb_must(mdb_txn_env(txn), mdb_cursor_open(txn, 1, &cursor),
              "begin a checkpoint");
    for (size_t i = 0; i < n; i++)
        write_row(txn, cursor, rows[i]);
    mdb_cursor_close(cursor);
    write_sequence(txn, c);
    lmdb_must(s->env, mdb_txn_commit(txn), "commit a checkpoint");
    mapped_reading(NULL);
    free(rows);
    c->took_ms = (clock_monotonic_ns(s->clock) - start_ns) / 1000000;
}

static void set_phase(struct checkpoint *c, enum checkpoint_phase phase)
{
    pthread_mutex_lock(&c->mutex);
    c->phase = (int)phase;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->mutex);
}

static void wait_while(struct checkpoint *c, enum checkpoint_phase a,
                       enum checkpoint_phase b)
{
    pthread_mutex_lock(&c->mutex);
    while (c->phase == (int)a || c->phase == (int)b)
        pthread_cond_wait(&c->changed, &c->mutex);
    pthread_mutex_unlock(&c->mutex);
}

/* Waits for work and returns its phase. */
static enum checkpoint_phase wait_for_work(struct checkpoint *c)
{
    pthread_mutex_lock(&c->mutex);
    while (c->phase != CHECKPOINT_WRITE && c->phase != CHECKPOINT_FREE &&
           c->phase != CHECKPOINT_STOP)
        pthread_cond_wait(&c->changed, &c->mutex);
    enum checkpoint_phase phase = (enum checkpoint_phase)c->phase;

    pthread_mutex_unlock(&c->mutex);
    return phase;
}

/* What was frozen becomes the room of the next one: pages that are there need
 * not be asked for again, nor slots be made more one doubling after the other.
 */
static void put_by(struct checkpoint *c)
{
    size_t bytes = memtable_mapped(c->memory);

    assert(c->spare == NULL);
    if (memtable_is_roomy(c->memory)) {
        memtable_free(c->memory);
    } else {
        memtable_reset(c->memory);
        c->spare = c->memory;
    }
    memarena_trim(bytes); /* the next one may need as much */
    c->memory = NULL;
}

static void *run(void *arg)
{
    struct state *s = arg;
    struct checkpoint *c = &s->checkpoint;

    pthread_setname_np(pthread_self(), "checkpoint");
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), WRITER_NICE);
    for (;;) {
        switch (wait_for_work(c)) {
        case CHECKPOINT_WRITE:
            write_frozen(s);
            set_phase(c, CHECKPOINT_DONE);
            break;
        case CHECKPOINT_FREE:
            put_by(c);
            set_phase(c, CHECKPOINT_IDLE);
            break;
        default:
            return NULL;
        }
    }
}

enum status checkpoint_start(struct state *s, struct error *err)
{
    struct checkpoint *c = &s->checkpoint;

    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->changed, NULL);
    if (s->env == NULL || s->options.inline_checkpoints)
        return STATUS_OK;
    int number = pthread_create(&c->thread, NULL, run, s);

    if (number != 0)
        return error_set_errno(err, number, "start the checkpoint thread");
    c->started = true;
    return STATUS_OK;
}

void checkpoint_stop(struct state *s)
{
    struct checkpoint *c = &s->checkpoint;

    if (!c->started)
        return;
    wait_while(c, CHECKPOINT_WRITE, CHECKPOINT_FREE);
    set_phase(c, CHECKPOINT_STOP);
    pthread_join(c->thread, NULL);
    c->started = false;
}

/* --- the owner --- */

static void note_owner_time(struct state *s, int64_t start_ns)
{
    int64_t us = (clock_monotonic_ns(s->clock) - start_ns) / 1000;

    if (us > s->stats.longest_take_us)
        s->stats.longest_take_us = us;
}

static void freeze(struct state *s, int64_t now_ms)
{
    struct checkpoint *c = &s->checkpoint;
    int64_t start_ns = clock_monotonic_ns(s->clock);

    assert(s->frozen == NULL && c->phase == CHECKPOINT_IDLE);
    c->memory = s->frozen = s->active;
    c->seq = s->applied;
    s->active = c->spare != NULL
                    ? c->spare
                    : checkpoint_new_memtable(memtable_count(s->frozen) / 2);
    c->spare = NULL;
    c->phase = CHECKPOINT_FROZEN;
    c->dirty_since_ms = 0;
    c->started_ms = now_ms;
    s->changes++;
    note_owner_time(s, start_ns);
}

static void begin_writing(struct state *s)
{
    if (s->checkpoint.started) {
        set_phase(&s->checkpoint, CHECKPOINT_WRITE);
        return;
    }
    write_frozen(s);
    s->checkpoint.phase = CHECKPOINT_DONE;
}

static void take_over(struct state *s)
{
    struct checkpoint *c = &s->checkpoint;
    int64_t start_ns = clock_monotonic_ns(s->clock);

    state_renew_base(s);
    s->changes++;
    s->durable = c->seq;
    s->frozen = NULL;
    s->stats.checkpoints++;
    s->stats.last_write_ms = c->took_ms;
    s->stats.total_write_ms += c->took_ms;
    if (c->started) {
        set_phase(c, CHECKPOINT_FREE);
    } else {
        memtable_free(c->memory);
        c->memory = NULL;
        c->phase = CHECKPOINT_IDLE;
    }
    note_owner_time(s, start_ns);
}

static void check_readers(struct state *s, int64_t now_ms)
{
    struct checkpoint *c = &s->checkpoint;
    int dead = 0;

    if (now_ms - c->reader_check_ms < READER_CHECK_MS)
        return;
    c->reader_check_ms = now_ms;
    mdb_reader_check(s->env, &dead);
    if (dead > 0)
        log_info("STATE-READERS-DEAD",
                 "%d reader(s) ended without closing -> their pages are free "
                 "again",
                 dead);
}

static bool due_now(struct state *s, const struct state_tick *t)
{
    struct checkpoint *c = &s->checkpoint;
    struct checkpoint_view v = {.options = &s->options,
                                .bytes = memtable_bytes(s->active),
                                .age_ms = t->now_ms - c->dirty_since_ms,
                                .since_ms = t->now_ms - c->started_ms,
                                .write_ms = s->stats.last_write_ms,
                                .idle = t->idle};

    if (t->hold || t->amid || c->phase != CHECKPOINT_IDLE ||
        memtable_count(s->active) == 0)
        return false;
    return checkpoint_due(&v);
}

static enum state_pressure pressure_of(const struct state *s,
                                       const struct state_tick *t)
{
    size_t bytes = memtable_bytes(s->active);

    if (s->env == NULL || (s->frozen == NULL && !t->hold))
        return STATE_EASY;
    return bytes >= s->options.hard_bytes   ? STATE_FULL
           : bytes >= s->options.soft_bytes ? STATE_BUSY
                                            : STATE_EASY;
}

enum state_pressure state_tick(struct state *s, const struct state_tick *t)
{
    struct checkpoint *c = &s->checkpoint;

    if (s->env == NULL)
        return STATE_EASY;
    if (c->phase == CHECKPOINT_DONE)
        take_over(s);
    if (c->dirty_since_ms == 0 && memtable_count(s->active) > 0)
        c->dirty_since_ms = t->now_ms;
    if (due_now(s, t))
        freeze(s, t->now_ms);
    if (c->phase == CHECKPOINT_FROZEN && t->durable_seq >= c->seq)
        begin_writing(s);
    check_readers(s, t->now_ms);
    return pressure_of(s, t);
}

/* The checkpoint under way, to its end. */
static void finish(struct state *s, uint64_t durable_seq)
{
    struct checkpoint *c = &s->checkpoint;

    wait_while(c, CHECKPOINT_FREE, CHECKPOINT_FREE);
    if (c->phase == CHECKPOINT_FROZEN) {
        assert(c->seq <= durable_seq);
        begin_writing(s);
    }
    wait_while(c, CHECKPOINT_WRITE, CHECKPOINT_WRITE);
    if (c->phase == CHECKPOINT_DONE)
        take_over(s);
    wait_while(c, CHECKPOINT_FREE, CHECKPOINT_FREE);
}

void state_checkpoint(struct state *s, uint64_t durable_seq)
{
    assert(s->applied <= durable_seq);
    if (s->env == NULL)
        return;
    finish(s, durable_seq);
    if (memtable_count(s->active) == 0 && s->durable == s->applied &&
        !s->checkpoint.loading)
        return;
    freeze(s, s->checkpoint.started_ms);
    finish(s, durable_seq);
}

void state_stats(struct state *s, struct state_stats *out)
{
    *out = s->stats;
    out->active_rows = memtable_count(s->active);
    out->active_bytes = memtable_bytes(s->active);
    out->frozen_rows = s->frozen != NULL ? memtable_count(s->frozen) : 0;
    out->frozen_bytes = s->frozen != NULL ? memtable_bytes(s->frozen) : 0;
    out->file_bytes = s->env != NULL ? lmdb_used_bytes(s->env) : 0;
}
