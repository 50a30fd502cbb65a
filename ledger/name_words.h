/* name_words - what a pack calls its clocks, kinds, lists, counters and
 * factors, as a table of the process.
 *
 * Filled by role_words_use (ledger/role_words.h) whenever a set is read to be
 * shown; of several packs the first that has a word gives it.
 *
 * Memory   Copied; a word is valid until the next use.
 * Threads  name_words_use before others read.
 */
#ifndef LEDGER_NAME_WORDS_H
#define LEDGER_NAME_WORDS_H

#include "policy/messages.h"
#include "policy/policy_load.h"

/* A set without words leaves what is known. */
void name_words_use(const struct policyset *set);

/* In that language, else in English; NULL: no pack has told. */
const char *name_word(enum message_group group, const char *name,
                      const char *language);

/* Has any set been used? */
bool name_words_known(void);

#endif
