/* case_costs - what a case has cost, for its write-up (ledger/costs.h).
 *
 * Memory   JSON is the caller's.
 * Threads  One.
 */
#ifndef CLI_CASE_COSTS_H
#define CLI_CASE_COSTS_H

#include <stdio.h>

#include <jansson.h>

#include "ledger/costs.h"

/* A table of Markdown, and what it would have been at the first chance. */
void case_costs_md(FILE *out, const struct costs *c);
json_t *case_costs_json(const struct costs *c);

#endif
