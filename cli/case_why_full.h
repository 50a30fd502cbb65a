/* case_why_full - all that a page hung on: the inputs, the stretches that
 * counted and those that did not, the rules that were not taken.
 *
 * Memory   Lines of JSON texts {head, text}, the caller's.
 */
#ifndef CLI_CASE_WHY_FULL_H
#define CLI_CASE_WHY_FULL_H

#include <jansson.h>

#include "cli/question.h"
#include "policy/policy_load.h"

/* firing: the decision that names the clock, in record `at` of rows. policy:
 * the case's rules, or NULL. */
json_t *case_why_full(const struct rows *rows, size_t at,
                      const Yinuo__V1__Decision *firing,
                      const struct policy *policy);

#endif
