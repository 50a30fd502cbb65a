/* status_words - what the rows of "status" are called for people.
 *
 * In English they are called what programs call them; a name that is not known
 * here (a pack's, a newer router's) is shown as it came.
 *
 * Memory   The words are the catalogue's or the caller's.
 * Threads  Any, once the language is set.
 */
#ifndef CLI_STATUS_WORDS_H
#define CLI_STATUS_WORDS_H

#include <stdbool.h>

bool status_is_known(const char *name);
const char *status_word(const char *name);

#endif
