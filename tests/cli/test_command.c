/* The table of commands: whole, and found by what people type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/command.h"

static void every_command_says_what_it_does_and_has_an_example(void **state)
{
    size_t count, examples;
    const struct command *list = commands_all(&count);
    const struct command_example *shown = command_examples(&examples);

    (void)state;
    assert_true(count >= 50);
    for (size_t i = 0; i < count; i++) {
        bool found = strcmp(list[i].name, "version") == 0;
        assert_non_null(list[i].run);
        assert_non_null(list[i].options);
        assert_true(list[i].words_min <= list[i].words_max);
        assert_true(strlen(list[i].summary) > 0);
        assert_true(utf8_width(list[i].summary) <= 56);
        if (list[i].access == COMMAND_READ || list[i].access == COMMAND_WRITE)
            assert_true(list[i].exits & (1u << CLI_UNREACHED));
        for (size_t j = 0; j < examples; j++)
            found |= strcmp(shown[j].id, list[i].id) == 0;
        if (!found)
            fail_msg("%s has no example", list[i].name);
    }
}

static void
every_example_is_of_a_command_and_begins_as_it_is_called(void **state)
{
    size_t count, examples;
    const struct command *list = commands_all(&count);
    const struct command_example *shown = command_examples(&examples);

    (void)state;
    for (size_t j = 0; j < examples; j++) {
        const struct command *of = NULL;
        for (size_t i = 0; i < count; i++)
            if (strcmp(shown[j].id, list[i].id) == 0)
                of = &list[i];
        assert_non_null(of);
        assert_int_equal(strncmp(shown[j].line, "yinuo ", 6), 0);
        if (strcmp(of->id, "inbox") != 0)
            assert_int_equal(
                strncmp(shown[j].line + 6, of->name, strlen(of->name)), 0);
    }
}

/* All options of a command are one table for the parser, without doubles. */
static void no_option_is_there_twice(void **state)
{
    size_t count;
    const struct command *list = commands_all(&count);
    struct cli cli = {0};

    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct option_row rows[CLI_OPTIONS_MAX];
        cli_options(&cli, &list[i], rows);
        for (size_t a = 0; rows[a].name; a++)
            for (size_t b = a + 1; rows[b].name; b++) {
                if (strcmp(rows[a].name, rows[b].name) == 0 ||
                    (rows[a].letter && rows[a].letter == rows[b].letter))
                    fail_msg("%s: --%s and --%s", list[i].name, rows[a].name,
                             rows[b].name);
            }
    }
}

/* "--due 18:00" must be an option of the command that is shown. */
static void every_option_in_an_example_is_one_of_the_command(void **state)
{
    size_t count, examples;
    const struct command *list = commands_all(&count);
    const struct command_example *shown = command_examples(&examples);
    struct cli cli = {0};

    (void)state;
    for (size_t j = 0; j < examples; j++) {
        struct option_row rows[CLI_OPTIONS_MAX];
        const char *at = shown[j].line;
        for (size_t i = 0; i < count; i++)
            if (strcmp(shown[j].id, list[i].id) == 0)
                cli_options(&cli, &list[i], rows);
        while ((at = strstr(at, " --"))) {
            size_t size = strcspn(at += 3, " =");
            bool found = strncmp(at, "help", size) == 0;
            for (size_t r = 0; rows[r].name; r++)
                found |= strlen(rows[r].name) == size &&
                         strncmp(rows[r].name, at, size) == 0;
            if (!found)
                fail_msg("%s: no option --%.*s", shown[j].line, (int)size, at);
        }
    }
}

static const char *found(char **words, int *used)
{
    int argc = 0;
    const struct command *command;

    while (words[argc])
        argc++;
    command = command_find(argc, words, used);
    return command ? command->name : "none";
}

/* Literals, for a function that does not write to them. */
#define WORDS(...) ((char **)(uintptr_t)(const char *[]){__VA_ARGS__, NULL})

static void the_longest_name_wins(void **state)
{
    int used;

    (void)state;
    assert_string_equal(found(WORDS("on-call"), &used), "on-call");
    assert_int_equal(used, 1);
    assert_string_equal(found(WORDS("on-call", "show", "X"), &used),
                        "on-call show");
    assert_int_equal(used, 2);
    assert_string_equal(found(WORDS("on-call", "--at"), &used), "on-call");
    assert_string_equal(found(WORDS("case", "why-not", "C"), &used),
                        "case why-not");
    assert_string_equal(found(WORDS("case"), &used), "none");
    assert_string_equal(found(WORDS("cas", "list"), &used), "none");
}

static void a_typo_is_answered_with_what_was_meant(void **state)
{
    (void)state;
    assert_string_equal(command_suggest(1, WORDS("ak")), "ack");
    assert_string_equal(command_suggest(1, WORDS("tranfser")), "transfer");
    assert_string_equal(command_suggest(2, WORDS("case", "lsit")), "case list");
    assert_string_equal(command_suggest(2, WORDS("promis", "kept")),
                        "promise kept");
    assert_string_equal(command_suggest(1, WORDS("why")), "case why");
    assert_null(command_suggest(1, WORDS("xylophone")));
}

static void nouns_are_known(void **state)
{
    (void)state;
    assert_true(command_is_noun("case"));
    assert_true(command_is_noun("journal"));
    assert_false(command_is_noun("ack"));
    assert_false(command_is_noun("cas"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_says_what_it_does_and_has_an_example),
        cmocka_unit_test(
            every_example_is_of_a_command_and_begins_as_it_is_called),
        cmocka_unit_test(no_option_is_there_twice),
        cmocka_unit_test(every_option_in_an_example_is_one_of_the_command),
        cmocka_unit_test(the_longest_name_wins),
        cmocka_unit_test(a_typo_is_answered_with_what_was_meant),
        cmocka_unit_test(nouns_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
