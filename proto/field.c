#include "proto/field.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    size_t text_size = strlen(text);
    size_t end_size = strlen(end);
    return text_size >= end_size &&
           strcmp(text + text_size - end_size, end) == 0;
}

enum field_time field_time(const ProtobufCFieldDescriptor *field)
{
    const char *name = field->name;
    if (!field_is_integer(field) || !ends_with(name, "_ms"))
        return FIELD_NO_TIME;
    if (ends_with(name, "_wait_ms") || ends_with(name, "_by_ms"))
        return strcmp(name, "do_by_ms") == 0 ? FIELD_MOMENT : FIELD_SPAN;
    if (ends_with(name, "span_ms") || strcmp(name, "wait_ms") == 0)
        return FIELD_SPAN;
    return FIELD_MOMENT;
}

void field_json_name(const ProtobufCFieldDescriptor *field,
                     char out[FIELD_NAME_SIZE])
{
    size_t size = strlen(field->name);
    if (field_time(field) != FIELD_NO_TIME)
        size -= strlen("_ms");
    assert(size < FIELD_NAME_SIZE);
    memcpy(out, field->name, size);
    out[size] = '\0';
}

const ProtobufCFieldDescriptor *
field_by_json_name(const ProtobufCMessageDescriptor *type, const char *name)
{
    char with_ms[FIELD_NAME_SIZE];
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(type, name);
    if (field)
        return field_time(field) == FIELD_NO_TIME ? field : NULL;
    size_t size = strlen(name);
    if (size + sizeof "_ms" > sizeof with_ms)
        return NULL;
    char *end = stpcpy(with_ms, name); /* there is room for it */
    memcpy(end, "_ms", sizeof "_ms");
    return protobuf_c_message_descriptor_get_field_by_name(type, with_ms);
}

/* ------------------------------------------------------------------------
 * Reading
 */

size_t field_count(const ProtobufCMessage *message,
                   const ProtobufCFieldDescriptor *field)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const size_t *)field_place(message, field->quantifier_offset);
    if (field_by_pointer(field)) {
        const void *const *pointer = field_place(message, field->offset);
        return *pointer && *pointer != field->default_value ? 1 : 0;
    }
    return *(const protobuf_c_boolean *)field_place(message,
                                                    field->quantifier_offset)
               ? 1
               : 0;
}

bool field_is_set(const ProtobufCMessage *message,
                  const ProtobufCFieldDescriptor *field)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return field_count(message, field) > 0;
    if (field_by_pointer(field))
        return *(const void *const *)field_place(message, field->offset) !=
               NULL;
    return *(const protobuf_c_boolean *)field_place(message,
                                                    field->quantifier_offset);
}

const void *field_item(const ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *field, size_t i)
{
    const void *at = field_place(message, field->offset);
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return at;
    const char *const *items = at;
    return *items + i * field_size(field->type);
}

bool field_is_integer(const ProtobufCFieldDescriptor *field)
{
    return !field_by_pointer(field) && !field_is_real(field) &&
           field->type != PROTOBUF_C_TYPE_BYTES;
}

bool field_is_real(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_DOUBLE ||
           field->type == PROTOBUF_C_TYPE_FLOAT;
}

int64_t field_integer(const ProtobufCFieldDescriptor *field, const void *item)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        return *(const protobuf_c_boolean *)item != 0;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return *(const uint32_t *)item;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return *(const int64_t *)item;
    default:
        return *(const int32_t *)item;
    }
}

double field_real(const ProtobufCFieldDescriptor *field, const void *item)
{
    if (field->type == PROTOBUF_C_TYPE_FLOAT)
        return (double)*(const float *)item;
    return *(const double *)item;
}

/* ------------------------------------------------------------------------
 * Writing
 */

static void mark_set(ProtobufCMessage *message,
                     const ProtobufCFieldDescriptor *field)
{
    *(protobuf_c_boolean *)field_place(message, field->quantifier_offset) = 1;
}

bool field_set_integer(ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *field, int64_t value)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED || !field_is_integer(field))
        return false;
    void *at = field_place(message, field->offset);
    switch (field_size(field->type)) {
    case 8:
        memcpy(at, &value, 8);
        break;
    default:
        if (field->type == PROTOBUF_C_TYPE_BOOL) {
            *(protobuf_c_boolean *)at = value != 0;
            break;
        }
        bool is_unsigned = field->type == PROTOBUF_C_TYPE_UINT32 ||
                           field->type == PROTOBUF_C_TYPE_FIXED32;
        if (is_unsigned ? value < 0 || value > UINT32_MAX
                        : value < INT32_MIN || value > INT32_MAX)
            return false;
        uint32_t narrow = (uint32_t)value;
        memcpy(at, &narrow, 4);
    }
    mark_set(message, field);
    return true;
}

bool field_set_real(ProtobufCMessage *message,
                    const ProtobufCFieldDescriptor *field, double value)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED ||
        field->type != PROTOBUF_C_TYPE_DOUBLE)
        return false;
    *(double *)field_place(message, field->offset) = value;
    mark_set(message, field);
    return true;
}

bool field_set_text(ProtobufCMessage *message,
                    const ProtobufCFieldDescriptor *field, const char *text,
                    struct arena *arena)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED ||
        field->type != PROTOBUF_C_TYPE_STRING)
        return false;
    char *copy = arena_text(arena, text);
    if (copy)
        *(char **)field_place(message, field->offset) = copy;
    return copy != NULL;
}

bool field_set_list(ProtobufCMessage *message,
                    const ProtobufCFieldDescriptor *field,
                    const char *const *texts, size_t count, struct arena *arena)
{
    if (field->label != PROTOBUF_C_LABEL_REPEATED ||
        field->type != PROTOBUF_C_TYPE_STRING || count == 0)
        return false;
    char **copies = arena_array(arena, count, sizeof *copies);
    for (size_t i = 0; copies && i < count; i++)
        if (!(copies[i] = arena_text(arena, texts[i])))
            return false;
    if (!copies)
        return false;
    *(char ***)field_place(message, field->offset) = copies;
    *(size_t *)field_place(message, field->quantifier_offset) = count;
    return true;
}

void field_clear(ProtobufCMessage *message,
                 const ProtobufCFieldDescriptor *field)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        *(size_t *)field_place(message, field->quantifier_offset) = 0;
    else if (field_by_pointer(field))
        *(void **)field_place(message, field->offset) = NULL;
    else
        *(protobuf_c_boolean *)field_place(message, field->quantifier_offset) =
            0;
}

void *field_new_message(const ProtobufCMessageDescriptor *type,
                        struct arena *arena)
{
    ProtobufCMessage *message = arena_alloc(arena, type->sizeof_message);
    if (message)
        type->message_init(message);
    return message;
}

/* ------------------------------------------------------------------------
 * Enums
 */

/* "SEVERITY_S1" -> "S1": what stands behind the type's own word. */
static const char *without_prefix(const ProtobufCEnumDescriptor *type,
                                  const char *name)
{
    const char *word = type->short_name;
    for (const char *at = name; *at; at++, word++) {
        if (*word && at > name && isupper((unsigned char)*word) && *at == '_')
            at++; /* RecordKind -> RECORD_KIND_ */
        if (!*word && *at == '_')
            return at + 1;
        if (!*word || toupper((unsigned char)*word) != *at)
            break;
    }
    const char *mark = strchr(name, '_');
    return mark ? mark + 1 : name;
}

const char *field_enum_text(const ProtobufCEnumDescriptor *type, int64_t value,
                            char out[FIELD_NAME_SIZE])
{
    const ProtobufCEnumValue *row =
        value < INT32_MIN || value > INT32_MAX
            ? NULL
            : protobuf_c_enum_descriptor_get_value(type, (int)value);
    if (!row)
        return NULL;
    const char *word = without_prefix(type, row->name);
    bool as_is = isdigit((unsigned char)word[1]); /* S1 */
    size_t i = 0;
    for (; word[i] && i + 1 < FIELD_NAME_SIZE; i++)
        out[i] = as_is ? word[i] : (char)tolower((unsigned char)word[i]);
    out[i] = '\0';
    return out;
}

bool field_enum_value(const ProtobufCEnumDescriptor *type, const char *text,
                      int *value)
{
    char word[FIELD_NAME_SIZE];
    for (unsigned i = 0; i < type->n_values; i++) {
        int number = type->values[i].value;
        if (number != 0 && field_enum_text(type, number, word) &&
            strcmp(word, text) == 0) {
            *value = number;
            return true;
        }
    }
    return false;
}
