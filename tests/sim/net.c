/* net - messages on their way: lost, doubled, late, overtaking.
 *
 * What a crash does to a connection is done here too: a message that was sent
 * to, or by way of, an earlier life of a party is gone. Nobody there means that
 * the socket does not take it (ZMQ_IMMEDIATE). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/sim.h"

enum { QUICK_MS = 4 };

static struct packet *packet_new(struct party *from, struct party *to,
                                 enum door door, struct frames *f)
{
    struct packet *p = calloc(1, sizeof *p);

    if (!p)
        abort();
    *p = (struct packet){.from = from,
                         .to = to,
                         .from_life = from->life,
                         .to_life = to->life,
                         .door = door};
    frames_init(&p->frames);
    for (size_t i = 0; i < f->count; i++)
        if (frames_add(&p->frames, frames_slice(f, i)) != STATUS_OK)
            abort();
    return p;
}

static void put(struct sim *s, struct packet *p, bool overtakes)
{
    int64_t at_ms = s->now_ms + chance_ms(s, 0, QUICK_MS);
    int64_t *last = &s->last_ms[p->from->number][p->to->number][p->door];

    if (!s->calm && chance_in(s, s->plan.late)) {
        s->faults[FAULT_LATE]++;
        at_ms += chance_ms(s, 20, s->plan.late_ms_max);
        overtakes = overtakes || chance_below(s, 2);
    }
    if (at_ms < *last && !overtakes)
        at_ms = *last;
    if (overtakes && at_ms < *last)
        s->faults[FAULT_OVERTAKEN]++;
    if (!overtakes)
        *last = at_ms;
    queue_put(s->queue, &(struct entry){
                            .at_ms = at_ms, .kind = ENTRY_PACKET, .packet = p});
}

static size_t header_at(const struct party *from, enum door door)
{
    (void)from;
    return door == DOOR_FRONT ? 0 : 1;
}

static void tell(struct party *from, struct party *to, enum door door,
                 const struct frames *f, const char *what)
{
    char words[160], who[2 * NAME_ROOM + 4];

    if (!story_on(from->sim))
        return;
    net_describe(f, header_at(from, door), words, sizeof words);
    snprintf(who, sizeof who, "%s", from->name);
    story_tell(from->sim, who, "-> %s: %s%s", to->name, words, what);
}

static bool is_busy(const struct frames *f, size_t at)
{
    struct slice head = frames_slice(f, at);

    return head.size == WIRE_HEADER_SIZE && head.data[3] == WIRE_BUSY;
}

bool net_send(struct party *from, struct party *to, enum door door,
              struct frames *f)
{
    struct sim *s = from->sim;
    bool overtakes = !s->calm && chance_in(s, s->plan.overtake);

    s->sights[SIGHT_NOT_TAKEN] += is_busy(f, header_at(from, door));

    if (!to->up || to->cut || from->cut) {
        /* a connection that is not there, or not yet known to be gone */
        bool taken = (to->cut || from->cut) && chance_below(s, 2);
        tell(from, to, door, f, taken ? " | cut off -> lost" : " | nobody");
        frames_fini(f);
        return taken;
    }
    if (!s->calm && chance_in(s, s->plan.lose)) {
        s->faults[FAULT_LOST]++;
        tell(from, to, door, f, " | lost");
        frames_fini(f);
        return true;
    }
    put(s, packet_new(from, to, door, f), overtakes);
    if (!s->calm && chance_in(s, s->plan.twice)) {
        s->faults[FAULT_DOUBLED]++;
        tell(from, to, door, f, " | twice");
        put(s, packet_new(from, to, door, f), true);
    } else {
        tell(from, to, door, f, "");
    }
    frames_fini(f);
    return true;
}

void net_deliver(struct sim *s, struct packet *p)
{
    struct party *to = p->to;
    bool orphan = p->from->life != p->from_life;

    if (!to->up || to->life != p->to_life || to->cut)
        return;
    if (orphan && chance_below(s, 2)) /* died with its sender, or was out */
        return;
    to->ops->receive(to, p);
}

/* --- words for the story --- */

/* What tier workers say and hear. */
static void describe_work(const struct wire_header *h, void *m, char *out,
                          size_t room)
{
    switch (h->kind) {
    case WIRE_PAGE: {
        const Yinuo__V1__Page *p = m;
        snprintf(out, room, " %s S%d %s for %s", p->page_id, (int)p->severity,
                 p->case_id, p->person);
        return;
    }
    case WIRE_CREDIT:
        snprintf(out, room, " %u", ((Yinuo__V1__Credit *)m)->pages);
        return;
    case WIRE_LANE: {
        const Yinuo__V1__Lane *l = m;
        snprintf(out, room, " tier %u workers %u credit %u waiting %u", l->tier,
                 l->workers, l->credit, l->waiting);
        return;
    }
    case WIRE_RECEIPT: {
        const Yinuo__V1__Receipt *r = m;
        snprintf(out, room, " %s outcome %d", r->page_id, (int)r->outcome);
        return;
    }
    case WIRE_RECEIPT_ACK:
        snprintf(out, room, " %s", ((Yinuo__V1__ReceiptAnswer *)m)->page_id);
        return;
    case WIRE_WITHDRAW:
        snprintf(out, room, " %s", ((Yinuo__V1__Withdraw *)m)->page_id);
        return;
    default:
        return;
    }
}

static void describe_body(const struct wire_header *h, void *m, char *out,
                          size_t room)
{
    switch (h->kind) {
    case WIRE_EVENTS: {
        const Yinuo__V1__EventBatch *b = m;
        snprintf(out, room, " %" PRIu64 "..%" PRIu64, b->first_sequence,
                 b->first_sequence + b->n_events - 1);
        return;
    }
    case WIRE_EVENTS_ACK: {
        const Yinuo__V1__EventsAnswer *a = m;
        snprintf(out, room, " to %" PRIu64 "%s", a->accepted_to,
                 a->has_gap_resend_from ? " gap" : "");
        return;
    }
    case WIRE_COMMAND: {
        const Yinuo__V1__Command *c = m;
        snprintf(out, room, " %s %s %s %s", c->request_id, c->person, c->verb,
                 c->case_id ? c->case_id : "");
        return;
    }
    case WIRE_ANSWER: {
        const Yinuo__V1__Answer *a = m;
        snprintf(out, room, " %s %s seq %" PRIu64, a->request_id,
                 refusal_name(a->code), a->journal_seq);
        return;
    }
    case WIRE_BUSY:
        snprintf(out, room, " %s", refusal_name(((Yinuo__V1__Busy *)m)->code));
        return;
    case WIRE_ERROR:
        snprintf(out, room, " %s",
                 refusal_name(((Yinuo__V1__Refused *)m)->code));
        return;
    case WIRE_FETCH:
        snprintf(out, room, " after %s", ((Yinuo__V1__Fetch *)m)->cursor);
        return;
    case WIRE_RECORDS:
        snprintf(out, room, " %zu to %" PRIu64,
                 ((Yinuo__V1__Records *)m)->n_records,
                 ((Yinuo__V1__Records *)m)->complete_to);
        return;
    default:
        describe_work(h, m, out, room);
    }
}

void net_describe(const struct frames *f, size_t at, char *out, size_t room)
{
    struct slice head = frames_slice(f, at), body = frames_slice(f, at + 1);
    struct wire_header h;
    struct wire_span span;
    struct arena arena;
    int n;

    *out = 0;
    if (wire_header_decode(head.data, head.size, &h) != REFUSAL_NONE)
        return;
    const struct wire_kind_row *row = wire_kind_row(h.kind);
    n = snprintf(out, room, "%s", row ? row->name : "?");
    if (h.request_id)
        n += snprintf(out + n, room - (size_t)n, "#%" PRIu64, h.request_id);
    if (row && row->to == WIRE_TO_STREAM) {
        if (wire_span_decode(body.data, body.size, &span) == REFUSAL_NONE)
            snprintf(out + n, room - (size_t)n, " %" PRIu64 "..%" PRIu64,
                     span.first, span.last);
        return;
    }
    arena_init(&arena, LIMIT_DECODE_BYTES);
    void *m =
        row ? codec_decode(codec_type(row->body), body, &arena, NULL) : NULL;
    if (m)
        describe_body(&h, m, out + n, room - (size_t)n);
    arena_fini(&arena);
}
