/* A case that is moved to other rules keeps its starts, what it has done and
 * what it has promised; a world that only applies ends with the same rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ledger/apply.h"
#include "ledger/intents.h"
#include "ledger/simulate.h"
#include "proto/event.h"
#include "world_support.h"

#define MONDAY 1338768000000LL /* 2012-06-04, UTC */
#define AT(day, hour) (MONDAY + ((day)*24LL + (hour)) * 3600000)

/* --- packs ------------------------------------------------------------------
 */

static const char head_of_policy[] =
    "name: small\n"
    "default: true\n"
    "tiers: [engineer, head, rep]\n"
    "events:\n"
    "  case.opened: {case: opens, do: [open], severity: S3, page: [owner]}\n"
    "  customer.contacted: {do: [contact], counts: [contacts]}\n"
    "  customer.dissatisfied: {severity: S2, counts: [moods]}\n"
    "  media.requested: {do: [lock media]}\n"
    "  case.waiting: {do: [wait]}\n"
    "  case.resumed: {do: [resume]}\n"
    "  promise.made: {do: [promise_make]}\n"
    "  promise.kept: {do: [promise_keep]}\n"
    "  promise.missed: {do: [promise_miss]}\n"
    "  task.dispatched: {do: [add tasks]}\n"
    "  task.done: {do: [done tasks]}\n"
    "  notify.ack: {do: [acknowledge]}\n"
    "  case.resolved: {do: [resolve]}\n"
    "  case.closed: {do: [close]}\n";

static const char promise_clock[] =
    "  promise:\n"
    "    key: promise_id\n"
    "    due: due\n"
    "    armed_by: [promise.made]\n"
    "    satisfied_by: [promise.kept, case.closed]\n"
    "    steps: {all: [{at: due, emit: promise.missed}]}\n"
    "  task: {key: item, due: due, steps: {all: [{at: due, page: [owner]}]}}\n";

static const char old_rules[] =
    "locks: [public, media]\n"
    "lists: {tasks: {key: item, due: due, clock: task}}\n"
    "counters: {moods: , contacts: }\n"
    "ladder:\n"
    "  S1: {each_tier: true, repeat: 5min}\n"
    "  S2+S3+S4: {rungs: [{page: head, after: 20h}, {page: rep, after: 40h}],\n"
    "    repeat: working day}\n"
    "clocks:\n"
    "  gone:\n"
    "    armed_by: [case.opened]\n"
    "    satisfied_by: [case.closed]\n"
    "    steps: {all: [{after: 70h, page: [head]}]}\n"
    "  plan:\n"
    "    pauses: true\n"
    "    armed_by: [case.opened]\n"
    "    satisfied_by: [case.closed]\n"
    "    steps:\n"
    "      S1+S2: [{after: 3h, page: [rep]}]\n"
    "      S3+S4: [{after: 4h, page: [head]}, {after: 24h, page: [rep]}]\n";

/* Everything stands elsewhere; plan is earlier and then later. */
static const char new_rules[] =
    "locks: [media, release]\n"
    "lists: {first: {key: item}, tasks: {key: item, due: due, clock: task}}\n"
    "counters: {other: , contacts: , moods: }\n"
    "ladder:\n"
    "  S1: {each_tier: true, repeat: 5min}\n"
    "  S2+S3+S4: {rungs: [{page: head, after: 30h}, {page: rep, after: 40h}],\n"
    "    repeat: working day}\n"
    "clocks:\n"
    "  begun:\n"
    "    armed_by: [policy.rebased]\n"
    "    satisfied_by: [case.closed]\n"
    "    steps: {all: [{after: 5h, inform: [head]}]}\n"
    "  other:\n"
    "    armed_by: [case.opened]\n"
    "    satisfied_by: [case.closed]\n"
    "    steps: {all: [{after: 2h, page: [head]}]}\n"
    "  plan:\n"
    "    pauses: true\n"
    "    armed_by: [case.opened]\n"
    "    satisfied_by: [case.closed]\n"
    "    steps:\n"
    "      S1+S2: [{after: 2h, page: [rep]}]\n"
    "      S3+S4: [{after: 2h, page: [head]}, {after: 10h, page: [rep]}]\n";

static struct policyset *policies(const char *rules, const char *about)
{
    static const char directory[] =
        "zone: UTC\n"
        "template: {zone: UTC, calendar: shop, roster: {engineer: [e@],\n"
        "  head: [h@, d@], rep: [r@, q@]}}\n";
    static const char calendars[] = "calendars: {shop: {open: always}}\n";
    struct bytes policy = {0};
    struct policyset *set;

    bytes_append_format(&policy, "%s%s%s# %s\n", head_of_policy, rules,
                        promise_clock, about);
    set = policies_of_texts(calendars, directory, bytes_text(&policy));
    bytes_fini(&policy);
    return set;
}

/* --- two worlds: one decides, one applies -----------------------------------
 */

struct fixture {
    struct runner *runner;
    struct state *state;
    struct world *world;
    struct arena arena;
    size_t rebased, refused, arms, cancels, fires, derived;
    int64_t late_ms;       /* of the last firing in a record that moves */
    char ended[64];        /* clock that ends because of the rules */
    struct case_record *c; /* after the last record that moves */
};

static void count(struct fixture *f, const struct runner_record *r)
{
    const struct decisions *d = &r->decided->out->decisions;

    f->derived += r->origin == RUNNER_DERIVED;
    f->refused += r->decided->code != REFUSAL_NONE;
    for (size_t i = 0; i < d->count; i++) {
        const struct decision *one = &d->list[i];

        f->rebased += one->kind == DECISION_REBASE;
        f->arms += one->kind == DECISION_ARM;
        f->cancels += one->kind == DECISION_CANCEL;
        f->fires += one->kind == DECISION_FIRE;
        if (one->kind == DECISION_FIRE)
            f->late_ms = one->late_by_ms;
        if (one->kind == DECISION_CANCEL &&
            text_equal(one->value, TEXT("rebased")))
            snprintf(f->ended, sizeof f->ended, "%.*s", (int)one->clock.size,
                     one->clock.data);
    }
    if (r->decided->out->touched)
        *f->c = r->decided->out->scratch;
}

static void follow(void *context, const struct runner_record *r)
{
    struct fixture *f = context;

    follow_record(f->world, r);
    if (r->event && strcmp(r->event->kind, apply_names()->rebase) == 0)
        count(f, r);
}

static void open_both(struct fixture *f)
{
    struct runner_options options = {
        .policies = policies(old_rules, "old"), .after = follow, .context = f};
    struct state_options in_memory = {0};
    struct world_options world = {0};
    struct error err;

    memset(f, 0, sizeof *f);
    f->c = calloc(1, sizeof *f->c);
    arena_init(&f->arena, 1 << 20);
    if (runner_new(&options, &f->runner, &err) ||
        state_open(&in_memory, &f->state, &err))
        fail_msg("%s", err.text);
    world.state = f->state;
    if (world_new(&world, &f->world, &err))
        fail_msg("%s", err.text);
    world_use(f->world, policies(old_rules, "old"));
}

static void close_both(struct fixture *f)
{
    runner_free(&f->runner);
    world_free(&f->world);
    state_close(&f->state);
    arena_fini(&f->arena);
    free(f->c);
}

static void use(struct fixture *f, const char *rules, const char *about)
{
    world_use(runner_world(f->runner), policies(rules, about));
    world_use(f->world, policies(rules, about));
}

static void happens(struct fixture *f, int64_t at_ms, const char *kind,
                    const char *case_id, const char *more)
{
    char line[512];
    json_t *json = NULL;
    struct fault fault = {0};
    struct error err;
    static int n;
    int size;

    size = snprintf(line, sizeof line,
                    "{\"id\": \"e%d\", \"kind\": \"%s\", \"at\": "
                    "\"2012-06-%02dT%02d:%02d:00Z\", \"station\": \"S\"%s",
                    n++, kind, (int)(4 + (at_ms - MONDAY) / 86400000),
                    (int)((at_ms - MONDAY) / 3600000 % 24),
                    (int)((at_ms - MONDAY) / 60000 % 60), more);
    if (case_id)
        size += snprintf(line + size, sizeof line - (size_t)size,
                         ", \"case_id\": \"%s\"", case_id);
    snprintf(line + size, sizeof line - (size_t)size, "}");
    arena_reset(&f->arena);
    if (json_parse(slice_of_text(line), &json, &err) ||
        simulate_add(f->runner, json, &f->arena, &fault))
        fail_msg("%s: %s%s", line, err.text, fault.text);
    json_decref(json);
    if (runner_run(f->runner, at_ms, &err))
        fail_msg("%s", err.text);
}

static void rebase(struct fixture *f, int64_t at_ms, const char *case_id)
{
    f->rebased = f->refused = f->arms = f->cancels = f->fires = f->derived = 0;
    f->ended[0] = 0;
    happens(f, at_ms, apply_names()->rebase, case_id,
            ", \"why\": \"a test\", \"reporter\": \"ops\"");
}

static const struct clock_instance *clock_of(struct fixture *f,
                                             const char *name, const char *key)
{
    const struct policy *p = policyset_for(world_policies(f->world), TEXT("R"));

    return case_clock(f->c, policy_clock(p, text_of(name)), text_of(key));
}

static int64_t due_of(struct fixture *f, const char *name, const char *key)
{
    const struct clock_instance *i = clock_of(f, name, key);

    return i && i->step_count ? i->steps[0].due_ms : 0;
}

static void hold_same(struct fixture *f)
{
    struct digest live = state_hash(runner_state(f->runner), NULL);
    struct digest applied = state_hash(f->state, NULL);

    assert_memory_equal(&live, &applied, sizeof live);
}

/* --- what becomes of clocks -------------------------------------------------
 */

static void
a_clock_keeps_its_start_and_what_was_done_is_not_done_again(void **state)
{
    struct fixture f;

    (void)state;
    open_both(&f);
    happens(&f, AT(0, 9), "case.opened", "C", ", \"owner\": \"e@S\"");
    happens(&f, AT(0, 9), "customer.contacted", "C", "");
    happens(&f, AT(0, 10), "media.requested", "C", "");
    happens(&f, AT(0, 14), "customer.contacted", "C", ""); /* 13: the head */
    use(&f, new_rules, "new");
    rebase(&f, AT(0, 14), "C");
    assert_int_equal(f.rebased, 1);
    assert_int_equal(f.fires, 0); /* his second call would have been at 11 */
    assert_int_equal(due_of(&f, "plan", ""), AT(0, 19));
    assert_int_equal(due_of(&f, "begun", ""), AT(0, 19));
    assert_null(clock_of(&f, "other", "")); /* its event is past */
    assert_string_equal(f.ended, "gone");
    assert_int_equal(f.c->counters[1], 2); /* contacts */
    assert_int_equal(f.c->locks, 1);       /* media */
    hold_same(&f);
    close_both(&f);
}

static void
what_is_over_by_the_new_rules_is_done_at_once_and_says_how_late(void **state)
{
    struct fixture f;

    (void)state;
    open_both(&f);
    happens(&f, AT(0, 9), "case.opened", "C", ", \"owner\": \"e@S\"");
    use(&f, new_rules, "new");
    rebase(&f, AT(0, 12), "C");
    assert_int_equal(f.fires, 1); /* plan, as of 11 */
    assert_int_equal(f.late_ms, 3600000);
    assert_int_equal(due_of(&f, "plan", ""), AT(0, 19));
    /* the ladders: the owner's rung to the head is 30 h from 9, not 20 */
    assert_int_equal(due_of(&f, "ack", "engineer"), 0); /* the head has his */
    hold_same(&f);
    close_both(&f);
}

static void rungs_count_from_the_page_that_began_them(void **state)
{
    struct fixture f;

    (void)state;
    open_both(&f);
    happens(&f, AT(0, 9), "case.opened", "C", ", \"owner\": \"e@S\"");
    happens(&f, AT(0, 14), "customer.contacted", "C", "");
    use(&f, new_rules, "new");
    rebase(&f, AT(0, 14), "C");
    /* the head was paged by plan at 13, and has taken over the owner's rungs,
       which count from 9 */
    assert_int_equal(due_of(&f, "ack", "head"), AT(1, 15));
    hold_same(&f);
    close_both(&f);
}

static void time_that_did_not_count_does_not_count_now(void **state)
{
    struct fixture f;

    (void)state;
    open_both(&f);
    happens(&f, AT(0, 9), "case.opened", "C", ", \"owner\": \"e@S\"");
    happens(&f, AT(0, 10), "case.waiting", "C", "");
    happens(&f, AT(0, 13), "case.resumed", "C", "");
    use(&f, new_rules, "new");
    rebase(&f, AT(0, 13), "C");
    assert_int_equal(f.fires, 0);
    assert_int_equal(due_of(&f, "plan", ""), AT(0, 14)); /* 9 + 2 h + 3 h */
    hold_same(&f);
    close_both(&f);
}

static void promises_and_dues_do_not_move(void **state)
{
    struct fixture f;

    (void)state;
    open_both(&f);
    happens(&f, AT(0, 9), "case.opened", "C", ", \"owner\": \"e@S\"");
    happens(&f, AT(0, 9), "promise.made", "C",
            ", \"promise_id\": \"P\", \"what\": \"a call\", \"due\": "
            "\"2012-06-06T12:00:00Z\"");
    happens(&f, AT(0, 9), "task.dispatched", "C",
            ", \"item\": \"T\", \"due\": \"2012-06-06T15:00:00Z\"");
    use(&f, new_rules, "new");
    rebase(&f, AT(0, 10), "C");
    assert_int_equal(due_of(&f, "promise", "P"), AT(2, 12));
    assert_int_equal(due_of(&f, "task", "T"), AT(2, 15));
    assert_int_equal(f.c->promises[0].due_ms, AT(2, 12));
    assert_int_equal(f.c->items[0].list, 1);
    hold_same(&f);
    close_both(&f);
}

/* --- what changes nothing ---------------------------------------------------
 */

static void the_same_rules_change_nothing(void **state)
{
    struct fixture f;

    (void)state;
    open_both(&f);
    happens(&f, AT(0, 9), "case.opened", "C", ", \"owner\": \"e@S\"");
    rebase(&f, AT(0, 10), "C");
    assert_int_equal(f.refused, 1);
    assert_int_equal(f.rebased + f.arms + f.cancels, 0);
    use(&f, old_rules, "another version that says the same");
    rebase(&f, AT(0, 11), "C");
    assert_int_equal(f.rebased, 1);
    assert_int_equal(f.arms + f.cancels + f.fires, 0);
    rebase(&f, AT(0, 11), "C");
    assert_int_equal(f.refused, 1);
    hold_same(&f);
    close_both(&f);
}

static void there_and_back_is_where_it_was(void **state)
{
    struct fixture f;
    int64_t plan_ms;

    (void)state;
    open_both(&f);
    happens(&f, AT(0, 9), "case.opened", "C", ", \"owner\": \"e@S\"");
    happens(&f, AT(0, 10), "customer.dissatisfied", "C",
            ", \"level\": 2"); /* S2 */
    use(&f, new_rules, "new");
    rebase(&f, AT(0, 10), "C");
    plan_ms = due_of(&f, "plan", "");
    assert_int_equal(plan_ms, AT(0, 11)); /* S3: head; S2: rep 12 */
    use(&f, old_rules, "old");
    rebase(&f, AT(0, 10), "C");
    assert_int_equal(due_of(&f, "plan", ""), AT(0, 13));
    assert_int_equal(clock_of(&f, "plan", "")->step_count, 2);
    hold_same(&f);
    close_both(&f);
}

/* --- all of them ------------------------------------------------------------
 */

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

/* Many cases with whatever may happen; each that is not closed is moved once,
 * and both worlds hold the same rows. */
static void of_many_each_open_one_is_moved_once(void **state)
{
    static const char *const kinds[] = {
        "customer.contacted", "customer.dissatisfied", "media.requested",
        "case.waiting",       "case.resumed",          "case.resolved",
        "case.closed"};
    struct fixture f;
    unsigned seed = 7;

    (void)state;
    open_both(&f);
    for (int round = 0; round < 12; round++) {
        char id[16],
            *rules = (char *)(uintptr_t)(round % 2 ? old_rules : new_rules);
        int64_t at_ms = AT(round, 9);
        size_t open = 0;

        for (int i = 0; i < 40; i++) {
            at_ms += 60000 * (next_random(&seed) % 15);
            snprintf(id, sizeof id, "C-%02u", next_random(&seed) % 30);
            happens(&f, at_ms, "case.opened", id, ", \"owner\": \"e@S\"");
            happens(&f, at_ms, kinds[next_random(&seed) % 7], id,
                    ", \"level\": 2");
        }
        for (unsigned i = 0; i < 30; i++) {
            snprintf(id, sizeof id, "C-%02u", i);
            open += world_find_case(f.world, text_of(id), f.c) &&
                    f.c->status != CASE_CLOSED && f.c->status != CASE_NONE;
        }
        use(&f, rules, "round");
        at_ms += 60000;
        rebase(&f, at_ms, NULL);
        if (round < 2)
            assert_true(f.rebased > 0 && f.rebased <= open);
        assert_false(world_has_steps(runner_world(f.runner)));
        hold_same(&f);
        rebase(&f, at_ms, NULL);
        assert_int_equal(f.rebased, 0); /* all are there */
        hold_same(&f);
    }
    close_both(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_clock_keeps_its_start_and_what_was_done_is_not_done_again),
        cmocka_unit_test(
            what_is_over_by_the_new_rules_is_done_at_once_and_says_how_late),
        cmocka_unit_test(rungs_count_from_the_page_that_began_them),
        cmocka_unit_test(time_that_did_not_count_does_not_count_now),
        cmocka_unit_test(promises_and_dues_do_not_move),
        cmocka_unit_test(the_same_rules_change_nothing),
        cmocka_unit_test(there_and_back_is_where_it_was),
        cmocka_unit_test(of_many_each_open_one_is_moved_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
