/* suggest - which word was meant.
 *
 * Memory   Words are borrowed; answers are among the words given.
 * Threads  Any.
 */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

/* Insertions, deletions, changes and swaps of neighbours between two words, of
 * which at most 64 bytes are looked at. */
unsigned suggest_distance(const char *a, const char *b);

/* The word that was probably meant, or NULL when none is near enough: at most a
 * third of the typed letters may differ, or the typed word begins it. */
const char *suggest_word(const char *typed, const char *const *words,
                         size_t count);

#endif
