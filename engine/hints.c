/* hints - what the author of an event is told: it refuses nothing and pages
 * nobody. Facts of other systems have nobody who could heed it. */
#include "engine/run.h"

static void tell(struct run *r, const struct event *ev, const struct hint *hint,
                 const struct scope *s)
{
    struct value due = {.kind = VALUE_NONE}, number = due;
    struct text word;

    r->trace->matched = (struct text){NULL, 0};
    if (!expr_true(&hint->when, s))
        return;
    word = r->trace->matched;
    if (hint->due.count)
        due = expr_value(&hint->due, s);
    if (hint->number.count)
        number = expr_value(&hint->number, s);
    emit(r, &(struct decision){
                .kind = DECISION_HINT,
                .at_ms = ev->at_ms,
                .rule = hint->id,
                .value = hint->say,
                .key = word,
                .person = ev->reporter,
                .due_ms = due.kind == VALUE_TIME ? due.time_ms : 0,
                .number = number.kind == VALUE_NUMBER ? number.thousandths : 0,
            });
}

void hints_run(struct run *r, const struct event *ev)
{
    const struct policy *p = r->policy;
    const struct kind_rule *kind = &p->kinds[ev->kind];
    const struct scope s = {r, ev};

    if (!(kind->hint_count + p->any_hint_count) || event_is_fact(ev))
        return;
    for (size_t i = 0; i < kind->hint_count; i++)
        tell(r, ev, &kind->hints[i], &s);
    for (size_t i = 0; i < p->any_hint_count; i++)
        tell(r, ev, &p->any_hints[i], &s);
}
