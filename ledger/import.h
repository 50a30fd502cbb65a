/* import - foreign tables become events, one JSON object a line.
 *
 * What comes out carries source=import: facts of another system, which change
 * the state even where a gate would refuse a person. The same file and map give
 * the same lines, ids included, so that importing twice counts once.
 *
 * A log of updates comes out in the file's own order; a table of cases in the
 * order in which things happened.
 *
 * Memory   The log keeps the last row of each case, the table all its lines.
 * Errors   INVALID for a map that does not fit the file, IO for the file. A row
 *          that cannot be read is told to complain, counted and skipped.
 * Threads  One at a time.
 * Source   docs/import.md
 */
#ifndef LEDGER_IMPORT_H
#define LEDGER_IMPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/slice.h"

/* Takes one line of JSON without its newline. What is not OK stops the run. */
typedef enum status import_sink(void *state, struct slice line,
                                struct error *err);

struct import_options {
    const char *map;
    const char *const *files; /* CSV, plain or .gz; "-" is standard input */
    size_t file_count;
    import_sink *sink;
    void *sink_state;
    FILE *complain; /* bad rows, a line each; may be NULL */
    FILE *progress; /* redrawn while it runs; NULL for none */
};

struct import_summary {
    uint64_t rows; /* read, bad ones included */
    uint64_t bad_rows;
    uint64_t cut_files; /* whose end is missing; what came before it counts */
    uint64_t events;
    uint64_t changes;
    uint64_t notes; /* updates without a mapped change */
    uint64_t cases;
};

MUST_CHECK enum status import_run(const struct import_options *options,
                                  struct import_summary *summary,
                                  struct error *err);

/* A sink that writes lines to a FILE *, its state. */
enum status import_to_file(void *state, struct slice line, struct error *err);

#endif
