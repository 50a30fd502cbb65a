/* core - a tier worker's logic, without sockets, files or a clock of its own.
 *
 *             PAGE                     start              delivered
 *   broker ---------> [ WAITING ] --------------> [ TRYING ] ----+
 *      ^               |  ^    ^                    |  |         |
 *      |      WITHDRAW |  |    +---- back-off ------+  | no      |
 *      |               v  |          next channel      v channel v left
 *      +-- RECEIPT -- [ RECEIPT, sent again until RECEIPT_ACK ] -+
 *
 * A page is shown once: while it is in hand the same id changes nothing, and
 * once it has its receipt, the same id gets the same receipt again. Nothing is
 * kept across a restart: the page stays in the ledger's outbox until its
 * receipt is journaled, and comes again.
 *
 * The connection: HELLO until WELCOME, CREDIT (how many pages there is room
 * for), PING when idle, PONG when asked; HELLO again when the broker does not
 * know us any more, a new connection when nothing has been heard for long.
 *
 * Time     now_ms is monotonic; wall time comes from the clock and only stands
 *          in receipts. tier_core_tick says when it wants to be called again.
 * Memory   Bounded: TIER_PAGES_MAX pages and the last TIER_RECENT_MAX receipts.
 * Errors   None to the caller: bad frames are logged and dropped.
 * Threads  One.
 * Source   Design sections 2 and 6; issue 2, workers/tier/.
 */
#ifndef TIER_CORE_H
#define TIER_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/frames.h"
#include "proto/codec.h"

enum {
    TIER_PAGES_MAX = 512,   /* in hand: to be shown, or without RECEIPT_ACK */
    TIER_RECENT_MAX = 1024, /* receipts remembered after that */
    TIER_CREDIT = 64,       /* pages to be shown at one time */
    TIER_CHANNELS_MAX = 8,
    TIER_PROVIDER_SIZE = 200, /* texts, with the zero */
    TIER_ERROR_SIZE = 240,
};

/* One try of one channel at one page. */
struct tier_job {
    uint64_t number;             /* of the try: comes back in its result */
    const Yinuo__V1__Page *page; /* valid until the result */
    uint32_t partition;
    uint32_t attempt; /* of this channel, from 1 */
};

enum tier_try {
    TIER_DELIVERED,
    TIER_AGAIN, /* failed for now */
    TIER_NEVER, /* this channel cannot: on to the next one */
};

struct tier_result {
    uint64_t job;
    enum tier_try outcome;
    char provider_id[TIER_PROVIDER_SIZE]; /* DELIVERED: its name there, or "" */
    char error[TIER_ERROR_SIZE];          /* else: why, one line */
};

/* A way to reach a person. start begins a try; tier_core_done tells its end,
 * exactly once, from within start or later. */
struct tier_channel {
    const char *name;    /* log */
    const char *methods; /* what it is meant by Page.method: "mail email" */
    size_t running_max;  /* tries at one time; 0: as many as come */
    void (*start)(void *state, const struct tier_job *job);
    void *state;
};

/* Where frames [header][body] leave. BUSY: not now, they are still the
 * caller's. */
struct tier_port {
    enum status (*send)(void *state, struct frames *f);
    void (*reopen)(void *state); /* a new connection to the same door */
    void *state;
};

/* Zero in a number stands for the default in core.c. */
struct tier_settings {
    struct tier_port port;
    const struct clock *clock;
    const char *identity;
    const char *program;
    const char *tier; /* its name; the Welcome tells the number */
    const struct tier_channel *channels; /* in the order of falling back */
    size_t channel_count;                /* at least 1 */
    uint32_t credit;                     /* at most TIER_PAGES_MAX / 2 */
    uint32_t tries;                      /* of one channel at one page */
    int64_t retry_wait_ms;               /* before the second; doubles */
    int64_t retry_max_ms;
    int64_t receipt_wait_ms; /* before a receipt goes out again; doubles */
    int64_t receipt_max_ms;
};

struct tier_counters {
    uint64_t pages;     /* received, again ones included */
    uint64_t again;     /* known ones */
    uint64_t delivered; /* shown */
    uint64_t failed;    /* by every channel */
    uint64_t withdrawn;
    uint64_t tries, retries;
    uint64_t receipts, receipts_again, acknowledged;
    uint64_t hellos;
    uint64_t bad; /* frames that could not be read, or not taken */
};

struct tier_core;

/* NULL without memory. The settings are copied, the channels borrowed. */
struct tier_core *tier_core_new(const struct tier_settings *settings,
                                int64_t now_ms);
void tier_core_free(struct tier_core **core);

/* One message from the broker; f is empty after it. */
void tier_core_take(struct tier_core *core, struct frames *f, int64_t now_ms);

/* The end of a try. Of one that is not known: nothing happens. */
void tier_core_done(struct tier_core *core, const struct tier_result *result,
                    int64_t now_ms);

/* Everything that is due. Returns when it wants to be called again. */
int64_t tier_core_tick(struct tier_core *core, int64_t now_ms);

/* No new pages; what waits is left to the next worker. */
void tier_core_stop(struct tier_core *core, int64_t now_ms);

/* After tier_core_stop: no try runs, and each receipt has its answer. */
bool tier_core_idle(const struct tier_core *core);

size_t tier_core_running(const struct tier_core *core); /* tries */

/* BYE; the last thing that is sent. */
void tier_core_bye(struct tier_core *core);

const struct tier_counters *tier_core_counters(const struct tier_core *core);

/* For tests and status. */
bool tier_core_connected(const struct tier_core *core);
size_t tier_core_in_hand(const struct tier_core *core);

#endif
