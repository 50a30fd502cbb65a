/* What may stand at the end of a line, where no system runs and no pack is at
 * hand: commands, options, fixed words, kinds and fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/client.h"
#include "cli/complete.h"

static char offered[65536];

static void keep(void *context, const char *word, const char *about)
{
    size_t used = strlen(offered);

    (void)context, (void)about;
    snprintf(offered + used, sizeof offered - used, "%s%s", used ? " " : "",
             word);
}

static const char *complete_part(const char *line, const char *part)
{
    struct cli cli = {.clock = clock_system(), .random = random_system()};
    struct complete c;

    offered[0] = 0;
    strcpy(cli.home_path, "/nowhere");
    complete_init(&c, &cli, line, part, keep, NULL);
    complete_line(&c);
    complete_fini(&c);
    client_free(&cli.client);
    return offered;
}

static const char *complete(const char *line)
{
    return complete_part(line, NULL);
}

static void every_place_of_the_table_of_commands_is_known(void **state)
{
    size_t count;
    const struct command *list = commands_all(&count);
    struct cli cli = {0};

    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct option_row rows[CLI_OPTIONS_MAX];
        char copy[128], *rest = copy, *place;
        size_t size = 0;

        for (const char *c = list[i].arguments; *c; c++)
            if (!strchr("[]'", *c))
                copy[size++] = *c;
        copy[size] = 0;
        while ((place = strsep(&rest, " ")))
            if (*place && !complete_knows(list[i].id, place))
                fail_msg("%s: what is %s?", list[i].name, place);
        cli_options(&cli, &list[i], rows);
        for (size_t j = 0; rows[j].name; j++)
            if (rows[j].argument &&
                !complete_knows(list[i].id, rows[j].argument))
                fail_msg("%s --%s: what is %s?", list[i].name, rows[j].name,
                         rows[j].argument);
    }
}

static void a_command_is_gone_on_with_word_by_word(void **state)
{
    (void)state;
    assert_string_equal(complete("yinuo ca"), "case");
    assert_string_equal(complete("yinuo case wh"), "why why-not");
    assert_string_equal(complete("yinuo promise "),
                        "make kept renegotiate list");
    assert_string_equal(complete("yinuo handover in"), "inform");
    assert_string_equal(complete("yinuo nothing "), "");
    assert_string_equal(complete("yinuo"), "");
}

static void options_are_those_of_the_command(void **state)
{
    (void)state;
    assert_string_equal(complete("yinuo case list --un"), "--unacked");
    assert_string_equal(complete("yinuo status --un"), "");
    assert_string_equal(complete("yinuo ack X --dry"), "--dry-run");
    assert_string_equal(complete("yinuo --conn"), "--connect");
    assert_string_equal(complete("yinuo note X -- --conn"), "");
}

static void a_value_is_what_its_option_takes(void **state)
{
    (void)state;
    assert_string_equal(complete("yinuo case list --state re"), "resolved");
    assert_string_equal(complete("yinuo case list --state=re"),
                        "--state=resolved");
    assert_string_equal(complete("yinuo case list -s "), "S1 S2 S3 S4");
    assert_string_equal(complete("yinuo --output j"), "json");
    assert_string_equal(complete("yinuo up --policy "), COMPLETE_DIRS);
    assert_string_equal(complete("yinuo up --channels s"), "smtp");
    assert_string_equal(complete("yinuo simulate "), COMPLETE_FILES);
    assert_string_equal(complete("yinuo --home /x case lis"), "list");
    assert_string_equal(complete("yinuo case list --mine --due to"),
                        "today tomorrow");
}

static void a_shell_that_cuts_at_the_equals_sign_gets_what_it_replaces(void **s)
{
    (void)s;
    assert_string_equal(complete_part("yinuo case list --state=re", "re"),
                        "resolved");
    assert_string_equal(complete_part("yinuo case list --color=", ""),
                        "auto always never");
    assert_string_equal(complete_part("yinuo ca", "ca"), "case");
}

static void kinds_have_their_fields_and_fields_their_values(void **state)
{
    (void)state;
    assert_string_equal(complete("yinuo record media.req"), "media.requested");
    assert_string_equal(complete("yinuo record media.requested X cam"),
                        "camera=");
    assert_string_equal(complete("yinuo record media.requested X camera="),
                        "camera=yes camera=no");
    assert_string_equal(complete("yinuo watch --kind promise.mi"),
                        "promise.missed");
    assert_non_null(
        strstr(complete("yinuo record case.opened X stat"), "station="));
}

static void arguments_end_where_the_command_takes_no_more(void **state)
{
    (void)state;
    assert_string_equal(complete("yinuo severity X "), "S1 S2 S3 S4");
    assert_string_equal(complete("yinuo severity X S2 "), "");
    assert_string_equal(complete("yinuo backup "), COMPLETE_DIRS);
    assert_string_equal(complete("yinuo backup a "), "");
    assert_string_equal(complete("yinuo import a.csv "), COMPLETE_FILES);
}

static void may_and_help_are_about_another_command(void **state)
{
    (void)state;
    assert_string_equal(complete("yinuo may rej"), "reject");
    assert_string_equal(complete("yinuo may severity X S"), "S1 S2 S3 S4");
    assert_string_equal(complete("yinuo help case wh"), "why why-not");
}

static void quotes_are_a_shell_s(void **state)
{
    (void)state;
    assert_string_equal(complete("yinuo note X 'two words' --dry"),
                        "--dry-run");
    assert_string_equal(complete("yinuo --home a\\ b case lis"), "list");
    assert_string_equal(complete("yinuo \"case\" lis"), "list");
    assert_string_equal(complete("yinuo case \"li"), "list link");
}

/* An id is what a station wants it to be; a key must not type a command. */
static void no_word_is_offered_that_a_shell_would_read_otherwise(void **state)
{
    static const char *const words[] = {
        "$(reboot)", "a;b",  "a b", "`x`",   "a'b",      "a\"b",
        "*",         "a\nb", "a|b", "a&b",   "<x",       "!x",
        "~root",     "-rf",  "#x",  "{a,b}", "a\x1b[2J", ""};
    struct cli cli = {.clock = clock_system()};
    struct complete c;

    (void)state;
    complete_init(&c, &cli, "yinuo ", NULL, keep, NULL);
    offered[0] = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        complete_one(&c, words[i], "");
    assert_string_equal(offered, "");
    complete_one(&c, "LN-4", "");
    complete_one(&c, "\xe5\xb7\xa5\xe5\x8d\x95", ""); /* 工单 */
    assert_string_equal(offered, "LN-4 \xe5\xb7\xa5\xe5\x8d\x95");
    complete_fini(&c);
}

static void a_line_may_be_anything(void **state)
{
    char line[400];

    (void)state;
    for (unsigned seed = 1; seed < 4000; seed++) {
        unsigned x = seed * 2654435761u;
        size_t size = x % (sizeof line - 1);
        for (size_t i = 0; i < size; i++) {
            x = x * 1664525u + 1013904223u;
            line[i] = "yinuo case--=|'\"\\ \t$@,.[S1record"[(x >> 16) % 33];
        }
        line[size] = 0;
        memcpy(line, "yinuo ", size < 6 ? size : 6);
        (void)complete(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_of_the_table_of_commands_is_known),
        cmocka_unit_test(a_command_is_gone_on_with_word_by_word),
        cmocka_unit_test(options_are_those_of_the_command),
        cmocka_unit_test(a_value_is_what_its_option_takes),
        cmocka_unit_test(
            a_shell_that_cuts_at_the_equals_sign_gets_what_it_replaces),
        cmocka_unit_test(kinds_have_their_fields_and_fields_their_values),
        cmocka_unit_test(arguments_end_where_the_command_takes_no_more),
        cmocka_unit_test(may_and_help_are_about_another_command),
        cmocka_unit_test(quotes_are_a_shell_s),
        cmocka_unit_test(no_word_is_offered_that_a_shell_would_read_otherwise),
        cmocka_unit_test(a_line_may_be_anything),
    };

    return cmocka_run_group_tests_name("complete", tests, NULL, NULL);
}
