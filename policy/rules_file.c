#include "policy/rules_file.h"

#include "base/limits.h"
#include "policy/clocks.h"
#include "policy/condition.h"
#include "policy/lists.h"
#include "policy/names.h"
#include "policy/routes.h"
#include "policy/rules.h"
#include "policy/spreads.h"
#include "policy/subjects.h"
#include "policy/values.h"

#define HOUR_MS (60 * 60 * 1000LL)

/* --- tiers, roles, locks, regions * --------------------------------------- */

static void add_role(struct loader *l, yaml_node_t *node,
                     const struct role *role)
{
    struct draft *d = l->draft;
    struct text name = node_text(node);

    if (!name_is_good(l, name, node_place(node), false))
        return;
    if (text_equal(name, TEXT("owner")) || text_equal(name, TEXT("any"))) {
        report_error(l, node_place(node), "it is the owner of the case", UNSAID,
                     "\"%.*s\" cannot be a tier or role", TEXT_ARG(name));
        return;
    }
    for (uint8_t i = 1; i <= d->policy->role_count; i++) {
        if (!text_equal(d->roles[i].name, name))
            continue;
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "\"%.*s\" is a tier or role already", TEXT_ARG(name));
        return;
    }
    if (d->policy->role_count == ROLES_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "more than %d tiers and roles", ROLES_MAX);
        return;
    }
    d->roles[++d->policy->role_count] =
        (struct role){.name = loader_text(l, name),
                      .rank = role->rank,
                      .person = role->person,
                      .otherwise = role->otherwise};
}

static void read_tiers(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    struct policy *p = l->draft->policy;

    (void)into;
    (void)row;
    if (!node_is_list(l, node, "a list of tiers"))
        return;
    for (size_t i = 0; i < node_count(node); i++)
        if (node_is_text(l, node_item(l, node, i), "a tier"))
            add_role(l, node_item(l, node, i),
                     &(struct role){.rank = (uint8_t)(p->role_count + 1)});
    p->tier_count = p->role_count;
    if (p->tier_count < 2)
        report_error(l, node_place(node), "there is nobody to escalate to",
                     UNSAID, "a pack has at least two tiers");
}

/* A tier; of a role by reference also "own": the one its person serves in. */
static void read_rank(struct loader *l, yaml_node_t *node, void *into,
                      const struct shape_row *row)
{
    if (node->type == YAML_SCALAR_NODE &&
        text_equal(node_text(node), TEXT("own")))
        *(uint8_t *)into = RANK_OWN;
    else
        read_tier(l, node, into, row);
}

static void check_role(struct loader *l, yaml_node_t *node,
                       const struct role *role)
{
    if (role->person.count || node->type != YAML_MAPPING_NODE)
        return;
    if (!node_child(l->source, node, "rank"))
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "\"rank\" is missing in a role");
    else if (role->rank == RANK_OWN || role->otherwise)
        report_error(l, node_place(node), "its persons are in the rosters",
                     "name the person: person: EXPRESSION",
                     "\"own\" and \"else\" are for a role by reference");
}

static void read_roles(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    static const struct shape_row rows[] = {
        {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
        {"rank", read_rank, INTO(struct role, rank), MAY, 0, 0, 0},
        {"person", read_value, INTO(struct role, person), MAY, 0, 0, 0},
        {"else", read_tier, INTO(struct role, otherwise), MAY, 0, 0, 0},
    };
    static const struct shape shape = SHAPE("a role", rows);
    yaml_node_t *key, *value;

    (void)into;
    (void)row;
    if (!node_is_mapping(l, node, "a mapping of side roles"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        struct role role = {.rank = 0};

        if (!node_pair(l, node, i, &key, &value))
            continue;
        shape_read(l, value, &shape, &role);
        check_role(l, value, &role);
        add_role(l, key, &role);
    }
}

static void read_locks(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    struct draft *d = l->draft;

    (void)into;
    (void)row;
    if (!node_is_list(l, node, "a list of locks"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        yaml_node_t *item = node_item(l, node, i);

        if (!node_is_text(l, item, "a name") ||
            !name_is_good(l, node_text(item), node_place(item), false))
            continue;
        if (d->policy->lock_count == LOCKS_MAX) {
            report_error(l, node_place(item), UNSAID, UNSAID,
                         "more than %d locks", LOCKS_MAX);
            return;
        }
        d->locks[d->policy->lock_count++] = loader_text(l, node_text(item));
    }
}

static void read_regions(struct loader *l, yaml_node_t *node, void *into,
                         const struct shape_row *row)
{
    struct draft *d = l->draft;

    (void)into;
    (void)row;
    if (!node_is_list(l, node, "a list of regions"))
        return;
    d->regions = loader_array(l, node_count(node), sizeof *d->regions);
    for (size_t i = 0; d->regions && i < node_count(node); i++)
        if (node_is_text(l, node_item(l, node, i), "the id of a region"))
            d->regions[d->region_count++] =
                loader_text(l, node_text(node_item(l, node, i)));
}

static void read_is_default(struct loader *l, yaml_node_t *node, void *into,
                            const struct shape_row *row)
{
    (void)into;
    read_flag(l, node, &l->draft->is_default, row);
}

/* --- conditions * --------------------------------------------------------- */

static void read_conditions(struct loader *l, yaml_node_t *node, void *into,
                            const struct shape_row *row)
{
    struct draft *d = l->draft;
    yaml_node_t *key, *value;

    (void)into;
    (void)row;
    if (!node_is_mapping(l, node, "a mapping of conditions"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        struct named_condition *c = &d->conditions[d->condition_count];

        if (!node_pair(l, node, i, &key, &value) ||
            !name_is_good(l, node_text(key), node_place(key), false))
            continue;
        if (d->condition_count == CONDITIONS_MAX) {
            report_error(l, node_place(key), UNSAID, UNSAID,
                         "more than %d conditions", CONDITIONS_MAX);
            return;
        }
        if (node_is_text(l, value, "a condition"))
            named_condition_compile(l, value, (uint8_t)(d->condition_count + 1),
                                    &c->expr);
        c->name = loader_text(l, node_text(key));
        d->condition_count++;
    }
}

/* --- the file * ----------------------------------------------------------- */

static const struct shape_row default_rows[] = {
    {"undated_promise_days", read_number,
     INTO(struct policy, undated_promise_days), MAY, 1, 90, 3},
    {"snooze_max", read_span, INTO(struct policy, snooze_max_ms), MAY, 0,
     24 * HOUR_MS, HOUR_MS},
    {"late_grace", read_span, INTO(struct policy, late_grace_ms), MAY, 0,
     HOUR_MS, 5000},
};
static const struct shape default_shape = SHAPE("defaults", default_rows);

static void read_defaults(struct loader *l, yaml_node_t *node, void *into,
                          const struct shape_row *row)
{
    (void)row;
    shape_read(l, node, &default_shape, into);
}

/* Hints for events of every kind. */
static void read_any_hints(struct loader *l, yaml_node_t *node, void *into,
                           const struct shape_row *row)
{
    struct policy *p = into;
    struct hint_list hints = {NULL, 0};

    read_hints(l, node, &hints, row);
    p->any_hints = hints.list;
    p->any_hint_count = hints.count;
}

static const struct shape_row file_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"name", read_text, INTO(struct policy, name), MUST, 0, 0, 0},
    {"default", read_is_default, 0, 0, MAY, 0, 0, 0},
    {"regions", read_regions, 0, 0, MAY, 0, 0, 0},
    {"tiers", read_tiers, 0, 0, MUST, 0, 0, 0},
    {"roles", read_roles, 0, 0, MAY, 0, 0, 0},
    {"locks", read_locks, 0, 0, MAY, 0, 0, 0},
    {"defaults", read_defaults, 0, sizeof(struct policy), MAY, 0, 0, 0},
    {"own_kinds", declare_own_kinds, 0, 0, MAY, 0, 0, 0},
    {"events", declare_kinds, 0, 0, MUST, 0, 0, 0},
    {"counters", declare_counters, 0, 0, MAY, 0, 0, 0},
    {"clocks", declare_clocks, 0, 0, MAY, 0, 0, 0},
    {"lists", declare_lists, 0, 0, MAY, 0, 0, 0},
    {"intervals", declare_intervals, 0, 0, MAY, 0, 0, 0},
    {"authority", read_authorities, 0, 0, MAY, 0, 0, 0},
    {"groups", read_groups, 0, 0, MAY, 0, 0, 0},
    {"words", read_word_lists, 0, 0, MAY, 0, 0, 0},
    {"tables", declare_tables, 0, 0, MAY, 0, 0, 0},
    {"conditions", read_conditions, 0, 0, MAY, 0, 0, 0},
    {"tariffs", read_tariffs, 0, 0, MAY, 0, 0, 0},
    {"tables", read_tables, 0, 0, MAY, 0, 0, 0},
    {"hints", read_any_hints, 0, sizeof(struct policy), MAY, 0, 0, 0},
    {"kind_groups", read_kind_groups, 0, 0, MAY, 0, 0, 0},
    {"events", read_events, 0, 0, MAY, 0, 0, 0},
    {"counters", read_counters, 0, 0, MAY, 0, 0, 0},
    {"intervals", read_intervals, 0, 0, MAY, 0, 0, 0},
    {"clocks", read_clocks, 0, 0, MAY, 0, 0, 0},
    {"lists", read_lists, 0, 0, MAY, 0, 0, 0},
    {"routes", read_routes, 0, 0, MAY, 0, 0, 0},
    {"ladder", read_ladders, INTO(struct policy, ladders), MUST, 0, 0, 0},
};
static const struct shape file_shape = SHAPE("policy.yaml", file_rows);

static bool draft_init(struct loader *l)
{
    struct draft *d = l->draft;
    struct policy *p = d->policy;

    d->roles = loader_array(l, ROLES_MAX + 1, sizeof *d->roles);
    d->kinds = loader_array(l, KINDS_MAX, sizeof *d->kinds);
    d->kind_places = loader_array(l, KINDS_MAX, sizeof *d->kind_places);
    d->clocks = loader_array(l, CLOCKS_MAX, sizeof *d->clocks);
    d->clock_places = loader_array(l, CLOCKS_MAX, sizeof *d->clock_places);
    d->counters = loader_array(l, COUNTERS_MAX, sizeof *d->counters);
    d->locks = loader_array(l, LOCKS_MAX, sizeof *d->locks);
    d->intervals = loader_array(l, INTERVAL_RULES_MAX, sizeof *d->intervals);
    if (!d->intervals)
        return false;
    p->intervals = d->intervals;
    d->lists = loader_array(l, LISTS_MAX, sizeof *d->lists);
    d->authorities = loader_array(l, AUTHORITIES_MAX, sizeof *d->authorities);
    d->tables = loader_array(l, TABLES_MAX, sizeof *d->tables);
    d->word_lists = loader_array(l, WORD_LISTS_MAX, sizeof *d->word_lists);
    if (!d->tables || !d->word_lists)
        return false;
    p->tables = d->tables;
    p->word_lists = d->word_lists;
    if (!d->roles || !d->kinds || !d->kind_places || !d->clocks ||
        !d->clock_places || !d->counters || !d->locks || !d->lists ||
        !d->authorities)
        return false;
    p->roles = d->roles;
    p->kinds = d->kinds;
    p->clocks = d->clocks;
    p->counters = d->counters;
    p->locks = d->locks;
    p->lists = d->lists;
    p->authorities = d->authorities;
    d->clocks[p->clock_count++].name = TEXT("ack");
    for (size_t i = 0; l->names && l->names->kinds && i < l->names->kind_count;
         i++)
        d->kinds[p->kind_count++].name =
            loader_text(l, text_of(l->names->kinds[i]));
    return true;
}

/* A file without a section "defaults" has them all the same. */
static void defaults_set(struct policy *p)
{
    if (!p->undated_promise_days)
        p->undated_promise_days = default_rows[0].fallback;
    if (!p->snooze_max_ms)
        p->snooze_max_ms = default_rows[1].fallback;
    if (!p->late_grace_ms)
        p->late_grace_ms = default_rows[2].fallback;
}

static void place_kinds(struct loader *l)
{
    size_t places = 2;
    uint16_t *list;

    while (places < 4 * l->draft->policy->kind_count + 4)
        places *= 2;
    list = loader_array(l, places, sizeof *list);
    if (list)
        policy_place_kinds(l->draft->policy, list, places - 1);
}

/* It is known in every pack, also in those that were written before it. */
static void find_rebase(struct loader *l)
{
    struct policy *p = l->draft->policy;
    uint16_t kind = l->names && l->names->rebase
                        ? policy_kind(p, text_of(l->names->rebase))
                        : KIND_NONE;

    p->rebase_kind = kind == KIND_NONE ? 0 : (uint16_t)(kind + 1);
}

void rules_file_read(struct loader *l)
{
    struct draft *d = l->draft;

    if (!d->rules.root || !draft_init(l))
        return;
    l->source = &d->rules;
    shape_read(l, d->rules.root, &file_shape, d->policy);
    defaults_set(d->policy);
    clocks_deal_triggers(l);
    subjects_mark(l);
    place_kinds(l);
    find_rebase(l);
}
