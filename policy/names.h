/* names - readers for the names that a pack is made of: severities, tiers and
 * roles, kinds, counters, locks, and the short phrases that use them.
 *
 *   phrase   WORD [ARGUMENT ...] [when CONDITION]
 *            "lock media when camera", "redirects by count",
 *            "customer.contacted when two_way"
 *
 * Errors   Findings, with the nearest name as hint.
 */
#ifndef POLICY_NAMES_H
#define POLICY_NAMES_H

#include "policy/document.h"

enum { PHRASE_WORDS_MAX = 4 };

struct phrase {
    yaml_node_t *node;
    struct text words[PHRASE_WORDS_MAX]; /* before "when" */
    size_t offsets[PHRASE_WORDS_MAX];
    size_t count;
    struct expr when;
};

/* False with a finding. */
bool phrase_read(struct loader *l, yaml_node_t *node, struct phrase *p);

/* The place of a word of the phrase. */
struct place phrase_place(struct loader *l, const struct phrase *p,
                          size_t word);

shape_reader read_severity;   /* uint8_t: S1..S4 */
shape_reader read_severities; /* uint8_t: a bit per severity of a list */
shape_reader read_targets;    /* targets: owner, tiers and roles */
shape_reader read_tier;       /* uint8_t: a tier or role */
shape_reader read_kind;       /* uint16_t */

/* S1..S4 to 1..4, 0 else. */
uint8_t severity_of_text(struct text word);

/* KIND_NONE with a finding at that place. */
uint16_t kind_find(struct loader *l, struct text name, struct place at);
/* 0 with a finding. */
uint8_t role_find(struct loader *l, struct text name, struct place at);

/* Rows of any kind, each of which begins with its name (struct text). */
struct name_list {
    const char *what; /* "counter" */
    const void *rows;
    size_t stride, count;
};
#define NAMES_OF(what, rows, count)                                            \
    (&(const struct name_list){what, rows, sizeof *(rows), count})

/* The row with that name; count: none, and *near is the nearest. */
size_t names_index(const struct name_list *list, struct text name,
                   struct text *near);
/* The same, with a finding where there is none. */
size_t names_get(struct loader *l, const struct name_list *list,
                 struct text name, struct place at);

/* Adds a row for each good name of a mapping that has none, up to most of
 * them, and returns how many there are then. rows is what list->rows is. */
size_t names_declare(struct loader *l, yaml_node_t *node, void *rows,
                     const struct name_list *list, size_t most);

/* A name that a pack gives to something: a-z, 0-9, "_", "-", and "." when
 * dots are allowed; at most NAME_BYTES_MAX bytes. A finding if not. */
bool name_is_good(struct loader *l, struct text name, struct place at,
                  bool dots);

#endif
