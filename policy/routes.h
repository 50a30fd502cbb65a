/* routes - where an event goes that nobody can place.
 *
 * Errors   Findings: a list whose last row has a condition, a row that is
 *          never reached, a row that pages nobody.
 */
#ifndef POLICY_ROUTES_H
#define POLICY_ROUTES_H

#include "policy/document.h"

shape_reader read_routes; /* into the draft's policy */

/* Behind the directory: whether there are the regions that they name. */
void routes_check(struct loader *l);

#endif
