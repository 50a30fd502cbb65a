/* drill_stage - the running system under a drill clock, from the outside: it is
 * told things, its clock is moved, and its stream is read. Nothing that a
 * station, a supervisor or a dashboard could not do as well, but for the clock.
 *
 * Time     Moments of the ledger; waiting is real.
 * Memory   What a visit is shown is valid until it returns.
 * Errors   Of client.h; a stream with a hole in it is CORRUPT.
 * Threads  One.
 */
#ifndef CLI_DRILL_STAGE_H
#define CLI_DRILL_STAGE_H

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/drill_plan.h"

enum { DRILL_BATCH = 32 };

struct drill_stage {
    struct cli *cli;
    struct client *client;
    struct arena arena;
    uint32_t partition;
    uint64_t epoch, sequence; /* as the producer "drill" */
    uint64_t seen;            /* of the stream, without a hole */
    uint64_t known;           /* by answers: the stream must show it too */
    uint64_t refused;         /* events */
    uint64_t answers;         /* pages that were acknowledged by us */
    int64_t now_ms;
    uint64_t requests;
};

/* Waits until the system answers, at most wait_ms. */
MUST_CHECK enum status drill_stage_open(struct drill_stage *s, struct cli *cli,
                                        int64_t wait_ms, struct error *err);
void drill_stage_close(struct drill_stage *s);

/* Up to DRILL_BATCH events, in one message; they are durable after it. */
MUST_CHECK enum status drill_stage_publish(struct drill_stage *s,
                                           const struct drill_item *items,
                                           size_t count, struct error *err);

/* A person acknowledges a page. Somebody else was first: that is fine. */
MUST_CHECK enum status drill_stage_answer(struct drill_stage *s,
                                          const struct drill_item *item,
                                          struct error *err);

/* The clock goes to until_ms, or stops before at an instant at which something
 * was due, which is journaled then. */
MUST_CHECK enum status drill_stage_advance(struct drill_stage *s,
                                           int64_t until_ms, double speed,
                                           struct error *err);

/* Every record that is new, in order. */
typedef void drill_visit(void *context, const Yinuo__V1__StreamRecord *record);
MUST_CHECK enum status drill_stage_collect(struct drill_stage *s,
                                           drill_visit *visit, void *context,
                                           struct error *err);

/* A value of `status`; -1 if there is none. */
int64_t drill_stage_status(struct drill_stage *s, const char *section,
                           const char *name);

#endif
