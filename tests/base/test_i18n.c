#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/span.h"

static void the_catalogue_beside_the_program_is_used(void **state)
{
    char words[SPAN_WORDS_SIZE];

    (void)state;
    unsetenv("LANGUAGE");
    unsetenv("LC_MESSAGES");
    unsetenv("LC_ALL");
    setenv("LANG", "zh_CN.UTF-8", 1); /* which the machine may not have */
    i18n_init();
    assert_string_equal(i18n_language(), "zh_CN");
    assert_string_equal(_("Usage:"), "用法：");
    span_words(5400000, words);
    assert_string_equal(words, "1 小时 30 分钟");
}

static void the_language_can_be_changed(void **state)
{
    (void)state;
    i18n_set_language("en");
    assert_string_equal(i18n_language(), "en");
    assert_string_equal(_("Usage:"), "Usage:");
    i18n_set_language("zh_CN");
    assert_string_equal(_("Usage:"), "用法：");
    assert_string_equal(N_("Usage:"), "Usage:");
}

static void numbers_stay_as_in_c(void **state)
{
    (void)state;
    assert_true(strtod("1.5", NULL) > 1.4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_catalogue_beside_the_program_is_used),
        cmocka_unit_test(the_language_can_be_changed),
        cmocka_unit_test(numbers_stay_as_in_c),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
