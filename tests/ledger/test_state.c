/* The state against a naive model, across checkpoints and reopening. */
#include "ledger_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "ledger/checkpoint.h"
#include "ledger/state.h"
#include "ledger/state_reader.h"

/* --- a model that nobody can get wrong: one sorted array --- */

enum { MODEL_ROWS = 4096 };

struct model_row {
    uint8_t table;
    char key[32];
    char value[3000];
};

struct model {
    struct model_row *rows;
    size_t n;
};

static int model_compare(const struct model_row *a, const struct model_row *b)
{
    if (a->table != b->table)
        return a->table < b->table ? -1 : 1;
    return strcmp(a->key, b->key);
}

static size_t model_place(const struct model *m, const struct model_row *row)
{
    size_t i = 0;

    while (i < m->n && model_compare(&m->rows[i], row) < 0)
        i++;
    return i;
}

static void model_put(struct model *m, const struct model_row *row)
{
    size_t i = model_place(m, row);

    if (i == m->n || model_compare(&m->rows[i], row) != 0) {
        assert_true(m->n < MODEL_ROWS);
        memmove(&m->rows[i + 1], &m->rows[i], (m->n - i) * sizeof *row);
        m->n++;
    }
    m->rows[i] = *row;
}

static void model_delete(struct model *m, const struct model_row *row)
{
    size_t i = model_place(m, row);

    if (i == m->n || model_compare(&m->rows[i], row) != 0)
        return;
    memmove(&m->rows[i], &m->rows[i + 1], (m->n - i - 1) * sizeof *row);
    m->n--;
}

static void assert_same(struct state *s, const struct model *m)
{
    size_t i = 0;

    for (int t = 1; t < STATE_TABLE_END; t++) {
        struct state_cursor c;
        struct slice key, value;

        if (t == STATE_META)
            continue; /* holds the applied sequence */
        state_cursor_open(&c, s, (enum state_table)t, SLICE_EMPTY, SLICE_EMPTY);
        for (; state_cursor_next(&c, &key, &value); i++) {
            assert_true(i < m->n);
            assert_int_equal(m->rows[i].table, t);
            assert_true(slice_equal(key, slice_of_text(m->rows[i].key)));
            assert_true(slice_equal(value, slice_of_text(m->rows[i].value)));
        }
        state_cursor_close(&c);
    }
    assert_int_equal(i, m->n);
}

static void random_row(const struct random *r, struct model_row *row)
{
    static const uint8_t tables[] = {STATE_CASES, STATE_REQUESTS, STATE_OUTBOX};
    size_t size =
        random_one_in(r, 20) ? random_below(r, 2900) : random_below(r, 60);

    memset(row, 0, sizeof *row);
    row->table = tables[random_below(r, 3)];
    snprintf(row->key, sizeof row->key, "k%llu%s",
             (unsigned long long)random_below(r, 300),
             random_one_in(r, 2) ? "/x" : "");
    for (size_t i = 0; i < size; i++)
        row->value[i] = (char)('a' + random_below(r, 26));
}

static void one_change(struct state *s, struct model *m, const struct random *r)
{
    struct model_row row;
    struct slice key;

    random_row(r, &row);
    key = slice_of_text(row.key);
    if (random_one_in(r, 3)) {
        state_delete(s, (enum state_table)row.table, key);
        model_delete(m, &row);
    } else {
        state_put(s, (enum state_table)row.table, key,
                  slice_of_text(row.value));
        model_put(m, &row);
    }
}

static void assert_get_same(struct state *s, const struct model *m,
                            const struct random *r)
{
    struct model_row row;
    struct slice value;

    random_row(r, &row);
    size_t i = model_place(m, &row);
    bool there = i < m->n && model_compare(&m->rows[i], &row) == 0;

    assert_int_equal(there, state_get(s, (enum state_table)row.table,
                                      slice_of_text(row.key), &value));
    if (there)
        assert_true(slice_equal(value, slice_of_text(m->rows[i].value)));
}

/* Prefix and starting key, against the model. */
static void assert_range_same(struct state *s, const struct model *m,
                              const struct random *r)
{
    struct model_row from;
    struct state_cursor c;
    struct slice key, value;
    char prefix[4];

    random_row(r, &from);
    snprintf(prefix, sizeof prefix, "k%llu",
             (unsigned long long)random_below(r, 30));
    state_cursor_open(&c, s, (enum state_table)from.table,
                      slice_of_text(prefix), slice_of_text(from.key));
    for (size_t i = model_place(m, &from); i < m->n; i++) {
        const struct model_row *row = &m->rows[i];

        if (row->table != from.table)
            break;
        if (strncmp(row->key, prefix, strlen(prefix)) != 0)
            continue;
        assert_true(state_cursor_next(&c, &key, &value));
        assert_true(slice_equal(key, slice_of_text(row->key)));
    }
    assert_false(state_cursor_next(&c, &key, &value));
    state_cursor_close(&c);
}

static void run_model(const char *path, bool in_line, uint64_t seed)
{
    struct model m = {.rows = calloc(MODEL_ROWS, sizeof *m.rows)};
    struct random_seeded seeded;
    struct state *s;
    uint64_t seq = 0;

    random_seeded_init(&seeded, seed);
    open_state(&s, path, in_line);
    for (int step = 0; step < 3000; step++) {
        const struct random *r = &seeded.random;

        one_change(s, &m, r);
        assert_get_same(s, &m, r);
        if (random_one_in(r, 40))
            assert_range_same(s, &m, r);
        state_set_applied(s, ++seq);
        if (random_one_in(r, 30)) {
            /* Freezes at some, takes over at others. */
            state_tick(s, &(struct state_tick){.now_ms = step * 1000,
                                               .durable_seq = seq});
        }
        if (random_one_in(r, 200))
            state_checkpoint(s, seq);
        if (random_one_in(r, 300))
            assert_same(s, &m);
        if (path != NULL && random_one_in(r, 500)) {
            state_checkpoint(s, seq);
            state_close(&s);
            open_state(&s, path, in_line);
            assert_int_equal(state_applied(s), seq);
            assert_same(s, &m);
        }
    }
    assert_same(s, &m);
    state_close(&s);
    free(m.rows);
}

static void rows_are_those_of_a_sorted_array(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++)
        run_model(NULL, true, seed);
}

static void rows_survive_checkpoints_and_reopening(void **state)
{
    struct scratch *d = *state;

    run_model(scratch_path(d, "inline.mdb"), true, 11);
    run_model(scratch_path(d, "inline2.mdb"), true, 12);
    run_model(scratch_path(d, "thread.mdb"), false, 13);
    run_model(scratch_path(d, "thread2.mdb"), false, 14);
}

static void put_text(struct state *s, enum state_table table, const char *key,
                     const char *value)
{
    state_put(s, table, slice_of_text(key), slice_of_text(value));
}

static void hash_does_not_depend_on_what_is_on_disk(void **state)
{
    struct scratch *d = *state;
    struct state *a, *b;
    struct state_reader *r;
    struct digest hash_a, hash_b, hash_r;
    uint64_t rows_a, rows_b, rows_r;
    struct error err = {0};

    open_state(&a, scratch_path(d, "a.mdb"), true);
    open_state(&b, NULL, true);
    put_text(a, STATE_CASES, "one", "gone soon");
    put_text(a, STATE_CASES, "two", "2");
    state_set_applied(a, 1);
    state_checkpoint(a, 1);
    state_delete(a, STATE_CASES, slice_of_text("one"));
    put_text(a, STATE_PERSONS, "li", "");
    put_text(b, STATE_PERSONS, "li", "");
    put_text(b, STATE_CASES, "two", "2");
    put_text(b, STATE_META, "not", "hashed");
    hash_a = state_hash(a, &rows_a);
    hash_b = state_hash(b, &rows_b);
    assert_int_equal(rows_a, 2);
    assert_int_equal(rows_b, 2);
    assert_true(digest_equal(&hash_a, &hash_b));

    state_set_applied(a, 2);
    state_checkpoint(a, 2);
    assert_int_equal(state_reader_of(a, &r, &err), STATUS_OK);
    assert_int_equal(state_reader_applied(r), 2);
    assert_int_equal(state_reader_hash(r, &hash_r, &rows_r, &err), STATUS_OK);
    assert_int_equal(rows_r, 2);
    assert_true(digest_equal(&hash_a, &hash_r));
    put_text(a, STATE_CASES, "two", "3");
    hash_a = state_hash(a, NULL);
    assert_false(digest_equal(&hash_a, &hash_r));
    state_reader_close(&r);
    state_close(&a);
    state_close(&b);
}

static void a_checkpoint_waits_for_the_journal(void **state)
{
    struct scratch *d = *state;
    struct state *s;
    struct state_tick t = {.now_ms = 10000, .durable_seq = 4};

    open_state(&s, scratch_path(d, "s.mdb"), true);
    put_text(s, STATE_CASES, "c", "at 5");
    state_set_applied(s, 5);
    state_tick(s, &t); /* notes that there is something unwritten */
    t.now_ms += 5000;
    state_tick(s, &t); /* frozen, but 5 is not durable */
    t.now_ms += 5000;
    state_tick(s, &t);
    assert_int_equal(state_durable(s), 0);
    put_text(s, STATE_CASES, "c", "at 6");
    state_set_applied(s, 6);
    t.durable_seq = 5;
    t.now_ms++;
    state_tick(s, &t);
    t.now_ms++;
    state_tick(s, &t);
    assert_int_equal(state_durable(s), 5);
    state_close(&s);

    /* 6 was never durable anywhere: after a crash the journal decides. */
    struct slice value;

    open_state(&s, scratch_path(d, "s.mdb"), true);
    assert_int_equal(state_applied(s), 5);
    assert_true(state_get(s, STATE_CASES, slice_of_text("c"), &value));
    assert_true(slice_equal(value, slice_of_text("at 5")));
    state_close(&s);
}

static void pressure_rises_when_writing_cannot_follow(void **state)
{
    struct scratch *d = *state;
    struct state_options o = {.path = scratch_path(d, "p.mdb"),
                              .inline_checkpoints = true,
                              .soft_bytes = 8000,
                              .hard_bytes = 24000};
    struct state_tick t = {.now_ms = 1, .durable_seq = 0};
    struct state *s;
    struct error err = {0};
    char key[16];

    assert_int_equal(state_open(&o, &s, &err), STATUS_OK);
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "%d", i);
        put_text(s, STATE_CASES, key, "fills the first one");
    }
    state_set_applied(s, 1);
    assert_int_equal(state_tick(s, &t), STATE_EASY); /* frozen, not durable */
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "%d", i);
        put_text(s, STATE_CASES, key, "fills the second one");
    }
    assert_int_equal(state_tick(s, &t), STATE_BUSY);
    for (int i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "x%d", i);
        put_text(s, STATE_CASES, key, "and goes on");
    }
    assert_int_equal(state_tick(s, &t), STATE_FULL);
    t.durable_seq = 1;
    state_set_applied(s, 1);
    state_tick(s, &t); /* the first one is written */
    t.now_ms++;
    state_tick(s, &t); /* taken over, the second one frozen and written */
    t.now_ms++;
    assert_int_equal(state_tick(s, &t), STATE_EASY);
    state_close(&s);
}

static void the_policy_writes_late_but_not_too_late(void **state)
{
    struct state_options o = {.soft_bytes = 100,
                              .hard_bytes = 300,
                              .age_min_ms = 500,
                              .age_max_ms = 2000};
    struct checkpoint_view v = {.options = &o};

    (void)state;
    v.bytes = 10;
    v.age_ms = 1999;
    v.since_ms = 1999;
    assert_false(checkpoint_due(&v)); /* young */
    v.age_ms = v.since_ms = 2000;
    assert_true(checkpoint_due(&v));
    v.write_ms = 100; /* 2000 ms are less than 50 writes */
    assert_false(checkpoint_due(&v));
    v.since_ms = 5000;
    assert_true(checkpoint_due(&v));
    v.since_ms = 10000;
    v.write_ms = 1000; /* a slow disk: late, but not later than that */
    assert_true(checkpoint_due(&v));
    v.age_ms = v.since_ms = 600;
    v.write_ms = 1;
    v.idle = true;
    assert_true(checkpoint_due(&v)); /* nothing else to do */
    v.idle = false;
    v.bytes = 100;
    assert_true(checkpoint_due(&v)); /* soft cap */
    v.write_ms = 61;
    assert_false(checkpoint_due(&v)); /* soft cap, but just written */
    v.bytes = 300;
    assert_true(checkpoint_due(&v)); /* hard cap */
}

static void large_values_and_long_keys_are_kept(void **state)
{
    struct scratch *d = *state;
    char key[STATE_KEY_MAX + 1];
    size_t size = 700000;
    char *value = malloc(size);
    struct state *s;
    struct slice got;

    memset(key, 'k', sizeof key);
    memset(value, 'v', size);
    open_state(&s, scratch_path(d, "l.mdb"), true);
    for (int round = 0; round < 3; round++) {
        state_put(s, STATE_CONFIG, slice_of(key, STATE_KEY_MAX),
                  slice_of(value, size));
        assert_true(
            state_get(s, STATE_CONFIG, slice_of(key, STATE_KEY_MAX), &got));
        assert_int_equal(got.size, size);
        state_set_applied(s, (uint64_t)round + 1);
        state_checkpoint(s, (uint64_t)round + 1);
        assert_true(
            state_get(s, STATE_CONFIG, slice_of(key, STATE_KEY_MAX), &got));
        assert_memory_equal(got.data, value, size);
        size /= 2;
    }
    assert_false(state_get(s, STATE_CONFIG, slice_of(key, sizeof key), &got));
    state_close(&s);
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_those_of_a_sorted_array),
        cmocka_unit_test_setup_teardown(rows_survive_checkpoints_and_reopening,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(hash_does_not_depend_on_what_is_on_disk,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_checkpoint_waits_for_the_journal,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(
            pressure_rises_when_writing_cannot_follow, scratch_setup,
            scratch_teardown),
        cmocka_unit_test(the_policy_writes_late_but_not_too_late),
        cmocka_unit_test_setup_teardown(large_values_and_long_keys_are_kept,
                                        scratch_setup, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
