/* answers - what people do about pages: acknowledge, take it back, snooze,
 * tell that somebody cannot be reached, escalate by hand; and what the tier
 * workers tell of a page (semantics 4, 17). */
#include "engine/run.h"

static const struct open_page *page_of(const struct run *r,
                                       const struct event *ev)
{
    const struct case_record *c = r->c;
    const struct open_page *mine = NULL;

    for (uint8_t i = 0; i < c->page_count; i++) {
        const struct open_page *p = &c->pages[i];
        if (name_is(&p->person, ev->reporter) &&
            (!mine || name_is(&p->id, r->in->page_id) ||
             !name_is(&mine->id, r->in->page_id)))
            mine = p;
    }
    return mine;
}

/* The tier for which somebody acknowledges: by roster, or by the page that
 * reached him. What another system took note of stops everything. */
static uint8_t answering_tier(const struct run *r, const struct event *ev)
{
    const struct open_page *p;
    uint8_t tier, rank;

    if (ev->source == SOURCE_IMPORT)
        return r->policy->tier_count;
    p = page_of(r, ev);
    tier = reporter_tier(r, ev);
    rank = p ? role_rank(r->policy, p->tier) : 0;
    return rank > tier ? rank : tier;
}

/* A page is named that waits for somebody above him: it is not his, and goes
 * on waiting. */
static bool names_a_higher_page(const struct run *r, const struct event *ev,
                                uint8_t tier)
{
    for (uint8_t i = 0; i < r->c->page_count; i++) {
        const struct open_page *p = &r->c->pages[i];

        if (name_is(&p->id, r->in->page_id))
            return !name_is(&p->person, ev->reporter) &&
                   role_rank(r->policy, p->tier) > tier;
    }
    return false;
}

struct text answer_refuse(struct run *r, const struct event *ev, enum effect e)
{
    const struct text fine = {NULL, 0};
    uint8_t tier;

    if (e == EFFECT_NEXT_CONTACT || e == EFFECT_ESCALATE || event_is_fact(ev))
        return fine;
    if (!ev->reporter.size)
        return TEXT("no_person");
    tier = answering_tier(r, ev);
    if (!tier)
        return TEXT("not_on_duty");
    if (e == EFFECT_ACKNOWLEDGE && names_a_higher_page(r, ev, tier))
        return TEXT("not_enough_authority");
    if (e == EFFECT_ACKNOWLEDGE && !page_of(r, ev) && !ladder_below(r, tier))
        return TEXT("already_acknowledged");
    if (e == EFFECT_SNOOZE && r->c->severity == 1)
        return TEXT("severity_1");
    return fine;
}

static void acknowledge(struct run *r, const struct event *ev)
{
    const struct case_record *c = r->c;
    uint8_t tier = answering_tier(r, ev);
    const struct open_page *p = page_of(r, ev);
    uint16_t mask = c->acknowledged_tiers;

    if (!p && !ladder_below(r, tier))
        return;
    for (uint8_t i = 0; i < c->clock_count; i++)
        if (is_ladder(r, &c->clocks[i]) &&
            ladder_root(r, &c->clocks[i]) <= tier)
            mask |= (uint16_t)(1u << ladder_root(r, &c->clocks[i]));
    mask |= (uint16_t)(1u << tier);
    emit(r, &(struct decision){.kind = DECISION_ACKNOWLEDGE,
                               .at_ms = ev->at_ms,
                               .tier = tier,
                               .person = ev->reporter,
                               .page_id = p ? name_text(&p->id)
                                            : (struct text){NULL, 0},
                               .number = mask});
    ladder_stop(r, tier, ev->at_ms);
}

static struct why why_of(const struct run *r, const struct event *ev)
{
    return (struct why){.rule = r->policy->kinds[ev->kind].name,
                        .at_ms = ev->at_ms,
                        .late_by_ms = late_by(r, ev->at_ms)};
}

/* The wait for an answer begins again, with the next contact of the tier. */
static void unacknowledge(struct run *r, const struct event *ev)
{
    uint8_t tier = reporter_tier(r, ev);
    struct why why = why_of(r, ev);
    struct want *w;

    if (tier <= 1) {
        ladder_arm(r, 1, ev->at_ms);
        return;
    }
    w = want_role(r, tier, tier, false, &why);
    if (w)
        w->other = ev->reporter;
}

static void snooze(struct run *r, const struct event *ev)
{
    const struct value *v = event_field(ev, TEXT("minutes"));
    int64_t wait_ms = v && v->kind == VALUE_NUMBER ? v->thousandths * 60
                                                   : r->policy->snooze_max_ms;

    if (r->c->severity == 1 || wait_ms <= 0)
        return;
    if (wait_ms > r->policy->snooze_max_ms)
        wait_ms = r->policy->snooze_max_ms;
    emit(r, &(struct decision){.kind = DECISION_SET,
                               .at_ms = ev->at_ms,
                               .index = CASE_FIELD_SNOOZED_BY,
                               .value = ev->reporter});
    emit(r, &(struct decision){.kind = DECISION_SET,
                               .at_ms = ev->at_ms,
                               .index = CASE_FIELD_SNOOZED_UNTIL,
                               .number = ev->at_ms + wait_ms});
}

static uint8_t tier_of(const struct run *r, struct text person)
{
    const struct case_record *c = r->c;

    if (name_is(&c->owner, person))
        return 1;
    return directory_tier_at(r->directory, name_text(&c->station),
                             name_text(&c->region), person,
                             r->policy->tier_count, r->in->now_ms);
}

static struct want *want_found(struct run *r, uint8_t role)
{
    for (size_t i = 0; i < r->want_count; i++)
        if (r->wants[i].role == role && !r->wants[i].inform)
            return &r->wants[i];
    return NULL;
}

/* Unreachable: the next contact of the tier at once, the second time the next
 * tier. A call that was not answered is no acknowledgement. */
static void next_contact(struct run *r, const struct event *ev)
{
    struct text person = event_text(ev, TEXT("person"));
    struct why why = why_of(r, ev);
    uint8_t tier = tier_of(r, person), to;
    bool again;
    struct want *w;

    if (!tier)
        tier = 2;
    again = r->c->unreachable[tier] > 0;
    emit(r, &(struct decision){.kind = DECISION_UNREACHABLE,
                               .at_ms = ev->at_ms,
                               .tier = tier,
                               .person = person,
                               .number = again ? 0 : 1});
    to = again || tier == 1 ? (uint8_t)(tier + 1) : tier;
    if (to > r->policy->tier_count)
        to = r->policy->tier_count;
    w = want_role(r, to, to, false, &why);
    if (!w)
        w = want_found(r, to); /* the rule named the tier: not this person */
    if (!w)
        return;
    w->other = person;
    w->escalates = to > tier;
    w->previous = tier;
}

static void escalate(struct run *r, const struct event *ev)
{
    struct text to = event_text(ev, TEXT("to"));
    uint8_t from = reporter_tier(r, ev);
    uint8_t role = policy_role(r->policy, to);
    uint8_t tier = role || !to.size ? 0 : tier_of(r, to);
    struct why why = why_of(r, ev);
    struct want *w;

    if (!role)
        role = tier > 1 ? tier : (uint8_t)((from ? from : 1) + 1);
    if (role > r->policy->tier_count && !policy_role(r->policy, to))
        role = r->policy->tier_count;
    w = want_role(r, role, role_rank(r->policy, role), false, &why);
    if (!w)
        return;
    if (tier > 1)
        w->person = to;
    w->escalates = true;
    w->previous = from;
}

void answer_run(struct run *r, const struct event *ev, enum effect e)
{
    switch (e) {
    case EFFECT_ACKNOWLEDGE:
        acknowledge(r, ev);
        break;
    case EFFECT_UNACKNOWLEDGE:
        unacknowledge(r, ev);
        break;
    case EFFECT_SNOOZE:
        snooze(r, ev);
        break;
    case EFFECT_NEXT_CONTACT:
        next_contact(r, ev);
        break;
    default:
        escalate(r, ev);
        break;
    }
}

/* A page that no channel could deliver calls the next contact, each at most
 * once; after that the ladder's own pace holds. */
static void try_next(struct run *r, const struct open_page *p)
{
    const struct why why = {.rule = TEXT("notify.failed"),
                            .at_ms = r->in->at_ms};
    struct name who[CONTACTS_MAX];
    uint8_t role = p->tier;
    struct want *w;

    if (role < 2 ||
        r->c->called[role] >= contacts_of(r, role, r->in->now_ms, who))
        return;
    w = want_role(r, role, role_rank(r->policy, role), false, &why);
    if (w)
        w->next = true;
}

void answer_receipt(struct run *r)
{
    const struct input *in = r->in;
    const struct case_record *c = r->c;

    emit(r, &(struct decision){.kind = in->delivered ? DECISION_DELIVERED
                                                     : DECISION_FAILED,
                               .at_ms = in->at_ms,
                               .page_id = in->page_id,
                               .method = in->channel});
    for (uint8_t i = 0; i < c->page_count && !in->delivered; i++)
        if (name_is(&c->pages[i].id, in->page_id)) {
            try_next(r, &c->pages[i]);
            return;
        }
}
