/* people.yaml: what it selects and shows, and what it can get wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "policy/people.h"
#include "support.h"

struct loaded {
    struct policyset *set;
    struct findings findings;
};

/* A good pack "p" with this people.yaml. */
static struct loaded *load_people(const char *text)
{
    static const char rules[] =
        HEAD EVENTS "tariffs: {paid: {versions: {V1: {valid_from: 2010-01-01, "
                    "lines: {visit: 120}}}}}\n";
    struct loaded *l = calloc(1, sizeof *l);
    struct bytes blob;

    assert_non_null(l);
    bytes_init(&blob, 0);
    bytes_append_text(&blob, "yinuo-policy 1\n");
    bytes_append_format(&blob, "file p/people.yaml %zu\n%s\n", strlen(text),
                        text);
    bytes_append_format(&blob, "file p/policy.yaml %zu\n%s\n", sizeof rules - 1,
                        rules);
    findings_init(&l->findings);
    (void)!policyset_load_blob(bytes_slice(&blob), &some_kinds, &l->set,
                               &l->findings);
    bytes_fini(&blob);
    return l;
}

static void unload(struct loaded *l)
{
    policyset_free(l->set);
    findings_fini(&l->findings);
    free(l);
}

static void expect(const char *text, const char *answer)
{
    struct loaded *l = load_people(text);

    assert_true(l->findings.errors > 0);
    assert_string_equal(finding_text(&l->findings, 0), answer);
    assert_null(l->set);
    unload(l);
}

static void what_people_can_get_wrong_is_told_at_its_place(void **state)
{
    (void)state;
    expect("reports: {}\n", "people.yaml:1:1: error: unknown key \"reports\" "
                            "in people.yaml (report, aliases, cards)");
    expect("report: {complain: [case.opened]}\n",
           "people.yaml:1:10: error: reports know no \"complain\" "
           "(docs/policy.md lists them)");
    expect("report:\n  unhappy: [case.opend]\n",
           "people.yaml:2:13: error: no kind of event is called "
           "\"case.opend\": it would select nothing");
    expect("report:\n  unhappy: [{when: {a: b}}]\n",
           "people.yaml:2:13: error: a selector names a kind "
           "({kind: ..., when: {...}})");
    expect("report:\n  rates: {enginer: 60}\n",
           "people.yaml:2:11: error: no tier is called \"enginer\": "
           "nobody would cost it");
    expect("report:\n  rates: {engineer: much}\n",
           "people.yaml:2:21: error: a rate is a number, not \"much\" "
           "(engineer: 60)");
    expect("report:\n  takes: {1h: [case.opened]}\n",
           "people.yaml:2:11: error: hours are a number, not \"1h\" "
           "(0.25: [customer.contacted])");
    expect("report:\n  times: {plan: plann}\n",
           "people.yaml:2:17: error: no clock is called \"plann\": it would "
           "never end");
    expect("aliases:\n  warn: {ask: [words]}\n",
           "people.yaml:2:9: error: an alias stands for a kind "
           "(kind: customer.dissatisfied)");
    expect("aliases:\n  warn: {kind: case.opened, wth: {a: 1}}\n",
           "people.yaml:2:29: error: unknown key \"wth\" in an alias "
           "(kind, case, with, ask, about)");
    expect("cards:\n  damage: {tariffs: [free]}\n",
           "people.yaml:2:22: error: no tariff is called \"free\": the card "
           "would show nothing of it");
}

static void a_card_shows_the_lines_of_its_tariff_as_written(void **state)
{
    struct loaded *l = load_people("cards: {fees: {tariffs: [paid]}}\n");
    const struct people *p;
    bool visit = false;

    (void)state;
    if (!l->set)
        fail_msg("%s", finding_text(&l->findings, 0));
    p = people_of(l->set->people, l->set->packs[0].policy->name);
    assert_non_null(p);
    assert_int_equal(p->card_count, 1);
    for (size_t i = 0; i < p->cards[0].line_count; i++)
        visit |= text_equal(p->cards[0].lines[i].words, TEXT("visit 120")) ||
                 (text_equal(p->cards[0].lines[i].name, TEXT("visit")) &&
                  text_equal(p->cards[0].lines[i].words, TEXT("120")));
    assert_true(visit);
    unload(l);
}

static void other_reports_are_no_other_rules(void **state)
{
    struct loaded *a = load_people("report: {tags: [cause_tag]}\n");
    struct loaded *b = load_people("report: {tags: [cause]}\n");

    (void)state;
    assert_true(a->set && b->set);
    assert_false(text_equal(a->set->version, b->set->version));
    assert_true(text_equal(a->set->packs[0].policy->version,
                           b->set->packs[0].policy->version));
    assert_true(
        text_equal(a->set->directory->version, b->set->directory->version));
    unload(a);
    unload(b);
}

static void a_name_leads_to_its_factor(void **state)
{
    struct loaded *l = load_people(
        "report: {factors: {quick: [tracking, waiting], work: [skill]}}\n");
    const struct people *p =
        people_of(l->set->people, l->set->packs[0].policy->name);

    (void)state;
    assert_true(text_equal(people_key(p, PEOPLE_FACTORS, TEXT("waiting")),
                           TEXT("quick")));
    assert_int_equal(people_key(p, PEOPLE_FACTORS, TEXT("rain")).size, 0);
    assert_null(people_of(l->set->people, TEXT("other")));
    unload(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_can_get_wrong_is_told_at_its_place),
        cmocka_unit_test(a_card_shows_the_lines_of_its_tariff_as_written),
        cmocka_unit_test(other_reports_are_no_other_rules),
        cmocka_unit_test(a_name_leads_to_its_factor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
