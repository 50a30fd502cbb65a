/* journal_memory - the journal in memory, with the semantics of a crash.
 *
 * For simulate, tests and the simulator. An append is pending until next (or
 * journal_memory_commit) makes it durable; a crash loses what is pending, or
 * keeps some whole batches of it, as a real disk might.
 *
 * Memory   The store outlives the handles: close a journal, or crash it, and
 *          open the store again to see what survived.
 * Threads  One at a time.
 */
#ifndef LEDGER_JOURNAL_MEMORY_H
#define LEDGER_JOURNAL_MEMORY_H

#include "ledger/journal.h"

struct journal_memory; /* the store: what would be the disk */

struct journal_memory *journal_memory_new(void);
void journal_memory_free(struct journal_memory *m);

/* epoch: of the new owner; a handle of an older one then gets CONFLICT. */
MUST_CHECK enum status journal_memory_open(struct journal_memory *m,
                                           uint64_t epoch, struct journal **j,
                                           struct error *err);

/* Makes all that is pending durable, as next does. */
void journal_memory_commit(struct journal_memory *m);

/* Loses what is pending except its first keep_batches batches. */
void journal_memory_crash(struct journal_memory *m, size_t keep_batches);

size_t journal_memory_pending(const struct journal_memory *m); /* batches */

/* After so many more appends have passed, the next one returns status (FULL,
 * CONFLICT, IO) and changes nothing; IO stands for what would abort a real
 * process: from then on every call fails until a crash. */
void journal_memory_fail(struct journal_memory *m, size_t after,
                         enum status status);

/* Records per segment for trim and heads; 0 puts all into one. */
void journal_memory_segment(struct journal_memory *m, size_t records);

/* Flips one bit of a stored record, for tests of verification. */
void journal_memory_rot(struct journal_memory *m, uint64_t seq, size_t offset);

#endif
