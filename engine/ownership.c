/* ownership - exactly one owner: the first who was asked, until another has
 * accepted or a supervisor orders otherwise. */
#include "engine/run.h"

/* The tier a reporter counts as; the owner is of the first, whatever else he
 * may be. 0: nobody we know. */
uint8_t reporter_tier(const struct run *r, const struct event *ev)
{
    const struct case_record *c = r->c;
    const struct policy *p = r->policy;
    struct name who[CONTACTS_MAX];
    uint8_t tier;

    if (!ev->reporter.size)
        return 0;
    if (name_is(&c->owner, ev->reporter))
        return 1;
    tier = directory_tier_at(r->directory, name_text(&c->station),
                             name_text(&c->region), ev->reporter, p->tier_count,
                             ev->at_ms);
    for (uint8_t role = (uint8_t)(p->tier_count + 1);
         !tier && role <= p->role_count; role++) {
        size_t count = directory_on_call(r->directory, name_text(&c->station),
                                         name_text(&c->region), role, ev->at_ms,
                                         who, CONTACTS_MAX);
        for (size_t i = 0; i < count; i++)
            if (name_is(&who[i], ev->reporter))
                tier = p->roles[role].rank;
    }
    return tier;
}

/* What was journaled goes before the directory's absences; the one leads to the
 * other, a few times at most. */
bool answers_for(const struct run *r, struct text person, int64_t at_ms,
                 struct name *out)
{
    const struct view *v = r->view;
    struct name who, next;

    if (!v->find_stand_in)
        return directory_answers_for(r->directory, person, at_ms, out);
    if (!name_set(&who, person))
        return false;
    for (int hops = 0; hops < STAND_INS_MAX; hops++) {
        bool told = v->find_stand_in(v->context, name_text(&who), at_ms, &next);

        if (!told &&
            !directory_answers_for(r->directory, name_text(&who), at_ms, &next))
            return false;
        if (!next.size)
            return false;
        *out = next;
        if (name_equal(&who, &next))
            return true;
        who = next;
    }
    return false; /* in a circle */
}

/* The event at hand says that he goes, and is no stand-in yet. */
static bool goes_now(const struct run *r, const struct event *ev,
                     const struct name *who)
{
    const struct kind_rule *kind;
    bool stands_in = false;

    if (ev->kind >= r->policy->kind_count ||
        !name_is(who, event_text(ev, TEXT("person"))))
        return false;
    kind = &r->policy->kinds[ev->kind];
    for (size_t i = 0; i < kind->effect_count; i++)
        stands_in |= kind->effects[i].effect == EFFECT_STAND_IN;
    return stands_in && stand_in_from(ev) <= ev->at_ms;
}

/* Whoever leads the station now, or stands in for him; where the slot is empty,
 * the tier above. Nobody who is kept from the customer. */
static bool find_head(const struct run *r, const struct event *ev,
                      struct text station, struct text region, struct name *out)
{
    struct name who[CONTACTS_MAX], one;

    for (uint8_t tier = 2; tier <= r->policy->tier_count; tier++) {
        size_t count = directory_on_call(r->directory, station, region, tier,
                                         ev->at_ms, who, CONTACTS_MAX);

        for (size_t i = 0; i < count; i++) {
            if (!answers_for(r, name_text(&who[i]), ev->at_ms, &one) ||
                is_excluded(r, &one) || goes_now(r, ev, &one))
                continue;
            *out = one;
            return true;
        }
    }
    return false;
}

static bool is_first_asked(const struct run *r, const struct event *ev)
{
    uint8_t tier = reporter_tier(r, ev);

    return tier == 1 || tier == 2 ||
           (ev->reporter.size &&
            text_equal(ev->reporter_role, r->policy->roles[1].name));
}

/* Whom it was offered to before is not asked any more. */
static void offered(struct run *r, int64_t at_ms, struct text to)
{
    struct name before = r->c->offered_to;

    if (name_is(&before, to) || (!before.size && !to.size))
        return;
    if (before.size)
        pages_withdraw_helper(r, name_text(&before), at_ms);
    emit(r, &(struct decision){.kind = DECISION_SET,
                               .at_ms = at_ms,
                               .index = CASE_FIELD_OFFERED_TO,
                               .value = to});
}

/* A crisis rings at each of its tiers until somebody answers: another owner is
 * no answer, but for one who comes for it himself. */
static bool rings_on(const struct run *r, struct text who)
{
    return r->policy->ladders[r->c->severity - 1].every_tier &&
           !(r->event && text_equal(r->event->reporter, who));
}

static void own(struct run *r, int64_t at_ms, struct text person)
{
    struct name before = r->c->owner, after;
    const struct clock_instance *ladder;
    struct text who;

    if (!name_set(&after, person)) {
        r->limit = true;
        return;
    }
    who = name_text(&after);

    offered(r, at_ms, (struct text){NULL, 0});
    if (name_is(&before, who) || r->limit)
        return;
    emit(r, &(struct decision){.kind = DECISION_ASSIGN,
                               .at_ms = at_ms,
                               .person = who,
                               .value = name_text(&before)});
    if (!before.size)
        return;
    pages_withdraw_owner(r, name_text(&before), at_ms);
    ladder = case_clock(r->c, r->policy->ack_clock, r->policy->roles[1].name);
    if (!ladder || rings_on(r, who))
        return;
    instance_end(r, ladder, at_ms); /* it waited for the one before */
    pages_prune(r, at_ms);
}

static void own_head(struct run *r, const struct event *ev)
{
    struct name head;

    if (find_head(r, ev, name_text(&r->c->station), name_text(&r->c->region),
                  &head))
        own(r, ev->at_ms, name_text(&head));
    else
        emit(r, &(struct decision){
                    .kind = DECISION_NOBODY, .at_ms = ev->at_ms, .tier = 2});
}

/* What its station's head is to see to: nobody else is asked. */
static bool is_for_head(const struct run *r, const struct event *ev)
{
    const struct kind_rule *kind = &r->policy->kinds[ev->kind];

    if (ev->kind >= r->policy->kind_count)
        return false; /* of a kind that nobody knows */
    for (size_t i = 0; i < kind->effect_count; i++)
        if (kind->effects[i].effect == EFFECT_TO_HEAD)
            return true;
    return false;
}

void owner_at_opening(struct run *r, const struct event *ev)
{
    const struct case_record *c = r->c;
    struct text who = event_text(ev, TEXT("owner"));
    struct name found;

    if (is_for_head(r, ev)) {
        own_head(r, ev);
        return;
    }
    if (!who.size)
        who = event_text(ev, TEXT("to"));
    if (!who.size && is_first_asked(r, ev))
        who = ev->reporter;
    if (!who.size || !answers_for(r, who, ev->at_ms, &found)) {
        if (!find_head(r, ev, name_text(&c->station), name_text(&c->region),
                       &found)) {
            emit(r, &(struct decision){.kind = DECISION_NOBODY,
                                       .at_ms = ev->at_ms,
                                       .tier = 2});
            if (!who.size || !name_set(&found, who))
                return;
        }
    }
    own(r, ev->at_ms, name_text(&found));
}

static bool is_frozen_for(const struct run *r, const struct event *ev)
{
    return r->c->owner_frozen && reporter_tier(r, ev) < 2;
}

static bool is_offered_to(const struct run *r, struct text who)
{
    return who.size && name_is(&r->c->offered_to, who);
}

struct text owner_refuse(struct run *r, const struct event *ev, enum effect e)
{
    struct text to = event_text(ev, TEXT("to"));
    struct text next = e == EFFECT_TAKE                 ? ev->reporter
                       : e == EFFECT_ACCEPT && !to.size ? ev->reporter
                                                        : to;

    if ((e == EFFECT_ASSIGN || e == EFFECT_OFFER || e == EFFECT_ACCEPT ||
         e == EFFECT_TAKE || e == EFFECT_SWAP) &&
        !event_is_fact(ev) &&
        (is_kept_away(r, next) ||
         (e == EFFECT_SWAP && to.size &&
          text_equal(to, event_text(ev, TEXT("from"))))))
        return TEXT("kept_away");
    switch (e) {
    case EFFECT_ACCEPT:
        if (!is_offered_to(r, ev->reporter) && !is_offered_to(r, to))
            return TEXT("not_offered");
        break;
    case EFFECT_REJECT:
        if (!event_is_fact(ev) && !is_offered_to(r, ev->reporter))
            return TEXT("not_offered");
        return (struct text){NULL, 0};
    case EFFECT_OFFER:
        if (to.size && !event_is_fact(ev) && name_is(&r->c->owner, to))
            return TEXT("already_owner");
        return (struct text){NULL, 0};
    case EFFECT_ASSIGN:
    case EFFECT_HAND_TO_GROUP:
        if (!to.size)
            return TEXT("no_receiver");
        break;
    case EFFECT_TAKE:
        if (!ev->reporter.size)
            return TEXT("no_person");
        break;
    default:
        return (struct text){NULL, 0};
    }
    if (is_frozen_for(r, ev))
        return TEXT("owner_frozen");
    return (struct text){NULL, 0};
}

/* Owned by its head until somebody there takes it. */
static void hand_to_group(struct run *r, const struct event *ev,
                          struct text group)
{
    const struct station *s;
    struct text region = name_text(&r->c->region);
    struct name head;

    if (!group.size || group.size > NAME_BYTES_MAX)
        return;
    s = directory_station(r->directory, group, region);
    if (text_equal(s->id, group) && s->region.size)
        region = s->region;
    if (!name_is(&r->c->region, region))
        emit(r, &(struct decision){.kind = DECISION_SET,
                                   .at_ms = ev->at_ms,
                                   .index = CASE_FIELD_REGION,
                                   .value = region});
    if (!name_is(&r->c->station, group))
        emit(r, &(struct decision){.kind = DECISION_SET,
                                   .at_ms = ev->at_ms,
                                   .index = CASE_FIELD_STATION,
                                   .value = group});
    run_place(r);
    if (find_head(r, ev, group, name_text(&r->c->region), &head))
        own(r, ev->at_ms, name_text(&head));
    else
        emit(r, &(struct decision){
                    .kind = DECISION_NOBODY, .at_ms = ev->at_ms, .tier = 2});
}

static void exclude(struct run *r, struct text person, int64_t at_ms)
{
    if (!person.size || is_kept_away(r, person))
        return;
    emit(r, &(struct decision){
                .kind = DECISION_EXCLUDE, .at_ms = at_ms, .person = person});
    pages_withdraw_person(r, person, at_ms);
}

/* Whoever leads the station answers for what was his. */
static void keep_away(struct run *r, const struct event *ev, struct text person)
{
    int64_t at_ms = ev->at_ms;

    exclude(r, person, at_ms);
    if (name_is(&r->c->offered_to, person))
        offered(r, at_ms, (struct text){NULL, 0});
    if (name_is(&r->c->owner, person))
        own_head(r, ev);
}

static void swap(struct run *r, const struct event *ev, struct text to)
{
    struct text from = event_text(ev, TEXT("from"));
    struct name head;

    exclude(r, from, ev->at_ms);
    if (to.size)
        own(r, ev->at_ms, to);
    else if (name_is(&r->c->owner, from) &&
             find_head(r, ev, name_text(&r->c->station),
                       name_text(&r->c->region), &head))
        own(r, ev->at_ms, name_text(&head));
}

void owner_run(struct run *r, const struct event *ev, enum effect e)
{
    struct text to = event_text(ev, TEXT("to"));

    switch (e) {
    case EFFECT_ASSIGN:
        if (to.size)
            own(r, ev->at_ms, to);
        break;
    case EFFECT_HAND_TO_GROUP:
        hand_to_group(r, ev, to);
        break;
    case EFFECT_OFFER:
        if (to.size)
            offered(r, ev->at_ms, to);
        break;
    case EFFECT_REJECT:
        offered(r, ev->at_ms, (struct text){NULL, 0});
        break;
    case EFFECT_ACCEPT:
        if (r->c->offered_to.size)
            to = name_text(&r->c->offered_to);
        else if (!to.size)
            to = ev->reporter;
        if (to.size)
            own(r, ev->at_ms, to);
        break;
    case EFFECT_TAKE:
        if (ev->reporter.size)
            own(r, ev->at_ms, ev->reporter);
        break;
    case EFFECT_KEEP_AWAY:
        keep_away(r, ev, to);
        break;
    case EFFECT_TO_HEAD:
        own_head(r, ev);
        break;
    case EFFECT_FREEZE_OWNER:
        if (!r->c->owner_frozen)
            emit(r, &(struct decision){.kind = DECISION_SET,
                                       .at_ms = ev->at_ms,
                                       .index = CASE_FIELD_OWNER_FROZEN,
                                       .number = 1});
        break;
    default:
        swap(r, ev, to);
        break;
    }
}
