/* table - rows of text in columns that line up, whatever script they are in.
 *
 *   struct table t;
 *   table_init(&t, columns, ARRAY_SIZE(columns));
 *   table_add(&t, "4711", OUT_PLAIN); ... one call per cell, row by row
 *   table_print(&t, out);
 *   table_fini(&t);
 *
 * On a terminal the flexible columns give way until a row fits, then the other
 * ones but numbers; what does not fit ends in "…". A pipe gets everything.
 *
 * Memory   Cells are copied. fini frees them and takes a zeroed table.
 * Threads  One at a time.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/out.h"

struct table_column {
    const char *head; /* N_() */
    bool right;       /* numbers */
    size_t least;     /* > 0: flexible, down to so many columns */
};

struct table_cell {
    char *text;
    enum out_style style;
};

struct table {
    const struct table_column *columns; /* borrowed */
    size_t column_count;
    struct table_cell *cells;
    size_t cell_count, cell_room;
};

void table_init(struct table *t, const struct table_column *columns,
                size_t count);
void table_fini(struct table *t);

/* The next cell; NULL is an empty one. */
void table_add(struct table *t, const char *text, enum out_style style);
void table_addf(struct table *t, enum out_style style, const char *format, ...)
    PRINTF_LIKE(3, 4);

size_t table_rows(const struct table *t);

/* Of its widest row, when nothing is cut. */
size_t table_width(const struct table *t);

/* Heads and rows; nothing at all without rows. */
void table_print(const struct table *t, const struct out *o);

#endif
