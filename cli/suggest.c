#include "cli/suggest.h"

#include <string.h>

enum { WORD_MAX = 64 };

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned suggest_distance(const char *a, const char *b)
{
    size_t na = strnlen(a, WORD_MAX), nb = strnlen(b, WORD_MAX);
    unsigned rows[3][WORD_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= nb; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned changed = last[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = smaller(changed, smaller(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = smaller(now[j], before[j - 2] + 1);
        }
        unsigned *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[nb];
}

const char *suggest_word(const char *typed, const char *const *words,
                         size_t count)
{
    size_t size = strlen(typed);
    unsigned best = size < 6 ? 2 : (unsigned)size / 3 + 1; /* exclusive */
    const char *found = NULL, *begun = NULL;

    if (size == 0)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        unsigned distance = suggest_distance(typed, words[i]);
        if (distance < best) {
            best = distance;
            found = words[i];
        }
        if (!begun && size >= 2 && strncmp(words[i], typed, size) == 0)
            begun = words[i];
    }
    return found ? found : begun;
}
