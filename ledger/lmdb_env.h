/* lmdb_env - how the ledger opens LMDB, and what it does when LMDB fails.
 *
 * Flags are MDB_NOSUBDIR and MDB_NOTLS (and MDB_RDONLY for readers), nothing
 * else. The lock file is allocated for real before LMDB maps it: on a full
 * disk that is FULL instead of a SIGBUS.
 *
 * Its pages have no checksums, and reading a damaged one may end in SIGBUS or
 * in an assertion of LMDB's. Under a guard (base/mapped.h) that is CORRUPT;
 * elsewhere the process ends, with a sentence that names the file. What can be
 * made again is marked, so that the next start does so.
 *
 * Errors   Opening and reading: by lmdb_status(). Writing: lmdb_must() ends
 *          the process; a commit that failed cannot be told from one that did
 *          not, and LMDB 0.9.24 reports the next one as fine.
 * Threads  An environment is opened once per process.
 */
#ifndef LEDGER_LMDB_ENV_H
#define LEDGER_LMDB_ENV_H

#include <lmdb.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"

/* map_bytes 0: what the file says; with read_only only. */
MUST_CHECK enum status lmdb_env_open(const char *path, size_t map_bytes,
                                     bool read_only, MDB_env **env,
                                     struct error *err);

/* Takes NULL too. */
void lmdb_env_close(MDB_env *env);

/* This file can be made again of others. When its owner meets a damaged page,
 * he leaves "<path>.suspect" for his next start. */
void lmdb_env_renewable(MDB_env *env, bool owner);
MUST_CHECK enum status lmdb_suspect_path(const char *path, char *out,
                                         size_t room, struct error *err);

/* A read transaction, after sweeping dead readers if their table is full. */
MUST_CHECK enum status lmdb_begin_read(MDB_env *env, MDB_txn **txn,
                                       struct error *err);

/* A compacted copy, synced. Not in a thread that writes. */
MUST_CHECK enum status lmdb_env_copy(MDB_env *env, const char *to_path,
                                     struct error *err);

/* Bytes of the file that are in use by the newest commit. */
size_t lmdb_used_bytes(MDB_env *env);

enum status lmdb_status(int rc);
enum status lmdb_error(struct error *err, int rc, const char *what);

/* Ends the process unless rc is 0. */
void lmdb_must(MDB_env *env, int rc, const char *what);

static inline MDB_val lmdb_val(struct slice s)
{
    return (MDB_val){s.size, (void *)(uintptr_t)s.data};
}

static inline struct slice lmdb_slice(const MDB_val *v)
{
    return slice_of(v->mv_data, v->mv_size);
}

#endif
