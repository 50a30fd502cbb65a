/* rules_lint - what compiles and still cannot be meant. */
#include "policy/rules_file.h"

#include "policy/document.h"

static bool clock_has_steps(const struct clock_rule *c)
{
    for (unsigned s = 0; s < SEVERITIES; s++)
        if (c->by_severity[s].count)
            return true;
    return false;
}

static bool triggered(const struct draft *d, uint16_t clock, bool starts)
{
    for (size_t i = 0; i < d->loose_count; i++) {
        const struct trigger *t = &d->loose[i].trigger;
        bool is_start =
            t->action == TRIGGER_ARM || t->action == TRIGGER_ARM_IDLE;
        bool is_end = t->action == TRIGGER_SATISFY;

        if (t->clock == clock && (starts ? is_start : is_end))
            return true;
    }
    return false;
}

static void lint_clock(struct loader *l, uint16_t index)
{
    const struct draft *d = l->draft;
    const struct clock_rule *c = &d->clocks[index];
    struct place at = d->clock_places[index];

    if (index == d->policy->ack_clock)
        return;
    if (!clock_has_steps(c))
        report_warning(l, at, "it would run and never do anything", "",
                       "the clock %.*s has no steps", TEXT_ARG(c->name));
    if (c->of_items)
        return; /* it follows the items */
    if (!c->arm_on_raise && !triggered(d, index, true))
        report_warning(l, at, "its steps can never fire",
                       "armed_by, armed_if_idle_by or arm_on_raise",
                       "nothing arms the clock %.*s", TEXT_ARG(c->name));
    if (!triggered(d, index, false))
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

void rules_lint(struct loader *l)
{
    const struct policy *p = l->draft->policy;
    bool opens = false;

    l->source = &l->draft->rules;
    for (size_t i = 0; i < p->clock_count; i++)
        lint_clock(l, (uint16_t)i);
    for (size_t i = 0; i < p->kind_count; i++) {
        lint_kind(l, (uint16_t)i);
        opens = opens || p->kinds[i].opens_case;
    }
    if (!opens)
        report_warning(l, (struct place){1, 1}, "no case could ever begin",
                       "case: opens", "no kind of event opens a case");
}
