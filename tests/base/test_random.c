#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"

static void a_seed_gives_the_same_run_again(void **state)
{
    struct random_seeded a, b, c;
    bool differs = false;

    (void)state;
    random_seeded_init(&a, 42);
    random_seeded_init(&b, 42);
    random_seeded_init(&c, 43);
    for (int i = 0; i < 100; i++) {
        uint64_t value = random_u64(&a.random);

        assert_int_equal(value, random_u64(&b.random));
        differs |= value != random_u64(&c.random);
    }
    assert_true(differs);
}

static void below_is_even_and_below(void **state)
{
    struct random_seeded r;
    int seen[7] = {0};

    (void)state;
    random_seeded_init(&r, 7);
    for (int i = 0; i < 70000; i++)
        seen[random_below(&r.random, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 9500, 10500);
    assert_int_equal(random_below(&r.random, 1), 0);
}

static void the_system_does_not_repeat_itself(void **state)
{
    uint8_t a[32], b[32];

    (void)state;
    random_fill(random_system(), a, sizeof a);
    random_fill(random_system(), b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void a_manual_clock_stands_until_told(void **state)
{
    struct clock_manual m;

    (void)state;
    clock_manual_init(&m, 1000);
    assert_int_equal(clock_wall_ms(&m.clock), 1000);
    clock_manual_advance(&m, 250);
    assert_int_equal(clock_wall_ms(&m.clock), 1250);
    assert_int_equal(clock_monotonic_ms(&m.clock), 250);
    assert_int_equal(clock_boottime_ms(&m.clock), 250);
    clock_manual_step(&m, 5);
    assert_int_equal(clock_wall_ms(&m.clock), 5);
    assert_int_equal(clock_monotonic_ns(&m.clock), 250000000);
}

static void the_system_clock_goes_forward(void **state)
{
    int64_t before = clock_monotonic_ns(clock_system());

    (void)state;
    assert_true(clock_wall_ms(clock_system()) > 1700000000000);
    assert_true(clock_boottime_ms(clock_system()) > 0);
    assert_true(clock_monotonic_ns(clock_system()) >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_gives_the_same_run_again),
        cmocka_unit_test(below_is_even_and_below),
        cmocka_unit_test(the_system_does_not_repeat_itself),
        cmocka_unit_test(a_manual_clock_stands_until_told),
        cmocka_unit_test(the_system_clock_goes_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
