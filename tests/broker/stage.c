#include "stage.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/roles.h"

static void note(struct stage *s, const char *format, ...) PRINTF_LIKE(2, 3);

static void note(struct stage *s, const char *format, ...)
{
    char line[256];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof(line), format, list);
    va_end(list);
    if (!s->quiet)
        bytes_append_format(&s->story, "%s\n", line);
}

static struct wire_header header_of(struct frames *f, size_t i)
{
    struct wire_header header = {0};
    struct slice head = frames_slice(f, i);
    assert_int_equal(wire_header_decode(head.data, head.size, &header), 0);
    return header;
}

static void id_text(const struct wire_header *h, char out[32])
{
    out[0] = '\0';
    if (h->request_id)
        snprintf(out, 32, "#%" PRIu64, h->request_id);
}

static void *decode(struct stage *s, struct frames *f, size_t body,
                    const ProtobufCMessageDescriptor *type, struct arena *arena)
{
    bytes_reset(&s->last_body);
    bytes_append(&s->last_body, frames_slice(f, body));
    return type ? codec_decode(type, frames_slice(f, body), arena, NULL) : NULL;
}

static void explain(struct stage *s, char who, const struct wire_header *h,
                    void *message, char *out, size_t room)
{
    out[0] = '\0';
    if (h->kind == WIRE_BUSY)
        snprintf(out, room, " %s",
                 refusal_name(((Yinuo__V1__Busy *)message)->code));
    else if (h->kind == WIRE_ERROR)
        snprintf(out, room, " %s",
                 refusal_name(((Yinuo__V1__Refused *)message)->code));
    else if (h->kind == WIRE_WELCOME && who < 'R')
        s->session[(int)who] = ((Yinuo__V1__Welcome *)message)->session;
    else if (h->kind == WIRE_PING)
        s->ping[(int)who] = (uint64_t)((Yinuo__V1__Ping *)message)->sent_ms;
    else if (h->kind == WIRE_RECORDS) {
        const Yinuo__V1__Records *r = message;
        snprintf(out, room, " %zu to %" PRIu64, r->n_records, r->complete_to);
        if (r->code)
            snprintf(out, room, " %s", refusal_name(r->code));
    } else if (h->kind == WIRE_LANE) {
        const Yinuo__V1__Lane *l = message;
        snprintf(out, room, " tier %d workers %u credit %u waiting %u", l->tier,
                 l->workers, l->credit, l->waiting);
    }
}

static void sent_front(struct stage *s, struct frames *f, char who)
{
    struct arena arena;
    char id[32], more[96];
    struct wire_header h = header_of(f, 1);
    const struct wire_kind_row *row = wire_kind_row(h.kind);
    arena_init(&arena, LIMIT_DECODE_BYTES * 4);
    void *message = decode(s, f, 2, codec_type(row->body), &arena);
    explain(s, who, &h, message, more, sizeof(more));
    id_text(&h, id);
    note(s, "%c< %s%s%s", who, row->name, id, more);
    arena_fini(&arena);
}

static void sent_bundle(struct stage *s, struct slice rest, char who)
{
    struct bytes line = {0};
    struct wire_bundled one;
    char id[32];
    while (rest.size) {
        assert_int_equal(wire_bundle_next(&rest, &one), REFUSAL_NONE);
        id_text(&one.header, id);
        bytes_append_format(&line, "%s%s%s %.*s", line.size ? ", " : "",
                            wire_kind_row(one.header.kind)->name, id,
                            (int)one.peer.identity_size, one.peer.identity);
    }
    note(s, "%c< [%s]", who, bytes_text(&line));
    bytes_fini(&line);
}

static void sent_back(struct stage *s, struct frames *f, char who)
{
    struct arena arena;
    char id[32], more[96];
    struct wire_peer peer;
    struct wire_header h = header_of(f, 2);
    struct slice from = frames_slice(f, 1);
    const struct wire_kind_row *row = wire_kind_row(h.kind);
    if (h.kind == WIRE_BUNDLE) {
        sent_bundle(s, frames_slice(f, 3), who);
        return;
    }
    arena_init(&arena, LIMIT_DECODE_BYTES);
    assert_int_equal(wire_peer_decode(from.data, from.size, &peer), 0);
    void *message = peer.session == 0
                        ? decode(s, f, 3, codec_type(row->body), &arena)
                        : NULL;
    if (peer.session)
        snprintf(more, sizeof(more), " %.*s", (int)peer.identity_size,
                 peer.identity);
    else
        explain(s, who, &h, message, more, sizeof(more));
    id_text(&h, id);
    if (h.kind != WIRE_PING)
        note(s, "%c< %s%s%s", who, row->name, id, more);
    arena_fini(&arena);
}

static void sent_stream(struct stage *s, struct frames *f)
{
    struct wire_span span;
    char topic[WIRE_TOPIC_SIZE];
    struct wire_header h = header_of(f, 1);
    struct slice range = frames_slice(f, 2);
    assert_int_equal(wire_span_decode(range.data, range.size, &span), 0);
    assert_true(slice_to_text(frames_slice(f, 0), topic, sizeof(topic)));
    note(s, "* %s %s %" PRIu64 "..%" PRIu64, wire_kind_row(h.kind)->name, topic,
         span.first, span.last);
}

static enum status port_send(void *state, enum broker_side side,
                             struct frames *f)
{
    struct stage *s = state;
    char who = '*';
    if (side != BROKER_STREAM)
        who = (char)frames_slice(f, 0).data[0];
    s->tried[(int)who]++;
    if (s->gone[(int)who])
        return STATUS_UNREACHABLE;
    if (s->full[(int)who])
        return STATUS_BUSY;
    s->got[(int)who]++;
    s->got_bytes[(int)who] += frames_size(f);
    if (side == BROKER_FRONT)
        sent_front(s, f, who);
    else if (side == BROKER_BACK)
        sent_back(s, f, who);
    else
        sent_stream(s, f);
    frames_fini(f);
    return STATUS_OK;
}

void stage_open(struct stage *s, const struct broker_settings *settings)
{
    struct broker_settings set = {0};
    memset(s, 0, sizeof(*s));
    if (settings)
        set = *settings;
    clock_manual_init(&s->clock, 1700000000000);
    s->now_ms = 1000;
    set.port = (struct broker_port){port_send, s};
    set.clock = &s->clock.clock;
    set.access = &s->access;
    s->broker = broker_new(&set, s->now_ms);
    assert_non_null(s->broker);
}

void stage_close(struct stage *s)
{
    broker_free(&s->broker);
    bytes_fini(&s->story);
    bytes_fini(&s->last_body);
}

void stage_pass(struct stage *s, int64_t span_ms)
{
    int64_t until = s->now_ms + span_ms;
    while (s->now_ms < until) {
        int64_t step = until - s->now_ms < 100 ? until - s->now_ms : 100;
        s->now_ms += step;
        clock_manual_advance(&s->clock, step);
        broker_tick(s->broker, s->now_ms);
    }
}

void stage_raw(struct stage *s, enum broker_side side, size_t count,
               const struct slice *list)
{
    struct frames f;
    frames_init(&f);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(frames_add(&f, list[i]), STATUS_OK);
    if (side == BROKER_FRONT)
        broker_front(s->broker, &f, NULL, s->now_ms);
    else
        broker_back(s->broker, &f, NULL, s->now_ms);
    assert_int_equal(f.count, 0);
    broker_round(s->broker, s->now_ms);
}

void stage_front_to(struct stage *s, char who, uint8_t kind, uint32_t partition,
                    uint64_t id, const void *body, size_t size)
{
    uint8_t head[WIRE_HEADER_SIZE];
    struct wire_header h = {WIRE_VERSION, kind, partition, id};
    wire_header_encode(&h, head);
    struct slice list[] = {slice_of(&who, 1), slice_of(head, sizeof(head)),
                           slice_of(body, size)};
    stage_raw(s, BROKER_FRONT, 3, list);
}

static struct slice pack(struct bytes *out, const ProtobufCMessage *message)
{
    bytes_init(out, 0);
    if (message)
        assert_int_equal(codec_encode(message, out), STATUS_OK);
    return bytes_slice(out);
}

void stage_front(struct stage *s, char who, uint8_t kind, uint64_t id,
                 const ProtobufCMessage *message)
{
    struct bytes out;
    struct slice body = pack(&out, message);
    stage_front_to(s, who, kind, 1, id, body.data, body.size);
    bytes_fini(&out);
}

void stage_hello(struct stage *s, char who, const char *identity,
                 enum wire_role role)
{
    Yinuo__V1__Hello hello = YINUO__V1__HELLO__INIT;
    char name[80];
    snprintf(name, sizeof(name), "%s", identity);
    hello.identity = name;
    hello.has_role = 1;
    hello.role = (Yinuo__V1__Role)role;
    stage_front(s, who, WIRE_HELLO, 0, &hello.base);
}

static void back(struct stage *s, char router, const struct wire_peer *peer,
                 uint8_t kind, uint64_t id, struct slice span,
                 struct slice body)
{
    uint8_t head[WIRE_HEADER_SIZE], who[WIRE_PEER_MAX];
    struct wire_header h = {WIRE_VERSION, kind, 1, id};
    wire_header_encode(&h, head);
    size_t size = wire_peer_encode(peer, who);
    struct slice list[5] = {slice_of(&router, 1), slice_of(who, size),
                            slice_of(head, sizeof(head)), body};
    if (span.size) {
        list[3] = span;
        list[4] = body;
    }
    stage_raw(s, BROKER_BACK, span.size ? 5 : 4, list);
}

void stage_answer(struct stage *s, char router, uint8_t kind, char client,
                  uint64_t id)
{
    struct wire_peer peer = {.session = s->session[(int)client],
                             .role = WIRE_ROLE_STATION};
    back(s, router, &peer, kind, id, SLICE_EMPTY, SLICE_EMPTY);
}

void stage_answers(struct stage *s, char router, uint8_t kind, char client,
                   uint64_t from, uint64_t to)
{
    struct wire_peer of = {.role = WIRE_ROLE_ROUTER},
                     peer = {.session = s->session[(int)client],
                             .role = WIRE_ROLE_STATION};
    struct bytes bundle = {0};
    for (uint64_t id = from; id <= to; id++) {
        struct wire_header h = {WIRE_VERSION, kind, 1, id};
        wire_bundle_add(&bundle, &peer, &h, SLICE_EMPTY);
    }
    back(s, router, &of, WIRE_BUNDLE, 0, SLICE_EMPTY, bytes_slice(&bundle));
    bytes_fini(&bundle);
}

void stage_back(struct stage *s, char router, uint8_t kind, uint64_t id,
                const ProtobufCMessage *message)
{
    struct bytes out;
    struct wire_peer peer = {
        .role = WIRE_ROLE_ROUTER, .identity = "rt-1", .identity_size = 4};
    back(s, router, &peer, kind, id, SLICE_EMPTY, pack(&out, message));
    bytes_fini(&out);
}

void stage_register(struct stage *s, char router, uint64_t epoch,
                    uint64_t last_seq)
{
    Yinuo__V1__Register reg = YINUO__V1__REGISTER__INIT;
    Yinuo__V1__PartitionHead head = YINUO__V1__PARTITION_HEAD__INIT;
    Yinuo__V1__PartitionHead *heads[] = {&head};
    uint32_t number = 1;
    head.has_partition = head.has_last_seq = 1;
    head.partition = 1;
    head.last_seq = last_seq;
    head.roles = support_roles();
    reg.n_partitions = reg.n_heads = 1;
    reg.partitions = &number;
    reg.heads = heads;
    reg.has_owner_epoch = reg.has_bundles = 1;
    reg.bundles = s->bundles;
    reg.owner_epoch = epoch;
    stage_back(s, router, WIRE_REGISTER, 1, &reg.base);
}

/* Records of four bytes that name their sequence. */
void stage_stream(struct stage *s, char router, uint64_t first, uint64_t last)
{
    uint8_t span[WIRE_SPAN_SIZE];
    struct wire_span range = {first, last};
    struct bytes body;
    struct wire_peer peer = {
        .role = WIRE_ROLE_ROUTER, .identity = "rt-1", .identity_size = 4};
    bytes_init(&body, 0);
    wire_span_encode(&range, span);
    for (uint64_t seq = first; seq <= last; seq++) {
        uint8_t record[] = {0x0a, 3, 0x10, (uint8_t)(0x80 | (seq & 0x7f)),
                            (uint8_t)(seq >> 7 & 0x7f)};
        bytes_append(&body, slice_of(record, sizeof(record)));
    }
    back(s, router, &peer, WIRE_STREAM, 0, slice_of(span, sizeof(span)),
         bytes_slice(&body));
    bytes_fini(&body);
}

void stage_expect(struct stage *s, const char *file, int line, const char *text)
{
    const char *story = bytes_text(&s->story);
    if (strcmp(story, text) != 0)
        print_error("%s:%d: the story is\n%s--- expected\n%s", file, line,
                    story, text);
    assert_true(strcmp(story, text) == 0);
    bytes_reset(&s->story);
}
