#include "tests/sim/names.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash_of(const char *word)
{
    uint32_t h = 2166136261u;

    for (; *word; word++)
        h = (h ^ (uint8_t)*word) * 16777619u;
    return h ^ h >> 15;
}

void names_fini(struct names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->words[i]);
    free(n->words);
    free(n->slots);
    *n = (struct names){0};
}

static uint32_t *slot_of(const struct names *n, const char *word)
{
    size_t at = hash_of(word) & (n->slot_count - 1);

    while (n->slots[at] && strcmp(n->words[n->slots[at] - 1], word) != 0)
        at = (at + 1) & (n->slot_count - 1);
    return &n->slots[at];
}

int names_find(const struct names *n, const char *word)
{
    return n->slot_count ? (int)*slot_of(n, word) - 1 : NAMES_NONE;
}

static void grow(struct names *n)
{
    n->slot_count = n->slot_count ? 2 * n->slot_count : 64;
    free(n->slots);
    n->slots = calloc(n->slot_count, sizeof *n->slots);
    n->words = realloc(n->words, n->slot_count * sizeof *n->words);
    if (!n->slots || !n->words)
        abort();
    for (size_t i = 0; i < n->count; i++)
        *slot_of(n, n->words[i]) = (uint32_t)i + 1;
}

int names_add(struct names *n, const char *word, bool *is_new)
{
    int found = names_find(n, word);

    if (is_new)
        *is_new = found < 0;
    if (found >= 0)
        return found;
    if (2 * (n->count + 1) > n->slot_count)
        grow(n);
    n->words[n->count] = strdup(word);
    if (!n->words[n->count])
        abort();
    *slot_of(n, word) = (uint32_t)++n->count;
    return (int)n->count - 1;
}
