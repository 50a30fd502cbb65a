/* Words for people: every rule and clock of our packs has them in both
 * languages, and bad ones are refused where they stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "builtin.h"
#include "policy/messages.h"
#include "support.h"

static const char *const languages[] = {"en", "zh_CN"};

struct loaded {
    struct policyset *set;
    struct findings findings;
};

static struct loaded *load_packs(void)
{
    struct loaded *l = calloc(1, sizeof *l);
    const char *dir = "packs";
    size_t count;
    const char *const *names = builtin_kinds(&count);
    struct policy_names kinds = {.kinds = names, .kind_count = count};
    findings_init(&l->findings);
    if (policyset_load(&dir, 1, &kinds, &l->set, &l->findings) != STATUS_OK)
        fail_msg("%s", finding_text(&l->findings, 0));
    return l;
}

/* A set of one pack "p", with one more file; NULL when it is refused. */
static struct loaded *load_with(const char *file, const char *text)
{
    static const char rules[] = HEAD EVENTS;
    struct loaded *l = calloc(1, sizeof *l);
    struct bytes blob;
    bytes_init(&blob, 0);
    bytes_append_text(&blob, "yinuo-policy 1\n");
    if (file)
        bytes_append_format(&blob, "file p/%s %zu\n%s\n", file, strlen(text),
                            text);
    bytes_append_format(&blob, "file p/policy.yaml %zu\n%s\n", sizeof rules - 1,
                        rules);
    findings_init(&l->findings);
    enum status st = policyset_load_blob(bytes_slice(&blob), &some_kinds,
                                         &l->set, &l->findings);
    assert_int_equal(st == STATUS_OK, l->set != NULL);
    bytes_fini(&blob);
    return l;
}

static void unload(struct loaded *l)
{
    policyset_free(l->set);
    findings_fini(&l->findings);
    free(l);
}

/* ---- our packs ---- */

static size_t missing;

static void need(const struct policyset *s, const struct policy *p,
                 enum message_group group, struct text name)
{
    for (size_t i = 0; name.size && i < 2; i++) {
        const struct message *m = messages_in(
            s->messages, p->name, text_of(languages[i]), group, name);
        if (m && m->why.size && m->what.size)
            continue;
        print_error("%.*s has no words for %.*s in %s\n", (int)p->name.size,
                    p->name.data, (int)name.size, name.data, languages[i]);
        missing++;
    }
}

static void need_of_kind(const struct policyset *s, const struct policy *p,
                         const struct kind_rule *k)
{
    for (size_t i = 0; i < k->rule_count; i++)
        need(s, p, MESSAGE_RULES, k->rules[i].id);
    for (size_t i = 0; i < k->gate_count; i++)
        need(s, p, MESSAGE_RULES, k->gates[i].id);
}

static void need_of_clock(const struct policyset *s, const struct policy *p,
                          const struct clock_rule *c)
{
    need(s, p, MESSAGE_CLOCKS, c->name);
    for (size_t i = 0; i < SEVERITIES; i++)
        for (size_t k = 0; k < c->by_severity[i].count; k++)
            need(s, p, MESSAGE_RULES, c->by_severity[i].steps[k].id);
}

static void need_of_policy(const struct policyset *s, const struct policy *p)
{
    for (size_t i = 0; i < p->kind_count; i++)
        need_of_kind(s, p, &p->kinds[i]);
    for (size_t i = 0; i < p->clock_count; i++)
        need_of_clock(s, p, &p->clocks[i]);
    for (size_t i = 0; i < SEVERITIES; i++)
        need(s, p, MESSAGE_RULES, p->ladders[i].id);
    for (size_t i = 0; i < p->counter_count; i++)
        for (size_t k = 0; k < p->counters[i].level_count; k++)
            need(s, p, MESSAGE_RULES, p->counters[i].levels[k].id);
}

static void each_rule_and_clock_has_words_in_both_languages(void **state)
{
    struct loaded *l = load_packs();
    (void)state;
    missing = 0;
    for (size_t i = 0; i < l->set->pack_count; i++)
        need_of_policy(l->set, l->set->packs[i].policy);
    assert_int_equal(missing, 0);
    unload(l);
}

static void what_one_language_says_the_other_says_too(void **state)
{
    struct loaded *l = load_packs();
    const struct messages *m = l->set->messages;
    (void)state;
    assert_int_equal(m->count, 4);
    for (size_t i = 0; i < m->count; i++)
        for (size_t k = 0; k < m->books[i].count; k++)
            for (size_t j = 0; j < 2; j++)
                assert_non_null(messages_in(
                    m, m->books[i].pack, text_of(languages[j]),
                    m->books[i].list[k].group, m->books[i].list[k].name));
    unload(l);
}

static void a_pack_that_runs_again_from_its_blob_has_its_words(void **state)
{
    struct loaded *l = load_packs();
    struct loaded *again = calloc(1, sizeof *again);
    size_t count;
    const char *const *names = builtin_kinds(&count);
    struct policy_names kinds = {.kinds = names, .kind_count = count};
    (void)state;
    findings_init(&again->findings);
    assert_int_equal(policyset_load_blob(l->set->blob, &kinds, &again->set,
                                         &again->findings),
                     STATUS_OK);
    const struct message *m =
        messages_find(again->set->messages, TEXT("service-network"), "zh_CN",
                      MESSAGE_RULES, TEXT("MD-01"));
    assert_non_null(m);
    assert_true(text_equal(m->why, TEXT("电视台或记者要求采访")));
    unload(again);
    unload(l);
}

/* ---- any pack ---- */

static void english_stands_in_for_a_language_that_is_not_there(void **state)
{
    struct loaded *l =
        load_with("messages/en.yaml", "rules: {MD-01: {why: A reporter}}");
    const struct messages *m = l->set->messages;
    (void)state;
    const struct message *found =
        messages_find(m, TEXT("t"), "zh_CN", MESSAGE_RULES, TEXT("MD-01"));
    assert_non_null(found);
    assert_int_equal(found->what.size, 0);
    assert_null(
        messages_find(m, TEXT("t"), "en", MESSAGE_CLOCKS, TEXT("MD-01")));
    assert_null(
        messages_find(m, TEXT("u"), "en", MESSAGE_RULES, TEXT("MD-01")));
    unload(l);
}

static void a_pack_without_words_has_none(void **state)
{
    struct loaded *l = load_with(NULL, NULL);
    (void)state;
    assert_non_null(l->set->messages);
    assert_null(messages_find(l->set->messages, TEXT("t"), NULL, MESSAGE_RULES,
                              TEXT("MD-01")));
    unload(l);
}

static void other_words_are_the_same_rules_and_the_same_directory(void **state)
{
    struct loaded *a =
        load_with("messages/en.yaml", "rules: {MD-01: {why: One}}");
    struct loaded *b =
        load_with("messages/en.yaml", "rules: {MD-01: {why: Two}}");
    (void)state;
    assert_false(text_equal(a->set->version, b->set->version));
    assert_true(text_equal(a->set->packs[0].policy->version,
                           b->set->packs[0].policy->version));
    assert_true(
        text_equal(a->set->directory->version, b->set->directory->version));
    unload(a);
    unload(b);
}

static void bad_words_are_refused_where_they_stand(void **state)
{
    static const struct {
        const char *text, *answer;
    } bad[] = {
        {"rules:\n  A: {why: 'Since {time}'}",
         "messages/en.yaml:2:6: error: there is no such field in braces: "
         "nobody could fill it in when a page is written ({span}, {due}, "
         "{key}, {owner}, {tier}; of hints {word}, {number})"},
        {"rules: {A: {do: This}}",
         "messages/en.yaml:1:12: error: \"why\" is missing in a message"},
        {"rule: {A: {why: This}}",
         "messages/en.yaml:1:1: error: there are no messages for \"rule\" "
         "(rules, clocks, kinds or roles)"},
        {"rules: [A]", NULL},
        {"rules: {A: {why: One, where: Two}}", NULL},
        {"rules: {A: {why: One}, A: {why: Two}}", NULL},
        {"rules: {A: &a {why: *a}}", NULL},
        {"rules: {", NULL},
        {"", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct loaded *l = load_with("messages/en.yaml", bad[i].text);
        assert_null(l->set);
        assert_true(l->findings.errors > 0);
        if (bad[i].answer)
            assert_string_equal(finding_text(&l->findings, 0), bad[i].answer);
        unload(l);
    }
}

static void a_text_that_is_too_long_to_read_is_refused(void **state)
{
    char text[1000];
    (void)state;
    snprintf(text, sizeof text, "rules: {A: {why: %0500d}}", 7);
    struct loaded *l = load_with("messages/en.yaml", text);
    assert_null(l->set);
    unload(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_and_clock_has_words_in_both_languages),
        cmocka_unit_test(what_one_language_says_the_other_says_too),
        cmocka_unit_test(a_pack_that_runs_again_from_its_blob_has_its_words),
        cmocka_unit_test(english_stands_in_for_a_language_that_is_not_there),
        cmocka_unit_test(a_pack_without_words_has_none),
        cmocka_unit_test(other_words_are_the_same_rules_and_the_same_directory),
        cmocka_unit_test(bad_words_are_refused_where_they_stand),
        cmocka_unit_test(a_text_that_is_too_long_to_read_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
