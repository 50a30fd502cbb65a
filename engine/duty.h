/* duty - whoever stands in a roster's place for a while.
 *
 * An override is a record of its own, beside the directory: it is journaled,
 * has an end, and holds whatever directory is loaded meanwhile. It puts a
 * person before a slot's roster, or in the place of one of its contacts; a swap
 * does the second both ways.
 *
 * Units    Moments in ms UTC; it holds from from_ms, until before until_ms.
 * Memory   Plain structs; bounded.
 * Source   design section 4; docs/policy.md "Overrides".
 */
#ifndef ENGINE_DUTY_H
#define ENGINE_DUTY_H

#include "engine/text.h"

enum {
    OVERRIDES_MAX = 1024,      /* that are kept */
    OVERRIDES_PER_RECORD = 256 /* of one import */
};

/* First what most of them are passed over by. */
struct duty_override {
    int64_t from_ms, until_ms;
    uint8_t role;
    bool swap;
    struct name id;
    struct name station, region; /* one of them is empty */
    struct name person;
    struct name instead_of; /* empty: before all others */
    struct name by, reason;
};

#endif
