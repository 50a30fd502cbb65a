/* socket - the one place where ZeroMQ sockets are made.
 *
 * Every socket gets LINGER 0, a high-water mark, MAXMSGSIZE, SNDTIMEO, limits
 * for reconnecting, IMMEDIATE where it connects and ROUTER_MANDATORY where it
 * routes; no ZMQ heartbeats (field-notes 1.4 says what the defaults cost). All
 * sending and receiving is non-blocking and of whole messages.
 *
 * TCP may be bound on loopback only: what crosses machines needs CURVE, which
 * this build does not offer at a TCP door, so it says so instead of opening
 * one.
 *
 * Memory   A context and its sockets are freed by socket_close and
 *          socket_context_free; both take NULL and null the pointer.
 * Errors   BUSY: try again when the socket says so. UNREACHABLE: no such peer.
 *          TOO_LARGE: a message of too many frames was received and dropped.
 *          DENIED: an address that may not be bound.
 * Threads  A socket belongs to one thread. No fork after the context is made.
 */
#ifndef BASE_SOCKET_H
#define BASE_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/frames.h"

struct socket_settings {
    int hwm;            /* messages each way; 0: LIMIT_SOCKET_HWM */
    size_t frame_max;   /* bytes; 0: LIMIT_FRAME_BYTES */
    bool xpub_manual;   /* XPUB: subscriptions are granted one by one */
    bool subscribe_all; /* SUB: to everything */
    bool no_drop;       /* XPUB: BUSY instead of dropping for slow readers */
    bool probe;         /* DEALER: greet a ROUTER with an empty message */
};

/* Every connection takes a descriptor, and libzmq ends the process where an
 * ipc:// peer comes and none is left: takes as many as the system allows and
 * returns how many there are. */
uint64_t socket_raise_descriptors(void);

MUST_CHECK enum status socket_context_new(void **context, struct error *err);
void socket_context_free(void **context);

/* type is ZMQ_ROUTER, ZMQ_DEALER, ...; settings NULL for the usual. */
MUST_CHECK enum status socket_open(void **sock, void *context, int type,
                                   const struct socket_settings *settings,
                                   struct error *err);
void socket_close(void **sock);

MUST_CHECK enum status socket_bind(void *sock, const char *endpoint,
                                   struct error *err);
MUST_CHECK enum status socket_connect(void *sock, const char *endpoint,
                                      struct error *err);
MUST_CHECK enum status socket_subscribe(void *sock, struct slice prefix,
                                        struct error *err);

/* "tcp://127.0.0.1:41023" after a bind to port *. */
MUST_CHECK enum status socket_endpoint(void *sock, char *out, size_t room,
                                       struct error *err);

/* OK when the address may be bound: ipc, inproc, or TCP on loopback. */
MUST_CHECK enum status socket_may_bind(const char *endpoint, struct error *err);

/* Sends all frames and empties f; after BUSY or UNREACHABLE they are still the
 * caller's, and nothing of them was sent. */
MUST_CHECK enum status socket_send(void *sock, struct frames *f);

/* Receives one whole message into the empty f. BUSY: there is none now. */
MUST_CHECK enum status socket_receive(void *sock, struct frames *f);

/* The descriptor is edge-triggered, and sending may take the edge away: who has
 * sent or been woken receives until BUSY before he waits for it (again). */
int socket_fd(void *sock);

#endif
