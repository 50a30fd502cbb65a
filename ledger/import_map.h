/* import_map - which column of a foreign table means what, from a YAML file.
 *
 * docs/import.md is the language. Two shapes: a log of updates, where a row is
 * compared with the row of the same case before it, and a table of cases, where
 * a row has several dates. A text of the map is a template: "{column}" stands
 * for the column's value in this row, "{before.column}" for the one before.
 *
 * Memory   The map owns all it points to; immutable once loaded.
 * Errors   INVALID with file, line, column, what and why.
 * Threads  A loaded map: any number of readers.
 */
#ifndef LEDGER_IMPORT_MAP_H
#define LEDGER_IMPORT_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "ledger/rows.h"

enum map_shape { MAP_UPDATES, MAP_CASES };

/* clang-format off */
#define MAP_TYPES(X)                                                            \
    X(TEXT,   "text")                                                           \
    X(NUMBER, "number")                                                         \
    X(FLAG,   "flag")                                                           \
    X(TIME,   "time")   /* in the map's zone */                                 \
    X(LIST,   "list")   /* of one item */
/* clang-format on */

#define X(name, word) MAP_##name,
enum map_type { MAP_TYPES(X) };
#undef X

struct map_part {
    const char *literal; /* or NULL, then a column */
    const char *column;
    int index; /* of the column, once bound */
    bool before;
};

struct map_word {
    const char *from, *to;
};

/* Missing as a whole where one of its columns is. */
struct map_value {
    struct map_part *parts;
    size_t part_count;
    struct map_word *words; /* what a value is called with us; else as it is */
    size_t word_count;
    const char *fallback; /* where it is missing; or NULL */
    enum map_type type;
};

struct map_field {
    const char *name;
    struct map_value value;
};

struct map_fields {
    struct map_field *list;
    size_t count;
};

struct map_column {
    const char *name; /* NULL: none */
    int index;
};

struct map_change {
    const char *kind;
    struct map_column changed; /* its value is another than before */
    struct map_column rises;   /* a number; the rise is the count */
    struct map_column same;    /* its value is as before */
    const char **from, **to;   /* words of the changed column; "a*" a start */
    size_t from_count, to_count;
    bool once;                /* only the first time in a case */
    bool first;               /* also on the first row of a case */
    struct map_fields values; /* from, to */
};

struct map_event {
    const char *kind;
    struct map_value at;
    struct map_column *needs;
    size_t need_count;
    struct map_fields fields;
};

enum { MAP_CHANGES_MAX = 32, MAP_EVENTS_MAX = 16, MAP_FIELDS_MAX = 48 };

struct import_map {
    struct arena arena;
    const char *path;
    enum map_shape shape;
    const char *zone;
    const char **missing;
    size_t missing_count;
    struct map_value case_id;
    struct map_value received_at; /* without it: as `at` */
    struct map_fields every;
    struct map_event first, later; /* UPDATES */
    struct map_change *changes;
    size_t change_count;
    struct map_event *events; /* CASES */
    size_t event_count;
};

MUST_CHECK enum status import_map_load(const char *path, struct import_map **m,
                                       struct error *err);
void import_map_free(struct import_map **m);

/* Finds the columns; INVALID names the first that the file does not have. */
MUST_CHECK enum status import_map_bind(struct import_map *m,
                                       const struct rows *rows,
                                       struct error *err);

/* Does a word match one of the patterns? */
bool import_map_matches(const char *const *patterns, size_t count,
                        const char *word);

#endif
