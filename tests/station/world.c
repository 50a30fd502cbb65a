#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the store ---- */

static enum status store_ends(void *state, uint32_t partition,
                              uint64_t *settled, uint64_t *last)
{
    struct world *w = state;
    assert_int_equal(partition, 0);
    if (w->store_fails)
        return STATUS_IO;
    *settled = w->settled;
    *last = w->last;
    return STATUS_OK;
}

static size_t store_read(void *state, uint32_t partition, uint64_t first,
                         uint64_t last, size_t bytes_max, struct arena *arena,
                         ProtobufCBinaryData *list)
{
    struct world *w = state;
    size_t count = 0;
    (void)partition;
    (void)bytes_max;
    assert_true(first > w->settled && last <= w->last);
    if (w->store_fails)
        return 0;
    for (uint64_t seq = first; seq <= last; seq++, count++) {
        uint8_t *copy = arena_alloc(arena, 1);
        *copy = (uint8_t)w->event[seq];
        list[count] = (ProtobufCBinaryData){*copy ? 1 : 0, copy};
    }
    return count;
}

static enum status store_refuse(void *state, uint32_t partition,
                                uint64_t sequence, uint32_t code,
                                const char *text, const char *field)
{
    struct world *w = state;
    (void)partition;
    (void)text;
    (void)field;
    if (w->store_fails)
        return STATUS_IO;
    assert_true(sequence > w->settled && sequence <= w->last);
    if (w->event[sequence])
        w->dead[sequence] = (uint8_t)code;
    return STATUS_OK;
}

static enum status store_bury(void *state, uint32_t partition,
                              uint64_t sequence, uint32_t code,
                              const char *text)
{
    struct world *w = state;
    enum status status =
        store_refuse(state, partition, sequence, code, text, "");
    if (status == STATUS_OK)
        w->event[sequence] = 0;
    return status;
}

static enum status store_settle(void *state, uint32_t partition, uint64_t to)
{
    struct world *w = state;
    (void)partition;
    assert_true(to >= w->settled && to <= w->last);
    if (w->store_fails)
        return STATUS_IO;
    w->settled = to;
    return STATUS_OK;
}

/* ---- the line ---- */

static bool happens(struct world *w, unsigned one_in)
{
    return one_in && random_one_in(&w->chance.random, one_in);
}

static void put(struct world *w, struct world_message *line, size_t *count,
                uint64_t connection, struct frames *f)
{
    if (*count == WORLD_LINE || happens(w, w->lose)) {
        frames_fini(f);
        return;
    }
    struct world_message *m = &line[(*count)++];
    frames_init(&m->frames);
    m->connection = connection;
    m->due_ms = w->now_ms + 5;
    if (happens(w, w->reorder))
        m->due_ms += (int64_t)random_below(&w->chance.random, 300);
    for (size_t i = 0; i < f->count; i++)
        assert_int_equal(frames_add_frame(&m->frames, f, i), STATUS_OK);
    if (happens(w, w->double_)) {
        put(w, line, count, connection, f);
        return;
    }
    frames_fini(f);
}

/* The next one that is due; false when there is none. */
static bool take(struct world *w, struct world_message *line, size_t *count,
                 uint64_t *connection, struct frames *f)
{
    for (size_t i = 0; i < *count; i++) {
        if (line[i].due_ms > w->now_ms)
            continue;
        frames_init(f);
        *connection = line[i].connection;
        frames_move(f, &line[i].frames);
        for (size_t k = i + 1; k < *count; k++) {
            line[k - 1].due_ms = line[k].due_ms;
            line[k - 1].connection = line[k].connection;
            frames_move(&line[k - 1].frames, &line[k].frames);
        }
        (*count)--;
        return true;
    }
    return false;
}

static enum status port_send(void *state, struct frames *f)
{
    struct world *w = state;
    if (w->cut)
        return STATUS_BUSY;
    put(w, w->up, &w->up_count, w->connection, f);
    return STATUS_OK;
}

static void port_reconnect(void *state)
{
    struct world *w = state;
    w->reconnects++;
    w->connection++;
    w->known = false;
}

/* ---- the broker and its router ---- */

static void answer(struct world *w, uint8_t kind, uint64_t id,
                   const ProtobufCMessage *message)
{
    uint8_t head[WIRE_HEADER_SIZE];
    struct wire_header header = {WIRE_VERSION, kind, 0, id};
    struct bytes body;
    struct frames f;
    frames_init(&f);
    bytes_init(&body, 0);
    wire_header_encode(&header, head);
    assert_int_equal(codec_encode(message, &body), STATUS_OK);
    assert_int_equal(frames_add(&f, slice_of(head, 16)), STATUS_OK);
    assert_int_equal(frames_add(&f, bytes_slice(&body)), STATUS_OK);
    put(w, w->down, &w->down_count, w->asking, &f);
    bytes_fini(&body);
}

static void refuse(struct world *w, uint64_t id, enum refusal code)
{
    Yinuo__V1__Refused r = YINUO__V1__REFUSED__INIT;
    r.has_code = 1;
    r.code = (uint32_t)code;
    answer(w, WIRE_ERROR, id, &r.base);
}

static void say_busy(struct world *w, uint64_t id, enum refusal code)
{
    Yinuo__V1__Busy b = YINUO__V1__BUSY__INIT;
    b.has_retry_wait_ms = b.has_code = 1;
    b.retry_wait_ms = 100;
    b.code = (uint32_t)code;
    answer(w, WIRE_BUSY, id, &b.base);
}

static bool readable(const Yinuo__V1__EventBatch *batch)
{
    for (size_t i = 0; i < batch->n_events; i++)
        if (batch->events[i].len > 0 && batch->events[i].data[0] == 'x')
            return false;
    return true;
}

/* As the router does it: exactly last + 1, stored answers, gaps. */
static void journal(struct world *w, uint64_t id,
                    const Yinuo__V1__EventBatch *batch)
{
    Yinuo__V1__Refusal list[FLOW_BATCH_EVENTS];
    Yinuo__V1__Refusal *refusals[FLOW_BATCH_EVENTS];
    Yinuo__V1__EventsAnswer a = YINUO__V1__EVENTS_ANSWER__INIT;
    a.refusals = refusals;
    for (size_t i = 0; i < batch->n_events; i++) {
        uint64_t seq = batch->first_sequence + i;
        char what = batch->events[i].len ? (char)batch->events[i].data[0] : '-';
        if (seq > w->router_last + 1) {
            a.has_gap_resend_from = 1;
            a.gap_resend_from = w->router_last + 1;
            break;
        }
        if (seq == w->router_last + 1)
            w->taken[w->router_last = seq] = what;
        assert_int_equal(w->taken[seq], what);
        if (what == 'g')
            continue;
        Yinuo__V1__Refusal *r = &list[a.n_refusals];
        yinuo__v1__refusal__init(r);
        r->has_sequence = r->has_code = 1;
        r->sequence = seq;
        r->code = what == 'b' ? REFUSAL_UNKNOWN_CASE : REFUSAL_MALFORMED;
        refusals[a.n_refusals++] = r;
    }
    a.has_epoch = a.has_accepted_to = 1;
    a.epoch = batch->producer_epoch;
    a.accepted_to = w->router_last;
    answer(w, WIRE_EVENTS_ACK, id, &a.base);
}

static void events(struct world *w, uint64_t id, struct slice body)
{
    struct arena arena;
    arena_init(&arena, LIMIT_DECODE_BYTES);
    const Yinuo__V1__EventBatch *batch =
        codec_decode(&yinuo__v1__event_batch__descriptor, body, &arena, NULL);
    assert_non_null(batch);
    assert_int_equal(batch->producer_epoch, w->epoch);
    if (batch->n_events > w->most_at_once)
        w->most_at_once = batch->n_events;
    if (w->no_router)
        say_busy(w, id, REFUSAL_NO_ROUTER);
    else if (happens(w, w->busy))
        say_busy(w, id, REFUSAL_BUSY);
    else if (!readable(batch))
        refuse(w, id, REFUSAL_MALFORMED);
    else
        journal(w, id, batch);
    arena_fini(&arena);
}

static void at_broker(struct world *w, struct frames *f)
{
    struct wire_header h;
    struct slice head = frames_slice(f, 0);
    assert_int_equal(wire_header_decode(head.data, head.size, &h), 0);
    w->messages++;
    if (w->asking != w->connection && h.kind != WIRE_EVENTS) {
        frames_fini(f);
        return;
    }
    if (h.kind == WIRE_HELLO) {
        Yinuo__V1__Welcome welcome = YINUO__V1__WELCOME__INIT;
        w->known = true;
        w->hellos++;
        answer(w, WIRE_WELCOME, h.request_id, &welcome.base);
    } else if (!w->known) {
        refuse(w, h.request_id, REFUSAL_NOT_READY);
    } else if (h.kind == WIRE_EVENTS) {
        events(w, h.request_id, frames_slice(f, 1));
    } else if (h.kind == WIRE_PING) {
        Yinuo__V1__Pong pong = YINUO__V1__PONG__INIT;
        answer(w, WIRE_PONG, h.request_id, &pong.base);
    }
    frames_fini(f);
}

/* ---- the world ---- */

static void start_station(struct world *w)
{
    struct delivery_settings set = {.identity = "st-1",
                                    .program = "test",
                                    .role = WIRE_ROLE_STATION,
                                    .epoch = w->epoch,
                                    .partition_count = 1,
                                    .clock = &w->clock.clock,
                                    .random = &w->chance.random,
                                    .store = {.state = w,
                                              .ends = store_ends,
                                              .read = store_read,
                                              .refuse = store_refuse,
                                              .bury = store_bury,
                                              .settle = store_settle},
                                    .port = {w, port_send, port_reconnect}};
    assert_int_equal(delivery_init(&w->delivery, &set, w->now_ms), STATUS_OK);
}

void world_init(struct world *w, uint64_t seed)
{
    memset(w, 0, sizeof(*w));
    random_seeded_init(&w->chance, seed);
    clock_manual_init(&w->clock, 1700000000000);
    w->now_ms = 1000;
    w->epoch = 77;
    start_station(w);
}

void world_fini(struct world *w)
{
    for (size_t i = 0; i < w->up_count; i++)
        frames_fini(&w->up[i].frames);
    for (size_t i = 0; i < w->down_count; i++)
        frames_fini(&w->down[i].frames);
    delivery_fini(&w->delivery);
}

void world_publish(struct world *w, const char *list)
{
    for (; *list; list++) {
        assert_true(w->last < WORLD_EVENTS);
        w->event[++w->last] = *list;
    }
}

void world_pass(struct world *w, int64_t span_ms)
{
    struct frames f;
    for (int64_t until = w->now_ms + span_ms; w->now_ms < until;) {
        w->now_ms += 10;
        clock_manual_advance(&w->clock, 10);
        uint64_t from;
        while (take(w, w->up, &w->up_count, &w->asking, &f))
            at_broker(w, &f);
        while (take(w, w->down, &w->down_count, &from, &f)) {
            if (from == w->connection)
                delivery_receive(&w->delivery, &f, w->now_ms);
            else
                frames_fini(&f); /* an answer to a connection that has gone */
        }
        (void)delivery_tick(&w->delivery, w->now_ms);
    }
}

void world_crash_station(struct world *w)
{
    delivery_fini(&w->delivery);
    w->connection++;
    w->known = false;
    start_station(w);
}

void world_restart_broker(struct world *w)
{
    w->known = false;
    for (size_t i = 0; i < w->up_count; i++)
        frames_fini(&w->up[i].frames);
    for (size_t i = 0; i < w->down_count; i++)
        frames_fini(&w->down[i].frames);
    w->up_count = w->down_count = 0;
}
