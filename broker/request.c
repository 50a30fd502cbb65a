/* request - the way of a request to its router, and of its answer back. */
#include <assert.h>
#include <string.h>

#include "broker/state.h"

static enum lane_class class_of(uint8_t kind)
{
    return kind == WIRE_EVENTS ? CLASS_EVENTS : CLASS_PEOPLE;
}

static uint32_t window(const struct broker *b, enum lane_class class)
{
    return class == CLASS_EVENTS ? b->set.window_events : b->set.window_people;
}

/* ---- the ring of sessions that have something for a partition ---- */

static void ready_add(struct partition *p, enum lane_class class,
                      struct session *s)
{
    struct session *head = p->ready[class];
    if (!head) {
        s->ready_next[class] = s;
        s->ready_before[class] = s;
        p->ready[class] = s;
        return;
    }
    s->ready_next[class] = head;
    s->ready_before[class] = head->ready_before[class];
    head->ready_before[class]->ready_next[class] = s;
    head->ready_before[class] = s;
}

static void ready_remove(struct partition *p, enum lane_class class,
                         struct session *s)
{
    struct session *next = s->ready_next[class];
    if (next == s) {
        p->ready[class] = NULL;
    } else {
        s->ready_before[class]->ready_next[class] = next;
        next->ready_before[class] = s->ready_before[class];
        if (p->ready[class] == s)
            p->ready[class] = next;
    }
    s->ready_next[class] = NULL;
    s->ready_before[class] = NULL;
}

/* Puts s where the head of its queue wants to go, if it has one. */
static void ready_again(struct broker *b, enum lane_class class,
                        struct session *s)
{
    if (s->in[class].count == 0)
        return;
    struct partition *p =
        partition_find(b, s->in[class].head->header.partition);
    assert(p);
    ready_add(p, class, s);
}

/* ---- answers of the broker's own ---- */

void request_busy(struct broker *b, struct session *s,
                  const struct wire_header *header, enum refusal code)
{
    Yinuo__V1__Busy busy = YINUO__V1__BUSY__INIT;
    busy.has_retry_wait_ms = 1;
    busy.retry_wait_ms = LIMIT_BUSY_WAIT_MS;
    busy.has_code = 1;
    busy.code = (uint32_t)code;
    session_send_proto(b, s, header, WIRE_BUSY, &busy.base);
}

static void release(struct broker *b, struct pending_entry *entry)
{
    struct session *s = session_by_id(b, entry->session);
    if (s) {
        assert(s->requests > 0 && s->request_bytes >= entry->size);
        s->requests--;
        s->request_bytes -= entry->size;
    }
    if (entry->sent) {
        struct partition *p = partition_find(b, entry->partition);
        assert(p && p->sent[class_of(entry->kind)] > 0);
        p->sent[class_of(entry->kind)]--;
    }
    pending_remove(&b->pending, entry);
}

static void answer_busy(struct broker *b, struct pending_entry *entry,
                        enum refusal code)
{
    struct session *s = session_by_id(b, entry->session);
    struct wire_header header = {.partition = entry->partition,
                                 .request_id = entry->request_id};
    release(b, entry);
    if (s)
        request_busy(b, s, &header, code);
}

/* ---- towards the router ---- */

static bool forward(struct broker *b, struct partition *p, struct session *s,
                    const struct wire_header *header, zmq_msg_t *body)
{
    struct wire_peer peer = {.session = s->id,
                             .role = s->role,
                             .proven = s->proven,
                             .identity = s->identity,
                             .identity_size = s->identity_size};
    return router_pass(b, p, &peer, header, body);
}

static void sent(struct partition *p, struct pending_entry *entry)
{
    entry->sent = true;
    p->sent[class_of(entry->kind)]++;
}

/* The queue is empty and the window open: straight through. */
static bool straight(struct broker *b, struct session *s, struct partition *p,
                     const struct wire_header *header, zmq_msg_t *body)
{
    enum lane_class class = class_of(header->kind);
    return s->in[class].count == 0 && p->sent[class] < window(b, class) &&
           !p->ready[class] && forward(b, p, s, header, body);
}

static enum refusal over_limit(struct broker *b, const struct session *s,
                               size_t size)
{
    if (s->requests >= b->set.peer_requests ||
        s->request_bytes + size > b->set.peer_bytes_max) {
        b->count.busy_peer++;
        return REFUSAL_BUSY;
    }
    if (b->pending.count >= PENDING_MAX) {
        b->count.busy_all++;
        return REFUSAL_BUSY;
    }
    return REFUSAL_NONE;
}

static void wait_in_line(struct broker *b, struct session *s,
                         struct partition *p, struct pending_entry *entry,
                         const struct wire_header *header, zmq_msg_t *body)
{
    enum lane_class class = class_of(header->kind);
    struct parcel *parcel = parcel_new(&b->pool, s->id, header, body);
    if (!parcel) {
        b->count.busy_all++;
        zmq_msg_close(body);
        answer_busy(b, entry, REFUSAL_BUSY);
        return;
    }
    parcel_queue_push(&s->in[class], parcel);
    if (s->in[class].count == 1)
        ready_add(p, class, s);
}

/* Nobody there, or not at this address: which of the two, and says so. */
static void no_router(struct broker *b, struct session *s,
                      const struct wire_header *header, bool known)
{
    bool others = b->partitions > 0;
    if (known || !others) {
        b->count.busy_no_router++;
        request_busy(b, s, header, REFUSAL_NO_ROUTER);
        return;
    }
    Yinuo__V1__Refused refused = YINUO__V1__REFUSED__INIT;
    refused.has_code = 1;
    refused.code = REFUSAL_WRONG_PARTITION;
    refused.text = (char *)(uintptr_t)refusal_sentence(REFUSAL_WRONG_PARTITION);
    count_refusal(b, REFUSAL_WRONG_PARTITION);
    session_send_proto(b, s, header, WIRE_ERROR, &refused.base);
}

void request_take(struct broker *b, struct session *s,
                  const struct wire_header *header, zmq_msg_t *body)
{
    struct partition *p = partition_find(b, header->partition);
    if (!p || !partition_served(p)) {
        zmq_msg_close(body);
        no_router(b, s, header, p != NULL);
        return;
    }
    if (header->request_id == 0) { /* no answer wanted, nothing to track */
        if (!forward(b, p, s, header, body))
            zmq_msg_close(body);
        return;
    }
    if (pending_find(&b->pending, s->id, header->request_id)) {
        b->count.duplicates++; /* its answer is on the way */
        zmq_msg_close(body);
        return;
    }
    size_t size = zmq_msg_size(body);
    enum refusal code = over_limit(b, s, size);
    struct pending_entry *entry =
        code ? NULL : pending_add(&b->pending, s->id, header->request_id);
    if (!entry) {
        zmq_msg_close(body);
        request_busy(b, s, header, code ? code : REFUSAL_BUSY);
        return;
    }
    entry->kind = header->kind;
    entry->partition = header->partition;
    entry->size = (uint32_t)size;
    entry->since_ms = b->now_ms;
    s->requests++;
    s->request_bytes += size;
    if (straight(b, s, p, header, body))
        sent(p, entry);
    else if (partition_served(p)) /* it may have been found gone just now */
        wait_in_line(b, s, p, entry, header, body);
    else
        zmq_msg_close(body); /* and everything there was answered busy */
}

static void pump_class(struct broker *b, struct partition *p,
                       enum lane_class class)
{
    while (p->ready[class] && p->sent[class] < window(b, class)) {
        struct session *s = p->ready[class];
        struct parcel *parcel = s->in[class].head;
        if (!forward(b, p, s, &parcel->header, &parcel->body))
            return;
        struct pending_entry *entry =
            pending_find(&b->pending, s->id, parcel->header.request_id);
        assert(entry);
        sent(p, entry);
        parcel = parcel_queue_pop(&s->in[class]);
        parcel_free(&b->pool, &parcel);
        ready_remove(p, class, s);
        ready_again(b, class, s);
    }
}

void request_pump(struct broker *b, struct partition *p)
{
    for (int class = 0; class < CLASSES; class ++)
        pump_class(b, p, (enum lane_class) class);
}

/* ---- and back ---- */

void request_done(struct broker *b, struct partition *p, uint64_t session,
                  uint64_t request_id)
{
    struct pending_entry *entry =
        pending_find(&b->pending, session, request_id);
    if (!entry || entry->partition != p->number || !entry->sent)
        return;
    enum lane_class class = class_of(entry->kind);
    release(b, entry);
    if (p->ready[class])
        pump_class(b, p, class);
}

/* ---- ends ---- */

static bool is_for(const struct parcel *parcel, void *state)
{
    return parcel->header.partition == *(const uint32_t *)state;
}

/* Takes everything for p out of the clients' queues. */
static void unqueue_all(struct broker *b, struct partition *p)
{
    for (size_t slot = 0; slot < b->high; slot++) {
        struct session *s = &b->list[slot];
        for (int c = 0; s->id && c < CLASSES; c++) {
            struct parcel_queue *q = &s->in[c];
            if (q->count == 0)
                continue;
            struct partition *head =
                partition_find(b, q->head->header.partition);
            ready_remove(head, (enum lane_class)c, s);
            parcel_queue_sift(q, &b->pool, is_for, &p->number);
            ready_again(b, (enum lane_class)c, s);
        }
    }
}

struct failing {
    struct broker *b;
    uint32_t partition;
};

static void fail_one(void *state, struct pending_entry *entry)
{
    struct failing *f = state;
    if (entry->partition != f->partition)
        return;
    f->b->count.busy_router_gone++;
    answer_busy(f->b, entry, REFUSAL_NO_ROUTER);
}

void request_fail_all(struct broker *b, struct partition *p)
{
    unqueue_all(b, p);
    struct failing failing = {b, p->number};
    pending_each(&b->pending, fail_one, &failing);
    assert(p->sent[CLASS_EVENTS] == 0 && p->sent[CLASS_PEOPLE] == 0);
}

void request_forget(struct broker *b, struct session *s)
{
    for (int c = 0; c < CLASSES; c++) {
        struct parcel_queue *q = &s->in[c];
        if (q->count == 0)
            continue;
        ready_remove(partition_find(b, q->head->header.partition),
                     (enum lane_class)c, s);
        for (struct parcel *p; (p = parcel_queue_pop(q)) != NULL;) {
            struct pending_entry *entry =
                pending_find(&b->pending, s->id, p->header.request_id);
            if (entry)
                release(b, entry);
            parcel_free(&b->pool, &p);
            b->count.dropped_in++;
        }
    }
}

static void expire_one(void *state, struct pending_entry *entry)
{
    struct broker *b = state;
    if (b->now_ms - entry->since_ms < b->set.request_wait_ms || !entry->sent)
        return;
    b->count.busy_late++;
    answer_busy(b, entry, REFUSAL_BUSY);
}

void request_expire(struct broker *b)
{
    pending_each(&b->pending, expire_one, b);
}
