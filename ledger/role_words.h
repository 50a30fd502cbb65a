/* role_words - the roles of a policy set as the wire tells them.
 *
 * Memory   In the arena; names are borrowed from the set.
 * Errors   NULL: the arena is full, or the set has no pack.
 * Threads  Any.
 */
#ifndef LEDGER_ROLE_WORDS_H
#define LEDGER_ROLE_WORDS_H

#include "base/arena.h"
#include "policy/policy_load.h"
#include "proto/yinuo.pb-c.h"

/* Of all packs: those that several have are the same in each. */
Yinuo__V1__Roles *role_words(const struct policyset *set, struct arena *arena);

/* For programs that show roles without a broker: proto/roles.h says them from
 * now on, and ledger/name_words.h the pack's other names. */
void role_words_use(const struct policyset *set);

#endif
