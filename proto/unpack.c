#include "proto/unpack.h"

#include <assert.h>

#include "proto/field.h"
#include "proto/pb.h"

enum { LIST_FIRST = 4 };

/* The schema has these types; a test reads all of them. */
static void set_number(ProtobufCType type, uint64_t value, void *at)
{
    switch (type) {
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)at = value != 0;
        break;
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_UINT32:
        *(uint32_t *)at = (uint32_t)value;
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        *(uint64_t *)at = value;
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        memcpy(at, &value, sizeof value);
        break;
    default:
        assert(!"a type that the schema has not");
    }
}

/* False: no memory, or it makes no sense. */
static bool set_value(const ProtobufCFieldDescriptor *f,
                      const struct pb_field *from, void *at,
                      struct arena *arena)
{
    char *copy;

    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
        copy =
            from->wire == PB_BYTES ? arena_text_of(arena, from->bytes) : NULL;
        if (f->type == PROTOBUF_C_TYPE_STRING)
            *(char **)at = copy;
        else
            *(ProtobufCBinaryData *)at =
                (ProtobufCBinaryData){from->bytes.size, (uint8_t *)copy};
        return copy != NULL;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(void **)at = from->wire == PB_BYTES
                           ? unpack(f->descriptor, from->bytes, arena)
                           : NULL;
        return *(void **)at != NULL;
    default:
        set_number(f->type, from->value, at);
        return from->wire != PB_BYTES;
    }
}

/* Room for one more, twice as many each time that it is full. */
static void *next_item(ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *f, struct arena *arena)
{
    size_t *count = field_place(message, f->quantifier_offset);
    char **list = field_place(message, f->offset);
    size_t each = field_size(f->type), n = *count;

    if (n == 0 || (n >= LIST_FIRST && (n & (n - 1)) == 0)) {
        char *more = arena_room(arena, (n ? 2 * n : LIST_FIRST) * each);

        if (!more)
            return NULL;
        if (n)
            memcpy(more, *list, n * each);
        *list = more;
    }
    ++*count;
    return *list + n * each;
}

/* Numbers of a list may lie in one field. */
static bool set_packed(ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *f, struct slice bytes,
                       struct arena *arena)
{
    struct pb_in in = pb_in_of(bytes);

    while (!in.bad && in.at < in.end) {
        void *at = next_item(message, f, arena);

        if (!at)
            return false;
        set_number(f->type,
                   f->type == PROTOBUF_C_TYPE_DOUBLE ? pb_take_fixed(&in, 8)
                                                     : pb_take_varint(&in),
                   at);
    }
    return !in.bad;
}

static bool is_sized(ProtobufCType type)
{
    return type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_BYTES ||
           type == PROTOBUF_C_TYPE_MESSAGE;
}

static bool set_field(ProtobufCMessage *message,
                      const ProtobufCFieldDescriptor *f,
                      const struct pb_field *from, struct arena *arena)
{
    void *at;

    if (f->label != PROTOBUF_C_LABEL_REPEATED) {
        if (!field_by_pointer(f))
            *(protobuf_c_boolean *)field_place(message, f->quantifier_offset) =
                1;
        return set_value(f, from, field_place(message, f->offset), arena);
    }
    if (from->wire == PB_BYTES && !is_sized(f->type))
        return set_packed(message, f, from->bytes, arena);
    at = next_item(message, f, arena);
    return at && set_value(f, from, at, arena);
}

/* Kept as it lies there, without its tag. */
static bool keep_unknown(ProtobufCMessage *message, const struct pb_field *from,
                         struct slice bytes, struct arena *arena)
{
    unsigned n = message->n_unknown_fields;
    ProtobufCMessageUnknownField *list = message->unknown_fields;
    struct slice copy = arena_copy(arena, bytes);

    if (!n || (n >= LIST_FIRST && (n & (n - 1)) == 0)) {
        list = arena_room(arena, (n ? 2 * n : LIST_FIRST) * sizeof *list);
        if (list && n)
            memcpy(list, message->unknown_fields, n * sizeof *list);
    }
    if (!list || !copy.data)
        return false;
    list[n] = (ProtobufCMessageUnknownField){.tag = from->number,
                                             .wire_type =
                                                 (ProtobufCWireType)from->wire,
                                             .len = copy.size,
                                             .data = (uint8_t *)copy.data};
    message->unknown_fields = list;
    message->n_unknown_fields = n + 1;
    return true;
}

void *unpack(const ProtobufCMessageDescriptor *type, struct slice bytes,
             struct arena *arena)
{
    ProtobufCMessage *message = arena_room(arena, type->sizeof_message);
    struct pb_in in = pb_in_of(bytes);
    struct pb_field from;

    if (!message)
        return NULL;
    type->message_init(message);
    while (pb_next(&in, &from)) {
        const ProtobufCFieldDescriptor *f =
            protobuf_c_message_descriptor_get_field(type, from.number);

        if (!(f ? set_field(message, f, &from, arena)
                : keep_unknown(message, &from,
                               slice_of(from.at, (size_t)(in.at - from.at)),
                               arena)))
            return NULL;
    }
    return in.bad ? NULL : message;
}
