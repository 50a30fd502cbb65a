/* tzif - the offsets of a time zone from the system's tz database.
 *
 * Reads the compiled file (RFC 8536, version 2 and later): the transitions that
 * are written out, and then the rule at its end for all later years. Unrolling
 * the same zone through a calendar library takes a hundred times as long, and
 * every start waits for it.
 *
 * Units    Seconds since 1970 UTC; offsets in seconds east of UTC.
 * Memory   Rows are the caller's.
 * Errors   0 rows: there is no such zone, or its file makes no sense.
 * Threads  Any.
 */
#ifndef POLICY_TZIF_H
#define POLICY_TZIF_H

#include "engine/calendar.h"

/* From 1970 to before `until_s`, the first row from the beginning of time on.
 * Returns how many, at most room. */
size_t tzif_offsets(const char *zone, int64_t until_s, struct zone_offset *rows,
                    size_t room);

#endif
