#include "broker/parcel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPARE_MAX = 4096,
    COPY_BELOW =
        8192, /* libzmq's receive buffer: beyond it nothing is shared */
};

void parcel_pool_fini(struct parcel_pool *pool)
{
    assert(pool->held == 0);
    while (pool->spare) {
        struct parcel *next = pool->spare->next;
        free(pool->spare);
        pool->spare = next;
    }
    pool->spare_count = 0;
}

static struct parcel *take_spare(struct parcel_pool *pool)
{
    struct parcel *parcel = pool->spare;
    if (!parcel)
        return malloc(sizeof(*parcel));
    pool->spare = parcel->next;
    pool->spare_count--;
    return parcel;
}

static void give_spare(struct parcel_pool *pool, struct parcel *parcel)
{
    if (pool->spare_count >= SPARE_MAX) {
        free(parcel);
        return;
    }
    parcel->next = pool->spare;
    pool->spare = parcel;
    pool->spare_count++;
}

static bool take_body(zmq_msg_t *to, zmq_msg_t *from)
{
    size_t size = zmq_msg_size(from);
    if (size >= COPY_BELOW) {
        zmq_msg_init(to);
        zmq_msg_move(to, from);
        return true;
    }
    if (zmq_msg_init_size(to, size) != 0)
        return false;
    memcpy(zmq_msg_data(to), zmq_msg_data(from), size);
    zmq_msg_close(from);
    zmq_msg_init(from);
    return true;
}

struct parcel *parcel_new(struct parcel_pool *pool, uint64_t session,
                          const struct wire_header *header, zmq_msg_t *body)
{
    size_t size = sizeof(struct parcel) + zmq_msg_size(body);
    if (pool->held + size > pool->held_max)
        return NULL;
    struct parcel *parcel = take_spare(pool);
    if (!parcel)
        return NULL;
    if (!take_body(&parcel->body, body)) {
        give_spare(pool, parcel);
        return NULL;
    }
    parcel->next = NULL;
    parcel->session = session;
    parcel->header = *header;
    parcel->size = size;
    pool->held += size;
    if (pool->held > pool->held_most)
        pool->held_most = pool->held;
    return parcel;
}

void parcel_free(struct parcel_pool *pool, struct parcel **parcel)
{
    struct parcel *p = *parcel;
    if (!p)
        return;
    assert(pool->held >= p->size);
    pool->held -= p->size;
    zmq_msg_close(&p->body);
    give_spare(pool, p);
    *parcel = NULL;
}

void parcel_queue_push(struct parcel_queue *q, struct parcel *parcel)
{
    parcel->next = NULL;
    if (q->tail)
        q->tail->next = parcel;
    else
        q->head = parcel;
    q->tail = parcel;
    q->count++;
    q->bytes += parcel->size;
}

struct parcel *parcel_queue_pop(struct parcel_queue *q)
{
    struct parcel *parcel = q->head;
    if (!parcel)
        return NULL;
    q->head = parcel->next;
    if (!q->head)
        q->tail = NULL;
    q->count--;
    q->bytes -= parcel->size;
    parcel->next = NULL;
    return parcel;
}

size_t parcel_queue_sift(struct parcel_queue *q, struct parcel_pool *pool,
                         bool (*drop)(const struct parcel *parcel, void *state),
                         void *state)
{
    struct parcel_queue kept = {0};
    size_t dropped = 0;
    for (struct parcel *p; (p = parcel_queue_pop(q)) != NULL;) {
        if (drop(p, state)) {
            parcel_free(pool, &p);
            dropped++;
        } else {
            parcel_queue_push(&kept, p);
        }
    }
    *q = kept;
    return dropped;
}

size_t parcel_queue_clear(struct parcel_queue *q, struct parcel_pool *pool)
{
    size_t dropped = q->count;
    for (struct parcel *p; (p = parcel_queue_pop(q)) != NULL;)
        parcel_free(pool, &p);
    return dropped;
}

void frames_put(struct frames *f, const void *data, size_t size)
{
    assert(f->count < LIMIT_FRAMES);
    zmq_msg_t *m = &f->list[f->count];
    if (zmq_msg_init_size(m, size) != 0)
        abort(); /* small sizes only: out of memory ends the broker */
    if (size > 0)
        memcpy(zmq_msg_data(m), data, size);
    f->count++;
}

void frames_put_message(struct frames *f, zmq_msg_t *m)
{
    assert(f->count < LIMIT_FRAMES);
    zmq_msg_init(&f->list[f->count]);
    zmq_msg_move(&f->list[f->count], m);
    f->count++;
}
