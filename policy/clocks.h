/* clocks - the sections of policy.yaml that are about time: kind groups and
 * triggers (triggers.c), clocks (clocks.c), the ladder (ladder.c).
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

/* Inside these sections: a list of triggers, of the action in row->low, into
 * the clock_rule it belongs to. */
shape_reader read_triggers;
/* "4h", or "4h open" along opening hours. False with a finding. */
bool read_wait(struct loader *l, yaml_node_t *node, int64_t *wait_ms,
               bool *open);
/* The clock that the node names. False with a finding. */
bool clock_find(struct loader *l, yaml_node_t *node, uint16_t *index);
/* "S3", "S3+S4", "all": a bit per severity; 0 with a finding. */
unsigned severities_of_key(struct loader *l, yaml_node_t *key);

#endif
