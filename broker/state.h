/* state - what the files of the broker's core share.
 *
 * Nobody outside core's files includes it. Sessions, partitions and lanes are
 * embedded in struct broker, in arrays of fixed size; a session's id is
 * (generation << SESSION_BITS | slot), so that an answer for somebody who has
 * gone, or of a broker that has gone, never reaches another.
 */
#ifndef BROKER_STATE_H
#define BROKER_STATE_H

#include "base/arena.h"
#include "base/limits.h"
#include "broker/core.h"
#include "broker/parcel.h"
#include "broker/pending.h"
#include "broker/ring.h"
#include "proto/codec.h"
#include "proto/wire.h"

enum {
    SESSION_BITS = 12,
    SESSIONS = 1 << SESSION_BITS,
    ROUTE_MAX = 32, /* bytes of a routing id of libzmq's own making */
    PARTITIONS = 16,
    TIERS = 16, /* 1 to 15, as roles in engine/directory.h; 0 is none */
    ROLES_BYTES = 8192,
    CHANNELS = 8,   /* of one tier that are told on */
    WAITERS = 1024, /* fetches that wait for something new */
    WORKERS = 64,   /* of one tier */
};

_Static_assert(SESSIONS >= LIMIT_PEERS, "a slot for each peer");

/* What people wait for never stands behind a mass of events. */
enum lane_class { CLASS_PEOPLE, CLASS_EVENTS, CLASSES };

struct session {
    uint64_t id; /* 0: free */
    uint8_t route[ROUTE_MAX];
    uint8_t route_size;
    uint8_t role; /* enum wire_role */
    uint8_t tier;
    bool proven;
    bool worker; /* has given credit */
    char identity[WIRE_IDENTITY_MAX + 1];
    uint8_t identity_size;
    uint32_t next_slot; /* in its hash bucket, or of the free ones; + 1 */
    int64_t heard_ms;

    uint32_t requests;                   /* pending */
    size_t request_bytes;                /* of them */
    struct parcel_queue in[CLASSES];     /* not yet sent to a router */
    struct session *ready_next[CLASSES]; /* ring of a partition; NULL: not in */
    struct session *ready_before[CLASSES];

    struct parcel_queue out; /* not yet taken by the socket */
    size_t unconfirmed; /* bytes handed to the socket since the last PONG */
    size_t since_ping;  /* of them behind the PING under way */
    uint64_t ping;      /* its number; 0: none under way */
    uint32_t credit;    /* pages a worker takes */
    char channels[CHANNELS][32];
};

struct router {
    uint8_t route[ROUTE_MAX];
    uint8_t route_size; /* 0: no router */
    char name[WIRE_IDENTITY_MAX + 1];
    int64_t heard_ms;
    int64_t pinged_ms;
    bool bundles; /* it reads them */
};

struct partition {
    uint32_t number;
    bool known; /* a router has been here */
    uint64_t epoch;
    struct router router;
    uint32_t sent[CLASSES];         /* requests there, unanswered */
    struct session *ready[CLASSES]; /* whose turn it is */
    struct ring ring;
    uint64_t told_last;         /* newest sequence, by the router's last tick */
    bool fresh;                 /* records came in this round */
    int64_t spoke_ms;           /* last on the live tail */
    uint8_t roles[ROLES_BYTES]; /* Roles of its policy, serialized */
    uint32_t roles_size;
    uint32_t tier_count; /* of it */
    struct bytes bundle; /* requests on their way there, until the round ends */
    uint32_t bundled;    /* of them */
    int64_t full_ms;     /* when the socket last took none of it */
};

struct lane {
    struct parcel_queue pages;
    uint32_t worker[WORKERS]; /* slots of those who have given credit */
    uint32_t workers;
    uint32_t turn; /* index of the one who had a page last */
    bool changed;  /* routers are told at the end of the round */
};

struct waiter {
    uint64_t session;
    struct wire_header header;
    uint64_t after; /* sequence */
    uint32_t limit;
    int64_t until_ms;
};

struct broker {
    struct broker_settings set;
    int64_t now_ms;
    struct broker_counters count;
    struct parcel_pool pool;
    struct pending pending;
    uint64_t generation; /* of the next session */
    uint64_t pings;      /* sent to clients; the last one's number */
    size_t sessions;
    size_t held_sessions;      /* with something in .out */
    uint32_t free_slot;        /* + 1 */
    uint32_t high;             /* slots from it on were never used */
    uint32_t routes[SESSIONS]; /* hash of route -> slot + 1 */
    struct session list[SESSIONS];
    size_t partitions;
    struct partition partition[PARTITIONS];
    struct lane lane[TIERS];
    size_t waiters;
    struct waiter waiter[WAITERS];
    struct arena arena; /* of the message under way */
    struct bytes scratch;
    int64_t swept_ms;
    char broker_name[64];
};

/* session.c */
void sessions_init(struct broker *b);
struct session *session_by_route(struct broker *b, struct slice route);
struct session *session_by_id(struct broker *b, uint64_t id);
struct session *session_open(struct broker *b, struct slice route);
void session_close(struct broker *b, struct session *s);
void session_sweep(struct broker *b);

/* To a client: now, or when he takes it. The body is moved. May end s. */
void session_send(struct broker *b, struct session *s,
                  const struct wire_header *header, zmq_msg_t *body);
void session_send_proto(struct broker *b, struct session *s,
                        const struct wire_header *to, uint8_t kind,
                        const ProtobufCMessage *message);
void session_flush(struct broker *b);
void session_confirm(struct broker *b, struct session *s, uint64_t ping);

/* request.c: the way of a request to its router, and of its answer back */
void request_take(struct broker *b, struct session *s,
                  const struct wire_header *header, zmq_msg_t *body);
void request_done(struct broker *b, struct partition *p, uint64_t session,
                  uint64_t request_id);
void request_pump(struct broker *b, struct partition *p);
void request_fail_all(struct broker *b, struct partition *p);
void request_forget(struct broker *b, struct session *s);
void request_expire(struct broker *b);
void request_busy(struct broker *b, struct session *s,
                  const struct wire_header *header, enum refusal code);

/* partition.c: routers */
struct partition *partition_find(struct broker *b, uint32_t number);
void partition_fini(struct partition *p);
/* What its tiers are called; in the arena, NULL where nobody has said. */
Yinuo__V1__Roles *partition_roles(struct broker *b, const struct partition *p);
struct partition *partition_by_route(struct broker *b, struct slice route);
void router_register(struct broker *b, struct slice route,
                     const struct wire_header *header,
                     const struct access_grant *grant, struct slice body);
void router_gone(struct broker *b, struct slice route, const char *why);
void router_sweep(struct broker *b);
/* A request, at the end of the round at the latest. False when it could not be
 * sent; the body stays the caller's then. */
bool router_pass(struct broker *b, struct partition *p,
                 const struct wire_peer *peer, const struct wire_header *header,
                 zmq_msg_t *body);
void router_round(struct broker *b);
/* A bundle waits for the socket to take it. */
bool router_held(const struct broker *b);
void router_send_proto(struct broker *b, struct slice route,
                       const struct wire_header *to, uint8_t kind,
                       const ProtobufCMessage *message);
bool partition_served(const struct partition *p);

/* lane.c: pages and credit */
void lane_page(struct broker *b, struct partition *p,
               const struct wire_header *header, zmq_msg_t *body);
void lane_withdraw(struct broker *b, const struct wire_header *header,
                   zmq_msg_t *body);
void lane_credit(struct broker *b, struct session *s, struct slice body);
void lane_worker_gone(struct broker *b, struct session *s);
void lane_router_gone(struct broker *b, struct partition *p);
void lane_tell_all(struct broker *b, struct partition *p);
void lane_round(struct broker *b);

/* stream.c */
void stream_take(struct broker *b, struct partition *p, struct frames *f);
void stream_tick_from(struct broker *b, struct partition *p, struct frames *f);
void stream_fetch(struct broker *b, struct session *s,
                  const struct wire_header *header, zmq_msg_t *body);
void stream_round(struct broker *b);
void stream_sweep(struct broker *b);
void stream_tick(struct broker *b, struct partition *p);

/* status.c */
bool status_asked(struct slice body);
void status_answer(struct broker *b, struct session *s,
                   const struct wire_header *header);

/* core.c */
void count_refusal(struct broker *b, enum refusal code);
bool pack_message(const ProtobufCMessage *message, zmq_msg_t *out);
struct slice body_slice(const zmq_msg_t *body);
/* The value of a top-level field, without decoding the rest. */
bool walk_varint(struct slice body, uint32_t field, uint64_t *value);
bool walk_bytes(struct slice body, uint32_t field, struct slice *value);

#endif
