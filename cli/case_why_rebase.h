/* case_why_rebase - that a case was moved to other rules: when, by whom, why,
 * from which to which, and what that did to its clocks.
 *
 * Memory   Rows are the timeline's, StreamRecords.
 * Threads  One.
 */
#ifndef CLI_CASE_WHY_REBASE_H
#define CLI_CASE_WHY_REBASE_H

#include "cli/question.h"

/* The decision by which the record moved its case; NULL: it did not. */
const Yinuo__V1__Decision *why_rebase_of(const Yinuo__V1__StreamRecord *r);

/* The version of the rules by which the case lived when the record was
 * decided; now: the present one. */
const char *why_rules_at(const struct rows *rows, size_t i, const char *now);

void why_rebase_print(const struct out *o, const Yinuo__V1__StreamRecord *r,
                      const Yinuo__V1__Decision *d, int64_t now_ms);
json_t *why_rebase_json(const Yinuo__V1__StreamRecord *r,
                        const Yinuo__V1__Decision *d);

#endif
