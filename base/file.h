/* file - whole files, written so that a crash leaves the old one or the new.
 *
 * Errors   By errno, with the path in the sentence; TOO_LARGE past a limit.
 * Threads  Any.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/slice.h"

/* Appends the contents to out, at most limit bytes of them. */
MUST_CHECK enum status file_read(const char *path, size_t limit,
                                 struct bytes *out, struct error *err);

/* Into a file beside it, synced, renamed over it, the directory synced. */
MUST_CHECK enum status file_write_atomic(const char *path, struct slice bytes,
                                         mode_t mode, struct error *err);

/* With its parents; OK if it is there already as a directory. */
MUST_CHECK enum status file_make_dirs(const char *path, mode_t mode,
                                      struct error *err);

MUST_CHECK enum status file_sync_dir(const char *path, struct error *err);

/* Bytes that an ordinary user may still write on the file system of path. */
MUST_CHECK enum status file_free_space(const char *path, uint64_t *free_bytes,
                                       struct error *err);

/* "dir/name" in out; TOO_LARGE when it does not fit. */
MUST_CHECK enum status file_join(char *out, size_t room, const char *dir,
                                 const char *name, struct error *err);

bool file_exists(const char *path);
/* A directory on the way to it lets nobody but its owner pass. */
bool file_is_denied(const char *path);

/* The directory of the running program, without a slash at its end. */
MUST_CHECK enum status file_program_dir(char *out, size_t room,
                                        struct error *err);

#endif
