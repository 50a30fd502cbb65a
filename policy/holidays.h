/* holidays - days with other hours, gathered from lists and .ics files.
 *
 * In an .ics file an event of whole days closes them. One with hours, from and
 * to the same day, opens that day at those hours: a make-up working day; two of
 * them are a split day. One with hours that is repeated weekly without an end
 * is the calendar's week. Hours are those of the place, as they are written.
 * Events that are TRANSPARENT or CANCELLED do nothing; repeated ones count from
 * 1970 to 2100, without what EXDATE takes out.
 *
 * Errors   Findings at the place that names the file.
 */
#ifndef POLICY_HOLIDAYS_H
#define POLICY_HOLIDAYS_H

#include "policy/calendars.h"

struct holidays {
    struct day_exception list[EXCEPTIONS_MAX]; /* as written */
    size_t count;
    struct hours *week; /* of the calendar */
    bool has_week;      /* an .ics file has given it */
    size_t file_begin;  /* of those in the file being read */
};

void holiday_add(struct loader *l, struct holidays *h, struct place at,
                 struct day_exception exception);

void holidays_read_ics(struct loader *l, struct holidays *h, struct text file,
                       struct place at);

#endif
