/* journal_lmdb_internal - what the files of the journal on disk share.
 *
 * Memory   A held segment stays open until it is let go.
 * Errors   As of ledger/journal.h.
 * Threads  The mutex is taken by journal_lmdb_hold and journal_lmdb_let_go.
 */
#ifndef LEDGER_JOURNAL_LMDB_INTERNAL_H
#define LEDGER_JOURNAL_LMDB_INTERNAL_H

#include <pthread.h>

#include "ledger/journal_internal.h"
#include "ledger/journal_lmdb.h"
#include "ledger/segment.h"

enum { JOURNAL_QUEUE = 4 }; /* batches handed over and not written yet */

/* The second thread of a threaded journal (journal_lmdb_writer.c). */
struct journal_writer {
    pthread_t thread;
    bool started;
    int fd;          /* of events: something has become durable */
    uint64_t handed; /* last sequence handed over; the owner's */

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t work, done;
    struct {
        const struct record *records;
        size_t count;
    } queue[JOURNAL_QUEUE];
    size_t first, count;
    uint64_t durable;
    bool told;          /* fd says so, and next has not heard it */
    enum status failed; /* and why: nothing more is written */
    struct error error;
    bool stop;
};

struct journal_lmdb {
    struct journal journal; /* first: the interface's pointer is ours */
    char dir[LIMIT_PATH_BYTES];
    struct journal_lmdb_options options;
    bool read_only;

    struct journal_writer writer;
    struct segment *spare; /* NULL: could not be made yet; who writes owns it */

    pthread_mutex_t mutex;     /* guards all below */
    struct segment **segments; /* begun ones, oldest first */
    size_t count, capacity;
    struct journal_position position;
    struct journal_stats stats;
};

struct journal_lmdb *journal_lmdb_of(struct journal *journal);

/* --- the list of segments; the mutex is held, or nobody else is there yet ---
 */

MUST_CHECK enum status journal_lmdb_load(struct journal_lmdb *j,
                                         struct error *err);
MUST_CHECK enum status journal_lmdb_take_file(struct journal_lmdb *j,
                                              uint32_t number,
                                              struct error *err);
MUST_CHECK enum status journal_lmdb_find_end(struct journal_lmdb *j,
                                             struct error *err);
MUST_CHECK enum status journal_lmdb_push(struct journal_lmdb *j,
                                         struct segment *s, struct error *err);
void journal_lmdb_close_idle(struct journal_lmdb *j);
void journal_lmdb_make_spare(struct journal_lmdb *j);
struct segment *journal_lmdb_active(const struct journal_lmdb *j);
uint64_t journal_lmdb_map_bytes(const struct journal_lmdb *j);

/* --- writing --- */

/* One batch, durable when it returns; by the owner, or by the writer. */
MUST_CHECK enum status journal_lmdb_write(struct journal_lmdb *j,
                                          const struct record *records,
                                          size_t count, struct error *err);

MUST_CHECK enum status journal_writer_start(struct journal_lmdb *j,
                                            struct error *err);
/* Writes what is queued first. */
void journal_writer_stop(struct journal_lmdb *j);
/* Waits where the queue is full. A few records are written at once where
 * nothing is queued. */
MUST_CHECK enum status journal_writer_hand(struct journal_lmdb *j,
                                           const struct record *records,
                                           size_t count, struct error *err);
MUST_CHECK enum status journal_writer_next(struct journal_lmdb *j,
                                           uint64_t ticket, uint64_t *durable,
                                           struct error *err);

/* --- one of them, for a while --- */

/* The first segment from that number on; END behind the last. */
MUST_CHECK enum status journal_lmdb_hold(struct journal_lmdb *j,
                                         uint32_t number, struct segment **out,
                                         struct error *err);
void journal_lmdb_let_go(struct journal_lmdb *j, struct segment *s);

#endif
