/* field - the fields of any message, read and written along its descriptor.
 *
 * What the JSON forms share: which integer fields are moments and spans, what a
 * field is called as JSON, and its value in one shape for all types.
 *
 * Time     `x_ms` is a moment in ms since the epoch, called `x` as JSON;
 *          `x_wait_ms`, `x_by_ms` and `span_ms` are spans, called `x_wait`,
 *          `x_by` and `span`.
 * Memory   Values point into the message. field_set_* allocate in the arena.
 * Errors   false: not set, or no memory left in the arena.
 * Threads  Any.
 */
#ifndef PROTO_FIELD_H
#define PROTO_FIELD_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum field_time { FIELD_NO_TIME, FIELD_MOMENT, FIELD_SPAN };

enum { FIELD_NAME_SIZE = 64 };

enum field_time field_time(const ProtobufCFieldDescriptor *field);

/* Its name as JSON, without _ms for times. */
void field_json_name(const ProtobufCFieldDescriptor *field,
                     char out[FIELD_NAME_SIZE]);

/* The field that has this name as JSON, or NULL. */
const ProtobufCFieldDescriptor *
field_by_json_name(const ProtobufCMessageDescriptor *type, const char *name);

/* Strings and messages are there when their pointer is. */
static inline bool field_by_pointer(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_STRING ||
           field->type == PROTOBUF_C_TYPE_MESSAGE;
}

/* Of one value in its message, or of one item of a list. */
static inline size_t field_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    default:
        return 4;
    }
}

/* What a message keeps at one of its field's offsets; to be written where the
 * message may be. */
static inline void *field_place(const ProtobufCMessage *message,
                                unsigned offset)
{
    return (char *)message + offset;
}

/* Is it there? Lists: is there at least one item? */
bool field_is_set(const ProtobufCMessage *message,
                  const ProtobufCFieldDescriptor *field);

/* Items of a list; 1 or 0 for others. */
size_t field_count(const ProtobufCMessage *message,
                   const ProtobufCFieldDescriptor *field);

/* Address of the i-th item (of the member itself, where it is no list). */
const void *field_item(const ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *field, size_t i);

/* Any integer, boolean or enum type as a number. */
int64_t field_integer(const ProtobufCFieldDescriptor *field, const void *item);
double field_real(const ProtobufCFieldDescriptor *field, const void *item);

bool field_is_integer(const ProtobufCFieldDescriptor *field);
bool field_is_real(const ProtobufCFieldDescriptor *field);

/* Set a singular field; false where its type cannot hold the value. */
bool field_set_integer(ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *field, int64_t value);
bool field_set_real(ProtobufCMessage *message,
                    const ProtobufCFieldDescriptor *field, double value);
bool field_set_text(ProtobufCMessage *message,
                    const ProtobufCFieldDescriptor *field, const char *text,
                    struct arena *arena);
bool field_set_list(ProtobufCMessage *message,
                    const ProtobufCFieldDescriptor *field,
                    const char *const *texts, size_t count,
                    struct arena *arena);

/* As if it had never been set. */
void field_clear(ProtobufCMessage *message,
                 const ProtobufCFieldDescriptor *field);

/* A new, empty message; NULL where the arena is full. */
void *field_new_message(const ProtobufCMessageDescriptor *type,
                        struct arena *arena);

/* "SOURCE_STATION" -> "station", "SEVERITY_S1" -> "S1"; NULL: unknown number */
const char *field_enum_text(const ProtobufCEnumDescriptor *type, int64_t value,
                            char out[FIELD_NAME_SIZE]);

/* The way back; false where there is no such word. UNSPECIFIED has none. */
bool field_enum_value(const ProtobufCEnumDescriptor *type, const char *text,
                      int *value);

#endif
