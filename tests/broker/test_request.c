/* Requests, answers, limits, and the ends of things. */
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;

static int close_stage(void **state)
{
    (void)state;
    stage_close(&s);
    return 0;
}

/* A station A and a router R, both known; the story begins after that. */
static void begin(const struct broker_settings *settings)
{
    stage_open(&s, settings);
    s.quiet = true;
    stage_register(&s, 'R', 1, 0);
    stage_hello(&s, 'A', "st-1", WIRE_ROLE_STATION);
    stage_pass(&s, 100);
    s.quiet = false;
}

static void events_go_to_the_router_and_the_answer_comes_back(void **state)
{
    (void)state;
    begin(NULL);
    stage_front(&s, 'A', WIRE_EVENTS, 7, NULL);
    stage_answer(&s, 'R', WIRE_EVENTS_ACK, 'A', 7);
    EXPECT(&s, "R< EVENTS#7 st-1\n"
               "A< EVENTS_ACK#7\n");
}

static void who_has_not_said_hello_is_told_so(void **state)
{
    (void)state;
    begin(NULL);
    stage_front(&s, 'B', WIRE_EVENTS, 3, NULL);
    stage_front(&s, 'B', WIRE_BYE, 0, NULL);
    EXPECT(&s, "B< ERROR#3 not_ready\n");
}

static void a_role_may_send_only_its_kinds(void **state)
{
    (void)state;
    begin(NULL);
    stage_hello(&s, 'B', "wall", WIRE_ROLE_VIEWER);
    stage_front(&s, 'B', WIRE_EVENTS, 3, NULL);
    stage_front(&s, 'B', WIRE_COMMAND, 4, NULL);
    stage_front(&s, 'A', WIRE_CREDIT, 5, NULL);
    stage_front(&s, 'A', WIRE_EVENTS_ACK, 6, NULL);
    EXPECT(&s, "B< WELCOME\n"
               "B< ERROR#3 not_allowed\n"
               "B< ERROR#4 not_allowed\n"
               "A< ERROR#5 not_allowed\n"
               "A< ERROR#6 not_allowed\n");
}

static void nobody_becomes_a_router_or_somebody_else(void **state)
{
    (void)state;
    begin(NULL);
    stage_hello(&s, 'B', "evil", WIRE_ROLE_ROUTER);
    stage_hello(&s, 'B', "evil", WIRE_ROLE_BROKER);
    stage_hello(&s, 'B', "", WIRE_ROLE_STATION);
    stage_hello(&s, 'A', "st-2", WIRE_ROLE_STATION);
    stage_hello(&s, 'A', "st-1", WIRE_ROLE_STATION);
    EXPECT(&s, "B< ERROR not_allowed\n"
               "B< ERROR not_allowed\n"
               "B< ERROR missing_field\n"
               "A< ERROR not_allowed\n"
               "A< WELCOME\n");
}

static void without_a_router_the_sender_is_asked_to_try_later(void **state)
{
    (void)state;
    stage_open(&s, NULL);
    stage_hello(&s, 'A', "st-1", WIRE_ROLE_STATION);
    stage_front(&s, 'A', WIRE_EVENTS, 1, NULL);
    stage_register(&s, 'R', 1, 0);
    stage_front(&s, 'A', WIRE_EVENTS, 2, NULL);
    stage_front_to(&s, 'A', WIRE_EVENTS, 9, 3, "", 0);
    EXPECT(&s, "A< WELCOME\n"
               "A< BUSY#1 no_router\n"
               "R< WELCOME#1\n"
               "R< LANE tier 1 workers 0 credit 0 waiting 0\n"
               "R< LANE tier 2 workers 0 credit 0 waiting 0\n"
               "R< LANE tier 3 workers 0 credit 0 waiting 0\n"
               "R< LANE tier 4 workers 0 credit 0 waiting 0\n"
               "R< EVENTS#2 st-1\n"
               "A< ERROR#3 wrong_partition\n");
}

static void a_dead_router_turns_what_was_outstanding_into_busy(void **state)
{
    (void)state;
    struct broker_settings set = {.window_events = 1};
    begin(&set);
    stage_front(&s, 'A', WIRE_EVENTS, 1, NULL);
    stage_front(&s, 'A', WIRE_EVENTS, 2, NULL);
    EXPECT(&s, "R< EVENTS#1 st-1\n");
    s.gone['R'] = true;
    stage_front(&s, 'A', WIRE_COMMAND, 3, NULL);
    stage_front(&s, 'A', WIRE_EVENTS, 4, NULL);
    const char *text = bytes_text(&s.story);
    assert_non_null(strstr(text, "A< BUSY#1 no_router\n"));
    assert_non_null(strstr(text, "A< BUSY#2 no_router\n"));
    assert_non_null(strstr(text, "A< BUSY#3 no_router\n"));
    assert_non_null(strstr(text, "A< BUSY#4 no_router\n"));
    assert_int_equal(s.got['A'], 1 + 4);
    assert_int_equal(broker_held_bytes(s.broker), 0);
}

static void a_router_that_comes_again_takes_over_at_once(void **state)
{
    (void)state;
    begin(NULL);
    stage_front(&s, 'A', WIRE_EVENTS, 1, NULL);
    EXPECT(&s, "R< EVENTS#1 st-1\n");
    s.quiet = true;
    stage_register(&s, 'S', 2, 0);
    s.quiet = false;
    stage_front(&s, 'A', WIRE_EVENTS, 2, NULL);
    stage_register(&s, 'R', 1, 0);
    EXPECT(&s, "S< EVENTS#2 st-1\n"
               "R< ERROR#1 stale_epoch\n");
    assert_int_equal(broker_counters(s.broker)->busy_router_gone, 1);
}

static void a_silent_router_is_gone_after_ten_seconds(void **state)
{
    (void)state;
    begin(NULL);
    stage_front(&s, 'A', WIRE_EVENTS, 1, NULL);
    for (int i = 0; i < 11; i++) {
        stage_front(&s, 'A', WIRE_PONG, 0, NULL);
        stage_pass(&s, 1000);
    }
    assert_non_null(strstr(bytes_text(&s.story), "A< BUSY#1 no_router\n"));
}

static void a_client_over_its_limit_is_busy_and_others_are_not(void **state)
{
    (void)state;
    struct broker_settings set = {.peer_requests = 2};
    begin(&set);
    stage_hello(&s, 'B', "st-2", WIRE_ROLE_STATION);
    for (uint64_t id = 1; id <= 3; id++)
        stage_front(&s, 'A', WIRE_EVENTS, id, NULL);
    stage_front(&s, 'B', WIRE_EVENTS, 1, NULL);
    stage_answer(&s, 'R', WIRE_EVENTS_ACK, 'A', 1);
    stage_front(&s, 'A', WIRE_EVENTS, 3, NULL);
    EXPECT(&s, "B< WELCOME\n"
               "R< EVENTS#1 st-1\n"
               "R< EVENTS#2 st-1\n"
               "A< BUSY#3 busy\n"
               "R< EVENTS#1 st-2\n"
               "A< EVENTS_ACK#1\n"
               "R< EVENTS#3 st-1\n");
}

static void clients_take_turns_when_the_window_is_full(void **state)
{
    (void)state;
    struct broker_settings set = {.window_events = 1};
    begin(&set);
    stage_hello(&s, 'B', "st-2", WIRE_ROLE_STATION);
    s.session['B'] = s.session['B'];
    for (uint64_t id = 1; id <= 4; id++)
        stage_front(&s, 'A', WIRE_EVENTS, id, NULL);
    stage_front(&s, 'B', WIRE_EVENTS, 1, NULL);
    stage_answer(&s, 'R', WIRE_EVENTS_ACK, 'A', 1);
    stage_answer(&s, 'R', WIRE_EVENTS_ACK, 'A', 2);
    stage_answer(&s, 'R', WIRE_EVENTS_ACK, 'B', 1);
    EXPECT(&s, "B< WELCOME\n"
               "R< EVENTS#1 st-1\n"
               "A< EVENTS_ACK#1\nR< EVENTS#2 st-1\n"
               "A< EVENTS_ACK#2\nR< EVENTS#1 st-2\n"
               "B< EVENTS_ACK#1\nR< EVENTS#3 st-1\n");
}

static void a_command_does_not_wait_behind_events(void **state)
{
    (void)state;
    struct broker_settings set = {.window_events = 1};
    begin(&set);
    stage_front(&s, 'A', WIRE_EVENTS, 1, NULL);
    stage_front(&s, 'A', WIRE_EVENTS, 2, NULL);
    stage_front(&s, 'A', WIRE_COMMAND, 3, NULL);
    EXPECT(&s, "R< EVENTS#1 st-1\n"
               "R< COMMAND#3 st-1\n");
}

static void all_queues_together_have_a_cap(void **state)
{
    (void)state;
    struct broker_settings set = {.window_events = 1, .held_bytes_max = 4096};
    static uint8_t body[1024];
    begin(&set);
    for (uint64_t id = 1; id <= 8; id++)
        stage_front_to(&s, 'A', WIRE_EVENTS, 1, id, body, sizeof(body));
    assert_true(broker_held_bytes(s.broker) <= 4096);
    EXPECT(&s, "R< EVENTS#1 st-1\n"
               "A< BUSY#5 busy\nA< BUSY#6 busy\n"
               "A< BUSY#7 busy\nA< BUSY#8 busy\n");
}

static void a_request_sent_twice_is_carried_once(void **state)
{
    (void)state;
    begin(NULL);
    stage_front(&s, 'A', WIRE_COMMAND, 1, NULL);
    stage_front(&s, 'A', WIRE_COMMAND, 1, NULL);
    EXPECT(&s, "R< COMMAND#1 st-1\n");
    assert_int_equal(broker_counters(s.broker)->duplicates, 1);
}

static void an_answer_for_somebody_who_left_reaches_nobody_else(void **state)
{
    (void)state;
    begin(NULL);
    stage_front(&s, 'A', WIRE_EVENTS, 1, NULL);
    uint64_t old = s.session['A'];
    stage_front(&s, 'A', WIRE_BYE, 0, NULL);
    stage_hello(&s, 'B', "st-2", WIRE_ROLE_STATION);
    assert_true(old != s.session['B']);
    stage_answer(&s, 'R', WIRE_EVENTS_ACK, 'A', 1);
    EXPECT(&s, "R< EVENTS#1 st-1\n"
               "B< WELCOME\n");
    assert_int_equal(broker_counters(s.broker)->orphans, 1);
}

static void silence_ends_a_session_and_any_traffic_keeps_it(void **state)
{
    (void)state;
    begin(NULL);
    stage_hello(&s, 'B', "st-2", WIRE_ROLE_STATION);
    for (int i = 0; i < 6; i++) {
        stage_pass(&s, 2000);
        stage_front(&s, 'B', WIRE_PING, 0, NULL);
    }
    assert_int_equal(broker_sessions(s.broker), 1);
    assert_int_equal(broker_counters(s.broker)->expired, 1);
}

static void a_client_that_does_not_read_costs_a_bounded_sum(void **state)
{
    (void)state;
    struct broker_settings set = {.peer_bytes_max = 65536};
    begin(&set);
    s.quiet = true;
    for (int i = 0; i < 100; i++)
        stage_stream(&s, 'R', (uint64_t)i * 100 + 1, (uint64_t)i * 100 + 100);
    for (uint64_t id = 1; id < 2000 && broker_sessions(s.broker) > 0; id++)
        stage_front(&s, 'A', WIRE_FETCH, id, NULL);
    assert_int_equal(broker_counters(s.broker)->demoted, 1);
    assert_true(s.got_bytes['A'] < 65536 + 8192);
    assert_int_equal(broker_held_bytes(s.broker), 0);
}

static void a_client_that_answers_pings_gets_everything(void **state)
{
    (void)state;
    struct broker_settings set = {.peer_bytes_max = 65536};
    begin(&set);
    s.quiet = true;
    for (int i = 0; i < 100; i++)
        stage_stream(&s, 'R', (uint64_t)i * 100 + 1, (uint64_t)i * 100 + 100);
    for (uint64_t id = 1; id < 500; id++) {
        stage_front(&s, 'A', WIRE_FETCH, id, NULL);
        Yinuo__V1__Pong pong = YINUO__V1__PONG__INIT;
        pong.has_sent_ms = 1;
        pong.sent_ms = (int64_t)s.ping['A'];
        if (s.ping['A'])
            stage_front(&s, 'A', WIRE_PONG, 0, &pong.base);
    }
    assert_int_equal(broker_sessions(s.broker), 1);
    assert_int_equal(broker_counters(s.broker)->fetch_ring, 499);
    assert_true(s.got_bytes['A'] > 499u * 2560);
}

static void what_a_full_socket_refuses_is_sent_in_order_later(void **state)
{
    (void)state;
    begin(NULL);
    for (uint64_t id = 1; id <= 3; id++)
        stage_front(&s, 'A', WIRE_EVENTS, id, NULL);
    s.full['A'] = true;
    for (uint64_t id = 1; id <= 3; id++)
        stage_answer(&s, 'R', WIRE_EVENTS_ACK, 'A', id);
    EXPECT(&s, "R< EVENTS#1 st-1\nR< EVENTS#2 st-1\nR< EVENTS#3 st-1\n");
    s.full['A'] = false;
    stage_pass(&s, 2);
    EXPECT(&s, "A< EVENTS_ACK#1\nA< EVENTS_ACK#2\nA< EVENTS_ACK#3\n");
}

static void an_unanswered_request_becomes_busy_in_the_end(void **state)
{
    (void)state;
    struct broker_settings set = {.request_wait_ms = 5000, .tick_ms = 1 << 30};
    begin(&set);
    stage_front(&s, 'A', WIRE_COMMAND, 1, NULL);
    stage_pass(&s, 6000);
    EXPECT(&s, "R< COMMAND#1 st-1\nA< BUSY#1 busy\n");
}

/* The same, and R reads bundles. */
static void begin_bundled(uint32_t window)
{
    struct broker_settings set = {.window_events = window};
    stage_open(&s, &set);
    s.quiet = s.bundles = true;
    stage_register(&s, 'R', 1, 0);
    stage_hello(&s, 'A', "st-1", WIRE_ROLE_STATION);
    stage_pass(&s, 100);
    s.quiet = false;
}

static void what_goes_to_a_router_in_one_round_is_one_message(void **state)
{
    (void)state;
    begin_bundled(2);
    for (uint64_t id = 1; id <= 5; id++)
        stage_front(&s, 'A', WIRE_EVENTS, id, NULL);
    EXPECT(&s, "R< [EVENTS#1 st-1]\nR< [EVENTS#2 st-1]\n");
    stage_answers(&s, 'R', WIRE_EVENTS_ACK, 'A', 1, 2);
    EXPECT(&s, "A< EVENTS_ACK#1\nA< EVENTS_ACK#2\n"
               "R< [EVENTS#3 st-1, EVENTS#4 st-1]\n");
    assert_int_equal(broker_counters(s.broker)->back_in, 3);
    assert_int_equal(broker_counters(s.broker)->front_out, 3);
}

static void a_bundle_that_is_not_taken_goes_later_and_whole(void **state)
{
    (void)state;
    begin_bundled(2);
    stage_front(&s, 'A', WIRE_EVENTS, 1, NULL);
    s.full['R'] = true;
    stage_front(&s, 'A', WIRE_EVENTS, 2, NULL);
    stage_front(&s, 'A', WIRE_COMMAND, 3, NULL);
    s.full['R'] = false;
    stage_pass(&s, 100);
    EXPECT(&s, "R< [EVENTS#1 st-1]\nR< [EVENTS#2 st-1, COMMAND#3 st-1]\n");
}

static void a_bundle_that_is_not_taken_is_tried_once_a_moment(void **state)
{
    (void)state;
    begin_bundled(2);
    s.full['R'] = true;
    stage_front(&s, 'A', WIRE_EVENTS, 1, NULL);
    uint64_t tried = s.tried['R'];
    for (int i = 0; i < 1000; i++)
        broker_round(s.broker, s.now_ms);
    assert_int_equal(s.tried['R'], tried);
    assert_true(broker_held(s.broker)); /* soon again */
    broker_round(s.broker, s.now_ms + 1);
    assert_int_equal(s.tried['R'], tried + 1);
    s.full['R'] = false;
    stage_pass(&s, 2);
    EXPECT(&s, "R< [EVENTS#1 st-1]\n");
    assert_false(broker_held(s.broker));
}

static void what_waits_in_a_bundle_is_busy_when_its_router_is_gone(void **state)
{
    (void)state;
    begin_bundled(4);
    s.gone['R'] = true;
    stage_front(&s, 'A', WIRE_EVENTS, 1, NULL);
    EXPECT(&s, "A< BUSY#1 no_router\n");
    s.gone['R'] = false;
    stage_register(&s, 'R', 2, 0);
    bytes_reset(&s.story);
    stage_front(&s, 'A', WIRE_EVENTS, 1, NULL);
    EXPECT(&s, "R< [EVENTS#1 st-1]\n");
}

static void only_answers_and_pages_may_be_in_a_router_s_bundle(void **state)
{
    (void)state;
    begin_bundled(4);
    stage_front(&s, 'A', WIRE_EVENTS, 1, NULL);
    stage_answers(&s, 'R', WIRE_REGISTER, 'A', 7, 7);
    stage_answers(&s, 'R', WIRE_BUNDLE, 'A', 8, 8);
    stage_answers(&s, 'R', WIRE_STREAM, 'A', 9, 9);
    stage_front_to(&s, 'A', WIRE_BUNDLE, 1, 2, "", 0);
    stage_answers(&s, 'R', WIRE_EVENTS_ACK, 'A', 1, 1);
    EXPECT(&s, "R< [EVENTS#1 st-1]\n"
               "R< ERROR malformed\n"
               "R< ERROR malformed\n"
               "R< ERROR malformed\n"
               "A< ERROR#2 not_allowed\n"
               "A< EVENTS_ACK#1\n");
}

#define STORY(name) cmocka_unit_test_teardown(name, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(events_go_to_the_router_and_the_answer_comes_back),
        STORY(who_has_not_said_hello_is_told_so),
        STORY(a_role_may_send_only_its_kinds),
        STORY(nobody_becomes_a_router_or_somebody_else),
        STORY(without_a_router_the_sender_is_asked_to_try_later),
        STORY(a_dead_router_turns_what_was_outstanding_into_busy),
        STORY(a_router_that_comes_again_takes_over_at_once),
        STORY(a_silent_router_is_gone_after_ten_seconds),
        STORY(a_client_over_its_limit_is_busy_and_others_are_not),
        STORY(clients_take_turns_when_the_window_is_full),
        STORY(a_command_does_not_wait_behind_events),
        STORY(all_queues_together_have_a_cap),
        STORY(a_request_sent_twice_is_carried_once),
        STORY(an_answer_for_somebody_who_left_reaches_nobody_else),
        STORY(silence_ends_a_session_and_any_traffic_keeps_it),
        STORY(a_client_that_does_not_read_costs_a_bounded_sum),
        STORY(a_client_that_answers_pings_gets_everything),
        STORY(what_a_full_socket_refuses_is_sent_in_order_later),
        STORY(an_unanswered_request_becomes_busy_in_the_end),
        STORY(what_goes_to_a_router_in_one_round_is_one_message),
        STORY(a_bundle_that_is_not_taken_goes_later_and_whole),
        STORY(a_bundle_that_is_not_taken_is_tried_once_a_moment),
        STORY(what_waits_in_a_bundle_is_busy_when_its_router_is_gone),
        STORY(only_answers_and_pages_may_be_in_a_router_s_bundle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
