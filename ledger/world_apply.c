/* The decisions of a record become rows: the case, and what follows from it.
 *
 * Timers, open pages and the index by person are not written decision by
 * decision but as the difference between the case before and after, so that
 * they are a function of the cases' rows and can be checked against them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/owners.h"
#include "ledger/world_internal.h"

struct applying {
    struct world *w;
    uint64_t sequence;
    struct name case_id; /* of before and w->after; empty: none yet */
    const struct world_case *before;
};

/* --- timers --- */

static bool has_timer(const struct clock_instance *i)
{
    return i->step_count && !i->paused_at_ms;
}

static size_t timer_key(const struct case_record *c,
                        const struct clock_instance *i,
                        uint8_t key[STATE_KEY_MAX])
{
    uint8_t id[2 * NAME_BYTES_MAX + 4];
    size_t n = 0;

    memcpy(id, c->id.data, c->id.size);
    n += c->id.size;
    id[n++] = 0;
    id[n++] = (uint8_t)(i->clock >> 8);
    id[n++] = (uint8_t)i->clock;
    id[n++] = 0;
    memcpy(id + n, i->key.data, i->key.size);
    n += i->key.size;
    return state_timer_key((uint8_t)c->severity, i->steps[0].due_ms,
                           slice_of(id, n), key);
}

/* Rows of timers that go and come. They are all over the table: each is fetched
 * while other rows are being made. */
struct timer_moves {
    size_t count;
    struct timer_move {
        const struct case_record *of;
        const struct clock_instance *clock;
        bool put;
        struct state_hint hint;
    } list[2 * CASE_CLOCKS_MAX];
};

static void timer_moves_add(struct world *w, struct timer_moves *m,
                            const struct case_record *c,
                            const struct clock_instance *i, bool put)
{
    struct timer_move *t = &m->list[m->count++];
    uint8_t key[STATE_KEY_MAX];

    *t = (struct timer_move){.of = c, .clock = i, .put = put};
    state_expect(w->state, STATE_TIMERS, slice_of(key, timer_key(c, i, key)),
                 &t->hint);
}

static void timer_put(struct world *w, const struct timer_move *t,
                      struct slice key)
{
    const struct case_record *c = t->of;
    const struct clock_instance *i = t->clock;
    uint8_t value[4 + NAME_BYTES_MAX];

    value[0] = (uint8_t)(i->generation >> 24);
    value[1] = (uint8_t)(i->generation >> 16);
    value[2] = (uint8_t)(i->generation >> 8);
    value[3] = (uint8_t)i->generation;
    memcpy(value + 4, c->id.data, c->id.size);
    state_put_expected(w->state, STATE_TIMERS, key,
                       slice_of(value, 4 + (size_t)c->id.size), &t->hint);
}

static void timer_moves_expect(struct world *w, struct timer_moves *m)
{
    for (size_t n = 0; n < m->count; n++)
        state_expect_more(w->state, &m->list[n].hint);
}

static void timer_moves_do(struct world *w, const struct timer_moves *m)
{
    for (size_t n = 0; n < m->count; n++) {
        const struct timer_move *t = &m->list[n];
        uint8_t bytes[STATE_KEY_MAX];
        struct slice key = slice_of(bytes, timer_key(t->of, t->clock, bytes));

        if (t->put)
            timer_put(w, t, key);
        else
            state_delete_expected(w->state, STATE_TIMERS, key, &t->hint);
    }
}

/* The same row: key and value. */
static bool same_timer(const struct case_record *a,
                       const struct clock_instance *i,
                       const struct case_record *b,
                       const struct clock_instance *j)
{
    return a->severity == b->severity && has_timer(j) &&
           i->generation == j->generation &&
           i->steps[0].due_ms == j->steps[0].due_ms;
}

static const struct clock_instance *
twin(const struct case_record *c, const struct clock_instance *i, size_t place)
{
    /* mostly it still stands where it stood */
    if (place < c->clock_count && c->clocks[place].clock == i->clock &&
        name_equal(&c->clocks[place].key, &i->key))
        return &c->clocks[place];
    return case_clock(c, i->clock, name_text(&i->key));
}

/* First what goes: the same key may come again. */
static void timers_update(struct world *w, const struct case_record *before,
                          const struct case_record *after,
                          struct timer_moves *m)
{
    m->count = 0;
    for (size_t n = 0; n < before->clock_count; n++) {
        const struct clock_instance *i = &before->clocks[n];
        const struct clock_instance *j = twin(after, i, n);

        if (has_timer(i) && !(j && same_timer(before, i, after, j)))
            timer_moves_add(w, m, before, i, false);
    }
    for (size_t n = 0; n < after->clock_count; n++) {
        const struct clock_instance *j = &after->clocks[n];
        const struct clock_instance *i = twin(before, j, n);

        if (has_timer(j) &&
            !(i && has_timer(i) && same_timer(before, i, after, j)))
            timer_moves_add(w, m, after, j, true);
    }
}

/* --- pages --- */

static struct slice person_key(struct text person, struct text page,
                               uint8_t key[2 * NAME_BYTES_MAX + 1])
{
    memcpy(key, person.data, person.size);
    key[person.size] = 0;
    memcpy(key + person.size + 1, page.data, page.size);
    return slice_of(key, (size_t)person.size + 1 + page.size);
}

/* bytes: as it lies in the journal; empty: not there yet. */
static void page_put(struct world *w, const struct decision *d,
                     struct slice bytes)
{
    uint8_t key[2 * NAME_BYTES_MAX + 1];

    if (!bytes.size) {
        bytes_reset(&w->row);
        if (customs_decision(d, &w->row))
            abort(); /* no memory for a few kilobytes */
        bytes = bytes_slice(&w->row);
    }
    assert(d->person.size <= NAME_BYTES_MAX &&
           d->page_id.size <= NAME_BYTES_MAX);
    state_put(w->state, STATE_OUTBOX, slice_of_words(d->page_id), bytes);
    state_put(w->state, STATE_PERSONS, person_key(d->person, d->page_id, key),
              bytes);
}

static bool has_page(const struct case_record *c, const struct open_page *p)
{
    for (size_t i = 0; i < c->page_count; i++)
        if (name_equal(&c->pages[i].id, &p->id))
            return true;
    return false;
}

/* What is neither open nor new any more is nobody's to answer or deliver. */
static void pages_update(struct world *w, const struct case_record *before,
                         const struct case_record *after)
{
    for (size_t i = 0; i < before->page_count; i++) {
        const struct open_page *p = &before->pages[i];
        uint8_t key[2 * NAME_BYTES_MAX + 1];

        if (has_page(after, p))
            continue;
        state_delete(w->state, STATE_OUTBOX, slice_of_words(name_text(&p->id)));
        state_delete(w->state, STATE_PERSONS,
                     person_key(name_text(&p->person), name_text(&p->id), key));
    }
}

/* A page that came and went inside one record. */
static void page_gone(struct world *w, const struct case_record *c,
                      struct text page_id)
{
    for (size_t i = 0; i < c->page_count; i++) {
        const struct open_page *p = &c->pages[i];
        uint8_t key[2 * NAME_BYTES_MAX + 1];

        if (!name_is(&p->id, page_id))
            continue;
        state_delete(w->state, STATE_OUTBOX, slice_of_words(page_id));
        state_delete(w->state, STATE_PERSONS,
                     person_key(name_text(&p->person), page_id, key));
    }
}

/* --- subjects --- */

static bool is_of_subject(const struct decision *d)
{
    return d->kind == DECISION_FACT || d->kind == DECISION_TALLY ||
           d->kind == DECISION_INTERVAL;
}

/* Whatever the case is, or whether there is one. */
static enum status subject_update(struct applying *a, const struct decision *d,
                                  struct error *err)
{
    struct world *w = a->w;
    struct slice key = slice_of_words(d->subject);

    if (!d->subject.size)
        return error_set(err, STATUS_CORRUPT, "a decision without its subject");
    if (!world_find_subject(w, d->subject, &w->subject))
        subject_init(&w->subject, d->subject);
    if (d->kind == DECISION_INTERVAL && d->number &&
        !subject_has_room(&w->subject, d->interval))
        return error_set(err, STATUS_CORRUPT, "a subject is full");
    subject_apply(&w->subject, d, a->sequence);
    if (subject_is_empty(&w->subject)) {
        state_delete(w->state, STATE_SUBJECTS, key);
        return STATUS_OK;
    }
    bytes_reset(&w->row);
    if (customs_subject_row(&w->subject, &w->row))
        return error_set(err, STATUS_NO_MEMORY, "the row of a subject");
    state_put(w->state, STATE_SUBJECTS, key, bytes_slice(&w->row));
    return STATUS_OK;
}

/* --- one case after the other --- */

static void write_row(struct world *w, const struct world_case *c)
{
    bytes_reset(&w->row);
    if (customs_case_row(&c->record, &c->marks, &w->row))
        abort(); /* no memory for a few kilobytes */
    state_put(w->state, STATE_CASES, slice_of_words(name_text(&c->record.id)),
              bytes_slice(&w->row));
}

void world_write_changed(struct world *w)
{
    const struct world_case *c;

    while ((c = kept_next_changed(w->kept)))
        write_row(w, c);
}

static void flush(struct applying *a)
{
    struct world *w = a->w;
    struct case_record *c = &w->after->record;
    struct timer_moves moves;

    if (a->case_id.size == 0 || c->status == CASE_NONE)
        return;
    case_stamp(c, a->sequence);
    timers_update(w, &a->before->record, c, &moves);
    pages_update(w, &a->before->record, c);
    owners_update(w->state, &a->before->record, c);
    timer_moves_expect(w, &moves);
    if (!w->kept || kept_put(w->kept, &w->after))
        write_row(w, w->after);
    timer_moves_do(w, &moves);
}

/* What decide has just read need not be read again. */
static enum status load_before(struct applying *a, struct text case_id,
                               struct error *err)
{
    struct world *w = a->w;

    if (w->found_is_current && name_is(&w->found->record.id, case_id)) {
        a->before = w->found;
        return STATUS_OK;
    }
    return world_load(w, case_id, &w->before_room, &a->before, err);
}

static enum status turn_to(struct applying *a, struct text case_id,
                           struct error *err)
{
    struct world *w = a->w;
    enum status status = STATUS_OK;

    flush(a);
    if (a->case_id.size)
        a->w->found_is_current = false; /* it may have been that one */
    if (!name_set(&a->case_id, case_id))
        status = error_set(err, STATUS_CORRUPT, "a case id is too long");
    if (!status)
        status = load_before(a, case_id, err);
    if (status)
        return status;
    case_copy(&w->after->record, &a->before->record);
    w->after->marks = a->before->marks;
    return STATUS_OK;
}

static enum status apply_one(void *context, const struct decision *d,
                             struct slice bytes, struct error *err)
{
    struct applying *a = context;
    struct world *w = a->w;
    struct case_record *c;
    enum status status = STATUS_OK;

    if (d->kind == DECISION_INTENT)
        return intents_apply(w, d, err);
    if (d->kind == DECISION_LINK && d->index == LINK_STAND_IN) {
        stand_in_put(w->state, d);
        w->stand_ins |= stand_in_bit(d->person);
        return STATUS_OK;
    }
    if (d->kind == DECISION_OVERRIDE)
        return world_apply_duty(w, d)
                   ? error_set(err, STATUS_NO_MEMORY, "an override")
                   : STATUS_OK;
    if (!name_is(&a->case_id, d->case_id))
        status = turn_to(a, d->case_id, err);
    if (!status && is_of_subject(d))
        status = subject_update(a, d, err);
    if (status)
        return status;
    c = &w->after->record; /* another one for each case */
    summary_decision(&w->totals, c, &w->after->marks, d);
    if (d->case_id.size == 0 ||
        (c->status == CASE_NONE && d->kind != DECISION_OPEN))
        return STATUS_OK;
    if (d->kind == DECISION_WITHDRAW || d->kind == DECISION_ACKNOWLEDGE)
        page_gone(w, c, d->page_id);
    case_apply(c, d);
    if (d->kind == DECISION_PAGE)
        page_put(w, d, bytes);
    if ((d->kind == DECISION_MUTE || d->kind == DECISION_HELD) &&
        world_apply_mute(w, d))
        return error_set(err, STATUS_CORRUPT, "the row of a mute");
    if (d->kind == DECISION_DELIVERED || d->kind == DECISION_FAILED)
        state_delete(w->state, STATE_OUTBOX, slice_of_words(d->page_id));
    return STATUS_OK;
}

static enum status apply_end(struct applying *a, enum status status)
{
    if (!status)
        flush(a);
    a->w->found_is_current = false;
    a->w->totals_moved = true;
    return status;
}

static void apply_begin(struct applying *a)
{
    /* Of no case: what is copied there comes with the first decision that has
     * one. */
    a->w->after->record.status = CASE_NONE;
    a->w->after->record.promise_count = a->w->after->record.page_count = 0;
    a->w->after->marks = (struct case_marks){0};
}

enum status world_apply(struct world *w, uint64_t sequence, int64_t journal_ms,
                        struct slice decisions, struct error *err)
{
    struct applying a = {.w = w, .sequence = sequence};

    (void)journal_ms;
    if (decisions.size == 0)
        return STATUS_OK;
    apply_begin(&a);
    return apply_end(&a, customs_each_decision(decisions, apply_one, &a, err));
}

enum status world_apply_decided(struct world *w, uint64_t sequence,
                                struct error *err)
{
    struct applying a = {.w = w, .sequence = sequence};
    const struct decisions *d = &w->out.decisions;
    enum status status = STATUS_OK;

    if (d->count == 0)
        return STATUS_OK;
    apply_begin(&a);
    for (size_t i = 0; i < d->count && !status; i++)
        status = apply_one(&a, &d->list[i], SLICE_EMPTY, err);
    return apply_end(&a, status);
}
