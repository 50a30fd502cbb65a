/* calendar - opening hours as plain tables, and counting along them.
 *
 * Compiled by policy/ from zones and calendars (libical); here is arithmetic
 * only. A week of local opening minutes, exceptions by day (closed, other
 * hours, 调休), and the zone's offsets.
 *
 * Time     Moments are UTC ms; minutes of day are local.
 * Memory   Borrowed; nothing is kept.
 * Source   requirements.md section 4: (cal), day granularity, 20.
 */
#ifndef ENGINE_CALENDAR_H
#define ENGINE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/text.h"

struct zone_offset {
    int64_t from_ms; /* valid from here until the next row */
    int32_t offset_s;
};

struct zone {
    struct text name; /* IANA */
    const struct zone_offset *offsets;
    size_t offset_count; /* at least 1; the first is valid from ever */
};

enum { HOURS_BREAKS_MAX = 3 };

struct hours_break {
    uint16_t from_minute, until_minute;
};

struct hours {
    uint16_t open_minute;  /* local, 0..1440 */
    uint16_t close_minute; /* > open_minute; equal means closed that day */
    /* a split day: closed in between, in their order; equal: no more of them */
    struct hours_break breaks[HOURS_BREAKS_MAX];
};

struct day_exception {
    int32_t day; /* local days since 1970-01-01 */
    struct hours hours;
};

struct calendar {
    struct text id;
    const struct zone *zone;
    struct hours week[7];                   /* 0 is Monday */
    const struct day_exception *exceptions; /* by day, ascending */
    size_t exception_count;
};

int64_t zone_local_ms(const struct zone *z,
                      int64_t utc_ms); /* local wall clock as if it were UTC */
int64_t zone_utc_ms(
    const struct zone *z,
    int64_t local_ms); /* a local time that does not exist moves forward */

bool calendar_is_24x7(const struct calendar *c);
bool calendar_is_open(const struct calendar *c, int64_t at_ms);
/* The moment at which span_ms of open time have passed since from_ms. */
int64_t calendar_add(const struct calendar *c, int64_t from_ms,
                     int64_t span_ms);
/* Open time between two moments. */
int64_t calendar_between(const struct calendar *c, int64_t from_ms,
                         int64_t to_ms);
/* When a promise "for that day" is due: closing time of the local day of at_ms;
 * 18:00 where the calendar is 24x7 or closed that day (20). */
int64_t calendar_day_due(const struct calendar *c, int64_t at_ms);
/* Opening time of the local day of at_ms; 09:00 where 24x7 or closed. */
int64_t calendar_day_open(const struct calendar *c, int64_t at_ms);
/* The same local time on the next open day. */
int64_t calendar_next_working_day(const struct calendar *c, int64_t at_ms);

#endif
