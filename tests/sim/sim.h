/* sim - the whole of Yinuo in one process, one thread and one seed.
 *
 *   stations   desks   reader            the journal and the state below it are
 *       \        |       /               the product's; what stands for disks,
 *        net: lost, doubled, late        sockets and clocks is here
 *                |
 *   tiers --- broker --- net --- router --- ledger shim --- journal, state
 *                                  |
 *                                oracle: reads what became durable, keeps a
 *                                model of its own, objects
 *
 * Everything that happens is one entry of one queue, in the order of its time;
 * whatever chance decides comes from one generator. A run is thus had again
 * from its seed, word for word (--seed N --story).
 *
 * Durable halves of parties (a station's outbox, the journal, the state's last
 * checkpoint, a reader's cursor) outlive their crashes; the rest is lost.
 *
 * Time     Virtual ms since the start, `now_ms`; wall time is EPOCH_MS later.
 * Memory   A run owns all it makes and gives it back in sim_free().
 * Errors   sim_fail() keeps the first objection and ends the run.
 * Threads  One, and nothing below it may start another.
 * Source   issue 2, point 10; design section 10.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/frames.h"
#include "base/random.h"
#include "broker/core.h"
#include "proto/codec.h"
#include "tests/sim/faults.h"

enum {
    STATIONS_MAX = 3,
    TIERS = 4,
    DESKS = 2,
    PARTIES_MAX = 2 + STATIONS_MAX + TIERS + DESKS + 1,
    PARTITION = 0,
    NAME_ROOM = 24,
};

#define EPOCH_MS 1456819200000LL /* 2016-03-01T08:00:00Z */

struct sim;
struct party;
struct packet;
struct oracle;
struct story;

/* Which socket a message comes in by. */
enum door { DOOR_FRONT, DOOR_BACK, DOOR_STREAM };

struct party_ops {
    void (*start)(struct party *p); /* from its durable half */
    void (*crash)(struct party *p); /* the volatile half goes */
    void (*receive)(struct party *p, struct packet *packet);
    void (*wake)(struct party *p);
    void (*free)(struct party *p); /* both halves */
};

struct party {
    const struct party_ops *ops;
    struct sim *sim;
    char name[NAME_ROOM];
    uint8_t number; /* among the parties; part of its route */
    bool up;
    bool cut;      /* nothing reaches it or leaves it for a while */
    uint32_t life; /* counts starts: what was sent to an earlier one is lost */
    int64_t wake_ms;
    uint64_t wake_order; /* of the entry that counts; earlier ones are stale */
    enum sim_fault crash_fault;
};

/* What a seed decides before anything happens. Rates are per 10,000. */
struct plan {
    uint64_t seed;
    bool real_ledger; /* LMDB for the journal too */
    uint32_t stations;
    int64_t chaos_ms;    /* faults until then */
    int64_t calm_ms_max; /* everything must have come to rest by then */
    uint32_t lose, twice, late, overtake;
    int64_t late_ms_max;
    uint32_t
        crash[FAULT_COUNT]; /* by the party's fault: mean pause, s; 0: never */
    uint32_t ledger_faults; /* mean pause, s; 0: never */
    uint32_t space_faults;
    uint32_t clock_steps, clock_days;
    uint32_t cuts;
    uint32_t outbox_errors;
    uint32_t failed_pages;
    uint32_t poison;    /* of events and cases */
    uint32_t publish_s; /* mean pause of a station */
    uint32_t answer;    /* of pages that a person answers, per 10,000 */
    int64_t answer_ms_max;
    int64_t state_age_ms; /* of checkpoints */
};

/* What is wrong on purpose, to see whether it is noticed (docs/simulator.md).
 */
enum breakage {
    BREAK_NOTHING,
    BREAK_EARLY_ACK,
    BREAK_GENERATION,
    BREAK_TIMER_ROW,
    BREAK_CURSOR
};

struct sim_options {
    uint64_t seed;
    bool story;     /* keep one */
    bool story_out; /* and print it as it goes */
    enum breakage breakage;
    const char *by;  /* only an objection that begins so counts; NULL */
    const char *dir; /* an empty directory of one's own */
    const char *pack;
};

struct sim {
    struct sim_options options;
    struct plan plan;
    struct random_seeded chance;
    const struct random *random;
    struct clock_manual clock;
    int64_t now_ms;
    bool calm; /* the faults have stopped */

    struct queue *queue;
    int64_t last_ms[PARTIES_MAX][PARTIES_MAX][3]; /* arrivals stay in order */
    struct story *story;
    struct oracle *oracle;
    size_t party_count;
    struct party *parties[PARTIES_MAX];
    struct party *broker, *router, *reader;
    struct party *stations[STATIONS_MAX], *tiers[TIERS], *desks[DESKS];

    bool failed;
    char failure[1024];
    uint64_t steps;
    uint64_t faults[FAULT_COUNT];
    uint64_t sights[SIGHT_COUNT];
};

/* --- sim.c --- */

/* The one that runs, for what comes from outside: logs, signals. */
extern struct sim *sim_running;

/* Runs it to its end; false when an invariant failed. */
bool sim_run(const struct sim_options *options, struct sim **s);
void sim_free(struct sim **s);
void sim_fail(struct sim *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The party is woken then at the latest; an earlier wish stands. */
void sim_wake(struct party *p, int64_t at_ms);
void sim_crash(struct party *p, const char *why);
int64_t sim_wall_ms(const struct sim *s);

bool chance_in(struct sim *s, uint32_t per_10000);
uint64_t chance_below(struct sim *s, uint64_t n);
int64_t chance_ms(struct sim *s, int64_t from_ms, int64_t to_ms);

/* --- plan.c --- */

void plan_make(struct plan *plan, uint64_t seed);
void plan_format(const struct plan *plan, char *out, size_t room);
/* One tick of fate, every second of the chaos. */
void plan_strike(struct sim *s);
/* Everything comes up and stays up. */
void plan_calm(struct sim *s);

/* --- queue.c: what is to happen, by time --- */

struct packet {
    struct party *from, *to;
    uint32_t from_life, to_life;
    enum door door;
    struct frames frames;
};

enum entry_kind { ENTRY_WAKE, ENTRY_PACKET, ENTRY_FATE, ENTRY_START };

struct entry {
    int64_t at_ms;
    uint64_t order;
    enum entry_kind kind;
    struct party *party;
    struct packet *packet;
};

struct queue *queue_new(void);
void queue_free(struct queue **q);
uint64_t queue_put(struct queue *q, const struct entry *e);
bool queue_take(struct queue *q, struct entry *out);
void packet_free(struct packet **p);

/* --- net.c --- */

/* False: nobody is there, the socket would not take it. Frames are emptied. */
bool net_send(struct party *from, struct party *to, enum door door,
              struct frames *f);
void net_deliver(struct sim *s, struct packet *p);
/* "EVENTS#3 1..4" */
void net_describe(const struct frames *f, size_t header_at, char *out,
                  size_t room);

/* --- a client's words --- */

/* [header][body] to the broker's front door. */
bool client_say(struct party *p, enum wire_kind kind, uint64_t request_id,
                const ProtobufCMessage *message);
bool client_hello(struct party *p, enum wire_role role, uint32_t tier);

/* --- the parties --- */

struct party *broker_party(struct sim *s);
struct party *router_party(struct sim *s);
struct party *station_party(struct sim *s, uint32_t number);
struct party *tier_party(struct sim *s, uint32_t tier);
struct party *desk_party(struct sim *s, uint32_t number);
struct party *reader_party(struct sim *s);

/* The reader has connected its SUB socket. */
void broker_subscriber(struct party *broker, struct party *reader);

/* Of the router: faults that are planned, and what the oracle looks at. */
void router_plan_crash(struct party *p, unsigned after_points);
void router_plan_ledger(struct party *p, enum sim_fault fault);
void router_plan_space(struct party *p, enum sim_fault fault, int64_t until_ms);
void router_step_clock(struct party *p, int64_t by_ms);
/* By a day, forward or back, until it is put right. */
void router_step_day(struct party *p, bool back, int64_t until_ms);
/* How far its wall clock has ever been ahead, without that. */
int64_t router_clock_lead_ms(const struct party *p);
/* Does deciding this end the process? Then it does not come back. */
struct world_input;
void router_decides(struct party *p, const struct world_input *in);
/* No fault is planned any more. */
void router_calm(struct party *p);

void station_lose_outbox(struct party *p);
bool station_is_drained(const struct party *p, char *why, size_t room);
/* A page was shown to a person: he may answer. */
void desk_shown(struct sim *s, const Yinuo__V1__Page *page);
bool desk_is_idle(const struct party *p);
/* In the calm people end what is open. */
void desk_tidy(struct sim *s);

/* --- story.c --- */

struct story *story_new(bool print);
void story_free(struct story **s);
bool story_on(const struct sim *s);
void story_tell(struct sim *s, const char *who, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The last lines, oldest first. */
void story_tail(const struct story *s, size_t lines);

#endif
