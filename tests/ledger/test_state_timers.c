/* The state's timers: the most severe first, and none forgotten. */
#include "ledger_support.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "ledger/state.h"

static void arm(struct state *s, uint8_t severity, int64_t due_ms,
                const char *id)
{
    uint8_t key[STATE_KEY_MAX];
    size_t n = state_timer_key(severity, due_ms, slice_of_text(id), key);

    state_put(s, STATE_TIMERS, slice_of(key, n), slice_of_text("1"));
}

static void disarm(struct state *s, uint8_t severity, int64_t due_ms,
                   const char *id)
{
    uint8_t key[STATE_KEY_MAX];
    size_t n = state_timer_key(severity, due_ms, slice_of_text(id), key);

    state_delete(s, STATE_TIMERS, slice_of(key, n));
}

struct firing {
    struct state *state;
    char story[512];
    size_t most;
};

static bool fire(void *arg, uint8_t severity, int64_t due_ms, struct slice id,
                 struct slice value)
{
    struct firing *f = arg;
    size_t n = strlen(f->story);
    uint8_t key[STATE_KEY_MAX];

    (void)value;
    snprintf(f->story + n, sizeof f->story - n, "[%d] S%d %.*s; ", (int)due_ms,
             severity + 1, (int)id.size, (const char *)id.data);
    state_delete(f->state, STATE_TIMERS,
                 slice_of(key, state_timer_key(severity, due_ms, id, key)));
    return --f->most > 0;
}

static void due_timers_come_most_severe_first(void **state)
{
    struct scratch *d = *state;
    struct firing f = {.most = 100};
    struct state *s;
    int64_t due;

    for (int where = 0; where < 3; where++) {
        open_state(&s, where == 0 ? NULL : scratch_path(d, "t.mdb"), true);
        f = (struct firing){.state = s, .most = 100};
        assert_false(state_timers_next(s, &due));
        arm(s, 3, 100, "late");
        arm(s, 3, 50, "b");
        arm(s, 3, 50, "a");
        arm(s, 0, 70, "worst");
        arm(s, 1, 900, "future");
        state_set_applied(s, (uint64_t)where * 2 + 1);
        if (where == 2)
            state_checkpoint(s, 5);
        assert_true(state_timers_next(s, &due));
        assert_int_equal(due, 50);
        assert_int_equal(state_timers_due(s, 100, fire, &f), 4);
        assert_string_equal(f.story, "[70] S1 worst; [50] S4 a; [50] S4 b; "
                                     "[100] S4 late; ");
        assert_true(state_timers_next(s, &due));
        assert_int_equal(due, 900);
        disarm(s, 1, 900, "future");
        assert_false(state_timers_next(s, &due));
        state_set_applied(s, (uint64_t)where * 2 + 2);
        state_checkpoint(s, 100);
        state_close(&s);
    }
}

static void the_next_timer_is_right_after_any_history(void **state)
{
    struct scratch *d = *state;
    struct random_seeded seeded;
    const struct random *r = &seeded.random;
    bool armed[4][200] = {{false}};
    struct state *s;
    uint64_t seq = 0;

    random_seeded_init(&seeded, 7);
    open_state(&s, scratch_path(d, "n.mdb"), true);
    for (int step = 0; step < 20000; step++) {
        uint8_t severity = (uint8_t)random_below(r, 4);
        int due = (int)random_below(r, 200);
        int64_t got, want = INT64_MAX;
        bool on = random_one_in(r, 3);

        if (on)
            arm(s, severity, due, "t");
        else
            disarm(s, severity, due, "t");
        armed[severity][due] = on;
        state_set_applied(s, ++seq);
        if (random_one_in(r, 500))
            state_checkpoint(s, seq);
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < 200; k++)
                if (armed[i][k] && k < want)
                    want = k;
        assert_int_equal(state_timers_next(s, &got), want != INT64_MAX);
        if (want != INT64_MAX)
            assert_int_equal(got, want);
    }
    state_close(&s);
}

struct looking {
    struct state *state;
    const bool (*waits)[200];
    bool (*seen)[200];
    bool other[4];
    size_t shown;
};

static bool look(void *arg, uint8_t severity, int64_t due_ms, struct slice id,
                 struct slice value)
{
    struct looking *l = arg;

    (void)value;
    l->shown++;
    l->seen[severity][due_ms] = true;
    if (!l->waits[severity][due_ms])
        l->other[severity] = true;
    else if (!l->other[severity])
        state_timers_pass(l->state, severity, due_ms, id);
    return true;
}

/* Some wait until all are let go; who waits is passed over, nobody else is. */
static void what_is_passed_over_hides_nothing_else(void **state)
{
    struct scratch *d = *state;
    struct random_seeded seeded;
    const struct random *r = &seeded.random;
    bool armed[4][200] = {{false}}, waits[4][200] = {{false}};
    struct state *s;
    uint64_t seq = 0;

    random_seeded_init(&seeded, 11);
    open_state(&s, scratch_path(d, "p.mdb"), true);
    for (int step = 0; step < 5000; step++) {
        uint8_t severity = (uint8_t)random_below(r, 4);
        int due = (int)random_below(r, 200), now = (int)random_below(r, 200);
        bool seen[4][200] = {{false}};
        struct looking l = {.state = s, .waits = waits, .seen = seen};
        int64_t next;

        armed[severity][due] = random_one_in(r, 3);
        if (armed[severity][due])
            arm(s, severity, due, "t");
        else
            disarm(s, severity, due, "t");
        waits[severity][due] |= !random_one_in(r, 4);
        if (random_one_in(r, 100)) {
            memset(waits, 0, sizeof waits);
            state_timers_look_again(s);
        }
        state_set_applied(s, ++seq);
        if (random_one_in(r, 200))
            state_checkpoint(s, seq);
        (void)state_timers_due(s, now, look, &l);
        for (int i = 0; i < 4; i++)
            for (int k = 0; k <= now; k++)
                if (armed[i][k] && !waits[i][k])
                    assert_true(seen[i][k]);
        size_t first = l.shown;
        l.shown = 0;
        memset(l.other, 0, sizeof l.other);
        (void)state_timers_due(s, now, look, &l);
        assert_true(l.shown <= first);
        if (state_timers_next_open(s, &next))
            for (int i = 0; i < 4; i++)
                for (int k = 0; k < next; k++)
                    assert_false(armed[i][k] && !waits[i][k]);
    }
    state_close(&s);
}

static void a_limit_on_firing_leaves_the_rest_for_the_next_round(void **state)
{
    struct firing f = {.most = 2};
    struct state *s;

    (void)state;
    open_state(&s, NULL, true);
    f.state = s;
    arm(s, 0, 1, "a");
    arm(s, 0, 2, "b");
    arm(s, 1, 1, "c");
    assert_int_equal(state_timers_due(s, 10, fire, &f), 2);
    assert_string_equal(f.story, "[1] S1 a; [2] S1 b; ");
    f.most = 2;
    assert_int_equal(state_timers_due(s, 10, fire, &f), 1);
    assert_string_equal(f.story, "[1] S1 a; [2] S1 b; [1] S2 c; ");
    state_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(due_timers_come_most_severe_first,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(
            the_next_timer_is_right_after_any_history, scratch_setup,
            scratch_teardown),
        cmocka_unit_test_setup_teardown(what_is_passed_over_hides_nothing_else,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test(a_limit_on_firing_leaves_the_rest_for_the_next_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
