/* loader - what the parts of the loader share while a set is being compiled:
 * where they are in which file, what they have found, what is built so far.
 *
 * Memory   Everything built lives in the set's arena; a full arena is one
 *          error finding and the load fails. Nothing here outlives the load.
 * Errors   Findings; reading goes on after one, so that all are seen at once.
 * Threads  One.
 */
#ifndef POLICY_LOADER_H
#define POLICY_LOADER_H

#include <yaml.h>

#include "base/i18n.h"
#include "policy/policy_load.h"

/* Line and column from 1, as editors count. */
struct place {
    unsigned line, column;
};
#define OF_FILE ((struct place){0, 0}) /* of the file as a whole */
#define AT_TOP ((struct place){1, 1})

struct pack_file {
    const char *file;  /* service-network/policy.yaml */
    struct slice text; /* as in the blob */
    yaml_document_t document;
    yaml_node_t *root; /* NULL: not there, or not YAML */
};

/* A condition with a name, compiled once and copied where it is used. */
struct named_condition {
    struct text name;
    struct expr expr;
};

/* Kinds with one name for all, for the triggers of clocks. */
struct kind_group {
    struct text name;
    const uint16_t *kinds;
    size_t count;
};

/* A trigger before it is handed to its kind. */
struct loose_trigger {
    struct place at;
    uint16_t kind;
    struct trigger trigger;
};

enum {
    KINDS_MAX = 1024,
    KIND_GROUPS_MAX = 64,
    LOOSE_TRIGGERS_MAX = 4096,
};

/* One pack under construction; the policy's tables are written through these.
 */
struct draft {
    const char *name; /* of the pack's directory */
    struct pack_file rules, directory, calendars;
    struct policy *policy;
    struct role *roles;
    struct kind_rule *kinds;
    struct clock_rule *clocks;
    struct counter *counters;
    struct text *locks;
    struct interval_rule *intervals;
    struct list_rule *lists;
    struct authority *authorities;
    struct place *clock_places, *kind_places;
    uint64_t clock_before[CLOCKS_MAX]; /* bit per clock it precedes */
    struct text *regions;
    size_t region_count;
    bool is_default, directory_there;
    size_t builtin_count; /* kinds that no pack wrote come first */
    struct named_condition conditions[CONDITIONS_MAX];
    size_t condition_count;
    struct kind_group groups[KIND_GROUPS_MAX];
    size_t group_count;
    struct loose_trigger loose[LOOSE_TRIGGERS_MAX];
    size_t loose_count;
    struct value_table *tables;
    uint32_t table_costs[TABLES_MAX];
    uint32_t tariff_cost;
    struct word_list *word_lists;
};

struct loader {
    struct arena *arena;
    struct findings *findings;
    const struct policy_names *names;
    struct pack_file *source; /* being read */
    struct draft *draft;      /* being built */
    struct draft *drafts;
    size_t draft_count;
    const struct blob *blob; /* for .ics files */
    struct directory_draft *directory;
    const char *topic; /* of what is reported now; NULL: of no one */
};

/* What is wrong, why that matters, what mends it: said in the language of the
 * person (base/i18n.h). Sentences that stand in the call are brought into the
 * catalogue by po/update and translated here, so that nobody marks them; those
 * of a table, or of a choice in the call, are marked N_(). What %s puts into a
 * sentence is in that language already: a word of the pack, or _().
 *
 * The last one is a format; the others are words as they are. */
void report_error(struct loader *l, struct place at, const char *why,
                  const char *hint, const char *format, ...) PRINTF_LIKE(5, 6);
void report_warning(struct loader *l, struct place at, const char *why,
                    const char *hint, const char *format, ...)
    PRINTF_LIKE(5, 6);

/* No why, no hint. By name, as the catalogue has an entry "" of its own. */
#define UNSAID ""

/* "did you mean "x"?" or "" when nothing is near; lives in the findings. */
const char *report_meant(struct loader *l, struct text nearest);
/* A hint in words of one's own; lives in the findings. */
const char *report_words(struct loader *l, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* A sentence or a part of one in the language of the person; "" of "". */
const char *report_said(const char *words);

/* Memory of the set, zeroed; NULL when it is full, which is reported here. */
void *loader_array(struct loader *l, size_t count, size_t size);
struct text loader_text(struct loader *l, struct text words);

/* For "%.*s". */
#define TEXT_ARG(t) (int)(t).size, (t).size ? (t).data : ""

#endif
