/* spans - lengths of time that contradict each other. Open time is never
 * shorter than time by the wall clock: that is all that is known of both. */
#include "base/i18n.h"
#include "policy/lint.h"

/* --- moments -------------------------------------------------------------- */

enum count_from { FROM_ARMING, TO_DUE, AT_SHARE, ON_DAY, FROM_NOWHERE };

/* When a step is due, as far as the pack alone tells. */
struct moment {
    enum count_from from;
    int64_t ms; /* TO_DUE: at most 0; AT_SHARE: percent */
    bool open;
};

static struct moment moment_of(const struct clock_rule *clock,
                               const struct clock_steps *in, size_t index)
{
    const struct clock_step *step = &in->steps[index];

    switch (step->basis) {
    case STEP_AFTER:
    case STEP_AFTER_OPEN:
        return (struct moment){FROM_ARMING, step->after_ms,
                               step->basis == STEP_AFTER_OPEN};
    case STEP_BEFORE_DUE:
        return (struct moment){TO_DUE, -step->after_ms, false};
    case STEP_AT_DUE:
        return (struct moment){TO_DUE, 0, false};
    case STEP_DAY_OPEN:
        return (struct moment){ON_DAY, 0, false};
    case STEP_SHARE:
        break;
    }
    if (clock->due_field.size)
        return (struct moment){AT_SHARE, step->percent, false};
    return (struct moment){FROM_ARMING,
                           in->steps[step->of].after_ms / 100 * step->percent,
                           in->steps[step->of].basis == STEP_AFTER_OPEN};
}

/* Is a later than b, whatever the hours? */
static bool surely_later(struct moment a, struct moment b)
{
    if (a.from == TO_DUE && a.ms == 0 &&
        (b.from == AT_SHARE || b.from == ON_DAY))
        return true;
    if (a.from != b.from || a.from == ON_DAY || a.from == FROM_NOWHERE)
        return false;
    return a.ms > b.ms && (a.open || !b.open);
}

/* --- within a clock ------------------------------------------------------- */

static unsigned highest_tier(const struct policy *p, targets t)
{
    unsigned highest = t & TARGET_OWNER ? 1 : 0;

    for (unsigned i = 1; i <= p->tier_count; i++)
        if (t & TARGET_ROLE(i))
            highest = i;
    return highest;
}

/* A step never fires before the step of the tier below it (18). */
void spans_check_order(struct loader *l, yaml_node_t *node,
                       const struct clock_rule *clock,
                       const struct clock_steps *s)
{
    const struct policy *p = l->draft->policy;

    for (size_t i = 1; i < s->count; i++) {
        const struct clock_step *a = &s->steps[i - 1], *b = &s->steps[i];
        struct place at = node_place(node_item(l, node, i));

        if (surely_later(moment_of(clock, s, i - 1), moment_of(clock, s, i)))
            report_error(l, at, "steps are taken in this order",
                         "put the earlier one first",
                         "this step is due before the one above it");
        else if (a->basis == b->basis && b->basis <= STEP_AFTER_OPEN &&
                 a->page && b->page &&
                 highest_tier(p, b->page) < highest_tier(p, a->page))
            report_error(l, at,
                         "a step never fires before the step of the tier "
                         "below it",
                         "page the lower tier first",
                         "steps out of the order of the tiers");
    }
}

/* The list of steps of a severity, as it is written. */
static yaml_node_t *steps_node(const struct loader *l,
                               const struct clock_rule *c, unsigned s)
{
    yaml_node_t *steps = lint_down(
        l, lint_down(l, lint_section(l, "clocks"), c->name), TEXT("steps"));
    size_t pair = c->group[s] - 1u;

    if (!steps || steps->type != YAML_MAPPING_NODE || pair >= node_count(steps))
        return NULL;
    return yaml_document_get_node(&l->source->document,
                                  steps->data.mapping.pairs.start[pair].value);
}

static struct place step_place(const struct loader *l,
                               const struct clock_rule *c, unsigned s,
                               size_t step)
{
    return lint_place(lint_item(l, steps_node(l, c, s), step),
                      l->draft->clock_places[c - l->draft->clocks]);
}

/* When a tier hears of it for the first time; tier 0: when anything happens. */
static size_t first_step(const struct policy *p, const struct clock_steps *in,
                         unsigned tier)
{
    size_t i = 0;

    while (i < in->count && tier && highest_tier(p, in->steps[i].page) < tier)
        i++;
    return i;
}

static void slower(struct loader *l, struct place at, struct text what,
                   struct text tier, unsigned severe, unsigned mild)
{
    report_warning(l, at, "what is more severe is told no later",
                   "give the more severe one the shorter time",
                   tier.size ? N_("%.*s is slower at S%u than at S%u (%.*s)")
                             : N_("%.*s is slower at S%u than at S%u"),
                   TEXT_ARG(what), severe + 1, mild + 1, TEXT_ARG(tier));
}

/* The same clock at two severities. */
static bool compare_severities(struct loader *l, const struct clock_rule *c,
                               unsigned severe, unsigned mild)
{
    const struct policy *p = l->draft->policy;
    const struct clock_steps *a = &c->by_severity[severe],
                             *b = &c->by_severity[mild];

    for (unsigned tier = 0; tier <= p->tier_count; tier++) {
        size_t i = first_step(p, a, tier), j = first_step(p, b, tier);

        if (i == a->count || j == b->count ||
            !surely_later(moment_of(c, a, i), moment_of(c, b, j)))
            continue;
        slower(l, step_place(l, c, severe, i), c->name,
               tier ? p->roles[tier].name : TEXT(""), severe, mild);
        return true;
    }
    return false;
}

/* A step that ends its own clock is the last. */
static void ended_by_itself(struct loader *l, const struct clock_rule *c,
                            unsigned s)
{
    const struct draft *d = l->draft;
    const struct clock_steps *in = &c->by_severity[s];

    for (size_t i = 0; i + 1 < in->count; i++)
        for (size_t t = 0; in->steps[i].emit && t < d->loose_count; t++) {
            const struct loose_trigger *x = &d->loose[t];

            if (x->kind != in->steps[i].emit->kind ||
                x->trigger.clock != c - d->clocks ||
                x->trigger.action != TRIGGER_SATISFY || x->trigger.when.count)
                continue;
            report_warning(l, step_place(l, c, s, i + 1),
                           "the clock has ended before it",
                           "put it above, or let the event not end the "
                           "clock",
                           "this step never runs: the one above emits %.*s, "
                           "which ends the clock",
                           TEXT_ARG(d->kinds[x->kind].name));
            return;
        }
}

static bool is_new_group(const struct clock_rule *c, unsigned s)
{
    for (unsigned before = 0; before < s; before++)
        if (c->group[before] == c->group[s])
            return false;
    return c->by_severity[s].count > 0;
}

static void raised_to_nothing(struct loader *l, const struct clock_rule *c)
{
    yaml_node_t *node =
        lint_down(l, lint_down(l, lint_section(l, "clocks"), c->name),
                  TEXT("arm_on_raise"));

    for (unsigned s = 0; node && s < SEVERITIES; s++)
        if (c->arm_on_raise & 1u << s && !c->by_severity[s].count)
            report_warning(l, node_place(node),
                           "it would start and do "
                           "nothing",
                           "write its steps, or leave the severity out",
                           "a raise to S%u starts %.*s, which has no steps "
                           "there",
                           s + 1, TEXT_ARG(c->name));
}

/* --- between clocks ------------------------------------------------------- */

/* The step that says that the time is over: the first that is no warning. */
static size_t deadline(const struct clock_steps *in)
{
    size_t i = 0;

    while (i < in->count && in->steps[i].basis > STEP_AFTER_OPEN)
        i++;
    return i;
}

static void compare_clocks(struct loader *l, const struct clock_rule *first,
                           const struct clock_rule *then)
{
    for (unsigned s = 0; s < SEVERITIES; s++) {
        const struct clock_steps *a = &first->by_severity[s],
                                 *b = &then->by_severity[s];
        size_t i = deadline(a), j = deadline(b);

        if (i == a->count || j == b->count ||
            !surely_later(moment_of(first, a, i), moment_of(then, b, j)))
            continue;
        report_warning(l, step_place(l, first, s, i),
                       "when it is told, the other has been told already",
                       "shorten it, or lengthen the other",
                       "%.*s comes before %.*s, and is longer at S%u",
                       TEXT_ARG(first->name), TEXT_ARG(then->name), s + 1);
        return;
    }
}

/* --- the ladder, lists, defaults ------------------------------------------ */

static struct moment rung_moment(const struct ladder *ladder, unsigned tier)
{
    if (ladder->every_tier)
        return (struct moment){FROM_ARMING, ladder->every_ms, false};
    for (size_t i = 0; i < ladder->count; i++)
        if (ladder->rungs[i].tier >= tier)
            return (struct moment){FROM_ARMING, ladder->rungs[i].after_ms,
                                   ladder->rungs[i].open_time};
    return (struct moment){.from = FROM_NOWHERE};
}

static struct place ladder_place(const struct loader *l, unsigned severity)
{
    yaml_node_t *node = lint_section(l, "ladder");

    for (size_t i = 0; node && i < node_count(node); i++) {
        yaml_node_t *key = yaml_document_get_node(
            &l->source->document, node->data.mapping.pairs.start[i].key);
        struct text word = node_text(key);

        for (uint32_t j = 0; j + 1 < word.size; j += 3)
            if (text_equal(word, TEXT("all")) ||
                word.data[j + 1] == (char)('1' + severity))
                return node_place(key);
    }
    return lint_place(node, AT_TOP);
}

static void ladders(struct loader *l)
{
    const struct policy *p = l->draft->policy;

    for (unsigned s = 0; s + 1 < SEVERITIES; s++) {
        const struct ladder *a = &p->ladders[s], *b = &p->ladders[s + 1];
        bool found = a->repeat == REPEAT_EVERY && b->repeat == REPEAT_EVERY &&
                     a->every_ms > b->every_ms;
        struct text tier = TEXT("");

        for (unsigned t = 2; t <= p->tier_count && !found; t++) {
            found = surely_later(rung_moment(a, t), rung_moment(b, t));
            tier = found ? p->roles[t].name : tier;
        }
        if (found)
            slower(l, ladder_place(l, s), TEXT("ladder"), tier, s, s + 1);
    }
}

static int64_t item_wait(const struct item_due *due)
{
    return due->basis == ITEM_DUE_AFTER ? due->wait_ms : 0;
}

/* A reminder so long before the due that the item is not there yet. */
static void list_reminders(struct loader *l, const struct list_rule *list)
{
    const struct clock_rule *c = &l->draft->clocks[list->clock];
    int64_t longest = item_wait(&list->due);

    if (list->due_field.size)
        return;
    for (size_t i = 0; i < list->item_count; i++)
        if (item_wait(&list->items[i].due) > longest)
            longest = item_wait(&list->items[i].due);
    for (unsigned s = 0; longest && s < SEVERITIES; s++)
        for (size_t i = 0; is_new_group(c, s) && i < c->by_severity[s].count;
             i++) {
            const struct clock_step *step = &c->by_severity[s].steps[i];

            if (step->basis == STEP_BEFORE_DUE && step->after_ms >= longest)
                report_warning(l, step_place(l, c, s, i),
                               "at that moment there is no item yet",
                               "a shorter before_due, or a longer due_in",
                               "this step never runs: the items of %.*s are "
                               "due sooner",
                               TEXT_ARG(list->name));
        }
}

static int64_t shortest_wait(const struct policy *p)
{
    int64_t shortest = INT64_MAX;

    for (size_t i = 0; i < p->clock_count; i++)
        for (unsigned s = 0; s < SEVERITIES; s++)
            for (size_t j = 0; j < p->clocks[i].by_severity[s].count; j++) {
                const struct clock_step *step =
                    &p->clocks[i].by_severity[s].steps[j];

                if (step->basis <= STEP_AFTER_OPEN && step->after_ms > 0 &&
                    step->after_ms < shortest)
                    shortest = step->after_ms;
            }
    return shortest;
}

static void grace(struct loader *l)
{
    const struct policy *p = l->draft->policy;
    yaml_node_t *node =
        lint_down(l, lint_section(l, "defaults"), TEXT("late_grace"));

    if (node && p->late_grace_ms >= shortest_wait(p))
        report_warning(l, node_place(node),
                       "a step as late as that would not be called late",
                       "a few seconds",
                       "late_grace is as long as the shortest step");
}

/* --- all of it ------------------------------------------------------------ */

static void clock_alone(struct loader *l, const struct clock_rule *c)
{
    for (unsigned s = 0; s < SEVERITIES; s++) {
        if (!is_new_group(c, s))
            continue;
        ended_by_itself(l, c, s);
        for (unsigned mild = s + 1; mild < SEVERITIES; mild++)
            if (is_new_group(c, mild) && compare_severities(l, c, s, mild))
                break;
    }
    raised_to_nothing(l, c);
}

void spans_lint(struct loader *l)
{
    const struct draft *d = l->draft;
    const struct policy *p = d->policy;

    l->topic = "spans";
    for (size_t i = 0; i < p->clock_count; i++) {
        clock_alone(l, &d->clocks[i]);
        for (size_t j = 0; j < p->clock_count; j++)
            if (d->clock_before[i] & UINT64_C(1) << j)
                compare_clocks(l, &d->clocks[i], &d->clocks[j]);
    }
    ladders(l);
    for (size_t i = 0; i < p->list_count; i++)
        if (p->lists[i].clock != LIST_NONE)
            list_reminders(l, &p->lists[i]);
    grace(l);
    l->topic = NULL;
}
