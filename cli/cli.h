/* cli - one run of the program: its settings, its output, its connection.
 *
 * Memory   Settings are borrowed from argv and the environment, or static.
 * Errors   Whoever fails has told the user when he returns an exit code.
 * Threads  One.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/random.h"
#include "cli/command.h"
#include "cli/out.h"
#include "cli/who.h"

enum { CLI_WAIT_MS = 3000 }; /* no command waits longer for the system */

struct client;

struct cli {
    struct out out;
    FILE *in; /* questions are asked only if it is a terminal */
    const struct clock *clock;
    const struct random *random;
    const struct command *command;

    /* options that every command takes, NULL where not given */
    const char *as, *home, *connect, *output, *colour, *language;
    /* those that move a case take these too */
    const char *reason, *at;
    bool queue, yes, dry_run;

    char home_path[LIMIT_PATH_BYTES]; /* absolute */
    struct who who;
    int64_t until_ms;      /* monotonic: when waiting ends */
    struct client *client; /* NULL: not connected yet */
    struct error error;    /* the last one */
};

/* The whole program; returns the exit code. */
int cli_main(int argc, char **argv);

/* The options of a command followed by those that all take; room for 48. */
enum { CLI_OPTIONS_MAX = 48 };
void cli_options(struct cli *cli, const struct command *command,
                 struct option_row out[CLI_OPTIONS_MAX]);

/* Who acts and where the system lives, of what the options said. CLI_DONE, or
 * an exit code; the user has been told. */
int cli_find_who(struct cli *cli);

/* Says it and what to do about it, and returns CLI_USAGE. */
int cli_usage(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);

/* Tells cli->error and returns the exit code that its status stands for. */
int cli_failed(const struct cli *cli);

/* CLI_USAGE and a sentence when the command needs a reason and has none, and
 * nobody is there to be asked. */
int cli_need_reason(struct cli *cli);

/* "Answer all 12? [y/N]" on a terminal. False when it was not yes, or nobody is
 * there to ask and --yes was not given, which it says. */
bool cli_confirm(struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);

/* Asks for a line; NULL when nobody is there, or on an empty or bad answer.
 * The text is to be freed. */
char *cli_ask(struct cli *cli, const char *question);

/* The words with blanks between; to be freed. */
char *cli_words(int argc, char **argv);

/* May somebody be asked? */
bool cli_interactive(const struct cli *cli);

/* "HOME/name". CLI_DONE, or says that it is too long. */
int cli_path(struct cli *cli, const char *name, char out[LIMIT_PATH_BYTES]);

/* Wall clock. */
int64_t cli_now_ms(const struct cli *cli);

#endif
