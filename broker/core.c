#include "broker/core.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/state.h"

enum { SWEEP_MS = 500, CALL_AGAIN_MS = 100, HELD_AGAIN_MS = 2 };

/* ---- small helpers that the other files share ---- */

void count_refusal(struct broker *b, enum refusal code)
{
    b->count.refused++;
    switch (code) {
    case REFUSAL_WRONG_VERSION:
        b->count.wrong_version++;
        break;
    case REFUSAL_WRONG_PARTITION:
        b->count.wrong_partition++;
        break;
    case REFUSAL_UNKNOWN_KIND:
        b->count.unknown_kind++;
        break;
    case REFUSAL_NOT_ALLOWED:
        b->count.not_allowed++;
        break;
    case REFUSAL_NOT_READY:
        b->count.not_ready++;
        break;
    case REFUSAL_MALFORMED:
        b->count.malformed++;
        break;
    default:
        break;
    }
}

bool pack_message(const ProtobufCMessage *message, zmq_msg_t *out)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    if (zmq_msg_init_size(out, size) != 0)
        return false;
    if (size > 0)
        protobuf_c_message_pack(message, zmq_msg_data(out));
    return true;
}

struct slice body_slice(const zmq_msg_t *body)
{
    /* libzmq's accessor of the bytes takes no const */
    zmq_msg_t *m = (zmq_msg_t *)(uintptr_t)body;
    return slice_of(zmq_msg_data(m), zmq_msg_size(m));
}

/* ---- one level of protobuf, without decoding it ---- */

static bool take_varint(struct slice *rest, uint64_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < 10 && i < rest->size; i++) {
        *value |= (uint64_t)(rest->data[i] & 0x7f) << (7 * i);
        if (!(rest->data[i] & 0x80)) {
            *rest = slice_from(*rest, i + 1);
            return true;
        }
    }
    return false;
}

/* The next field; false at the end and where it is broken. */
static bool take_field(struct slice *rest, uint64_t *key, uint64_t *number,
                       struct slice *bytes)
{
    uint64_t size = 0;
    if (rest->size == 0 || !take_varint(rest, key))
        return false;
    switch (*key & 7) {
    case 0:
        return take_varint(rest, number);
    case 1:
        size = 8;
        break;
    case 2:
        if (!take_varint(rest, &size))
            return false;
        break;
    case 5:
        size = 4;
        break;
    default:
        return false;
    }
    if (size > rest->size)
        return false;
    *bytes = slice_of(rest->data, (size_t)size);
    *rest = slice_from(*rest, (size_t)size);
    return true;
}

bool walk_varint(struct slice body, uint32_t field, uint64_t *value)
{
    uint64_t key, number = 0;
    struct slice bytes;
    while (take_field(&body, &key, &number, &bytes))
        if (key == ((uint64_t)field << 3 | 0)) {
            *value = number;
            return true;
        }
    return false;
}

bool walk_bytes(struct slice body, uint32_t field, struct slice *value)
{
    uint64_t key, number = 0;
    struct slice bytes;
    while (take_field(&body, &key, &number, &bytes))
        if (key == ((uint64_t)field << 3 | 2)) {
            *value = bytes;
            return true;
        }
    return false;
}

/* ---- making and freeing ---- */

#define DEFAULT(field, value)                                                  \
    do {                                                                       \
        if (set->field == 0)                                                   \
            set->field = (value);                                              \
    } while (0)

static void fill_in(struct broker_settings *set)
{
    DEFAULT(held_bytes_max, 64u * 1024 * 1024);
    DEFAULT(peer_bytes_max, LIMIT_PEER_QUEUE_BYTES);
    DEFAULT(peer_requests, LIMIT_PEER_CREDIT);
    DEFAULT(window_events, 4096);
    DEFAULT(window_people, 1024);
    DEFAULT(ring_bytes, 32u * 1024 * 1024);
    DEFAULT(lane_pages, 1024);
    DEFAULT(heartbeat_ms, LIMIT_HEARTBEAT_MS);
    DEFAULT(silence_ms, LIMIT_SILENCE_MS);
    DEFAULT(router_silence_ms, LIMIT_SILENCE_MS);
    DEFAULT(request_wait_ms, 30000);
    DEFAULT(tick_ms, 1000);
    DEFAULT(name, "yinuo-broker");
}

struct broker *broker_new(const struct broker_settings *settings,
                          int64_t now_ms)
{
    struct broker *b = calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    b->set = *settings;
    fill_in(&b->set);
    b->now_ms = b->swept_ms = now_ms;
    b->pool.held_max = b->set.held_bytes_max;
    b->generation = (uint64_t)clock_wall_ms(b->set.clock);
    snprintf(b->broker_name, sizeof(b->broker_name), "%s", b->set.name);
    arena_init(&b->arena, LIMIT_DECODE_BYTES);
    bytes_init(&b->scratch, LIMIT_FRAME_BYTES);
    sessions_init(b);
    if (!pending_init(&b->pending))
        broker_free(&b);
    return b;
}

void broker_free(struct broker **broker)
{
    struct broker *b = *broker;
    if (!b)
        return;
    for (uint32_t tier = 1; tier < TIERS; tier++)
        parcel_queue_clear(&b->lane[tier].pages, &b->pool);
    for (size_t slot = 0; slot < b->high; slot++)
        for (int c = 0; c < CLASSES; c++)
            parcel_queue_clear(&b->list[slot].in[c], &b->pool);
    for (size_t slot = 0; slot < b->high; slot++)
        parcel_queue_clear(&b->list[slot].out, &b->pool);
    for (size_t i = 0; i < b->partitions; i++)
        partition_fini(&b->partition[i]);
    parcel_pool_fini(&b->pool);
    pending_fini(&b->pending);
    arena_fini(&b->arena);
    bytes_fini(&b->scratch);
    free(b);
    *broker = NULL;
}

/* ---- time ---- */

static void at(struct broker *b, int64_t now_ms)
{
    if (now_ms > b->now_ms)
        b->now_ms = now_ms;
}

void broker_round(struct broker *b, int64_t now_ms)
{
    at(b, now_ms);
    router_round(b);
    stream_round(b);
    lane_round(b);
}

int64_t broker_tick(struct broker *b, int64_t now_ms)
{
    at(b, now_ms);
    session_flush(b);
    stream_sweep(b);
    for (size_t i = 0; i < b->partitions; i++)
        if (partition_served(&b->partition[i]))
            request_pump(b, &b->partition[i]);
    if (b->now_ms - b->swept_ms >= SWEEP_MS) {
        b->swept_ms = b->now_ms;
        session_sweep(b);
        router_sweep(b);
        request_expire(b);
    }
    broker_round(b, now_ms);
    return b->now_ms + (broker_held(b) ? HELD_AGAIN_MS : CALL_AGAIN_MS);
}

bool broker_held(const struct broker *b)
{
    return b->held_sessions > 0 || router_held(b);
}

const struct broker_counters *broker_counters(const struct broker *b)
{
    return &b->count;
}

size_t broker_held_bytes(const struct broker *b)
{
    return b->pool.held;
}

size_t broker_sessions(const struct broker *b)
{
    return b->sessions;
}

bool broker_subscribe(struct broker *b, struct slice topic, const char *user_id,
                      int64_t now_ms)
{
    at(b, now_ms);
    bool may = access_may_subscribe(b->set.access, user_id, topic);
    if (!may)
        b->count.subscriptions_denied++;
    else
        b->count.subscriptions++;
    for (size_t i = 0; may && i < b->partitions; i++)
        b->partition[i].spoke_ms = b->now_ms - b->set.tick_ms;
    return may;
}
