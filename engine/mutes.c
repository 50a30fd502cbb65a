/* mutes - pages that are held: what a mute may be, whom it is for, what it
 * holds and what becomes of that at its end. */
#include "engine/run.h"

#include <assert.h>

#define DAY_MS INT64_C(86400000)
#define MUTE_SPAN_MAX_MS (7 * DAY_MS)

enum { MORE_BYTES = 12 }; /* of put_more */

/* --- what matches --- */

static bool number_is(uint64_t n, struct text wanted)
{
    char digits[TEXT_DIGITS_MAX];
    uint32_t size = text_digits(digits, n);

    return text_equal((struct text){digits, size}, wanted);
}

static bool value_is(const struct value *v, struct text wanted)
{
    switch (v->kind) {
    case VALUE_TEXT:
        return text_equal(v->text, wanted);
    case VALUE_NUMBER:
        return v->thousandths % 1000 == 0 && v->thousandths >= 0 &&
               number_is((uint64_t)v->thousandths / 1000, wanted);
    case VALUE_FLAG:
        return text_equal(v->flag ? TEXT("true") : TEXT("false"), wanted);
    case VALUE_LIST:
        for (uint32_t i = 0; i < v->list.count; i++)
            if (text_equal(v->list.items[i], wanted))
                return true;
        return false;
    default:
        return false;
    }
}

/* Fields of a page: known when its person is. */
static bool is_of_page(struct text field)
{
    return text_equal(field, TEXT("rule")) ||
           text_equal(field, TEXT("clock")) ||
           text_equal(field, TEXT("tier")) ||
           text_equal(field, TEXT("person")) ||
           text_equal(field, TEXT("role")) ||
           text_equal(field, TEXT("severity"));
}

/* Fields of a case, as its row calls them. */
/* clang-format off */
#define CASE_WORDS(X)                                                          \
    X("case_id",      name_text(&c->id))                                       \
    X("station",      name_text(&c->station))                                  \
    X("region",       name_text(&c->region))                                   \
    X("product_line", name_text(&c->product_line))                             \
    X("customer_id",  name_text(&c->customer))                                 \
    X("asset_id",     name_text(&c->asset))                                    \
    X("owner",        name_text(&c->owner))                                    \
    X("state",        text_of(case_status_name(c->status)))
/* clang-format on */

static bool of_case(const struct run *r, struct text field, struct text *value)
{
    const struct case_record *c = r->c;

#define X(word, its)                                                           \
    if (text_equal(field, TEXT(word))) {                                       \
        *value = its;                                                          \
        return true;                                                           \
    }
    CASE_WORDS(X)
#undef X
    return false;
}

static bool event_matches(const struct run *r, const struct event *ev,
                          const struct mute_match *m)
{
    struct text field = name_text(&m->field), value;
    const struct value *v;

    if (is_of_page(field) || of_case(r, field, &value))
        return true; /* asked when the page is made */
    if (text_equal(field, TEXT("kind")))
        return name_is(&m->value, r->policy->kinds[ev->kind].name);
    if (text_equal(field, TEXT("reporter")))
        return name_is(&m->value, ev->reporter);
    v = event_field(ev, field);
    return v && value_is(v, name_text(&m->value));
}

/* A bit for each mute that asks nothing of the event that it is not. */
uint64_t mutes_of_event(const struct run *r, const struct event *ev)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < r->view->mute_count; i++) {
        const struct mute *m = &r->view->mutes[i];
        uint8_t k = 0;

        while (k < m->match_count && event_matches(r, ev, &m->matches[k]))
            k++;
        if (k == m->match_count)
            mask |= UINT64_C(1) << i;
    }
    return mask;
}

static bool page_matches(const struct run *r, const struct made *made,
                         const struct mute_match *m, bool event_is_fine)
{
    const struct why *why = &made->want->why;
    struct text field = name_text(&m->field), wanted = name_text(&m->value);
    struct text value = {NULL, 0};

    if (text_equal(field, TEXT("rule")))
        value = why->rule;
    else if (text_equal(field, TEXT("clock")) && why->clock)
        value = r->policy->clocks[why->clock - 1].name;
    else if (text_equal(field, TEXT("tier")) || text_equal(field, TEXT("role")))
        value = r->policy->roles[made->role ? made->role : 1].name;
    else if (text_equal(field, TEXT("person")))
        value = name_text(&made->person);
    else if (text_equal(field, TEXT("severity")))
        return number_is((uint64_t)r->c->severity, wanted) ||
               (wanted.size == 2 && wanted.data[0] == 'S' &&
                wanted.data[1] - '0' == r->c->severity);
    else if (!of_case(r, field, &value))
        return event_is_fine;
    return text_equal(value, wanted);
}

/* --- holding --- */

static bool is_customers(const struct run *r, const struct why *why)
{
    return why->clock && r->policy->clocks[why->clock - 1].customer;
}

/* Of several lines, for whoever muted: what has no line of its own. */
static bool is_rest(const struct held_page *h)
{
    return h->tier == 0;
}

static uint8_t rest_of(const struct mute *m)
{
    uint8_t i = 0;

    while (i < m->held_count && !is_rest(&m->held[i]))
        i++;
    return i;
}

/* The first line of a person beside one; held_count: he has none. */
static uint8_t line_of(const struct mute *m, struct text person, uint8_t beside)
{
    uint8_t i = 0;

    while (i < m->held_count && (i == beside || is_rest(&m->held[i]) ||
                                 !name_is(&m->held[i].person, person)))
        i++;
    return i;
}

static uint8_t persons_of(const struct mute *m)
{
    uint8_t count = 0;

    for (uint8_t i = 0; i < m->held_count; i++)
        if (!is_rest(&m->held[i]) &&
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
        if (!is_rest(&m->held[i]) && name_is(&m->held[i].person, person) &&
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
        if (!is_rest(&m->held[i]) &&
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
            holds = page_matches(r, made, &m->matches[k], mask >> i & 1);
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

/* --- its end --- */

/* Whether a page that was held is still somebody's to answer. */
static bool is_wanted_still(const struct run *r, const struct held_page *p)
{
    struct case_record other;

    if (p->more || is_rest(p))
        return true; /* of cases that the line does not name */
    if (!r->view->find_case(r->view->context, name_text(&p->case_id), &other) ||
        (other.status != CASE_OPEN && other.status != CASE_WAITING) ||
        other.acknowledged_at_ms >= p->at_ms ||
        (p->tier >= 2 && name_equal(&other.owner, &p->person)))
        return false;
    for (uint8_t i = 0; i < other.excluded_count; i++)
        if (name_equal(&other.excluded[i], &p->person))
            return false;
    return true;
}

/* As the pack calls it, else by the kind of event. */
static struct text rule_of(const struct run *r, const struct event *ev)
{
    const struct kind_rule *kind = &r->policy->kinds[ev->kind];

    return kind->rule_count && kind->rules[0].id.size ? kind->rules[0].id
                                                      : kind->name;
}

static struct want *digest_of(struct run *r, const struct held_page *p,
                              const struct event *ev)
{
    uint8_t role = is_rest(p) ? 2 : p->tier;
    struct want *w;

    for (size_t i = 0; i < r->want_count; i++)
        if (r->wants[i].about.size && name_is(&p->person, r->wants[i].person))
            return &r->wants[i];
    if (!(w = want_add(r)))
        return NULL;
    *w = (struct want){.role = role,
                       .top = role_rank(r->policy, role),
                       .rung = true,
                       .person = audience_keep(r, &p->person),
                       .why = {.rule = rule_of(r, ev),
                               .at_ms = ev->at_ms,
                               .late_by_ms = late_by(r, ev->at_ms)}};
    return w;
}

/* " +17": so many more pages than are named. */
static uint32_t put_more(uint32_t more, char *words, bool spaced)
{
    uint32_t size = 0;

    if (!more)
        return 0;
    if (spaced)
        words[size++] = ' ';
    words[size++] = '+';
    return size + text_digits(words + size, more);
}

/* The cases of a person's lines, and how many pages more; into the words of the
 * decisions. */
static struct text words_of_lines(struct run *r, const struct mute *m,
                                  const bool *wanted, uint8_t first,
                                  uint32_t *more)
{
    struct decisions *d = &r->out->decisions;
    char *words = d->words + d->words_used;
    uint32_t size = 0;

    *more = 0;
    for (uint8_t k = first; k < m->held_count; k++) {
        const struct held_page *h = &m->held[k];

        if (!wanted[k] || !name_equal(&h->person, &m->held[first].person))
            continue;
        *more += h->more;
        if (d->words_used + size + h->case_id.size + 1 + MORE_BYTES >
            DECISION_WORDS_MAX) {
            *more += 1;
            continue;
        }
        if (size)
            words[size++] = ' ';
        memcpy(words + size, h->case_id.data, h->case_id.size);
        size += h->case_id.size;
    }
    return (struct text){words, size};
}

/* As much of them as a name holds, and how many pages more. */
static void set_key(struct name *key, struct text ids, uint32_t more)
{
    char words[NAME_BYTES_MAX];
    uint32_t size = ids.size;

    while (size > NAME_BYTES_MAX - (more ? MORE_BYTES : 0)) {
        while (size && ids.data[--size] != ' ')
            ; /* whole ids */
        more++;
    }
    memcpy(words, ids.data, size);
    size += put_more(more, words + size, size > 0);
    name_set(key, (struct text){words, size});
}

/* One page per person for all that he has missed and that still matters. */
static void release(struct run *r, const struct mute *m, const struct event *ev)
{
    bool wanted[MUTE_HELD_MAX];

    for (uint8_t i = 0; i < m->held_count; i++)
        wanted[i] = is_wanted_still(r, &m->held[i]);
    for (uint8_t i = 0; i < m->held_count && !r->limit; i++) {
        struct decisions *d = &r->out->decisions;
        struct text ids;
        uint32_t more;
        struct want *w;

        if (!wanted[i])
            continue;
        w = digest_of(r, &m->held[i], ev);
        if (!w || w->about.size)
            continue;
        ids = words_of_lines(r, m, wanted, i, &more);
        set_key(&w->why.key, ids, more);
        if (d->words_used + ids.size + MORE_BYTES <= DECISION_WORDS_MAX)
            ids.size += put_more(more, d->words + d->words_used + ids.size,
                                 ids.size > 0);
        d->words_used += ids.size;
        w->about = ids;
    }
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
    release(r, old, ev);
}

void mute_run(struct run *r, const struct event *ev, enum effect e)
{
    struct mute m;

    if (e == EFFECT_UNMUTE)
        end(r, ev);
    else if (!own(r) && !read_mute(r, ev, &m).size)
        put(r, ev, &m);
}
