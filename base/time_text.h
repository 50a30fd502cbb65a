/* time_text - moments as people and JSON write them.
 *
 * Reads   2026-11-21T09:30:00+08:00   RFC 3339; also Z, fractions, lower case
 *         2026-11-21 09:30[:00]       in the given zone; also with T or offset
 *         2026-11-21                  the first moment of that day there
 * Writes  2026-11-21T09:30:00+08:00   with .250 when there are milliseconds
 *
 * A zone is a name of the tz database ("Asia/Shanghai", "UTC"); its rules come
 * from libical and the system's tz data. A local time that a change of offset
 * skips is taken with the offset before the change (02:30 becomes 03:30); one
 * that occurs twice is the first of the two. Without a zone (NULL) a text must
 * carry its offset.
 *
 * Time     int64_t ms since the Unix epoch; years 1970 to 9999.
 * Errors   INVALID with a sentence that quotes the text; NOT_FOUND for a zone.
 * Threads  Any; the tables of libical are guarded here.
 */
#ifndef BASE_TIME_TEXT_H
#define BASE_TIME_TEXT_H

#include <stdint.h>

#include "base/error.h"

enum { TIME_TEXT_SIZE = 36 }; /* with the zero */

/* A moment taken apart in a zone. */
struct time_parts {
    int year, month, day; /* 2026, 1 to 12, 1 to 31 */
    int hour, minute, second, millisecond;
    int weekday;        /* 1 Monday to 7 Sunday */
    int offset_seconds; /* east of UTC */
};

MUST_CHECK enum status time_text_parse(const char *text, const char *zone,
                                       int64_t *at_ms, struct error *err);

MUST_CHECK enum status time_text_format(int64_t at_ms, const char *zone,
                                        char out[TIME_TEXT_SIZE],
                                        struct error *err);

/* In UTC, "2026-11-21T01:30:00Z"; cannot fail. */
void time_text_utc(int64_t at_ms, char out[TIME_TEXT_SIZE]);

MUST_CHECK enum status time_text_split(int64_t at_ms, const char *zone,
                                       struct time_parts *parts,
                                       struct error *err);

/* The moment of a local time; weekday and offset are not looked at. */
MUST_CHECK enum status time_text_join(const struct time_parts *parts,
                                      const char *zone, int64_t *at_ms,
                                      struct error *err);

/* OK when the zone exists. */
MUST_CHECK enum status time_text_zone(const char *zone, struct error *err);

#endif
