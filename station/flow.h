/* flow - the numbered events of one partition on their way, go-back-N.
 *
 *   1 ... final_to | answered or under way | sent_to | stored ... last
 *
 * A batch is final only by the answer to itself: an answer to a later one says
 * nothing about refusals before it. What is not answered in time, refused as
 * busy, or asked for again (gap) is sent again from there; the router gives the
 * stored answer to what it knows.
 *
 * Time     now_ms is monotonic.
 * Memory   None but the struct.
 * Errors   None; what an answer makes impossible is kept in .trouble.
 * Threads  One.
 * Source   Design section 6; issue 2, station/.
 */
#ifndef STATION_FLOW_H
#define STATION_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "proto/wire.h"

enum {
    FLOW_BATCHES = 64, /* under way at one time */
    FLOW_BATCH_EVENTS = 32,
    FLOW_ANSWER_WAIT_MS = 5000,
    FLOW_PAUSE_MAX_MS = 30000,
    FLOW_HOLD_MS = 1000,
};

struct flow_batch {
    uint64_t request_id;
    uint64_t first; /* sequence */
    uint64_t last;
    int64_t sent_ms;
    bool answered;
};

struct flow {
    uint32_t partition;
    uint64_t final_to; /* everything up to it is answered for good */
    uint64_t sent_to;
    uint64_t last;    /* newest stored */
    uint64_t hold_to; /* nothing beyond it until hold_until_ms */
    int64_t hold_until_ms;
    int64_t pause_until_ms;
    unsigned failures;    /* in a row, for the back-off */
    bool single;          /* one event a batch, until one was answered */
    enum refusal trouble; /* why nothing moves, REFUSAL_NONE: it does */
    uint64_t resent;      /* events sent more than once */
    size_t count;
    struct flow_batch list[FLOW_BATCHES]; /* oldest first, without holes */
};

/* What an EVENTS_ACK says. */
struct flow_answer {
    uint64_t accepted_to;
    uint64_t gap_from; /* 0: none */
    uint32_t busy_ms;  /* 0: not busy */
    bool hold;
    uint64_t hold_after;
};

void flow_init(struct flow *f, uint32_t partition, uint64_t final_to,
               uint64_t last);

/* The session is gone: everything that is not final is sent again. */
void flow_restart(struct flow *f);

/* May a batch be sent now? Then [*first, *last] is the most that may be in
 * it. */
bool flow_next(const struct flow *f, int64_t now_ms, uint64_t *first,
               uint64_t *last);
void flow_sent(struct flow *f, uint64_t request_id, uint64_t first,
               uint64_t last, int64_t now_ms);

/* NULL for an answer to nothing that is under way. */
const struct flow_batch *flow_find(const struct flow *f, uint64_t request_id);

void flow_answered(struct flow *f, uint64_t request_id,
                   const struct flow_answer *answer, const struct random *r,
                   int64_t now_ms);

/* The whole batch came back: try again after the wait, later each time. */
void flow_busy(struct flow *f, uint64_t request_id, uint32_t wait_ms,
               const struct random *r, int64_t now_ms);

/* The whole batch came back as unreadable or too large. True when it was a
 * single event, which therefore can never go; else it is sent in pieces. */
bool flow_unreadable(struct flow *f, uint64_t request_id);

/* A newer outbox of this producer is known: nothing of this one is taken, and
 * nothing is thrown away. */
void flow_stale(struct flow *f, const struct random *r, int64_t now_ms);

/* Gives up waiting for answers that are late. */
void flow_tick(struct flow *f, const struct random *r, int64_t now_ms);

/* When flow_next or flow_tick may have something new, INT64_MAX: not by
 * itself. */
int64_t flow_wake_ms(const struct flow *f, int64_t now_ms);

#endif
