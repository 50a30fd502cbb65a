/* Whatever happens in whatever order: what must hold after each record. The
 * seed is printed; a failing one is told again by PROPERTY_SEED=n. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "story.h"

enum { SEEDS = 200, RECORDS = 400 };

static struct story s;
static uint64_t seed_now, dice;
static unsigned record;

static uint32_t roll(uint32_t below)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (uint32_t)(dice % below);
}

#define HOLDS(claim)                                                           \
    do {                                                                       \
        if (!(claim)) {                                                        \
            fprintf(stderr, "seed %" PRIu64 " record %u: %s\n%s", seed_now,    \
                    record, #claim, s.text);                                   \
            fail();                                                            \
        }                                                                      \
    } while (0)

static bool same_text(struct text a, struct text b)
{
    return text_equal(a, b);
}

static bool same_decision(const struct decision *a, const struct decision *b)
{
    return a->kind == b->kind && same_text(a->case_id, b->case_id) &&
           a->severity == b->severity && a->tier == b->tier &&
           a->index == b->index && same_text(a->person, b->person) &&
           same_text(a->rule, b->rule) && same_text(a->clock, b->clock) &&
           same_text(a->key, b->key) && same_text(a->page_id, b->page_id) &&
           same_text(a->value, b->value) && a->number == b->number &&
           a->previous == b->previous && a->generation == b->generation &&
           a->at_ms == b->at_ms && a->due_ms == b->due_ms &&
           a->late_by_ms == b->late_by_ms && a->from_ms == b->from_ms &&
           a->span_ms == b->span_ms && a->open_time == b->open_time;
}

static bool find_case(void *context, struct text id, struct case_record *out)
{
    const struct case_record *c = context;

    if (c->status == CASE_NONE || !name_is(&c->id, id))
        return false;
    *out = *c;
    return true;
}

static const struct policy *the_policy(void *context, struct text unused)
{
    (void)context;
    (void)unused;
    return &service;
}

static bool is_ack(const struct decision *d)
{
    return d->index == service.ack_clock;
}

/* --- what must hold ----------------------------------------------------------
 */

static void no_person_is_paged_twice_or_as_his_own_supervisor(void)
{
    const struct decisions *d = &s.out->decisions;

    for (size_t i = 0; i < d->count; i++) {
        if (d->list[i].kind != DECISION_PAGE)
            continue;
        if (d->list[i].tier >= 2)
            HOLDS(!name_is(&s.c.owner, d->list[i].person));
        for (size_t j = 0; j < i; j++)
            HOLDS(d->list[j].kind != DECISION_PAGE ||
                  !text_equal(d->list[i].person, d->list[j].person));
    }
}

static void no_timer_fires_early(int64_t now_ms)
{
    const struct decisions *d = &s.out->decisions;

    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].kind == DECISION_FIRE)
            HOLDS(d->list[i].due_ms <= now_ms);
}

static void an_acknowledgement_stops_only_the_ladder(void)
{
    const struct decisions *d = &s.out->decisions;

    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].kind == DECISION_CANCEL ||
            d->list[i].kind == DECISION_ARM)
            HOLDS(is_ack(&d->list[i]));
}

static void instances_are_in_order(const struct case_record *before)
{
    for (uint8_t i = 0; i < s.c.clock_count; i++) {
        const struct clock_instance *k = &s.c.clocks[i];
        const struct clock_instance *old =
            case_clock(before, k->clock, name_text(&k->key));

        HOLDS(k->generation <= s.c.next_generation);
        for (uint8_t p = 1; p < k->step_count; p++)
            HOLDS(k->steps[p - 1].due_ms <= k->steps[p].due_ms);
        if (old && old->generation == k->generation && k->step_count &&
            !k->paused_at_ms && !old->paused_at_ms)
            HOLDS(old->steps[0].due_ms == k->steps[0].due_ms);
        HOLDS(case_clock(&s.c, k->clock, name_text(&k->key)) == k);
    }
}

static void a_crisis_is_paged_until_somebody_answers(void)
{
    for (uint8_t i = 0; i < s.c.clock_count && s.c.severity == 1; i++)
        if (s.c.clocks[i].clock == service.ack_clock)
            HOLDS(s.c.clocks[i].step_count > 0 && !s.c.clocks[i].paused_at_ms);
}

static void every_open_page_has_a_ladder(void)
{
    for (uint8_t i = 0; i < s.c.page_count; i++) {
        uint8_t tier = s.c.pages[i].tier, found = 0;
        for (uint8_t k = 0; k < s.c.clock_count; k++)
            found |=
                s.c.clocks[k].clock == service.ack_clock &&
                policy_role(&service, name_text(&s.c.clocks[k].key)) <= tier;
        HOLDS(found);
    }
}

static void the_same_input_gives_the_same_decisions(struct case_record *before,
                                                    const struct input *in)
{
    static struct engine_out again;
    const struct view view = {.context = before,
                              .find_case = find_case,
                              .policy_for = the_policy,
                              .policy_version = the_policy,
                              .directory = &people};

    memset(&again, (int)roll(255), sizeof again);
    HOLDS(engine_decide(&view, in, &again) == s.result);
    HOLDS(again.touched == s.out->touched);
    HOLDS(again.decisions.count == s.out->decisions.count);
    for (size_t i = 0; i < again.decisions.count; i++)
        HOLDS(
            same_decision(&again.decisions.list[i], &s.out->decisions.list[i]));
}

/* A clock of a list runs exactly for its open items with a due. */
static void items_and_their_clocks_agree(const struct case_record *before)
{
    HOLDS(s.c.item_count >= before->item_count);
    for (uint8_t i = 0; i < s.c.item_count; i++) {
        const struct item *it = &s.c.items[i];
        const struct list_rule *list = &service.lists[it->list];
        bool open = it->state == ITEM_OPEN || it->state == ITEM_TAKEN;

        HOLDS(it->list < service.list_count);
        HOLDS(case_item(&s.c, it->list, name_text(&it->key)) == it);
        HOLDS(open == (it->ended_at_ms == 0));
        HOLDS(it->number >= 0);
        HOLDS(!list->balance || open == (it->number > 0));
        if (list->clock != LIST_NONE && s.c.status != CASE_CLOSED &&
            (!open || !it->due_ms))
            HOLDS(!case_clock(&s.c, list->clock, name_text(&it->key)));
    }
    for (uint8_t i = 0; i < s.c.clock_count; i++) {
        const struct clock_instance *k = &s.c.clocks[i];
        bool found = !service.clocks[k->clock].of_items;

        for (uint8_t n = 0; n < s.c.item_count && !found; n++)
            found = name_equal(&s.c.items[n].key, &k->key) &&
                    s.c.items[n].due_ms == k->due_ms &&
                    (s.c.items[n].state == ITEM_OPEN ||
                     s.c.items[n].state == ITEM_TAKEN);
        HOLDS(found);
    }
}

/* --- what happens
 * --------------------------------------------------------------- */

static const char *const kinds[] = {
    "case.opened",
    "customer.dissatisfied",
    "complaint.opened",
    "customer.redirected",
    "transfer.accepted",
    "case.reassigned",
    "request.declined",
    "decline.reviewed",
    "decision.reversed",
    "promise.made",
    "promise.made",
    "promise.kept",
    "promise.renegotiated",
    "promise.missed",
    "promise.withdrawn",
    "customer.contacted",
    "case.plan_agreed",
    "social.threatened",
    "threat.assessed",
    "social.posted",
    "media.requested",
    "media.answered",
    "conflict.physical",
    "case.resolved",
    "followup.done",
    "case.reopened",
    "case.closed",
    "notify.ack",
    "notify.ack",
    "notify.ack",
    "staff.unreachable",
    "escalated",
    "severity.changed",
    "op.performed",
    "customer.left",
    "note.internal",
    "case.waiting",
    "case.resumed",
    "notify.snoozed",
    "notify.unack",
    "case.taken",
    "handler.swapped",
    "contact.lock_released",
    "crisis.plan_issued",
    "part.removed",
    "part.reinstalled",
    "refund.requested",
    "request.approved",
    "request.rejected",
    "task.dispatched",
    "task.done",
    "task.taken",
    "item.done",
};
static const char *const items[] = {"R1", "R2", "R3", "first"};
static const char *const steps[] = {"first", "second", "third", "fourth"};
static const char *const persons[] = {"E1", "A",  "HD", "DP", "R1",  "R2",
                                      "C1", "C2", "SP", "X",  "AWAY"};
static const char *const promises[] = {"P1", "P2", "P3", "P4", "P5", ""};
static const char *const severities[] = {"S1", "S2", "S3", "S4"};
static const char *const channels[] = {"counter", "hotline_400", "phone"};
static const char *const results[] = {"unhappy", "failed", "fine"};

#define ONE_OF(list) text_of((list)[roll(sizeof(list) / sizeof(list)[0])])

static void put(struct field *f, size_t *n, const char *name, struct value v)
{
    if (v.kind == VALUE_TEXT && !v.text.size)
        return;
    f[(*n)++] = (struct field){text_of(name), v};
}

static size_t make_fields(struct field *f, const char *kind, int64_t at_ms)
{
    size_t n = 0;
    struct text to = strcmp(kind, "severity.changed") == 0 ? ONE_OF(severities)
                                                           : ONE_OF(persons);

#define PUT_TEXT(name, v)                                                      \
    put(f, &n, name, (struct value){.kind = VALUE_TEXT, .text = v})
    PUT_TEXT("to", to);
    PUT_TEXT("from", ONE_OF(persons));
    PUT_TEXT("person", ONE_OF(persons));
    PUT_TEXT("promise_id", ONE_OF(promises));
    PUT_TEXT("earlier_promise", ONE_OF(promises));
    PUT_TEXT("channel", ONE_OF(channels));
    PUT_TEXT("result", ONE_OF(results));
    PUT_TEXT("item", ONE_OF(items));
    PUT_TEXT("step", ONE_OF(steps));
    if (roll(2))
        PUT_TEXT("granularity", TEXT("day"));
    if (roll(3))
        put(f, &n, "due",
            (struct value){.kind = VALUE_TIME,
                           .time_ms =
                               at_ms + (int64_t)roll(400000000) - 20000000});
    put(f, &n, "accepted_by_customer",
        (struct value){.kind = VALUE_FLAG, .flag = roll(2)});
    put(f, &n, "contained",
        (struct value){.kind = VALUE_FLAG, .flag = roll(2)});
    put(f, &n, "satisfied",
        (struct value){.kind = VALUE_FLAG, .flag = roll(2)});
    put(f, &n, "level",
        (struct value){.kind = VALUE_NUMBER,
                       .thousandths = 1000 * (roll(3) + 1)});
    put(f, &n, "minutes",
        (struct value){.kind = VALUE_NUMBER, .thousandths = 1000 * roll(90)});
    return n;
}

static struct input any_input(struct field *fields, int64_t now_ms)
{
    const char *kind =
        record == 0 ? kinds[0] : kinds[roll(sizeof kinds / sizeof kinds[0])];
    struct input in = {.kind = INPUT_EVENT, .now_ms = now_ms, .at_ms = now_ms};

    static struct name page;

    if (record && roll(2)) {
        in.kind = INPUT_FIRING;
        in.as_of_ms = now_ms;
        return in;
    }
    if (record && roll(30) == 0) {
        in.kind = INPUT_RECEIPT;
        in.page_id = TEXT("p1");
        if (s.c.page_count) {
            page = s.c.pages[0].id;
            in.page_id = name_text(&page);
        }
        in.delivered = roll(2);
        in.channel = TEXT("log");
        return in;
    }
    if (roll(5) == 0)
        in.at_ms -= roll(20000000);
    in.event = policy_kind(&service, text_of(kind));
    in.source = roll(6) == 0 ? SOURCE_IMPORT : SOURCE_STATION;
    in.reporter = ONE_OF(persons);
    in.fields = fields;
    in.field_count = make_fields(fields, kind, in.at_ms);
    return in;
}

static int64_t later(int64_t now_ms)
{
    int64_t due = case_next_due(&s.c);

    if (roll(3) && due != INT64_MAX && due > now_ms && due - now_ms < 400000000)
        return due; /* on time */
    return now_ms + (roll(12) ? roll(3600000) : roll(1000000000));
}

static void live_one_life(uint64_t seed)
{
    static struct case_record before;
    struct field fields[24];
    int64_t now_ms = AT(0, 8, 0);

    dice = seed * 0x9e3779b97f4a7c15ull + 1;
    seed_now = seed;
    story_begin(&s, roll(2) ? "SHOP" : roll(4) ? "NET" : "ELSEWHERE");
    s.show = SHOW_ALL;
    for (record = 0; record < RECORDS; record++) {
        struct input in = any_input(fields, now_ms);
        size_t length = strlen(s.text);

        if (length > STORY_TEXT_MAX / 2)
            memmove(s.text, s.text + length / 2, length - length / 2 + 1);
        before = s.c;
        story_decide(&s, &in); /* holds apply against scratch */
        HOLDS(s.result != ENGINE_LIMIT ||
              s.c.excluded_count == CASE_EXCLUDED_MAX);
        the_same_input_gives_the_same_decisions(&before, &in);
        HOLDS(s.c.owner.size > 0);
        no_person_is_paged_twice_or_as_his_own_supervisor();
        no_timer_fires_early(now_ms);
        instances_are_in_order(&before);
        a_crisis_is_paged_until_somebody_answers();
        every_open_page_has_a_ladder();
        items_and_their_clocks_agree(&before);
        if (in.kind == INPUT_FIRING)
            HOLDS(case_next_due(&s.c) > now_ms ||
                  s.out->decisions.count > DECISIONS_MAX / 2 ||
                  s.out->decisions.item_count > CASE_ITEMS_MAX);
        if (in.kind == INPUT_EVENT &&
            in.event == policy_kind(&service, TEXT("notify.ack")))
            an_acknowledgement_stops_only_the_ladder();
        now_ms = later(now_ms);
    }
    story_end(&s);
}

static void whatever_happens_the_promises_of_the_engine_hold(void **state)
{
    const char *one = getenv("PROPERTY_SEED");

    (void)state;
    if (one) {
        live_one_life(strtoull(one, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        live_one_life(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_the_promises_of_the_engine_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
