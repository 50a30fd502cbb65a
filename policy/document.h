/* document - a YAML file as libyaml's tree, walked by tables.
 *
 * A shape is a table: which keys a mapping may have, who reads each, whether it
 * must be there, its default and range. Keys are read in the order of the
 * table, not of the file, so that a later one may rely on an earlier one; a key
 * may stand in several rows (declare first, read later). Unknown keys and keys
 * that stand twice are refused.
 *
 * Memory   Nodes are the document's. What is read is copied to the set's arena.
 * Errors   Findings at the place of the node; reading goes on.
 */
#ifndef POLICY_DOCUMENT_H
#define POLICY_DOCUMENT_H

#include "policy/loader.h"

struct shape_row;
typedef void shape_reader(struct loader *l, yaml_node_t *node, void *into,
                          const struct shape_row *row);

enum need { MAY, MUST };

struct shape_row {
    const char *key;
    shape_reader *read;
    size_t offset, size; /* of the member that it fills */
    enum need need;
    int64_t low, high, fallback; /* numbers and spans */
};

/* offset and size of a member, for a row */
#define INTO(type, member) offsetof(type, member), sizeof(((type *)0)->member)

struct shape {
    const char *what; /* "a rule": for messages */
    const struct shape_row *rows;
    size_t count;
};

#define SHAPE(what, table)                                                     \
    {                                                                          \
        what, table, sizeof(table) / sizeof(table)[0]                          \
    }

/* False with a finding when it is not YAML; the source is then without root.
 * document_close either way. */
bool document_open(struct loader *l, struct pack_file *s);
void document_close(struct pack_file *s);

struct place node_place(const yaml_node_t *node);
/* Of the byte at offset in a scalar's value, seen through quotes and folds. */
struct place node_place_in(const struct loader *l, const yaml_node_t *node,
                           size_t offset);

void shape_read(struct loader *l, yaml_node_t *node, const struct shape *shape,
                void *into);

/* Are these what they are called? If not, a finding that says what is wanted
 * ("a list of tiers"), and false. */
bool node_is_mapping(struct loader *l, yaml_node_t *node, const char *wanted);
bool node_is_list(struct loader *l, yaml_node_t *node, const char *wanted);
bool node_is_text(struct loader *l, yaml_node_t *node, const char *wanted);
bool node_is_null(const yaml_node_t *node); /* "key:" and nothing behind it */

struct text node_text(const yaml_node_t *node); /* of a scalar; borrowed */
size_t node_count(const yaml_node_t *node);     /* items or pairs; 1 else */
/* The i-th item of a list; any other node is a list of itself. */
yaml_node_t *node_item(struct loader *l, yaml_node_t *node, size_t i);
/* The i-th pair of a mapping; keys that are no plain text are a finding and
 * false, as are keys that stand twice. */
bool node_pair(struct loader *l, yaml_node_t *node, size_t i, yaml_node_t **key,
               yaml_node_t **value);
/* The value behind a key, and the key itself where it is wanted. NULL when the
 * mapping has no such key, and of what is no mapping. */
yaml_node_t *node_find(struct pack_file *s, yaml_node_t *mapping,
                       struct text wanted, yaml_node_t **key);
yaml_node_t *node_child(struct pack_file *s, yaml_node_t *mapping,
                        const char *wanted);

/* Readers for plain members. */
shape_reader read_text;    /* struct text */
shape_reader read_flag;    /* bool: true, false, yes, no */
shape_reader read_number;  /* any integer type, from low to high */
shape_reader read_span;    /* int64_t, "30min", from low to high */
shape_reader read_nothing; /* known here, read elsewhere or only for people */

#endif
