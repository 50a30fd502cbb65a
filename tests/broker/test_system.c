/* A real broker process: its doors, its stream, its memory. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/socket.h"
#include "proto/codec.h"
#include "station/yinuo.h"
#include "tests/support/fake_router.h"
#include "tests/support/process.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 }; /* which keeps what was freed for a while */
#else
enum { SANITIZED = 0 };
#endif

enum { WAIT_MS = 10000 };

static char dir[64], run[80], log_path[96], front[128], tcp[64], stream[128];
static struct fake_router router;
static pid_t broker;
static void *context;
static void *socks[32]; /* closed in the end, however it ends */
static size_t sock_count;

static int begin(void **state)
{
    char door[96];
    const char *words[] = {"--run", run, "--listen", tcp, NULL};
    struct error err;
    (void)state;
    process_make_dir(dir);
    snprintf(run, sizeof(run), "%s/run", dir);
    snprintf(log_path, sizeof(log_path), "%s/broker.log", dir);
    snprintf(front, sizeof(front), "ipc://%s/front", run);
    snprintf(stream, sizeof(stream), "ipc://%s/stream", run);
    snprintf(door, sizeof(door), "%s/front", run);
    snprintf(tcp, sizeof(tcp), "tcp://127.0.0.1:%d",
             20000 + (int)(getpid() % 20000));
    memset(&router, 0, sizeof(router));
    broker = process_start("yinuo-broker", words, log_path, -1);
    assert_true(process_wait_for_file(door, 5000));
    fake_router_start(&router, run);
    assert_int_equal(socket_context_new(&context, &err), STATUS_OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    fake_router_stop(&router);
    while (sock_count > 0)
        socket_close(&socks[--sock_count]);
    socket_context_free(&context);
    if (broker > 0)
        process_kill(broker, SIGTERM);
    broker = 0;
    process_drop_dir(dir);
    return 0;
}

/* ---- a client ---- */

static void *open_socket(int type, const char *endpoint)
{
    void *sock;
    struct error err;
    assert_true(sock_count < 32);
    assert_int_equal(socket_open(&sock, context, type, NULL, &err), STATUS_OK);
    socks[sock_count++] = sock;
    assert_int_equal(socket_connect(sock, endpoint, &err), STATUS_OK);
    return sock;
}

static enum status ask(void *sock, uint8_t kind, uint64_t id,
                       const ProtobufCMessage *message)
{
    uint8_t head[WIRE_HEADER_SIZE];
    struct wire_header header = {WIRE_VERSION, kind, 0, id};
    struct bytes body;
    struct frames f;
    enum status status;
    int64_t until = clock_monotonic_ms(clock_system()) + WAIT_MS;
    bytes_init(&body, 0);
    frames_init(&f);
    wire_header_encode(&header, head);
    assert_int_equal(codec_encode(message, &body), STATUS_OK);
    assert_int_equal(frames_add(&f, slice_of(head, 16)), STATUS_OK);
    assert_int_equal(frames_add(&f, bytes_slice(&body)), STATUS_OK);
    while ((status = socket_send(sock, &f)) == STATUS_BUSY &&
           clock_monotonic_ms(clock_system()) < until)
        process_nap(5);
    frames_fini(&f);
    bytes_fini(&body);
    return status;
}

/* The next message: its kind, 0 after WAIT_MS; frames are the caller's. */
static uint8_t next(void *sock, size_t header_at, struct frames *f)
{
    struct wire_header header;
    zmq_pollitem_t item = {sock, 0, ZMQ_POLLIN, 0};
    frames_init(f);
    while (socket_receive(sock, f) != STATUS_OK)
        if (zmq_poll(&item, 1, WAIT_MS) != 1)
            return 0;
    struct slice head = frames_slice(f, header_at);
    assert_int_equal(wire_header_decode(head.data, head.size, &header), 0);
    return header.kind;
}

static void hello(void *sock, enum wire_role role)
{
    char name[] = "somebody";
    struct frames f;
    Yinuo__V1__Hello said = YINUO__V1__HELLO__INIT;
    said.identity = name;
    said.has_role = 1;
    said.role = (Yinuo__V1__Role)role;
    assert_int_equal(ask(sock, WIRE_HELLO, 1, &said.base), STATUS_OK);
    assert_int_equal(next(sock, 0, &f), WIRE_WELCOME);
    frames_fini(&f);
}

static void publish(unsigned count)
{
    char outbox[96];
    struct yinuo *y;
    struct yinuo_error error;
    struct yinuo_config config = {.identity = "ST-1", .outbox = outbox};
    config.brokers[0] = tcp;
    snprintf(outbox, sizeof(outbox), "%s/outbox", dir);
    assert_int_equal(yinuo_open(&y, &config, &error), YINUO_OK);
    for (unsigned i = 0; i < count;) {
        const char *lines[256];
        size_t n = 0, bad;
        for (; n < 256 && i < count; i++)
            lines[n++] = "{\"kind\":\"case.opened\"}";
        assert_int_equal(yinuo_publish_lines(y, lines, n, NULL, &bad, &error),
                         YINUO_OK);
    }
    assert_int_equal(yinuo_flush(y, 60000), YINUO_OK);
    yinuo_close(&y);
}

static void fetch(void *sock, uint64_t id, uint64_t after,
                  Yinuo__V1__Records **out, struct arena *arena)
{
    char cursor[32];
    struct frames f;
    Yinuo__V1__Fetch q = YINUO__V1__FETCH__INIT;
    snprintf(cursor, sizeof(cursor), "p0-%d", (int)after);
    q.cursor = cursor;
    assert_int_equal(ask(sock, WIRE_FETCH, id, &q.base), STATUS_OK);
    uint8_t kind = next(sock, 0, &f);
    while (kind == WIRE_PING) { /* it asks whether we read */
        Yinuo__V1__Pong pong = YINUO__V1__PONG__INIT;
        const Yinuo__V1__Ping *ping = codec_decode(
            &yinuo__v1__ping__descriptor, frames_slice(&f, 1), arena, NULL);
        pong.has_sent_ms = 1;
        pong.sent_ms = ping->sent_ms;
        frames_fini(&f);
        assert_int_equal(ask(sock, WIRE_PONG, 0, &pong.base), STATUS_OK);
        kind = next(sock, 0, &f);
    }
    assert_int_equal(kind, WIRE_RECORDS);
    *out = codec_decode(&yinuo__v1__records__descriptor, frames_slice(&f, 1),
                        arena, NULL);
    assert_non_null(*out);
    frames_fini(&f);
}

/* ---- the stories ---- */

static bool log_says(const char *words)
{
    static char text[65536];
    FILE *file = fopen(log_path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return strstr(text, words) != NULL;
}

static void a_second_broker_names_the_first_and_ends(void **state)
{
    char holder[64];
    const char *words[] = {"--run", run, NULL};
    (void)state;
    snprintf(holder, sizeof(holder), "held by process %d", (int)broker);
    pid_t second = process_start("yinuo-broker", words, log_path, -1);
    assert_int_equal(process_wait(second), 1);
    assert_true(log_says(holder));
    publish(1); /* the first one is unharmed */
}

static void it_does_not_listen_beyond_this_machine(void **state)
{
    char other[96];
    const char *words[] = {"--run", other, "--listen", "tcp://0.0.0.0:28711",
                           NULL};
    (void)state;
    snprintf(other, sizeof(other), "%s/other", dir);
    pid_t second = process_start("yinuo-broker", words, log_path, -1);
    assert_int_equal(process_wait(second), CHILD_EXIT_FINAL);
    assert_true(log_says("without encryption"));
}

static void its_run_directory_is_private_and_sigterm_ends_it_well(void **state)
{
    struct stat st;
    (void)state;
    assert_int_equal(stat(run, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(process_kill(broker, SIGTERM), 0);
    broker = 0;
    assert_true(log_says("BROKER-STOPPED"));
}

static void throw_at(const void *data, size_t size)
{
    int port = atoi(strrchr(tcp, ':') + 1);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    (void)!send(fd, data, size, MSG_NOSIGNAL);
    process_nap(20);
    close(fd);
}

static void garbage_at_the_door_harms_nobody(void **state)
{
    static uint8_t noise[300000];
    struct frames f;
    (void)state;
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (uint8_t)(i * 2654435761u >> 13);
    throw_at("GET / HTTP/1.0\r\n\r\n", 18);
    throw_at(noise, sizeof(noise));
    void *big = open_socket(ZMQ_DEALER, tcp);
    zmq_msg_t m;
    for (int i = 0; i < 3; i++) { /* larger than any frame may be */
        zmq_msg_init_size(&m, 300000);
        memset(zmq_msg_data(&m), 0, 300000);
        process_nap(50);
        if (zmq_msg_send(&m, big, ZMQ_DONTWAIT) < 0)
            zmq_msg_close(&m);
    }
    void *good = open_socket(ZMQ_DEALER, tcp);
    hello(good, WIRE_ROLE_VIEWER);
    frames_init(&f);
    for (int i = 0; i < LIMIT_FRAMES + 4; i++) /* and more than may be */
        (void)!zmq_send(good, "x", 1,
                        ZMQ_DONTWAIT |
                            (i < LIMIT_FRAMES + 3 ? ZMQ_SNDMORE : 0));
    Yinuo__V1__Ping ping = YINUO__V1__PING__INIT;
    assert_int_equal(ask(good, WIRE_PING, 5, &ping.base), STATUS_OK);
    assert_int_equal(next(good, 0, &f), WIRE_PONG);
    frames_fini(&f);
    publish(10);
}

/* The tail from now on, and what was before by fetching. */
static void the_tail_and_fetch_together_miss_nothing(void **state)
{
    struct frames f;
    struct arena arena;
    Yinuo__V1__Records *records;
    uint64_t last = 0;
    (void)state;
    router.record_bytes = 100;
    publish(50);
    void *tail = open_socket(ZMQ_SUB, stream);
    struct error err;
    assert_int_equal(socket_subscribe(tail, slice_of("p0-", 3), &err),
                     STATUS_OK);
    assert_int_equal(next(tail, 1, &f), WIRE_TICK); /* there now */
    frames_fini(&f);
    publish(50);
    uint64_t first = 0;
    while (last < 100) {
        struct wire_span span;
        uint8_t kind = next(tail, 1, &f);
        struct slice range = frames_slice(&f, 2);
        assert_int_equal(wire_span_decode(range.data, range.size, &span), 0);
        if (kind == WIRE_STREAM) {
            assert_true(first == 0 || span.first == last + 1);
            first = first ? first : span.first;
            last = span.last;
        }
        frames_fini(&f);
    }
    void *client = open_socket(ZMQ_DEALER, front);
    hello(client, WIRE_ROLE_VIEWER);
    arena_init(&arena, 8 * LIMIT_DECODE_BYTES);
    fetch(client, 2, 0, &records, &arena);
    assert_int_equal(records->n_records, 100);
    assert_int_equal(records->complete_to, 100);
    assert_string_equal(records->next_cursor, "p0-100");
    assert_int_equal(first, 51);
    arena_fini(&arena);
}

static void readers_that_stand_still_cost_a_bounded_sum(void **state)
{
    enum { EVENTS = 12000, BYTES = 16000, CAP_KB = 128 * 1024 };
    struct error err;
    struct arena arena;
    Yinuo__V1__Records *records;
    void *still[10];
    (void)state;
    router.record_bytes = BYTES;
    for (int i = 0; i < 10; i++) { /* they never read */
        still[i] = open_socket(ZMQ_SUB, stream);
        assert_int_equal(socket_subscribe(still[i], SLICE_EMPTY, &err),
                         STATUS_OK);
    }
    void *lazy = open_socket(ZMQ_DEALER, front);
    hello(lazy, WIRE_ROLE_VIEWER);
    publish(EVENTS);
    for (uint64_t id = 2; id < 1000; id++) { /* asks, and never reads */
        Yinuo__V1__Fetch q = YINUO__V1__FETCH__INIT;
        char cursor[32];
        snprintf(cursor, sizeof(cursor), "p0-%d", EVENTS - 1000);
        q.cursor = cursor;
        if (ask(lazy, WIRE_FETCH, id, &q.base) != STATUS_OK)
            break;
    }
    void *good = open_socket(ZMQ_DEALER, front);
    hello(good, WIRE_ROLE_VIEWER);
    uint64_t last = EVENTS - 1500;
    for (uint64_t id = 2; last < EVENTS; id++) {
        arena_init(&arena, 8 * LIMIT_DECODE_BYTES);
        fetch(good, id, last, &records, &arena);
        assert_true(records->complete_to > last);
        last = records->complete_to;
        arena_fini(&arena);
    }
    size_t most = process_memory_kb(broker, "VmHWM:");
    print_message("broker: %d MB of stream, at most %d MB of memory\n",
                  EVENTS / 1000 * BYTES / 1000, (int)(most / 1024));
    assert_true(most > 0 && (SANITIZED || most < CAP_KB));
    assert_true(log_says("PEER-SLOW"));
}

static void its_counters_can_be_queried(void **state)
{
    char name[] = "broker.status";
    struct frames f;
    struct arena arena;
    bool found = false;
    Yinuo__V1__Query q = YINUO__V1__QUERY__INIT;
    (void)state;
    publish(5);
    void *client = open_socket(ZMQ_DEALER, tcp);
    hello(client, WIRE_ROLE_VIEWER);
    q.name = name;
    assert_int_equal(ask(client, WIRE_QUERY, 7, &q.base), STATUS_OK);
    assert_int_equal(next(client, 0, &f), WIRE_REPLY);
    arena_init(&arena, LIMIT_DECODE_BYTES);
    const Yinuo__V1__Reply *reply = codec_decode(
        &yinuo__v1__reply__descriptor, frames_slice(&f, 1), &arena, NULL);
    assert_non_null(reply);
    for (size_t i = 0; i < reply->n_rows; i++) {
        const Yinuo__V1__StatusRow *row = codec_decode(
            &yinuo__v1__status_row__descriptor,
            slice_of(reply->rows[i].data, reply->rows[i].len), &arena, NULL);
        assert_non_null(row);
        if (strcmp(row->name, "hellos") == 0)
            found = row->value == 2;
    }
    assert_true(found);
    arena_fini(&arena);
    frames_fini(&f);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_second_broker_names_the_first_and_ends),
        STORY(it_does_not_listen_beyond_this_machine),
        STORY(its_run_directory_is_private_and_sigterm_ends_it_well),
        STORY(garbage_at_the_door_harms_nobody),
        STORY(the_tail_and_fetch_together_miss_nothing),
        STORY(readers_that_stand_still_cost_a_bounded_sum),
        STORY(its_counters_can_be_queried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
