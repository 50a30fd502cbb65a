/* rules_file - policy.yaml as a whole.
 *
 * Source   docs/policy.md.
 */
#ifndef POLICY_RULES_FILE_H
#define POLICY_RULES_FILE_H

#include "policy/loader.h"

/* Compiles l->draft->rules into l->draft->policy. */
void rules_file_read(struct loader *l);

/* The checks beyond syntax: clocks that nothing starts or ends, ... */
void rules_lint(struct loader *l);

#endif
