/* publishing - events into a durable outbox, from where they are delivered.
 *
 * An outbox lies in HOME/outbox/<identity>. What is put there is on disk when
 * the call returns. It is delivered while this program waits for it, and what
 * is left by then with the next contact of any command of this home.
 *
 * Memory   publishing_close frees; NULL is fine, the pointer is nulled.
 * Errors   Exit codes; the user has been told.
 * Threads  One; the library has a thread of its own, so nothing may be forked.
 */
#ifndef CLI_PUBLISHING_H
#define CLI_PUBLISHING_H

#include "base/slice.h"
#include "cli/cli.h"
#include "proto/codec.h"

struct publishing;

/* identity NULL: this program's own. */
int publishing_open_as(struct cli *cli, const char *identity,
                       struct publishing **out);
int publishing_open(struct cli *cli, struct publishing **p);
void publishing_close(struct publishing **out);

/* One event; *json lines are flat objects (a sink of ledger/import.h). */
int publishing_event(struct cli *cli, struct publishing *p,
                     const Yinuo__V1__Event *event);
enum status publishing_line(void *context, struct slice line,
                            struct error *err);

/* Where the next line is from, for the message if it is bad. source is
 * borrowed until all are stored. */
void publishing_at(struct publishing *p, const char *source, unsigned line);
/* So many lines were told to be bad and left out. */
uint64_t publishing_bad(const struct publishing *p);

/* Stores what is still held, and waits as long as something moves, at least
 * CLI_WAIT_MS. CLI_UNREACHED: some wait; CLI_FAILED: some were refused, which
 * it tells. */
int publishing_finish(struct cli *cli, struct publishing *p);

/* What was kept before and has not gone yet, for a moment; says nothing. */
void publishing_rest(struct cli *cli);

/* So many were stored by this run. */
uint64_t publishing_stored(const struct publishing *p);

/* Lists the dead letters. */
int publishing_letters(struct cli *cli, struct publishing *p);

#endif
