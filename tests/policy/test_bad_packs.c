/* A bad pack is refused with file, line, column, what and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support.h"

#define CALENDARS "calendars: {shop: {open: {daily: 09:00-18:00}}}\n"

#define NAMED "name: t\ntiers: [engineer, head, rep]\n"

#define PEOPLE(more)                                                           \
    "persons:\n  ann: {name: Ann, " more "}\n"                                 \
    "roster: {head: [ann], rep: [ann]}\n"

#define PAGED                                                                  \
    "roles: {speaker: {rank: rep}}\n"                                          \
    "events: {case.opened: {case: opens, page: [speaker]}}\n"

struct bad {
    const char *claim, *policy, *directory, *calendars, *answer, *messages;
};

static const struct bad table[] = {
#define P(claim, text, answer) {claim, HEAD text, NULL, NULL, answer, NULL},
#define E(claim, text, answer)                                                 \
    {claim, HEAD EVENTS text, NULL, NULL, answer, NULL},
#define D(claim, text, answer)                                                 \
    {claim, HEAD EVENTS, text, CALENDARS, answer, NULL},
#define L(claim, text, answer)                                                 \
    {claim, NAMED EVENTS text, NULL, NULL, answer, NULL},
#define M(claim, text, messages, answer)                                       \
    {claim, HEAD text, NULL, NULL, answer, messages},
#define C(claim, text, answer) {claim, HEAD EVENTS, NULL, text, answer, NULL},
#define R(claim, text, answer)                                                 \
    {claim, HEAD PAGED, text, CALENDARS, answer, NULL},
#include "bad_packs.def"
#undef P
#undef E
#undef D
#undef C
#undef R
#undef L
#undef M
};

static void check(void **state)
{
    const struct bad *bad = *state;
    struct findings *f = malloc(sizeof *f);
    struct policyset *set = NULL;
    enum status st = load_files(
        &(const struct pack_texts){bad->policy, bad->directory, bad->calendars,
                                   bad->messages, true, "log,smtp"},
        &set, f);

    assert_true(f->count > 0);
    assert_string_equal(finding_text(f, 0), bad->answer);
    assert_int_equal(st == STATUS_OK, f->errors == 0);
    assert_int_equal(set != NULL, f->errors == 0);
    policyset_free(set);
    findings_fini(f);
    free(f);
}

int main(void)
{
    enum { COUNT = sizeof table / sizeof *table };
    static struct CMUnitTest tests[COUNT];

    for (size_t i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){table[i].claim, check, NULL, NULL,
                                       (void *)(uintptr_t)&table[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
