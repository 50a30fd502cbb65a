/* What stands in the rows follows from the decisions alone, and the timers and
 * pages from the cases alone: shown on a day of real incidents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ledger/customs.h"
#include "ledger/import.h"
#include "ledger/simulate.h"
#include "world_support.h"

static const char pack[] = "packs/incident-desk";
static const char map[] = "packs/incident-desk/maps/incidents.yaml";
static const char *const day[] = {
    "packs/incident-desk/data/incidents-day.feed.csv.gz"};

/* A second world that only applies. */
struct twin {
    struct runner *runner;
    struct state *state;
    struct world *world;
    struct arena arena;
    bool watch; /* hold rows against cases while it runs */
    uint64_t held;
};

static enum status add(void *state, struct slice line, struct error *err)
{
    struct twin *t = state;
    json_t *json = NULL;
    struct fault fault;
    enum status status = json_parse(line, &json, err);

    if (status)
        return status;
    arena_reset(&t->arena);
    if (simulate_add(t->runner, json, &t->arena, &fault))
        fail_msg("%s", fault.text);
    json_decref(json);
    return STATUS_OK;
}

/* Every running clock has one row, and there are no others. */
static void hold_timers(struct state *state)
{
    struct state_cursor cursor;
    struct slice key, row;
    struct case_record *c = calloc(1, sizeof *c);
    size_t clocks = 0, pages = 0, timers = 0, persons = 0;

    assert_non_null(c);
    state_cursor_open(&cursor, state, STATE_CASES, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &row)) {
        assert_int_equal(customs_case_read(row, c, NULL, NULL), STATUS_OK);
        pages += c->page_count;
        for (size_t i = 0; i < c->clock_count; i++)
            clocks += c->clocks[i].step_count && !c->clocks[i].paused_at_ms;
    }
    state_cursor_close(&cursor);
    state_cursor_open(&cursor, state, STATE_TIMERS, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &row))
        timers++;
    state_cursor_close(&cursor);
    state_cursor_open(&cursor, state, STATE_PERSONS, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &row))
        persons++;
    state_cursor_close(&cursor);
    assert_int_equal(clocks, timers);
    assert_int_equal(pages, persons);
    free(c);
}

static void follow(void *context, const struct runner_record *r)
{
    struct twin *t = context;

    follow_record(t->world, r);
    if (r->sequence % 64 == 0) {
        hold_timers(runner_state(t->runner));
        t->held++;
    }
}

static void twin_open(struct twin *t, bool answers)
{
    struct runner_options options = {.policies = policies_of_pack(pack),
                                     .answers = answers,
                                     .answer_after_ms = 120000,
                                     .after = follow,
                                     .context = t};
    struct state_options in_memory = {0};
    struct world_options world = {0};
    struct import_options import = {.map = map,
                                    .files = day,
                                    .file_count = 1,
                                    .sink = add,
                                    .sink_state = t,
                                    .complain = stdout};
    struct import_summary summary;
    struct error err;

    memset(t, 0, sizeof *t);
    arena_init(&t->arena, 1 << 20);
    if (runner_new(&options, &t->runner, &err) ||
        state_open(&in_memory, &t->state, &err))
        fail_msg("%s", err.text);
    world.state = t->state;
    if (world_new(&world, &t->world, &err))
        fail_msg("%s", err.text);
    world_use(t->world, policies_of_pack(pack));
    if (import_run(&import, &summary, &err))
        fail_msg("%s", err.text);
    assert_int_equal(summary.events, 2198);
}

static void twin_close(struct twin *t)
{
    runner_free(&t->runner);
    world_free(&t->world);
    state_close(&t->state);
    arena_fini(&t->arena);
}

static void hold_same(struct twin *t)
{
    struct digest live = state_hash(runner_state(t->runner), NULL);
    uint64_t rows;
    struct digest rebuilt = state_hash(t->state, &rows);

    assert_true(rows > 315);
    assert_true(digest_equal(&live, &rebuilt));
}

static void applying_the_decisions_alone_gives_the_same_rows(void **state)
{
    struct twin t;
    struct error err;

    (void)state;
    for (int answers = 0; answers < 2; answers++) {
        twin_open(&t, answers);
        assert_int_equal(
            runner_run(t.runner, runner_last_event_ms(t.runner), &err),
            STATUS_OK);
        hold_same(&t);
        assert_true(t.held > 30);
        assert_int_equal(world_summary(t.world)->events, 2198);
        twin_close(&t);
    }
}

static void totals_come_back_with_their_row(void **state)
{
    struct twin t;
    struct world_options world = {0};
    struct world *again = NULL;
    struct error err;

    (void)state;
    twin_open(&t, true);
    assert_int_equal(runner_run(t.runner, INT64_MAX, &err), STATUS_OK);
    world.state = t.state;
    assert_int_equal(world_new(&world, &again, &err), STATUS_OK);
    assert_memory_equal(world_summary(again), world_summary(t.world),
                        sizeof(struct summary));
    assert_int_equal(world_summary(again)->cases_closed, 315);
    assert_int_equal(world_summary(again)->cases_open, 0);
    world_free(&again);
    twin_close(&t);
}

static void nothing_stays_behind_when_all_cases_are_closed(void **state)
{
    struct twin t;
    struct state_cursor cursor;
    struct slice key, row;
    struct error err;

    (void)state;
    twin_open(&t, true);
    assert_int_equal(runner_run(t.runner, INT64_MAX, &err), STATUS_OK);
    assert_true(world_next_due_ms(runner_world(t.runner)) == INT64_MAX);
    state_cursor_open(&cursor, runner_state(t.runner), STATE_TIMERS,
                      SLICE_EMPTY, SLICE_EMPTY);
    assert_false(state_cursor_next(&cursor, &key, &row));
    state_cursor_close(&cursor);
    twin_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applying_the_decisions_alone_gives_the_same_rows),
        cmocka_unit_test(totals_come_back_with_their_row),
        cmocka_unit_test(nothing_stays_behind_when_all_cases_are_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
