/* condition - conditions as written, to the postfix rows of engine/expr.h.
 *
 *   or      := and { "or" and }
 *   and     := not { "and" not }
 *   not     := "not" not | compare
 *   compare := sum [ ( == != < <= > >= ) sum | "in" (list | sum) ]
 *   sum     := product { ( + - ) product }
 *   product := operand { ( * / ) operand }
 *   operand := "word" | 12 | 1.5 | 30min | S1..S4 | true | false | ( or )
 *            | has(name) | field | case.* | event.* | reporter | reporter.*
 *            | count.NAME | lock.NAME | name of a condition of the pack
 *            | table.NAME | tariff.PART | owner.X person.X station.X region.X
 *            | now | time.* | matches(field, LIST) | size(field)
 *            | months(sum, sum)
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

/* All of a node, which becomes the pack's condition of that number, from 1 on.
 */
bool named_condition_compile(struct loader *l, yaml_node_t *node,
                             uint8_t number, struct expr *out);

/* The same of any value; an empty one is refused. */
bool value_compile(struct loader *l, yaml_node_t *node, size_t offset,
                   struct text source, struct expr *out);

/* How many rows are looked at for it at most, those of its tables included. */
uint32_t expr_cost(const struct draft *d, const struct expr *e);

shape_reader read_condition; /* struct expr */
shape_reader read_value;     /* struct expr */

#endif
