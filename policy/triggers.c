/* triggers - which kinds of event start and end the clocks. */
#include "policy/clocks.h"

#include "policy/condition.h"
#include "policy/names.h"

/* --- kind groups * -------------------------------------------------------- */

void read_kind_groups(struct loader *l, yaml_node_t *node, void *into,
                      const struct shape_row *row)
{
    struct draft *d = l->draft;
    yaml_node_t *key, *value;

    (void)into;
    (void)row;
    if (!node_is_mapping(l, node, "a mapping of lists of kinds"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        uint16_t *kinds;
        size_t count = 0;

        if (!node_pair(l, node, i, &key, &value) ||
            !name_is_good(l, node_text(key), node_place(key), false) ||
            !node_is_list(l, value, "a list of kinds"))
            continue;
        kinds = loader_array(l, node_count(value), sizeof *kinds);
        if (!kinds || d->group_count == KIND_GROUPS_MAX)
            return;
        for (size_t j = 0; j < node_count(value); j++) {
            kinds[count] = KIND_NONE;
            read_kind(l, node_item(l, value, j), &kinds[count], NULL);
            count += kinds[count] != KIND_NONE;
        }
        d->groups[d->group_count++] =
            (struct kind_group){loader_text(l, node_text(key)), kinds, count};
    }
}

/* --- triggers * ----------------------------------------------------------- */

static void add_trigger(struct loader *l, struct place at, uint16_t kind,
                        struct trigger trigger)
{
    struct draft *d = l->draft;

    if (d->loose_count == LOOSE_TRIGGERS_MAX)
        report_error(l, at, UNSAID, UNSAID, "more than %d triggers of clocks",
                     LOOSE_TRIGGERS_MAX);
    else
        d->loose[d->loose_count++] = (struct loose_trigger){at, kind, trigger};
}

static const struct kind_group *group_find(const struct draft *d,
                                           struct text name)
{
    for (size_t i = 0; i < d->group_count; i++)
        if (text_equal(d->groups[i].name, name))
            return &d->groups[i];
    return NULL;
}

static void read_trigger(struct loader *l, yaml_node_t *node,
                         struct trigger trigger)
{
    struct phrase p;
    struct place at;
    const struct kind_group *group;
    uint16_t kind;

    if (!phrase_read(l, node, &p))
        return;
    at = phrase_place(l, &p, 0);
    if (p.count > 1)
        report_error(l, phrase_place(l, &p, 1), UNSAID, "KIND [when CONDITION]",
                     "expected \"when\" or the end, found \"%.*s\"",
                     TEXT_ARG(p.words[1]));
    trigger.when = p.when;
    group = group_find(l->draft, p.words[0]);
    for (size_t i = 0; group && i < group->count; i++)
        add_trigger(l, at, group->kinds[i], trigger);
    if (group)
        return;
    kind = KIND_ANY;
    if (!text_equal(p.words[0], TEXT("any")))
        kind = kind_find(l, p.words[0], at);
    else if (trigger.when.count == 0)
        report_error(l, at, "every event of the case would do it",
                     "say: any when CONDITION", "\"any\" without a condition");
    if (kind != KIND_NONE)
        add_trigger(l, at, kind, trigger);
}

void read_triggers(struct loader *l, yaml_node_t *node, void *into,
                   const struct shape_row *row)
{
    struct clock_rule *clock = into;
    struct trigger trigger = {
        .clock = (uint16_t)(clock - l->draft->clocks),
        .action = (enum trigger_action)row->low,
    };

    if (node->type == YAML_MAPPING_NODE &&
        !node_is_list(l, node, "a list of kinds with conditions"))
        return;
    for (size_t i = 0; i < node_count(node); i++)
        read_trigger(l, node_item(l, node, i), trigger);
}

static void deal_to(struct loader *l, uint16_t kind,
                    const struct trigger **triggers, size_t *trigger_count)
{
    const struct draft *d = l->draft;
    struct trigger *list;
    size_t count = 0;

    for (size_t i = 0; i < d->loose_count; i++)
        count += d->loose[i].kind == kind;
    list = count ? loader_array(l, count, sizeof *list) : NULL;
    if (!list)
        return;
    *triggers = list;
    *trigger_count = count;
    for (size_t i = 0; i < d->loose_count; i++)
        if (d->loose[i].kind == kind)
            *list++ = d->loose[i].trigger;
}

void clocks_deal_triggers(struct loader *l)
{
    struct policy *p = l->draft->policy;

    for (size_t i = 0; i < p->kind_count; i++)
        deal_to(l, (uint16_t)i, &l->draft->kinds[i].triggers,
                &l->draft->kinds[i].trigger_count);
    deal_to(l, KIND_ANY, &p->any_triggers, &p->any_trigger_count);
}
