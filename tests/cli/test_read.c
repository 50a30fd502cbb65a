/* What people type: times, and the file that says who acts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time_text.h"
#include "cli/when.h"
#include "cli/who.h"

enum { MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static int64_t at(const char *text)
{
    int64_t at_ms = 0;

    assert_int_equal(time_text_parse(text, "Asia/Shanghai", &at_ms, NULL),
                     STATUS_OK);
    return at_ms;
}

static int set_up(void **state)
{
    (void)state;
    return setenv("TZ", "Asia/Shanghai", 1);
}

static void expect(const char *typed, const char *means, bool day)
{
    int64_t now_ms = at("2026-11-21 10:00"), found_ms = 0;
    struct error err = {0};
    bool is_day = false;

    if (when_parse(typed, now_ms, &found_ms, &is_day, &err) != STATUS_OK)
        fail_msg("%s: %s", typed, err.text);
    assert_int_equal(found_ms, at(means));
    assert_int_equal(is_day, day);
}

static void times_are_read_as_people_say_them(void **state)
{
    (void)state;
    expect("18:00", "2026-11-21 18:00", false);
    expect("9:05", "2026-11-21 09:05", false);
    expect("today 18:00", "2026-11-21 18:00", false);
    expect("tomorrow 10:00", "2026-11-22 10:00", false);
    expect("+2h", "2026-11-21 12:00", false);
    expect("in 90min", "2026-11-21 11:30", false);
    expect("2026-11-30 08:00", "2026-11-30 08:00", false);
    expect("2026-11-30T08:00:00+09:00", "2026-11-30 07:00", false);
    expect("2026-11-30", "2026-11-30 00:00", true);
    expect("today", "2026-11-21 00:00", true);
    expect("tomorrow", "2026-11-22 00:00", true);
}

static void what_is_no_time_is_told_with_what_would_be_one(void **state)
{
    static const char *const bad[] = {
        "",  "soon", "25:00", "10:61",      "10:00x",
        "+", "in",   "+2",    "2026-13-01", "tomorrow 9"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t at_ms;
        bool day;
        struct error err = {0};
        if (when_parse(bad[i], at("2026-11-21 10:00"), &at_ms, &day, &err) !=
            STATUS_INVALID)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_true(strlen(err.text) > 0);
    }
}

/* A day that is an hour shorter still has its tomorrow at the same time. */
static void tomorrow_is_the_same_time_on_the_next_day(void **state)
{
    int64_t now_ms, found_ms;
    bool day;

    (void)state;
    setenv("TZ", "Europe/Berlin", 1);
    assert_int_equal(
        time_text_parse("2026-03-28 23:30", "Europe/Berlin", &now_ms, NULL),
        STATUS_OK);
    assert_int_equal(
        when_parse("tomorrow 10:00", now_ms, &found_ms, &day, NULL), STATUS_OK);
    assert_int_equal(found_ms - now_ms, 9 * HOUR + 30 * MINUTE);
    setenv("TZ", "Asia/Shanghai", 1);
}

static void moments_have_a_date_only_where_it_is_another_day(void **state)
{
    int64_t now_ms = at("2026-11-21 10:00");
    char text[WHEN_SIZE];

    (void)state;
    when_clock(now_ms, at("2026-11-21 18:00"), text);
    assert_string_equal(text, "18:00");
    when_clock(now_ms, at("2026-11-22 00:00"), text);
    assert_string_equal(text, "11-22 00:00");
    when_clock(now_ms, at("2025-12-31 23:59"), text);
    assert_string_equal(text, "2025-12-31 23:59");
    when_clock(now_ms, 0, text);
    assert_string_equal(text, "");
}

static void spans_are_told_in_words(void **state)
{
    int64_t now_ms = at("2026-11-21 10:00");
    char text[WHEN_WORDS_SIZE];

    (void)state;
    when_relative(now_ms, now_ms + 12 * MINUTE, text);
    assert_string_equal(text, "in 12 min");
    when_relative(now_ms, now_ms - 3 * HOUR, text);
    assert_string_equal(text, "3 h ago");
    when_relative(now_ms, now_ms + 59000, text);
    assert_string_equal(text, "now");
    when_due(now_ms, now_ms - 3 * HOUR - 5 * MINUTE, text);
    assert_string_equal(text, "late by 3 h 5 min");
    when_due(now_ms, now_ms + 4LL * DAY + 2 * HOUR, text);
    assert_string_equal(text, "in 4 d 2 h");
    when_both(now_ms, now_ms + 30 * MINUTE, text);
    assert_string_equal(text, "10:30 (in 30 min)");
    assert_int_equal(when_day_end(now_ms), at("2026-11-22 00:00"));
}

static void the_file_says_who_acts_and_where(void **state)
{
    struct who_config config = {.path = "config"};
    struct error err = {0};

    (void)state;
    assert_int_equal(who_config_parse(&config,
                                      "# mine\n\n  person : li.wei \r\n"
                                      "home: /srv/yinuo\n",
                                      &err),
                     STATUS_OK);
    assert_string_equal(config.person, "li.wei");
    assert_string_equal(config.home, "/srv/yinuo");
    assert_string_equal(config.connect, "");
}

static void a_wrong_line_is_told_with_its_number(void **state)
{
    struct who_config config = {.path = "config"};
    struct error err = {0};

    (void)state;
    assert_int_equal(who_config_parse(&config, "person: a\nperso: b\n", &err),
                     STATUS_INVALID);
    assert_string_equal(
        err.text, "config:2: unknown key \"perso\", did you mean person?");
    assert_int_equal(who_config_parse(&config, "person", &err), STATUS_INVALID);
    assert_string_equal(err.text, "config:1: expected \"key: value\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_as_people_say_them),
        cmocka_unit_test(what_is_no_time_is_told_with_what_would_be_one),
        cmocka_unit_test(tomorrow_is_the_same_time_on_the_next_day),
        cmocka_unit_test(moments_have_a_date_only_where_it_is_another_day),
        cmocka_unit_test(spans_are_told_in_words),
        cmocka_unit_test(the_file_says_who_acts_and_where),
        cmocka_unit_test(a_wrong_line_is_told_with_its_number),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
