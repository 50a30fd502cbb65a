/* The worker's core as stories: who does what when, times in brackets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "stage.h"

static struct stage stage;

static int begin(void **state)
{
    *state = &stage;
    stage_init(&stage);
    return 0;
}

static int end(void **state)
{
    stage_fini(*state);
    return 0;
}

/* ---- the connection ---- */

static void it_says_hello_until_it_is_welcome(void **state)
{
    struct stage *s = *state;
    stage_start(s);
    stage_until(s, 2000);
    stage_welcome(s);
    stage_told(s, "[0] HELLO\n"
                  "[300] HELLO\n"
                  "[900] HELLO\n"
                  "[2000] CREDIT 8\n");
}

static void it_knocks_softly_while_there_is_no_broker(void **state)
{
    struct stage *s = *state;
    s->deaf = true;
    stage_start(s);
    stage_until(s, 60000);
    s->deaf = false;
    stage_until(s, 60320);
    stage_told(s, "[60150] HELLO\n");
}

static void when_the_broker_forgets_it_it_says_hello_again(void **state)
{
    struct stage *s = *state;
    stage_connected(s);
    stage_until(s, 100);
    stage_error(s, REFUSAL_NOT_READY);
    stage_error(s, REFUSAL_NOT_READY);
    stage_until(s, 200);
    stage_welcome(s);
    stage_told(s, "[100] HELLO\n"
                  "[200] CREDIT 8\n");
}

static void silence_makes_it_connect_anew(void **state)
{
    struct stage *s = *state;
    s->quiet = false;
    stage_connected(s);
    stage_until(s, 10100);
    stage_told(s, "[2000] CREDIT 8\n"
                  "[2000] PING\n"
                  "[4000] CREDIT 8\n"
                  "[4000] PING\n"
                  "[6000] CREDIT 8\n"
                  "[6000] PING\n"
                  "[8000] CREDIT 8\n"
                  "[8000] PING\n"
                  "[10000] a new connection\n"
                  "[10000] HELLO\n");
}

/* Else one that was lost, or came behind a newer one, or to a full lane, would
 * be the last: no page comes, so nothing changes. */
static void credit_is_said_again_with_each_beat(void **state)
{
    struct stage *s = *state;
    s->quiet = false;
    s->channel[0].act = ACT_HOLD;
    stage_connected(s);
    stage_until(s, 500);
    stage_page(s, "p1.0");
    stage_until(s, 3000);
    stage_end(s, 0, ACT_DELIVER);
    stage_ack(s, "p1.0", 0);
    stage_until(s, 5000);
    stage_told(s, "[500] log tries p1.0\n"
                  "[500] CREDIT 7\n"
                  "[2500] CREDIT 7\n"
                  "[2500] PING\n"
                  "[3000] RECEIPT p1.0 delivered log 1\n"
                  "[3000] CREDIT 8\n"
                  "[5000] CREDIT 8\n"
                  "[5000] PING\n");
}

static void a_ping_is_answered_at_once(void **state)
{
    struct stage *s = *state;
    s->quiet = false;
    stage_connected(s);
    stage_raw(s, WIRE_PING, "\x08\x05", 2);
    stage_told(s, "[0] PONG\n");
}

static void a_door_that_stays_shut_is_tried_with_a_new_connection(void **state)
{
    struct stage *s = *state;
    stage_start(s);
    stage_until(s, 20000);
    stage_told(s, "[0] HELLO\n"
                  "[300] HELLO\n"
                  "[900] HELLO\n"
                  "[2100] HELLO\n"
                  "[4500] HELLO\n"
                  "[9300] HELLO\n"
                  "[14300] a new connection\n"
                  "[14300] HELLO\n"
                  "[19300] HELLO\n");
}

/* ---- a page ---- */

static void a_page_is_shown_and_its_receipt_sent_until_it_is_known(void **state)
{
    struct stage *s = *state;
    stage_connected(s);
    stage_until(s, 10);
    stage_page(s, "p1.0");
    stage_until(s, 5000);
    stage_ack(s, "p1.0", 0);
    stage_until(s, 9000);
    stage_told(s, "[10] log tries p1.0\n"
                  "[10] RECEIPT p1.0 delivered log 1\n"
                  "[10] CREDIT 8\n"
                  "[1010] RECEIPT p1.0 delivered log 1\n"
                  "[3010] RECEIPT p1.0 delivered log 1\n");
    assert_int_equal(tier_core_in_hand(s->core), 0);
}

static void a_page_that_comes_again_is_not_shown_again(void **state)
{
    struct stage *s = *state;
    stage_connected(s);
    stage_page(s, "p1.0");
    stage_page(s, "p1.0");
    stage_ack(s, "p1.0", 0);
    stage_page(s, "p1.0");
    stage_told(s, "[0] log tries p1.0\n"
                  "[0] RECEIPT p1.0 delivered log 1\n"
                  "[0] CREDIT 8\n"
                  "[0] RECEIPT p1.0 delivered log 1\n"
                  "[0] CREDIT 8\n"
                  "[0] RECEIPT p1.0 delivered log 1\n"
                  "[0] CREDIT 8\n");
}

static void one_of_that_name_in_another_ledger_is_another_page(void **state)
{
    struct stage *s = *state;
    stage_connected(s);
    stage_page_of(s, "p1.0", "app", 3, 1000);
    stage_ack(s, "p1.0", 0);
    stage_page_of(s, "p1.0", "app", 3, 2000);
    stage_told(s, "[0] log tries p1.0\n"
                  "[0] RECEIPT p1.0 delivered log 1\n"
                  "[0] CREDIT 8\n"
                  "[0] log tries p1.0\n"
                  "[0] RECEIPT p1.0 delivered log 1\n"
                  "[0] CREDIT 8\n");
}

static void while_it_is_tried_it_is_not_tried_again(void **state)
{
    struct stage *s = *state;
    s->channel[0].act = ACT_HOLD;
    stage_connected(s);
    stage_page(s, "p1.0");
    stage_until(s, 30000);
    stage_welcome(s);
    stage_page(s, "p1.0");
    stage_end(s, 0, ACT_DELIVER);
    stage_told(s, "[0] log tries p1.0\n"
                  "[0] CREDIT 7\n"
                  "[10000] a new connection\n"
                  "[10000] HELLO\n"
                  "[10300] HELLO\n"
                  "[10900] HELLO\n"
                  "[12100] HELLO\n"
                  "[14500] HELLO\n"
                  "[19300] HELLO\n"
                  "[24300] a new connection\n"
                  "[24300] HELLO\n"
                  "[29300] HELLO\n"
                  "[30000] CREDIT 7\n"
                  "[30000] CREDIT 7\n"
                  "[30000] RECEIPT p1.0 delivered log 1\n"
                  "[30000] CREDIT 8\n");
}

/* ---- channels ---- */

static void the_method_names_the_channel(void **state)
{
    struct stage *s = *state;
    stage_connected(s);
    stage_page_of(s, "p1.0", "mail", 3, 1);
    stage_page_of(s, "p1.1", "sms", 3, 1);
    stage_page_of(s, "p1.2", "exec", 3, 1);
    stage_page_of(s, "p1.3", "pigeon", 3, 1);
    stage_page_of(s, "p1.4", NULL, 3, 1);
    stage_told(s, "[0] smtp tries p1.0\n"
                  "[0] RECEIPT p1.0 delivered smtp 1\n"
                  "[0] CREDIT 8\n"
                  "[0] exec tries p1.1\n"
                  "[0] RECEIPT p1.1 delivered exec 1\n"
                  "[0] CREDIT 8\n"
                  "[0] exec tries p1.2\n"
                  "[0] RECEIPT p1.2 delivered exec 1\n"
                  "[0] CREDIT 8\n"
                  "[0] log tries p1.3\n"
                  "[0] RECEIPT p1.3 delivered log 1\n"
                  "[0] CREDIT 8\n"
                  "[0] log tries p1.4\n"
                  "[0] RECEIPT p1.4 delivered log 1\n"
                  "[0] CREDIT 8\n");
}

static void a_channel_is_tried_again_and_again_longer_apart(void **state)
{
    struct stage *s = *state;
    s->channel[2].act = ACT_FAIL;
    stage_connected(s);
    stage_page_of(s, "p1.0", "mail", 3, 1);
    stage_until(s, 2000);
    s->channel[2].act = ACT_DELIVER;
    stage_until(s, 3000);
    stage_told(s, "[0] smtp tries p1.0\n"
                  "[0] CREDIT 7\n"
                  "[1000] smtp tries p1.0\n"
                  "[3000] smtp tries p1.0\n"
                  "[3000] RECEIPT p1.0 delivered smtp 3\n"
                  "[3000] CREDIT 8\n");
}

static void then_the_others_in_their_order(void **state)
{
    struct stage *s = *state;
    s->channel[2].act = ACT_FAIL;
    s->channel[0].act = ACT_NEVER;
    stage_connected(s);
    stage_page_of(s, "p1.0", "mail", 3, 1);
    stage_until(s, 3000);
    stage_told(s,
               "[0] smtp tries p1.0\n"
               "[0] CREDIT 7\n"
               "[1000] smtp tries p1.0\n"
               "[3000] smtp tries p1.0\n"
               "[3000] log tries p1.0\n"
               "[3000] exec tries p1.0\n"
               "[3000] RECEIPT p1.0 delivered exec 5 smtp: out of order; log: "
               "out of order\n"
               "[3000] CREDIT 8\n");
}

static void what_nobody_can_deliver_has_failed_and_says_why(void **state)
{
    struct stage *s = *state;
    for (size_t i = 0; i < STAGE_CHANNELS; i++)
        s->channel[i].act = ACT_NEVER;
    stage_connected(s);
    stage_page(s, "p1.0");
    stage_told(s, "[0] log tries p1.0\n"
                  "[0] exec tries p1.0\n"
                  "[0] smtp tries p1.0\n"
                  "[0] RECEIPT p1.0 failed 3 log: out of order; exec: out of "
                  "order; smtp: out of order\n"
                  "[0] CREDIT 8\n");
}

static void the_most_severe_goes_first(void **state)
{
    struct stage *s = *state;
    s->table[0].running_max = 1;
    s->channel[0].act = ACT_HOLD;
    stage_connected(s);
    stage_page_of(s, "p1.0", "app", 4, 1);
    stage_page_of(s, "p2.0", "app", 3, 1);
    stage_page_of(s, "p3.0", "app", 1, 1);
    stage_page_of(s, "p4.0", "app", 1, 1);
    s->channel[0].act = ACT_DELIVER;
    stage_end(s, 0, ACT_DELIVER);
    stage_told(s, "[0] log tries p1.0\n"
                  "[0] CREDIT 7\n"
                  "[0] CREDIT 6\n"
                  "[0] CREDIT 5\n"
                  "[0] CREDIT 4\n"
                  "[0] log tries p3.0\n"
                  "[0] log tries p4.0\n"
                  "[0] log tries p2.0\n"
                  "[0] RECEIPT p1.0 delivered log 1\n"
                  "[0] RECEIPT p2.0 delivered log 1\n"
                  "[0] RECEIPT p3.0 delivered log 1\n"
                  "[0] RECEIPT p4.0 delivered log 1\n"
                  "[0] CREDIT 8\n");
}

/* ---- withdrawing ---- */

static void what_waits_can_be_withdrawn(void **state)
{
    struct stage *s = *state;
    s->channel[0].act = ACT_FAIL;
    stage_connected(s);
    stage_page(s, "p1.0");
    stage_until(s, 500);
    stage_withdraw(s, "p1.0");
    stage_ack(s, "p1.0", 0);
    stage_until(s, 20000 - 11000);
    stage_told(s, "[0] log tries p1.0\n"
                  "[0] CREDIT 7\n"
                  "[500] RECEIPT p1.0 withdrawn 1\n"
                  "[500] CREDIT 8\n");
}

static void what_is_being_tried_is_told_as_it_ends(void **state)
{
    struct stage *s = *state;
    s->channel[0].act = ACT_HOLD;
    stage_connected(s);
    stage_page(s, "p1.0");
    stage_withdraw(s, "p1.0");
    stage_end(s, 0, ACT_DELIVER);
    stage_page(s, "p2.0");
    stage_withdraw(s, "p2.0");
    stage_end(s, 0, ACT_FAIL);
    stage_told(s, "[0] log tries p1.0\n"
                  "[0] CREDIT 7\n"
                  "[0] RECEIPT p1.0 delivered log 1\n"
                  "[0] CREDIT 8\n"
                  "[0] log tries p2.0\n"
                  "[0] CREDIT 7\n"
                  "[0] RECEIPT p2.0 withdrawn 1 log: out of order\n"
                  "[0] CREDIT 8\n");
}

static void a_page_behind_its_withdrawal_is_not_shown(void **state)
{
    struct stage *s = *state;
    stage_connected(s);
    stage_withdraw(s, "p1.0");
    stage_page(s, "p1.0");
    stage_told(s, "[0] RECEIPT p1.0 withdrawn 0\n"
                  "[0] CREDIT 8\n");
}

static void of_what_was_shown_a_withdrawal_changes_nothing(void **state)
{
    struct stage *s = *state;
    stage_connected(s);
    stage_page(s, "p1.0");
    stage_withdraw(s, "p1.0");
    stage_ack(s, "p1.0", 0);
    stage_withdraw(s, "p1.0");
    stage_page(s, "p1.0");
    stage_told(s, "[0] log tries p1.0\n"
                  "[0] RECEIPT p1.0 delivered log 1\n"
                  "[0] CREDIT 8\n"
                  "[0] RECEIPT p1.0 delivered log 1\n"
                  "[0] CREDIT 8\n");
}

/* ---- receipts in trouble ---- */

static void busy_holds_receipts_for_as_long_as_it_says(void **state)
{
    struct stage *s = *state;
    stage_connected(s);
    stage_page(s, "p1.0");
    stage_busy(s, 2500);
    stage_until(s, 2600);
    stage_told(s, "[0] log tries p1.0\n"
                  "[0] RECEIPT p1.0 delivered log 1\n"
                  "[0] CREDIT 8\n"
                  "[2500] RECEIPT p1.0 delivered log 1\n");
}

static void a_full_disk_over_there_is_waited_for(void **state)
{
    struct stage *s = *state;
    stage_connected(s);
    stage_page(s, "p1.0");
    stage_ack(s, "p1.0", REFUSAL_STORAGE_FULL);
    stage_until(s, 1000);
    stage_ack(s, "p1.0", REFUSAL_ALREADY_DONE);
    stage_until(s, 8000);
    stage_told(s, "[0] log tries p1.0\n"
                  "[0] RECEIPT p1.0 delivered log 1\n"
                  "[0] CREDIT 8\n"
                  "[1000] RECEIPT p1.0 delivered log 1\n");
}

static void a_new_broker_gets_every_receipt_without_answer(void **state)
{
    struct stage *s = *state;
    stage_connected(s);
    stage_page(s, "p1.0");
    stage_page(s, "p2.0");
    stage_ack(s, "p2.0", 0);
    stage_until(s, 400);
    stage_error(s, REFUSAL_NOT_READY);
    stage_until(s, 500);
    s->told = 0;
    stage_welcome(s);
    stage_told(s, "[500] RECEIPT p1.0 delivered log 1\n"
                  "[500] CREDIT 8\n");
}

static void people_are_told_while_the_broker_is_away(void **state)
{
    struct stage *s = *state;
    s->channel[0].act = ACT_FAIL;
    stage_connected(s);
    stage_page(s, "p1.0");
    stage_error(s, REFUSAL_NOT_READY);
    s->channel[0].act = ACT_DELIVER;
    stage_until(s, 1000);
    stage_welcome(s);
    stage_told(s, "[0] log tries p1.0\n"
                  "[0] CREDIT 7\n"
                  "[0] HELLO\n"
                  "[300] HELLO\n"
                  "[900] HELLO\n"
                  "[1000] log tries p1.0\n"
                  "[1000] RECEIPT p1.0 delivered log 2\n"
                  "[1000] CREDIT 8\n");
}

static void a_receipt_that_nobody_takes_waits_for_its_page(void **state)
{
    struct stage *s = *state;
    stage_connected(s);
    stage_page(s, "p1.0");
    for (int64_t ms = 1000; ms < 600000; ms += 1000) {
        stage_until(s, ms);
        stage_raw(s, WIRE_PONG, "", 0);
    }
    assert_int_equal(tier_core_in_hand(s->core), 0);
    s->told = 0;
    stage_page(s, "p1.0");
    stage_told(s, "[599000] RECEIPT p1.0 delivered log 1\n"
                  "[599000] CREDIT 8\n");
}

/* ---- the end ---- */

static void asked_to_stop_it_leaves_what_waits_to_the_next(void **state)
{
    struct stage *s = *state;
    s->table[0].running_max = 1;
    s->channel[0].act = ACT_HOLD;
    stage_connected(s);
    stage_page(s, "p1.0");
    stage_page(s, "p2.0");
    tier_core_stop(s->core, s->begun_ms);
    stage_page(s, "p3.0");
    assert_false(tier_core_idle(s->core));
    assert_int_equal(tier_core_running(s->core), 1);
    stage_end(s, 0, ACT_DELIVER);
    assert_false(tier_core_idle(s->core));
    stage_ack(s, "p1.0", 0);
    assert_true(tier_core_idle(s->core));
    tier_core_bye(s->core);
    stage_told(s, "[0] log tries p1.0\n"
                  "[0] CREDIT 7\n"
                  "[0] CREDIT 6\n"
                  "[0] CREDIT 0\n"
                  "[0] CREDIT 0\n"
                  "[0] RECEIPT p1.0 delivered log 1\n"
                  "[0] BYE\n");
}

static void a_try_that_fails_while_stopping_is_left_to_the_next(void **state)
{
    struct stage *s = *state;
    s->channel[0].act = ACT_HOLD;
    stage_connected(s);
    stage_page(s, "p1.0");
    tier_core_stop(s->core, s->begun_ms);
    stage_end(s, 0, ACT_FAIL);
    assert_true(tier_core_idle(s->core));
    stage_told(s, "[0] log tries p1.0\n"
                  "[0] CREDIT 7\n"
                  "[0] CREDIT 0\n");
}

/* ---- the world outside ---- */

static void more_pages_than_it_asked_for_do_no_harm(void **state)
{
    struct stage *s = *state;
    char id[16];
    s->table[0].running_max = 1;
    s->channel[0].act = ACT_HOLD;
    stage_connected(s);
    for (int i = 0; i < TIER_PAGES_MAX + 100; i++) {
        snprintf(id, sizeof id, "p%d.0", i);
        s->told = 0;
        stage_page(s, id);
    }
    assert_int_equal(tier_core_in_hand(s->core), TIER_PAGES_MAX);
    assert_int_equal(tier_core_counters(s->core)->bad, 100);
    stage_told(s, "[0] CREDIT 0\n");
}

static void noise_is_counted_and_changes_nothing(void **state)
{
    struct stage *s = *state;
    struct random_seeded random;
    uint8_t body[64];
    random_seeded_init(&random, 7);
    stage_connected(s);
    for (int i = 0; i < 20000; i++) {
        size_t size = (size_t)random_below(&random.random, sizeof body);
        random_fill(&random.random, body, size);
        stage_raw(s, (uint8_t)random_below(&random.random, 30), body, size);
        s->told = 0;
    }
    s->story[0] = '\0';
    struct frames f;
    frames_init(&f);
    assert_int_equal(frames_add(&f, slice_of_text("hello")), STATUS_OK);
    tier_core_take(s->core, &f, s->begun_ms);
    assert_int_equal(f.count, 0);
    stage_page(s, "p1.0");
    assert_non_null(strstr(s->story, "log tries p1.0"));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(it_says_hello_until_it_is_welcome),
        STORY(it_knocks_softly_while_there_is_no_broker),
        STORY(when_the_broker_forgets_it_it_says_hello_again),
        STORY(silence_makes_it_connect_anew),
        STORY(credit_is_said_again_with_each_beat),
        STORY(a_ping_is_answered_at_once),
        STORY(a_door_that_stays_shut_is_tried_with_a_new_connection),
        STORY(a_page_is_shown_and_its_receipt_sent_until_it_is_known),
        STORY(a_page_that_comes_again_is_not_shown_again),
        STORY(one_of_that_name_in_another_ledger_is_another_page),
        STORY(while_it_is_tried_it_is_not_tried_again),
        STORY(the_method_names_the_channel),
        STORY(a_channel_is_tried_again_and_again_longer_apart),
        STORY(then_the_others_in_their_order),
        STORY(what_nobody_can_deliver_has_failed_and_says_why),
        STORY(the_most_severe_goes_first),
        STORY(what_waits_can_be_withdrawn),
        STORY(what_is_being_tried_is_told_as_it_ends),
        STORY(a_page_behind_its_withdrawal_is_not_shown),
        STORY(of_what_was_shown_a_withdrawal_changes_nothing),
        STORY(busy_holds_receipts_for_as_long_as_it_says),
        STORY(a_full_disk_over_there_is_waited_for),
        STORY(a_new_broker_gets_every_receipt_without_answer),
        STORY(people_are_told_while_the_broker_is_away),
        STORY(a_receipt_that_nobody_takes_waits_for_its_page),
        STORY(asked_to_stop_it_leaves_what_waits_to_the_next),
        STORY(a_try_that_fails_while_stopping_is_left_to_the_next),
        STORY(more_pages_than_it_asked_for_do_no_harm),
        STORY(noise_is_counted_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
