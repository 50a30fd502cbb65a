/* What a producer's numbers get: taken once, answered as before, or told apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/apply.h"
#include "ledger/producers.h"
#include "ledger/requests.h"

static struct state *memory(void)
{
    struct state_options o = {0};
    struct state *s;

    assert_int_equal(state_open(&o, &s, NULL), STATUS_OK);
    return s;
}

static enum producer_verdict judge(const struct producer *p, uint64_t epoch,
                                   uint64_t n, uint32_t crc)
{
    uint16_t code;

    return producer_judge(p, epoch, n, crc, &code);
}

static void numbers_are_taken_one_after_the_other(void **state)
{
    struct producer p = {0};

    (void)state;
    assert_int_equal(judge(&p, 7, 2, 0), PRODUCER_GAP);
    assert_int_equal(judge(&p, 7, 1, 11), PRODUCER_NEXT);
    producer_advance(&p, 7, 1, 11, 0);
    assert_int_equal(judge(&p, 7, 1, 11), PRODUCER_DUPLICATE);
    assert_int_equal(judge(&p, 7, 1, 12), PRODUCER_DIFFERS);
    assert_int_equal(judge(&p, 7, 3, 0), PRODUCER_GAP);
    assert_int_equal(judge(&p, 7, 2, 0), PRODUCER_NEXT);
}

static void a_new_outbox_begins_again_and_shuts_the_old_one_out(void **state)
{
    struct producer p = {0};

    (void)state;
    producer_advance(&p, 7, 1, 0, 0);
    producer_advance(&p, 7, 2, 0, 0);
    assert_int_equal(judge(&p, 8, 1, 0), PRODUCER_NEXT);
    producer_advance(&p, 8, 1, 0, 0);
    assert_int_equal(judge(&p, 7, 3, 0), PRODUCER_STALE);
}

static void a_refusal_is_answered_again_however_long_ago(void **state)
{
    struct state *s = memory();
    struct producer p = {0};
    struct slice who = slice_of_text("ST-1");
    uint16_t code;

    (void)state;
    producer_advance(&p, 1, 1, 100, 12);
    for (uint64_t n = 2; n <= 2000; n++)
        producer_advance(&p, 1, n, 0, n == 1000 ? 7 : 0);
    producer_store(s, who, &p);
    memset(&p, 0xff, sizeof p);
    producer_load(s, who, &p);
    assert_int_equal(p.last, 2000);
    assert_int_equal(producer_judge(&p, 1, 1, 100, &code), PRODUCER_DUPLICATE);
    assert_int_equal(code, 12);
    assert_int_equal(producer_judge(&p, 1, 1000, 0, &code), PRODUCER_DUPLICATE);
    assert_int_equal(code, 7);
    assert_int_equal(producer_judge(&p, 1, 999, 0, &code), PRODUCER_DUPLICATE);
    assert_int_equal(code, 0);
    state_close(&s);
}

static void only_so_many_refusals_are_kept(void **state)
{
    struct producer p = {0};
    uint16_t code;

    (void)state;
    for (uint64_t n = 1; n <= PRODUCER_REFUSALS + 1; n++)
        producer_advance(&p, 1, n, 0, 9);
    (void)producer_judge(&p, 1, 1, 0, &code);
    assert_int_equal(code, 0);
    (void)producer_judge(&p, 1, 2, 0, &code);
    assert_int_equal(code, 9);
}

static void an_answer_is_kept_for_seven_days(void **state)
{
    struct state *s = memory();
    struct request r;
    int64_t t0 = 1480000000000;

    (void)state;
    request_keep(s, slice_of_text("a"), &(struct request){5, t0, 3, true, 77});
    assert_true(request_find(s, slice_of_text("a"), &r));
    assert_int_equal(r.sequence, 5);
    assert_int_equal(r.code, 3);
    assert_true(r.has_crc);
    assert_int_equal(r.crc, 77);
    request_keep(s, slice_of_text("b"),
                 &(struct request){.sequence = 6,
                                   .journal_ms = t0 + LIMIT_ANSWER_KEPT_MS});
    assert_true(request_find(s, slice_of_text("a"), &r));
    request_keep(
        s, slice_of_text("c"),
        &(struct request){.sequence = 7,
                          .journal_ms = t0 + LIMIT_ANSWER_KEPT_MS + 1});
    assert_false(request_find(s, slice_of_text("a"), &r));
    assert_true(request_find(s, slice_of_text("b"), &r));
    assert_false(r.has_crc);
    state_close(&s);
}

/* What applies may lie on a stack that had other things on it. */
static void applying_a_record_stores_its_producer(void **state)
{
    struct state *s = memory();
    struct world_options wo = {.state = s};
    Yinuo__V1__StreamRecord part = YINUO__V1__STREAM_RECORD__INIT;
    struct world *w;
    struct apply a;
    struct producer p;

    (void)state;
    assert_int_equal(world_new(&wo, &w, NULL), STATUS_OK);
    memset(&a, 0xff, sizeof a);
    apply_init(&a, s, w, ".");
    part.producer = (char *)"st-1";
    part.has_producer_epoch = part.has_producer_sequence = 1;
    part.producer_epoch = 7;
    part.producer_sequence = 1;
    assert_int_equal(apply_origin(&a, 1, 1000, &part, NULL), STATUS_OK);
    producer_load(s, slice_of_text("st-1"), &p);
    assert_int_equal(p.epoch, 7);
    assert_int_equal(p.last, 1);
    apply_fini(&a);
    world_free(&w);
    state_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_taken_one_after_the_other),
        cmocka_unit_test(a_new_outbox_begins_again_and_shuts_the_old_one_out),
        cmocka_unit_test(a_refusal_is_answered_again_however_long_ago),
        cmocka_unit_test(only_so_many_refusals_are_kept),
        cmocka_unit_test(an_answer_is_kept_for_seven_days),
        cmocka_unit_test(applying_a_record_stores_its_producer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
