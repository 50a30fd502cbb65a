/* apply - one journal record into the rows, all of it.
 *
 * What a record changes beside its decisions is in here: how far its producer
 * has come, the answer to its command, the policy in force. Live, in recovery,
 * by `journal verify --rebuild` and by a standby it is this one function, so
 * that a rebuilt state is the live one by its hash.
 *
 * Memory   Borrows state and world; the arena is reset at each record.
 * Errors   CORRUPT: a part cannot be read, or a policy's blob is missing.
 * Threads  The state's owner.
 * Source   design section 3, 1.
 */
#ifndef LEDGER_APPLY_H
#define LEDGER_APPLY_H

#include "base/arena.h"
#include "ledger/record.h"
#include "ledger/world.h"

struct apply {
    struct state *state;
    struct world *world;
    const char *blobs_dir; /* where policies are found by version */
    bool producers_kept;   /* by the caller of apply_origin, who has the row of
                              the producer in hand and stores it in the end */
    struct arena arena;
};

void apply_init(struct apply *a, struct state *state, struct world *world,
                const char *blobs_dir);
void apply_fini(struct apply *a);

MUST_CHECK enum status apply_record(struct apply *a, const struct record *r,
                                    struct error *err);

/* The half of it that is not decisions, for the one who has the part in hand.
 */
MUST_CHECK enum status apply_origin(struct apply *a, uint64_t sequence,
                                    int64_t journal_ms,
                                    const Yinuo__V1__StreamRecord *part,
                                    struct error *err);

/* The policy set that the rows say is in force, into the world. NOT_FOUND when
 * none was ever loaded. */
MUST_CHECK enum status apply_policy(struct apply *a, struct error *err);

/* The blob whose digest begins with a version's hex digits. */
MUST_CHECK enum status apply_blob(const char *blobs_dir, struct text version,
                                  struct bytes *out, struct error *err);

/* ... compiled: a policy set that was in force once. */
MUST_CHECK enum status apply_policyset(const char *blobs_dir,
                                       const char *version,
                                       struct policyset **set,
                                       struct error *err);

/* The names of the built-in kinds, for the loader. */
const struct policy_names *apply_names(void);

#endif
