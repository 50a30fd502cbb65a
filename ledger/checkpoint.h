/* checkpoint - how the state's changes reach the disk behind its back.
 *
 *   IDLE --freeze--> FROZEN --journal durable--> WRITE --commit--> DONE
 *    ^                                            second thread      |
 *    +------- FREE <----------- take over (renew the reader) --------+
 *           second thread
 *
 * The owner pays for swapping two pointers when freezing and for renewing a
 * read transaction when taking over; sorting, writing, committing and freeing
 * are the second thread's. The functions are those of ledger/state.h:
 * state_tick(), state_checkpoint().
 *
 * When a checkpoint starts, with W the time that the last one took to write:
 *
 *   the hard cap of bytes is reached            at once
 *   the soft cap is reached                     once 10 W have passed
 *   changes are age_max old, or age_min and     once 50 W have passed (so that
 *   there is nothing else to do                 writing stays under 2 %), but
 *                                               after 5 age_max in any case
 *
 * Threads  state_tick() and state_checkpoint(): the state's owner.
 */
#ifndef LEDGER_CHECKPOINT_H
#define LEDGER_CHECKPOINT_H

#include "ledger/state.h"

/* Whether the policy above starts one now; pure, for its tests. */
struct checkpoint_view {
    const struct state_options *options;
    size_t bytes;     /* of changes */
    int64_t age_ms;   /* of the oldest change */
    int64_t since_ms; /* since the last one was started */
    int64_t write_ms; /* W */
    bool idle;
};

bool checkpoint_due(const struct checkpoint_view *v);

#endif
