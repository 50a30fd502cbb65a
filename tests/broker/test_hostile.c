/* Frames that nobody should send: each is answered, counted, and harms nobody.
 */
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

static void begin(void)
{
    stage_open(&s, NULL);
    s.quiet = true;
    stage_register(&s, 'R', 1, 0);
    stage_hello(&s, 'A', "st-1", WIRE_ROLE_STATION);
    stage_pass(&s, 100);
    s.quiet = false;
}

static void front(char who, size_t count, const struct slice *rest)
{
    struct slice list[8] = {slice_of(&who, 1)};
    for (size_t i = 0; i < count; i++)
        list[i + 1] = rest[i];
    stage_raw(&s, BROKER_FRONT, count + 1, list);
}

static void head(uint8_t out[WIRE_HEADER_SIZE], uint8_t version, uint8_t kind,
                 uint64_t id)
{
    struct wire_header h = {version, kind, 1, id};
    wire_header_encode(&h, out);
}

static void broken_headers_are_refused_with_a_code(void **state)
{
    (void)state;
    uint8_t h[WIRE_HEADER_SIZE];
    begin();
    head(h, 1, WIRE_EVENTS, 5);
    front('A', 1, (struct slice[]){slice_of(h, 15)});
    front('A', 2, (struct slice[]){slice_of("GET / HTTP/1.1\r\n", 16), {0}});
    front('A', 1, (struct slice[]){slice_of(h, 16)});
    front('A', 3, (struct slice[]){slice_of(h, 16), {0}, {0}});
    head(h, 9, WIRE_EVENTS, 6);
    front('A', 2, (struct slice[]){slice_of(h, 16), {0}});
    head(h, 1, 200, 7);
    front('A', 2, (struct slice[]){slice_of(h, 16), {0}});
    head(h, 1, WIRE_EVENTS, 0);
    front('A', 2, (struct slice[]){slice_of(h, 16), {0}});
    EXPECT(&s, "A< ERROR malformed\n"
               "A< ERROR malformed\n"
               "A< ERROR#5 malformed\n"
               "A< ERROR#5 malformed\n"
               "A< ERROR#6 wrong_version\n"
               "A< ERROR#7 unknown_kind\n"
               "A< ERROR malformed\n");
    const struct broker_counters *c = broker_counters(s.broker);
    assert_int_equal(c->malformed, 5);
    assert_int_equal(c->wrong_version, 1);
    assert_int_equal(c->unknown_kind, 1);
    assert_int_equal(c->refused, 7);
}

static void a_stranger_with_an_empty_or_single_frame_is_no_trouble(void **state)
{
    (void)state;
    begin();
    front('B', 0, NULL);
    front('B', 1, (struct slice[]){{0}});
    EXPECT(&s, "B< ERROR malformed\n");
}

static void bodies_that_the_broker_reads_are_checked(void **state)
{
    (void)state;
    static const uint8_t junk[] = {0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1};
    static const uint8_t not_utf8[] = {0x0a, 2, 0xc3, 0x28};
    begin();
    stage_front_to(&s, 'B', WIRE_HELLO, 0, 1, junk, sizeof(junk));
    stage_front_to(&s, 'B', WIRE_HELLO, 0, 2, not_utf8, sizeof(not_utf8));
    stage_front_to(&s, 'A', WIRE_FETCH, 1, 3, junk, sizeof(junk));
    stage_front_to(&s, 'A', WIRE_QUERY, 1, 4, junk, sizeof(junk));
    stage_front_to(&s, 'A', WIRE_PONG, 0, 0, junk, sizeof(junk));
    EXPECT(&s, "B< ERROR#1 malformed\n"
               "B< ERROR#2 not_utf8\n"
               "A< RECORDS#3 malformed\n"
               "R< QUERY#4 st-1\n");
}

static void a_stranger_at_the_back_door_gets_nothing(void **state)
{
    (void)state;
    uint8_t h[WIRE_HEADER_SIZE];
    char who = 'X';
    begin();
    stage_stream(&s, 'X', 1, 5);
    stage_back(&s, 'X', WIRE_PAGE, 1, NULL);
    head(h, 1, WIRE_REGISTER, 3);
    struct slice no_peer[] = {slice_of(&who, 1), {0}, slice_of(h, 16), {0}};
    stage_raw(&s, BROKER_BACK, 4, no_peer);
    stage_back(&s, 'X', WIRE_EVENTS, 4, NULL);
    stage_back(&s, 'X', WIRE_REGISTER, 5, NULL);
    EXPECT(&s, "X< ERROR not_ready\n"
               "X< ERROR#1 not_ready\n"
               "X< ERROR#3 malformed\n"
               "X< ERROR#4 not_allowed\n"
               "X< ERROR#5 missing_field\n");
}

static void records_that_do_not_match_their_span_are_dropped(void **state)
{
    (void)state;
    uint8_t h[WIRE_HEADER_SIZE], span[WIRE_SPAN_SIZE], who[WIRE_PEER_MAX];
    static const uint8_t two[] = {0x0a, 1, 'x', 0x0a, 1, 'y'};
    struct wire_peer peer = {.role = WIRE_ROLE_ROUTER};
    struct wire_span claims[] = {{1, 3}, {1, 1}, {5, 2}, {1, UINT64_MAX}};
    char route = 'R';
    begin();
    head(h, 1, WIRE_STREAM, 0);
    size_t size = wire_peer_encode(&peer, who);
    for (size_t i = 0; i < 4; i++) {
        wire_span_encode(&claims[i], span);
        struct slice list[] = {slice_of(&route, 1), slice_of(who, size),
                               slice_of(h, 16), slice_of(span, sizeof(span)),
                               slice_of(two, sizeof(two))};
        stage_raw(&s, BROKER_BACK, 5, list);
    }
    EXPECT(&s, "");
    assert_int_equal(broker_counters(s.broker)->stream_records, 0);
    assert_int_equal(broker_counters(s.broker)->malformed, 4);
}

static void thousands_of_strangers_do_not_take_the_place_of_all(void **state)
{
    (void)state;
    uint8_t h[WIRE_HEADER_SIZE];
    Yinuo__V1__Hello hello = YINUO__V1__HELLO__INIT;
    char name[] = "st";
    struct bytes body;
    begin();
    s.quiet = true;
    hello.identity = name;
    hello.has_role = 1;
    hello.role = YINUO__V1__ROLE__ROLE_STATION;
    bytes_init(&body, 0);
    assert_int_equal(codec_encode(&hello.base, &body), STATUS_OK);
    head(h, 1, WIRE_HELLO, 1);
    for (uint32_t i = 0; i < LIMIT_PEERS + 100; i++) {
        uint8_t route[5] = {'B', (uint8_t)i, (uint8_t)(i >> 8), 1, 2};
        struct slice list[] = {slice_of(route, 5), slice_of(h, 16),
                               bytes_slice(&body)};
        stage_raw(&s, BROKER_FRONT, 3, list);
    }
    assert_int_equal(broker_sessions(s.broker), LIMIT_PEERS);
    assert_int_equal(broker_counters(s.broker)->busy_all, 101);
    s.quiet = false;
    stage_front(&s, 'A', WIRE_EVENTS, 1, NULL);
    EXPECT(&s, "R< EVENTS#1 st-1\n");
    stage_pass(&s, 11000);
    assert_int_equal(broker_sessions(s.broker), 0);
    bytes_fini(&body);
}

static void noise_of_any_kind_never_stops_it(void **state)
{
    (void)state;
    unsigned long chance = 7;
    uint8_t noise[64];
    begin();
    s.quiet = true;
    for (int i = 0; i < 100000; i++) {
        struct slice list[6];
        char who = "ABCRX"[(chance >> 20) % 5];
        size_t count = 1 + (chance >> 33) % 5;
        for (size_t k = 0; k < sizeof(noise); k++) {
            chance = chance * 6364136223846793005u + 1442695040888963407u;
            noise[k] = (uint8_t)(chance >> 56);
        }
        bool to_front = who < 'R';
        size_t header = to_front ? 1 : 2;
        head(noise, 1, (uint8_t)(noise[3] % 26), noise[4] % 8);
        list[0] = slice_of(&who, 1);
        for (size_t k = 1; k <= count; k++)
            list[k] = slice_of(noise + 16, noise[16 + k] % 40);
        list[header] = slice_of(noise, 16);
        if (!to_front) {
            noise[24] = 3;
            list[1] = slice_of(noise + 16, 9 + noise[30] % 4);
        }
        stage_raw(&s, to_front ? BROKER_FRONT : BROKER_BACK, count + 1, list);
        if (i % 100 == 0)
            stage_pass(&s, 10);
    }
    s.quiet = false;
    stage_register(&s, 'R', UINT64_MAX, 0);
    bytes_reset(&s.story);
    stage_hello(&s, 'D', "st-9", WIRE_ROLE_STATION);
    stage_front(&s, 'D', WIRE_EVENTS, 1, NULL);
    EXPECT(&s, "D< WELCOME\nR< EVENTS#1 st-9\n");
}

#define STORY(name) cmocka_unit_test_teardown(name, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(broken_headers_are_refused_with_a_code),
        STORY(a_stranger_with_an_empty_or_single_frame_is_no_trouble),
        STORY(bodies_that_the_broker_reads_are_checked),
        STORY(a_stranger_at_the_back_door_gets_nothing),
        STORY(records_that_do_not_match_their_span_are_dropped),
        STORY(thousands_of_strangers_do_not_take_the_place_of_all),
        STORY(noise_of_any_kind_never_stops_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
