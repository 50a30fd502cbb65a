/* The scenarios of scenarios.md that the engine alone can tell, exact to the
 * minute. Mode A: every page is acknowledged after two minutes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "story.h"

static struct story s;

static void begin(const char *station, bool answered)
{
    story_begin(&s, station);
    s.answer_after_ms = answered ? 120000 : 0;
}

/* LN-3, days as there: Monday is day 0. The departure itself is the handover
 * object's; what it does to the case is an order to the head. */
static void LN3_two_promises_are_forgotten_by_two_leavers(void **state)
{
    (void)state;
    begin("SHOP", true);
    HAPPENS(&s, AT(0, 10, 0), "case.opened", WORDS("owner", "E1"),
            WORDS("channel", "counter"));
    HAPPENS(&s, AT(0, 10, 5), "promise.made", WORDS("promise_id", "P1"),
            MOMENT("due", AT(1, 12, 0)), WORDS("granularity", "day"),
            FLAG("accepted_by_customer", true));
    HAPPENS(&s, AT(0, 10, 5), "promise.made", WORDS("promise_id", "P2"),
            MOMENT("due", AT(2, 12, 0)), WORDS("granularity", "day"),
            FLAG("accepted_by_customer", true));
    HAPPENS(&s, AT(0, 18, 0), "case.reassigned", WORDS("to", "HD"),
            WORDS("source", "system"));
    HAPPENS(&s, AT(2, 14, 1), "customer.dissatisfied", COUNTED("level", 2));
    HAPPENS(&s, AT(2, 14, 25), "promise.kept", WORDS("promise_id", "P2"));
    HAPPENS(&s, AT(2, 14, 25), "promise.made", WORDS("promise_id", "P3"),
            WORDS("depends_on", "part"), FLAG("accepted_by_customer", true));
    story_until(&s, AT(6, 18, 0));
    reads(&s, "Mon 10:00 page engineer E1 OW-01\n"
              "Tue 09:00 page engineer HD PR-01\n"
              "Tue 16:00 page engineer HD PR-01\n"
              "Tue 18:00 page station_head DP PR-02\n"
              "Wed 09:00 page engineer HD PR-01\n"
              "Wed 14:01 page engineer HD ES-04\n"
              "Wed 14:01 page station_head DP ES-04\n"
              "Wed 14:25 page engineer HD PR-07\n"
              "Thu 09:25 page station_head DP PR-04\n"
              "Thu 14:25 page station_head DP PLAN-S3\n"
              "Sat 09:00 page engineer HD PR-01\n"
              "Sat 14:25 page regional_rep R1 PLAN-S3\n"
              "Sat 14:25 page engineer HD CT-01\n"
              "Sat 14:25 page station_head DP CT-01\n"
              "Sat 16:00 page engineer HD PR-01\n"
              "Sat 18:00 page station_head DP PR-02\n"
              "Sat 18:00 page regional_rep R1 PR-02\n"
              "Sat 19:00 page station_head DP FIRST-S2\n"
              "Sat 19:00 page regional_rep R1 FIRST-S2\n"
              "Sat 22:00 page regional_rep R1 PLAN-S2\n"
              "Sun 18:00 page crisis_center C1 PLAN-S2\n"
              "Sun 18:00 page station_head DP CT-01-S2\n");
    story_end(&s);
}

static void HW5B_nobody_answers_and_the_ladder_runs_through(void **state)
{
    (void)state;
    begin("NET", false);
    HAPPENS(&s, AT(5, 22, 0), "case.opened", WORDS("owner", "A"),
            WORDS("channel", "phone"));
    HAPPENS(&s, AT(5, 22, 1), "notify.ack", WORDS("reporter", "A"));
    story_forget(&s);
    HAPPENS(&s, AT(5, 23, 0), "op.performed", WORDS("result", "failed"));
    story_until(&s, AT(6, 0, 0));
    reads(&s, "Sat 23:00 page engineer A OP-06\n"
              "Sat 23:00 page station_head HD OP-06\n"
              "Sat 23:10 page station_head DP TM-ACK-S2\n"
              "Sat 23:20 page station_head HD TM-ACK-S2\n"
              "Sat 23:30 page regional_rep R1 TM-ACK-S2\n"
              "Sun 00:00 page station_head HD FIRST-S2\n"
              "Sun 00:00 page regional_rep R1 FIRST-S2\n"
              "Sun 00:00 page crisis_center C1 TM-ACK-S2\n");
    story_end(&s);
}

static void HW5A_a_meeting_is_no_acknowledgement(void **state)
{
    (void)state;
    begin("NET", true);
    HAPPENS(&s, AT(1, 10, 0), "case.opened", WORDS("owner", "A"),
            WORDS("channel", "phone"));
    HAPPENS(&s, AT(2, 11, 0), "promise.made", WORDS("promise_id", "P1"),
            FLAG("accepted_by_customer", true));
    HAPPENS(&s, AT(5, 23, 0), "op.performed", WORDS("result", "failed"));
    HAPPENS(&s, AT(7, 10, 30), "staff.unreachable", WORDS("person", "DP"));
    HAPPENS(&s, AT(7, 10, 45), "staff.unreachable", WORDS("person", "DP"));
    HAPPENS(&s, AT(7, 11, 30), "complaint.opened",
            WORDS("channel", "hotline_400"));
    tells(&s, "Wed 11:00 page engineer A PR-07\n");
    tells(&s, "Fri 10:00 page station_head HD PLAN-S4\n");
    tells(&s, "Sat 11:00 page engineer A CT-01\n"
              "Sat 11:00 page station_head HD CT-01\n");
    tells(&s, "Sat 18:00 page station_head HD PR-02\n");
    tells(&s, "Sat 23:00 page engineer A OP-06\n"
              "Sat 23:00 page station_head HD OP-06\n");
    tells(&s, "Sun 00:00 page station_head HD FIRST-S2\n"
              "Sun 00:00 page regional_rep R1 FIRST-S2\n");
    tells(&s, "Sun 03:00 page regional_rep R1 PLAN-S2\n");
    tells(&s, "Sun 23:00 page crisis_center C1 PLAN-S2\n"
              "Sun 23:00 page station_head HD CT-01-S2\n");
    tells(&s, "Mon 10:30 page station_head HD staff.unreachable\n");
    tells(&s, "Mon 10:45 page regional_rep R1 staff.unreachable\n");
    tells(&s, "Mon 11:30 page engineer A ES-05\n"
              "+7 Mon 11:30 page station_head HD ES-05\n"
              "+7 Mon 11:30 page regional_rep R1 ES-05\n");
    story_end(&s);
}

static void LN1_a_threat_and_then_a_scuffle(void **state)
{
    (void)state;
    begin("SHOP", true);
    HAPPENS(&s, AT(6, 10, 30), "case.opened", WORDS("owner", "E1"),
            WORDS("channel", "counter"));
    HAPPENS(&s, AT(6, 10, 32), "request.declined", WORDS("reason", "policy"));
    HAPPENS(&s, AT(6, 10, 33), "customer.dissatisfied", COUNTED("level", 2));
    HAPPENS(&s, AT(6, 10, 40), "promise.made", WORDS("promise_id", "P1"),
            MOMENT("due", AT(6, 12, 0)), WORDS("granularity", "day"),
            FLAG("accepted_by_customer", true));
    HAPPENS(&s, AT(6, 11, 15), "decision.reversed",
            WORDS("earlier_promise", "P1"));
    HAPPENS(&s, AT(6, 11, 18), "social.threatened");
    HAPPENS(&s, AT(6, 11, 25), "conflict.physical");
    HAPPENS(&s, AT(6, 15, 0), "social.posted");
    tells(&s, "Sun 10:33 page engineer E1 ES-04\n"
              "Sun 10:33 page station_head HD ES-04\n");
    tells(&s, "Sun 11:15 page station_head HD OW-06\n");
    tells(&s, "Sun 11:18 page station_head HD MD-06\n");
    tells(&s, "Sun 11:25 page station_head HD MD-13\n"
              "Sun 11:25 page regional_rep R1 MD-13\n"
              "Sun 11:25 page crisis_center C1 MD-13\n");
    tells(&s, "Sun 11:55 page regional_rep R1 MD-04\n"
              "Sun 11:55 page crisis_center C1 MD-04\n");
    tells(&s, "Sun 12:25 page crisis_center C1 PLAN-S1\n");
    tells(&s, "Sun 15:00 page station_head HD MD-08\n"
              "Sun 15:00 page regional_rep R1 MD-08\n"
              "Sun 15:00 page crisis_center C1 MD-08\n");
    tells_not(&s, "OW-07\nSun 11:0"); /* the decline was settled by P1 */
    tells_not(&s, "MD-07");           /* the threat was superseded */
    tells_not(&s, "PR-02 ");
    story_end(&s);
}

static void LN1_without_the_scuffle_the_threat_expires(void **state)
{
    (void)state;
    begin("SHOP", true);
    HAPPENS(&s, AT(6, 10, 30), "case.opened", WORDS("owner", "E1"),
            WORDS("channel", "counter"));
    HAPPENS(&s, AT(6, 11, 18), "social.threatened");
    story_until(&s, AT(6, 11, 40));
    reads(&s, "Sun 10:30 page engineer E1 OW-01\n"
              "Sun 11:18 page station_head HD MD-06\n"
              "Sun 11:33 page regional_rep R1 MD-07\n"
              "Sun 11:33 page crisis_center C1 MD-07\n");
    story_end(&s);
}

static void LN4_a_crew_in_the_shop_and_a_case_that_stays_open(void **state)
{
    (void)state;
    begin("SHOP", true);
    HAPPENS(&s, AT(7, 10, 0), "case.opened", WORDS("owner", "E1"),
            WORDS("channel", "counter"));
    HAPPENS(&s, AT(7, 10, 50), "customer.dissatisfied", COUNTED("level", 2));
    HAPPENS(&s, AT(7, 10, 50), "customer.left", FLAG("dispute_open", true));
    HAPPENS(&s, AT(7, 15, 0), "media.requested");
    HAPPENS(&s, AT(7, 15, 5), "media.answered");
    HAPPENS(&s, AT(7, 15, 50), "case.resolved", WORDS("reporter", "E1"));
    assert_int_equal(s.result, ENGINE_DECIDED);
    story_until(&s, AT(7, 16, 0));
    reads(&s, "+7 Mon 10:00 page engineer E1 OW-01\n"
              "+7 Mon 10:50 page engineer E1 ES-04\n"
              "+7 Mon 10:50 page station_head HD ES-04\n"
              "+7 Mon 14:50 page regional_rep R1 FE-04\n"
              "+7 Mon 15:00 page station_head HD MD-01\n"
              "+7 Mon 15:00 page regional_rep R1 MD-01\n"
              "+7 Mon 15:00 page crisis_center C1 MD-01\n"
              "+7 Mon 15:05 page regional_rep R1 MD-02\n"
              "+7 Mon 15:05 page crisis_center C1 MD-02\n"
              "+7 Mon 15:30 page regional_rep R1 MD-04\n"
              "+7 Mon 15:30 page crisis_center C1 MD-04\n"
              "+7 Mon 15:50 refuse gate MD-05\n"
              "+7 Mon 15:50 page crisis_center C1 MD-05\n"
              "+7 Mon 16:00 page crisis_center C1 PLAN-S1\n");
    assert_int_equal(s.c.status, CASE_OPEN);
    story_end(&s);
}

static void HW1_passed_on_from_A_to_B_to_C(void **state)
{
    (void)state;
    begin("NET", true);
    HAPPENS(&s, AT(1, 17, 20), "case.opened", WORDS("to", "A"),
            WORDS("channel", "phone"));
    HAPPENS(&s, AT(1, 17, 25), "customer.redirected", WORDS("from", "A"),
            WORDS("to", "B"));
    HAPPENS(&s, AT(1, 17, 33), "customer.redirected", WORDS("from", "B"),
            WORDS("to", "C"));
    HAPPENS(&s, AT(1, 17, 45), "customer.dissatisfied", COUNTED("level", 3));
    HAPPENS(&s, AT(1, 17, 57), "complaint.opened",
            WORDS("channel", "hotline_400"));
    assert_true(name_is(&s.c.owner, TEXT("A")));
    assert_int_equal(s.c.owner_frozen, 1);
    HAPPENS(&s, AT(1, 18, 20), "customer.contacted");
    HAPPENS(&s, AT(1, 18, 20), "case.plan_agreed");
    story_until(&s, AT(1, 23, 0));
    reads(&s, "Tue 17:20 page engineer A OW-01\n"
              "Tue 17:33 page station_head HD OW-03\n"
              "Tue 17:40 page engineer A OW-02\n"
              "Tue 17:45 page engineer A ES-02\n"
              "Tue 17:45 page station_head HD ES-02\n"
              "Tue 17:57 page engineer A ES-05\n"
              "Tue 17:57 page station_head HD ES-05\n"
              "Tue 17:57 page regional_rep R1 ES-05\n");
    story_end(&s);
}

/* 2015-11-27 10:00 is told as day 0, 10:00: 42 days of silence. */
static void HW11_forty_four_days_of_silence(void **state)
{
    (void)state;
    begin("NET", true);
    HAPPENS(&s, AT(0, 10, 0), "case.opened", WORDS("reporter", "A"),
            WORDS("channel", "phone"));
    HAPPENS(&s, AT(0, 10, 0), "customer.redirected", WORDS("from", "A"),
            WORDS("to", "B"));
    HAPPENS(&s, AT(42, 10, 0), "customer.contacted",
            WORDS("result", "unhappy"));
    HAPPENS(&s, AT(42, 10, 0), "customer.dissatisfied", COUNTED("level", 2));
    HAPPENS(&s, AT(45, 9, 0), "complaint.opened",
            WORDS("channel", "hotline_400"));
    reads(&s, "Mon 10:00 page engineer A OW-01\n"
              "Mon 10:15 page engineer A OW-02\n"
              "Thu 10:00 page station_head HD PLAN-S4\n"
              "Thu 10:00 page engineer A CT-01\n"
              "+7 Mon 10:00 page regional_rep R1 PLAN-S4\n"
              "+14 Mon 10:00 page crisis_center C1 CT-01\n"
              "+42 Mon 10:00 page engineer A CT-02\n"
              "+42 Mon 10:00 page station_head HD CT-02\n"
              "+42 Mon 10:00 page engineer A ES-04\n"
              "+42 Mon 10:00 page station_head HD ES-04\n"
              "+43 Tue 10:00 page station_head HD PLAN-S3\n"
              "+44 Wed 10:00 page regional_rep R1 PR-10\n"
              "+45 Thu 09:00 page engineer A ES-05\n"
              "+45 Thu 09:00 page station_head HD ES-05\n"
              "+45 Thu 09:00 page regional_rep R1 ES-05\n");
    assert_int_equal(s.c.severity, 2);
    story_end(&s);
}

static void DC1_settled_at_the_counter(void **state)
{
    (void)state;
    begin("SHOP", true);
    HAPPENS(&s, AT(0, 10, 0), "case.opened", WORDS("owner", "E1"),
            WORDS("channel", "counter"));
    HAPPENS(&s, AT(0, 10, 5), "customer.dissatisfied", COUNTED("level", 2));
    HAPPENS(&s, AT(0, 10, 25), "case.resolved", WORDS("reporter", "E1"));
    story_until(&s, AT(2, 10, 25));
    reads(&s, "Mon 10:00 page engineer E1 OW-01\n"
              "Mon 10:05 page engineer E1 ES-04\n"
              "Mon 10:05 page station_head HD ES-04\n"
              "Wed 10:25 page engineer E1 FB-01\n");
    story_end(&s);
}

static void SC35_calls_through_the_night(void **state)
{
    (void)state;
    begin("NET", true);
    HAPPENS(&s, AT(0, 15, 15), "error.self_detected", WORDS("owner", "E1"));
    HAPPENS(&s, AT(1, 9, 0), "customer.contacted");
    HAPPENS(&s, AT(1, 9, 0), "case.plan_agreed");
    HAPPENS(&s, AT(1, 9, 20), "case.resolved", WORDS("reporter", "E1"));
    story_until(&s, AT(2, 9, 20));
    reads(&s, "Mon 15:15 page station_head HD TE-02\n"
              "Mon 16:15 page station_head HD FIRST-S2\n"
              "Mon 16:15 page regional_rep R1 FIRST-S2\n"
              "Mon 19:15 page regional_rep R1 PLAN-S2\n"
              "Wed 09:20 page engineer E1 FB-01\n");
    story_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(LN3_two_promises_are_forgotten_by_two_leavers),
        cmocka_unit_test(HW5B_nobody_answers_and_the_ladder_runs_through),
        cmocka_unit_test(HW5A_a_meeting_is_no_acknowledgement),
        cmocka_unit_test(LN1_a_threat_and_then_a_scuffle),
        cmocka_unit_test(LN1_without_the_scuffle_the_threat_expires),
        cmocka_unit_test(LN4_a_crew_in_the_shop_and_a_case_that_stays_open),
        cmocka_unit_test(HW1_passed_on_from_A_to_B_to_C),
        cmocka_unit_test(HW11_forty_four_days_of_silence),
        cmocka_unit_test(DC1_settled_at_the_counter),
        cmocka_unit_test(SC35_calls_through_the_night),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
