/* holidays - days with other hours, gathered from lists and .ics files.
 *
 * An .ics file closes the days of its events; an event marked TRANSPARENT
 * closes none. Repeating events count from 1970 to 2100.
 *
 * Errors   Findings at the place that names the file.
 */
#ifndef POLICY_HOLIDAYS_H
#define POLICY_HOLIDAYS_H

#include "policy/calendars.h"

struct holidays {
    struct day_exception list[EXCEPTIONS_MAX]; /* as written */
    size_t count;
};

void holiday_add(struct loader *l, struct holidays *h, struct place at,
                 struct day_exception exception);

void holidays_read_ics(struct loader *l, struct holidays *h, struct text file,
                       struct place at);

#endif
