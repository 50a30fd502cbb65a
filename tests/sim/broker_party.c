/* broker_party - the broker's core with the network for its sockets.
 *
 * A route is what libzmq would make: of one connection, never the same again.
 * 5 bytes: 0, number of the party, its life (2), the broker's life. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

enum { ROUTE_BYTES = 5 };

struct broker_party {
    struct party party; /* first */
    struct access access;
    struct broker *broker;
    struct party *subscriber;
    uint32_t subscriber_life;
};

static struct broker_party *self_of(struct party *p)
{
    return (struct broker_party *)p;
}

static int64_t mono_ms(const struct sim *s)
{
    return clock_monotonic_ms(&s->clock.clock);
}

static void route_of(const struct party *broker, const struct party *client,
                     uint32_t life, uint8_t out[ROUTE_BYTES])
{
    out[0] = 0;
    out[1] = client->number;
    out[2] = (uint8_t)(life >> 8);
    out[3] = (uint8_t)life;
    out[4] = (uint8_t)broker->life;
}

/* NULL: that connection is gone. */
static struct party *party_at(struct party *broker, struct slice route)
{
    if (route.size != ROUTE_BYTES ||
        route.data[1] >= broker->sim->party_count ||
        route.data[4] != (uint8_t)broker->life)
        return NULL;
    struct party *p = broker->sim->parties[route.data[1]];
    uint32_t life = (uint32_t)route.data[2] << 8 | route.data[3];
    return p->up && (p->life & 0xffff) == life ? p : NULL;
}

static enum status publish(struct broker_party *b, struct frames *f)
{
    if (b->subscriber && b->subscriber->up &&
        b->subscriber->life == b->subscriber_life)
        (void)net_send(&b->party, b->subscriber, DOOR_STREAM, f);
    else
        frames_fini(f);
    return STATUS_OK;
}

static enum status port_send(void *state, enum broker_side side,
                             struct frames *f)
{
    struct broker_party *b = state;

    if (side == BROKER_STREAM)
        return publish(b, f);
    struct party *to = party_at(&b->party, frames_slice(f, 0));
    if (!to)
        return STATUS_UNREACHABLE;
    frames_drop_front(f, 1);
    (void)net_send(&b->party, to, side == BROKER_BACK ? DOOR_BACK : DOOR_FRONT,
                   f);
    return STATUS_OK;
}

static void start(struct party *p)
{
    struct broker_party *b = self_of(p);
    struct broker_settings set = {.port = {port_send, b},
                                  .clock = &p->sim->clock.clock,
                                  .access = &b->access,
                                  .ring_bytes = 64 * 1024,
                                  .name = "sim"};

    b->broker = broker_new(&set, mono_ms(p->sim));
    if (!b->broker)
        abort();
}

static void crash(struct party *p)
{
    struct broker_party *b = self_of(p);

    b->subscriber = NULL;
    broker_free(&b->broker);
}

static void receive(struct party *p, struct packet *packet)
{
    struct broker_party *b = self_of(p);
    uint8_t route[ROUTE_BYTES];
    struct frames f;

    route_of(p, packet->from, packet->from_life, route);
    frames_init(&f);
    if (frames_add(&f, slice_of(route, sizeof route)) != STATUS_OK)
        abort();
    for (size_t i = 0; i < packet->frames.count; i++)
        if (frames_add_frame(&f, &packet->frames, i) != STATUS_OK)
            abort();
    if (packet->door == DOOR_BACK)
        broker_back(b->broker, &f, NULL, mono_ms(p->sim));
    else
        broker_front(b->broker, &f, NULL, mono_ms(p->sim));
    broker_round(b->broker, mono_ms(p->sim));
}

/* It may wake late: a busy machine. */
static void wake(struct party *p)
{
    struct broker_party *b = self_of(p);
    int64_t next_ms = broker_tick(b->broker, mono_ms(p->sim));

    sim_wake(p, p->sim->now_ms + (next_ms - mono_ms(p->sim)) +
                    chance_ms(p->sim, 0, 400));
}

void broker_subscriber(struct party *p, struct party *reader)
{
    struct broker_party *b = self_of(p);

    if (!p->up || p->cut || reader->cut)
        return;
    if (broker_subscribe(b->broker, slice_of_text("p0-"), NULL,
                         mono_ms(p->sim))) {
        b->subscriber = reader;
        b->subscriber_life = reader->life;
    }
}

static void release(struct party *p)
{
    struct broker_party *b = self_of(p);

    broker_free(&b->broker);
    free(b);
}

struct party *broker_party(struct sim *s)
{
    static const struct party_ops ops = {start, crash, receive, wake, release};
    struct broker_party *b = calloc(1, sizeof *b);

    if (!b)
        abort();
    b->party = (struct party){.ops = &ops,
                              .sim = s,
                              .name = "broker",
                              .crash_fault = FAULT_BROKER_CRASH};
    return &b->party;
}
