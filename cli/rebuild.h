/* rebuild - the proof that the state is what the journal says: all of it made
 * again from the first record, and compared.
 *
 * Runs beside a running system: the state is that of its last checkpoint.
 *
 * Errors   EXPIRED: the journal was trimmed and no snapshot stands for it.
 *          CORRUPT: a record cannot be applied.
 * Threads  One.
 */
#ifndef CLI_REBUILD_H
#define CLI_REBUILD_H

#include "ledger/ledger.h"

enum { REBUILD_NAME_MAX = 160 };

struct rebuild_proof {
    bool done, same;
    uint64_t upto; /* the record that both stand for */
    uint64_t rows, live_rows;
    struct digest hash, live;
    uint64_t older;     /* rows of an earlier version that say the same */
    uint64_t different; /* rows: other bytes, missing or too many */
    char first[REBUILD_NAME_MAX]; /* "timers 02...: only in the live state" */
};

MUST_CHECK enum status
rebuild_prove(struct ledger *l, struct rebuild_proof *proof, struct error *err);

#endif
