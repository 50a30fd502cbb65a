/* Delivery: the story of events on a bad line. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct world w;

static int end(void **state)
{
    (void)state;
    world_fini(&w);
    return 0;
}

/* All have arrived, in order, and what was refused is a dead letter. */
static void all_is_well(void)
{
    assert_int_equal(w.settled, w.last);
    assert_int_equal(w.router_last, w.last);
    for (uint64_t seq = 1; seq <= w.last; seq++) {
        enum refusal want = REFUSAL_NONE;
        if (w.event[seq] == 'b')
            want = REFUSAL_UNKNOWN_CASE;
        if (w.taken[seq] == '-')
            want = REFUSAL_MALFORMED;
        assert_int_equal(w.dead[seq], want);
        assert_true(w.taken[seq] == '-' || w.taken[seq] == w.event[seq]);
    }
}

static void events_arrive_in_batches_and_are_settled(void **state)
{
    (void)state;
    world_init(&w, 1);
    for (int i = 0; i < 100; i++)
        world_publish(&w, "ggggg");
    world_pass(&w, 200);
    all_is_well();
    assert_int_equal(w.most_at_once, FLOW_BATCH_EVENTS);
    assert_true(w.messages < 25);
    assert_int_equal(delivery_backlog(&w.delivery), 0);
}

static void a_refused_event_is_a_dead_letter_and_the_rest_goes_on(void **state)
{
    (void)state;
    world_init(&w, 2);
    world_publish(&w, "ggbgbgg");
    world_pass(&w, 200);
    all_is_well();
    assert_int_equal(w.delivery.refused, 2);
}

static void an_unreadable_event_is_found_and_its_number_used_up(void **state)
{
    (void)state;
    world_init(&w, 3);
    world_publish(&w, "gggxggxb");
    world_pass(&w, 2000);
    assert_int_equal(w.dead[4], REFUSAL_MALFORMED);
    assert_int_equal(w.dead[7], REFUSAL_MALFORMED);
    assert_int_equal(memcmp(w.taken + 1, "ggg-gg-b", 8), 0);
    all_is_well();
}

static void while_the_broker_is_away_events_wait_and_then_go(void **state)
{
    (void)state;
    world_init(&w, 4);
    w.cut = true;
    world_publish(&w, "ggg");
    world_pass(&w, 60000);
    assert_int_equal(w.settled, 0);
    assert_int_equal(w.messages, 0);
    assert_true(w.delivery.text[0] != '\0');
    w.cut = false;
    world_pass(&w, 500);
    all_is_well();
    assert_string_equal(w.delivery.text, "");
}

static void a_broker_that_was_restarted_is_greeted_again(void **state)
{
    (void)state;
    world_init(&w, 5);
    world_publish(&w, "ggg");
    world_pass(&w, 300);
    world_restart_broker(&w);
    world_publish(&w, "ggg");
    world_pass(&w, 300);
    all_is_well();
    assert_int_equal(w.hellos, 2);
}

static void a_broker_that_takes_and_never_answers_is_left(void **state)
{
    (void)state;
    world_init(&w, 6);
    world_publish(&w, "g");
    world_pass(&w, 300);
    w.lose = 1; /* everything */
    world_publish(&w, "g");
    world_pass(&w, 15000);
    assert_true(w.reconnects > 0);
    w.lose = 0;
    world_pass(&w, 15000);
    all_is_well();
}

static void a_busy_router_is_asked_less_and_less_often(void **state)
{
    (void)state;
    world_init(&w, 7);
    w.no_router = true;
    world_publish(&w, "gggg");
    world_pass(&w, 60000);
    assert_int_equal(w.router_last, 0);
    /* pings every 2 s are 30 of them */
    assert_true(w.messages < 60);
    w.no_router = false;
    world_pass(&w, 31000);
    all_is_well();
}

static void an_answer_to_a_later_batch_settles_nothing_before_it(void **state)
{
    struct flow f;
    struct random_seeded r;
    (void)state;
    world_init(&w, 8);
    random_seeded_init(&r, 1);
    flow_init(&f, 0, 0, 64);
    flow_sent(&f, 1, 1, 32, 0);
    flow_sent(&f, 2, 33, 64, 0);
    struct flow_answer all = {.accepted_to = 64};
    flow_answered(&f, 2, &all, &r.random, 10);
    assert_int_equal(f.final_to, 0);
    flow_answered(&f, 1, &all, &r.random, 20);
    assert_int_equal(f.final_to, 64);
    assert_int_equal(f.count, 0);
}

static void a_router_that_lost_what_it_acknowledged_is_an_alarm(void **state)
{
    (void)state;
    world_init(&w, 9);
    world_publish(&w, "gggg");
    world_pass(&w, 300);
    all_is_well();
    w.router_last = 2; /* restored from a backup */
    world_publish(&w, "gg");
    world_pass(&w, 300);
    assert_int_equal(w.delivery.flow[0].trouble, REFUSAL_GAP);
    assert_int_equal(w.settled, 4);
    uint64_t before = w.messages;
    world_pass(&w, 60000);
    assert_true(w.messages - before < 60);
}

static void a_router_that_knows_more_than_the_outbox_is_an_alarm(void **state)
{
    (void)state;
    world_init(&w, 10);
    w.router_last = 9;
    memset(w.taken, 'g', 10);
    world_publish(&w, "gg");
    world_pass(&w, 300);
    assert_int_equal(w.delivery.flow[0].trouble, REFUSAL_DUPLICATE_DIFFERS);
    assert_int_equal(w.settled, 0);
}

static void what_the_disk_does_not_take_is_asked_for_again(void **state)
{
    (void)state;
    world_init(&w, 11);
    world_publish(&w, "gbg");
    world_pass(&w, 20);
    w.store_fails = true;
    world_pass(&w, 3000);
    assert_int_equal(w.settled, 0);
    assert_int_equal(w.dead[2], 0);
    w.store_fails = false;
    world_pass(&w, 12000);
    all_is_well();
}

/* Everything at once, by a seed: a line that loses, doubles and reorders, busy
 * answers, crashes of the station, restarts of the broker. */
static void seed(uint64_t number)
{
    static const char kinds[] = "gggggggggggggggbggggggggggggggggggx";
    world_init(&w, number);
    w.lose = (unsigned)(3 + number % 40);
    w.double_ = (unsigned)(2 + number % 17);
    w.reorder = (unsigned)(1 + number % 7);
    w.busy = (unsigned)(2 + number % 11);
    for (int step = 0; step < 300; step++) {
        const struct random *r = &w.chance.random;
        char list[2] = {kinds[random_below(r, sizeof(kinds) - 1)], 0};
        for (uint64_t n = random_below(r, 9); n > 0; n--)
            world_publish(&w, list);
        world_pass(&w, (int64_t)random_below(r, 200));
        if (random_one_in(r, 40))
            world_crash_station(&w);
        if (random_one_in(r, 40))
            world_restart_broker(&w);
    }
    w.lose = w.busy = w.reorder = w.double_ = 0;
    world_pass(&w, 200000);
    if (w.settled != w.last)
        print_error("seed %d: %d of %d settled, router has %d\n", (int)number,
                    (int)w.settled, (int)w.last, (int)w.router_last);
    all_is_well();
    world_fini(&w);
}

static void on_any_bad_line_each_event_arrives_once_and_in_order(void **state)
{
    (void)state;
    for (uint64_t number = 1; number <= 60; number++)
        seed(number);
    world_init(&w, 1);
}

#define STORY(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(events_arrive_in_batches_and_are_settled),
        STORY(a_refused_event_is_a_dead_letter_and_the_rest_goes_on),
        STORY(an_unreadable_event_is_found_and_its_number_used_up),
        STORY(while_the_broker_is_away_events_wait_and_then_go),
        STORY(a_broker_that_was_restarted_is_greeted_again),
        STORY(a_broker_that_takes_and_never_answers_is_left),
        STORY(a_busy_router_is_asked_less_and_less_often),
        STORY(an_answer_to_a_later_batch_settles_nothing_before_it),
        STORY(a_router_that_lost_what_it_acknowledged_is_an_alarm),
        STORY(a_router_that_knows_more_than_the_outbox_is_an_alarm),
        STORY(what_the_disk_does_not_take_is_asked_for_again),
        STORY(on_any_bad_line_each_event_arrives_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
