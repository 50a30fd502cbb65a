/* After an outage: judged against now, one page per person and case, at the
 * tier where the case should be; each missed promise still said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "story.h"

static struct story s;

static int finish(void **state)
{
    (void)state;
    story_end(&s);
    return 0;
}

static void begin(const char *station)
{
    story_begin(&s, station);
    HAPPENS(&s, AT(0, 10, 0), "case.opened", WORDS("owner", "E1"),
            WORDS("channel", "counter"));
    HAPPENS(&s, AT(0, 10, 1), "notify.ack", WORDS("reporter", "E1"));
    story_forget(&s);
}

static size_t pages_of(const char *person)
{
    size_t n = 0;

    for (size_t i = 0; i < s.out->decisions.count; i++)
        n += s.out->decisions.list[i].kind == DECISION_PAGE &&
             text_equal(s.out->decisions.list[i].person, text_of(person));
    return n;
}

static void a_ladder_jumps_to_the_rung_where_it_should_be(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "customer.dissatisfied", COUNTED("level", 3));
    HAPPENS(&s, AT(0, 11, 0), "case.plan_agreed");
    story_forget(&s);
    s.hold_timers = true;
    story_until(&s, AT(0, 11, 45));
    story_fire(&s, AT(0, 11, 45));
    reads(&s, "Mon 11:30 page regional_rep R1 TM-ACK-S2 late by 15 min\n");
    s.hold_timers = false;
    story_until(&s, AT(0, 12, 0));
    tells(&s, "Mon 12:00 page crisis_center C1 TM-ACK-S2\n");
}

static void a_repetition_goes_on_at_its_next_slot(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "customer.dissatisfied", COUNTED("level", 3));
    HAPPENS(&s, AT(0, 11, 0), "case.plan_agreed");
    story_forget(&s);
    story_fire(&s, AT(0, 17, 44));
    reads(&s, "Mon 12:00 page crisis_center C1 TM-ACK-S2 late by 344 min\n");
    assert_int_equal(case_next_due(&s.c), AT(0, 18, 0));
}

static void fourteen_days_down_make_one_page_per_person(void **state)
{
    (void)state;
    begin("SHOP");
    HAPPENS(&s, AT(0, 10, 5), "promise.made", WORDS("promise_id", "P1"),
            MOMENT("due", AT(1, 12, 0)), FLAG("accepted_by_customer", true));
    HAPPENS(&s, AT(0, 10, 5), "promise.made", WORDS("promise_id", "P2"),
            MOMENT("due", AT(2, 12, 0)), FLAG("accepted_by_customer", true));
    story_forget(&s);
    s.show = SHOW_PROMISES | SHOW_SEVERITY | SHOW_PAGES;
    story_fire(&s, AT(14, 10, 0));
    reads(&s, "Tue 12:00 promise P1 missed\n"
              "Tue 12:00 severity S3\n"
              "Wed 12:00 promise P2 missed\n"
              "Wed 12:00 severity S2\n"
              "Thu 12:00 page crisis_center C1 PLAN-S2 late by 15720 min\n");
    assert_int_equal(pages_of("HD"), 0);
    assert_int_equal(s.c.counters[1], 2);
    story_forget(&s);
    story_until(&s, AT(14, 11, 0));
    reads(&s, "+14 Mon 11:00 page crisis_center C2 TM-ACK-S2\n");
}

static void a_crisis_rings_at_each_of_its_tiers(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "social.posted");
    story_forget(&s);
    story_fire(&s, AT(3, 11, 2));
    assert_int_equal(pages_of("HD") + pages_of("DP"), 1);
    assert_int_equal(pages_of("R1") + pages_of("R2"), 1);
    assert_int_equal(pages_of("C1") + pages_of("C2"), 1);
    assert_int_equal(case_next_due(&s.c), AT(3, 11, 5));
}

static void a_firing_that_is_not_due_changes_nothing(void **state)
{
    (void)state;
    begin("NET");
    story_fire(&s, AT(0, 10, 2));
    assert_int_equal(s.out->decisions.count, 0);
    assert_false(s.out->touched);
}

static void what_is_late_within_the_grace_is_on_time(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "social.threatened");
    story_forget(&s);
    story_fire(&s, AT(0, 11, 10) + 59000);
    reads(&s, "Mon 11:10 page station_head DP TM-ACK-S2\n");
    story_fire(&s, AT(0, 11, 15) + 30000);
    tells(&s, "Mon 11:15 page regional_rep R1 MD-07\n"
              "Mon 11:15 page crisis_center C1 MD-07\n");
}

static void what_became_known_meanwhile_is_no_reason_to_page(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "customer.dissatisfied", COUNTED("level", 3));
    HAPPENS(&s, AT(0, 11, 1), "notify.ack", WORDS("reporter", "HD"));
    story_forget(&s);
    s.hold_timers = true;
    story_late_event(&s, AT(0, 11, 30), AT(1, 12, 0), "case.plan_agreed",
                     FIELDS());
    story_fire(&s, AT(1, 12, 0));
    reads(&s, "Tue 11:30 page station_head HD CT-01-S2 late by 30 min\n");
}

static void more_than_fits_one_record_goes_on_in_the_next(void **state)
{
    int records = 0;

    (void)state;
    begin("SHOP");
    for (int i = 0; i < CASE_PROMISES_MAX; i++) {
        const char id[3] = {(char)('a' + i / 10), (char)('0' + i % 10), 0};
        const struct field fields[] = {
            {{0}, {0}},
            {TEXT("promise_id"), {.kind = VALUE_TEXT, .text = {id, 2}}},
            MOMENT("due", AT(1 + i, 12, 0)),
            FLAG("accepted_by_customer", true)};
        story_event(&s, AT(0, 11, 0), "promise.made", fields, 4);
        assert_int_equal(s.result, ENGINE_DECIDED);
    }
    HAPPENS(&s, AT(0, 11, 1), "promise.made", WORDS("promise_id", "more"),
            MOMENT("due", AT(1, 12, 0)));
    assert_int_equal(s.result, ENGINE_LIMIT);
    while (case_next_due(&s.c) <= AT(60, 0, 0)) {
        story_fire(&s, AT(60, 0, 0));
        assert_int_equal(s.result, ENGINE_DECIDED);
        assert_true(s.out->touched);
        assert_true(++records < 20);
    }
    for (int i = 0; i < CASE_PROMISES_MAX; i++)
        assert_int_equal(s.c.promises[i].state, PROMISE_MISSED);
    assert_int_equal(s.c.counters[1], CASE_PROMISES_MAX);
}

#define STORY(name) cmocka_unit_test_teardown(name, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_ladder_jumps_to_the_rung_where_it_should_be),
        STORY(a_repetition_goes_on_at_its_next_slot),
        STORY(fourteen_days_down_make_one_page_per_person),
        STORY(a_crisis_rings_at_each_of_its_tiers),
        STORY(a_firing_that_is_not_due_changes_nothing),
        STORY(what_is_late_within_the_grace_is_on_time),
        STORY(more_than_fits_one_record_goes_on_in_the_next),
        STORY(what_became_known_meanwhile_is_no_reason_to_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
