/* lane - pages on their way to the workers of a tier.
 *
 * A worker says how many pages it can take (CREDIT, absolute, and again with
 * each beat); a page goes to the next worker that has credit, round robin. What
 * nobody can take now waits in a short queue, or goes back to the router as
 * BUSY: the router owns the lease, so nothing is lost here. Routers hear of
 * each change (LANE).
 */
#include <assert.h>
#include <string.h>

#include "broker/state.h"

static struct session *next_worker(struct broker *b, uint32_t tier)
{
    struct lane *lane = &b->lane[tier];
    for (uint32_t i = 1; i <= lane->workers; i++) {
        uint32_t at = (lane->turn + i) % lane->workers;
        struct session *s = &b->list[lane->worker[at]];
        if (s->credit > 0) {
            lane->turn = at;
            return s;
        }
    }
    return NULL;
}

static void deliver(struct broker *b, struct session *s,
                    const struct wire_header *header, zmq_msg_t *body)
{
    s->credit--;
    b->lane[s->tier].changed = true;
    b->count.pages_out++;
    session_send(b, s, header, body);
}

static void pump(struct broker *b, uint32_t tier)
{
    struct lane *lane = &b->lane[tier];
    while (lane->pages.count > 0) {
        struct session *s = next_worker(b, tier);
        if (!s)
            return;
        struct parcel *parcel = parcel_queue_pop(&lane->pages);
        deliver(b, s, &parcel->header, &parcel->body);
        parcel_free(&b->pool, &parcel);
    }
}

static void give_back(struct broker *b, const struct partition *p,
                      const struct wire_header *header, enum refusal code)
{
    Yinuo__V1__Busy busy = YINUO__V1__BUSY__INIT;
    busy.has_retry_wait_ms = busy.has_code = 1;
    busy.retry_wait_ms = LIMIT_BUSY_WAIT_MS;
    busy.code = (uint32_t)code;
    b->count.pages_returned++;
    router_send_proto(b, slice_of(p->router.route, p->router.route_size),
                      header, WIRE_BUSY, &busy.base);
}

void lane_page(struct broker *b, struct partition *p,
               const struct wire_header *header, zmq_msg_t *body)
{
    uint64_t tier;
    b->count.pages_in++;
    if (!walk_varint(body_slice(body), 4, &tier) || tier == 0 ||
        tier >= TIERS) {
        zmq_msg_close(body);
        give_back(b, p, header, REFUSAL_BAD_FIELD);
        return;
    }
    struct lane *lane = &b->lane[tier];
    struct session *s =
        lane->pages.count == 0 ? next_worker(b, (uint32_t)tier) : NULL;
    if (s) {
        deliver(b, s, header, body);
        return;
    }
    struct parcel *parcel = NULL;
    if (lane->pages.count < b->set.lane_pages && lane->workers > 0)
        parcel = parcel_new(&b->pool, 0, header, body);
    if (!parcel) {
        zmq_msg_close(body);
        give_back(b, p, header, REFUSAL_BUSY);
        return;
    }
    parcel_queue_push(&lane->pages, parcel);
    lane->changed = true;
}

static bool is_page(const struct parcel *parcel, void *state)
{
    struct slice id;
    return walk_bytes(body_slice(&parcel->body), 1, &id) &&
           slice_equal(id, *(const struct slice *)state);
}

/* A worker may go while it is told: from the last one down, so that nobody is
 * left out. */
static void tell_workers(struct broker *b, const struct lane *lane,
                         const struct wire_header *header, zmq_msg_t *body)
{
    for (uint32_t i = lane->workers; i-- > 0;) {
        zmq_msg_t copy;
        zmq_msg_init(&copy);
        if (i < lane->workers && zmq_msg_copy(&copy, body) == 0)
            session_send(b, &b->list[lane->worker[i]], header, &copy);
        else
            zmq_msg_close(&copy);
    }
}

/* Out of the queues; and every worker hears of it, because the broker does not
 * remember who got which page. */
void lane_withdraw(struct broker *b, const struct wire_header *header,
                   zmq_msg_t *body)
{
    struct slice id;
    if (!walk_bytes(body_slice(body), 1, &id)) {
        zmq_msg_close(body);
        return;
    }
    for (uint32_t tier = 1; tier < TIERS; tier++) {
        struct lane *lane = &b->lane[tier];
        if (lane->pages.count == 0)
            continue;
        size_t out = parcel_queue_sift(&lane->pages, &b->pool, is_page, &id);
        b->count.pages_withdrawn += out;
        lane->changed |= out > 0;
    }
    for (uint32_t tier = 1; tier < TIERS; tier++)
        tell_workers(b, &b->lane[tier], header, body);
    zmq_msg_close(body);
}

static bool worker_joins(struct broker *b, struct session *s)
{
    struct lane *lane = &b->lane[s->tier];
    if (lane->workers == WORKERS)
        return false;
    lane->worker[lane->workers++] = (uint32_t)(s - b->list);
    lane->changed = true;
    s->worker = true;
    return true;
}

void lane_worker_gone(struct broker *b, struct session *s)
{
    struct lane *lane = &b->lane[s->tier];
    if (!s->worker)
        return;
    for (uint32_t i = 0; i < lane->workers; i++)
        if (&b->list[lane->worker[i]] == s)
            lane->worker[i] = lane->worker[--lane->workers];
    lane->changed = true;
}

/* True if that is news: workers say the same with each beat. */
static bool take_credit(struct session *s, const Yinuo__V1__Credit *credit)
{
    char channels[CHANNELS][sizeof(s->channels[0])] = {{0}};
    for (size_t i = 0; i < credit->n_channels && i < CHANNELS; i++)
        strncpy(channels[i], credit->channels[i], sizeof(channels[i]) - 1);
    if (s->credit == credit->pages &&
        memcmp(s->channels, channels, sizeof(channels)) == 0)
        return false;
    s->credit = credit->pages;
    memcpy(s->channels, channels, sizeof(channels));
    return true;
}

void lane_credit(struct broker *b, struct session *s, struct slice body)
{
    const Yinuo__V1__Credit *credit =
        codec_decode(&yinuo__v1__credit__descriptor, body, &b->arena, NULL);
    uint32_t tier = s->tier;
    if (credit && credit->has_tier)
        tier = (uint32_t)credit->tier;
    if (!credit || tier == 0 || tier >= TIERS || (s->tier && s->tier != tier)) {
        count_refusal(b, REFUSAL_MALFORMED);
        return;
    }
    s->tier = (uint8_t)tier;
    if (!s->worker && !worker_joins(b, s)) {
        count_refusal(b, REFUSAL_TOO_MANY);
        return;
    }
    b->lane[tier].changed |= take_credit(s, credit);
    pump(b, tier);
}

static bool is_of(const struct parcel *parcel, void *state)
{
    return parcel->header.partition == *(const uint32_t *)state;
}

void lane_router_gone(struct broker *b, struct partition *p)
{
    for (uint32_t tier = 1; tier < TIERS; tier++) {
        size_t out = parcel_queue_sift(&b->lane[tier].pages, &b->pool, is_of,
                                       &p->number);
        b->lane[tier].changed |= out > 0;
        b->count.pages_withdrawn += out;
    }
}

/* ---- what routers hear ---- */

struct lane_state {
    Yinuo__V1__Lane message;
    char *channels[CHANNELS];
};

static void add_channels(struct lane_state *l, struct session *s)
{
    for (size_t i = 0; i < CHANNELS && s->channels[i][0]; i++) {
        size_t k = 0;
        while (k < l->message.n_channels &&
               strcmp(l->channels[k], s->channels[i]) != 0)
            k++;
        if (k == l->message.n_channels && k < CHANNELS)
            l->channels[l->message.n_channels++] = s->channels[i];
    }
}

static void describe(struct broker *b, uint32_t tier, struct lane_state *l)
{
    const struct lane *lane = &b->lane[tier];
    uint64_t credit = 0;
    yinuo__v1__lane__init(&l->message);
    l->message.channels = l->channels;
    for (uint32_t i = 0; i < lane->workers; i++) {
        struct session *s = &b->list[lane->worker[i]];
        l->message.workers++;
        credit += s->credit;
        add_channels(l, s);
    }
    credit = credit > lane->pages.count ? credit - lane->pages.count : 0;
    l->message.has_tier = l->message.has_workers = 1;
    l->message.has_credit = l->message.has_waiting = 1;
    l->message.tier = tier;
    l->message.credit = credit > UINT32_MAX ? UINT32_MAX : (uint32_t)credit;
    l->message.waiting = (uint32_t)lane->pages.count;
}

static void tell(struct broker *b, struct partition *p, uint32_t tier)
{
    struct lane_state l;
    struct wire_header header = {.partition = p->number};
    describe(b, tier, &l);
    router_send_proto(b, slice_of(p->router.route, p->router.route_size),
                      &header, WIRE_LANE, &l.message.base);
}

void lane_tell_all(struct broker *b, struct partition *p)
{
    for (uint32_t tier = 1; tier < TIERS && partition_served(p); tier++)
        if (tier <= p->tier_count || b->lane[tier].workers)
            tell(b, p, tier);
}

void lane_round(struct broker *b)
{
    for (uint32_t tier = 1; tier < TIERS; tier++) {
        if (!b->lane[tier].changed)
            continue;
        b->lane[tier].changed = false;
        pump(b, tier);
        b->lane[tier].changed = false;
        for (size_t i = 0; i < b->partitions; i++)
            if (partition_served(&b->partition[i]))
                tell(b, &b->partition[i], tier);
    }
}
