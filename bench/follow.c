/* follow - a dashboard that only counts: the live tail, or a catch-up by fetch.
 *
 *   follow run=DIR                 the tail, until TERM; prints what it saw
 *   follow run=DIR catchup=N       fetches N records from the oldest on
 *   follow run=DIR late=N          until N promises were found missed: how long
 *                                  after they were due that was heard of here
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/socket.h"
#include "proto/codec.h"

static volatile sig_atomic_t stop;

static void on_term(int number)
{
    (void)number;
    stop = 1;
}

static void die(const char *what)
{
    fprintf(stderr, "follow: %s\n", what);
    exit(1);
}

static const char *arg(int argc, char **argv, const char *key)
{
    size_t n = strlen(key);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], key, n) == 0 && argv[i][n] == '=')
            return argv[i] + n + 1;
    return NULL;
}

static void *door(void *context, const char *run, const char *name, int type)
{
    char endpoint[512];
    struct socket_settings settings = {.subscribe_all = type == ZMQ_SUB};
    struct error err;
    void *sock;

    snprintf(endpoint, sizeof endpoint, "ipc://%s/%s", run, name);
    if (socket_open(&sock, context, type, &settings, &err) != STATUS_OK ||
        socket_connect(sock, endpoint, &err) != STATUS_OK)
        die(err.text);
    if (type == ZMQ_DEALER) { /* nothing can be said before it is connected */
        zmq_pollitem_t item = {sock, 0, ZMQ_POLLOUT, 0};
        (void)zmq_poll(&item, 1, 3000);
    }
    return sock;
}

static void tail(void *sock)
{
    unsigned long messages = 0, bytes = 0;
    zmq_pollitem_t item = {sock, 0, ZMQ_POLLIN, 0};
    struct frames f;

    frames_init(&f);
    while (!stop) {
        if (zmq_poll(&item, 1, 200) <= 0)
            continue;
        while (socket_receive(sock, &f) == STATUS_OK) {
            messages++;
            bytes += frames_size(&f);
            frames_fini(&f);
        }
    }
    printf("tail messages=%lu bytes=%lu\n", messages, bytes);
}

/* --- lateness --- */

enum { LATE_MAX = 1 << 20 };

struct lateness {
    uint32_t *ms;
    size_t count, wanted;
};

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* The miss is an event that the timer derives, at the moment it was due. */
static void note_decision(struct lateness *l, const Yinuo__V1__Decision *d,
                          int64_t now_ms)
{
    if (d->text && strcmp(d->text, "promise.missed") == 0 &&
        l->count < l->wanted)
        l->ms[l->count++] =
            now_ms > d->due_ms ? (uint32_t)(now_ms - d->due_ms) : 0;
}

static void note_records(struct lateness *l, struct slice body,
                         struct arena *arena)
{
    int64_t now_ms = clock_wall_ms(clock_system());

    arena_reset(arena);
    const Yinuo__V1__Records *r =
        codec_decode(&yinuo__v1__records__descriptor, body, arena, NULL);
    for (size_t i = 0; r && i < r->n_records; i++) {
        const Yinuo__V1__StreamRecord *record = codec_decode(
            &yinuo__v1__stream_record__descriptor,
            slice_of(r->records[i].data, r->records[i].len), arena, NULL);

        for (size_t k = 0; record && k < record->n_decisions; k++)
            note_decision(l, record->decisions[k], now_ms);
    }
}

static void late(void *sock, size_t wanted)
{
    struct lateness l = {.wanted = wanted < LATE_MAX ? wanted : LATE_MAX};
    zmq_pollitem_t item = {sock, 0, ZMQ_POLLIN, 0};
    struct arena arena;
    struct frames f;

    l.ms = calloc(l.wanted, sizeof *l.ms);
    if (!l.ms)
        die("no memory");
    arena_init(&arena, 64 << 20);
    frames_init(&f);
    while (!stop && l.count < l.wanted) {
        if (zmq_poll(&item, 1, 200) <= 0)
            continue;
        while (socket_receive(sock, &f) == STATUS_OK) {
            struct wire_header h;
            struct slice head = frames_slice(&f, 1);

            if (wire_header_decode(head.data, head.size, &h) == REFUSAL_NONE &&
                h.kind == WIRE_STREAM)
                note_records(&l, frames_slice(&f, 3), &arena);
            frames_fini(&f);
        }
    }
    qsort(l.ms, l.count, sizeof *l.ms, by_size);
    size_t n = l.count ? l.count - 1 : 0;
    printf("late fired=%zu p50_ms=%u p99_ms=%u max_ms=%u\n", l.count,
           l.ms[n / 2], l.ms[n * 99 / 100], l.ms[n]);
    arena_fini(&arena);
    free(l.ms);
}

static void say(void *sock, uint8_t kind, uint64_t request,
                const ProtobufCMessage *body)
{
    struct wire_header h = {
        .version = WIRE_VERSION, .kind = kind, .request_id = request};
    uint8_t head[WIRE_HEADER_SIZE];
    struct bytes packed = {0};
    struct frames f;

    frames_init(&f);
    wire_header_encode(&h, head);
    if (codec_encode(body, &packed) != STATUS_OK ||
        frames_add(&f, slice_of(head, sizeof head)) != STATUS_OK ||
        frames_add_bytes(&f, &packed) != STATUS_OK ||
        socket_send(sock, &f) != STATUS_OK)
        die("cannot send");
    frames_fini(&f);
}

/* The answer's body, decoded; PINGs on the way are answered. */
static void *hear(void *sock, uint8_t kind,
                  const ProtobufCMessageDescriptor *type, struct arena *arena)
{
    zmq_pollitem_t item = {sock, 0, ZMQ_POLLIN, 0};
    struct wire_header h;
    struct frames f;

    frames_init(&f);
    for (;;) {
        if (zmq_poll(&item, 1, 5000) <= 0 ||
            socket_receive(sock, &f) != STATUS_OK)
            return NULL;
        struct slice head = frames_slice(&f, 0);
        if (wire_header_decode(head.data, head.size, &h) == REFUSAL_NONE &&
            h.kind == kind)
            break;
        if (h.kind == WIRE_PING) {
            Yinuo__V1__Ping *ping = codec_decode(
                &yinuo__v1__ping__descriptor, frames_slice(&f, 1), arena, NULL);
            Yinuo__V1__Pong pong = YINUO__V1__PONG__INIT;
            pong.has_sent_ms = ping && ping->has_sent_ms;
            pong.sent_ms = ping ? ping->sent_ms : 0;
            say(sock, WIRE_PONG, 0, &pong.base);
        }
        frames_fini(&f);
    }
    void *body = codec_decode(type, frames_slice(&f, 1), arena, NULL);
    frames_fini(&f);
    return body;
}

static void catch_up(void *sock, unsigned long wanted)
{
    Yinuo__V1__Hello hello = YINUO__V1__HELLO__INIT;
    struct arena arena;
    char cursor[64] = "";
    unsigned long got = 0;

    arena_init(&arena, 8 * LIMIT_DECODE_BYTES);
    hello.identity = (char *)"follow";
    hello.has_role = 1;
    hello.role = (Yinuo__V1__Role)WIRE_ROLE_VIEWER;
    say(sock, WIRE_HELLO, 1, &hello.base);
    if (!hear(sock, WIRE_WELCOME, &yinuo__v1__welcome__descriptor, &arena))
        die("nobody answers at the front door");
    int64_t start_ns = clock_monotonic_ns(clock_system());
    for (uint64_t n = 2; got < wanted && !stop; n++) {
        Yinuo__V1__Fetch fetch = YINUO__V1__FETCH__INIT;
        fetch.cursor = cursor;
        arena_reset(&arena);
        say(sock, WIRE_FETCH, n, &fetch.base);
        const Yinuo__V1__Records *r =
            hear(sock, WIRE_RECORDS, &yinuo__v1__records__descriptor, &arena);
        if (!r || !r->n_records)
            break;
        got += r->n_records;
        snprintf(cursor, sizeof cursor, "%s", r->next_cursor);
    }
    double secs = (double)(clock_monotonic_ns(clock_system()) - start_ns) / 1e9;
    printf("catchup records=%lu secs=%.2f per_s=%.0f\n", got, secs,
           (double)got / secs);
    arena_fini(&arena);
}

int main(int argc, char **argv)
{
    const char *run = arg(argc, argv, "run"),
               *wanted = arg(argc, argv, "catchup"),
               *fired = arg(argc, argv, "late");
    void *context;
    struct error err;

    if (!run)
        die("run=DIR is needed");
    signal(SIGTERM, on_term);
    signal(SIGINT, on_term);
    if (socket_context_new(&context, &err) != STATUS_OK)
        die(err.text);
    void *sock = wanted ? door(context, run, "front", ZMQ_DEALER)
                        : door(context, run, "stream", ZMQ_SUB);
    if (wanted)
        catch_up(sock, strtoul(wanted, NULL, 10));
    else if (fired)
        late(sock, strtoul(fired, NULL, 10));
    else
        tail(sock);
    socket_close(&sock);
    socket_context_free(&context);
    return 0;
}
