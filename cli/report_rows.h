/* report_rows - facts of a report in groups: medians, shares, counts, months.
 *
 * Rows are JSON objects with "name", and of spans count, median_s, p90_s, of
 * shares kept, missed, share, of counts count and share of the whole; "months"
 * is the series, month_s or month the last one, before_s or before the one
 * before. Rows without a name (no station said) are called "-".
 *
 * Memory   Rows are the caller's. Names are the report's.
 * Threads  One.
 */
#ifndef CLI_REPORT_ROWS_H
#define CLI_REPORT_ROWS_H

#include <jansson.h>

#include "cli/report_view.h"

/* One row for facts of these kinds by key; word, which may be NULL, gives what
 * people call it. */
json_t *report_groups(const struct report_view *v, unsigned kinds,
                      report_key *key, const char *(*word)(const char *));
/* One row of all facts of a kind and name (NULL: any); NULL: there are none. */
json_t *report_spans(const struct report_view *v, int kind, const char *name);

/* Put into the row: of one kind, of that group. */
void report_median(const struct report_view *v, json_t *row, const char *as,
                   int kind, report_key *key, const char *of);
void report_share(const struct report_view *v, json_t *row, const char *as,
                  int kind, report_key *key, const char *of);
/* *good, which may be NULL, is how many of them. */
size_t report_count(const struct report_view *v, int kind, report_key *key,
                    const char *of, size_t *good);

/* Of that name. */
size_t report_count_named(const struct report_view *v, int kind,
                          report_key *key, const char *of, const char *name);

/* The three most frequent names, for each region and month. */
json_t *report_tops(const struct report_view *v, unsigned kinds,
                    const char *(*word)(const char *));
/* Satisfaction with all that it hides, by key; NULL: one row of all. */
json_t *report_content(const struct report_view *v, report_key *key);
json_t *report_loads(const struct report_view *v);

#endif
