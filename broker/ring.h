/* ring - the last records of one partition's stream, in a fixed piece of
 * memory.
 *
 * Batches of records lie one after the other as they came, bodies undecoded;
 * the oldest go when there is no more room. There is never a hole: a batch that
 * does not follow the last one empties the ring first.
 *
 * Memory   One block of bytes and one of batch entries, from ring_init on.
 * Errors   ring_init: false without memory. A batch larger than a quarter of
 *          the ring is not kept: the ring is empty behind it.
 * Threads  One.
 */
#ifndef BROKER_RING_H
#define BROKER_RING_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/slice.h"

enum { RING_BATCHES = 32768 };

struct ring_batch {
    uint64_t first; /* sequence */
    uint64_t last;
    size_t at; /* in the bytes */
    size_t size;
};

struct ring {
    uint8_t *bytes;
    size_t room;
    struct ring_batch *batches; /* a ring of RING_BATCHES */
    size_t oldest;              /* index of the oldest batch */
    size_t count;
    size_t write;  /* where the next batch goes */
    uint64_t last; /* sequence of the last record seen, kept or not */
};

bool ring_init(struct ring *r, size_t room);
void ring_fini(struct ring *r);

/* Forget all, and go on after `last`. */
void ring_reset(struct ring *r, uint64_t last);

/* A batch that begins at r->last + 1 (or anywhere, into an empty ring). */
void ring_push(struct ring *r, uint64_t first, uint64_t last,
               struct slice records);

/* The oldest sequence kept; last + 1 when there is none. */
uint64_t ring_first(const struct ring *r);

/* Are all records after `after` here? True also when there are none. */
bool ring_covers(const struct ring *r, uint64_t after);

/* Appends the records after `after`, at most so many and so many bytes, and
 * returns the last sequence appended (after, when there is none). */
uint64_t ring_read(const struct ring *r, uint64_t after, size_t records_max,
                   size_t bytes_max, struct bytes *out);

/* The part of a Records body that holds its first `count` records, of which
 * `skip` are left out. False when it is not a body of nothing but records. */
bool ring_cut(struct slice body, uint64_t skip, uint64_t count,
              struct slice *part);

#endif
