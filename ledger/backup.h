/* backup - a copy of a running ledger, and the way back.
 *
 * The state is copied first and the journal after it, so that the copy's
 * journal always reaches what its state stands for. LMDB files are copied with
 * MDB_CP_COMPACT from a process or thread other than the owner's: the plain
 * copy waits for a writer's lock that is never free.
 *
 *   BACKUP/MANIFEST         text, one line per file:
 *                           digest, size, name; then the heads and a last line
 *                           with the digest of all lines before it
 *   BACKUP/state.mdb keys.mdb epoch journal/ blobs/ snapshots/ policy/
 *
 * The keys are in it: a customer forgotten later can still be read with an old
 * backup, so backups must be kept no longer than the right to be forgotten
 * allows; keys.mdb may be left out (with_keys false) and kept elsewhere.
 *
 * Errors   EXISTS: the target is not empty. CORRUPT: a file is not what the
 *          manifest says, or the chain breaks. FULL.
 * Threads  Not in the owner's thread while it appends. Restore: no owner.
 */
#ifndef LEDGER_BACKUP_H
#define LEDGER_BACKUP_H

#include "base/error.h"
#include "ledger/journal.h"

struct backup_options {
    const char *ledger_dir;
    const char *to_dir;     /* missing or empty */
    const char *policy_dir; /* copied along; NULL: none */
    bool without_keys;
    struct ledger *live; /* when run in a thread of the owner's process */
};

struct backup_report {
    uint64_t applied; /* sequence of the state */
    uint64_t last;    /* of the journal */
    uint64_t files;
    uint64_t bytes;
};

MUST_CHECK enum status backup_make(const struct backup_options *options,
                                   struct backup_report *report,
                                   struct error *err);

/* Checks every file against the manifest and the journal's chain. */
MUST_CHECK enum status
backup_verify(const char *dir, struct backup_report *report, struct error *err);

/* Into a missing or empty directory; verifies before and after. policy_to: the
 * saved policy goes there, NULL leaves it out. */
MUST_CHECK enum status backup_restore(const char *from_dir,
                                      const char *ledger_dir,
                                      const char *policy_to,
                                      struct backup_report *report,
                                      struct error *err);

#endif
