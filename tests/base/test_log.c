#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static char last[8192];
static int lines;

static void take(void *state, const char *line)
{
    (void)state;
    snprintf(last, sizeof last, "%s", line);
    lines++;
}

static int start(void **state)
{
    const struct log_settings s = {.program = "router", .level = LOG_INFO};

    (void)state;
    last[0] = '\0';
    lines = 0;
    if (log_open(&s, NULL) != STATUS_OK)
        return -1;
    log_capture(take, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    log_capture(NULL, NULL);
    log_close();
    return 0;
}

static void a_line_has_code_words_and_fields(void **state)
{
    const char *blank;

    (void)state;
    log_write(LOG_WARN, "BATCH-LATE",
              LOG_FIELDS(LOG_INT("seq", 4711), LOG_TEXT("case", "c-1"),
                         LOG_TEXT("why", "disk \"slow\"")),
              "commit took %d ms -> events wait", 84);
    blank = strchr(last, ' ');
    assert_non_null(blank);
    assert_memory_equal(blank, " WARN router[", 13);
    assert_non_null(strstr(last, "] BATCH-LATE commit took 84 ms -> events "
                                 "wait (seq=4711 case=c-1 "
                                 "why=\"disk \\\"slow\\\"\")"));
}

static void nobody_can_forge_a_line(void **state)
{
    (void)state;
    log_info("X", "name is %s", "a\n2026-11-21 ERROR b\x1b[31m");
    assert_null(strchr(last, '\n'));
    assert_null(strchr(last, '\x1b'));
    assert_non_null(strstr(last, "a\\x0a2026-11-21 ERROR b\\x1b[31m"));
}

static void what_is_below_the_level_is_not_written(void **state)
{
    uint64_t before = log_count(LOG_DEBUG);
    enum log_level level;

    (void)state;
    log_debug("X", "too small -> nothing");
    assert_int_equal(lines, 0);
    assert_int_equal(log_level_parse("debug", &level), STATUS_OK);
    log_set_level(level);
    log_debug("X", "now -> seen");
    assert_int_equal(lines, 1);
    assert_int_equal(log_count(LOG_DEBUG), before + 1);
    assert_int_equal(log_level_parse("loud", &level), STATUS_INVALID);
}

static void json_is_one_object_with_the_fields(void **state)
{
    const struct log_settings s = {
        .program = "broker", .level = LOG_INFO, .json = true};
    json_t *o;

    (void)state;
    assert_int_equal(log_open(&s, NULL), STATUS_OK);
    log_write(LOG_ERROR, "DISK-FULL", LOG_FIELDS(LOG_INT("free", 12)),
              "no room -> refused: \"%s\"", "事件");
    o = json_loads(last, 0, NULL);
    assert_non_null(o);
    assert_string_equal(json_string_value(json_object_get(o, "code")),
                        "DISK-FULL");
    assert_string_equal(json_string_value(json_object_get(o, "level")),
                        "error");
    assert_int_equal(json_integer_value(json_object_get(o, "free")), 12);
    assert_non_null(strstr(last, "事件"));
    json_decref(o);
}

static void bytes_that_are_no_text_do_not_lose_the_line(void **state)
{
    const struct log_settings s = {
        .program = "broker", .level = LOG_INFO, .json = true};

    (void)state;
    assert_int_equal(log_open(&s, NULL), STATUS_OK);
    log_info("ODD", "bytes %s", "\xff\xfe");
    assert_int_equal(lines, 1);
    assert_non_null(strstr(last, "ODD"));
}

static void a_file_is_appended_to_and_can_be_reopened(void **state)
{
    char path[] = "/tmp/yinuo-log-XXXXXX", moved[64], text[512];
    int fd = mkstemp(path);
    struct log_settings s = {
        .program = "tier", .path = path, .level = LOG_INFO};
    FILE *file;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    snprintf(moved, sizeof moved, "%s.1", path);
    log_capture(NULL, NULL);
    assert_int_equal(log_open(&s, NULL), STATUS_OK);
    log_info("ONE", "first");
    assert_int_equal(rename(path, moved), 0);
    assert_int_equal(log_reopen(NULL), STATUS_OK);
    log_info("TWO", "second");
    log_close();
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    assert_non_null(strstr(text, "TWO second\n"));
    fclose(file);
    unlink(path);
    unlink(moved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
        T(a_line_has_code_words_and_fields),
        T(nobody_can_forge_a_line),
        T(what_is_below_the_level_is_not_written),
        T(json_is_one_object_with_the_fields),
        T(bytes_that_are_no_text_do_not_lose_the_line),
        T(a_file_is_appended_to_and_can_be_reopened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
