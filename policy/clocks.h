/* clocks - the sections of policy.yaml that are about time: clocks, ladder,
 * kind groups.
 *
 * Source   docs/policy.md "Clocks", "The ladder".
 */
#ifndef POLICY_CLOCKS_H
#define POLICY_CLOCKS_H

#include "policy/document.h"

shape_reader declare_clocks; /* "ack" is always there, and first */
shape_reader read_kind_groups;
shape_reader read_clocks;
shape_reader read_ladders; /* struct ladder [SEVERITIES] */

/* Hand the triggers that clocks have gathered to their kinds. */
void clocks_deal_triggers(struct loader *l);

#endif
