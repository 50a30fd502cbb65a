/* leases - pages on their way to tier workers, until their receipts come.
 *
 * The truth about a page without receipt is its row in the state's outbox; this
 * is the volatile half: which are queued, which are with a worker and until
 * when. A lease that runs out is queued again. A start fills it from the
 * outbox. The most severe go first, then the oldest; each tier gets at most
 * RATE pages a second (BURST at once), so that an outage's backlog floods
 * nobody while the first crisis leaves at once.
 *
 * Time     Monotonic ms: leases go on whatever the journal's clock does.
 * Memory   Grows with the pages; leases_free gives it back.
 * Errors   Running out of memory ends the process.
 * Threads  The router's.
 * Source   design section 6 (leases) and 4 (late time has rules).
 */
#ifndef ROUTER_LEASES_H
#define ROUTER_LEASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum {
    LEASE_RATE = 50, /* pages per tier and second */
    LEASE_BURST = 50,
    LEASE_FLYING = 128, /* with workers at one time, per tier */
    LEASE_TIERS = 16,
};

struct lease_page {
    uint64_t number; /* lease_number() of its id */
    uint8_t severity;
    uint8_t tier;
};

struct leases;

struct leases *leases_new(int64_t now_ms);
void leases_free(struct leases **l);

/* "p<sequence>.<n>" as a number; 0 if it is none. */
uint64_t lease_number(struct slice page_id);

/* A page that waits; known ones stay as they are. */
void leases_put(struct leases *l, const struct lease_page *page);
/* Its receipt came, or it was withdrawn. True if a worker had it. */
bool leases_drop(struct leases *l, uint64_t number);

/* The next page that may go to a worker of the tier now; it is leased until
 * now + LIMIT_LEASE_MS. attempt counts from 1. */
bool leases_take(struct leases *l, uint8_t tier, int64_t now_ms,
                 struct lease_page *page, uint32_t *attempt);

/* Queues again what has run out. Returns how many. */
size_t leases_expire(struct leases *l, int64_t now_ms);
/* Every lease of a tier: its workers are gone. */
void leases_release_tier(struct leases *l, uint8_t tier);

/* When leases_take or leases_expire may have something next; INT64_MAX. */
int64_t leases_next_ms(const struct leases *l, int64_t now_ms);
size_t leases_waiting(const struct leases *l);
size_t leases_flying(const struct leases *l);

#endif
