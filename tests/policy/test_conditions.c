/* Conditions become postfix rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support.h"

static const char *value_text(const struct value *v, char *out, size_t room)
{
    size_t used = 0;

    switch (v->kind) {
    case VALUE_TEXT:
        snprintf(out, room, "'%.*s'", (int)v->text.size, v->text.data);
        break;
    case VALUE_NUMBER:
        snprintf(out, room, "%g", (double)v->thousandths / 1000);
        break;
    case VALUE_FLAG:
        snprintf(out, room, "%s", v->flag ? "true" : "false");
        break;
    case VALUE_LIST:
        for (uint32_t i = 0; i < v->list.count; i++)
            used += (size_t)snprintf(out + used, room - used, "%s%.*s",
                                     i ? "," : "[", (int)v->list.items[i].size,
                                     v->list.items[i].data);
        snprintf(out + used, room - used, "]");
        break;
    default:
        snprintf(out, room, "?");
    }
    return out;
}

static const char *row_text(const struct expr_row *r, char *out, size_t room)
{
    static const char *const words[] = {
#define X(name, word) word,
        EXPR_OPS(X)
#undef X
    };

    switch (r->op) {
    case EXPR_OP_CONST:
        return value_text(&r->value, out, room);
    case EXPR_OP_FIELD:
    case EXPR_OP_NAME:
        snprintf(out, room, "%.*s", (int)r->name.size, r->name.data);
        return out;
    case EXPR_OP_HAS:
    case EXPR_OP_COUNTER:
    case EXPR_OP_LOCK:
        snprintf(out, room, "%s(%.*s)", words[r->op], (int)r->name.size,
                 r->name.data);
        return out;
    default:
        return words[r->op];
    }
}

static void becomes(const char *condition, const char *expected)
{
    char policy[2048], text[2048] = "", row[256];
    struct findings *f = malloc(sizeof *f);
    struct policyset *set = NULL;
    const struct expr *e;
    enum status st;

    snprintf(policy, sizeof policy,
             HEAD "locks: [media]\ncounters: {redirects: , misses: }\n"
                  "conditions:\n  far: distance > 10\n  away: far and hot\n"
                  "events:\n  case.opened:\n    case: opens\n    when: >-\n"
                  "      %s\n    severity: S2\n",
             condition);
    st = load_texts(policy, NULL, NULL, &set, f);
    if (st)
        fail_msg("%s", finding_text(f, 0));
    e = &set->packs[0].policy->kinds[0].rules[0].when;
    for (uint16_t i = 0; i < e->count; i++) {
        if (i)
            strcat(text, " ");
        strncat(text, row_text(&e->rows[i], row, sizeof row),
                sizeof text - strlen(text) - 1);
    }
    assert_string_equal(text, expected);
    assert_string_equal(e->source.data, condition);
    policyset_free(set);
    findings_fini(f);
    free(f);
}

static const struct expr *when_of(const struct policyset *set, size_t rule)
{
    return &set->packs[0].policy->kinds[0].rules[rule].when;
}

static void
a_named_condition_of_fields_is_numbered_where_it_stands(void **state)
{
    struct findings *f = malloc(sizeof *f);
    struct policyset *set = NULL;
    const struct expr *alone, *again, *within, *locked;

    (void)state;
    assert_non_null(f);
    if (load_texts(HEAD
                   "locks: [media]\n"
                   "conditions:\n  shut: lock.media\n  far: distance > 10\n"
                   "events:\n  case.opened:\n    case: opens\n    rules:\n"
                   "      - {when: far, severity: S2}\n"
                   "      - {when: far, severity: S3}\n"
                   "      - {when: hot == true and far, severity: S2}\n"
                   "      - {when: shut, severity: S2}\n",
                   NULL, NULL, &set, f))
        fail_msg("%s", finding_text(f, 0));
    alone = when_of(set, 0);
    again = when_of(set, 1);
    within = when_of(set, 2);
    locked = when_of(set, 3);
    assert_ptr_equal(alone->rows, again->rows);
    assert_true(alone->rows[0].begins == 2 && alone->rows[0].begins_to == 2 &&
                alone->rows[2].ends == 2);
    assert_int_equal(within->count, 7);
    assert_true(within->rows[3].begins == 2 && within->rows[3].begins_to == 5 &&
                within->rows[5].ends == 2);
    assert_true(!locked->rows[0].begins && !locked->rows[0].ends);
    policyset_free(set);
    findings_fini(f);
    free(f);
}

static void and_binds_closer_than_or_and_not_closest(void **state)
{
    (void)state;
    becomes("a == 1 or b == 2 and not c == 3",
            "a 1 == b 2 == c 3 == not and or");
    becomes("(a == 1 or b == 2) and not (c == 3)",
            "a 1 == b 2 == or c 3 == not and");
    becomes("not not a", "a not not");
}

static void literals_are_words_numbers_spans_flags_and_severities(void **state)
{
    (void)state;
    becomes("channel == \"phone\"", "channel 'phone' ==");
    becomes("channel != 'a b'", "channel 'a b' !=");
    becomes("amount >= 1.5", "amount 1.5 >=");
    becomes("amount < -3", "amount -3 <");
    becomes("case.age_ms > 2h", "case.age_ms 7.2e+06 >");
    becomes("case.severity <= S2", "case.severity 2 <=");
    becomes("contained == true and x == false",
            "contained true == x false == and");
}

static void lists_hold_bare_words_and_fields_may_be_lists(void **state)
{
    (void)state;
    becomes("reason in [on_leave, 'off shift']",
            "reason [on_leave,off shift] in");
    becomes("\"part\" in claims", "'part' claims in");
    becomes("case.status in [open, waiting]", "case.status [open,waiting] in");
}

static void counters_locks_and_presence_can_be_asked_for(void **state)
{
    (void)state;
    becomes("count.misses > count.redirects",
            "count(misses) count(redirects) >");
    becomes("lock.media and has(contact)", "lock(media) has(contact) and");
    becomes("reporter.tier >= 2 and reporter != case.owner",
            "reporter.tier 2 >= reporter case.owner != and");
}

static void a_named_condition_stands_for_its_rows(void **state)
{
    (void)state;
    becomes("far", "distance 10 >");
    becomes("not away or x == 1", "distance 10 > hot and not x 1 == or");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_named_condition_of_fields_is_numbered_where_it_stands),
        cmocka_unit_test(and_binds_closer_than_or_and_not_closest),
        cmocka_unit_test(literals_are_words_numbers_spans_flags_and_severities),
        cmocka_unit_test(lists_hold_bare_words_and_fields_may_be_lists),
        cmocka_unit_test(counters_locks_and_presence_can_be_asked_for),
        cmocka_unit_test(a_named_condition_stands_for_its_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
