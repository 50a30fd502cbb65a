/* intent - an effect on many cases: decided once, carried out one by one.
 *
 *   event --decide--> INTENT (whole) --apply--> a row
 *   row --next case--> derived event, a record of its own --> INTENT (cursor)
 *   ... until no case is left: INTENT (ends), the row goes
 *
 * Each derived record states how far the intent is after it, so that none is
 * lost or doubled, whenever the process ends. An intent whose cases are of a
 * person sees those that are his when their turn comes, and that were there
 * when it was made.
 *
 * Memory   Texts are borrowed as a decision's are.
 * Source   design section 4: "an effect on many cases".
 */
#ifndef ENGINE_INTENT_H
#define ENGINE_INTENT_H

#include "engine/input.h"

/* Which cases. On disk: append only. */
/* clang-format off */
#define INTENT_QUERIES(X)                                                       \
    X(CASES_OF, 1, "cases_of") /* open ones that a person owns                 */ \
    X(CHILDREN, 2, "children") /* that are part of the case                    */ \
    X(GATHERED, 3, "gathered") /* that the case lists                          */ \
    X(CASE,     4, "case")     /* that one                                     */ \
    X(NEW,      5, "opens")    /* one that begins; or joins, by its group      */ \
    X(OLDER,    6, "older")    /* that live by rules which are no more in force */
/* clang-format on */

#define X(name, code, word) QUERY_##name = code,
enum intent_query { INTENT_QUERIES(X) };
#undef X

enum {
    INTENTS_MAX = 16,      /* of one record */
    INTENT_FIELDS_MAX = 8, /* of the derived event */
    INTENT_TEXT_MAX = 200, /* bytes of a field that is a text */
    INTENT_DEPTH_MAX = 6,  /* derived records that make intents */
};

struct intent {
    struct text id; /* i<sequence>.<n> */
    enum intent_query query;
    struct text subject; /* the person, or the case */
    struct text kind;    /* of the derived event */
    struct field fields[INTENT_FIELDS_MAX];
    uint8_t field_count;
    uint8_t depth;
    struct text cause_case; /* "" none */
    struct text station, region, product_line, customer, asset;
    int64_t at_ms;  /* of the event that wants it, and of the derived ones */
    uint64_t cause; /* the record */
    struct text cursor; /* the last case that was done; "" none yet */
    uint32_t done;
};

const char *intent_query_name(enum intent_query q);

/* What a person has in hand: cases that are open or waiting. */
struct load {
    uint32_t cases;
    uint32_t urgent;    /* S1 to S3 */
    uint32_t regions;   /* with urgent ones */
    uint32_t promises;  /* open ones of those cases */
    bool region_urgent; /* whether the region asked for is among regions */
};

#endif
