/* What a small pack becomes: clocks, ladders, triggers, rosters, hours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support.h"

#define MINUTE_MS 60000LL
#define HOUR_MS (60 * MINUTE_MS)

static const char policy_text[] =
    "name: small\n"
    "regions: [R1]\n"
    "tiers: [engineer, head, rep]\n"
    "roles: {speaker: {rank: rep}}\n"
    "locks: [media]\n"
    "own_kinds: [robot.beeped]\n"
    "kind_groups: {ended: [case.resolved, case.closed]}\n"
    "counters: {misses: {at: {1: {severity: S3}, 2+: {page: [rep]}}}}\n"
    "events:\n"
    "  case.opened: {case: opens, do: [open, lock media when camera],\n"
    "    rules: [{when: camera, severity: S1, page: [head, rep]}],\n"
    "    severity: S4, page: [owner], rule: R}\n"
    "  promise.missed: {counts: [misses by count]}\n"
    "  case.closed: {gates: [{rule: G, when: lock.media, page: [speaker]}]}\n"
    "clocks:\n"
    "  plan:\n"
    "    pauses: true\n"
    "    arm_on_raise: [S1, S2]\n"
    "    armed_by: [case.opened]\n"
    "    satisfied_by: [ended, any when event.severity == S1]\n"
    "    steps:\n"
    "      S1: [{after: 60min, page: [rep], rule: TM-PLAN}]\n"
    "      S3+S4: [{after: 4h open, page: [head]}, {after: 3d, page: [rep]}]\n"
    "  promise:\n"
    "    key: promise_id\n"
    "    due: due\n"
    "    armed_by: [promise.made]\n"
    "    satisfied_by: [ended]\n"
    "    steps: {all: [{at: day open, page: [owner]},\n"
    "      {before_due: 2h, page: [owner]}, {at: due, emit: promise.missed}]}\n"
    "ladder:\n"
    "  S1: {each_tier: true, repeat: 5min, rule: ACK}\n"
    "  S2: {rungs: [{page: head, after: 10min}, {page: rep, after: 30min}],\n"
    "    repeat: 30min}\n"
    "  S3+S4: {rungs: [{page: head, after: 2h open}], repeat: working day}\n";

static const char directory_text[] =
    "zone: Asia/Shanghai\n"
    "template: {region: R1, zone: America/New_York, calendar: shop,\n"
    "  roster: {head: [head@, deputy@]}}\n"
    "regions: {R1: {name: North}, far: {template: {zone: Asia/Tokyo,\n"
    "  calendar: duty, roster: {head: [boss@, vice@]}}}}\n"
    "stations:\n"
    "  S2: {region: R1, zone: Asia/Shanghai, calendar: shop,\n"
    "    lines: {think: think}, roster: {rep: [eve, {person: dan,\n"
    "      days: mon-fri, from: 22:00, until: 06:00}]}}\n"
    "roster: {rep: [eve, dan]}\n"
    "persons:\n"
    "  zoe: {name: 左, tier: head, station: S2, phone: 1, absences: [{from:\n"
    "    2016-02-05, until: 2016-02-06 12:00, delegate: ann}]}\n"
    "  ann: {name: 安, tier: head, station: S2}\n"
    "  eve: {name: Eve, language: en}\n"
    "  dan: {name: Dan, tier: rep}\n"
    "  spo: {name: Spo, tier: speaker}\n";

static const char calendars_text[] =
    "calendars:\n"
    "  shop: {open: {daily: 09:00-18:00}, holidays: [2016-02-08..2016-02-10],\n"
    "    exceptions: {2016-02-09: 10:00-12:00, 2016-02-06: closed}}\n"
    "  think: {open: {mon-sat: 09:00-18:00}}\n"
    "  duty: {open: always}\n";

static struct policyset *set;
static const struct policy *p;
static const struct directory *d;

static int setup(void **state)
{
    struct findings *f = malloc(sizeof *f);
    enum status st =
        load_texts(policy_text, directory_text, calendars_text, &set, f);

    (void)state;
    if (st || f->errors)
        fail_msg("%s", finding_text(f, 0));
    p = set->packs[0].policy;
    d = set->directory;
    findings_fini(f);
    free(f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    policyset_free(set);
    return 0;
}

static bool is(struct text t, const char *word)
{
    return text_equal(t, text_of(word));
}

static const struct kind_rule *kind(const char *name)
{
    return &p->kinds[policy_kind(p, text_of(name))];
}

static const struct clock_rule *clock_named(const char *name)
{
    return &p->clocks[policy_clock(p, text_of(name))];
}

static void tiers_come_first_then_side_roles(void **state)
{
    (void)state;
    assert_int_equal(p->tier_count, 3);
    assert_int_equal(p->role_count, 4);
    assert_int_equal(policy_role(p, TEXT("head")), 2);
    assert_int_equal(policy_role(p, TEXT("speaker")), 4);
    assert_int_equal(p->roles[4].rank, 3);
    assert_int_equal(policy_role(p, TEXT("owner")), 0);
}

static void builtin_and_own_kinds_are_known_and_others_are_not(void **state)
{
    (void)state;
    assert_int_not_equal(policy_kind(p, TEXT("customer.contacted")), KIND_NONE);
    assert_int_not_equal(policy_kind(p, TEXT("robot.beeped")), KIND_NONE);
    assert_int_equal(policy_kind(p, TEXT("robot.booped")), KIND_NONE);
    assert_false(kind("customer.contacted")->needs_case);
    assert_true(kind("case.closed")->needs_case);
    assert_true(kind("case.opened")->opens_case);
}

static void what_stands_beside_the_key_is_the_last_rule(void **state)
{
    const struct kind_rule *k = kind("case.opened");

    (void)state;
    assert_int_equal(k->rule_count, 2);
    assert_int_equal(k->rules[0].raise_to, 1);
    assert_int_equal(k->rules[0].page, TARGET_ROLE(2) | TARGET_ROLE(3));
    assert_int_equal(k->rules[1].raise_to, 4);
    assert_int_equal(k->rules[1].page, TARGET_OWNER);
    assert_true(is(k->rules[1].id, "R"));
    assert_int_equal(k->effect_count, 2);
    assert_int_equal(k->effects[1].effect, EFFECT_LOCK);
    assert_int_equal(k->effects[1].when.count, 1);
    assert_true(is(kind("promise.missed")->counts[0].by_field, "count"));
    assert_int_equal(kind("case.closed")->gates[0].page, TARGET_ROLE(4));
    assert_null(kind("case.closed")->gates[0].emit);
}

static void severities_written_together_share_their_steps(void **state)
{
    const struct clock_rule *c = clock_named("plan");

    (void)state;
    assert_true(c->pauses);
    assert_int_equal(c->arm_on_raise, 3);
    assert_int_equal(c->by_severity[0].count, 1);
    assert_int_equal(c->by_severity[1].count, 0);
    assert_int_equal(c->by_severity[2].count, 2);
    assert_int_equal(c->group[2], c->group[3]);
    assert_int_not_equal(c->group[0], c->group[1]);
    assert_int_not_equal(c->group[1], c->group[2]);
    assert_int_equal(c->by_severity[2].steps[0].basis, STEP_AFTER_OPEN);
    assert_int_equal(c->by_severity[2].steps[0].after_ms, 4 * HOUR_MS);
    assert_int_equal(c->by_severity[3].steps[1].basis, STEP_AFTER);
    assert_int_equal(c->by_severity[3].steps[1].after_ms, 72 * HOUR_MS);
}

static void a_clock_may_count_towards_a_moment_of_its_event(void **state)
{
    const struct clock_rule *c = clock_named("promise");
    const struct clock_step *s = c->by_severity[1].steps;

    (void)state;
    assert_true(is(c->key_field, "promise_id"));
    assert_true(is(c->due_field, "due"));
    assert_int_equal(s[0].basis, STEP_DAY_OPEN);
    assert_int_equal(s[1].basis, STEP_BEFORE_DUE);
    assert_int_equal(s[1].after_ms, 2 * HOUR_MS);
    assert_int_equal(s[2].basis, STEP_AT_DUE);
    assert_int_equal(s[2].emit->kind, policy_kind(p, TEXT("promise.missed")));
    assert_null(s[1].emit);
}

static void triggers_lie_with_the_kinds_that_pull_them(void **state)
{
    const struct kind_rule *closed = kind("case.closed");

    (void)state;
    assert_int_equal(kind("case.opened")->trigger_count, 1);
    assert_int_equal(kind("case.opened")->triggers[0].action, TRIGGER_ARM);
    assert_int_equal(closed->trigger_count, 2);
    assert_int_equal(closed->triggers[0].action, TRIGGER_SATISFY);
    assert_int_equal(p->any_trigger_count, 1);
    assert_int_equal(p->any_triggers[0].clock, policy_clock(p, TEXT("plan")));
}

static void the_ladder_is_a_clock_called_ack(void **state)
{
    (void)state;
    assert_true(is(p->clocks[p->ack_clock].name, "ack"));
    assert_true(p->ladders[0].every_tier);
    assert_int_equal(p->ladders[0].every_ms, 5 * MINUTE_MS);
    assert_true(is(p->ladders[0].id, "ACK"));
    assert_int_equal(p->ladders[1].count, 2);
    assert_int_equal(p->ladders[1].rungs[1].tier, 3);
    assert_int_equal(p->ladders[1].repeat, REPEAT_EVERY);
    assert_int_equal(p->ladders[3].repeat, REPEAT_WORKING_DAY);
    assert_true(p->ladders[3].rungs[0].open_time);
}

static void what_is_left_out_has_its_default(void **state)
{
    (void)state;
    assert_int_equal(p->undated_promise_days, 3);
    assert_int_equal(p->snooze_max_ms, HOUR_MS);
    assert_int_equal(p->late_grace_ms, 5000);
    assert_int_equal(p->counters[0].levels[0].at, 1);
    assert_false(p->counters[0].levels[0].and_above);
    assert_true(p->counters[0].levels[1].and_above);
}

static void a_roster_follows_from_the_persons_in_their_order(void **state)
{
    struct name who[4];
    int64_t noon_ms = 1458187200000; /* 2016-03-17 12:00 in Shanghai */

    (void)state;
    assert_int_equal(
        directory_on_call(d, TEXT("S2"), TEXT("R1"), 2, noon_ms, who, 4), 2);
    assert_true(name_is(&who[0], TEXT("zoe")));
    assert_true(name_is(&who[1], TEXT("ann")));
    assert_int_equal(
        directory_on_call(d, TEXT("S2"), TEXT("R1"), 3, noon_ms, who, 4),
        1); /* dan has the nights */
    assert_true(is(directory_person(d, TEXT("eve"))->language, "en"));
    assert_int_equal(directory_person(d, TEXT("eve"))->tier, 0);
    assert_int_equal(directory_person(d, TEXT("dan"))->tier, 3);
}

static void an_absence_is_told_in_the_files_zone(void **state)
{
    const struct person *zoe = directory_person(d, TEXT("zoe"));

    (void)state;
    assert_int_equal(zoe->absence_count, 1);
    assert_int_equal(zoe->absences[0].from_ms, 1454601600000);
    assert_int_equal(zoe->absences[0].until_ms, 1454731200000);
    assert_true(is(zoe->absences[0].delegate, "ann"));
}

static void
a_station_that_is_not_listed_takes_its_regions_template(void **state)
{
    struct name who[4];

    (void)state;
    assert_true(is(directory_station(d, TEXT("X"), TEXT("far"))->zone->name,
                   "Asia/Tokyo"));
    assert_true(is(directory_station(d, TEXT("X"), TEXT(""))->zone->name,
                   "America/New_York"));
    assert_int_equal(directory_on_call(d, TEXT("X"), TEXT("far"), 2, 0, who, 4),
                     2);
    assert_true(name_is(&who[0], TEXT("boss@X")));
    assert_int_equal(directory_on_call(d, TEXT("X"), TEXT("far"), 3, 0, who, 4),
                     2);
    assert_true(name_is(&who[0], TEXT("eve")));
}

static void a_later_exception_beats_an_earlier_one(void **state)
{
    const struct station *s = directory_station(d, TEXT("S2"), TEXT("R1"));
    const struct calendar *c = station_calendar(s, TEXT(""));

    (void)state;
    assert_int_equal(c->exception_count, 4);
    assert_int_equal(c->exceptions[0].day, 16837); /* 2016-02-06 */
    assert_int_equal(c->exceptions[2].hours.open_minute, 600);
    assert_int_equal(c->exceptions[3].hours.close_minute, 0);
    c = station_calendar(s, TEXT("think"));
    assert_int_equal(c->week[6].close_minute, 0);
    assert_int_equal(c->week[5].close_minute, 1080);
    assert_true(calendar_is_24x7(station_calendar(
        directory_station(d, TEXT("X"), TEXT("far")), TEXT(""))));
}

static void zones_change_to_the_second_and_until_2100(void **state)
{
    const struct zone *z = directory_station(d, TEXT("X"), TEXT(""))->zone;

    (void)state;
    assert_int_equal(zone_local_ms(z, 1457852399000) - 1457852399000,
                     -5 * HOUR_MS);
    assert_int_equal(zone_local_ms(z, 1457852400000) - 1457852400000,
                     -4 * HOUR_MS); /* 2016-03-13 02:00 */
    assert_int_equal(zone_local_ms(z, 4086777600000) - 4086777600000,
                     -4 * HOUR_MS); /* July 2099 */
    assert_true(z->offset_count > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiers_come_first_then_side_roles),
        cmocka_unit_test(builtin_and_own_kinds_are_known_and_others_are_not),
        cmocka_unit_test(what_stands_beside_the_key_is_the_last_rule),
        cmocka_unit_test(severities_written_together_share_their_steps),
        cmocka_unit_test(a_clock_may_count_towards_a_moment_of_its_event),
        cmocka_unit_test(triggers_lie_with_the_kinds_that_pull_them),
        cmocka_unit_test(the_ladder_is_a_clock_called_ack),
        cmocka_unit_test(what_is_left_out_has_its_default),
        cmocka_unit_test(a_roster_follows_from_the_persons_in_their_order),
        cmocka_unit_test(an_absence_is_told_in_the_files_zone),
        cmocka_unit_test(
            a_station_that_is_not_listed_takes_its_regions_template),
        cmocka_unit_test(a_later_exception_beats_an_earlier_one),
        cmocka_unit_test(zones_change_to_the_second_and_until_2100),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
