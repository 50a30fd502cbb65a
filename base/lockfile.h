/* lockfile - one process at a time, and a name for the one that has it.
 *
 * The lock is an open-file-description lock (fcntl(2)) on a file that holds the
 * owner's pid as text; the kernel lets go of it when the process ends, so a
 * stale file locks nobody out. The file stays: unlinking it would let two have
 * it.
 *
 * Memory   A zeroed lockfile that was never taken may be released.
 * Errors   BUSY: "held by process 812 (yinuo-router)"; IO and others by errno.
 * Threads  One at a time. The descriptor is closed on exec.
 */
#ifndef BASE_LOCKFILE_H
#define BASE_LOCKFILE_H

#include <sys/types.h>

#include "base/error.h"
#include "base/limits.h"

struct lockfile {
    int fd_plus_one; /* 0: not held */
    char path[LIMIT_PATH_BYTES];
};

MUST_CHECK enum status lockfile_take(struct lockfile *lock, const char *path,
                                     struct error *err);
void lockfile_release(struct lockfile *lock);

/* The pid of who holds it now, 0 when nobody does. */
pid_t lockfile_holder(const char *path);

#endif
