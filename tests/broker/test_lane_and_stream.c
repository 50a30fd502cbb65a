/* Pages with credit, and the numbered stream. */
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/ring.h"

static struct stage s;

static int close_stage(void **state)
{
    (void)state;
    stage_close(&s);
    return 0;
}

static void begin(uint64_t last_seq)
{
    struct broker_settings set = {.lane_pages = 2};
    stage_open(&s, &set);
    s.quiet = true;
    stage_register(&s, 'R', 1, last_seq);
    stage_hello(&s, 'W', "tier-2a", WIRE_ROLE_WORKER);
    stage_hello(&s, 'V', "tier-2b", WIRE_ROLE_WORKER);
    stage_hello(&s, 'A', "wall", WIRE_ROLE_VIEWER);
    stage_pass(&s, 100);
    s.quiet = false;
}

static void credit(char who, uint32_t pages)
{
    Yinuo__V1__Credit c = YINUO__V1__CREDIT__INIT;
    c.has_tier = c.has_pages = 1;
    c.tier = 2;
    c.pages = pages;
    stage_front(&s, who, WIRE_CREDIT, 0, &c.base);
}

static void page(uint64_t id)
{
    char name[16];
    Yinuo__V1__Page p = YINUO__V1__PAGE__INIT;
    snprintf(name, sizeof(name), "pg-%d", (int)id);
    p.page_id = name;
    p.has_tier = 1;
    p.tier = 2;
    stage_back(&s, 'R', WIRE_PAGE, id, &p.base);
}

static void pages_go_round_robin_to_workers_with_credit(void **state)
{
    (void)state;
    begin(0);
    credit('V', 1);
    credit('W', 2);
    EXPECT(&s, "R< LANE tier 2 workers 1 credit 1 waiting 0\n"
               "R< LANE tier 2 workers 2 credit 3 waiting 0\n");
    for (uint64_t id = 1; id <= 6; id++)
        page(id);
    EXPECT(&s, "W< PAGE#1\nR< LANE tier 2 workers 2 credit 2 waiting 0\n"
               "V< PAGE#2\nR< LANE tier 2 workers 2 credit 1 waiting 0\n"
               "W< PAGE#3\nR< LANE tier 2 workers 2 credit 0 waiting 0\n"
               "R< LANE tier 2 workers 2 credit 0 waiting 1\n"
               "R< LANE tier 2 workers 2 credit 0 waiting 2\n"
               "R< BUSY#6 busy\n");
    credit('V', 5);
    EXPECT(&s, "V< PAGE#4\nV< PAGE#5\n"
               "R< LANE tier 2 workers 2 credit 3 waiting 0\n");
}

static void credit_said_again_is_no_news(void **state)
{
    (void)state;
    begin(0);
    credit('W', 2);
    credit('W', 2);
    credit('W', 1);
    EXPECT(&s, "R< LANE tier 2 workers 1 credit 2 waiting 0\n"
               "R< LANE tier 2 workers 1 credit 1 waiting 0\n");
}

static void a_worker_that_found_the_lane_full_gets_in_later(void **state)
{
    (void)state;
    char name[16];
    begin(0);
    s.quiet = true;
    for (char who = '!'; who < '!' + 67; who++) {
        if (who == 'R' || who == 'A' || who == 'W' || who == 'V')
            continue;
        snprintf(name, sizeof(name), "tier-2-%d", who);
        stage_hello(&s, who, name, WIRE_ROLE_WORKER);
        credit(who, 0);
    }
    credit('V', 0);
    s.quiet = false;
    credit('W', 1); /* the 65th */
    EXPECT(&s, "");
    stage_front(&s, 'V', WIRE_BYE, 0, NULL);
    credit('W', 1);
    page(1);
    EXPECT(&s, "R< LANE tier 2 workers 63 credit 0 waiting 0\n"
               "R< LANE tier 2 workers 64 credit 1 waiting 0\n"
               "W< PAGE#1\n"
               "R< LANE tier 2 workers 64 credit 0 waiting 0\n");
}

static void a_page_without_any_worker_goes_back(void **state)
{
    (void)state;
    begin(0);
    page(1);
    EXPECT(&s, "R< BUSY#1 busy\n");
}

static void
a_withdrawn_page_leaves_the_queue_and_workers_hear_of_it(void **state)
{
    (void)state;
    char name[] = "pg-1";
    Yinuo__V1__Withdraw w = YINUO__V1__WITHDRAW__INIT;
    begin(0);
    credit('W', 0);
    page(1);
    w.page_id = name;
    stage_back(&s, 'R', WIRE_WITHDRAW, 9, &w.base);
    EXPECT(&s, "R< LANE tier 2 workers 1 credit 0 waiting 0\n"
               "R< LANE tier 2 workers 1 credit 0 waiting 1\n"
               "W< WITHDRAW#9\n"
               "R< LANE tier 2 workers 1 credit 0 waiting 0\n");
    credit('W', 1);
    EXPECT(&s, "R< LANE tier 2 workers 1 credit 1 waiting 0\n");
}

static void receipts_go_to_the_router_and_a_lost_worker_is_told(void **state)
{
    (void)state;
    begin(0);
    credit('W', 3);
    stage_front(&s, 'W', WIRE_RECEIPT, 4, NULL);
    stage_answer(&s, 'R', WIRE_RECEIPT_ACK, 'W', 4);
    stage_front(&s, 'W', WIRE_BYE, 0, NULL);
    EXPECT(&s, "R< LANE tier 2 workers 1 credit 3 waiting 0\n"
               "R< RECEIPT#4 tier-2a\n"
               "R< LANE tier 2 workers 0 credit 0 waiting 0\n");
}

static void fetch(uint64_t id, const char *cursor, uint32_t limit,
                  uint32_t wait)
{
    char text[32];
    Yinuo__V1__Fetch f = YINUO__V1__FETCH__INIT;
    snprintf(text, sizeof(text), "%s", cursor);
    f.cursor = text;
    f.has_limit = limit > 0;
    f.limit = limit;
    f.has_wait_ms = 1;
    f.wait_ms = wait;
    stage_front(&s, 'A', WIRE_FETCH, id, &f.base);
}

static void records_go_out_at_once_and_can_be_fetched(void **state)
{
    (void)state;
    begin(2);
    stage_stream(&s, 'R', 3, 5);
    stage_stream(&s, 'R', 6, 6);
    fetch(1, "p1-2", 0, 0);
    fetch(2, "p1-3", 2, 0);
    fetch(3, "p1-6", 0, 0);
    fetch(4, "p1-1", 0, 0);
    fetch(5, "p2-6", 0, 0);
    fetch(6, "p1-6x", 0, 0);
    EXPECT(&s, "* STREAM p1- 3..5\n"
               "* STREAM p1- 6..6\n"
               "A< RECORDS#1 4 to 6\n"
               "A< RECORDS#2 2 to 5\n"
               "A< RECORDS#3 0 to 6\n"
               "R< FETCH#4 wall\n"
               "A< RECORDS#5 bad_cursor\n"
               "A< RECORDS#6 bad_cursor\n");
}

static void a_fetch_can_wait_for_what_comes(void **state)
{
    (void)state;
    begin(0);
    fetch(1, "p1-0", 0, 900);
    EXPECT(&s, "");
    stage_stream(&s, 'R', 1, 2);
    fetch(2, "p1-2", 0, 500);
    stage_pass(&s, 600);
    EXPECT(&s, "* STREAM p1- 1..2\n"
               "A< RECORDS#1 2 to 2\n"
               "A< RECORDS#2 0 to 2\n");
}

static void what_is_sent_again_is_not_told_again(void **state)
{
    (void)state;
    begin(0);
    stage_stream(&s, 'R', 1, 4);
    stage_stream(&s, 'R', 2, 3);
    stage_stream(&s, 'R', 3, 6);
    fetch(1, "p1-0", 0, 0);
    EXPECT(&s, "* STREAM p1- 1..4\n"
               "* STREAM p1- 5..6\n"
               "A< RECORDS#1 6 to 6\n");
    assert_int_equal(broker_counters(s.broker)->stream_repeats, 4);
}

static void a_hole_sends_earlier_cursors_to_the_router(void **state)
{
    (void)state;
    begin(0);
    stage_stream(&s, 'R', 1, 2);
    stage_stream(&s, 'R', 5, 6);
    fetch(1, "p1-2", 0, 0);
    fetch(2, "p1-4", 0, 0);
    EXPECT(&s, "* STREAM p1- 1..2\n"
               "* STREAM p1- 5..6\n"
               "R< FETCH#1 wall\n"
               "A< RECORDS#2 2 to 6\n");
}

static void an_idle_stream_ticks_every_second(void **state)
{
    (void)state;
    begin(0);
    stage_stream(&s, 'R', 1, 2);
    stage_pass(&s, 2100);
    EXPECT(&s, "* STREAM p1- 1..2\n"
               "* TICK p1- 2..2\n"
               "* TICK p1- 2..2\n");
}

static void a_restored_journal_empties_the_ring(void **state)
{
    (void)state;
    begin(0);
    stage_stream(&s, 'R', 1, 9);
    s.quiet = true;
    stage_register(&s, 'S', 2, 4);
    s.quiet = false;
    bytes_reset(&s.story);
    fetch(1, "p1-3", 0, 0);
    stage_stream(&s, 'S', 5, 5);
    fetch(2, "p1-4", 0, 0);
    EXPECT(&s, "S< FETCH#1 wall\n"
               "* STREAM p1- 5..5\n"
               "A< RECORDS#2 1 to 5\n");
}

static void subscriptions_are_for_topics_of_the_stream_only(void **state)
{
    (void)state;
    begin(0);
    struct broker *b = s.broker;
    assert_true(broker_subscribe(b, slice_of("p1-", 3), NULL, s.now_ms));
    assert_true(broker_subscribe(b, SLICE_EMPTY, NULL, s.now_ms));
    assert_false(broker_subscribe(b, slice_of("p1", 2), NULL, s.now_ms));
    assert_false(broker_subscribe(b, slice_of("x", 1), NULL, s.now_ms));
    assert_false(broker_subscribe(b, slice_of("p1-", 3), "key", s.now_ms));
    s.access.refuse_unproven = true;
    assert_false(broker_subscribe(b, slice_of("p1-", 3), NULL, s.now_ms));
}

/* ---- the ring alone, against a model that keeps everything ---- */

static size_t batch_body(uint8_t *out, uint64_t first, uint64_t last)
{
    size_t at = 0;
    for (uint64_t seq = first; seq <= last; seq++) {
        size_t size = (size_t)(seq * 7919 % 90);
        out[at++] = 0x0a;
        out[at++] = (uint8_t)size;
        memset(out + at, (int)(seq & 0xff), size);
        at += size;
    }
    return at;
}

static void the_ring_returns_what_a_model_returns(void **state)
{
    (void)state;
    static uint8_t body[64 * 92], want[8 * 92];
    struct ring r;
    struct bytes got;
    uint64_t last = 0;
    unsigned long chance = 1;
    stage_open(&s, NULL);
    assert_true(ring_init(&r, 8192));
    bytes_init(&got, 0);
    for (int step = 0; step < 20000; step++) {
        chance = chance * 6364136223846793005u + 1442695040888963407u;
        uint64_t count = 1 + (chance >> 33) % 20;
        size_t size = batch_body(body, last + 1, last + count);
        ring_push(&r, last + 1, last + count, slice_of(body, size));
        last += count;
        uint64_t first = ring_first(&r);
        assert_true(first <= last + 1);
        uint64_t after = first - 1 + (chance >> 40) % (last + 2 - first);
        size_t most = 1 + (chance >> 50) % 8;
        bytes_reset(&got);
        uint64_t done = ring_read(&r, after, most, 100000, &got);
        assert_int_equal(done, after + most < last ? after + most : last);
        size = batch_body(want, after + 1, done);
        assert_int_equal(got.size, size);
        assert_true(size == 0 || memcmp(got.data, want, size) == 0);
    }
    bytes_fini(&got);
    ring_fini(&r);
}

#define STORY(name) cmocka_unit_test_teardown(name, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(pages_go_round_robin_to_workers_with_credit),
        STORY(credit_said_again_is_no_news),
        STORY(a_worker_that_found_the_lane_full_gets_in_later),
        STORY(a_page_without_any_worker_goes_back),
        STORY(a_withdrawn_page_leaves_the_queue_and_workers_hear_of_it),
        STORY(receipts_go_to_the_router_and_a_lost_worker_is_told),
        STORY(records_go_out_at_once_and_can_be_fetched),
        STORY(a_fetch_can_wait_for_what_comes),
        STORY(what_is_sent_again_is_not_told_again),
        STORY(a_hole_sends_earlier_cursors_to_the_router),
        STORY(an_idle_stream_ticks_every_second),
        STORY(a_restored_journal_empties_the_ring),
        STORY(subscriptions_are_for_topics_of_the_stream_only),
        STORY(the_ring_returns_what_a_model_returns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
