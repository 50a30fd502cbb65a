/* runner - virtual time: events, answers and timers in one line, no sockets.
 *
 *   events by received_at ─┐
 *   answers to pages ──────┼─> world_decide ─> world_apply ─> after()
 *   timers by due ─────────┘
 *
 * Time jumps from one instant to the next. At one instant events go first, in
 * the order in which they were added, then answers, then what is due (semantics
 * 9); what a record wants of other cases follows it at once. The state is
 * memory and gone with the runner. The same policy, events and options give the
 * same decisions, byte for byte.
 *
 * Time     now is the instant under way; at of an event may be earlier.
 * Memory   Owns the policy set, a state and a copy of each event.
 * Errors   INVALID for an event that cannot be one. INTERNAL where a timer
 *          fires and does not move.
 * Threads  One at a time.
 * Source   requirements.md section 4, 8 and 9.
 */
#ifndef LEDGER_RUNNER_H
#define LEDGER_RUNNER_H

#include "ledger/world.h"

struct runner;

enum runner_origin {
    RUNNER_EVENT,
    RUNNER_ANSWER,
    RUNNER_FIRING,
    RUNNER_DERIVED /* a step of an intent; without an event its end */
};

struct runner_record {
    enum runner_origin origin;
    uint64_t sequence;
    int64_t now_ms;
    const Yinuo__V1__Event *event; /* EVENT, ANSWER, DERIVED */
    const Yinuo__V1__Firing *firing;
    const char *intent; /* DERIVED: its id */
    const struct world_decided *decided;
};

struct runner_options {
    struct policyset *policies; /* the runner's from now on */
    bool answers;               /* each page is acknowledged ... */
    int64_t answer_after_ms;    /* ... so long after it */
    int64_t answer_until_ms;    /* ... if it is before this; 0: always */
    /* How long this page waits for its answer; negative: for ever. NULL: all
     * wait answer_after_ms. */
    int64_t (*answer_wait)(void *context, const struct decision *page);
    uint64_t first_sequence; /* of its records; 0 is 1 */
    /* before() and after() look at the decisions' structs only, not at their
     * part nor at rows of the state, which are made when they are asked for. */
    bool structs_only;
    /* Time is about to be now_ms: nothing of that instant is decided yet. */
    void (*before)(void *context, int64_t now_ms);
    void (*after)(void *context, const struct runner_record *r);
    void *context;
};

MUST_CHECK enum status runner_new(const struct runner_options *options,
                                  struct runner **r, struct error *err);
void runner_free(struct runner **r);

/* The event is copied. Without received_at it is received when it happened; one
 * that opens a case and names none gets the id C-<sequence>. */
MUST_CHECK enum status
runner_add(struct runner *r, const Yinuo__V1__Event *event, struct error *err);

/* Everything up to and including until_ms. */
MUST_CHECK enum status runner_run(struct runner *r, int64_t until_ms,
                                  struct error *err);

/* Of the next event, answer or timer; INT64_MAX when all has run out. */
int64_t runner_next_ms(struct runner *r);
/* When the last event that was added is received; 0: none was. */
int64_t runner_last_event_ms(const struct runner *r);
int64_t runner_now_ms(const struct runner *r);

struct world *runner_world(struct runner *r);
struct state *runner_state(struct runner *r);

#endif
