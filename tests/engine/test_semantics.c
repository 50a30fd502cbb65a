/* Semantics 1-22 of requirements.md section 4, a story or two for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "story.h"

static struct story s;

static void begin(const char *station)
{
    story_begin(&s, station);
}

static int finish(void **state)
{
    (void)state;
    story_end(&s);
    return 0;
}

static void open_at_counter(int64_t at_ms)
{
    HAPPENS(&s, at_ms, "case.opened", WORDS("owner", "E1"),
            WORDS("channel", "counter"));
    HAPPENS(&s, at_ms + 60000, "notify.ack", WORDS("reporter", "E1"));
    story_forget(&s);
}

static const struct clock_instance *clock_named(const char *name)
{
    return case_clock(&s.c, policy_clock(s.policy, text_of(name)),
                      (struct text){NULL, 0});
}

/* 1 */
static void a_raise_arms_from_its_own_moment_and_keeps_what_runs(void **state)
{
    (void)state;
    begin("NET");
    s.answer_after_ms = 120000;
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 12, 0), "customer.dissatisfied", COUNTED("level", 2));
    story_forget(&s);
    story_until(&s, AT(4, 0, 0));
    /* S3 from 12:00 on Monday; of two for L2 the earlier; S4's L2 is out */
    reads(&s, "Tue 12:00 page station_head HD PLAN-S3\n"
              "Thu 10:00 page engineer E1 CT-01\n"
              "Thu 10:00 page station_head HD CT-01\n"
              "Thu 12:00 page regional_rep R1 PLAN-S3\n");
}

/* 2, 13 */
static void a_plan_ends_with_the_last_dated_promise(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 11, 0), "promise.made", WORDS("promise_id", "P1"),
            MOMENT("due", AT(9, 12, 0)), FLAG("accepted_by_customer", true));
    assert_null(clock_named("plan"));
    HAPPENS(&s, AT(0, 11, 0), "promise.made", WORDS("promise_id", "P2"),
            MOMENT("due", AT(9, 12, 0)), FLAG("accepted_by_customer", true));
    HAPPENS(&s, AT(0, 12, 0), "promise.kept", WORDS("promise_id", "P1"));
    assert_null(clock_named("plan"));
    HAPPENS(&s, AT(0, 13, 0), "promise.kept", WORDS("promise_id", "P2"));
    assert_non_null(clock_named("plan"));
    assert_int_equal(clock_named("plan")->armed_at_ms, AT(0, 13, 0));
}

static void a_promise_without_a_date_is_no_plan(void **state)
{
    const struct promise *p;

    (void)state;
    begin("SHOP");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 11, 0), "promise.made", WORDS("promise_id", "P1"),
            FLAG("accepted_by_customer", true));
    assert_int_equal(clock_named("plan")->armed_at_ms, AT(0, 10, 0));
    p = case_promise(&s.c, TEXT("P1"));
    assert_int_equal(p->due_ms, AT(3, 18, 0));
    assert_false(p->dated);
}

static void a_plan_never_agreed_simply_runs_on(void **state)
{
    (void)state;
    begin("NET");
    s.answer_after_ms = 120000;
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(20, 9, 0), "promise.made", WORDS("promise_id", "P1"),
            FLAG("accepted_by_customer", true));
    HAPPENS(&s, AT(20, 9, 1), "promise.kept", WORDS("promise_id", "P1"));
    assert_int_equal(clock_named("plan")->armed_at_ms, AT(0, 10, 0));
    assert_int_equal(clock_named("plan")->step_count, 0);
}

/* 3, 11 */
static void
an_answered_opening_is_a_contact_a_later_complaint_wants_another(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    assert_null(clock_named("first_contact"));
    HAPPENS(&s, AT(0, 11, 0), "complaint.opened",
            WORDS("channel", "hotline_400"));
    assert_int_equal(clock_named("first_contact")->steps[0].due_ms,
                     AT(0, 12, 0));
    story_late_event(&s, AT(0, 10, 30), AT(0, 11, 5), "customer.contacted",
                     FIELDS());
    assert_non_null(clock_named("first_contact"));
    HAPPENS(&s, AT(0, 11, 10), "customer.contacted");
    assert_null(clock_named("first_contact"));
}

/* 4, 17 */
static void
an_acknowledgement_stops_the_ladder_of_its_tier_and_nothing_else(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 11, 0), "complaint.opened",
            WORDS("channel", "hotline_400"));
    HAPPENS(&s, AT(0, 11, 1), "notify.ack", WORDS("reporter", "HD"));
    story_forget(&s);
    story_until(&s, AT(0, 11, 59));
    reads(&s, "Mon 11:30 page regional_rep R2 TM-ACK-S2\n");
    HAPPENS(&s, AT(0, 11, 59), "notify.ack", WORDS("reporter", "R2"));
    story_forget(&s);
    story_until(&s, AT(0, 15, 0));
    reads(&s, "Mon 12:00 page station_head HD FIRST-S2\n"
              "Mon 12:00 page regional_rep R1 FIRST-S2\n"
              "Mon 12:10 page station_head DP TM-ACK-S2\n"
              "Mon 12:20 page station_head HD TM-ACK-S2\n"
              "Mon 12:30 page regional_rep R2 TM-ACK-S2\n"
              "Mon 13:00 page crisis_center C1 TM-ACK-S2\n"
              "Mon 13:30 page crisis_center C2 TM-ACK-S2\n"
              "Mon 14:00 page crisis_center C1 TM-ACK-S2\n"
              "Mon 14:30 page crisis_center C2 TM-ACK-S2\n"
              "Mon 15:00 page regional_rep R1 PLAN-S2\n"
              "Mon 15:00 page crisis_center C1 TM-ACK-S2\n");
    HAPPENS(&s, AT(0, 15, 1), "notify.ack", WORDS("reporter", "C1"));
    assert_int_equal(s.c.page_count, 0);
}

static void a_climbing_ladder_is_stopped_by_any_tier_on_it(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 11, 0), "social.threatened");
    HAPPENS(&s, AT(0, 11, 1), "threat.assessed", FLAG("contained", true));
    story_until(&s, AT(0, 11, 30));
    assert_int_equal(s.c.page_count, 3); /* HD, DP, R1 */
    HAPPENS(&s, AT(0, 11, 31), "notify.ack", WORDS("reporter", "DP"));
    assert_int_equal(s.c.page_count, 0);
    story_forget(&s);
    story_until(&s, AT(0, 11, 59));
    reads(&s, "");
}

static void who_comes_second_is_told_who_was_first(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 11, 0), "customer.dissatisfied", COUNTED("level", 3));
    HAPPENS(&s, AT(0, 11, 1), "notify.ack", WORDS("reporter", "HD"));
    HAPPENS(&s, AT(0, 11, 2), "notify.ack", WORDS("reporter", "DP"));
    assert_int_equal(s.result, ENGINE_REFUSED);
    assert_true(text_equal(s.out->decisions.list[0].value,
                           TEXT("already_acknowledged")));
    assert_true(text_equal(s.out->decisions.list[0].person, TEXT("HD")));
}

/* 5 */
static void nobody_is_his_own_supervisor(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 10, 0), "case.opened", WORDS("owner", "HD"),
            WORDS("impact", "major"));
    story_until(&s, AT(0, 10, 45));
    reads(&s, "Mon 10:00 page engineer HD OW-01\n"
              "Mon 10:00 page station_head DP OW-01\n"
              "Mon 10:10 page station_head DP TM-ACK-S2\n"
              "Mon 10:20 page station_head DP TM-ACK-S2\n"
              "Mon 10:30 page regional_rep R1 TM-ACK-S2\n");
}

/* 6 */
static void a_tier_named_at_once_is_called_on_at_its_rung(void **state)
{
    (void)state;
    begin("SHOP");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 17, 45), "customer.dissatisfied", COUNTED("level", 2));
    story_until(&s, AT(3, 10, 0));
    reads(&s, "Mon 17:45 page engineer E1 ES-04\n"
              "Mon 17:45 page station_head HD ES-04\n"
              "Tue 09:15 page station_head DP TM-ACK-S3\n" /* 30 min (cal) */
              "Tue 10:45 page regional_rep R1 TM-ACK-S3\n"
              "Tue 16:45 page crisis_center C1 TM-ACK-S3\n"
              "Tue 17:45 page station_head HD PLAN-S3\n"
              "Wed 16:45 page crisis_center C2 TM-ACK-S3\n" /* 19: once a day */
              "Thu 10:00 page engineer E1 CT-01\n"
              "Thu 10:00 page station_head HD CT-01\n");
}

/* 8 */
static void a_timer_over_when_the_event_comes_fires_at_once(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    story_late_event(&s, AT(0, 11, 0), AT(0, 14, 0), "complaint.opened",
                     FIELDS(WORDS("channel", "hotline_400")));
    story_until(&s, AT(0, 14, 10));
    reads(&s, "Mon 11:00 page engineer E1 ES-05 late by 180 min\n"
              "Mon 11:00 page station_head HD ES-05 late by 180 min\n"
              "Mon 11:00 page regional_rep R1 ES-05 late by 180 min\n"
              "Mon 14:10 page station_head DP TM-ACK-S2\n");
    assert_int_equal(clock_named("first_contact")->step_count, 0); /* fired */
}

static void announced_backlog_keeps_the_timers_waiting(void **state)
{
    struct field fields[] = {WORDS("channel", "hotline_400")};
    struct input in = {.kind = INPUT_EVENT,
                       .at_ms = AT(0, 11, 0),
                       .now_ms = AT(0, 14, 0),
                       .source = SOURCE_STATION,
                       .fields = fields,
                       .field_count = 1,
                       .backlog_follows = true};

    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    in.event = policy_kind(s.policy, TEXT("complaint.opened"));
    story_decide(&s, &in);
    assert_int_equal(clock_named("first_contact")->step_count, 1);
    in.event = policy_kind(s.policy, TEXT("customer.contacted"));
    in.at_ms = AT(0, 11, 30);
    story_decide(&s, &in);
    assert_null(clock_named("first_contact"));
}

/* 9 */
static void kept_in_the_millisecond_it_is_due_is_kept(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 10, 5), "promise.made", WORDS("promise_id", "P1"),
            MOMENT("due", AT(0, 12, 0)), FLAG("accepted_by_customer", true));
    s.show = SHOW_PROMISES;
    HAPPENS(&s, AT(0, 12, 0), "promise.kept", WORDS("promise_id", "P1"));
    story_until(&s, AT(0, 13, 0));
    reads(&s, "Mon 12:00 promise P1 kept\n");
}

static void kept_too_late_is_missed_even_before_its_timer(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 10, 5), "promise.made", WORDS("promise_id", "P1"),
            MOMENT("due", AT(0, 12, 0)), FLAG("accepted_by_customer", true));
    s.show = SHOW_PROMISES | SHOW_PAGES | SHOW_SEVERITY;
    s.hold_timers = true;
    HAPPENS(&s, AT(0, 12, 0) + 1, "promise.kept", WORDS("promise_id", "P1"));
    reads(&s, "Mon 12:00 promise P1 missed\n"
              "Mon 12:00 severity S3\n"
              "Mon 12:00 page station_head HD PR-02\n");
}

/* 10 */
static void resolving_ends_the_clocks_and_arms_the_call_back(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 10, 5), "customer.dissatisfied", COUNTED("level", 3));
    assert_int_equal(s.c.page_count, 2);
    HAPPENS(&s, AT(0, 10, 10), "case.resolved", WORDS("reporter", "E1"));
    assert_int_equal(s.c.status, CASE_RESOLVED);
    assert_int_equal(s.c.page_count, 0);
    assert_int_equal(s.c.clock_count, 1);
    assert_int_equal(clock_named("callback")->steps[0].due_ms, AT(1, 10, 10));
    HAPPENS(&s, AT(0, 10, 11), "case.resolved", WORDS("reporter", "E1"));
    assert_int_equal(s.result, ENGINE_REFUSED);
}

/* 12 */
static void silence_counts_from_the_later_of_contact_and_raise(void **state)
{
    const struct clock_instance *k;

    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 11, 0), "customer.dissatisfied", COUNTED("level", 2));
    k = clock_named("no_contact");
    assert_int_equal(k->steps[0].due_ms, AT(3, 10, 0)); /* S4 and S3 share */
    HAPPENS(&s, AT(0, 12, 0), "customer.dissatisfied", COUNTED("level", 3));
    k = clock_named("no_contact");
    assert_int_equal(k->steps[0].due_ms, AT(1, 12, 0)); /* S2 from the raise */
    story_late_event(&s, AT(0, 11, 30), AT(0, 12, 30), "customer.contacted",
                     FIELDS());
    assert_int_equal(clock_named("no_contact")->steps[0].due_ms, AT(1, 12, 0));
    HAPPENS(&s, AT(0, 13, 0), "customer.contacted");
    k = clock_named("no_contact");
    assert_int_equal(k->steps[0].due_ms, AT(1, 13, 0));
    assert_int_equal(k->step_count, 3);
    HAPPENS(&s, AT(0, 14, 0), "customer.contacted", WORDS("result", "unhappy"));
    assert_int_equal(clock_named("no_contact")->armed_at_ms, AT(0, 13, 0));
}

/* 14, 15 */
static void a_threat_that_is_not_contained_fires_at_once(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 11, 0), "social.threatened");
    HAPPENS(&s, AT(0, 11, 4), "threat.assessed", FLAG("contained", false));
    reads(&s, "Mon 11:00 page station_head HD MD-06\n"
              "Mon 11:04 page regional_rep R1 MD-07\n"
              "Mon 11:04 page crisis_center C1 MD-07\n");
}

static void a_reversed_promise_is_missed_once_and_at_once(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 10, 5), "promise.made", WORDS("promise_id", "P1"),
            MOMENT("due", AT(0, 12, 0)), FLAG("accepted_by_customer", true));
    HAPPENS(&s, AT(0, 11, 0), "decision.reversed",
            WORDS("earlier_promise", "P1"));
    HAPPENS(&s, AT(0, 11, 5), "decision.reversed",
            WORDS("earlier_promise", "P1"));
    HAPPENS(&s, AT(0, 11, 6), "promise.missed", WORDS("promise_id", "P1"));
    story_until(&s, AT(0, 12, 30));
    assert_int_equal(s.c.counters[1], 1);
    assert_int_equal(case_promise(&s.c, TEXT("P1"))->state, PROMISE_REVERSED);
}

static void an_early_admission_stops_the_systems_own(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 10, 5), "promise.made", WORDS("promise_id", "P1"),
            MOMENT("due", AT(0, 12, 0)), FLAG("accepted_by_customer", true));
    s.show = SHOW_PROMISES;
    HAPPENS(&s, AT(0, 11, 0), "promise.missed", WORDS("promise_id", "P1"));
    HAPPENS(&s, AT(0, 11, 1), "promise.missed", WORDS("promise_id", "P1"));
    story_until(&s, AT(0, 13, 0));
    reads(&s, "Mon 11:00 promise P1 missed\n");
    assert_int_equal(s.c.counters[1], 1);
}

/* 16 */
static void to_inform_rings_nowhere_and_arms_nothing(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    s.show = SHOW_INFORMS;
    HAPPENS(&s, AT(0, 11, 0), "complaint.opened",
            WORDS("channel", "hotline_400"));
    reads(&s, "Mon 11:00 inform crisis_center C1 ES-05\n");
    for (uint8_t i = 0; i < s.c.page_count; i++)
        assert_int_not_equal(s.c.pages[i].tier, CENTER);
}

/* 18: 2 h of open time may end after 24 h of the wall clock */
static void a_step_never_goes_before_the_tier_below(void **state)
{
    (void)state;
    begin("SHOP");
    HAPPENS(&s, AT(0, 17, 30), "case.opened", WORDS("owner", "E1"),
            WORDS("channel", "counter"));
    story_until(&s, AT(1, 18, 0));
    reads(&s, "Mon 17:30 page engineer E1 OW-01\n"
              "Tue 10:30 page station_head HD TM-ACK-S4\n"
              "Tue 17:30 page regional_rep R1 TM-ACK-S4\n");
}

/* 19 */
static void a_crisis_calls_on_in_each_tier_until_it_answers(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 11, 0), "social.posted");
    HAPPENS(&s, AT(0, 11, 6), "notify.ack", WORDS("reporter", "R1"));
    story_until(&s, AT(0, 11, 12));
    reads(&s, "Mon 11:00 page station_head HD MD-08\n"
              "Mon 11:00 page regional_rep R1 MD-08\n"
              "Mon 11:00 page crisis_center C1 MD-08\n"
              "Mon 11:05 page crisis_center C2 TM-ACK-S1\n"
              "Mon 11:05 page regional_rep R2 TM-ACK-S1\n"
              "Mon 11:05 page station_head DP TM-ACK-S1\n"
              "Mon 11:10 page crisis_center C1 TM-ACK-S1\n");
}

/* 20 */
static void round_the_clock_a_day_ends_at_six(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 10, 5), "promise.made", WORDS("promise_id", "P1"),
            MOMENT("due", AT(2, 0, 0)), WORDS("granularity", "day"),
            FLAG("accepted_by_customer", true));
    assert_int_equal(case_promise(&s.c, TEXT("P1"))->due_ms, AT(2, 18, 0));
}

/* 21 */
static void a_complaint_reopens_and_kinds_that_open_do(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 10, 10), "case.resolved", WORDS("reporter", "E1"));
    HAPPENS(&s, AT(0, 12, 0), "complaint.opened",
            WORDS("channel", "hotline_400"));
    assert_int_equal(s.c.status, CASE_OPEN);
    assert_int_equal(clock_named("first_contact")->steps[0].due_ms,
                     AT(0, 13, 0));
    assert_non_null(clock_named("plan"));
    story_end(&s);
    begin("NET");
    HAPPENS(&s, AT(0, 12, 0), "note.internal");
    assert_int_equal(s.result, ENGINE_REFUSED);
    assert_false(s.out->touched);
    HAPPENS(&s, AT(0, 12, 0), "social.posted");
    assert_int_equal(s.c.severity, 1);
    assert_true(name_is(&s.c.owner, TEXT("HD")));
}

/* 22 */
static void two_raises_of_one_moment_are_alternatives(void **state)
{
    (void)state;
    begin("NET");
    open_at_counter(AT(0, 10, 0));
    HAPPENS(&s, AT(0, 11, 0), "customer.dissatisfied", COUNTED("level", 2));
    HAPPENS(&s, AT(0, 11, 0), "customer.contacted", WORDS("result", "unhappy"));
    assert_int_equal(s.c.severity, 3);
    HAPPENS(&s, AT(0, 12, 0), "customer.contacted", WORDS("result", "unhappy"));
    assert_int_equal(s.c.severity, 2);
}

#define STORY(name) cmocka_unit_test_teardown(name, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_raise_arms_from_its_own_moment_and_keeps_what_runs),
        STORY(a_plan_ends_with_the_last_dated_promise),
        STORY(a_promise_without_a_date_is_no_plan),
        STORY(a_plan_never_agreed_simply_runs_on),
        STORY(an_answered_opening_is_a_contact_a_later_complaint_wants_another),
        STORY(an_acknowledgement_stops_the_ladder_of_its_tier_and_nothing_else),
        STORY(a_climbing_ladder_is_stopped_by_any_tier_on_it),
        STORY(who_comes_second_is_told_who_was_first),
        STORY(nobody_is_his_own_supervisor),
        STORY(a_tier_named_at_once_is_called_on_at_its_rung),
        STORY(a_timer_over_when_the_event_comes_fires_at_once),
        STORY(announced_backlog_keeps_the_timers_waiting),
        STORY(kept_in_the_millisecond_it_is_due_is_kept),
        STORY(kept_too_late_is_missed_even_before_its_timer),
        STORY(resolving_ends_the_clocks_and_arms_the_call_back),
        STORY(silence_counts_from_the_later_of_contact_and_raise),
        STORY(a_threat_that_is_not_contained_fires_at_once),
        STORY(a_reversed_promise_is_missed_once_and_at_once),
        STORY(an_early_admission_stops_the_systems_own),
        STORY(to_inform_rings_nowhere_and_arms_nothing),
        STORY(a_step_never_goes_before_the_tier_below),
        STORY(a_crisis_calls_on_in_each_tier_until_it_answers),
        STORY(round_the_clock_a_day_ends_at_six),
        STORY(a_complaint_reopens_and_kinds_that_open_do),
        STORY(two_raises_of_one_moment_are_alternatives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
