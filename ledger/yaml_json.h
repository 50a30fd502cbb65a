/* yaml_json - a YAML file as JSON, for readers that know json_t.
 *
 * Plain scalars become booleans, null and numbers where they look like one;
 * quoted ones stay text. Nesting deeper than 16 is left out.
 *
 * Memory   *out is the caller's; NULL for an empty file, and after an error.
 *          Places are good for as long as *out is.
 * Errors   INVALID with file, line and column: this is no YAML, or a key stands
 *          twice. Or what the system said when the file was opened.
 */
#ifndef LEDGER_YAML_JSON_H
#define LEDGER_YAML_JSON_H

#include <jansson.h>

#include "base/error.h"

/* Where the values of a file stand; line and column from 1. */
struct yaml_place {
    const json_t *holder; /* the mapping or list it stands in; NULL: the root */
    const json_t *value;
    char *key;    /* of a mapping; else NULL */
    size_t index; /* of a list */
    unsigned key_line, key_column, line, column;
};

struct yaml_places {
    struct yaml_place *list;
    size_t count, room;
};

/* places may be NULL; else yaml_places_fini. */
MUST_CHECK enum status yaml_json_read(const char *path, json_t **out,
                                      struct yaml_places *places,
                                      struct error *err);
void yaml_places_fini(struct yaml_places *p);

/* The place of a member or item; NULL when there is none. */
const struct yaml_place *yaml_place_of(const struct yaml_places *p,
                                       const json_t *holder, const char *key,
                                       size_t index);
/* The place of a mapping or list itself. */
const struct yaml_place *yaml_place_self(const struct yaml_places *p,
                                         const json_t *value);

#endif
