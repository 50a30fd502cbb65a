#include "policy/zones.h"

#include <libical/ical.h>
#include <stdio.h>

enum { OFFSETS_MAX = 1024, DAY_S = 86400 };

#define FIRST_S 0LL         /* 1970-01-01 */
#define LAST_S 4102444800LL /* 2100-01-01 */

static int32_t offset_at(icaltimezone *zone, int64_t utc_s)
{
    struct icaltimetype t = icaltime_from_timet_with_zone(
        (time_t)utc_s, 0, icaltimezone_get_utc_timezone());

    return icaltimezone_get_utc_offset_of_utc_time(zone, &t, NULL);
}

/* The second in (from, until] at which the offset becomes another. */
static int64_t change_between(icaltimezone *zone, int64_t from, int64_t until)
{
    int32_t before = offset_at(zone, from);

    while (until - from > 1) {
        int64_t middle = from + (until - from) / 2;

        if (offset_at(zone, middle) == before)
            from = middle;
        else
            until = middle;
    }
    return until;
}

static size_t find_offsets(icaltimezone *zone, struct zone_offset *rows)
{
    size_t count = 0;

    rows[count++] = (struct zone_offset){INT64_MIN, offset_at(zone, FIRST_S)};
    for (int64_t at = FIRST_S; at < LAST_S && count < OFFSETS_MAX;
         at += DAY_S) {
        int32_t after = offset_at(zone, at + DAY_S);

        if (after == rows[count - 1].offset_s)
            continue;
        rows[count++] = (struct zone_offset){
            change_between(zone, at, at + DAY_S) * 1000, after};
    }
    return count;
}

static icaltimezone *find_zone(struct text name)
{
    char word[NAME_BYTES_MAX + 1];

    if (name.size > NAME_BYTES_MAX)
        return NULL;
    snprintf(word, sizeof word, "%.*s", TEXT_ARG(name));
    if (text_equal(name, TEXT("UTC")))
        return icaltimezone_get_utc_timezone();
    return icaltimezone_get_builtin_timezone(word);
}

const struct zone *zones_get(struct loader *l, struct zones *z,
                             struct text name, struct place at)
{
    static struct zone_offset rows[OFFSETS_MAX]; /* loading is one at a time */
    icaltimezone *found;
    struct zone *zone;
    struct zone_offset *offsets;

    for (size_t i = 0; i < z->count; i++)
        if (text_equal(z->list[i]->name, name))
            return z->list[i];
    found = z->count < ZONES_MAX ? find_zone(name) : NULL;
    if (!found) {
        report_error(l, at, "", "a name such as Asia/Shanghai",
                     "there is no time zone \"%.*s\"", TEXT_ARG(name));
        if (text_equal(name, TEXT("UTC")))
            return NULL;
        return zones_get(l, z, TEXT("UTC"), at);
    }
    zone = loader_array(l, 1, sizeof *zone);
    size_t count = find_offsets(found, rows);
    offsets = loader_array(l, count, sizeof *offsets);
    if (!zone || !offsets)
        return NULL;
    memcpy(offsets, rows, count * sizeof *rows);
    *zone = (struct zone){loader_text(l, name), offsets, count};
    z->list[z->count++] = zone;
    return zone;
}
