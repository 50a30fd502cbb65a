/* when - moments and spans as a person at a terminal reads and types them.
 *
 * Shows   18:00            today
 *         11-20 18:00      another day of this year
 *         2025-11-20 18:00 another year
 *         in 12 min · 3 h ago · late by 3 h
 * Reads   18:00   tomorrow 10:00   +2h   in 90min   2026-11-21 18:00
 *         2026-11-21T18:00:00+08:00   today   tomorrow   2026-11-21
 *         The last three name a day: *day is true, the moment is its start.
 *
 * Time     ms since the epoch. "Now" is handed in: it is the ledger's, which
 *          in a drill is not the wall clock's. The zone is the user's.
 * Errors   INVALID with a sentence.
 * Threads  when_zone: before threads; the rest any.
 */
#ifndef CLI_WHEN_H
#define CLI_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { WHEN_SIZE = 40, WHEN_WORDS_SIZE = 96 };

/* The zone of TZ, else of /etc/localtime, else UTC: a name that the tz
 * database has. */
const char *when_zone(void);

/* "" for a moment of 0. */
void when_clock(int64_t now_ms, int64_t at_ms, char out[WHEN_SIZE]);

/* "in 12 min", "now", "3 h ago". */
void when_relative(int64_t now_ms, int64_t at_ms, char out[WHEN_WORDS_SIZE]);

/* "in 12 min" before, "late by 3 h" after. */
void when_due(int64_t now_ms, int64_t due_ms, char out[WHEN_WORDS_SIZE]);

/* "18:00 (in 12 min)". */
void when_both(int64_t now_ms, int64_t at_ms, char out[WHEN_WORDS_SIZE]);

/* "12 min", "3 h", "2 h 40 min", "4 d 2 h"; rounded down to minutes. */
void when_span(int64_t span_ms, char out[WHEN_SIZE]);

MUST_CHECK enum status when_parse(const char *text, int64_t now_ms,
                                  int64_t *at_ms, bool *day, struct error *err);

/* "2026-12-08", the day that begins at at_ms. */
void when_day(int64_t at_ms, char out[WHEN_WORDS_SIZE]);

/* A moment that is past, or a day that is. */
bool when_is_over(int64_t now_ms, int64_t at_ms, bool day);

/* The first moment of the day after, in the user's zone. */
int64_t when_day_end(int64_t now_ms);

#endif
