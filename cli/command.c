#include "cli/command.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cli/suggest.h"

#define E3 | 1u << CLI_NOT_FOUND
#define E4 | 1u << CLI_LOST
#define E5 | 1u << CLI_UNREACHED
#define E6 | 1u << CLI_DENIED
#define E7 | 1u << CLI_BAD_DATA
#define ANY COMMAND_ANY_WORDS

#define COMMAND(id, name, group, access, who, min, max, arguments, exits, sum) \
    {#id,          name,    COMMAND_##group, COMMAND_##access, WHO_##who,      \
     min,          max,     arguments,       0u exits,         sum,            \
     id##_options, run_##id},
static const struct command commands[] = {
#include "cli/commands.def"
};
#undef COMMAND

#define EXAMPLE(id, line, what) {#id, line, what},
static const struct command_example examples[] = {
#include "cli/examples.def"
};
#undef EXAMPLE

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

const struct command *commands_all(size_t *count)
{
    *count = COMMAND_COUNT;
    return commands;
}

const struct command_example *command_examples(size_t *count)
{
    *count = sizeof examples / sizeof examples[0];
    return examples;
}

/* How many of the words the name takes; 0 when they are others. */
static int fits(const char *name, int argc, char **argv)
{
    int used = 0;

    while (*name) {
        size_t size = strcspn(name, " ");
        if (used == argc || strlen(argv[used]) != size ||
            memcmp(argv[used], name, size) != 0)
            return 0;
        used++;
        name += size;
        name += strspn(name, " ");
    }
    return used;
}

const struct command *command_find(int argc, char **argv, int *used)
{
    const struct command *found = NULL;

    *used = 0;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        int words = fits(commands[i].name, argc, argv);
        if (words > *used) {
            *used = words;
            found = &commands[i];
        }
    }
    return found;
}

bool command_is_noun(const char *word)
{
    size_t size = strlen(word);

    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strncmp(commands[i].name, word, size) == 0 &&
            commands[i].name[size] == ' ')
            return true;
    return false;
}

const char *command_suggest(int argc, char **argv)
{
    const char *names[COMMAND_COUNT];
    char typed[128] = "";
    const char *found;

    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    if (argc > 1) {
        snprintf(typed, sizeof typed, "%.60s %.60s", argv[0], argv[1]);
        found = suggest_word(typed, names, COMMAND_COUNT);
        if (found)
            return found;
    }
    found = suggest_word(argv[0], names, COMMAND_COUNT);
    if (found)
        return found;
    for (size_t i = 0; i < COMMAND_COUNT; i++) { /* "why": case why */
        const char *last = strrchr(names[i], ' ');
        if (last && suggest_distance(argv[0], last + 1) <= 1)
            return names[i];
    }
    return NULL;
}

#define X(name, text) text,
static const char *const group_texts[] = {COMMAND_GROUPS(X)};
static const char *const access_texts[] = {COMMAND_ACCESSES(X)};
static const char *const who_texts[] = {COMMAND_WHO(X)};
#undef X

const char *command_group_text(enum command_group group)
{
    assert(group < COMMAND_GROUP_COUNT);
    return _(group_texts[group]);
}

const char *command_access_text(enum command_access access)
{
    assert(access < COMMAND_ACCESS_COUNT);
    return _(access_texts[access]);
}

const char *command_who_text(enum command_who who)
{
    assert(who < WHO_COUNT);
    return _(who_texts[who]);
}
