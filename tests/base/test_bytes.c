#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

static void slices_order_like_words(void **state)
{
    struct slice a = slice_of_text("case"), b = slice_of_text("cases");

    (void)state;
    assert_true(slice_compare(a, b) < 0);
    assert_true(slice_compare(b, a) > 0);
    assert_int_equal(slice_compare(a, a), 0);
    assert_true(slice_compare(SLICE_EMPTY, a) < 0);
    assert_true(slice_compare(slice_of_text("d"), b) > 0);
    assert_true(slice_starts_with(b, a));
    assert_false(slice_starts_with(a, b));
    assert_true(slice_equal(SLICE_EMPTY, slice_of_text("")));
    assert_int_equal(slice_from(b, 4).size, 1);
    assert_int_equal(slice_from(b, 9).size, 0);
}

static void a_slice_with_a_zero_is_no_text(void **state)
{
    char out[5];

    (void)state;
    assert_true(slice_to_text(slice_of_text("case"), out, sizeof out));
    assert_string_equal(out, "case");
    assert_false(slice_to_text(slice_of_text("cases"), out, sizeof out));
    assert_string_equal(out, "");
    assert_false(slice_to_text(slice_of("a\0b", 3), out, sizeof out));
}

static void appends_gather_and_read_back(void **state)
{
    struct bytes b = {0};

    (void)state;
    assert_int_equal(bytes_append_text(&b, "seq="), STATUS_OK);
    assert_int_equal(bytes_append_format(&b, "%d", 4711), STATUS_OK);
    assert_int_equal(bytes_append_u8(&b, '!'), STATUS_OK);
    assert_string_equal(bytes_text(&b), "seq=4711!");
    assert_int_equal(b.size, 9);
    bytes_fini(&b);
}

static void the_limit_is_kept_and_remembered(void **state)
{
    struct bytes b;

    (void)state;
    bytes_init(&b, 4);
    assert_int_equal(bytes_append_text(&b, "four"), STATUS_OK);
    assert_int_equal(bytes_append_text(&b, "5"), STATUS_TOO_LARGE);
    assert_int_equal(bytes_append(&b, SLICE_EMPTY), STATUS_TOO_LARGE);
    assert_int_equal(b.size, 4);
    assert_string_equal(bytes_text(&b), "four");
    assert_int_equal(b.status, STATUS_TOO_LARGE);
    bytes_reset(&b);
    assert_int_equal(bytes_append_text(&b, "5"), STATUS_OK);
    bytes_fini(&b);
}

static void taking_the_memory_leaves_it_empty(void **state)
{
    struct bytes b = {0};
    size_t size;
    uint8_t *data;

    (void)state;
    assert_int_equal(bytes_append_text(&b, "abc"), STATUS_OK);
    data = bytes_take(&b, &size);
    assert_int_equal(size, 3);
    assert_memory_equal(data, "abc", 3);
    assert_int_equal(b.size, 0);
    assert_null(b.data);
    free(data);
    bytes_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_order_like_words),
        cmocka_unit_test(a_slice_with_a_zero_is_no_text),
        cmocka_unit_test(appends_gather_and_read_back),
        cmocka_unit_test(the_limit_is_kept_and_remembered),
        cmocka_unit_test(taking_the_memory_leaves_it_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
