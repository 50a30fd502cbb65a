#include "ledger/producers.h"

#include <assert.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"

enum {
    ROW_HEAD = 16,
    ROW_SLOT = 6,
    ROW_BYTES = ROW_HEAD + PRODUCER_KEPT * ROW_SLOT
};

void producer_load(struct state *s, struct slice identity, struct producer *p)
{
    struct slice row;

    if (!state_get(s, STATE_PRODUCERS, identity, &row)) {
        memset(p, 0, sizeof *p);
        return;
    }
    assert(row.size == ROW_BYTES);
    p->epoch = get_u64(row.data);
    p->last = get_u64(row.data + 8);
    for (size_t i = 0; i < PRODUCER_KEPT; i++) {
        const uint8_t *slot = row.data + ROW_HEAD + i * ROW_SLOT;

        p->crc[i] = get_u32(slot);
        p->code[i] = get_u16(slot + 4);
    }
}

void producer_store(struct state *s, struct slice identity,
                    const struct producer *p)
{
    uint8_t row[ROW_BYTES];

    put_u64(row, p->epoch);
    put_u64(row + 8, p->last);
    for (size_t i = 0; i < PRODUCER_KEPT; i++) {
        uint8_t *slot = row + ROW_HEAD + i * ROW_SLOT;

        put_u32(slot, p->crc[i]);
        put_u16(slot + 4, p->code[i]);
    }
    state_put(s, STATE_PRODUCERS, identity, slice_of(row, sizeof row));
}

enum producer_verdict producer_judge(const struct producer *p, uint64_t epoch,
                                     uint64_t sequence, uint32_t crc,
                                     uint16_t *code)
{
    uint64_t last = epoch == p->epoch ? p->last : 0;

    *code = 0;
    if (epoch < p->epoch)
        return PRODUCER_STALE;
    if (sequence > last + 1)
        return PRODUCER_GAP;
    if (sequence == last + 1)
        return PRODUCER_NEXT;
    if (sequence == 0 || last - sequence >= PRODUCER_KEPT)
        return PRODUCER_DUPLICATE;
    size_t slot = sequence % PRODUCER_KEPT;
    if (p->crc[slot] != crc)
        return PRODUCER_DIFFERS;
    *code = p->code[slot];
    return PRODUCER_DUPLICATE;
}

void producer_advance(struct producer *p, uint64_t epoch, uint64_t sequence,
                      uint32_t crc, uint16_t code)
{
    if (epoch != p->epoch) {
        assert(epoch > p->epoch);
        memset(p, 0, sizeof *p);
        p->epoch = epoch;
    }
    assert(sequence == p->last + 1);
    p->last = sequence;
    p->crc[sequence % PRODUCER_KEPT] = crc;
    p->code[sequence % PRODUCER_KEPT] = code;
}
