/* Any bytes as the row of a case, and as a record's decisions: what can be read
 * is written as it was read. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "ledger/customs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_row(struct slice row)
{
    static struct case_record c, again;
    struct case_marks marks, marks_again;
    struct bytes first = {0}, second = {0};

    if (customs_case_read(row, &c, &marks, NULL) == STATUS_OK) {
        assert(customs_case_row(&c, &marks, &first) == STATUS_OK);
        assert(customs_case_read(bytes_slice(&first), &again, &marks_again,
                                 NULL) == STATUS_OK);
        assert(customs_case_row(&again, &marks_again, &second) == STATUS_OK);
        assert(slice_equal(bytes_slice(&first), bytes_slice(&second)));
    }
    bytes_fini(&first);
    bytes_fini(&second);
}

static enum status see(void *context, const struct decision *d,
                       struct slice bytes, struct error *err)
{
    (void)context;
    (void)err;
    assert(bytes.size && d->case_id.size <= NAME_BYTES_MAX);
    return STATUS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice all = slice_of(data, size);

    try_row(all);
    (void)!customs_each_decision(all, see, NULL, NULL);
    return 0;
}
