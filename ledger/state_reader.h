/* state_reader - the last checkpoint, for other threads and processes.
 *
 * Opens the state's file read-only in another process, or borrows the live
 * state's environment in another thread of the owner's process, and holds one
 * read transaction: everything it shows stands for one sequence.
 *
 * Memory   Rows are valid until next or close.
 * Errors   CORRUPT, IO; NOT_FOUND when there is no file.
 * Threads  One per reader. Close it soon: while it is open the file cannot
 *          reuse what later checkpoints free.
 */
#ifndef LEDGER_STATE_READER_H
#define LEDGER_STATE_READER_H

#include "base/bytes.h"
#include "ledger/state.h"

struct state_reader;

MUST_CHECK enum status
state_reader_open(const char *path, struct state_reader **r, struct error *err);

/* NOT_FOUND for a memory-only state. */
MUST_CHECK enum status state_reader_of(struct state *s, struct state_reader **r,
                                       struct error *err);
void state_reader_close(struct state_reader **out);

uint64_t state_reader_applied(const struct state_reader *r);

/* Rows in canonical order, meta included; END after the last. */
MUST_CHECK enum status state_reader_next(struct state_reader *r,
                                         enum state_table *table,
                                         struct slice *key, struct slice *value,
                                         struct error *err);
void state_reader_rewind(struct state_reader *r);

bool state_reader_get(struct state_reader *r, enum state_table table,
                      struct slice key, struct slice *value);

/* As state_hash(). Rewinds before and after. */
MUST_CHECK enum status state_reader_hash(struct state_reader *r,
                                         struct digest *hash, uint64_t *rows,
                                         struct error *err);

/* A compacted copy of the file, which may stand for a later checkpoint than
 * the reader shows. */
MUST_CHECK enum status state_reader_copy(struct state_reader *r,
                                         const char *to_path,
                                         struct error *err);

#endif
