/* steps - a clock's table at one severity as moments, and two such lists made
 * one (semantics 1, 18). */
#include "engine/run.h"

/* The highest tier among targets; 0: nobody. */
uint8_t targets_top(const struct policy *p, targets t)
{
    uint8_t top = t & TARGET_OWNER ? 1 : 0;

    for (uint8_t role = 1; role <= p->role_count; role++)
        if ((t & TARGET_ROLE(role)) && role_rank(p, role) > top)
            top = role_rank(p, role);
    return top;
}

void steps_sort(struct pending_step *steps, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct pending_step step = steps[i];
        size_t j = i;
        for (; j > 0 && steps[j - 1].due_ms > step.due_ms; j--)
            steps[j] = steps[j - 1];
        steps[j] = step;
    }
}

/* Whether a step counts along opening hours. */
bool step_is_open(const struct clock_rule *clock, const struct clock_steps *in,
                  const struct clock_step *step)
{
    if (step->basis == STEP_SHARE && !clock->due_field.size)
        step = &in->steps[step->of];
    return step->basis == STEP_AFTER_OPEN;
}

/* How long a pending step counts: as the pack says, or as it came out. */
int64_t step_span_ms(const struct clock_rule *clock,
                     const struct pending_step *p)
{
    const struct clock_steps *table = &clock->by_severity[p->severity - 1];
    const struct clock_step *step = &table->steps[p->step];

    if (step->basis == STEP_SHARE && !clock->due_field.size)
        return table->steps[step->of].after_ms / 100 * step->percent;
    return step->basis == STEP_SHARE ? p->due_ms - p->from_ms : step->after_ms;
}

/* Percent of the way to the due; of a clock without one, to a step of it. */
static int64_t share_of(const struct run *r, const struct clock_rule *clock,
                        const struct clock_steps *table,
                        const struct clock_step *step, int64_t from_ms,
                        int64_t due_ms)
{
    const struct clock_step *to = &table->steps[step->of];
    int64_t part_ms;

    if (clock->due_field.size)
        return from_ms + (due_ms - from_ms) / 100 * step->percent;
    part_ms = to->after_ms / 100 * step->percent;
    return to->basis == STEP_AFTER_OPEN
               ? calendar_add(r->calendar, from_ms, part_ms)
               : from_ms + part_ms;
}

static int64_t due_of(const struct run *r, const struct clock_rule *clock,
                      const struct clock_steps *table,
                      const struct clock_step *step, int64_t from_ms,
                      int64_t due_ms)
{
    switch (step->basis) {
    case STEP_SHARE:
        return share_of(r, clock, table, step, from_ms, due_ms);
    case STEP_AFTER:
        return from_ms + step->after_ms;
    case STEP_AFTER_OPEN:
        return calendar_add(r->calendar, from_ms, step->after_ms);
    case STEP_BEFORE_DUE:
        return due_ms - step->after_ms;
    case STEP_DAY_OPEN:
        return calendar_day_open(r->calendar, due_ms);
    case STEP_AT_DUE:
        break;
    }
    return due_ms;
}

/* 18: never before the step of a tier below. */
static void in_order_of_tiers(const struct policy *p,
                              const struct clock_step *table,
                              struct pending_step *steps, size_t count)
{
    uint8_t top[CLOCK_STEPS_MAX];

    for (size_t i = 0; i < count; i++)
        top[i] = targets_top(p, table[steps[i].step].page);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (top[j] && top[j] < top[i] && steps[j].due_ms > steps[i].due_ms)
                steps[i].due_ms = steps[j].due_ms;
}

/* A reminder whose moment was over when it was armed is left out; a due that
 * is over is not. Returns how many steps, by due. */
size_t steps_build(const struct run *r, const struct clock_rule *clock,
                   uint8_t severity, int64_t from_ms, int64_t due_ms,
                   struct pending_step *out)
{
    const struct clock_steps *table = &clock->by_severity[severity - 1];
    size_t count = 0;

    for (size_t i = 0; i < table->count && count < CLOCK_STEPS_MAX; i++) {
        const struct clock_step *step = &table->steps[i];
        int64_t due = due_of(r, clock, table, step, from_ms, due_ms);
        bool reminder = step->basis == STEP_BEFORE_DUE ||
                        step->basis == STEP_DAY_OPEN ||
                        step->basis == STEP_SHARE;

        if (reminder && due <= from_ms)
            continue;
        out[count++] = (struct pending_step){
            .due_ms = due,
            .from_ms = clock->due_field.size && step->basis != STEP_AFTER &&
                               step->basis != STEP_AFTER_OPEN &&
                               step->basis != STEP_SHARE
                           ? due_ms
                           : from_ms,
            .page = step->page,
            .severity = severity,
            .step = (uint8_t)i,
        };
    }
    in_order_of_tiers(r->policy, table->steps, out, count);
    steps_sort(out, count);
    return count;
}

static bool does_more_than_page(const struct clock_rule *clock,
                                const struct pending_step *p)
{
    const struct clock_step *step =
        &clock->by_severity[p->severity - 1].steps[p->step];

    return step->emit || step->raise_to || step->inform;
}

/* The same row of a table; of steps that page nobody, of any severity. */
static bool is_same_step(const struct pending_step *a,
                         const struct pending_step *b)
{
    return a->step == b->step &&
           (a->severity == b->severity || (!a->page && !b->page));
}

/* Of two steps for one target the earlier counts; the other lets it go. */
static void settle(struct pending_step *old, struct pending_step *new_step)
{
    targets both = old->page & new_step->page;

    if (old->due_ms <= new_step->due_ms)
        new_step->page &= (targets)~both;
    else
        old->page &= (targets)~both;
}

/* Puts more steps among those that are pending. Returns the new count, which
 * may exceed CLOCK_STEPS_MAX: steps has room for twice as many. */
size_t steps_merge(struct pending_step *steps, size_t count,
                   const struct pending_step *more, size_t more_count,
                   const struct clock_rule *clock)
{
    size_t all = count, kept = 0;
    bool moot[2 * CLOCK_STEPS_MAX] = {false};

    for (size_t m = 0; m < more_count; m++) {
        struct pending_step next = more[m];
        bool paged = next.page != 0, gone = false;

        for (size_t i = 0; i < count; i++) {
            struct pending_step *old = &steps[i];
            bool had = old->page != 0;

            if (moot[i])
                continue;
            if (is_same_step(old, &next)) {
                *(old->due_ms > next.due_ms ? &moot[i] : &gone) = true;
                continue;
            }
            settle(old, &next);
            if (had && !old->page && !does_more_than_page(clock, old))
                moot[i] = true;
        }
        if (gone || (paged && !next.page && !does_more_than_page(clock, &next)))
            continue;
        steps[all++] = next;
    }
    for (size_t i = 0; i < all; i++)
        if (i >= count || !moot[i])
            steps[kept++] = steps[i];
    steps_sort(steps, kept);
    return kept;
}
