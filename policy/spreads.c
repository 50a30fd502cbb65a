#include "policy/spreads.h"

#include "policy/condition.h"
#include "policy/names.h"
#include "policy/words.h"

/* --- groups --- */

static void read_opened_by(struct loader *l, yaml_node_t *node, void *into,
                           const struct shape_row *row)
{
    struct group_rule *group = into;
    size_t count = node_count(node);
    uint16_t *kinds = loader_array(l, count, sizeof *kinds);

    if (!kinds || !node_is_list(l, node, "a list of kinds"))
        return;
    for (size_t i = 0; i < count; i++)
        read_kind(l, node_item(l, node, i), &kinds[i], row);
    group->kinds = kinds;
    group->kind_count = count;
}

static const struct shape_row group_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"fields", read_nothing, 0, 0, MUST, 0, 0, 0},
    {"opened_by", read_opened_by, 0, sizeof(struct group_rule), MAY, 0, 0, 0},
};
static const struct shape group_shape = SHAPE("a group", group_rows);

static void read_group(struct loader *l, yaml_node_t *node,
                       struct group_rule *group)
{
    yaml_node_t *list = node;
    struct text *fields;

    if (node->type == YAML_MAPPING_NODE) {
        shape_read(l, node, &group_shape, group);
        list = node_child(l->source, node, "fields");
    }
    if (!list || !node_is_list(l, list, "a list of fields"))
        return;
    fields = loader_array(l, node_count(list), sizeof *fields);
    for (size_t i = 0; fields && i < node_count(list); i++)
        if (node_is_text(l, node_item(l, list, i), "a field of the event"))
            fields[group->field_count++] =
                loader_text(l, node_text(node_item(l, list, i)));
    group->fields = fields;
    if (!group->field_count)
        report_error(l, node_place(list), "every event would be of it", UNSAID,
                     "a group of no fields");
}

void read_groups(struct loader *l, yaml_node_t *node, void *into,
                 const struct shape_row *row)
{
    struct policy *p = l->draft->policy;
    struct group_rule *groups = loader_array(l, GROUPS_MAX, sizeof *groups);

    (void)into;
    (void)row;
    if (!groups)
        return;
    p->groups = groups;
    p->group_count = names_declare(l, node, groups,
                                   NAMES_OF("groups", groups, 0), GROUPS_MAX);
    for (size_t i = 0; i < p->group_count; i++)
        read_group(l, node_find(l->source, node, groups[i].name, NULL),
                   &groups[i]);
}

void read_joins(struct loader *l, yaml_node_t *node, void *into,
                const struct shape_row *row)
{
    const struct policy *p = l->draft->policy;
    struct kind_rule *kind = into;
    uint8_t *joins = loader_array(l, node_count(node), sizeof *joins);

    (void)row;
    if (!joins || (node->type == YAML_MAPPING_NODE &&
                   !node_is_list(l, node, "a list of groups")))
        return;
    kind->joins = joins;
    for (size_t i = 0; i < node_count(node); i++) {
        yaml_node_t *item = node_item(l, node, i);
        size_t at;

        if (!node_is_text(l, item, "a group"))
            continue;
        at = names_get(l, NAMES_OF("group", p->groups, p->group_count),
                       node_text(item), node_place(item));
        if (at < p->group_count)
            joins[kind->join_count++] = (uint8_t)at;
    }
}

/* --- for_each --- */

struct spread_draft {
    struct spread spread;
    uint16_t opens;
};

static void read_with(struct loader *l, yaml_node_t *node, void *into,
                      const struct shape_row *row)
{
    struct spread *spread = into;
    struct computed *with;
    yaml_node_t *key, *value;

    if (!node_is_mapping(l, node, "a mapping of fields"))
        return;
    if (node_count(node) > INTENT_FIELDS_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID, "more than %d fields",
                     INTENT_FIELDS_MAX);
        return;
    }
    with = loader_array(l, node_count(node), sizeof *with);
    for (size_t i = 0; with && i < node_count(node); i++) {
        if (!node_pair(l, node, i, &key, &value) ||
            !name_is_good(l, node_text(key), node_place(key), true))
            continue;
        with[spread->with_count].name = loader_text(l, node_text(key));
        read_value(l, value, &with[spread->with_count++].value, row);
    }
    spread->with = with;
}

/* Which cases: one of these, and of whom. */
static void read_query(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    static const struct {
        const char *key;
        enum intent_query query;
    } queries[] = {
        {"cases_of", QUERY_CASES_OF},
        {"children_of", QUERY_CHILDREN},
        {"gathered_by", QUERY_GATHERED},
        {"case", QUERY_CASE},
        {"opens", QUERY_NEW},
    };
    struct spread_draft *d = into;

    if (d->spread.query) {
        report_error(l, node_place(node), UNSAID, "write an entry for each",
                     "an entry is about one sort of cases");
        return;
    }
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        if (strcmp(queries[i].key, row->key) == 0)
            d->spread.query = queries[i].query;
    if (d->spread.query == QUERY_NEW)
        read_kind(l, node, &d->opens, row);
    else
        read_value(l, node, &d->spread.subject, row);
}

static const struct shape_row spread_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"cases_of", read_query, 0, sizeof(struct spread_draft), MAY, 0, 0, 0},
    {"children_of", read_query, 0, sizeof(struct spread_draft), MAY, 0, 0, 0},
    {"gathered_by", read_query, 0, sizeof(struct spread_draft), MAY, 0, 0, 0},
    {"case", read_query, 0, sizeof(struct spread_draft), MAY, 0, 0, 0},
    {"opens", read_query, 0, sizeof(struct spread_draft), MAY, 0, 0, 0},
    {"do", read_kind, INTO(struct spread_draft, spread.kind), MAY, 0, 0,
     KIND_NONE},
    {"with", read_with, INTO(struct spread_draft, spread), MAY, 0, 0, 0},
    {"when", read_condition, INTO(struct spread_draft, spread.when), MAY, 0, 0,
     0},
};
static const struct shape spread_shape =
    SHAPE("an entry of for_each", spread_rows);

static void check(struct loader *l, yaml_node_t *node,
                  const struct spread_draft *d)
{
    bool opens = d->spread.query == QUERY_NEW;

    if (!d->spread.query)
        report_error(l, node_place(node), UNSAID,
                     "cases_of, children_of, gathered_by, case or opens",
                     "an entry of for_each that names no cases");
    else if (opens && d->spread.kind != KIND_NONE)
        report_error(l, node_place(node), UNSAID, "opens: KIND",
                     "\"opens\" says the kind already");
    else if (!opens && d->spread.kind == KIND_NONE &&
             !node_child(l->source, node, "do"))
        report_error(l, node_place(node), UNSAID, "do: KIND",
                     "what is to happen to these cases?");
}

void read_spreads(struct loader *l, yaml_node_t *node, void *into,
                  const struct shape_row *row)
{
    struct kind_rule *kind = into;
    size_t count = node_count(node);
    struct spread *spreads;

    (void)row;
    if (!node_is_list(l, node, "a list of effects on other cases"))
        return;
    spreads = loader_array(l, count, sizeof *spreads);
    if (!spreads)
        return;
    kind->spreads = spreads;
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *item = node_item(l, node, i);
        struct spread_draft d = {.spread = {.kind = KIND_NONE},
                                 .opens = KIND_NONE};

        shape_read(l, item, &spread_shape, &d);
        check(l, item, &d);
        if (d.spread.query == QUERY_NEW)
            d.spread.kind = d.opens;
        if (d.spread.query && d.spread.kind != KIND_NONE)
            spreads[kind->spread_count++] = d.spread;
    }
}
