/* command - the table of commands, and finding a row in it.
 *
 * One row of commands.def is everything about a command: its words, who may,
 * whether it only reads, its options, its exit codes, its help.
 *
 * Memory   Constant tables; the options' targets are variables of the handler's
 *          file, set once per process.
 * Threads  Any.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/i18n.h"
#include "base/option.h"
#include "cli/exits.h"

struct cli;

/* clang-format off */
/*    name      heading in help */
#define COMMAND_GROUPS(X)                                                      \
    X(SEE,      N_("See"))                                                     \
    X(ANSWER,   N_("Answer a page"))                                           \
    X(OWN,      N_("Change the owner"))                                        \
    X(WORK,     N_("Work on a case"))                                          \
    X(REPORT,   N_("Report"))                                                  \
    X(POLICY,   N_("Rules"))                                                   \
    X(OPERATE,  N_("Operate"))

/*    name      word, in documents */
#define COMMAND_ACCESSES(X)                                                    \
    X(LOCAL,    N_("local"))                                                   \
    X(LEDGER,   N_("ledger"))                                                  \
    X(READ,     N_("read"))                                                    \
    X(WRITE,    N_("write"))

/*    name        who may; checked by the router against the roster */
#define COMMAND_WHO(X)                                                         \
    X(ANYBODY,    N_("anybody"))                                               \
    X(PERSON,     N_("anybody on the roster"))                                 \
    X(OWNER,      N_("the owner, or a higher tier"))                           \
    X(TIER,       N_("whose tier was paged, or a higher tier"))                \
    X(RECEIVER,   N_("the one to whom it was offered or asked"))               \
    X(SUPERVISOR, N_("station head or higher"))                                \
    X(STATION,    N_("a station, as itself"))                                  \
    X(OPERATOR,   N_("an operator"))
/* clang-format on */

#define X(name, text) COMMAND_##name,
enum command_group { COMMAND_GROUPS(X) COMMAND_GROUP_COUNT };
enum command_access { COMMAND_ACCESSES(X) COMMAND_ACCESS_COUNT };
#undef X
#define X(name, text) WHO_##name,
enum command_who { COMMAND_WHO(X) WHO_COUNT };
#undef X

enum { COMMAND_ANY_WORDS = 1000 };

struct command {
    const char *id;   /* "case_list" */
    const char *name; /* "case list" */
    enum command_group group;
    enum command_access access;
    enum command_who who;
    int words_min, words_max;
    const char *arguments; /* N_() */
    unsigned exits;        /* bit 1 << enum cli_exit, beside 0, 1, 2 */
    const char *summary;   /* N_() */
    const struct option_row *options;
    int (*run)(struct cli *cli, int argc, char **argv); /* exit code */
};

struct command_example {
    const char *id; /* of the command */
    const char *line;
    const char *what; /* N_() */
};

/* Each noun's file defines these for its commands. argv holds the arguments
 * alone, argc of them, between words_min and words_max. */
#define COMMAND(id, ...)                                                       \
    extern const struct option_row id##_options[];                             \
    int run_##id(struct cli *cli, int argc, char **argv);
#include "cli/commands.def"
#undef COMMAND

const struct command *commands_all(size_t *count);
const struct command_example *command_examples(size_t *count);

/* The command that argv begins with, the longest name first; *used is how many
 * words it took. NULL: none. */
const struct command *command_find(int argc, char **argv, int *used);

/* Is the word the first of several commands ("case")? */
bool command_is_noun(const char *word);

/* The name probably meant by the first words of argv, or NULL. */
const char *command_suggest(int argc, char **argv);

const char *command_group_text(enum command_group group);
const char *command_access_text(enum command_access access);
const char *command_who_text(enum command_who who);

#endif
