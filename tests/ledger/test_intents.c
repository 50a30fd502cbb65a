/* An effect on many cases reaches each of them once, what a person has in hand
 * is what the cases say, and a world that only applies ends with the same rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/reader.h"
#include "ledger/apply.h"
#include "ledger/customs.h"
#include "ledger/intents.h"
#include "ledger/owners.h"
#include "ledger/simulate.h"
#include "proto/event.h"
#include "world_support.h"

static const char pack[] = "packs/service-network";

enum { MANY = 150 };

struct fixture {
    struct runner *runner;
    struct state *state; /* of the world that only applies */
    struct world *world;
    struct arena arena;
    size_t steps, ends, moved;
    char last[NAME_BYTES_MAX + 1]; /* case of the step before */
};

static void watch_step(struct fixture *f, const struct runner_record *r)
{
    if (!r->event) {
        f->ends++;
        f->last[0] = 0;
        return;
    }
    f->steps++;
    if (strcmp(r->event->kind, "handover.item_moved") != 0)
        return;
    f->moved++;
    assert_true(strcmp(f->last, r->event->case_id) < 0);
    snprintf(f->last, sizeof f->last, "%s", r->event->case_id);
}

static void follow(void *context, const struct runner_record *r)
{
    struct fixture *f = context;

    follow_record(f->world, r);
    if (r->origin == RUNNER_DERIVED)
        watch_step(f, r);
}

static void open_both(struct fixture *f)
{
    struct runner_options options = {
        .policies = policies_of_pack(pack), .after = follow, .context = f};
    struct state_options in_memory = {0};
    struct world_options world = {0};
    struct error err;

    memset(f, 0, sizeof *f);
    arena_init(&f->arena, 1 << 20);
    if (runner_new(&options, &f->runner, &err) ||
        state_open(&in_memory, &f->state, &err))
        fail_msg("%s", err.text);
    world.state = f->state;
    if (world_new(&world, &f->world, &err))
        fail_msg("%s", err.text);
    world_use(f->world, policies_of_pack(pack));
}

static void close_both(struct fixture *f)
{
    runner_free(&f->runner);
    world_free(&f->world);
    state_close(&f->state);
    arena_fini(&f->arena);
}

static void add(struct fixture *f, const char *format, ...)
{
    char line[1024];
    json_t *json = NULL;
    struct fault fault = {0};
    struct error err;
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    arena_reset(&f->arena);
    if (json_parse(slice_of_text(line), &json, &err) ||
        simulate_add(f->runner, json, &f->arena, &fault))
        fail_msg("%s: %s%s", line, err.text, fault.text);
    json_decref(json);
}

static void open_many(struct fixture *f)
{
    for (int i = 0; i < MANY; i++)
        add(f,
            "{\"id\": \"o%d\", \"kind\": \"case.opened\", \"at\": "
            "\"2012-06-04T09:00:00+08:00\", \"case_id\": \"C-%03d\", "
            "\"station\": \"ST-LN-03\", \"region\": \"%s\", \"owner\": "
            "\"ln03-e1\", \"channel\": \"phone\", \"severity\": \"%s\"}",
            i, i, i % 2 ? "R-1" : "R-2", i % 3 ? "S4" : "S3");
}

static void run(struct fixture *f, int64_t until_ms)
{
    struct error err;

    if (runner_run(f->runner, until_ms, &err))
        fail_msg("%s", err.text);
}

static struct load load_of(struct fixture *f, const char *person)
{
    struct load l;

    owners_load(runner_state(f->runner), text_of(person), NULL, TEXT("R-1"),
                &l);
    return l;
}

/* The index against the cases, one by one. */
static void hold_index(struct state *state)
{
    struct case_record *c = calloc(1, sizeof *c);
    struct state_cursor cursor;
    struct slice key, row;
    size_t wanted = 0, places = 0, sum = 0;

    assert_non_null(c);
    state_cursor_open(&cursor, state, STATE_CASES, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &row)) {
        assert_int_equal(customs_case_read(row, c, NULL, NULL), STATUS_OK);
        wanted += c->owner.size &&
                  (c->status == CASE_OPEN || c->status == CASE_WAITING);
    }
    state_cursor_close(&cursor);
    state_cursor_open(&cursor, state, STATE_OWNERS, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &row)) {
        places += key.data[0] == 'c';
        sum += key.data[0] == 't' ? get_u32(row.data) : 0;
    }
    state_cursor_close(&cursor);
    assert_int_equal(places, wanted);
    assert_int_equal(sum, wanted);
    free(c);
}

static void hold_same(struct fixture *f)
{
    struct digest live = state_hash(runner_state(f->runner), NULL);
    struct digest applied = state_hash(f->state, NULL);

    assert_memory_equal(&live, &applied, sizeof live);
}

static void
who_leaves_at_once_leaves_each_case_to_the_head_exactly_once(void **state)
{
    struct fixture f;

    (void)state;
    open_both(&f);
    open_many(&f);
    add(&f, "{\"id\": \"d1\", \"kind\": \"staff.departed\", \"at\": "
            "\"2012-06-04T10:00:00+08:00\", \"case_id\": \"HO\", \"person\": "
            "\"ln03-e1\", \"forced\": true, \"station\": \"ST-LN-03\", "
            "\"region\": \"R-1\"}");
    run(&f, 1338774300000); /* 09:45 */
    assert_int_equal(load_of(&f, "ln03-e1").cases, MANY);
    assert_int_equal(load_of(&f, "ln03-e1").urgent, MANY / 3);
    assert_int_equal(load_of(&f, "ln03-e1").regions, 2);
    hold_index(runner_state(f.runner));
    hold_same(&f);
    run(&f, 1338775260000); /* 10:01 */
    assert_int_equal(f.moved, MANY);
    assert_false(world_has_steps(runner_world(f.runner)));
    assert_int_equal(load_of(&f, "ln03-e1").cases, 0);
    assert_int_equal(load_of(&f, "ln03-head").cases,
                     MANY + 2); /* the handover, and what he was told of load */
    hold_index(runner_state(f.runner));
    hold_same(&f);
    close_both(&f);
}

static void a_world_that_is_opened_amid_goes_on_where_it_was(void **state)
{
    struct fixture f;
    struct world *again = NULL;
    struct world_options options = {0};
    struct world_step step;
    struct error err;

    (void)state;
    open_both(&f);
    /* a row as a crash leaves it: fifty of the cases are done */
    struct intent i = {.id = TEXT("i9.1"),
                       .query = QUERY_CASES_OF,
                       .subject = TEXT("ln03-e1"),
                       .kind = TEXT("shift.left_open"),
                       .depth = 1,
                       .at_ms = 1338774300000,
                       .cause = 1000,
                       .cursor = TEXT("C-049"),
                       .done = 50};
    struct decision d = {
        .kind = DECISION_INTENT, .key = i.id, .value = i.kind, .intent = &i};
    struct bytes part = {0};

    open_many(&f);
    run(&f, 1338774300000);
    assert_int_equal(customs_decision_part(&d, &part), STATUS_OK);
    if (world_apply(f.world, 5000, 1338774300000, bytes_slice(&part), &err))
        fail_msg("%s", err.text);
    bytes_fini(&part);
    options.state = f.state;
    assert_int_equal(world_new(&options, &again, &err), STATUS_OK);
    world_use(again, policies_of_pack(pack));
    assert_true(world_has_steps(again));
    assert_true(world_next_step(again, 5001, 1338774300000, &f.arena, &step));
    assert_string_equal(step.intent, "i9.1");
    assert_int_equal(step.number, 51);
    assert_string_equal(step.event->case_id, "C-050");
    world_free(&again);
    close_both(&f);
}

/* --- what a customer said ------------------------------------------------ */

static const char small_policy[] =
    "name: small\n"
    "default: true\n"
    "tiers: [engineer, head]\n"
    "own_kinds: [case.noted]\n"
    "events:\n"
    "  case.opened:\n"
    "    case: opens\n"
    "    do: [open]\n"
    "    severity: S4\n"
    "    page: [owner]\n"
    "    for_each:\n"
    "      - {case: case.id, do: case.noted, with: {said: symptom,\n"
    "         how: channel}}\n"
    "      - {cases_of: symptom, do: case.noted}\n"
    "  case.noted:\n"
    "ladder:\n"
    "  S1: {each_tier: true, repeat: 5min}\n"
    "  S2+S3+S4: {rungs: [{page: head, after: 2h}], repeat: working day}\n";
static const char small_directory[] =
    "zone: UTC\n"
    "template: {zone: UTC, calendar: shop, roster: {engineer: [e@],\n"
    "  head: [h@, d@]}}\n";
static const char small_calendars[] = "calendars: {shop: {open: always}}\n";

struct ear {
    size_t notes;
    bool said, how;
};

static void listen(void *context, const struct runner_record *r)
{
    struct ear *ear = context;
    struct slice part = r->decided->decisions;
    struct event_value v;

    /* nothing of it is journaled, whatever the field was called */
    assert_null(memmem(part.data, part.size, "my screen", 9));
    if (r->origin != RUNNER_DERIVED || !r->event)
        return;
    ear->notes++;
    ear->said |= event_get(r->event, "said", &v);
    ear->how |= event_get(r->event, "how", &v);
}

static void no_words_of_a_customer_stand_in_an_intent(void **state)
{
    struct fixture f = {0};
    struct ear ear = {0};
    struct runner_options options = {
        .policies =
            policies_of_texts(small_calendars, small_directory, small_policy),
        .after = listen,
        .context = &ear};
    struct error err;

    (void)state;
    arena_init(&f.arena, 1 << 20);
    if (runner_new(&options, &f.runner, &err))
        fail_msg("%s", err.text);
    add(&f, "{\"id\": \"o1\", \"kind\": \"case.opened\", \"at\": "
            "\"2012-06-04T09:00:00Z\", \"case_id\": \"C-1\", \"station\": "
            "\"S\", \"channel\": \"phone\", \"symptom\": \"my screen\"}");
    run(&f, 1338887000000);
    assert_int_equal(ear.notes, 1); /* cases_of nobody is nothing to do */
    assert_true(ear.how);
    assert_false(ear.said);
    runner_free(&f.runner);
    arena_fini(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            who_leaves_at_once_leaves_each_case_to_the_head_exactly_once),
        cmocka_unit_test(a_world_that_is_opened_amid_goes_on_where_it_was),
        cmocka_unit_test(no_words_of_a_customer_stand_in_an_intent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
