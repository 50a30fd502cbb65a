/* rules_lint - what compiles and still cannot be meant. */
#include "policy/rules_file.h"

#include "base/i18n.h"
#include "policy/lint.h"

static bool clock_has_steps(const struct clock_rule *c)
{
    for (unsigned s = 0; s < SEVERITIES; s++)
        if (c->by_severity[s].count)
            return true;
    return false;
}

static bool is_start(const struct trigger *t)
{
    return t->action == TRIGGER_ARM || t->action == TRIGGER_ARM_IDLE;
}

/* By a trigger whose condition can hold. */
static bool triggered(const struct draft *d, struct holds *h, uint16_t clock,
                      bool starts)
{
    for (size_t i = 0; i < d->loose_count; i++) {
        const struct trigger *t = &d->loose[i].trigger;

        if (t->clock == clock &&
            (starts ? is_start(t) : t->action == TRIGGER_SATISFY) &&
            !holds_never(h, &t->when, true))
            return true;
    }
    return false;
}

/* Whenever a kind starts the clock, it has just ended it. */
static void lint_circle(struct loader *l, struct holds *h, uint16_t clock)
{
    const struct draft *d = l->draft;

    for (size_t i = 0; i < d->loose_count; i++)
        for (size_t j = 0; j < d->loose_count; j++) {
            const struct loose_trigger *a = &d->loose[i], *b = &d->loose[j];

            if (a->trigger.clock != clock || b->trigger.clock != clock ||
                a->kind != b->kind || !is_start(&a->trigger) ||
                b->trigger.action != TRIGGER_SATISFY)
                continue;
            holds_begin(h, true);
            holds_want(h, &a->trigger.when, true);
            holds_want(h, &b->trigger.when, false);
            if (holds_possible(h))
                continue;
            report_warning(
                l, b->at, "each such event ends it and starts it anew",
                "restarted_by, or a condition",
                "%.*s starts the clock %.*s, and ends it",
                TEXT_ARG(a->kind == KIND_ANY ? TEXT("any")
                                             : d->kinds[a->kind].name),
                TEXT_ARG(d->clocks[clock].name));
        }
}

/* Triggers whose condition is never so. */
static void lint_triggers(struct loader *l, struct holds *h)
{
    const struct draft *d = l->draft;

    for (size_t i = 0; i < d->loose_count; i++)
        if (holds_never(h, &d->loose[i].trigger.when, true))
            report_warning(
                l, d->loose[i].at, "no event can make its condition true",
                "look at its comparisons, one by one",
                "this trigger of the clock %.*s never acts: %.*s",
                TEXT_ARG(d->clocks[d->loose[i].trigger.clock].name),
                TEXT_ARG(lint_words(d->loose[i].trigger.when.source)));
}

static void lint_pauses(struct loader *l, const struct facts *f, uint16_t index)
{
    const struct clock_rule *c = &l->draft->clocks[index];
    struct place at = l->draft->clock_places[index];

    if (c->pauses && !f->done[EFFECT_WAIT])
        report_warning(l, at, "no kind of event has the effect \"wait\"",
                       "do: [wait] at a kind of event, or leave out "
                       "\"pauses\"",
                       "the clock %.*s never pauses", TEXT_ARG(c->name));
    else if (c->pauses && !f->done[EFFECT_RESUME])
        report_warning(l, at, "no kind of event has the effect \"resume\"",
                       "do: [resume] at a kind of event",
                       "the clock %.*s pauses, and never goes on",
                       TEXT_ARG(c->name));
}

static void lint_clock(struct loader *l, struct holds *h, uint16_t index)
{
    const struct draft *d = l->draft;
    const struct clock_rule *c = &d->clocks[index];
    struct place at = d->clock_places[index];
    bool starts = triggered(d, h, index, true);

    if (index == d->policy->ack_clock)
        return;
    lint_pauses(l, holds_facts(h), index);
    lint_circle(l, h, index);
    if (!clock_has_steps(c))
        report_warning(l, at, "it would run and never do anything",
                       "steps: {all: [{after: 1h, page: [owner]}]}",
                       "the clock %.*s has no steps", TEXT_ARG(c->name));
    if (c->of_items) {
        if (starts)
            report_warning(l, at, "it follows the items",
                           "a clock of its own for the triggers",
                           "the clock %.*s of a list has triggers, too",
                           TEXT_ARG(c->name));
        return;
    }
    if (!c->arm_on_raise && !starts)
        report_warning(l, at, "its steps can never fire",
                       "armed_by, armed_if_idle_by or arm_on_raise",
                       "nothing arms the clock %.*s", TEXT_ARG(c->name));
    if (!triggered(d, h, index, false))
        report_warning(l, at, "once armed it runs to its last step",
                       "satisfied_by", "nothing ends the clock %.*s",
                       TEXT_ARG(c->name));
}

static bool kind_opens(const struct kind_rule *k)
{
    for (size_t i = 0; i < k->effect_count; i++)
        if (k->effects[i].effect == EFFECT_OPEN)
            return true;
    return false;
}

static void lint_kind(struct loader *l, uint16_t index)
{
    const struct kind_rule *k = &l->draft->kinds[index];
    struct place at = l->draft->kind_places[index];

    if (kind_opens(k) && !k->opens_case)
        report_warning(l, at, "without a case it would be refused",
                       "case: opens", "%.*s does open, but needs a case",
                       TEXT_ARG(k->name));
    for (size_t i = 0; i < k->spread_count; i++)
        if (k->spreads[i].query == QUERY_NEW &&
            !l->draft->kinds[k->spreads[i].kind].opens_case)
            report_error(
                l, at, "nothing would come of it", "case: opens",
                "%.*s wants a case of its own of %.*s, which opens none",
                TEXT_ARG(k->name),
                TEXT_ARG(l->draft->kinds[k->spreads[i].kind].name));
}

static void lint_deep(struct loader *l)
{
    struct holds *h = holds_new(l->draft);

    if (!h) {
        report_error(l, OF_FILE, UNSAID, UNSAID, "out of memory");
        return;
    }
    for (size_t i = 0; i < l->draft->policy->clock_count; i++)
        lint_clock(l, h, (uint16_t)i);
    lint_triggers(l, h);
    never_lint(l, h);
    spans_lint(l);
    holds_free(h);
}

void rules_lint(struct loader *l)
{
    const struct policy *p = l->draft->policy;
    bool opens = false;

    l->source = &l->draft->rules;
    if (l->findings->errors == 0)
        lint_deep(l);
    for (size_t i = 0; i < p->kind_count; i++) {
        lint_kind(l, (uint16_t)i);
        opens = opens || p->kinds[i].opens_case;
    }
    if (!opens)
        report_warning(l, AT_TOP, "no case could ever begin", "case: opens",
                       "no kind of event opens a case");
}
