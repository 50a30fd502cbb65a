/* back - one message from a router. */
#include <string.h>

#include "base/log.h"
#include "broker/state.h"

/* [route][peer][header][body]; STREAM and TICK have a span before the body. */
enum { ROUTE, PEER, HEADER, BODY, FRAMES, FRAMES_SPAN };

static void refuse(struct broker *b, struct slice route,
                   const struct wire_header *to, enum refusal code)
{
    Yinuo__V1__Refused refused = YINUO__V1__REFUSED__INIT;
    refused.has_code = 1;
    refused.code = (uint32_t)code;
    refused.text = (char *)(uintptr_t)refusal_sentence(code);
    count_refusal(b, code);
    router_send_proto(b, route, to, WIRE_ERROR, &refused.base);
}

static void answer(struct broker *b, struct partition *p,
                   const struct wire_peer *peer,
                   const struct wire_header *header, zmq_msg_t *body)
{
    struct session *s = session_by_id(b, peer->session);
    if (s)
        session_send(b, s, header, body);
    else
        b->count.orphans++;
    request_done(b, p, peer->session, header->request_id);
}

static void admit(struct broker *b, struct slice route,
                  const struct wire_peer *peer,
                  const struct wire_header *header, struct slice body,
                  const char *user_id)
{
    struct access_grant grant;
    const char *why = "";
    enum refusal code =
        access_admit_router(b->set.access, user_id, peer, &grant, &why);
    if (code != REFUSAL_NONE)
        refuse(b, route, header, code);
    else
        router_register(b, route, header, &grant, body);
}

static void pong(struct broker *b, struct slice route,
                 const struct wire_header *header)
{
    Yinuo__V1__Pong pong = YINUO__V1__PONG__INIT;
    pong.has_now_ms = 1;
    pong.now_ms = clock_wall_ms(b->set.clock);
    router_send_proto(b, route, header, WIRE_PONG, &pong.base);
}

static void keep(struct broker *b, struct slice route,
                 const struct wire_header *header)
{
    if (header->kind == WIRE_PING)
        pong(b, route, header);
    else if (header->kind == WIRE_BYE)
        router_gone(b, route, "it said goodbye");
}

static void take_body(struct broker *b, struct partition *p,
                      const struct wire_peer *peer,
                      const struct wire_header *header, zmq_msg_t *body)
{
    if (header->kind == WIRE_PAGE)
        lane_page(b, p, header, body);
    else if (header->kind == WIRE_WITHDRAW)
        lane_withdraw(b, header, body);
    else
        answer(b, p, peer, header, body);
}

static void take(struct broker *b, struct partition *p,
                 const struct wire_peer *peer, const struct wire_header *header,
                 struct frames *f)
{
    switch (wire_kind_row(header->kind)->to) {
    case WIRE_TO_CLIENT:
    case WIRE_TO_LANE:
        take_body(b, p, peer, header, &f->list[BODY]);
        return;
    case WIRE_TO_STREAM:
        if (header->kind == WIRE_STREAM)
            stream_take(b, p, f);
        else
            stream_tick_from(b, p, f);
        return;
    case WIRE_TO_BROKER:
    case WIRE_TO_ROUTER:
        keep(b, frames_slice(f, ROUTE), header);
        return;
    }
}

/* One of a bundle. */
static enum refusal take_one(struct broker *b, struct partition *p,
                             const struct wire_bundled *one)
{
    const struct wire_kind_row *row = wire_kind_row(one->header.kind);
    zmq_msg_t body;
    if (!row || (row->to != WIRE_TO_CLIENT && row->to != WIRE_TO_LANE) ||
        !wire_may_send(WIRE_ROLE_ROUTER, one->header.kind) ||
        one->header.partition != p->number)
        return REFUSAL_MALFORMED;
    if (zmq_msg_init_size(&body, one->body.size) != 0)
        return REFUSAL_BUSY;
    if (one->body.size > 0)
        memcpy(zmq_msg_data(&body), one->body.data, one->body.size);
    take_body(b, p, &one->peer, &one->header, &body);
    zmq_msg_close(&body);
    arena_reset(&b->arena);
    return REFUSAL_NONE;
}

/* Its messages are counted, not itself. */
static void take_bundle(struct broker *b, struct partition *p,
                        struct slice route, const struct wire_header *header,
                        struct slice rest)
{
    struct wire_bundled one;
    b->count.back_in--;
    while (rest.size > 0 && partition_served(p)) {
        b->count.back_in++;
        enum refusal code = wire_bundle_next(&rest, &one);
        if (code == REFUSAL_NONE)
            code = take_one(b, p, &one);
        if (code == REFUSAL_NONE)
            continue;
        refuse(b, route, header, code);
        return;
    }
}

static enum refusal examine(struct frames *f, struct wire_peer *peer,
                            struct wire_header *header)
{
    struct slice head = frames_slice(f, HEADER), who = frames_slice(f, PEER);
    enum refusal code = wire_header_decode(head.data, head.size, header);
    if (code == REFUSAL_NONE)
        code = wire_peer_decode(who.data, who.size, peer);
    if (code != REFUSAL_NONE)
        return code;
    const struct wire_kind_row *row = wire_kind_row(header->kind);
    if (!row)
        return REFUSAL_UNKNOWN_KIND;
    if (f->count != (row->to == WIRE_TO_STREAM ? FRAMES_SPAN : FRAMES))
        return REFUSAL_MALFORMED;
    return wire_may_send(WIRE_ROLE_ROUTER, header->kind) ? REFUSAL_NONE
                                                         : REFUSAL_NOT_ALLOWED;
}

/* Notes that the router lives; NULL where it does not own the partition. */
static struct partition *owner(struct broker *b, struct slice route,
                               uint32_t number, bool *registered)
{
    struct partition *found = NULL;
    *registered = false;
    for (size_t i = 0; i < b->partitions; i++) {
        struct partition *p = &b->partition[i];
        if (p->router.route_size != route.size ||
            memcmp(p->router.route, route.data, route.size) != 0)
            continue;
        *registered = true;
        p->router.heard_ms = b->now_ms;
        if (p->number == number)
            found = p;
    }
    return found;
}

void broker_back(struct broker *b, struct frames *f, const char *user_id,
                 int64_t now_ms)
{
    struct wire_header header = {0};
    struct wire_peer peer = {0};
    struct slice route = frames_slice(f, ROUTE);
    bool registered;
    if (now_ms > b->now_ms)
        b->now_ms = now_ms;
    b->count.back_in++;
    enum refusal code = examine(f, &peer, &header);
    struct partition *p = owner(b, route, header.partition, &registered);
    bool own = code == REFUSAL_NONE && registered &&
               wire_kind_row(header.kind)->to == WIRE_TO_BROKER &&
               header.kind != WIRE_BUNDLE;
    if (code != REFUSAL_NONE)
        refuse(b, route, &header, code);
    else if (header.kind == WIRE_REGISTER)
        admit(b, route, &peer, &header, frames_slice(f, BODY), user_id);
    else if (own)
        keep(b, route, &header);
    else if (!registered)
        refuse(b, route, &header, REFUSAL_NOT_READY);
    else if (!p)
        refuse(b, route, &header, REFUSAL_WRONG_PARTITION);
    else if (header.kind == WIRE_BUNDLE)
        take_bundle(b, p, route, &header, frames_slice(f, BODY));
    else
        take(b, p, &peer, &header, f);
    frames_fini(f);
    arena_reset(&b->arena);
}
