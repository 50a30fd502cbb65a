/* Lists: balances, checklists, tasks that one person takes, requests that the
 * lowest tier with the authority answers. */
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

static void begin(void)
{
    story_begin(&s, "NET");
    HAPPENS(&s, AT(0, 10, 0), "case.opened", WORDS("owner", "E1"),
            WORDS("channel", "counter"));
    HAPPENS(&s, AT(0, 10, 1), "notify.ack", WORDS("reporter", "E1"));
    story_forget(&s);
}

static const struct item *find(const char *list, const char *key)
{
    for (uint8_t i = 0; i < s.c.item_count; i++)
        if (name_is(&s.c.items[i].key, text_of(key)) &&
            text_equal(s.policy->lists[s.c.items[i].list].name, text_of(list)))
            return &s.c.items[i];
    return NULL;
}

static enum item_state state_of(const char *list, const char *key)
{
    const struct item *i = find(list, key);
    assert_non_null(i);
    return i->state;
}

static void a_balance_is_even_when_as_much_came_back(void **state)
{
    (void)state;
    begin();
    HAPPENS(&s, AT(0, 11, 0), "part.removed", WORDS("promise_id", "screw"),
            WORDS("channel", "A"), COUNTED("count", 2));
    HAPPENS(&s, AT(0, 11, 1), "part.reinstalled", WORDS("promise_id", "screw"),
            WORDS("channel", "A"));
    assert_int_equal(state_of("custody", "screw/A"), ITEM_OPEN);
    assert_int_equal(find("custody", "screw/A")->number, 1000);
    HAPPENS(&s, AT(0, 11, 2), "part.reinstalled", WORDS("promise_id", "screw"));
    assert_int_equal(state_of("custody", "screw/A"), ITEM_DONE);
    HAPPENS(&s, AT(0, 11, 3), "part.reinstalled", WORDS("promise_id", "screw"));
    assert_int_equal(find("custody", "screw/A")->number, 0);
}

static void a_task_that_one_has_taken_is_not_anothers(void **state)
{
    (void)state;
    begin();
    HAPPENS(&s, AT(0, 11, 0), "task.dispatched", WORDS("promise_id", "call"));
    HAPPENS(&s, AT(0, 11, 1), "task.taken", WORDS("promise_id", "call"),
            WORDS("reporter", "A"));
    assert_int_equal(state_of("tasks", "call"), ITEM_TAKEN);
    HAPPENS(&s, AT(0, 11, 2), "task.taken", WORDS("promise_id", "call"),
            WORDS("reporter", "B"));
    assert_int_equal(s.result, ENGINE_REFUSED);
    assert_true(name_is(&find("tasks", "call")->by, TEXT("A")));
    HAPPENS(&s, AT(0, 11, 3), "task.taken", WORDS("promise_id", "call"),
            WORDS("reporter", "A"));
    assert_int_equal(s.result, ENGINE_DECIDED);
}

static void a_task_without_a_name_is_given_one(void **state)
{
    (void)state;
    begin();
    HAPPENS(&s, AT(0, 11, 0), "task.dispatched", MOMENT("due", AT(0, 12, 0)));
    HAPPENS(&s, AT(0, 11, 1), "task.dispatched", MOMENT("due", AT(0, 12, 30)));
    assert_int_equal(state_of("tasks", "T1"), ITEM_OPEN);
    HAPPENS(&s, AT(0, 11, 2), "task.done", WORDS("promise_id", "T2"));
    assert_int_equal(state_of("tasks", "T2"), ITEM_DONE);
    s.show = SHOW_PAGES | SHOW_FIRES;
    story_until(&s, AT(0, 13, 0));
    reads(&s, "Mon 12:00 fire task task\n"
              "Mon 12:00 page engineer E1 task\n"
              "Mon 12:00 page station_head HD task\n");
}

static void a_request_goes_to_the_lowest_tier_that_may(void **state)
{
    (void)state;
    begin();
    s.show = SHOW_PAGES;
    HAPPENS(&s, AT(0, 11, 0), "refund.requested", COUNTED("level", 1));
    HAPPENS(&s, AT(0, 11, 5), "refund.requested", COUNTED("level", 2));
    HAPPENS(&s, AT(0, 11, 6), "refund.requested", COUNTED("level", 2));
    assert_int_equal(find("refunds", "R1")->tier, HEAD);
    assert_int_equal(find("refunds", "R2")->tier, REP);
    assert_null(find("refunds", "R3")); /* it was asked already */
}

static void a_lower_tier_cannot_approve_and_nobody_twice(void **state)
{
    (void)state;
    begin();
    HAPPENS(&s, AT(0, 11, 0), "refund.requested", COUNTED("level", 2));
    HAPPENS(&s, AT(0, 11, 5), "request.approved", WORDS("item", "R1"),
            WORDS("reporter", "HD"));
    assert_int_equal(s.result, ENGINE_REFUSED);
    HAPPENS(&s, AT(0, 11, 6), "request.approved", WORDS("item", "R1"),
            WORDS("reporter", "C1"));
    assert_int_equal(state_of("refunds", "R1"), ITEM_APPROVED);
    HAPPENS(&s, AT(0, 11, 7), "request.rejected", WORDS("item", "R1"),
            WORDS("reporter", "C1"));
    assert_int_equal(s.result, ENGINE_REFUSED);
    HAPPENS(&s, AT(0, 11, 8), "request.rejected", WORDS("item", "R9"),
            WORDS("reporter", "C1"));
    assert_int_equal(s.result, ENGINE_REFUSED);
}

static void nobody_asks_for_less_than_nothing(void **state)
{
    (void)state;
    begin();
    HAPPENS(&s, AT(0, 11, 0), "refund.requested", COUNTED("level", -1),
            WORDS("reporter", "E1"));
    assert_int_equal(s.result, ENGINE_REFUSED);
    assert_null(find("refunds", "R1"));
}

static void who_may_decide_asks_nobody(void **state)
{
    (void)state;
    begin();
    HAPPENS(&s, AT(0, 11, 0), "refund.requested", COUNTED("level", 1),
            WORDS("reporter", "HD"));
    assert_int_equal(state_of("refunds", "R1"), ITEM_APPROVED);
    assert_int_equal(s.c.page_count, 0);
}

static void
an_unanswered_request_climbs_and_outlives_the_resolution(void **state)
{
    (void)state;
    begin();
    HAPPENS(&s, AT(0, 11, 0), "refund.requested", COUNTED("level", 1));
    HAPPENS(&s, AT(0, 11, 5), "case.resolved");
    story_until(&s, AT(1, 11, 0));
    assert_int_equal(find("refunds", "R1")->tier, REP);
    story_until(&s, AT(2, 11, 0));
    assert_int_equal(find("refunds", "R1")->tier, CENTER);
    story_until(&s, AT(4, 11, 0));
    assert_int_equal(find("refunds", "R1")->tier, CENTER);
    assert_int_equal(state_of("refunds", "R1"), ITEM_OPEN);
}

static void
a_checklist_begins_once_and_ignores_what_it_does_not_know(void **state)
{
    (void)state;
    begin();
    HAPPENS(&s, AT(0, 11, 0), "item.done", WORDS("step", "second"));
    assert_int_equal(s.c.item_count, 3);
    assert_int_equal(state_of("steps", "second"), ITEM_DONE);
    HAPPENS(&s, AT(0, 11, 1), "item.done", WORDS("step", "tenth"));
    assert_int_equal(s.c.item_count, 3);
    assert_int_equal(state_of("steps", "second"), ITEM_DONE);
    assert_int_equal(find("steps", "first")->due_ms, AT(0, 11, 30));
}

static void more_items_than_a_case_holds_are_refused(void **state)
{
    char key[8] = "a0";

    (void)state;
    begin();
    for (int i = 0; i < CASE_ITEMS_MAX; i++) {
        const struct field f[] = {
            {TEXT("promise_id"), {.kind = VALUE_TEXT, .text = {key, 2}}}};

        key[0] = (char)('a' + i / 10);
        key[1] = (char)('0' + i % 10);
        story_event(&s, AT(0, 11, i), "task.dispatched", f, 1);
        assert_int_equal(s.result, ENGINE_DECIDED);
    }
    HAPPENS(&s, AT(0, 12, 0), "task.dispatched", WORDS("promise_id", "more"));
    assert_int_equal(s.result, ENGINE_LIMIT);
    assert_int_equal(s.c.item_count, CASE_ITEMS_MAX);
}

#define CLAIM(f) cmocka_unit_test_teardown(f, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLAIM(a_balance_is_even_when_as_much_came_back),
        CLAIM(a_task_that_one_has_taken_is_not_anothers),
        CLAIM(a_task_without_a_name_is_given_one),
        CLAIM(a_request_goes_to_the_lowest_tier_that_may),
        CLAIM(nobody_asks_for_less_than_nothing),
        CLAIM(a_lower_tier_cannot_approve_and_nobody_twice),
        CLAIM(who_may_decide_asks_nobody),
        CLAIM(an_unanswered_request_climbs_and_outlives_the_resolution),
        CLAIM(a_checklist_begins_once_and_ignores_what_it_does_not_know),
        CLAIM(more_items_than_a_case_holds_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
