/* producers - how far each publisher has come, so that nothing counts twice.
 *
 * A producer is (identity, epoch); its epoch is made with its outbox and its
 * numbers go 1, 2, 3 ... in it. Exactly last + 1 is taken. A lower number gets
 * the answer it got before: the last PRODUCER_REFUSALS refusals are kept,
 * however long ago, so that a dead letter is not taken for a delivered one when
 * its answer was lost. Other bytes under a number are told apart by their CRC
 * as far back as PRODUCER_KEPT numbers. A higher one is a gap. A newer epoch
 * begins again at 1 and shuts the older one out.
 *
 * The row, by identity, is made from the journal's records alone:
 *    0  8  epoch
 *    8  8  last
 *   16  …  PRODUCER_KEPT CRC32C (4 each), number n at n mod PRODUCER_KEPT
 *    …  …  refusals, oldest first: number (8), refusal code (2)
 *
 * Memory   A plain struct, the caller's.
 * Threads  The state's owner.
 * Source   design section 6; field-notes 7.6.
 */
#ifndef LEDGER_PRODUCERS_H
#define LEDGER_PRODUCERS_H

#include <stdint.h>

#include "base/slice.h"
#include "ledger/state.h"

enum { PRODUCER_KEPT = 32, PRODUCER_REFUSALS = 64 };

struct producer {
    uint64_t epoch;
    uint64_t last;
    uint32_t crc[PRODUCER_KEPT];
    uint32_t refusal_count;
    struct {
        uint64_t sequence;
        uint16_t code;
    } refusals[PRODUCER_REFUSALS]; /* by sequence, ascending */
};

enum producer_verdict {
    PRODUCER_NEXT,
    PRODUCER_DUPLICATE, /* *code is the answer of then */
    PRODUCER_DIFFERS,   /* known number, other bytes */
    PRODUCER_GAP,       /* last + 1 is missing */
    PRODUCER_STALE,     /* its epoch is over */
};

/* All zero for one who has not been heard of. */
void producer_load(struct state *s, struct slice identity, struct producer *p);
void producer_store(struct state *s, struct slice identity,
                    const struct producer *p);

enum producer_verdict producer_judge(const struct producer *p, uint64_t epoch,
                                     uint64_t sequence, uint32_t crc,
                                     uint16_t *code);

/* After PRODUCER_NEXT: the number is used up, taken or refused. */
void producer_advance(struct producer *p, uint64_t epoch, uint64_t sequence,
                      uint32_t crc, uint16_t code);

#endif
