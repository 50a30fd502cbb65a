/* mutes - pages that are held: what a mute may be, whom it is for and what it
 * holds. */
#include "engine/run.h"

#include <assert.h>

#define DAY_MS INT64_C(86400000)
#define MUTE_SPAN_MAX_MS (7 * DAY_MS)

/* --- holding --- */

static bool is_customers(const struct run *r, const struct why *why)
{
    return why->clock && r->policy->clocks[why->clock - 1].customer;
}

static uint8_t rest_of(const struct mute *m)
{
    uint8_t i = 0;

    while (i < m->held_count && !held_is_rest(&m->held[i]))
        i++;
    return i;
}

/* The first line of a person beside one; held_count: he has none. */
static uint8_t line_of(const struct mute *m, struct text person, uint8_t beside)
{
    uint8_t i = 0;

    while (i < m->held_count && (i == beside || held_is_rest(&m->held[i]) ||
                                 !name_is(&m->held[i].person, person)))
        i++;
    return i;
}

static uint8_t persons_of(const struct mute *m)
{
    uint8_t count = 0;

    for (uint8_t i = 0; i < m->held_count; i++)
        if (!held_is_rest(&m->held[i]) &&
            line_of(m, name_text(&m->held[i].person), m->held_count) == i)
            count++;
    return count;
}

static void write_line(struct mute *m, const struct decision *d)
{
    struct held_page *h = &m->held[d->index];
    bool rest = d->value.size > 0;

    memset(h, 0, sizeof *h);
    name_set(&h->case_id, d->case_id);
    name_set(&h->person, rest ? name_text(&m->owner) : d->person);
    if (d->rule.size <= NAME_BYTES_MAX)
        name_set(&h->rule, d->rule);
    h->tier = rest ? 0 : d->tier;
    h->at_ms = d->at_ms;
}

void mute_apply_held(struct mute *m, const struct decision *d)
{
    uint8_t at = (uint8_t)d->index, other;
    struct held_page *h = &m->held[at];
    uint32_t more;

    assert(d->index < MUTE_HELD_MAX);
    m->held_total = (uint32_t)d->number;
    if (at >= m->held_count) {
        m->held_count = (uint8_t)(at + 1);
        write_line(m, d);
    } else if (d->value.size) {
        h->more++;
    } else if (!name_is(&h->person, d->person)) {
        other = line_of(m, name_text(&h->person), at); /* his goes there */
        assert(other < m->held_count);
        m->held[other].more += h->more + 1;
        write_line(m, d);
    } else if (name_is(&h->case_id, d->case_id) && h->tier == d->tier) {
        more = h->more;
        write_line(m, d); /* once more */
        h->more = more;
    } else {
        h->more++;
    }
}

/* As it is when what this record has held so far is in it. */
static struct mute as_of_now(const struct run *r, const struct mute *m)
{
    const struct decisions *d = &r->out->decisions;
    struct mute now = *m;

    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].kind == DECISION_HELD &&
            text_equal(d->list[i].key, name_text(&m->id)))
            mute_apply_held(&now, &d->list[i]);
    return now;
}

/* The line of the same person's page of the same case, or a new one. Where the
 * list is full: one of his; else that of somebody who has another. A person
 * beyond those that one record can call at the end is of the rest. */
static uint8_t place_of(const struct mute *m, const struct made *made,
                        struct text case_id, bool *rest)
{
    struct text person = name_text(&made->person);
    uint8_t i, its = line_of(m, person, m->held_count);

    for (i = 0; i < m->held_count; i++)
        if (!held_is_rest(&m->held[i]) && name_is(&m->held[i].person, person) &&
            name_is(&m->held[i].case_id, case_id) &&
            m->held[i].tier == made->role)
            return i;
    *rest = its == m->held_count && persons_of(m) >= MUTE_PERSONS_MAX;
    if (*rest)
        return rest_of(m);
    if (m->held_count - (rest_of(m) < m->held_count) < MUTE_HELD_MAX - 1)
        return m->held_count;
    if (its < m->held_count)
        return its;
    for (i = m->held_count; i-- > 0;)
        if (!held_is_rest(&m->held[i]) &&
            line_of(m, name_text(&m->held[i].person), i) < m->held_count)
            return i;
    assert(false && "more lines than persons");
    return 0;
}

/* The mute that holds a page: never one of S1 or S2, of a customer's clock, or
 * a digest; NULL: it is sent. */
const struct mute *mute_holds(const struct run *r, const struct made *made)
{
    uint64_t mask = r->want_mutes[made->want - r->wants];

    if (made->inform || r->c->severity < 3 || made->want->about.size ||
        is_customers(r, &made->want->why))
        return NULL;
    for (size_t i = 0; i < r->view->mute_count; i++) {
        const struct mute *m = &r->view->mutes[i];
        bool holds = m->from_ms <= r->in->now_ms &&
                     r->in->now_ms < m->until_ms && !m->ended_at_ms &&
                     !name_is(&m->id, r->case_id);

        for (uint8_t k = 0; holds && k < m->match_count; k++)
            holds = mute_matches_page(r, made, &m->matches[k], mask >> i & 1);
        if (holds)
            return m;
    }
    return NULL;
}

void mute_hold(struct run *r, const struct made *made)
{
    const struct mute *m = made->held;
    const struct why *why = &made->want->why;
    const struct mute now = as_of_now(r, m);
    bool rest = false;
    uint8_t place = place_of(&now, made, r->case_id, &rest);

    /* whatever a mute matches: S1, S2 and the customer's clocks go on */
    assert(r->c->severity >= 3 && !is_customers(r, why));

    emit(r, &(struct decision){
                .kind = DECISION_HELD,
                .at_ms = why->at_ms,
                .key = name_text(&m->id),
                .tier = made->role,
                .person = name_text(&made->person),
                .rule = why->rule,
                .clock = why->clock ? r->policy->clocks[why->clock - 1].name
                                    : (struct text){NULL, 0},
                .index = place,
                .value = rest ? TEXT("rest") : (struct text){NULL, 0},
                .number = now.held_total + 1,
                .due_ms = m->until_ms});
}

/* --- adding one --- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool read_match(struct text words, struct mute_match *m)
{
    uint32_t at = 0;

    while (at < words.size && is_word(words.data[at]))
        at++;
    return at > 0 && at + 1 < words.size && words.data[at] == '=' &&
           name_set(&m->field, (struct text){words.data, at}) &&
           name_set(&m->value,
                    (struct text){words.data + at + 1, words.size - at - 1});
}

static bool read_matches(const struct event *ev, struct mute *m)
{
    const struct value *v = event_field(ev, TEXT("match"));

    if (!v || (v->kind != VALUE_LIST && v->kind != VALUE_TEXT))
        return false;
    if (v->kind == VALUE_TEXT) {
        m->match_count = 1;
        return read_match(v->text, &m->matches[0]);
    }
    if (!v->list.count || v->list.count > MUTE_MATCHES_MAX)
        return false;
    for (uint32_t i = 0; i < v->list.count; i++)
        if (!read_match(v->list.items[i], &m->matches[m->match_count++]))
            return false;
    return true;
}

static int64_t moment(const struct event *ev, struct text name, int64_t unsaid)
{
    const struct value *v = event_field(ev, name);

    return v && v->kind == VALUE_TIME ? v->time_ms : unsaid;
}

/* A reason as long as it fits, whole characters. */
static void set_reason(struct name *n, struct text words)
{
    if (words.size > NAME_BYTES_MAX) {
        words.size = NAME_BYTES_MAX;
        while (words.size && (words.data[words.size] & 0xc0) == 0x80)
            words.size--;
    }
    name_set(n, words);
}

/* Empty: m is one. */
static struct text read_mute(const struct run *r, const struct event *ev,
                             struct mute *m)
{
    struct text reason = event_text(ev, TEXT("reason"));

    memset(m, 0, sizeof *m);
    m->from_ms = moment(ev, TEXT("from"), ev->at_ms);
    m->until_ms = moment(ev, TEXT("until"), 0);
    if (m->from_ms < ev->at_ms)
        m->from_ms = ev->at_ms;
    if (!m->until_ms || !reason.size)
        return TEXT("missing_field");
    if (m->until_ms <= m->from_ms ||
        m->until_ms - m->from_ms > MUTE_SPAN_MAX_MS)
        return TEXT("no_span");
    if (!read_matches(ev, m))
        return TEXT("bad_field");
    if (r->view->mute_count >= MUTES_MAX)
        return TEXT("limit");
    set_reason(&m->reason, reason);
    m->maintenance = event_flag(ev, TEXT("maintenance"));
    name_set(&m->id, r->case_id);
    name_set(&m->owner, ev->reporter);
    return (struct text){NULL, 0};
}

static struct text matched(const struct mute *m, struct text field)
{
    for (uint8_t i = 0; i < m->match_count; i++)
        if (name_is(&m->matches[i].field, field))
            return name_text(&m->matches[i].value);
    return (struct text){NULL, 0};
}

/* A station is its head's to mute, a region its representative's, everything
 * the highest tier's. */
static bool may_mute(const struct run *r, const struct event *ev,
                     const struct mute *m)
{
    struct text station = matched(m, TEXT("station"));
    struct text region = matched(m, TEXT("region"));
    uint8_t top = r->policy->tier_count;
    uint8_t wanted = station.size ? 2 : region.size ? 3 : top;

    if (station.size)
        region = directory_station(r->directory, station, region)->region;
    return directory_tier_of(r->directory, station, region, ev->reporter,
                             top) >= (wanted < top ? wanted : top);
}

static const struct mute *own(const struct run *r)
{
    for (size_t i = 0; i < r->view->mute_count; i++)
        if (name_is(&r->view->mutes[i].id, r->case_id))
            return &r->view->mutes[i];
    return NULL;
}

struct text mute_refuse(const struct run *r, const struct event *ev,
                        enum effect e)
{
    const struct mute *old = own(r);
    struct mute m;
    struct text why;

    if (event_is_fact(ev))
        return (struct text){NULL, 0};
    if (!ev->reporter.size)
        return TEXT("no_person");
    if (e == EFFECT_UNMUTE)
        return !old ? TEXT("not_found")
               : name_is(&old->owner, ev->reporter) || may_mute(r, ev, old)
                   ? (struct text){NULL, 0}
                   : TEXT("not_allowed");
    if (old)
        return TEXT("bad_field"); /* a window is ended, not stretched */
    why = read_mute(r, ev, &m);
    if (!why.size && !may_mute(r, ev, &m))
        why = TEXT("not_allowed");
    return why;
}

static void put(struct run *r, const struct event *ev, const struct mute *m)
{
    emit(r, &(struct decision){.kind = DECISION_MUTE,
                               .at_ms = ev->at_ms,
                               .key = name_text(&m->id),
                               .person = name_text(&m->owner),
                               .due_ms = m->ended_at_ms ? 0 : m->until_ms,
                               .from_ms = m->from_ms,
                               .number = m->held_total,
                               .mute = m});
}

static void end(struct run *r, const struct event *ev)
{
    const struct mute *old = own(r);
    struct mute m;

    if (!old)
        return;
    m = *old;
    m.ended_at_ms = ev->at_ms;
    put(r, ev, &m);
    close_case(r, ev);
    mute_release(r, old, ev);
}

void mute_run(struct run *r, const struct event *ev, enum effect e)
{
    struct mute m;

    if (e == EFFECT_UNMUTE)
        end(r, ev);
    else if (!own(r) && !read_mute(r, ev, &m).size)
        put(r, ev, &m);
}
