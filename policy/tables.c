/* tables - values by ordered conditions; the first row that holds counts. A
 * table may ask those that are written above it, so that none asks itself. */
#include "policy/condition.h"
#include "policy/names.h"
#include "policy/values.h"

enum { CHOICES_MAX = 64 };

/* text: WORD is a text as it stands there; value: is worked out. */
static void read_as_text(struct loader *l, yaml_node_t *node, void *into,
                         const struct shape_row *row)
{
    struct expr *e = into;
    struct expr_row *rows;

    (void)row;
    if (!node_is_text(l, node, "a text"))
        return;
    rows = loader_array(l, 1, sizeof *rows);
    if (!rows)
        return;
    rows->op = EXPR_OP_CONST;
    rows->value.kind = VALUE_TEXT;
    rows->value.text = loader_text(l, node_text(node));
    *e = (struct expr){rows, 1, rows->value.text};
}

static const struct shape_row value_rows[] = {
    {"when", read_condition, INTO(struct choice, when), MAY, 0, 0, 0},
    {"value", read_value, INTO(struct choice, value), MAY, 0, 0, 0},
    {"text", read_as_text, INTO(struct choice, value), MAY, 0, 0, 0},
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
};
static const struct shape value_shape = SHAPE("a row of a table", value_rows);
static const struct shape_row amount_rows[] = {
    {"when", read_condition, INTO(struct choice, when), MAY, 0, 0, 0},
    {"amount", read_value, INTO(struct choice, value), MUST, 0, 0, 0},
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
};
static const struct shape amount_shape = SHAPE("a line's row", amount_rows);

uint32_t choices_cost(const struct draft *d, const struct choice *rows,
                      size_t count)
{
    uint32_t cost = 0;

    for (size_t i = 0; i < count; i++)
        cost += expr_cost(d, &rows[i].when) + expr_cost(d, &rows[i].value);
    return cost;
}

static void read_rows(struct loader *l, yaml_node_t *node,
                      const struct shape *shape, struct choice *rows,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *item = node_item(l, node, i);

        shape_read(l, item, shape, &rows[i]);
        if (shape == &value_shape && item->type == YAML_MAPPING_NODE &&
            !node_child(l->source, item, "value") ==
                !node_child(l->source, item, "text"))
            report_error(l, node_place(item), UNSAID,
                         "value: what is worked out; text: a word as it is",
                         "a row has a value or a text");
    }
}

bool choices_read(struct loader *l, yaml_node_t *node, const char *key,
                  const struct choice **rows, size_t *count)
{
    const struct shape *shape =
        strcmp(key, "amount") == 0 ? &amount_shape : &value_shape;
    size_t room = node_count(node);
    struct choice *list;

    if (room == 0 || room > CHOICES_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "expected 1 to %d rows", CHOICES_MAX);
        return false;
    }
    list = loader_array(l, room, sizeof *list);
    if (!list)
        return false;
    if (node->type == YAML_SCALAR_NODE)
        read_value(l, node, &list[0].value, NULL);
    else if (!node_is_list(l, node, "a value, or a list of rows"))
        return false;
    else
        read_rows(l, node, shape, list, room);
    *rows = list;
    *count = room;
    return true;
}

/* --- tables --------------------------------------------------------------- */

void declare_tables(struct loader *l, yaml_node_t *node, void *into,
                    const struct shape_row *row)
{
    struct draft *d = l->draft;
    size_t *count = &d->policy->table_count;

    (void)into;
    (void)row;
    *count = names_declare(l, node, d->tables,
                           NAMES_OF("tables", d->tables, *count), TABLES_MAX);
}

static bool asks_below(const struct expr *e, size_t index)
{
    for (uint16_t i = 0; i < e->count; i++)
        if (e->rows[i].op == EXPR_OP_TABLE && e->rows[i].index >= index)
            return true;
    return false;
}

/* Or it could ask itself. */
static void check_order(struct loader *l, yaml_node_t *key,
                        struct value_table *t, size_t index)
{
    for (size_t i = 0; i < t->count; i++) {
        if (!asks_below(&t->rows[i].when, index) &&
            !asks_below(&t->rows[i].value, index))
            continue;
        report_error(l, node_place(key), "a table could ask itself",
                     "write what it asks above it",
                     "the table %.*s asks one that stands below it, or itself",
                     TEXT_ARG(t->name));
        *t = (struct value_table){.name = t->name};
        return;
    }
}

void read_tables(struct loader *l, yaml_node_t *node, void *into,
                 const struct shape_row *row)
{
    struct draft *d = l->draft;

    (void)into;
    (void)row;
    for (size_t i = 0; i < d->policy->table_count; i++) {
        struct value_table *t = &d->tables[i];
        yaml_node_t *key, *value;

        value = node_find(l->source, node, t->name, &key);
        if (!value || !choices_read(l, value, "value", &t->rows, &t->count))
            continue;
        check_order(l, key, t, i);
        d->table_costs[i] = choices_cost(d, t->rows, t->count);
    }
}
