/* rules_remote - the rules and words of a system whose ledger is elsewhere.
 *
 * Asked of the router once per version ("policy.words") and kept in the cache;
 * while nobody answers, what was learnt last is taken. Without persons and
 * rosters: those are asked for by name.
 *
 * Memory   The bytes are the caller's.
 * Threads  One.
 */
#ifndef CLI_RULES_REMOTE_H
#define CLI_RULES_REMOTE_H

#include "base/bytes.h"
#include "cli/cli.h"

/* Appends the blob of that version's rules, or of the set in force (NULL).
 * False where neither the router nor the cache has it. */
bool rules_remote(struct cli *cli, const char *version, struct bytes *blob);

#endif
