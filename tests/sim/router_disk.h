/* router_disk - the router of the simulator from the inside, and its ledger as
 * it lies on a disk: opened again after each crash.
 *
 * The state's checkpoints are always LMDB, in a directory of the run. The
 * journal is in memory, with what a crash leaves of it, or LMDB too.
 */
#ifndef TESTS_SIM_ROUTER_DISK_H
#define TESTS_SIM_ROUTER_DISK_H

#include "base/file.h"
#include "ledger/journal_memory.h"
#include "ledger/ledger.h"
#include "tests/sim/sim.h"

struct router_party {
    struct party party; /* first */

    /* the disk */
    struct journal_memory *memory; /* NULL with a real ledger */
    char dir[LIMIT_PATH_BYTES], slot[LIMIT_PATH_BYTES + 8];
    uint64_t epoch;
    struct vault *vault;
    int64_t wall_offset_ms, lead_ms;
    int64_t day_ms, day_until_ms; /* a wall clock that is off by a day */
    struct clock clock;
    bool has_policy;

    /* the process */
    struct ledger *ledger;
    struct router *router;
    bool welcome, turn_planned;
    int64_t heard_ms, greeted_ms, pinged_ms;

    /* its death */
    bool inside;
    jmp_buf death;
    unsigned points_left; /* 0: no crash is planned */
    enum sim_fault died_of;
    enum status planned; /* failure of the next append */
    bool failed;         /* it was told of one: abort() is right now */
    enum space_level level;
    int64_t level_until_ms;
};

/* Where it may die, and what the next append is told; see ledger_shim.h. */
void router_point(void *context, enum sim_fault at);
enum status router_fail(void *context);

void router_disk_open(struct router_party *n);
void router_disk_close(struct router_party *n);
/* So much room there is from now on. */
void router_disk_space(struct router_party *n, enum space_level level);
/* Else the run cannot go on. */
void router_disk_must(enum status st, const struct error *err);

#endif
