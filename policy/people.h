/* people - what a pack says about reading and typing: reports, aliases, cards.
 *
 * A pack may have people.yaml:
 *
 *   report:
 *     times: {plan: plan}           # name: the clock whose end is meant
 *     unhappy: [{kind: followup.done, when: {satisfied: "no"}}]
 *     tags: [cause_tag]             # fields that hold the cause of a case
 *     factors: {quick_reaction: [response_time, tracking]}
 *     found_by: {monitor: [social.posted]}
 *   aliases:
 *     warn: {kind: customer.dissatisfied, with: {level: 2}, ask: [note]}
 *   cards:
 *     damage: {about: ..., tariff: paid_service, lists: [intake], text: ...}
 *
 * A selector is a list of kinds, each alone or with fields and the values that
 * are meant, of which one must be there. What it selects for is the table
 * below. No decision hangs on this file: it is part of the pack and of its
 * blob, but not of the rules that a case is pinned to.
 *
 * Memory   The set's.
 * Errors   Findings, as for the rest of a pack.
 * Threads  Immutable once loaded.
 */
#ifndef POLICY_PEOPLE_H
#define POLICY_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/text.h"

/* clang-format off */
/*    name       key           events that */
#define PEOPLE_SELECTORS(X)                                                    \
    X(SIGNAL,    "signal")    /* say first that a customer is not content    */ \
    X(PUBLIC,    "public")    /* show that others know: a post, a crew       */ \
    X(COMPLAINT, "complaint") /* are complaints                              */ \
    X(OPINION,   "opinion")   /* are opinions                                */ \
    X(BYPASS,    "bypass")    /* went past the station                       */ \
    X(CONTENT,   "content")   /* say that the customer is content            */ \
    X(UNHAPPY,   "unhappy")   /* say that he is not                          */ \
    X(VOICE,     "voice")     /* hold the customer's own words               */ \
    X(CAUSE,     "cause")     /* tell what was the matter                    */ \
    X(ACTION,    "action")    /* are actions with an owner or a due time     */ \
    X(CHARGE,    "charge")    /* are about money                             */ \
    X(INTERNAL,  "internal")  /* are not for the customer's eyes             */ \
    X(LESSON,    "lesson")    /* say that others were told of a case         */
/* Lists of names of fields. */
#define PEOPLE_FIELDS(X)                                                       \
    X(TAGS,      "tags")      /* hold the cause                              */ \
    X(FACTOR,    "factor")    /* hold a factor                               */ \
    X(TOPICS,    "topics")    /* hold what a complaint is about              */ \
    X(SCORES,    "scores")    /* hold the customer's marks                   */ \
    X(FINDERS,   "finders")   /* hold who found it                           */ \
    X(WORDS,     "words")     /* hold what was said                          */ \
    X(LESSONS,   "lessons")   /* hold of which case others were told         */ \
    X(ATTENDEES, "attendees") /* hold how many were told                     */ \
    X(HIDDEN,    "hidden")    /* are not for the customer's eyes             */
/* Mappings of a name to several. */
#define PEOPLE_MAPS(X)                                                         \
    X(TIMES,     "times")     /* what is timed: the clock whose end is meant */ \
    X(FACTORS,   "factors")   /* factor: the causes and topics it stands for */ \
    X(FOUND_BY,  "found_by")  /* who: the signals that he hears of first     */ \
    X(RATES,     "rates")     /* tier: what an hour of it costs              */ \
    X(TAKES,     "takes")     /* hours, as 0.25: kinds of event that take so */ \
    X(GOODS,     "goods")     /* kind of event: its fields that hold money   */
/* clang-format on */

#define X(name, key) PEOPLE_##name,
enum people_selector { PEOPLE_SELECTORS(X) PEOPLE_SELECTORS_END };
enum people_field { PEOPLE_FIELDS(X) PEOPLE_FIELDS_END };
enum people_map { PEOPLE_MAPS(X) PEOPLE_MAPS_END };
#undef X

struct people_names {
    struct text name; /* of a list without one: empty */
    const struct text *list;
    size_t count;
};

/* An event of this kind, of which each field has one of the values. */
struct people_match {
    struct text kind;
    const struct people_names *fields;
    size_t field_count;
};

struct people_matches {
    const struct people_match *list;
    size_t count;
};

struct people_value {
    struct text name, value;
};

/* A name under which a person records a kind. */
struct people_alias {
    struct text name, kind, about;
    const struct people_value *with; /* fields that it sets */
    size_t with_count;
    struct people_names ask; /* fields that its arguments fill, in turn */
    bool no_case;            /* its first argument is no case */
};

/* A line of what a card shows of the pack's rules, as it is written there. */
struct people_line {
    unsigned depth;
    struct text name, words; /* words: may be empty */
};

struct people_card {
    struct text name, about, text;
    struct people_names tariffs, lists; /* of the pack, to show */
    struct people_names kinds;          /* of event that it is a help for */
    const struct people_line *lines;    /* of those tariffs and lists */
    size_t line_count;
};

struct people {
    struct text pack; /* the policy's name */
    struct people_matches selectors[PEOPLE_SELECTORS_END];
    struct people_names fields[PEOPLE_FIELDS_END];
    const struct people_names *maps[PEOPLE_MAPS_END];
    size_t map_counts[PEOPLE_MAPS_END];
    const struct people_alias *aliases;
    size_t alias_count;
    const struct people_card *cards;
    size_t card_count;
};

struct people_books {
    const struct people *list;
    size_t count;
};

/* Of the pack of that name; NULL: it says nothing. books may be NULL. */
const struct people *people_of(const struct people_books *books,
                               struct text pack);

/* Is this one of the names? */
bool people_has(const struct people_names *names, struct text name);

/* The name in whose list it stands; empty: in none. */
struct text people_key(const struct people *p, enum people_map map,
                       struct text name);

#endif
