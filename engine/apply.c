/* apply - copies one decision into a case. No policy, no arithmetic, no way to
 * fail: the bounds were answered for when it was decided, and are asserted. */
#include "engine/decision.h"

#include <assert.h>
#include <stddef.h>

void instance_copy(struct clock_instance *to, const struct clock_instance *from)
{
    memcpy(to, from, offsetof(struct clock_instance, steps));
    memcpy(to->steps, from->steps, from->step_count * sizeof from->steps[0]);
    if (from->pause_count)
        memcpy(to->pauses, from->pauses,
               from->pause_count * sizeof from->pauses[0]);
}

#define COPY_LIST(list, count)                                                 \
    if (from->count)                                                           \
    memcpy(to->list, from->list, from->count * sizeof from->list[0])

void case_copy(struct case_record *to, const struct case_record *from)
{
    memcpy(to, from, offsetof(struct case_record, clocks));
    for (uint8_t i = 0; i < from->clock_count; i++)
        instance_copy(&to->clocks[i], &from->clocks[i]);
    COPY_LIST(promises, promise_count);
    COPY_LIST(pages, page_count);
    COPY_LIST(excluded, excluded_count);
    COPY_LIST(items, item_count);
    COPY_LIST(bookings, booking_count);
    COPY_LIST(groups, group_count);
}

void case_init(struct case_record *c)
{
    memset(c, 0, offsetof(struct case_record, clocks));
}

void case_stamp(struct case_record *c, uint64_t sequence)
{
    if (!c->opened_sequence)
        c->opened_sequence = sequence;
    c->last_sequence = sequence;
}

static void set_name(struct name *n, struct text t)
{
    bool fits = name_set(n, t);
    assert(fits);
}

static struct clock_instance *clock_of(struct case_record *c, uint16_t clock,
                                       struct text key)
{
    for (uint8_t i = 0; i < c->clock_count; i++)
        if (c->clocks[i].clock == clock && name_is(&c->clocks[i].key, key))
            return &c->clocks[i];
    return NULL;
}

static void apply_open(struct case_record *c, const struct decision *d)
{
    case_init(c);
    set_name(&c->id, d->case_id);
    set_name(&c->rules, d->value);
    c->status = CASE_OPEN;
    c->severity = c->severity_before = SEVERITIES;
    c->opened_at_ms = d->at_ms;
}

#define SET_text(member) set_name(&c->member, d->value)
#define SET_number(member) (c->member = d->number)

static void apply_set(struct case_record *c, const struct decision *d)
{
    switch ((enum case_field)d->index) {
#define X(name, code, type, member)                                            \
    case CASE_FIELD_##name:                                                    \
        SET_##type(member);                                                    \
        return;
        CASE_FIELDS(X)
#undef X
    }
    assert(false && "a field that is no field");
}

static void apply_arm(struct case_record *c, const struct decision *d)
{
    struct clock_instance *i = clock_of(c, d->index, d->key);

    assert(d->instance);
    if (!i) {
        assert(c->clock_count < CASE_CLOCKS_MAX);
        i = &c->clocks[c->clock_count++];
    }
    instance_copy(i, d->instance);
    if (c->next_generation < d->generation)
        c->next_generation = d->generation;
}

static void apply_cancel(struct case_record *c, const struct decision *d)
{
    struct clock_instance *i = clock_of(c, d->index, d->key);
    struct clock_instance *last;

    if (!i)
        return;
    last = &c->clocks[--c->clock_count];
    if (i != last)
        instance_copy(i, last);
}

static void apply_promise(struct case_record *c, const struct decision *d)
{
    struct promise *slot = NULL, *ended = NULL;

    assert(d->promise);
    for (uint8_t i = 0; i < c->promise_count && !slot; i++) {
        struct promise *p = &c->promises[i];
        if (name_is(&p->id, d->key))
            slot = p;
        else if (!ended && p->state != PROMISE_OPEN)
            ended = p;
    }
    if (!slot && c->promise_count < CASE_PROMISES_MAX)
        slot = &c->promises[c->promise_count++];
    if (!slot)
        slot = ended; /* full: the oldest that is over makes room */
    assert(slot);
    *slot = *d->promise;
}

static void apply_item(struct case_record *c, const struct decision *d)
{
    assert(d->item && d->number >= 0 && d->number <= c->item_count &&
           d->number < CASE_ITEMS_MAX);
    c->items[d->number] = *d->item;
    if (d->number == c->item_count)
        c->item_count++;
}

static void drop_page(struct case_record *c, struct text id)
{
    for (uint8_t i = 0; i < c->page_count; i++) {
        if (!name_is(&c->pages[i].id, id))
            continue;
        memmove(&c->pages[i], &c->pages[i + 1],
                (size_t)(c->page_count - i - 1) * sizeof c->pages[0]);
        c->page_count--;
        return;
    }
}

static void apply_page(struct case_record *c, const struct decision *d)
{
    struct open_page *p;

    assert(c->page_count < CASE_PAGES_MAX);
    p = &c->pages[c->page_count++];
    set_name(&p->id, d->page_id);
    set_name(&p->person, d->person);
    p->tier = d->tier;
    p->at_ms = d->at_ms;
    c->acknowledged_tiers &= (uint16_t) ~(1u << d->tier);
}

static void apply_acknowledge(struct case_record *c, const struct decision *d)
{
    c->acknowledged_tiers = (uint16_t)d->number;
    set_name(&c->acknowledged_by, d->person);
    c->acknowledged_at_ms = d->at_ms;
    drop_page(c, d->page_id);
}

static void apply_status(struct case_record *c, const struct decision *d)
{
    switch (d->kind) {
    case DECISION_RESOLVE:
        c->status = CASE_RESOLVED;
        c->resolved_at_ms = d->at_ms;
        break;
    case DECISION_CLOSE:
        c->status = CASE_CLOSED;
        c->closed_at_ms = d->at_ms;
        break;
    case DECISION_REOPEN:
        c->status = CASE_OPEN;
        c->resolved_at_ms = c->closed_at_ms = 0;
        break;
    case DECISION_WAIT:
        c->status = CASE_WAITING;
        c->waiting_until_ms = d->due_ms;
        break;
    default:
        c->status = CASE_OPEN;
        c->waiting_until_ms = 0;
        break;
    }
}

static void apply_booking(struct case_record *c, const struct decision *d)
{
    const struct interval *i = d->interval;
    struct booking *b = (struct booking *)case_booking(c, name_text(&i->set),
                                                       name_text(&i->key));

    if (!d->number) {
        if (b)
            *b = c->bookings[--c->booking_count];
        return;
    }
    if (!b) {
        assert(c->booking_count < CASE_BOOKINGS_MAX);
        b = &c->bookings[c->booking_count++];
    }
    assert(d->subject.size <= SUBJECT_KEY_BYTES);
    memset(b, 0, sizeof *b);
    b->set = i->set;
    b->key = i->key;
    b->subject.size = (uint8_t)d->subject.size;
    memcpy(b->subject.data, d->subject.data, d->subject.size);
}

static void apply_link(struct case_record *c, const struct decision *d)
{
    switch ((enum link)d->index) {
    case LINK_PARENT:
        set_name(&c->parent, d->value);
        break;
    case LINK_GATHERED:
        set_name(&c->gathered_by, d->value);
        break;
    case LINK_STAND_IN:
        break; /* between persons: a row of its own */
    }
}

/* Where something of the old rules stands in the new ones. */
static uint16_t moved(const struct rebase *m, enum rebase_what what,
                      uint16_t from)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->moves[i].what == what && m->moves[i].from == from)
            return m->moves[i].to;
    return from;
}

static uint8_t moved_role(const struct rebase *m, uint8_t role)
{
    uint16_t to = moved(m, REBASE_ROLE, role);

    return to > ROLES_MAX ? 0 : (uint8_t)to;
}

static void move_roles(struct case_record *c, const struct rebase *m)
{
    uint8_t called[ROLES_MAX + 1] = {0}, unreachable[ROLES_MAX + 1] = {0};
    uint16_t acknowledged = 0;

    for (unsigned role = 0; role <= ROLES_MAX; role++) {
        uint16_t to = moved(m, REBASE_ROLE, (uint16_t)role);

        if (to > ROLES_MAX)
            continue;
        if (c->called[role])
            called[to] = c->called[role];
        if (c->unreachable[role])
            unreachable[to] = c->unreachable[role];
        if (c->acknowledged_tiers & (1u << role))
            acknowledged |= (uint16_t)(1u << to);
    }
    memcpy(c->called, called, sizeof called);
    memcpy(c->unreachable, unreachable, sizeof unreachable);
    c->acknowledged_tiers = acknowledged;
    for (uint8_t i = 0; i < c->page_count; i++)
        c->pages[i].tier = moved_role(m, c->pages[i].tier);
}

static void move_items(struct case_record *c, const struct rebase *m)
{
    uint8_t kept = 0;

    for (uint8_t i = 0; i < c->item_count; i++) {
        struct item *it = &c->items[i];
        uint16_t to = moved(m, REBASE_LIST, it->list);

        if (to == REBASE_GONE)
            continue;
        it->list = to;
        it->tier = moved_role(m, it->tier);
        if (kept != i)
            c->items[kept] = *it;
        kept++;
    }
    c->item_count = kept;
}

static void apply_rebase(struct case_record *c, const struct decision *d)
{
    const struct rebase *m = d->rebase;
    int32_t counters[COUNTERS_MAX] = {0};
    uint16_t locks = 0;

    assert(m);
    set_name(&c->rules, d->value);
    for (uint8_t i = 0; i < c->clock_count; i++)
        c->clocks[i].clock = moved(m, REBASE_CLOCK, c->clocks[i].clock);
    for (unsigned i = 0; i < COUNTERS_MAX; i++) {
        uint16_t to = moved(m, REBASE_COUNTER, (uint16_t)i);
        if (c->counters[i] && to < COUNTERS_MAX)
            counters[to] = c->counters[i];
    }
    memcpy(c->counters, counters, sizeof counters);
    for (unsigned i = 0; i < LOCKS_MAX; i++) {
        uint16_t to = moved(m, REBASE_LOCK, (uint16_t)i);
        if ((c->locks & (1u << i)) && to < LOCKS_MAX)
            locks |= (uint16_t)(1u << to);
    }
    c->locks = locks;
    move_items(c, m);
    move_roles(c, m);
}

static void apply_severity(struct case_record *c, const struct decision *d)
{
    c->severity = d->number;
}

static void apply_assign(struct case_record *c, const struct decision *d)
{
    set_name(&c->owner, d->person);
}

static void apply_withdraw(struct case_record *c, const struct decision *d)
{
    drop_page(c, d->page_id);
}

static void apply_count(struct case_record *c, const struct decision *d)
{
    c->counters[d->index] = (int32_t)d->number;
}

static void apply_lock(struct case_record *c, const struct decision *d)
{
    c->locks |= (uint16_t)(1u << d->index);
}

static void apply_unlock(struct case_record *c, const struct decision *d)
{
    c->locks &= (uint16_t) ~(1u << d->index);
}

static void apply_exclude(struct case_record *c, const struct decision *d)
{
    assert(c->excluded_count < CASE_EXCLUDED_MAX);
    set_name(&c->excluded[c->excluded_count++], d->person);
}

static void apply_called(struct case_record *c, const struct decision *d)
{
    c->called[d->tier] = (uint8_t)d->number;
}

static void apply_unreachable(struct case_record *c, const struct decision *d)
{
    c->unreachable[d->tier] = (uint8_t)d->number;
}

static void apply_group(struct case_record *c, const struct decision *d)
{
    assert(c->group_count < CASE_GROUPS_MAX);
    set_name(&c->groups[c->group_count++], d->key);
}

/* What is not here is told and not kept, or kept in a row of its own. */
static void (*const applies[])(struct case_record *c,
                               const struct decision *d) = {
    [DECISION_OPEN] = apply_open,
    [DECISION_SET] = apply_set,
    [DECISION_SEVERITY] = apply_severity,
    [DECISION_ASSIGN] = apply_assign,
    [DECISION_ARM] = apply_arm,
    [DECISION_CANCEL] = apply_cancel,
    [DECISION_PAGE] = apply_page,
    [DECISION_WITHDRAW] = apply_withdraw,
    [DECISION_ACKNOWLEDGE] = apply_acknowledge,
    [DECISION_PROMISE] = apply_promise,
    [DECISION_ITEM] = apply_item,
    [DECISION_COUNT] = apply_count,
    [DECISION_LOCK] = apply_lock,
    [DECISION_UNLOCK] = apply_unlock,
    [DECISION_RESOLVE] = apply_status,
    [DECISION_CLOSE] = apply_status,
    [DECISION_REOPEN] = apply_status,
    [DECISION_WAIT] = apply_status,
    [DECISION_RESUME] = apply_status,
    [DECISION_EXCLUDE] = apply_exclude,
    [DECISION_CALLED] = apply_called,
    [DECISION_UNREACHABLE] = apply_unreachable,
    [DECISION_INTERVAL] = apply_booking,
    [DECISION_LINK] = apply_link,
    [DECISION_GROUP] = apply_group,
    [DECISION_REBASE] = apply_rebase,
};

void case_apply(struct case_record *c, const struct decision *d)
{
    if (d->kind < sizeof applies / sizeof applies[0] && applies[d->kind])
        applies[d->kind](c, d);
    if (c->updated_at_ms < d->at_ms)
        c->updated_at_ms = d->at_ms;
}

const struct clock_instance *case_clock(const struct case_record *c,
                                        uint16_t clock, struct text key)
{
    return clock_of((struct case_record *)c, clock, key);
}

const struct promise *case_promise(const struct case_record *c, struct text id)
{
    for (uint8_t i = 0; i < c->promise_count; i++)
        if (name_is(&c->promises[i].id, id))
            return &c->promises[i];
    return NULL;
}

const struct item *case_item(const struct case_record *c, uint16_t list,
                             struct text key)
{
    for (uint8_t i = 0; i < c->item_count; i++)
        if (c->items[i].list == list && name_is(&c->items[i].key, key))
            return &c->items[i];
    return NULL;
}

const struct booking *case_booking(const struct case_record *c, struct text set,
                                   struct text key)
{
    for (uint8_t i = 0; i < c->booking_count; i++)
        if (name_is(&c->bookings[i].set, set) &&
            name_is(&c->bookings[i].key, key))
            return &c->bookings[i];
    return NULL;
}

int64_t case_next_due(const struct case_record *c)
{
    int64_t due = INT64_MAX;

    for (uint8_t i = 0; i < c->clock_count; i++) {
        const struct clock_instance *k = &c->clocks[i];
        if (k->step_count && !k->paused_at_ms && k->steps[0].due_ms < due)
            due = k->steps[0].due_ms;
    }
    return due;
}
