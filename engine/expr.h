/* expr - conditions and values: a small total language, compiled to postfix
 * rows.
 *
 *   amount > 0 and not (reason in ["on_leave", "off_shift"]) and case.severity
 * <= S2
 *   (amount - tariff.amount) / tariff.amount * 100
 *
 * No loops, no errors: a field that is not there is NONE, a comparison with
 * NONE is false, so every condition has an answer. What cannot be worked out
 * (a word minus a number, a division by zero, an overflow) is NONE. Severity S1
 * compares lower than S4 (S1 is 1).
 *
 * Units    Numbers in thousandths, a quotient cut to them. A span of time is a
 *          number of milliseconds: time - time is one, time + span is a time.
 * Names    Plain names are fields of the event (attributes included);
 *          case.* and event.* are the rows of EXPR_NAMES; count.ID and lock.ID
 *          are the case's counters and locks; owner.X, station.X ... are what
 *          is known of EXPR_SUBJECTS; table.ID is a table of the pack,
 *          tariff.* the rows of TARIFF_PARTS.
 * Bounds   An expression that asks tables costs their rows too: at most
 *          EXPR_COST_MAX rows are looked at, checked when it is compiled.
 * Memory   Borrowed; a fixed stack of EXPR_DEPTH_MAX.
 * Errors   None at evaluation; policy/ refuses what does not compile.
 */
#ifndef ENGINE_EXPR_H
#define ENGINE_EXPR_H

#include "engine/input.h"

enum {
    EXPR_DEPTH_MAX = 16,
    EXPR_ROWS_MAX = 64,
    EXPR_COST_MAX = 65536,
};

/* clang-format off */
#define EXPR_NAMES(X)                                                           \
    X(CASE_SEVERITY,       "case.severity")        /* number 1..4 after this event's raise */ \
    X(CASE_STATUS,         "case.status")          /* word: open waiting resolved closed */ \
    X(CASE_OWNER,          "case.owner")                                        \
    X(CASE_OPEN_PROMISES,  "case.open_promises")   /* not yet kept, missed ...  */ \
    X(CASE_DATED_PROMISES, "case.dated_promises")  /* open, dated and accepted  */ \
    X(CASE_DUE_PROMISES,   "case.due_promises")    /* open and due on the local day of the event */ \
    X(CASE_OVERDUE_PROMISES,"case.overdue_promises") /* open, due day is today or past */ \
    X(CASE_STATION,        "case.station")                                      \
    X(CASE_REGION,         "case.region")                                       \
    X(CASE_PRODUCT_LINE,   "case.product_line")                                 \
    X(CASE_AGE,            "case.age_ms")                                       \
    X(CASE_LINE_OPEN,      "case.line_open")       /* flag: the line's hours at at_ms */ \
    X(EVENT_SEVERITY,      "event.severity")       /* number: of the rule that matched; NONE if none */ \
    X(EVENT_SOURCE,        "event.source")         /* word */                   \
    X(REPORTER_TIER,       "reporter.tier")        /* number 1.. by roster; the owner is 1; NONE unknown */ \
    X(REPORTER,            "reporter")             /* person id */              \
    X(REPORTER_IS_OWNER,   "reporter.is_owner")    /* flag */                   \
    X(REPORTER_ROSTER_TIER,"reporter.roster_tier") /* number: the same where he owns the case, too */ \
    X(REPORTER_KEPT_AWAY,  "reporter.kept_away")   /* flag: from this customer */ \
    X(ITEM_OWNER,          "item.owner")           /* person: of a clock of a list: who has taken the item, or whose it is; else the case's */ \
    X(CASE_ID,             "case.id")                                           \
    X(CASE_NEW,            "case.new")             /* flag: this record opened it */ \
    X(CASE_HAS_CHILDREN,   "case.has_children")    /* flag */                   \
    X(CASE_PARENT,         "case.parent")          /* case id */                \
    X(CASE_GATHERED_BY,    "case.gathered_by")     /* case id */                \
    X(LOAD_OWNER_CASES,    "load.owner.cases")     /* open ones of the owner, this one too */ \
    X(LOAD_OWNER_URGENT,   "load.owner.urgent")    /* S1 to S3 */               \
    X(LOAD_OWNER_REGIONS,  "load.owner.regions")   /* with urgent ones */       \
    X(LOAD_OWNER_PROMISES, "load.owner.promises")                               \
    X(LOAD_OWNER_SUBSTITUTES, "load.owner.substitutes") /* words: who of the station has less */ \
    X(LOAD_PERSON_CASES,   "load.person.cases")    /* the same of the event's person */ \
    X(LOAD_PERSON_URGENT,  "load.person.urgent")                                \
    X(LOAD_PERSON_REGIONS, "load.person.regions")                               \
    X(LOAD_PERSON_PROMISES,"load.person.promises")                              \
    X(LOAD_PERSON_SUBSTITUTES, "load.person.substitutes") \
    X(CASE_ACKNOWLEDGED_BY,"case.acknowledged_by") /* person: the last who did */ \
    X(UNKNOWN,             "unknown")              /* word: kind station case; NONE: all is known */ \
    X(UNKNOWN_KIND,        "unknown.kind")         /* text: the kind that nobody knows */ \
    X(CASE_CUSTOMER,       "case.customer")                                     \
    X(CASE_ASSET,          "case.asset")                                        \
    X(CASE_OPENED_AT,      "case.opened_at")       /* time */                   \
    X(NOW,                 "now")                  /* time of the event */      \
    X(TIME_HOUR,           "time.hour")            /* number 0..23, local to the station */ \
    X(TIME_WEEKDAY,        "time.weekday")         /* number 1 Monday .. 7 */

/* Whose facts and attributes an expression may ask for. */
#define EXPR_SUBJECTS(X)                                                        \
    X(OWNER,    "owner")    /* the person who owns the case            */       \
    X(REPORTER, "reporter") /* who tells the event                     */       \
    X(PERSON,   "person")   /* whom it names: person, by or engineer   */       \
    X(STATION,  "station")  /* of the case                             */       \
    X(REGION,   "region")                                                       \
    X(ASSET,    "asset")    /* of the event, else of the case          */       \
    X(CUSTOMER, "customer")                                                     \
    X(PRODUCT_LINE, "product_line")

#define TARIFF_PARTS(X)                                                         \
    X(AMOUNT,  "amount")  /* number: of all items; NONE if one is unknown */    \
    X(KNOWN,   "known")   /* flag: each item has a line               */        \
    X(CURRENT, "current") /* flag: the event's version is in force; NONE if it names none */ \
    X(VERSION, "version") /* text: the one in force                   */
/* clang-format on */

#define X(name, word) SUBJECT_##name,
enum expr_subject { EXPR_SUBJECTS(X) SUBJECT_COUNT };
#undef X
#define X(name, word) TARIFF_##name,
enum tariff_part { TARIFF_PARTS(X) TARIFF_PART_COUNT };
#undef X

#define X(name, word) EXPR_NAME_##name,
enum expr_name { EXPR_NAMES(X) EXPR_NAME_COUNT };
#undef X

/* What can be asked of a list of the case's items: open.LIST. Numbers count
 * items, beside those that say else. */
/* clang-format off */
#define EXPR_LISTS(X)                                                           \
    X(OPEN,     "open")     /* not over yet; taken ones too */                  \
    X(DONE,     "done")     /* done, or approved; done.LIST.ITEM a flag: done or waived */ \
    X(MISSING,  "missing")  /* open ones; where it has not begun, those the pack names */ \
    X(TOTAL,    "total")    /* of every state */                                \
    X(REJECTED, "rejected")                                                     \
    X(APPROVED, "approved") /* number: the largest amount that is; NONE if none is */ \
    X(STATE,    "state")    /* word: of the item that the event names */        \
    X(SKIPS,    "skips")    /* flag: an item before those that the event names is open */
/* clang-format on */

#define X(name, word) EXPR_LIST_##name,
enum expr_list { EXPR_LISTS(X) EXPR_LIST_COUNT };
#undef X

/* clang-format off */
#define EXPR_OPS(X)                                                             \
    X(CONST,   "const")   /* push .value                       */               \
    X(FIELD,   "field")   /* push the event's field .name      */               \
    X(NAME,    "name")    /* push EXPR_NAMES[.index]           */               \
    X(COUNTER, "count")   /* push counter .index of the case   */               \
    X(LOCK,    "lock")    /* push whether lock .index is on    */               \
    X(LIST,    "list")    /* push EXPR_LISTS[.which] of list .index, item .name */ \
    X(OVERLAPS,"overlaps") /* push whether interval .index is taken */          \
    X(SUBJECT, "subject") /* push what is known as .name of subject .index */   \
    X(TABLE,   "table")   /* push what table .index says       */               \
    X(TARIFF,  "tariff")  /* push part .index of the tariff    */               \
    X(MATCHES, "matches") /* push whether field .name (any, if empty) has a word of list .index */ \
    X(SIZE,    "size")    /* push how many items field .name has */             \
    X(HAS,     "has")     /* push whether field .name is there; the last leaf */ \
    X(EQ, "==") X(NE, "!=") X(LT, "<") X(LE, "<=") X(GT, ">") X(GE, ">=")       \
    X(IN,      "in")      /* element, list -> flag             */               \
    X(ADD, "+") X(SUB, "-") X(MUL, "*") X(DIV, "/")                             \
    X(MONTHS,  "months")  /* time, number -> the same day so many months on */  \
    X(AND, "and") X(OR, "or")   /* the last that take two */                    \
    X(NOT, "not")                                                               \
    X(KNOWN,   "known")   /* whether it is not NONE            */
/* clang-format on */

#define X(name, word) EXPR_OP_##name,
enum expr_op { EXPR_OPS(X) };
#undef X

/* Most conditions a pack may give a name to. */
enum { CONDITIONS_MAX = 128 };

/* The value of the left side of an "and" or "or" may decide it: then the rows
 * up to it, the right side, are not looked at. */
enum expr_skip { EXPR_SKIP_NEVER, EXPR_SKIP_FALSE, EXPR_SKIP_TRUE };

struct expr_row {
    enum expr_op op;
    uint16_t index;
    uint8_t skip;    /* enum expr_skip: when this row's value is such ... */
    uint8_t skip_to; /* ... go on behind that row, with that value */
    uint8_t which;   /* LIST: enum expr_list */
    bool tests;      /* this leaf, the next and the comparison behind them */
    /* A named condition that asks nothing but the event's fields is answered
     * once for an event. Numbers from 1 on; 0: none. */
    uint8_t begins;    /* this one, which goes on ... */
    uint8_t begins_to; /* ... up to that row */
    uint8_t ends;      /* its last row is this one */
    struct text name;
    struct value value;
};

struct expr {
    const struct expr_row *rows; /* count 0: always true */
    uint16_t count;
    struct text source; /* as written, for why and why-not */
};

/* What an expression may ask; the engine implements it in scope.c. */
struct scope;
struct value scope_name(const struct scope *s, enum expr_name name);
struct value scope_field(const struct scope *s, struct text name);
struct value scope_counter(const struct scope *s, uint16_t index);
struct value scope_lock(const struct scope *s, uint16_t index);
struct value scope_list(const struct scope *s, uint16_t list,
                        enum expr_list which, struct text item);
struct value scope_subject(const struct scope *s, enum expr_subject subject,
                           struct text name);
struct value scope_overlaps(const struct scope *s, uint16_t index);
struct value scope_table(const struct scope *s, uint16_t index);
struct value scope_tariff(const struct scope *s, enum tariff_part part);
bool scope_matches(const struct scope *s, struct text field, uint16_t list);
uint32_t scope_size(const struct scope *s, struct text field);
struct value scope_months(const struct scope *s, int64_t at_ms, int64_t months);

/* What the event's condition of that number (from 1 on) is already known to
 * be; and that it is known. Nothing is while what a value came from is told. */
bool scope_answered(const struct scope *s, uint8_t condition, bool *yes);
void scope_answer(const struct scope *s, uint8_t condition, bool yes);

/* Whether the event's fields alone decide it, and it is true or false. */
bool expr_asks_fields(const struct expr *e);
/* Fills in skip, skip_to and tests. Without it an expression says the same,
 * slower. */
void expr_link(struct expr_row *rows, size_t count);

bool expr_true(const struct expr *e, const struct scope *s);
/* Of an expression without rows: true. */
struct value expr_value(const struct expr *e, const struct scope *s);

static inline bool expr_is_leaf(enum expr_op op)
{
    return op <= EXPR_OP_HAS;
}

static inline bool expr_is_unary(enum expr_op op)
{
    return op >= EXPR_OP_NOT;
}

/* a op b, of ADD to DIV; NONE where there is no such thing. */
struct value value_arithmetic(enum expr_op op, const struct value *a,
                              const struct value *b);

#endif
