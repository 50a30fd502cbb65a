#include "ledger_support.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "ledger/record.h"

static struct slice encode(const struct record *r, struct digest *chain,
                           uint8_t *out)
{
    record_encode(r, chain, out);
    return slice_of(out, record_size(r));
}

static void a_record_comes_back_as_it_was(void **state)
{
    uint8_t out[1024];
    struct digest chain = {{0}};
    struct record r = sample_record(6), got;
    struct error err = {0};

    (void)state;
    r.epoch = 9;
    struct slice bytes = encode(&r, &chain, out);

    assert_int_equal(record_decode(bytes, &got, &err), STATUS_OK);
    assert_int_equal(got.seq, 6);
    assert_int_equal(got.epoch, 9);
    assert_int_equal(got.present, 7);
    for (int i = 0; i < RECORD_PARTS; i++)
        assert_true(slice_equal(got.parts[i], r.parts[i]));
    assert_int_equal(record_verify(&got, &err), STATUS_OK);
    struct digest again = record_chain(bytes);

    assert_true(digest_equal(&chain, &again));
}

static void the_first_bytes_are_those_that_the_header_promises(void **state)
{
    uint8_t out[1024];
    struct digest chain = {{0}};
    struct record r = {.seq = 0x0102030405060708,
                       .kind = 0x1122,
                       .parts = {[RECORD_INPUT] = slice_of_text("hi")}};
    static const uint8_t want[] = {'Y', 'n', 'R', '1', 1, 0, 0, 0};
    static const uint8_t want_header[] = {0, 1, 0x11, 0x22, 0, 0, 0, 0,
                                          1, 2, 3,    4,    5, 6, 7, 8};

    (void)state;
    assert_int_equal(encode(&r, &chain, out).size, 210);
    assert_memory_equal(out, want, sizeof want);
    assert_memory_equal(out + 16, want_header, sizeof want_header);
    assert_memory_equal(out + 208, "hi", 2);
}

/* The worked example of docs/ledger.md, which others may have built upon. */
static void the_documented_example_still_holds(void **state)
{
    uint8_t out[300];
    char text[DIGEST_TEXT_SIZE];
    struct digest chain = {{0}};
    struct record r = {.seq = 1,
                       .kind = 0x0102,
                       .epoch = 3,
                       .journal_ms = 1700000000000,
                       .wall_ms = 1700000000000,
                       .parts = {[RECORD_INPUT] = slice_of_text("hi")}};

    (void)state;
    assert_int_equal(encode(&r, &chain, out).size, 210);
    assert_memory_equal(out + 8, "\x93\x99\x2c\x63", 4);
    digest_format(&chain, text);
    assert_string_equal(text, "48399dba4294231384139ac8fc97274d"
                              "96db08159ebe6e35d563e5b43302cf04");
}

/* Whatever bit is turned, wherever it is cut: an error and nothing worse. */
static void damaged_bytes_are_refused(void **state)
{
    uint8_t out[1024], bent[1024];
    struct digest chain = {{0}};
    struct record r = sample_record(3), got;
    struct error err = {0};
    struct slice bytes = encode(&r, &chain, out);

    (void)state;
    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        memcpy(bent, out, bytes.size);
        bent[bit / 8] = (uint8_t)(bent[bit / 8] ^ 1U << bit % 8);
        assert_int_equal(record_decode(slice_of(bent, bytes.size), &got, &err),
                         STATUS_CORRUPT);
    }
    for (size_t size = 0; size < bytes.size; size++)
        assert_int_equal(record_decode(slice_of(out, size), &got, &err),
                         STATUS_CORRUPT);
}

/* Lies with a right checksum: sizes that point outside. */
static void hostile_sizes_are_refused(void **state)
{
    struct random_seeded seeded;
    uint8_t out[2048];
    struct error err = {0};

    (void)state;
    random_seeded_init(&seeded, 3);
    for (int round = 0; round < 20000; round++) {
        struct digest chain = {{0}};
        struct record r = sample_record(3), got;
        struct slice bytes = encode(&r, &chain, out);
        size_t at = 64 + 4 * random_below(&seeded.random, 3);

        random_fill(&seeded.random, out + at, 4);
        out[4] = (uint8_t)random_below(&seeded.random, 16);
        /* record_erase makes the checksum right again as a side effect */
        size_t size = bytes.size;
        enum status status;

        if (random_one_in(&seeded.random, 2))
            size = random_below(&seeded.random, bytes.size);
        status = record_decode(slice_of(out, size), &got, &err);
        if (status == STATUS_OK) {
            for (int i = 0; i < RECORD_PARTS; i++)
                assert_true(
                    got.parts[i].size == 0 ||
                    (got.parts[i].data >= out &&
                     got.parts[i].data + got.parts[i].size <= out + size));
        }
    }
}

static void an_erased_part_leaves_the_chain_whole(void **state)
{
    uint8_t out[1024], smaller[1024];
    struct digest chain = {{0}};
    struct record r = sample_record(3), got;
    struct error err = {0};
    struct slice bytes = encode(&r, &chain, out);

    (void)state;
    size_t size = record_erase(bytes, RECORD_PERSONAL, smaller);

    assert_int_equal(size, bytes.size - strlen("sealed words"));
    assert_int_equal(record_decode(slice_of(smaller, size), &got, &err),
                     STATUS_OK);
    assert_true(record_erased(&got, RECORD_PERSONAL));
    assert_false(record_erased(&got, RECORD_INPUT));
    assert_int_equal(got.parts[RECORD_PERSONAL].size, 0);
    assert_true(
        slice_equal(got.parts[RECORD_DECISIONS], r.parts[RECORD_DECISIONS]));
    assert_int_equal(record_verify(&got, &err), STATUS_OK);
    struct digest after = record_chain(slice_of(smaller, size));

    assert_true(digest_equal(&chain, &after));
    assert_int_equal(
        record_erase(slice_of(smaller, size), RECORD_PERSONAL, smaller), size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_comes_back_as_it_was),
        cmocka_unit_test(the_first_bytes_are_those_that_the_header_promises),
        cmocka_unit_test(the_documented_example_still_holds),
        cmocka_unit_test(damaged_bytes_are_refused),
        cmocka_unit_test(hostile_sizes_are_refused),
        cmocka_unit_test(an_erased_part_leaves_the_chain_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
