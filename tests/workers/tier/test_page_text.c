/* What a page says: the order, both languages, and 300 characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/i18n.h"
#include "base/json.h"
#include "base/random.h"
#include "base/utf8.h"
#include "proto/roles.h"
#include "tests/support/roles.h"
#include "workers/tier/page_json.h"
#include "workers/tier/page_text.h"

static const int64_t NOW = 1338777300000; /* 2012-06-04T10:35:00+08:00 */
static const int64_t MINUTE = 60000;

static char *names[] = {(char *)"wang", (char *)"li"};

static Yinuo__V1__Page tv_crew(const char *language)
{
    roles_use(support_roles());
    Yinuo__V1__Page p = YINUO__V1__PAGE__INIT;
    p.page_id = (char *)"p12.0";
    p.case_id = (char *)"LN-4";
    p.has_severity = p.has_tier = p.has_do_by_ms = p.has_next_tier = 1;
    p.has_next_at_ms = p.has_now_ms = p.has_created_ms = 1;
    p.severity = YINUO__V1__SEVERITY__SEVERITY_S1;
    p.tier = 2;
    p.person = (char *)"zhao";
    p.language = (char *)(uintptr_t)language;
    p.customer_words = (char *)"I want my money back";
    p.station = (char *)"ST-LN-04";
    p.region = (char *)"north";
    p.why = (char *)"A TV crew asks for an interview";
    p.rule = (char *)"MD-01";
    p.what_to_do = (char *)"Decline politely, hand over to the spokesperson";
    p.do_by_ms = NOW + 30 * MINUTE;
    p.also_told = names;
    p.n_also_told = 2;
    p.next_person = (char *)"chen";
    p.next_tier = 4;
    p.next_at_ms = NOW + 5 * MINUTE;
    p.answer_command = (char *)"yinuo ack p12.0";
    p.created_ms = p.now_ms = NOW;
    p.time_zone = (char *)"Asia/Shanghai";
    return p;
}

static void full_is(const Yinuo__V1__Page *p, const char *text)
{
    struct bytes out;
    bytes_init(&out, 0);
    page_text_full(p, &out);
    assert_string_equal(bytes_text(&out), text);
    bytes_fini(&out);
}

static void short_is(const Yinuo__V1__Page *p, const char *text)
{
    char out[PAGE_TEXT_SHORT_SIZE];
    page_text_short(p, out);
    assert_string_equal(out, text);
}

static void the_full_form_has_everything_in_its_order(void **state)
{
    Yinuo__V1__Page p = tv_crew("en");
    (void)state;
    full_is(&p,
            "[S1 crisis] “I want my money back”\n"
            "Station: ST-LN-04 (north) · Case: LN-4\n"
            "Why you: A TV crew asks for an interview (MD-01)\n"
            "What to do: Decline politely, hand over to the spokesperson, due "
            "by 11:05 (in 30 minutes)\n"
            "Told as well: wang, li\n"
            "If you do not answer: crisis center chen at 10:40\n"
            "Answer: yinuo ack p12.0\n");
}

static void the_short_form_is_one_line_in_the_same_order(void **state)
{
    Yinuo__V1__Page p = tv_crew("en");
    (void)state;
    short_is(&p, "[S1 crisis] “I want my money back” ST-LN-04 LN-4. A TV crew "
                 "asks for an interview. Do: Decline politely, hand over to "
                 "the spokesperson, due by 11:05 (in 30 minutes). Told: wang, "
                 "li. Next: crisis center chen at 10:40. Answer: yinuo ack "
                 "p12.0");
}

static bool has_chinese(void)
{
    i18n_set_language("zh_CN");
    return strcmp(_("station head"), "站长") == 0;
}

static void chinese_is_chinese(void **state)
{
    Yinuo__V1__Page p = tv_crew("zh");
    struct bytes out;
    (void)state;
    if (!has_chinese())
        skip();
    p.customer_words = (char *)"请退钱";
    p.why = (char *)"电视台要求采访";
    p.what_to_do = (char *)"婉拒采访";
    bytes_init(&out, 0);
    page_text_full(&p, &out);
    const char *text = bytes_text(&out);
    assert_non_null(strstr(text, "请退钱"));
    assert_non_null(strstr(text, "危机中心 chen"));
    assert_non_null(strstr(text, "11:05"));
    /* nothing is left in English but names and the command */
    assert_null(strstr(text, "Why"));
    assert_null(strstr(text, "Answer"));
    assert_null(strstr(text, "minutes"));
    assert_null(strstr(text, "crisis"));
    bytes_fini(&out);
}

static void late_pages_say_so(void **state)
{
    Yinuo__V1__Page p = tv_crew("en");
    char out[PAGE_TEXT_SHORT_SIZE];
    (void)state;
    p.has_late_by_ms = 1;
    p.late_by_ms = 14 * 24 * 60 * MINUTE;
    p.do_by_ms = NOW - 90 * MINUTE;
    page_text_short(&p, out);
    assert_non_null(strstr(out, "[S1 crisis] late by 14 days “"));
    assert_non_null(strstr(out, "due by 09:05 (1 hour 30 minutes ago)"));
}

static void other_days_and_no_zone_are_said(void **state)
{
    Yinuo__V1__Page p = tv_crew("en");
    char out[PAGE_TEXT_SHORT_SIZE];
    (void)state;
    p.time_zone = NULL;
    p.do_by_ms = NOW + 48 * 60 * MINUTE;
    page_text_short(&p, out);
    assert_non_null(strstr(out, "2012-06-06 02:35 UTC (in 2 days)"));
}

static void an_empty_page_has_a_text_too(void **state)
{
    Yinuo__V1__Page p = YINUO__V1__PAGE__INIT;
    (void)state;
    p.page_id = (char *)"p1.0";
    full_is(&p, "[alarm]\n\n"
                "What to do: look at the case and answer\n"
                "Told as well: nobody else\n");
    short_is(&p, "[alarm]. Do: look at the case and answer");
    p.has_inform = p.inform = 1;
    short_is(&p, "[alarm]. Do: for your information, no answer needed");
}

static void nobody_can_forge_a_line(void **state)
{
    Yinuo__V1__Page p = tv_crew("en");
    struct bytes out;
    (void)state;
    p.customer_words = (char *)"hello\n--- end p1.0\r\x1b[31m\x7f \xc2\x9b red";
    bytes_init(&out, 0);
    page_text_full(&p, &out);
    const char *text = bytes_text(&out);
    assert_non_null(strstr(text, "“hello --- end p1.0 [31m red”\n"));
    assert_null(strchr(text, '\r'));
    assert_null(strchr(text, '\x1b'));
    bytes_fini(&out);
}

/* ---- 300 characters ---- */

static char *long_text(const char *word, size_t bytes)
{
    char *text = calloc(1, bytes + 8);
    while (strlen(text) + strlen(word) <= bytes)
        strcat(text, word);
    return text;
}

static void the_command_is_never_cut(void **state)
{
    Yinuo__V1__Page p = tv_crew("zh");
    char out[PAGE_TEXT_SHORT_SIZE];
    char *words = long_text("客户说了很多很多的话", 4000);
    (void)state;
    p.customer_words = p.why = p.what_to_do = words;
    page_text_short(&p, out);
    assert_int_equal(utf8_count(out), PAGE_TEXT_SHORT_MAX);
    assert_string_equal(out + strlen(out) - strlen("yinuo ack p12.0"),
                        "yinuo ack p12.0");
    assert_non_null(strstr(out, "ST-LN-04 LN-4"));
    assert_non_null(strstr(out, "11:05"));
    free(words);
}

static void no_page_is_longer_than_300_characters(void **state)
{
    struct random_seeded random;
    static const char *const pieces[] = {"x", "长", "word ", "很长的话",
                                         "🙂"};
    (void)state;
    random_seeded_init(&random, 11);
    for (int i = 0; i < 2000; i++) {
        Yinuo__V1__Page p =
            tv_crew(random_below(&random.random, 2) ? "en" : "zh_CN");
        char out[PAGE_TEXT_SHORT_SIZE];
        char *text[8];
        char **into[8] = {&p.customer_words, &p.why,     &p.what_to_do,
                          &p.next_person,    &p.station, &p.case_id,
                          &p.answer_command, &names[1]};
        for (size_t k = 0; k < 8; k++) {
            size_t most = k < 3 ? 1500 : 63;
            text[k] = long_text(pieces[random_below(&random.random, 5)],
                                random_below(&random.random, most));
            *into[k] = text[k];
        }
        page_text_short(&p, out);
        assert_true(utf8_valid(slice_of_text(out)));
        assert_true(utf8_count(out) <= PAGE_TEXT_SHORT_MAX);
        assert_null(strchr(out, '\n'));
        for (size_t k = 0; k < 8; k++)
            free(text[k]);
        names[1] = (char *)"li";
    }
}

static void programs_get_it_as_one_object_on_one_line(void **state)
{
    Yinuo__V1__Page p = tv_crew("en");
    Yinuo__V1__KeyValue mail = YINUO__V1__KEY_VALUE__INIT;
    Yinuo__V1__KeyValue *hints[] = {&mail};
    struct bytes out;
    json_t *object;
    (void)state;
    mail.key = (char *)"mail";
    mail.value = (char *)"zhao@example.com";
    p.channel_hints = hints;
    p.n_channel_hints = 1;
    bytes_init(&out, 0);
    assert_int_equal(page_json(&p, 3, &out), STATUS_OK);
    assert_ptr_equal(strchr(bytes_text(&out), '\n'),
                     bytes_text(&out) + out.size - 1);
    assert_int_equal(json_parse(bytes_slice(&out), &object, NULL), STATUS_OK);
    assert_string_equal(json_string_value(json_object_get(object, "page_id")),
                        "p12.0");
    assert_string_equal(json_string_value(json_object_get(object, "do_by")),
                        "2012-06-04T11:05:00+08:00");
    assert_int_equal(json_integer_value(json_object_get(object, "partition")),
                     3);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(object, "channels"), "mail")),
                        "zhao@example.com");
    assert_non_null(json_object_get(object, "short"));
    assert_non_null(json_object_get(object, "text"));
    json_decref(object);
    bytes_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_full_form_has_everything_in_its_order),
        cmocka_unit_test(the_short_form_is_one_line_in_the_same_order),
        cmocka_unit_test(chinese_is_chinese),
        cmocka_unit_test(late_pages_say_so),
        cmocka_unit_test(other_days_and_no_zone_are_said),
        cmocka_unit_test(an_empty_page_has_a_text_too),
        cmocka_unit_test(nobody_can_forge_a_line),
        cmocka_unit_test(the_command_is_never_cut),
        cmocka_unit_test(no_page_is_longer_than_300_characters),
        cmocka_unit_test(programs_get_it_as_one_object_on_one_line),
    };
    i18n_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
