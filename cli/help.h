/* help - what the program can do, made from the table of commands.
 *
 * Threads  One.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/cli.h"

/* All commands by group. */
void help_overview(const struct out *o);

/* The commands that begin with this word, "case". */
void help_noun(const struct out *o, const char *word);

/* Everything about one. */
void help_command(struct cli *cli, const struct command *command);

/* An array of all commands whose name begins so, by whole words; "": all. */
void help_json(const struct out *o, const char *begin);

#endif
