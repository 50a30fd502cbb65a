#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/crc32c.h"
#include "base/digest.h"
#include "base/hex.h"
#include "base/random.h"

static void blake2b_gives_the_published_value(void **state)
{
    struct digest d = digest_of(slice_of_text("abc"));
    char text[DIGEST_TEXT_SIZE];

    (void)state;
    digest_format(&d, text);
    assert_string_equal(text, "bddd813c634239723171ef3fee98579b"
                              "94964e3bb1cb3e427262c8c068d52319");
}

static void parts_give_the_digest_of_the_whole(void **state)
{
    struct digest whole = digest_of(slice_of_text("abcdef"));
    struct digest two =
        digest_of_two(slice_of_text("abc"), slice_of_text("def"));
    struct digest other = digest_of(slice_of_text("abcdeF"));

    (void)state;
    assert_true(digest_equal(&whole, &two));
    assert_false(digest_equal(&whole, &other));
}

static void crc32c_gives_the_published_values(void **state)
{
    uint8_t zeros[32] = {0};

    (void)state;
    assert_int_equal(crc32c_of(slice_of_text("123456789")), 0xe3069283);
    assert_int_equal(crc32c_of(slice_of(zeros, 32)), 0x8a9136aa);
    assert_int_equal(crc32c_of(SLICE_EMPTY), 0);
}

static void the_processor_and_the_table_agree(void **state)
{
    struct random_seeded r;
    uint8_t bytes[200];

    (void)state;
    random_seeded_init(&r, 9);
    random_fill(&r.random, bytes, sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        struct slice head = slice_of(bytes, cut);
        struct slice tail = slice_of(bytes + cut, sizeof bytes - cut);

        assert_int_equal(crc32c_of(head), crc32c_by_table(0, head));
        assert_int_equal(crc32c_add(crc32c_of(head), tail),
                         crc32c_of(slice_of(bytes, sizeof bytes)));
    }
}

static void hex_is_read_whole_or_not_at_all(void **state)
{
    uint8_t out[2] = {9, 9};
    char text[5];

    (void)state;
    hex_format(slice_of("\x0f\xa0", 2), text);
    assert_string_equal(text, "0fa0");
    assert_int_equal(hex_parse("0fg0", out, 2), STATUS_INVALID);
    assert_int_equal(hex_parse("0fa", out, 2), STATUS_INVALID);
    assert_int_equal(out[0], 9);
    assert_int_equal(hex_parse("0FA0", out, 2), STATUS_OK);
    assert_memory_equal(out, "\x0f\xa0", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blake2b_gives_the_published_value),
        cmocka_unit_test(parts_give_the_digest_of_the_whole),
        cmocka_unit_test(crc32c_gives_the_published_values),
        cmocka_unit_test(the_processor_and_the_table_agree),
        cmocka_unit_test(hex_is_read_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
