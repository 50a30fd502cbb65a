/* event - one Event: decoding, checking, and its fields by name.
 *
 * An event has common fields (station, case_id ...), the typed fields of its
 * kind's carrier, and attributes. Who works with names (JSON, the customs
 * house, the command line) need not know which is where: names here are those
 * of the requirements and of JSON ("due", not "due_ms").
 *
 * Memory   Values point into the event; what is set is copied to the arena.
 * Errors   Refusal codes, with path and sentence in the fault.
 * Threads  Any.
 * Source   Requirements section 3; design section 6.
 */
#ifndef PROTO_EVENT_H
#define PROTO_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "proto/codec.h"
#include "proto/field.h"
#include "proto/kinds.h"

enum event_value_type {
    EVENT_NULL, /* said, but nothing: JSON null */
    EVENT_TEXT,
    EVENT_NUMBER,
    EVENT_REAL,
    EVENT_FLAG,
    EVENT_TIME,
    EVENT_LIST, /* of texts, at least one */
    EVENT_JSON, /* anything else, as compact JSON */
};

struct event_value {
    enum event_value_type type;
    const char *text;        /* TEXT, JSON */
    int64_t number;          /* NUMBER; TIME: ms since the epoch; FLAG: 0, 1 */
    double real;             /* REAL */
    const char *const *list; /* LIST */
    size_t count;            /* LIST */
};

/* Walks over the kind's own fields: those of the carrier, then attributes. */
struct event_fields {
    const Yinuo__V1__Event *event;
    const ProtobufCMessage *carrier;
    unsigned next; /* field of the carrier, then attribute */
    char buffer[FIELD_NAME_SIZE];
    const char *name; /* of the present one; valid until the next call */
    struct event_value value;
};

/* What event_check() lets pass as absent. */
enum {
    EVENT_WITHOUT_AT = 1, /* commands: the router takes journal time */
    EVENT_WITHOUT_ID = 2,
    EVENT_WITHOUT_NEEDED = 4, /* fields that kind_fields.def marks NEEDED */
};

/* codec_decode with the limit of one event. NULL with *fault set. */
Yinuo__V1__Event *event_decode(struct slice in, struct arena *arena,
                               struct fault *fault);

/* A new event of this kind, with its code if it is a built-in one. */
Yinuo__V1__Event *event_new(const char *kind, struct arena *arena);

/* Id, kind and time are there, the code is the kind's, only the kind's carrier
 * is set, attributes have unique names that hide nothing, known fields have
 * their type, needed ones are there. Kinds that are not built in pass: only a
 * policy can say whether they are known. */
enum refusal event_check(const Yinuo__V1__Event *event, unsigned without,
                         struct fault *fault);

void event_fields_begin(struct event_fields *fields,
                        const Yinuo__V1__Event *event);
bool event_fields_next(struct event_fields *fields);

/* A field of any place by its name; false where it is not said at all. */
bool event_get(const Yinuo__V1__Event *event, const char *name,
               struct event_value *value);

/* Puts a value where it belongs, replacing an earlier one: a common field, one
 * of the carrier if the type fits, else an attribute. BAD_FIELD: a common field
 * of another type. TOO_MANY: attributes. TOO_LARGE: the arena is full. */
enum refusal event_set(Yinuo__V1__Event *event, const char *name,
                       const struct event_value *value, struct arena *arena,
                       struct fault *fault);

/* event_set for what a person typed, read as the type that the field is known
 * to have: yes/no for flags, moments in `zone` where they have no offset, lists
 * separated by commas, "none" for nothing. Of fields that are not known true
 * and false become flags, whole numbers numbers, and the rest is text. */
enum refusal event_set_typed(Yinuo__V1__Event *event, const char *name,
                             const char *typed, const char *zone,
                             struct arena *arena, struct fault *fault);

/* The value of one attribute, of an event, command, query or case. */
void event_attribute(const Yinuo__V1__Attribute *attribute,
                     struct event_value *value);

#endif
