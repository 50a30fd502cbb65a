/* Pages on their way: the most severe first, no tier flooded, none lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "workers/router/leases.h"

static void put(struct leases *l, uint64_t n, uint8_t severity, uint8_t tier)
{
    leases_put(l, &(struct lease_page){
                      .number = n, .severity = severity, .tier = tier});
}

static uint64_t take(struct leases *l, uint8_t tier, int64_t now_ms)
{
    struct lease_page page;
    uint32_t attempt;

    return leases_take(l, tier, now_ms, &page, &attempt) ? page.number : 0;
}

static void an_id_is_a_number_and_other_words_are_none(void **state)
{
    (void)state;
    assert_int_equal(lease_number(slice_of_text("p17.3")), 17 << 12 | 3);
    assert_int_equal(lease_number(slice_of_text("p17")), 0);
    assert_int_equal(lease_number(slice_of_text("q17.3")), 0);
    assert_int_equal(lease_number(slice_of_text("p17.3x")), 0);
    assert_int_equal(lease_number(SLICE_EMPTY), 0);
}

static void the_most_severe_goes_first_then_the_oldest(void **state)
{
    struct leases *l = leases_new(0);

    (void)state;
    put(l, 30, 3, 2);
    put(l, 20, 2, 2);
    put(l, 41, 1, 2);
    put(l, 40, 1, 2);
    put(l, 99, 1, 3); /* another tier */
    assert_int_equal(take(l, 2, 0), 40);
    assert_int_equal(take(l, 2, 0), 41);
    assert_int_equal(take(l, 2, 0), 20);
    assert_int_equal(take(l, 2, 0), 30);
    assert_int_equal(take(l, 2, 0), 0);
    assert_int_equal(take(l, 3, 0), 99);
    leases_free(&l);
}

static void a_lease_that_runs_out_is_queued_again(void **state)
{
    struct leases *l = leases_new(0);
    struct lease_page page;
    uint32_t attempt;

    (void)state;
    put(l, 7, 2, 2);
    assert_int_equal(take(l, 2, 0), 7);
    assert_int_equal(leases_expire(l, LIMIT_LEASE_MS - 1), 0);
    assert_int_equal(leases_expire(l, LIMIT_LEASE_MS), 1);
    assert_true(leases_take(l, 2, LIMIT_LEASE_MS, &page, &attempt));
    assert_int_equal(attempt, 2);
    assert_true(leases_drop(l, 7)); /* its receipt */
    assert_false(leases_drop(l, 7));
    assert_int_equal(leases_flying(l) + leases_waiting(l), 0);
    leases_free(&l);
}

static void what_is_known_is_not_put_twice(void **state)
{
    struct leases *l = leases_new(0);

    (void)state;
    put(l, 7, 2, 2);
    put(l, 7, 2, 2);
    assert_int_equal(take(l, 2, 0), 7);
    put(l, 7, 2, 2);
    assert_int_equal(take(l, 2, 0), 0);
    leases_free(&l);
}

static void no_tier_gets_more_than_its_rate(void **state)
{
    struct leases *l = leases_new(0);
    uint64_t taken = 0;

    (void)state;
    for (uint64_t n = 1; n <= 10000; n++)
        put(l, n, (uint8_t)(1 + n % 4), 2);
    for (int64_t now = 0; now <= 60000; now += 10)
        for (uint64_t n; (n = take(l, 2, now)); taken++)
            assert_true(leases_drop(l, n));
    assert_true(taken <= LEASE_BURST + 60 * LEASE_RATE + 1);
    assert_true(taken >= 60 * LEASE_RATE);
    leases_free(&l);
}

static void without_receipts_it_stops_at_what_may_fly(void **state)
{
    struct leases *l = leases_new(0);
    size_t taken = 0;

    (void)state;
    for (uint64_t n = 1; n <= 1000; n++)
        put(l, n, 2, 2);
    for (int64_t now = 0; now < LIMIT_LEASE_MS; now += 10)
        while (take(l, 2, now))
            taken++;
    assert_int_equal(taken, LEASE_FLYING);
    leases_release_tier(l, 2);
    assert_int_equal(leases_flying(l), 0);
    assert_int_equal(leases_waiting(l), 1000);
    leases_free(&l);
}

/* Against a plain list: whatever is done, nothing is lost and the order holds.
 */
static void it_agrees_with_a_naive_model(void **state)
{
    enum { N = 300 };
    struct leases *l = leases_new(0);
    uint8_t where[N + 1] = {0}; /* 0 unknown, 1 queued, 2 flying */
    uint64_t x = 2463534242u;
    int64_t now = 0;

    (void)state;
    for (int i = 0; i < 20000; i++, now += 25) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        uint64_t n = 1 + x % N;
        if (x >> 20 & 1) {
            if (!where[n])
                where[n] = 1;
            put(l, n, (uint8_t)(1 + n % 4), 1);
        } else if (x >> 21 & 1) {
            assert_int_equal(leases_drop(l, n), where[n] == 2);
            where[n] = 0;
        } else if ((n = take(l, 1, now))) {
            for (uint64_t m = 1; m <= N; m++)
                if (where[m] == 1)
                    assert_true(n % 4 < m % 4 || (n % 4 == m % 4 && n <= m));
            where[n] = 2;
        }
        if (leases_expire(l, now))
            for (uint64_t m = 1; m <= N;
                 m++) /* all older ones are queued again */
                where[m] = where[m] ? 1 : 0, leases_release_tier(l, 1);
    }
    leases_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_a_number_and_other_words_are_none),
        cmocka_unit_test(the_most_severe_goes_first_then_the_oldest),
        cmocka_unit_test(a_lease_that_runs_out_is_queued_again),
        cmocka_unit_test(what_is_known_is_not_put_twice),
        cmocka_unit_test(no_tier_gets_more_than_its_rate),
        cmocka_unit_test(without_receipts_it_stops_at_what_may_fly),
        cmocka_unit_test(it_agrees_with_a_naive_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
