/* The packs of the project load without a finding, and their blobs are stable.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "builtin.h"
#include "policy/blob.h"
#include "policy/people.h"
#include "support.h"

static struct policy_names builtin(void)
{
    size_t count;
    const char *const *names = builtin_kinds(&count);

    return (struct policy_names){.kinds = names, .kind_count = count};
}

static struct policyset *load(const char *const *dirs, size_t count)
{
    struct findings *f = malloc(sizeof *f);
    struct policy_names names = builtin();
    struct policyset *set = NULL;
    enum status st;

    findings_init(f);
    st = policyset_load(dirs, count, &names, &set, f);
    if (st || f->count)
        fail_msg("%s", finding_text(f, 0));
    findings_fini(f);
    free(f);
    return set;
}

static struct policyset *load_one(const char *dir)
{
    return load(&dir, 1);
}

static struct policyset *load_again(struct slice blob, bool rules_only)
{
    struct findings *f = malloc(sizeof *f);
    struct policy_names names = builtin();
    struct policyset *set = NULL;
    enum status st;

    findings_init(f);
    st = rules_only ? policyset_load_rules(blob, &names, &set, f)
                    : policyset_load_blob(blob, &names, &set, f);
    if (st)
        fail_msg("%s", finding_text(f, 0));
    findings_fini(f);
    free(f);
    return set;
}

static void the_words_of_a_set_hold_no_person_and_load_alone(void **state)
{
    struct policyset *whole = load_one("packs/service-network"), *words;
    struct bytes blob = {0};
    const struct person *person = &whole->directory->persons[0];

    (void)state;
    assert_int_equal(policyset_words(whole->blob, &blob, NULL), STATUS_OK);
    assert_null(
        memmem(blob.data, blob.size, person->phone.data, person->phone.size));
    assert_null(memmem(blob.data, blob.size, "directory.yaml", 14));
    words = load_again(bytes_slice(&blob), false);
    assert_int_equal(words->directory->person_count, 0);
    assert_non_null(words->people);
    assert_int_equal(words->people->list[0].alias_count,
                     whole->people->list[0].alias_count);
    assert_true(text_equal(words->packs[0].policy->version,
                           whole->packs[0].policy->version));
    assert_int_not_equal(policyset_words(slice_of_text("no blob"), &blob, NULL),
                         STATUS_OK);
    policyset_free(words);
    policyset_free(whole);
    bytes_fini(&blob);
}

static void each_pack_loads_alone_without_a_finding(void **state)
{
    struct policyset *network = load_one("packs/service-network");
    struct policyset *desk = load_one("packs/incident-desk");

    (void)state;
    assert_true(network->packs[0].is_default);
    assert_true(desk->packs[0].is_default);
    policyset_free(network);
    policyset_free(desk);
}

static void both_stand_side_by_side_each_for_its_regions(void **state)
{
    struct policyset *s = load_one("packs");

    (void)state;
    assert_int_equal(s->pack_count, 2);
    assert_string_equal(policyset_for(s, TEXT("desk"))->name.data,
                        "incident-desk");
    assert_string_equal(policyset_for(s, TEXT("R-1"))->name.data,
                        "service-network");
    assert_string_equal(policyset_for(s, TEXT("nowhere"))->name.data,
                        "service-network");
    policyset_free(s);
}

static void a_group_of_the_desk_and_a_department_have_people(void **state)
{
    struct policyset *s = load_one("packs");
    struct name who[4];

    (void)state;
    assert_int_equal(directory_on_call(s->directory, TEXT("Group 70"),
                                       TEXT("desk"), 2, 0, who, 4),
                     2);
    assert_true(name_is(&who[0], TEXT("head@Group 70")));
    assert_int_equal(directory_on_call(s->directory, TEXT("Group 70"),
                                       TEXT("desk"), 4, 0, who, 4),
                     2);
    assert_true(name_is(&who[0], TEXT("desk-director")));
    assert_int_equal(directory_on_call(s->directory, TEXT("PWDx"),
                                       TEXT("boston"), 3, 0, who, 4),
                     2);
    assert_true(name_is(&who[0], TEXT("boston-rep")));
    assert_string_equal(
        directory_station(s->directory, TEXT("PWDx"), TEXT("boston"))
            ->zone->name.data,
        "America/New_York");
    policyset_free(s);
}

static void every_tier_of_a_station_has_two_contacts(void **state)
{
    struct policyset *s = load_one("packs/service-network");
    const struct directory *d = s->directory;

    (void)state;
    for (size_t i = 0; i < d->station_count; i++)
        for (uint8_t tier = 2; tier <= 4; tier++) {
            struct name who[4];

            assert_int_equal(directory_on_call(d, d->stations[i].id,
                                               d->stations[i].region, tier, 0,
                                               who, 4),
                             2);
        }
    policyset_free(s);
}

static void holidays_come_from_a_calendar_file(void **state)
{
    struct policyset *s = load_one("packs/service-network");
    const struct station *st =
        directory_station(s->directory, TEXT("PWDx"), TEXT("boston"));
    const struct calendar *c = station_calendar(st, TEXT(""));

    (void)state;
    /* 2011-07-04 and the day behind it, at 10:00 in Boston */
    assert_false(calendar_is_open(c, 1309788000000));
    assert_true(calendar_is_open(c, 1309874400000));
    assert_false(calendar_is_open(c, 1322146800000)); /* Thanksgiving 2011 */
    policyset_free(s);
}

static void a_set_compiles_again_from_its_blob_to_the_same_blob(void **state)
{
    struct policyset *a = load_one("packs");
    struct policyset *b = load_again(a->blob, false);

    (void)state;
    assert_true(text_equal(a->version, b->version));
    assert_true(slice_equal(a->blob, b->blob));
    assert_true(text_equal(a->directory->version, b->directory->version));
    assert_int_equal(a->version.size, 12);
    for (size_t i = 0; i < a->pack_count; i++)
        assert_true(text_equal(a->packs[i].policy->version,
                               b->packs[i].policy->version));
    policyset_free(a);
    policyset_free(b);
}

static void the_order_of_the_directories_does_not_matter(void **state)
{
    const char *const one[] = {"packs/service-network", "packs/incident-desk"};
    const char *const other[] = {"packs/incident-desk/",
                                 "./packs/service-network"};
    struct policyset *a = load(one, 2), *b = load(other, 2);

    (void)state;
    assert_true(slice_equal(a->blob, b->blob));
    policyset_free(a);
    policyset_free(b);
}

static void old_rules_compile_alone_under_the_same_version(void **state)
{
    struct policyset *a = load_one("packs");

    (void)state;
    for (size_t i = 0; i < a->pack_count; i++) {
        struct policyset *old = load_again(a->packs[i].blob, true);
        const struct policy *p = a->packs[i].policy;

        assert_non_null(policyset_version(old, p->version));
        assert_int_equal(old->packs[0].policy->clock_count, p->clock_count);
        assert_null(policyset_version(old, TEXT("000000000000")));
        policyset_free(old);
    }
    policyset_free(a);
}

static void a_change_of_the_roster_is_no_change_of_the_rules(void **state)
{
    struct findings *f = malloc(sizeof *f);
    struct policyset *a, *b;

    (void)state;
    assert_int_equal(
        load_texts(HEAD EVENTS, "persons: {ann: {name: Ann}}", NULL, &a, f),
        STATUS_OK);
    findings_fini(f);
    assert_int_equal(
        load_texts(HEAD EVENTS, "persons: {bob: {name: Bob}}", NULL, &b, f),
        STATUS_OK);
    assert_true(
        text_equal(a->packs[0].policy->version, b->packs[0].policy->version));
    assert_false(text_equal(a->version, b->version));
    assert_false(text_equal(a->directory->version, b->directory->version));
    policyset_free(a);
    policyset_free(b);
    findings_fini(f);
    free(f);
}

static void a_broken_blob_and_a_missing_directory_are_refused(void **state)
{
    static const char *const broken[] = {
        "",
        "yinuo-policy 2\n",
        "yinuo-policy 1\n",
        "yinuo-policy 1\nfile p/policy.yaml 9\nabc\n",
        "yinuo-policy 1\nfile p/policy.yaml 3\nabcd",
        "yinuo-policy 1\nfile policy.yaml 3\nabc\n",
        "yinuo-policy 1\nfile p/policy.yaml 99999999999999\nabc\n"};
    const char *nowhere = "packs/no-such-pack";
    struct findings *f = malloc(sizeof *f);
    struct policyset *set;

    (void)state;
    findings_init(f);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        assert_int_equal(
            policyset_load_blob(slice_of_text(broken[i]), &some_kinds, &set, f),
            STATUS_INVALID);
        assert_null(set);
        assert_int_equal(f->errors, i + 1);
    }
    assert_int_equal(policyset_load(&nowhere, 1, &some_kinds, &set, f),
                     STATUS_NOT_FOUND);
    assert_null(set);
    findings_fini(f);
    free(f);
}

static void two_packs_must_agree_on_who_is_the_default(void **state)
{
    struct findings *f = malloc(sizeof *f);
    struct policyset *set;
    struct blob *b = calloc(1, sizeof *b);
    struct bytes bytes;

    (void)state;
    bytes_init(&bytes, 0);
    findings_init(f);
    b->files[0] = (struct blob_file){TEXT("a"), TEXT("policy.yaml"),
                                     slice_of_text(HEAD EVENTS)};
    b->files[1] = (struct blob_file){TEXT("b"), TEXT("policy.yaml"),
                                     slice_of_text(HEAD EVENTS)};
    b->count = 2;
    assert_int_equal(blob_write(b, &bytes), STATUS_OK);
    assert_int_equal(
        policyset_load_blob(bytes_slice(&bytes), &some_kinds, &set, f),
        STATUS_INVALID);
    assert_string_equal(f->list[0].what, "the pack stands for no region");
    assert_string_equal(f->list[2].what, "0 of 2 packs are the default");
    bytes_fini(&bytes);
    findings_fini(f);
    free(f);
    free(b);
}

/* A directory of the test's own with some files in it. */
static void make(const char *root, const char *name, const char *words)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *c = path + strlen(root) + 1; (c = strchr(c, '/')); c++) {
        *c = 0;
        (void)mkdir(path, 0700);
        *c = '/';
    }
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(words, f) >= 0 && fclose(f) == 0);
}

static void a_place_where_a_pack_lies_among_other_things_is_none(void **state)
{
    char root[] = "/tmp/yinuo-packs-XXXXXX", command[256];
    const char *dir = mkdtemp(root);
    struct findings *f = malloc(sizeof *f);
    struct policyset *set;

    (void)state;
    assert_non_null(dir);
    findings_init(f);
    make(dir, "mine/policy.yaml", HEAD EVENTS);
    make(dir, "README", "packs");
    assert_int_equal(policyset_load(&dir, 1, &some_kinds, &set, f), STATUS_OK);
    policyset_free(set);
    make(dir, "work/notes", "no pack");
    assert_int_equal(policyset_load(&dir, 1, &some_kinds, &set, f),
                     STATUS_INVALID);
    assert_non_null(strstr(f->list[0].what, "work has no policy.yaml"));
    findings_fini(f);
    free(f);
    snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}

/* Persons and rosters of a directory hold; its rules are not looked at, and
 * packs that it does not have stay as they are. */
static void directories_load_alone(void **state)
{
    char root[] = "/tmp/yinuo-packs-XXXXXX", pack[64], command[256];
    const char *both[] = {"packs/incident-desk", "packs/service-network"};
    const char *dir = pack;
    struct policyset *now = load(both, 2), *next = NULL;
    struct findings *f = malloc(sizeof *f);
    struct policy_names names = builtin();

    (void)state;
    assert_non_null(mkdtemp(root));
    findings_init(f);
    snprintf(pack, sizeof pack, "%s/incident-desk", root);
    make(root, "incident-desk/policy.yaml", "nonsense: [");
    snprintf(command, sizeof command, "cp packs/incident-desk/c*.yaml %s",
             pack);
    assert_int_equal(system(command), 0);
    make(pack, "directory.yaml",
         "zone: UTC\npersons:\n  new: {name: New, tier: crisis_center}\n"
         "roster:\n  crisis_center: [new]\n");
    if (policyset_load_directories(now, &dir, 1, &names, &next, f))
        fail_msg("%s", finding_text(f, 0));
    assert_non_null(directory_person(next->directory, TEXT("new")));
    assert_int_equal(next->pack_count, 2);
    assert_false(text_equal(next->version, now->version));
    for (size_t i = 0; i < 2; i++)
        assert_true(text_equal(next->packs[i].policy->version,
                               now->packs[i].policy->version));
    policyset_free(next);

    snprintf(command, sizeof command, "mv %s %s/other", pack, root);
    assert_int_equal(system(command), 0);
    snprintf(pack, sizeof pack, "%s/other", root);
    assert_int_equal(policyset_load_directories(now, &dir, 1, &names, &next, f),
                     STATUS_INVALID);
    assert_null(next);
    snprintf(command, sizeof command, "rm -r %s", root);
    assert_int_equal(system(command), 0);
    policyset_free(now);
    findings_fini(f);
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_where_a_pack_lies_among_other_things_is_none),
        cmocka_unit_test(directories_load_alone),
        cmocka_unit_test(each_pack_loads_alone_without_a_finding),
        cmocka_unit_test(both_stand_side_by_side_each_for_its_regions),
        cmocka_unit_test(a_group_of_the_desk_and_a_department_have_people),
        cmocka_unit_test(every_tier_of_a_station_has_two_contacts),
        cmocka_unit_test(holidays_come_from_a_calendar_file),
        cmocka_unit_test(a_set_compiles_again_from_its_blob_to_the_same_blob),
        cmocka_unit_test(the_order_of_the_directories_does_not_matter),
        cmocka_unit_test(old_rules_compile_alone_under_the_same_version),
        cmocka_unit_test(the_words_of_a_set_hold_no_person_and_load_alone),
        cmocka_unit_test(a_change_of_the_roster_is_no_change_of_the_rules),
        cmocka_unit_test(a_broken_blob_and_a_missing_directory_are_refused),
        cmocka_unit_test(two_packs_must_agree_on_who_is_the_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
