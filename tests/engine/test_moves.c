/* What people do with a case: hand it on, wait, snooze, reopen; gates; and
 * the facts of another system, which are taken as they come. */
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

static const struct clock_instance *clock_named(const char *name)
{
    return case_clock(&s.c, policy_clock(s.policy, text_of(name)),
                      (struct text){NULL, 0});
}

static bool owns(const char *who)
{
    return name_is(&s.c.owner, text_of(who));
}

static void the_first_asked_owns_until_another_accepts(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 10, 5), "customer.redirected", WORDS("to", "B"));
    assert_true(owns("E1"));
    HAPPENS(&s, AT(0, 10, 6), "transfer.accepted", WORDS("reporter", "C"));
    assert_int_equal(s.result, ENGINE_REFUSED);
    assert_true(owns("E1"));
    HAPPENS(&s, AT(0, 10, 7), "transfer.accepted", WORDS("reporter", "B"));
    assert_true(owns("B"));
    assert_null(clock_named("transfer"));
}

static void a_frozen_owner_is_for_a_higher_tier_to_change(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 10, 5), "customer.redirected", WORDS("to", "B"));
    HAPPENS(&s, AT(0, 10, 6), "customer.redirected", WORDS("to", "C"));
    HAPPENS(&s, AT(0, 10, 7), "transfer.accepted", WORDS("reporter", "C"));
    assert_int_equal(s.result, ENGINE_REFUSED);
    HAPPENS(&s, AT(0, 10, 8), "case.reassigned", WORDS("to", "C"),
            WORDS("reporter", "HD"));
    assert_true(owns("C"));
}

static void an_opening_for_somebody_away_goes_to_his_delegate(void **state)
{
    (void)state;
    story_begin(&s, "NET");
    s.show = SHOW_OWNER;
    HAPPENS(&s, AT(0, 10, 0), "case.opened", WORDS("owner", "AWAY"));
    reads(&s, "Mon 10:00 owner B\n");
    story_end(&s);
    story_begin(&s, "NET");
    s.show = SHOW_OWNER;
    HAPPENS(&s, AT(0, 10, 0), "case.opened", WORDS("owner", "GONE"));
    reads(&s, "Mon 10:00 owner HD\n");
    story_end(&s);
    story_begin(&s, "UNLISTED");
    s.show = SHOW_OWNER;
    HAPPENS(&s, AT(0, 10, 0), "case.opened", WORDS("reporter", "somebody"));
    reads(&s, "Mon 10:00 owner HEAD@UNLISTED\n");
}

static void while_waiting_a_pausing_clock_stands_still(void **state)
{
    (void)state;
    begin("SHOP");
    HAPPENS(&s, AT(0, 16, 0), "customer.left");
    HAPPENS(&s, AT(0, 17, 0), "case.waiting");
    assert_int_equal(s.c.status, CASE_WAITING);
    assert_int_equal(clock_named("dispute")->paused_at_ms, AT(0, 17, 0));
    HAPPENS(&s, AT(1, 10, 0), "case.resumed");
    /* 1 h of open time was used, 3 are left */
    assert_int_equal(clock_named("dispute")->steps[0].due_ms, AT(1, 13, 0));
    assert_int_equal(clock_named("no_contact")->paused_at_ms, 0);
}

static void a_snooze_holds_only_ones_own_repeated_pages(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "social.threatened");
    HAPPENS(&s, AT(0, 11, 1), "threat.assessed", FLAG("contained", true));
    HAPPENS(&s, AT(0, 11, 2), "notify.snoozed", WORDS("reporter", "HD"),
            COUNTED("minutes", 30));
    s.show |= SHOW_INFORMS;
    story_forget(&s);
    story_until(&s, AT(0, 11, 30));
    reads(&s, "Mon 11:10 page station_head DP TM-ACK-S2\n"
              "Mon 11:20 inform station_head HD TM-ACK-S2\n"
              "Mon 11:30 page regional_rep R1 TM-ACK-S2\n");
    HAPPENS(&s, AT(0, 11, 40), "social.posted");
    HAPPENS(&s, AT(0, 11, 41), "notify.snoozed", WORDS("reporter", "HD"));
    assert_int_equal(s.result, ENGINE_REFUSED);
}

static void taking_back_an_acknowledgement_calls_the_next(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "social.threatened");
    HAPPENS(&s, AT(0, 11, 1), "notify.ack", WORDS("reporter", "HD"));
    story_forget(&s);
    HAPPENS(&s, AT(0, 11, 2), "notify.unack", WORDS("reporter", "HD"));
    reads(&s, "Mon 11:02 page station_head DP notify.unack\n");
    assert_int_equal(s.c.acknowledged_tiers & (1u << HEAD), 0);
}

static void who_is_kept_from_the_customer_is_called_no_more(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 10, 30), "handler.swapped", WORDS("from", "HD"),
            WORDS("to", "E2"));
    HAPPENS(&s, AT(0, 11, 0), "social.threatened");
    reads(&s, "Mon 11:00 page station_head DP MD-06\n");
    assert_true(owns("E2"));
}

static void who_is_kept_from_the_customer_does_not_stand_in(void **state)
{
    (void)state;
    begin("NET"); /* B answers for AWAY */
    HAPPENS(&s, AT(0, 10, 30), "handler.swapped", WORDS("from", "B"),
            WORDS("to", "E2"));
    HAPPENS(&s, AT(0, 10, 40), "case.reassigned", WORDS("to", "AWAY"),
            WORDS("reporter", "HD"));
    assert_true(owns("AWAY"));
    story_forget(&s);
    HAPPENS(&s, AT(0, 11, 0), "customer.dissatisfied", COUNTED("level", 2));
    assert_null(strstr(s.text, " B "));
}

static void who_is_kept_from_the_customer_gets_the_case_no_more(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 10, 30), "handler.swapped", WORDS("from", "E1"),
            WORDS("to", "E1"));
    assert_int_equal(s.result, ENGINE_REFUSED);
    HAPPENS(&s, AT(0, 10, 30), "handler.swapped", WORDS("from", "E1"),
            WORDS("to", "E2"));
    HAPPENS(&s, AT(0, 10, 31), "case.reassigned", WORDS("to", "E1"),
            WORDS("reporter", "HD"));
    assert_int_equal(s.result, ENGINE_REFUSED);
    HAPPENS(&s, AT(0, 10, 32), "case.taken", WORDS("reporter", "E1"));
    assert_int_equal(s.result, ENGINE_REFUSED);
    assert_true(owns("E2"));
}

static void a_page_of_who_is_kept_from_the_customer_is_withdrawn(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 10, 20), "social.threatened"); /* rings at HD */
    assert_int_equal(s.c.page_count, 1);
    HAPPENS(&s, AT(0, 10, 21), "handler.swapped", WORDS("from", "HD"),
            WORDS("to", "E2"));
    for (uint8_t i = 0; i < s.c.page_count; i++)
        assert_false(name_is(&s.c.pages[i].person, TEXT("HD")));
    assert_non_null(case_clock(&s.c, s.policy->ack_clock,
                               TEXT("station_head"))); /* DP is next */
}

static void in_a_crisis_another_owner_is_no_answer(void **state)
{
    (void)state;
    story_begin(&s, "NET");
    HAPPENS(&s, AT(0, 10, 0), "case.opened", WORDS("owner", "E1"),
            WORDS("channel", "counter"));
    HAPPENS(&s, AT(0, 10, 1), "media.requested");
    HAPPENS(&s, AT(0, 10, 2), "handler.swapped", WORDS("from", "E1"),
            WORDS("to", "E2"), WORDS("reporter", "HD"));
    assert_non_null(
        case_clock(&s.c, s.policy->ack_clock, s.policy->roles[1].name));
    HAPPENS(&s, AT(0, 10, 3), "case.taken", WORDS("reporter", "B"));
    assert_null(case_clock(&s.c, s.policy->ack_clock,
                           s.policy->roles[1].name)); /* he comes himself */
}

static void a_lower_severity_takes_its_steps_from_the_beginning(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "customer.dissatisfied", COUNTED("level", 3));
    HAPPENS(&s, AT(0, 11, 1), "notify.ack", WORDS("reporter", "HD"));
    HAPPENS(&s, AT(0, 12, 0), "severity.changed", WORDS("to", "S4"),
            WORDS("reporter", "HD"));
    assert_int_equal(s.c.severity, 4);
    assert_int_equal(clock_named("plan")->steps[0].due_ms, AT(3, 10, 0));
    assert_int_equal(clock_named("no_contact")->steps[0].due_ms, AT(3, 10, 0));
    for (uint8_t i = 0; i < clock_named("plan")->step_count; i++)
        assert_int_equal(clock_named("plan")->steps[i].severity, 4);
}

static void renegotiated_before_it_is_due_there_is_no_miss(void **state)
{
    (void)state;
    begin("NET");
    s.show = SHOW_PROMISES;
    HAPPENS(&s, AT(0, 10, 5), "promise.made", WORDS("promise_id", "P1"),
            MOMENT("due", AT(0, 12, 0)), FLAG("accepted_by_customer", true));
    HAPPENS(&s, AT(0, 11, 58), "promise.renegotiated",
            WORDS("promise_id", "P1"), MOMENT("due", AT(0, 14, 0)));
    assert_int_equal(s.result, ENGINE_REFUSED); /* without consent */
    HAPPENS(&s, AT(0, 11, 59), "promise.renegotiated",
            WORDS("promise_id", "P1"), MOMENT("due", AT(0, 14, 0)),
            FLAG("accepted_by_customer", true));
    story_until(&s, AT(0, 13, 59));
    reads(&s, "Mon 10:05 promise P1 open\n"
              "Mon 11:58 refuse no_consent \n"
              "Mon 11:59 promise P1 open\n");
    HAPPENS(&s, AT(0, 14, 1), "promise.renegotiated", WORDS("promise_id", "P1"),
            MOMENT("due", AT(0, 16, 0)), FLAG("accepted_by_customer", true));
    tells(&s, "Mon 14:00 promise P1 missed\n");
    tells(&s, "Mon 14:01 refuse promise_over \n");
    assert_int_equal(s.result, ENGINE_REFUSED);
    assert_int_equal(case_promise(&s.c, TEXT("P1"))->due_ms, AT(0, 14, 0));
}

static void a_promise_that_was_kept_gets_no_other_time(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 10, 5), "promise.made", WORDS("promise_id", "P1"),
            MOMENT("due", AT(0, 12, 0)), FLAG("accepted_by_customer", true));
    HAPPENS(&s, AT(0, 11, 0), "promise.kept", WORDS("promise_id", "P1"));
    HAPPENS(&s, AT(0, 11, 1), "promise.renegotiated", WORDS("promise_id", "P1"),
            MOMENT("due", AT(0, 16, 0)), FLAG("accepted_by_customer", true));
    assert_int_equal(s.result, ENGINE_REFUSED);
    assert_true(
        text_equal(s.out->decisions.list[0].value, TEXT("promise_over")));
    HAPPENS(&s, AT(0, 11, 2), "promise.renegotiated", WORDS("source", "import"),
            WORDS("promise_id", "P1"), MOMENT("due", AT(0, 16, 0)),
            FLAG("accepted_by_customer", true));
    assert_int_equal(s.result, ENGINE_DECIDED); /* another system's fact */
}

static void acknowledge_page(int64_t at_ms, const char *who, struct text page)
{
    struct input in = {.kind = INPUT_EVENT,
                       .now_ms = at_ms,
                       .at_ms = at_ms,
                       .received_at_ms = at_ms,
                       .event = policy_kind(s.policy, TEXT("notify.ack")),
                       .case_id = TEXT("CASE"),
                       .reporter = text_of(who),
                       .page_id = page};

    story_decide(&s, &in);
}

static void a_page_of_a_higher_tier_is_not_his_to_answer(void **state)
{
    struct name page;

    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "social.threatened");
    page = s.c.pages[0].id;
    acknowledge_page(AT(0, 11, 1), "E1", name_text(&page));
    assert_int_equal(s.result, ENGINE_REFUSED);
    assert_true(text_equal(s.out->decisions.list[0].value,
                           TEXT("not_enough_authority")));
    assert_int_equal(s.c.acknowledged_tiers & 1u << s.c.pages[0].tier, 0);
    acknowledge_page(AT(0, 11, 2), "R1", name_text(&page)); /* from above */
    assert_int_equal(s.result, ENGINE_DECIDED);
}

static void a_gate_keeps_the_transition_back_but_not_an_import(void **state)
{
    bool bypassed = false;

    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "media.requested");
    HAPPENS(&s, AT(0, 11, 1), "case.resolved", WORDS("reporter", "E1"));
    assert_int_equal(s.result, ENGINE_DECIDED);
    assert_int_equal(s.c.status, CASE_OPEN);
    HAPPENS(&s, AT(0, 11, 2), "case.resolved", WORDS("source", "import"));
    assert_int_equal(s.c.status, CASE_RESOLVED);
    for (size_t i = 0; i < s.out->decisions.count; i++)
        bypassed |= s.out->decisions.list[i].kind == DECISION_BYPASS;
    assert_true(bypassed);
}

static void one_row_of_a_log_is_several_changes_in_their_order(void **state)
{
    const struct change changes[] = {
        {policy_kind(&service, TEXT("customer.redirected")), TEXT("A"),
         TEXT("B"), 2},
        {policy_kind(&service, TEXT("case.reassigned")), TEXT("A"), TEXT("B"),
         1},
        {policy_kind(&service, TEXT("severity.changed")), TEXT("S3"),
         TEXT("S2"), 1},
        {policy_kind(&service, TEXT("case.resolved")), TEXT(""), TEXT(""), 1},
        {policy_kind(&service, TEXT("case.resolved")), TEXT(""), TEXT(""), 1},
        {policy_kind(&service, TEXT("case.closed")), TEXT(""), TEXT(""), 1},
    };
    struct input in = {.kind = INPUT_EVENT,
                       .at_ms = AT(0, 9, 0),
                       .now_ms = AT(0, 9, 0),
                       .source = SOURCE_IMPORT,
                       .event = policy_kind(&service, TEXT("case.updated")),
                       .changes = changes,
                       .change_count = 6};

    (void)state;
    story_begin(&s, "GROUP-7");
    story_decide(&s, &in);
    assert_int_equal(s.result, ENGINE_DECIDED);
    assert_int_equal(s.c.counters[0], 2); /* it rose by two at once */
    assert_true(owns("B"));
    assert_int_equal(s.c.severity, 2);
    assert_int_equal(s.c.status, CASE_CLOSED);
    assert_int_equal(s.c.clock_count, 0); /* it is over: nobody is called */
    assert_int_equal(s.c.page_count, 0);
    story_decide(&s, &in);
    assert_int_equal(s.result, ENGINE_DECIDED);
    assert_int_equal(s.c.status, CASE_CLOSED);
}

static void a_case_may_close_unresolved_only_by_import(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "case.closed", WORDS("reporter", "E1"));
    assert_int_equal(s.result, ENGINE_REFUSED);
    HAPPENS(&s, AT(0, 11, 0), "case.closed", WORDS("source", "import"));
    assert_int_equal(s.c.status, CASE_CLOSED);
    assert_int_equal(s.c.clock_count, 0);
    assert_int_equal(s.c.page_count, 0);
}

static void not_satisfied_reopens_one_step_more_severe(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "case.resolved", WORDS("reporter", "E1"));
    HAPPENS(&s, AT(1, 11, 0), "followup.done", FLAG("satisfied", false));
    assert_int_equal(s.c.status, CASE_OPEN);
    assert_int_equal(s.c.severity, 3);
    tells(&s, "Tue 11:00 page station_head HD FB-02\n");
    HAPPENS(&s, AT(1, 12, 0), "case.resolved", WORDS("reporter", "E1"));
    HAPPENS(&s, AT(2, 11, 0), "followup.done", FLAG("satisfied", true));
    assert_int_equal(s.c.status, CASE_CLOSED);
}

static void an_unreachable_channel_calls_the_next_contact(void **state)
{
    struct name page;
    struct input in = {.kind = INPUT_RECEIPT,
                       .now_ms = AT(0, 11, 1),
                       .at_ms = AT(0, 11, 1),
                       .channel = TEXT("sms")};

    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "social.threatened");
    page = s.c.pages[0].id;
    in.page_id = name_text(&page);
    story_decide(&s, &in);
    tells(&s, "Mon 11:01 page station_head DP notify.failed\n");
    page = s.c.pages[1].id;
    story_forget(&s);
    story_decide(&s, &in); /* everybody was tried: the ladder's pace holds */
    reads(&s, "");
}

static void a_note_is_on_record_and_moves_nothing(void **state)
{
    (void)state;
    begin("NET");
    HAPPENS(&s, AT(0, 11, 0), "note.internal");
    assert_int_equal(s.out->decisions.count, 1);
    assert_int_equal(s.out->decisions.list[0].kind, DECISION_NOTE);
    assert_true(s.out->touched);
    assert_int_equal(s.c.last_sequence, s.sequence);
}

#define STORY(name) cmocka_unit_test_teardown(name, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(the_first_asked_owns_until_another_accepts),
        STORY(a_frozen_owner_is_for_a_higher_tier_to_change),
        STORY(an_opening_for_somebody_away_goes_to_his_delegate),
        STORY(while_waiting_a_pausing_clock_stands_still),
        STORY(a_snooze_holds_only_ones_own_repeated_pages),
        STORY(taking_back_an_acknowledgement_calls_the_next),
        STORY(who_is_kept_from_the_customer_is_called_no_more),
        STORY(who_is_kept_from_the_customer_does_not_stand_in),
        STORY(who_is_kept_from_the_customer_gets_the_case_no_more),
        STORY(a_page_of_who_is_kept_from_the_customer_is_withdrawn),
        STORY(in_a_crisis_another_owner_is_no_answer),
        STORY(a_lower_severity_takes_its_steps_from_the_beginning),
        STORY(renegotiated_before_it_is_due_there_is_no_miss),
        STORY(a_promise_that_was_kept_gets_no_other_time),
        STORY(a_page_of_a_higher_tier_is_not_his_to_answer),
        STORY(a_gate_keeps_the_transition_back_but_not_an_import),
        STORY(one_row_of_a_log_is_several_changes_in_their_order),
        STORY(a_case_may_close_unresolved_only_by_import),
        STORY(not_satisfied_reopens_one_step_more_severe),
        STORY(an_unreachable_channel_calls_the_next_contact),
        STORY(a_note_is_on_record_and_moves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
