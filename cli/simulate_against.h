/* simulate_against - who would have been called under another policy.
 *
 * Errors   Told; CLI_BAD_DATA for a policy or events that cannot be read.
 */
#ifndef CLI_SIMULATE_AGAINST_H
#define CLI_SIMULATE_AGAINST_H

#include "cli/cli.h"
#include "ledger/against.h"

/* options->events->journal or files; cases_max: of those that change most. */
int simulate_against(struct cli *cli, const struct against_options *options,
                     size_t cases_max);

#endif
