/* Whatever happens, in whatever order: the timers, the open pages and the index
 * by person are exactly what the rows of the cases say, key by key and value by
 * value. Random events of the whole default policy, time that jumps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/reader.h"
#include "ledger/customs.h"
#include "ledger/runner.h"
#include "ledger/simulate.h"
#include "proto/event.h"
#include "proto/kinds.h"

enum { SEEDS = 8, EVENTS = 500, CASES = 5, MINUTE = 60000 };
#define BEGIN INT64_C(1700000000000)

static const char *const people[] = {"zhang.wei", "li.na",       "wang.fang",
                                     "head@ST-X", "deputy@ST-X", "desk@ST-X"};

struct play {
    struct runner *runner;
    struct arena arena;
    uint64_t random;
    struct case_record *c;
    uint64_t timers, pages, refused, decided;
};

static uint32_t roll(struct play *p, uint32_t below)
{
    p->random = p->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(p->random >> 33) % below;
}

static uint64_t count(struct state *s, enum state_table table)
{
    struct state_cursor cursor;
    struct slice key, row;
    uint64_t rows = 0;

    state_cursor_open(&cursor, s, table, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &row))
        rows++;
    state_cursor_close(&cursor);
    return rows;
}

/* The key of a clock's row, written down a second time on purpose. */
static void hold_timer(struct state *s, const struct case_record *c,
                       const struct clock_instance *k)
{
    uint8_t id[200], key[STATE_KEY_MAX];
    size_t n = c->id.size, size;
    struct slice value;

    memcpy(id, c->id.data, n);
    id[n++] = 0;
    id[n++] = (uint8_t)(k->clock >> 8);
    id[n++] = (uint8_t)k->clock;
    id[n++] = 0;
    memcpy(id + n, k->key.data, k->key.size);
    size = state_timer_key((uint8_t)c->severity, k->steps[0].due_ms,
                           slice_of(id, n + k->key.size), key);
    assert_true(state_get(s, STATE_TIMERS, slice_of(key, size), &value));
    assert_int_equal(value.size, 4 + (size_t)c->id.size);
    assert_int_equal(get_u32(value.data), k->generation);
    assert_memory_equal(value.data + 4, c->id.data, c->id.size);
    assert_true(k->generation <= c->next_generation);
}

static void hold_page(struct state *s, const struct open_page *page)
{
    uint8_t key[200];
    struct slice value;
    size_t n = page->person.size;

    memcpy(key, page->person.data, n);
    key[n++] = 0;
    memcpy(key + n, page->id.data, page->id.size);
    assert_true(
        state_get(s, STATE_PERSONS, slice_of(key, n + page->id.size), &value));
    assert_true(state_get(s, STATE_OUTBOX,
                          slice_of(page->id.data, page->id.size), &value));
}

static void hold_rows(struct play *p)
{
    struct state *s = runner_state(p->runner);
    struct state_cursor cursor;
    struct slice key, row;
    uint64_t timers = 0, pages = 0;

    state_cursor_open(&cursor, s, STATE_CASES, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &row)) {
        assert_int_equal(customs_case_read(row, p->c, NULL, NULL), STATUS_OK);
        for (size_t i = 0; i < p->c->clock_count; i++) {
            const struct clock_instance *k = &p->c->clocks[i];
            if (!k->step_count || k->paused_at_ms)
                continue;
            hold_timer(s, p->c, k);
            timers++;
        }
        for (size_t i = 0; i < p->c->page_count; i++)
            hold_page(s, &p->c->pages[i]);
        pages += p->c->page_count;
    }
    state_cursor_close(&cursor);
    assert_int_equal(timers, count(s, STATE_TIMERS));
    assert_int_equal(pages, count(s, STATE_PERSONS));
    assert_int_equal(pages, count(s, STATE_OUTBOX));
    p->timers += timers;
    p->pages += pages;
}

static void after(void *context, const struct runner_record *r)
{
    struct play *p = context;

    p->refused += r->decided->code != REFUSAL_NONE;
    p->decided += r->decided->code == REFUSAL_NONE;
    if (r->origin == RUNNER_EVENT || r->sequence % 16 == 0)
        hold_rows(p);
}

static void set(struct play *p, Yinuo__V1__Event *e, const char *name,
                const char *typed)
{
    struct fault fault;

    /* not every kind has it as this type: then it goes without */
    (void)event_set_typed(e, name, typed, "UTC", &p->arena, &fault);
}

static const char *a_person(struct play *p)
{
    return people[roll(p, sizeof people / sizeof *people)];
}

static void fill(struct play *p, Yinuo__V1__Event *e)
{
    static const char *const words[][5] = {
        {"impact", "none", "degraded", "down", "major"},
        {"channel", "counter", "phone", "hotline_400", "hq_crc"},
        {"to", "S1", "S2", "S3", "C-2"},
        {"level", "1", "2", "3", "3"},
        {"satisfied", "true", "false", "true", "false"},
        {"two_way", "true", "true", "false", "true"},
        {"contained", "true", "false", "true", "true"},
        {"promise_id", "P1", "P2", "P3", "P4"},
        {"accepted_by_customer", "true", "true", "false", "true"},
        {"reason", "leave", "off_shift", "policy", "skill"},
        {"class", "fault", "request", "fault", "inquiry"},
        {"minutes", "10", "30", "60", "1"},
        {"item", "R1", "R2", "T1", "adapter"},
        {"list", "tasks", "calming", "leads", "accessories"},
        {"amount", "100", "800", "6000", "50"},
        {"part", "board", "fan", "screw", "CPU"},
    };
    char due[32];

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (roll(p, 3))
            set(p, e, words[i][0], words[i][1 + roll(p, 4)]);
    snprintf(due, sizeof due, "20%02u-%02u-%02uT%02u:00:00Z", 23 + roll(p, 2),
             1 + roll(p, 12), 1 + roll(p, 28), roll(p, 24));
    if (strncmp(e->kind, "promise.", 8) == 0)
        set(p, e, "due", due);
    if (roll(p, 4) == 0)
        set(p, e, "to", a_person(p));
    if (roll(p, 3) == 0)
        set(p, e, "person", a_person(p));
    if (roll(p, 2))
        set(p, e, "owner", a_person(p));
}

static void add(struct play *p, size_t number, int64_t at_ms)
{
    static const char *const often[] = {
        "case.opened",       "severity.changed", "case.waiting",
        "case.resumed",      "case.resolved",    "case.closed",
        "case.merged",       "promise.made",     "promise.kept",
        "notify.ack",        "notify.unack",     "customer.contacted",
        "case.reopened",     "case.taken",       "case.reassigned",
        "followup.done",     "media.requested",  "complaint.opened",
        "staff.unreachable", "refund.requested", "request.approved",
        "task.dispatched",   "task.taken",       "task.done",
        "item.done",         "part.removed",     "part.reinstalled"};
    size_t kinds;
    const struct kind *all = kinds_all(&kinds);
    const char *kind = roll(p, 3) ? often[roll(p, sizeof often / sizeof *often)]
                                  : all[roll(p, (uint32_t)kinds)].name;
    Yinuo__V1__Event *e;
    struct error err;

    arena_reset(&p->arena);
    e = event_new(kind, &p->arena);
    assert_non_null(e);
    e->id = arena_format(&p->arena, "e-%zu", number);
    e->case_id = arena_format(&p->arena, "C-%u", 1 + roll(p, CASES));
    e->station = (char *)(roll(p, 2) ? "ST-X" : "ST-LN-03");
    e->region = (char *)"R-1";
    e->reporter = (char *)a_person(p);
    e->has_at_ms = e->has_received_at_ms = e->has_source = 1;
    e->received_at_ms = at_ms;
    e->at_ms = roll(p, 8) ? at_ms : at_ms - (int64_t)roll(p, 3000) * MINUTE;
    e->source = roll(p, 5) ? YINUO__V1__SOURCE__SOURCE_STATION
                           : YINUO__V1__SOURCE__SOURCE_IMPORT;
    fill(p, e);
    if (runner_add(p->runner, e, &err))
        fail_msg("%s", err.text);
}

static void play(struct play *p, uint64_t seed)
{
    static const char *const pack[] = {"packs/service-network"};
    struct runner_options options = {.answers = seed % 2,
                                     .answer_after_ms = 2 * MINUTE,
                                     .after = after,
                                     .context = p};
    struct error err;
    int64_t at_ms = BEGIN;

    p->random = seed * 77 + 1;
    if (simulate_policies(pack, 1, stdout, &options.policies, &err) ||
        runner_new(&options, &p->runner, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < EVENTS; i++) {
        at_ms += (int64_t)roll(p, roll(p, 10) ? 40 : 2000) * MINUTE;
        add(p, i, at_ms);
    }
    if (runner_run(p->runner, at_ms + 3 * 86400000LL, &err))
        fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
    runner_free(&p->runner);
}

static void rows_follow_from_the_cases_alone_whatever_happens(void **state)
{
    struct play p = {.c = calloc(1, sizeof *p.c)};

    (void)state;
    arena_init(&p.arena, 1 << 20);
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        play(&p, seed);
    printf("%llu records decided, %llu refused; %llu timers, %llu pages held\n",
           (unsigned long long)p.decided, (unsigned long long)p.refused,
           (unsigned long long)p.timers, (unsigned long long)p.pages);
    assert_true(p.decided > SEEDS * 200 && p.refused > SEEDS);
    assert_true(p.timers > 10000 && p.pages > 1000);
    arena_fini(&p.arena);
    free(p.c);
}

/* --- merging --- */

static enum refusal last_code;

static void keep_code(void *context, const struct runner_record *r)
{
    (void)context;
    if (r->origin == RUNNER_EVENT)
        last_code = r->decided->code;
}

static enum refusal tell(struct play *p, const char *kind, const char *case_id,
                         const char *to)
{
    Yinuo__V1__Event *e;
    struct error err;
    int64_t now_ms = runner_now_ms(p->runner) + MINUTE;

    if (now_ms < BEGIN)
        now_ms = BEGIN;
    arena_reset(&p->arena);
    e = event_new(kind, &p->arena);
    assert_non_null(e);
    e->id = arena_format(&p->arena, "%s-%s-%s", kind, case_id, to ? to : "");
    e->case_id = arena_text(&p->arena, case_id);
    e->station = (char *)"ST-LN-03";
    e->reporter = (char *)"zhang.wei";
    e->has_at_ms = e->has_received_at_ms = 1;
    e->at_ms = e->received_at_ms = now_ms;
    if (to)
        set(p, e, "to", to);
    if (runner_add(p->runner, e, &err) || runner_run(p->runner, now_ms, &err))
        fail_msg("%s", err.text);
    return last_code;
}

/* It would be closed, and nobody would ever hear of it again. */
static void no_case_is_merged_into_nothing(void **state)
{
    static const char *const pack[] = {"packs/service-network"};
    struct play p = {0};
    struct runner_options options = {.after = keep_code};
    struct error err;

    (void)state;
    arena_init(&p.arena, 1 << 20);
    if (simulate_policies(pack, 1, stdout, &options.policies, &err) ||
        runner_new(&options, &p.runner, &err))
        fail_msg("%s", err.text);
    assert_int_equal(tell(&p, "case.opened", "A", NULL), REFUSAL_NONE);
    assert_int_equal(tell(&p, "case.opened", "B", NULL), REFUSAL_NONE);
    assert_int_equal(tell(&p, "case.merged", "A", "Z"), REFUSAL_UNKNOWN_CASE);
    assert_int_equal(tell(&p, "case.merged", "A", "A"), REFUSAL_BAD_FIELD);
    assert_int_equal(tell(&p, "case.merged", "A", "B"), REFUSAL_NONE);
    assert_int_equal(tell(&p, "case.merged", "B", "A"), REFUSAL_CASE_CLOSED);
    runner_free(&p.runner);
    arena_fini(&p.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_follow_from_the_cases_alone_whatever_happens),
        cmocka_unit_test(no_case_is_merged_into_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
