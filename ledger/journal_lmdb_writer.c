/* The journal's own thread: digests, CRC, LMDB and the commit's flushes happen
 * here, while the owner decides on what comes next. Batches are written one
 * after the other, in the order handed over, one commit each.
 *
 * At once when idle, batch under load: a few records, with nothing queued, are
 * written by their owner. To wake another thread and be woken by it takes
 * longer than what could be decided meanwhile. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "ledger/journal_lmdb_internal.h"

enum { FEW = 4 }; /* records */

/* The mutex is held. */
static void tell(struct journal_writer *w)
{
    w->told = true;
    if (write(w->fd, &(uint64_t){1}, 8) != 8)
        log_warn("JOURNAL-WAKE",
                 "the owner is not woken -> it looks by itself at its next "
                 "turn");
}

/* False when there is nothing to do any more; the mutex is held. */
static bool wait_for_work(struct journal_writer *w)
{
    while (w->count == 0 && !w->stop)
        pthread_cond_wait(&w->work, &w->mutex);
    return w->count > 0;
}

static void *run(void *arg)
{
    struct journal_lmdb *j = arg;
    struct journal_writer *w = &j->writer;

    pthread_setname_np(pthread_self(), "journal");
    pthread_mutex_lock(&w->mutex);
    while (wait_for_work(w)) {
        const struct record *records = w->queue[w->first].records;
        size_t count = w->queue[w->first].count;
        uint64_t last = records[count - 1].seq;
        struct error err = {0};
        enum status status = w->failed;

        pthread_mutex_unlock(&w->mutex);
        if (status == STATUS_OK)
            status = journal_lmdb_write(j, records, count, &err);
        pthread_mutex_lock(&w->mutex);
        w->first = (w->first + 1) % JOURNAL_QUEUE;
        w->count--;
        if (status == STATUS_OK) {
            w->durable = last;
        } else if (w->failed == STATUS_OK) {
            w->failed = status;
            w->error = err;
        }
        pthread_cond_signal(&w->done);
        tell(w);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

enum status journal_writer_start(struct journal_lmdb *j, struct error *err)
{
    struct journal_writer *w = &j->writer;

    w->handed = w->durable = j->position.last;
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->fd < 0)
        return error_set_errno(err, errno, "start the journal's thread");
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->work, NULL);
    pthread_cond_init(&w->done, NULL);
    int number = pthread_create(&w->thread, NULL, run, j);

    w->started = number == 0;
    if (w->started)
        return STATUS_OK;
    close(w->fd);
    return error_set_errno(err, number, "start the journal's thread");
}

void journal_writer_stop(struct journal_lmdb *j)
{
    struct journal_writer *w = &j->writer;

    if (!w->started)
        return;
    pthread_mutex_lock(&w->mutex);
    w->stop = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    w->started = false;
    pthread_cond_destroy(&w->done);
    pthread_cond_destroy(&w->work);
    pthread_mutex_destroy(&w->mutex);
    close(w->fd);
}

/* The mutex is held. */
static enum status failure(const struct journal_writer *w, struct error *err)
{
    return error_set(err, w->failed, "%s", w->error.text);
}

/* The mutex is held, and nothing is queued: the thread sleeps or is about to,
 * and nobody else wakes it. */
static enum status write_at_once(struct journal_lmdb *j,
                                 const struct record *records, size_t count,
                                 struct error *err)
{
    struct journal_writer *w = &j->writer;

    pthread_mutex_unlock(&w->mutex);
    enum status status = journal_lmdb_write(j, records, count, err);

    pthread_mutex_lock(&w->mutex);
    if (status == STATUS_OK)
        w->durable = w->handed = records[count - 1].seq;
    return status;
}

/* The mutex is held. */
static enum status enqueue(struct journal_writer *w,
                           const struct record *records, size_t count,
                           struct error *err)
{
    while (w->count == JOURNAL_QUEUE && w->failed == STATUS_OK)
        pthread_cond_wait(&w->done, &w->mutex);
    if (w->failed != STATUS_OK)
        return failure(w, err);
    size_t at = (w->first + w->count++) % JOURNAL_QUEUE;

    w->queue[at].records = records;
    w->queue[at].count = count;
    w->handed += count;
    pthread_cond_signal(&w->work);
    return STATUS_OK;
}

enum status journal_writer_hand(struct journal_lmdb *j,
                                const struct record *records, size_t count,
                                struct error *err)
{
    struct journal_writer *w = &j->writer;

    pthread_mutex_lock(&w->mutex);
    enum status status = count <= FEW && w->count == 0 && w->failed == STATUS_OK
                             ? write_at_once(j, records, count, err)
                             : enqueue(w, records, count, err);

    pthread_mutex_unlock(&w->mutex);
    return status;
}

enum status journal_writer_next(struct journal_lmdb *j, uint64_t ticket,
                                uint64_t *durable, struct error *err)
{
    struct journal_writer *w = &j->writer;
    enum status status = STATUS_OK;
    uint64_t n;

    assert(ticket <= w->handed);
    pthread_mutex_lock(&w->mutex);
    while (w->durable < ticket && w->failed == STATUS_OK)
        pthread_cond_wait(&w->done, &w->mutex);
    *durable = w->durable;
    if (w->failed != STATUS_OK && (ticket == 0 || w->durable < ticket))
        status = failure(w, err);
    bool told = w->told;

    w->told = false;
    pthread_mutex_unlock(&w->mutex);
    if (told && read(w->fd, &n, sizeof n) < 0)
        log_debug("JOURNAL-QUIET", "it had been made quiet before");
    return status;
}
