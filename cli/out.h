/* out - what goes to the user: plain into a pipe, coloured on a terminal.
 *
 * Words that come from elsewhere (customers, the network, files) are cleaned
 * before they are shown: no control character reaches a terminal.
 *
 * Units    Columns are cells of a terminal, see base/utf8.h.
 * Errors   A closed pipe ends output quietly: out_flush() tells.
 * Threads  One at a time.
 */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/error.h"

/* clang-format off */
/*    name     escape */
#define OUT_STYLES(X)                                                          \
    X(PLAIN,   "")                                                             \
    X(STRONG,  "1")                                                            \
    X(FAINT,   "2")                                                            \
    X(GOOD,    "32")                                                           \
    X(WARN,    "33")                                                           \
    X(BAD,     "31")                                                           \
    X(CRISIS,  "1;37;41")                                                      \
    X(LINK,    "36")
/* clang-format on */

#define X(name, escape) OUT_##name,
enum out_style { OUT_STYLES(X) OUT_STYLE_COUNT };
#undef X

enum out_colour { OUT_COLOUR_AUTO, OUT_COLOUR_ALWAYS, OUT_COLOUR_NEVER };

enum { OUT_COLUMNS = 80, OUT_COLUMNS_MIN = 40 };

struct out {
    FILE *file;    /* what was asked for */
    FILE *errors;  /* complaints, progress, questions */
    bool terminal; /* file is one */
    bool colour;   /* escapes may be written to file */
    bool errors_terminal;
    bool json;      /* --output json */
    bool csv;       /* --output csv, of those that take it */
    size_t columns; /* to fit tables to; SIZE_MAX: do not cut */
};

/* Looks at the files, TERM, NO_COLOR and COLUMNS. */
void out_init(struct out *o, FILE *file, FILE *errors, enum out_colour colour);

void out_printf(const struct out *o, const char *format, ...) PRINTF_LIKE(2, 3);

/* The text in a style, cleaned. */
void out_text(const struct out *o, enum out_style style, const char *text);

/* The text cleaned and padded or cut to exactly so many columns. */
void out_cell(const struct out *o, enum out_style style, const char *text,
              size_t columns, bool right);

/* Broken into lines at blanks, or between wide characters, to fit; each line
 * is indented by so many blanks, the first one too unless `begun`: then so many
 * columns have already been written. */
void out_wrap(const struct out *o, size_t indent, bool begun, const char *text);

/* "yinuo: ..." on the error side, in the user's language. */
void out_error(const struct out *o, const char *format, ...) PRINTF_LIKE(2, 3);
void out_note(const struct out *o, const char *format, ...) PRINTF_LIKE(2, 3);

/* The value, indented on a terminal and compact in a pipe; takes it over. */
void out_json(const struct out *o, json_t *value);
/* One compact line; takes the value over. */
void out_json_line(const struct out *o, json_t *value);

/* For a program that reads JSON and got none of this run so far: an object with
 * the first complaint and the exit code. */
void out_json_failure(const struct out *o, int code);

/* In place: control characters become blanks, what is no UTF-8 a '?'. */
void out_clean(char *text);

/* S1 to S4. */
enum out_style out_severity_style(int severity);

/* False when the reader has gone or the disk is full. */
bool out_flush(const struct out *o);

/* Is there nobody behind the pipe any more? For what would wait for long before
 * it wrote again. */
bool out_reader_gone(const struct out *o);

#endif
