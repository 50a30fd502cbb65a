#include "policy/words.h"

#include <limits.h>

enum { WORD_BYTES_MAX = 63 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned words_distance(struct text a, struct text b)
{
    unsigned rows[3][WORD_BYTES_MAX + 1]; /* two before, before, this */
    unsigned *older = rows[0], *old = rows[1], *now = rows[2];

    if (a.size > WORD_BYTES_MAX || b.size > WORD_BYTES_MAX)
        return UINT_MAX;
    memset(rows, 0, sizeof rows);
    for (unsigned j = 0; j <= b.size; j++)
        old[j] = j;
    for (unsigned i = 1; i <= a.size; i++) {
        now[0] = i;
        for (unsigned j = 1; j <= b.size; j++) {
            unsigned differs = a.data[i - 1] != b.data[j - 1];

            now[j] = least(old[j - 1] + differs, least(old[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
                a.data[i - 2] == b.data[j - 1])
                now[j] = least(now[j], older[j - 2] + 1);
        }
        unsigned *spare = older;
        older = old;
        old = now;
        now = spare;
    }
    return old[b.size];
}

void nearest_begin(struct nearest *n, struct text word)
{
    *n = (struct nearest){.word = word, .distance = word.size / 3 + 1};
}

void nearest_try(struct nearest *n, struct text candidate)
{
    unsigned d = words_distance(n->word, candidate);

    if (d < n->distance || (d == n->distance && n->best.size == 0)) {
        n->distance = d;
        n->best = candidate;
    }
}
