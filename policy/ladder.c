/* ladder - what happens to a page that nobody acknowledges. */
#include "policy/clocks.h"

#include "base/limits.h"
#include "policy/names.h"

/* --- the ladder * --------------------------------------------------------- */

static void read_rung_wait(struct loader *l, yaml_node_t *node, void *into,
                           const struct shape_row *row)
{
    struct rung *rung = into;

    (void)row;
    read_wait(l, node, &rung->after_ms, &rung->open_time);
}

static const struct shape_row rung_rows[] = {
    {"page", read_tier, INTO(struct rung, tier), MUST, 0, 0, 0},
    {"after", read_rung_wait, 0, sizeof(struct rung), MUST, 0, 0, 0},
};
static const struct shape rung_shape = SHAPE("a rung", rung_rows);

static void check_rungs(struct loader *l, yaml_node_t *node,
                        const struct rung *rungs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct place at = node_place(node_item(l, node, i));

        if (rungs[i].tier > l->draft->policy->tier_count)
            report_error(l, at, UNSAID, UNSAID,
                         "a rung calls a tier, not a side role");
        if (i == 0)
            continue;
        if (rungs[i].tier < rungs[i - 1].tier)
            report_error(l, at, "a ladder climbs", UNSAID,
                         "rungs out of the order of the tiers");
        else if ((rungs[i - 1].open_time || !rungs[i].open_time) &&
                 rungs[i].after_ms < rungs[i - 1].after_ms)
            report_error(l, at, "a ladder climbs", "put the earlier one first",
                         "this rung is due before the one above it");
    }
}

static void read_rungs(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    struct ladder *ladder = into;
    size_t count = node_count(node);
    struct rung *rungs;

    (void)row;
    if (!node_is_list(l, node, "a list of rungs"))
        return;
    if (count > CLOCK_STEPS_MAX - 1) {
        report_error(l, node_place(node), UNSAID, UNSAID, "more than %d rungs",
                     CLOCK_STEPS_MAX - 1);
        return;
    }
    rungs = loader_array(l, count, sizeof *rungs);
    if (!rungs)
        return;
    for (size_t i = 0; i < count; i++)
        shape_read(l, node_item(l, node, i), &rung_shape, &rungs[i]);
    check_rungs(l, node, rungs, count);
    ladder->rungs = rungs;
    ladder->count = count;
}

static void read_repeat(struct loader *l, yaml_node_t *node, void *into,
                        const struct shape_row *row)
{
    struct ladder *ladder = into;
    static const struct shape_row span = {
        "repeat", read_span, 0, sizeof(int64_t), MAY, 60000, LIMIT_SPAN_MS, 0};

    (void)row;
    if (!node_is_text(l, node, "never, working day or a length of time"))
        return;
    if (text_equal(node_text(node), TEXT("never"))) {
        ladder->repeat = REPEAT_NEVER;
    } else if (text_equal(node_text(node), TEXT("working day"))) {
        ladder->repeat = REPEAT_WORKING_DAY;
    } else {
        ladder->repeat = REPEAT_EVERY;
        read_span(l, node, &ladder->every_ms, &span);
    }
}

static const struct shape_row ladder_rows[] = {
    {"rungs", read_rungs, 0, sizeof(struct ladder), MAY, 0, 0, 0},
    {"repeat", read_repeat, 0, sizeof(struct ladder), MAY, 0, 0, 0},
    {"each_tier", read_flag, INTO(struct ladder, every_tier), MAY, 0, 0, 0},
    {"rule", read_text, INTO(struct ladder, id), MAY, 0, 0, 0},
};
static const struct shape ladder_shape = SHAPE("a ladder", ladder_rows);

static void check_ladder(struct loader *l, yaml_node_t *key,
                         const struct ladder *ladder)
{
    if (ladder->every_tier && ladder->count)
        report_error(l, node_place(key), UNSAID, "leave one of them out",
                     "with each_tier there are no rungs");
    if (ladder->every_tier && ladder->repeat != REPEAT_EVERY)
        report_error(l, node_place(key), UNSAID, "repeat: 5min",
                     "each_tier says how often the next contact is called");
    if (!ladder->every_tier && ladder->count == 0)
        report_error(l, node_place(key),
                     "a page that nobody answers would end there", UNSAID,
                     "a ladder needs rungs or each_tier");
}

void read_ladders(struct loader *l, yaml_node_t *node, void *into,
                  const struct shape_row *row)
{
    struct ladder *ladders = into;
    yaml_node_t *key, *value;
    unsigned seen = 0;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of severities"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        struct ladder ladder = {.repeat = REPEAT_NEVER};
        unsigned mask;

        if (!node_pair(l, node, i, &key, &value))
            continue;
        mask = severities_of_key(l, key);
        shape_read(l, value, &ladder_shape, &ladder);
        check_ladder(l, key, &ladder);
        for (unsigned s = 0; s < SEVERITIES; s++)
            if (mask & 1u << s)
                ladders[s] = ladder;
        if (mask & seen)
            report_error(l, node_place(key), UNSAID, UNSAID,
                         "a severity of \"%.*s\" has a ladder already",
                         TEXT_ARG(node_text(key)));
        seen |= mask;
    }
    for (unsigned s = 0; s < SEVERITIES; s++)
        if (!(seen & 1u << s))
            report_error(l, node_place(node),
                         "a page of that severity would never climb", UNSAID,
                         "there is no ladder for S%u", s + 1);
}
