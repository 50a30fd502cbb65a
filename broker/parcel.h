/* parcel - one message that has to wait, and the queues it waits in.
 *
 * Memory   Parcels come from a pool with a cap on what is held altogether; a
 *          small body is copied, because a received one may pin the socket's
 *          whole receive buffer. A zeroed queue is empty.
 * Errors   NULL or false when the cap is reached; the body is still the
 *          caller's then.
 * Threads  One.
 */
#ifndef BROKER_PARCEL_H
#define BROKER_PARCEL_H

#include <stdbool.h>
#include <zmq.h>

#include "base/frames.h"
#include "proto/wire.h"

struct parcel {
    struct parcel *next;
    uint64_t session; /* whose it is; 0: nobody's, as a page */
    struct wire_header header;
    size_t size; /* as counted against the cap */
    zmq_msg_t body;
};

struct parcel_queue {
    struct parcel *head;
    struct parcel *tail;
    size_t count;
    size_t bytes;
};

struct parcel_pool {
    struct parcel *spare;
    size_t spare_count;
    size_t held; /* bytes, all parcels that are out */
    size_t held_max;
    size_t held_most; /* ever */
};

void parcel_pool_fini(struct parcel_pool *pool);

/* The body is moved in, and an empty message left behind. */
struct parcel *parcel_new(struct parcel_pool *pool, uint64_t session,
                          const struct wire_header *header, zmq_msg_t *body);
void parcel_free(struct parcel_pool *pool, struct parcel **parcel);

void parcel_queue_push(struct parcel_queue *q, struct parcel *parcel);
struct parcel *parcel_queue_pop(struct parcel_queue *q);

/* Takes out and frees all for which drop says so; returns how many. */
size_t parcel_queue_sift(struct parcel_queue *q, struct parcel_pool *pool,
                         bool (*drop)(const struct parcel *parcel, void *state),
                         void *state);
size_t parcel_queue_clear(struct parcel_queue *q, struct parcel_pool *pool);

/* Frames of a message to be sent, without a heap. */
void frames_put(struct frames *f, const void *data, size_t size);
void frames_put_message(struct frames *f, zmq_msg_t *m);

#endif
