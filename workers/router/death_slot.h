/* death_slot - which record was being decided when the process died.
 *
 * A small file, mapped and shared, so that its bytes outlive the process:
 * before a record is decided its identity goes in, afterwards it is taken out.
 * A start that finds one in there counts a death. Two deaths on the same
 * record, and it is set aside as quarantined instead of being decided a third
 * time; everything else goes on. (A power cut may lose the count: then it takes
 * one death more.)
 *
 * Memory   The mapping lives until close.
 * Errors   From open only.
 * Threads  One owner, the router.
 * Source   design section 4: a record that kills the engine is quarantined.
 */
#ifndef ROUTER_DEATH_SLOT_H
#define ROUTER_DEATH_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/slice.h"

enum { DEATHS_MAX = 2 };

struct death_slot;

MUST_CHECK enum status
death_slot_open(const char *path, struct death_slot **slot, struct error *err);
void death_slot_close(struct death_slot **slot);

/* The name of a record that is the same when it comes again: of an event its
 * producer and number, of a command its request id, of a firing case and due.
 */
struct death_mark {
    uint8_t bytes[16];
};
struct death_mark death_mark_of(char what, struct slice identity,
                                uint64_t number);

/* False: it has killed DEATHS_MAX times; do not decide it. That stays so until
 * it is forgotten, which is when the journal says that it was set aside: a
 * death of another record before that must not bring this one back. */
bool death_slot_enter(struct death_slot *slot, const struct death_mark *mark);
void death_slot_leave(struct death_slot *slot);
void death_slot_forget(struct death_slot *slot, const struct death_mark *mark);

/* The record that killed the process before, for the log; false if none. */
bool death_slot_last(const struct death_slot *slot, uint32_t *deaths);

#endif
