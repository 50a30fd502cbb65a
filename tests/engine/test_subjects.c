/* Subjects against models that are too simple to be wrong: a list of all that
 * ever happened, and a row of minutes. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/decision.h"

enum { SEEDS = 60, STEPS = 400, MINUTE_MS = 60000, MINUTES = 2000, HELD = 12 };

static uint64_t dice;

static uint32_t roll(uint32_t below)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (uint32_t)(dice % below);
}

static void seed(uint64_t n)
{
    dice = n * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static struct name name_of(const char *words)
{
    struct name n;

    assert_true(name_set(&n, text_of(words)));
    return n;
}

/* --- windows -------------------------------------------------------------- */

struct happened {
    int64_t at_ms;
    int32_t by;
};

static int64_t naive_at(const struct happened *all, size_t count,
                        int64_t window_ms, int64_t at_ms)
{
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        if (!window_ms ||
            (all[i].at_ms > at_ms - window_ms && all[i].at_ms <= at_ms))
            sum += all[i].by;
    return sum;
}

/* Of all windows that end at an instant and hold this one. */
static int64_t naive_peak(const struct happened *all, size_t count,
                          int64_t window_ms, int64_t at_ms)
{
    int64_t peak = naive_at(all, count, window_ms, at_ms);

    for (size_t i = 0; window_ms && i < count; i++)
        if (all[i].at_ms > at_ms && all[i].at_ms - window_ms < at_ms) {
            int64_t sum = naive_at(all, count, window_ms, all[i].at_ms);

            peak = sum > peak ? sum : peak;
        }
    return peak;
}

/* Few enough in a window that none of it is dropped: then both agree. */
static void one_tally(uint64_t n)
{
    static struct happened all[STEPS];
    const int64_t window_ms = n % 7 ? 100 + (int64_t)(n % 5) * 50 : 0;
    struct tally t = {.window_ms = window_ms};
    size_t count = 0;
    int64_t at_ms = 1000;

    seed(n);
    while (count < STEPS) {
        int64_t late_ms = roll(4) ? 0 : roll(60);

        at_ms += roll(40) + (window_ms ? window_ms / 10 : 0);
        all[count] = (struct happened){at_ms - late_ms, 1 + (int32_t)roll(2)};
        tally_add(
            &t,
            &(struct instant){.at_ms = all[count].at_ms, .by = all[count].by},
            TALLY_INSTANTS_MAX);
        count++;
        assert_int_equal(tally_at(&t, all[count - 1].at_ms),
                         naive_at(all, count, window_ms, all[count - 1].at_ms));
        assert_int_equal(tally_at(&t, at_ms),
                         naive_at(all, count, window_ms, at_ms));
        assert_int_equal(
            tally_peak(&t, all[count - 1].at_ms),
            naive_peak(all, count, window_ms, all[count - 1].at_ms));
        assert_int_equal(t.total, naive_at(all, count, 0, 0));
        for (uint8_t i = 1; i < t.instant_count; i++)
            assert_true(t.instants[i - 1].at_ms <= t.instants[i].at_ms);
    }
}

static void a_tally_counts_what_a_list_of_everything_counts(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= SEEDS; n++)
        one_tally(n);
}

static void a_full_tally_keeps_the_latest_and_forgets_no_total(void **state)
{
    struct tally t = {.window_ms = 1000000};

    (void)state;
    for (int64_t i = 1; i <= 100; i++)
        tally_add(&t, &(struct instant){.at_ms = i * 10, .by = 1}, 5);
    assert_int_equal(t.instant_count, 5);
    assert_int_equal(t.instants[0].at_ms, 960);
    assert_int_equal(tally_at(&t, 1000), 5);
    assert_int_equal(t.total, 100);
    tally_add(&t, &(struct instant){.at_ms = 7, .by = 1}, 5);
    assert_int_equal(t.instants[0].at_ms, 960);
    assert_int_equal(t.total, 101);
}

static void a_window_is_open_behind_and_closed_in_front(void **state)
{
    struct tally t = {.window_ms = 3600000};

    (void)state;
    tally_add(&t, &(struct instant){.at_ms = 1000, .by = 1}, 8);
    assert_int_equal(tally_at(&t, 1000), 1);
    assert_int_equal(tally_at(&t, 999), 0);
    assert_int_equal(tally_at(&t, 3600999), 1);
    assert_int_equal(tally_at(&t, 3601000), 0);
}

/* --- intervals ------------------------------------------------------------ */

struct minutes {
    bool there;
    int from, until; /* minutes */
};

/* Whether one minute is claimed twice, or no more than apart lie between. */
static bool naive_clash(const struct minutes *held, size_t but, int from,
                        int until, int apart)
{
    static bool taken[MINUTES];

    memset(taken, 0, sizeof taken);
    for (size_t i = 0; i < HELD; i++)
        for (int m = held[i].from - apart;
             i != but && held[i].there && m < held[i].until + apart; m++)
            if (m >= 0)
                taken[m] = true;
    for (int m = from; m < until; m++)
        if (taken[m])
            return true;
    return false;
}

static void put(struct subject *s, const struct interval *i, bool held)
{
    const struct decision d = {
        .kind = DECISION_INTERVAL, .number = held, .interval = i};

    subject_apply(s, &d, 1);
}

static struct interval stretch_of(size_t which, int from, int until)
{
    char key[24];

    snprintf(key, sizeof key, "v%zu", which);
    return (struct interval){.set = name_of("visits"),
                             .key = name_of(key),
                             .from_ms = (int64_t)from * MINUTE_MS,
                             .until_ms = (int64_t)until * MINUTE_MS};
}

static void one_calendar(uint64_t n)
{
    struct minutes held[HELD] = {{false, 0, 0}};
    static struct subject s;

    seed(n);
    subject_init(&s, TEXT("person:eng-1"));
    for (int step = 0; step < STEPS; step++) {
        size_t which = roll(HELD);
        int from = (int)roll(1500), until = from + 1 + (int)roll(90);
        int apart = (int)roll(3) * 20;
        struct interval wanted = stretch_of(which, from, until);
        bool clash = subject_clash(&s, &wanted, (int64_t)apart * MINUTE_MS);

        assert_int_equal(clash, naive_clash(held, which, from, until, apart));
        if (roll(5) == 0) {
            put(&s, &wanted, false);
            held[which].there = false;
        } else if (!clash) {
            put(&s, &wanted, true);
            held[which] = (struct minutes){true, from, until};
        }
    }
}

static void intervals_clash_where_minutes_do(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= SEEDS; n++)
        one_calendar(n);
}

/* --- facts and bounds ----------------------------------------------------- */

static void tell(struct subject *s, const char *name, int64_t number,
                 int64_t at_ms)
{
    const struct fact f = {.name = name_of(name),
                           .kind = number ? VALUE_NUMBER : VALUE_NONE,
                           .number = number,
                           .at_ms = at_ms};
    const struct decision d = {.kind = DECISION_FACT, .fact = &f};

    subject_apply(s, &d, 7);
}

static void the_oldest_fact_makes_room(void **state)
{
    static struct subject s;
    char name[16];

    (void)state;
    subject_init(&s, TEXT("asset:SN-1"));
    for (int i = 1; i <= SUBJECT_FACTS_MAX + 1; i++) {
        snprintf(name, sizeof name, "f%d", i);
        tell(&s, name, i, i * 100);
    }
    assert_int_equal(s.fact_count, SUBJECT_FACTS_MAX);
    assert_null(subject_fact(&s, TEXT("f1")));
    assert_non_null(subject_fact(&s, TEXT("f2")));
    tell(&s, "f2", 0, 9999);
    assert_null(subject_fact(&s, TEXT("f2")));
    assert_non_null(subject_fact(&s, TEXT("f25")));
    assert_int_equal(s.fact_count, SUBJECT_FACTS_MAX - 1);
    assert_int_equal(s.last_sequence, 7);
}

static void a_key_is_taken_apart_again(void **state)
{
    struct text ids[SUBJECT_PARTS_MAX];

    (void)state;
    assert_true(text_equal(subject_kind(TEXT("person+topic:a\x1f"
                                             "b:c")),
                           TEXT("person+topic")));
    assert_int_equal(subject_ids(TEXT("person+topic:a\x1f"
                                      "b:c"),
                                 ids),
                     2);
    assert_true(text_equal(ids[0], TEXT("a")));
    assert_true(text_equal(ids[1], TEXT("b:c")));
    assert_int_equal(subject_ids(TEXT("no key"), ids), 0);
}

static void what_is_counted_of_a_subject_ties_no_case(void **state)
{
    static struct case_record c;
    struct decision d = {.kind = DECISION_TALLY,
                         .at_ms = 5,
                         .index = LINK_PARENT,
                         .value = TEXT("complaints")};

    (void)state;
    case_init(&c);
    case_apply(&c, &d);
    d.kind = DECISION_FACT;
    case_apply(&c, &d);
    assert_int_equal(c.parent.size, 0);
    assert_int_equal(c.updated_at_ms, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tally_counts_what_a_list_of_everything_counts),
        cmocka_unit_test(a_full_tally_keeps_the_latest_and_forgets_no_total),
        cmocka_unit_test(a_window_is_open_behind_and_closed_in_front),
        cmocka_unit_test(intervals_clash_where_minutes_do),
        cmocka_unit_test(the_oldest_fact_makes_room),
        cmocka_unit_test(what_is_counted_of_a_subject_ties_no_case),
        cmocka_unit_test(a_key_is_taken_apart_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
