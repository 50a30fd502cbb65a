/* counters - what has happened how often, and what that is reason for. */
#include "engine/run.h"

static void reach(struct run *r, struct event *ev,
                  const struct counter_level *level)
{
    const struct why why = {.rule = level->id,
                            .at_ms = ev->at_ms,
                            .late_by_ms = late_by(r, ev->at_ms)};

    severity_raise(r, level->raise_to, ev->at_ms, level->id);
    if (level->freeze_owner && !r->c->owner_frozen)
        emit(r, &(struct decision){.kind = DECISION_SET,
                                   .at_ms = ev->at_ms,
                                   .rule = level->id,
                                   .index = CASE_FIELD_OWNER_FROZEN,
                                   .number = 1});
    want_targets(r, level->page, level->inform, false, ev->late, &why);
    event_emits(ev, level->emit);
}

/* In a subject beside the case; without a case there is nobody to page. */
static void count_beside(struct run *r, struct event *ev, uint16_t index,
                         int64_t by)
{
    const struct counter *counter = &r->policy->counters[index];
    uint32_t begun, levels = count_in_subject(r, ev, index, by, &begun);

    for (size_t i = 0; i < counter->level_count; i++) {
        if ((levels & (1u << i)) && r->c->status != CASE_NONE)
            reach(r, ev, &counter->levels[i]);
        if (begun & (1u << i))
            own_case_wanted(r, ev, counter, counter->levels[i].open);
    }
}

static void count(struct run *r, struct event *ev, uint16_t index, int64_t by)
{
    const struct counter *counter = &r->policy->counters[index];
    int32_t before = r->c->counters[index];
    int64_t now = before + by;

    if (now > INT32_MAX)
        now = INT32_MAX;
    if (now < INT32_MIN)
        now = INT32_MIN;
    emit(r, &(struct decision){.kind = DECISION_COUNT,
                               .at_ms = ev->at_ms,
                               .index = index,
                               .value = counter->name,
                               .number = now,
                               .previous = before});
    for (size_t i = 0; i < counter->level_count; i++) {
        const struct counter_level *level = &counter->levels[i];
        if (now >= level->at && (before < level->at || level->and_above))
            reach(r, ev, level);
    }
}

/* What is to be added for the counter to become the value. */
static int64_t up_to(const struct run *r, const struct count_row *row,
                     const struct scope *s)
{
    struct value v = expr_value(&row->to, s);

    if (v.kind != VALUE_NUMBER)
        return 0;
    return v.thousandths / 1000 - r->c->counters[row->counter];
}

void counters_run(struct run *r, struct event *ev)
{
    const struct kind_rule *kind = &r->policy->kinds[ev->kind];
    const struct scope s = {r, ev};

    if (ev->recount)
        return;
    for (size_t i = 0; i < kind->count_count; i++) {
        const struct count_row *row = &kind->counts[i];
        int64_t by = 1;

        if (!expr_true(&row->when, &s))
            continue;
        if (row->to.count) {
            by = up_to(r, row, &s);
        } else if (row->by_field.size) {
            struct value v = scope_field(&s, row->by_field);
            by = v.kind == VALUE_NUMBER ? v.thousandths / 1000 : 0;
        } else if (ev->change && ev->change->count > 0) {
            by = ev->change->count;
        }
        if (r->policy->counters[row->counter].per.count)
            count_beside(r, ev, row->counter, by);
        else if (by > 0 || (by && row->to.count))
            count(r, ev, row->counter, by);
    }
}
