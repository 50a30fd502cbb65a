#include "ledger/runner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/customs.h"
#include "ledger/intents.h"
#include "proto/event.h"

enum {
    FIRINGS_AT_ONCE = 64,
    STUCK_FIRINGS = 100000, /* at one instant, without an end */
};

struct queued {
    int64_t received_ms;
    uint64_t order;
    struct slice bytes; /* serialized Event */
};

/* A page that somebody will answer; kept in the order of time. */
struct answer {
    int64_t at_ms;
    struct name case_id, person, page_id;
};

struct runner {
    struct runner_options options;
    struct state *state;
    struct world *world;
    uint64_t sequence;
    int64_t now_ms;

    struct queued *events;
    size_t event_count, event_room, event_next;
    bool sorted;
    int64_t last_event_ms;

    struct answer *answers;
    size_t answer_count, answer_room, answer_next;

    struct arena arena;
    size_t firings; /* at now_ms */
};

enum status runner_new(const struct runner_options *options,
                       struct runner **out, struct error *err)
{
    struct runner *r = calloc(1, sizeof *r);
    struct state_options in_memory = {.path = NULL};
    enum status status;

    if (!r)
        return error_set(err, STATUS_NO_MEMORY, "a runner");
    r->options = *options;
    r->sorted = true;
    r->sequence = options->first_sequence ? options->first_sequence - 1 : 0;
    arena_init(&r->arena, 2 * LIMIT_DECODE_BYTES);
    status = state_open(&in_memory, &r->state, err);
    if (!status) {
        struct world_options world = {.state = r->state,
                                      .keeps_cases = true,
                                      .structs_only = options->structs_only ||
                                                      !options->after};

        status = world_new(&world, &r->world, err);
    }
    if (status) {
        runner_free(&r);
        return status;
    }
    world_use(r->world, options->policies);
    *out = r;
    return STATUS_OK;
}

void runner_free(struct runner **r)
{
    if (!*r)
        return;
    if ((*r)->world)
        world_free(&(*r)->world);
    else
        policyset_free((*r)->options.policies);
    state_close(&(*r)->state);
    for (size_t i = 0; i < (*r)->event_count; i++)
        free((void *)(uintptr_t)(*r)->events[i].bytes.data);
    free((*r)->events);
    free((*r)->answers);
    arena_fini(&(*r)->arena);
    free(*r);
    *r = NULL;
}

static void *grow(void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return list;
    *room = *room ? *room * 2 : 256;
    list = realloc(list, *room * size);
    if (!list)
        abort();
    return list;
}

enum status runner_add(struct runner *r, const Yinuo__V1__Event *event,
                       struct error *err)
{
    struct bytes bytes = {0};
    int64_t received_ms =
        event->has_received_at_ms ? event->received_at_ms : event->at_ms;
    size_t size;

    if (!event->kind)
        return error_set(err, STATUS_INVALID, "an event without a kind");
    if (codec_encode(&event->base, &bytes))
        return error_set(err, STATUS_NO_MEMORY, "an event");
    r->events =
        grow(r->events, r->event_count, &r->event_room, sizeof *r->events);
    if (received_ms < r->last_event_ms)
        r->sorted = false;
    else
        r->last_event_ms = received_ms;
    size = bytes.size;
    r->events[r->event_count] = (struct queued){
        received_ms, r->event_count, slice_of(bytes_take(&bytes, NULL), size)};
    r->event_count++;
    return STATUS_OK;
}

static int by_received(const void *a, const void *b)
{
    const struct queued *x = a, *y = b;

    if (x->received_ms != y->received_ms)
        return x->received_ms < y->received_ms ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* What lies before now was overtaken and is received now. */
static void sort(struct runner *r)
{
    if (r->sorted)
        return;
    qsort(r->events + r->event_next, r->event_count - r->event_next,
          sizeof *r->events, by_received);
    r->sorted = true;
}

/* --- one record --- */

/* Behind all that are not later. */
static struct answer *answer_at(struct runner *r, int64_t at_ms)
{
    size_t i = r->answer_count++;

    for (; i > r->answer_next && r->answers[i - 1].at_ms > at_ms; i--)
        r->answers[i] = r->answers[i - 1];
    return &r->answers[i];
}

static void expect_answers(struct runner *r, const struct decisions *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct decision *page = &d->list[i];
        int64_t wait_ms = r->options.answer_after_ms;
        struct answer *a;

        if (page->kind != DECISION_PAGE)
            continue;
        if (r->options.answer_wait)
            wait_ms = r->options.answer_wait(r->options.context, page);
        if (wait_ms < 0)
            continue;
        r->answers = grow(r->answers, r->answer_count, &r->answer_room,
                          sizeof *r->answers);
        a = answer_at(r, r->now_ms + wait_ms);
        a->at_ms = r->now_ms + wait_ms;
        if (!name_set(&a->case_id, page->case_id) ||
            !name_set(&a->person, page->person) ||
            !name_set(&a->page_id, page->page_id))
            abort(); /* the engine's own names */
    }
}

static enum status decide(struct runner *r, struct runner_record record,
                          struct error *err)
{
    struct world_input in = {.event = record.event,
                             .firing = record.firing,
                             .intent = record.intent,
                             .sequence = ++r->sequence,
                             .now_ms = r->now_ms};
    struct world_decided decided;
    enum status status;

    world_decide(r->world, &in, &decided);
    record.sequence = in.sequence;
    record.now_ms = in.now_ms;
    record.decided = &decided;
    if (record.origin == RUNNER_EVENT)
        world_count_event(r->world, decided.code != REFUSAL_NONE);
    status = world_apply_decided(r->world, in.sequence, err);
    if (status)
        return status;
    if (r->options.answers && (r->options.answer_until_ms == 0 ||
                               r->now_ms < r->options.answer_until_ms))
        expect_answers(r, &decided.out->decisions);
    if (!r->options.structs_only && (r->options.after || r->options.before))
        world_settle(r->world); /* they may look at the rows */
    if (r->options.after)
        r->options.after(r->options.context, &record);
    return STATUS_OK;
}

/* What the records of this instant want of other cases, before time moves. */
static enum status take_steps(struct runner *r, struct error *err)
{
    struct world_step step;
    enum status status = STATUS_OK;

    while (!status && world_has_steps(r->world)) {
        struct runner_record record = {.origin = RUNNER_DERIVED};

        arena_reset(&r->arena);
        if (!world_next_step(r->world, r->sequence + 1, r->now_ms, &r->arena,
                             &step))
            continue; /* it is still looking */
        record.event = step.event;
        record.intent = step.intent;
        status = decide(r, record, err);
    }
    return status;
}

static void move_to(struct runner *r, int64_t now_ms)
{
    if (now_ms <= r->now_ms)
        return;
    if (r->options.before)
        r->options.before(r->options.context, now_ms);
    r->now_ms = now_ms;
    r->firings = 0;
}

/* --- where they come from --- */

static enum status take_event(struct runner *r, struct error *err)
{
    const struct queued *q = &r->events[r->event_next++];
    struct runner_record record = {.origin = RUNNER_EVENT};
    Yinuo__V1__Event *event;

    move_to(r, q->received_ms);
    arena_reset(&r->arena);
    event = yinuo__v1__event__unpack(arena_allocator(&r->arena), q->bytes.size,
                                     q->bytes.data);
    if (!event) /* our own bytes: no room */
        return error_set(err, STATUS_NO_MEMORY, "an event");
    if (!event->case_id || !*event->case_id)
        event->case_id =
            world_case_for(r->world, event, r->sequence + 1, &r->arena);
    record.event = event;
    return decide(r, record, err);
}

/* Nobody answers a page that was withdrawn meanwhile. */
static bool still_open(struct runner *r, const struct answer *a)
{
    uint8_t key[2 * NAME_BYTES_MAX + 1];
    struct slice value;

    memcpy(key, a->person.data, a->person.size);
    key[a->person.size] = 0;
    memcpy(key + a->person.size + 1, a->page_id.data, a->page_id.size);
    return state_get(
        r->state, STATE_PERSONS,
        slice_of(key, (size_t)a->person.size + 1 + a->page_id.size), &value);
}

static char *words_of(const struct name *n, struct arena *arena)
{
    return arena_text_of(arena, slice_of(n->data, n->size));
}

/* ack-p12.1 */
static char *id_of_answer(const struct name *page_id, struct arena *arena)
{
    enum { BEFORE = 4 };
    char id[BEFORE + NAME_BYTES_MAX + 1] = "ack-";

    memcpy(id + BEFORE, page_id->data, page_id->size);
    return arena_text(arena, id);
}

static enum status take_answer(struct runner *r, struct error *err)
{
    struct answer a = r->answers[r->answer_next++];
    struct runner_record record = {.origin = RUNNER_ANSWER};
    Yinuo__V1__Attribute page = YINUO__V1__ATTRIBUTE__INIT;
    Yinuo__V1__Attribute *pages[] = {&page};
    Yinuo__V1__Event *event;

    if (r->answer_next == r->answer_count)
        r->answer_next = r->answer_count = 0;
    if (!still_open(r, &a))
        return STATUS_OK;
    move_to(r, a.at_ms);
    arena_reset(&r->arena);
    event = event_new("notify.ack", &r->arena);
    if (!event)
        return error_set(err, STATUS_NO_MEMORY, "an answer");
    page.name = (char *)(uintptr_t) "page_id";
    page.text = words_of(&a.page_id, &r->arena);
    event->attributes = pages;
    event->n_attributes = 1;
    event->id = id_of_answer(&a.page_id, &r->arena);
    event->case_id = words_of(&a.case_id, &r->arena);
    event->reporter = words_of(&a.person, &r->arena);
    event->has_at_ms = event->has_received_at_ms = event->has_source = 1;
    event->at_ms = event->received_at_ms = a.at_ms;
    event->source = YINUO__V1__SOURCE__SOURCE_STATION;
    record.event = event;
    return decide(r, record, err);
}

static enum status take_due(struct runner *r, struct error *err)
{
    struct world_due due[FIRINGS_AT_ONCE];
    enum status status = STATUS_OK;
    size_t count;

    move_to(r, world_next_due_ms(r->world));
    count = world_due(r->world, r->now_ms, due, FIRINGS_AT_ONCE);
    for (size_t i = 0; !status && i < count; i++) {
        struct runner_record record = {.origin = RUNNER_FIRING};
        Yinuo__V1__Firing firing = YINUO__V1__FIRING__INIT;
        char case_id[NAME_BYTES_MAX + 1] = "";

        memcpy(case_id, due[i].case_id.data, due[i].case_id.size);
        firing.case_id = case_id;
        firing.has_as_of_ms = 1;
        firing.as_of_ms = r->now_ms;
        record.firing = &firing;
        if (r->firings++ == STUCK_FIRINGS)
            return error_set(err, STATUS_INTERNAL,
                             "case %s: a timer fires and does not move",
                             case_id);
        status = decide(r, record, err);
    }
    return status;
}

/* --- the line --- */

static int64_t next_event_ms(struct runner *r)
{
    sort(r);
    return r->event_next < r->event_count ? r->events[r->event_next].received_ms
                                          : INT64_MAX;
}

static int64_t next_answer_ms(const struct runner *r)
{
    return r->answer_next < r->answer_count ? r->answers[r->answer_next].at_ms
                                            : INT64_MAX;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t runner_next_ms(struct runner *r)
{
    return earlier(earlier(next_event_ms(r), next_answer_ms(r)),
                   world_next_due_ms(r->world));
}

enum status runner_run(struct runner *r, int64_t until_ms, struct error *err)
{
    enum status status = STATUS_OK;

    while (!status) {
        int64_t event_ms = next_event_ms(r), answer_ms = next_answer_ms(r);
        int64_t due_ms = world_next_due_ms(r->world);
        int64_t next_ms = earlier(earlier(event_ms, answer_ms), due_ms);

        if ((next_ms > until_ms || next_ms == INT64_MAX) &&
            !world_has_steps(r->world))
            break;
        if (world_has_steps(r->world))
            status = take_steps(r, err);
        else if (event_ms == next_ms)
            status = take_event(r, err);
        else if (answer_ms == next_ms)
            status = take_answer(r, err);
        else
            status = take_due(r, err);
    }
    world_settle(r->world);
    if (!status && until_ms != INT64_MAX)
        move_to(r, until_ms);
    return status;
}

int64_t runner_last_event_ms(const struct runner *r)
{
    return r->last_event_ms;
}

int64_t runner_now_ms(const struct runner *r)
{
    return r->now_ms;
}

struct world *runner_world(struct runner *r)
{
    return r->world;
}

struct state *runner_state(struct runner *r)
{
    return r->state;
}
