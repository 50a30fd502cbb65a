/* What is remembered beside the cases: rows as protobuf writes them, a second
 * world that only applies has the same, counters are those of a plain list, and
 * no two visits of one person touch. */
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
#include "ledger/simulate.h"
#include "world_support.h"

enum { EVENTS = 1500, CASES = 40, MINUTE_MS = 60000, HOUR = 60 * MINUTE_MS };

#define START_MS INT64_C(1330912800000) /* 2012-03-05 10:00 +08:00 */

static const char pack[] = "packs/service-network";

/* --- rows ----------------------------------------------------------------- */

static struct name name_of(const char *format, int n)
{
    char words[NAME_BYTES_MAX + 1];
    struct name name;

    snprintf(words, sizeof words, format, n);
    assert_true(name_set(&name, text_of(words)));
    return name;
}

static struct subject *full_subject(void)
{
    struct subject *s = calloc(1, sizeof *s);

    assert_non_null(s);
    subject_init(s, TEXT("person+topic:eng-1\x1fskill"));
    s->last_sequence = UINT64_C(1) << 40;
    s->fact_count = SUBJECT_FACTS_MAX;
    for (int i = 0; i < SUBJECT_FACTS_MAX; i++)
        s->facts[i] = (struct fact){.name = name_of("fact-%d", i),
                                    .kind = i % 2 ? VALUE_TEXT : VALUE_TIME,
                                    .text = name_of(i % 2 ? "t%d" : "", i),
                                    .number = -i,
                                    .at_ms = START_MS + i,
                                    .sequence = (uint64_t)i};
    s->tally_count = SUBJECT_TALLIES_MAX;
    for (int i = 0; i < SUBJECT_TALLIES_MAX; i++) {
        struct tally *t = &s->tallies[i];

        t->name = name_of("tally-%d", i);
        t->window_ms = i * 1000;
        t->total = 1000 + i;
        t->instant_count = TALLY_INSTANTS_MAX;
        for (int j = 0; j < TALLY_INSTANTS_MAX; j++)
            t->instants[j] = (struct instant){START_MS + j, (uint64_t)j, 1 + j};
        t->level_count = TALLY_LEVELS_MAX;
        for (int j = 0; j < TALLY_LEVELS_MAX; j++)
            t->levels[j] = (struct tally_level){j + 1, START_MS + j};
    }
    s->interval_count = SUBJECT_INTERVALS_MAX;
    for (int i = 0; i < SUBJECT_INTERVALS_MAX; i++)
        s->intervals[i] = (struct interval){.set = name_of("visits", 0),
                                            .key = name_of("v%d", i),
                                            .case_id = name_of("C-%d", i),
                                            .from_ms = START_MS + i,
                                            .until_ms = START_MS + HOUR,
                                            .sequence = (uint64_t)i};
    return s;
}

static void a_full_row_comes_back_and_is_what_protobuf_writes(void **state)
{
    struct subject *s = full_subject(), *back = calloc(1, sizeof *back);
    struct bytes row = {0}, packed = {0};
    Yinuo__V1__Subject *message;

    (void)state;
    assert_int_equal(customs_subject_row(s, &row), STATUS_OK);
    assert_int_equal(customs_subject_read(bytes_slice(&row), back, NULL),
                     STATUS_OK);
    assert_memory_equal(s, back, sizeof *s);
    message = yinuo__v1__subject__unpack(NULL, row.size, row.data);
    assert_non_null(message);
    assert_string_equal(message->kind, "person+topic");
    assert_int_equal(message->n_ids, 2);
    assert_string_equal(message->ids[1], "skill");
    assert_int_equal(message->base.n_unknown_fields, 0);
    assert_int_equal(codec_encode(&message->base, &packed), STATUS_OK);
    assert_int_equal(row.size, packed.size);
    assert_memory_equal(row.data, packed.data, row.size);
    yinuo__v1__subject__free_unpacked(message, NULL);
    for (size_t cut = 1; cut < row.size; cut += 97)
        if (customs_subject_read(slice_of(row.data, cut), back, NULL) ==
            STATUS_OK)
            assert_true(back->tally_count <= SUBJECT_TALLIES_MAX);
    bytes_fini(&row);
    bytes_fini(&packed);
    free(s);
    free(back);
}

/* --- events --------------------------------------------------------------- */

static uint64_t dice = 20120305;

static int roll(int below)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (int)(dice % (uint64_t)below);
}

/* A second world that only applies, and a list of all complaints. */
struct twin {
    struct runner *runner;
    struct state *state;
    struct world *world;
    struct arena arena;
    int64_t complaints[4][EVENTS];
    size_t complaint_count[4];
    uint64_t tallies, bursts, intervals, facts, refused;
};

static void add(struct twin *t, const char *format, ...) PRINTF_LIKE(2, 3);
static void add(struct twin *t, const char *format, ...)
{
    char line[1024];
    json_t *json = NULL;
    struct fault fault;
    struct error err;
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (json_parse(slice_of_text(line), &json, &err))
        fail_msg("%s: %s", line, err.text);
    arena_reset(&t->arena);
    if (simulate_add(t->runner, json, &t->arena, &fault))
        fail_msg("%s: %s %s", line, fault.field, fault.text);
    json_decref(json);
}

static const char *moment(int64_t at_ms)
{
    static char words[4][40];
    static unsigned turn;
    char *out = words[turn++ % 4];
    int64_t minute = (at_ms - START_MS) / MINUTE_MS + 2 * 60; /* from 02:00 Z */

    snprintf(out, sizeof words[0], "2012-03-%02dT%02d:%02d:00Z",
             (int)(5 + minute / 1440), (int)(minute % 1440 / 60),
             (int)(minute % 60));
    return out;
}

/* As it is decided: of two at one moment the second counts the first. */
static void complain(struct twin *t, const Yinuo__V1__Event *event)
{
    int region = event->region[2] - '0';

    t->complaints[region][t->complaint_count[region]++] = event->at_ms;
}

static void add_one(struct twin *t, int n, int64_t at_ms)
{
    int c = roll(CASES), region = c % 3 + 1, from = roll(48) * 30;
    const char *at = moment(at_ms);
    char common[256];

    snprintf(common, sizeof common,
             "\"id\":\"e%d\",\"at\":\"%s\",\"case_id\":\"C%d\",\"region\":"
             "\"R-%d\",\"station\":\"ST-%d\",\"reporter\":\"eng-%d\"",
             n, at, c, region, c, c % 4);
    switch (roll(9)) {
    case 0:
    case 1:
        add(t,
            "{\"kind\":\"case.opened\",%s,\"class\":\"fault\",\"channel\":"
            "\"counter\",\"asset_id\":\"SN-%d\",\"customer_id\":\"K%d\"}",
            common, c % 7, c % 5);
        break;
    case 2:
    case 3:
        add(t, "{\"kind\":\"complaint.opened\",%s,\"channel\":\"counter\"}",
            common);
        break;
    case 4:
    case 5:
        add(t,
            "{\"kind\":\"visit.scheduled\",%s,\"engineer\":\"eng-%d\","
            "\"window_from\":\"%s\",\"window_to\":\"%s\"}",
            common, roll(3), moment(at_ms + (int64_t)from * MINUTE_MS),
            moment(at_ms + (int64_t)(from + 30 + roll(90)) * MINUTE_MS));
        break;
    case 6:
        add(t, "{\"kind\":\"visit.missed\",%s}", common);
        break;
    case 7:
        add(t,
            "{\"kind\":\"op.performed\",%s,\"asset_id\":\"SN-%d\",\"result\":"
            "\"ok\"}",
            common, c % 7);
        break;
    default:
        add(t,
            "{\"kind\":\"praise.logged\",\"id\":\"e%d\",\"at\":\"%s\","
            "\"person\":\"eng-%d\"}",
            n, at, c % 4);
        break;
    }
}

/* --- what must hold ------------------------------------------------------- */

/* Of a region's complaints, in the hour that ends with the one of at_ms. */
static int64_t in_the_hour(const struct twin *t, int region, int64_t at_ms)
{
    int64_t count = 0;

    for (size_t i = 0; i < t->complaint_count[region]; i++)
        count += t->complaints[region][i] > at_ms - HOUR &&
                 t->complaints[region][i] <= at_ms;
    return count;
}

static void hold_tally(struct twin *t, const struct decision *d)
{
    t->tallies++;
    if (!text_equal(d->value, TEXT("complaints")))
        return;
    assert_true(text_equal(subject_kind(d->subject), TEXT("region")));
    assert_int_equal(
        d->number,
        in_the_hour(t, d->subject.data[d->subject.size - 1] - '0', d->at_ms));
}

static void hold_intervals(struct state *state)
{
    struct subject *s = calloc(1, sizeof *s);
    struct state_cursor cursor;
    struct slice key, row;

    assert_non_null(s);
    state_cursor_open(&cursor, state, STATE_SUBJECTS, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &row)) {
        assert_int_equal(customs_subject_read(row, s, NULL), STATUS_OK);
        for (size_t i = 0; i < s->interval_count; i++)
            for (size_t j = 0; j < i; j++)
                assert_true(s->intervals[i].from_ms >=
                                s->intervals[j].until_ms + 30 * MINUTE_MS ||
                            s->intervals[j].from_ms >=
                                s->intervals[i].until_ms + 30 * MINUTE_MS);
    }
    state_cursor_close(&cursor);
    free(s);
}

static void follow(void *context, const struct runner_record *r)
{
    const struct decisions *all = &r->decided->out->decisions;
    struct twin *t = context;

    if (r->event && strcmp(r->event->kind, "complaint.opened") == 0)
        complain(t, r->event);
    for (size_t i = 0; i < all->count; i++) {
        const struct decision *d = &all->list[i];

        if (d->kind == DECISION_TALLY)
            hold_tally(t, d);
        t->facts += d->kind == DECISION_FACT;
        t->intervals += d->kind == DECISION_INTERVAL;
        t->refused += d->kind == DECISION_REFUSE &&
                      text_equal(d->rule, TEXT("VI-02")) && d->key.size > 0;
        t->bursts += d->kind == DECISION_EMIT &&
                     text_equal(d->value, TEXT("queue.burst"));
    }
    follow_record(t->world, r);
}

static void twin_open(struct twin *t)
{
    struct runner_options options = {.policies = policies_of_pack(pack),
                                     .answers = true,
                                     .answer_after_ms = 120000,
                                     .after = follow,
                                     .context = t};
    struct state_options in_memory = {0};
    struct world_options world = {0};
    struct error err;

    arena_init(&t->arena, 1 << 20);
    if (runner_new(&options, &t->runner, &err) ||
        state_open(&in_memory, &t->state, &err))
        fail_msg("%s", err.text);
    world.state = t->state;
    if (world_new(&world, &t->world, &err))
        fail_msg("%s", err.text);
    world_use(t->world, policies_of_pack(pack));
}

static void who_only_applies_has_the_same_rows(void **state)
{
    struct twin *t = calloc(1, sizeof *t);
    struct digest live, applied;
    int64_t at_ms = START_MS;
    uint64_t rows = 0;
    struct error err;

    (void)state;
    assert_non_null(t);
    twin_open(t);
    for (int i = 0; i < EVENTS; i++)
        add_one(t, i, at_ms += roll(16) * MINUTE_MS);
    if (runner_run(t->runner, at_ms, &err))
        fail_msg("%s", err.text);
    hold_intervals(t->state);
    live = state_hash(runner_state(t->runner), &rows);
    applied = state_hash(t->state, NULL);
    assert_memory_equal(&live, &applied, sizeof live);
    print_message("%llu rows; %llu counted, %llu bursts, %llu facts, %llu "
                  "intervals, %llu refused\n",
                  (unsigned long long)rows, (unsigned long long)t->tallies,
                  (unsigned long long)t->bursts, (unsigned long long)t->facts,
                  (unsigned long long)t->intervals,
                  (unsigned long long)t->refused);
    assert_true(t->tallies > 200 && t->bursts > 0 && t->facts > 200);
    assert_true(t->intervals > 50 && t->refused > 0);
    world_free(&t->world);
    state_close(&t->state);
    runner_free(&t->runner);
    arena_fini(&t->arena);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_row_comes_back_and_is_what_protobuf_writes),
        cmocka_unit_test(who_only_applies_has_the_same_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
