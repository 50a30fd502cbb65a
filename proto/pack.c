#include "proto/pack.h"

#include <assert.h>

#include "proto/field.h"

enum { FIRST_ROOM = 1024 };

static enum pb_wire wire_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return PB_BYTES;
    case PROTOBUF_C_TYPE_DOUBLE:
        return PB_FIXED64;
    default:
        return PB_VARINT;
    }
}

static void put_real(struct pb_out *o, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    pb_raw_fixed64(o, bits);
}

/* The schema has these types; a test packs all of them. */
static void put_value(struct pb_out *o, ProtobufCType type, const void *at)
{
    const ProtobufCBinaryData *bytes = at;
    const char *text;
    uint8_t *mark;

    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
        text = *(const char *const *)at;
        pb_raw_bytes(o, text, text ? strlen(text) : 0);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        pb_raw_bytes(o, bytes->data, bytes->len);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        mark = pb_begin(o);
        pack(o, *(const ProtobufCMessage *const *)at);
        pb_close(o, mark);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        put_real(o, *(const double *)at);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        pb_raw_varint(o, *(const protobuf_c_boolean *)at != 0);
        break;
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_INT32:
        pb_raw_varint(o, (uint64_t)(int64_t) * (const int32_t *)at);
        break;
    case PROTOBUF_C_TYPE_UINT32:
        pb_raw_varint(o, *(const uint32_t *)at);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        pb_raw_varint(o, *(const uint64_t *)at);
        break;
    default:
        assert(!"a type that the schema has not");
    }
}

static void put_list(struct pb_out *o, const ProtobufCMessage *message,
                     const ProtobufCFieldDescriptor *f)
{
    size_t count = *(const size_t *)field_place(message, f->quantifier_offset);
    const char *items = *(const char *const *)field_place(message, f->offset);

    for (size_t i = 0; i < count; i++) {
        pb_tag(o, f->id, wire_of(f->type));
        put_value(o, f->type, items + i * field_size(f->type));
    }
}

static void put_unknown(struct pb_out *o, const ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *u = &message->unknown_fields[i];

        pb_tag(o, u->tag, (enum pb_wire)u->wire_type);
        pb_raw(o, u->data, u->len);
    }
}

/* Of a field that may be there once. */
static bool is_set(const ProtobufCMessage *message,
                   const ProtobufCFieldDescriptor *f)
{
    if (field_by_pointer(f))
        return *(const void *const *)field_place(message, f->offset) != NULL;
    return *(const protobuf_c_boolean *)field_place(message,
                                                    f->quantifier_offset);
}

void pack(struct pb_out *o, const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;

    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &type->fields[i];

        if (f->label == PROTOBUF_C_LABEL_REPEATED) {
            put_list(o, message, f);
        } else if (is_set(message, f)) {
            pb_tag(o, f->id, wire_of(f->type));
            put_value(o, f->type, field_place(message, f->offset));
        }
    }
    put_unknown(o, message);
}

enum status pack_append(const ProtobufCMessage *message, struct bytes *out)
{
    for (size_t room = FIRST_ROOM;; room *= 2) {
        uint8_t *at = bytes_reserve(out, room);
        struct pb_out o = {at, at + room, false};

        if (!at)
            return out->status;
        pack(&o, message);
        if (o.full)
            continue; /* too little: the next room holds twice as much */
        out->size += (size_t)(o.at - at);
        return STATUS_OK;
    }
}
