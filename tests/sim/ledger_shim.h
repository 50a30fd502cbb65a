/* ledger_shim - a journal in front of the journal: it is where the router dies.
 *
 *      append ─┬─ BEFORE_APPEND
 *              │  inner append
 *              └─ PENDING_LOST, PENDING_KEPT
 *      next ───┬─ inner next
 *              └─ AFTER_COMMIT
 *
 * The inner journal is the product's, in memory or in LMDB. A planned failure
 * is returned instead of being passed on; the router ends itself then, which
 * is where the process would be gone.
 *
 * Memory   close frees the shim and closes what is inside.
 * Source   issue 2, point 10: "any party crashed between any two steps".
 */
#ifndef TESTS_SIM_LEDGER_SHIM_H
#define TESTS_SIM_LEDGER_SHIM_H

#include "ledger/journal.h"
#include "tests/sim/faults.h"

struct ledger_shim {
    struct journal journal; /* first: hand out its address */
    struct journal *inner;
    void (*point)(void *context, enum sim_fault at); /* may not come back */
    enum status (*fail)(void *context); /* OK: no failure is planned */
    void *context;
};

struct journal *ledger_shim_new(struct journal *inner,
                                void (*point)(void *, enum sim_fault),
                                enum status (*fail)(void *), void *context);

#endif
