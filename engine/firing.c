/* firing - steps that are due: carried out in the order of their dues, each as
 * of its own instant, whether the timer came on time or after an outage. What
 * a step raises or derives may arm steps that are over too; they follow in the
 * same record, until none is left. */
#include "engine/run.h"

/* A record stops firing while there is room for one more of any size; what is
 * still due then has a firing of its own. */
static bool is_nearly_full(const struct run *r)
{
    const struct decisions *d = &r->out->decisions;

    return d->count > DECISIONS_MAX / 2 ||
           d->words_used > DECISION_WORDS_MAX / 2 ||
           d->instance_count > DECISION_INSTANCES_MAX / 2 ||
           d->promise_count > CASE_PROMISES_MAX * 2 ||
           d->item_count > CASE_ITEMS_MAX;
}

static bool is_before(const struct run *r, const struct clock_instance *a,
                      const struct clock_instance *b)
{
    const struct pending_step *x = &a->steps[0], *y = &b->steps[0];

    if (x->due_ms != y->due_ms)
        return x->due_ms < y->due_ms;
    if (x->severity != y->severity)
        return x->severity < y->severity;
    if (is_ladder(r, a) != is_ladder(r, b))
        return is_ladder(r, b);
    return a->clock < b->clock; /* the pack's order, which people can read */
}

/* fresh: only what this record itself has armed, and only what is over; what
 * is due this very moment has a firing of its own (9: events go first). */
static const struct clock_instance *earliest(const struct run *r,
                                             int64_t until_ms, bool fresh_only)
{
    const struct clock_instance *first = NULL;

    for (uint8_t i = 0; i < r->c->clock_count; i++) {
        const struct clock_instance *k = &r->c->clocks[i];
        if (!k->step_count || k->paused_at_ms || k->steps[0].due_ms > until_ms)
            continue;
        if (fresh_only && (k->generation <= r->first_generation ||
                           k->steps[0].due_ms == until_ms))
            continue;
        if (!first || is_before(r, k, first))
            first = k;
    }
    return first;
}

static void derive(struct run *r, const struct emission *emission,
                   const struct clock_instance *of, int64_t at_ms)
{
    const struct clock_rule *clock = &r->policy->clocks[of->clock];
    const struct field own[2] = {
        {clock->key_field, {.kind = VALUE_TEXT, .text = name_text(&of->key)}},
        {clock->due_field, {.kind = VALUE_TIME, .time_ms = of->due_ms}},
    };

    event_derive(r, emission, NULL, own,
                 clock->due_field.size   ? 2
                 : clock->key_field.size ? 1
                                         : 0,
                 at_ms);
}

/* A step that repeats comes back at its next moment, until its time is over;
 * what an outage has passed over is one repetition. */
static void again(const struct run *r, const struct clock_step *step,
                  const struct pending_step *p, struct clock_instance *next)
{
    struct pending_step more = *p;

    if (!step->repeat_ms || next->step_count == CLOCK_STEPS_MAX)
        return;
    more.due_ms += step->repeat_ms;
    if (more.due_ms <= r->in->now_ms)
        more.due_ms +=
            (r->in->now_ms - more.due_ms) / step->repeat_ms * step->repeat_ms;
    if (more.due_ms - p->from_ms > step->until_ms)
        return;
    next->steps[next->step_count++] = more;
    steps_sort(next->steps, next->step_count);
}

/* Its audience may ask for the key and the due of the instance. */
static void want_of_step(struct run *r, const struct clock_instance *of,
                         const struct pending_step *p,
                         const struct clock_step *step, const struct why *why)
{
    const struct clock_rule *clock = &r->policy->clocks[of->clock];
    const struct field own[2] = {
        {clock->key_field, {.kind = VALUE_TEXT, .text = name_text(&of->key)}},
        {clock->due_field, {.kind = VALUE_TIME, .time_ms = of->due_ms}},
    };
    const struct event ev = {.kind = KIND_NONE,
                             .source = SOURCE_SYSTEM,
                             .at_ms = p->due_ms,
                             .item =
                                 clock->of_items ? item_of_clock(r, of) : NULL,
                             .fields = own,
                             .field_count = 2};
    const struct event *outer = r->event;

    r->event = &ev;
    want_audience(r, p->page, step->inform, step->except, true,
                  why->late_by_ms > 0, why);
    r->event = outer;
}

/* Carries out one step of an instance; it leaves the list. */
void fire_step(struct run *r, const struct clock_instance *i, uint8_t which)
{
    const struct pending_step p = i->steps[which];
    const struct clock_rule *clock = &r->policy->clocks[i->clock];
    const struct clock_step *step =
        &clock->by_severity[p.severity - 1].steps[p.step];
    const bool whole = clock->of_items && step->basis == STEP_AT_DUE;
    const struct why why = {
        .rule =
            step->id.size || !clock->of_items ? step->id : item_rule_of(r, i),
        .at_ms = p.due_ms,
        .from_ms = whole ? i->armed_at_ms : p.from_ms,
        .span_ms = whole ? p.due_ms - i->armed_at_ms : step_span_ms(clock, &p),
        .open_time =
            step_is_open(clock, &clock->by_severity[p.severity - 1], step),
        .late_by_ms = late_by(r, p.due_ms),
        .key = clock->of_items ? i->key : (struct name){0},
        .clock = (uint16_t)(i->clock + 1),
    };
    uint8_t before = (uint8_t)r->c->severity;
    struct clock_instance next;

    instance_copy(&next, i);
    memmove(&next.steps[which], &next.steps[which + 1],
            (size_t)(next.step_count - which - 1) * sizeof next.steps[0]);
    next.step_count--;
    again(r, step, &p, &next);
    emit(r, &(struct decision){.kind = DECISION_FIRE,
                               .at_ms = p.due_ms,
                               .index = next.clock,
                               .clock = clock->name,
                               .key = name_text(&next.key),
                               .rule = why.rule,
                               .generation = next.generation,
                               .due_ms = p.due_ms,
                               .late_by_ms = why.late_by_ms,
                               .previous = next.paused_ms,
                               .from_ms = why.from_ms,
                               .span_ms = why.span_ms,
                               .open_time = why.open_time});
    /* A step behind the next one has fired under the timer's generation; the
     * timer that stays is another one. */
    if (which)
        instance_renew(r, &next, p.due_ms);
    else
        instance_put(r, &next, p.due_ms);
    severity_raise(r, step->raise_to, p.due_ms, step->id);
    if (r->c->severity < before)
        clocks_raised(r, before, p.due_ms);
    want_of_step(r, &next, &p, step, &why);
    if (clock->of_items && step->basis == STEP_AT_DUE)
        item_overdue(r, &next, &why);
    if (step->emit)
        derive(r, step->emit, &next, p.due_ms);
}

void fire_due(struct run *r, int64_t until_ms, bool fresh_only)
{
    const struct clock_instance *i;

    while (!r->limit && !is_nearly_full(r) &&
           (i = earliest(r, until_ms, fresh_only)) != NULL) {
        if (is_ladder(r, i))
            ladder_fire(r, i, until_ms);
        else
            fire_step(r, i, 0);
    }
}

/* A promise whose due is over although its timer has not come yet: what the
 * timer would have derived is derived now. */
void fire_miss(struct run *r, struct text promise_id)
{
    for (uint8_t i = 0; i < r->c->clock_count; i++) {
        const struct clock_instance *k = &r->c->clocks[i];
        const struct clock_rule *clock = &r->policy->clocks[k->clock];

        if (!clock->due_field.size || clock->of_items ||
            !name_is(&k->key, promise_id))
            continue;
        for (uint8_t s = 0; s < k->step_count; s++) {
            const struct pending_step *p = &k->steps[s];
            if (!clock->by_severity[p->severity - 1].steps[p->step].emit)
                continue;
            fire_step(r, k, s);
            return;
        }
    }
}

void clocks_pause(struct run *r, int64_t at_ms)
{
    for (uint8_t i = 0; i < r->c->clock_count && !r->limit; i++) {
        const struct clock_instance *k = &r->c->clocks[i];
        struct clock_instance next;

        if (!r->policy->clocks[k->clock].pauses || k->paused_at_ms)
            continue;
        instance_copy(&next, k);
        next.paused_at_ms = at_ms;
        instance_put(r, &next, at_ms);
    }
}

/* What was left of a wait when it paused is left of it now. */
void step_pause(const struct run *r, const struct clock_rule *clock,
                struct pending_step *p, int64_t paused_ms, int64_t at_ms)
{
    const struct clock_steps *table = &clock->by_severity[p->severity - 1];

    if (p->due_ms <= paused_ms || at_ms <= paused_ms)
        return;
    if (step_is_open(clock, table, &table->steps[p->step]))
        p->due_ms =
            calendar_add(r->calendar, at_ms,
                         calendar_between(r->calendar, paused_ms, p->due_ms));
    else
        p->due_ms += at_ms - paused_ms;
}

/* The stretch that did not count is kept for whoever asks; the oldest goes
 * first, its length stays in the sum. */
void instance_note_pause(struct clock_instance *i, int64_t at_ms)
{
    if (at_ms <= i->paused_at_ms)
        return;
    if (i->pause_count == CLOCK_PAUSES_MAX)
        memmove(&i->pauses[0], &i->pauses[1],
                --i->pause_count * sizeof i->pauses[0]);
    i->pauses[i->pause_count++] = (struct stretch){i->paused_at_ms, at_ms};
    i->paused_ms += at_ms - i->paused_at_ms;
}

void clocks_resume(struct run *r, int64_t at_ms)
{
    for (uint8_t i = 0; i < r->c->clock_count && !r->limit; i++) {
        const struct clock_instance *k = &r->c->clocks[i];
        struct clock_instance next;

        if (!k->paused_at_ms)
            continue;
        instance_copy(&next, k);
        for (uint8_t s = 0; s < next.step_count; s++)
            step_pause(r, &r->policy->clocks[k->clock], &next.steps[s],
                       k->paused_at_ms, at_ms);
        steps_sort(next.steps, next.step_count);
        instance_note_pause(&next, at_ms);
        next.paused_at_ms = 0;
        instance_put(r, &next, at_ms);
    }
}
