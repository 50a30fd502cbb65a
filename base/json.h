/* json - jansson with errors that say where.
 *
 * A getter names the field and where its object stands ("events[3].clock"), and
 * fails with "events[3].clock.after: expected a text, found a number".
 *
 * Memory   Texts and objects are borrowed from the object they came from.
 *          json_parse and json_lines_next give a new reference: json_decref.
 * Errors   NOT_FOUND: the field is missing. INVALID: of another type, out of
 *          range, or no JSON (with line and column).
 * Threads  As jansson: one at a time per value.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/slice.h"

/* Duplicate keys are refused; depth is bounded by jansson (2048). */
MUST_CHECK enum status json_parse(struct slice text, json_t **value,
                                  struct error *err);

/* The field must be there. */
MUST_CHECK enum status json_need_text(const json_t *object, const char *where,
                                      const char *key, const char **value,
                                      struct error *err);
MUST_CHECK enum status json_need_int(const json_t *object, const char *where,
                                     const char *key, int64_t *value,
                                     struct error *err);
MUST_CHECK enum status json_need_bool(const json_t *object, const char *where,
                                      const char *key, bool *value,
                                      struct error *err);
MUST_CHECK enum status json_need_object(const json_t *object, const char *where,
                                        const char *key, json_t **value,
                                        struct error *err);
MUST_CHECK enum status json_need_array(const json_t *object, const char *where,
                                       const char *key, json_t **value,
                                       struct error *err);

/* Missing or null leaves *value as it is. */
MUST_CHECK enum status json_may_text(const json_t *object, const char *where,
                                     const char *key, const char **value,
                                     struct error *err);
MUST_CHECK enum status json_may_int(const json_t *object, const char *where,
                                    const char *key, int64_t *value,
                                    struct error *err);
MUST_CHECK enum status json_may_bool(const json_t *object, const char *where,
                                     const char *key, bool *value,
                                     struct error *err);

/* "a text", "a number", ... for messages. */
const char *json_kind(const json_t *value);

/* Compact, keys in the order they were set, appended without a newline. */
MUST_CHECK enum status json_append(struct bytes *out, const json_t *value);

/* One value and a newline, written in one piece. */
MUST_CHECK enum status json_lines_write(FILE *file, const json_t *value,
                                        struct error *err);

/* Reads JSON Lines: blank lines are passed over, too long ones are an error. */
struct json_lines {
    FILE *file; /* the caller's */
    const char *name;
    size_t line; /* of the value returned last; 1 is the first */
    size_t line_max;
    char *buffer;
    size_t buffer_size;
};

void json_lines_init(struct json_lines *l, FILE *file, const char *name,
                     size_t line_max);
void json_lines_fini(struct json_lines *l);

/* END: no more lines. INVALID: "name:7: ..."; the next call goes on behind. */
MUST_CHECK enum status json_lines_next(struct json_lines *l, json_t **value,
                                       struct error *err);

#endif
