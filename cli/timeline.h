/* timeline - the records of a case.
 *
 * Memory   found_fini and rows_fini, also after a failure; rows zeroed before.
 * Threads  One.
 */
#ifndef CLI_TIMELINE_H
#define CLI_TIMELINE_H

#include "cli/find.h"

/* rows.list[i] is a Yinuo__V1__StreamRecord *, in order of seq. */
int timeline_ask(struct cli *cli, const char *typed, struct found *found,
                 struct rows *rows);

#endif
