/* case - the state of one case, and the one function that changes it.
 *
 *            acknowledge, plan            resolve            close
 *   OPEN ------------------------> OPEN ----------> RESOLVED ------> CLOSED
 *    |  ^                                              |               |
 *  wait resume                                         +---- reopen ---+-->
 * OPEN v  | WAITING
 *
 * The record is complete: what is decided next follows from it, the policy,
 * the directory and the input. case_apply() copies a decision into it; it reads
 * no policy, computes nothing, cannot fail.
 *
 * Memory   A plain struct, the caller's. All lists are bounded; reaching a
 *          bound is a refusal of the record that wants more (decide), never
 *          an overflow here (asserted).
 * Source   design section 4; requirements.md section 4.
 */
#ifndef ENGINE_CASE_H
#define ENGINE_CASE_H

#include "engine/policy.h"
#include "engine/subject.h"

enum {
    CASE_CLOCKS_MAX = 64, /* instances: clocks and ladders of a case */
    CASE_PROMISES_MAX = 32,
    CASE_PAGES_MAX = 32, /* open ones */
    CASE_EXCLUDED_MAX = 4,
    CASE_ITEMS_MAX = 48,
    CASE_BOOKINGS_MAX = 8,        /* intervals that it holds of somebody */
    CASE_GROUPS_MAX = GROUPS_MAX, /* keys by which later events find it */
    CLOCK_PAUSES_MAX = 8,         /* of an instance, told one by one */
};

/* On disk and wire: append only. */
/* clang-format off */
#define CASE_STATUSES(X)                                                        \
    X(NONE,     0, "none")     /* there is no such case  */                     \
    X(OPEN,     1, "open")                                                      \
    X(WAITING,  2, "waiting")                                                   \
    X(RESOLVED, 3, "resolved")                                                  \
    X(CLOSED,   4, "closed")

#define PROMISE_STATES(X)                                                       \
    X(OPEN,      1, "open")                                                     \
    X(KEPT,      2, "kept")                                                     \
    X(MISSED,    3, "missed")     /* kept after it was due stays missed */      \
    X(WITHDRAWN, 4, "withdrawn")                                                \
    X(REVERSED,  5, "reversed")   /* counts as missed */

/* Of an item of a list; OPEN and TAKEN are not over. */
#define ITEM_STATES(X)                                                          \
    X(OPEN,      1, "open")                                                     \
    X(TAKEN,     2, "taken")                                                    \
    X(DONE,      3, "done")                                                     \
    X(WAIVED,    4, "waived")                                                   \
    X(DROPPED,   5, "dropped")                                                  \
    X(APPROVED,  6, "approved")                                                 \
    X(REJECTED,  7, "rejected")                                                 \
    X(USED,      8, "used")       /* was approved, and opens nothing more */

/* Scalar fields that decision SET writes. */
#define CASE_FIELDS(X)                                                          \
    X(STATION,        1, text,   station)                                       \
    X(REGION,         2, text,   region)                                        \
    X(PRODUCT_LINE,   3, text,   product_line)                                  \
    X(CUSTOMER,       4, text,   customer)                                      \
    X(ASSET,          5, text,   asset)                                         \
    X(OFFERED_TO,     6, text,   offered_to)                                    \
    X(MERGED_INTO,    7, text,   merged_into)                                   \
    X(OPENED_AT,      8, number, opened_at_ms)                                  \
    X(LAST_CONTACT,   9, number, last_contact_at_ms)                            \
    X(RAISED_AT,     10, number, raised_at_ms)    /* with SEVERITY_BEFORE: rule 22 */ \
    X(SEVERITY_BEFORE,11, number, severity_before)                              \
    X(OWNER_FROZEN,  12, number, owner_frozen)                                  \
    X(WAITING_UNTIL, 13, number, waiting_until_ms)                              \
    X(SNOOZED_UNTIL, 14, number, snoozed_until_ms)                              \
    X(SNOOZED_BY,    15, text,   snoozed_by)                                    \
    X(ROUTED,        50, text,   routed)      /* what could not be placed: unknown_kind ... */
/* clang-format on */

#define X(name, code, word) CASE_##name = code,
enum case_status { CASE_STATUSES(X) };
#undef X
#define X(name, code, word) PROMISE_##name = code,
enum promise_state { PROMISE_STATES(X) };
#undef X
#define X(name, code, word) ITEM_##name = code,
enum item_state { ITEM_STATES(X) };
#undef X
#define X(name, code, type, member) CASE_FIELD_##name = code,
enum case_field { CASE_FIELDS(X) };
#undef X

struct pending_step {
    int64_t due_ms;
    int64_t from_ms; /* the moment it counts from: arming, raise, restart */
    targets page;    /* whom it still pages: a tier that hears earlier is out */
    uint8_t severity; /* whose table the step is from */
    uint8_t
        step; /* index there; for the ladder: index of the rung, 255 a repeat */
    uint8_t tier; /* ladder: whom it calls; else 0 */
};

/* While the case waited: time that did not count. */
struct stretch {
    int64_t from_ms, until_ms;
};

/* One clock of the case, or one ladder (clock == policy->ack_clock, key = the
 * tier that was paged). It lives until satisfied, even with no step left. */
struct clock_instance {
    uint16_t clock;
    struct name key;
    uint32_t generation;  /* of its timer: new at each change of the next due */
    int64_t armed_at_ms;  /* origin that its steps count from */
    int64_t due_ms;       /* clocks with a due_field: that moment; else 0 */
    int64_t paused_at_ms; /* 0: running */
    uint8_t severity;     /* at arming */
    uint8_t step_count;
    uint8_t pause_count; /* the last of them; older ones are in paused_ms only
                          */
    int64_t paused_ms;   /* all that did not count, up to the present pause */
    struct pending_step
        steps[CLOCK_STEPS_MAX]; /* by due, ascending; [0] is the timer */
    struct stretch pauses[CLOCK_PAUSES_MAX]; /* ascending */
};

struct promise {
    struct name id;
    int64_t due_ms;
    int64_t made_at_ms;
    bool dated;    /* an explicit date was given */
    bool accepted; /* by the customer */
    enum promise_state state;
};

struct open_page {
    struct name id; /* p<sequence>.<n>: stable everywhere */
    struct name person;
    uint8_t tier;
    int64_t at_ms;
};

struct item {
    struct name key;   /* unique in its list: a part, a step, R2 */
    struct name owner; /* who does it, or who asks for it */
    struct name by;    /* who ended it, or has taken it */
    uint16_t list;     /* index in the case's policy */
    enum item_state state;
    uint8_t tier;   /* a request: who is asked; else 0 */
    int64_t number; /* thousandths: amount, balance */
    int64_t at_ms;  /* when it began */
    int64_t due_ms; /* 0: none */
    int64_t ended_at_ms;
};

/* An interval of a subject that the case holds, and will set free. */
struct booking {
    struct name set, key;
    struct subject_key subject;
};

struct case_record {
    struct name id, station, region, product_line, customer, asset;
    struct name rules; /* version of the policy it began with */
    struct name owner, offered_to, merged_into, snoozed_by;
    struct name parent;      /* the case that this one is part of */
    struct name gathered_by; /* the case that lists this one (a handover) */
    struct name routed; /* why nobody could place it; empty: somebody could */
    enum case_status status;
    int64_t severity, severity_before;
    int64_t opened_at_ms, raised_at_ms, last_contact_at_ms, resolved_at_ms,
        closed_at_ms;
    int64_t updated_at_ms, waiting_until_ms, snoozed_until_ms;
    int64_t owner_frozen;
    uint16_t locks;                /* bit per lock */
    uint16_t acknowledged_tiers;   /* bit per tier, since the last page to it */
    uint8_t called[ROLES_MAX + 1]; /* contacts of the role called since its last
                                      acknowledgement */
    uint8_t unreachable[ROLES_MAX + 1]; /* failed tries to reach the role; the
                                           second goes to the tier above */
    struct name acknowledged_by;        /* the last who did: whom a loser of the
                                           race is told of */
    int64_t acknowledged_at_ms;
    uint32_t next_generation;
    uint64_t opened_sequence, last_sequence;
    int32_t counters[COUNTERS_MAX];
    uint8_t clock_count, promise_count, page_count, excluded_count;
    uint8_t item_count;
    uint8_t booking_count;
    uint8_t group_count;
    struct clock_instance clocks[CASE_CLOCKS_MAX];
    struct promise promises[CASE_PROMISES_MAX];
    struct open_page pages[CASE_PAGES_MAX];
    struct name excluded[CASE_EXCLUDED_MAX];
    struct item items[CASE_ITEMS_MAX];
    struct booking bookings[CASE_BOOKINGS_MAX];
    struct name groups[CASE_GROUPS_MAX];
};

struct decision;

/* What is in use of it; what lies behind the counts is never read. */
void instance_copy(struct clock_instance *to,
                   const struct clock_instance *from);
void case_copy(struct case_record *to, const struct case_record *from);

void case_init(struct case_record *c);
void case_apply(struct case_record *c, const struct decision *d);
/* Notes the record that touched the case: what is not a decision's to know.
 * To be called once after the decisions of a record, live and on recovery. */
void case_stamp(struct case_record *c, uint64_t sequence);

const struct clock_instance *case_clock(const struct case_record *c,
                                        uint16_t clock, struct text key);
const struct promise *case_promise(const struct case_record *c, struct text id);
const struct item *case_item(const struct case_record *c, uint16_t list,
                             struct text key);
const struct booking *case_booking(const struct case_record *c, struct text set,
                                   struct text key);
/* The earliest due among its running clocks; INT64_MAX if none. */
int64_t case_next_due(const struct case_record *c);

const char *case_status_name(enum case_status s);
const char *promise_state_name(enum promise_state s);
const char *item_state_name(enum item_state s);

#endif
