/* sheet - rows with columns of a kind each, as a table, CSV or JSON.
 *
 *   static const struct sheet_column columns[] = {{"name", N_("NAME"),
 *   SHEET_TEXT}, {"median_s", N_("MEDIAN"), SHEET_SPAN}};
 *   sheet_print(cli, "times", _("Times"), columns, 2, rows);
 *
 * A row is an object with the columns' keys; what is not there is empty. Spans
 * are seconds, shares 0 to 1, moments ms. Shares have a small bar beside them
 * on a terminal, series a spark line: of blocks where the terminal writes
 * UTF-8, else of ASCII; a pipe gets numbers alone.
 *
 * Memory   Takes the rows over.
 * Threads  One.
 */
#ifndef CLI_SHEET_H
#define CLI_SHEET_H

#include "cli/cli.h"

enum sheet_kind {
    SHEET_TEXT,
    SHEET_COUNT,
    SHEET_SPAN,
    SHEET_SHARE,
    SHEET_REAL,
    SHEET_MOMENT,
    SHEET_SERIES
};

struct sheet_column {
    const char *key;
    const char *head; /* N_() */
    enum sheet_kind kind;
};

/* JSON and CSV are collected until sheet_end. */
struct sheets {
    struct cli *cli;
    json_t *all; /* name -> rows */
    size_t shown;
};

void sheets_begin(struct sheets *s, struct cli *cli);
void sheet_print(struct sheets *s, const char *name, const char *title,
                 const struct sheet_column *columns, size_t count,
                 json_t *rows);
/* One more value of the whole, for programs; people are told in words. */
void sheet_value(struct sheets *s, const char *key, json_t *value);
void sheets_end(struct sheets *s);

/* "▁▃█" of the numbers (null: a blank), or ".:#". */
void sheet_spark(const json_t *series, bool utf8, char *out, size_t room);
/* "█████░░░" of a share, or "####....". */
void sheet_bar(double share, bool utf8, char *out, size_t room);
/* Does this terminal write UTF-8? */
bool sheet_utf8(void);

#endif
