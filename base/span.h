/* span - lengths of time as people write them.
 *
 * Reads   72h  7d  10min  2m  1h30m  90s  500ms  2w  "1 h 30 min"  0
 *         (m is minutes; units go from large to small, each once)
 * Writes  span_format: the same shortest form, 1h30min, which reads back
 *         span_words:  1 hour 30 minutes, in the user's language
 *
 * Units    ms. A day is 24 hours: days of a calendar are not spans.
 * Errors   INVALID with a sentence that quotes the text; TOO_LARGE past
 *          LIMIT_SPAN_MS.
 * Threads  Any.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdint.h>

#include "base/error.h"

enum { SPAN_TEXT_SIZE = 48, SPAN_WORDS_SIZE = 128 };

MUST_CHECK enum status span_parse(const char *text, int64_t *span_ms,
                                  struct error *err);

void span_format(int64_t span_ms, char out[SPAN_TEXT_SIZE]);

/* The two largest units, rounded down: "3 days 4 hours", "less than a second".
 */
void span_words(int64_t span_ms, char out[SPAN_WORDS_SIZE]);

#endif
