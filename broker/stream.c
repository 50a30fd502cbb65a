/* stream - numbered records: into the ring, out on the live tail and to those
 * who fetch. Bodies are not decoded; the span in front says what they hold.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "broker/state.h"

enum {
    FETCH_BYTES_MAX = LIMIT_FRAME_BYTES - 1024, /* room for what frames it */
    FETCH_WAIT_MAX_MS = 20000,
    /* frames of a router's message: [route][peer][header][span][body] */
    BACK_HEADER = 2,
    BACK_SPAN = 3,
    BACK_BODY = 4,
};

/* ---- the live tail ---- */

static void publish(struct broker *b, struct partition *p, uint8_t kind,
                    const struct wire_span *span, zmq_msg_t *body)
{
    char topic[WIRE_TOPIC_SIZE];
    uint8_t head[WIRE_HEADER_SIZE], range[WIRE_SPAN_SIZE];
    struct wire_header header = {
        .version = WIRE_VERSION, .kind = kind, .partition = p->number};
    struct frames f;
    frames_init(&f);
    frames_put(&f, topic, wire_topic(p->number, topic));
    wire_header_encode(&header, head);
    frames_put(&f, head, sizeof(head));
    wire_span_encode(span, range);
    frames_put(&f, range, sizeof(range));
    frames_put_message(&f, body);
    if (b->set.port.send(b->set.port.state, BROKER_STREAM, &f) != STATUS_OK)
        b->count.stream_busy++;
    frames_fini(&f);
    p->spoke_ms = b->now_ms;
}

void stream_tick(struct broker *b, struct partition *p)
{
    Yinuo__V1__Tick tick = YINUO__V1__TICK__INIT;
    tick.has_partition = tick.has_last_seq = tick.has_owner_epoch = 1;
    tick.has_at_ms = 1;
    tick.partition = p->number;
    tick.last_seq = p->ring.last;
    tick.owner_epoch = p->epoch;
    tick.at_ms = clock_wall_ms(b->set.clock);
    zmq_msg_t body;
    struct wire_span span = {p->ring.last, p->ring.last};
    if (pack_message(&tick.base, &body))
        publish(b, p, WIRE_TICK, &span, &body);
}

void stream_sweep(struct broker *b)
{
    for (size_t i = 0; i < b->partitions; i++)
        if (b->now_ms - b->partition[i].spoke_ms >= b->set.tick_ms)
            stream_tick(b, &b->partition[i]);
}

/* ---- records from the router ---- */

/* Cuts off what is here already; false when nothing is left or it is broken. */
static bool only_new(struct broker *b, struct partition *p,
                     struct wire_span *span, struct slice *records)
{
    uint64_t count = span->last + 1 - span->first, skip = 0;
    if (span->last <= p->ring.last) {
        b->count.stream_repeats += count;
        return false;
    }
    if (span->first <= p->ring.last)
        skip = p->ring.last + 1 - span->first;
    struct slice part;
    if (!ring_cut(*records, 0, count, &part) || part.size != records->size ||
        !ring_cut(*records, skip, count, &part)) {
        count_refusal(b, REFUSAL_MALFORMED);
        return false;
    }
    b->count.stream_repeats += skip;
    span->first += skip;
    *records = part;
    return true;
}

void stream_take(struct broker *b, struct partition *p, struct frames *f)
{
    struct slice range = frames_slice(f, BACK_SPAN);
    struct slice body = frames_slice(f, BACK_BODY);
    struct slice records = body;
    struct wire_span span;
    b->count.stream_in++;
    if (wire_span_decode(range.data, range.size, &span) != REFUSAL_NONE) {
        count_refusal(b, REFUSAL_MALFORMED);
        return;
    }
    if (span.last < span.first || !only_new(b, p, &span, &records))
        return;
    if (span.first != p->ring.last + 1) {
        b->count.stream_gaps++;
        log_write(LOG_WARN, "STREAM-GAP",
                  LOG_FIELDS(LOG_INT("partition", p->number),
                             LOG_INT("after", p->ring.last),
                             LOG_INT("seq", span.first)),
                  "records are missing on the way from the router -> fetches "
                  "before them go to it");
    }
    b->count.stream_records += span.last + 1 - span.first;
    ring_push(&p->ring, span.first, span.last, records);
    p->fresh = true;
    if (records.size == body.size) {
        publish(b, p, WIRE_STREAM, &span, &f->list[BACK_BODY]);
        return;
    }
    zmq_msg_t rest;
    if (zmq_msg_init_size(&rest, records.size) == 0) {
        memcpy(zmq_msg_data(&rest), records.data, records.size);
        publish(b, p, WIRE_STREAM, &span, &rest);
    }
}

/* The router's own tick. It may name a record that is not here yet, or that
 * was lost on the way: what is newer than the ring is fetched from the router
 * until the next records come. */
void stream_tick_from(struct broker *b, struct partition *p, struct frames *f)
{
    struct wire_span span;
    struct slice range = frames_slice(f, BACK_SPAN);
    if (wire_span_decode(range.data, range.size, &span) != REFUSAL_NONE) {
        count_refusal(b, REFUSAL_MALFORMED);
        return;
    }
    p->told_last = span.last;
    publish(b, p, WIRE_TICK, &span, &f->list[BACK_BODY]);
}

/* ---- fetching ---- */

/* "p<partition>-<seq>", or nothing: from the start. */
static bool read_cursor(const char *text, uint32_t partition, uint64_t *after)
{
    char topic[WIRE_TOPIC_SIZE];
    *after = 0;
    if (!text || !*text)
        return true;
    size_t size = wire_topic(partition, topic);
    if (strncmp(text, topic, size) != 0 || text[size] < '0' || text[size] > '9')
        return false;
    char *end;
    errno = 0;
    *after = strtoull(text + size, &end, 10);
    return errno == 0 && *end == '\0' && *after < UINT64_MAX;
}

static void answer(struct broker *b, struct session *s, struct partition *p,
                   const struct wire_header *to, uint64_t after, uint32_t limit)
{
    char cursor[WIRE_TOPIC_SIZE + 24];
    struct wire_header header = *to;
    Yinuo__V1__Records tail = YINUO__V1__RECORDS__INIT;
    bytes_reset(&b->scratch);
    uint64_t done =
        ring_read(&p->ring, after, limit, FETCH_BYTES_MAX, &b->scratch);
    wire_topic(p->number, cursor);
    snprintf(cursor + strlen(cursor), 24, "%" PRIu64, done);
    tail.has_complete_to = tail.has_last_seq = 1;
    tail.complete_to = done;
    tail.last_seq = p->ring.last;
    tail.next_cursor = cursor;
    zmq_msg_t body;
    if (codec_encode(&tail.base, &b->scratch) != STATUS_OK ||
        zmq_msg_init_size(&body, b->scratch.size) != 0) {
        request_busy(b, s, to, REFUSAL_BUSY);
        return;
    }
    memcpy(zmq_msg_data(&body), b->scratch.data, b->scratch.size);
    header.kind = WIRE_RECORDS;
    b->count.fetch_ring++;
    session_send(b, s, &header, &body);
}

static void refuse_cursor(struct broker *b, struct session *s,
                          const struct wire_header *header, enum refusal code)
{
    Yinuo__V1__Records none = YINUO__V1__RECORDS__INIT;
    none.has_code = 1;
    none.code = (uint32_t)code;
    count_refusal(b, code);
    session_send_proto(b, s, header, WIRE_RECORDS, &none.base);
}

static bool wait_for_more(struct broker *b, struct session *s,
                          const struct wire_header *header, uint64_t after,
                          uint32_t limit, uint32_t wait_ms)
{
    if (wait_ms == 0 || b->waiters == WAITERS)
        return false;
    if (wait_ms > FETCH_WAIT_MAX_MS)
        wait_ms = FETCH_WAIT_MAX_MS;
    size_t mine = 0;
    for (size_t i = 0; i < b->waiters; i++)
        mine += b->waiter[i].session == s->id;
    if (mine >= PARTITIONS)
        return false;
    b->waiter[b->waiters++] = (struct waiter){.session = s->id,
                                              .header = *header,
                                              .after = after,
                                              .limit = limit,
                                              .until_ms = b->now_ms + wait_ms};
    b->count.fetch_waiting++;
    return true;
}

void stream_fetch(struct broker *b, struct session *s,
                  const struct wire_header *header, zmq_msg_t *body)
{
    struct fault fault;
    struct partition *p = partition_find(b, header->partition);
    const Yinuo__V1__Fetch *fetch = codec_decode(
        &yinuo__v1__fetch__descriptor, body_slice(body), &b->arena, &fault);
    uint64_t after = 0;
    enum refusal code = fetch ? REFUSAL_NONE : fault.code;
    if (p && fetch && !read_cursor(fetch->cursor, p->number, &after))
        code = REFUSAL_BAD_CURSOR;
    if (!fetch || code != REFUSAL_NONE) {
        zmq_msg_close(body);
        refuse_cursor(b, s, header, code);
        return;
    }
    if (!p || fetch->n_filters > 0 || !ring_covers(&p->ring, after) ||
        (after == p->ring.last && p->told_last > after)) {
        b->count.fetch_router++;
        request_take(b, s, header, body);
        return;
    }
    uint32_t limit = fetch->has_limit ? fetch->limit : LIMIT_FETCH_RECORDS;
    if (limit == 0 || limit > LIMIT_FETCH_RECORDS)
        limit = LIMIT_FETCH_RECORDS;
    if (after < p->ring.last ||
        !wait_for_more(b, s, header, after, limit, fetch->wait_ms))
        answer(b, s, p, header, after, limit);
    zmq_msg_close(body);
}

/* Answers who waits, as far as there is something or his time is up. */
static void serve_waiters(struct broker *b)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->waiters; i++) {
        struct waiter w = b->waiter[i];
        struct partition *p = partition_find(b, w.header.partition);
        struct session *s = session_by_id(b, w.session);
        if (s && p->ring.last <= w.after && b->now_ms < w.until_ms)
            b->waiter[kept++] = w;
        else if (s && ring_covers(&p->ring, w.after))
            answer(b, s, p, &w.header, w.after, w.limit);
        else if (s)
            request_busy(b, s, &w.header, REFUSAL_BUSY);
    }
    b->waiters = kept;
}

void stream_round(struct broker *b)
{
    bool fresh = false;
    for (size_t i = 0; i < b->partitions; i++) {
        fresh |= b->partition[i].fresh;
        b->partition[i].fresh = false;
    }
    bool due = false;
    for (size_t i = 0; !fresh && !due && i < b->waiters; i++)
        due = b->now_ms >= b->waiter[i].until_ms;
    if (b->waiters > 0 && (fresh || due))
        serve_waiters(b);
}
