/* front - one message from a client: who it is, whether he may, where it goes.
 */
#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "broker/state.h"

enum { ROUTE, HEADER, BODY, FRAMES }; /* [route][header][body] */

static void refuse_text(struct broker *b, struct slice route,
                        const struct wire_header *to, enum refusal code,
                        const char *text)
{
    struct session *s = session_by_route(b, route);
    Yinuo__V1__Refused refused = YINUO__V1__REFUSED__INIT;
    refused.has_code = 1;
    refused.code = (uint32_t)code;
    refused.text =
        (char *)(uintptr_t)(text && *text ? text : refusal_sentence(code));
    count_refusal(b, code);
    if (s) {
        session_send_proto(b, s, to, WIRE_ERROR, &refused.base);
        return;
    }
    uint8_t head[WIRE_HEADER_SIZE];
    struct wire_header header = *to;
    header.version = WIRE_VERSION;
    header.kind = WIRE_ERROR;
    zmq_msg_t body;
    if (!pack_message(&refused.base, &body))
        return;
    struct frames f;
    frames_init(&f);
    frames_put(&f, route.data, route.size);
    wire_header_encode(&header, head);
    frames_put(&f, head, sizeof(head));
    frames_put_message(&f, &body);
    /* no session, nothing to hold it in: he asks again */
    if (b->set.port.send(b->set.port.state, BROKER_FRONT, &f) == STATUS_OK)
        b->count.front_out++;
    frames_fini(&f);
}

static void refuse(struct broker *b, struct slice route,
                   const struct wire_header *to, enum refusal code)
{
    refuse_text(b, route, to, code, refusal_sentence(code));
}

static void welcome(struct broker *b, struct session *s,
                    const struct wire_header *header)
{
    Yinuo__V1__PartitionHead heads[PARTITIONS];
    Yinuo__V1__PartitionHead *list[PARTITIONS];
    Yinuo__V1__Welcome w = YINUO__V1__WELCOME__INIT;
    for (size_t i = 0; i < b->partitions; i++) {
        const struct partition *p = &b->partition[i];
        yinuo__v1__partition_head__init(&heads[i]);
        list[i] = &heads[i];
        heads[i].has_partition = heads[i].has_last_seq = 1;
        heads[i].has_served = 1;
        heads[i].partition = p->number;
        heads[i].last_seq = p->ring.last;
        heads[i].served = partition_served(p);
        heads[i].roles = partition_roles(b, p);
    }
    w.n_partitions = b->partitions;
    w.partitions = list;
    w.has_session = w.has_version = w.has_heartbeat_wait_ms = 1;
    w.has_dead_wait_ms = w.has_frame_max = w.has_batch_max = 1;
    w.has_credit = w.has_now_ms = w.has_role = w.has_proven = 1;
    w.session = s->id;
    w.version = WIRE_VERSION;
    w.heartbeat_wait_ms = (uint32_t)b->set.heartbeat_ms;
    w.dead_wait_ms = (uint32_t)b->set.silence_ms;
    w.frame_max = LIMIT_FRAME_BYTES;
    w.batch_max = LIMIT_BATCH_EVENTS;
    w.credit = b->set.peer_requests;
    w.broker = b->broker_name;
    w.now_ms = clock_wall_ms(b->set.clock);
    w.role = (Yinuo__V1__Role)s->role;
    w.proven = s->proven;
    session_send_proto(b, s, header, WIRE_WELCOME, &w.base);
}

static bool same_person(const struct session *s,
                        const struct access_grant *grant)
{
    return s->role == grant->role && s->proven == grant->proven &&
           strcmp(s->identity, grant->identity) == 0;
}

static void hello(struct broker *b, struct session *s, struct slice route,
                  const struct wire_header *header, struct slice body,
                  const char *user_id)
{
    struct fault fault;
    struct access_grant grant;
    const char *why = "";
    const Yinuo__V1__Hello *said =
        codec_decode(&yinuo__v1__hello__descriptor, body, &b->arena, &fault);
    if (!said) {
        refuse_text(b, route, header, fault.code, fault.text);
        return;
    }
    enum refusal code =
        access_admit(b->set.access, user_id, said, &grant, &why);
    if (code == REFUSAL_NONE && s && !same_person(s, &grant)) {
        code = REFUSAL_NOT_ALLOWED;
        why = "this connection has said already who it is";
    }
    if (code != REFUSAL_NONE) {
        refuse_text(b, route, header, code, why);
        return;
    }
    if (!s) {
        s = session_open(b, route);
        if (!s) {
            b->count.busy_all++;
            refuse(b, route, header, REFUSAL_BUSY);
            return;
        }
        s->role = grant.role;
        s->proven = grant.proven;
        s->identity_size = (uint8_t)strlen(grant.identity);
        memcpy(s->identity, grant.identity, sizeof(s->identity));
        if (said->has_tier && (unsigned)said->tier < TIERS)
            s->tier = (uint8_t)said->tier;
        b->count.hellos++;
    }
    welcome(b, s, header);
}

static void pong(struct broker *b, struct session *s,
                 const struct wire_header *header, struct slice body)
{
    uint64_t sent_ms;
    Yinuo__V1__Pong pong = YINUO__V1__PONG__INIT;
    if (walk_varint(body, 1, &sent_ms)) {
        pong.has_sent_ms = 1;
        pong.sent_ms = (int64_t)sent_ms;
    }
    pong.has_now_ms = 1;
    pong.now_ms = clock_wall_ms(b->set.clock);
    session_send_proto(b, s, header, WIRE_PONG, &pong.base);
}

static void keep(struct broker *b, struct session *s,
                 const struct wire_header *header, struct slice body)
{
    uint64_t number;
    switch (header->kind) {
    case WIRE_PING:
        pong(b, s, header, body);
        return;
    case WIRE_PONG:
        if (walk_varint(body, 1, &number))
            session_confirm(b, s, number);
        return;
    case WIRE_CREDIT:
        lane_credit(b, s, body);
        return;
    case WIRE_BYE:
        b->count.byes++;
        session_close(b, s);
        return;
    default:
        assert(!"a kind that the broker keeps has a line here");
    }
}

static void take(struct broker *b, struct session *s,
                 const struct wire_header *header, struct frames *f)
{
    struct slice body = frames_slice(f, BODY);
    const struct wire_kind_row *row = wire_kind_row(header->kind);
    if (row->to == WIRE_TO_BROKER) {
        keep(b, s, header, body);
    } else if (header->request_id == 0 && header->kind != WIRE_RECEIPT) {
        refuse_text(b, frames_slice(f, ROUTE), header, REFUSAL_MALFORMED,
                    "a request needs an id other than 0");
    } else if (header->kind == WIRE_FETCH) {
        stream_fetch(b, s, header, &f->list[BODY]);
    } else if (header->kind == WIRE_QUERY && status_asked(body)) {
        status_answer(b, s, header);
    } else {
        request_take(b, s, header, &f->list[BODY]);
    }
}

static enum refusal examine(struct frames *f, const struct session *s,
                            struct wire_header *header)
{
    struct slice head = frames_slice(f, HEADER);
    enum refusal code = wire_header_decode(head.data, head.size, header);
    if (code != REFUSAL_NONE)
        return code;
    if (f->count != FRAMES)
        return REFUSAL_MALFORMED;
    if (!wire_kind_row(header->kind))
        return REFUSAL_UNKNOWN_KIND;
    if (header->kind == WIRE_HELLO)
        return REFUSAL_NONE;
    if (!s)
        return REFUSAL_NOT_READY;
    return wire_may_send(s->role, header->kind) ? REFUSAL_NONE
                                                : REFUSAL_NOT_ALLOWED;
}

void broker_front(struct broker *b, struct frames *f, const char *user_id,
                  int64_t now_ms)
{
    if (now_ms > b->now_ms)
        b->now_ms = now_ms;
    b->count.front_in++;
    struct slice route = frames_slice(f, ROUTE);
    struct session *s = session_by_route(b, route);
    struct wire_header header = {0};
    if (s)
        s->heard_ms = b->now_ms;
    enum refusal code = examine(f, s, &header);
    bool probe = f->count == 2 && frames_slice(f, HEADER).size == 0;
    if (code == REFUSAL_NONE && header.kind == WIRE_HELLO)
        hello(b, s, route, &header, frames_slice(f, BODY), user_id);
    else if (code == REFUSAL_NONE)
        take(b, s, &header, f);
    else if (!probe && !(code == REFUSAL_NOT_READY && header.kind == WIRE_BYE))
        refuse(b, route, &header, code);
    frames_fini(f);
    arena_reset(&b->arena);
}
