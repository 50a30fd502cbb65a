#include "proto/message_json.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/event_json.h"
#include "proto/field.h"
#include "proto/roles.h"

static json_t *bytes_to_json(const ProtobufCBinaryData *bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2 * bytes->len + 1);
    if (!text)
        return json_null();
    for (size_t i = 0; i < bytes->len; i++) {
        text[2 * i] = digits[bytes->data[i] >> 4];
        text[2 * i + 1] = digits[bytes->data[i] & 15];
    }
    json_t *json = json_stringn(text, 2 * bytes->len);
    free(text);
    return json;
}

static json_t *enum_to_json(const ProtobufCFieldDescriptor *field,
                            int64_t value)
{
    char word[FIELD_NAME_SIZE];
    return field_enum_text(field->descriptor, value, word)
               ? json_string(word)
               : json_integer(value);
}

static json_t *integer_to_json(const ProtobufCFieldDescriptor *field,
                               const void *item, const char *zone)
{
    int64_t value = field_integer(field, item);
    char text[24];
    switch (field_time(field)) {
    case FIELD_MOMENT:
        return moment_to_json(value, zone);
    case FIELD_SPAN:
        return real_to_json((double)value / 1000);
    default:
        break;
    }
    if (field->type == PROTOBUF_C_TYPE_BOOL)
        return json_boolean(value != 0);
    if (field->type == PROTOBUF_C_TYPE_ENUM)
        return enum_to_json(field, value);
    if (value > 0 && field->type == PROTOBUF_C_TYPE_UINT32 &&
        role_is_field(field->name))
        return json_string(role_name((uint32_t)value));
    if (field->type == PROTOBUF_C_TYPE_UINT64 && value < 0) {
        snprintf(text, sizeof text, "%llu", (unsigned long long)value);
        return json_string(text);
    }
    return json_integer(value);
}

static json_t *item_to_json(const ProtobufCFieldDescriptor *field,
                            const void *item, const char *zone)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return json_string(*(const char *const *)item);
    case PROTOBUF_C_TYPE_MESSAGE:
        return message_to_json(*(const ProtobufCMessage *const *)item, zone);
    case PROTOBUF_C_TYPE_BYTES:
        return bytes_to_json(item);
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FLOAT:
        return real_to_json(field_real(field, item));
    default:
        return integer_to_json(field, item, zone);
    }
}

/* Lists of name and value read better as an object. */
static json_t *pairs_to_json(const ProtobufCMessage *message,
                             const ProtobufCFieldDescriptor *field,
                             const char *zone)
{
    bool attributes = field->descriptor == &yinuo__v1__attribute__descriptor;
    json_t *object = json_object();
    for (size_t i = 0; i < field_count(message, field); i++) {
        const void *item = *(void *const *)field_item(message, field, i);
        const Yinuo__V1__Attribute *attribute = item;
        const Yinuo__V1__KeyValue *pair = item;
        struct event_value value = {.type = EVENT_TEXT};
        if (attributes)
            event_attribute(attribute, &value);
        else
            value.text = pair->value ? pair->value : "";
        const char *name = attributes ? attribute->name : pair->key;
        if (name)
            json_object_set_new(object, name,
                                event_value_to_json(&value, zone));
    }
    return object;
}

static json_t *field_to_json(const ProtobufCMessage *message,
                             const ProtobufCFieldDescriptor *field,
                             const char *zone)
{
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return item_to_json(field, field_item(message, field, 0), zone);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
        (field->descriptor == &yinuo__v1__attribute__descriptor ||
         field->descriptor == &yinuo__v1__key_value__descriptor))
        return pairs_to_json(message, field, zone);
    json_t *array = json_array();
    for (size_t i = 0; i < field_count(message, field); i++)
        json_array_append_new(
            array, item_to_json(field, field_item(message, field, i), zone));
    return array;
}

/* The set fields that are not in the object yet. */
static void put_fields(json_t *object, const ProtobufCMessage *message,
                       const char *zone)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        char name[FIELD_NAME_SIZE];
        field_json_name(&type->fields[i], name);
        if (field_is_set(message, &type->fields[i]) &&
            !json_object_get(object, name))
            json_object_set_new(object, name,
                                field_to_json(message, &type->fields[i], zone));
    }
}

/* The word of a decision's kind. */
static json_t *decision_kind(const Yinuo__V1__Decision *decision)
{
    char word[FIELD_NAME_SIZE];
    if (field_enum_text(&yinuo__v1__decision_kind__descriptor, decision->kind,
                        word))
        return json_string(word);
    return json_integer(decision->kind);
}

json_t *message_to_json(const ProtobufCMessage *message, const char *zone)
{
    if (message->descriptor == &yinuo__v1__event__descriptor)
        return event_to_json((const Yinuo__V1__Event *)message, zone);
    json_t *object = json_object();
    if (message->descriptor == &yinuo__v1__decision__descriptor)
        json_object_set_new(object, "kind",
                            decision_kind((const void *)message));
    put_fields(object, message, zone);
    return object;
}

json_t *decision_to_json(const Yinuo__V1__Decision *decision, uint64_t seq,
                         uint64_t cause_seq, const char *zone)
{
    static const char *const always[] = {
        "case_id", "kind", "severity", "tier", "person",
        "method",  "rule", "clock",    "due",  "late_by",
    };
    json_t *all = message_to_json(&decision->base, zone);
    json_t *line = json_object();
    json_t *at = json_object_get(all, "at");
    json_object_set_new(line, "seq", json_integer((json_int_t)seq));
    json_object_set(line, "at", at ? at : json_null());
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        json_t *value = json_object_get(all, always[i]);
        json_object_set(line, always[i], value ? value : json_null());
    }
    json_object_set_new(line, "cause_seq",
                        cause_seq > 0 ? json_integer((json_int_t)cause_seq)
                                      : json_null());
    json_object_update_missing(line, all);
    json_decref(all);
    return line;
}
