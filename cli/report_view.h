/* report_view - the part of a report that is asked for: its cases and facts, in
 * which month each is, and by what they are grouped.
 *
 * Memory   The report is the caller's; begin and end go together.
 * Threads  One.
 */
#ifndef CLI_REPORT_VIEW_H
#define CLI_REPORT_VIEW_H

#include "ledger/report.h"

enum { REPORT_MONTHS_MAX = 60 };

struct report_view {
    const struct report *report;
    const char *station, *region; /* only of these; NULL: all */
    int64_t since_ms;
    int first_month;          /* 12 * year + month - 1 */
    unsigned month_count;     /* up to the last */
    signed char *fact_months; /* of each fact, from the first; -1: left out */
};

void report_view_begin(struct report_view *v);
void report_view_end(struct report_view *v);

bool report_case_wanted(const struct report_view *v,
                        const struct report_case *c);
/* A post or crew was there before a higher tier was called. */
bool report_public_first(const struct report_case *c);

typedef const char *report_key(const struct report *r,
                               const struct report_fact *f);
report_key report_by_name, report_by_person, report_by_station,
    report_by_region, report_by_line;

#endif
