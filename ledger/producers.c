#include "ledger/producers.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/reader.h"
#include "base/writer.h"

void producer_load(struct state *s, struct slice identity, struct producer *p)
{
    struct slice row;

    memset(p, 0, sizeof *p);
    if (!state_get(s, STATE_PRODUCERS, identity, &row))
        return;
    struct reader in;
    reader_init(&in, row);
    p->epoch = reader_u64(&in);
    p->last = reader_u64(&in);
    for (size_t i = 0; i < PRODUCER_KEPT; i++) {
        p->crc[i] = reader_u32(&in);
        p->code[i] = reader_u16(&in);
    }
    assert(in.status == STATUS_OK);
}

void producer_store(struct state *s, struct slice identity,
                    const struct producer *p)
{
    uint8_t room[16 + PRODUCER_KEPT * 6];
    struct writer out;

    writer_init_fixed(&out, room, sizeof room);
    writer_u64(&out, p->epoch);
    writer_u64(&out, p->last);
    for (size_t i = 0; i < PRODUCER_KEPT; i++) {
        writer_u32(&out, p->crc[i]);
        writer_u16(&out, p->code[i]);
    }
    state_put(s, STATE_PRODUCERS, identity, slice_of(room, sizeof room));
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
