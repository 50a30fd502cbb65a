/* report_lessons - what is to be learnt: the month's cases without a name, who
 * has told his people of them, and the stations by factor.
 *
 * Memory   As sheet.
 * Threads  One.
 */
#ifndef CLI_REPORT_LESSONS_H
#define CLI_REPORT_LESSONS_H

#include "cli/report_rows.h"
#include "cli/sheet.h"

/* The digest, by month, and each station's open lessons. A case is a lesson
 * when its customer complained, said no or went to the public; it is open until
 * its station has told others of it. */
void report_digest(struct sheets *s, const struct report_view *v);

/* For each station how often each of the pack's factors was named. */
void report_radar(struct sheets *s, const struct report_view *v);

#endif
