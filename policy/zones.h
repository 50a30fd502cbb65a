/* zones - a zone of the system's tz database as a table of offsets.
 *
 * Time     From 1970 to 2100; the first row is valid from ever, the last for
 *          ever.
 * Source   The system's tz database (policy/tzif.h).
 */
#ifndef POLICY_ZONES_H
#define POLICY_ZONES_H

#include "policy/loader.h"

enum { ZONES_MAX = 256 };

struct zones {
    const struct zone *list[ZONES_MAX];
    size_t count;
};

/* The zone of that name, made once; UTC with a finding when there is none. */
const struct zone *zones_get(struct loader *l, struct zones *z,
                             struct text name, struct place at);

#endif
