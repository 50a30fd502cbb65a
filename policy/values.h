/* values - the sections of policy.yaml that hold what conditions can ask for:
 * words (word_lists.c), tables (tables.c), tariffs (tariffs.c); and what they
 * are used for: emit and hints (emissions.c).
 *
 * Source   docs/policy.md "Values".
 */
#ifndef POLICY_VALUES_H
#define POLICY_VALUES_H

#include "policy/document.h"

shape_reader read_word_lists;
/* Names first: conditions may ask them, and they conditions. */
shape_reader declare_tables;
shape_reader read_tables;
shape_reader read_tariffs;

/* A value, or ordered rows {when, value}; rows and count of the result. */
bool choices_read(struct loader *l, yaml_node_t *node, const char *key,
                  const struct choice **rows, size_t *count);
uint32_t choices_cost(const struct draft *d, const struct choice *rows,
                      size_t count);

shape_reader read_emission; /* const struct emission * */
shape_reader read_hints;    /* struct hint_list */

struct messages;
/* Behind the messages: whether there are words for each hint. */
void hints_check(struct loader *l, const struct messages *m);

struct hint_list {
    const struct hint *list;
    size_t count;
};

#endif
