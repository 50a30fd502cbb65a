/* delivery - how a station's stored events reach the router: hello, batches,
 * answers, patience. No socket, no clock, no disk of its own.
 *
 *            HELLO           WELCOME
 *   AWAY ----------> GREETING ------> READY --silence, not_ready--> AWAY
 *     ^                 |no answer: next broker
 *     +-----------------+
 *
 * What is stored is read through the store, frames leave through the port; a
 * simulator hands in its own.
 *
 * Time     now_ms is monotonic; the clock is asked for wall time only.
 * Memory   Frames handed in are emptied.
 * Errors   None to the caller; delivery_status shows what is wrong.
 * Threads  One.
 * Source   Design section 6; field-notes 1.1, 7 (rules 6, 15).
 */
#ifndef STATION_DELIVERY_H
#define STATION_DELIVERY_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/frames.h"
#include "base/random.h"
#include "proto/codec.h"
#include "station/flow.h"

enum { DELIVERY_FLOWS = 8, DELIVERY_TEXT = 192 };

/* Where events are kept until they are final. Statuses other than OK are the
 * store's own trouble: the same call comes again later. */
struct delivery_store {
    void *state;
    /* Newest sequence stored, and newest that was settled. */
    enum status (*ends)(void *state, uint32_t partition, uint64_t *settled,
                        uint64_t *last);
    /* Events from `first` to at most `last` and bytes_max bytes, copied into
     * the arena; their number, 0 on failure. One is given in any case. */
    size_t (*read)(void *state, uint32_t partition, uint64_t first,
                   uint64_t last, size_t bytes_max, struct arena *arena,
                   ProtobufCBinaryData *list);
    /* The router refused this one for good: a dead letter. May come twice. */
    enum status (*refuse)(void *state, uint32_t partition, uint64_t sequence,
                          uint32_t code, const char *text, const char *field);
    /* This one can never be carried: a dead letter, and an empty event in its
     * place, because its number must be used up. */
    enum status (*bury)(void *state, uint32_t partition, uint64_t sequence,
                        uint32_t code, const char *text);
    /* Everything up to it is final and may be forgotten. */
    enum status (*settle)(void *state, uint32_t partition, uint64_t to);
    /* On the wire numbers count from here; NULL: from 0. */
    uint64_t (*base)(void *state, uint32_t partition);
    /* A new epoch, in which what is not settled counts from 1. NULL: none is
     * begun, and who has lost the thread stays where he is. */
    enum status (*renew)(void *state, uint64_t *epoch);
};

struct delivery_port {
    void *state;
    /* BUSY: not now. The frames are the caller's then. */
    enum status (*send)(void *state, struct frames *f);
    /* Start anew with the next broker of the list. */
    void (*reconnect)(void *state);
};

struct delivery_settings {
    const char *identity;
    const char *program;
    uint8_t role; /* enum wire_role; STATION, SUPERVISOR or ADMIN */
    uint64_t epoch;
    uint32_t partitions[DELIVERY_FLOWS];
    size_t partition_count;
    const struct clock *clock;
    const struct random *random;
    struct delivery_store store;
    struct delivery_port port;
};

enum delivery_state { DELIVERY_AWAY, DELIVERY_GREETING, DELIVERY_READY };

struct delivery {
    struct delivery_settings set;
    enum delivery_state state;
    uint64_t next_request;
    int64_t greet_ms;  /* AWAY: say hello then. GREETING: give up then */
    unsigned failures; /* greetings without an answer, in a row */
    int64_t heard_ms;
    int64_t spoke_ms;
    bool doubt;           /* the last message was not taken */
    int64_t heartbeat_ms; /* as WELCOME says */
    int64_t dead_ms;
    int64_t answered_ms; /* last answer to events; 0: never */
    size_t frame_max;
    size_t flow_count;
    struct flow flow[DELIVERY_FLOWS];
    uint64_t settled[DELIVERY_FLOWS]; /* of it, told to the store */
    uint64_t base[DELIVERY_FLOWS];    /* of its numbers on the wire */
    uint64_t renewals;                /* epochs begun since the start */
    uint64_t refused;                 /* events, since the start */
    char text[DELIVERY_TEXT];         /* last trouble, for people */
    char broker[64];
    struct arena arena;
};

/* OK, or what the store said. */
MUST_CHECK enum status delivery_init(struct delivery *d,
                                     const struct delivery_settings *settings,
                                     int64_t now_ms);
void delivery_fini(struct delivery *d);

void delivery_receive(struct delivery *d, struct frames *f, int64_t now_ms);

/* Settles, looks for new events, sends what may be sent. Returns when it wants
 * to be called again at the latest. */
int64_t delivery_tick(struct delivery *d, int64_t now_ms);

/* Says goodbye, if it is known there. */
void delivery_leave(struct delivery *d);

/* Events that are not final yet. */
uint64_t delivery_backlog(const struct delivery *d);

#endif
