#include "tests/sim/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/slice.h"

/* For a backlog, for a step of the wall clock that is believed, and a turn. */
enum { HELD_MS_MAX = LIMIT_BACKLOG_WAIT_MS + LIMIT_CLOCK_STEP_MS + 5000 };

void model_fini(struct model *m)
{
    for (size_t i = 0; i < m->case_names.count; i++)
        free(m->cases[i].timers);
    free(m->cases);
    free(m->pages);
    free(m->intents);
    names_fini(&m->intent_names);
    names_fini(&m->case_names);
    names_fini(&m->page_names);
}

static bool wrong(struct model *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool wrong(struct model *m, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(m->why, sizeof m->why, format, list);
    va_end(list);
    return false;
}

static void copy_text(char out[NAME_BYTES_MAX + 1], struct text t)
{
    uint32_t size = t.size < NAME_BYTES_MAX ? t.size : NAME_BYTES_MAX;

    if (size)
        memcpy(out, t.data, size);
    out[size] = 0;
}

static void *grown(void *list, size_t *room, size_t count, size_t size)
{
    size_t had = *room;

    if (count <= had)
        return list;
    *room = had ? 2 * had : 32;
    char *more = realloc(list, *room * size);
    if (!more)
        abort();
    memset(more + had * size, 0, (*room - had) * size);
    return more;
}

struct model_case *model_case_find(struct model *m, const char *id)
{
    int at = names_find(&m->case_names, id);

    return at < 0 ? NULL : &m->cases[at];
}

static struct model_case *case_of(struct model *m, struct text id)
{
    char word[NAME_BYTES_MAX + 1];
    bool is_new;

    copy_text(word, id);
    int at = names_add(&m->case_names, word, &is_new);
    m->cases =
        grown(m->cases, &m->case_room, m->case_names.count, sizeof *m->cases);
    if (is_new)
        name_set(&m->cases[at].id, id);
    return &m->cases[at];
}

static struct model_page *page_of(struct model *m, struct text id, bool *is_new)
{
    char word[NAME_BYTES_MAX + 1];

    copy_text(word, id);
    int at = names_add(&m->page_names, word, is_new);
    m->pages =
        grown(m->pages, &m->page_room, m->page_names.count, sizeof *m->pages);
    return &m->pages[at];
}

/* --- timers --- */

bool model_timer_runs(const struct model_timer *t)
{
    return t->alive && t->due_ms != 0 && !t->fired;
}

static struct model_timer *timer_of(struct model_case *c,
                                    const struct decision *d)
{
    for (size_t i = 0; i < c->timer_count; i++)
        if (c->timers[i].clock == d->index &&
            name_is(&c->timers[i].key, d->key))
            return &c->timers[i];
    c->timers =
        grown(c->timers, &c->timer_room, c->timer_count + 1, sizeof *c->timers);
    struct model_timer *t = &c->timers[c->timer_count++];
    *t = (struct model_timer){.clock = d->index};
    name_set(&t->key, d->key);
    return t;
}

/* Two steps may share a due; and a promise that is kept late misses its due
 * before the warning that stands in front of it has come, which stays armed. */
static bool may_come_again(const struct model_timer *t, int64_t due_ms)
{
    return due_ms == t->fired_due_ms ||
           (t->fired_due_ms > t->due_ms && due_ms == t->due_ms);
}

/* A due that stays keeps its generation; every other one is a new one. */
static bool arm(struct model *m, struct model_case *c, const struct decision *d,
                int64_t journal_ms)
{
    struct model_timer *t = timer_of(c, d);
    bool same = t->alive && t->generation == d->generation;

    t->is_ladder = d->clock.size == 3 && !memcmp(d->clock.data, "ack", 3);
    if (!same && d->generation <= c->generation_max)
        return wrong(m,
                     "TIMERS: %.*s of %.*s is armed with generation %u, "
                     "which was given out before",
                     (int)d->clock.size, d->clock.data, (int)c->id.size,
                     c->id.data, d->generation);
    if (same && t->fired && d->due_ms && !may_come_again(t, d->due_ms))
        return wrong(m,
                     "TIMERS: generation %u of %.*s has fired and is armed "
                     "again for another moment",
                     d->generation, (int)c->id.size, c->id.data);
    if (d->generation > c->generation_max)
        c->generation_max = d->generation;
    t->alive = true;
    t->fired = false;
    t->generation = d->generation;
    t->due_ms = d->due_ms;
    t->armed_ms = journal_ms;
    m->armed++;
    return true;
}

/* Later than the time it had: the router was there, and the disk had room. */
static bool is_held_up(const struct model *m, const struct model_timer *t,
                       int64_t journal_ms)
{
    int64_t from_ms = t->due_ms > t->armed_ms ? t->due_ms : t->armed_ms;

    if (m->free_ms > from_ms)
        from_ms = m->free_ms;
    return journal_ms - from_ms > HELD_MS_MAX;
}

static bool fire(struct model *m, struct model_case *c,
                 const struct decision *d, int64_t journal_ms)
{
    struct model_timer *t = timer_of(c, d);
    const char *how = !t->alive  ? "is not armed"
                      : t->fired ? "fires twice"
                      : t->generation != d->generation
                          ? "is of another generation"
                      : !t->due_ms                   ? "has no due"
                      : d->due_ms > journal_ms       ? "fires early"
                      : t->due_ms > journal_ms       ? "fires before its due"
                      : is_held_up(m, t, journal_ms) ? "was held up"
                                                     : NULL;

    if (how)
        return wrong(m, "TIMERS: %.*s %.*s of %.*s, generation %u, %s",
                     (int)d->clock.size, d->clock.data, (int)d->key.size,
                     d->key.data, (int)c->id.size, c->id.data, d->generation,
                     how);
    t->fired = true;
    t->fired_due_ms = d->due_ms;
    m->fired++;
    return true;
}

static bool cancel(struct model *m, struct model_case *c,
                   const struct decision *d)
{
    struct model_timer *t = timer_of(c, d);

    if (!t->alive)
        return wrong(m, "TIMERS: %.*s of %.*s ends and was not there",
                     (int)d->clock.size, d->clock.data, (int)c->id.size,
                     c->id.data);
    t->alive = false;
    return true;
}

/* --- pages --- */

static bool page(struct model *m, struct model_case *c,
                 const struct decision *d)
{
    bool is_new;
    struct model_page *p = page_of(m, d->page_id, &is_new);

    if (!is_new)
        return wrong(m, "PAGES: %.*s is made twice", (int)d->page_id.size,
                     d->page_id.data);
    p->owner_case = (int)(c - m->cases);
    p->waiting = true;
    p->tier = d->tier;
    copy_text(p->person, d->person);
    c->paged = true;
    m->paged++;
    return true;
}

static bool end_page(struct model *m, const struct decision *d)
{
    bool is_new;
    struct model_page *p = page_of(m, d->page_id, &is_new);

    if (is_new)
        return wrong(m, "PAGES: %.*s ends and was never made",
                     (int)d->page_id.size, d->page_id.data);
    if (d->kind == DECISION_DELIVERED || d->kind == DECISION_FAILED) {
        if (p->delivered || p->failed)
            return wrong(m, "PAGES: %.*s has two receipts",
                         (int)d->page_id.size, d->page_id.data);
        p->delivered = d->kind == DECISION_DELIVERED;
        p->failed = !p->delivered;
    } else {
        p->withdrawn = true;
    }
    p->waiting = false;
    return true;
}

/* --- cases --- */

static void open_case(struct model_case *c)
{
    c->status = CASE_OPEN;
    c->paged = c->answered = false;
}

static void answer(struct model *m, struct model_case *c,
                   const struct decision *d)
{
    c->answered = true;
    c->paged = false;
    if (d->page_id.size)
        (void)end_page(m, d);
}

/* --- effects on many cases --- */

/* Each step once, in the order of the cases, none left out; then the end. */
static bool take_intent(struct model *m, const struct decision *d)
{
    char id[NAME_BYTES_MAX + 1];
    bool is_new;

    copy_text(id, d->key);
    int at = names_add(&m->intent_names, id, &is_new);
    m->intents = grown(m->intents, &m->intent_room, m->intent_names.count,
                       sizeof *m->intents);
    struct model_intent *i = &m->intents[at];
    if (!d->intent) {
        if (!i->alive || d->number != i->done)
            return wrong(m, "INTENTS: %s ends at %d of %u", id, (int)d->number,
                         i->done);
        i->alive = false;
        return true;
    }
    if (is_new) {
        i->alive = true;
        if (d->intent->done || d->intent->cursor.size)
            return wrong(m, "INTENTS: %s begins in its middle", id);
        return true;
    }
    if (!i->alive || d->intent->done != i->done + 1)
        return wrong(m, "INTENTS: step %u of %s follows step %u",
                     d->intent->done, id, i->done);
    if (d->intent->query == QUERY_CASES_OF && i->cursor.size &&
        slice_compare(
            slice_of(i->cursor.data, i->cursor.size),
            slice_of(d->intent->cursor.data, d->intent->cursor.size)) >= 0)
        return wrong(m, "INTENTS: %s does a case twice", id);
    i->done++;
    m->derived++;
    return name_set(&i->cursor, d->intent->cursor);
}

const char *model_intent_left(const struct model *m)
{
    for (size_t i = 0; i < m->intent_names.count; i++)
        if (m->intents[i].alive)
            return m->intent_names.words[i];
    return NULL;
}

bool model_take(struct model *m, const struct decision *d, int64_t journal_ms)
{
    if (d->kind == DECISION_INTENT)
        return take_intent(m, d);
    if (!d->case_id.size)
        return true;
    bool known = true;
    char id[NAME_BYTES_MAX + 1];
    copy_text(id, d->case_id);
    known = names_find(&m->case_names, id) >= 0;
    if (!known && d->kind != DECISION_OPEN)
        return true; /* a refusal about a case that nobody has opened */
    struct model_case *c = case_of(m, d->case_id);
    if (d->severity)
        c->severity = d->severity;
    switch (d->kind) {
    case DECISION_OPEN:
    case DECISION_REOPEN:
        open_case(c);
        return true;
    case DECISION_RESUME:
        c->status = CASE_OPEN;
        return true;
    case DECISION_WAIT:
        c->status = CASE_WAITING;
        return true;
    case DECISION_RESOLVE:
        c->status = CASE_RESOLVED;
        return true;
    case DECISION_CLOSE:
        c->status = CASE_CLOSED;
        return true;
    case DECISION_ASSIGN:
        name_set(&c->owner, d->person);
        return true;
    case DECISION_ARM:
        return arm(m, c, d, journal_ms);
    case DECISION_FIRE:
        return fire(m, c, d, journal_ms);
    case DECISION_CANCEL:
        return cancel(m, c, d);
    case DECISION_PAGE:
        return page(m, c, d);
    case DECISION_DELIVERED:
    case DECISION_FAILED:
    case DECISION_WITHDRAW:
        return end_page(m, d);
    case DECISION_ACKNOWLEDGE:
        answer(m, c, d);
        return true;
    default:
        return true;
    }
}
