#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/utf8.h"

static void only_well_formed_text_is_valid(void **state)
{
    (void)state;
    assert_true(utf8_valid(slice_of_text("一诺 promise")));
    assert_true(utf8_valid(SLICE_EMPTY));
    assert_false(utf8_valid(slice_of_text("\xff")));
    assert_false(utf8_valid(slice_of_text("\xe4\xb8")));
    assert_false(utf8_valid(slice_of_text("\xc0\x80")));
    assert_false(utf8_valid(slice_of("a\0b", 3)));
    assert_true(utf8_clean(slice_of_text("a\tb\n")));
    assert_false(utf8_clean(slice_of_text("a\x1b[0m")));
    assert_false(utf8_clean(slice_of_text("a\xc2\x9b")));
}

static void characters_and_columns_differ(void **state)
{
    (void)state;
    assert_int_equal(utf8_count("一诺ab"), 4);
    assert_int_equal(utf8_width("一诺ab"), 6);
    assert_int_equal(utf8_width("e\xcc\x81"), 1); /* e with an accent */
    assert_int_equal(utf8_count("\xff"), 0);
    assert_int_equal(utf8_prefix("一诺ab", 3), 7);
    assert_int_equal(utf8_prefix("ab", 9), 2);
}

static void cutting_never_halves_a_character(void **state)
{
    char out[16], tiny[5];

    (void)state;
    utf8_truncate("一诺千金", 4, out, sizeof out);
    assert_string_equal(out, "一诺千金");
    utf8_truncate("一诺千金", 3, out, sizeof out);
    assert_string_equal(out, "一诺…");
    utf8_truncate("一诺千金", 0, out, sizeof out);
    assert_string_equal(out, "");
    utf8_truncate("一诺千金", 4, tiny, sizeof tiny);
    assert_string_equal(tiny, "…");
    utf8_truncate("\xff\xff\xff", 2, out, sizeof out);
    assert_true(strlen(out) < sizeof out);
}

static void padding_fills_columns(void **state)
{
    char out[64];

    (void)state;
    utf8_pad("一诺", 6, out, sizeof out);
    assert_string_equal(out, "一诺  ");
    utf8_pad("一诺千金", 6, out, sizeof out);
    assert_int_equal(utf8_width(out), 6);
    assert_string_equal(out, "一诺… ");
    utf8_pad("", 2, out, sizeof out);
    assert_string_equal(out, "  ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_well_formed_text_is_valid),
        cmocka_unit_test(characters_and_columns_differ),
        cmocka_unit_test(cutting_never_halves_a_character),
        cmocka_unit_test(padding_fills_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
