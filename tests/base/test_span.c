#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/limits.h"
#include "base/span.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
static const int64_t DAY = 24LL * HOUR;

static void reads(const char *text, int64_t expected_ms)
{
    int64_t ms = -1;
    struct error err;

    if (span_parse(text, &ms, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    assert_int_equal(ms, expected_ms);
}

static void spans_read_as_people_write_them(void **state)
{
    (void)state;
    reads("72h", 72LL * HOUR);
    reads("7d", 7 * DAY);
    reads("10min", 10LL * MINUTE);
    reads("2m", 2LL * MINUTE);
    reads("1h30m", 90LL * MINUTE);
    reads(" 1 h 30 min ", 90LL * MINUTE);
    reads("500ms", 500);
    reads("2w", 14 * DAY);
    reads("0", 0);
    reads("0s", 0);
    reads("1d2h3min4s5ms", DAY + 2LL * HOUR + 3LL * MINUTE + 4 * SECOND + 5);
}

static void refuses(const char *text, enum status expected)
{
    int64_t ms = 77;
    struct error err;

    assert_int_equal(span_parse(text, &ms, &err), expected);
    assert_non_null(strstr(err.text, text));
    assert_int_equal(ms, 77);
}

static void what_is_no_span_is_quoted(void **state)
{
    (void)state;
    refuses("", STATUS_INVALID);
    refuses("72", STATUS_INVALID);
    refuses("h", STATUS_INVALID);
    refuses("-1h", STATUS_INVALID);
    refuses("30m1h", STATUS_INVALID);
    refuses("1h1h", STATUS_INVALID);
    refuses("1m1min", STATUS_INVALID);
    refuses("3 fortnights", STATUS_INVALID);
    refuses("1.5h", STATUS_INVALID);
    refuses("4000d", STATUS_TOO_LARGE);
    refuses("99999999999999999999h", STATUS_TOO_LARGE);
}

static void what_is_written_reads_back(void **state)
{
    static const int64_t spans[] = {0,       1,        999,      61000,
                                    5400000, 86400000, 90061001, LIMIT_SPAN_MS};
    char text[SPAN_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        span_format(spans[i], text);
        reads(text, spans[i]);
    }
    span_format(5400000, text);
    assert_string_equal(text, "1h30min");
    span_format(-2000, text);
    assert_string_equal(text, "-2s");
    span_format(INT64_MIN, text);
}

static void says(int64_t span_ms, const char *expected)
{
    char words[SPAN_WORDS_SIZE];

    span_words(span_ms, words);
    assert_string_equal(words, expected);
}

static void words_name_the_two_largest_units(void **state)
{
    (void)state;
    says(90LL * MINUTE, "1 hour 30 minutes");
    says(3 * DAY + 4LL * HOUR + 5LL * MINUTE, "3 days 4 hours");
    says(3 * DAY + 5LL * MINUTE, "3 days");
    says(1500, "1 second");
    says(900, "less than a second");
    says(0, "less than a second");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_read_as_people_write_them),
        cmocka_unit_test(what_is_no_span_is_quoted),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(words_name_the_two_largest_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
