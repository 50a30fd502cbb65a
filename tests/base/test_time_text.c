#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time_text.h"

static int64_t parsed(const char *text, const char *zone)
{
    int64_t ms = -1;
    struct error err;

    if (time_text_parse(text, zone, &ms, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    return ms;
}

static void same(const char *text, const char *zone, const char *expected)
{
    char out[TIME_TEXT_SIZE];

    time_text_utc(parsed(text, zone), out);
    assert_string_equal(out, expected);
}

static void an_offset_is_believed(void **state)
{
    (void)state;
    same("2026-11-21T09:30:00+08:00", NULL, "2026-11-21T01:30:00Z");
    same("2026-11-21T09:30:00Z", "Asia/Shanghai", "2026-11-21T09:30:00Z");
    same("2026-11-21t09:30:00.25z", NULL, "2026-11-21T09:30:00.250Z");
    same("2026-11-21 09:30-0330", NULL, "2026-11-21T13:00:00Z");
    same("2026-11-21T09:30:00.123456789Z", NULL, "2026-11-21T09:30:00.123Z");
    same("2016-12-31T23:59:60Z", NULL, "2017-01-01T00:00:00Z");
}

static void without_an_offset_the_zone_decides(void **state)
{
    (void)state;
    same("2026-11-21 09:30", "Asia/Shanghai", "2026-11-21T01:30:00Z");
    same("2026-11-21T09:30:15", "Asia/Shanghai", "2026-11-21T01:30:15Z");
    same("2026-11-21", "Asia/Shanghai", "2026-11-20T16:00:00Z");
    same("2026-07-01 12:00", "Europe/Berlin", "2026-07-01T10:00:00Z");
    same("2026-12-01 12:00", "Europe/Berlin", "2026-12-01T11:00:00Z");
    same("2026-12-01 12:00", "UTC", "2026-12-01T12:00:00Z");
}

static void skipped_and_doubled_hours_have_one_meaning(void **state)
{
    (void)state;
    /* Berlin goes from 02:00 to 03:00 on 29 March, back on 25 October */
    same("2026-03-29 01:59", "Europe/Berlin", "2026-03-29T00:59:00Z");
    same("2026-03-29 02:30", "Europe/Berlin", "2026-03-29T01:30:00Z");
    same("2026-03-29 03:00", "Europe/Berlin", "2026-03-29T01:00:00Z");
    same("2026-10-25 02:30", "Europe/Berlin", "2026-10-25T00:30:00Z");
    same("2026-10-25 03:00", "Europe/Berlin", "2026-10-25T02:00:00Z");
}

static void moments_are_written_with_their_offset(void **state)
{
    char out[TIME_TEXT_SIZE];
    int64_t ms = parsed("2026-11-21T01:30:00.250Z", NULL);

    (void)state;
    assert_int_equal(time_text_format(ms, "Asia/Shanghai", out, NULL),
                     STATUS_OK);
    assert_string_equal(out, "2026-11-21T09:30:00.250+08:00");
    assert_int_equal(time_text_format(ms, "America/St_Johns", out, NULL),
                     STATUS_OK);
    assert_string_equal(out, "2026-11-20T22:00:00.250-03:30");
    assert_int_equal(time_text_format(ms, "UTC", out, NULL), STATUS_OK);
    assert_string_equal(out, "2026-11-21T01:30:00.250Z");
}

static void parts_come_apart_and_together(void **state)
{
    struct time_parts p;
    int64_t ms = parsed("2026-11-21T01:30:05.250Z", NULL), back;

    (void)state;
    assert_int_equal(time_text_split(ms, "Asia/Shanghai", &p, NULL), STATUS_OK);
    assert_int_equal(p.hour, 9);
    assert_int_equal(p.weekday, 6);
    assert_int_equal(p.offset_seconds, 8 * 3600);
    assert_int_equal(time_text_join(&p, "Asia/Shanghai", &back, NULL),
                     STATUS_OK);
    assert_int_equal(back, ms);
    p.month = 2;
    p.day = 30;
    assert_int_equal(time_text_join(&p, "Asia/Shanghai", &back, NULL),
                     STATUS_INVALID);
}

static void what_is_no_moment_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "tomorrow",
        "2026-13-01",
        "2026-02-29",
        "2026-11-21T24:00:00Z",
        "2026-11-21T09:60:00Z",
        "2026-11-21T09:30:00+25:00",
        "2026-11-21T09:30:00Zx",
        "2026-11-21T09:30:00.Z",
        "2026-11-2109:30",
        "26-11-21",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59-01:00",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t ms;

        if (time_text_parse(texts[i], "UTC", &ms, NULL) != STATUS_INVALID)
            fail_msg("\"%s\" was read", texts[i]);
    }
}

static void an_unknown_zone_is_named(void **state)
{
    struct error err;
    int64_t ms;

    (void)state;
    assert_int_equal(time_text_zone("Asia/Beijing", &err), STATUS_NOT_FOUND);
    assert_non_null(strstr(err.text, "Asia/Beijing"));
    assert_int_equal(time_text_parse("2026-11-21", "Mars/Base", &ms, &err),
                     STATUS_NOT_FOUND);
    assert_int_equal(time_text_parse("2026-11-21", NULL, &ms, &err),
                     STATUS_INVALID);
    assert_int_equal(time_text_zone("Asia/Shanghai", NULL), STATUS_OK);
    assert_int_equal(time_text_zone("UTC", NULL), STATUS_OK);
}

/* The C library reads the same tz data by another road. */
static void libc_agrees(const char *zone, int64_t from_s, int64_t to_s)
{
    setenv("TZ", zone, 1);
    tzset();
    for (int64_t s = from_s; s < to_s; s += 86400 * 3 + 3607) {
        struct time_parts p;
        time_t t = (time_t)s;
        struct tm tm;

        localtime_r(&t, &tm);
        assert_int_equal(time_text_split(s * 1000, zone, &p, NULL), STATUS_OK);
        if (p.offset_seconds != tm.tm_gmtoff)
            fail_msg("%s at %lld: %d, libc has %ld", zone, (long long)s,
                     p.offset_seconds, tm.tm_gmtoff);
    }
    setenv("TZ", "UTC", 1);
    tzset();
}

static void offsets_are_those_of_the_c_library(void **state)
{
    static const char *const zones[] = {
        "Asia/Shanghai",    "Asia/Urumqi",       "Asia/Hong_Kong",
        "Europe/Berlin",    "America/New_York",  "Asia/Kolkata",
        "Australia/Sydney", "America/Sao_Paulo", "Asia/Tokyo",
    };

    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
        libc_agrees(zones[i], 1577836800, 2051222400); /* 2020 to 2034 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offset_is_believed),
        cmocka_unit_test(without_an_offset_the_zone_decides),
        cmocka_unit_test(skipped_and_doubled_hours_have_one_meaning),
        cmocka_unit_test(moments_are_written_with_their_offset),
        cmocka_unit_test(parts_come_apart_and_together),
        cmocka_unit_test(what_is_no_moment_is_refused),
        cmocka_unit_test(an_unknown_zone_is_named),
        cmocka_unit_test(offsets_are_those_of_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
