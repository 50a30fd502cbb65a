/* lists - the sections authority and lists of policy.yaml, and what refers to
 * them: effects on items (lists.c), open.LIST in conditions (list_operand.c).
 *
 * Source   docs/policy.md "Lists".
 */
#ifndef POLICY_LISTS_H
#define POLICY_LISTS_H

#include "policy/condition_compiler.h"
#include "policy/names.h"

shape_reader declare_lists; /* names of lists and of their items */
shape_reader read_authorities;
shape_reader read_lists;

/* LIST_NONE when the pack has none of that name. */
uint16_t list_find(const struct draft *d, struct text name);
const struct item_rule *list_item(const struct list_rule *list,
                                  struct text name);

/* "done LIST[.ITEM] [by FIELD]". False: it is no effect of items; findings are
 * told all the same. */
bool item_effect_read(struct loader *l, const struct phrase *p,
                      struct effect_row *out);

/* open.LIST, done.LIST.ITEM ...; false: the word is none of these. */
bool operand_of_list(struct compiler *c, struct operand *o);

#endif
