/* known - is there a station, region or kind of this name? A filter by a word
 * that nothing bears would be silent for ever.
 *
 * A pack names kinds and places of its own, so who knows is asked: the router,
 * for what runs; of a history its cases and the directory that it is read with.
 * Where nobody knows, every word passes.
 *
 * Memory   Nothing is kept.
 * Errors   CLI_DONE, or CLI_NOT_FOUND, and the user has been told what was
 *          probably meant.
 * Threads  One.
 */
#ifndef CLI_KNOWN_H
#define CLI_KNOWN_H

#include "cli/cli.h"
#include "ledger/report.h"

/* Built in, or of the pack that is in force. */
int known_kind(struct cli *cli, const char *kind);

/* Of the running system; each may be NULL. */
int known_place(struct cli *cli, const char *station, const char *region);

/* A case of the report is of it, or its directory lists it; each may be NULL.
 */
int known_place_of(struct cli *cli, const struct report *r, const char *station,
                   const char *region);

/* Is a case of the report of it? Each may be NULL: it is. */
bool known_case_of(const struct report *r, const char *station,
                   const char *region);

#endif
