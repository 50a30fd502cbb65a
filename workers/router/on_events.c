#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/log.h"
#include "workers/router/internal.h"

enum { AHEAD = 3 }; /* events whose cases are fetched beforehand */

/* One message of events, while it is worked through. */
struct batch_of_events {
    const struct asker *from;
    const Yinuo__V1__EventBatch *body;
    struct slice identity;
    struct producer producer;
    Yinuo__V1__Refusal refusals[LIMIT_BATCH_EVENTS];
    Yinuo__V1__Refusal *refusal_list[LIMIT_BATCH_EVENTS];
    char texts[LIMIT_BATCH_EVENTS][160];
    size_t refusal_count;
    Yinuo__V1__Event *events[LIMIT_BATCH_EVENTS]; /* NULL: not yet, or bad */
    struct state_hint cases[LIMIT_BATCH_EVENTS];
    uint64_t gap_from;
    uint64_t last_seq;
};

static void tell_refusal(struct batch_of_events *b, uint64_t sequence,
                         enum refusal code, const char *text)
{
    Yinuo__V1__Refusal *f = &b->refusals[b->refusal_count];
    char *words = b->texts[b->refusal_count];

    yinuo__v1__refusal__init(f);
    f->has_sequence = f->has_code = 1;
    f->sequence = sequence;
    f->code = code;
    strncpy(words, text && *text ? text : refusal_sentence(code),
            sizeof b->texts[0] - 1);
    words[sizeof b->texts[0] - 1] = 0;
    f->text = words;
    b->refusal_list[b->refusal_count++] = f;
}

static void provenance(struct deed *d, const struct batch_of_events *b,
                       uint64_t sequence, uint32_t crc)
{
    d->part.producer = b->body->producer_identity;
    d->part.has_producer_epoch = d->part.has_producer_sequence =
        d->part.has_input_crc = 1;
    d->part.producer_epoch = b->body->producer_epoch;
    d->part.producer_sequence = sequence;
    d->part.input_crc = crc;
    d->part.has_role = d->part.has_proven = 1;
    d->part.role = (Yinuo__V1__Role)b->from->role;
    d->part.proven = b->from->proven;
}

/* Refused before anything is decided: its number is used up all the same. */
static void refuse_number(struct router *r, struct deed *d,
                          const struct fault *fault)
{
    Yinuo__V1__Refused refused = YINUO__V1__REFUSED__INIT;
    struct error err;

    refused.has_code = 1;
    refused.code = fault->code;
    refused.text = (char *)fault->text;
    refused.field = (char *)fault->field;
    d->part.refused = &refused;
    d->part.event = NULL; /* it may be anything: not kept */
    d->code = fault->code;
    if (apply_origin(&r->apply, r->next_seq, r->now_ms, &d->part, &err) !=
        STATUS_OK)
        abort();
    d->seq = batch_add(r, &d->part, SLICE_EMPTY, SLICE_EMPTY, SLICE_EMPTY);
    d->part.refused = NULL;
}

/* Of an event told late by a station that has more to tell, the case's timers
 * wait until all of it is in. */
static void do_event(struct router *r, struct batch_of_events *b,
                     struct deed *d)
{
    const Yinuo__V1__Event *e = d->part.event;
    bool late = e->at_ms + LIMIT_CLOCK_STEP_MS < r->now_ms;

    d->part.has_backlog_follows = d->part.backlog_follows =
        late && b->body->backlog > 0;
    deed_do(r, d);
    if (d->part.backlog_follows && e->case_id)
        backlog_hold(r->backlog, b->identity, slice_of_text(e->case_id),
                     clock_monotonic_ms(r->clock));
}

static struct slice bytes_of(const struct batch_of_events *b, size_t i)
{
    return slice_of(b->body->events[i].data, b->body->events[i].len);
}

/* The rows of the cases to come are far away in memory: they are fetched while
 * those before them are decided on. */
static void look_ahead(struct router *r, struct batch_of_events *b, size_t i)
{
    struct state *s = r->ledger->state;

    for (size_t k = i; k < i + AHEAD && k < b->body->n_events; k++)
        state_expect_more(s, &b->cases[k]);
    if (i + AHEAD >= b->body->n_events)
        return;
    i += AHEAD;
    b->events[i] = event_decode(bytes_of(b, i), &r->parse, NULL);
    b->cases[i] = STATE_HINT_NONE;
    if (b->events[i] && b->events[i]->case_id)
        state_expect(s, STATE_CASES, slice_of_text(b->events[i]->case_id),
                     &b->cases[i]);
}

static void take_event(struct router *r, struct batch_of_events *b, size_t i,
                       uint64_t sequence, uint32_t crc)
{
    struct deed d;
    struct fault fault = {0};

    deed_init(&d);
    d.part.kind = YINUO__V1__RECORD_KIND__RECORD_EVENT;
    provenance(&d, b, sequence, crc);
    d.mark = death_mark_of('e', b->identity,
                           sequence ^ b->body->producer_epoch << 20);
    d.part.event = b->events[i];
    if (!d.part.event)
        d.part.event = event_decode(bytes_of(b, i), &r->parse, &fault);
    if (d.part.event && !access_kind(d.part.event->kind)) {
        fault_set(&fault, REFUSAL_NOT_ALLOWED, "kind", NULL);
        refuse_number(r, &d, &fault);
    } else if (!d.part.event ||
               prepare_event(r, d.part.event, &fault) != REFUSAL_NONE)
        refuse_number(r, &d, &fault);
    else
        do_event(r, b, &d);
    b->last_seq = d.seq;
    producer_advance(&b->producer, b->body->producer_epoch, sequence, crc,
                     (uint16_t)d.code);
    if (d.code != REFUSAL_NONE)
        tell_refusal(b, sequence, d.code, fault.text);
}

/* False: the numbers behind it wait for one that is missing. */
static bool take_number(struct router *r, struct batch_of_events *b, size_t i)
{
    uint64_t sequence = b->body->first_sequence + i;
    uint32_t crc = crc32c_of(bytes_of(b, i));
    uint16_t code;

    switch (producer_judge(&b->producer, b->body->producer_epoch, sequence, crc,
                           &code)) {
    case PRODUCER_NEXT:
        take_event(r, b, i, sequence, crc);
        return true;
    case PRODUCER_DIFFERS:
        r->counts.differing++;
        log_error(
            "DUPLICATE-DIFFERS",
            "other bytes came under number %llu of %s -> the first ones stay",
            (unsigned long long)sequence, b->body->producer_identity);
        tell_refusal(b, sequence, REFUSAL_DUPLICATE_DIFFERS, NULL);
        return true;
    case PRODUCER_DUPLICATE:
        r->counts.duplicates++;
        if (code)
            tell_refusal(b, sequence, code, NULL);
        return true;
    case PRODUCER_GAP:
        b->gap_from = b->producer.epoch == b->body->producer_epoch
                          ? b->producer.last + 1
                          : 1;
        return false;
    case PRODUCER_STALE:
        tell_refusal(b, sequence, REFUSAL_STALE_EPOCH, NULL);
        return true;
    }
    return false;
}

/* The producer's row is written once, behind the last of them: nobody looks at
 * it meanwhile. */
static void take_numbers(struct router *r, struct batch_of_events *b)
{
    producer_load(r->ledger->state, b->identity, &b->producer);
    r->apply.producers_kept = true;
    for (size_t i = 0; i < AHEAD; i++) {
        b->events[i] = NULL;
        b->cases[i] = STATE_HINT_NONE;
    }
    for (size_t i = 0; i < b->body->n_events; i++) {
        look_ahead(r, b, i);
        if (!take_number(r, b, i))
            break;
    }
    r->apply.producers_kept = false;
    if (b->last_seq)
        producer_store(r->ledger->state, b->identity, &b->producer);
}

static void answer(struct router *r, struct batch_of_events *b)
{
    Yinuo__V1__EventsAnswer a = YINUO__V1__EVENTS_ANSWER__INIT;

    a.has_epoch = a.has_accepted_to = a.has_journal_seq = 1;
    a.epoch = b->body->producer_epoch;
    a.accepted_to =
        b->producer.epoch == b->body->producer_epoch ? b->producer.last : 0;
    a.journal_seq = b->last_seq;
    a.n_refusals = b->refusal_count;
    a.refusals = b->refusal_list;
    a.has_gap_resend_from = b->gap_from != 0;
    a.gap_resend_from = b->gap_from;
    outbox_answer(&r->out, b->from, WIRE_EVENTS_ACK, &a.base);
}

static enum refusal check(const struct router *r, const struct asker *from,
                          const Yinuo__V1__EventBatch *body)
{
    (void)r;
    if (!body->producer_identity || !*body->producer_identity ||
        !body->has_producer_epoch || !body->has_first_sequence ||
        !body->first_sequence || !body->n_events)
        return REFUSAL_MISSING_FIELD;
    if (body->n_events > LIMIT_BATCH_EVENTS)
        return REFUSAL_TOO_MANY;
    /* A station publishes as itself; whoever operates may publish for one. */
    if (from->role == WIRE_ROLE_STATION &&
        strcmp(from->identity, body->producer_identity) != 0)
        return REFUSAL_NOT_ALLOWED;
    return REFUSAL_NONE;
}

void on_events(struct router *r, const struct asker *from, struct slice bytes)
{
    struct fault fault;
    static struct batch_of_events b;
    const Yinuo__V1__EventBatch *body = codec_decode(
        &yinuo__v1__event_batch__descriptor, bytes, &r->parse, &fault);

    if (!body) {
        r->counts.refused++;
        outbox_refuse(&r->out, from, fault.code, fault.text, fault.field);
        return;
    }
    enum refusal code = check(r, from, body);
    if (code != REFUSAL_NONE) {
        r->counts.refused++;
        outbox_refuse(&r->out, from, code, NULL, NULL);
        return;
    }
    if (space_level(r->ledger->space) != SPACE_OK ||
        r->pressure == STATE_FULL) {
        outbox_busy(&r->out, from,
                    r->pressure == STATE_FULL ? REFUSAL_BUSY
                                              : REFUSAL_STORAGE_FULL);
        return;
    }
    b.from = from;
    b.body = body;
    b.identity = slice_of_text(body->producer_identity);
    b.refusal_count = 0;
    b.gap_from = b.last_seq = 0;
    if (!body->backlog)
        backlog_end(r->backlog, b.identity);
    take_numbers(r, &b);
    answer(r, &b);
}
