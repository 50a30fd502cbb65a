/* yaml_json - a YAML file as JSON, for readers that know json_t.
 *
 * Plain scalars become booleans, null and numbers where they look like one;
 * quoted ones stay text. Nesting deeper than 16 is left out.
 *
 * Memory   *out is the caller's; NULL for an empty file, and after an error.
 * Errors   INVALID with file, line and column: this is no YAML. Or what the
 *          system said when the file was opened.
 */
#ifndef LEDGER_YAML_JSON_H
#define LEDGER_YAML_JSON_H

#include <jansson.h>

#include "base/error.h"

MUST_CHECK enum status yaml_json_read(const char *path, json_t **out,
                                      struct error *err);

#endif
