/* Opening hours against a model that walks minute by minute. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "story.h"

#define MINUTE 60000

/* Berlin, 2012: +1, from 25 March 01:00 UTC +2, from 28 October +1 */
static const struct zone_offset offsets[] = {
    {INT64_MIN, 3600},
    {1332637200000, 7200},
    {1351386000000, 3600},
};
static const struct zone berlin = {{"Europe/Berlin", 13}, offsets, 3};

/* 2012-10-28 and 2012-03-25 are Sundays of 25 and 23 hours. */
#define HOURS(open, close)                                                     \
    {                                                                          \
        .open_minute = (open), .close_minute = (close)                         \
    }
static const struct day_exception exceptions[] = {
    {15424, HOURS(0, 1440)},  /* Sunday, 25 March: open all day */
    {15496, HOURS(0, 0)},     /* Tuesday, 5 June: closed */
    {15502, HOURS(600, 840)}, /* Monday, 11 June: 10:00 to 14:00 */
    {15641, HOURS(60, 240)},  /* Sunday, 28 October: 01:00 to 04:00 */
};
static const struct calendar odd = {
    .zone = &berlin,
    .week = {HOURS(540, 1080), HOURS(540, 1080), HOURS(480, 1200),
             HOURS(0, 1440), HOURS(540, 1080), HOURS(600, 780), HOURS(0, 0)},
    .exceptions = exceptions,
    .exception_count = 4,
};

static uint64_t dice = 88172645463325252ull;

static int64_t roll(int64_t below)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (int64_t)(dice % (uint64_t)below);
}

/* Open minutes are counted one by one. */
static int64_t naive_between(const struct calendar *c, int64_t from, int64_t to)
{
    int64_t sum = 0;

    for (int64_t t = from; t < to; t += MINUTE)
        sum += calendar_is_open(c, t) ? MINUTE : 0;
    return sum;
}

static int64_t naive_add(const struct calendar *c, int64_t from, int64_t span)
{
    int64_t t = from;

    for (; span > 0; t += MINUTE)
        span -= calendar_is_open(c, t) ? MINUTE : 0;
    return t;
}

static int64_t any_moment(void)
{
    static const int64_t around[] = {1332637200000, 1351386000000, AT(1, 0, 0),
                                     AT(7, 0, 0)};
    int64_t t = around[roll(4)] + (roll(20000) - 10000) * MINUTE;

    return t - t % MINUTE;
}

static void open_time_counts_like_minutes_on_the_fingers(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) {
        const struct calendar *c = roll(4) ? &odd : &shop_hours;
        int64_t from = any_moment(), span = (1 + roll(3000)) * MINUTE;
        int64_t to = calendar_add(c, from, span);

        assert_int_equal(to, naive_add(c, from, span));
        assert_int_equal(calendar_between(c, from, to), span);
        assert_int_equal(calendar_between(c, from, from + span),
                         naive_between(c, from, from + span));
    }
}

static void an_hour_that_never_comes_moves_forward(void **state)
{
    int64_t local = 1332637200000 + 3600000 + 1800000; /* 02:30 on 25 March */

    (void)state;
    assert_int_equal(zone_utc_ms(&berlin, local), local - 3600000);
    assert_int_equal(zone_local_ms(&berlin, zone_utc_ms(&berlin, local)),
                     local + 3600000);
}

static void of_an_hour_that_comes_twice_it_is_the_first(void **state)
{
    int64_t local = 1351386000000 + 5400000; /* 02:30 on 28 October */

    (void)state;
    assert_int_equal(zone_utc_ms(&berlin, local), local - 7200000);
}

static void local_and_utc_agree_all_year(void **state)
{
    (void)state;
    for (int64_t t = 1325376000000; t < 1356998400000; t += 1800000) {
        int64_t back = zone_utc_ms(&berlin, zone_local_ms(&berlin, t));
        assert_true(back == t || back == t - 3600000); /* the hour twice */
    }
}

static void a_day_ends_at_closing_time_or_at_six(void **state)
{
    (void)state;
    assert_int_equal(calendar_day_due(&shop_hours, AT(0, 3, 0)), AT(0, 18, 0));
    assert_int_equal(calendar_day_due(&all_hours, AT(0, 3, 0)), AT(0, 18, 0));
    /* Berlin is two hours ahead in June; the 5th is closed, the 6th to 20 */
    assert_int_equal(calendar_day_due(&odd, AT(1, 8, 0)), AT(1, 16, 0));
    assert_int_equal(calendar_day_due(&odd, AT(2, 8, 0)), AT(2, 18, 0));
    assert_int_equal(calendar_day_open(&odd, AT(2, 8, 0)), AT(2, 6, 0));
    assert_int_equal(calendar_day_open(&odd, AT(1, 8, 0)), AT(1, 7, 0));
    assert_int_equal(calendar_day_open(&odd, AT(7, 8, 0)), AT(7, 8, 0));
}

static void the_next_working_day_skips_what_is_closed(void **state)
{
    (void)state;
    /* Monday 4 June: Tuesday is closed; Saturday: Sunday is */
    assert_int_equal(calendar_next_working_day(&odd, AT(0, 8, 7)), AT(2, 8, 7));
    assert_int_equal(calendar_next_working_day(&odd, AT(5, 8, 7)), AT(7, 8, 7));
}

static void a_calendar_that_never_opens_still_answers(void **state)
{
    const struct calendar never = {.zone = &utc};

    (void)state;
    assert_true(calendar_add(&never, AT(0, 0, 0), MINUTE) > AT(0, 0, 0));
    assert_int_equal(calendar_between(&never, 0, AT(0, 0, 0)), 0);
    assert_int_equal(calendar_next_working_day(&never, AT(0, 1, 0)),
                     AT(1, 1, 0));
}

static void round_the_clock_open_time_is_time(void **state)
{
    (void)state;
    assert_true(calendar_is_24x7(&all_hours));
    assert_false(calendar_is_24x7(&odd));
    assert_int_equal(calendar_add(&all_hours, 12345, 678), 13023);
    assert_int_equal(calendar_between(&all_hours, 12345, 13023), 678);
}

/* --- who is on call ----------------------------------------------------------
 */

static void a_night_shift_belongs_to_the_evening_it_began(void **state)
{
    /* Mondays 22:00 to 06:00; all other hours the deputy */
    const struct contact night[] = {
        {.person = {"N", 1},
         .days = 1,
         .from_minute = 22 * 60,
         .until_minute = 6 * 60},
        {.person = {"D", 1}},
    };
    const struct line lines[] = {{{"", 0}, &all_hours}};
    const struct directory d = {.template = {.zone = &utc,
                                             .lines = lines,
                                             .line_count = 1,
                                             .roles = {[HEAD] = {night, 2}}}};
    struct name who[4];

#define FIRST_AT(t)                                                            \
    (directory_on_call(&d, TEXT("S"), TEXT(""), HEAD, t, who, 4), who[0].data)
    (void)state;
    assert_string_equal(FIRST_AT(AT(0, 21, 59)), "D");
    assert_string_equal(FIRST_AT(AT(0, 22, 0)), "N");
    assert_string_equal(FIRST_AT(AT(1, 5, 59)), "N");
    assert_string_equal(FIRST_AT(AT(1, 6, 0)), "D");
    assert_string_equal(FIRST_AT(AT(1, 23, 0)), "D");
    assert_string_equal(FIRST_AT(AT(0, 5, 0)), "D");
}

static void
a_roster_is_the_stations_or_the_regions_or_the_directorys(void **state)
{
    struct name who[4];

    (void)state;
    assert_int_equal(directory_on_call(&people, TEXT("NET"), TEXT("R"), HEAD,
                                       AT(0, 0, 0), who, 4),
                     2);
    assert_int_equal(directory_on_call(&people, TEXT("NOWHERE"), TEXT(""), HEAD,
                                       AT(0, 0, 0), who, 4),
                     2);
    assert_string_equal(who[1].data, "DEPUTY@NOWHERE");
    assert_int_equal(
        directory_tier_of(&people, TEXT("NET"), TEXT("R"), TEXT("C2"), 4),
        CENTER);
    assert_int_equal(directory_tier_of(&people, TEXT("NOWHERE"), TEXT(""),
                                       TEXT("HEAD@NOWHERE"), 4),
                     HEAD);
    assert_int_equal(directory_tier_of(&people, TEXT("NOWHERE"), TEXT(""),
                                       TEXT("HEAD@NET"), 4),
                     0);
}

static void without_a_station_its_head_is_nobody(void **state)
{
    static const struct person elsewhere[] = {{.id = TEXT("R9"), .tier = REP}};
    struct directory d = people;
    struct name who[4];

    (void)state;
    assert_int_equal(directory_on_call(&people, TEXT(""), TEXT(""), HEAD,
                                       AT(0, 0, 0), who, 4),
                     0);
    assert_int_equal(
        directory_tier_of(&people, TEXT(""), TEXT("R"), TEXT("R1"), 4), REP);
    d.persons = elsewhere;
    d.person_count = 1;
    assert_int_equal(directory_tier_of(&d, TEXT(""), TEXT("R"), TEXT("R9"), 4),
                     0); /* another region's representative */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_time_counts_like_minutes_on_the_fingers),
        cmocka_unit_test(an_hour_that_never_comes_moves_forward),
        cmocka_unit_test(of_an_hour_that_comes_twice_it_is_the_first),
        cmocka_unit_test(local_and_utc_agree_all_year),
        cmocka_unit_test(a_day_ends_at_closing_time_or_at_six),
        cmocka_unit_test(the_next_working_day_skips_what_is_closed),
        cmocka_unit_test(a_calendar_that_never_opens_still_answers),
        cmocka_unit_test(round_the_clock_open_time_is_time),
        cmocka_unit_test(a_night_shift_belongs_to_the_evening_it_began),
        cmocka_unit_test(
            a_roster_is_the_stations_or_the_regions_or_the_directorys),
        cmocka_unit_test(without_a_station_its_head_is_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
