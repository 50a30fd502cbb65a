/* internal - what the router's files share; for workers/router/ alone. */
#ifndef ROUTER_INTERNAL_H
#define ROUTER_INTERNAL_H

#include "base/arena.h"
#include "base/limits.h"
#include "ledger/apply.h"
#include "ledger/producers.h"
#include "ledger/requests.h"
#include "ledger/world.h"
#include "proto/codec.h"
#include "proto/event.h"
#include "workers/router/backlog.h"
#include "workers/router/death_slot.h"
#include "workers/router/journal_clock.h"
#include "workers/router/leases.h"
#include "workers/router/outgoing.h"
#include "workers/router/router.h"

/* What status shows and a restart forgets; the others are in the state. */
/* clang-format off */
#define ROUTER_COUNTS(X)                                                        \
    X(records,     "records")     /* journaled since the start    */            \
    X(batches,     "batches")     /* commits                      */            \
    X(duplicates,  "duplicates")  /* numbers that came again      */            \
    X(differing,   "differing")   /* ... with other bytes: alarm  */            \
    X(refused,     "refused")     /* messages refused unread      */            \
    X(quarantined, "quarantined") /* records that killed twice    */            \
    X(late,        "late")        /* firings later than the grace */            \
    X(expired,     "expired")     /* leases that ran out          */
/* clang-format on */

struct router_counts {
#define X(name, word) uint64_t name;
    ROUTER_COUNTS(X)
#undef X
};

struct drill {
    bool moving;
    bool firing; /* stands on a due instant until all of it is journaled */
    struct asker asker;
    char command_id[LIMIT_ID_BYTES + 1];
    int64_t until_ms;
    double speed;
    int64_t from_ms, from_mono_ms; /* where the pacing began */
};

/* boot id (16) | boot clock, ms (8) | journal time, ms (8) */
enum { ROUTER_CLOCK_ROW = 32 };

/* Records that go into the journal together. */
struct batch {
    struct arena arena; /* what the records point into */
    struct record records[LIMIT_BATCH_RECORDS];
    size_t count;
};

struct maintenance;
struct scan; /* a query that walks all cases, some at a time (scan.c) */
struct reader_thread;

struct router {
    struct router_options options;
    const struct clock *clock;
    const struct random *random;
    struct ledger *ledger;
    struct world *world;
    struct apply apply;
    struct death_slot *slot;
    struct journal_clock time;
    uint8_t boot_id[16]; /* of this boot of the machine */
    struct drill drill;
    struct leases *leases;
    struct backlog *backlog;
    struct outbox out;
    struct outbox stream; /* leaves before the answers: who hears of a record by
                             its answer finds it in the stream */
    struct outbox waiting; /* the answers of the batch under way, once there are
                              some of the next one */
    bool parted;           /* ... are in out, then */
    struct reader_thread *reader;
    struct scan *scans;
    struct maintenance *maintenance; /* NULL: none (simulator) */
    uint32_t lane_workers[LEASE_TIERS];

    struct arena parse; /* of the message in hand */

    /* the batch in hand, and the one that the journal is writing */
    struct batch batches[2];
    struct batch *batch;
    struct batch *flying; /* NULL: none */
    uint64_t ticket;
    uint64_t durable; /* last sequence that is */
    size_t record_count, record_bytes;
    struct bytes part; /* of the record being made */
    uint64_t next_seq;
    int64_t now_ms, wall_ms; /* of the batch */
    enum state_pressure pressure;

    int64_t fire_ms;   /* monotonic: of the look for what is due */
    int64_t gather_ms; /* until then what falls due shares a batch */

    bool requeued; /* what was in the outbox at the start waits to be leased */
    size_t requeued_size;
    uint8_t requeued_to[STATE_KEY_MAX]; /* or this far */

    char hashed[LIMIT_ID_BYTES + 1]; /* the producer of ... */
    uint64_t hash;                   /* ... this hash */

    struct router_counts counts;
    uint64_t recovered;
    int64_t opened_ms, recovery_us;
    int64_t ticked_ms; /* monotonic: last TICK or STREAM */
    int64_t oldest_overdue_ms;
    bool welcome;            /* the broker knows us: pages may go to it */
    struct bytes roles_told; /* with the last REGISTER; empty: none yet */
    bool doubted;            /* the alarm about the wall clock was given */
};

/* --- batch.c --- */

/* Sets the batch's time when it is empty. */
void batch_begin(struct router *r);
/* Adds a record: part is what is journaled as input; personal is sealed for the
 * customer. Returns its sequence. */
uint64_t batch_add(struct router *r, Yinuo__V1__StreamRecord *part,
                   struct slice personal, struct slice customer,
                   struct slice decisions);
/* To the journal, where that can take the next one; where the batch is full,
 * waits for it. */
void batch_step(struct router *r);
/* The journal has nothing under way. */
bool batch_may_go(struct router *r);
/* Lets out what was said, where all that it depends on is durable. */
void batch_release(struct router *r);
/* All records durable when it returns; what they say waits for
 * batch_release. */
void batch_commit(struct router *r);
/* A record of the partition, be it in the journal, on its way there or still in
 * hand; NULL: there is none. Valid until page is read into again. */
const struct record *batch_record(const struct router *r, uint64_t seq,
                                  struct journal_page *page);
/* Into the state's next checkpoint; at a start too, else the first checkpoint
 * behind a recovery would have none. */
void batch_note_clock(struct router *r);

/* --- deed.c --- */

/* One input on its way into the journal: decided, applied, added. */
struct deed {
    Yinuo__V1__StreamRecord
        part; /* event, firing or receipt is set; provenance too */
    struct death_mark mark;
    bool dry_run;
    /* out */
    uint64_t seq;
    enum refusal code;
    struct world_decided decided;
    const struct decisions *instead; /* of what was set aside, see quarantine */
};
void deed_init(struct deed *d);
void deed_do(struct router *r, struct deed *d);
/* A SYSTEM note, for the record. */
void deed_note(struct router *r, const char *name, const char *text);

/* --- quarantine.c --- */

/* What takes the place of a firing that nobody may decide on: its timers are
 * past, and where no alarm is heard the highest tier is told. Into d->decided
 * and d->instead; the bytes are part's. */
void quarantine_timers(struct router *r, struct deed *d, struct bytes *part);

/* --- alarm.c --- */

/* Does the pack of the region open a case for an event system.alarm? */
bool alarm_is_heard(const struct router *r, struct text region);
/* A record was set aside: an event system.alarm in the same batch. */
void alarm_quarantined(struct router *r, const struct deed *of,
                       const Yinuo__V1__Quarantined *q);

/* --- prepare.c --- */

/* What no policy needs to be asked for: form, needed fields, times. Sets at_ms,
 * received_at_ms and, where the kind opens one and none is named, case_id. */
enum refusal prepare_event(struct router *r, Yinuo__V1__Event *event,
                           struct fault *fault);

/* --- on_*.c: one message kind each --- */

void on_events(struct router *r, const struct asker *from, struct slice bytes);
void on_command(struct router *r, const struct asker *from, struct slice bytes);
void on_query(struct router *r, const struct asker *from, struct slice bytes);
void on_fetch(struct router *r, const struct asker *from, struct slice bytes);
void on_receipt(struct router *r, const struct asker *from, struct slice bytes);

/* --- access.c --- */

bool person_known(const struct router *r, struct text person);
/* REFUSAL_NONE, UNKNOWN_PERSON or NOT_ALLOWED. */
enum refusal access_command(const struct router *r, const struct asker *from,
                            const Yinuo__V1__Command *command);
/* False: a kind that has a command of its own, for operators. */
bool access_kind(const char *kind);
/* What a person orders and gives no reason for: REASON_NEEDED, or NONE. */
enum refusal access_event(const Yinuo__V1__Event *event);
/* The same for the case that it is about: whose it is to move, and whether the
 * one it is handed to is somebody. *field is what is wrong. */
enum refusal access_case(const struct router *r, const struct case_record *c,
                         const Yinuo__V1__Command *command,
                         const Yinuo__V1__Event *event, const char **field);
/* The same for a person's whole work: his own, or for a head of his. */
enum refusal access_work(const struct router *r,
                         const Yinuo__V1__Command *command,
                         const Yinuo__V1__Event *event, const char **field);

/* --- answer.c --- */

void answer_deed(struct router *r, const struct asker *to,
                 const Yinuo__V1__Command *command, const struct deed *d);
/* A command that was done before: its record's answer again. */
void answer_again(struct router *r, const struct asker *to,
                  const Yinuo__V1__Command *command,
                  const struct request *before);
void answer_no(struct router *r, const struct asker *to,
               const Yinuo__V1__Command *command, enum refusal code,
               const char *text, const char *field);

/* Whom the next step of a clock calls first; 0: nobody. */
uint8_t next_step_role(const struct policy *p, const struct clock_instance *i);

/* --- timers.c --- */

/* Into the batch in hand what is due. Returns how many cases; more: others are
 * due too. */
size_t timers_fire(struct router *r, bool *more);
/* How long nothing is to be fired. */
int64_t timers_wait_ms(const struct router *r, int64_t mono_ms);

/* --- on_command.c --- */

/* True: it was done before, and is answered. */
bool command_again(struct router *r, const struct asker *from,
                   const Yinuo__V1__Command *command);
/* Decided on, journaled (unless it is a question), answered. */
void command_act(struct router *r, const struct asker *from,
                 const Yinuo__V1__Command *command, Yinuo__V1__Event *event);

/* --- rebase.c --- */

void rebase_command(struct router *r, const struct asker *from,
                    const Yinuo__V1__Command *command);
/* The event that moves a case to the rules in force, or, without one, all. */
Yinuo__V1__Event *rebase_event(struct router *r, const char *case_id,
                               const char *by, const char *reason);

/* --- on_admin.c --- */

/* False: no verb of an operator. */
bool admin_command(struct router *r, const struct asker *from,
                   const Yinuo__V1__Command *command);
void drill_step(struct router *r);
/* A drill clock fires only while it stands on the instant. */
bool drill_may_fire(const struct router *r);

/* --- pages.c --- */

void pages_note(struct router *r, const struct decisions *d);
/* Some of the outbox into the queues; until all of it is, nothing is sent. */
void pages_requeue(struct router *r);
void pages_send(struct router *r);

/* --- policies.c --- */

MUST_CHECK enum status policies_open(struct router *r, struct error *err);
MUST_CHECK enum status policies_load(struct router *r, const char *const *dirs,
                                     size_t count, const char *by,
                                     struct findings *f, bool *changed,
                                     struct error *err);
/* Persons, rosters and calendars alone; rules and messages stay. */
MUST_CHECK enum status policies_directories(struct router *r, const char *dir,
                                            const char *by, struct findings *f,
                                            bool *changed, struct error *err);
enum status policies_blob(void *router, struct text version, struct bytes *out,
                          struct error *err);

/* --- derive.c --- */

/* Some steps of what events want of other cases; returns whether more wait. */
bool derive_step(struct router *r);

/* --- scan.c --- */

void scan_begin(struct router *r, const struct asker *from,
                const Yinuo__V1__Query *query);
void scan_step(struct router *r);
void scan_free(struct scan *s);

/* --- reader_thread.c --- */

enum reader_job_kind { JOB_FETCH, JOB_TIMELINE };
struct reader_job {
    enum reader_job_kind kind;
    struct asker asker;
    uint64_t from_seq; /* FETCH: first wanted; TIMELINE: newest of the case */
    uint64_t down_to;  /* TIMELINE: not below */
    uint32_t limit;
    uint64_t last_seq; /* durable now */
    char case_id[LIMIT_ID_BYTES + 1];
    char event_kind[LIMIT_NAME_BYTES + 1];
    char station[LIMIT_ID_BYTES + 1];
    char region[LIMIT_ID_BYTES + 1];
    int64_t now_ms;
    struct bytes body; /* out */
    char trouble[160]; /* out: why it ends here; or empty */
    enum wire_kind answer;
};
MUST_CHECK enum status reader_thread_new(struct router *r,
                                         struct reader_thread **out,
                                         struct error *err);
void reader_thread_free(struct reader_thread **t);
/* False: too many are waiting. */
MUST_CHECK bool reader_thread_ask(struct reader_thread *t,
                                  const struct reader_job *job);
/* Puts finished answers into out. */
void reader_thread_collect(struct reader_thread *t, struct outbox *out);
int reader_thread_fd(const struct reader_thread *t);

/* Appends one StreamRecord to a Records body. */
void stream_append(struct bytes *body, uint32_t partition,
                   const struct record *rec);

/* A copy that lasts as long as the message in hand; NULL of an empty one. */
static inline char *router_text(struct router *r, struct text t)
{
    return t.size ? arena_text_of(&r->parse, slice_of(t.data, t.size)) : NULL;
}

static inline struct text text_of_words(const char *words)
{
    return words ? text_of(words) : (struct text){NULL, 0};
}

#endif
