/* oracle_rows - the rows of the live state against the model and the shadow,
 * and whether all has come to rest. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "tests/sim/oracle_state.h"
#include "tests/sim/router_party.h"
#include "workers/router/internal.h"

enum { LATE_MS = 3000 };

static char *word_of(struct slice bytes, char out[NAME_BYTES_MAX + 1])
{
    size_t size = bytes.size < NAME_BYTES_MAX ? bytes.size : NAME_BYTES_MAX;

    memcpy(out, bytes.data, size);
    out[size] = 0;
    return out;
}

/* --- timers --- */

static bool has_timer(const struct model_case *c, uint32_t generation,
                      int64_t due_ms)
{
    for (size_t i = 0; i < c->timer_count; i++)
        if (model_timer_runs(&c->timers[i]) &&
            c->timers[i].generation == generation &&
            c->timers[i].due_ms == due_ms)
            return true;
    return false;
}

static size_t timers_that_run(const struct model *m)
{
    size_t count = 0;

    for (size_t i = 0; i < m->case_names.count; i++)
        for (size_t t = 0; t < m->cases[i].timer_count; t++)
            count += model_timer_runs(&m->cases[i].timers[t]);
    return count;
}

static void compare_timers(struct oracle *o, struct state *live)
{
    struct state_cursor cursor;
    struct slice key, value;
    size_t rows = 0;
    char id[NAME_BYTES_MAX + 1];

    state_cursor_open(&cursor, live, STATE_TIMERS, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &value) && !o->sim->failed) {
        int64_t due_ms = (int64_t)get_u64(key.data + 1);
        uint32_t generation = get_u32(value.data);
        word_of(slice_from(value, 4), id);
        struct model_case *c = model_case_find(&o->model, id);
        rows++;
        if (!c || !has_timer(c, generation, due_ms) ||
            key.data[0] != c->severity)
            sim_fail(o->sim,
                     "ROWS: a timer of %s, generation %u, is armed in "
                     "the state and not by the journal",
                     id, generation);
    }
    state_cursor_close(&cursor);
    if (!o->sim->failed && rows != timers_that_run(&o->model))
        sim_fail(o->sim, "ROWS: %zu timers in the state, %zu by the journal",
                 rows, timers_that_run(&o->model));
}

/* --- pages --- */

static size_t pages_that_wait(const struct model *m)
{
    size_t count = 0;

    for (size_t i = 0; i < m->page_names.count; i++)
        count += m->pages[i].waiting;
    return count;
}

static void compare_pages(struct oracle *o, struct state *live)
{
    struct state_cursor cursor;
    struct slice key, value;
    size_t rows = 0;
    char id[NAME_BYTES_MAX + 1];

    state_cursor_open(&cursor, live, STATE_OUTBOX, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &value) && !o->sim->failed) {
        int at = names_find(&o->model.page_names, word_of(key, id));
        rows++;
        if (at < 0 || !o->model.pages[at].waiting)
            sim_fail(o->sim, "PAGES: %s is in the outbox, and has ended", id);
    }
    state_cursor_close(&cursor);
    if (!o->sim->failed && rows != pages_that_wait(&o->model))
        sim_fail(o->sim,
                 "PAGES: %zu in the outbox, %zu have neither receipt nor end",
                 rows, pages_that_wait(&o->model));
}

/* --- cases --- */

static void compare_case(struct oracle *o, const Yinuo__V1__Case *row)
{
    struct model_case *c = model_case_find(&o->model, row->case_id);
    struct text owner = text_of(row->owner ? row->owner : "");

    if (!c) {
        sim_fail(o->sim, "ROWS: nobody has opened %s", row->case_id);
        return;
    }
    bool is_open = c->status == CASE_OPEN || c->status == CASE_WAITING;
    if (is_open && !owner.size)
        sim_fail(o->sim, "OWNER: %s has none", row->case_id);
    else if (!name_is(&c->owner, owner))
        sim_fail(o->sim, "OWNER: %s has %s, the journal says %.*s",
                 row->case_id, row->owner ? row->owner : "nobody",
                 (int)c->owner.size, c->owner.data);
    else if (strcmp(row->state, case_status_name(c->status)) != 0)
        sim_fail(o->sim, "ROWS: %s is %s, by the journal %s", row->case_id,
                 row->state, case_status_name(c->status));
    else if ((uint8_t)row->severity != c->severity)
        sim_fail(o->sim, "ROWS: %s is S%d, by the journal S%u", row->case_id,
                 (int)row->severity, c->severity);
}

static void compare_cases(struct oracle *o, struct state *live)
{
    struct state_cursor cursor;
    struct slice key, value;
    size_t rows = 0;

    state_cursor_open(&cursor, live, STATE_CASES, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &value) && !o->sim->failed) {
        arena_reset(&o->arena);
        Yinuo__V1__Case *row =
            codec_decode(&yinuo__v1__case__descriptor, value, &o->arena, NULL);
        rows++;
        if (row)
            compare_case(o, row);
        else
            sim_fail(o->sim, "ROWS: a case cannot be read");
    }
    state_cursor_close(&cursor);
    if (!o->sim->failed && rows != o->model.case_names.count)
        sim_fail(o->sim, "ROWS: %zu cases in the state, %zu by the journal",
                 rows, o->model.case_names.count);
}

/* --- what persons have in hand --- */

static bool is_in_hand(const struct model_case *c)
{
    return c->owner.size &&
           (c->status == CASE_OPEN || c->status == CASE_WAITING);
}

/* Each such case stands under its owner once, and the sum is theirs. */
static void compare_owners(struct oracle *o, struct state *live)
{
    struct state_cursor cursor;
    struct slice key, value;
    size_t places = 0, sum = 0, wanted = 0;
    char id[NAME_BYTES_MAX + 1];

    for (size_t i = 0; i < o->model.case_names.count; i++)
        wanted += is_in_hand(&o->model.cases[i]);
    state_cursor_open(&cursor, live, STATE_OWNERS, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &value) && !o->sim->failed) {
        const uint8_t *end = memchr(key.data, 0, key.size);

        sum += key.data[0] == 't' ? get_u32(value.data) : 0;
        if (key.data[0] != 'c' || !end)
            continue;
        size_t owner = (size_t)(end - key.data) - 1;
        struct model_case *c =
            model_case_find(&o->model, word_of(slice_from(key, owner + 2), id));
        places++;
        if (!c || !is_in_hand(c) || c->owner.size != owner ||
            memcmp(c->owner.data, key.data + 1, owner) != 0)
            sim_fail(o->sim, "OWNERS: %s stands under another owner", id);
    }
    state_cursor_close(&cursor);
    if (!o->sim->failed && (places != wanted || sum != wanted))
        sim_fail(o->sim, "OWNERS: %zu cases in hand, %zu by the sums, not %zu",
                 places, sum, wanted);
}

/* --- all of it --- */

static void compare_hash(struct oracle *o, struct state *live,
                         struct state *rebuilt, const char *what)
{
    struct digest a = state_hash(live, NULL), b = state_hash(rebuilt, NULL);

    if (memcmp(&a, &b, sizeof a) != 0)
        sim_fail(o->sim,
                 "REPLAY: at record %" PRIu64
                 " the live state has not the hash of %s",
                 o->last, what);
}

bool oracle_compare(struct oracle *o)
{
    struct router *r = router_live(o->sim->router);

    if (!r || r->record_count || r->next_seq != o->last + 1)
        return false;
    compare_timers(o, r->ledger->state);
    if (!o->sim->failed)
        compare_pages(o, r->ledger->state);
    if (!o->sim->failed)
        compare_cases(o, r->ledger->state);
    if (!o->sim->failed)
        compare_owners(o, r->ledger->state);
    if (!o->sim->failed)
        compare_hash(o, r->ledger->state, o->shadow.state,
                     "the one that only applies");
    o->compared++;
    return true;
}

/* --- rest --- */

static bool overdue(struct oracle *o, int64_t now_ms, char *why, size_t room)
{
    for (size_t i = 0; i < o->model.case_names.count; i++)
        for (size_t t = 0; t < o->model.cases[i].timer_count; t++) {
            const struct model_timer *timer = &o->model.cases[i].timers[t];
            if (!model_timer_runs(timer) || timer->due_ms + LATE_MS > now_ms)
                continue;
            snprintf(why, room, "a timer of %s is %" PRId64 " ms over",
                     o->model.case_names.words[i], now_ms - timer->due_ms);
            return true;
        }
    return false;
}

static bool paged(struct oracle *o, char *why, size_t room)
{
    for (size_t i = 0; i < o->model.page_names.count; i++)
        if (o->model.pages[i].waiting) {
            snprintf(why, room, "the page %s to %s has no receipt",
                     o->model.page_names.words[i], o->model.pages[i].person);
            return true;
        }
    return false;
}

bool oracle_at_rest(struct oracle *o, char *why, size_t room)
{
    struct router *r = router_live(o->sim->router);
    bool resolved;

    if (!r || r->record_count || r->next_seq != o->last + 1) {
        snprintf(why, room, "the router is busy");
        return false;
    }
    if (model_intent_left(&o->model)) {
        snprintf(why, room, "the intent %s is not done",
                 model_intent_left(&o->model));
        return false;
    }
    if (overdue(o, r->time.now_ms, why, room) || paged(o, why, room))
        return false;
    if (oracle_open_case(o, 0, &resolved)) {
        snprintf(why, room, "%s is open", oracle_open_case(o, 0, &resolved));
        return false;
    }
    if (o->streamed != o->last) {
        snprintf(why, room, "the reader has %" PRIu64 " of %" PRIu64 " records",
                 o->streamed, o->last);
        return false;
    }
    return true;
}

static enum status apply_one(void *context, const struct record *r,
                             struct slice bytes, struct error *err)
{
    struct shadow *h = context;

    (void)bytes;
    enum status st = apply_record(&h->apply, r, err);
    if (st == STATUS_OK)
        state_set_applied(h->state, r->seq);
    return st;
}

/* From zero once more, over the whole journal; and the journal's own checks. */
void oracle_end(struct oracle *o)
{
    struct router *r = router_live(o->sim->router);
    struct journal_report report;
    struct shadow again = {0};
    struct error err;

    if (!r || !oracle_compare(o)) {
        sim_fail(o->sim, "REPLAY: the router is not there at the end");
        return;
    }
    shadow_open(o, &again);
    if (journal_verify(r->ledger->journal, NULL, NULL, 0, &report, &err) !=
            STATUS_OK ||
        journal_each(r->ledger->journal, 1, apply_one, &again, &err) !=
            STATUS_OK)
        sim_fail(o->sim, "REPLAY: %s", err.text);
    else
        compare_hash(o, r->ledger->state, again.state, "the journal from zero");
    shadow_close(&again);
    for (size_t i = 0; i < o->producers.count && !o->sim->failed; i++)
        if (o->producer[i].journaled != o->producer[i].stored_to &&
            !o->producer[i].lost)
            sim_fail(o->sim,
                     "ONCE: %s stored %" PRIu64
                     " events, the journal has %" PRIu64,
                     o->producers.words[i], o->producer[i].stored_to,
                     o->producer[i].journaled);
}
