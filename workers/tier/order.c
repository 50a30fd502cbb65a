/* order - the channel that the engine's method asks for, then the others as
 * configured. */
#include <string.h>

#include "workers/tier/state.h"

static bool has_word(const char *words, const char *word)
{
    size_t size = strlen(word);
    while (words && *words) {
        size_t n = strcspn(words, " ");
        if (n == size && memcmp(words, word, n) == 0)
            return true;
        words += n + strspn(words + n, " ");
    }
    return false;
}

static bool serves(const struct tier_channel *c, const char *method)
{
    return strcmp(c->name, method) == 0 || has_word(c->methods, method);
}

void order_make(const struct tier_settings *set, const char *method,
                uint8_t order[TIER_CHANNELS_MAX])
{
    size_t count = 0;
    for (int first = 1; first >= 0; first--)
        for (size_t i = 0; i < set->channel_count; i++)
            if ((method && *method && serves(&set->channels[i], method)) ==
                (first == 1))
                order[count++] = (uint8_t)i;
}
