#include "base/socket.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static enum status fail(struct error *err, const char *what)
{
    int number = zmq_errno();
    enum status st;

    switch (number) {
    case ETERM:
        st = STATUS_CANCELLED;
        break;
    case EADDRINUSE:
        st = STATUS_EXISTS;
        break;
    default:
        st = status_of_errno(number);
        break;
    }
    return error_set(err, st, "%s: %s", error_said(what),
                     error_said(zmq_strerror(number)));
}

uint64_t socket_raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    rlim_t before = limit.rlim_cur;

    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

enum status socket_context_new(void **context, struct error *err)
{
    *context = zmq_ctx_new();
    if (!*context)
        return fail(err, "make a ZeroMQ context");
    zmq_ctx_set(*context, ZMQ_BLOCKY, 0);
    zmq_ctx_set(*context, ZMQ_MAX_SOCKETS, LIMIT_PEERS * 2);
    return STATUS_OK;
}

void socket_context_free(void **context)
{
    if (!*context)
        return;
    while (zmq_ctx_term(*context) != 0 && zmq_errno() == EINTR) {
    }
    *context = NULL;
}

static bool set_int(void *sock, int option, int value)
{
    return zmq_setsockopt(sock, option, &value, sizeof value) == 0;
}

static bool set_common(void *sock, const struct socket_settings *s)
{
    int hwm = s->hwm > 0 ? s->hwm : LIMIT_SOCKET_HWM;
    int64_t frame_max =
        s->frame_max > 0 ? (int64_t)s->frame_max : LIMIT_FRAME_BYTES;

    /* clang-format off */
    return set_int(sock, ZMQ_LINGER, 0) &&
           set_int(sock, ZMQ_SNDHWM, hwm) &&
           set_int(sock, ZMQ_RCVHWM, hwm) &&
           set_int(sock, ZMQ_SNDTIMEO, LIMIT_SEND_WAIT_MS) &&
           set_int(sock, ZMQ_IMMEDIATE, 1) &&
           set_int(sock, ZMQ_RECONNECT_IVL, LIMIT_RECONNECT_MS) &&
           set_int(sock, ZMQ_RECONNECT_IVL_MAX, LIMIT_RECONNECT_MAX_MS) &&
           set_int(sock, ZMQ_TCP_KEEPALIVE, 1) &&
           zmq_setsockopt(sock, ZMQ_MAXMSGSIZE, &frame_max,
                          sizeof frame_max) == 0;
    /* clang-format on */
}

static bool set_by_type(void *sock, int type, const struct socket_settings *s)
{
    switch (type) {
    case ZMQ_ROUTER:
        return set_int(sock, ZMQ_ROUTER_MANDATORY, 1);
    case ZMQ_DEALER:
        return !s->probe || set_int(sock, ZMQ_PROBE_ROUTER, 1);
    case ZMQ_XPUB:
        return set_int(sock, ZMQ_XPUB_NODROP, s->no_drop) &&
               (!s->xpub_manual || set_int(sock, ZMQ_XPUB_MANUAL, 1));
    case ZMQ_SUB:
        return !s->subscribe_all ||
               zmq_setsockopt(sock, ZMQ_SUBSCRIBE, "", 0) == 0;
    default:
        return true;
    }
}

enum status socket_open(void **sock, void *context, int type,
                        const struct socket_settings *settings,
                        struct error *err)
{
    static const struct socket_settings usual;
    enum status st;

    if (!settings)
        settings = &usual;
    *sock = zmq_socket(context, type);
    if (!*sock)
        return fail(err, "make a socket");
    if (set_common(*sock, settings) && set_by_type(*sock, type, settings))
        return STATUS_OK;
    st = fail(err, "set up a socket");
    socket_close(sock);
    return st;
}

void socket_close(void **sock)
{
    if (!*sock)
        return;
    zmq_close(*sock);
    *sock = NULL;
}

static bool starts(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* The host in front of the last colon is 127.x.x.x, ::1 or localhost. */
static bool is_loopback(const char *address)
{
    const char *colon = strrchr(address, ':');
    size_t size = colon ? (size_t)(colon - address) : 0;
    char host[64];

    if (size == 0 || size >= sizeof host)
        return false;
    memcpy(host, address, size);
    host[size] = '\0';
    if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return starts(host, "127.") && strspn(host, "0123456789.") == size;
}

enum status socket_may_bind(const char *endpoint, struct error *err)
{
    enum { PATH_MAX_BYTES = 107 }; /* sun_path, without the zero */

    if (starts(endpoint, "inproc://"))
        return STATUS_OK;
    if (starts(endpoint, "ipc://")) {
        const char *path = endpoint + strlen("ipc://");

        if (*path == '@')
            return error_set(err, STATUS_DENIED,
                             "%s has no file, so no rights protect it",
                             endpoint);
        if (strlen(path) > PATH_MAX_BYTES)
            return error_set(err, STATUS_TOO_LARGE,
                             "%s: the path is longer than %d bytes", endpoint,
                             PATH_MAX_BYTES);
        return STATUS_OK;
    }
    if (!starts(endpoint, "tcp://"))
        return error_set(err, STATUS_INVALID,
                         "%s is not an ipc:// or tcp:// address", endpoint);
    if (is_loopback(endpoint + strlen("tcp://")))
        return STATUS_OK;
    return error_set(err, STATUS_DENIED,
                     "%s would be open to other machines without encryption; "
                     "bind 127.0.0.1 and carry it through a tunnel",
                     endpoint);
}

enum status socket_bind(void *sock, const char *endpoint, struct error *err)
{
    enum status st = socket_may_bind(endpoint, err);

    if (st)
        return st;
    if (zmq_bind(sock, endpoint) != 0) {
        st = fail(err, "bind");
        (void)error_wrap(err, "%s", endpoint);
    }
    return st;
}

enum status socket_connect(void *sock, const char *endpoint, struct error *err)
{
    enum status st = STATUS_OK;

    if (zmq_connect(sock, endpoint) != 0) {
        st = fail(err, "connect");
        (void)error_wrap(err, "%s", endpoint);
    }
    return st;
}

enum status socket_subscribe(void *sock, struct slice prefix, struct error *err)
{
    const void *data = prefix.size > 0 ? (const void *)prefix.data : "";

    if (zmq_setsockopt(sock, ZMQ_SUBSCRIBE, data, prefix.size) != 0)
        return fail(err, "subscribe");
    return STATUS_OK;
}

enum status socket_endpoint(void *sock, char *out, size_t room,
                            struct error *err)
{
    if (zmq_getsockopt(sock, ZMQ_LAST_ENDPOINT, out, &room) != 0)
        return fail(err, "ask for the address of a socket");
    return STATUS_OK;
}

static enum status status_of_send(int number)
{
    switch (number) {
    case EAGAIN:
        return STATUS_BUSY;
    case EHOSTUNREACH:
        return STATUS_UNREACHABLE;
    case ETERM:
        return STATUS_CANCELLED;
    default:
        return STATUS_IO;
    }
}

static enum status send_one(void *sock, zmq_msg_t *frame, int flags)
{
    while (zmq_msg_send(frame, sock, flags) < 0) {
        int number = zmq_errno();

        if (number != EINTR)
            return status_of_send(number);
    }
    return STATUS_OK;
}

/* Sends a second reference, so that the first is still there if a later one
 * fails. */
static enum status send_copy(void *sock, zmq_msg_t *frame)
{
    zmq_msg_t copy;
    enum status st = STATUS_NO_MEMORY;

    zmq_msg_init(&copy);
    if (zmq_msg_copy(&copy, frame) == 0)
        st = send_one(sock, &copy, ZMQ_DONTWAIT | ZMQ_SNDMORE);
    if (st)
        zmq_msg_close(&copy);
    return st;
}

/* Full or gone is decided at the first frame; a pipe that ends between frames
 * takes back what it had, and ZeroMQ says EAGAIN. The last frame, mostly the
 * large one, is handed over: it is still there if it is not taken. */
enum status socket_send(void *sock, struct frames *f)
{
    size_t last = f->count - 1;

    assert(f->count > 0);
    for (size_t i = 0; i < last; i++) {
        enum status st = send_copy(sock, &f->list[i]);

        if (st)
            return st;
    }
    enum status st = send_one(sock, &f->list[last], ZMQ_DONTWAIT);

    if (!st)
        frames_fini(f);
    return st;
}

static enum status receive_one(void *sock, zmq_msg_t *frame)
{
    zmq_msg_init(frame);
    while (zmq_msg_recv(frame, sock, ZMQ_DONTWAIT) < 0) {
        int number = zmq_errno();

        if (number == EINTR)
            continue;
        zmq_msg_close(frame);
        return status_of_send(number);
    }
    return STATUS_OK;
}

/* The frames of a message arrive together, so reading on cannot block. */
static void drop_rest(void *sock)
{
    zmq_msg_t frame;
    int more = 1;

    while (more && receive_one(sock, &frame) == STATUS_OK) {
        more = zmq_msg_more(&frame);
        zmq_msg_close(&frame);
    }
}

enum status socket_receive(void *sock, struct frames *f)
{
    int more = 1;

    assert(f->count == 0);
    while (more) {
        enum status st;

        if (f->count == LIMIT_FRAMES) {
            drop_rest(sock);
            frames_fini(f);
            return STATUS_TOO_LARGE;
        }
        st = receive_one(sock, &f->list[f->count]);
        if (st) {
            frames_fini(f);
            return st;
        }
        more = zmq_msg_more(&f->list[f->count++]);
    }
    return STATUS_OK;
}

int socket_fd(void *sock)
{
    int fd = -1;
    size_t size = sizeof fd;
    int rc = zmq_getsockopt(sock, ZMQ_FD, &fd, &size);

    assert(rc == 0);
    return fd;
}
