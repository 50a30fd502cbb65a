#include "tests/support/fake_router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/socket.h"
#include "proto/event.h"
#include "tests/support/roles.h"

struct session {
    struct fake_router *r;
    void *sock;
    int64_t heard_ms;
    struct arena arena;
};

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void add_header(struct frames *f, uint8_t kind, uint64_t id)
{
    uint8_t head[WIRE_HEADER_SIZE];
    struct wire_header header = {WIRE_VERSION, kind, 0, id};
    wire_header_encode(&header, head);
    must(frames_add(f, slice_of(head, sizeof(head))) == STATUS_OK);
}

static void add_own_peer(struct frames *f)
{
    uint8_t who[WIRE_PEER_MAX];
    struct wire_peer peer = {
        .role = WIRE_ROLE_ROUTER, .identity = "fake", .identity_size = 4};
    must(frames_add(f, slice_of(who, wire_peer_encode(&peer, who))) ==
         STATUS_OK);
}

static void send_off(struct session *s, struct frames *f,
                     const ProtobufCMessage *message)
{
    struct bytes body;
    bytes_init(&body, 0);
    must(codec_encode(message, &body) == STATUS_OK);
    must(frames_add(f, bytes_slice(&body)) == STATUS_OK);
    (void)!socket_send(s->sock, f); /* as the real one: lost if not taken */
    frames_fini(f);
    bytes_fini(&body);
}

static void register_it(struct session *s)
{
    Yinuo__V1__Register reg = YINUO__V1__REGISTER__INIT;
    Yinuo__V1__PartitionHead head = YINUO__V1__PARTITION_HEAD__INIT;
    Yinuo__V1__PartitionHead *heads[] = {&head};
    uint32_t number = 0;
    struct frames f;
    head.has_partition = head.has_last_seq = 1;
    head.last_seq = s->r->record_seq;
    head.roles = support_roles();
    reg.partitions = &number;
    reg.n_partitions = reg.n_heads = 1;
    reg.heads = heads;
    reg.has_owner_epoch = 1;
    reg.owner_epoch = s->r->epoch;
    frames_init(&f);
    add_own_peer(&f);
    add_header(&f, WIRE_REGISTER, 1);
    send_off(s, &f, &reg.base);
}

static void send_record(struct session *s)
{
    uint8_t span[WIRE_SPAN_SIZE];
    size_t size = s->r->record_bytes;
    Yinuo__V1__StreamRecord record = YINUO__V1__STREAM_RECORD__INIT;
    struct wire_span range = {s->r->record_seq + 1, s->r->record_seq + 1};
    Yinuo__V1__Records body = YINUO__V1__RECORDS__INIT;
    uint8_t *bytes = calloc(1, size + 64);
    struct frames f;
    must(bytes != NULL);
    s->r->record_seq++;
    record.has_seq = record.has_chain = 1;
    record.seq = s->r->record_seq;
    record.chain = (ProtobufCBinaryData){.len = size, .data = bytes};
    uint8_t *packed = malloc(size + 128);
    must(packed != NULL);
    ProtobufCBinaryData list = {
        .len = yinuo__v1__stream_record__pack(&record, packed), .data = packed};
    body.records = &list;
    body.n_records = 1;
    frames_init(&f);
    add_own_peer(&f);
    add_header(&f, WIRE_STREAM, 0);
    wire_span_encode(&range, span);
    must(frames_add(&f, slice_of(span, sizeof(span))) == STATUS_OK);
    send_off(s, &f, &body.base);
    free(packed);
    free(bytes);
}

static unsigned producer_of(struct fake_router *r, const char *identity,
                            uint64_t epoch)
{
    unsigned i = 0;
    while (r->producers[i].identity[0] &&
           strcmp(r->producers[i].identity, identity) != 0)
        i++;
    must(i < FAKE_PRODUCERS);
    snprintf(r->producers[i].identity, sizeof(r->producers[i].identity), "%s",
             identity);
    if (r->producers[i].epoch < epoch) {
        r->producers[i].epoch = epoch;
        r->producers[i].last = 0;
    }
    must(r->producers[i].epoch == epoch);
    return i;
}

static void take_event(struct session *s, unsigned p, uint64_t seq,
                       ProtobufCBinaryData bytes)
{
    struct fake_router *r = s->r;
    const Yinuo__V1__Event *event =
        event_decode(slice_of(bytes.data, bytes.len), &s->arena, NULL);
    bool refused = !event || strcmp(event->kind, "bad.kind") == 0;
    size_t at = atomic_load(&r->count);
    must(at < FAKE_EVENTS && seq < FAKE_EVENTS);
    r->producers[p].last = seq;
    r->producers[p].refused[seq] = refused;
    if (refused)
        return;
    r->journal[at].producer = p;
    r->journal[at].sequence = seq;
    snprintf(r->journal[at].id, sizeof(r->journal[at].id), "%s", event->id);
    atomic_store(&r->count, at + 1);
    if (r->record_bytes > 0)
        send_record(s);
}

static void events(struct session *s, struct frames *f,
                   const struct wire_header *header)
{
    Yinuo__V1__Refusal list[64];
    Yinuo__V1__Refusal *refusals[64];
    Yinuo__V1__EventsAnswer a = YINUO__V1__EVENTS_ANSWER__INIT;
    struct slice body = frames_slice(f, 2);
    const Yinuo__V1__EventBatch *batch = codec_decode(
        &yinuo__v1__event_batch__descriptor, body, &s->arena, NULL);
    must(batch != NULL);
    unsigned p =
        producer_of(s->r, batch->producer_identity, batch->producer_epoch);
    a.refusals = refusals;
    for (size_t i = 0; i < batch->n_events; i++) {
        uint64_t seq = batch->first_sequence + i;
        if (seq > s->r->producers[p].last + 1) {
            a.has_gap_resend_from = 1;
            a.gap_resend_from = s->r->producers[p].last + 1;
            break;
        }
        if (seq == s->r->producers[p].last + 1)
            take_event(s, p, seq, batch->events[i]);
        if (!s->r->producers[p].refused[seq])
            continue;
        yinuo__v1__refusal__init(&list[a.n_refusals]);
        list[a.n_refusals].has_sequence = list[a.n_refusals].has_code = 1;
        list[a.n_refusals].sequence = seq;
        list[a.n_refusals].code = REFUSAL_UNKNOWN_KIND;
        refusals[a.n_refusals] = &list[a.n_refusals];
        a.n_refusals++;
    }
    a.has_accepted_to = a.has_epoch = 1;
    a.epoch = batch->producer_epoch;
    a.accepted_to = s->r->producers[p].last;
    struct frames answer;
    frames_init(&answer);
    must(frames_add_frame(&answer, f, 0) == STATUS_OK);
    add_header(&answer, WIRE_EVENTS_ACK, header->request_id);
    send_off(s, &answer, &a.base);
}

static void take(struct session *s, struct frames *f)
{
    struct wire_header header;
    struct slice head = frames_slice(f, 1);
    must(wire_header_decode(head.data, head.size, &header) == REFUSAL_NONE);
    s->heard_ms = clock_monotonic_ms(clock_system());
    arena_reset(&s->arena);
    if (header.kind == WIRE_EVENTS) {
        events(s, f, &header);
    } else if (header.kind == WIRE_ERROR) {
        register_it(s); /* the broker was started anew */
    } else if (header.kind == WIRE_PING) {
        Yinuo__V1__Pong pong = YINUO__V1__PONG__INIT;
        struct frames answer;
        frames_init(&answer);
        add_own_peer(&answer);
        add_header(&answer, WIRE_PONG, 0);
        send_off(s, &answer, &pong.base);
    }
    frames_fini(f);
}

/* So that a broker that was started anew says so. */
static void knock(struct session *s)
{
    static const Yinuo__V1__Ping ping = YINUO__V1__PING__INIT;
    struct frames f;
    frames_init(&f);
    add_own_peer(&f);
    add_header(&f, WIRE_PING, 0);
    send_off(s, &f, &ping.base);
}

static void *run(void *state)
{
    struct session s = {.r = state};
    void *context;
    struct error err;
    struct frames f;
    frames_init(&f);
    arena_init(&s.arena, 8 * LIMIT_DECODE_BYTES);
    must(socket_context_new(&context, &err) == STATUS_OK);
    must(socket_open(&s.sock, context, ZMQ_DEALER, NULL, &err) == STATUS_OK);
    must(socket_connect(s.sock, s.r->back, &err) == STATUS_OK);
    bool known = false;
    while (!atomic_load(&s.r->stop)) {
        zmq_pollitem_t item = {s.sock, 0, ZMQ_POLLIN, 0};
        if (zmq_poll(&item, 1, 50) == 0) {
            if (known)
                knock(&s);
            else
                register_it(&s);
        }
        while (socket_receive(s.sock, &f) == STATUS_OK) {
            known = true;
            take(&s, &f);
        }
    }
    socket_close(&s.sock);
    socket_context_free(&context);
    arena_fini(&s.arena);
    return NULL;
}

void fake_router_start(struct fake_router *r, const char *run_dir)
{
    snprintf(r->back, sizeof(r->back), "ipc://%s/back", run_dir);
    r->epoch++;
    atomic_store(&r->stop, false);
    must(pthread_create(&r->thread, NULL, run, r) == 0);
    r->running = true;
}

void fake_router_stop(struct fake_router *r)
{
    if (!r->running)
        return;
    atomic_store(&r->stop, true);
    pthread_join(r->thread, NULL);
    r->running = false;
}
