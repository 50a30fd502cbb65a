/* Whatever happens in whatever order, under a pack that uses every mechanism:
 * what must hold after each record, and a second world that only applies holds
 * the same rows and would decide the same, also while a mute is open and an
 * intent is half way. A failing seed is told again by PROPERTY_SEED=n. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "ledger/customs.h"
#include "ledger/intents.h"
#include "ledger/runner.h"
#include "ledger/simulate.h"
#include "proto/event.h"
#include "proto/kinds.h"

enum {
    SEEDS = 5,
    EVENTS = 400,
    CASES = 6,
    WATCHED_MAX = 2048,
    HASH_EVERY = 64,
    MINUTE = 60000,
};
#define BEGIN INT64_C(1338768000000) /* 2012-06-04 08:00 +08:00 */

static const char *const pack[] = {"packs/service-network"};

/* A case as the record before left it, and the tiers that were paged at S1 and
 * have not been answered. */
struct watched {
    struct case_record c;
    uint16_t waiting;
};

struct twin {
    struct runner *runner;
    struct state *state; /* of the world that only applies */
    struct world *world;
    struct arena arena;
    uint64_t random, seed;
    struct watched *watched[WATCHED_MAX];
    size_t watched_count;
    struct watched fresh;
    uint64_t decided, refused, gates, acks, calls, held, steps, muted, hashes;
    uint64_t subjects, limits;
    const struct runner_record *now;
};

#define HOLDS(t, claim)                                                        \
    do {                                                                       \
        if (!(claim))                                                          \
            broken(t, #claim);                                                 \
    } while (0)

static void tell(const struct decision *d)
{
    fprintf(stderr,
            "  %-11s %.*s S%u tier %u %.*s rule %.*s clock %.*s key %.*s value "
            "%.*s number %lld\n",
            decision_kind_name(d->kind), (int)d->case_id.size, d->case_id.data,
            d->severity, d->tier, (int)d->person.size, d->person.data,
            (int)d->rule.size, d->rule.data, (int)d->clock.size, d->clock.data,
            (int)d->key.size, d->key.data, (int)d->value.size, d->value.data,
            (long long)d->number);
}

static void broken(const struct twin *t, const char *claim)
{
    const struct engine_out *out = t->now->decided->out;
    const struct case_record *c = &out->scratch;

    for (size_t i = 0; i < out->decisions.count; i++)
        tell(&out->decisions.list[i]);
    fprintf(stderr, "  owner %.*s", c->owner.size, c->owner.data);
    for (uint8_t i = 0; i < c->page_count; i++)
        fprintf(stderr, ", page %.*s tier %u", c->pages[i].person.size,
                c->pages[i].person.data, c->pages[i].tier);
    fail_msg("seed %llu record %llu %s of %.*s, %.*s: %s",
             (unsigned long long)t->seed, (unsigned long long)t->now->sequence,
             t->now->event ? t->now->event->kind : "firing",
             t->now->event && t->now->event->reporter
                 ? (int)strlen(t->now->event->reporter)
                 : 0,
             t->now->event ? t->now->event->reporter : "", c->id.size,
             c->id.data, claim);
}

static uint32_t roll(struct twin *t, uint32_t below)
{
    t->random = t->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(t->random >> 33) % below;
}

/* --- what must hold ------------------------------------------------------- */

static struct watched *watch(struct twin *t, struct text id)
{
    struct watched *w;

    for (size_t i = 0; i < t->watched_count; i++)
        if (name_is(&t->watched[i]->c.id, id))
            return t->watched[i];
    assert_true(t->watched_count < WATCHED_MAX);
    w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_true(name_set(&w->c.id, id));
    t->watched[t->watched_count++] = w;
    return w;
}

static bool is_live(const struct case_record *c)
{
    return c->status == CASE_OPEN || c->status == CASE_WAITING;
}

static uint8_t rank_of(const struct policy *p, uint8_t role)
{
    uint8_t rank = role <= p->tier_count ? role : p->roles[role].rank;

    return rank == RANK_OWN ? 0 : rank; /* his own tier is not the role's */
}

static const char *kind_of(const struct twin *t)
{
    return t->now->event ? t->now->event->kind : "";
}

static void one_owner_always(struct twin *t, const struct case_record *c)
{
    if (is_live(c))
        HOLDS(t, c->owner.size > 0);
}

static void nobody_is_paged_as_his_own_supervisor(struct twin *t,
                                                  const struct policy *p,
                                                  const struct case_record *c)
{
    const struct decisions *d = &t->now->decided->out->decisions;

    for (size_t i = 0; i < d->count; i++) {
        const struct decision *a = &d->list[i];
        if (a->kind != DECISION_PAGE || !name_is(&c->id, a->case_id))
            continue;
        /* of what a mute has held, other cases' owners matter */
        if (a->tier >= 2 && a->tier <= p->tier_count && !a->value.size)
            HOLDS(t, !name_is(&c->owner, a->person));
        for (uint8_t x = 0; x < c->excluded_count; x++)
            HOLDS(t, !name_is(&c->excluded[x], a->person));
        for (size_t k = 0; k < i; k++)
            HOLDS(t, d->list[k].kind != DECISION_PAGE ||
                         !text_equal(d->list[k].case_id, a->case_id) ||
                         !text_equal(d->list[k].person, a->person));
    }
}

/* A ladder that runs for the tier, or for one below it that climbs there. */
static bool is_called_on(const struct policy *p, const struct case_record *c,
                         uint8_t tier)
{
    for (uint8_t i = 0; i < c->clock_count; i++) {
        const struct clock_instance *k = &c->clocks[i];
        uint8_t role = policy_role(p, name_text(&k->key));

        if (k->clock == p->ack_clock && rank_of(p, role) <= tier &&
            k->step_count && !k->paused_at_ms)
            return true;
    }
    return false;
}

/* Each tier of an S1, until it or a higher one answers. */
static void a_crisis_is_called_on(struct twin *t, struct watched *w,
                                  const struct policy *p,
                                  const struct case_record *c)
{
    const struct decisions *d = &t->now->decided->out->decisions;

    if (c->severity != 1 || !is_live(c))
        w->waiting = 0;
    for (size_t i = 0; i < d->count; i++) {
        const struct decision *a = &d->list[i];
        if (!name_is(&c->id, a->case_id))
            continue;
        if (a->kind == DECISION_ACKNOWLEDGE)
            w->waiting &= (uint16_t) ~((2u << rank_of(p, a->tier)) - 1);
        if (a->kind == DECISION_ASSIGN && t->now->event &&
            t->now->event->reporter &&
            text_equal(a->person, text_of(t->now->event->reporter)))
            w->waiting &= (uint16_t)~2u; /* he comes for it himself */
        if (a->kind == DECISION_PAGE && c->severity == 1 && is_live(c))
            w->waiting |= (uint16_t)(1u << rank_of(p, a->tier));
        t->acks += a->kind == DECISION_ACKNOWLEDGE;
    }
    for (uint8_t tier = 1; tier <= p->tier_count; tier++) {
        if (!(w->waiting & 1u << tier))
            continue;
        t->calls++;
        HOLDS(t, is_called_on(p, c, tier));
    }
}

/* What else it moves, the pack names: clocks that begin with it. */
static void an_acknowledgement_stops_only_its_own_clock(
    struct twin *t, const struct policy *p, const struct case_record *before,
    const struct case_record *c)
{
    const struct decisions *d = &t->now->decided->out->decisions;
    uint8_t tier = 0;

    if (strcmp(kind_of(t), "notify.ack") != 0)
        return;
    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].kind == DECISION_ACKNOWLEDGE &&
            name_is(&c->id, d->list[i].case_id))
            tier = rank_of(p, d->list[i].tier);
    for (uint8_t i = 0; i < before->clock_count; i++) {
        const struct clock_instance *k = &before->clocks[i];
        const struct clock_instance *now =
            case_clock(c, k->clock, name_text(&k->key));
        uint8_t role = policy_role(p, name_text(&k->key));

        if (k->clock != p->ack_clock)
            HOLDS(t, now); /* it may begin anew; it does not end */
        else if (before->severity == 1 && rank_of(p, role) > tier)
            HOLDS(t, now && now->generation == k->generation);
    }
}

static void gates_refuse_no_fact(struct twin *t)
{
    const struct decisions *d = &t->now->decided->out->decisions;
    bool is_fact = t->now->event &&
                   (t->now->event->source == YINUO__V1__SOURCE__SOURCE_IMPORT ||
                    t->now->event->source == YINUO__V1__SOURCE__SOURCE_SYSTEM);

    for (size_t i = 0; i < d->count; i++) {
        if (d->list[i].kind != DECISION_REFUSE ||
            !text_equal(d->list[i].value, TEXT("gate")))
            continue;
        t->gates++;
        HOLDS(t, !is_fact && t->now->event);
        HOLDS(t, t->now->decided->result == ENGINE_DECIDED);
        HOLDS(t, t->now->decided->decisions.size > 0); /* it is on record */
    }
}

static void
mutes_hold_neither_urgent_work_nor_the_customers(struct twin *t,
                                                 const struct policy *p)
{
    const struct decisions *d = &t->now->decided->out->decisions;

    for (size_t i = 0; i < d->count; i++) {
        const struct decision *a = &d->list[i];
        if (a->kind != DECISION_HELD)
            continue;
        t->held++;
        HOLDS(t, a->severity >= 3); /* of the case that was to ring */
        for (uint16_t k = 0; a->clock.size && k < p->clock_count; k++)
            HOLDS(t, !text_equal(p->clocks[k].name, a->clock) ||
                         !p->clocks[k].customer);
    }
}

static void hold_all(struct twin *t)
{
    const struct case_record *c = &t->now->decided->out->scratch;
    const struct policy *p = world_policy_of(runner_world(t->runner), c);
    struct watched *w = watch(t, name_text(&c->id));

    HOLDS(t, p);
    one_owner_always(t, c);
    nobody_is_paged_as_his_own_supervisor(t, p, c);
    a_crisis_is_called_on(t, w, p, c);
    an_acknowledgement_stops_only_its_own_clock(t, p, &w->c, c);
    mutes_hold_neither_urgent_work_nor_the_customers(t, p);
    w->c = *c;
}

/* --- the other world ------------------------------------------------------ */

static void it_would_decide_the_same(struct twin *t)
{
    struct world_input in = {.event = t->now->event,
                             .firing = t->now->firing,
                             .intent = t->now->intent,
                             .sequence = t->now->sequence,
                             .now_ms = t->now->now_ms};
    struct world_decided decided;

    world_decide(t->world, &in, &decided);
    HOLDS(t, decided.code == t->now->decided->code);
    HOLDS(t, slice_equal(decided.decisions, t->now->decided->decisions));
}

static struct policyset *policies(void)
{
    struct policyset *set = NULL;
    struct error err;

    if (simulate_policies(pack, 1, stdout, &set, &err))
        fail_msg("%s", err.text);
    return set;
}

/* As after a start: nothing but the rows is known. */
static void begin_world(struct twin *t)
{
    struct world_options options = {.state = t->state};
    struct error err;

    if (t->world)
        world_free(&t->world);
    if (world_new(&options, &t->world, &err))
        fail_msg("%s", err.text);
    world_use(t->world, policies());
}

static void hold_same_rows(struct twin *t)
{
    struct digest live;

    struct digest applied;

    world_settle(runner_world(t->runner));
    live = state_hash(runner_state(t->runner), NULL);
    applied = state_hash(t->state, NULL);
    t->hashes++;
    HOLDS(t, memcmp(&live, &applied, sizeof live) == 0);
}

static void follow(void *context, const struct runner_record *r)
{
    struct twin *t = context;
    const struct engine_out *out = r->decided->out;
    struct error err;

    t->now = r;
    t->refused += r->decided->code != REFUSAL_NONE;
    t->decided += r->decided->code == REFUSAL_NONE;
    t->limits += r->decided->result == ENGINE_LIMIT;
    t->steps += r->origin == RUNNER_DERIVED;
    it_would_decide_the_same(t);
    if (r->origin == RUNNER_EVENT)
        world_count_event(t->world, r->decided->code != REFUSAL_NONE);
    if (world_apply(t->world, r->sequence, r->now_ms, r->decided->decisions,
                    &err))
        fail_msg("%s", err.text);
    world_settle(t->world);
    if (r->decided->decisions.size) {
        gates_refuse_no_fact(t);
        if (out->touched)
            hold_all(t);
    }
    if (r->sequence % HASH_EVERY == 0 || (r->intent && r->sequence % 8 == 0))
        hold_same_rows(t);
    if (r->sequence % 211 == 0)
        begin_world(t);
}

/* --- what happens --------------------------------------------------------- */

static const char *const people[] = {
    "ln03-e1", "ln03-e2", "ln03-head", "ln03-deputy", "ln04-e1", "ln04-head",
    "r1-rep",  "r1-rep2", "crc-head",  "speaker",     "nobody"};
static const char *const stations[] = {"ST-LN-03", "ST-LN-03", "ST-LN-04",
                                       "RO-4", "ST-X"};
static const char *const own_kinds[] = {"rule.violated",     "wish.heard",
                                        "wish.answered",     "expert.progress",
                                        "crisis.lead_taken", "robot.sang"};
static const char *const often[] = {"case.opened",
                                    "case.opened",
                                    "complaint.opened",
                                    "customer.dissatisfied",
                                    "severity.changed",
                                    "case.waiting",
                                    "case.resumed",
                                    "case.resolved",
                                    "case.closed",
                                    "promise.made",
                                    "promise.kept",
                                    "promise.renegotiated",
                                    "notify.ack",
                                    "notify.ack",
                                    "notify.ack",
                                    "page.snoozed",
                                    "customer.contacted",
                                    "case.reopened",
                                    "case.taken",
                                    "case.reassigned",
                                    "handler.swapped",
                                    "followup.done",
                                    "media.requested",
                                    "social.posted",
                                    "staff.unreachable",
                                    "staff.departed",
                                    "staff.transferred",
                                    "staff.leave_effective",
                                    "staff.shift_ended",
                                    "handover.started",
                                    "handover.item_accepted",
                                    "owner.assigned",
                                    "owner.accepted",
                                    "case.linked",
                                    "case.unlinked",
                                    "mute.added",
                                    "mute.added",
                                    "mute.added",
                                    "mute.ended",
                                    "refund.requested",
                                    "request.approved",
                                    "request.rejected",
                                    "exception.requested",
                                    "op.surprise",
                                    "op.performed",
                                    "visit.scheduled",
                                    "visit.missed",
                                    "visit.completed",
                                    "task.dispatched",
                                    "task.done",
                                    "item.done",
                                    "part.removed",
                                    "part.reinstalled",
                                    "asset.released",
                                    "repair.done",
                                    "delivery.inspected",
                                    "charge.quoted",
                                    "conflict.physical",
                                    "conflict.verbal",
                                    "escalated"};
static const char *const words[][5] = {
    {"impact", "none", "degraded", "down", "major"},
    {"channel", "counter", "phone", "hotline_400", "visit"},
    {"to", "S1", "S3", "regional_rep", "C-2"},
    {"level", "1", "2", "3", "2"},
    {"satisfied", "true", "false", "true", "false"},
    {"two_way", "true", "true", "false", "true"},
    {"unhappy", "true", "false", "false", "false"},
    {"forced", "true", "false", "true", "false"},
    {"contained", "true", "false", "true", "true"},
    {"promise_id", "P1", "P2", "P3", "P4"},
    {"accepted_by_customer", "true", "true", "false", "true"},
    {"reason", "leave", "off_shift", "policy", "skill"},
    {"class", "fault", "request", "fault", "inquiry"},
    {"minutes", "10", "30", "60", "1"},
    {"item", "R1", "R2", "T1", "adapter"},
    {"list", "tasks", "calming", "leads", "accessories"},
    {"amount", "100", "800", "6000", "50"},
    {"part", "board", "fan", "screw", "CPU"},
    {"asset_id", "SN-1", "SN-2", "SN-3", "SN-4"},
    {"customer_id", "K1", "K2", "K3", "K4"},
    {"signed", "true", "false", "true", "true"},
    {"verified", "true", "false", "true", "true"},
    {"parent", "C-1", "C-2", "C-3", "C-4"},
    {"words", "fraud", "soon", "please", "fire"},
    {"symptom", "no display", "charging", "printing", "noise"},
    {"cause", "skill", "part", "policy", "skill"},
    {"rule_ref", "QA-01", "QA-02", "QA-01", "QA-01"},
};
static const char *const matches[] = {"station=ST-LN-03", "region=R-1",
                                      "severity=S4", "station=ST-LN-04"};

#define ONE_OF(t, list) (list)[roll(t, sizeof(list) / sizeof(list)[0])]

static void set(struct twin *t, Yinuo__V1__Event *e, const char *name,
                const char *typed)
{
    struct fault fault;

    /* not every kind has it as this type: then it goes without */
    (void)event_set_typed(e, name, typed, "UTC", &t->arena, &fault);
}

static void set_moment(struct twin *t, Yinuo__V1__Event *e, const char *name,
                       int64_t at_ms)
{
    struct event_value v = {.type = EVENT_TIME, .number = at_ms};
    struct fault fault;

    (void)event_set(e, name, &v, &t->arena, &fault);
}

static void fill_moments(struct twin *t, Yinuo__V1__Event *e, int64_t at_ms)
{
    int64_t from_ms = at_ms + (int64_t)roll(t, 3000) * MINUTE;
    bool is_mute = strncmp(e->kind, "mute", 4) == 0;

    if (strncmp(e->kind, "promise.", 8) == 0 || roll(t, 4) == 0)
        set_moment(t, e, "due", at_ms + (int64_t)roll(t, 9000) * MINUTE);
    if (strncmp(e->kind, "visit.", 6) == 0) {
        set_moment(t, e, "window_from", from_ms);
        set_moment(t, e, "window_to",
                   from_ms + (int64_t)(30 + roll(t, 200)) * MINUTE);
    }
    if (is_mute && roll(t, 2))
        set_moment(t, e, "from", at_ms + (int64_t)roll(t, 300) * MINUTE);
    if (is_mute || roll(t, 4) == 0)
        set_moment(t, e, "until", at_ms + (int64_t)roll(t, 6000) * MINUTE);
    if (roll(t, 6) == 0)
        set_moment(t, e, "observe_until", from_ms);
}

static void fill(struct twin *t, Yinuo__V1__Event *e, int64_t at_ms)
{
    static const char *const who[] = {"to",        "person",   "owner",
                                      "successor", "delegate", "engineer",
                                      "by",        "from"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (roll(t, 3))
            set(t, e, words[i][0], words[i][1 + roll(t, 4)]);
    for (size_t i = 0; i < sizeof who / sizeof *who; i++)
        if (roll(t, 2) == 0)
            set(t, e, who[i], roll(t, 3) ? ONE_OF(t, people) : people[0]);
    if (strcmp(e->kind, "severity.changed") == 0)
        set(t, e, "to", roll(t, 3) ? "S1" : "S4");
    if (strcmp(e->kind, "mute.added") == 0)
        set(t, e, "match", ONE_OF(t, matches));
    if (strncmp(e->kind, "mute", 4) == 0)
        e->reporter = (char *)(roll(t, 4) ? "crc-head" : "ln03-head");
    fill_moments(t, e, at_ms);
}

static const char *any_kind(struct twin *t)
{
    size_t kinds;
    const struct kind *all = kinds_all(&kinds);

    switch (roll(t, 8)) {
    case 0:
    case 1:
        return all[roll(t, (uint32_t)kinds)].name;
    case 2:
        return ONE_OF(t, own_kinds);
    default:
        return ONE_OF(t, often);
    }
}

static void add(struct twin *t, size_t number, int64_t at_ms)
{
    Yinuo__V1__Event *e;
    struct error err;

    arena_reset(&t->arena);
    e = event_new(any_kind(t), &t->arena);
    assert_non_null(e);
    e->id = arena_format(&t->arena, "e-%zu", number);
    if (strncmp(e->kind, "mute", 4) == 0)
        e->case_id = arena_format(&t->arena, "M-%u", 1 + roll(t, 3 * CASES));
    else if (roll(t, 8))
        e->case_id = arena_format(&t->arena, "C-%u", 1 + roll(t, CASES));
    e->station = (char *)ONE_OF(t, stations);
    e->region = (char *)(roll(t, 4) ? "R-1" : "RO-4");
    e->reporter = (char *)ONE_OF(t, people);
    e->has_at_ms = e->has_received_at_ms = e->has_source = 1;
    e->received_at_ms = at_ms;
    e->at_ms = roll(t, 8) ? at_ms : at_ms - (int64_t)roll(t, 3000) * MINUTE;
    e->source = roll(t, 6)   ? YINUO__V1__SOURCE__SOURCE_STATION
                : roll(t, 2) ? YINUO__V1__SOURCE__SOURCE_IMPORT
                             : YINUO__V1__SOURCE__SOURCE_SYSTEM;
    fill(t, e, at_ms);
    if (runner_add(t->runner, e, &err))
        fail_msg("%s", err.text);
}

/* One of four pages is never answered. */
static int64_t wait_of(void *context, const struct decision *page)
{
    struct twin *t = context;

    (void)page;
    return roll(t, 4) ? (int64_t)(1 + roll(t, 40)) * MINUTE : -1;
}

static void begin(struct twin *t, uint64_t seed)
{
    struct runner_options options = {.answers = seed % 4 != 0,
                                     .answer_wait = wait_of,
                                     .after = follow,
                                     .context = t};
    struct state_options in_memory = {0};
    struct error err;

    t->seed = seed;
    t->random = seed * 77 + 1;
    options.policies = policies();
    if (runner_new(&options, &t->runner, &err) ||
        state_open(&in_memory, &t->state, &err))
        fail_msg("%s", err.text);
    begin_world(t);
}

static void end(struct twin *t)
{
    hold_same_rows(t);
    runner_free(&t->runner);
    world_free(&t->world);
    state_close(&t->state);
    while (t->watched_count)
        free(t->watched[--t->watched_count]);
}

static void live_one_life(struct twin *t, uint64_t seed)
{
    int64_t at_ms = BEGIN;
    struct error err;

    begin(t, seed);
    for (size_t i = 0; i < EVENTS; i++) {
        at_ms += (int64_t)roll(t, roll(t, 10) ? 30 : 600) * MINUTE;
        add(t, i, at_ms);
    }
    if (runner_run(t->runner, at_ms + INT64_C(24) * 60 * MINUTE, &err))
        fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
    end(t);
}

static void whatever_happens_the_promises_of_the_engine_hold(void **state)
{
    const char *one = getenv("PROPERTY_SEED");
    struct twin *t = calloc(1, sizeof *t);

    (void)state;
    assert_non_null(t);
    arena_init(&t->arena, 1 << 20);
    if (one) {
        live_one_life(t, strtoull(one, NULL, 10));
    } else {
        for (uint64_t seed = 1; seed <= SEEDS; seed++)
            live_one_life(t, seed);
        assert_true(t->decided > SEEDS * EVENTS && t->refused > SEEDS);
        assert_true(t->gates > SEEDS && t->acks > SEEDS && t->calls > SEEDS);
        assert_true(t->held > SEEDS && t->steps > SEEDS);
    }
    printf("%llu decided, %llu refused (%llu by bounds), %llu gates, %llu "
           "acknowledgements, %llu calls of a crisis, %llu held, %llu steps, "
           "%llu hashes\n",
           (unsigned long long)t->decided, (unsigned long long)t->refused,
           (unsigned long long)t->limits, (unsigned long long)t->gates,
           (unsigned long long)t->acks, (unsigned long long)t->calls,
           (unsigned long long)t->held, (unsigned long long)t->steps,
           (unsigned long long)t->hashes);
    arena_fini(&t->arena);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_the_promises_of_the_engine_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
