#include "ledger/intents.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "ledger/customs_internal.h"
#include "ledger/owners.h"
#include "ledger/world_internal.h"
#include "proto/event.h"

enum { KEY_BYTES = 9, INTENT_ROOM = 4096 };

/* i<sequence>.<n> */
static bool key_of(struct text id, uint8_t key[KEY_BYTES])
{
    uint64_t parts[2] = {0, 0};
    unsigned part = 0;

    if (id.size < 4 || id.data[0] != 'i')
        return false;
    for (uint32_t i = 1; i < id.size; i++) {
        if (id.data[i] == '.' && part == 0)
            part = 1;
        else if (id.data[i] >= '0' && id.data[i] <= '9')
            parts[part] = parts[part] * 10 + (uint64_t)(id.data[i] - '0');
        else
            return false;
    }
    put_u64(key, parts[0]);
    key[8] = (uint8_t)parts[1];
    return part == 1 && parts[1] <= UINT8_MAX;
}

enum status intents_apply(struct world *w, const struct decision *d,
                          struct error *err)
{
    uint8_t key[KEY_BYTES], room[INTENT_ROOM];
    struct pb_out o = {room, room + sizeof room, false};
    struct slice row;
    bool known;

    if (!key_of(d->key, key))
        return error_set(err, STATUS_CORRUPT, "an intent's id");
    known = state_get(w->state, STATE_INTENTS, slice_of(key, sizeof key), &row);
    if (!d->intent) {
        state_delete(w->state, STATE_INTENTS, slice_of(key, sizeof key));
        w->intent_count -= known;
        return STATUS_OK;
    }
    customs_put_intent(&o, d->intent);
    assert(!o.full);
    state_put(w->state, STATE_INTENTS, slice_of(key, sizeof key),
              slice_of(room, (size_t)(o.at - room)));
    w->intent_count += !known;
    return STATUS_OK;
}

void intents_count(struct world *w)
{
    struct state_cursor cursor;
    struct slice key, row;

    w->intent_count = 0;
    state_cursor_open(&cursor, w->state, STATE_INTENTS, SLICE_EMPTY,
                      SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &row))
        w->intent_count++;
    state_cursor_close(&cursor);
}

/* --- the record that moves one --- */

static bool find(struct world *w, struct text id, struct intent *i)
{
    uint8_t key[KEY_BYTES];
    struct slice row;

    if (!key_of(id, key) ||
        !state_get(w->state, STATE_INTENTS, slice_of(key, sizeof key), &row))
        return false;
    row = arena_copy(&w->arena, row); /* rows move while it is applied */
    if (!row.data || !customs_get_intent(row, i))
        abort(); /* a row of ours cannot be read: recover from the journal */
    return true;
}

uint8_t intents_depth(struct world *w, const char *id)
{
    struct intent i;

    return find(w, text_of(id), &i) ? i.depth : 0;
}

void intents_move(struct world *w, const struct world_input *in)
{
    struct decisions *all = &w->out.decisions;
    struct intent i;
    struct decision d = {.kind = DECISION_INTENT,
                         .key = text_of(in->intent),
                         .at_ms = in->now_ms};

    if (!find(w, d.key, &i))
        abort(); /* its own step: only the owner of the world makes them */
    d.value = i.kind;
    if (in->event) {
        i.cursor = text_of(in->event->case_id);
        i.done++;
        d.intent = &i;
    }
    d.number = i.done;
    if (!w->structs_only && customs_decision_part(&d, &w->part))
        abort(); /* no memory for a few bytes */
    if (d.intent) {
        all->intents[all->intent_count] = i;
        d.intent = &all->intents[all->intent_count++];
    }
    all->list[all->count++] = d;
}

/* --- the next step --- */

static bool was_there(struct world *w, const struct name *id, uint64_t cause)
{
    return world_find_case(w, name_text(id), &w->seen) &&
           w->seen.opened_sequence <= cause;
}

static bool next_case(struct world *w, const struct intent *i,
                      struct name *after)
{
    switch (i->query) {
    case QUERY_CASES_OF:
        return owners_next(w->state, i->subject, name_text(after), after);
    case QUERY_CHILDREN:
        return ties_next(w->state, LINK_PARENT, i->subject, name_text(after),
                         after);
    case QUERY_GATHERED:
        return ties_next(w->state, LINK_GATHERED, i->subject, name_text(after),
                         after);
    case QUERY_CASE:
    case QUERY_NEW:
    case QUERY_OLDER:
        break;
    }
    return false;
}

/* --- cases of older rules --- */

enum { ROW_STATE = 9, ROW_RULES = 15 }; /* of proto Case */

/* As its row says, without reading all of it. */
static bool is_older(const struct world *w, struct slice row)
{
    const char *closed = case_status_name(CASE_CLOSED);
    struct pb_in in = pb_in_of(row);
    struct pb_field f;

    while (pb_next(&in, &f)) {
        if (f.wire != PB_BYTES)
            continue;
        if (f.number == ROW_STATE &&
            slice_equal(f.bytes, slice_of_text(closed)))
            return false;
        if (f.number != ROW_RULES)
            continue;
        return !policyset_version(
            w->now,
            (struct text){(const char *)f.bytes.data, (uint32_t)f.bytes.size});
    }
    return false;
}

enum world_search world_next_older(struct world *w, struct name *at,
                                   size_t look_at, struct case_record *out)
{
    enum world_search found = SEARCH_NO_MORE;
    struct state_cursor cursor;
    struct slice key, row;
    size_t looked = 0;

    state_cursor_open(&cursor, w->state, STATE_CASES, SLICE_EMPTY,
                      slice_of_words(name_text(at)));
    while (found == SEARCH_NO_MORE && state_cursor_next(&cursor, &key, &row)) {
        struct text id = {(const char *)key.data, (uint32_t)key.size};
        bool older;

        if (name_is(at, id))
            continue; /* the cursor begins with it */
        older = w->now && is_older(w, row);
        if (!name_set(at, id))
            abort(); /* a key of ours */
        if (older)
            found = SEARCH_FOUND;
        else if (++looked == look_at)
            found = SEARCH_NOT_YET;
    }
    state_cursor_close(&cursor);
    if (found == SEARCH_FOUND && !world_find_case(w, name_text(at), out))
        abort(); /* a row of ours cannot be read: recover from the journal */
    return found;
}

/* How far it has looked is not in the journal: a start looks again from the
 * last case that was moved. */
static enum world_search next_older(struct world *w, const struct intent *i)
{
    enum world_search found;

    if (!name_is(&w->looking_for, i->id) ||
        !text_equal(name_text(&w->looked_behind), i->cursor)) {
        if (!name_set(&w->looking_for, i->id) ||
            !name_set(&w->looked_behind, i->cursor) ||
            !name_set(&w->looked_to, i->cursor))
            abort(); /* names of ours */
    }
    found = world_next_older(w, &w->looked_to, CASES_LOOKED_AT, &w->seen);
    if (found != SEARCH_NOT_YET)
        w->looking_for.size = 0;
    return found;
}

/* Into w->seen; a case that begins is none there yet. */
static bool choose(struct world *w, const struct intent *i)
{
    struct name at;

    case_init(&w->seen);
    if (i->query == QUERY_NEW)
        return i->done == 0;
    if (i->query == QUERY_CASE)
        return i->done == 0 && world_find_case(w, i->subject, &w->seen);
    if (!name_set(&at, i->cursor))
        return false;
    while (next_case(w, i, &at))
        if (!name_is(&at, i->cause_case) && was_there(w, &at, i->cause))
            return true;
    return false;
}

static char *words(struct arena *arena, struct text t)
{
    char *copy = t.size ? arena_text_of(arena, slice_of_words(t)) : NULL;

    if (t.size && !copy)
        abort();
    return copy;
}

static void place(const struct intent *i, const struct case_record *c,
                  struct arena *arena, Yinuo__V1__Event *e)
{
    bool known = c->status != CASE_NONE;

    e->station = words(arena, known ? name_text(&c->station) : i->station);
    e->region = words(arena, known ? name_text(&c->region) : i->region);
    e->product_line =
        words(arena, known ? name_text(&c->product_line) : i->product_line);
    e->customer_id =
        words(arena, known ? name_text(&c->customer) : i->customer);
    e->asset_id = words(arena, known ? name_text(&c->asset) : i->asset);
    if (known)
        e->case_id = words(arena, name_text(&c->id));
}

static void set_field(Yinuo__V1__Event *e, const struct field *f,
                      struct arena *arena)
{
    const struct value *v = &f->value;
    struct event_value value = {.type = EVENT_TEXT};
    struct fault fault;

    switch (v->kind) {
    case VALUE_TEXT:
        value.text = v->text.size ? words(arena, v->text) : "";
        break;
    case VALUE_NUMBER:
        value.type = v->thousandths % 1000 ? EVENT_REAL : EVENT_NUMBER;
        value.number = v->thousandths / 1000;
        value.real = (double)v->thousandths / 1000;
        break;
    case VALUE_FLAG:
        value.type = EVENT_FLAG;
        value.number = v->flag;
        break;
    case VALUE_TIME:
        value.type = EVENT_TIME;
        value.number = v->time_ms;
        break;
    case VALUE_NONE:
    case VALUE_LIST:
        return;
    }
    /* the policy has named the field: one that does not fit is not said */
    (void)!event_set(e, words(arena, f->name), &value, arena, &fault);
}

static void make_event(struct world *w, const struct intent *i,
                       uint64_t sequence, int64_t now_ms, struct arena *arena,
                       struct world_step *out)
{
    Yinuo__V1__Event *e = event_new(words(arena, i->kind), arena);

    if (!e)
        abort();
    out->number = i->done + 1;
    e->id = arena_format(arena, "%s-%u", out->intent, out->number);
    e->has_at_ms = e->has_received_at_ms = e->has_source = 1;
    e->at_ms = i->at_ms < now_ms ? i->at_ms : now_ms;
    e->received_at_ms = now_ms;
    e->source = YINUO__V1__SOURCE__SOURCE_SYSTEM;
    place(i, &w->seen, arena, e);
    for (size_t n = 0; n < i->field_count; n++)
        set_field(e, &i->fields[n], arena);
    if (!e->case_id)
        e->case_id = world_case_for(w, e, sequence, arena);
    if (!e->case_id)
        e->case_id = words(arena, TEXT("none")); /* of no case: a note of it */
    out->event = e;
}

bool world_has_steps(const struct world *w)
{
    return w->intent_count > 0;
}

bool world_next_step(struct world *w, uint64_t sequence, int64_t now_ms,
                     struct arena *arena, struct world_step *out)
{
    struct state_cursor cursor;
    struct slice key, row;
    struct intent i;
    bool any;

    *out = (struct world_step){0};
    if (!w->intent_count)
        return false;
    state_cursor_open(&cursor, w->state, STATE_INTENTS, SLICE_EMPTY,
                      SLICE_EMPTY);
    any = state_cursor_next(&cursor, &key, &row);
    state_cursor_close(&cursor);
    if (!any)
        return false;
    if (!customs_get_intent(row, &i))
        abort(); /* a row of ours cannot be read: recover from the journal */
    out->intent = words(arena, i.id);
    out->cause = i.cause;
    if (i.query == QUERY_OLDER) {
        enum world_search found = next_older(w, &i);
        if (found == SEARCH_NOT_YET)
            return false;
        if (found == SEARCH_FOUND)
            make_event(w, &i, sequence, now_ms, arena, out);
        return true;
    }
    if (choose(w, &i))
        make_event(w, &i, sequence, now_ms, arena, out);
    return true;
}

/* --- which case an event without one is about --- */

static bool join(struct world *w, const struct policy *p,
                 const struct kind_rule *kind, const Yinuo__V1__Event *event,
                 struct name *out)
{
    struct view view = {.directory = world_directory(w)};
    struct input in;
    struct fault fault;
    struct name key;

    arena_reset(&w->arena);
    if (customs_input(event, p, &w->arena, &in, &fault) != REFUSAL_NONE)
        return false;
    if (!in.region.size)
        in.region = world_region_of(w, event);
    for (size_t i = 0; i < kind->join_count; i++)
        if (engine_group_key(&view, p, kind->joins[i], &in, &key) &&
            groups_find(w->state, name_text(&key), out))
            return true;
    return false;
}

char *world_case_for(struct world *w, const Yinuo__V1__Event *event,
                     uint64_t sequence, struct arena *arena)
{
    const struct policy *p =
        w->now ? policyset_for(w->now, event->region ? text_of(event->region)
                                                     : TEXT(""))
               : NULL;
    uint16_t kind = p ? policy_kind(p, text_of(event->kind)) : KIND_NONE;
    struct name found;

    if (kind == KIND_NONE)
        return NULL;
    if (p->kinds[kind].join_count && join(w, p, &p->kinds[kind], event, &found))
        return words(arena, name_text(&found));
    if (!p->kinds[kind].opens_case)
        return NULL;
    return arena_format(arena, "C-%llu", (unsigned long long)sequence);
}
