/* docs/policy.md tells the truth: its examples are one pack, and it loads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/file.h"
#include "builtin.h"
#include "policy/blob.h"
#include "support.h"

/* The blocks of the page that begin with ```yaml WORD, one after the other. */
static void gather(const char *page, const char *word, struct bytes *out)
{
    size_t size = strlen(word);

    while ((page = strstr(page, "```yaml "))) {
        const char *start, *end;

        page += strlen("```yaml ");
        start = strchr(page, '\n') + 1;
        end = strstr(start, "```");
        assert_non_null(end);
        if (strncmp(page, word, size) == 0 && page[size] == '\n')
            bytes_append(out, slice_of(start, (size_t)(end - start)));
        page = end;
    }
}

static void the_examples_of_the_page_are_a_pack_without_a_finding(void **state)
{
    static const char *const words[] = {"calendars", "directory", "policy"};
    static const char *const names[] = {"calendars.yaml", "directory.yaml",
                                        "policy.yaml"};
    struct findings *f = malloc(sizeof *f);
    struct blob *blob = calloc(1, sizeof *blob);
    struct bytes page, parts[3], bytes;
    struct policyset *set = NULL;
    struct policy_names kinds = {0};
    struct error err;

    (void)state;
    bytes_init(&page, 0);
    bytes_init(&bytes, 0);
    findings_init(f);
    kinds.kinds = builtin_kinds(&kinds.kind_count);
    assert_int_equal(file_read("docs/policy.md", 1 << 20, &page, &err),
                     STATUS_OK);
    for (size_t i = 0; i < 3; i++) {
        bytes_init(&parts[i], 0);
        gather(bytes_text(&page), words[i], &parts[i]);
        assert_true(parts[i].size > 0);
        blob->files[blob->count++] = (struct blob_file){
            TEXT("p"), text_of(names[i]), bytes_slice(&parts[i])};
    }
    assert_int_equal(blob_write(blob, &bytes), STATUS_OK);
    if (policyset_load_blob(bytes_slice(&bytes), &kinds, &set, f) || f->count)
        fail_msg("%s", finding_text(f, 0));
    assert_int_equal(set->packs[0].policy->clock_count, 10);
    policyset_free(set);
    for (size_t i = 0; i < 3; i++)
        bytes_fini(&parts[i]);
    bytes_fini(&page);
    bytes_fini(&bytes);
    findings_fini(f);
    free(f);
    free(blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_page_are_a_pack_without_a_finding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
