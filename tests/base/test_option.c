#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/option.h"

static const char *home;
static bool json;
static int64_t number, wait_ms;
static int loud;
static struct option_list events;

static const struct option_row rows[] = {
    {"home", 'H', OPTION_TEXT, N_("DIR"), N_("where it all lies"), &home},
    {"json", 0, OPTION_FLAG, NULL, N_("print JSON lines"), &json},
    {"number", 'n', OPTION_INT, NULL, N_("how many"), &number},
    {"wait", 'w', OPTION_SPAN, N_("SPAN"), N_("how long"), &wait_ms},
    {"loud", 'v', OPTION_COUNT, NULL, N_("say more"), &loud},
    {"event", 'e', OPTION_LIST, N_("KIND"), N_("only these"), &events},
    {0}};

static int start(void **state)
{
    (void)state;
    home = NULL;
    json = false;
    number = wait_ms = 0;
    loud = 0;
    events.count = 0;
    return 0;
}

static enum option_result parse(const char *line, bool mixed, int *first,
                                struct error *err)
{
    static char copy[512];
    char *argv[40], *save = NULL;
    int argc = 0;
    struct option_set set = {.usage = "t", .rows = rows, .mixed = mixed};

    snprintf(copy, sizeof copy, "%s", line);
    for (char *w = strtok_r(copy, " ", &save); w;
         w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    argv[argc] = NULL;
    return option_parse(&set, argc, argv, first, err);
}

static void a_table_reads_a_command_line(void **state)
{
    int first;

    (void)state;
    assert_int_equal(parse("t -H /srv --json -n7 --wait=1h30m -vv -e a "
                           "--event b case show --json",
                           false, &first, NULL),
                     OPTION_GO_ON);
    assert_string_equal(home, "/srv");
    assert_true(json);
    assert_int_equal(number, 7);
    assert_int_equal(wait_ms, 5400000);
    assert_int_equal(loud, 2);
    assert_int_equal(events.count, 2);
    assert_string_equal(events.list[1], "b");
    assert_int_equal(first, 11);
}

static void options_stand_anywhere_when_mixed(void **state)
{
    int first;

    (void)state;
    assert_int_equal(parse("t id --json other -- --home", true, &first, NULL),
                     OPTION_GO_ON);
    assert_true(json);
    assert_null(home);
    assert_int_equal(first, 3); /* t --json -- id other --home */
}

static void says(const char *line, const char *expected)
{
    struct error err = {0};
    int first;

    assert_int_equal(parse(line, false, &first, &err), OPTION_WRONG);
    assert_string_equal(err.text, expected);
}

static void mistakes_are_told_in_words(void **state)
{
    (void)state;
    says("t --nothing", "there is no option --nothing");
    says("t -x", "there is no option -x");
    says("t --home", "--home needs a value");
    says("t -H", "--home needs a value");
    says("t --json=1", "--json takes no value");
    says("t -n x", "--number: \"x\" is not a whole number");
    says("t -n 99999999999999999999",
         "--number: \"99999999999999999999\" is not a whole number");
    says("t -w soon", "--wait: \"soon\" is not a length of time like 72h, 7d, "
                      "10min or 1h30m");
}

static void help_and_version_are_always_there(void **state)
{
    int first;

    (void)state;
    assert_int_equal(parse("t --help", false, &first, NULL), OPTION_HELP);
    assert_int_equal(parse("t --version", false, &first, NULL), OPTION_VERSION);
}

static void help_stands_in_columns(void **state)
{
    struct option_set set = {
        .usage = "t [OPTION]...", .summary = N_("Tests."), .rows = rows};
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    (void)state;
    option_help(&set, file);
    fclose(file);
    assert_string_equal(text, "Usage: t [OPTION]...\n"
                              "Tests.\n"
                              "\n"
                              "Options:\n"
                              "  -H, --home=DIR      where it all lies\n"
                              "      --json          print JSON lines\n"
                              "  -n, --number=VALUE  how many\n"
                              "  -w, --wait=SPAN     how long\n"
                              "  -v, --loud          say more\n"
                              "  -e, --event=KIND    only these\n"
                              "      --help          print this help and exit\n"
                              "      --version       print the version and "
                              "exit\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, start)
        T(a_table_reads_a_command_line), T(options_stand_anywhere_when_mixed),
        T(mistakes_are_told_in_words),   T(help_and_version_are_always_there),
        T(help_stands_in_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
