/* A bad pack is refused with file, line, column, what and why, in the language
 * of the person. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/i18n.h"
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

static struct policyset *load(const struct bad *bad, struct findings *f,
                              enum status *st)
{
    struct policyset *set = NULL;

    *st = load_files(&(const struct pack_texts){bad->policy, bad->directory,
                                                bad->calendars, bad->messages,
                                                true, "log,smtp"},
                     &set, f);
    assert_true(f->count > 0);
    return set;
}

static void check(void **state)
{
    struct findings *f = malloc(sizeof *f);
    enum status st;
    struct policyset *set = load(*state, f, &st);

    assert_string_equal(finding_text(f, 0),
                        ((const struct bad *)*state)->answer);
    assert_int_equal(st == STATUS_OK, f->errors == 0);
    assert_int_equal(set != NULL, f->errors == 0);
    policyset_free(set);
    findings_fini(f);
    free(f);
}

/* --- in Chinese ----------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool has_chinese(const char *words)
{
    for (; *words; words++)
        if ((unsigned char)*words >= 0xe4)
            return true;
    return false;
}

/* Words that stand in every English sentence, and never in a pack. */
static bool is_english(const char *word, size_t size)
{
    static const char *const words[] = {
        "an",    "the",    "is",    "are",     "was",     "be",     "it",
        "its",   "that",   "this",  "these",   "would",   "could",  "can",
        "must",  "cannot", "has",   "have",    "nothing", "nobody", "only",
        "more",  "than",   "with",  "without", "found",   "given",  "which",
        "write", "leave",  "there", "already", "names",   "mean"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == size && memcmp(words[i], word, size) == 0)
            return true;
    return false;
}

/* What stands between quotation marks is the pack's. */
static const char *past_quoted(const char *at)
{
    static const char open[] = "“", close[] = "”";
    const char *end = strncmp(at, open, sizeof open - 1) == 0
                          ? strstr(at + sizeof open - 1, close)
                          : NULL;

    return end ? end + sizeof close - 1 : at;
}

static bool stands_in(const char *text, const char *word, size_t size)
{
    while (text && (text = strchr(text, word[0]))) {
        if (strncmp(text, word, size) == 0 && !is_letter(text[size]))
            return true;
        text++;
    }
    return false;
}

static void has_no_english(const struct bad *bad, const char *words)
{
    const char *at = words;

    while (*(at = past_quoted(at))) {
        size_t size = 0;

        while (is_letter(at[size]))
            size++;
        if (is_english(at, size) && !stands_in(bad->policy, at, size) &&
            !stands_in(bad->directory, at, size))
            fail_msg("\"%.*s\" in: %s", (int)size, at, words);
        at += size ? size : 1;
    }
}

static void is_chinese(const struct bad *bad, const struct findings *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct finding *x = &f->list[i];
        const char *text = finding_text(f, i);

        assert_non_null(strstr(text, x->is_error ? ": 错误：" : ": 警告："));
        if (!has_chinese(x->what) || (*x->why && !has_chinese(x->why)))
            fail_msg("no Chinese: %s", text);
        has_no_english(bad, text);
    }
}

static void check_chinese(void **state)
{
    struct findings *f = malloc(sizeof *f);
    enum status st;
    struct policyset *set = load(*state, f, &st);

    is_chinese(*state, f);
    policyset_free(set);
    findings_fini(f);
    free(f);
}

/* What fuzzing has found; the first byte says which of the files it is. */
static void check_corpus_file(const char *path)
{
    struct findings *f = malloc(sizeof *f);
    struct policyset *set = NULL;
    struct bad bad = {.policy = HEAD EVENTS,
                      .calendars = CALENDARS,
                      .directory = "persons: {ann: {name: Ann}}\n"};
    struct bytes bytes = {0};
    const char *text;

    assert_int_equal(file_read(path, 1 << 20, &bytes, NULL), STATUS_OK);
    text = bytes_text(&bytes) + 1;
    *(bytes.data[0] % 3 == 0   ? &bad.calendars
      : bytes.data[0] % 3 == 1 ? &bad.directory
                               : &bad.policy) = text;
    (void)load_files(&(const struct pack_texts){bad.policy, bad.directory,
                                                bad.calendars, NULL, true,
                                                "log,smtp"},
                     &set, f);
    is_chinese(&bad, f);
    policyset_free(set);
    findings_fini(f);
    free(f);
    bytes_fini(&bytes);
}

static void corpus_is_chinese(void **state)
{
    glob_t found;

    (void)state;
    assert_int_equal(glob("tests/policy/corpus/*", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_corpus_file(found.gl_pathv[i]);
    globfree(&found);
}

enum { COUNT = sizeof table / sizeof *table };

static int run(const char *language, CMUnitTestFunction test)
{
    static struct CMUnitTest tests[COUNT];

    i18n_set_language(language);
    for (size_t i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){table[i].claim, test, NULL, NULL,
                                       (void *)(uintptr_t)&table[i]};
    return cmocka_run_group_tests_name(language, tests, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest corpus[] = {cmocka_unit_test(corpus_is_chinese)};

    i18n_init();
    error_in_language(true);
    return run("en", check) + run("zh_CN", check_chinese) +
           cmocka_run_group_tests_name("corpus", corpus, NULL, NULL);
}
