/* condition - conditions as written, to the postfix rows of engine/expr.h.
 *
 *   or      := and { "or" and }
 *   and     := not { "and" not }
 *   not     := "not" not | compare
 *   compare := operand [ ( == != < <= > >= ) operand | "in" (list | operand) ]
 *   operand := "word" | 12 | 1.5 | 30min | S1..S4 | true | false | ( or )
 *            | has(field) | field | case.* | event.* | reporter | reporter.*
 *            | count.NAME | lock.NAME | name of a condition of the pack
 *   list    := [ literal or bare word, ... ]
 *
 * Recursive descent, at most 32 deep; types are checked where they are known.
 *
 * Memory   Rows live in the set's arena.
 * Errors   Findings with the very column inside the scalar.
 */
#ifndef POLICY_CONDITION_H
#define POLICY_CONDITION_H

#include "policy/document.h"

/* source is node's value from offset on. An empty one is always true. False
 * with a finding, and *out always true. */
bool condition_compile(struct loader *l, yaml_node_t *node, size_t offset,
                       struct text source, struct expr *out);

shape_reader read_value; /* struct expr */
shape_reader read_condition; /* struct expr */

#endif
