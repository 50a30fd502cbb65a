/* core - the broker's logic, without sockets: frames in, frames out.
 *
 *   stations, people, tier workers           routers
 *        front  [route][header][body]          back [route][peer][header][body]
 *          |                                     |
 *          v        limits, fairness, window     v
 *        session ------------------------------> partition
 *          ^        answers by session           |
 *          |                                     +--> ring, live tail (stream)
 *          +---- lane of a tier <---- pages -----+
 *
 * It keeps nothing that matters: after a restart clients say HELLO again,
 * routers REGISTER again, and everything unanswered is sent again by its owner.
 *
 * Whatever leaves goes through the port, at once where it can. What a client
 * does not take is queued for him up to a cap; then he is dropped (and fetches
 * or sends again when he is back). Nobody waits for anybody.
 *
 * What is held never exceeds, whatever peers do:
 *   held_bytes_max                 queued both ways, pages in lanes included
 *   + ring_bytes per partition     the tail of the stream, for FETCH
 *   + peer_bytes_max per session   handed to the socket, not confirmed by PONG
 *   + stream_hwm messages          of the live tail, shared by all readers
 *
 * Time     now_ms is monotonic and never smaller than before; wall time comes
 *          from the clock and is only shown.
 * Memory   The broker owns its sessions and queues; frames handed in are
 *          emptied, also on errors.
 * Errors   None to the caller: bad frames are answered with ERROR and counted.
 * Threads  One.
 * Source   Design sections 2 and 6; issue 2, broker/ and points 5 and 11.
 */
#ifndef BROKER_CORE_H
#define BROKER_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/frames.h"
#include "broker/access.h"
#include "broker/counters.h"

enum broker_side { BROKER_FRONT, BROKER_BACK, BROKER_STREAM };

/* Where frames leave. OK: taken. BUSY: not now (they are still the caller's).
 * UNREACHABLE: there is no such peer any more. */
struct broker_port {
    enum status (*send)(void *state, enum broker_side side, struct frames *f);
    void *state;
};

/* Zero in any number stands for the default in core.c. */
struct broker_settings {
    struct broker_port port;
    const struct clock *clock;
    const struct access *access;
    const char *name;       /* told in WELCOME */
    size_t held_bytes_max;  /* all queues together */
    size_t peer_bytes_max;  /* of one client: queued, and each way under way */
    uint32_t peer_requests; /* of one client, under way */
    uint32_t window_events; /* EVENTS at one router, unanswered */
    uint32_t window_people; /* everything else there */
    size_t ring_bytes;      /* of one partition */
    uint32_t lane_pages;    /* queued for one tier */
    int64_t heartbeat_ms;   /* asked of peers */
    int64_t silence_ms;     /* then a client is gone */
    int64_t router_silence_ms;
    int64_t request_wait_ms; /* unanswered so long: BUSY */
    int64_t tick_ms;         /* between ticks of an idle stream */
};

struct broker;

/* NULL without memory. The settings are copied. */
struct broker *broker_new(const struct broker_settings *settings,
                          int64_t now_ms);
void broker_free(struct broker **b);

/* One message from a client. user_id is what the transport has proven, or
 * NULL. */
void broker_front(struct broker *b, struct frames *f, const char *user_id,
                  int64_t now_ms);

/* One message from a router. */
void broker_back(struct broker *b, struct frames *f, const char *user_id,
                 int64_t now_ms);

/* May this subscription of the live tail stand? When it may, a tick follows. */
bool broker_subscribe(struct broker *b, struct slice topic, const char *user_id,
                      int64_t now_ms);

/* After each round of messages: what was put off to the end of the round. */
void broker_round(struct broker *b, int64_t now_ms);

/* Heartbeats, expiries, ticks. Returns when it wants to be called again. */
int64_t broker_tick(struct broker *b, int64_t now_ms);

/* True while something waits for a socket to take it again. */
bool broker_held(const struct broker *b);

const struct broker_counters *broker_counters(const struct broker *b);

/* For tests and status. */
size_t broker_held_bytes(const struct broker *b);
size_t broker_sessions(const struct broker *b);

#endif
