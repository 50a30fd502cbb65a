/* Commands are done once, whoever asks however often. */
#include "tests/workers/router/desk.h"

static void the_same_order_again_is_answered_again(void **state)
{
    struct desk *d = *state;
    struct router_figures before, after;

    desk_event(d, "ST-LN-04", (struct desk_event){"case.opened", "C-1", 0, 0});
    desk_note(d, "R-1", "C-1", "the part is here");
    assert_int_equal(d->code, REFUSAL_NONE);
    router_figures(d->router, &before);
    desk_note(d, "R-1", "C-1", "the part is here");
    assert_int_equal(d->code, REFUSAL_NONE);
    assert_true(d->repeated);
    desk_restart(d, 1000);
    desk_note(d, "R-1", "C-1", "the part is here");
    assert_int_equal(d->code, REFUSAL_NONE);
    router_figures(d->router, &after);
    assert_int_equal(before.last_seq, after.last_seq);
}

static void another_order_under_the_same_id_is_refused(void **state)
{
    struct desk *d = *state;
    struct router_figures before, after;

    desk_event(d, "ST-LN-04", (struct desk_event){"case.opened", "C-1", 0, 0});
    desk_event(d, "ST-LN-04", (struct desk_event){"case.opened", "C-2", 0, 0});
    desk_note(d, "R-1", "C-1", "the part is here");
    assert_int_equal(d->code, REFUSAL_NONE);
    router_figures(d->router, &before);
    desk_note(d, "R-1", "C-1", "the part is lost");
    assert_int_equal(d->code, REFUSAL_DUPLICATE_DIFFERS);
    desk_restart(d, 1000);
    desk_note(d, "R-1", "C-2", "the part is here");
    assert_int_equal(d->code, REFUSAL_DUPLICATE_DIFFERS);
    desk_note(d, "R-1", "C-1", "the part is here");
    assert_int_equal(d->code, REFUSAL_NONE);
    assert_true(d->repeated);
    router_figures(d->router, &after);
    assert_int_equal(before.last_seq, after.last_seq);
}

int main(void)
{
#define STORY(name)                                                            \
    cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        STORY(the_same_order_again_is_answered_again),
        STORY(another_order_under_the_same_id_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
