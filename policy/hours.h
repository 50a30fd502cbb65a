/* hours - the opening hours of a day: "09:00-18:00", "closed", or a split day
 * "09:00-12:00, 13:00-18:00", which may also be a list.
 *
 * Errors   Findings at the node.
 * Source   docs/policy.md "Calendars".
 */
#ifndef POLICY_HOURS_H
#define POLICY_HOURS_H

#include "policy/document.h"

/* For the places in which a day is closed, or open once. */
#define HOURS_CLOSED ((struct hours){.open_minute = 0})
#define HOURS_OPEN(from, until)                                                \
    ((struct hours){.open_minute = (uint16_t)(from),                           \
                    .close_minute = (uint16_t)(until)})

bool hours_read(struct loader *l, yaml_node_t *node, struct hours *hours);

/* One more stretch of the same day, behind or before those it has. False if it
 * overlaps one, or if there are too many. */
bool hours_add(struct hours *hours, uint16_t from, uint16_t until);

bool hours_are_open(const struct hours *h, unsigned minute);

#endif
