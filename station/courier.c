/* courier - the thread that delivers: one socket, one delivery, until it is
 * told to stop. While another process delivers, it waits for its turn.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/socket.h"
#include "station/client.h"

enum { TURN_MS = 300 }; /* between attempts to become the one who delivers */

struct courier {
    struct yinuo *y;
    void *context;
    void *sock;
    size_t broker; /* of the list */
    bool delivering;
    uint64_t final; /* sum, as last told */
    struct delivery delivery;
};

static int64_t now_ms(void)
{
    return clock_monotonic_ms(clock_system());
}

void courier_wake(struct yinuo *y)
{
    uint64_t one = 1;
    if (y->wake >= 0 && write(y->wake, &one, sizeof(one)) < 0)
        return; /* the counter is full: it is awake already */
}

/* ---- the store and the port of the delivery ---- */

static enum status store_ends(void *state, uint32_t partition,
                              uint64_t *settled, uint64_t *last)
{
    struct outbox_ends ends;
    enum status status = outbox_ends(state, partition, &ends);
    if (status != STATUS_OK)
        return status;
    *settled = ends.settled;
    *last = ends.last;
    return STATUS_OK;
}

static size_t store_read(void *state, uint32_t partition, uint64_t first,
                         uint64_t last, size_t bytes_max, struct arena *arena,
                         ProtobufCBinaryData *list)
{
    return outbox_read(state, partition, first, last, bytes_max, arena, list);
}

static enum status store_refuse(void *state, uint32_t partition,
                                uint64_t sequence, uint32_t code,
                                const char *text, const char *field)
{
    /* Another event is known under its number: it was never taken. */
    return code == REFUSAL_DUPLICATE_DIFFERS
               ? outbox_again(state, partition, sequence)
               : outbox_refuse(state, partition, sequence, code, text, field);
}

static enum status store_bury(void *state, uint32_t partition,
                              uint64_t sequence, uint32_t code,
                              const char *text)
{
    return outbox_bury(state, partition, sequence, code, text);
}

static enum status store_settle(void *state, uint32_t partition, uint64_t to)
{
    return outbox_settle(state, partition, to);
}

static uint64_t store_base(void *state, uint32_t partition)
{
    return outbox_base(state, partition);
}

static enum status store_renew(void *state, uint64_t *epoch)
{
    return outbox_renew(state, epoch);
}

static enum status port_send(void *state, struct frames *f)
{
    struct courier *c = state;
    return c->sock ? socket_send(c->sock, f) : STATUS_BUSY;
}

static void port_reconnect(void *state)
{
    struct courier *c = state;
    struct error err;
    socket_close(&c->sock);
    c->broker = (c->broker + 1) % c->y->broker_count;
    if (socket_open(&c->sock, c->context, ZMQ_DEALER, NULL, &err) ==
            STATUS_OK &&
        socket_connect(c->sock, c->y->brokers[c->broker], &err) != STATUS_OK)
        socket_close(&c->sock);
}

/* ---- the thread ---- */

static bool become_the_one(struct courier *c)
{
    struct yinuo *y = c->y;
    struct error err;
    struct delivery_settings set = {
        .identity = y->outbox.identity,
        .program = "libyinuo " YINUO_VERSION,
        .role = y->role,
        .partition_count = y->partition_count,
        .clock = clock_system(),
        .random = random_system(),
        .store = {&y->outbox, store_ends, store_read, store_refuse, store_bury,
                  store_settle, store_base, store_renew},
        .port = {c, port_send, port_reconnect}};
    memcpy(set.partitions, y->partitions, sizeof(y->partitions));
    if (outbox_lead(&y->outbox, &err) != STATUS_OK)
        return false;
    /* Whoever led before may have begun another. */
    set.epoch = outbox_epoch(&y->outbox);
    if (set.epoch == 0 ||
        delivery_init(&c->delivery, &set, now_ms()) != STATUS_OK)
        return false;
    c->delivering = true;
    c->broker = y->broker_count - 1;
    port_reconnect(c); /* to the first */
    return true;
}

static void tell(struct courier *c)
{
    const struct delivery *d = &c->delivery;
    struct client_seen seen = {.delivering = c->delivering};
    uint64_t final = 0;
    if (c->delivering) {
        seen.connected = d->state == DELIVERY_READY;
        seen.answered_ms = d->answered_ms;
        snprintf(seen.text, sizeof(seen.text), "%s", d->text);
        snprintf(seen.broker, sizeof(seen.broker), "%s", d->broker);
        for (size_t i = 0; i < d->flow_count; i++) {
            seen.stuck |= d->flow[i].trouble != REFUSAL_NONE;
            final += d->settled[i];
        }
    }
    pthread_mutex_lock(&c->y->lock);
    c->y->seen = seen;
    if (final != c->final)
        pthread_cond_broadcast(&c->y->moved);
    pthread_mutex_unlock(&c->y->lock);
    c->final = final;
}

static void receive_all(struct courier *c)
{
    struct frames f;
    frames_init(&f);
    for (int i = 0; c->sock && i < 256; i++) {
        enum status status = socket_receive(c->sock, &f);
        if (status != STATUS_OK && status != STATUS_TOO_LARGE)
            return;
        if (status == STATUS_OK)
            delivery_receive(&c->delivery, &f, now_ms());
    }
}

static void wait_until(struct courier *c, int64_t until_ms)
{
    uint64_t count;
    int64_t left = until_ms - now_ms();
    zmq_pollitem_t items[] = {{NULL, c->y->wake, ZMQ_POLLIN, 0},
                              {c->sock, 0, ZMQ_POLLIN, 0}};
    (void)zmq_poll(items, c->sock ? 2 : 1, (long)(left > 0 ? left : 0));
    if (items[0].revents &&
        read(c->y->wake, &count, sizeof(count)) != sizeof(count))
        return;
}

static void *run(void *state)
{
    struct courier c = {.y = state};
    const int linger_ms = 100;
    struct error err;
    if (socket_context_new(&c.context, &err) != STATUS_OK)
        return NULL;
    while (!atomic_load(&c.y->stop)) {
        int64_t wake_ms = now_ms() + TURN_MS;
        if (c.delivering || become_the_one(&c)) {
            receive_all(&c);
            wake_ms = delivery_tick(&c.delivery, now_ms());
        }
        tell(&c);
        wait_until(&c, wake_ms);
    }
    if (c.delivering) {
        receive_all(&c);
        (void)delivery_tick(&c.delivery, now_ms()); /* settles */
        if (c.sock)                                 /* for the goodbye */
            zmq_setsockopt(c.sock, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
        delivery_leave(&c.delivery);
        delivery_fini(&c.delivery);
    }
    socket_close(&c.sock);
    socket_context_free(&c.context);
    return NULL;
}

enum status courier_start(struct yinuo *y, struct error *err)
{
    sigset_t all, before;
    y->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (y->wake < 0)
        return error_set_errno(err, errno, "make an eventfd");
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&y->thread, NULL, run, y);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        return error_set_errno(err, rc, "start a thread");
    y->running = true;
    return STATUS_OK;
}

void courier_stop(struct yinuo *y)
{
    if (y->running) {
        atomic_store(&y->stop, true);
        courier_wake(y);
        pthread_join(y->thread, NULL);
        y->running = false;
    }
    if (y->wake >= 0)
        close(y->wake);
    y->wake = -1;
}
