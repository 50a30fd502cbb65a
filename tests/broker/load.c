/* load - how many messages a broker process carries, with a fake router.
 *
 *   load BROKER-FRONT RUN-DIR COUNT OUTSTANDING BATCH [STREAM]
 *
 * One thread is the router: it acknowledges EVENTS at once, and with STREAM
 * also sends a record for each event. The other one is a station that keeps so
 * many messages outstanding. Prints messages and events per second.
 */
#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/socket.h"
#include "proto/codec.h"
#include "proto/wire.h"

enum { EVENT_BYTES = 240, PARTITION = 1 };

static struct {
    const char *front;
    char back[256];
    uint64_t count;
    uint64_t outstanding;
    size_t batch;
    bool stream;
    volatile bool stop;
} load;

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "load: %s\n", what);
    exit(1);
}

static void add(struct frames *f, const void *data, size_t size)
{
    must(frames_add(f, slice_of(data, size)) == STATUS_OK, "frame");
}

static void add_header(struct frames *f, uint8_t kind, uint64_t id)
{
    uint8_t head[WIRE_HEADER_SIZE];
    struct wire_header header = {WIRE_VERSION, kind, PARTITION, id};
    wire_header_encode(&header, head);
    add(f, head, sizeof(head));
}

static void add_message(struct frames *f, const ProtobufCMessage *message)
{
    struct bytes out;
    bytes_init(&out, 0);
    must(codec_encode(message, &out) == STATUS_OK, "encode");
    add(f, out.data, out.size);
    bytes_fini(&out);
}

static void send_all(void *sock, struct frames *f)
{
    enum status status;
    while ((status = socket_send(sock, f)) == STATUS_BUSY) {
        zmq_pollitem_t item = {sock, 0, ZMQ_POLLOUT, 0};
        zmq_poll(&item, 1, 100);
    }
    must(status == STATUS_OK, "send");
}

static void *open_dealer(void *context, const char *endpoint)
{
    void *sock;
    struct error err;
    struct socket_settings s = {.hwm = 100000};
    must(socket_open(&sock, context, ZMQ_DEALER, &s, &err) == STATUS_OK &&
             socket_connect(sock, endpoint, &err) == STATUS_OK,
         "connect");
    return sock;
}

static void send_peer(struct frames *f)
{
    uint8_t who[WIRE_PEER_MAX];
    struct wire_peer peer = {
        .role = WIRE_ROLE_ROUTER, .identity = "fake", .identity_size = 4};
    add(f, who, wire_peer_encode(&peer, who));
}

static void publish(void *sock, uint64_t *seq, size_t count)
{
    uint8_t span[WIRE_SPAN_SIZE];
    static uint8_t body[64 * (EVENT_BYTES + 3)];
    struct wire_span s = {*seq + 1, *seq + count};
    struct frames f;
    frames_init(&f);
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = body + i * (EVENT_BYTES + 3);
        at[0] = 0x0a;
        at[1] = (EVENT_BYTES & 0x7f) | 0x80;
        at[2] = EVENT_BYTES >> 7;
    }
    *seq += count;
    send_peer(&f);
    add_header(&f, WIRE_STREAM, 0);
    wire_span_encode(&s, span);
    add(&f, span, sizeof(span));
    add(&f, body, count * (EVENT_BYTES + 3));
    send_all(sock, &f);
}

static void *router(void *context)
{
    void *sock = open_dealer(context, load.back);
    struct frames f, ack;
    uint64_t seq = 0;
    Yinuo__V1__Register reg = YINUO__V1__REGISTER__INIT;
    uint32_t number = PARTITION;
    reg.n_partitions = 1;
    reg.partitions = &number;
    frames_init(&f);
    frames_init(&ack);
    send_peer(&f);
    add_header(&f, WIRE_REGISTER, 1);
    add_message(&f, &reg.base);
    send_all(sock, &f);
    while (!load.stop) {
        zmq_pollitem_t item = {sock, 0, ZMQ_POLLIN, 0};
        zmq_poll(&item, 1, 100);
        while (socket_receive(sock, &f) == STATUS_OK) {
            struct wire_header header;
            struct slice head = frames_slice(&f, 1);
            must(wire_header_decode(head.data, head.size, &header) == 0,
                 "header");
            if (header.kind == WIRE_EVENTS) {
                must(frames_add_frame(&ack, &f, 0) == STATUS_OK, "peer");
                add_header(&ack, WIRE_EVENTS_ACK, header.request_id);
                add(&ack, "\x10\x01", 2);
                send_all(sock, &ack);
                if (load.stream)
                    publish(sock, &seq, load.batch);
            } else if (header.kind == WIRE_PING) {
                send_peer(&ack);
                add_header(&ack, WIRE_PONG, 0);
                add(&ack, "", 0);
                send_all(sock, &ack);
            }
            frames_fini(&f);
        }
    }
    socket_close(&sock);
    return NULL;
}

static void send_events(void *sock, uint64_t id)
{
    static uint8_t body[64 * EVENT_BYTES];
    struct frames f;
    frames_init(&f);
    add_header(&f, WIRE_EVENTS, id);
    add(&f, body, load.batch * EVENT_BYTES);
    send_all(sock, &f);
}

static uint8_t wait_one(void *sock)
{
    struct frames f;
    struct wire_header header;
    frames_init(&f);
    while (socket_receive(sock, &f) != STATUS_OK) {
        zmq_pollitem_t item = {sock, 0, ZMQ_POLLIN, 0};
        must(zmq_poll(&item, 1, 5000) == 1, "no answer within 5 s");
    }
    struct slice head = frames_slice(&f, 0);
    must(wire_header_decode(head.data, head.size, &header) == 0, "header");
    if (header.kind == WIRE_PING) {
        struct frames pong;
        frames_init(&pong);
        add_header(&pong, WIRE_PONG, 0);
        must(frames_add_frame(&pong, &f, 1) == STATUS_OK, "pong");
        send_all(sock, &pong);
    }
    frames_fini(&f);
    return header.kind;
}

static void say_hello(void *sock)
{
    struct frames f;
    Yinuo__V1__Hello hello = YINUO__V1__HELLO__INIT;
    char name[] = "load";
    hello.identity = name;
    hello.has_role = 1;
    hello.role = YINUO__V1__ROLE__ROLE_STATION;
    frames_init(&f);
    add_header(&f, WIRE_HELLO, 1);
    add_message(&f, &hello.base);
    send_all(sock, &f);
    must(wait_one(sock) == WIRE_WELCOME, "no welcome");
}

int main(int argc, char **argv)
{
    void *context;
    struct error err;
    pthread_t thread;
    must(argc >= 6, "usage: load FRONT RUN COUNT OUTSTANDING BATCH [STREAM]");
    load.front = argv[1];
    snprintf(load.back, sizeof(load.back), "ipc://%s/back", argv[2]);
    load.count = strtoull(argv[3], NULL, 10);
    load.outstanding = strtoull(argv[4], NULL, 10);
    load.batch = strtoull(argv[5], NULL, 10);
    load.stream = argc > 6;
    must(load.batch >= 1 && load.batch <= 64, "BATCH is 1 to 64");
    must(socket_context_new(&context, &err) == STATUS_OK, "context");
    must(pthread_create(&thread, NULL, router, context) == 0, "thread");
    void *sock = open_dealer(context, load.front);
    say_hello(sock);
    uint64_t sent = 0, got = 0, busy = 0;
    int64_t from = 0;
    while (got < load.count) {
        while (sent < load.count && sent - got < load.outstanding)
            send_events(sock, ++sent + 1);
        uint8_t kind = wait_one(sock);
        if (kind == WIRE_BUSY) {
            busy++;
            sent--; /* not counted: try again */
            continue;
        }
        if (kind == WIRE_EVENTS_ACK && got++ == 0)
            from = clock_monotonic_ns(clock_system());
    }
    double s = (double)(clock_monotonic_ns(clock_system()) - from) / 1e9;
    printf("%.0f messages/s, %.0f events/s, %" PRIu64 " busy\n",
           (double)(got - 1) / s, (double)((got - 1) * load.batch) / s, busy);
    load.stop = true;
    pthread_join(thread, NULL);
    socket_close(&sock);
    socket_context_free(&context);
    return 0;
}
