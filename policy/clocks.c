#include "policy/clocks.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/span.h"
#include "policy/condition.h"
#include "policy/lint.h"
#include "policy/names.h"
#include "policy/values.h"
#include "policy/words.h"

/* --- steps * -------------------------------------------------------------- */

/* A length of time, "4h", or "4h open" along opening hours. */
bool read_wait(struct loader *l, yaml_node_t *node, int64_t *wait_ms,
               bool *open)
{
    char span[64];
    struct error err;
    struct phrase p;

    if (!phrase_read(l, node, &p))
        return false;
    *open = p.count == 2 && text_equal(p.words[1], TEXT("open"));
    if (p.count > 1 && !*open) {
        report_error(l, phrase_place(l, &p, 1), UNSAID, "4h, or 4h open",
                     "expected \"open\", found \"%.*s\"", TEXT_ARG(p.words[1]));
        return false;
    }
    snprintf(span, sizeof span, "%.*s", TEXT_ARG(p.words[0]));
    if (span_parse(span, wait_ms, &err)) {
        report_error(l, node_place(node), err.text,
                     "write it like 30min, 4h, 7d, or 4h open",
                     "this is no length of time");
        return false;
    }
    return true;
}

static void read_after(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    struct clock_step *step = into;
    bool open = false;

    (void)row;
    if (read_wait(l, node, &step->after_ms, &open))
        step->basis = open ? STEP_AFTER_OPEN : STEP_AFTER;
}

static void read_before(struct loader *l, yaml_node_t *node, void *into,
                        const struct shape_row *row)
{
    struct clock_step *step = into;
    static const struct shape_row span = {
        "before_due", read_span, 0, sizeof(int64_t), MAY, 0, LIMIT_SPAN_MS, 0};

    (void)row;
    read_span(l, node, &step->after_ms, &span);
    step->basis = STEP_BEFORE_DUE;
}

/* "80%", of the way to the due; "80% of RULE", of that to a step below. */
static bool read_share(struct loader *l, yaml_node_t *node,
                       struct clock_step *step)
{
    struct text word = node_text(node);
    uint32_t at = 0, percent = 0;

    while (at < word.size && at < 3 && word.data[at] >= '0' &&
           word.data[at] <= '9')
        percent = percent * 10 + (uint32_t)(word.data[at++] - '0');
    if (at == 0 || at == word.size || word.data[at] != '%')
        return false;
    if (percent < 1 || percent > 99)
        report_error(l, node_place(node), UNSAID, "1% to 99%",
                     "a warning comes before the time is over");
    step->basis = STEP_SHARE;
    step->percent = (uint8_t)(percent < 100 ? percent : 99);
    return true;
}

static void read_at(struct loader *l, yaml_node_t *node, void *into,
                    const struct shape_row *row)
{
    struct clock_step *step = into;

    (void)row;
    if (!node_is_text(l, node, "due, or day open"))
        return;
    if (text_equal(node_text(node), TEXT("due")))
        step->basis = STEP_AT_DUE;
    else if (text_equal(node_text(node), TEXT("day open")))
        step->basis = STEP_DAY_OPEN;
    else if (!read_share(l, node, step))
        report_error(
            l, node_place(node), UNSAID,
            "day open: when the line opens on the day it is due",
            "\"at\" is due, day open or a share such as 80%%, not \"%.*s\"",
            TEXT_ARG(node_text(node)));
}

static const struct shape_row step_rows[] = {
    {"after", read_after, 0, sizeof(struct clock_step), MAY, 0, 0, 0},
    {"before_due", read_before, 0, sizeof(struct clock_step), MAY, 0, 0, 0},
    {"at", read_at, 0, sizeof(struct clock_step), MAY, 0, 0, 0},
    {"page", read_targets, INTO(struct clock_step, page), MAY, 0, 0, 0},
    {"inform", read_targets, INTO(struct clock_step, inform), MAY, 0, 0, 0},
    {"not", read_targets, INTO(struct clock_step, except), MAY, 0, 0, 0},
    {"repeat", read_span, INTO(struct clock_step, repeat_ms), MAY, 60000,
     LIMIT_SPAN_MS, 0},
    {"until", read_span, INTO(struct clock_step, until_ms), MAY, 60000,
     LIMIT_SPAN_MS, 0},
    {"severity", read_severity, INTO(struct clock_step, raise_to), MAY, 0, 0,
     0},
    {"emit", read_emission, INTO(struct clock_step, emit), MAY, 0, 0, 0},
    {"rule", read_text, INTO(struct clock_step, id), MAY, 0, 0, 0},
};
static const struct shape step_shape = SHAPE("a step", step_rows);

static void check_step(struct loader *l, yaml_node_t *node,
                       const struct clock_rule *clock,
                       const struct clock_step *step)
{
    int whens = 0;

    if (node->type != YAML_MAPPING_NODE)
        return;
    whens += node_child(l->source, node, "after") != NULL;
    whens += node_child(l->source, node, "before_due") != NULL;
    whens += node_child(l->source, node, "at") != NULL;
    if (whens != 1)
        report_error(l, node_place(node), UNSAID,
                     "after: 30min, before_due: 2h, at: due or at: day open",
                     "a step says once when it is due");
    else if (step->basis >= STEP_BEFORE_DUE && step->basis != STEP_SHARE &&
             clock->due_field.size == 0)
        report_error(l, node_place(node), "its steps count from the arming",
                     "name the field of the event that holds it: due: FIELD",
                     "the clock has no due moment");
    if (!step->page && !step->inform && !step->raise_to && !step->emit)
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "a step must page, inform, raise or emit");
}

/* Only what comes last is asked again, and not for ever. */
static void check_repeat(struct loader *l, yaml_node_t *node,
                         const struct clock_step *step, bool is_last)
{
    if (step->repeat_ms && !is_last)
        report_error(l, node_place(node), "the next step takes over from it",
                     "repeat the last step of the list",
                     "only the last step of a clock repeats");
    if (!step->repeat_ms != !step->until_ms)
        report_error(l, node_place(node), "a page that never ends is noise",
                     "repeat: 10min, until: 24h (since it began to count)",
                     "\"repeat\" and \"until\" go together");
    if (step->repeat_ms && step->until_ms && step->basis <= STEP_AFTER_OPEN &&
        step->after_ms + step->repeat_ms > step->until_ms)
        report_error(l, node_place(node),
                     "\"until\" counts from the same moment as \"after\"",
                     "until: after and one \"repeat\", or later",
                     "the step would never repeat");
}

/* The step that a share is of: the one named, else the next that is none. */
static void link_share(struct loader *l, yaml_node_t *node,
                       struct clock_step *steps, size_t count, size_t which)
{
    yaml_node_t *at = node_child(l->source, node, "at");
    struct text words = at ? node_text(at) : TEXT("");
    struct text name = {NULL, 0};

    for (uint32_t i = 0; i + 4 < words.size; i++)
        if (memcmp(words.data + i, " of ", 4) == 0)
            name = (struct text){words.data + i + 4, words.size - i - 4};
    for (size_t i = name.size ? 0 : which + 1; i < count; i++) {
        if (steps[i].basis > STEP_AFTER_OPEN ||
            (name.size && !text_equal(steps[i].id, name)))
            continue;
        steps[which].of = (uint8_t)i;
        return;
    }
    report_error(l, node_place(node), "a share is of a span",
                 "80% of RULE: of the step with that rule",
                 "there is no step of which this is a share");
}

static struct clock_steps read_step_list(struct loader *l, yaml_node_t *node,
                                         const struct clock_rule *clock)
{
    size_t count = node_count(node);
    struct clock_step *steps;

    if (!node_is_list(l, node, "a list of steps"))
        return (struct clock_steps){NULL, 0};
    if (count > CLOCK_STEPS_MAX) {
        report_error(l, node_place(node_item(l, node, CLOCK_STEPS_MAX)), UNSAID,
                     UNSAID, "more than %d steps", CLOCK_STEPS_MAX);
        count = CLOCK_STEPS_MAX;
    }
    steps = loader_array(l, count, sizeof *steps);
    if (!steps)
        return (struct clock_steps){NULL, 0};
    for (size_t i = 0; i < count; i++) {
        shape_read(l, node_item(l, node, i), &step_shape, &steps[i]);
        check_repeat(l, node_item(l, node, i), &steps[i], i + 1 == count);
        check_step(l, node_item(l, node, i), clock, &steps[i]);
    }
    for (size_t i = 0; i < count; i++)
        if (steps[i].basis == STEP_SHARE && !clock->due_field.size)
            link_share(l, node_item(l, node, i), steps, count, i);
    spans_check_order(l, node, clock, &(struct clock_steps){steps, count});
    return (struct clock_steps){steps, count};
}

/* "S3", "S3+S4", "all": a bit per severity; 0 with a finding. */
unsigned severities_of_key(struct loader *l, yaml_node_t *key)
{
    struct text word = node_text(key);
    unsigned mask = 0;

    if (text_equal(word, TEXT("all")))
        return (1u << SEVERITIES) - 1;
    for (uint32_t i = 0; i < word.size; i += 3) {
        uint8_t s = severity_of_text((struct text){
            word.data + i, word.size - i < 2 ? word.size - i : 2});

        if (!s || (i + 2 < word.size && word.data[i + 2] != '+') ||
            i + 3 == word.size) {
            report_error(l, node_place(key), UNSAID, "S1, S3+S4, or all",
                         "\"%.*s\" is no severity", TEXT_ARG(word));
            return 0;
        }
        mask |= 1u << (s - 1);
    }
    return mask;
}

bool clock_find(struct loader *l, yaml_node_t *node, uint16_t *index)
{
    const struct draft *d = l->draft;
    size_t count = d->policy->clock_count;

    if (!node_is_text(l, node, "the name of a clock"))
        return false;
    *index = (uint16_t)names_get(l, NAMES_OF("clock", d->clocks, count),
                                 node_text(node), node_place(node));
    return *index < count;
}

static void read_steps(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    struct clock_rule *clock = into;
    yaml_node_t *key, *value;
    unsigned seen = 0;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of severities"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        struct clock_steps steps;
        unsigned mask;

        if (!node_pair(l, node, i, &key, &value))
            continue;
        mask = severities_of_key(l, key);
        if (mask & seen)
            report_error(l, node_place(key), UNSAID, UNSAID,
                         "a severity of \"%.*s\" has steps already",
                         TEXT_ARG(node_text(key)));
        seen |= mask;
        steps = read_step_list(l, value, clock);
        for (unsigned s = 0; s < SEVERITIES; s++) {
            if (!(mask & 1u << s))
                continue;
            clock->by_severity[s] = steps;
            clock->group[s] = (uint8_t)(i + 1);
        }
    }
}

/* --- clocks * ------------------------------------------------------------- */

/* Clocks that come to their end later than this one, or never before it. */
static void read_before_clocks(struct loader *l, yaml_node_t *node, void *into,
                               const struct shape_row *row)
{
    struct clock_rule *clock = into;
    struct draft *d = l->draft;

    (void)row;
    for (size_t i = 0; i < node_count(node); i++) {
        uint16_t other;

        if (!clock_find(l, node_item(l, node, i), &other))
            continue;
        d->clock_before[clock - d->clocks] |= UINT64_C(1) << other;
    }
}

static const struct shape_row clock_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"key", read_text, INTO(struct clock_rule, key_field), MAY, 0, 0, 0},
    {"due", read_text, INTO(struct clock_rule, due_field), MAY, 0, 0, 0},
    {"customer", read_flag, INTO(struct clock_rule, customer), MAY, 0, 0, 0},
    {"pauses", read_flag, INTO(struct clock_rule, pauses), MAY, 0, 0, 0},
    {"arm_on_raise", read_severities, INTO(struct clock_rule, arm_on_raise),
     MAY, 0, 0, 0},
    {"armed_by", read_triggers, 0, 0, MAY, TRIGGER_ARM, 0, 0},
    {"armed_if_idle_by", read_triggers, 0, 0, MAY, TRIGGER_ARM_IDLE, 0, 0},
    {"restarted_by", read_triggers, 0, 0, MAY, TRIGGER_RESTART, 0, 0},
    {"satisfied_by", read_triggers, 0, 0, MAY, TRIGGER_SATISFY, 0, 0},
    {"fired_by", read_triggers, 0, 0, MAY, TRIGGER_FIRE, 0, 0},
    {"before", read_before_clocks, 0, sizeof(struct clock_rule), MAY, 0, 0, 0},
    {"steps", read_steps, 0, sizeof(struct clock_rule), MAY, 0, 0, 0},
};
static const struct shape clock_shape = SHAPE("a clock", clock_rows);

void declare_clocks(struct loader *l, yaml_node_t *node, void *into,
                    const struct shape_row *row)
{
    struct draft *d = l->draft;
    size_t *count = &d->policy->clock_count;

    (void)into;
    (void)row;
    *count = names_declare(l, node, d->clocks,
                           NAMES_OF("clocks", d->clocks, *count), CLOCKS_MAX);
    for (size_t i = 0; i < *count; i++) {
        yaml_node_t *key = NULL;

        if (node_find(l->source, node, d->clocks[i].name, &key))
            d->clock_places[i] = node_place(key);
    }
}

/* Severities without steps of their own share none with others. */
static void number_groups(struct clock_rule *clock)
{
    for (unsigned s = 0; s < SEVERITIES; s++)
        if (clock->group[s] == 0)
            clock->group[s] = (uint8_t)(SEVERITIES + 1 + s);
}

/* A case that is raised keeps what was pending and gets the steps of the new
 * severity too; each group can come in once. */
static size_t most_steps(const struct clock_rule *clock)
{
    size_t most = 0;

    for (unsigned s = 0; s < SEVERITIES; s++) {
        bool counted = false;

        for (unsigned before = 0; before < s; before++)
            counted |= clock->group[before] == clock->group[s];
        if (!counted)
            most += clock->by_severity[s].count;
    }
    return most;
}

void read_clocks(struct loader *l, yaml_node_t *node, void *into,
                 const struct shape_row *row)
{
    struct draft *d = l->draft;

    (void)into;
    (void)row;
    for (size_t i = 0; i < d->policy->clock_count; i++) {
        char name[NAME_BYTES_MAX + 1];
        yaml_node_t *value;

        snprintf(name, sizeof name, "%.*s", TEXT_ARG(d->clocks[i].name));
        value = node_child(l->source, node, name);
        if (value)
            shape_read(l, value, &clock_shape, &d->clocks[i]);
        if (value && i == d->policy->ack_clock &&
            (d->clocks[i].by_severity[0].count ||
             d->clocks[i].by_severity[1].count ||
             d->clocks[i].by_severity[2].count ||
             d->clocks[i].by_severity[3].count))
            report_error(l, node_place(value), "its steps are the ladder",
                         "write them under ladder",
                         "the clock ack has no steps of its own");
        if (value && d->clocks[i].pauses &&
            (d->clocks[i].customer || i == d->policy->ack_clock))
            report_error(l, node_place(value),
                         "it is what the customer was promised or waits for",
                         "leave out \"pauses\"",
                         "a clock of the customer never stands still");
        number_groups(&d->clocks[i]);
        if (value && most_steps(&d->clocks[i]) > CLOCK_STEPS_MAX)
            report_error(l, node_place(value),
                         "a case that is raised keeps the steps it had", UNSAID,
                         "more than %d steps in all severities together",
                         CLOCK_STEPS_MAX);
    }
}
