/* input - one record as the engine reads it: who says what happened, when.
 *
 * Everything that can influence a decision is in here, in the policy, or in the
 * view; the engine reads no clock. Commands of people arrive as events of a
 * kind, with the person as reporter: there is one way to move a case.
 *
 * Time     at_ms is when it happened and what clocks count from; now_ms is the
 *          journal time at which the record is decided. at_ms <= now_ms.
 * Memory   Borrowed from the caller for the length of the call.
 * Source   requirements.md section 3 (fields) and section 4, 8 (late events).
 */
#ifndef ENGINE_INPUT_H
#define ENGINE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/text.h"

/* On disk: append only. */
/* clang-format off */
#define INPUT_KINDS(X)                                                          \
    X(EVENT,   1, "event")   /* something happened, or somebody commands      */ \
    X(FIRING,  2, "firing")  /* all timers of a case due by as_of_ms          */ \
    X(RECEIPT, 3, "receipt") /* a tier worker tells what became of a page     */

#define SOURCES(X)                                                              \
    X(STATION, 1, "station")                                                    \
    X(HOTLINE, 2, "hotline")                                                    \
    X(MONITOR, 3, "monitor")                                                    \
    X(SYSTEM,  4, "system")                                                     \
    X(IMPORT,  5, "import")  /* a fact of another system: gates do not refuse it */
/* clang-format on */

#define X(name, code, word) INPUT_##name = code,
enum input_kind { INPUT_KINDS(X) };
#undef X
#define X(name, code, word) SOURCE_##name = code,
enum source { SOURCES(X) };
#undef X

enum value_kind {
    VALUE_NONE,
    VALUE_TEXT,
    VALUE_NUMBER,
    VALUE_FLAG,
    VALUE_TIME,
    VALUE_LIST
};

struct value {
    enum value_kind kind;
    union {
        struct text text;
        int64_t thousandths; /* NUMBER: 1.5 is 1500 */
        bool flag;
        int64_t time_ms;
        struct {
            const struct text *items;
            uint32_t count;
        } list;
    };
};

struct field {
    struct text name; /* as in the .proto: amount, promise_id, due ... */
    struct value value;
};

/* One change of a case.updated: stands for an event of its own kind, carried
 * out in the order given, in the same record. */
struct change {
    uint16_t kind;    /* index into policy->kinds */
    struct text from; /* old value, may be empty */
    struct text to;   /* new value: person, group, severity word ... */
    int64_t
        count; /* how often at once (a counter that rose by 2); 1 if unsaid */
};

struct input {
    enum input_kind kind;
    uint64_t sequence; /* of this record in its partition; makes page ids */
    int64_t now_ms;
    int64_t at_ms;
    int64_t received_at_ms;

    uint16_t event; /* EVENT: index into policy->kinds, which is the same in
                       all packs and versions in force: kinds are appended */
    enum source source;
    struct text case_id; /* set for all but events that concern no case */
    struct text station, region, product_line, customer, asset;
    struct text reporter, reporter_role;
    const struct field *fields;
    size_t field_count;
    /* Whether the field says something of a customer, which is never journaled;
       NULL: none does. */
    bool (*is_personal)(const void *origin, struct text name);
    const void *origin;
    const struct change *changes;
    size_t change_count;
    struct text kind_name; /* EVENT of a kind that the rules do not know */
    bool backlog_follows;  /* the station announced more: what this event finds
                              already over waits for its firing */

    uint8_t depth;    /* of a derived event: intents behind it; else 0 */
    int64_t as_of_ms; /* FIRING */

    struct text page_id; /* RECEIPT; and EVENT notify.ack of one page */
    bool delivered;      /* RECEIPT */
    struct text channel; /* RECEIPT */
};

/* NULL if the event has no such field. */
const struct value *input_field(const struct input *in, struct text name);

#endif
