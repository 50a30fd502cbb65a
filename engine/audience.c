/* audience - roles by reference: one person, whom an expression names (the
 * mentor of the owner, whoever acknowledged last, whoever did the change), and
 * whom a page leaves out. */
#include "engine/run.h"

/* An event where there is none: what a timer finds is asked of the case. */
static struct value ask(struct run *r, const struct expr *e, int64_t at_ms)
{
    struct event none = {
        .kind = KIND_NONE, .source = SOURCE_SYSTEM, .at_ms = at_ms};
    struct scope s = {r, r->event ? r->event : &none};

    return expr_value(e, &s);
}

/* The person himself, on leave or not; false: nobody is named. */
bool audience_named(struct run *r, uint8_t role, int64_t at_ms,
                    struct name *who)
{
    struct value v = ask(r, &r->policy->roles[role].person, at_ms);

    return v.kind == VALUE_TEXT && v.text.size && name_set(who, v.text);
}

struct text audience_keep(struct run *r, const struct name *who)
{
    for (uint8_t i = 0; i < r->named_count; i++)
        if (name_equal(&r->named[i], who))
            return name_text(&r->named[i]);
    if (r->named_count == NAMED_MAX) {
        r->limit = true;
        return (struct text){NULL, 0};
    }
    r->named[r->named_count] = *who;
    return name_text(&r->named[r->named_count++]);
}

/* The tier as which somebody is paged; 0: as a helper, of whom no answer is
 * waited for. */
static uint8_t tier_as(const struct run *r, uint8_t role,
                       const struct name *who)
{
    const struct case_record *c = r->c;
    uint8_t rank = r->policy->roles[role].rank, tier;

    if (rank != RANK_OWN)
        return rank;
    if (name_equal(who, &c->owner))
        return 1;
    tier = directory_tier_at(r->directory, name_text(&c->station),
                             name_text(&c->region), name_text(who),
                             r->policy->tier_count, r->in->now_ms);
    return tier > 1 ? tier : 0;
}

/* Whoever is there for the role: not on leave, not kept from the customer, not
 * the owner as his own supervisor, nor anybody of the first tier but him. */
static bool find(struct run *r, uint8_t role, int64_t at_ms, struct name *who,
                 uint8_t *as)
{
    struct name named;

    if (!audience_named(r, role, at_ms, &named) ||
        !answers_for(r, name_text(&named), r->in->now_ms, who) ||
        is_excluded(r, who))
        return false;
    *as = tier_as(r, role, who);
    if (*as == 1 && !name_equal(who, &r->c->owner))
        *as = 0;
    return *as < 2 || !name_equal(who, &r->c->owner);
}

static bool is_wanted(const struct run *r, const struct name *who, bool inform)
{
    for (size_t i = 0; i < r->want_count; i++)
        if (r->wants[i].inform == inform && name_is(who, r->wants[i].person))
            return true;
    return false;
}

/* Nobody there is a visible fact, and for whom the pack names instead. */
static void nobody(struct run *r, uint8_t role, const struct why *why)
{
    emit(r, &(struct decision){.kind = DECISION_NOBODY,
                               .at_ms = why->at_ms,
                               .tier = role,
                               .role = r->policy->roles[role].name,
                               .rule = why->rule});
}

void want_reference(struct run *r, uint8_t role, bool inform, uint8_t top,
                    bool judged, bool escalates, const struct why *why)
{
    const struct role *of = &r->policy->roles[role];
    uint8_t as = 0;
    struct name who;
    struct want *w;

    if (!find(r, role, why->at_ms, &who, &as)) {
        nobody(r, role, why);
        if (of->otherwise && !inform &&
            (w = want_role(r, of->otherwise,
                           role_rank(r->policy, of->otherwise), judged, why)))
            w->escalates = escalates;
        return;
    }
    if (is_wanted(r, &who, inform) || !(w = want_add(r)))
        return;
    *w = (struct want){.role = as ? as : role,
                       .top = as > top ? as : top,
                       .inform = inform,
                       .judged = judged && !inform,
                       .escalates = escalates && as >= 2,
                       .reference = role,
                       .person = audience_keep(r, &who),
                       .why = *why};
}

static void leave_out(struct run *r, const struct name *who, uint8_t *mask)
{
    uint8_t i = 0;

    while (i < r->except_count && !name_equal(&r->excepts[i], who))
        i++;
    if (i == EXCEPTS_MAX) {
        r->limit = true;
        return;
    }
    if (i == r->except_count)
        r->excepts[r->except_count++] = *who;
    *mask |= (uint8_t)(1u << i);
}

/* Whoever is of these roles at the moment, as a mask of r->excepts. */
uint8_t audience_except(struct run *r, targets except, int64_t at_ms)
{
    struct name who[CONTACTS_MAX];
    uint8_t mask = 0;

    if (except & TARGET_OWNER && r->c->owner.size)
        leave_out(r, &r->c->owner, &mask);
    for (uint8_t role = 1; role <= r->policy->role_count; role++) {
        size_t count = 0;

        if (!(except & TARGET_ROLE(role)))
            continue;
        if (r->policy->roles[role].person.count)
            count = audience_named(r, role, at_ms, &who[0]);
        else
            count = directory_on_call(r->directory, name_text(&r->c->station),
                                      name_text(&r->c->region), role, at_ms,
                                      who, CONTACTS_MAX);
        for (size_t i = 0; i < count && !r->limit; i++)
            leave_out(r, &who[i], &mask);
    }
    return mask;
}

bool is_left_out(const struct run *r, uint8_t except, const struct name *who)
{
    for (uint8_t i = 0; i < r->except_count; i++)
        if (except & (1u << i) && name_equal(&r->excepts[i], who))
            return true;
    return false;
}
