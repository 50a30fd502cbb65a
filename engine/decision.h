/* decision - what a record changes, as absolute values, and why.
 *
 * Written once by decide, journaled, and copied into the state by apply, live
 * and on every recovery. Codes are on disk for ever: append only. A decision
 * that changes nothing (inform, refuse, fire, escalate) is there for the
 * stream, the explanation and the audit.
 *
 * Units    Times in ms UTC. number is the new value of what the kind says.
 * Memory   Texts point into the decisions' own words, or into the policy and
 *          the input; valid until the next decide with the same buffer.
 * Source   design sections 4 and 6 (the names of a decision line).
 */
#ifndef ENGINE_DECISION_H
#define ENGINE_DECISION_H

#include "engine/case.h"
#include "engine/duty.h"
#include "engine/intent.h"
#include "engine/mute.h"
#include "engine/rebase.h"

/* clang-format off */
/*    name         code  word              fields used beside case_id, severity, rule, at_ms, why */
#define DECISION_KINDS(X)                                                       \
    X(OPEN,         1, "open")         /* at_ms opened, value rules version                */ \
    X(SET,          2, "set")          /* field, value or number                           */ \
    X(SEVERITY,     3, "severity")     /* number new, previous old                         */ \
    X(ASSIGN,       4, "assign")       /* person new owner, value the one before           */ \
    X(ARM,          5, "arm")          /* clock, key, due_ms (0: no timer now), generation, instance: whole */ \
    X(CANCEL,       6, "cancel")       /* clock, key, generation: the instance ends        */ \
    X(FIRE,         7, "fire")         /* clock, key, due_ms, generation, late_by_ms       */ \
    X(PAGE,         8, "page")         /* page_id, tier, person, method, number: which call; late_by_ms; due_ms: next step */ \
    X(INFORM,       9, "inform")       /* tier, person                                     */ \
    X(ESCALATE,    10, "escalate")     /* tier climbed to, previous tier; a page follows   */ \
    X(WITHDRAW,    11, "withdraw")     /* page_id, person                                  */ \
    X(ACKNOWLEDGE, 12, "acknowledge")  /* tier, person, page_id if of one; number: mask of acknowledged tiers now */ \
    X(PROMISE,     13, "promise")      /* key id, due_ms, number state, promise: whole     */ \
    X(COUNT,       14, "count")        /* number new, previous; value the counter's name, index */ \
    X(LOCK,        15, "lock")         /* value its name, index                            */ \
    X(UNLOCK,      16, "unlock")                                                \
    X(RESOLVE,     17, "resolve")                                               \
    X(CLOSE,       18, "close")                                                 \
    X(REOPEN,      19, "reopen")                                                \
    X(WAIT,        20, "wait")         /* due_ms until                                     */ \
    X(RESUME,      21, "resume")                                                \
    X(REFUSE,      22, "refuse")       /* value reason word; rule the gate                 */ \
    X(BYPASS,      23, "bypass")       /* rule: a gate that an import passed               */ \
    X(DELIVERED,   24, "delivered")    /* page_id, method: the outbox row goes             */ \
    X(FAILED,      25, "failed")       /* page_id, method                                  */ \
    X(EMIT,        26, "emit")         /* value kind of the derived event, key, due_ms     */ \
    X(NOBODY,      27, "nobody")       /* tier: an empty slot in the roster                */ \
    X(EXCLUDE,     28, "exclude")      /* person kept from the customer                    */ \
    X(CALLED,      29, "called")       /* tier role, number: contacts called so far        */ \
    X(NOTE,        30, "note")         /* the event is on record, nothing moved            */ \
    X(UNREACHABLE, 31, "unreachable")  /* tier role, number: failed tries, person          */ \
    X(ITEM,        33, "item")         /* index and rule the list, key, value its state, person owner, tier asked, due_ms, number: its slot, item: whole */ \
    X(FACT,        34, "fact")         /* subject, key its name, fact: whole               */ \
    X(TALLY,       35, "tally")        /* subject, value the counter's name, index, number new, previous, tally: whole */ \
    X(INTERVAL,    36, "interval")     /* subject, clock the set's name, key, number 1 held 0 free, from_ms, due_ms until, interval: whole */ \
    X(INTENT,      37, "intent")       /* key its id, value kind of event, person whose, number done; intent: whole, NULL: it ends */ \
    X(LINK,        38, "link")         /* index which; value the other end; stand-in: person, from_ms, due_ms until */ \
    X(GROUP,       39, "group")        /* key by which events find the case                */ \
    X(MUTE,        40, "mute")         /* key its id, mute: whole but for what it holds    */ \
    X(HELD,        41, "held")         /* key the mute, tier, person, rule, clock; index: its place there, number: how many it has held */ \
    X(ROUTE,       42, "route")        /* rule, value: what could not be placed; key: its kind */ \
    X(OVERRIDE,    43, "override")     /* key its id, value its place, tier role, person, from_ms, due_ms until; duty: whole, NULL: it ends */ \
    X(REBASE,      44, "rebase")       /* value version of the rules from now on, key the one before, person who; rebase: whole */ \
    X(HINT,        32, "hint")         /* value its words' key, key the word that was found, due_ms and number (in thousandths) to name, person the author */
/* clang-format on */

#define X(name, code, word) DECISION_##name = code,
enum decision_kind { DECISION_KINDS(X) };
#undef X

/* LINK.index: what is tied to what. On disk: append only. */
/* clang-format off */
#define LINKS(X)                                                                \
    X(PARENT,   1, "parent")       /* the case to one that it is part of         */ \
    X(GATHERED, 2, "gathered_by")  /* the case to one that lists it              */ \
    X(STAND_IN, 3, "stand_in")     /* a person to whoever answers for him        */
/* clang-format on */

#define X(name, code, word) LINK_##name = code,
enum link { LINKS(X) };
#undef X

struct decision {
    enum decision_kind kind;
    struct text case_id;
    uint8_t severity; /* of the case after it */
    uint8_t tier;
    uint16_t index; /* clock, counter, lock, case_field: by kind */
    struct text person;
    struct text method;
    struct text rule;  /* id in the pack: FALL, PLAN */
    struct text clock; /* name */
    struct text key;   /* instance: promise id, ladder tier */
    struct text page_id;
    struct text value;
    struct text role; /* PAGE, INFORM, NOBODY: beside the ladder; its name */
    int64_t number, previous;
    uint32_t generation;
    int64_t
        at_ms; /* when it takes effect: the due instant for what a timer does */
    int64_t due_ms;
    int64_t late_by_ms;
    /* why: the clock arithmetic, for people to be told in words */
    int64_t from_ms; /* the clock counted from here */
    int64_t span_ms; /* this long */
    bool open_time;  /* along opening hours */
    /* EMIT: fields that were worked out; told, not read back */
    const struct field *with;
    size_t with_count;
    /* ARM and PROMISE: the whole of it */
    const struct clock_instance *instance;
    const struct promise *promise;
    const struct item *item; /* ITEM: the whole of it */
    /* FACT, TALLY, INTERVAL: of which subject, and the whole of it */
    struct text subject;
    const struct fact *fact;
    const struct tally *tally;
    const struct interval *interval;
    const struct intent *intent; /* INTENT: the whole of it */
    const struct mute *mute;
    const struct duty_override *duty; /* OVERRIDE: the whole of it */
    const struct rebase *rebase;      /* REBASE: the whole of it */
};

enum {
    DECISIONS_MAX = 512,
    DECISION_WORDS_MAX = 16384,
    DECISION_INSTANCES_MAX = 256,
    DECISION_ENTRIES_MAX = 48, /* of subjects, of each sort */
    DECISION_FIELDS_MAX = 128,
};

struct decisions {
    size_t count;
    struct decision list[DECISIONS_MAX + 1]; /* one more: an intent moves */
    size_t words_used, instance_count, promise_count, item_count, intent_count;
    char words[DECISION_WORDS_MAX];
    struct clock_instance instances[DECISION_INSTANCES_MAX];
    struct promise promises[CASE_PROMISES_MAX * 4];
    struct item items[CASE_ITEMS_MAX * 2];
    size_t fact_count, tally_count, interval_count;
    struct fact facts[DECISION_ENTRIES_MAX];
    struct tally tallies[DECISION_ENTRIES_MAX];
    struct interval intervals[DECISION_ENTRIES_MAX];
    struct intent intents[INTENTS_MAX + 1];
    struct mute mute; /* a record adds or ends one at most */
    size_t duty_count;
    struct duty_override duties[OVERRIDES_PER_RECORD];
    struct rebase rebase; /* once in a record */
    size_t field_count;
    struct field fields[DECISION_FIELDS_MAX];
};

const char *decision_kind_name(enum decision_kind k);
struct text decision_kind_text(enum decision_kind k);

#endif
