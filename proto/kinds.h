/* kinds - the built-in kinds of event and the fields they are known to have.
 *
 * Two tables, kinds.def and kind_fields.def, and their look-ups. A kind that is
 * not here is not an error for the codec: it is carried with code 0 and all its
 * fields as attributes, so that a pack can add its own.
 *
 * Memory   Constant tables; nothing is allocated.
 * Errors   NULL or false for what is not in the tables.
 * Threads  Any.
 * Source   Requirements section 3, both tables, and scenarios.
 */
#ifndef PROTO_KINDS_H
#define PROTO_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */

/* What a kind is about; for lists and colours. Append only.
 *  name        code  text                                                   */
#define KIND_GROUPS(X)                                                         \
    X(CASE,       1, "case")                                                   \
    X(COMPLAINT,  2, "complaint")                                              \
    X(MOOD,       3, "mood")                                                   \
    X(PROMISE,    4, "promise")                                                \
    X(CONTACT,    5, "contact")                                                \
    X(OWNERSHIP,  6, "ownership")                                              \
    X(SOCIAL,     7, "social")                                                 \
    X(MEDIA,      8, "media")                                                  \
    X(CONFLICT,   9, "conflict")                                               \
    X(FOLLOW_UP, 10, "follow_up")                                              \
    X(STAFF,     11, "staff")                                                  \
    X(BENCH,     12, "bench")                                                  \
    X(FEES,      13, "fees")                                                   \
    X(CHANGE,    14, "change")                                                 \
    X(VISIT,     15, "visit")                                                  \
    X(CRISIS,    16, "crisis")                                                 \
    X(REVIEW,    17, "review")                                                 \
    X(CARE,      18, "care")                                                   \
    X(RULES,     19, "rules")                                                  \
    X(INTEGRITY, 20, "integrity")                                              \
    X(SYSTEM,    21, "system")                                                 \
    X(ITEMS,      22, "items")

/* The part of Event that holds a kind's own fields, and its field number in
 * yinuo.proto; GENERIC and SYSTEM kinds have attributes only.               */
#define KIND_CARRIERS(X)                                                       \
    X(GENERIC,    0, "")                                                       \
    X(SYSTEM,     0, "")                                                       \
    X(CASE,      20, "case_fields")                                            \
    X(COMPLAINT, 21, "complaint_fields")                                       \
    X(MOOD,      22, "mood_fields")                                            \
    X(PROMISE,   23, "promise_fields")                                         \
    X(CONTACT,   24, "contact_fields")                                         \
    X(OWNERSHIP, 25, "ownership_fields")                                       \
    X(SOCIAL,    26, "social_fields")                                          \
    X(MEDIA,     27, "media_fields")                                           \
    X(CONFLICT,  28, "conflict_fields")                                        \
    X(FOLLOW_UP, 29, "follow_up_fields")                                       \
    X(STAFF,     30, "staff_fields")

/* The type of a field, as JSON and as people type it.                       */
#define KIND_FIELD_TYPES(X)                                                    \
    X(TEXT,    "text")                                                         \
    X(NUMBER,  "whole number")                                                 \
    X(REAL,    "number")                                                       \
    X(FLAG,    "yes or no")                                                    \
    X(TIME,    "time")                                                         \
    X(LIST,    "list of texts")                                                \
    X(CHOICE,  "one of")                                                       \
    X(CHANGES, "list of changes")

/* clang-format on */

#define X(name, code, text) KIND_GROUP_##name = code,
enum kind_group { KIND_GROUPS(X) KIND_GROUPS_END };
#undef X

#define X(name, field, text) KIND_CARRIER_##name,
enum kind_carrier { KIND_CARRIERS(X) KIND_CARRIERS_END };
#undef X

#define X(name, text) KIND_FIELD_##name,
enum kind_field_type { KIND_FIELD_TYPES(X) KIND_FIELD_TYPES_END };
#undef X

enum kind_need {
    KIND_FIELD_OPTIONAL,
    KIND_FIELD_ASKED,  /* a person is asked for it, may go without */
    KIND_FIELD_NEEDED, /* the event is refused without it */
};

/* KIND_PROMISE_MADE and so on, with the codes of the table. */
#define KIND(id, name, code, group, carrier) KIND_##id = code,
enum kind_code {
    KIND_OF_A_PACK = 0, /* not built in */
#include "proto/kinds.def"
};
#undef KIND

struct kind {
    const char *name; /* "promise.made" */
    uint16_t code;
    enum kind_group group;
    enum kind_carrier carrier;
};

struct kind_field {
    uint16_t kind;    /* code */
    const char *name; /* as in JSON: "due", not "due_ms" */
    enum kind_field_type type;
    enum kind_need need;
    const char *values; /* CHOICE: "a|b|c"; else NULL */
};

/* All kinds, sorted by name. */
const struct kind *kinds_all(size_t *count);

const struct kind *kind_by_name(const char *name);
const struct kind *kind_by_code(uint32_t code);

/* The known fields of a kind, in the order of asking; *count 0 for unknown. */
const struct kind_field *kind_fields(uint32_t code, size_t *count);

/* NULL where the kind is not known to have such a field. */
const struct kind_field *kind_field(uint32_t code, const char *name);

/* Is the text among the values of a CHOICE? True for other types. */
bool kind_field_takes(const struct kind_field *field, const char *text);

const char *kind_group_text(enum kind_group group);
const char *kind_field_type_text(enum kind_field_type type);

/* The carrier's field of Event: "promise_fields" and 23; "" and 0 for none. */
const char *kind_carrier_field(enum kind_carrier carrier);
unsigned kind_carrier_number(enum kind_carrier carrier);

#endif
