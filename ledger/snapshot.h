/* snapshot - all rows of the state at one sequence, in a file of our own.
 *
 * Stands for the records that retention trims, starts a standby, survives a
 * change of the store's format. Parsed with every length checked, so it may
 * come from elsewhere; an LMDB file may not.
 *
 *   snapshots/00000000000000004711.snap
 *
 *    0  8  magic "YnSnap01"
 *    8  8  sequence
 *   16 32  chain digest of that record
 *   48  8  rows
 *   56 32  state hash (see state_hash)
 *   88  8  bytes of the body when unpacked
 *   96  8  bytes of the body as stored
 *  104  …  body, zstd: rows as table u8 | key size u16 | value size u32 | key |
 *          value, in canonical order
 *    …  32  BLAKE2b-256 over all before it
 *
 * Errors   CORRUPT, VERSION; FULL. A snapshot that was not finished has
 *          another name and is removed by snapshot_list().
 * Threads  Writing: any thread, from a reader. Loading: the state's owner.
 */
#ifndef LEDGER_SNAPSHOT_H
#define LEDGER_SNAPSHOT_H

#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "ledger/state.h"
#include "ledger/state_reader.h"

struct snapshot_info {
    uint64_t seq;
    uint64_t rows;
    struct digest chain; /* of record seq */
    struct digest hash;  /* of the state */
    uint64_t file_bytes;
};

/* Writes and syncs a snapshot of what the reader shows. chain is that of the
 * record state_reader_applied(). info may be NULL. */
MUST_CHECK enum status snapshot_write(const char *dir, struct state_reader *r,
                                      const struct digest *chain,
                                      struct snapshot_info *info,
                                      struct error *err);

/* The same from the live state in the owner's thread; for memory-only ones. */
MUST_CHECK enum status snapshot_write_live(const char *dir, struct state *s,
                                           const struct digest *chain,
                                           struct snapshot_info *info,
                                           struct error *err);

/* Seal, every row and the state hash. */
MUST_CHECK enum status snapshot_verify(const char *dir, uint64_t seq,
                                       struct snapshot_info *info,
                                       struct error *err);

/* Into an empty state, whose applied sequence becomes the snapshot's. */
MUST_CHECK enum status snapshot_load(const char *dir, uint64_t seq,
                                     struct state *s,
                                     struct snapshot_info *info,
                                     struct error *err);

/* Sequences of the finished snapshots, ascending. *count is how many there
 * are; out gets at most room. A missing directory has none. */
MUST_CHECK enum status snapshot_list(const char *dir, uint64_t *out,
                                     size_t room, size_t *count,
                                     struct error *err);

/* DIR/<seq>.snap and the suffix. */
MUST_CHECK enum status snapshot_path(const char *dir, uint64_t seq,
                                     const char *suffix,
                                     char out[LIMIT_PATH_BYTES],
                                     struct error *err);

/* Removes all but the newest keep. */
MUST_CHECK enum status snapshot_prune(const char *dir, size_t keep,
                                      struct error *err);

#endif
