#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/error.h"

static void every_code_has_a_name_and_a_text(void **state)
{
    (void)state;
    for (unsigned code = 0; code < STATUS_COUNT; code++) {
        assert_non_null(status_name(status_of_code(code)));
        assert_string_not_equal(status_text((enum status)code),
                                "unknown status");
    }
    assert_string_equal(status_name(STATUS_NOT_FOUND), "NOT_FOUND");
    assert_string_equal(status_text(STATUS_OK), "ok");
}

static void an_unknown_code_is_an_internal_error(void **state)
{
    (void)state;
    assert_int_equal(status_of_code(999), STATUS_INTERNAL);
    assert_null(status_name((enum status)999));
    assert_string_equal(status_text((enum status)999), "unknown status");
}

static void codes_on_the_wire_never_move(void **state)
{
    (void)state;
    assert_int_equal(STATUS_INVALID, 1);
    assert_int_equal(STATUS_BUSY, 6);
    assert_int_equal(STATUS_INTERNAL, 16);
    assert_int_equal(STATUS_END, 22);
}

static void context_is_put_in_front(void **state)
{
    struct error err;

    (void)state;
    assert_int_equal(error_set_errno(&err, ENOENT, "open %s", "x"),
                     STATUS_NOT_FOUND);
    assert_int_equal(error_wrap(&err, "partition %d", 3), STATUS_NOT_FOUND);
    assert_string_equal(err.text,
                        "partition 3: open x: No such file or directory");
}

static void a_long_sentence_is_cut_not_overrun(void **state)
{
    struct error err;
    char longer[2 * sizeof err.text];

    (void)state;
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(error_set(&err, STATUS_IO, "%s", longer), STATUS_IO);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_int_equal(error_wrap(&err, "%s", longer), STATUS_IO);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void nobody_needs_to_listen(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, STATUS_FULL, "x"), STATUS_FULL);
    assert_int_equal(error_set_errno(NULL, ENOSPC, "x"), STATUS_FULL);
    error_clear(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_and_a_text),
        cmocka_unit_test(an_unknown_code_is_an_internal_error),
        cmocka_unit_test(codes_on_the_wire_never_move),
        cmocka_unit_test(context_is_put_in_front),
        cmocka_unit_test(a_long_sentence_is_cut_not_overrun),
        cmocka_unit_test(nobody_needs_to_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
