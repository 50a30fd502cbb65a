/* A ladder goes on under other rules: each rung counts from the same page. Of
 * each tier the calls that were made count against the first of the new rungs;
 * what is due by the new ones and was not called is called now, at the highest
 * tier that is due. */
#include "engine/run.h"

static bool same_ladder(const struct rebasing *b, const struct ladder *was,
                        const struct ladder *is)
{
    if (was->count != is->count || was->repeat != is->repeat ||
        was->every_ms != is->every_ms || was->every_tier != is->every_tier)
        return false;
    for (size_t i = 0; i < was->count; i++)
        if (b->roles[was->rungs[i].tier] != is->rungs[i].tier ||
            was->rungs[i].after_ms != is->rungs[i].after_ms ||
            was->rungs[i].open_time != is->rungs[i].open_time)
            return false;
    return true;
}

static bool same_ladders(const struct run *r, const struct rebasing *b,
                         const struct clock_instance *i)
{
    unsigned wanted = 1u << r->c->severity;

    for (uint8_t s = 0; s < i->step_count; s++)
        wanted |= 1u << i->steps[s].severity;
    for (unsigned s = 1; s <= SEVERITIES; s++)
        if ((wanted & (1u << s)) &&
            !same_ladder(b, &b->old->ladders[s - 1], &b->next->ladders[s - 1]))
            return false;
    return true;
}

struct origin {
    uint8_t severity;
    int64_t from_ms;
};

/* Where the rungs count from, by severity. */
static size_t origins_of(const struct run *r, const struct clock_instance *i,
                         struct origin out[SEVERITIES])
{
    const struct case_record *c = r->c;
    struct origin now = {(uint8_t)c->severity, i->armed_at_ms};
    size_t count = 0;

    if (c->raised_at_ms > now.from_ms)
        now.from_ms = c->raised_at_ms;
    for (unsigned severity = 1; severity <= SEVERITIES; severity++)
        for (uint8_t s = 0; s < i->step_count; s++) {
            const struct pending_step *p = &i->steps[s];
            if (p->severity != severity || p->step == STEP_REPEAT)
                continue;
            out[count++] = (struct origin){p->severity, p->from_ms};
            break;
        }
    for (size_t n = 0; n < count; n++)
        if (out[n].severity == now.severity)
            return count;
    out[count++] = now;
    return count;
}

static bool is_pending(const struct clock_instance *i, const struct origin *o,
                       size_t rung)
{
    for (uint8_t s = 0; s < i->step_count; s++)
        if (i->steps[s].severity == o->severity && i->steps[s].step == rung)
            return true;
    return false;
}

/* How often the rungs of each tier have called, by its new number. */
static void find_calls(const struct rebasing *b, const struct clock_instance *i,
                       const struct origin *o, uint8_t calls[ROLES_MAX + 1])
{
    const struct ladder *l = &b->old->ladders[o->severity - 1];

    memset(calls, 0, ROLES_MAX + 1);
    for (size_t n = 0; n < l->count && !l->every_tier; n++)
        if (l->rungs[n].after_ms > 0 && !is_pending(i, o, n))
            calls[b->roles[l->rungs[n].tier]]++;
}

static void rungs_of(struct run *r, const struct rebasing *b,
                     const struct clock_instance *now, const struct origin *o,
                     struct clock_instance *next)
{
    uint8_t role = policy_role(b->next, name_text(&now->key));
    struct pending_step all[CLOCK_STEPS_MAX + 1];
    uint8_t calls[ROLES_MAX + 1];
    size_t kept = 0, count;

    find_calls(b, now, o, calls);
    count = ladder_steps(r, o->severity, role, o->from_ms, INT64_MIN, all);
    for (size_t n = 0; n < count; n++) {
        uint8_t tier = role_rank(b->next, all[n].tier);

        if (all[n].step == STEP_REPEAT)
            continue;
        if (calls[tier])
            calls[tier]--;
        else
            all[kept++] = all[n];
    }
    ladder_join(r, next, all, kept);
}

/* Calls that are repeated: the next one counts from the last. */
static void repeats_of(struct run *r, const struct rebasing *b,
                       const struct clock_instance *now,
                       struct clock_instance *next)
{
    uint8_t severity = (uint8_t)r->c->severity;
    const struct ladder *l = &b->next->ladders[severity - 1];
    uint8_t role = policy_role(b->next, name_text(&now->key)), last = role;
    uint8_t root = role_rank(b->next, role);
    struct pending_step more[CLOCK_STEPS_MAX];
    size_t count = 0;

    if (!l->every_tier && (next->step_count || !l->repeat ||
                           ladder_root_above(r, root) <= ROLES_MAX))
        return;
    for (uint8_t s = 0; s < now->step_count; s++) {
        const struct pending_step *p = &now->steps[s];
        if (p->step == STEP_REPEAT && b->roles[p->tier])
            more[count++] = ladder_repeat(r, severity, b->roles[p->tier],
                                          p->from_ms, p->from_ms);
    }
    for (size_t n = 0; n < l->count && !l->every_tier; n++)
        if (role_rank(b->next, l->rungs[n].tier) > role_rank(b->next, last))
            last = l->rungs[n].tier;
    if (!count)
        more[count++] =
            ladder_repeat(r, severity, last, now->armed_at_ms, b->at_ms);
    ladder_join(r, next, more, count);
}

void rebase_ladder(struct run *r, const struct rebasing *b,
                   const struct clock_instance *now,
                   struct clock_instance *next)
{
    struct origin origins[SEVERITIES + 1];
    size_t count;

    if (same_ladders(r, b, now)) {
        for (uint8_t s = 0; s < next->step_count; s++)
            next->steps[s].tier = b->roles[next->steps[s].tier];
        return;
    }
    count = origins_of(r, now, origins);
    next->step_count = 0;
    for (size_t o = 0; o < count && !r->limit; o++)
        rungs_of(r, b, now, &origins[o], next);
    repeats_of(r, b, now, next);
    steps_sort(next->steps, next->step_count);
}
