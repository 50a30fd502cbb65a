/* case_file - one case as it is kept: each record that a reader may see, what
 * was said, promised and charged, told in words.
 *
 * Memory   rows of JSON, the caller's.
 * Errors   Exit codes; the user has been told.
 * Threads  One.
 */
#ifndef CLI_CASE_FILE_H
#define CLI_CASE_FILE_H

#include "cli/past.h"
#include "ledger/costs.h"
#include "ledger/report.h"

struct case_file {
    struct cli *cli;
    struct policyset *policies; /* NULL: not to be had */
    const struct people *people;
    char case_id[LIMIT_ID_BYTES + 1];
    bool for_customer;
    const char *station, *region, *owner;
    int64_t opened_ms, closed_ms, last_ms;
    int severity;
    json_t *lines;    /* at, who, kind, did, words, fields, effects */
    json_t *voice;    /* at, words */
    json_t *causes;   /* at, who, words */
    json_t *actions;  /* at, what, owner, due */
    json_t *promises; /* id, what, due, state */
    json_t *charges;  /* at, did */
    json_t *missed;   /* clock -> how often */
    struct costs costs;
    struct report_gathering *gathering;
    struct arena arena;
};

/* Reads all of a case out of what `past` says. */
int case_file_read(struct cli *cli, const char *typed, bool for_customer,
                   int argc, char **argv, struct case_file *f);
void case_file_fini(struct case_file *f);

#endif
