/* clocks - instances: armed, merged, restarted, ended, by the pack's triggers
 * and by raises. The engine knows no clock by name. */
#include "engine/run.h"

static int64_t timer_of(const struct clock_instance *i)
{
    return i->step_count && !i->paused_at_ms ? i->steps[0].due_ms : 0;
}

/* What the next step is for, and how its moment was found. */
static void explain(const struct run *r, const struct clock_instance *i,
                    struct decision *d)
{
    const struct clock_rule *clock = &r->policy->clocks[i->clock];
    const struct pending_step *p = &i->steps[0];
    const struct clock_step *step;

    d->rule = clock->name;
    if (!i->step_count)
        return;
    d->from_ms = p->from_ms;
    if (is_ladder(r, i)) {
        if (r->policy->ladders[p->severity - 1].id.size)
            d->rule = r->policy->ladders[p->severity - 1].id;
        d->span_ms = p->due_ms - p->from_ms;
        d->tier = p->tier;
        return;
    }
    step = &clock->by_severity[p->severity - 1].steps[p->step];
    if (step->id.size || !clock->of_items)
        d->rule = step->id;
    d->span_ms = step_span_ms(clock, p);
    d->open_time =
        step_is_open(clock, &clock->by_severity[p->severity - 1], step);
}

/* Makes next the instance of its clock and key. A new generation is a new
 * timer: only where the next due changes. */
static void put(struct run *r, struct clock_instance *next,
                const struct clock_instance *old, int64_t at_ms)
{
    struct decision d = {
        .kind = DECISION_ARM,
        .at_ms = at_ms,
        .index = next->clock,
        .clock = r->policy->clocks[next->clock].name,
        .key = name_text(&next->key),
        .due_ms = timer_of(next),
        .instance = next,
    };

    next->generation = old && timer_of(old) == timer_of(next)
                           ? old->generation
                           : r->c->next_generation + 1;
    d.generation = next->generation;
    explain(r, next, &d);
    emit(r, &d);
}

void instance_put(struct run *r, struct clock_instance *next, int64_t at_ms)
{
    put(r, next, case_clock(r->c, next->clock, name_text(&next->key)), at_ms);
}

void instance_renew(struct run *r, struct clock_instance *next, int64_t at_ms)
{
    put(r, next, NULL, at_ms);
}

void instance_end(struct run *r, const struct clock_instance *i, int64_t at_ms)
{
    emit(r, &(struct decision){.kind = DECISION_CANCEL,
                               .at_ms = at_ms,
                               .index = i->clock,
                               .clock = r->policy->clocks[i->clock].name,
                               .key = name_text(&i->key),
                               .generation = i->generation});
}

/* Into next->steps; a list longer than the instance holds is a limit. */
void instance_set_steps(struct run *r, struct clock_instance *next,
                        const struct pending_step *steps, size_t count)
{
    if (count > CLOCK_STEPS_MAX) {
        r->limit = true;
        count = CLOCK_STEPS_MAX;
    }
    memcpy(next->steps, steps, count * sizeof *steps);
    next->step_count = (uint8_t)count;
}

/* The steps of a severity, counted from a moment, join those that run. */
void instance_join(struct run *r, struct clock_instance *next, uint8_t severity,
                   int64_t from_ms, int64_t not_before_ms)
{
    const struct clock_rule *clock = &r->policy->clocks[next->clock];
    struct pending_step steps[2 * CLOCK_STEPS_MAX], more[CLOCK_STEPS_MAX];
    size_t count = next->step_count, built, kept = 0;

    memcpy(steps, next->steps, count * sizeof steps[0]);
    built = steps_build(r, clock, severity, from_ms, next->due_ms, more);
    for (size_t i = 0; i < built; i++)
        if (more[i].due_ms > not_before_ms)
            more[kept++] = more[i];
    instance_set_steps(r, next, steps,
                       steps_merge(steps, count, more, kept, clock));
}

bool instance_same_steps(const struct clock_instance *a,
                         const struct clock_instance *b)
{
    if (a->step_count != b->step_count)
        return false;
    for (uint8_t i = 0; i < a->step_count; i++)
        if (a->steps[i].due_ms != b->steps[i].due_ms ||
            a->steps[i].page != b->steps[i].page ||
            a->steps[i].tier != b->steps[i].tier ||
            a->steps[i].step != b->steps[i].step ||
            a->steps[i].severity != b->steps[i].severity)
            return false;
    return true;
}

struct clock_instance instance_fresh(const struct run *r, uint16_t clock,
                                     struct text key, int64_t at_ms)
{
    struct clock_instance i = {.clock = clock,
                               .armed_at_ms = at_ms,
                               .severity = (uint8_t)r->c->severity};

    name_set(&i.key, key);
    if (r->policy->clocks[clock].pauses && r->c->status == CASE_WAITING)
        i.paused_at_ms = at_ms;
    return i;
}

/* The moment a clock with a due_field is about: its promise's, or a field. */
static bool find_due(const struct run *r, const struct event *ev,
                     const struct clock_rule *clock, struct text key,
                     int64_t *due_ms)
{
    const struct promise *p = key.size ? case_promise(r->c, key) : NULL;
    const struct value *v;

    if (p && p->state != PROMISE_OPEN)
        return false;
    if (p) {
        *due_ms = p->due_ms;
        return true;
    }
    v = event_field(ev, clock->due_field);
    if (!v || v->kind != VALUE_TIME)
        return false;
    *due_ms = v->time_ms;
    if (text_equal(event_text(ev, TEXT("granularity")), TEXT("day")))
        *due_ms = calendar_day_due(r->calendar, v->time_ms);
    return true;
}

/* The instance an event speaks of; where it names none, has_key is false. */
static struct text key_of(const struct run *r, const struct event *ev,
                          uint16_t clock, bool *has_key)
{
    struct text field = r->policy->clocks[clock].key_field, key;

    *has_key = true;
    if (!field.size)
        return (struct text){NULL, 0};
    key = event_text(ev, field);
    if (!key.size)
        key = name_text(&ev->promise_id);
    *has_key = key.size > 0 && key.size <= NAME_BYTES_MAX;
    return *has_key ? key : (struct text){NULL, 0};
}

static void arm(struct run *r, const struct event *ev, uint16_t index,
                bool only_idle)
{
    const struct clock_rule *clock = &r->policy->clocks[index];
    const struct clock_instance *old;
    struct clock_instance next;
    bool has_key;
    struct text key = key_of(r, ev, index, &has_key);

    old = case_clock(r->c, index, key);
    if ((old && only_idle) || r->c->status == CASE_CLOSED)
        return;
    next = instance_fresh(r, index, key, ev->at_ms);
    if (clock->due_field.size && !find_due(r, ev, clock, key, &next.due_ms))
        return;
    if (old) {
        instance_copy(&next, old);
        if (next.armed_at_ms < ev->at_ms)
            next.armed_at_ms = ev->at_ms;
    }
    instance_join(r, &next, (uint8_t)r->c->severity, ev->at_ms, INT64_MIN);
    if (!old || !instance_same_steps(old, &next) ||
        old->armed_at_ms != next.armed_at_ms)
        instance_put(r, &next, ev->at_ms);
}

/* Counts anew from here; a contact told late does not go behind a raise. */
static void restart(struct run *r, const struct clock_instance *old,
                    int64_t at_ms)
{
    struct clock_instance next;
    int64_t from = at_ms > old->armed_at_ms ? at_ms : old->armed_at_ms;

    for (uint8_t i = 0; i < old->step_count; i++)
        if (old->steps[i].from_ms > from && !old->due_ms)
            from = old->steps[i].from_ms;
    if (from != at_ms)
        return; /* it counts from later already */
    instance_copy(&next, old);
    next.step_count = next.pause_count = 0;
    next.paused_ms = 0;
    if (next.paused_at_ms && next.paused_at_ms < from)
        next.paused_at_ms = from;
    next.armed_at_ms = from;
    next.severity = (uint8_t)r->c->severity;
    instance_join(r, &next, next.severity, from, INT64_MIN);
    instance_put(r, &next, at_ms);
}

/* 15: its first step is due now, whatever it had left. */
static void fire_now(struct run *r, const struct clock_instance *old,
                     int64_t at_ms)
{
    struct clock_instance next;

    if (!old->step_count)
        return;
    instance_copy(&next, old);
    next.steps[0].due_ms = at_ms;
    fire_step(r, &next, 0);
}

static void trigger(struct run *r, const struct event *ev,
                    const struct trigger *t)
{
    bool has_key;
    struct text key = key_of(r, ev, t->clock, &has_key);

    if (t->clock == r->policy->ack_clock) {
        if (t->action != TRIGGER_SATISFY)
            return;
        wants_are_moot(r);
        ladder_stop(r, ROLES_MAX, ev->at_ms);
        return;
    }
    for (int i = r->c->clock_count - 1; i >= 0; i--) {
        const struct clock_instance *k = &r->c->clocks[i];
        if (k->clock != t->clock || (has_key && !name_is(&k->key, key)))
            continue;
        if (t->action == TRIGGER_SATISFY && ev->at_ms >= k->armed_at_ms)
            instance_end(r, k, ev->at_ms);
        else if (t->action == TRIGGER_RESTART)
            restart(r, k, ev->at_ms);
        else if (t->action == TRIGGER_FIRE)
            fire_now(r, k, ev->at_ms);
    }
}

static bool begins(const struct trigger *t)
{
    return t->action == TRIGGER_ARM || t->action == TRIGGER_ARM_IDLE;
}

static void run_triggers(struct run *r, const struct event *ev, bool beginning)
{
    const struct kind_rule *kind = &r->policy->kinds[ev->kind];
    const struct policy *p = r->policy;
    const struct scope s = {r, ev};
    /* other rules are no work on the case */
    size_t any = ev->kind + 1 == p->rebase_kind ? 0 : p->any_trigger_count;

    for (size_t i = 0; i < kind->trigger_count + any; i++) {
        const struct trigger *t =
            i < kind->trigger_count ? &kind->triggers[i]
                                    : &p->any_triggers[i - kind->trigger_count];
        if (begins(t) != beginning || !expr_true(&t->when, &s))
            continue;
        if (beginning)
            arm(r, ev, t->clock, t->action == TRIGGER_ARM_IDLE);
        else
            trigger(r, ev, t);
    }
}

void clocks_end(struct run *r, const struct event *ev)
{
    run_triggers(r, ev, false);
}

void clocks_begin(struct run *r, const struct event *ev)
{
    run_triggers(r, ev, true);
}

static void raise_running(struct run *r, const struct clock_instance *old,
                          uint8_t before, int64_t at_ms)
{
    const struct clock_rule *clock = &r->policy->clocks[old->clock];
    uint8_t now = (uint8_t)r->c->severity;
    struct clock_instance next;

    if (!is_ladder(r, old) && clock->group[before - 1] == clock->group[now - 1])
        return; /* 12: they share one */
    instance_copy(&next, old);
    if (is_ladder(r, old)) {
        ladder_rebuild(r, &next, at_ms, INT64_MIN);
    } else {
        instance_join(r, &next, now, at_ms, INT64_MIN);
        if (clock->arm_on_raise & (1u << (now - 1)))
            next.armed_at_ms = at_ms;
    }
    next.severity = now;
    instance_put(r, &next, at_ms);
}

/* 1: the clocks of the new severity count from the raise. */
void clocks_raised(struct run *r, uint8_t before, int64_t at_ms)
{
    const struct case_record *c = r->c;
    uint8_t now = (uint8_t)c->severity;
    bool live = c->status == CASE_OPEN || c->status == CASE_WAITING;

    for (uint8_t i = 0; i < c->clock_count && !r->limit; i++)
        raise_running(r, &c->clocks[i], before, at_ms);
    for (uint16_t k = 0; k < r->policy->clock_count && live; k++) {
        const struct clock_rule *clock = &r->policy->clocks[k];
        const struct text no_key = {NULL, 0};
        struct clock_instance next;

        if (!(clock->arm_on_raise & (1u << (now - 1))) ||
            clock->group[before - 1] == clock->group[now - 1] ||
            case_clock(c, k, no_key))
            continue;
        next = instance_fresh(r, k, no_key, at_ms);
        instance_join(r, &next, now, at_ms, INT64_MIN);
        instance_put(r, &next, at_ms);
    }
}

/* Down again: what the higher severity asked for goes, and what the lower one
 * would have asked since the beginning takes its place, as far as not past. */
void clocks_lowered(struct run *r, int64_t at_ms)
{
    uint8_t now = (uint8_t)r->c->severity;

    for (uint8_t i = 0; i < r->c->clock_count && !r->limit; i++) {
        const struct clock_instance *old = &r->c->clocks[i];
        struct clock_instance next;
        uint8_t kept = 0;

        instance_copy(&next, old);
        for (uint8_t s = 0; s < next.step_count; s++)
            if (next.steps[s].severity >= now)
                next.steps[kept++] = next.steps[s];
        next.step_count = kept;
        next.severity = now;
        if (is_ladder(r, old))
            ladder_rebuild(r, &next, old->armed_at_ms, at_ms);
        else
            instance_join(r, &next, now, old->armed_at_ms, at_ms);
        if (!instance_same_steps(old, &next))
            instance_put(r, &next, at_ms);
    }
}

void clocks_end_all(struct run *r, int64_t at_ms)
{
    while (r->c->clock_count && !r->limit)
        instance_end(r, &r->c->clocks[r->c->clock_count - 1], at_ms);
}

/* An item may bear the same id as a promise, and is another thing. */
static bool counts_to_promise(const struct run *r,
                              const struct clock_instance *i)
{
    const struct clock_rule *clock = &r->policy->clocks[i->clock];

    return clock->due_field.size && !clock->of_items;
}

/* A promise has a new due: what counts towards it counts anew. */
void clocks_due_moved(struct run *r, struct text key, int64_t due_ms,
                      int64_t at_ms)
{
    for (uint8_t i = 0; i < r->c->clock_count && !r->limit; i++) {
        const struct clock_instance *old = &r->c->clocks[i];
        struct clock_instance next;

        if (!counts_to_promise(r, old) || !name_is(&old->key, key))
            continue;
        instance_copy(&next, old);
        next.due_ms = due_ms;
        next.step_count = 0;
        instance_join(r, &next, (uint8_t)r->c->severity, at_ms, INT64_MIN);
        instance_put(r, &next, at_ms);
    }
}

void clocks_of_item(struct run *r, uint16_t clock, struct text key,
                    int64_t due_ms, int64_t at_ms)
{
    const struct clock_instance *old = case_clock(r->c, clock, key);
    struct clock_instance next;

    if (!due_ms || r->c->status == CASE_CLOSED) {
        if (old)
            instance_end(r, old, at_ms);
        return;
    }
    if (old && old->due_ms == due_ms)
        return;
    next = instance_fresh(r, clock, key, at_ms);
    next.due_ms = due_ms;
    instance_join(r, &next, next.severity, at_ms, INT64_MIN);
    instance_put(r, &next, at_ms);
}

/* A promise is over, and with it every clock that counts towards it. */
void clocks_due_gone(struct run *r, struct text key, int64_t at_ms)
{
    for (int i = r->c->clock_count - 1; i >= 0 && !r->limit; i--) {
        const struct clock_instance *k = &r->c->clocks[i];
        if (counts_to_promise(r, k) && name_is(&k->key, key))
            instance_end(r, k, at_ms);
    }
}
