/* policy - a pack of rules as plain tables: what the engine decides with.
 *
 * Compiled from YAML by policy/; nothing here is about one requirement. A case
 * keeps the version it began with. Several packs run side by side, each bound
 * to regions (see view.h).
 *
 * Units    Spans in ms. Severity 1 (crisis) to 4 (routine); 0 means none.
 *          Tiers are numbered from 1; roles beyond the tiers are side roles.
 * Memory   Built once, read only, borrowed.
 * Threads  Immutable: any number of readers.
 * Source   design section 4 "Policy is data"; requirements.md section 4.
 */
#ifndef ENGINE_POLICY_H
#define ENGINE_POLICY_H

#include "engine/directory.h"
#include "engine/expr.h"
#include "engine/intent.h"

enum {
    SEVERITIES = 4,
    KIND_NONE = 0xffff,
    KIND_ANY = 0xfffe,
    CLOCKS_MAX = 64,      /* clocks in a pack */
    CLOCK_STEPS_MAX = 12, /* steps of a clock at one severity */
    COUNTERS_MAX = 96,
    INTERVAL_RULES_MAX = 8,
    SUBJECT_SOURCES_MAX = 3,
    LOCKS_MAX = 16,
    GROUPS_MAX = 8,
    LISTS_MAX = 64,
    LIST_KEYS_MAX = 2,
    LIST_NAMED_MAX = 32, /* items that a pack names for one list */
    AUTHORITIES_MAX = 16,
    LIST_NONE = 0xffff,
    LIST_ANY = 0xfffe, /* the list that the event names */
    GATES_MAX = 32,    /* of a kind */
    WITH_MAX = 8,      /* computed fields of a derived event */
    WITH_TEXT_MAX =
        256, /* bytes of a text among them; a longer one is left out */
    TABLES_MAX = 64,
    WORD_LISTS_MAX = 64,
    TARIFF_ITEMS_MAX = 64, /* of one event; with more its amount is NONE */
};

/* Whom to page or inform. Bit 0 is the owner (the first tier is the owner);
 * bit n is role n. */
typedef uint16_t targets;
enum { TARGET_OWNER = 1 };
#define TARGET_ROLE(n) ((targets)(1u << (n)))

enum { RANK_OWN = 255 };

/* By roster; or by reference: one person, whom an expression names. */
struct role {
    struct text name;   /* station_head */
    uint8_t rank;       /* the tier it counts as when it acknowledges; by
                           reference: 0 a helper, RANK_OWN the tier he serves in */
    struct expr person; /* count 0: by roster */
    uint8_t otherwise;  /* by reference: the role paged where nobody is there */
};

/* What an event does to a case besides raising and paging. Each takes its
 * arguments from the event's fields, named as in requirements.md section 3. */
/* clang-format off */
#define EFFECTS(X)                                                              \
    X(OPEN,         "open")         /* a case begins; owner from owner, to, reporter, else the head */ \
    X(RESOLVE,      "resolve")                                                  \
    X(CLOSE,        "close")                                                    \
    X(REOPEN,       "reopen")       /* of a resolved or closed case; else nothing */ \
    X(WAIT,         "wait")         /* for, until: clocks that pause, pause     */ \
    X(RESUME,       "resume")                                                   \
    X(ASSIGN,       "assign")       /* to becomes owner at once                 */ \
    X(HAND_TO_GROUP,"hand_to_group")/* to is a station (group): its head owns until somebody takes it */ \
    X(OFFER,        "offer")        /* to becomes owner when he accepts         */ \
    X(ACCEPT,       "accept")       /* the one it was offered to becomes owner  */ \
    X(REJECT,       "reject")       /* an offer is turned down                  */ \
    X(TAKE,         "take")         /* the reporter becomes owner               */ \
    X(FREEZE_OWNER, "freeze_owner") /* only a higher tier may change the owner  */ \
    X(SWAP,         "swap")         /* from is kept from the customer; to owns  */ \
    X(KEEP_AWAY,    "keep_away")    /* to is kept from the customer; the head has what was his */ \
    X(ACKNOWLEDGE,  "acknowledge")                                              \
    X(UNACKNOWLEDGE,"unacknowledge")                                            \
    X(SNOOZE,       "snooze")       /* minutes: holds the reporter's re-pages   */ \
    X(NEXT_CONTACT, "next_contact") /* person is unreachable: call the next     */ \
    X(ESCALATE,     "escalate")     /* page the tier named in to                */ \
    X(SET_SEVERITY, "set_severity") /* to: S1..S4, down too                     */ \
    X(CONTACT,      "contact")      /* a two-way contact with the customer      */ \
    X(PROMISE_MAKE, "promise_make") /* promise_id, due, granularity, accepted_by_customer */ \
    X(PROMISE_KEEP, "promise_keep")                                             \
    X(PROMISE_MISS, "promise_miss") /* once per promise                         */ \
    X(PROMISE_MOVE, "promise_move") /* renegotiated: due; valid before due, with consent */ \
    X(PROMISE_END,  "promise_end")  /* withdrawn by the customer                */ \
    X(PROMISE_BREAK,"promise_break")/* reversed: earlier_promise; counts as missed */ \
    X(LOCK,         "lock")                                                     \
    X(UNLOCK,       "unlock")                                                   \
    X(MERGE,        "merge")        /* to: the other case                       */ \
    X(CORRECT,      "correct")      /* field, value: a wrong past put right     */ \
    X(MUTE,         "mute")         /* match, from, until, reason: pages are held */ \
    X(UNMUTE,       "unmute")       /* it ends, what is still wanted is sent    */ \
    X(OVERRIDE,     "override")     /* station, tier, person, from, until: on duty instead */ \
    X(OVERRIDE_END, "override_end") /* override_id                              */ \
    X(TO_HEAD,      "to_head")      /* whoever leads its station owns it at once */ \
    X(LINK,         "link")         /* parent: it is part of that case          */ \
    X(UNLINK,       "unlink")                                                   \
    X(GATHER,       "gather")       /* into: that case lists it                 */ \
    X(STAND_IN,     "stand_in")     /* person; delegate or successor answers for him; from, until */ \
    X(REMEMBER,     "remember")     /* a fact about a subject                   */ \
    X(FORGET,       "forget")                                                   \
    X(HOLD,         "hold")         /* an interval of somebody                  */ \
    X(FREE,         "free")         /* what the case holds of that set          */ \
    /* of the items of a list: which ones, see struct effect_row */              \
    X(ITEM_BEGIN,   "begin")        /* the items that the pack names for it     */ \
    X(ITEM_ADD,     "add")          /* those that the event names               */ \
    X(ITEM_DONE,    "done")                                                     \
    X(ITEM_UNDO,    "undo")         /* open again                               */ \
    X(ITEM_WAIVE,   "waive")        /* reason: it is not needed                 */ \
    X(ITEM_DROP,    "drop")         /* withdrawn; without a name all of it      */ \
    X(ITEM_TAKE,    "take")         /* by the reporter, if nobody else has it   */ \
    X(ITEM_ASK,     "ask")          /* a request: pages the lowest tier that may answer */ \
    X(ITEM_APPROVE, "approve")      /* by that tier or a higher one             */ \
    X(ITEM_REJECT,  "reject")                                                   \
    X(ITEM_USE,     "use")          /* what was approved is done: it opens nothing more */
/* clang-format on */

#define EFFECT_OF_ITEMS EFFECT_ITEM_BEGIN /* and all behind it */
#define X(name, word) EFFECT_##name,
enum effect { EFFECTS(X) EFFECT_COUNT };
#undef X

/* Where an id stands: of the event, else of the case. */
struct subject_source {
    uint8_t subject;   /* enum expr_subject; SUBJECT_COUNT: a field */
    struct text field; /* of the event */
};

struct subject_part {
    struct text kind; /* asset */
    struct subject_source sources[SUBJECT_SOURCES_MAX];
    uint8_t source_count; /* the first that is there */
};

/* Whose counter, fact or interval it is. */
struct subject_path {
    struct text kind; /* of the whole: person+topic */
    const struct subject_part *parts;
    size_t count; /* 0: the case's own */
};

/* What is remembered of a subject. */
struct memory {
    struct subject_path path;
    struct text name;
    struct expr value;
};

struct effect_row {
    enum effect effect;
    uint16_t lock; /* LOCK, UNLOCK: its number; HOLD, FREE: the intervals' */
    const struct memory *memory; /* REMEMBER, FORGET */
    struct expr to;   /* with rows: instead of the event's field of that name */
    uint16_t list;    /* of items: its number, or LIST_ANY */
    bool every;       /* all that are open */
    struct text item; /* exactly this one; else ... */
    struct text
        by_field; /* those named in this field; else by the list's key */
    struct expr when;
};

/* A field that is worked out. */
struct computed {
    struct text name;
    struct expr value;
};

/* An event that the engine derives: with the fields worked out here, and those
 * of the event that it comes from. */
struct emission {
    uint16_t kind;
    const struct computed *with;
    size_t with_count; /* <= WITH_MAX */
};

/* Told to the author of an event, and on the case; refuses nothing. */
struct hint {
    struct text id;  /* rule */
    struct text say; /* key of the words in messages/, group hints */
    struct expr when;
    struct expr due;    /* a time to name; no rows: none */
    struct expr number; /* a number to name */
};

/* The first row that holds gives the value; none: NONE. */
struct choice {
    struct expr when, value;
};

struct value_table {
    struct text name;
    const struct choice *rows;
    size_t count;
};

/* Words to look for; ASCII in lower case. */
struct word_list {
    struct text name;
    const struct text *words;
    size_t count;
    uint32_t first[8]; /* bit per first byte of a word, both cases */
};

struct tariff_line {
    struct text item;
    const struct choice *rows; /* the first that holds: the amount */
    size_t count;
};

struct tariff_version {
    struct text name;
    int32_t from_day, until_day; /* local days since 1970; until is the first
                                    day without it, INT32_MAX: none */
    const struct tariff_line *lines;
    size_t count;
};

struct tariff {
    struct text name;
    struct expr when; /* for which events; the first tariff that holds */
    const struct tariff_version *versions;
    size_t count;
};

/* The first rule of an event that holds decides its severity and targets. */
struct rule {
    struct text id; /* as the pack calls it: FALL */
    struct expr when;
    uint8_t raise_to; /* at least this severe */
    uint8_t
        raise_by; /* steps; with raise_to of the same contact not a sum (22) */
    targets page, inform;
    targets except; /* whoever is of one of these is not paged by it */
    const struct emission *emit; /* NULL: none */
};

/* Refuses a transition, never a fact: the event is journaled, the effects and
 * the rules are not carried out. Each gate that refuses says so, pages and
 * emits. Facts of an import pass, counted. */
struct gate {
    struct text id;
    struct expr when; /* refuse when true */
    targets page, inform;
    const struct emission *emit; /* NULL: none */
};

enum trigger_action {
    TRIGGER_ARM, /* starts the clock; of two dues for one target the earlier
                    counts */
    TRIGGER_ARM_IDLE, /* starts it only if it does not run */
    TRIGGER_RESTART,  /* counts anew from here, later dues too */
    TRIGGER_SATISFY,  /* ends it; needs at_ms >= the instance's armed_at_ms */
    TRIGGER_FIRE,     /* its first step is due now */
};

struct trigger {
    uint16_t clock; /* index */
    enum trigger_action action;
    struct expr when;
};

enum step_basis {
    STEP_AFTER,      /* after_ms from the arming, wall clock */
    STEP_AFTER_OPEN, /* after_ms of open time: (cal) */
    STEP_BEFORE_DUE, /* after_ms before the due of the instance */
    STEP_DAY_OPEN,   /* at opening time of the day it is due */
    STEP_AT_DUE,
    STEP_SHARE, /* percent of the way to the due, or to the step of */
};

struct clock_step {
    enum step_basis basis;
    int64_t after_ms;
    int64_t repeat_ms; /* again after this; 0: once */
    int64_t until_ms;  /* ... as long as that since it began to count */
    uint8_t percent;   /* STEP_SHARE */
    uint8_t of;        /* STEP_SHARE: index of the step; without a due */
    targets page, inform;
    targets except; /* whoever is of one of these is not paged by it */
    uint8_t raise_to;
    const struct emission *emit; /* promise.missed; NULL: none */
    struct text id;              /* rule id shown: TM-PLAN */
};

struct clock_steps {
    const struct clock_step *steps;
    size_t count;
};

struct clock_rule {
    struct text name; /* no_contact */
    struct text
        key_field; /* one instance per value of it; empty: one per case */
    struct text
        due_field; /* steps are relative to this moment; empty: to the arming */
    bool pauses;   /* stands still while the case waits */
    bool of_items; /* one per open item of the lists that name it */
    bool customer; /* what the customer was promised or waits for: never pauses,
                      and no mute holds a page of it */
    uint8_t arm_on_raise; /* bit s-1: a raise to s starts it even if it does not
                             run */
    uint8_t group[SEVERITIES]; /* severities with one number share steps: a
                                  raise inside does not restart (12) */
    struct clock_steps by_severity[SEVERITIES]; /* [0] is S1 */
};

/* The acknowledgement ladder, per severity (TM-ACK; 17-19). The instance of a
 * page to tier r walks the rungs of tiers >= r; a rung of the tier itself calls
 * its next contact; a rung of a tier that is paged on its own is that one's. */
struct rung {
    uint8_t tier;
    int64_t after_ms;
    bool open_time; /* (cal) */
};

enum ladder_repeat { REPEAT_NEVER, REPEAT_EVERY, REPEAT_WORKING_DAY };

struct ladder {
    const struct rung *rungs;
    size_t count;
    enum ladder_repeat repeat; /* of the last tier; S1: of each tier on its own,
                                  from the start */
    int64_t every_ms;
    bool every_tier; /* S1: no rungs, the paged tier itself is called on */
    struct text id;  /* rule id shown: TM-ACK-S2 */
};

/* An effect on other cases, each a record of its own (engine/intent.h). */
struct spread {
    enum intent_query query;
    struct expr subject; /* the person or the case; none for the case's own */
    uint16_t kind;       /* of the derived event */
    struct expr when;
    const struct computed *with;
    size_t with_count; /* <= INTENT_FIELDS_MAX */
};

/* Events that name no case join the open one with the same key: the values of
 * these fields, all of them; "day" is the local day of the event. */
struct group_rule {
    struct text name;
    const struct text *fields;
    size_t field_count;
    const uint16_t *kinds; /* only what these open; none: whatever opens one */
    size_t kind_count;
};

struct counter_level {
    int32_t at;     /* when the counter reaches it */
    bool and_above; /* at each count from there */
    uint8_t raise_to;
    targets page, inform;
    bool freeze_owner;
    const struct emission *emit; /* NULL: none */
    const struct emission *open; /* begins a case of its own, once a window */
    struct text id;
};

/* Counts in the case, or in a subject beside it. */
struct counter {
    struct text name;
    const struct counter_level *levels;
    size_t level_count;
    struct subject_path per;
    int64_t window_ms; /* 0: for ever */
    uint8_t keep;      /* instants of it that are kept */
};

/* Stretches of time of one subject that exclude each other. */
struct interval_rule {
    struct text name; /* visits */
    struct subject_path per;
    struct text from_field, until_field;
    struct text key_field; /* one per value of it; empty: one per case */
    struct expr apart;     /* time to get from one to the next, in ms */
};

struct count_row {
    uint16_t counter;
    struct text
        by_field;   /* add this number; empty: 1 (a change adds its count) */
    struct expr to; /* with rows: it becomes this number */
    struct expr when;
};

/* --- lists: keyed items of a case (tasks, checklists, balances, requests) ---
 */

enum item_due_basis {
    ITEM_DUE_NONE,
    ITEM_DUE_AFTER,
    ITEM_DUE_AFTER_OPEN, /* of open time */
    ITEM_DUE_NEXT_OPEN,  /* when the line opens next */
    ITEM_DUE_TIME,       /* the next such local time of day */
};

struct item_due {
    enum item_due_basis basis;
    int64_t wait_ms; /* TIME: since midnight */
};

struct item_rule {
    struct text name;
    struct item_due due; /* none: the list's */
};

struct item_choice {
    struct expr when;
    uint32_t items; /* bit per item of the list */
};

/* What each tier may decide: limit[tier] in thousandths, -1: nothing. */
struct authority {
    struct text name;
    int64_t limit[ROLES_MAX + 1];
};

enum unanswered {
    UNANSWERED_NEXT_TIER, /* the request goes to the tier above */
    UNANSWERED_NEXT_CONTACT,
};

struct list_rule {
    struct text name;                      /* custody */
    struct text id;                        /* rule shown */
    struct text key_fields[LIST_KEYS_MAX]; /* an item's key; none: made up */
    struct text owner_field, due_field, amount_field;
    struct text prefix; /* of made up keys: R, T */
    struct item_due due;
    const struct item_rule *items; /* that begin with it */
    size_t item_count;
    const struct item_choice *choices; /* which of them; none: all */
    size_t choice_count;
    uint16_t clock;     /* one instance per open item with a due; 0xffff */
    uint16_t authority; /* requests: who covers the amount; LIST_NONE */
    uint8_t approver; /* requests: the lowest tier; 0: items are no requests */
    uint8_t highest;  /* ... where it stops climbing; 0: at the last tier */
    enum unanswered unanswered;
    bool balance; /* an item counts: added up, done down, done at zero */
};

struct kind_rule {
    struct text name;
    bool opens_case; /* opens one where none is named or known */
    bool needs_case; /* refused as unknown_case if there is none */
    const struct effect_row *effects;
    size_t effect_count;
    const struct rule *rules;
    size_t rule_count;
    const struct gate *gates;
    size_t gate_count; /* <= GATES_MAX */
    const struct hint *hints;
    size_t hint_count;
    const struct trigger *triggers; /* this kind's, of all clocks */
    size_t trigger_count;
    const struct count_row *counts;
    size_t count_count;
    bool has_subjects; /* it counts or remembers something beside the cases */
    const struct spread *spreads;
    size_t spread_count;
    const uint8_t *joins; /* groups to look in, in this order */
    size_t join_count;
};

/* Where an event goes that nobody can place: of an unknown kind, from an
 * unknown station, of no case. The first that holds; the last always does. */
struct route {
    struct text id; /* ROUTE-LAST */
    struct expr when;
    struct text region; /* whose roster is asked; empty: the event's */
    uint8_t severity;   /* of the case that it opens; 0: S3 */
    targets page, inform;
};

struct policy {
    struct text version; /* hash, short; in each case and decision */
    struct text name;    /* service-network */
    const struct role
        *roles; /* roles[0] unused; roles[1..tier_count] are the tiers */
    uint8_t role_count; /* without roles[0] */
    uint8_t tier_count;
    const struct kind_rule *kinds;
    size_t kind_count;
    const uint16_t
        *kind_places; /* of a name's hash: its index and one, or the
                         next place; NULL: kinds are looked through */
    size_t kind_mask;
    const struct trigger *any_triggers; /* of events of every kind */
    size_t any_trigger_count;
    const struct hint *any_hints; /* for events of every kind */
    size_t any_hint_count;
    const struct clock_rule *clocks;
    size_t clock_count;
    uint16_t ack_clock; /* the index of the ladder among clocks: named ack, no
                           steps of its own */
    struct ladder ladders[SEVERITIES];
    const struct counter *counters;
    size_t counter_count;
    const struct text *locks;
    size_t lock_count;
    const struct interval_rule *intervals;
    size_t interval_count;
    const struct list_rule *lists;
    size_t list_count;
    const struct authority *authorities;
    size_t authority_count;
    const struct group_rule *groups;
    size_t group_count;         /* at most GROUPS_MAX */
    const struct route *routes; /* none: what cannot be placed is refused */
    size_t route_count;
    const struct value_table *tables;
    size_t table_count;
    const struct word_list *word_lists;
    size_t word_list_count;
    const struct tariff *tariffs;
    size_t tariff_count;
    int64_t undated_promise_days; /* default due at closing of the n-th
                                     day */
    int64_t snooze_max_ms;
    int64_t late_grace_ms; /* a timer later than this is late and says so */
    uint16_t rebase_kind;  /* that moves cases to the rules in force: its
                              index and one; 0: none does */
};

uint16_t policy_kind(const struct policy *p, struct text name); /* KIND_NONE */
/* Fills the places, mask + 1 of them, all 0 and more than there are kinds. */
void policy_place_kinds(struct policy *p, uint16_t *places, size_t mask);
uint16_t policy_clock(const struct policy *p, struct text name); /* 0xffff */
uint8_t policy_role(const struct policy *p, struct text name);   /* 0 */

#endif
