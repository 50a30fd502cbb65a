#include "policy/zones.h"

#include <stdio.h>

#include "policy/tzif.h"

enum { OFFSETS_MAX = 1024 };

#define LAST_S 4102444800LL /* 2100-01-01 */

static size_t find_offsets(struct text name, struct zone_offset *rows)
{
    char word[NAME_BYTES_MAX + 1];

    if (name.size > NAME_BYTES_MAX)
        return 0;
    snprintf(word, sizeof word, "%.*s", TEXT_ARG(name));
    if (!text_equal(name, TEXT("UTC")))
        return tzif_offsets(word, LAST_S, rows, OFFSETS_MAX);
    rows[0] = (struct zone_offset){INT64_MIN, 0};
    return 1;
}

const struct zone *zones_get(struct loader *l, struct zones *z,
                             struct text name, struct place at)
{
    static struct zone_offset rows[OFFSETS_MAX]; /* loading is one at a time */
    struct zone *zone;
    struct zone_offset *offsets;

    for (size_t i = 0; i < z->count; i++)
        if (text_equal(z->list[i]->name, name))
            return z->list[i];
    size_t count = z->count < ZONES_MAX ? find_offsets(name, rows) : 0;
    if (!count) {
        report_error(l, at, UNSAID, "a name such as Asia/Shanghai",
                     "there is no time zone \"%.*s\"", TEXT_ARG(name));
        if (text_equal(name, TEXT("UTC")))
            return NULL;
        return zones_get(l, z, TEXT("UTC"), at);
    }
    zone = loader_array(l, 1, sizeof *zone);
    offsets = loader_array(l, count, sizeof *offsets);
    if (!zone || !offsets)
        return NULL;
    memcpy(offsets, rows, count * sizeof *rows);
    *zone = (struct zone){loader_text(l, name), offsets, count};
    z->list[z->count++] = zone;
    return zone;
}
