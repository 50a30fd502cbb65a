/* ladder - who is called when nobody acknowledges (TM-ACK; semantics 4, 6,
 * 17-19). One instance per tier that was paged on its own: it walks the rungs
 * from its root up to below the next root, whose rungs are that one's. */
#include "engine/run.h"

bool is_ladder(const struct run *r, const struct clock_instance *i)
{
    return i->clock == r->policy->ack_clock;
}

/* The tier a role counts as; 0: a helper, whose pages want no answer. */
uint8_t role_rank(const struct policy *p, uint8_t role)
{
    if (role <= 1)
        return 1;
    if (role <= p->tier_count)
        return role;
    if (role > p->role_count || p->roles[role].rank == RANK_OWN)
        return 0;
    return p->roles[role].rank;
}

static uint8_t role_of(const struct run *r, const struct clock_instance *i)
{
    return policy_role(r->policy, name_text(&i->key));
}

uint8_t ladder_root(const struct run *r, const struct clock_instance *i)
{
    return role_rank(r->policy, role_of(r, i));
}

/* The lowest root above a tier. */
uint8_t ladder_root_above(const struct run *r, uint8_t tier)
{
    uint8_t above = ROLES_MAX + 1;

    for (uint8_t i = 0; i < r->c->clock_count; i++) {
        const struct clock_instance *k = &r->c->clocks[i];
        if (is_ladder(r, k) && ladder_root(r, k) > tier &&
            ladder_root(r, k) < above)
            above = ladder_root(r, k);
    }
    return above;
}

/* The ladder that answers for a tier; NULL: none runs. */
const struct clock_instance *ladder_below(const struct run *r, uint8_t tier)
{
    const struct clock_instance *best = NULL;

    for (uint8_t i = 0; i < r->c->clock_count; i++) {
        const struct clock_instance *k = &r->c->clocks[i];
        if (is_ladder(r, k) && ladder_root(r, k) <= tier &&
            (!best || ladder_root(r, best) < ladder_root(r, k)))
            best = k;
    }
    return best;
}

static const struct ladder *ladder_now(const struct run *r)
{
    return &r->policy->ladders[r->c->severity - 1];
}

/* The first repetition after a moment; 19. */
static int64_t repeat_due(const struct run *r, const struct ladder *l,
                          int64_t from_ms, int64_t after_ms)
{
    int64_t due = from_ms;

    if (!l->every_tier && l->repeat == REPEAT_WORKING_DAY) {
        do
            due = calendar_next_working_day(r->calendar, due);
        while (due <= after_ms);
        return due;
    }
    if (after_ms < from_ms)
        after_ms = from_ms;
    if (l->every_ms <= 0)
        return after_ms + 1;
    return from_ms + l->every_ms * ((after_ms - from_ms) / l->every_ms + 1);
}

struct pending_step ladder_repeat(const struct run *r, uint8_t severity,
                                  uint8_t role, int64_t from_ms,
                                  int64_t after_ms)
{
    return (struct pending_step){
        .due_ms =
            repeat_due(r, &r->policy->ladders[severity - 1], from_ms, after_ms),
        .from_ms = from_ms,
        .severity = severity,
        .step = STEP_REPEAT,
        .tier = role,
    };
}

size_t ladder_steps(const struct run *r, uint8_t severity, uint8_t role,
                    int64_t from_ms, int64_t after_ms, struct pending_step *out)
{
    const struct ladder *l = &r->policy->ladders[severity - 1];
    uint8_t root = role_rank(r->policy, role);
    uint8_t above = ladder_root_above(r, root);
    int64_t floor = from_ms;
    size_t count = 0;

    for (size_t i = 0; i < l->count && !l->every_tier; i++) {
        const struct rung *rung = &l->rungs[i];
        int64_t due = rung->open_time
                          ? calendar_add(r->calendar, from_ms, rung->after_ms)
                          : from_ms + rung->after_ms;

        if (rung->after_ms <= 0 || rung->tier < root || rung->tier >= above ||
            count == CLOCK_STEPS_MAX)
            continue;
        if (due < floor)
            due = floor; /* 18 */
        floor = due;
        if (due <= after_ms)
            continue;
        out[count++] = (struct pending_step){
            .due_ms = due,
            .from_ms = from_ms,
            .severity = severity,
            .step = (uint8_t)i,
            .tier = rung->tier == root ? role : rung->tier,
        };
    }
    if (l->every_tier || (!count && above > ROLES_MAX && l->repeat))
        out[count++] = ladder_repeat(r, severity, role, from_ms, after_ms);
    return count;
}

/* Per tier the first of one list against the first of the other, the second
 * against the second: the earlier counts, what has no match stays. */
void ladder_join(struct run *r, struct clock_instance *to,
                 const struct pending_step *more, size_t count)
{
    bool used[CLOCK_STEPS_MAX] = {false};
    uint8_t had = to->step_count;

    for (size_t m = 0; m < count; m++) {
        uint8_t i = 0;
        while (i < had && (used[i] || to->steps[i].tier != more[m].tier))
            i++;
        if (i < had) {
            used[i] = true;
            if (more[m].due_ms < to->steps[i].due_ms)
                to->steps[i] = more[m];
        } else if (to->step_count < CLOCK_STEPS_MAX) {
            to->steps[to->step_count++] = more[m];
        } else {
            r->limit = true;
        }
    }
    steps_sort(to->steps, to->step_count);
}

/* The ladder of the case's severity joins what is pending. */
void ladder_rebuild(struct run *r, struct clock_instance *next, int64_t from_ms,
                    int64_t after_ms)
{
    struct pending_step more[CLOCK_STEPS_MAX + 1];
    size_t count = ladder_steps(r, (uint8_t)r->c->severity, role_of(r, next),
                                from_ms, after_ms, more);

    ladder_join(r, next, more, count);
}

/* A tier that is paged on its own takes over the steps that lower ladders had
 * for it and above, at their times where these are earlier (1). */
static void take_from_below(struct run *r, struct clock_instance *next,
                            uint8_t root, int64_t at_ms)
{
    for (uint8_t i = 0; i < r->c->clock_count && !r->limit; i++) {
        const struct clock_instance *k = &r->c->clocks[i];
        struct pending_step taken[CLOCK_STEPS_MAX];
        struct clock_instance rest;
        size_t count = 0;
        uint8_t kept = 0;

        if (!is_ladder(r, k) || ladder_root(r, k) >= root)
            continue;
        instance_copy(&rest, k);
        for (uint8_t s = 0; s < k->step_count; s++) {
            if (role_rank(r->policy, k->steps[s].tier) >= root)
                taken[count++] = k->steps[s];
            else
                rest.steps[kept++] = k->steps[s];
        }
        if (!count)
            continue;
        rest.step_count = kept;
        instance_put(r, &rest, at_ms);
        ladder_join(r, next, taken, count);
    }
}

/* A page to a role begins its ladder; one that runs keeps its dues. */
void ladder_arm(struct run *r, uint8_t role, int64_t from_ms)
{
    uint8_t root = role_rank(r->policy, role);
    struct text key = r->policy->roles[role ? role : 1].name;
    struct clock_instance next = {.clock = r->policy->ack_clock,
                                  .armed_at_ms = from_ms,
                                  .severity = (uint8_t)r->c->severity};

    if (!root || case_clock(r->c, next.clock, key))
        return;
    name_set(&next.key, key);
    ladder_rebuild(r, &next, from_ms, INT64_MIN);
    take_from_below(r, &next, root, from_ms);
    instance_put(r, &next, from_ms);
}

/* The tier that was called before the one of this step. */
static uint8_t tier_before(const struct run *r, const struct pending_step *p,
                           uint8_t root)
{
    const struct ladder *l = &r->policy->ladders[p->severity - 1];
    uint8_t before = root;

    for (size_t i = 0; i < l->count; i++)
        if (l->rungs[i].tier > before &&
            l->rungs[i].tier < role_rank(r->policy, p->tier))
            before = l->rungs[i].tier;
    return before;
}

static void repeat(const struct run *r, struct clock_instance *next,
                   uint8_t role, const struct pending_step *p)
{
    const struct ladder *l = ladder_now(r);
    int64_t now = late_by(r, p->due_ms) ? r->in->now_ms : p->due_ms;

    if (l->every_tier) {
        for (uint8_t i = 0; i < next->step_count; i++)
            if (next->steps[i].step == STEP_REPEAT &&
                next->steps[i].tier == role)
                return;
    } else if (next->step_count || !l->repeat ||
               ladder_root_above(r, ladder_root(r, next)) <= ROLES_MAX) {
        return;
    }
    if (next->step_count == CLOCK_STEPS_MAX)
        return;
    next->steps[next->step_count++] =
        ladder_repeat(r, (uint8_t)r->c->severity,
                      l->every_tier ? role : p->tier, p->due_ms, now);
    steps_sort(next->steps, next->step_count);
}

/* One rung; after an outage straight to the highest that is due by now. */
void ladder_fire(struct run *r, const struct clock_instance *i,
                 int64_t until_ms)
{
    struct pending_step p = i->steps[0];
    uint8_t role = role_of(r, i), root = ladder_root(r, i), done = 1;
    bool late = late_by(r, p.due_ms) > 0, climbs;
    struct clock_instance next;
    struct want *want;
    struct why why;

    for (; late && done < i->step_count && i->steps[done].due_ms <= until_ms;
         done++)
        if (role_rank(r->policy, i->steps[done].tier) >=
            role_rank(r->policy, p.tier))
            p = i->steps[done];
    climbs = role_rank(r->policy, p.tier) > root && p.step != STEP_REPEAT;
    why = (struct why){.rule = r->policy->ladders[p.severity - 1].id,
                       .at_ms = p.due_ms,
                       .from_ms = p.from_ms,
                       .span_ms = p.due_ms - p.from_ms,
                       .late_by_ms = late_by(r, p.due_ms),
                       .clock = (uint16_t)(i->clock + 1)};
    if (!why.rule.size)
        why.rule = r->policy->clocks[i->clock].name;
    instance_copy(&next, i);
    emit(r, &(struct decision){.kind = DECISION_FIRE,
                               .at_ms = p.due_ms,
                               .index = i->clock,
                               .clock = r->policy->clocks[i->clock].name,
                               .key = name_text(&next.key),
                               .tier = p.tier,
                               .rule = why.rule,
                               .generation = i->generation,
                               .due_ms = p.due_ms,
                               .late_by_ms = why.late_by_ms,
                               .from_ms = why.from_ms,
                               .span_ms = why.span_ms});
    next.step_count = (uint8_t)(next.step_count - done);
    memmove(next.steps, next.steps + done,
            next.step_count * sizeof next.steps[0]);
    repeat(r, &next, role, &p);
    instance_put(r, &next, p.due_ms);
    want = want_role(r, p.tier, role_rank(r->policy, p.tier), late, &why);
    if (!want)
        return;
    want->next = want->rung = true;
    want->escalates = climbs;
    want->previous = climbs ? tier_before(r, &p, root) : 0;
}

/* Ends the ladders that somebody of a tier may stop, withdraws what they had
 * made ring, and lets each tier begin with its first contact again. */
uint16_t ladder_stop(struct run *r, uint8_t tier, int64_t at_ms)
{
    uint16_t stopped = 0;

    for (int i = r->c->clock_count - 1; i >= 0 && !r->limit; i--) {
        const struct clock_instance *k = &r->c->clocks[i];
        if (!is_ladder(r, k) || ladder_root(r, k) > tier)
            continue;
        stopped |= (uint16_t)(1u << ladder_root(r, k));
        instance_end(r, k, at_ms);
    }
    if (!stopped)
        return 0;
    pages_prune(r, at_ms);
    for (uint8_t role = 1; role <= r->policy->role_count; role++)
        if (r->c->called[role] && !ladder_below(r, role_rank(r->policy, role)))
            emit(r, &(struct decision){
                        .kind = DECISION_CALLED, .at_ms = at_ms, .tier = role});
    return stopped;
}
