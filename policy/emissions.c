/* emissions - events that a pack derives, with fields of their own; and hints
 * to the author of an event. */
#include "policy/condition.h"
#include "policy/names.h"
#include "policy/values.h"

enum { HINTS_MAX = 64 };

/* --- emit ----------------------------------------------------------------- */

static void read_with(struct loader *l, yaml_node_t *node, void *into,
                      const struct shape_row *row)
{
    struct emission *emission = into;
    yaml_node_t *key, *value;
    struct computed *with;
    size_t count = 0;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of fields to values"))
        return;
    if (node_count(node) > WITH_MAX) {
        report_error(l, node_place(node), "", "",
                     "an event is given at most %d fields", WITH_MAX);
        return;
    }
    with = loader_array(l, node_count(node), sizeof *with);
    for (size_t i = 0; with && i < node_count(node); i++) {
        if (!node_pair(l, node, i, &key, &value) ||
            !name_is_good(l, node_text(key), node_place(key), false))
            continue;
        with[count].name = loader_text(l, node_text(key));
        read_value(l, value, &with[count].value, row);
        count++;
    }
    emission->with = with;
    emission->with_count = count;
}

static const struct shape_row emission_rows[] = {
    {"kind", read_kind, INTO(struct emission, kind), MUST, 0, 0, 0},
    {"with", read_with, 0, sizeof(struct emission), MAY, 0, 0, 0},
};
static const struct shape emission_shape =
    SHAPE("an event to emit", emission_rows);

/* emit: KIND, or emit: {kind: KIND, with: {FIELD: VALUE}} */
void read_emission(struct loader *l, yaml_node_t *node, void *into,
                   const struct shape_row *row)
{
    struct emission *emission = loader_array(l, 1, sizeof *emission);

    if (!emission)
        return;
    emission->kind = KIND_NONE;
    if (node->type == YAML_SCALAR_NODE)
        read_kind(l, node, &emission->kind, row);
    else
        shape_read(l, node, &emission_shape, emission);
    *(const struct emission **)into = emission;
}

/* --- hints ---------------------------------------------------------------- */

static const struct shape_row hint_rows[] = {
    {"when", read_condition, INTO(struct hint, when), MAY, 0, 0, 0},
    {"say", read_text, INTO(struct hint, say), MUST, 0, 0, 0},
    {"rule", read_text, INTO(struct hint, id), MAY, 0, 0, 0},
    {"due", read_value, INTO(struct hint, due), MAY, 0, 0, 0},
    {"number", read_value, INTO(struct hint, number), MAY, 0, 0, 0},
};
static const struct shape hint_shape = SHAPE("a hint", hint_rows);

void read_hints(struct loader *l, yaml_node_t *node, void *into,
                const struct shape_row *row)
{
    struct hint_list *out = into;
    size_t count = node_count(node);
    struct hint *hints;

    (void)row;
    if (!node_is_list(l, node, "a list of hints"))
        return;
    if (count > HINTS_MAX) {
        report_error(l, node_place(node), "", "", "more than %d hints",
                     HINTS_MAX);
        return;
    }
    hints = loader_array(l, count, sizeof *hints);
    if (!hints)
        return;
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *item = node_item(l, node, i);

        shape_read(l, item, &hint_shape, &hints[i]);
        if (hints[i].say.size)
            name_is_good(l, hints[i].say, node_place(item), true);
    }
    out->list = hints;
    out->count = count;
}
