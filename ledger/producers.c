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

enum {
    FIXED = 16 + PRODUCER_KEPT * 4,
    REFUSAL = 8 + 2,
    ROW_MAX = FIXED + PRODUCER_REFUSALS * REFUSAL
};

void producer_load(struct state *s, struct slice identity, struct producer *p)
{
    struct slice row;
    struct reader in;

    memset(p, 0, sizeof *p);
    if (!state_get(s, STATE_PRODUCERS, identity, &row))
        return;
    reader_init(&in, row);
    p->epoch = reader_u64(&in);
    p->last = reader_u64(&in);
    for (size_t i = 0; i < PRODUCER_KEPT; i++)
        p->crc[i] = reader_u32(&in);
    for (; in.rest.size && p->refusal_count < PRODUCER_REFUSALS;
         p->refusal_count++) {
        p->refusals[p->refusal_count].sequence = reader_u64(&in);
        p->refusals[p->refusal_count].code = reader_u16(&in);
    }
    assert(in.status == STATUS_OK && !in.rest.size);
}

void producer_store(struct state *s, struct slice identity,
                    const struct producer *p)
{
    uint8_t room[ROW_MAX];
    struct writer out;

    writer_init_fixed(&out, room, sizeof room);
    writer_u64(&out, p->epoch);
    writer_u64(&out, p->last);
    for (size_t i = 0; i < PRODUCER_KEPT; i++)
        writer_u32(&out, p->crc[i]);
    for (size_t i = 0; i < p->refusal_count; i++) {
        writer_u64(&out, p->refusals[i].sequence);
        writer_u16(&out, p->refusals[i].code);
    }
    state_put(s, STATE_PRODUCERS, identity, slice_of(room, out.size));
}

static uint16_t code_of(const struct producer *p, uint64_t sequence)
{
    for (size_t i = p->refusal_count; i--;)
        if (p->refusals[i].sequence == sequence)
            return p->refusals[i].code;
    return 0;
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
    if (sequence && last - sequence < PRODUCER_KEPT &&
        p->crc[sequence % PRODUCER_KEPT] != crc)
        return PRODUCER_DIFFERS;
    *code = code_of(p, sequence);
    return PRODUCER_DUPLICATE;
}

static void keep_refusal(struct producer *p, uint64_t sequence, uint16_t code)
{
    if (p->refusal_count == PRODUCER_REFUSALS)
        memmove(&p->refusals[0], &p->refusals[1],
                --p->refusal_count * sizeof p->refusals[0]);
    p->refusals[p->refusal_count].sequence = sequence;
    p->refusals[p->refusal_count++].code = code;
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
    if (code)
        keep_refusal(p, sequence, code);
}
