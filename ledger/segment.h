/* segment - one file of the journal: an LMDB environment of its own.
 *
 * SPARE (made, synced, empty) -> active (begun with its first batch) -> sealed
 * (the next one has begun) -> removed. The bytes are in ledger/journal_lmdb.h.
 *
 * Memory   segment_free closes and frees; a doomed segment is also removed
 *          from the disk by then.
 * Errors   CORRUPT: the header is damaged or of another format.
 * Threads  The journal's mutex guards all fields; env, once open, stays so
 *          while users > 0.
 */
#ifndef LEDGER_SEGMENT_H
#define LEDGER_SEGMENT_H

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"

struct segment {
    uint32_t number;
    bool begun;
    uint64_t first;       /* valid once begun */
    uint64_t last;        /* newest record */
    struct digest before; /* chain digest of first - 1 */
    struct digest chain;  /* of last */
    MDB_env *env;         /* NULL: closed, opened again when needed */
    unsigned users;       /* reads under way */
    bool read_only;
    bool doomed; /* trimmed: goes from the disk when the last user ends */
    char path[LIMIT_PATH_BYTES];
};

enum { SEGMENT_HEADER_BYTES = 64, SEGMENT_NAME_SIZE = 16 };

/* "000001.mdb" */
void segment_name(uint32_t number, char out[SEGMENT_NAME_SIZE]);

/* False for other files, lock files among them. */
bool segment_parse_name(const char *name, uint32_t *number);

/* Makes and syncs a spare; map_bytes is address space. FULL leaves nothing. */
MUST_CHECK enum status segment_create(const char *dir, uint32_t number,
                                      uint64_t map_bytes, struct segment **s,
                                      struct error *err);

/* Opens and reads the header. NOT_FOUND: no file, or one that was not made to
 * its end and may be removed. */
MUST_CHECK enum status segment_load(const char *dir, uint32_t number,
                                    uint64_t map_bytes, bool read_only,
                                    struct segment **s, struct error *err);

/* Opens env when it is closed. */
MUST_CHECK enum status segment_reopen(struct segment *s, uint64_t map_bytes,
                                      struct error *err);
void segment_close_env(struct segment *s);
void segment_free(struct segment **out);

/* Removes the files of that number, whatever they are. */
void segment_remove(const char *dir, uint32_t number);

/* In the transaction of the first batch. */
void segment_begin(struct segment *s, MDB_txn *txn, uint64_t first,
                   const struct digest *before);

/* Reads last and chain from the newest record; *epoch and *journal_ms too. */
MUST_CHECK enum status segment_read_last(struct segment *s, uint64_t *epoch,
                                         int64_t *journal_ms,
                                         struct error *err);

#endif
