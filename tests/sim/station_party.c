/* station_party - the delivery of a station's client library, over an outbox
 * that we own: what was published is on its disk, what it knew is not.
 *
 * The outbox: event i has number i + 1; up to `settled` all is final. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/event.h"
#include "station/delivery.h"
#include "tests/sim/oracle.h"

enum { CASES_KEPT = 24 };

struct station_party {
    struct party party; /* first */
    uint32_t number;

    /* the disk */
    uint64_t epoch, settled, last;
    struct bytes *events;
    size_t room;
    uint64_t told_refused; /* dead letters up to here were looked at */
    uint32_t cases_made;
    char cases[CASES_KEPT][32];
    uint32_t promises_made;
    struct bytes sent; /* the last message of events */
    struct bytes gone; /* ... of an outbox that is lost: told once more */
    uint32_t ghosts;

    /* the process */
    struct delivery delivery;
    bool ready;
    int64_t publish_ms;
};

static struct station_party *self_of(struct party *p)
{
    return (struct station_party *)p;
}

static int64_t mono_ms(const struct sim *s)
{
    return clock_monotonic_ms(&s->clock.clock);
}

/* --- the outbox --- */

static bool outbox_fails(struct station_party *n)
{
    struct sim *s = n->party.sim;

    if (s->calm || !chance_in(s, s->plan.outbox_errors))
        return false;
    s->faults[FAULT_OUTBOX_ERROR]++;
    return true;
}

static enum status store_ends(void *state, uint32_t partition,
                              uint64_t *settled, uint64_t *last)
{
    struct station_party *n = state;

    (void)partition;
    if (n->ready && outbox_fails(n))
        return STATUS_IO;
    *settled = n->settled;
    *last = n->last;
    return STATUS_OK;
}

static size_t store_read(void *state, uint32_t partition, uint64_t first,
                         uint64_t last, size_t bytes_max, struct arena *arena,
                         ProtobufCBinaryData *list)
{
    struct station_party *n = state;
    size_t count = 0, used = 0;

    (void)partition;
    if (outbox_fails(n))
        return 0;
    for (uint64_t i = first; i <= last; i++, count++) {
        struct slice event = bytes_slice(&n->events[i - 1]);
        if (count && used + event.size + 8 > bytes_max)
            break;
        struct slice copy = arena_copy(arena, event);
        list[count] =
            (ProtobufCBinaryData){copy.size, (uint8_t *)(uintptr_t)copy.data};
        used += event.size + 8;
    }
    return count;
}

static enum status store_refuse(void *state, uint32_t partition,
                                uint64_t sequence, uint32_t code,
                                const char *text, const char *field)
{
    struct station_party *n = state;

    (void)partition;
    (void)text;
    (void)field;
    if (outbox_fails(n))
        return STATUS_IO;
    oracle_refused(n->party.sim->oracle, n->party.name, n->epoch, sequence,
                   code);
    return STATUS_OK;
}

static enum status store_bury(void *state, uint32_t partition,
                              uint64_t sequence, uint32_t code,
                              const char *text)
{
    struct station_party *n = state;

    (void)partition;
    sim_fail(n->party.sim, "%s buries number %" PRIu64 ": %s, %s",
             n->party.name, sequence, refusal_name(code), text);
    return STATUS_OK;
}

static enum status store_settle(void *state, uint32_t partition, uint64_t to)
{
    struct station_party *n = state;

    (void)partition;
    if (outbox_fails(n))
        return STATUS_IO;
    oracle_settled(n->party.sim->oracle, n->party.name, n->epoch, to);
    n->settled = to;
    return STATUS_OK;
}

void station_lose_outbox(struct party *p)
{
    struct station_party *n = self_of(p);

    p->sim->faults[FAULT_OUTBOX_LOST]++;
    oracle_lost(p->sim->oracle, p->name, n->epoch);
    story_tell(p->sim, p->name, "its outbox is lost -> a new one begins");
    for (uint64_t i = 0; i < n->last; i++)
        bytes_fini(&n->events[i]);
    if (n->sent.size) {
        bytes_reset(&n->gone);
        bytes_append(&n->gone, bytes_slice(&n->sent));
    }
    n->epoch++;
    n->settled = n->last = 0;
}

/* --- what a station tells --- */

static void put_text(Yinuo__V1__Event *e, const char *name, const char *text,
                     struct arena *arena)
{
    struct event_value v = {.type = EVENT_TEXT, .text = text};

    if (event_set(e, name, &v, arena, NULL) != REFUSAL_NONE)
        abort();
}

static void put_flag(Yinuo__V1__Event *e, const char *name, bool flag,
                     struct arena *arena)
{
    struct event_value v = {.type = EVENT_FLAG, .number = flag};

    if (event_set(e, name, &v, arena, NULL) != REFUSAL_NONE)
        abort();
}

static void put_time(Yinuo__V1__Event *e, const char *name, int64_t at_ms,
                     struct arena *arena)
{
    struct event_value v = {.type = EVENT_TIME, .number = at_ms};

    if (event_set(e, name, &v, arena, NULL) != REFUSAL_NONE)
        abort();
}

/* Whose id ends so kills the router that decides on it. */
static const char *poison(struct sim *s)
{
    return chance_in(s, s->plan.poison) ? "!" : "";
}

static Yinuo__V1__Event *open_case(struct station_party *n, struct arena *arena)
{
    static const char *const severities[] = {"S1", "S2", "S2",
                                             "S3", "S3", "S4"};
    struct sim *s = n->party.sim;
    Yinuo__V1__Event *e = event_new("case.opened", arena);
    char *id = n->cases[n->cases_made++ % CASES_KEPT];

    snprintf(id, sizeof n->cases[0], "C-%u-%u%s", n->number + 1, n->cases_made,
             poison(s));
    put_text(e, "case_id", id, arena);
    put_text(e, "severity", severities[chance_below(s, 6)], arena);
    put_text(e, "symptom", "it does not start any more", arena);
    put_text(e, "customer_id", id, arena);
    if (chance_below(s, 3))
        put_text(e, "owner", chance_below(s, 2) ? "eng-a" : "eng-b", arena);
    return e;
}

static Yinuo__V1__Event *promise(struct station_party *n, struct arena *arena)
{
    struct sim *s = n->party.sim;
    bool made = !n->promises_made || chance_below(s, 3) > 0;
    Yinuo__V1__Event *e =
        event_new(made ? "promise.made" : "promise.kept", arena);
    char id[24];

    if (made)
        n->promises_made++;
    snprintf(id, sizeof id, "P%u", n->promises_made);
    put_text(e, "promise_id", id, arena);
    if (!made)
        return e;
    put_text(e, "what", "the part", arena);
    put_time(e, "due", sim_wall_ms(s) + chance_ms(s, 10000, 120000), arena);
    put_flag(e, "accepted_by_customer", true, arena);
    return e;
}

static Yinuo__V1__Event *other(struct station_party *n, struct arena *arena)
{
    struct sim *s = n->party.sim;
    Yinuo__V1__Event *e;

    switch (chance_below(s, 13)) {
    case 0:
    case 1:
    case 2:
        return promise(n, arena);
    case 3:
    case 4:
        e = event_new("customer.contacted", arena);
        put_flag(e, "two_way", chance_below(s, 4) > 0, arena);
        return e;
    case 5:
    case 6:
        e = event_new("customer.redirected", arena);
        put_text(e, "from", "the counter", arena);
        return e;
    case 7:
        e = event_new("media.requested", arena);
        put_text(e, "outlet", "Channel 4", arena);
        return e;
    case 8:
        e = event_new("case.resolved", arena);
        put_text(e, "cause", "a fuse", arena);
        return e;
    case 9:
        return event_new("case.reopened", arena);
    case 10:
        e = event_new("case.reassigned", arena);
        put_text(e, "to", chance_below(s, 2) ? "eng-a" : "eng-b", arena);
        return e;
    case 11:
        e = event_new("staff.departed", arena);
        put_text(e, "person", chance_below(s, 2) ? "eng-a" : "eng-b", arena);
        return e;
    default:
        return event_new(chance_below(s, 2) ? "no.such.kind" : "case.waiting",
                         arena);
    }
}

static Yinuo__V1__Event *event_of(struct station_party *n, struct arena *arena)
{
    struct sim *s = n->party.sim;
    uint32_t known = n->cases_made < CASES_KEPT ? n->cases_made : CASES_KEPT;
    Yinuo__V1__Event *e;

    if (!known || chance_below(s, 4) == 0)
        return open_case(n, arena);
    e = other(n, arena);
    if (strcmp(e->kind, "staff.departed") == 0 && chance_below(s, 2))
        return e; /* it names a person and no case */
    put_text(e, "case_id", n->cases[chance_below(s, known)], arena);
    return e;
}

/* Published is what is on the disk. */
static void publish(struct station_party *n)
{
    struct sim *s = n->party.sim;
    struct arena arena;
    char words[40];

    arena_init(&arena, LIMIT_DECODE_BYTES);
    Yinuo__V1__Event *e = event_of(n, &arena);
    snprintf(words, sizeof words, "%s-%" PRIu64 "-%" PRIu64 "%s", n->party.name,
             n->epoch, n->last + 1, poison(s));
    put_text(e, "id", words, &arena);
    snprintf(words, sizeof words, "ST-%u", n->number + 1);
    put_text(e, "station", words, &arena);
    put_text(e, "region", "NORTH", &arena);
    e->has_at_ms = 1;
    e->at_ms = sim_wall_ms(s);
    e->has_source = 1;
    e->source = YINUO__V1__SOURCE__SOURCE_STATION;
    if (n->last == n->room) {
        size_t had = n->room;
        n->room = had ? 2 * had : 64;
        n->events = realloc(n->events, n->room * sizeof *n->events);
        if (!n->events)
            abort();
        memset(n->events + had, 0, (n->room - had) * sizeof *n->events);
    }
    struct bytes *out = &n->events[n->last];
    bytes_reset(out);
    if (codec_encode(&e->base, out) != STATUS_OK)
        abort();
    n->last++;
    oracle_stored(s->oracle, n->party.name, n->epoch, n->last,
                  bytes_slice(out));
    story_tell(s, n->party.name, "publishes %" PRIu64 ": %s %s", n->last,
               e->kind, e->case_id ? e->case_id : "");
    arena_fini(&arena);
}

/* --- the process --- */

/* A copy of the outbox that was thought lost is found and started. */
static void send_ghost(struct station_party *n)
{
    uint8_t head[WIRE_HEADER_SIZE];
    struct wire_header header = {.version = WIRE_VERSION,
                                 .kind = WIRE_EVENTS,
                                 .partition = PARTITION,
                                 .request_id = (1ull << 40) + n->ghosts++};
    struct frames f;

    frames_init(&f);
    wire_header_encode(&header, head);
    if (frames_add(&f, slice_of(head, sizeof head)) != STATUS_OK ||
        frames_add(&f, bytes_slice(&n->gone)) != STATUS_OK)
        abort();
    (void)net_send(&n->party, n->party.sim->broker, DOOR_FRONT, &f);
    frames_fini(&f);
    bytes_reset(&n->gone);
}

static enum status port_send(void *state, struct frames *f)
{
    struct station_party *n = state;
    struct slice head = frames_slice(f, 0);
    struct wire_header header;

    if (wire_header_decode(head.data, head.size, &header) == REFUSAL_NONE &&
        header.kind == WIRE_EVENTS) {
        if (n->gone.size && n->settled)
            send_ghost(n);
        bytes_reset(&n->sent);
        bytes_append(&n->sent, frames_slice(f, 1));
    }
    return net_send(&n->party, n->party.sim->broker, DOOR_FRONT, f)
               ? STATUS_OK
               : STATUS_BUSY;
}

/* A new connection: a new route. */
static void port_reconnect(void *state)
{
    struct station_party *n = state;

    n->party.life++;
}

static void start(struct party *p)
{
    struct station_party *n = self_of(p);
    struct delivery_settings set = {.identity = p->name,
                                    .program = "sim",
                                    .role = WIRE_ROLE_STATION,
                                    .epoch = n->epoch,
                                    .partitions = {PARTITION},
                                    .partition_count = 1,
                                    .clock = &p->sim->clock.clock,
                                    .random = p->sim->random,
                                    .store = {.state = n,
                                              .ends = store_ends,
                                              .read = store_read,
                                              .refuse = store_refuse,
                                              .bury = store_bury,
                                              .settle = store_settle},
                                    .port = {n, port_send, port_reconnect}};

    if (delivery_init(&n->delivery, &set, mono_ms(p->sim)) != STATUS_OK)
        abort();
    n->ready = true;
    if (!n->publish_ms)
        n->publish_ms = p->sim->now_ms;
}

static void crash(struct party *p)
{
    struct station_party *n = self_of(p);

    delivery_fini(&n->delivery);
    n->ready = false;
    if (!p->sim->calm && chance_below(p->sim, 3) == 0)
        station_lose_outbox(p);
}

static void go_on(struct station_party *n)
{
    struct sim *s = n->party.sim;

    if (!s->calm && s->now_ms >= n->publish_ms) {
        uint64_t burst = chance_below(s, 10) ? 1 : 1 + chance_below(s, 40);
        while (burst--)
            publish(n);
        n->publish_ms =
            s->now_ms + chance_ms(s, 1, (int64_t)s->plan.publish_s * 2000);
    }
    int64_t wait_ms = delivery_tick(&n->delivery, mono_ms(s)) - mono_ms(s);
    int64_t wake_ms = s->now_ms + wait_ms + chance_ms(s, 0, 300);
    if (!s->calm && n->publish_ms < wake_ms)
        wake_ms = n->publish_ms;
    sim_wake(&n->party, wake_ms);
}

static void receive(struct party *p, struct packet *packet)
{
    struct station_party *n = self_of(p);

    delivery_receive(&n->delivery, &packet->frames, mono_ms(p->sim));
    sim_wake(p, p->sim->now_ms);
}

static void wake(struct party *p)
{
    go_on(self_of(p));
}

bool station_is_drained(const struct party *p, char *why, size_t room)
{
    const struct station_party *n = (const struct station_party *)p;

    if (n->settled == n->last)
        return true;
    snprintf(why, room, "%s has %" PRIu64 " events that are not final: %s",
             p->name, n->last - n->settled, n->delivery.text);
    return false;
}

static void release(struct party *p)
{
    struct station_party *n = self_of(p);

    if (n->ready)
        delivery_fini(&n->delivery);
    for (size_t i = 0; i < n->room; i++)
        bytes_fini(&n->events[i]);
    free(n->events);
    bytes_fini(&n->sent);
    bytes_fini(&n->gone);
    free(n);
}

struct party *station_party(struct sim *s, uint32_t number)
{
    static const struct party_ops ops = {start, crash, receive, wake, release};
    struct station_party *n = calloc(1, sizeof *n);

    if (!n)
        abort();
    n->party = (struct party){
        .ops = &ops, .sim = s, .crash_fault = FAULT_STATION_CRASH};
    snprintf(n->party.name, sizeof n->party.name, "ST-%u", number + 1);
    n->number = number;
    n->epoch = 1;
    return &n->party;
}
