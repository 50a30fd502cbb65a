/* load - many stations at once: events into the front door, as fast as they are
 * acknowledged. One line of key=value results, in the form of the peers'.
 *
 *   load connect=tcp://127.0.0.1:7801 cases=100000 open=1
 *   load connect=... cases=100000 producers=3000 conns=16 batch=32 w=1024
 *        secs=5
 *   load connect=... promise=30000 lead_ms=60000 rate=1000
 *
 * open=1 opens the cases and ends. promise=N makes N promises of the first N
 * cases, due from lead_ms from now on, rate of them in a second. Otherwise each
 * event is a two-way contact of a case chosen at random: it moves the case, and
 * its timer is armed anew. w is how many events are outstanding in all; batch
 * how many go in one message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/reader.h"
#include "base/socket.h"
#include "base/writer.h"
#include "proto/codec.h"
#include "proto/event.h"

enum {
    CONNS_MAX = 256,
    PRODUCERS_MAX = 100000,
    EVENT_BYTES = 512,
    SAMPLES = 1 << 22
};

struct producer {
    uint64_t sequence; /* last sent */
    bool busy;         /* a message of it is under way */
    char identity[16];
};

struct flight { /* a message that is not answered yet, by request id */
    int64_t sent_ns;
    uint32_t producer;
    uint32_t events;
};

struct load {
    const char *connect;
    uint32_t cases, producers, conns, batch, window, open, promises;
    int64_t first_due_ms;
    uint32_t rate;
    double secs;
    void *context, *sock[CONNS_MAX];
    struct producer *producer;
    uint32_t next_producer;
    struct flight *flight; /* ring by request id */
    uint64_t next_request;
    uint64_t sent, acked, refused, busy, again;
    uint32_t outstanding;
    uint64_t seed, epoch;
    uint32_t *latency_us;
    uint64_t samples;
    char *event;
    size_t event_size, case_at;
};

enum { RING = 1 << 17 };

static const char *arg(int argc, char **argv, const char *key,
                       const char *otherwise)
{
    size_t n = strlen(key);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], key, n) == 0 && argv[i][n] == '=')
            return argv[i] + n + 1;
    return otherwise;
}

static uint32_t number(int argc, char **argv, const char *key,
                       const char *otherwise)
{
    return (uint32_t)strtoul(arg(argc, argv, key, otherwise), NULL, 10);
}

static void die(const char *what)
{
    fprintf(stderr, "load: %s\n", what);
    exit(1);
}

static uint64_t chance(struct load *l)
{
    l->seed ^= l->seed << 13;
    l->seed ^= l->seed >> 7;
    l->seed ^= l->seed << 17;
    return l->seed;
}

/* One event with a case id of fixed width, which is patched in for each. */
static void make_event(struct load *l)
{
    struct arena arena;
    struct bytes out = {0};
    struct fault fault;
    struct event_value yes = {.type = EVENT_FLAG, .number = 1},
                       inbound = {.type = EVENT_TEXT, .text = "outbound"};

    arena_init(&arena, 1 << 16);
    Yinuo__V1__Event *e =
        event_new(l->open ? "case.opened" : "customer.contacted", &arena);
    e->id = (char *)"e";
    e->case_id = (char *)"C-0000000";
    e->station = (char *)"ST-BENCH";
    e->region = (char *)"R-1";
    e->has_source = 1;
    e->source = YINUO__V1__SOURCE__SOURCE_STATION;
    if (l->open) {
        struct event_value class = {.type = EVENT_TEXT, .text = "request"};
        if (event_set(e, "class", &class, &arena, &fault))
            die(fault.text);
    } else if (event_set(e, "two_way", &yes, &arena, &fault) ||
               event_set(e, "direction", &inbound, &arena, &fault)) {
        die(fault.text);
    }
    if (codec_encode(&e->base, &out) != STATUS_OK)
        die("no memory");
    l->event = malloc(out.size);
    if (!l->event)
        die("no memory");
    memcpy(l->event, out.data, out.size);
    l->event_size = out.size;
    for (l->case_at = 0; memcmp(l->event + l->case_at, "C-0000000", 9) != 0;
         l->case_at++)
        ;
    bytes_fini(&out);
    arena_fini(&arena);
}

/* A promise of a case of its own, which nobody keeps. Its name is the run's. */
static size_t make_promise(struct load *l, uint32_t n, char *room)
{
    static struct arena arena;
    struct bytes out = {0};
    struct fault fault;
    char case_id[16], name[24];
    struct event_value due = {.type = EVENT_TIME,
                              .number = l->first_due_ms +
                                        (int64_t)n * 1000 / l->rate},
                       yes = {.type = EVENT_FLAG, .number = 1},
                       id = {.type = EVENT_TEXT, .text = name};

    snprintf(name, sizeof name, "p%llx", (unsigned long long)l->epoch);
    if (!arena.cap)
        arena_init(&arena, LIMIT_DECODE_BYTES);
    arena_reset(&arena);
    Yinuo__V1__Event *e = event_new("promise.made", &arena);
    snprintf(case_id, sizeof case_id, "C-%07u", n % 10000000);
    e->id = (char *)"e";
    e->case_id = case_id;
    e->station = (char *)"ST-BENCH";
    if (event_set(e, "due", &due, &arena, &fault) ||
        event_set(e, "accepted_by_customer", &yes, &arena, &fault) ||
        event_set(e, "promise_id", &id, &arena, &fault))
        die(fault.text);
    if (codec_encode(&e->base, &out) != STATUS_OK || out.size > EVENT_BYTES)
        die("no room");
    memcpy(room, out.data, out.size);
    size_t size = out.size;
    bytes_fini(&out);
    return size;
}

static void send_frames(struct load *l, uint32_t conn, uint8_t kind,
                        uint64_t request, struct slice body)
{
    struct wire_header h = {
        .version = WIRE_VERSION, .kind = kind, .request_id = request};
    struct frames f;

    frames_init(&f);
    uint8_t *head = frames_add_room(&f, WIRE_HEADER_SIZE);
    if (!head || frames_add(&f, body) != STATUS_OK)
        die("no memory");
    wire_header_encode(&h, head);
    while (socket_send(l->sock[conn], &f) == STATUS_BUSY)
        ;
    frames_fini(&f);
}

static void open_conns(struct load *l)
{
    struct error err;
    Yinuo__V1__Hello hello = YINUO__V1__HELLO__INIT;
    struct bytes body = {0};
    char identity[32];

    if (socket_context_new(&l->context, &err) != STATUS_OK)
        die(err.text);
    hello.has_role = hello.has_version_min = hello.has_version_max = 1;
    hello.role = (Yinuo__V1__Role)WIRE_ROLE_ADMIN;
    hello.version_min = hello.version_max = WIRE_VERSION;
    for (uint32_t i = 0; i < l->conns; i++) {
        if (socket_open(&l->sock[i], l->context, ZMQ_DEALER, NULL, &err) !=
                STATUS_OK ||
            socket_connect(l->sock[i], l->connect, &err) != STATUS_OK)
            die(err.text);
        snprintf(identity, sizeof identity, "load-%u", i);
        hello.identity = identity;
        zmq_pollitem_t item = {l->sock[i], 0, ZMQ_POLLOUT, 0};
        (void)zmq_poll(&item, 1, 3000);
        bytes_reset(&body);
        if (codec_encode(&hello.base, &body) != STATUS_OK)
            die("no memory");
        send_frames(l, i, WIRE_HELLO, 1, bytes_slice(&body));
        item.events = ZMQ_POLLIN;
        struct frames f;
        frames_init(&f);
        if (zmq_poll(&item, 1, 3000) <= 0 ||
            socket_receive(l->sock[i], &f) != STATUS_OK)
            die("nobody answers at the front door");
        frames_fini(&f);
    }
    bytes_fini(&body);
}

/* --- sending --- */

static uint32_t pick_producer(struct load *l)
{
    for (uint32_t i = 0; i < l->producers; i++) {
        uint32_t p = (l->next_producer + i) % l->producers;
        if (!l->producer[p].busy) {
            l->next_producer = p + 1;
            return p;
        }
    }
    die("more messages outstanding than producers");
    return 0;
}

/* The event with a case of its own; it is written into its place, so that the
 * generator takes as little of the machine as it can. */
static void put_event(struct load *l, struct writer *out)
{
    uint32_t n = (uint32_t)l->sent++;

    if (l->promises) {
        char room[EVENT_BYTES];

        writer_blob(out, slice_of(room, make_promise(l, n, room)));
        return;
    }
    uint32_t digits = l->open ? n : (uint32_t)(chance(l) % l->cases);
    for (char *at = l->event + l->case_at + 8; at > l->event + l->case_at + 1;
         at--, digits /= 10)
        *at = (char)('0' + digits % 10);
    writer_blob(out, slice_of(l->event, l->event_size));
}

/* An EventBatch, as protobuf has it: producer, epoch, first sequence, events.
 */
static void send_batch(struct load *l, uint32_t events, uint64_t request,
                       uint32_t p)
{
    static uint8_t room[(LIMIT_BATCH_EVENTS + 1) * (EVENT_BYTES + 8)];
    struct producer *from = &l->producer[p];
    struct writer out;

    writer_init_fixed(&out, room, sizeof room);
    writer_u8(&out, 1 << 3 | 2);
    writer_text(&out, from->identity);
    writer_u8(&out, 2 << 3);
    writer_varint(&out, l->epoch);
    writer_u8(&out, 3 << 3);
    writer_varint(&out, from->sequence + 1);
    for (uint32_t i = 0; i < events; i++) {
        writer_u8(&out, 4 << 3 | 2);
        put_event(l, &out);
    }
    if (out.status != STATUS_OK)
        die("no room");
    from->sequence += events;
    from->busy = true;
    l->flight[request % RING] =
        (struct flight){clock_monotonic_ns(clock_system()), p, events};
    l->outstanding += events;
    send_frames(l, p % l->conns, WIRE_EVENTS, request,
                slice_of(room, out.size));
}

/* How many there are to send; all the time gives. */
static uint64_t wanted(const struct load *l)
{
    return l->promises ? l->promises : l->open ? l->cases : UINT64_MAX;
}

static void fill(struct load *l)
{
    while (l->outstanding + l->batch <= l->window && l->sent < wanted(l)) {
        uint64_t left = wanted(l) - l->sent;

        send_batch(l, left < l->batch ? (uint32_t)left : l->batch,
                   ++l->next_request, pick_producer(l));
    }
}

/* --- answers --- */

/* An EventsAnswer: its refusals are counted, a gap is none that may be. */
static void read_answer(struct load *l, struct slice body)
{
    struct reader in;

    reader_init(&in, body);
    while (in.rest.size && in.status == STATUS_OK) {
        uint64_t tag = reader_varint(&in);

        if (tag >> 3 == 4)
            die("a gap: answers and numbers do not fit");
        l->refused += tag >> 3 == 3;
        if ((tag & 7) == 2)
            (void)reader_blob(&in);
        else
            (void)reader_varint(&in);
    }
    if (in.status != STATUS_OK)
        die("an answer that is none");
}

static void acknowledged(struct load *l, uint64_t request, struct slice body,
                         int64_t now_ns)
{
    struct flight *f = &l->flight[request % RING];

    read_answer(l, body);
    if (l->samples < SAMPLES)
        l->latency_us[l->samples++] = (uint32_t)((now_ns - f->sent_ns) / 1000);
    l->producer[f->producer].busy = false;
    l->outstanding -= f->events;
    l->acked += f->events;
}

static void take(struct load *l, struct frames *f, int64_t now_ns)
{
    struct wire_header h;
    struct slice head = frames_slice(f, 0);

    if (wire_header_decode(head.data, head.size, &h) != REFUSAL_NONE)
        die("an answer that is none");
    if (h.kind == WIRE_EVENTS_ACK) {
        acknowledged(l, h.request_id, frames_slice(f, 1), now_ns);
    } else if (h.kind == WIRE_BUSY) {
        die("busy: the window is larger than what the broker takes");
    } else if (h.kind == WIRE_ERROR) {
        die("refused");
    }
}

static void drain(struct load *l, int64_t wait_ms)
{
    zmq_pollitem_t items[CONNS_MAX];
    struct frames f;

    frames_init(&f);
    for (uint32_t i = 0; i < l->conns; i++)
        items[i] = (zmq_pollitem_t){l->sock[i], 0, ZMQ_POLLIN, 0};
    if (zmq_poll(items, (int)l->conns, (long)wait_ms) <= 0)
        return;
    for (uint32_t i = 0; i < l->conns; i++)
        while ((items[i].revents & ZMQ_POLLIN) &&
               socket_receive(l->sock[i], &f) == STATUS_OK) {
            take(l, &f, clock_monotonic_ns(clock_system()));
            frames_fini(&f);
        }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void report(struct load *l, double secs)
{
    qsort(l->latency_us, l->samples, sizeof *l->latency_us, by_size);
    uint64_t n = l->samples ? l->samples - 1 : 0;
    printf("peer=yinuo work=%s producers=%u conns=%u w=%u batch=%u cases=%u "
           "acked=%llu "
           "acked_per_s=%.0f ack_p50_us=%u ack_p99_us=%u ack_max_us=%u "
           "refused=%llu secs=%.2f\n",
           l->promises ? "promise"
           : l->open   ? "open"
                       : "contact",
           l->producers, l->conns, l->window, l->batch, l->cases,
           (unsigned long long)l->acked, (double)l->acked / secs,
           l->latency_us[n / 2], l->latency_us[n * 99 / 100], l->latency_us[n],
           (unsigned long long)l->refused, secs);
}

int main(int argc, char **argv)
{
    static struct load l;

    l.connect = arg(argc, argv, "connect", "tcp://127.0.0.1:7801");
    l.cases = number(argc, argv, "cases", "100000");
    l.producers = number(argc, argv, "producers", "3000");
    l.conns = number(argc, argv, "conns", "16");
    l.batch = number(argc, argv, "batch", "32");
    l.window = number(argc, argv, "w", "1024");
    l.open = number(argc, argv, "open", "0");
    l.promises = number(argc, argv, "promise", "0");
    l.rate = number(argc, argv, "rate", "1000");
    l.first_due_ms =
        clock_wall_ms(clock_system()) + number(argc, argv, "lead_ms", "60000");
    l.secs = strtod(arg(argc, argv, "secs", "5"), NULL);
    if (l.conns > CONNS_MAX || l.producers > PRODUCERS_MAX ||
        l.batch > LIMIT_BATCH_EVENTS || !l.conns || !l.producers || !l.batch ||
        !l.rate || l.cases > 9999999)
        die("numbers out of range");
    l.producer = calloc(l.producers, sizeof *l.producer);
    l.flight = calloc(RING, sizeof *l.flight);
    l.latency_us = calloc(SAMPLES, sizeof *l.latency_us);
    if (!l.producer || !l.flight || !l.latency_us)
        die("no memory");
    for (uint32_t p = 0; p < l.producers; p++)
        snprintf(l.producer[p].identity, sizeof l.producer[p].identity,
                 "st-%05u%s", p % 100000,
                 l.promises ? "-p"
                 : l.open   ? "-o"
                            : "");
    l.seed = 88172645463325252u;
    l.epoch = (uint64_t)clock_wall_ms(clock_system());
    make_event(&l);
    open_conns(&l);
    int64_t start_ns = clock_monotonic_ns(clock_system()), now_ns = start_ns;
    int64_t end_ns = start_ns + (int64_t)(l.secs * 1e9);
    while (wanted(&l) == UINT64_MAX ? now_ns < end_ns : l.sent < wanted(&l)) {
        fill(&l);
        drain(&l, 1000);
        now_ns = clock_monotonic_ns(clock_system());
    }
    while (l.outstanding)
        drain(&l, 1000);
    report(&l, (double)(clock_monotonic_ns(clock_system()) - start_ns) / 1e9);
    for (uint32_t i = 0; i < l.conns; i++)
        socket_close(&l.sock[i]);
    socket_context_free(&l.context);
    return l.acked ? 0 : 1;
}
