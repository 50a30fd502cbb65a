/* ledger_support - what the ledger's tests share: directories, records. */
#ifndef TESTS_LEDGER_SUPPORT_H
#define TESTS_LEDGER_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above before it */
#include <cmocka.h>

#include "base/limits.h"
#include "ledger/journal.h"
#include "ledger/state.h"

/* A directory of its own below $TMPDIR, removed with all that is in it. */
struct scratch {
    char dir[LIMIT_PATH_BYTES];
};

void scratch_make(struct scratch *s);
void scratch_remove(struct scratch *s);

/* "dir/name" in a buffer that the 32nd next call reuses. */
const char *scratch_path(const struct scratch *s, const char *name);

/* Record seq with parts made of its number; they live in the process. */
struct record sample_record(uint64_t seq);

/* So many records from the journal's end on, in one batch; asserts OK. */
void append_samples(struct journal *j, uint64_t epoch, size_t count);

/* The journal's records are what sample_record made of them. */
void assert_samples(struct journal *j, uint64_t first, uint64_t last);

/* path NULL: in memory; in_line: checkpoints without a thread; asserts OK. */
void open_state(struct state **s, const char *path, bool in_line);

/* cmocka setup and teardown of a struct scratch as state. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

#endif
