/* option - command lines by a table, help included.
 *
 *   static const char *home;
 *   static bool json;
 *   static const struct option_row rows[] = {
 *       {"home", 'H', OPTION_TEXT, N_("DIR"), N_("where it all lies"), &home},
 *       {"json",  0,  OPTION_FLAG, NULL,      N_("print JSON lines"),  &json},
 *       {0}};
 *
 * --help and --version need no row. Parsing stops at the first word that is no
 * option, unless .mixed; "--" ends options. Texts are borrowed from argv.
 *
 * Errors   INVALID with a sentence for the user, in his language.
 * Threads  One at a time (getopt).
 */
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/* clang-format off */
enum option_kind {          /* .target is */
    OPTION_FLAG,            /* bool *, set to true */
    OPTION_TEXT,            /* const char ** */
    OPTION_INT,             /* int64_t *, decimal */
    OPTION_SPAN,            /* int64_t *, ms; see base/span.h */
    OPTION_LIST,            /* struct option_list *, may be repeated */
    OPTION_COUNT            /* int *, one more each time */
};
/* clang-format on */

enum { OPTION_LIST_MAX = 32 };

struct option_list {
    size_t count;
    const char *list[OPTION_LIST_MAX];
};

struct option_row {
    const char *name; /* long name; NULL ends the table */
    char letter;      /* short one, or 0 */
    enum option_kind kind;
    const char *argument; /* what help calls its value; N_() */
    const char *help;     /* N_() */
    void *target;
};

struct option_set {
    const char *usage;   /* "yinuo case show [OPTION]... ID" */
    const char *summary; /* one line, N_(); may be NULL */
    const struct option_row *rows;
    bool mixed; /* options may stand behind other words */
};

enum option_result {
    OPTION_GO_ON,
    OPTION_HELP,    /* --help was given; nothing is printed yet */
    OPTION_VERSION, /* --version was given */
    OPTION_WRONG    /* err says why */
};

/* argv[0] is passed over; *first is the index of the first other word. */
MUST_CHECK enum option_result option_parse(const struct option_set *set,
                                           int argc, char **argv, int *first,
                                           struct error *err);

void option_help(const struct option_set *set, FILE *out);

/* What a daemon's main wants: prints help or version to stdout and exits 0, the
 * error to stderr and exits 2, or returns *first. */
int option_parse_or_exit(const struct option_set *set, int argc, char **argv);

#endif
