#include "station/delivery.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

enum {
    GREET_WAIT_MS = 2000,
    RETRY_MS = 100,         /* the socket is not connected yet */
    LOOK_MS = 200,          /* for events of other processes */
    BATCH_BYTES_ROOM = 512, /* of a frame, for what is around the events */
};

enum { HEADER, BODY, FRAMES };

static void say(struct delivery *d, const char *text)
{
    snprintf(d->text, sizeof(d->text), "%s", text);
}

static uint64_t base_of(const struct delivery *d, uint32_t partition)
{
    return d->set.store.base ? d->set.store.base(d->set.store.state, partition)
                             : 0;
}

enum status delivery_init(struct delivery *d,
                          const struct delivery_settings *settings,
                          int64_t now_ms)
{
    *d = (struct delivery){.set = *settings};
    assert(settings->partition_count >= 1 &&
           settings->partition_count <= DELIVERY_FLOWS);
    for (size_t i = 0; i < settings->partition_count; i++) {
        uint64_t settled = 0, last = 0;
        uint32_t partition = settings->partitions[i];
        enum status status = settings->store.ends(settings->store.state,
                                                  partition, &settled, &last);
        if (status != STATUS_OK)
            return status;
        flow_init(&d->flow[i], partition, settled, last);
        d->settled[i] = settled;
        d->base[i] = base_of(d, partition);
        d->flow_count++;
    }
    d->next_request = 1 + random_below(settings->random, 1u << 30);
    d->greet_ms = now_ms;
    d->heartbeat_ms = LIMIT_HEARTBEAT_MS;
    d->dead_ms = LIMIT_SILENCE_MS;
    d->frame_max = LIMIT_FRAME_BYTES;
    arena_init(&d->arena, LIMIT_DECODE_BYTES);
    return STATUS_OK;
}

void delivery_fini(struct delivery *d)
{
    arena_fini(&d->arena);
}

/* ---- sending ---- */

static bool send_message(struct delivery *d, uint8_t kind, uint32_t partition,
                         uint64_t request_id, const ProtobufCMessage *message,
                         int64_t now_ms)
{
    uint8_t head[WIRE_HEADER_SIZE];
    struct wire_header header = {WIRE_VERSION, kind, partition, request_id};
    struct frames f;
    struct bytes body;
    bytes_init(&body, LIMIT_FRAME_BYTES);
    frames_init(&f);
    wire_header_encode(&header, head);
    bool sent = codec_encode(message, &body) == STATUS_OK &&
                frames_add(&f, slice_of(head, sizeof(head))) == STATUS_OK &&
                frames_add_bytes(&f, &body) == STATUS_OK &&
                d->set.port.send(d->set.port.state, &f) == STATUS_OK;
    if (sent)
        d->spoke_ms = now_ms;
    d->doubt =
        !sent; /* the connection may be gone: ask as soon as it is back */
    frames_fini(&f);
    bytes_fini(&body);
    return sent;
}

static bool greet(struct delivery *d, int64_t now_ms)
{
    Yinuo__V1__Hello hello = YINUO__V1__HELLO__INIT;
    hello.identity = (char *)(uintptr_t)d->set.identity;
    hello.program = (char *)(uintptr_t)d->set.program;
    hello.has_role = hello.has_version_min = hello.has_version_max = 1;
    hello.role = (Yinuo__V1__Role)d->set.role;
    hello.version_min = hello.version_max = WIRE_VERSION;
    return send_message(d, WIRE_HELLO, 0, d->next_request++, &hello.base,
                        now_ms);
}

static bool send_batch(struct delivery *d, struct flow *f, uint64_t first,
                       uint64_t last, int64_t now_ms)
{
    ProtobufCBinaryData list[FLOW_BATCH_EVENTS];
    Yinuo__V1__EventBatch batch = YINUO__V1__EVENT_BATCH__INIT;
    arena_reset(&d->arena);
    batch.n_events =
        d->set.store.read(d->set.store.state, f->partition, first, last,
                          d->frame_max - BATCH_BYTES_ROOM, &d->arena, list);
    if (batch.n_events == 0)
        return false;
    last = first + batch.n_events - 1;
    batch.events = list;
    batch.producer_identity = (char *)(uintptr_t)d->set.identity;
    batch.has_producer_epoch = batch.has_first_sequence = 1;
    batch.has_backlog = 1;
    batch.producer_epoch = d->set.epoch;
    batch.first_sequence = first - d->base[f - d->flow];
    batch.backlog = f->last - last;
    if (!send_message(d, WIRE_EVENTS, f->partition, d->next_request,
                      &batch.base, now_ms))
        return false;
    flow_sent(f, d->next_request++, first, last, now_ms);
    return true;
}

static void send_events(struct delivery *d, int64_t now_ms)
{
    for (size_t i = 0; i < d->flow_count; i++) {
        uint64_t first, last;
        while (flow_next(&d->flow[i], now_ms, &first, &last))
            if (!send_batch(d, &d->flow[i], first, last, now_ms))
                break;
    }
}

/* ---- coming and going ---- */

static void away(struct delivery *d, int64_t greet_ms)
{
    d->state = DELIVERY_AWAY;
    d->greet_ms = greet_ms;
    d->broker[0] = '\0';
    for (size_t i = 0; i < d->flow_count; i++)
        flow_restart(&d->flow[i]);
}

static int64_t greeting_pause(struct delivery *d)
{
    unsigned doublings = d->failures < 6 ? d->failures : 6;
    int64_t wait = (int64_t)LIMIT_RECONNECT_MS << doublings;
    if (wait > LIMIT_RECONNECT_MAX_MS)
        wait = LIMIT_RECONNECT_MAX_MS;
    d->failures++;
    return wait / 2 +
           (int64_t)random_below(d->set.random, (uint64_t)wait / 2 + 1);
}

static void start_anew(struct delivery *d, const char *why, int64_t now_ms)
{
    say(d, why);
    d->set.port.reconnect(d->set.port.state);
    away(d, now_ms + greeting_pause(d));
}

static void keep_company(struct delivery *d, int64_t now_ms)
{
    if (now_ms - d->heard_ms >= d->dead_ms) {
        start_anew(d, "the broker is silent", now_ms);
        return;
    }
    if (!d->doubt && now_ms - d->spoke_ms < d->heartbeat_ms)
        return;
    Yinuo__V1__Ping ping = YINUO__V1__PING__INIT;
    (void)send_message(d, WIRE_PING, 0, 0, &ping.base, now_ms);
}

static void go_on(struct delivery *d, int64_t now_ms)
{
    switch (d->state) {
    case DELIVERY_AWAY:
        if (now_ms < d->greet_ms)
            return;
        if (greet(d, now_ms)) {
            d->state = DELIVERY_GREETING;
            d->greet_ms = now_ms + GREET_WAIT_MS;
            return;
        }
        say(d, "no broker is reachable");
        if (++d->failures % 20 == 0)
            d->set.port.reconnect(d->set.port.state);
        d->greet_ms = now_ms + RETRY_MS;
        return;
    case DELIVERY_GREETING:
        if (now_ms >= d->greet_ms)
            start_anew(d, "the broker does not answer", now_ms);
        return;
    case DELIVERY_READY:
        keep_company(d, now_ms);
        return;
    }
}

void delivery_leave(struct delivery *d)
{
    Yinuo__V1__Ping ping = YINUO__V1__PING__INIT;
    if (d->state == DELIVERY_READY)
        (void)send_message(d, WIRE_BYE, 0, 0, &ping.base, d->spoke_ms);
    d->state = DELIVERY_AWAY;
}

/* ---- receiving ---- */

static void welcomed(struct delivery *d, struct slice body, int64_t now_ms)
{
    const Yinuo__V1__Welcome *w =
        codec_decode(&yinuo__v1__welcome__descriptor, body, &d->arena, NULL);
    if (!w || d->state != DELIVERY_GREETING)
        return;
    if (w->has_heartbeat_wait_ms && w->heartbeat_wait_ms > 0)
        d->heartbeat_ms = w->heartbeat_wait_ms;
    if (w->has_dead_wait_ms && w->dead_wait_ms > 0)
        d->dead_ms = w->dead_wait_ms;
    if (w->has_frame_max && w->frame_max > LIMIT_EVENT_BYTES + BATCH_BYTES_ROOM)
        d->frame_max =
            w->frame_max < LIMIT_FRAME_BYTES ? w->frame_max : LIMIT_FRAME_BYTES;
    d->state = DELIVERY_READY;
    d->spoke_ms = now_ms;
    d->failures = 0;
    d->text[0] = '\0';
    snprintf(d->broker, sizeof(d->broker), "%s", w->broker ? w->broker : "?");
}

static struct flow *flow_of(struct delivery *d, uint64_t request_id)
{
    for (size_t i = 0; i < d->flow_count; i++)
        if (flow_find(&d->flow[i], request_id))
            return &d->flow[i];
    return NULL;
}

/* Dead letters first: only what is written down may become final. */
static bool bury_refused(struct delivery *d, const struct flow *f,
                         const struct flow_batch *batch,
                         const Yinuo__V1__EventsAnswer *answer)
{
    for (size_t i = 0; i < answer->n_refusals; i++) {
        const Yinuo__V1__Refusal *r = answer->refusals[i];
        uint64_t sequence = r->sequence + d->base[f - d->flow];
        if (sequence < batch->first || sequence > batch->last)
            continue;
        if (d->set.store.refuse(d->set.store.state, f->partition, sequence,
                                r->code, r->text ? r->text : "",
                                r->field ? r->field : "") != STATUS_OK) {
            say(d, "a dead letter could not be stored");
            return false;
        }
        d->refused++;
    }
    return true;
}

static void meet_store(struct delivery *d)
{
    for (size_t i = 0; i < d->flow_count; i++) {
        struct flow *f = &d->flow[i];
        uint64_t settled, last;
        if (f->final_to > d->settled[i] &&
            d->set.store.settle(d->set.store.state, f->partition,
                                f->final_to) == STATUS_OK)
            d->settled[i] = f->final_to;
        if (d->set.store.ends(d->set.store.state, f->partition, &settled,
                              &last) == STATUS_OK &&
            last > f->last)
            f->last = last;
    }
}

/* Of the two, router and outbox, one was restored from a backup: it asks for
 * what is gone here, or knows what never was. In a new epoch all that is not
 * final is told from 1 on. What the older router had been told stays unknown to
 * it; what the older outbox had told may come twice. False: not now. */
static bool renew(struct delivery *d)
{
    uint64_t epoch;
    if (!d->set.store.renew)
        return false;
    meet_store(d);
    for (size_t i = 0; i < d->flow_count; i++)
        if (d->settled[i] != d->flow[i].final_to)
            return false;
    if (d->set.store.renew(d->set.store.state, &epoch) != STATUS_OK)
        return false;
    d->set.epoch = epoch;
    d->renewals++;
    for (size_t i = 0; i < d->flow_count; i++) {
        d->base[i] = base_of(d, d->flow[i].partition);
        flow_restart(&d->flow[i]);
        d->flow[i].trouble = REFUSAL_NONE;
    }
    log_write(LOG_ERROR, "OUTBOX-RENEWED",
              LOG_FIELDS(LOG_TEXT("identity", d->set.identity)),
              "router and outbox do not know the same events: one of them was "
              "restored from a backup -> all that is not acknowledged is sent "
              "under a new epoch");
    say(d, "router and outbox did not know the same events: a new epoch");
    return true;
}

static void acknowledged(struct delivery *d, uint64_t request_id,
                         struct slice body, int64_t now_ms)
{
    struct flow *f = flow_of(d, request_id);
    const Yinuo__V1__EventsAnswer *a = codec_decode(
        &yinuo__v1__events_answer__descriptor, body, &d->arena, NULL);
    if (!a || !f || (a->has_epoch && a->epoch != d->set.epoch))
        return;
    if (a->n_refusals > 0 && a->refusals[0]->code == REFUSAL_STALE_EPOCH) {
        say(d, refusal_sentence(REFUSAL_STALE_EPOCH));
        flow_stale(f, d->set.random, now_ms);
        return;
    }
    uint64_t base = d->base[f - d->flow];
    if (a->accepted_to + base > f->last && renew(d))
        return;
    if (!bury_refused(d, f, flow_find(f, request_id), a))
        return; /* unanswered: it is sent again and refused again */
    struct flow_answer answer = {
        .accepted_to = a->accepted_to + base,
        .gap_from = a->has_gap_resend_from && a->gap_resend_from
                        ? a->gap_resend_from + base
                        : 0,
        .busy_ms =
            a->has_busy_wait_ms && a->busy_wait_ms == 0 ? 1 : a->busy_wait_ms,
        .hold = a->has_hold_after,
        .hold_after = a->hold_after + base};
    flow_answered(f, request_id, &answer, d->set.random, now_ms);
    d->answered_ms = now_ms;
    if (f->trouble == REFUSAL_GAP && renew(d))
        return;
    if (f->trouble != REFUSAL_NONE)
        say(d, f->trouble == REFUSAL_GAP
                   ? "the router asks for events that it had acknowledged"
                   : "the router knows events that are not in this outbox");
}

static void busy(struct delivery *d, uint64_t request_id, struct slice body,
                 int64_t now_ms)
{
    struct flow *f = flow_of(d, request_id);
    const Yinuo__V1__Busy *b =
        codec_decode(&yinuo__v1__busy__descriptor, body, &d->arena, NULL);
    if (!f)
        return;
    say(d, refusal_sentence(b && b->has_code ? b->code : REFUSAL_BUSY));
    flow_busy(f, request_id, b ? b->retry_wait_ms : 0, d->set.random, now_ms);
}

/* A whole message was refused. What cannot be read never will be; for the rest
 * there is hope, however little: nothing is thrown away. */
static void refused(struct delivery *d, uint64_t request_id, struct slice body,
                    int64_t now_ms)
{
    const Yinuo__V1__Refused *r =
        codec_decode(&yinuo__v1__refused__descriptor, body, &d->arena, NULL);
    uint32_t code = r && r->has_code ? r->code : REFUSAL_INTERNAL;
    struct flow *f = flow_of(d, request_id);
    if (code == REFUSAL_NOT_READY) {
        away(d, now_ms);
        return;
    }
    say(d, r && r->text && *r->text ? r->text : refusal_sentence(code));
    if (d->state == DELIVERY_GREETING) {
        d->failures += 3;
        away(d, now_ms + greeting_pause(d));
        return;
    }
    if (!f)
        return;
    uint64_t first = flow_find(f, request_id)->first;
    bool never = code == REFUSAL_TOO_LARGE || code == REFUSAL_MALFORMED ||
                 code == REFUSAL_TOO_MANY;
    if (!never)
        flow_busy(f, request_id, 0, d->set.random, now_ms);
    else if (flow_unreadable(f, request_id) &&
             d->set.store.bury(d->set.store.state, f->partition, first, code,
                               d->text) != STATUS_OK)
        say(d, "a dead letter could not be stored");
    if (code == REFUSAL_STALE_EPOCH)
        flow_stale(f, d->set.random, now_ms);
}

static void pong(struct delivery *d, struct slice body, int64_t now_ms)
{
    const Yinuo__V1__Ping *ping =
        codec_decode(&yinuo__v1__ping__descriptor, body, &d->arena, NULL);
    Yinuo__V1__Pong answer = YINUO__V1__PONG__INIT;
    answer.has_sent_ms = ping && ping->has_sent_ms;
    answer.sent_ms = ping ? ping->sent_ms : 0;
    (void)send_message(d, WIRE_PONG, 0, 0, &answer.base, now_ms);
}

void delivery_receive(struct delivery *d, struct frames *f, int64_t now_ms)
{
    struct wire_header header;
    struct slice head = frames_slice(f, HEADER), body = frames_slice(f, BODY);
    if (f->count != FRAMES ||
        wire_header_decode(head.data, head.size, &header) != REFUSAL_NONE) {
        frames_fini(f);
        return;
    }
    d->heard_ms = now_ms;
    arena_reset(&d->arena);
    switch (header.kind) {
    case WIRE_WELCOME:
        welcomed(d, body, now_ms);
        break;
    case WIRE_EVENTS_ACK:
        acknowledged(d, header.request_id, body, now_ms);
        break;
    case WIRE_BUSY:
        busy(d, header.request_id, body, now_ms);
        break;
    case WIRE_ERROR:
        refused(d, header.request_id, body, now_ms);
        break;
    case WIRE_PING:
        pong(d, body, now_ms);
        break;
    case WIRE_BYE:
        start_anew(d, "the broker said goodbye", now_ms);
        break;
    default:
        break;
    }
    frames_fini(f);
}

/* ---- the round ---- */

int64_t delivery_tick(struct delivery *d, int64_t now_ms)
{
    int64_t wake = now_ms + LOOK_MS;
    meet_store(d);
    go_on(d, now_ms);
    if (d->state != DELIVERY_READY)
        return d->greet_ms < wake ? d->greet_ms : wake;
    if (d->doubt)
        return now_ms + RETRY_MS;
    for (size_t i = 0; i < d->flow_count; i++)
        flow_tick(&d->flow[i], d->set.random, now_ms);
    send_events(d, now_ms);
    for (size_t i = 0; i < d->flow_count; i++) {
        int64_t next = flow_wake_ms(&d->flow[i], now_ms);
        if (next < wake)
            wake = next;
    }
    return wake > now_ms ? wake : now_ms + 1;
}

uint64_t delivery_backlog(const struct delivery *d)
{
    uint64_t backlog = 0;
    for (size_t i = 0; i < d->flow_count; i++)
        backlog += d->flow[i].last - d->flow[i].final_to;
    return backlog;
}
