/* journal_lmdb - the journal in segments, one LMDB environment each.
 *
 *   journal/000001.mdb  000001.mdb-lock   sealed by size
 *   journal/000002.mdb  000002.mdb-lock   active: takes the batches
 *   journal/000003.mdb  000003.mdb-lock   spare: made and synced beforehand
 *
 * Keys are sequence numbers, 8 bytes big-endian, put with MDB_APPEND; the
 * value is the record of ledger/record.h. Key 0 holds the segment's header:
 *
 *    0  8  magic "YnSegm01"
 *    8  4  number of the segment
 *   12  4  state: 0 spare, 1 begun
 *   16  8  first sequence, 0 while spare
 *   24 32  chain digest before it, zero while spare or at the beginning
 *   56  4  CRC32C over bytes 0 to 55
 *   60  4  zero
 *
 * A segment begins in the same commit as its first batch. It is sealed by the
 * next one beginning: nothing is written to it again, so retention is an
 * unlink. One batch is one commit, with the flags MDB_NOSUBDIR and MDB_NOTLS
 * and nothing else.
 *
 * Errors   FULL also when a spare segment is due and cannot be made.
 * Threads  As journal.h; may_write is asked in the writing thread, too. A
 *          reader handle (journal_lmdb_reader) may be opened
 *          in another process beside the owner; never in the same one.
 */
#ifndef LEDGER_JOURNAL_LMDB_H
#define LEDGER_JOURNAL_LMDB_H

#include "ledger/journal.h"

struct journal_lmdb_options {
    uint64_t epoch;         /* of this owner; older ones are refused */
    uint64_t segment_bytes; /* 0: LIMIT_SEGMENT_BYTES */

    /* Asked before a batch of so many bytes; FULL makes append return it.
     * NULL: never. */
    enum status (*may_write)(void *state, uint64_t bytes, struct error *err);
    void *may_write_state;

    /* Batches are written by a thread of its own: append hands over, next
     * waits. Else append writes, and is deterministic. */
    bool threaded;
};

/* dir is made when missing. The caller holds the ledger's lock. */
MUST_CHECK enum status
journal_lmdb_open(const char *dir, const struct journal_lmdb_options *options,
                  struct journal **j, struct error *err);

/* For verify, dump, stats, backup beside a running owner: append and trim say
 * DENIED; sees what is durable, also segments that come later. */
MUST_CHECK enum status journal_lmdb_reader(const char *dir, struct journal **j,
                                           struct error *err);

/* A compacted copy of all segments into an existing directory, oldest first;
 * *last is the newest record in it. For any thread but the owner's. */
MUST_CHECK enum status journal_lmdb_copy(struct journal *j, const char *to_dir,
                                         uint64_t *last, struct error *err);

/* Rewrites the records whose part is to go, in place, one small transaction
 * per LIMIT_RETENTION_TXN. choose says which. Owner only. */
MUST_CHECK enum status
journal_lmdb_erase(struct journal *j, enum record_part part,
                   bool (*choose)(void *state, const struct record *r),
                   void *state, uint64_t *erased, struct error *err);

#endif
