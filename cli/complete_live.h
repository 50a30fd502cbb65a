/* complete_live - what the running system calls its cases, pages, mutes.
 *
 * Each offers what goes on from what was typed, or nothing where nobody answers
 * in time. The place is not looked at.
 */
#ifndef CLI_COMPLETE_LIVE_H
#define CLI_COMPLETE_LIVE_H

#include "cli/complete.h"

struct place;

/* The open ones; where they are too many, those that begin so. */
void complete_live_cases(struct complete *c, const struct place *place);

/* Of the case that the line names. */
void complete_live_promises(struct complete *c, const struct place *place);
void complete_live_items(struct complete *c, const struct place *place);

void complete_live_pages(struct complete *c, const struct place *place);
void complete_live_mutes(struct complete *c, const struct place *place);
void complete_live_overrides(struct complete *c, const struct place *place);

#endif
