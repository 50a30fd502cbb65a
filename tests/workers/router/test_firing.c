/* What is due is in the journal soon, whatever else goes on. */
#include "tests/workers/router/desk.h"

#include <stdio.h>

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS };

static uint64_t batches(const struct desk *d)
{
    struct router_figures f;

    router_figures(d->router, &f);
    return f.batches;
}

/* So many cases with a promise each, the first due at first_ms. */
static void promise(struct desk *d, const char *prefix, int count,
                    int64_t first_ms, int64_t apart_ms)
{
    char id[32];

    for (int i = 0; i < count; i++) {
        snprintf(id, sizeof id, "%s-%d", prefix, i);
        desk_event(d, "ST-1", (struct desk_event){"case.opened", id, 0, 0});
        desk_event(d, "ST-1",
                   (struct desk_event){"promise.made", id, 0,
                                       first_ms + i * apart_ms});
    }
    (void)router_turn(d->router, true);
    assert_int_equal(d->refusals, 0);
}

static void one_timer_is_fired_in_the_millisecond_that_it_is_due(void **state)
{
    struct desk *d = *state;
    int64_t due_ms = desk_now_ms(d) + MINUTE_MS + 17;

    promise(d, "C", 1, due_ms, 0);
    desk_run(d, due_ms + 2 * SECOND_MS);
    assert_int_equal(d->fired, 1);
    assert_in_range(d->latest_ms, 0, 1);
}

static void what_falls_due_during_a_turn_is_not_waited_for(void **state)
{
    struct desk *d = *state;

    promise(d, "C", 300, desk_now_ms(d) + MINUTE_MS, 3);
    desk_run(d, desk_now_ms(d) + 50 * SECOND_MS);
    d->reading_us = 330; /* a turn takes a millisecond or two from here on */
    desk_run(d, desk_now_ms(d) + 20 * SECOND_MS);
    assert_int_equal(d->fired, 300);
    assert_in_range(d->latest_ms, 0, 14);
}

static void timers_that_come_one_after_the_other_share_a_commit(void **state)
{
    struct desk *d = *state;
    uint64_t before;

    promise(d, "C", 400, desk_now_ms(d) + MINUTE_MS, 1);
    desk_run(d, desk_now_ms(d) + 50 * SECOND_MS);
    before = batches(d);
    desk_run(d, desk_now_ms(d) + 20 * SECOND_MS);
    assert_int_equal(d->fired, 400);
    assert_in_range(d->latest_ms, 0, 14);
    assert_in_range(batches(d) - before, 1, 400 / 4);
}

/* A station that was cut off tells of very many cases and has more to tell. */
static void cases_that_wait_for_a_backlog_hold_up_nobody_else(void **state)
{
    enum { HELD = 5000 };
    struct desk *d = *state;
    char id[32];
    int64_t due_ms = desk_now_ms(d) + 10 * MINUTE_MS;

    promise(d, "H", HELD, due_ms - MINUTE_MS, 0);
    promise(d, "F", 1, due_ms, 0);
    desk_run(d, due_ms - MINUTE_MS - SECOND_MS);
    for (int i = 0; i < HELD; i++) {
        snprintf(id, sizeof id, "H-%d", i);
        desk_events(d, "ST-1",
                    &(struct desk_event){"note.internal", id,
                                         desk_now_ms(d) - 5 * MINUTE_MS, 0},
                    1, 100);
    }
    assert_int_equal(d->refusals, 0);
    desk_run(d, due_ms - 10 * SECOND_MS);
    assert_int_equal(d->fired, 0);
    desk_run(d, due_ms - SECOND_MS - 500);
    assert_int_equal(d->fired, 0);
    desk_run(d, due_ms - 500);
    assert_int_equal(d->fired, HELD); /* they wait for a minute at most */
    desk_run(d, due_ms + 100);
    assert_int_equal(d->fired, HELD + 1);
    assert_string_equal(d->heard_case, "F-0");
}

static void others_are_on_time_while_very_many_wait(void **state)
{
    enum { HELD = 5000 };
    struct desk *d = *state;
    char id[32];
    int64_t due_ms = desk_now_ms(d) + 10 * MINUTE_MS;

    promise(d, "H", HELD, due_ms - 10 * SECOND_MS, 0);
    promise(d, "F", 100, due_ms, 10);
    desk_run(d, due_ms - 15 * SECOND_MS);
    for (int i = 0; i < HELD; i++) {
        snprintf(id, sizeof id, "H-%d", i);
        desk_events(d, "ST-1",
                    &(struct desk_event){"note.internal", id,
                                         desk_now_ms(d) - 5 * MINUTE_MS, 0},
                    1, 100);
    }
    desk_run(d, due_ms + 10 * SECOND_MS);
    assert_int_equal(d->fired, 100);
    assert_in_range(d->latest_ms, 0, 14);
    /* its last message: nothing follows */
    desk_event(d, "ST-1", (struct desk_event){"note.internal", "H-0", 0, 0});
    desk_run(d, desk_now_ms(d) + 2 * SECOND_MS);
    assert_int_equal(d->fired, 100 + HELD);
}

int main(void)
{
#define STORY(name)                                                            \
    cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        STORY(one_timer_is_fired_in_the_millisecond_that_it_is_due),
        STORY(what_falls_due_during_a_turn_is_not_waited_for),
        STORY(timers_that_come_one_after_the_other_share_a_commit),
        STORY(cases_that_wait_for_a_backlog_hold_up_nobody_else),
        STORY(others_are_on_time_while_very_many_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
