/* Zones as tables, held against the C library's reading of the same files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "policy/tzif.h"

#define UNTIL_S INT64_C(4102444800) /* 2100-01-01 */

enum { ROOM = 1024, STEP_S = 3 * 86400 + 3600 };

static int32_t offset_at(const struct zone_offset *rows, size_t count,
                         int64_t at_s)
{
    size_t i = count;

    while (i > 1 && rows[i - 1].from_ms > at_s * 1000)
        i--;
    return rows[i - 1].offset_s;
}

static int32_t library_at(int64_t at_s)
{
    time_t at = (time_t)at_s;
    struct tm t;

    assert_non_null(localtime_r(&at, &t));
    return (int32_t)t.tm_gmtoff;
}

static void assert_same(const char *zone)
{
    struct zone_offset rows[ROOM];
    size_t count = tzif_offsets(zone, UNTIL_S, rows, ROOM);

    assert_true(count > 0);
    setenv("TZ", zone, 1);
    tzset();
    for (int64_t at = 0; at < UNTIL_S; at += STEP_S)
        if (offset_at(rows, count, at) != library_at(at))
            fail_msg("%s at %lld: %d, not %d", zone, (long long)at,
                     offset_at(rows, count, at), library_at(at));
    for (size_t i = 1; i < count; i++) {
        assert_int_equal(library_at(rows[i].from_ms / 1000), rows[i].offset_s);
        assert_int_equal(library_at(rows[i].from_ms / 1000 - 1),
                         rows[i - 1].offset_s);
    }
}

static void offsets_are_those_of_the_c_library(void **state)
{
    static const char *const zones[] = {
        "Asia/Shanghai",     "America/New_York",    "America/Los_Angeles",
        "Europe/Dublin",     "Australia/Lord_Howe", "Africa/Casablanca",
        "Asia/Kathmandu",    "America/Sao_Paulo",   "Pacific/Apia",
        "Pacific/Chatham",   "Asia/Tokyo",          "Europe/Berlin",
        "America/Phoenix",   "Asia/Gaza",           "Antarctica/Troll",
        "America/St_Johns",  "Asia/Tehran",         "Etc/GMT+5",
        "Pacific/Kiritimati"};

    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
        assert_same(zones[i]);
}

static void a_name_that_is_no_zone_has_no_rows(void **state)
{
    static const char *const names[] = {
        "",         "Mars/Base",      "America",
        "zone.tab", "/etc/localtime", "../zoneinfo/UTC"};
    struct zone_offset rows[ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(tzif_offsets(names[i], UNTIL_S, rows, ROOM), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_the_c_library),
        cmocka_unit_test(a_name_that_is_no_zone_has_no_rows),
    };

    for (int i = 1; i < argc; i++)
        assert_same(argv[i]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
