/* router - the loop of one partition: take, decide, journal, speak.
 *
 *     receive ─┐                                      ┌─> answers
 *              ├─> batch: decide, apply ──> journal ──>├─> pages
 *     timers  ─┘   (state in memory)      (a thread)   └─> stream
 *
 * router_receive() takes a message in: what asks is answered, what moves is
 * decided on at once and put into the batch. router_turn() adds what is due,
 * hands the batch to the journal, and lets everything of it out once that says
 * it is durable; meanwhile the next batch is decided on. There is no
 * socket in here: programs and the simulator bring messages and take them.
 *
 * Time     The journal's clock for what is journaled, the monotonic clock for
 *          leases, patience and batches.
 * Memory   Owns all but the ledger and the clock that it is given.
 * Errors   What a sender did wrong is an answer to him. A journal that cannot
 *          be written ends the process (abort): recovery is the start path.
 * Threads  One, but for the reader (reader_thread.c), and for the journal's
 *          own where the ledger was opened with one.
 * Source   design sections 3, 4, 5, 6.
 */
#ifndef ROUTER_ROUTER_H
#define ROUTER_ROUTER_H

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "ledger/ledger.h"
#include "workers/router/outgoing.h"

struct router;

struct router_options {
    uint32_t partition;
    struct ledger *ledger;       /* open, not yet recovered */
    const struct clock *clock;   /* NULL: clock_system() */
    const struct random *random; /* NULL: random_system() */
    const char *const
        *packs; /* directories; loaded if they differ from what runs */
    size_t pack_count;
    const char *slot_path; /* of the death slot; NULL: none */
    bool drill;            /* the clock moves by clock.advance alone */
    int64_t drill_start_ms;
    uint64_t keep_records; /* older ones may go; 0: all stay */
    bool inline_reader;    /* answer fetches in this thread (simulator) */
    bool bundles;          /* whoever sends reads them: told to the broker */
    outbox_send *send;
    void (*sent)(void *context); /* after a turn's last message, or NULL */
    void *send_context;
};

/* Recovers: applies the journal's tail, loads the policy, queues the pages that
 * have no receipt. */
MUST_CHECK enum status router_open(const struct router_options *options,
                                   struct router **r, struct error *err);
/* Ends cleanly: commits, checkpoints. NULL is fine. */
void router_close(struct router **r);

/* A message of a peer. header and body as received; body may be hostile. */
void router_receive(struct router *r, const struct wire_peer *peer,
                    const struct wire_header *header, struct slice body);

/* Is there room for another message before the next turn? */
bool router_has_room(const struct router *r);

/* Does the journal stand idle while there is enough for it? Then a turn is
 * worth more than another message. */
bool router_wants_turn(struct router *r);

/* Once each time round: timers, commit, release, leases, checkpoint. idle says
 * that nothing waits to be received. Returns how long to wait for the next
 * message at most, in ms. */
int64_t router_turn(struct router *r, bool idle);

/* Tells the broker at once who we are: at the start, and when it may be new.
 * Until it answers no page goes out. Between turns; commits. */
void router_greet(struct router *r);
/* A policy was loaded: greets again if its tiers are called otherwise. */
void router_roles_changed(struct router *r);

/* It has answered. What was with workers of the one before is sent again. */
void router_welcome(struct router *r);

/* Becomes readable when a turn has something to do; -1 with an inline reader.
 */
int router_fd(const struct router *r);

/* The same, when the journal has made a batch durable; -1 where that happens in
 * the turn itself. */
int router_journal_fd(const struct router *r);

/* A broker tells how many workers a tier has now. When one has gone, what was
 * with him is sent again at once. */
void router_lane(struct router *r, uint32_t tier, uint32_t workers);

struct router_figures {
    uint64_t last_seq;
    uint64_t records, batches;
    int64_t recovery_us; /* from open to ready */
    uint64_t recovered;  /* records applied again at open */
    int64_t now_ms;
};
void router_figures(const struct router *r, struct router_figures *f);

#endif
