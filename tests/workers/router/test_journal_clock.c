/* The journal's clock against a boot clock that goes on and a wall clock that
 * is moved about. Times in seconds from a fixed moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "workers/router/journal_clock.h"

#define T0 1479988800000LL /* 2016-11-24T12:00:00Z */
#define S(n) ((int64_t)(n)*1000)
#define DAY S(86400)

struct hands {
    struct journal_clock clock;
    int64_t boot_ms, wall_ms;
};

static void start(struct hands *h, int64_t last_ms)
{
    struct journal_clock_start s = {.last_ms = last_ms};

    h->boot_ms = S(1000);
    h->wall_ms = T0;
    journal_clock_init(&h->clock, &s, h->boot_ms, h->wall_ms);
}

static int64_t after(struct hands *h, int64_t ms)
{
    h->boot_ms += ms;
    h->wall_ms += ms;
    return journal_clock_now(&h->clock, h->boot_ms, h->wall_ms);
}

static void it_follows_the_wall_clock(void **state)
{
    struct hands h;

    (void)state;
    start(&h, T0 - DAY);
    assert_int_equal(after(&h, 0), T0);
    assert_int_equal(after(&h, S(5)), T0 + S(5));
    h.wall_ms += S(30); /* a small correction */
    assert_int_equal(after(&h, S(1)), T0 + S(36));
}

static void a_day_ahead_is_not_believed_within_the_grace(void **state)
{
    struct hands h;

    (void)state;
    start(&h, T0);
    h.wall_ms += DAY;
    assert_int_equal(after(&h, S(1)), T0 + S(1));
    assert_true(journal_clock_doubts(&h.clock));
    assert_int_equal(after(&h, S(60)), T0 + S(61));
    h.wall_ms -= DAY; /* and back: as if nothing had been */
    assert_int_equal(after(&h, S(1)), T0 + S(62));
    assert_false(journal_clock_doubts(&h.clock));
}

static void a_day_ahead_is_adopted_after_the_grace(void **state)
{
    struct hands h;

    (void)state;
    start(&h, T0);
    h.wall_ms += DAY;
    (void)after(&h, S(1));
    assert_int_equal(after(&h, LIMIT_CLOCK_GRACE_MS),
                     T0 + DAY + S(1) + LIMIT_CLOCK_GRACE_MS);
    assert_false(journal_clock_doubts(&h.clock));
}

static void an_operator_need_not_wait_for_the_grace(void **state)
{
    struct hands h;

    (void)state;
    start(&h, T0);
    h.wall_ms += DAY;
    (void)after(&h, S(1));
    journal_clock_adopt(&h.clock, h.wall_ms);
    assert_int_equal(after(&h, S(1)), T0 + DAY + S(2));
}

static void set_back_it_goes_on_slower_until_they_meet(void **state)
{
    struct hands h;
    int64_t last, now;

    (void)state;
    start(&h, T0);
    h.wall_ms -= S(100);
    last = after(&h, 0);
    for (int i = 0; i < 100000; i++, last = now) {
        now = after(&h, 20);
        assert_true(now > last && now - last <= 20);
        assert_true(now >= h.wall_ms);
    }
    assert_int_equal(last, h.wall_ms); /* 2,000 s gone, 100 s given back */
}

static void it_never_goes_back_and_never_stands(void **state)
{
    struct hands h;
    uint64_t x = 88172645463325252u;
    int64_t last;

    (void)state;
    start(&h, T0);
    last = after(&h, 0);
    for (int i = 0; i < 20000; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        if (x % 50 == 0)
            h.wall_ms += (int64_t)(x % 400000) - 200000;
        int64_t now = after(&h, 100);
        assert_true(now > last);
        last = now;
    }
}

static void after_a_stop_the_wall_clock_is_believed(void **state)
{
    struct hands h;

    (void)state;
    start(&h, T0 - 14 * DAY);
    assert_int_equal(h.clock.now_ms, T0);
}

static void a_journal_ahead_of_the_wall_is_not_turned_back(void **state)
{
    struct hands h;

    (void)state;
    start(&h, T0 + S(50));
    assert_int_equal(h.clock.now_ms, T0 + S(50));
    assert_true(after(&h, S(10)) > T0 + S(50));
}

static void a_drill_clock_moves_only_when_told(void **state)
{
    struct journal_clock c;

    (void)state;
    journal_clock_init_drill(&c, T0, T0 - DAY);
    assert_int_equal(journal_clock_now(&c, S(9999), T0 + DAY), T0);
    journal_clock_set(&c, T0 + S(7));
    journal_clock_set(&c, T0 + S(3));
    assert_int_equal(journal_clock_now(&c, 0, 0), T0 + S(7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows_the_wall_clock),
        cmocka_unit_test(a_day_ahead_is_not_believed_within_the_grace),
        cmocka_unit_test(a_day_ahead_is_adopted_after_the_grace),
        cmocka_unit_test(an_operator_need_not_wait_for_the_grace),
        cmocka_unit_test(set_back_it_goes_on_slower_until_they_meet),
        cmocka_unit_test(it_never_goes_back_and_never_stands),
        cmocka_unit_test(after_a_stop_the_wall_clock_is_believed),
        cmocka_unit_test(a_journal_ahead_of_the_wall_is_not_turned_back),
        cmocka_unit_test(a_drill_clock_moves_only_when_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
