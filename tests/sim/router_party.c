/* router_party - the router's core, its ledger on a disk that we own, and the
 * few lines that its program wraps around it.
 *
 * The router dies by a jump out of wherever it is: out of the ledger, out of
 * sending, out of abort(). What was in memory is thrown away; the next start
 * finds what a disk would hold. */
#include "tests/sim/router_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/oracle.h"
#include "tests/sim/router_party.h"
#include "workers/router/internal.h"

enum {
    GREET_MS = 1000, /* as in the router's program */
    TURN_MS_MAX = 3,
    DAY_MS = 24 * 3600 * 1000,
};

/* For the one that is inside; there is one process. */
static struct router_party *running;

static struct router_party *self_of(struct party *p)
{
    return (struct router_party *)p;
}

/* --- dying --- */

static void die(struct router_party *n, enum sim_fault of)
{
    n->died_of = of;
    n->party.sim->faults[of]++;
    longjmp(n->death, 1);
}

void __real_abort(void) __attribute__((noreturn));
void __wrap_abort(void) __attribute__((noreturn));
void __wrap_abort(void)
{
    struct router_party *n = running;

    if (!n || !n->inside)
        __real_abort();
    if (!n->failed)
        sim_fail(n->party.sim, "the router ended itself without a reason: %s",
                 sim_last_log());
    n->died_of = FAULT_ROUTER_CRASH;
    longjmp(n->death, 1);
}

void router_point(void *context, enum sim_fault at)
{
    struct router_party *n = context;

    if (!n->inside || !n->points_left || --n->points_left)
        return;
    if (at == FAULT_PENDING_LOST && chance_below(n->party.sim, 2))
        at = FAULT_PENDING_KEPT;
    die(n, at);
}

enum status router_fail(void *context)
{
    struct router_party *n = context;
    enum status st = n->planned;

    n->planned = STATUS_OK;
    if (st == STATUS_OK || !n->inside)
        return STATUS_OK;
    n->party.sim
        ->faults[st == STATUS_FULL ? FAULT_LEDGER_FULL : FAULT_LEDGER_IO]++;
    n->failed = true;
    return st;
}

/* A record whose id ends so kills whoever decides on it; of a case with such a
 * name the firing does, until one was set aside. */
static bool is_poison(const char *id)
{
    return id && *id && id[strlen(id) - 1] == '!';
}

void router_decides(struct party *p, const struct world_input *in)
{
    struct router_party *n = self_of(p);

    if (!n->inside)
        return;
    if (in->event && is_poison(in->event->id))
        die(n, FAULT_POISON_EVENT);
    if (in->firing && is_poison(in->firing->case_id) &&
        oracle_poisoned(p->sim->oracle, in->firing->case_id))
        die(n, FAULT_POISON_FIRING);
}

/* --- the clock: its own wall, everybody's time --- */

static int64_t wall_ms(void *state)
{
    struct router_party *n = state;

    return clock_wall_ms(&n->party.sim->clock.clock) + n->wall_offset_ms +
           n->day_ms;
}

static int64_t monotonic_ns(void *state)
{
    struct router_party *n = state;

    return clock_monotonic_ns(&n->party.sim->clock.clock);
}

static int64_t boottime_ms(void *state)
{
    struct router_party *n = state;

    return clock_boottime_ms(&n->party.sim->clock.clock);
}

void router_step_clock(struct party *p, int64_t by_ms)
{
    struct router_party *n = self_of(p);

    n->wall_offset_ms += by_ms;
    if (n->wall_offset_ms > n->lead_ms)
        n->lead_ms = n->wall_offset_ms;
    story_tell(p->sim, p->name, "its wall clock is set by %lld s",
               (long long)by_ms / 1000);
}

/* Not before a pair of both clocks is kept: until then the wall is believed. */
void router_step_day(struct party *p, bool back, int64_t until_ms)
{
    struct router_party *n = self_of(p);

    if (n->day_ms || !p->up || !state_durable(n->ledger->state))
        return;
    p->sim->faults[FAULT_CLOCK_DAY]++;
    n->day_ms = back ? -DAY_MS : DAY_MS;
    n->day_until_ms = until_ms;
    story_tell(p->sim, p->name, "its wall clock is a day %s",
               back ? "behind" : "ahead");
}

int64_t router_clock_lead_ms(const struct party *p)
{
    return ((const struct router_party *)p)->lead_ms;
}

static void mind_clock(struct router_party *n)
{
    if (!n->day_ms || n->party.sim->now_ms < n->day_until_ms)
        return;
    n->day_ms = 0;
    story_tell(n->party.sim, n->party.name, "its wall clock is put right");
}

/* --- sending --- */

static void send_one(void *context, struct outgoing *m)
{
    struct router_party *n = context;
    struct sim *s = n->party.sim;
    uint8_t head[WIRE_HEADER_SIZE], who[WIRE_PEER_MAX], span[WIRE_SPAN_SIZE];
    struct wire_peer peer = {.session = m->session,
                             .role = WIRE_ROLE_ROUTER,
                             .identity = "router-0",
                             .identity_size = 8};
    struct frames f;

    oracle_leaves(s->oracle, m);
    frames_init(&f);
    wire_header_encode(&m->header, head);
    if (frames_add(&f, slice_of(who, wire_peer_encode(&peer, who))) ||
        frames_add(&f, slice_of(head, sizeof head)))
        abort();
    if (m->has_span) {
        wire_span_encode(&m->span, span);
        if (frames_add(&f, slice_of(span, sizeof span)))
            abort();
    }
    if (frames_add(&f, bytes_slice(&m->body)))
        abort();
    (void)net_send(&n->party, s->broker, DOOR_BACK, &f);
    frames_fini(&f);
    router_point(n, FAULT_WHILE_SENDING);
}

/* --- the process --- */

enum stage { OPEN, RECEIVE, TURN, GREET };

static void open_router(struct router_party *n)
{
    struct sim *s = n->party.sim;
    const char *packs[] = {s->options.pack};
    struct router_options o = {.partition = PARTITION,
                               .ledger = n->ledger,
                               .clock = &n->clock,
                               .random = s->random,
                               .packs = packs,
                               .pack_count = n->has_policy ? 0 : 1,
                               .slot_path = n->slot,
                               .inline_reader = true,
                               .send = send_one,
                               .send_context = n};
    struct error err;

    if (router_open(&o, &n->router, &err) != STATUS_OK)
        sim_fail(s, "the router does not start: %s", err.text);
    else
        n->has_policy = true;
}

/* False: it died on the way. */
static bool within(struct router_party *n, enum stage stage,
                   const struct wire_peer *peer,
                   const struct wire_header *header, struct slice body,
                   int64_t *wait_ms)
{
    struct router_party *volatile me = n;

    running = n;
    n->inside = true;
    if (setjmp(me->death) == 0) {
        if (stage == OPEN)
            open_router(n);
        else if (stage == RECEIVE)
            router_receive(n->router, peer, header, body);
        else if (stage == TURN)
            *wait_ms = router_turn(n->router, chance_below(n->party.sim, 2));
        else
            router_greet(n->router);
        n->inside = false;
        running = NULL;
        return true;
    }
    me->inside = false;
    running = NULL;
    sim_crash(&me->party, fault_text(me->died_of));
    return false;
}

static void start(struct party *p)
{
    struct router_party *n = self_of(p);

    n->welcome = false;
    n->heard_ms = n->greeted_ms = n->pinged_ms = -LIMIT_SILENCE_MS;
    n->turn_planned = n->failed = false;
    n->planned = STATUS_OK;
    n->points_left = 0;
    n->level = SPACE_OK;
    router_disk_open(n);
    oracle_reopened(p->sim->oracle, n->ledger);
    if (oracle_last(p->sim->oracle))
        p->sim->sights[state_durable(n->ledger->state) ? SIGHT_RECOVERED_SOME
                                                       : SIGHT_RECOVERED_ALL]++;
    (void)within(n, OPEN, NULL, NULL, SLICE_EMPTY, NULL);
}

/* The memory of a process that is no more. */
static void crash(struct party *p)
{
    struct router_party *n = self_of(p);
    size_t kept = 0;

    oracle_look(p->sim->oracle);
    oracle_gone(p->sim->oracle);
    if (n->router) {
        reader_thread_free(
            &n->router->reader); /* without it nothing is saved */
        router_close(&n->router);
    }
    router_disk_close(n);
    if (!n->memory)
        return;
    size_t pending = journal_memory_pending(n->memory);
    if (n->died_of == FAULT_PENDING_KEPT)
        kept = pending;
    journal_memory_crash(n->memory, kept);
    n->died_of = FAULT_ROUTER_CRASH;
}

static void plan_turn(struct router_party *n)
{
    sim_wake(&n->party,
             n->party.sim->now_ms + chance_ms(n->party.sim, 0, TURN_MS_MAX));
}

/* As the router's program does it. */
static void from_broker(struct router_party *n,
                        const struct wire_header *header, struct slice body)
{
    struct arena arena;

    arena_init(&arena, LIMIT_DECODE_BYTES);
    if (header->kind == WIRE_WELCOME) {
        router_welcome(n->router);
        n->welcome = true;
    } else if (header->kind == WIRE_ERROR) {
        Yinuo__V1__Refused *e =
            codec_decode(&yinuo__v1__refused__descriptor, body, &arena, NULL);
        if (e && e->code == REFUSAL_NOT_READY) {
            n->welcome = false;
            n->greeted_ms = 0;
        } else if (e && e->code == REFUSAL_STALE_EPOCH) {
            sim_fail(n->party.sim, "the broker took the router for an old one");
        }
    }
    arena_fini(&arena);
}

static void receive(struct party *p, struct packet *packet)
{
    struct router_party *n = self_of(p);
    struct slice who = frames_slice(&packet->frames, 0),
                 head = frames_slice(&packet->frames, 1),
                 body = frames_slice(&packet->frames, 2);
    struct wire_peer peer;
    struct wire_header header;

    n->heard_ms = p->sim->now_ms;
    if (packet->frames.count != 3 ||
        wire_peer_decode(who.data, who.size, &peer) != REFUSAL_NONE ||
        wire_header_decode(head.data, head.size, &header) != REFUSAL_NONE) {
        sim_fail(p->sim, "the broker sent the router no message");
        return;
    }
    if (peer.role == WIRE_ROLE_BROKER) {
        from_broker(n, &header, body);
        return;
    }
    if (!within(n, RECEIVE, &peer, &header, body, NULL))
        return;
    if (p->sim->options.breakage == BREAK_EARLY_ACK)
        outbox_release(&n->router->out, send_one, n);
    if (!router_has_room(n->router))
        sim_wake(p, p->sim->now_ms);
    plan_turn(n);
}

static void keep_company(struct router_party *n)
{
    struct sim *s = n->party.sim;
    struct outgoing ping = {.header = {.version = WIRE_VERSION,
                                       .kind = WIRE_PING,
                                       .partition = PARTITION}};
    bool silent = s->now_ms - n->heard_ms > LIMIT_SILENCE_MS;

    if ((!n->welcome || silent) && s->now_ms - n->greeted_ms >= GREET_MS) {
        n->welcome = false;
        n->greeted_ms = s->now_ms;
        if (!within(n, GREET, NULL, NULL, SLICE_EMPTY, NULL))
            return;
    }
    if (s->now_ms - n->heard_ms < LIMIT_HEARTBEAT_MS ||
        s->now_ms - n->pinged_ms < LIMIT_HEARTBEAT_MS)
        return;
    n->pinged_ms = s->now_ms;
    send_one(n, &ping);
}

static void mind_space(struct router_party *n)
{
    if (n->level == SPACE_OK || n->party.sim->now_ms < n->level_until_ms)
        return;
    n->level = SPACE_OK;
    router_disk_space(n, SPACE_OK);
    story_tell(n->party.sim, n->party.name, "its disk has room again");
}

static void wake(struct party *p)
{
    struct router_party *n = self_of(p);
    int64_t wait_ms = 0;

    mind_clock(n);
    mind_space(n);
    if (!within(n, TURN, NULL, NULL, SLICE_EMPTY, &wait_ms))
        return;
    unsigned points = n->points_left;
    n->points_left = 0; /* the program's own lines are not the router's */
    keep_company(n);
    n->points_left = points;
    if (p->up)
        sim_wake(p, p->sim->now_ms + (wait_ms > 1 ? wait_ms : 1) +
                        chance_ms(p->sim, 0, 20));
}

/* --- faults --- */

void router_plan_crash(struct party *p, unsigned after_points)
{
    self_of(p)->points_left = after_points;
}

void router_plan_ledger(struct party *p, enum sim_fault fault)
{
    self_of(p)->planned = fault == FAULT_LEDGER_FULL ? STATUS_FULL : STATUS_IO;
}

void router_plan_space(struct party *p, enum sim_fault fault, int64_t until_ms)
{
    struct router_party *n = self_of(p);

    if (!p->up || !n->memory || n->router->record_count)
        return;
    p->sim->faults[fault]++;
    n->level = fault == FAULT_SPACE_LOW ? SPACE_LOW : SPACE_NONE;
    n->level_until_ms = until_ms;
    router_disk_space(n, n->level);
    story_tell(p->sim, p->name, "%s", fault_text(fault));
}

void router_calm(struct party *p)
{
    struct router_party *n = self_of(p);

    n->points_left = 0;
    n->planned = STATUS_OK;
    n->level_until_ms = n->day_until_ms = 0;
    mind_clock(n);
    if (p->up)
        mind_space(n);
}

/* --- what the oracle looks at --- */

struct router *router_live(struct party *p)
{
    struct router_party *n = self_of(p);

    return p->up ? n->router : NULL;
}

static void release(struct party *p)
{
    struct router_party *n = self_of(p);

    if (n->router) {
        reader_thread_free(&n->router->reader);
        router_close(&n->router);
    }
    router_disk_close(n);
    journal_memory_free(n->memory);
    vault_close(&n->vault);
    free(n);
}

struct party *router_party(struct sim *s)
{
    static const struct party_ops ops = {start, crash, receive, wake, release};
    struct router_party *n = calloc(1, sizeof *n);
    struct error err;

    if (!n)
        abort();
    n->party = (struct party){.ops = &ops,
                              .sim = s,
                              .name = "router",
                              .crash_fault = FAULT_ROUTER_CRASH};
    n->clock = (struct clock){wall_ms, monotonic_ns, boottime_ms, n};
    n->died_of = FAULT_ROUTER_CRASH;
    snprintf(n->dir, sizeof n->dir, "%s", s->options.dir);
    snprintf(n->slot, sizeof n->slot, "%s/slot", n->dir);
    if (!s->plan.real_ledger) {
        n->memory = journal_memory_new();
        router_disk_must(vault_open(NULL, s->random, &n->vault, &err), &err);
    }
    return &n->party;
}
