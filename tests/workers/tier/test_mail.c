/* A page as a mail: headers that hold, an id that stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/i18n.h"
#include "workers/tier/mail.h"
#include "workers/tier/shown.h"

static Yinuo__V1__Page a_page(void)
{
    Yinuo__V1__Page p = YINUO__V1__PAGE__INIT;
    p.page_id = (char *)"p12.0";
    p.case_id = (char *)"C 9\r\nBcc: x@y";
    p.has_created_ms = p.has_severity = 1;
    p.created_ms = 1338773100000;
    p.severity = YINUO__V1__SEVERITY__SEVERITY_S2;
    p.station = (char *)"ST-LN-03";
    p.why = (char *)"客户投诉到了很多很多地方，请马上处理这件非常重要的事情";
    return p;
}

static void the_id_is_made_from_the_page_alone(void **state)
{
    Yinuo__V1__Page p = a_page();
    struct tier_job job = {.number = 1, .page = &p, .partition = 2};
    struct tier_job again = {
        .number = 9, .page = &p, .partition = 2, .attempt = 4};
    char one[MAIL_ID_SIZE], two[MAIL_ID_SIZE];
    (void)state;
    mail_id(&job, "yinuo@example.com", one);
    mail_id(&again, "yinuo@example.com", two);
    assert_string_equal(one, "<p12.0.2.1338773100000@example.com>");
    assert_string_equal(one, two);
}

static void every_line_is_ascii_short_and_ends_as_it_must(void **state)
{
    Yinuo__V1__Page p = a_page();
    struct tier_job job = {.page = &p};
    struct bytes out;
    (void)state;
    bytes_init(&out, 0);
    mail_write(&job, "yinuo@example.com", "li@example.com", 1338773100000,
               &out);
    assert_int_equal(out.status, STATUS_OK);
    const char *text = bytes_text(&out), *line = text;
    while (*line) {
        const char *stop = strstr(line, "\r\n");
        assert_non_null(stop);
        assert_true(stop - line <= 78);
        for (const char *c = line; c < stop; c++)
            assert_true(*c >= ' ' && *c < 0x7f);
        line = stop + 2;
    }
    assert_non_null(strstr(text, "Date: Mon, 4 Jun 2012 01:25:00 +0000\r\n"));
    assert_null(strstr(text, "\r\nBcc"));
    assert_non_null(strstr(text, "References: <C_9__Bcc__x_y@example.com>"));
    bytes_fini(&out);
}

static void addresses_that_could_be_commands_are_none(void **state)
{
    static const char *const bad[] = {"",      "li",      "@example.com",
                                      "li@",   "a b@c.d", "a@b>\r\nRCPT",
                                      "<a@b>", "a@b,c@d", "a@\xe4\xb8\xad"};
    (void)state;
    assert_true(mail_address_ok("li.lei+pages@example.com"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(mail_address_ok(bad[i]));
}

static void what_was_shown_is_known_until_much_more_was(void **state)
{
    struct shown *s = shown_new();
    char key[64];
    (void)state;
    for (int i = 0; i < SHOWN_MAX + 10; i++) {
        snprintf(key, sizeof key, "p%d.0 partition 0", i);
        assert_false(shown_has(s, slice_of_text(key)));
        shown_add(s, slice_of_text(key));
        shown_add(s, slice_of_text(key));
        assert_true(shown_has(s, slice_of_text(key)));
    }
    assert_int_equal(shown_count(s), SHOWN_MAX);
    for (int i = 0; i < SHOWN_MAX + 10; i++) {
        snprintf(key, sizeof key, "p%d.0 partition 0", i);
        assert_int_equal(shown_has(s, slice_of_text(key)), i >= 10);
    }
    shown_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_id_is_made_from_the_page_alone),
        cmocka_unit_test(every_line_is_ascii_short_and_ends_as_it_must),
        cmocka_unit_test(addresses_that_could_be_commands_are_none),
        cmocka_unit_test(what_was_shown_is_known_until_much_more_was),
    };
    i18n_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
