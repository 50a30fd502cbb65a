#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/socket.h"

static void *context;

static int start(void **state)
{
    (void)state;
    return socket_context_new(&context, NULL) == STATUS_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    socket_context_free(&context);
    return 0;
}

static void *opened(int type)
{
    void *sock;

    assert_int_equal(socket_open(&sock, context, type, NULL, NULL), STATUS_OK);
    return sock;
}

/* Waits for the descriptor of a socket, not for time to pass. */
static enum status receive(void *sock, struct frames *f)
{
    for (int i = 0; i < 100; i++) {
        zmq_pollitem_t item = {.socket = sock, .events = ZMQ_POLLIN};
        enum status st = socket_receive(sock, f);

        if (st != STATUS_BUSY)
            return st;
        (void)zmq_poll(&item, 1, 100);
    }
    return STATUS_TIMEOUT;
}

static enum status send_text(void *sock, const char *text)
{
    struct frames f;
    enum status st = STATUS_BUSY;

    frames_init(&f);
    assert_int_equal(frames_add(&f, slice_of_text(text)), STATUS_OK);
    for (int i = 0; i < 100 && st == STATUS_BUSY; i++) {
        zmq_pollitem_t item = {.socket = sock, .events = ZMQ_POLLOUT};

        st = socket_send(sock, &f);
        if (st == STATUS_BUSY)
            (void)zmq_poll(&item, 1, 100);
    }
    frames_fini(&f);
    return st;
}

static int option(void *sock, int name)
{
    int value = -99;
    size_t size = sizeof value;

    assert_int_equal(zmq_getsockopt(sock, name, &value, &size), 0);
    return value;
}

static void every_socket_has_the_safe_settings(void **state)
{
    void *sock = opened(ZMQ_DEALER);
    int64_t largest = 0;
    size_t size = sizeof largest;

    (void)state;
    assert_int_equal(option(sock, ZMQ_LINGER), 0);
    assert_int_equal(option(sock, ZMQ_IMMEDIATE), 1);
    assert_int_equal(option(sock, ZMQ_SNDHWM), LIMIT_SOCKET_HWM);
    assert_int_equal(option(sock, ZMQ_SNDTIMEO), LIMIT_SEND_WAIT_MS);
    assert_int_equal(option(sock, ZMQ_RECONNECT_IVL_MAX),
                     LIMIT_RECONNECT_MAX_MS);
    assert_int_equal(option(sock, ZMQ_HEARTBEAT_IVL), 0);
    assert_int_equal(zmq_getsockopt(sock, ZMQ_MAXMSGSIZE, &largest, &size), 0);
    assert_int_equal(largest, LIMIT_FRAME_BYTES);
    socket_close(&sock);
    assert_null(sock);
    socket_close(&sock);
}

static void a_message_goes_there_and_back(void **state)
{
    void *router = opened(ZMQ_ROUTER), *dealer = opened(ZMQ_DEALER);
    struct frames f;
    char endpoint[128];

    (void)state;
    frames_init(&f);
    assert_int_equal(socket_bind(router, "tcp://127.0.0.1:*", NULL), STATUS_OK);
    assert_int_equal(socket_endpoint(router, endpoint, sizeof endpoint, NULL),
                     STATUS_OK);
    assert_int_equal(socket_connect(dealer, endpoint, NULL), STATUS_OK);
    assert_int_equal(send_text(dealer, "ping"), STATUS_OK);
    assert_int_equal(receive(router, &f), STATUS_OK);
    assert_int_equal(f.count, 2); /* who, what */
    assert_true(slice_equal(frames_slice(&f, 1), slice_of_text("ping")));
    assert_int_equal(frames_add(&f, slice_of_text("pong")), STATUS_OK);
    assert_int_equal(socket_send(router, &f), STATUS_OK);
    assert_int_equal(f.count, 0);
    assert_int_equal(receive(dealer, &f), STATUS_OK);
    assert_true(slice_equal(frames_slice(&f, 1), slice_of_text("pong")));
    frames_fini(&f);
    assert_int_equal(socket_receive(dealer, &f), STATUS_BUSY);
    socket_close(&dealer);
    socket_close(&router);
}

static void a_stranger_is_unreachable_and_the_message_stays(void **state)
{
    void *router = opened(ZMQ_ROUTER);
    struct frames f;

    (void)state;
    frames_init(&f);
    assert_int_equal(frames_add(&f, slice_of_text("nobody")), STATUS_OK);
    assert_int_equal(frames_add(&f, slice_of_text("hello")), STATUS_OK);
    assert_int_equal(socket_send(router, &f), STATUS_UNREACHABLE);
    assert_int_equal(f.count, 2);
    assert_true(slice_equal(frames_slice(&f, 1), slice_of_text("hello")));
    frames_fini(&f);
    socket_close(&router);
}

static void nobody_connected_is_busy_not_queued(void **state)
{
    void *dealer = opened(ZMQ_DEALER);
    struct frames f;

    (void)state;
    frames_init(&f);
    assert_int_equal(
        socket_connect(dealer, "ipc:///tmp/yinuo-nobody-here", NULL),
        STATUS_OK);
    assert_int_equal(frames_add(&f, slice_of_text("hello")), STATUS_OK);
    assert_int_equal(socket_send(dealer, &f), STATUS_BUSY);
    assert_int_equal(f.count, 1);
    frames_fini(&f);
    socket_close(&dealer);
}

static void too_many_frames_are_dropped_whole(void **state)
{
    void *a = opened(ZMQ_PAIR), *b = opened(ZMQ_PAIR);
    struct frames f;

    (void)state;
    frames_init(&f);
    assert_int_equal(socket_bind(a, "inproc://frames", NULL), STATUS_OK);
    assert_int_equal(socket_connect(b, "inproc://frames", NULL), STATUS_OK);
    for (int i = 0; i < LIMIT_FRAMES + 5; i++)
        assert_int_equal(zmq_send(a, "x", 1, ZMQ_SNDMORE), 1);
    assert_int_equal(zmq_send(a, "x", 1, 0), 1);
    assert_int_equal(send_text(a, "next"), STATUS_OK);
    assert_int_equal(receive(b, &f), STATUS_TOO_LARGE);
    assert_int_equal(f.count, 0);
    assert_int_equal(receive(b, &f), STATUS_OK);
    assert_true(slice_equal(frames_slice(&f, 0), slice_of_text("next")));
    frames_fini(&f);
    socket_close(&a);
    socket_close(&b);
}

static void only_loopback_is_opened_without_encryption(void **state)
{
    char longer[256] = "ipc:///tmp/";
    struct error err;

    (void)state;
    assert_int_equal(socket_may_bind("tcp://127.0.0.1:5555", NULL), STATUS_OK);
    assert_int_equal(socket_may_bind("tcp://[::1]:5555", NULL), STATUS_OK);
    assert_int_equal(socket_may_bind("tcp://localhost:*", NULL), STATUS_OK);
    assert_int_equal(socket_may_bind("ipc:///run/yinuo/front", NULL),
                     STATUS_OK);
    assert_int_equal(socket_may_bind("tcp://*:5555", &err), STATUS_DENIED);
    assert_non_null(strstr(err.text, "without encryption"));
    assert_int_equal(socket_may_bind("tcp://0.0.0.0:1", NULL), STATUS_DENIED);
    assert_int_equal(socket_may_bind("tcp://127.evil.org:1", NULL),
                     STATUS_DENIED);
    assert_int_equal(socket_may_bind("tcp://eth0:1", NULL), STATUS_DENIED);
    assert_int_equal(socket_may_bind("ipc://@abstract", NULL), STATUS_DENIED);
    assert_int_equal(socket_may_bind("udp://127.0.0.1:1", NULL),
                     STATUS_INVALID);
    memset(longer + strlen(longer), 'a', 150);
    assert_int_equal(socket_may_bind(longer, NULL), STATUS_TOO_LARGE);
}

static void an_address_in_use_is_named(void **state)
{
    void *a = opened(ZMQ_ROUTER), *b = opened(ZMQ_ROUTER);
    char endpoint[128];
    struct error err;

    (void)state;
    assert_int_equal(socket_bind(a, "tcp://127.0.0.1:*", NULL), STATUS_OK);
    assert_int_equal(socket_endpoint(a, endpoint, sizeof endpoint, NULL),
                     STATUS_OK);
    assert_int_equal(socket_bind(b, endpoint, &err), STATUS_EXISTS);
    assert_non_null(strstr(err.text, endpoint));
    socket_close(&a);
    socket_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
        T(every_socket_has_the_safe_settings),
        T(a_message_goes_there_and_back),
        T(a_stranger_is_unreachable_and_the_message_stays),
        T(nobody_connected_is_busy_not_queued),
        T(too_many_frames_are_dropped_whole),
        T(only_loopback_is_opened_without_encryption),
        T(an_address_in_use_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
