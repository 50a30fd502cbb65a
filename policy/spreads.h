/* spreads - the sections of policy.yaml about more cases than one: for_each of
 * an event, groups by which events find a case, join of an event.
 *
 * Source   docs/policy.md "Many cases".
 */
#ifndef POLICY_SPREADS_H
#define POLICY_SPREADS_H

#include "policy/document.h"

shape_reader read_groups;
shape_reader read_spreads; /* into struct kind_rule */
shape_reader read_joins;   /* into struct kind_rule */

#endif
