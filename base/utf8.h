/* utf8 - text that people read: checks, lengths, columns.
 *
 * Units    Characters are code points; columns are cells of a terminal, of
 * which 中 takes two and a combining mark none. Threads  Any.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* Well-formed and without a zero byte. */
bool utf8_valid(struct slice text);

/* Also free of control characters; tab and newline are allowed. */
bool utf8_clean(struct slice text);

/* The mark that some editors put before a file's first word; what follows it.
 */
struct slice utf8_unmarked(struct slice text);

size_t utf8_count(const char *text); /* characters; 0 for what is not valid */
size_t utf8_width(const char *text); /* columns */

/* Bytes of the longest start of at most n characters. */
size_t utf8_prefix(const char *text, size_t n);

/* At most n characters and what fits the room; the end is replaced by "…" when
 * something was cut. */
void utf8_truncate(const char *text, size_t n, char *out, size_t room);

/* As truncate, but by columns, and filled up with blanks to exactly so many. */
void utf8_pad(const char *text, size_t columns, char *out, size_t room);

#endif
