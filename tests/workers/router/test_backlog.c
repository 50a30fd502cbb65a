/* Cases that wait for what a station has still to tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "workers/router/backlog.h"

#define T(words) slice_of_text(words)

static void a_case_waits_until_its_station_has_told_all(void **state)
{
    struct backlog *b = backlog_new();

    (void)state;
    assert_false(backlog_any(b, 0));
    backlog_hold(b, T("ST-1"), T("C-1"), 0);
    backlog_hold(b, T("ST-2"), T("C-2"), 0);
    assert_true(backlog_holds(b, T("C-1"), 10));
    assert_false(backlog_holds(b, T("C-3"), 10));
    backlog_end(b, T("ST-1"));
    assert_false(backlog_holds(b, T("C-1"), 10));
    assert_true(backlog_holds(b, T("C-2"), 10));
    assert_true(backlog_any(b, 10));
    backlog_end(b, T("ST-2"));
    assert_false(backlog_any(b, 10));
    backlog_free(&b);
}

static void nobody_waits_longer_than_a_minute(void **state)
{
    struct backlog *b = backlog_new();

    (void)state;
    backlog_hold(b, T("ST-1"), T("C-1"), 0);
    backlog_hold(b, T("ST-1"), T("C-2"), LIMIT_BACKLOG_WAIT_MS - 1);
    assert_true(backlog_holds(b, T("C-2"), LIMIT_BACKLOG_WAIT_MS - 1));
    assert_false(backlog_holds(b, T("C-1"), LIMIT_BACKLOG_WAIT_MS));
    assert_false(backlog_holds(b, T("C-2"), LIMIT_BACKLOG_WAIT_MS));
    assert_false(backlog_any(b, LIMIT_BACKLOG_WAIT_MS));
    backlog_free(&b);
}

static void past_its_bound_cases_do_not_wait(void **state)
{
    struct backlog *b = backlog_new();
    char id[16];
    size_t held = 0;

    (void)state;
    for (int i = 0; i < BACKLOG_CASES + 100; i++) {
        snprintf(id, sizeof id, "C-%d", i);
        backlog_hold(b, T("ST-1"), T(id), 0);
        held += backlog_holds(b, T(id), 1);
    }
    assert_int_equal(held, BACKLOG_CASES);
    backlog_end(b, T("ST-1"));
    assert_false(backlog_holds(b, T("C-1"), 1));
    backlog_free(&b);
}

static void whoever_waits_hears_once_that_the_wait_is_over(void **state)
{
    struct backlog *b = backlog_new();

    (void)state;
    assert_false(backlog_let_go(b, 0));
    assert_true(backlog_next_ms(b) == INT64_MAX);
    backlog_hold(b, T("ST-1"), T("C-1"), 0);
    backlog_hold(b, T("ST-2"), T("C-2"), 10);
    assert_false(backlog_let_go(b, 20));
    assert_int_equal(backlog_next_ms(b), LIMIT_BACKLOG_WAIT_MS);
    backlog_end(b, T("ST-1"));
    assert_true(backlog_let_go(b, 20));
    assert_false(backlog_let_go(b, 20));
    assert_int_equal(backlog_next_ms(b), LIMIT_BACKLOG_WAIT_MS + 10);
    assert_true(backlog_let_go(b, LIMIT_BACKLOG_WAIT_MS + 10));
    assert_false(backlog_holds(b, T("C-2"), 20));
    assert_true(backlog_next_ms(b) == INT64_MAX);
    /* its wait is over: more of it does not wait again */
    backlog_hold(b, T("ST-2"), T("C-3"), LIMIT_BACKLOG_WAIT_MS + 20);
    assert_false(backlog_any(b, LIMIT_BACKLOG_WAIT_MS + 20));
    backlog_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_waits_until_its_station_has_told_all),
        cmocka_unit_test(nobody_waits_longer_than_a_minute),
        cmocka_unit_test(whoever_waits_hears_once_that_the_wait_is_over),
        cmocka_unit_test(past_its_bound_cases_do_not_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
