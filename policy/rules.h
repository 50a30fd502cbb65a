/* rules - the sections of policy.yaml that say what an event means: events
 * (rules.c), counters (counters.c).
 *
 * Source   docs/policy.md "Events", "Counters".
 */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include "policy/document.h"

/* Names first, so that the sections may refer to each other in any order. */
shape_reader declare_kinds; /* builtin ones, own_kinds, events */
shape_reader declare_own_kinds;
shape_reader declare_counters;

shape_reader read_events;
shape_reader read_counters;

#endif
