/* partition - the routers, and which partition each of them owns.
 *
 * One router owns a partition; a REGISTER with a higher epoch takes it over, an
 * equal one is the same router on a new connection, a lower one is refused. A
 * router is gone when its connection is, when it says BYE, when it is silent,
 * or when it is taken over; whatever was under way there is answered BUSY.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "broker/state.h"

struct partition *partition_find(struct broker *b, uint32_t number)
{
    for (size_t i = 0; i < b->partitions; i++)
        if (b->partition[i].number == number)
            return &b->partition[i];
    return NULL;
}

void partition_fini(struct partition *p)
{
    ring_fini(&p->ring);
    bytes_fini(&p->bundle);
}

bool partition_served(const struct partition *p)
{
    return p->router.route_size > 0;
}

static bool is_at(const struct partition *p, struct slice route)
{
    return p->router.route_size == route.size &&
           memcmp(p->router.route, route.data, route.size) == 0;
}

struct partition *partition_by_route(struct broker *b, struct slice route)
{
    for (size_t i = 0; i < b->partitions; i++)
        if (is_at(&b->partition[i], route))
            return &b->partition[i];
    return NULL;
}

/* ---- sending ---- */

static enum status send_back(struct broker *b, struct slice route,
                             const struct wire_peer *peer,
                             const struct wire_header *header, zmq_msg_t *body)
{
    uint8_t head[WIRE_HEADER_SIZE], who[WIRE_PEER_MAX];
    struct frames f;
    frames_init(&f);
    frames_put(&f, route.data, route.size);
    frames_put(&f, who, wire_peer_encode(peer, who));
    wire_header_encode(header, head);
    frames_put(&f, head, sizeof(head));
    frames_put_message(&f, body);
    enum status status = b->set.port.send(b->set.port.state, BROKER_BACK, &f);
    if (status == STATUS_OK)
        b->count.back_out++;
    else
        zmq_msg_move(body, &f.list[3]);
    frames_fini(&f);
    return status;
}

static bool send_now(struct broker *b, struct partition *p,
                     const struct wire_peer *peer,
                     const struct wire_header *header, zmq_msg_t *body)
{
    struct slice route = slice_of(p->router.route, p->router.route_size);
    enum status status = send_back(b, route, peer, header, body);
    if (status == STATUS_UNREACHABLE)
        router_gone(b, route, "its connection is gone");
    return status == STATUS_OK;
}

/* What is bundled goes, or stays for the next time. */
static bool flush(struct broker *b, struct partition *p)
{
    const struct wire_peer peer = {.role = WIRE_ROLE_BROKER};
    const struct wire_header header = {
        .version = WIRE_VERSION, .kind = WIRE_BUNDLE, .partition = p->number};
    zmq_msg_t body;
    if (p->bundled == 0)
        return true;
    if (zmq_msg_init_size(&body, p->bundle.size) != 0)
        return false;
    memcpy(zmq_msg_data(&body), p->bundle.data, p->bundle.size);
    bool gone = send_now(b, p, &peer, &header, &body);
    if (gone) {
        b->count.back_out += p->bundled - 1; /* they are what is counted */
        bytes_reset(&p->bundle);
        p->bundled = 0;
    } else {
        zmq_msg_close(&body);
    }
    return gone;
}

bool router_pass(struct broker *b, struct partition *p,
                 const struct wire_peer *peer, const struct wire_header *header,
                 zmq_msg_t *body)
{
    size_t size = zmq_msg_size(body);
    if (p->bundle.size + size > WIRE_BUNDLE_BYTES && !flush(b, p))
        return false;
    if (!p->router.bundles || size > WIRE_BUNDLE_BODY)
        return flush(b, p) && send_now(b, p, peer, header, body);
    wire_bundle_add(&p->bundle, peer, header, body_slice(body));
    if (p->bundle.status != STATUS_OK)
        return false; /* no memory: it is as it was */
    p->bundled++;
    zmq_msg_close(body);
    zmq_msg_init(body);
    return true;
}

/* A try may have taken an edge from the socket's descriptor, so that the loop
 * comes round once more before it waits: once a moment is enough. */
void router_round(struct broker *b)
{
    for (size_t i = 0; i < b->partitions; i++) {
        struct partition *p = &b->partition[i];
        if (p->full_ms != b->now_ms && !flush(b, p) && p->bundled > 0)
            p->full_ms = b->now_ms; /* it is full, and not gone */
    }
}

bool router_held(const struct broker *b)
{
    bool held = false;
    for (size_t i = 0; i < b->partitions; i++)
        held |= b->partition[i].bundled > 0;
    return held;
}

void router_send_proto(struct broker *b, struct slice route,
                       const struct wire_header *to, uint8_t kind,
                       const ProtobufCMessage *message)
{
    uint8_t copy[ROUTE_MAX]; /* route may be that of the router that goes */
    struct wire_peer peer = {.role = WIRE_ROLE_BROKER};
    struct wire_header header = *to;
    header.version = WIRE_VERSION;
    header.kind = kind;
    if (route.size > sizeof(copy))
        return;
    memcpy(copy, route.data, route.size);
    zmq_msg_t body;
    if (!pack_message(message, &body))
        return;
    enum status status =
        send_back(b, slice_of(copy, route.size), &peer, &header, &body);
    if (status == STATUS_OK)
        return;
    zmq_msg_close(&body);
    if (status == STATUS_UNREACHABLE)
        router_gone(b, slice_of(copy, route.size), "its connection is gone");
}

/* ---- coming and going ---- */

static void leave(struct broker *b, struct partition *p, const char *why)
{
    log_write(LOG_WARN, "ROUTER-GONE",
              LOG_FIELDS(LOG_TEXT("router", p->router.name),
                         LOG_INT("partition", p->number)),
              "a router is gone: %s -> clients are told to try again", why);
    b->count.routers_gone++;
    p->router = (struct router){0};
    bytes_reset(&p->bundle); /* all in it is answered busy */
    p->bundled = 0;
    lane_router_gone(b, p);
    request_fail_all(b, p);
}

void router_gone(struct broker *b, struct slice route, const char *why)
{
    uint8_t copy[ROUTE_MAX];
    assert(route.size <= sizeof(copy));
    memcpy(copy, route.data, route.size);
    route = slice_of(copy, route.size);
    for (size_t i = 0; route.size > 0 && i < b->partitions; i++)
        if (is_at(&b->partition[i], route))
            leave(b, &b->partition[i], why);
}

void router_sweep(struct broker *b)
{
    for (size_t i = 0; i < b->partitions; i++) {
        struct partition *p = &b->partition[i];
        if (!partition_served(p))
            continue;
        struct slice route = slice_of(p->router.route, p->router.route_size);
        if (b->now_ms - p->router.heard_ms >= b->set.router_silence_ms) {
            router_gone(b, route, "it is silent");
            continue;
        }
        if (b->now_ms - p->router.pinged_ms < b->set.heartbeat_ms / 2)
            continue;
        p->router.pinged_ms = b->now_ms;
        Yinuo__V1__Ping ping = YINUO__V1__PING__INIT;
        struct wire_header header = {.partition = p->number};
        router_send_proto(b, route, &header, WIRE_PING, &ping.base);
    }
}

/* ---- REGISTER ---- */

static void refuse_router(struct broker *b, struct slice route,
                          const struct wire_header *header, enum refusal code)
{
    Yinuo__V1__Refused refused = YINUO__V1__REFUSED__INIT;
    refused.has_code = 1;
    refused.code = (uint32_t)code;
    refused.text = (char *)(uintptr_t)refusal_sentence(code);
    count_refusal(b, code);
    router_send_proto(b, route, header, WIRE_ERROR, &refused.base);
}

static struct partition *partition_make(struct broker *b, uint32_t number)
{
    struct partition *p = partition_find(b, number);
    if (p || b->partitions == PARTITIONS)
        return p;
    p = &b->partition[b->partitions];
    *p = (struct partition){.number = number, .known = true, .full_ms = -1};
    bytes_init(&p->bundle, WIRE_BUNDLE_BYTES + 2 * WIRE_BUNDLE_BODY);
    if (!ring_init(&p->ring, b->set.ring_bytes))
        return NULL;
    b->partitions++;
    return p;
}

static void enter(struct broker *b, struct partition *p, struct slice route,
                  const Yinuo__V1__Register *reg,
                  const struct access_grant *grant)
{
    if (partition_served(p) && !is_at(p, route))
        leave(b, p, "another has taken over");
    p->epoch = reg->owner_epoch;
    p->router = (struct router){.route_size = (uint8_t)route.size,
                                .heard_ms = b->now_ms,
                                .pinged_ms = b->now_ms,
                                .bundles = reg->bundles};
    memcpy(p->router.route, route.data, route.size);
    memcpy(p->router.name, grant->identity, sizeof(p->router.name));
    log_write(LOG_INFO, "ROUTER-HERE",
              LOG_FIELDS(LOG_TEXT("router", p->router.name),
                         LOG_INT("partition", p->number),
                         LOG_INT("epoch", p->epoch)),
              "a router has registered%s -> its partition is served",
              grant->proven ? "" : " (identity unproven)");
}

/* What its tiers are called, for those who come later. */
static void keep_roles(struct partition *p, const Yinuo__V1__Roles *roles)
{
    size_t size = roles ? yinuo__v1__roles__get_packed_size(roles) : 0;
    if (size == 0 || size > sizeof(p->roles))
        return;
    p->roles_size = (uint32_t)yinuo__v1__roles__pack(roles, p->roles);
    p->tier_count = roles->tier_count < TIERS ? roles->tier_count : TIERS - 1;
}

Yinuo__V1__Roles *partition_roles(struct broker *b, const struct partition *p)
{
    struct fault fault;
    if (p->roles_size == 0)
        return NULL;
    return codec_decode(&yinuo__v1__roles__descriptor,
                        slice_of(p->roles, p->roles_size), &b->arena, &fault);
}

/* The journal ends before what the ring has seen: another journal, as after a
 * restore. What the ring has is not of it. */
static void meet_head(struct partition *p, const Yinuo__V1__Register *reg)
{
    p->told_last = 0;
    for (size_t i = 0; i < reg->n_heads; i++) {
        const Yinuo__V1__PartitionHead *head = reg->heads[i];
        if (head->partition != p->number)
            continue;
        keep_roles(p, head->roles);
        if (!head->has_last_seq)
            continue;
        bool untouched = p->ring.count == 0 && p->ring.last == 0;
        if (untouched || head->last_seq < p->ring.last)
            ring_reset(&p->ring, head->last_seq);
    }
}

static void welcome_router(struct broker *b, struct slice route,
                           const struct wire_header *header,
                           const Yinuo__V1__Register *reg, bool proven)
{
    Yinuo__V1__PartitionHead heads[PARTITIONS];
    Yinuo__V1__PartitionHead *list[PARTITIONS];
    Yinuo__V1__Welcome w = YINUO__V1__WELCOME__INIT;
    for (size_t i = 0; i < reg->n_partitions && i < PARTITIONS; i++) {
        const struct partition *p = partition_find(b, reg->partitions[i]);
        assert(p);
        yinuo__v1__partition_head__init(&heads[i]);
        list[i] = &heads[i];
        heads[i].has_partition = heads[i].has_last_seq = 1;
        heads[i].partition = p->number;
        heads[i].last_seq = p->ring.last;
        w.n_partitions++;
    }
    w.partitions = list;
    w.has_version = w.has_heartbeat_wait_ms = w.has_dead_wait_ms = 1;
    w.has_frame_max = w.has_role = w.has_proven = w.has_now_ms = 1;
    w.has_bundles = w.bundles = 1;
    w.version = WIRE_VERSION;
    w.heartbeat_wait_ms = (uint32_t)b->set.heartbeat_ms;
    w.dead_wait_ms = (uint32_t)b->set.router_silence_ms;
    w.frame_max = LIMIT_FRAME_BYTES;
    w.role = YINUO__V1__ROLE__ROLE_ROUTER;
    w.proven = proven;
    w.now_ms = clock_wall_ms(b->set.clock);
    w.broker = b->broker_name;
    router_send_proto(b, route, header, WIRE_WELCOME, &w.base);
}

void router_register(struct broker *b, struct slice route,
                     const struct wire_header *header,
                     const struct access_grant *grant, struct slice body)
{
    struct fault fault;
    const Yinuo__V1__Register *reg =
        codec_decode(&yinuo__v1__register__descriptor, body, &b->arena, &fault);
    if (!reg || reg->n_partitions == 0 || route.size > ROUTE_MAX) {
        refuse_router(b, route, header,
                      reg ? REFUSAL_MISSING_FIELD : fault.code);
        return;
    }
    for (size_t i = 0; i < reg->n_partitions; i++) {
        struct partition *p = partition_make(b, reg->partitions[i]);
        if (!p || reg->owner_epoch < p->epoch) {
            b->count.stale_routers += p != NULL;
            refuse_router(b, route, header,
                          p ? REFUSAL_STALE_EPOCH : REFUSAL_TOO_MANY);
            return;
        }
    }
    b->count.registers++;
    for (size_t i = 0; i < reg->n_partitions; i++) {
        struct partition *p = partition_find(b, reg->partitions[i]);
        enter(b, p, route, reg, grant);
        meet_head(p, reg);
    }
    welcome_router(b, route, header, reg, grant->proven);
    struct partition *first = partition_by_route(b, route);
    if (first) /* it may be gone again */
        lane_tell_all(b, first);
}
