/* What people see: tables that line up in any script, lines that wrap, nothing
 * that moves their terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "cli/find.h"
#include "cli/out.h"
#include "cli/rebase.h"
#include "cli/status_words.h"
#include "cli/suggest.h"
#include "cli/table.h"
#include "cli/words.h"
#include "proto/roles.h"
#include "tests/support/roles.h"

struct screen {
    struct out out;
    char *text;
    size_t size;
};

static void open_screen(struct screen *s, size_t columns, bool colour)
{
    memset(s, 0, sizeof *s);
    s->out.file = s->out.errors = open_memstream(&s->text, &s->size);
    s->out.columns = columns;
    s->out.colour = colour;
}

static void expect(struct screen *s, const char *text)
{
    fclose(s->out.file);
    assert_string_equal(s->text, text);
    free(s->text);
}

static const struct table_column columns[] = {
    {"CASE", false, 0}, {"WHO", false, 4}, {"N", true, 0}};

static void fill(struct table *t)
{
    table_init(t, columns, 3);
    table_add(t, "LN-4", OUT_STRONG);
    table_add(t, "首问责任人", OUT_PLAIN);
    table_add(t, "7", OUT_PLAIN);
    table_add(t, "危机-12", OUT_PLAIN);
    table_add(t, "li.wei", OUT_PLAIN);
    table_add(t, "1024", OUT_PLAIN);
}

static void columns_line_up_whatever_the_script(void **state)
{
    struct screen s;
    struct table t;

    (void)state;
    open_screen(&s, SIZE_MAX, false);
    fill(&t);
    table_print(&t, &s.out);
    table_fini(&t);
    expect(&s, "CASE     WHO            N\n"
               "LN-4     首问责任人     7\n"
               "危机-12  li.wei      1024\n");
}

static void a_narrow_terminal_gets_cut_cells_that_still_line_up(void **state)
{
    struct screen s;
    struct table t;

    (void)state;
    open_screen(&s, 20, false);
    fill(&t);
    table_print(&t, &s.out);
    table_fini(&t);
    expect(&s, "CASE     WHO       N\n"
               "LN-4     首问…     7\n"
               "危机-12  li.w…  1024\n");
}

static void where_flexible_columns_are_not_enough_the_others_give_way(void **s_)
{
    struct screen s;
    struct table t;

    (void)s_;
    open_screen(&s, 18, false);
    fill(&t);
    table_print(&t, &s.out);
    table_fini(&t);
    expect(&s, "CASE    WHO      N\n"
               "LN-4    首…      7\n"
               "危机-…  li.…  1024\n");
    open_screen(&s, 16, false); /* no width for it: only what may be is cut */
    fill(&t);
    table_print(&t, &s.out);
    table_fini(&t);
    expect(&s, "CASE     WHO      N\n"
               "LN-4     首…      7\n"
               "危机-12  li.…  1024\n");
}

static void a_table_without_rows_prints_nothing(void **state)
{
    struct screen s;
    struct table t;

    (void)state;
    open_screen(&s, 80, false);
    table_init(&t, columns, 3);
    table_print(&t, &s.out);
    table_fini(&t);
    expect(&s, "");
}

static void colours_are_written_only_where_they_are_wanted(void **state)
{
    struct screen s;

    (void)state;
    open_screen(&s, 80, false);
    out_text(&s.out, OUT_BAD, "late");
    expect(&s, "late");
    open_screen(&s, 80, true);
    out_text(&s.out, OUT_BAD, "late");
    expect(&s, "\033[31mlate\033[0m");
}

static void a_pipe_and_no_color_get_no_colours(void **state)
{
    struct out o;
    FILE *file = tmpfile();

    (void)state;
    unsetenv("COLUMNS");
    out_init(&o, file, file, OUT_COLOUR_AUTO);
    assert_false(o.colour);
    assert_false(o.terminal);
    assert_true(o.columns == SIZE_MAX);
    setenv("COLUMNS", "100", 1);
    out_init(&o, file, file, OUT_COLOUR_ALWAYS);
    assert_true(o.colour);
    assert_int_equal(o.columns, 100);
    setenv("COLUMNS", "3", 1);
    out_init(&o, file, file, OUT_COLOUR_NEVER);
    assert_int_equal(o.columns, OUT_COLUMNS_MIN);
    unsetenv("COLUMNS");
    fclose(file);
}

static void words_from_elsewhere_cannot_move_the_cursor(void **state)
{
    char text[] = "a\033[2Jb\tc\xc2\x9b"
                  "d\x7f\xff";

    (void)state;
    out_clean(text);
    assert_string_equal(text, "a [2Jb c  d ?");
}

static void lines_break_at_blanks_and_between_wide_characters(void **state)
{
    struct screen s;

    (void)state;
    open_screen(&s, 30, false);
    out_wrap(&s.out, 4, false, "nobody has spoken with the customer");
    out_wrap(&s.out, 4, false, "客户三天没有任何人联系过了请尽快联系");
    out_wrap(&s.out, 4, true, "");
    expect(&s, "    nobody has spoken with the\n"
               "    customer\n"
               "    客户三天没有任何人联系过了\n"
               "    请尽快联系\n"
               "\n");
}

static void the_nearest_word_is_meant(void **state)
{
    static const char *const words[] = {"case.opened", "case.closed",
                                        "complaint.opened", "amount", "due"};

    (void)state;
    assert_int_equal(suggest_distance("", "abc"), 3);
    assert_int_equal(suggest_distance("abcd", "abdc"), 1);
    assert_int_equal(suggest_distance("kitten", "sitting"), 3);
    assert_string_equal(suggest_word("case.opend", words, 5), "case.opened");
    assert_string_equal(suggest_word("duo", words, 5), "due");
    assert_string_equal(suggest_word("amont", words, 5), "amount");
    assert_string_equal(suggest_word("compl", words, 5), "complaint.opened");
    assert_null(suggest_word("zebra", words, 5));
    assert_null(suggest_word("", words, 5));
}

static void tiers_and_severities_are_read_as_people_write_them(void **state)
{
    char text[128];

    (void)state;
    roles_use(support_roles());
    assert_int_equal(role_of("station_head"), 2);
    assert_int_equal(role_of("station head"), 2);
    assert_int_equal(role_of("L3"), 3);
    assert_int_equal(role_of("boss"), 0);
    assert_int_equal(role_of("L5"), 0);
    assert_int_equal(severity_of("S1"), 1);
    assert_int_equal(severity_of("s4"), 4);
    assert_int_equal(severity_of("3"), 3);
    assert_int_equal(severity_of("S5"), 0);
    assert_int_equal(severity_of(""), 0);
    assert_string_equal(severity_name(9), "-");
    targets_word(1 | 1 << 2, 0, text);
    assert_string_equal(text, "owner, station head");
    targets_word(0, 4, text);
    assert_string_equal(text, "crisis center");
    assert_string_equal(kind_word("media.requested"), "media requested");
    assert_string_equal(clock_word("parts_on_site"), "parts on site");
}

static void clocks_stand_in_the_order_in_which_they_speak(void **state)
{
    Yinuo__V1__Step steps[4], *of[4];
    Yinuo__V1__CaseClock clocks[5], *list[5];
    Yinuo__V1__Case c = YINUO__V1__CASE__INIT;
    static const int64_t dues[] = {300, 100, 200, 50};
    char order[6] = "";

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        yinuo__v1__case_clock__init(&clocks[i]);
        clocks[i].clock = (char *)&"a\0b\0c\0d\0e"[2 * i];
        list[i] = &clocks[i];
        if (i == 4)
            break; /* all its steps are over */
        yinuo__v1__step__init(&steps[i]);
        steps[i].due_ms = dues[i];
        of[i] = &steps[i];
        clocks[i].n_steps = 1;
        clocks[i].steps = &of[i];
    }
    clocks[3].paused_at_ms = 20; /* stands still */
    c.n_clocks = 5;
    c.clocks = list;
    find_sort_clocks(&c);
    for (size_t i = 0; i < 5; i++)
        order[i] = *c.clocks[i]->clock;
    assert_string_equal(order, "bcade");
}

/* Those that docs/queries.md promises. */
static void an_acknowledged_case_is_idle_until_its_customer_hears(void **state)
{
    Yinuo__V1__CasePromise promise = YINUO__V1__CASE_PROMISE__INIT;
    Yinuo__V1__CasePromise *promises[] = {&promise};
    Yinuo__V1__Case c = YINUO__V1__CASE__INIT;

    (void)state;
    c.state = (char *)"open";
    c.last_contact_at_ms = 500;
    assert_int_equal(find_idle_since(&c), 0); /* nobody has acknowledged */
    c.acknowledged_mask = 1u << 2;
    c.acknowledged_at_ms = 1000;
    assert_int_equal(find_idle_since(&c), 1000);
    c.last_contact_at_ms = 2000;
    assert_int_equal(find_idle_since(&c), 2000);
    promise.made_at_ms = 3000;
    c.promises = promises;
    c.n_promises = 1;
    assert_int_equal(find_idle_since(&c), 3000);
    c.state = (char *)"waiting";
    assert_int_equal(find_idle_since(&c), 0);
}

/* A clock that is over by the new rules, and whom it calls. */
static void show_rebase(struct screen *s, size_t width)
{
    Yinuo__V1__RebaseClock clock = YINUO__V1__REBASE_CLOCK__INIT;
    Yinuo__V1__RebaseCall call = YINUO__V1__REBASE_CALL__INIT;
    Yinuo__V1__RebaseRow row = YINUO__V1__REBASE_ROW__INIT;
    Yinuo__V1__RebaseClock *clocks[] = {&clock};
    Yinuo__V1__RebaseCall *calls[] = {&call};
    void *list[] = {&row};
    struct rows rows = {.list = list, .count = 1, .now_ms = 1456840800000};
    struct cli cli = {0};

    clock.clock = (char *)"first_contact";
    clock.change = (char *)"fires";
    clock.has_old_due_ms = clock.has_new_due_ms = clock.has_late_by_ms = 1;
    clock.has_old_tier = clock.has_new_tier = 1;
    clock.old_due_ms = 1456909200000;
    clock.new_due_ms = 1456830000000;
    clock.old_tier = clock.new_tier = 2;
    clock.late_by_ms = 3 * 3600000;
    call.person = (char *)"desk.of.the.night@ST-LN-01";
    call.tier = 2;
    call.rule = (char *)"TM-FIRST";
    row.case_id = (char *)"LN-2016-0301-0044";
    row.severity = YINUO__V1__SEVERITY__SEVERITY_S4;
    row.n_clocks = row.n_calls = 1;
    row.clocks = clocks;
    row.calls = calls;
    open_screen(s, width, false);
    cli.out = s->out;
    rebase_show(&cli, &rows);
}

static void whom_a_rebase_pages_is_never_cut(void **state)
{
    struct screen s;

    (void)state;
    setenv("TZ", "UTC", 1);
    roles_use(support_roles());
    show_rebase(&s, 80);
    expect(&s,
           "LN-2016-0301-0044  S4\n"
           "    first contact: 03-02 09:00 station head → 11:00 station head, "
           "is over: at\n"
           "    once, late by 3 h\n"
           "    pages desk.of.the.night@ST-LN-01 (station head) TM-FIRST\n"
           "1 cases would be moved, 0 of them without a change that shows; 0 "
           "would keep\n"
           "their rules.\n"
           "Clocks: 0 get another time, 0 another tier, 0 begin, 0 end, 1 are "
           "over. Pages at\n"
           "once: 1.\n");
    show_rebase(&s, 200);
    fclose(s.out.file);
    assert_non_null(strstr(s.text, "CASE               SEV  CLOCK"));
    assert_non_null(
        strstr(s.text,
               "  pages desk.of.the.night@ST-LN-01 (station head) TM-FIRST\n"));
    free(s.text);
}

static void each_row_of_status_has_a_word(void **state)
{
    FILE *f = fopen("docs/queries.md", "r");
    char line[512];
    bool in = false;
    size_t seen = 0;

    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        in = (in && *line != '#') || strcmp(line, "### status\n") == 0;
        if (!in || strncmp(line, "| `", 3) != 0 || strstr(line, "| `pages`") ||
            strstr(line, "| `escalations`"))
            continue; /* tiers are the policy's */
        if (strchr(line, '('))
            strcpy(strchr(line, '('), "\n");
        for (char *at = strtok(line, "`"); at; at = strtok(NULL, "`"))
            if (strspn(at, "abcdefghijklmnopqrstuvwxyz_") == strlen(at)) {
                if (!status_is_known(at))
                    fail_msg("%s", at);
                seen++;
            }
    }
    fclose(f);
    assert_true(seen > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_line_up_whatever_the_script),
        cmocka_unit_test(a_narrow_terminal_gets_cut_cells_that_still_line_up),
        cmocka_unit_test(
            where_flexible_columns_are_not_enough_the_others_give_way),
        cmocka_unit_test(a_table_without_rows_prints_nothing),
        cmocka_unit_test(colours_are_written_only_where_they_are_wanted),
        cmocka_unit_test(a_pipe_and_no_color_get_no_colours),
        cmocka_unit_test(words_from_elsewhere_cannot_move_the_cursor),
        cmocka_unit_test(lines_break_at_blanks_and_between_wide_characters),
        cmocka_unit_test(the_nearest_word_is_meant),
        cmocka_unit_test(clocks_stand_in_the_order_in_which_they_speak),
        cmocka_unit_test(an_acknowledged_case_is_idle_until_its_customer_hears),
        cmocka_unit_test(whom_a_rebase_pages_is_never_cut),
        cmocka_unit_test(each_row_of_status_has_a_word),
        cmocka_unit_test(tiers_and_severities_are_read_as_people_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
