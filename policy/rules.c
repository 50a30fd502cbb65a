#include "policy/rules.h"

#include "policy/condition.h"
#include "policy/lists.h"
#include "policy/names.h"
#include "policy/spreads.h"
#include "policy/subjects.h"
#include "policy/values.h"
#include "policy/words.h"

/* --- effects * ------------------------------------------------------------ */

static bool effect_find(struct loader *l, const struct phrase *p,
                        enum effect *effect)
{
    static const char *const words[] = {
#define X(name, word) word,
        EFFECTS(X)
#undef X
    };
    struct nearest near;

    nearest_begin(&near, p->words[0]);
    for (unsigned i = 0; i < EFFECT_OF_ITEMS; i++) {
        if (text_equal(p->words[0], text_of(words[i]))) {
            *effect = (enum effect)i;
            return true;
        }
        nearest_try(&near, text_of(words[i]));
    }
    report_error(l, phrase_place(l, p, 0), UNSAID, report_meant(l, near.best),
                 "unknown effect \"%.*s\"", TEXT_ARG(p->words[0]));
    return false;
}

static bool lock_find(struct loader *l, const struct phrase *p, uint16_t *lock)
{
    const struct draft *d = l->draft;
    size_t i;

    if (p->count < 2) {
        report_error(l, phrase_place(l, p, 0), UNSAID, "write: lock NAME",
                     "\"%.*s\" of what?", TEXT_ARG(p->words[0]));
        return false;
    }
    i = names_get(l, NAMES_OF("lock", d->locks, d->policy->lock_count),
                  p->words[1], phrase_place(l, p, 1));
    *lock = (uint16_t)i;
    return i < d->policy->lock_count;
}

/* Whom, where the event does not say: assign asset.changed_by */
static bool takes_person(enum effect effect)
{
    return effect == EFFECT_ASSIGN || effect == EFFECT_OFFER ||
           effect == EFFECT_KEEP_AWAY;
}

static void read_effect(struct loader *l, yaml_node_t *node,
                        struct effect_row *out)
{
    struct phrase p;
    size_t wanted = 1;

    if (!phrase_read(l, node, &p) || item_effect_read(l, &p, out) ||
        !effect_find(l, &p, &out->effect))
        return;
    out->when = p.when;
    if (out->effect >= EFFECT_REMEMBER && out->effect <= EFFECT_FREE) {
        subject_effect_read(l, &p, out);
        return;
    }
    if (takes_person(out->effect) && p.count == 2) {
        value_compile(l, node, p.offsets[1], p.words[1], &out->to);
        return;
    }
    if (out->effect == EFFECT_LOCK || out->effect == EFFECT_UNLOCK) {
        if (!lock_find(l, &p, &out->lock))
            return;
        wanted = 2;
    }
    if (p.count > wanted)
        report_error(l, phrase_place(l, &p, wanted),
                     "an effect takes its arguments from the event's fields",
                     UNSAID, "expected \"when\" or the end, found \"%.*s\"",
                     TEXT_ARG(p.words[wanted]));
}

static void read_effects(struct loader *l, yaml_node_t *node, void *into,
                         const struct shape_row *row)
{
    struct kind_rule *kind = into;
    size_t count = node_count(node);
    struct effect_row *effects = loader_array(l, count, sizeof *effects);

    if (!effects || (node->type == YAML_MAPPING_NODE &&
                     !node_is_list(l, node, "a list of effects")))
        return;
    for (size_t i = 0; i < count; i++)
        read_effect(l, node_item(l, node, i), &effects[i]);
    (void)row;
    kind->effects = effects;
    kind->effect_count = count;
}

/* --- rules * -------------------------------------------------------------- */

static const struct shape_row rule_rows[] = {
    {"when", read_condition, INTO(struct rule, when), MAY, 0, 0, 0},
    {"severity", read_severity, INTO(struct rule, raise_to), MAY, 0, 0, 0},
    {"raise_by", read_number, INTO(struct rule, raise_by), MAY, 1, 3, 0},
    {"page", read_targets, INTO(struct rule, page), MAY, 0, 0, 0},
    {"inform", read_targets, INTO(struct rule, inform), MAY, 0, 0, 0},
    {"emit", read_emission, INTO(struct rule, emit), MAY, 0, 0, 0},
    {"not", read_targets, INTO(struct rule, except), MAY, 0, 0, 0},
    {"rule", read_text, INTO(struct rule, id), MAY, 0, 0, 0},
};
static const struct shape rule_shape = SHAPE("a rule", rule_rows);

/* One more than written: the event's own severity and targets stand last. */
static void read_rules(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    struct kind_rule *kind = into;
    size_t count = node_count(node);
    struct rule *rules;

    (void)row;
    if (!node_is_list(l, node, "a list of rules"))
        return;
    rules = loader_array(l, count + 1, sizeof *rules);
    if (!rules)
        return;
    for (size_t i = 0; i < count; i++)
        shape_read(l, node_item(l, node, i), &rule_shape, &rules[i]);
    kind->rules = rules;
    kind->rule_count = count;
}

/* --- gates * -------------------------------------------------------------- */

static const struct shape_row gate_rows[] = {
    {"rule", read_text, INTO(struct gate, id), MUST, 0, 0, 0},
    {"when", read_condition, INTO(struct gate, when), MUST, 0, 0, 0},
    {"page", read_targets, INTO(struct gate, page), MAY, 0, 0, 0},
    {"inform", read_targets, INTO(struct gate, inform), MAY, 0, 0, 0},
    {"emit", read_emission, INTO(struct gate, emit), MAY, 0, 0, 0},
};
static const struct shape gate_shape = SHAPE("a gate", gate_rows);

static void read_gates(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    struct kind_rule *kind = into;
    size_t count = node_count(node);
    struct gate *gates;

    (void)row;
    if (!node_is_list(l, node, "a list of gates"))
        return;
    if (count > GATES_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID, "more than %d gates",
                     GATES_MAX);
        return;
    }
    gates = loader_array(l, count, sizeof *gates);
    if (!gates)
        return;
    for (size_t i = 0; i < count; i++)
        shape_read(l, node_item(l, node, i), &gate_shape, &gates[i]);
    kind->gates = gates;
    kind->gate_count = count;
}

/* --- counts * ------------------------------------------------------------- */

static bool counter_find(struct loader *l, const struct phrase *p,
                         uint16_t *counter)
{
    const struct draft *d = l->draft;
    size_t count = d->policy->counter_count;

    *counter = (uint16_t)names_get(l, NAMES_OF("counter", d->counters, count),
                                   p->words[0], phrase_place(l, p, 0));
    return *counter < count;
}

static void read_count(struct loader *l, yaml_node_t *node,
                       struct count_row *out)
{
    struct phrase p;

    if (!phrase_read(l, node, &p) || !counter_find(l, &p, &out->counter))
        return;
    out->when = p.when;
    if (p.count == 3 && text_equal(p.words[1], TEXT("by")))
        out->by_field = loader_text(l, p.words[2]);
    else if (p.count == 3 && text_equal(p.words[1], TEXT("to")))
        value_compile(l, node, p.offsets[2], p.words[2], &out->to);
    else if (p.count > 1)
        report_error(l, phrase_place(l, &p, 1), UNSAID,
                     "COUNTER [by FIELD | to VALUE] [when CONDITION]",
                     "expected \"by FIELD\", found \"%.*s\"",
                     TEXT_ARG(p.words[1]));
}

static void read_counts(struct loader *l, yaml_node_t *node, void *into,
                        const struct shape_row *row)
{
    struct kind_rule *kind = into;
    size_t count = node_count(node);
    struct count_row *counts = loader_array(l, count, sizeof *counts);

    (void)row;
    if (!counts || (node->type == YAML_MAPPING_NODE &&
                    !node_is_list(l, node, "a list of counters")))
        return;
    for (size_t i = 0; i < count; i++)
        read_count(l, node_item(l, node, i), &counts[i]);
    kind->counts = counts;
    kind->count_count = count;
}

/* --- events * ------------------------------------------------------------- */

static void read_case_need(struct loader *l, yaml_node_t *node, void *into,
                           const struct shape_row *row)
{
    static const char *const words[] = {"opens", "needed", "optional"};
    struct kind_rule *kind = into;
    struct nearest near;

    (void)row;
    if (!node_is_text(l, node, "opens, needed or optional"))
        return;
    nearest_begin(&near, node_text(node));
    for (size_t i = 0; i < 3; i++)
        nearest_try(&near, text_of(words[i]));
    kind->opens_case = text_equal(near.word, TEXT("opens"));
    kind->needs_case = text_equal(near.word, TEXT("needed"));
    if (near.distance || near.best.size == 0)
        report_error(l, node_place(node), UNSAID, report_meant(l, near.best),
                     "\"case\" is opens, needed or optional, not \"%.*s\"",
                     TEXT_ARG(near.word));
}

static void read_kind_hints(struct loader *l, yaml_node_t *node, void *into,
                            const struct shape_row *row)
{
    struct kind_rule *kind = into;
    struct hint_list hints = {NULL, 0};

    read_hints(l, node, &hints, row);
    kind->hints = hints.list;
    kind->hint_count = hints.count;
}

/* Severity and targets written beside the key are the last rule. */
struct event_draft {
    struct kind_rule kind;
    struct rule last;
};

static const struct shape_row event_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"case", read_case_need, INTO(struct event_draft, kind), MAY, 0, 0, 0},
    {"do", read_effects, INTO(struct event_draft, kind), MAY, 0, 0, 0},
    {"rules", read_rules, INTO(struct event_draft, kind), MAY, 0, 0, 0},
    {"gates", read_gates, INTO(struct event_draft, kind), MAY, 0, 0, 0},
    {"counts", read_counts, INTO(struct event_draft, kind), MAY, 0, 0, 0},
    {"for_each", read_spreads, INTO(struct event_draft, kind), MAY, 0, 0, 0},
    {"join", read_joins, INTO(struct event_draft, kind), MAY, 0, 0, 0},
    {"hints", read_kind_hints, INTO(struct event_draft, kind), MAY, 0, 0, 0},
    {"when", read_condition, INTO(struct event_draft, last.when), MAY, 0, 0, 0},
    {"severity", read_severity, INTO(struct event_draft, last.raise_to), MAY, 0,
     0, 0},
    {"raise_by", read_number, INTO(struct event_draft, last.raise_by), MAY, 1,
     3, 0},
    {"page", read_targets, INTO(struct event_draft, last.page), MAY, 0, 0, 0},
    {"inform", read_targets, INTO(struct event_draft, last.inform), MAY, 0, 0,
     0},
    {"emit", read_emission, INTO(struct event_draft, last.emit), MAY, 0, 0, 0},
    {"rule", read_text, INTO(struct event_draft, last.id), MAY, 0, 0, 0},
};
static const struct shape event_shape = SHAPE("an event", event_rows);

static bool rule_says_something(const struct rule *r)
{
    return r->raise_to || r->raise_by || r->page || r->inform || r->emit ||
           r->id.size || r->when.count;
}

static void add_last_rule(struct loader *l, struct event_draft *e)
{
    struct rule *rules;

    if (!rule_says_something(&e->last))
        return;
    rules = loader_array(l, e->kind.rule_count + 1, sizeof *rules);
    if (!rules)
        return;
    if (e->kind.rule_count)
        memcpy(rules, e->kind.rules, e->kind.rule_count * sizeof *rules);
    rules[e->kind.rule_count++] = e->last;
    e->kind.rules = rules;
}

void read_events(struct loader *l, yaml_node_t *node, void *into,
                 const struct shape_row *row)
{
    yaml_node_t *key, *value;

    (void)into;
    (void)row;
    if (!node_is_mapping(l, node, "a mapping of kinds of event"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        struct event_draft e = {.kind = {.needs_case = true}};
        uint16_t index;

        if (!node_pair(l, node, i, &key, &value))
            continue;
        index = kind_find(l, node_text(key), node_place(key));
        if (index == KIND_NONE)
            continue;
        shape_read(l, value, &event_shape, &e);
        add_last_rule(l, &e);
        e.kind.name = l->draft->kinds[index].name;
        l->draft->kinds[index] = e.kind;
        l->draft->kind_places[index] = node_place(key);
    }
}

/* --- declarations * ------------------------------------------------------- */

static bool kind_is_known(const struct draft *d, struct text name)
{
    for (size_t i = 0; i < d->policy->kind_count; i++)
        if (text_equal(d->kinds[i].name, name))
            return true;
    return false;
}

static void kind_add(struct loader *l, struct text name, struct place at)
{
    struct draft *d = l->draft;

    if (kind_is_known(d, name))
        return;
    if (d->policy->kind_count == KINDS_MAX) {
        report_error(l, at, UNSAID, UNSAID, "more than %d kinds of event",
                     KINDS_MAX);
        return;
    }
    d->kinds[d->policy->kind_count++].name = loader_text(l, name);
}

void declare_own_kinds(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    (void)into;
    (void)row;
    if (!node_is_list(l, node, "a list of kinds"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        yaml_node_t *item = node_item(l, node, i);

        if (node_is_text(l, item, "a kind of event") &&
            name_is_good(l, node_text(item), node_place(item), true))
            kind_add(l, node_text(item), node_place(item));
    }
}

/* Without a list of the builtin kinds whatever is written is one. */
void declare_kinds(struct loader *l, yaml_node_t *node, void *into,
                   const struct shape_row *row)
{
    yaml_node_t *key, *value;

    (void)into;
    (void)row;
    if (l->names && l->names->kinds)
        return;
    for (size_t i = 0; node->type == YAML_MAPPING_NODE && i < node_count(node);
         i++) {
        yaml_node_pair_t pair = node->data.mapping.pairs.start[i];

        key = yaml_document_get_node(&l->source->document, pair.key);
        value = key;
        if (value->type == YAML_SCALAR_NODE &&
            name_is_good(l, node_text(key), node_place(key), true))
            kind_add(l, node_text(key), node_place(key));
    }
}
