#include "world_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "ledger/apply.h"
#include "ledger/simulate.h"
#include "policy/blob.h"

struct policyset *policies_of_pack(const char *dir)
{
    struct policyset *set = NULL;
    struct error err;

    if (simulate_policies(&dir, 1, stdout, &set, &err))
        fail_msg("%s", err.text);
    return set;
}

struct policyset *policies_of_texts(const char *calendars,
                                    const char *directory, const char *policy)
{
    const struct {
        const char *name, *text;
    } files[] = {{"calendars.yaml", calendars},
                 {"directory.yaml", directory},
                 {"policy.yaml", policy}};
    struct blob *blob = calloc(1, sizeof *blob);
    struct findings findings;
    struct policyset *set = NULL;
    struct bytes bytes = {0};

    assert_non_null(blob);
    for (size_t i = 0; i < 3; i++)
        blob->files[blob->count++] =
            (struct blob_file){TEXT("small"), text_of(files[i].name),
                               slice_of_text(files[i].text)};
    findings_init(&findings);
    assert_int_equal(blob_write(blob, &bytes), STATUS_OK);
    if (policyset_load_blob(bytes_slice(&bytes), apply_names(), &set,
                            &findings)) {
        char words[512] = "";

        finding_format(&findings.list[0], words, sizeof words);
        fail_msg("%s", words);
    }
    bytes_fini(&bytes);
    findings_fini(&findings);
    free(blob);
    return set;
}

void follow_record(struct world *world, const struct runner_record *r)
{
    struct error err;

    if (r->origin == RUNNER_EVENT)
        world_count_event(world, r->decided->code != REFUSAL_NONE);
    if (world_apply(world, r->sequence, r->now_ms, r->decided->decisions, &err))
        fail_msg("%s", err.text);
    world_settle(world);
}
