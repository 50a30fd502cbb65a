#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/writer.h"
#include "proto/pack.h"
#include "workers/router/internal.h"

enum {
    STREAM_BODY_BYTES = LIMIT_FRAME_BYTES - 8192,
    HEAD_BYTES = 5 * (1 + PB_VARINT_MAX) + 9, /* the last field needs room */
};

void batch_begin(struct router *r)
{
    if (r->record_count)
        return;
    r->wall_ms = clock_wall_ms(r->clock);
    r->now_ms =
        journal_clock_now(&r->time, clock_boottime_ms(r->clock), r->wall_ms);
}

static struct slice keep(struct router *r, struct slice bytes)
{
    struct slice kept = arena_copy(&r->batch->arena, bytes);

    if (bytes.size && !kept.data)
        abort(); /* router_has_room() kept room for it */
    return kept;
}

static struct slice sealed(struct router *r, struct slice personal,
                           struct slice customer)
{
    struct bytes out = {0};
    struct error err;

    if (!personal.size)
        return SLICE_EMPTY;
    if (vault_seal(r->ledger->vault, customer, r->next_seq, r->now_ms, personal,
                   &out, &err) != STATUS_OK) {
        log_error("VAULT", "%s -> the router ends, recovery is the start path",
                  err.text);
        abort();
    }
    struct slice kept = keep(r, bytes_slice(&out));
    bytes_fini(&out);
    return kept;
}

/* One message of events is one producer's: mostly it is the one before. */
static uint64_t producer_hash(struct router *r, const char *identity)
{
    if (strcmp(r->hashed, identity) != 0) {
        r->hash = record_producer_hash(slice_of_text(identity));
        if (!slice_to_text(slice_of_text(identity), r->hashed,
                           sizeof r->hashed))
            r->hashed[0] = 0;
    }
    return r->hash;
}

/* What is said from here on depends on records that are not handed over yet. */
static void part_answers(struct router *r)
{
    struct outbox out = r->out;

    if (!r->flying)
        return;
    assert(!r->parted && !r->waiting.count);
    r->out = r->waiting;
    r->waiting = out;
    r->parted = true;
}

const struct record *batch_record(const struct router *r, uint64_t seq,
                                  struct journal_page *page)
{
    struct journal_limits one = {.records = 1};
    uint64_t first = r->next_seq - r->record_count;
    uint64_t flying = r->flying ? first - r->flying->count : first;

    if (seq >= r->next_seq)
        return NULL;
    if (seq >= first)
        return &r->batch->records[seq - first];
    if (seq >= flying)
        return &r->flying->records[seq - flying];
    if (journal_read(r->ledger->journal, seq, &one, page, NULL) != STATUS_OK ||
        !page->count)
        return NULL;
    return &page->records[0];
}

uint64_t batch_add(struct router *r, Yinuo__V1__StreamRecord *part,
                   struct slice personal, struct slice customer,
                   struct slice decisions)
{
    struct record *rec = &r->batch->records[r->record_count];

    bytes_reset(&r->part);
    if (pack_append(&part->base, &r->part) != STATUS_OK)
        abort();
    if (!r->record_count)
        part_answers(r);
    *rec = (struct record){.journal_ms = r->now_ms,
                           .wall_ms = r->wall_ms,
                           .kind = (uint16_t)part->kind,
                           .seq = r->next_seq};
    if (part->producer)
        rec->producer = producer_hash(r, part->producer);
    rec->parts[RECORD_INPUT] = keep(r, bytes_slice(&r->part));
    rec->parts[RECORD_PERSONAL] = sealed(r, personal, customer);
    rec->parts[RECORD_DECISIONS] = keep(r, decisions);
    r->record_bytes += record_size(rec);
    r->record_count++;
    r->counts.records++;
    return r->next_seq++;
}

/* Fields of StreamRecord. */
static size_t put_head(uint8_t *out, size_t room, uint32_t partition,
                       const struct record *rec)
{
    struct pb_out o = {out, out + room, false};

    pb_given(&o, 1, partition);
    pb_given(&o, 2, (int64_t)rec->seq);
    pb_given(&o, 3, rec->journal_ms);
    pb_given(&o, 4, rec->wall_ms);
    pb_given(&o, 6, (int64_t)rec->epoch);
    assert(!o.full);
    return (size_t)(o.at - out);
}

/* Records.records is field 1; its value is the head and the two parts. */
void stream_append(struct bytes *body, uint32_t partition,
                   const struct record *rec)
{
    struct slice input = rec->parts[RECORD_INPUT],
                 decisions = rec->parts[RECORD_DECISIONS];
    uint8_t head[HEAD_BYTES];
    size_t size = put_head(head, sizeof head, partition, rec);
    size_t most = 2 * PB_VARINT_MAX + size + input.size + decisions.size;
    uint8_t *room = bytes_reserve(body, most);
    struct pb_out o = {room, room + most, !room};

    if (!room)
        return; /* body->status says it */
    pb_tag(&o, 1, PB_BYTES);
    pb_raw_varint(&o, size + input.size + decisions.size);
    pb_raw(&o, head, size);
    pb_raw(&o, input.data, input.size);
    pb_raw(&o, decisions.data, decisions.size);
    assert(!o.full);
    body->size += (size_t)(o.at - room);
}

/* What the batch says goes out before its answers, in frames of its own, none
 * of them larger than what a reader decodes. */
static void stream_batch(struct router *r)
{
    struct outgoing *m = NULL;

    for (size_t i = 0; i < r->flying->count; i++) {
        const struct record *rec = &r->flying->records[i];
        if (!m || m->body.size + record_size(rec) + 64 > STREAM_BODY_BYTES ||
            rec->seq - m->span.first == LIMIT_FETCH_RECORDS) {
            m = outbox_add(&r->stream, WIRE_STREAM, r->options.partition);
            m->has_span = true;
            m->span.first = rec->seq;
        }
        stream_append(&m->body, r->options.partition, rec);
        if (m->body.status != STATUS_OK)
            abort();
        m->span.last = rec->seq;
    }
    r->ticked_ms = clock_monotonic_ms(r->clock);
}

/* A pair of moments of both clocks, so that a start on the same boot of the
 * machine can tell how long it was away. */
void batch_note_clock(struct router *r)
{
    uint8_t row[ROUTER_CLOCK_ROW];

    if (r->time.drill)
        return;
    memcpy(row, r->boot_id, sizeof r->boot_id);
    put_u64(row + 16, (uint64_t)r->time.boot_ms);
    put_u64(row + 24, (uint64_t)r->time.now_ms);
    state_put(r->ledger->state, STATE_META, slice_of_text("router.clock"),
              slice_of(row, sizeof row));
}

/* The state in memory is ahead of the journal then: only a start from what is
 * durable is right. */
static _Noreturn void journal_failed(const struct error *err)
{
    log_error("JOURNAL", "%s -> the router ends, recovery is the start path",
              err->text);
    abort();
}

/* The other batch is in hand from here on. */
static void turn_over(struct router *r)
{
    r->flying = r->batch;
    r->flying->count = r->record_count;
    r->batch = &r->batches[r->flying == &r->batches[0]];
    arena_reset(&r->batch->arena);
    r->record_count = r->record_bytes = 0;
}

static void hand_over(struct router *r)
{
    struct error err;

    assert(!r->flying && !r->parted);
    world_settle(r->world);
    batch_note_clock(r);
    state_set_applied(r->ledger->state, r->next_seq - 1);
    if (ledger_hand_over(r->ledger, r->batch->records, r->record_count,
                         &r->ticket, &err) != STATUS_OK)
        journal_failed(&err);
    turn_over(r);
    stream_batch(r);
    r->counts.batches++;
}

static void release(struct router *r, struct outbox *answers)
{
    outbox_release(&r->stream, r->options.send, r->options.send_context);
    outbox_release(answers, r->options.send, r->options.send_context);
}

/* The batch under way is durable, or it is still on its way. */
static void land(struct router *r, bool wait)
{
    struct error err;
    uint64_t durable;

    if (!r->flying)
        return;
    if (journal_next(r->ledger->journal, wait ? r->ticket : 0, &durable,
                     &err) != STATUS_OK)
        journal_failed(&err);
    if (durable < r->ticket)
        return;
    r->durable = r->ticket;
    r->flying = NULL;
    if (r->parted)
        release(r, &r->waiting);
    r->parted = false;
}

void batch_commit(struct router *r)
{
    land(r, true);
    if (!r->record_count)
        return;
    hand_over(r);
    land(r, true);
}

bool batch_may_go(struct router *r)
{
    land(r, false);
    return !r->flying;
}

void batch_step(struct router *r)
{
    land(r, r->record_count && !router_has_room(r));
    if (r->record_count && !r->flying) {
        hand_over(r);
        land(r, false);
    }
}

void batch_release(struct router *r)
{
    if (!r->flying && !r->record_count)
        release(r, &r->out);
}
