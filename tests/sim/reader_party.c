/* reader_party - one who follows the stream: the live tail while it is whole,
 * fetches where it is not. Its cursor and what it took in outlive its crashes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/oracle.h"

enum { HELLO_MS = 1500, FETCH_AGAIN_MS = 2500, SUBSCRIBE_MS = 3000 };

struct reader_party {
    struct party party; /* first */
    uint64_t have;      /* the disk: cursor */

    bool welcome;
    int64_t heard_ms, hello_ms, spoke_ms, tail_ms;
    uint64_t next_request, fetch; /* 0: none under way */
    int64_t fetched_ms;
    uint64_t fetch_after;
    uint64_t known; /* there is at least so much */
};

static struct reader_party *self_of(struct party *p)
{
    return (struct reader_party *)p;
}

static void take_one(struct reader_party *n, uint64_t seq, struct slice bytes)
{
    oracle_streamed(n->party.sim->oracle, seq, bytes);
    n->have = seq;
}

/* --- fetching --- */

static void fetch(struct reader_party *n)
{
    struct sim *s = n->party.sim;
    Yinuo__V1__Fetch f = YINUO__V1__FETCH__INIT;
    char cursor[48];

    if (!n->welcome || (n->fetch && s->now_ms - n->fetched_ms < FETCH_AGAIN_MS))
        return;
    uint64_t after = n->have;
    if (s->options.breakage == BREAK_CURSOR && after)
        after++; /* what the deliberate mistake of a program would send */
    snprintf(cursor, sizeof cursor, "p0-%" PRIu64, after);
    f.cursor = cursor;
    f.has_limit = chance_below(s, 2) != 0;
    f.limit = 1 + (uint32_t)chance_below(s, 40);
    f.has_wait_ms = chance_below(s, 3) == 0;
    f.wait_ms = 2000;
    n->fetch = ++n->next_request;
    n->fetch_after = n->have;
    n->fetched_ms = s->now_ms;
    (void)client_say(&n->party, WIRE_FETCH, n->fetch, &f.base);
}

static uint64_t seq_of(struct slice bytes, struct arena *arena)
{
    Yinuo__V1__StreamRecord *r =
        codec_decode(&yinuo__v1__stream_record__descriptor, bytes, arena, NULL);

    return r ? r->seq : 0;
}

/* What a fetch gives is what the cursor says: nothing before, nothing missing.
 */
static void fetched(struct reader_party *n, uint64_t request,
                    const Yinuo__V1__Records *r, struct arena *arena)
{
    struct sim *s = n->party.sim;

    if (request != n->fetch)
        return;
    n->fetch = 0;
    if (r->code) {
        sim_fail(s, "STREAM: a fetch is answered with %s",
                 refusal_name(r->code));
        return;
    }
    uint64_t next = n->fetch_after;
    for (size_t i = 0; i < r->n_records && !s->failed; i++) {
        struct slice bytes = slice_of(r->records[i].data, r->records[i].len);
        uint64_t seq = seq_of(bytes, arena);
        if (seq != ++next)
            sim_fail(s,
                     "STREAM: a fetch after %" PRIu64 " gives %" PRIu64
                     " in place of %" PRIu64,
                     n->fetch_after, seq, next);
        else if (seq == n->have + 1)
            take_one(n, seq, bytes);
    }
    s->sights[SIGHT_FETCHED] += n->have > n->fetch_after;
    if (r->n_records && r->complete_to != next)
        sim_fail(s, "STREAM: complete to %" PRIu64 ", the last is %" PRIu64,
                 r->complete_to, next);
    if (r->has_last_seq && r->last_seq > n->known)
        n->known = r->last_seq;
}

/* --- the live tail --- */

static void tail(struct reader_party *n, const struct frames *f,
                 const struct wire_header *h, struct arena *arena)
{
    struct sim *s = n->party.sim;
    struct slice range = frames_slice(f, 2);
    struct wire_span span;

    if (wire_span_decode(range.data, range.size, &span) != REFUSAL_NONE) {
        sim_fail(s, "STREAM: a message without a span");
        return;
    }
    n->tail_ms = s->now_ms;
    if (span.last > n->known)
        n->known = span.last;
    if (span.first > n->have + 1)
        s->sights[SIGHT_STREAM_GAP]++;
    if (h->kind != WIRE_STREAM || span.first > n->have + 1)
        return;
    s->sights[SIGHT_TAIL_WHOLE]++;
    Yinuo__V1__Records *r = codec_decode(&yinuo__v1__records__descriptor,
                                         frames_slice(f, 3), arena, NULL);
    if (!r || r->n_records != span.last + 1 - span.first) {
        sim_fail(s, "STREAM: the span %" PRIu64 "..%" PRIu64 " holds %zu",
                 span.first, span.last, r ? r->n_records : 0);
        return;
    }
    for (uint64_t seq = span.first; seq <= span.last; seq++) {
        const ProtobufCBinaryData *b = &r->records[seq - span.first];
        if (seq == n->have + 1)
            take_one(n, seq, slice_of(b->data, b->len));
    }
}

/* --- the process --- */

static void start(struct party *p)
{
    struct reader_party *n = self_of(p);

    n->welcome = false;
    n->fetch = n->known = 0;
    n->hello_ms = -HELLO_MS;
    n->heard_ms = p->sim->now_ms;
    n->tail_ms = -SUBSCRIBE_MS;
}

static void crash(struct party *p)
{
    (void)p;
}

static void take(struct reader_party *n, const struct wire_header *h, void *m,
                 struct arena *arena)
{
    if (h->kind == WIRE_WELCOME)
        n->welcome = true;
    else if (h->kind == WIRE_RECORDS)
        fetched(n, h->request_id, m, arena);
    else if (h->kind == WIRE_BUSY && h->request_id == n->fetch)
        n->fetched_ms = n->party.sim->now_ms - FETCH_AGAIN_MS + 500;
    else if (h->kind == WIRE_ERROR &&
             ((Yinuo__V1__Refused *)m)->code == REFUSAL_NOT_READY)
        n->welcome = false;
    else if (h->kind == WIRE_ERROR && h->request_id == n->fetch)
        n->fetch = 0;
}

static void receive(struct party *p, struct packet *packet)
{
    struct reader_party *n = self_of(p);
    size_t at = packet->door == DOOR_STREAM ? 1 : 0;
    struct slice head = frames_slice(&packet->frames, at);
    struct wire_header h;
    struct arena arena;

    if (wire_header_decode(head.data, head.size, &h) != REFUSAL_NONE)
        return;
    arena_init(&arena, 4 * LIMIT_DECODE_BYTES);
    if (packet->door == DOOR_STREAM) {
        tail(n, &packet->frames, &h, &arena);
    } else {
        n->heard_ms = p->sim->now_ms;
        void *m = codec_decode(codec_type(wire_kind_row(h.kind)->body),
                               frames_slice(&packet->frames, 1), &arena, NULL);
        if (m)
            take(n, &h, m, &arena);
    }
    arena_fini(&arena);
    if (n->known > n->have)
        fetch(n);
}

static void wake(struct party *p)
{
    struct reader_party *n = self_of(p);
    struct sim *s = p->sim;

    if (s->now_ms - n->heard_ms > LIMIT_SILENCE_MS) {
        n->welcome = false;
        n->fetch = 0;
        n->heard_ms = s->now_ms;
        p->life++;
    }
    if (!n->welcome && s->now_ms - n->hello_ms >= HELLO_MS) {
        n->hello_ms = s->now_ms;
        (void)client_hello(p, WIRE_ROLE_VIEWER, 0);
    }
    /* libzmq tells the broker again on each new connection */
    if (s->now_ms - n->tail_ms >= SUBSCRIBE_MS) {
        n->tail_ms = s->now_ms;
        broker_subscriber(s->broker, p);
    }
    if (n->known > n->have || chance_below(s, 8) == 0)
        fetch(n);
    if (n->welcome && s->now_ms - n->spoke_ms >= LIMIT_HEARTBEAT_MS) {
        Yinuo__V1__Ping ping = YINUO__V1__PING__INIT;
        n->spoke_ms = s->now_ms;
        (void)client_say(p, WIRE_PING, 0, &ping.base);
    }
    sim_wake(p, s->now_ms + 500 + chance_ms(s, 0, 300));
}

static void release(struct party *p)
{
    free(self_of(p));
}

struct party *reader_party(struct sim *s)
{
    static const struct party_ops ops = {start, crash, receive, wake, release};
    struct reader_party *n = calloc(1, sizeof *n);

    if (!n)
        abort();
    n->party = (struct party){.ops = &ops,
                              .sim = s,
                              .name = "reader",
                              .crash_fault = FAULT_READER_CRASH};
    return &n->party;
}
