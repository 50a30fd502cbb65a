#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/id.h"

static void text_and_bytes_sort_by_time(void **state)
{
    struct random_seeded r;
    char before[ID_TEXT_SIZE] = "", text[ID_TEXT_SIZE];
    struct id last = {{0}};

    (void)state;
    random_seeded_init(&r, 3);
    for (int64_t ms = 1; ms < 5000; ms++) {
        struct id id = id_make(1700000000000 + ms * 977, &r.random);

        id_format(&id, text);
        assert_int_equal(strlen(text), ID_TEXT_SIZE - 1);
        assert_true(strcmp(before, text) < 0);
        assert_true(memcmp(last.bytes, id.bytes, ID_BYTES) < 0);
        assert_int_equal(id_at_ms(&id), 1700000000000 + ms * 977);
        strcpy(before, text);
        last = id;
    }
}

static void what_is_written_is_read(void **state)
{
    struct id id = id_make(1700000000000, random_system()), back;
    struct id top;
    char text[ID_TEXT_SIZE];

    (void)state;
    id_format(&id, text);
    assert_int_equal(id_parse(text, &back), STATUS_OK);
    assert_memory_equal(&id, &back, sizeof id);
    memset(&top, 0xff, sizeof top);
    id_format(&top, text);
    assert_string_equal(text, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    assert_int_equal(id_parse(text, &back), STATUS_OK);
    assert_memory_equal(&top, &back, sizeof top);
}

static void people_mistype_i_l_and_o(void **state)
{
    struct id a, b;

    (void)state;
    assert_int_equal(id_parse("0110abcdefghjkmnpqrstvwxyz", &a), STATUS_OK);
    assert_int_equal(id_parse("OiLoABCDEFGHJKMNPQRSTVWXYZ", &b), STATUS_OK);
    assert_memory_equal(&a, &b, sizeof a);
}

static void other_texts_are_refused(void **state)
{
    struct id id;

    (void)state;
    assert_int_equal(id_parse("", &id), STATUS_INVALID);
    assert_int_equal(id_parse("0110ABCDEFGHJKMNPQRSTVWXY", &id),
                     STATUS_INVALID);
    assert_int_equal(id_parse("0110ABCDEFGHJKMNPQRSTVWXYZ0", &id),
                     STATUS_INVALID);
    assert_int_equal(id_parse("0110ABCDEFGHJKMNPQRSTVWXYU", &id),
                     STATUS_INVALID);
    assert_int_equal(id_parse("8ZZZZZZZZZZZZZZZZZZZZZZZZZ", &id),
                     STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_bytes_sort_by_time),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(people_mistype_i_l_and_o),
        cmocka_unit_test(other_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
