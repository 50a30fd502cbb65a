/* overlay - part of one YAML file laid over another one.
 *
 *   pack    persons: {li.wei: {tier: engineer, station: ST-1}}
 *   story   directory: {persons: {li.wei: {status: intern}, b: {tier:
 * engineer}}} both    persons: {li.wei: {tier: engineer, station: ST-1, status:
 * intern}, b: {tier: engineer}}
 *
 * Mappings are joined key by key; anything else replaces what was there, and
 * nothing (`~`) takes the key away. The result has one node a line, so that a
 * finding in it is told at the place where its node was written.
 *
 * Memory   overlay_fini takes a zeroed one.
 * Errors   INVALID: one of them is not YAML. NOT_FOUND: there is no such part.
 */
#ifndef POLICY_OVERLAY_H
#define POLICY_OVERLAY_H

#include "base/bytes.h"
#include "base/error.h"
#include "policy/loader.h"

struct overlay_line {
    const char *file; /* borrowed */
    struct place place;
};

struct overlay {
    struct bytes text;
    struct overlay_line *lines; /* of the text, in order */
    size_t line_count, line_room;
};

struct overlay_source {
    const char *file; /* as findings name it */
    struct slice text;
    const char *part;  /* "variants/2/directory": which of its nodes */
    const char *under; /* it stands for this key of the other file; "" whole */
};

/* base may be empty: then the part stands alone. */
MUST_CHECK enum status overlay_make(const char *base_file, struct slice base,
                                    const struct overlay_source *over,
                                    struct overlay *out, struct error *err);
void overlay_fini(struct overlay *o);

/* Where a line of the text was written; false beyond its end. */
bool overlay_origin(const struct overlay *o, unsigned line,
                    struct overlay_line *out);

#endif
