/* promises - made, kept, missed once, moved, ended (PR-*; semantics 2, 9, 13,
 * 15, 20). Kept in the very millisecond it is due is kept. */
#include "engine/run.h"

enum { DAY_MS = 86400000 };

static const struct promise *only_open(const struct run *r)
{
    const struct promise *found = NULL;

    for (uint8_t i = 0; i < r->c->promise_count; i++) {
        if (r->c->promises[i].state != PROMISE_OPEN)
            continue;
        if (found)
            return NULL;
        found = &r->c->promises[i];
    }
    return found;
}

static struct text id_of(const struct event *ev, enum effect e)
{
    struct text id = {NULL, 0};

    if (e == EFFECT_PROMISE_BREAK)
        id = event_text(ev, TEXT("earlier_promise"));
    return id.size ? id : event_text(ev, TEXT("promise_id"));
}

/* The promise an event speaks of; where it names none, the only open one. */
static const struct promise *find(const struct run *r, const struct event *ev,
                                  enum effect e)
{
    struct text id = id_of(ev, e);

    return id.size ? case_promise(r->c, id) : only_open(r);
}

static bool is_accepted(const struct event *ev)
{
    return event_flag(ev, TEXT("accepted_by_customer")) ||
           event_flag(ev, TEXT("accepted"));
}

/* False: no date was given. */
static bool find_due(const struct run *r, const struct event *ev,
                     int64_t *due_ms)
{
    const struct value *due = event_field(ev, TEXT("due"));

    if (!due || due->kind != VALUE_TIME)
        return false;
    *due_ms = due->time_ms;
    if (text_equal(event_text(ev, TEXT("granularity")), TEXT("day")))
        *due_ms = calendar_day_due(r->calendar, due->time_ms);
    return true;
}

/* Closing time of the n-th day from now. */
static int64_t default_due(const struct run *r, int64_t at_ms)
{
    const struct zone *z = r->calendar->zone;
    int64_t local = zone_local_ms(z, at_ms);

    return calendar_day_due(
        r->calendar,
        zone_utc_ms(z, local + r->policy->undated_promise_days * DAY_MS));
}

static void put(struct run *r, const struct promise *p, int64_t at_ms)
{
    struct promise copy = *p;

    emit(r, &(struct decision){.kind = DECISION_PROMISE,
                               .at_ms = at_ms,
                               .key = name_text(&copy.id),
                               .due_ms = copy.due_ms,
                               .number = copy.state,
                               .promise = &copy});
}

static void finish(struct run *r, const struct promise *p,
                   enum promise_state state, int64_t at_ms)
{
    struct promise next = *p;

    next.state = state;
    put(r, &next, at_ms);
    clocks_due_gone(r, name_text(&next.id), at_ms);
}

/* An event that comes when the promise is over, though its timer has not. */
static bool is_over(struct run *r, const struct promise *p, int64_t at_ms)
{
    struct name id = p->id;

    if (p->state != PROMISE_OPEN)
        return true;
    if (at_ms <= p->due_ms)
        return false;
    fire_miss(r, name_text(&id));
    p = case_promise(r->c, name_text(&id));
    if (p && p->state == PROMISE_OPEN)
        finish(r, p, PROMISE_MISSED, p->due_ms);
    return true;
}

struct text promise_refuse(struct run *r, const struct event *ev, enum effect e,
                           bool *skip)
{
    struct text id = id_of(ev, e);
    const struct promise *p = find(r, ev, e);

    if (id.size > NAME_BYTES_MAX)
        return TEXT("limit");
    if (e == EFFECT_PROMISE_MAKE) {
        if (!id.size || !case_promise(r->c, id))
            return (struct text){NULL, 0};
        *skip = true;
        return TEXT("promise_exists");
    }
    if (!p && id.size)
        return TEXT("unknown_promise");
    if (e == EFFECT_PROMISE_MISS && p && p->state != PROMISE_OPEN)
        *skip = true; /* it counts once */
    if (e == EFFECT_PROMISE_MOVE && !is_accepted(ev))
        return TEXT("no_consent");
    if (e == EFFECT_PROMISE_MOVE && p && p->state != PROMISE_OPEN &&
        !event_is_fact(ev))
        return TEXT("promise_over");
    return (struct text){NULL, 0};
}

/* "P" and the record's number, where a promise came without an id. */
static void make_up_id(const struct run *r, struct name *id)
{
    name_set(id, TEXT("P"));
    id->size += (uint8_t)text_digits(id->data + 1, r->in->sequence);
}

static void make(struct run *r, struct event *ev)
{
    struct promise p = {.made_at_ms = ev->at_ms,
                        .accepted = is_accepted(ev),
                        .state = PROMISE_OPEN};
    struct text id = id_of(ev, EFFECT_PROMISE_MAKE);

    if (id.size)
        name_set(&p.id, id);
    else
        make_up_id(r, &p.id);
    ev->promise_id = p.id;
    if (case_promise(r->c, name_text(&p.id)))
        return;
    p.dated = find_due(r, ev, &p.due_ms);
    if (!p.dated)
        p.due_ms = default_due(r, ev->at_ms);
    put(r, &p, ev->at_ms);
}

static void keep(struct run *r, const struct event *ev, const struct promise *p)
{
    bool in_time = ev->at_ms <= p->due_ms;

    if (p->state == PROMISE_MISSED && in_time)
        finish(r, p, PROMISE_KEPT, ev->at_ms); /* told late, kept in time */
    else if (!is_over(r, p, ev->at_ms))
        finish(r, p, PROMISE_KEPT, ev->at_ms);
}

static void move(struct run *r, const struct event *ev, const struct promise *p)
{
    struct promise next;
    int64_t due_ms;

    if (!is_accepted(ev) || !find_due(r, ev, &due_ms) ||
        is_over(r, p, ev->at_ms))
        return;
    next = *p;
    next.due_ms = due_ms;
    next.dated = next.accepted = true;
    put(r, &next, ev->at_ms);
    clocks_due_moved(r, name_text(&next.id), due_ms, ev->at_ms);
}

static void break_promise(struct run *r, struct event *ev,
                          const struct promise *p)
{
    if (p->state == PROMISE_MISSED || p->state == PROMISE_REVERSED)
        ev->recount = true;
    else
        finish(r, p, PROMISE_REVERSED, ev->at_ms);
}

void promise_run(struct run *r, struct event *ev, enum effect e)
{
    const struct promise *p;

    if (e == EFFECT_PROMISE_MAKE) {
        make(r, ev);
        return;
    }
    p = find(r, ev, e);
    if (!p)
        return;
    ev->promise_id = p->id;
    switch (e) {
    case EFFECT_PROMISE_KEEP:
        keep(r, ev, p);
        break;
    case EFFECT_PROMISE_MISS:
        if (p->state == PROMISE_OPEN)
            finish(r, p, PROMISE_MISSED, ev->at_ms);
        break;
    case EFFECT_PROMISE_MOVE:
        move(r, ev, p);
        break;
    case EFFECT_PROMISE_END:
        if (p->state == PROMISE_OPEN)
            finish(r, p, PROMISE_WITHDRAWN, ev->at_ms);
        break;
    default:
        break_promise(r, ev, p);
        break;
    }
}

/* Promises by what a condition asks of them, on the local day of at_ms. */
uint32_t promises_count(const struct run *r, enum expr_name which,
                        int64_t at_ms)
{
    const struct zone *z = r->calendar->zone;
    int64_t today = zone_local_ms(z, at_ms) / DAY_MS;
    uint32_t count = 0;

    for (uint8_t i = 0; i < r->c->promise_count; i++) {
        const struct promise *p = &r->c->promises[i];
        int64_t day;

        if (p->state != PROMISE_OPEN)
            continue;
        day = zone_local_ms(z, p->due_ms) / DAY_MS;
        switch (which) {
        case EXPR_NAME_CASE_DATED_PROMISES:
            count += p->dated && p->accepted;
            break;
        case EXPR_NAME_CASE_DUE_PROMISES:
            count += day == today;
            break;
        case EXPR_NAME_CASE_OVERDUE_PROMISES:
            count += day <= today;
            break;
        default:
            count++;
            break;
        }
    }
    return count;
}
