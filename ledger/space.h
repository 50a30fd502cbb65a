/* space - how much disk is left, and what may still be written.
 *
 *   free >= refuse              SPACE_OK     everything
 *   free >= stop, or just less  SPACE_LOW    no new events; acknowledgements,
 *                                            timers, receipts, retention
 *   free <  stop                SPACE_NONE   nothing
 *
 * A file `reserve` holds blocks for the worst day. When free space falls under
 * stop it is let go, which brings the ledger back to SPACE_LOW: what people do
 * goes on and a restart finds room for its files. It is made again once there
 * is room for it above refuse.
 *
 * LMDB shows a full disk as EIO and a new environment dies of SIGBUS there
 * (field-notes 7), so the question is asked before each batch.
 *
 * Units    Bytes that an ordinary user may write on the directory's file
 *          system.
 * Errors   FULL, with the figures in the sentence.
 * Threads  space_open and space_close: the owner. The others: any.
 */
#ifndef LEDGER_SPACE_H
#define LEDGER_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* clang-format off */
#define SPACE_LEVELS(X)                                                        \
    X(OK,   0, "ok")                                                           \
    X(LOW,  1, "low")  /* new events are refused */                            \
    X(NONE, 2, "none") /* nothing can be written */
/* clang-format on */

#define X(name, code, text) SPACE_##name = code,
enum space_level { SPACE_LEVELS(X) };
#undef X

struct space;

struct space_options {
    uint64_t refuse_bytes;  /* 0: LIMIT_DISK_RESERVE_BYTES */
    uint64_t stop_bytes;    /* 0: LIMIT_DISK_STOP_BYTES */
    uint64_t reserve_bytes; /* 0: twice stop_bytes */
};

/* Makes or keeps the reserve when there is room; lets it go when there is
 * none. A full disk is not an error. options may be NULL. */
MUST_CHECK enum status space_open(const char *dir,
                                  const struct space_options *options,
                                  struct space **s, struct error *err);
void space_close(struct space **s); /* the reserve stays */

/* Looks at the disk, lets the reserve go or makes it again. About 1 us. */
enum space_level space_check(struct space *s);

/* What the last check said. */
enum space_level space_level(const struct space *s);

/* FULL when a batch of so many bytes must not be started. */
MUST_CHECK enum status space_may_write(struct space *s, uint64_t bytes,
                                       struct error *err);

uint64_t space_free_bytes(struct space *s); /* at the last check */
bool space_has_reserve(struct space *s);

const char *space_level_name(enum space_level level);

/* Creates the file (and its parent's entry) with so many bytes really
 * allocated, or finds it so; FULL instead of a later SIGBUS. */
MUST_CHECK enum status space_allocate(const char *path, uint64_t bytes,
                                      struct error *err);

#endif
