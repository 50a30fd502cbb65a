/* rules - the pack that a case lives by, read from the ledger's blobs, or asked
 * of the router where the ledger is elsewhere (cli/rules_remote.h).
 *
 * Where neither is to be had what is told is what the records alone say.
 *
 * Memory   policyset_free what it gives.
 * Threads  One.
 */
#ifndef CLI_RULES_H
#define CLI_RULES_H

#include "base/bytes.h"
#include "cli/cli.h"
#include "policy/messages.h"
#include "policy/policy_load.h"

/* NULL when it is not to be had here. */
struct policyset *rules_of_version(struct cli *cli, const char *version);

/* The version of that set; false where the ledger names none yet, or is not on
 * this machine. */
bool rules_version(struct cli *cli, char out[LIMIT_ID_BYTES + 1]);

/* The whole set that is in force, with its words for people; of another machine
 * without persons and rosters. NULL when it is not to be had. */
struct policyset *rules_in_force(struct cli *cli);

/* The same by the router's word, also where the ledger is on this machine: what
 * lies on disk may be of before a pack was loaded. */
struct policyset *rules_asked(struct cli *cli);

/* What is filled into the words of a rule or clock; "" where unknown. */
struct rules_values {
    const char *span, *due, *key, *owner, *tier;
};

/* Appends why a person hears of it, in the user's language: by its clock, else
 * by its rule. False: the pack has no words for it. set may be NULL. */
bool rules_words(const struct policyset *set, const char *pack,
                 const char *rule, const char *clock,
                 const struct rules_values *values, struct bytes *out);

/* Reads packs and prints what was found, errors and warnings. CLI_DONE,
 * CLI_NOT_FOUND or CLI_BAD_DATA. dirs empty: "packs". */
int rules_load(struct cli *cli, int argc, char **argv, struct policyset **set,
               bool quiet);

/* The same, looking at rosters and hours over the days to come. */
struct rules_look {
    int64_t from_ms;
    int days;
    const char *only;     /* findings of this topic; NULL: all */
    const char *channels; /* "log,smtp": only these are set up; NULL: all */
};
int rules_check(struct cli *cli, int argc, char **argv,
                const struct rules_look *look, struct policyset **set);

/* Findings as JSON. */
json_t *rules_findings_json(const struct findings *f);

#endif
