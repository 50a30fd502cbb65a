/* import_internal - what import.c and its two halves share: the values of a row
 * and the log of updates.
 *
 * Memory   Texts and values live in the arena, until the next row.
 */
#ifndef LEDGER_IMPORT_INTERNAL_H
#define LEDGER_IMPORT_INTERNAL_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/json.h"
#include "ledger/import.h"
#include "ledger/import_map.h"
#include "ledger/rows.h"

/* The row of a case that was logged last; key first, for tsearch. */
struct case_row {
    char *case_id;
    char **fields;
    size_t count;
    uint64_t once; /* bit i: change i has been */
};

struct import {
    const struct import_options *options;
    struct import_summary *summary;
    struct import_map *map;
    struct rows *rows;
    void *cases; /* tree of struct case_row */
    struct arena arena;
    struct bytes text;
    struct waiting_line *lines;
    size_t line_count, line_room;
    const struct row *row;
    const struct case_row *before; /* NULL on the first row of a case */
    bool stopped;                  /* by the sink */
};

/* --- import.c ------------------------------------------------------------- */

/* The row's event of that kind, with these changes (NULL: none). */
enum status import_event(struct import *in, const struct map_event *e,
                         json_t *changes, json_t **out, int64_t *received_ms,
                         struct error *err);
enum status import_send(struct import *in, json_t *object, struct error *err);

/* --- import_values.c ------------------------------------------------------ */

/* As it stands in the table; before: in the row before. NULL: missing. */
const char *import_raw(const struct import *in, int column, bool before);
/* NULL where it is missing. */
const char *import_text(struct import *in, const struct map_value *v);
enum status import_time(struct import *in, const char *text, json_t **out,
                        int64_t *at_ms, struct error *err);
enum status import_fields(struct import *in, json_t *object,
                          const struct map_fields *f, struct error *err);

/* --- import_updates.c ----------------------------------------------------- */

/* A row of a log, as what it changes against the last one of its case. */
enum status import_update(struct import *in, struct error *err);
void import_updates_fini(struct import *in);

#endif
