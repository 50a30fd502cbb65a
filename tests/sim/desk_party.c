/* desk_party - people at terminals: they answer pages, take cases, end them.
 *
 * A command is sent again with its own id until it is answered. A desk that
 * crashes forgets what it was about to say. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/event.h"
#include "tests/sim/oracle.h"

enum { ORDERS = 256, AGAIN_MS = 3000, HELLO_MS = 1500, TRIES_MAX = 200 };

struct order {
    char request_id[40], person[32], case_id[64], kind[32];
    int64_t at_ms; /* not before */
    int64_t said_ms;
    uint64_t wire_id;
    uint32_t tries;
};

struct desk_party {
    struct party party; /* first */
    uint32_t number;
    uint64_t made; /* ids are never given twice, as random ones are not */

    bool welcome;
    int64_t heard_ms, hello_ms, spoke_ms;
    uint64_t next_wire;
    size_t count;
    struct order orders[ORDERS];
};

static struct desk_party *self_of(struct party *p)
{
    return (struct desk_party *)p;
}

static void order(struct desk_party *n, const char *kind, const char *case_id,
                  const char *person, int64_t at_ms)
{
    if (!n->party.up || n->count == ORDERS)
        return;
    struct order *o = &n->orders[n->count++];
    *o = (struct order){.at_ms = at_ms, .said_ms = -AGAIN_MS};
    snprintf(o->request_id, sizeof o->request_id, "d%u-%" PRIu64, n->number,
             ++n->made);
    snprintf(o->person, sizeof o->person, "%s", person);
    snprintf(o->case_id, sizeof o->case_id, "%s", case_id);
    snprintf(o->kind, sizeof o->kind, "%s", kind);
    sim_wake(&n->party, at_ms);
}

void desk_shown(struct sim *s, const Yinuo__V1__Page *page)
{
    static const char *const others[] = {"case.taken", "page.snoozed",
                                         "notify.unack", "case.resolved",
                                         "staff.unreachable"};
    struct desk_party *n = self_of(s->desks[chance_below(s, DESKS)]);
    int64_t at_ms = s->now_ms + chance_ms(s, 500, s->plan.answer_ms_max);

    if (!s->calm && !chance_in(s, s->plan.answer))
        return;
    order(n, "notify.ack", page->case_id, page->person, at_ms);
    if (s->calm || chance_below(s, 3))
        return;
    order(n, others[chance_below(s, 5)], page->case_id, page->person,
          at_ms + chance_ms(s, 0, 20000));
}

void desk_tidy(struct sim *s)
{
    for (uint32_t i = 0; i < DESKS; i++)
        if (self_of(s->desks[i])->count)
            return;
    for (size_t i = 0; i < ORDERS / 4; i++) {
        bool resolved;
        const char *id = oracle_open_case(s->oracle, i, &resolved);
        if (!id)
            return;
        order(self_of(s->desks[i % DESKS]),
              resolved ? "case.closed" : "case.resolved", id, "crisis-1",
              s->now_ms);
    }
}

bool desk_is_idle(const struct party *p)
{
    return ((const struct desk_party *)p)->count == 0;
}

/* --- saying it --- */

static void put_text(Yinuo__V1__Event *e, const char *name, const char *text,
                     struct arena *arena)
{
    struct event_value v = {.type = EVENT_TEXT, .text = text};

    if (event_set(e, name, &v, arena, NULL) != REFUSAL_NONE)
        abort();
}

static void say(struct desk_party *n, struct order *o)
{
    Yinuo__V1__Command c = YINUO__V1__COMMAND__INIT;
    struct arena arena;
    struct bytes event = {0};

    arena_init(&arena, LIMIT_DECODE_BYTES);
    Yinuo__V1__Event *e = event_new(o->kind, &arena);
    put_text(e, "case_id", o->case_id, &arena);
    put_text(e, "id", o->request_id, &arena);
    put_text(e, "reason", "as agreed", &arena);
    if (!strcmp(o->kind, "staff.unreachable"))
        put_text(e, "person", o->person, &arena);
    if (codec_encode(&e->base, &event) != STATUS_OK)
        abort();
    c.request_id = o->request_id;
    c.person = o->person;
    c.verb = (char *)"record";
    c.case_id = o->case_id;
    c.has_event = 1;
    c.event = (ProtobufCBinaryData){event.size, event.data};
    o->said_ms = n->party.sim->now_ms;
    if (!o->wire_id || chance_below(n->party.sim, 2))
        o->wire_id = ++n->next_wire;
    o->tries++;
    (void)client_say(&n->party, WIRE_COMMAND, o->wire_id, &c.base);
    bytes_fini(&event);
    arena_fini(&arena);
}

static void answered(struct desk_party *n, const Yinuo__V1__Answer *a)
{
    oracle_answered(n->party.sim->oracle, a);
    for (size_t i = 0; i < n->count; i++)
        if (!strcmp(n->orders[i].request_id, a->request_id)) {
            n->orders[i] = n->orders[--n->count];
            return;
        }
}

/* --- the process --- */

static void start(struct party *p)
{
    struct desk_party *n = self_of(p);

    n->welcome = false;
    n->count = 0;
    n->hello_ms = -HELLO_MS;
    n->heard_ms = p->sim->now_ms;
}

static void crash(struct party *p)
{
    self_of(p)->count = 0;
}

static void take(struct desk_party *n, const struct wire_header *h, void *m)
{
    if (h->kind == WIRE_WELCOME)
        n->welcome = true;
    else if (h->kind == WIRE_ANSWER)
        answered(n, m);
    else if (h->kind == WIRE_ERROR &&
             ((Yinuo__V1__Refused *)m)->code == REFUSAL_NOT_READY)
        n->welcome = false;
    else if (h->kind == WIRE_ERROR)
        sim_fail(n->party.sim, "%s is refused as a whole: %s", n->party.name,
                 ((Yinuo__V1__Refused *)m)->text);
}

static void receive(struct party *p, struct packet *packet)
{
    struct desk_party *n = self_of(p);
    struct slice head = frames_slice(&packet->frames, 0);
    struct wire_header h;
    struct arena arena;

    if (wire_header_decode(head.data, head.size, &h) != REFUSAL_NONE)
        return;
    n->heard_ms = p->sim->now_ms;
    arena_init(&arena, LIMIT_DECODE_BYTES);
    void *m = codec_decode(codec_type(wire_kind_row(h.kind)->body),
                           frames_slice(&packet->frames, 1), &arena, NULL);
    if (m)
        take(n, &h, m);
    arena_fini(&arena);
    sim_wake(p, p->sim->now_ms + 1);
}

static void wake(struct party *p)
{
    struct desk_party *n = self_of(p);
    struct sim *s = p->sim;

    if (s->now_ms - n->heard_ms > LIMIT_SILENCE_MS) {
        n->welcome = false;
        n->heard_ms = s->now_ms;
        p->life++;
    }
    if (!n->welcome && s->now_ms - n->hello_ms >= HELLO_MS) {
        n->hello_ms = s->now_ms;
        (void)client_hello(p, WIRE_ROLE_SUPERVISOR, 0);
    }
    for (size_t i = 0; n->welcome && i < n->count; i++) {
        struct order *o = &n->orders[i];
        if (s->now_ms < o->at_ms || s->now_ms - o->said_ms < AGAIN_MS)
            continue;
        say(n, o);
    }
    if (n->welcome && s->now_ms - n->spoke_ms >= LIMIT_HEARTBEAT_MS) {
        Yinuo__V1__Ping ping = YINUO__V1__PING__INIT;
        n->spoke_ms = s->now_ms;
        (void)client_say(p, WIRE_PING, 0, &ping.base);
    }
    sim_wake(p, s->now_ms + 500 + chance_ms(s, 0, 300));
}

static void release(struct party *p)
{
    free(self_of(p));
}

struct party *desk_party(struct sim *s, uint32_t number)
{
    static const struct party_ops ops = {start, crash, receive, wake, release};
    struct desk_party *n = calloc(1, sizeof *n);

    if (!n)
        abort();
    n->party =
        (struct party){.ops = &ops, .sim = s, .crash_fault = FAULT_DESK_CRASH};
    snprintf(n->party.name, sizeof n->party.name, "desk-%u", number + 1);
    n->number = number;
    return &n->party;
}
