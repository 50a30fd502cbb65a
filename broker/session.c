/* session - who is connected to the front door, and what waits for him. */
#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "broker/state.h"

void sessions_init(struct broker *b)
{
    b->free_slot = 0;
    for (uint32_t slot = SESSIONS; slot-- > 0;) {
        b->list[slot].next_slot = b->free_slot;
        b->free_slot = slot + 1;
    }
}

static uint32_t *route_bucket(struct broker *b, struct slice route)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < route.size; i++)
        hash = (hash ^ route.data[i]) * 16777619u;
    return &b->routes[(hash ^ hash >> 15) & (SESSIONS - 1)];
}

static struct slice route_of(const struct session *s)
{
    return slice_of(s->route, s->route_size);
}

struct session *session_by_route(struct broker *b, struct slice route)
{
    for (uint32_t at = *route_bucket(b, route); at;) {
        struct session *s = &b->list[at - 1];
        if (s->route_size == route.size &&
            memcmp(s->route, route.data, route.size) == 0)
            return s;
        at = s->next_slot;
    }
    return NULL;
}

struct session *session_by_id(struct broker *b, uint64_t id)
{
    struct session *s = &b->list[id & (SESSIONS - 1)];
    return id != 0 && s->id == id ? s : NULL;
}

struct session *session_open(struct broker *b, struct slice route)
{
    if (!b->free_slot || b->sessions >= LIMIT_PEERS || route.size == 0 ||
        route.size > ROUTE_MAX)
        return NULL;
    uint32_t slot = b->free_slot - 1;
    struct session *s = &b->list[slot];
    b->free_slot = s->next_slot;
    uint32_t *head = route_bucket(b, route);
    memset(s, 0, sizeof(*s));
    if (slot >= b->high)
        b->high = slot + 1;
    s->id = b->generation++ << SESSION_BITS | slot;
    memcpy(s->route, route.data, route.size);
    s->route_size = (uint8_t)route.size;
    s->heard_ms = b->now_ms;
    s->next_slot = *head;
    *head = slot + 1;
    b->sessions++;
    return s;
}

void session_close(struct broker *b, struct session *s)
{
    request_forget(b, s);
    if (s->out.count > 0)
        b->held_sessions--;
    b->count.dropped_out += parcel_queue_clear(&s->out, &b->pool);
    uint32_t slot = (uint32_t)(s - b->list);
    uint32_t *link = route_bucket(b, route_of(s));
    while (*link != slot + 1) {
        assert(*link);
        link = &b->list[*link - 1].next_slot;
    }
    *link = s->next_slot;
    lane_worker_gone(b, s);
    memset(s, 0, sizeof(*s));
    s->next_slot = b->free_slot;
    b->free_slot = slot + 1;
    b->sessions--;
}

static void demote(struct broker *b, struct session *s)
{
    b->count.demoted++;
    log_write(LOG_WARN, "PEER-SLOW",
              LOG_FIELDS(LOG_TEXT("identity", s->identity),
                         LOG_INT("waiting_bytes", s->out.bytes),
                         LOG_INT("unconfirmed_bytes", s->unconfirmed)),
              "a client does not read -> its session is dropped");
    session_close(b, s);
}

static void hold(struct broker *b, struct session *s,
                 const struct wire_header *header, zmq_msg_t *body)
{
    struct parcel *parcel = NULL;
    if (s->out.bytes + zmq_msg_size(body) <= b->set.peer_bytes_max)
        parcel = parcel_new(&b->pool, s->id, header, body);
    if (!parcel) {
        zmq_msg_close(body);
        b->count.dropped_out++;
        demote(b, s);
        return;
    }
    if (s->out.count == 0)
        b->held_sessions++;
    parcel_queue_push(&s->out, parcel);
}

/* Hands one message to the socket. On BUSY the body is the caller's again. */
static enum status hand_over(struct broker *b, struct session *s,
                             const struct wire_header *header, zmq_msg_t *body)
{
    uint8_t head[WIRE_HEADER_SIZE];
    size_t size = zmq_msg_size(body) + WIRE_HEADER_SIZE;
    struct frames f;
    frames_init(&f);
    frames_put(&f, s->route, s->route_size);
    wire_header_encode(header, head);
    frames_put(&f, head, sizeof(head));
    frames_put_message(&f, body);
    enum status status = b->set.port.send(b->set.port.state, BROKER_FRONT, &f);
    if (status == STATUS_OK) {
        b->count.front_out++;
        s->unconfirmed += size;
        s->since_ping += size;
    } else {
        zmq_msg_move(body, &f.list[2]);
    }
    frames_fini(&f);
    return status;
}

/* Half of what may be unconfirmed has gone: ask whether he reads. */
static void ask(struct broker *b, struct session *s)
{
    if (s->ping || s->unconfirmed < b->set.peer_bytes_max / 2)
        return;
    Yinuo__V1__Ping ping = YINUO__V1__PING__INIT;
    ping.has_sent_ms = 1;
    ping.sent_ms = (int64_t)++b->pings;
    struct wire_header header = {.version = WIRE_VERSION, .kind = WIRE_PING};
    zmq_msg_t body;
    if (!pack_message(&ping.base, &body))
        return;
    if (hand_over(b, s, &header, &body) == STATUS_OK) {
        s->ping = b->pings;
        s->since_ping = 0;
    } else {
        zmq_msg_close(&body);
    }
}

void session_send(struct broker *b, struct session *s,
                  const struct wire_header *header, zmq_msg_t *body)
{
    if (s->out.count > 0 || s->unconfirmed >= b->set.peer_bytes_max) {
        hold(b, s, header, body);
        return;
    }
    switch (hand_over(b, s, header, body)) {
    case STATUS_OK:
        ask(b, s);
        return;
    case STATUS_UNREACHABLE:
        zmq_msg_close(body);
        b->count.unreachable++;
        b->count.dropped_out++;
        session_close(b, s);
        return;
    default:
        hold(b, s, header, body);
        return;
    }
}

void session_send_proto(struct broker *b, struct session *s,
                        const struct wire_header *to, uint8_t kind,
                        const ProtobufCMessage *message)
{
    struct wire_header header = *to;
    header.version = WIRE_VERSION;
    header.kind = kind;
    zmq_msg_t body;
    if (pack_message(message, &body))
        session_send(b, s, &header, &body);
}

/* False when the session has ended. */
static bool flush_one(struct broker *b, struct session *s)
{
    while (s->out.count > 0 && s->unconfirmed < b->set.peer_bytes_max) {
        struct parcel *parcel = s->out.head;
        enum status status = hand_over(b, s, &parcel->header, &parcel->body);
        if (status == STATUS_UNREACHABLE) {
            b->count.unreachable++;
            session_close(b, s);
            return false;
        }
        if (status != STATUS_OK)
            return true;
        parcel = parcel_queue_pop(&s->out);
        parcel_free(&b->pool, &parcel);
        if (s->out.count == 0)
            b->held_sessions--;
        ask(b, s);
    }
    return true;
}

void session_flush(struct broker *b)
{
    if (b->held_sessions == 0)
        return;
    for (size_t slot = 0; slot < b->high; slot++)
        if (b->list[slot].id && b->list[slot].out.count > 0)
            (void)flush_one(b, &b->list[slot]);
}

void session_confirm(struct broker *b, struct session *s, uint64_t ping)
{
    if (!s->ping || ping != s->ping)
        return;
    s->unconfirmed = s->since_ping;
    s->ping = 0;
    if (s->out.count == 0 || flush_one(b, s))
        ask(b, s);
}

void session_sweep(struct broker *b)
{
    for (size_t slot = 0; slot < b->high; slot++) {
        struct session *s = &b->list[slot];
        if (!s->id || b->now_ms - s->heard_ms < b->set.silence_ms)
            continue;
        bool matters = s->role == WIRE_ROLE_STATION || s->worker;
        b->count.expired++;
        log_write(matters ? LOG_INFO : LOG_DEBUG, "PEER-SILENT",
                  LOG_FIELDS(LOG_TEXT("identity", s->identity),
                             LOG_TEXT("role", wire_role_name(s->role))),
                  "a client was silent too long -> its session is closed");
        session_close(b, s);
    }
}
