/* calendar - opening hours and the arithmetic along them. Every interval is
 * taken from local opening times to UTC, so that a day of 23 or 25 hours
 * counts what really passed. */
#include "engine/calendar.h"

#include <assert.h>

enum { DAY_MS = 86400000, MINUTE_MS = 60000, DAYS_MAX = 20000 };

static int32_t day_of(int64_t local_ms)
{
    return (int32_t)((local_ms >= 0 ? local_ms : local_ms - (DAY_MS - 1)) /
                     DAY_MS);
}

static int64_t offset_ms(const struct zone *z, int64_t utc_ms)
{
    size_t low = 0, high = z->offset_count;

    assert(z->offset_count);
    while (high - low > 1) {
        size_t mid = (low + high) / 2;
        if (z->offsets[mid].from_ms <= utc_ms)
            low = mid;
        else
            high = mid;
    }
    return (int64_t)z->offsets[low].offset_s * 1000;
}

int64_t zone_local_ms(const struct zone *z, int64_t utc_ms)
{
    return utc_ms + offset_ms(z, utc_ms);
}

/* Of a time that comes twice the first; one that never comes moves forward. */
int64_t zone_utc_ms(const struct zone *z, int64_t local_ms)
{
    int64_t before = offset_ms(z, local_ms - DAY_MS);
    int64_t after = offset_ms(z, local_ms + DAY_MS);

    if (before == after || offset_ms(z, local_ms - before) == before)
        return local_ms - before;
    if (offset_ms(z, local_ms - after) == after)
        return local_ms - after;
    return local_ms - before;
}

static struct hours hours_of(const struct calendar *c, int32_t day)
{
    size_t low = 0, high = c->exception_count;
    int32_t weekday = (day + 3) % 7; /* 1970-01-01 was a Thursday */

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (c->exceptions[mid].day < day)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < c->exception_count && c->exceptions[low].day == day)
        return c->exceptions[low].hours;
    return c->week[weekday < 0 ? weekday + 7 : weekday];
}

static bool is_open_day(struct hours h)
{
    return h.close_minute > h.open_minute;
}

static int64_t utc_of(const struct calendar *c, int32_t day, int32_t minute)
{
    return zone_utc_ms(c->zone,
                       (int64_t)day * DAY_MS + (int64_t)minute * MINUTE_MS);
}

/* The n-th time of the day that it is open; false when there is no more. */
static bool stretch(const struct calendar *c, int32_t day,
                    const struct hours *h, unsigned n, int64_t *open,
                    int64_t *close)
{
    const struct hours_break *b = h->breaks;
    bool is_last;

    if (!is_open_day(*h) || n > HOURS_BREAKS_MAX ||
        (n && b[n - 1].from_minute == b[n - 1].until_minute))
        return false;
    is_last = n == HOURS_BREAKS_MAX || b[n].from_minute == b[n].until_minute;
    *open = utc_of(c, day, n ? b[n - 1].until_minute : h->open_minute);
    *close = utc_of(c, day, is_last ? h->close_minute : b[n].from_minute);
    return true;
}

bool calendar_is_24x7(const struct calendar *c)
{
    if (c->exception_count)
        return false;
    for (int i = 0; i < 7; i++)
        if (c->week[i].open_minute != 0 || c->week[i].close_minute != 1440 ||
            c->week[i].breaks[0].until_minute)
            return false;
    return true;
}

static int32_t local_day(const struct calendar *c, int64_t at_ms)
{
    return day_of(zone_local_ms(c->zone, at_ms));
}

bool calendar_is_open(const struct calendar *c, int64_t at_ms)
{
    int32_t day = local_day(c, at_ms);
    struct hours h = hours_of(c, day);
    int64_t open, close;

    for (unsigned n = 0; stretch(c, day, &h, n, &open, &close); n++)
        if (at_ms >= open && at_ms < close)
            return true;
    return false;
}

int64_t calendar_add(const struct calendar *c, int64_t from_ms, int64_t span_ms)
{
    int32_t day = local_day(c, from_ms);

    if (span_ms <= 0 || calendar_is_24x7(c))
        return from_ms + (span_ms > 0 ? span_ms : 0);
    for (int32_t last = day + DAYS_MAX; day < last; day++) {
        struct hours h = hours_of(c, day);
        int64_t open, close;

        for (unsigned n = 0; stretch(c, day, &h, n, &open, &close); n++) {
            if (open < from_ms)
                open = from_ms;
            if (close <= open)
                continue;
            if (span_ms <= close - open)
                return open + span_ms;
            span_ms -= close - open;
        }
    }
    return utc_of(c, day, 0); /* hardly ever open: as far as we look */
}

int64_t calendar_between(const struct calendar *c, int64_t from_ms,
                         int64_t to_ms)
{
    int64_t sum = 0;

    if (to_ms <= from_ms)
        return 0;
    if (calendar_is_24x7(c))
        return to_ms - from_ms;
    for (int32_t day = local_day(c, from_ms), last = local_day(c, to_ms);
         day <= last; day++) {
        struct hours h = hours_of(c, day);
        int64_t open, close;

        for (unsigned n = 0; stretch(c, day, &h, n, &open, &close); n++) {
            if (open < from_ms)
                open = from_ms;
            if (close > to_ms)
                close = to_ms;
            if (close > open)
                sum += close - open;
        }
    }
    return sum;
}

int64_t calendar_day_due(const struct calendar *c, int64_t at_ms)
{
    int32_t day = local_day(c, at_ms);
    struct hours h = hours_of(c, day);

    if (!is_open_day(h) || calendar_is_24x7(c))
        return utc_of(c, day, 18 * 60);
    return utc_of(c, day, h.close_minute);
}

int64_t calendar_day_open(const struct calendar *c, int64_t at_ms)
{
    int32_t day = local_day(c, at_ms);
    struct hours h = hours_of(c, day);

    if (!is_open_day(h) || calendar_is_24x7(c))
        return utc_of(c, day, 9 * 60);
    return utc_of(c, day, h.open_minute);
}

int64_t calendar_next_working_day(const struct calendar *c, int64_t at_ms)
{
    int64_t local = zone_local_ms(c->zone, at_ms);
    int32_t day = day_of(local);
    int64_t time = local - (int64_t)day * DAY_MS;

    for (int32_t next = day + 1; next < day + DAYS_MAX; next++)
        if (is_open_day(hours_of(c, next)))
            return zone_utc_ms(c->zone, (int64_t)next * DAY_MS + time);
    return zone_utc_ms(c->zone, local + DAY_MS); /* never open: every day */
}
