/* lint - what compiles and still cannot be meant.
 *
 *   never.c     what can never happen: conditions, rules behind others, clocks
 *   spans.c     lengths of time that contradict each other
 *
 * They walk the compiled tables, and the document only for the place of what
 * they find. A pack with errors is not looked at: it is refused already.
 *
 * Errors   Warnings: what is odd may be meant. Only what must be wrong is an
 *          error.
 */
#ifndef POLICY_LINT_H
#define POLICY_LINT_H

#include "policy/document.h"
#include "policy/holds.h"

void never_lint(struct loader *l, struct holds *h);
void spans_lint(struct loader *l);

/* Steps as they stand in the file, one behind the other; an error else. */
void spans_check_order(struct loader *l, yaml_node_t *node,
                       const struct clock_rule *clock,
                       const struct clock_steps *steps);

/* Down the document; NULL where there is nothing, and of NULL. */
yaml_node_t *lint_section(const struct loader *l, const char *key);
yaml_node_t *lint_down(const struct loader *l, yaml_node_t *node,
                       struct text key);
yaml_node_t *lint_key(const struct loader *l, yaml_node_t *node,
                      struct text key);
/* Item i; of what is no list the node itself. */
yaml_node_t *lint_item(const struct loader *l, yaml_node_t *node, size_t i);
/* A condition as written, without the blanks before it. */
struct text lint_words(struct text source);
struct place lint_place(const yaml_node_t *node, struct place otherwise);

#endif
