/* names - words to small numbers, in the order of their coming.
 *
 * Memory   names_fini frees; a word handed out lives until then.
 */
#ifndef TESTS_SIM_NAMES_H
#define TESTS_SIM_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAMES_NONE = -1 };

struct names {
    char **words;
    size_t count, capacity;
    uint32_t *slots; /* number + 1; 0: free */
    size_t slot_count;
};

void names_fini(struct names *n);
int names_find(const struct names *n, const char *word);
/* *is_new may be NULL. */
int names_add(struct names *n, const char *word, bool *is_new);

#endif
