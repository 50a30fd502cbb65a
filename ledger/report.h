/* report - what a history says about how the work is done, gathered in one
 * pass: a row for each case, and facts of the kinds below.
 *
 * What is core comes from the decisions: who was called, who acknowledged, when
 * the customer was spoken with, which clocks were kept, which promises. What a
 * trade means by a complaint, a bypass, a content customer, a cause says the
 * pack's people.yaml (policy/people.h).
 *
 * A clock was kept when it ended before what it counts towards was due, missed
 * when that fired; one that still runs is neither. A case counts as failed when
 * a clock or promise of it was missed, or its customer said no, however early
 * it was closed.
 *
 * Time     Spans from the opening of the case, where nothing else is said.
 * Memory   A report owns all it gives out.
 * Errors   As history_each.
 * Threads  One at a time.
 * Source   requirements.md part 5, the rows that ask for figures.
 */
#ifndef LEDGER_REPORT_H
#define LEDGER_REPORT_H

#include "ledger/history.h"
#include "policy/people.h"

/* clang-format off */
/*    name           word             shape   a fact of it is */
#define REPORT_FACTS(X)                                                        \
    X(ACKNOWLEDGE,   "acknowledge",   SPAN)   /* a first page until its tier acknowledged */ \
    X(FIRST_CONTACT, "first_contact", SPAN)   /* until the customer was spoken with       */ \
    X(TIME,          "time",          SPAN)   /* named by the pack: until a clock ended   */ \
    X(RESOLUTION,    "resolution",    SPAN)                                                  \
    X(CLOCK,         "clock",         SHARE)  /* kept or missed                           */ \
    X(CALL,          "call",          SHARE)  /* a tier acknowledged before the next rung */ \
    X(PROMISE,       "promise",       SHARE)  /* kept or missed                           */ \
    X(LOCAL,         "local",         SHARE)  /* a complaint that did not go past us      */ \
    X(FORESEEN,      "foreseen",      SHARE)  /* a complaint with a signal before it      */ \
    X(REACTION,      "reaction",      SPAN)   /* a signal until somebody was called       */ \
    X(CONTENT,       "content",       SHARE)  /* what a customer answered                 */ \
    X(SCORE,         "score",         NUMBER) /* in thousandths                           */ \
    X(WHOLE,         "whole",         SHARE)  /* a closed case: in time and content       */ \
    X(TAG,           "tag",           COUNT)  /* of causes                                */ \
    X(FACTOR,        "factor",        COUNT)                                                 \
    X(LESSON,        "lesson",        COUNT)  /* a case that others were told of: name it, person the station */ \
    X(OPINION,       "opinion",       COUNT)                                                 \
    X(PAGE,          "page",          COUNT)  /* to a person                              */ \
    X(OWNED,         "owned",         COUNT)  /* a case became somebody's                 */
/* clang-format on */

enum report_shape { REPORT_SPAN, REPORT_SHARE, REPORT_NUMBER, REPORT_COUNT };
#define X(name, word, shape) REPORT_##name##_FACT,
enum report_fact_kind { REPORT_FACTS(X) REPORT_FACTS_END };
#undef X

enum { REPORT_TIERS = 9, REPORT_TIMES_MAX = 8 };

struct report_case {
    const char *id, *story;
    const char *station, *region, *line, *owner, *found_by, *words;
    int severity; /* the most severe it was; 0 unknown */
    int64_t opened_ms, resolved_ms, closed_ms; /* 0: not yet */
    int64_t signal_ms, public_ms, escalated_ms, complaint_ms;
    int64_t tier_ms[REPORT_TIERS];  /* first called since the signal */
    int64_t paged_ms[REPORT_TIERS]; /* first called at all */
    int64_t acknowledged_mask;
    int64_t contact_ms;          /* last one; 0: none */
    int64_t gap_ms, gap_from_ms; /* the longest without */
    int64_t end_ms[REPORT_TIMES_MAX];
    unsigned missed, broken, promises_open, said; /* said: answers by him */
    bool unhappy, bypassed, contacted, reacted;
};

struct report_fact {
    uint8_t kind; /* enum report_fact_kind */
    bool good;
    uint32_t case_at; /* index of its case; UINT32_MAX: of none */
    int64_t at_ms, value;
    const char *name;   /* clock, tier, cause ...; "" */
    const char *person; /* "" */
};

struct report {
    struct report_case *cases; /* in order of opening */
    size_t case_count;
    struct report_fact *facts; /* as they came */
    size_t fact_count;
    int64_t first_ms, last_ms;
    uint64_t records;
    struct policyset *policies;
    struct arena arena;
};

MUST_CHECK enum status report_make(const struct history_options *options,
                                   struct report **out, struct error *err);
void report_free(struct report **r);

/* By hand, for a history that comes from elsewhere: policies are taken over;
 * add each record in order, then end. */
struct report_gathering;
MUST_CHECK struct report_gathering *report_begin(struct policyset *policies);
enum status report_add(void *gathering, const Yinuo__V1__StreamRecord *r,
                       struct error *err);
MUST_CHECK struct report *report_end(struct report_gathering **gathering);

/* For others that read a history. Which case a record is of; "" none. */
const char *report_case_of(const Yinuo__V1__StreamRecord *r);
/* What the pack of that region says; NULL: nothing. set may be NULL. */
const struct people *report_people(const struct policyset *set,
                                   const char *region);
/* The number of the first of these fields that says one: how many a list has;
 * 0: none does. */
double report_number(const struct people_names *fields,
                     const Yinuo__V1__Event *e);
/* Is the event one of these? p may be NULL: no. */
bool report_selects(const struct people *p, enum people_selector which,
                    const Yinuo__V1__Event *e);

#endif
