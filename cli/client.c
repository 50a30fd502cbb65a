#include "cli/client.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/i18n.h"
#include "base/limits.h"
#include "base/socket.h"
#include "cli/interrupt.h"
#include "cli/retell.h"
#include "proto/roles.h"
#include "proto/wire.h"

enum {
    TRY_MS = 900,   /* without an answer: connect anew and send again */
    PAUSE_MS = 100, /* before sending again what was refused for now */
    TICK_MS = 100,  /* how often an interrupt is looked for */
    VERSION = WIRE_VERSION
};

struct client {
    const struct clock *clock;
    void *context, *sock;
    char endpoint[LIMIT_PATH_BYTES];
    char identity[WIRE_IDENTITY_MAX + 1];
    char person[LIMIT_ID_BYTES + 1];
    enum wire_role role;
    uint64_t next_id;
    bool greeted;
    unsigned refusal;
    int64_t try_ms; /* without an answer: connect anew and send again */
    uint32_t partitions[CLIENT_PARTITIONS_MAX];
    size_t partition_count;
};

/* What became of one attempt. */
enum outcome {
    ANSWERED,
    AGAIN,   /* not now, the connection is fine */
    SILENCE, /* nothing came */
    REFUSED  /* for good */
};

static int64_t now_ms(const struct client *c)
{
    return clock_monotonic_ms(c->clock);
}

static enum status copy_id(char *out, size_t room, const char *from,
                           struct error *err)
{
    if (strlen(from) >= room)
        return error_set(err, STATUS_TOO_LARGE,
                         _("the name is too long: %.40s"), from);
    strcpy(out, from);
    return STATUS_OK;
}

static enum status connect_anew(struct client *c, struct error *err)
{
    enum status status;

    socket_close(&c->sock);
    c->greeted = false;
    status = socket_open(&c->sock, c->context, ZMQ_DEALER, NULL, err);
    if (status == STATUS_OK)
        status = socket_connect(c->sock, c->endpoint, err);
    return status;
}

/* Waits for events on the socket; false when time is up or at an interrupt. */
static bool wait_for(struct client *c, short events, int64_t until_ms)
{
    zmq_pollitem_t item = {c->sock, 0, events, 0};

    while (!interrupt_came()) {
        int64_t left = until_ms - now_ms(c);
        if (left <= 0)
            return false;
        if (zmq_poll(&item, 1, left < TICK_MS ? left : TICK_MS) < 0 &&
            errno != EINTR)
            return false;
        if (item.revents & events)
            return true;
    }
    return false;
}

static enum status send_message(struct client *c, enum wire_kind kind,
                                uint32_t partition, uint64_t id,
                                const ProtobufCMessage *body, int64_t until_ms,
                                struct error *err)
{
    struct wire_header header = {VERSION, (uint8_t)kind, partition, id};
    uint8_t head[WIRE_HEADER_SIZE];
    struct bytes bytes = {0};
    struct frames frames;
    enum status status;

    frames_init(&frames);
    wire_header_encode(&header, head);
    status = codec_encode(body, &bytes);
    if (status == STATUS_OK)
        status = frames_add(&frames, slice_of(head, sizeof head));
    if (status == STATUS_OK)
        status = frames_add(&frames, bytes_slice(&bytes));
    if (status != STATUS_OK)
        (void)error_set(err, status, _("the request is too large"));
    else
        do
            status = socket_send(c->sock, &frames);
        while (status == STATUS_BUSY && wait_for(c, ZMQ_POLLOUT, until_ms));
    frames_fini(&frames);
    bytes_fini(&bytes);
    return status;
}

/* The pause that a BUSY asks for, in the time that is left. */
static void pause_for(struct client *c, int64_t wait_ms, int64_t until_ms)
{
    int64_t left_ms = until_ms - now_ms(c);

    interrupt_pause(c->clock, wait_ms < left_ms ? wait_ms : left_ms);
}

static enum outcome on_busy(struct client *c, struct slice body,
                            int64_t until_ms, struct error *err)
{
    struct arena arena;
    const Yinuo__V1__Busy *busy;

    arena_init(&arena, LIMIT_DECODE_BYTES);
    busy = codec_decode(&yinuo__v1__busy__descriptor, body, &arena, NULL);
    c->refusal = busy && busy->code ? busy->code : REFUSAL_BUSY;
    (void)error_set(err, STATUS_BUSY, "%s",
                    busy && busy->text ? busy->text
                                       : _(refusal_sentence(c->refusal)));
    pause_for(c, busy && busy->retry_wait_ms ? busy->retry_wait_ms : PAUSE_MS,
              until_ms);
    arena_fini(&arena);
    return AGAIN;
}

static enum status status_of_refusal(unsigned code)
{
    switch (code) {
    case REFUSAL_NOT_ALLOWED:
    case REFUSAL_UNKNOWN_PERSON:
        return STATUS_DENIED;
    case REFUSAL_WRONG_VERSION:
        return STATUS_VERSION;
    default:
        return STATUS_REFUSED;
    }
}

static enum outcome on_error(struct client *c, struct slice body,
                             int64_t until_ms, struct error *err)
{
    struct arena arena;
    const Yinuo__V1__Refused *refused;
    enum outcome outcome = REFUSED;

    arena_init(&arena, LIMIT_DECODE_BYTES);
    refused = codec_decode(&yinuo__v1__refused__descriptor, body, &arena, NULL);
    c->refusal = refused && refused->code ? refused->code : REFUSAL_INTERNAL;
    (void)error_set(err, status_of_refusal(c->refusal), "%s",
                    refused && refused->text && *refused->text
                        ? RETOLD(refused->text)
                        : _(refusal_sentence(c->refusal)));
    arena_fini(&arena);
    if (c->refusal == REFUSAL_NOT_READY) {
        c->greeted = false;
        outcome = AGAIN;
    } else if (refusal_again(c->refusal)) {
        if (err)
            err->status = STATUS_BUSY;
        pause_for(c, PAUSE_MS, until_ms);
        outcome = AGAIN;
    }
    return outcome;
}

/* The broker asks how far its answers have been read; who says nothing gets no
 * more of them after a while. */
static bool is_ping(struct client *c, const struct wire_header *header,
                    struct slice body, int64_t until_ms)
{
    struct arena arena;
    Yinuo__V1__Pong pong = YINUO__V1__PONG__INIT;

    if (header->kind != WIRE_PING)
        return false;
    arena_init(&arena, LIMIT_DECODE_BYTES);
    const Yinuo__V1__Ping *ping =
        codec_decode(&yinuo__v1__ping__descriptor, body, &arena, NULL);
    if (ping && ping->has_sent_ms) {
        pong.has_sent_ms = 1;
        pong.sent_ms = ping->sent_ms;
    }
    (void)send_message(c, WIRE_PONG, 0, 0, &pong.base, until_ms, NULL);
    arena_fini(&arena);
    return true;
}

/* Takes one message; others than the awaited answer are passed over. */
static enum outcome receive_one(struct client *c, uint64_t id, uint8_t wanted,
                                int64_t until_ms, struct arena *arena,
                                void **reply, struct error *err)
{
    struct frames frames;
    struct wire_header header;
    struct fault fault;
    enum outcome outcome = SILENCE;

    frames_init(&frames);
    if (socket_receive(c->sock, &frames) != STATUS_OK || frames.count < 2 ||
        wire_header_decode(frames_slice(&frames, 0).data,
                           frames_slice(&frames, 0).size,
                           &header) != REFUSAL_NONE ||
        is_ping(c, &header, frames_slice(&frames, 1), until_ms) ||
        header.request_id != id) {
        frames_fini(&frames);
        return SILENCE;
    }
    struct slice body = frames_slice(&frames, 1);
    if (header.kind == wanted) {
        *reply = codec_decode(codec_type(wire_kind_row(wanted)->body), body,
                              arena, &fault);
        outcome = *reply ? ANSWERED : REFUSED;
        if (!*reply)
            (void)error_set(err, STATUS_INVALID,
                            _("the answer cannot be read: %s"), fault.text);
    } else if (header.kind == WIRE_BUSY) {
        outcome = on_busy(c, body, until_ms, err);
    } else if (header.kind == WIRE_ERROR) {
        outcome = on_error(c, body, until_ms, err);
    }
    frames_fini(&frames);
    return outcome;
}

static enum outcome await(struct client *c, uint64_t id, uint8_t wanted,
                          int64_t try_ms, int64_t until_ms, struct arena *arena,
                          void **reply, struct error *err)
{
    enum outcome outcome = SILENCE;

    while (outcome == SILENCE && wait_for(c, ZMQ_POLLIN, try_ms))
        outcome = receive_one(c, id, wanted, until_ms, arena, reply, err);
    return outcome;
}

/* One attempt: send, and wait until it is time for the next one. */
static enum outcome attempt(struct client *c, enum wire_kind kind,
                            uint32_t partition, uint64_t id,
                            const ProtobufCMessage *body, int64_t until_ms,
                            struct arena *arena, void **reply,
                            struct error *err)
{
    uint8_t wanted = wire_kind_row((uint8_t)kind)->answer;
    int64_t try_ms = now_ms(c) + c->try_ms;
    enum status status;

    if (try_ms > until_ms)
        try_ms = until_ms;
    status = send_message(c, kind, partition, id, body, try_ms, err);
    if (status == STATUS_TOO_LARGE || status == STATUS_NO_MEMORY)
        return REFUSED;
    if (status != STATUS_OK)
        return SILENCE;
    return await(c, id, wanted, try_ms, until_ms, arena, reply, err);
}

static void keep_partitions(struct client *c, const Yinuo__V1__Welcome *w)
{
    c->partition_count = 0;
    for (size_t i = 0; i < w->n_partitions; i++)
        if (c->partition_count < CLIENT_PARTITIONS_MAX)
            c->partitions[c->partition_count++] = w->partitions[i]->partition;
    if (c->partition_count == 0) /* its router has not come yet */
        c->partitions[c->partition_count++] = 0;
}

static void keep_roles(const Yinuo__V1__Welcome *w)
{
    for (size_t i = 0; i < w->n_partitions; i++)
        if (w->partitions[i]->roles) {
            roles_use(w->partitions[i]->roles);
            return;
        }
}

static enum outcome greet(struct client *c, int64_t until_ms, struct error *err)
{
    Yinuo__V1__Hello hello = YINUO__V1__HELLO__INIT;
    struct arena arena;
    void *welcome = NULL;
    enum outcome outcome;

    hello.identity = c->identity;
    hello.has_role = 1;
    hello.role = (Yinuo__V1__Role)c->role;
    hello.program = (char *)"yinuo " YINUO_VERSION;
    hello.has_version_min = hello.has_version_max = 1;
    hello.version_min = hello.version_max = VERSION;
    hello.person = c->person;
    arena_init(&arena, LIMIT_DECODE_BYTES);
    outcome = attempt(c, WIRE_HELLO, 0, c->next_id++, &hello.base, until_ms,
                      &arena, &welcome, err);
    if (outcome == ANSWERED && welcome) {
        keep_partitions(c, welcome);
        keep_roles(welcome);
        /* without a router there are no names of tiers yet: asked again */
        c->greeted = roles_count() > 0;
    }
    arena_fini(&arena);
    return outcome;
}

static enum status give_up(const struct client *c, struct error *err)
{
    if (interrupt_came())
        return error_set(err, STATUS_CANCELLED, _("interrupted"));
    if (err && err->status == STATUS_BUSY)
        return STATUS_BUSY;
    return error_set(err, STATUS_UNREACHABLE, _("nobody answers at %s"),
                     c->endpoint);
}

enum status client_open(const struct client_options *options,
                        struct client **out, struct error *err)
{
    struct client *c = calloc(1, sizeof *c);
    enum outcome outcome = SILENCE;
    enum status status;

    if (!c)
        return error_set(err, STATUS_NO_MEMORY, "client");
    c->clock = options->clock;
    c->role = options->role;
    c->try_ms = TRY_MS;
    c->next_id = random_u64(options->random);
    c->next_id = (c->next_id >> 16) + 1;
    status = copy_id(c->endpoint, sizeof c->endpoint, options->endpoint, err);
    if (status == STATUS_OK)
        status =
            copy_id(c->identity, sizeof c->identity, options->identity, err);
    if (status == STATUS_OK)
        status = copy_id(c->person, sizeof c->person, options->person, err);
    if (status == STATUS_OK)
        status = socket_context_new(&c->context, err);
    while (status == STATUS_OK && outcome != ANSWERED && outcome != REFUSED) {
        status = connect_anew(c, err);
        if (status == STATUS_OK)
            outcome = greet(c, options->until_ms, err);
        if (outcome != ANSWERED && outcome != REFUSED &&
            (interrupt_came() || now_ms(c) >= options->until_ms))
            status = give_up(c, err);
    }
    if (status == STATUS_OK && outcome == REFUSED)
        status = err ? err->status : STATUS_REFUSED;
    if (status == STATUS_OK)
        *out = c;
    else
        client_free(&c);
    return status;
}

void client_free(struct client **out)
{
    struct client *c = *out;

    if (!c)
        return;
    socket_close(&c->sock);
    socket_context_free(&c->context);
    free(c);
    *out = NULL;
}

const uint32_t *client_partitions(const struct client *c, size_t *count)
{
    *count = c->partition_count;
    return c->partitions;
}

void *client_call(struct client *c, enum wire_kind kind, uint32_t partition,
                  const ProtobufCMessage *body, int64_t until_ms,
                  struct arena *arena, struct error *err)
{
    uint64_t id = c->next_id++;
    struct error own;
    void *reply = NULL;

    if (!err)
        err = &own;
    error_clear(err);
    while (!interrupt_came() && now_ms(c) < until_ms) {
        enum outcome outcome = ANSWERED;
        if (!c->greeted)
            outcome = greet(c, until_ms, err);
        if (outcome == ANSWERED)
            outcome = attempt(c, kind, partition, id, body, until_ms, arena,
                              &reply, err);
        if (outcome == ANSWERED)
            return reply;
        if (outcome == REFUSED)
            return NULL;
        if (outcome == SILENCE && connect_anew(c, err) != STATUS_OK)
            return NULL;
    }
    (void)give_up(c, err);
    return NULL;
}

void client_patience(struct client *c, int64_t try_ms)
{
    c->try_ms = try_ms;
}

unsigned client_refusal(const struct client *c)
{
    return c->refusal;
}

void client_keep_alive(struct client *c)
{
    Yinuo__V1__Ping ping = YINUO__V1__PING__INIT;

    ping.has_sent_ms = 1;
    ping.sent_ms = now_ms(c);
    (void)send_message(c, WIRE_PING, 0, 0, &ping.base, now_ms(c), NULL);
}
