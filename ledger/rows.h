/* rows - the rows of a CSV file, plain or compressed, one at a time.
 *
 * The first row names the columns. A row that cannot be read (wrong number of
 * fields, stray quotes, no UTF-8, too long) is reported with its line and
 * skipped; the one after it is read as usual. Where a quote is not closed
 * within LIMIT_EVENT_JSON_BYTES, reading goes on behind the line that opened
 * it.
 *
 * Memory   Fields are valid until the next call.
 * Errors   rows_open: as opening a file, INVALID without a row of names.
 *          rows_next: END, or INVALID for one bad row, or CORRUPT where the
 *          rest of a compressed file is missing or damaged: call again.
 * Threads  One at a time.
 */
#ifndef LEDGER_ROWS_H
#define LEDGER_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct rows;

enum { ROWS_COLUMNS_MAX = 256, ROWS_NO_COLUMN = -1 };

struct row {
    size_t line; /* where it begins; the names are line 1 */
    const char *const *fields;
    size_t count;
};

MUST_CHECK enum status rows_open(const char *path, struct rows **r,
                                 struct error *err);
void rows_close(struct rows **r);

/* ROWS_NO_COLUMN if there is none of that name. */
int rows_column(const struct rows *r, const char *name);
const char *rows_column_name(const struct rows *r, size_t column);
size_t rows_column_count(const struct rows *r);

MUST_CHECK enum status rows_next(struct rows *r, struct row *row,
                                 struct error *err);

/* How much of the file, as it lies on disk, has been read: 0 to 100. */
unsigned rows_percent(const struct rows *r);

#endif
