/* What an earlier version has written, as this one writes it. Only for
 * comparing: the journal's bytes stay what they are, and a case's row is
 * written anew at its next event. */
#include <stdlib.h>

#include "ledger/customs.h"

static enum status renew_one(void *context, const struct decision *d,
                             struct slice bytes, struct error *err)
{
    enum status status = customs_decision_part(d, context);

    (void)bytes;
    return status == STATUS_OK ? status
                               : error_set(err, status, "renew a decision");
}

enum status customs_renew_decisions(struct slice part, struct bytes *out,
                                    struct error *err)
{
    return customs_each_decision(part, renew_one, out, err);
}

enum status customs_renew_case(struct slice row, struct bytes *out,
                               struct error *err)
{
    struct case_record *c = calloc(1, sizeof *c);
    struct case_marks marks;

    if (c == NULL)
        return error_set(err, STATUS_NO_MEMORY, "renew a case");
    enum status status = customs_case_read(row, c, &marks, err);

    if (status == STATUS_OK && customs_case_row(c, &marks, out) != STATUS_OK)
        status = error_set(err, STATUS_NO_MEMORY, "renew a case");
    free(c);
    return status;
}
