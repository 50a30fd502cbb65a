/* What counts goes on under other rules.
 *
 * A clock keeps its start, the stretches that did not count, and the moment it
 * counts towards. What is pending is worked out anew from there. What its steps
 * have done is not done again: of each tier the first calls count against the
 * first calls of the new rules, what was derived or raised is not a second
 * time. What is over by the new rules and was not done is due when it was due.
 * A clock whose steps are the same is left as it is. */
#include "engine/run.h"

/* --- whether two rules are one --- */

static bool same_shape(const struct clock_rule *a, const struct clock_rule *b)
{
    return text_equal(a->key_field, b->key_field) &&
           !a->due_field.size == !b->due_field.size &&
           a->of_items == b->of_items;
}

static bool same_emission(const struct rebasing *b, const struct emission *was,
                          const struct emission *is)
{
    if (!was || !is)
        return was == is;
    return text_equal(b->old->kinds[was->kind].name,
                      b->next->kinds[is->kind].name);
}

static bool same_step(const struct rebasing *b, const struct clock_step *was,
                      const struct clock_step *is)
{
    return was->basis == is->basis && was->after_ms == is->after_ms &&
           was->repeat_ms == is->repeat_ms && was->until_ms == is->until_ms &&
           was->percent == is->percent && was->of == is->of &&
           rebase_targets(b, was->page) == is->page &&
           rebase_targets(b, was->inform) == is->inform &&
           was->raise_to == is->raise_to &&
           same_emission(b, was->emit, is->emit);
}

static bool same_table(const struct rebasing *b, const struct clock_steps *was,
                       const struct clock_steps *is)
{
    if (was->count != is->count)
        return false;
    for (size_t i = 0; i < was->count; i++)
        if (!same_step(b, &was->steps[i], &is->steps[i]))
            return false;
    return true;
}

/* At the severities that the instance has to do with. */
static bool same_steps(const struct run *r, const struct rebasing *b,
                       const struct clock_rule *was,
                       const struct clock_rule *is,
                       const struct clock_instance *i)
{
    unsigned wanted = 1u << i->severity | 1u << r->c->severity;

    for (uint8_t s = 0; s < i->step_count; s++)
        wanted |= 1u << i->steps[s].severity;
    for (unsigned s = 1; s <= SEVERITIES; s++)
        if ((wanted & (1u << s)) &&
            !same_table(b, &was->by_severity[s - 1], &is->by_severity[s - 1]))
            return false;
    return true;
}

/* The clock of the item is that of its list. */
static bool item_keeps_clock(const struct run *r, const struct rebasing *b,
                             const struct clock_instance *i, uint16_t to)
{
    const struct item *it = item_of_clock(r, i);

    if (!it)
        return false;
    for (size_t n = 0; n < b->next->list_count; n++)
        if (text_equal(b->next->lists[n].name, b->old->lists[it->list].name))
            return b->next->lists[n].clock == to;
    return false;
}

bool rebase_keeps_clock(const struct run *r, const struct rebasing *b,
                        const struct clock_instance *i)
{
    const struct clock_rule *was = &b->old->clocks[i->clock];
    uint16_t to = policy_clock(b->next, was->name);

    if (to >= b->next->clock_count)
        return false;
    if (is_ladder(r, i) || to == b->next->ack_clock)
        return is_ladder(r, i) && to == b->next->ack_clock;
    if (!same_shape(was, &b->next->clocks[to]))
        return false;
    return !was->of_items || item_keeps_clock(r, b, i, to);
}

/* --- from where --- */

/* A table and the moment from which it counts. */
struct origin {
    uint8_t severity;
    int64_t from_ms;
};

enum { ORIGINS_MAX = CLOCK_STEPS_MAX + 1 };

static int64_t from_of(const struct clock_rule *was,
                       const struct clock_instance *i,
                       const struct pending_step *p)
{
    enum step_basis basis =
        was->by_severity[p->severity - 1].steps[p->step].basis;

    if (!was->due_field.size || basis == STEP_AFTER ||
        basis == STEP_AFTER_OPEN || basis == STEP_SHARE)
        return p->from_ms;
    return i->armed_at_ms; /* it counts towards the due */
}

static size_t origins_of(const struct run *r, const struct clock_rule *was,
                         const struct clock_instance *i,
                         struct origin out[ORIGINS_MAX])
{
    const struct case_record *c = r->c;
    struct origin last = {i->severity, i->armed_at_ms};
    size_t count = 0;
    bool found = false;

    for (uint8_t s = 0; s < i->step_count; s++) {
        struct origin o = {i->steps[s].severity, from_of(was, i, &i->steps[s])};
        size_t n = 0;

        while (n < count &&
               (out[n].severity != o.severity || out[n].from_ms != o.from_ms))
            n++;
        if (n == count)
            out[count++] = o;
        found |= o.severity == last.severity;
    }
    if (found)
        return count;
    /* all its steps are done: those that the new rules add count from there */
    if (last.severity == c->severity && c->raised_at_ms > last.from_ms)
        last.from_ms = c->raised_at_ms;
    out[count++] = last;
    return count;
}

/* --- what has been done --- */

struct done {
    uint8_t page[ROLES_MAX + 1], inform[ROLES_MAX + 1]; /* how often */
    const struct emission *emits[CLOCK_STEPS_MAX];      /* of the old rules */
    uint8_t raises[SEVERITIES + 1];
    size_t emit_count;
};

static void note_done(const struct rebasing *b, const struct clock_step *step,
                      struct done *d)
{
    targets page = rebase_targets(b, step->page);
    targets inform = rebase_targets(b, step->inform);

    for (unsigned n = 0; n <= ROLES_MAX; n++) {
        d->page[n] = (uint8_t)(d->page[n] + ((page >> n) & 1));
        d->inform[n] = (uint8_t)(d->inform[n] + ((inform >> n) & 1));
    }
    if (step->emit && d->emit_count < CLOCK_STEPS_MAX)
        d->emits[d->emit_count++] = step->emit;
    if (step->raise_to)
        d->raises[step->raise_to]++;
}

/* What is left of the targets after those that have been called. */
static targets take_calls(uint8_t *calls, targets t)
{
    for (unsigned n = 0; n <= ROLES_MAX; n++) {
        if (!(t & (1u << n)) || !calls[n])
            continue;
        calls[n]--;
        t &= (targets) ~(1u << n);
    }
    return t;
}

static bool take_emission(const struct rebasing *b, struct done *d,
                          const struct emission *emit)
{
    for (size_t i = 0; emit && i < d->emit_count; i++) {
        if (!same_emission(b, d->emits[i], emit))
            continue;
        d->emits[i] = d->emits[--d->emit_count];
        return true;
    }
    return false;
}

/* Whether a step of the new rules is done; else *page is whom it has left. */
static bool is_done(const struct rebasing *b, struct done *d,
                    const struct clock_step *step, targets *page)
{
    targets rest = take_calls(d->page, step->page);
    targets informed = take_calls(d->inform, step->inform);
    bool did = rest != step->page || informed != step->inform;

    *page = rest;
    if (take_emission(b, d, step->emit))
        return true;
    if (step->raise_to && d->raises[step->raise_to]) {
        d->raises[step->raise_to]--;
        return true;
    }
    return did && !rest && !informed && !step->emit && !step->raise_to;
}

/* --- one clock --- */

/* The stretches in which the case waited do not count, here as there. */
static void pause_steps(const struct run *r, const struct clock_rule *rule,
                        const struct clock_instance *i, int64_t from_ms,
                        struct pending_step *steps, size_t count)
{
    int64_t untold_ms = i->paused_ms;

    for (uint8_t p = 0; p < i->pause_count; p++)
        untold_ms -= i->pauses[p].until_ms - i->pauses[p].from_ms;
    for (size_t s = 0; s < count; s++) {
        if (untold_ms > 0)
            step_pause(r, rule, &steps[s], from_ms, from_ms + untold_ms);
        for (uint8_t p = 0; p < i->pause_count; p++) {
            const struct stretch *w = &i->pauses[p];
            if (w->until_ms > from_ms)
                step_pause(r, rule, &steps[s],
                           w->from_ms > from_ms ? w->from_ms : from_ms,
                           w->until_ms);
        }
    }
    steps_sort(steps, count);
}

static const struct pending_step *pending_of(const struct clock_rule *was,
                                             const struct clock_instance *i,
                                             const struct origin *o,
                                             uint8_t step)
{
    for (uint8_t s = 0; s < i->step_count; s++)
        if (i->steps[s].step == step && i->steps[s].severity == o->severity &&
            from_of(was, i, &i->steps[s]) == o->from_ms)
            return &i->steps[s];
    return NULL;
}

static void find_done(struct run *r, const struct rebasing *b,
                      const struct clock_rule *was,
                      const struct clock_instance *i, const struct origin *o,
                      struct done *d)
{
    const struct clock_steps *table = &was->by_severity[o->severity - 1];
    struct pending_step first[CLOCK_STEPS_MAX];
    size_t count;

    memset(d, 0, sizeof *d);
    r->policy = b->old;
    count = steps_build(r, was, o->severity, o->from_ms, i->due_ms, first);
    r->policy = b->next;
    pause_steps(r, was, i, o->from_ms, first, count);
    for (size_t n = 0; n < count; n++) {
        const struct clock_step *step = &table->steps[first[n].step];
        const struct pending_step *p = pending_of(was, i, o, first[n].step);

        if (!p ||
            (step->repeat_ms && p->due_ms - first[n].due_ms >= step->repeat_ms))
            note_done(b, step, d);
    }
}

/* A step that was done comes back where it repeats. */
static bool comes_again(const struct clock_step *step, struct pending_step *p,
                        int64_t now_ms)
{
    if (!step->repeat_ms)
        return false;
    p->due_ms += step->repeat_ms;
    if (p->due_ms <= now_ms)
        p->due_ms +=
            ((now_ms - p->due_ms) / step->repeat_ms + 1) * step->repeat_ms;
    return p->due_ms - p->from_ms <= step->until_ms;
}

/* Severities that shared their steps may have steps of their own now. */
static uint8_t severity_of(const struct run *r, const struct clock_rule *was,
                           const struct origin *o)
{
    return was->group[o->severity - 1] == was->group[r->c->severity - 1]
               ? (uint8_t)r->c->severity
               : o->severity;
}

static size_t steps_of(struct run *r, const struct rebasing *b,
                       const struct clock_rule *was,
                       const struct clock_rule *is,
                       const struct clock_instance *i, const struct origin *o,
                       struct pending_step *out)
{
    uint8_t severity = severity_of(r, was, o);
    struct pending_step all[CLOCK_STEPS_MAX];
    size_t count, kept = 0;
    struct done done;

    find_done(r, b, was, i, o, &done);
    count = steps_build(r, is, severity, o->from_ms, i->due_ms, all);
    pause_steps(r, is, i, o->from_ms, all, count);
    for (size_t n = 0; n < count; n++) {
        const struct clock_step *step =
            &is->by_severity[severity - 1].steps[all[n].step];
        targets page;

        if (!is_done(b, &done, step, &page))
            all[n].page = page;
        else if (!comes_again(step, &all[n], b->at_ms))
            continue;
        out[kept++] = all[n];
    }
    steps_sort(out, kept);
    return kept;
}

static void work_out(struct run *r, const struct rebasing *b,
                     const struct clock_rule *was, const struct clock_rule *is,
                     const struct clock_instance *now,
                     struct clock_instance *next)
{
    struct pending_step steps[2 * CLOCK_STEPS_MAX], more[CLOCK_STEPS_MAX];
    struct origin origins[ORIGINS_MAX];
    size_t origin_count = origins_of(r, was, now, origins), count = 0;

    for (size_t o = 0; o < origin_count && !r->limit; o++) {
        size_t got = steps_of(r, b, was, is, now, &origins[o], more);
        count = steps_merge(steps, count, more, got, is);
        if (count > CLOCK_STEPS_MAX) {
            r->limit = true;
            return;
        }
    }
    instance_set_steps(r, next, steps, count);
}

/* A clock that stands still while the case waits, or does no more. */
static void set_pause(struct run *r, const struct rebasing *b,
                      const struct clock_rule *was, const struct clock_rule *is,
                      struct clock_instance *next)
{
    if (next->paused_at_ms && !is->pauses) {
        for (uint8_t s = 0; s < next->step_count; s++)
            step_pause(r, is, &next->steps[s], next->paused_at_ms, b->at_ms);
        steps_sort(next->steps, next->step_count);
        instance_note_pause(next, b->at_ms);
        next->paused_at_ms = 0;
    } else if (!next->paused_at_ms && is->pauses && !was->pauses &&
               r->c->status == CASE_WAITING) {
        next->paused_at_ms = b->at_ms;
    }
}

static void carry(struct run *r, const struct rebasing *b,
                  const struct clock_instance *now)
{
    const struct clock_rule *is = &b->next->clocks[now->clock];
    const struct clock_rule *was =
        &b->old->clocks[policy_clock(b->old, is->name)];
    struct clock_instance next;

    instance_copy(&next, now);
    if (is_ladder(r, now)) {
        rebase_ladder(r, b, now, &next);
    } else {
        if (same_steps(r, b, was, is, now))
            for (uint8_t s = 0; s < next.step_count; s++)
                next.steps[s].page = rebase_targets(b, next.steps[s].page);
        else
            work_out(r, b, was, is, now, &next);
        set_pause(r, b, was, is, &next);
    }
    if (!instance_same_steps(now, &next) ||
        now->paused_at_ms != next.paused_at_ms)
        instance_put(r, &next, b->at_ms);
}

/* --- what begins --- */

/* Clocks of items that had none. */
static void begin_items(struct run *r, const struct rebasing *b)
{
    for (uint8_t i = 0; i < r->c->item_count && !r->limit; i++) {
        const struct item *it = &r->c->items[i];
        const struct list_rule *list = &b->next->lists[it->list];
        bool had = false;

        if (!is_open_item(it) || !it->due_ms || list->clock == LIST_NONE)
            continue;
        for (size_t n = 0; n < b->old->list_count; n++) {
            const struct list_rule *old = &b->old->lists[n];
            had |= text_equal(old->name, list->name) &&
                   old->clock != LIST_NONE &&
                   text_equal(b->old->clocks[old->clock].name,
                              b->next->clocks[list->clock].name);
        }
        if (!had)
            clocks_of_item(r, list->clock, name_text(&it->key), it->due_ms,
                           b->at_ms);
    }
}

/* Clocks that the old rules did not have, and that the case's severity starts:
 * since it was raised to it. */
static void begin_raised(struct run *r, const struct rebasing *b)
{
    const struct case_record *c = r->c;
    uint8_t severity = (uint8_t)c->severity;

    if (!c->raised_at_ms || c->severity >= c->severity_before ||
        (c->status != CASE_OPEN && c->status != CASE_WAITING))
        return;
    for (uint16_t k = 0; k < b->next->clock_count && !r->limit; k++) {
        const struct clock_rule *clock = &b->next->clocks[k];
        const struct text no_key = {NULL, 0};
        struct clock_instance next;

        if (!(clock->arm_on_raise & (1u << (severity - 1))) ||
            policy_clock(b->old, clock->name) < b->old->clock_count)
            continue;
        next = instance_fresh(r, k, no_key, c->raised_at_ms);
        if (next.paused_at_ms)
            next.paused_at_ms = b->at_ms;
        instance_join(r, &next, severity, c->raised_at_ms, INT64_MIN);
        instance_put(r, &next, b->at_ms);
    }
}

void rebase_clocks(struct run *r, const struct rebasing *b)
{
    uint8_t count = r->c->clock_count;

    for (uint8_t i = 0; i < count && !r->limit; i++)
        carry(r, b, &r->c->clocks[i]);
    begin_items(r, b);
    begin_raised(r, b);
}
