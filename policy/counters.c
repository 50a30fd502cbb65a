/* counters - what has happened how often, and what that is reason for. */
#include "policy/names.h"
#include "policy/rules.h"
#include "policy/subjects.h"
#include "policy/values.h"

void declare_counters(struct loader *l, yaml_node_t *node, void *into,
                      const struct shape_row *row)
{
    struct draft *d = l->draft;
    size_t *count = &d->policy->counter_count;

    (void)into;
    (void)row;
    *count =
        names_declare(l, node, d->counters,
                      NAMES_OF("counters", d->counters, *count), COUNTERS_MAX);
}

/* --- counters * ----------------------------------------------------------- */

static const struct shape_row level_rows[] = {
    {"severity", read_severity, INTO(struct counter_level, raise_to), MAY, 0, 0,
     0},
    {"page", read_targets, INTO(struct counter_level, page), MAY, 0, 0, 0},
    {"inform", read_targets, INTO(struct counter_level, inform), MAY, 0, 0, 0},
    {"freeze_owner", read_flag, INTO(struct counter_level, freeze_owner), MAY,
     0, 0, 0},
    {"emit", read_emission, INTO(struct counter_level, emit), MAY, 0, 0, 0},
    {"open", read_emission, INTO(struct counter_level, open), MAY, 0, 0, 0},
    {"rule", read_text, INTO(struct counter_level, id), MAY, 0, 0, 0},
};
static const struct shape level_shape =
    SHAPE("a level of a counter", level_rows);

/* "3" or "3+" */
static bool level_key(struct loader *l, yaml_node_t *key,
                      struct counter_level *level)
{
    struct text word = node_text(key);
    int32_t at = 0;

    level->and_above = word.size > 1 && word.data[word.size - 1] == '+';
    for (uint32_t i = 0; i + level->and_above < word.size; i++) {
        if (word.data[i] < '0' || word.data[i] > '9' || at > 100000) {
            at = 0;
            break;
        }
        at = at * 10 + (word.data[i] - '0');
    }
    if (at == 0)
        report_error(l, node_place(key), UNSAID,
                     "3: at the third; 3+: at the third and each later one",
                     "\"%.*s\" is no level", TEXT_ARG(word));
    level->at = at;
    return at != 0;
}

static void read_levels(struct loader *l, yaml_node_t *node, void *into,
                        const struct shape_row *row)
{
    struct counter *counter = into;
    struct counter_level *levels;
    yaml_node_t *key, *value;
    size_t count = 0;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of levels"))
        return;
    levels = loader_array(l, node_count(node), sizeof *levels);
    if (!levels)
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        if (!node_pair(l, node, i, &key, &value) ||
            !level_key(l, key, &levels[count]))
            continue;
        if (count && levels[count].at <= levels[count - 1].at)
            report_error(l, node_place(key), "levels are read in this order",
                         UNSAID, "level %d stands behind level %d",
                         levels[count].at, levels[count - 1].at);
        shape_read(l, value, &level_shape, &levels[count++]);
    }
    counter->levels = levels;
    counter->level_count = count;
}

enum { COUNTER_LEVELS_MAX = 16, KEPT_MORE = 8 };

#define MINUTE_MS 60000LL
#define DAY_MS (24 * 60 * MINUTE_MS)

static const struct shape_row counter_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"per", read_path, INTO(struct counter, per), MAY, 0, 0, 0},
    {"window", read_span, INTO(struct counter, window_ms), MAY, MINUTE_MS,
     366 * DAY_MS, 0},
    {"at", read_levels, 0, sizeof(struct counter), MAY, 0, 0, 0},
};
static const struct shape counter_shape = SHAPE("a counter", counter_rows);

static int32_t highest_level(const struct counter *counter)
{
    return counter->level_count ? counter->levels[counter->level_count - 1].at
                                : 0;
}

static void check_openings(struct loader *l, struct place at,
                           const struct counter *counter)
{
    for (size_t i = 0; i < counter->level_count; i++) {
        const struct emission *open = counter->levels[i].open;

        if (!open || open->kind == KIND_NONE)
            continue;
        if (!counter->per.count)
            report_error(l, at, "it counts in the case that it would leave",
                         "emit, or give the counter a \"per\"",
                         "only a counter beside the cases can open one");
        else if (!l->draft->kinds[open->kind].opens_case)
            report_error(l, at, "nothing would come of it", "case: opens",
                         "%.*s opens no case",
                         TEXT_ARG(l->draft->kinds[open->kind].name));
    }
}

/* What a counter beside the cases needs, and another one must not have. */
static void check_counter(struct loader *l, struct place at,
                          struct counter *counter)
{
    int32_t highest = highest_level(counter);

    check_openings(l, at, counter);
    if (counter->window_ms && !counter->per.count)
        report_error(l, at, "a case counts from its beginning to its end",
                     "per: asset, per: [person, topic]",
                     "a window wants a \"per\"");
    if (counter->level_count > COUNTER_LEVELS_MAX)
        report_error(l, at, UNSAID, UNSAID, "more than %d levels",
                     COUNTER_LEVELS_MAX);
    if (counter->window_ms && highest > TALLY_INSTANTS_MAX - KEPT_MORE)
        report_error(l, at, "that many instants are remembered", UNSAID,
                     "a window counts no higher than %d",
                     TALLY_INSTANTS_MAX - KEPT_MORE);
    counter->keep = (uint8_t)(highest + KEPT_MORE < TALLY_INSTANTS_MAX
                                  ? highest + KEPT_MORE
                                  : TALLY_INSTANTS_MAX);
}

void read_counters(struct loader *l, yaml_node_t *node, void *into,
                   const struct shape_row *row)
{
    struct draft *d = l->draft;

    (void)into;
    (void)row;
    for (size_t i = 0; i < d->policy->counter_count; i++) {
        yaml_node_t *key, *value;

        value = node_find(l->source, node, d->counters[i].name, &key);
        if (!value)
            continue;
        shape_read(l, value, &counter_shape, &d->counters[i]);
        check_counter(l, node_place(key), &d->counters[i]);
    }
}
