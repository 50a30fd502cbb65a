/* rebase - what moving cases to the rules in force would change, shown.
 *
 * Memory   Rows are Yinuo__V1__RebaseRow, the caller's.
 * Threads  One.
 */
#ifndef CLI_REBASE_H
#define CLI_REBASE_H

#include "cli/question.h"

/* Those of one case (its full id), or of all that live by older rules. */
int rebase_ask(struct cli *cli, const char *case_id, struct rows *rows);

/* A table and a summary, or as JSON one object. */
void rebase_show(struct cli *cli, const struct rows *rows);

/* Why a case cannot be moved, in the user's language. */
const char *rebase_why_not(const Yinuo__V1__RebaseRow *row);

#endif
