#include "proto/codec.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "proto/unpack.h"

enum wire_type { VARINT = 0, FIXED64 = 1, SIZED = 2, FIXED32 = 5 };

/* Where the walk stands; one per message on the way down, on the stack. */
struct level {
    const struct level *above;
    const ProtobufCMessageDescriptor *type;
    const ProtobufCFieldDescriptor *field; /* being looked at */
    unsigned item;                         /* of a repeated field */
};

struct walk {
    unsigned unknown; /* fields that are not in the schema, so far */
    struct fault *fault;
};

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

static enum refusal walk_message(struct walk *walk, const struct level *above,
                                 const ProtobufCMessageDescriptor *type,
                                 struct slice in, unsigned depth);

enum refusal fault_set(struct fault *fault, enum refusal code,
                       const char *field, const char *format, ...)
{
    if (!fault)
        return code;
    fault->code = code;
    snprintf(fault->field, sizeof fault->field, "%s", field);
    int used =
        *field ? snprintf(fault->text, sizeof fault->text, "%s: ", field) : 0;
    if (used < 0 || (size_t)used >= sizeof fault->text)
        return code;
    va_list args;
    va_start(args, format);
    vsnprintf(fault->text + used, sizeof fault->text - (size_t)used, format,
              args);
    va_end(args);
    return code;
}

/* ------------------------------------------------------------------------
 * Limits. Short texts and short lists pass without a look into these tables.
 */

struct size_limit {
    const char *field;
    size_t bytes;
};

/* By the field's name, whatever the message; else LIMIT_TEXT_BYTES. Names that
 * end in _id are ids. */
static const struct size_limit size_limits[] = {
    {"id", LIMIT_ID_BYTES},
    {"station", LIMIT_ID_BYTES},
    {"region", LIMIT_ID_BYTES},
    {"product_line", LIMIT_ID_BYTES},
    {"person", LIMIT_ID_BYTES},
    {"owner", LIMIT_ID_BYTES},
    {"reporter", LIMIT_ID_BYTES},
    {"reporter_role", LIMIT_ID_BYTES},
    {"producer_identity", LIMIT_ID_BYTES},
    {"identity", LIMIT_ID_BYTES},
    {"kind", LIMIT_NAME_BYTES},
    {"verb", LIMIT_NAME_BYTES},
    {"name", LIMIT_NAME_BYTES},
    {"clock", LIMIT_NAME_BYTES},
    {"rule", LIMIT_NAME_BYTES},
    {"provider_id", LIMIT_TEXT_BYTES},
    {"json", LIMIT_EVENT_BYTES},
};

struct items_limit {
    const char *message;
    const char *field;
    size_t items;
};

/* Else LIMIT_LIST_ITEMS. */
static const struct items_limit items_limits[] = {
    {"Event", "attributes", LIMIT_ATTRIBUTES},
    {"EventBatch", "events", LIMIT_BATCH_EVENTS},
    {"EventsAnswer", "refusals", LIMIT_BATCH_EVENTS},
    {"Answer", "lines", LIMIT_QUERY_ROWS},
    {"Answer", "values", LIMIT_QUERY_ROWS},
    {"Answer", "still_running", LIMIT_TIMERS_PER_CASE},
    {"Reply", "rows", LIMIT_QUERY_ROWS},
    {"Records", "records", LIMIT_FETCH_RECORDS},
    {"StreamRecord", "decisions", LIMIT_DECISIONS_PER_INPUT},
    {"Case", "clocks", LIMIT_TIMERS_PER_CASE},
    {"Case", "promises", LIMIT_TIMERS_PER_CASE},
    {"Case", "counters", LIMIT_TIMERS_PER_CASE},
    {"Case", "facts", LIMIT_TIMERS_PER_CASE},
    {"Hello", "partitions", 1024},
    {"Welcome", "partitions", 1024},
    {"Register", "partitions", 1024},
    {"Register", "heads", 1024},
};

size_t codec_size_limit(const ProtobufCFieldDescriptor *field)
{
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return LIMIT_RECORD_BYTES;
    for (size_t i = 0; i < sizeof size_limits / sizeof *size_limits; i++)
        if (strcmp(field->name, size_limits[i].field) == 0)
            return size_limits[i].bytes;
    size_t length = strlen(field->name);
    if (length > 3 && strcmp(field->name + length - 3, "_id") == 0)
        return LIMIT_ID_BYTES;
    return LIMIT_TEXT_BYTES;
}

size_t codec_items_limit(const ProtobufCMessageDescriptor *type,
                         const ProtobufCFieldDescriptor *field)
{
    for (size_t i = 0; i < sizeof items_limits / sizeof *items_limits; i++)
        if (strcmp(type->short_name, items_limits[i].message) == 0 &&
            strcmp(field->name, items_limits[i].field) == 0)
            return items_limits[i].items;
    return LIMIT_LIST_ITEMS;
}

/* ------------------------------------------------------------------------
 * Saying where
 */

static size_t path_of(const struct level *level, char *out, size_t room)
{
    size_t used = level->above ? path_of(level->above, out, room) : 0;
    if (!level->field || used >= room)
        return used;
    int more = snprintf(out + used, room - used, "%s%s", used > 0 ? "." : "",
                        level->field->name);
    used += (size_t)more;
    if (level->field->label == PROTOBUF_C_LABEL_REPEATED && used < room)
        used += (size_t)snprintf(out + used, room - used, "[%u]", level->item);
    return used;
}

static enum refusal refuse(const struct walk *walk, const struct level *level,
                           enum refusal code, const char *text)
{
    char path[sizeof walk->fault->field] = "";
    if (!walk->fault)
        return code;
    path_of(level, path, sizeof path);
    return fault_set(walk->fault, code, path, "%s", text);
}

static enum refusal refuse_size(const struct walk *walk,
                                const struct level *level, enum refusal code,
                                const char *of, size_t size, size_t limit)
{
    char text[96];
    snprintf(text, sizeof text, "%zu %s, at most %zu", size, of, limit);
    return refuse(walk, level, code, text);
}

/* ------------------------------------------------------------------------
 * Reading the wire format
 */

static bool read_varint(struct cursor *in, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        uint8_t byte = *in->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return shift < 63 || byte <= 1;
    }
    return false;
}

/* Steps over one value; its bytes in *value, for SIZED without the length. */
static bool read_value(struct cursor *in, unsigned wire, struct slice *value)
{
    size_t left = (size_t)(in->end - in->at);
    const uint8_t *start = in->at;
    uint64_t number;
    size_t size;
    switch (wire) {
    case VARINT:
        if (!read_varint(in, &number))
            return false;
        *value = slice_of(start, (size_t)(in->at - start));
        return true;
    case FIXED32:
    case FIXED64:
        size = wire == FIXED32 ? 4 : 8;
        if (left < size)
            return false;
        break;
    case SIZED:
        if (!read_varint(in, &number) || number > (size_t)(in->end - in->at))
            return false;
        size = (size_t)number;
        break;
    default: /* groups, and what does not exist */
        return false;
    }
    *value = slice_of(in->at, size);
    in->at += size;
    return true;
}

static unsigned wire_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return FIXED32;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return FIXED64;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return SIZED;
    default:
        return VARINT;
    }
}

/* Items of a packed list; false where it is cut inside one. */
static bool count_packed(unsigned wire, struct slice value, size_t *count)
{
    struct cursor in = {value.data, value.data + value.size};
    struct slice item;
    for (*count = 0; in.at < in.end; ++*count)
        if (!read_value(&in, wire, &item))
            return false;
    return true;
}

/* ------------------------------------------------------------------------
 * The walk
 */

/* Most texts are plain: no need to decode them. */
static bool is_plain(struct slice text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t i = 0;
    for (uint64_t eight; i + sizeof eight <= text.size; i += sizeof eight) {
        memcpy(&eight, text.data + i, sizeof eight);
        if (((eight - ones) | eight) & ones << 7)
            return false; /* a NUL, or a byte above 127 */
    }
    for (; i < text.size; i++)
        if (text.data[i] == 0 || text.data[i] > 127)
            return false;
    return true;
}

static enum refusal walk_text(struct walk *walk, const struct level *level,
                              struct slice value)
{
    if (value.size > LIMIT_ID_BYTES) {
        size_t limit = codec_size_limit(level->field);
        if (value.size > limit)
            return refuse_size(walk, level,
                               limit == LIMIT_ID_BYTES ? REFUSAL_ID_TOO_LONG
                                                       : REFUSAL_TOO_LARGE,
                               "bytes", value.size, limit);
    }
    if (level->field->type == PROTOBUF_C_TYPE_STRING && !is_plain(value) &&
        !utf8_valid(value))
        return refuse(walk, level, REFUSAL_NOT_UTF8,
                      "not valid UTF-8, or with a NUL in it");
    return REFUSAL_NONE;
}

/* How often the field has been there, this time included. */
static enum refusal walk_count(struct walk *walk, struct level *level,
                               uint32_t *count, size_t more)
{
    size_t before = *count;
    level->item = (unsigned)before;
    if (level->field->label != PROTOBUF_C_LABEL_REPEATED) {
        if (before > 0)
            return refuse(walk, level, REFUSAL_MALFORMED, "is there twice");
    } else if (before + more > LIMIT_LIST_ITEMS) {
        size_t limit = codec_items_limit(level->type, level->field);
        if (before + more > limit)
            return refuse_size(walk, level, REFUSAL_TOO_MANY, "items",
                               before + more, limit);
    }
    *count += (uint32_t)more;
    return REFUSAL_NONE;
}

static enum refusal walk_field(struct walk *walk, struct level *level,
                               uint32_t *count, unsigned wire,
                               struct slice value, unsigned depth)
{
    const ProtobufCFieldDescriptor *field = level->field;
    unsigned expected = wire_of(field->type);
    size_t items = 1;
    if (wire != expected) {
        if (wire != SIZED || field->label != PROTOBUF_C_LABEL_REPEATED ||
            !count_packed(expected, value, &items))
            return refuse(walk, level, REFUSAL_MALFORMED, "of another type");
    }
    enum refusal code = walk_count(walk, level, count, items);
    if (code != REFUSAL_NONE || expected != SIZED)
        return code;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return walk_message(walk, level, field->descriptor, value, depth + 1);
    return walk_text(walk, level, value);
}

static enum refusal walk_message(struct walk *walk, const struct level *above,
                                 const ProtobufCMessageDescriptor *type,
                                 struct slice in, unsigned depth)
{
    uint32_t counts[CODEC_FIELDS_MAX]; /* as many as the type has fields */
    struct level level = {above, type, NULL, 0};
    struct cursor at = {in.data, in.data + in.size};
    assert(type->n_fields <= CODEC_FIELDS_MAX && depth < CODEC_DEPTH_MAX);
    memset(counts, 0, type->n_fields * sizeof(*counts));
    while (at.at < at.end) {
        uint64_t key;
        struct slice value;
        level.field = NULL;
        if (!read_varint(&at, &key) || key > UINT32_MAX || key >> 3 == 0 ||
            !read_value(&at, key & 7, &value))
            return refuse(walk, &level, REFUSAL_MALFORMED,
                          "cut short, or not a message");
        level.field =
            protobuf_c_message_descriptor_get_field(type, (unsigned)(key >> 3));
        if (!level.field) {
            if (++walk->unknown > CODEC_UNKNOWN_MAX)
                return refuse(walk, &level, REFUSAL_TOO_MANY,
                              "too many unknown fields");
            continue;
        }
        enum refusal code =
            walk_field(walk, &level, &counts[level.field - type->fields],
                       key & 7, value, depth);
        if (code != REFUSAL_NONE)
            return code;
    }
    return REFUSAL_NONE;
}

enum refusal codec_check(const ProtobufCMessageDescriptor *type,
                         struct slice in, struct fault *fault)
{
    struct walk walk = {0, fault};
    if (in.size > LIMIT_RECORD_BYTES)
        return fault_set(fault, REFUSAL_TOO_LARGE, "", "%zu bytes, at most %d",
                         in.size, LIMIT_RECORD_BYTES);
    return in.size == 0 ? REFUSAL_NONE : walk_message(&walk, NULL, type, in, 0);
}

void *codec_decode(const ProtobufCMessageDescriptor *type, struct slice in,
                   struct arena *arena, struct fault *fault)
{
    if (codec_check(type, in, fault) != REFUSAL_NONE)
        return NULL;
    ProtobufCMessage *message = unpack(type, in, arena);
    if (!message)
        fault_set(
            fault, arena->full ? REFUSAL_TOO_LARGE : REFUSAL_MALFORMED, "",
            arena->full ? "takes more memory than the limit" : "not a message");
    return message;
}

enum status codec_encode(const ProtobufCMessage *message, struct bytes *out)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    size_t before = out->size;
    uint8_t *room = bytes_reserve(out, size);
    if (!room)
        return out->status;
    size_t packed = protobuf_c_message_pack(message, room);
    assert(packed == size);
    out->size = before + packed;
    return out->status;
}

const ProtobufCMessageDescriptor *codec_type(const char *name)
{
#define TYPE(prefix) &yinuo__v1__##prefix##__descriptor,
    static const ProtobufCMessageDescriptor *const types[] = {
#include "proto/types.def" /* made by CMakeLists.txt from yinuo.proto */
    };
#undef TYPE
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i]->short_name, name) == 0)
            return types[i];
    return NULL;
}
