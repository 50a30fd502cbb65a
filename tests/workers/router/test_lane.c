/* A page goes out again when it is known that nobody has it, and only then. */
#include "tests/workers/router/desk.h"

enum { ENGINEER = 1, SECOND_MS = 1000 };

static void turn(struct desk *d)
{
    desk_run(d, desk_now_ms(d) + SECOND_MS);
}

/* A router whom the broker knows, and one page to the engineer. */
static void page(struct desk *d, uint32_t workers)
{
    router_welcome(d->router);
    router_lane(d->router, ENGINEER, workers);
    desk_event(d, "ST-LN-04", (struct desk_event){"case.opened", "C-1", 0, 0});
    turn(d);
    assert_int_equal(d->pages, 1);
    assert_int_equal(d->sent, 1);
}

static void
the_first_worker_of_a_tier_gets_what_was_sent_before_he_came(void **state)
{
    struct desk *d = *state;

    page(d, 0);
    router_lane(d->router, ENGINEER, 1);
    turn(d);
    assert_int_equal(d->sent, 2);
}

static void
a_tier_without_workers_is_not_sent_the_same_page_at_each_word(void **state)
{
    struct desk *d = *state;

    page(d, 0);
    for (int i = 0; i < 5; i++) {
        router_lane(d->router, ENGINEER, 0);
        turn(d);
    }
    assert_int_equal(d->sent, 1);
}

static void a_page_is_with_its_worker_until_one_goes(void **state)
{
    struct desk *d = *state;

    page(d, 1);
    router_lane(d->router, ENGINEER, 2);
    turn(d);
    router_lane(d->router, ENGINEER, 2); /* his credit has changed */
    turn(d);
    assert_int_equal(d->sent, 1);
    router_lane(d->router, ENGINEER, 1);
    turn(d);
    assert_int_equal(d->sent, 2);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_worker_of_a_tier_gets_what_was_sent_before_he_came),
        TEST(a_tier_without_workers_is_not_sent_the_same_page_at_each_word),
        TEST(a_page_is_with_its_worker_until_one_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
