/* world_support - what the tests of two worlds share: rules for them, and how
 * the one that only applies follows the one that decides. */
#ifndef TESTS_LEDGER_WORLD_SUPPORT_H
#define TESTS_LEDGER_WORLD_SUPPORT_H

#include "ledger/runner.h"
#include "policy/policy_load.h"

/* Asserts that they load. A pack of texts is called small. */
struct policyset *policies_of_pack(const char *dir);
struct policyset *policies_of_texts(const char *calendars,
                                    const char *directory, const char *policy);

/* Applies what the other world has decided. */
void follow_record(struct world *world, const struct runner_record *r);

#endif
