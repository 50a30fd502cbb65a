/* mapped - files mapped into memory, and what happens where one is damaged.
 *
 * A file that was cut short, or a block that the disk cannot give, ends a read
 * of the map in SIGBUS; a page of nonsense leads a reader beyond the map, or
 * anywhere, to SIGSEGV. Both are caught where they concern a watched map, by
 * their address or because a thread has said what it is reading:
 *
 *   under a guard   the reader is taken back to where he set it
 *   elsewhere       the map's own "end" is called; it ends the process
 *
 *     struct mapped_guard guard;
 *
 *     if (MAPPED_GUARD(&guard)) {
 *         status = ... read, allocate nothing that must be freed ...
 *         mapped_leave(&guard);
 *     } else {
 *         status = STATUS_CORRUPT;
 *     }
 *
 * Every other fault ends the process as it would have without us.
 *
 * Memory   What is watched is copied. Under a guard nothing may be taken that
 *          is lost when the reader is taken back: no locks, no allocations.
 * Errors   More maps than MAPPED_MAX, or no /proc: the rest is not watched.
 * Threads  Any. A guard is its thread's own; they may be nested.
 */
#ifndef BASE_MAPPED_H
#define BASE_MAPPED_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>

enum { MAPPED_MAX = 256 };

/* Called in the thread that met the damage, and in no handler's narrow world:
 * nothing was under way there but reading. Returning ends the process too. */
typedef void mapped_end(const char *path);

/* The map of an open file, from its start on; "of" is whose it is, and its name
 * here. Again with the same one: where it is now, and another end. */
void mapped_watch(const void *of, int fd, const char *path, mapped_end *end);
void mapped_forget(const void *of);

/* What an "end" does: a sentence to the log, and exit code 1 where another
 * start may help, CHILD_EXIT_FINAL where a person has to. */
void mapped_give_up(const char *path, const char *consequence, bool again)
    __attribute__((noreturn));

/* For who speaks to people and has exit codes of his own: the sentence goes to
 * stderr. */
void mapped_speak_as(const char *program, int exit_code);

struct mapped_guard {
    sigjmp_buf back;
    struct mapped_guard *outer;
};

/* True at first; false when a damaged page took us back. */
#define MAPPED_GUARD(guard)                                                    \
    (mapped_enter(guard), sigsetjmp((guard)->back, 0) == 0)
void mapped_enter(struct mapped_guard *guard);
void mapped_leave(struct mapped_guard *guard);

/* What this thread reads or writes by way of a library from now on; NULL:
 * nothing. Any fault until then is damage of it. */
void mapped_reading(const void *of);

/* Who reads has found out by himself that it is damaged: the same way out. */
void mapped_damaged(const void *of) __attribute__((noreturn));

#endif
