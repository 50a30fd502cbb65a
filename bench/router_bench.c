/* router_bench - what deciding costs: the router alone, without broker and
 * sockets, in one process with who feeds it.
 *
 *   router_bench DIR PACK [cases=100000] [events=200000] [batch=32] [rounds=5]
 *
 * Opens the cases in a fresh ledger at DIR, then takes events as those of
 * bench/run: a two-way contact of a case chosen at random, from one of 3,000
 * producers. Prints the CPU time per event, of the deciding thread and of all
 * of them, round by round, and the least of each: that of a busy machine's best
 * moment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "proto/codec.h"
#include "proto/event.h"
#include "workers/router/router.h"

enum { EVENT_BYTES = 512, PRODUCERS = 3000, TURN_EVENTS = 512 };

struct bench {
    struct ledger *ledger;
    struct router *router;
    uint32_t cases, batch;
    uint64_t sequence[2 * PRODUCERS]; /* last sent of each */
    uint32_t next_producer;
    uint64_t seed, acked, request;
    uint8_t event[EVENT_BYTES];
    size_t event_size, case_at;
};

static void die(const char *what)
{
    fprintf(stderr, "router_bench: %s\n", what);
    exit(1);
}

static uint64_t chance(struct bench *b)
{
    b->seed ^= b->seed << 13;
    b->seed ^= b->seed >> 7;
    b->seed ^= b->seed << 17;
    return b->seed;
}

static void count_acks(void *context, struct outgoing *m)
{
    struct bench *b = context;

    if (m->header.kind == WIRE_EVENTS_ACK)
        b->acked += m->header.request_id;
    else if (m->header.kind == WIRE_BUSY || m->header.kind == WIRE_ERROR)
        die(m->header.kind == WIRE_BUSY ? "busy" : "refused");
}

/* One event with a case id of fixed width, which is patched in for each. */
static void make_event(struct bench *b, bool open)
{
    struct arena arena;
    struct bytes out = {0};
    struct fault fault;
    struct event_value yes = {.type = EVENT_FLAG, .number = 1},
                       class = {.type = EVENT_TEXT, .text = "request"},
                       direction = {.type = EVENT_TEXT, .text = "outbound"};

    arena_init(&arena, 1 << 16);
    Yinuo__V1__Event *e =
        event_new(open ? "case.opened" : "customer.contacted", &arena);
    e->id = (char *)"e";
    e->case_id = (char *)"C-0000000";
    e->station = (char *)"ST-BENCH";
    e->region = (char *)"R-1";
    e->has_source = 1;
    e->source = YINUO__V1__SOURCE__SOURCE_STATION;
    if (open ? event_set(e, "class", &class, &arena, &fault)
             : event_set(e, "two_way", &yes, &arena, &fault) ||
                   event_set(e, "direction", &direction, &arena, &fault))
        die(fault.text);
    if (codec_encode(&e->base, &out) != STATUS_OK || out.size > EVENT_BYTES)
        die("no room");
    memcpy(b->event, out.data, out.size);
    b->event_size = out.size;
    for (b->case_at = 0; memcmp(b->event + b->case_at, "C-0000000", 9) != 0;
         b->case_at++)
        ;
    bytes_fini(&out);
    arena_fini(&arena);
}

/* The message of a producer whose turn it is. first: of the cases to open. */
static void send(struct bench *b, uint32_t events, int64_t first)
{
    static uint8_t room[LIMIT_BATCH_EVENTS][EVENT_BYTES];
    static struct bytes body;
    ProtobufCBinaryData list[LIMIT_BATCH_EVENTS];
    Yinuo__V1__EventBatch batch = YINUO__V1__EVENT_BATCH__INIT;
    char identity[32], id[16];
    uint32_t p = b->next_producer++ % PRODUCERS + (first >= 0 ? PRODUCERS : 0);

    for (uint32_t i = 0; i < events; i++) {
        uint64_t n = first >= 0 ? (uint64_t)first + i : chance(b) % b->cases;

        memcpy(room[i], b->event, b->event_size);
        snprintf(id, sizeof id, "%07u", (uint32_t)(n % 10000000));
        memcpy(room[i] + b->case_at + 2, id, 7);
        list[i] = (ProtobufCBinaryData){b->event_size, room[i]};
    }
    snprintf(identity, sizeof identity, "st-%05u", p);
    batch.producer_identity = identity;
    batch.has_producer_epoch = batch.has_first_sequence = 1;
    batch.producer_epoch = 1;
    batch.first_sequence = b->sequence[p] + 1;
    batch.n_events = events;
    batch.events = list;
    b->sequence[p] += events;
    bytes_reset(&body);
    if (codec_encode(&batch.base, &body) != STATUS_OK)
        die("no memory");
    struct wire_peer peer = {.session = 1,
                             .role = WIRE_ROLE_ADMIN,
                             .identity = "bench",
                             .identity_size = 5};
    struct wire_header header = {
        .version = WIRE_VERSION, .kind = WIRE_EVENTS, .request_id = events};
    router_receive(b->router, &peer, &header, bytes_slice(&body));
}

static double cpu_s(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct cost {
    double main_us, all_us;
};

static struct cost feed(struct bench *b, uint64_t events, bool open)
{
    double main_s = cpu_s(CLOCK_THREAD_CPUTIME_ID),
           all_s = cpu_s(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t goal = b->acked + events, sent = 0, in_turn = 0;

    make_event(b, open);
    while (sent < events) {
        uint32_t n =
            events - sent < b->batch ? (uint32_t)(events - sent) : b->batch;

        while (in_turn >= TURN_EVENTS || !router_has_room(b->router)) {
            (void)router_turn(b->router, false);
            in_turn = 0;
        }
        send(b, n, open ? (int64_t)sent : -1);
        sent += n;
        in_turn += n;
    }
    while (b->acked < goal) {
        struct timespec moment = {.tv_nsec = 100000};

        (void)router_turn(b->router, false);
        nanosleep(&moment, NULL);
    }
    return (struct cost){
        (cpu_s(CLOCK_THREAD_CPUTIME_ID) - main_s) * 1e6 / (double)events,
        (cpu_s(CLOCK_PROCESS_CPUTIME_ID) - all_s) * 1e6 / (double)events};
}

static uint32_t number(int argc, char **argv, const char *key,
                       uint32_t otherwise)
{
    size_t n = strlen(key);

    for (int i = 3; i < argc; i++)
        if (strncmp(argv[i], key, n) == 0 && argv[i][n] == '=')
            return (uint32_t)strtoul(argv[i] + n + 1, NULL, 10);
    return otherwise;
}

static void start(struct bench *b, const char *dir, const char *pack)
{
    struct log_settings log = {.program = "bench", .level = LOG_WARN};
    struct ledger_options lo = {.dir = dir, .journal_thread = true};
    struct router_options ro = {
        .packs = &pack, .pack_count = 1, .send = count_acks, .send_context = b};
    struct error err;

    lo.state.hard_bytes = (size_t)1 << 30; /* nobody is too fast */
    if (log_open(&log, &err) != STATUS_OK ||
        ledger_open(&lo, &b->ledger, &err) != STATUS_OK)
        die(err.text);
    ro.ledger = b->ledger;
    if (router_open(&ro, &b->router, &err) != STATUS_OK)
        die(err.text);
}

int main(int argc, char **argv)
{
    static struct bench b = {.seed = 88172645463325252};
    struct cost best = {1e9, 1e9};

    if (argc < 3)
        die("usage: router_bench DIR PACK [cases=] [events=] [batch=] "
            "[rounds=]");
    b.cases = number(argc, argv, "cases", 100000);
    b.batch = number(argc, argv, "batch", 32);
    start(&b, argv[1], argv[2]);
    struct cost c = feed(&b, b.cases, true);

    printf("opened: %.2f us deciding, %.2f us in all\n", c.main_us, c.all_us);
    for (uint32_t i = 0; i < number(argc, argv, "rounds", 5); i++) {
        c = feed(&b, number(argc, argv, "events", 200000), false);
        printf("round %u: %.2f us deciding, %.2f us in all\n", i, c.main_us,
               c.all_us);
        if (c.main_us < best.main_us)
            best.main_us = c.main_us;
        if (c.all_us < best.all_us)
            best.all_us = c.all_us;
    }
    printf("least: %.2f us deciding, %.2f us in all\n", best.main_us,
           best.all_us);
    router_close(&b.router);
    ledger_close(&b.ledger);
    return 0;
}
