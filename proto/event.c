#include "proto/event.h"

#include "proto/event_parts.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"

Yinuo__V1__Event *event_decode(struct slice in, struct arena *arena,
                               struct fault *fault)
{
    if (in.size > LIMIT_EVENT_BYTES) {
        fault_set(fault, REFUSAL_TOO_LARGE, "", "%zu bytes, at most %d",
                  in.size, LIMIT_EVENT_BYTES);
        return NULL;
    }
    return codec_decode(&yinuo__v1__event__descriptor, in, arena, fault);
}

Yinuo__V1__Event *event_new(const char *kind, struct arena *arena)
{
    Yinuo__V1__Event *event =
        field_new_message(&yinuo__v1__event__descriptor, arena);
    const struct kind *known = kind_by_name(kind);
    if (!event || !(event->kind = arena_text(arena, kind)))
        return NULL;
    event->has_kind_code = known != NULL;
    event->kind_code = known ? known->code : 0;
    return event;
}

/* ------------------------------------------------------------------------
 * Values
 */

/* As in yinuo.proto, but with a life of their own. */
static const char *const source_words[] = {NULL,      "station", "hotline",
                                           "monitor", "system",  "import"};

static void value_of_enum(int64_t number, struct event_value *value)
{
    if (number <= 0 ||
        number >= (int64_t)(sizeof source_words / sizeof *source_words))
        return; /* stays a number */
    value->type = EVENT_TEXT;
    value->text = source_words[number];
}

/* A set field of any type but message and bytes. */
static void value_of_field(const ProtobufCMessage *message,
                           const ProtobufCFieldDescriptor *field,
                           struct event_value *value)
{
    const void *item = field_item(message, field, 0);
    *value = (struct event_value){.type = EVENT_NUMBER};
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        assert(field->type == PROTOBUF_C_TYPE_STRING);
        value->type = EVENT_LIST;
        value->list = item;
        value->count = field_count(message, field);
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
        value->type = EVENT_TEXT;
        value->text = *(const char *const *)item;
    } else if (field_is_real(field)) {
        value->type = EVENT_REAL;
        value->real = field_real(field, item);
    } else {
        value->number = field_integer(field, item);
        if (field->type == PROTOBUF_C_TYPE_BOOL)
            value->type = EVENT_FLAG;
        else if (field_time(field) == FIELD_MOMENT)
            value->type = EVENT_TIME;
        else if (field->type == PROTOBUF_C_TYPE_ENUM)
            value_of_enum(value->number, value);
    }
}

void event_attribute(const Yinuo__V1__Attribute *attribute,
                     struct event_value *value)
{
    *value = (struct event_value){.type = EVENT_NULL};
    if (attribute->text) {
        value->type = EVENT_TEXT;
        value->text = attribute->text;
    } else if (attribute->json) {
        value->type = EVENT_JSON;
        value->text = attribute->json;
    } else if (attribute->has_number) {
        value->type = EVENT_NUMBER;
        value->number = attribute->number;
    } else if (attribute->has_real) {
        value->type = EVENT_REAL;
        value->real = attribute->real;
    } else if (attribute->has_flag) {
        value->type = EVENT_FLAG;
        value->number = attribute->flag != 0;
    } else if (attribute->has_time_ms) {
        value->type = EVENT_TIME;
        value->number = attribute->time_ms;
    } else if (attribute->n_list > 0) {
        value->type = EVENT_LIST;
        value->list = (const char *const *)attribute->list;
        value->count = attribute->n_list;
    }
}

/* ------------------------------------------------------------------------
 * Reading by name
 */

/* By its code, where that is true to the name: it saves the search. */
const struct kind *event_kind(const Yinuo__V1__Event *event)
{
    if (!event->kind)
        return NULL;
    const struct kind *kind =
        event->has_kind_code ? kind_by_code(event->kind_code) : NULL;
    return kind && strcmp(kind->name, event->kind) == 0
               ? kind
               : kind_by_name(event->kind);
}

const ProtobufCFieldDescriptor *
event_carrier_field(const Yinuo__V1__Event *event)
{
    const struct kind *kind = event_kind(event);
    unsigned number = kind ? kind_carrier_number(kind->carrier) : 0;
    return number == 0 ? NULL
                       : protobuf_c_message_descriptor_get_field(
                             event->base.descriptor, number);
}

ProtobufCMessage *event_carrier(const Yinuo__V1__Event *event)
{
    const ProtobufCFieldDescriptor *field = event_carrier_field(event);
    return field
               ? *(ProtobufCMessage *const *)field_item(&event->base, field, 0)
               : NULL;
}

void event_fields_begin(struct event_fields *fields,
                        const Yinuo__V1__Event *event)
{
    *fields = (struct event_fields){
        .event = event,
        .carrier = event_carrier(event),
    };
}

bool event_fields_next(struct event_fields *fields)
{
    const ProtobufCMessage *carrier = fields->carrier;
    unsigned typed = carrier ? carrier->descriptor->n_fields : 0;
    for (; fields->next < typed; fields->next++) {
        const ProtobufCFieldDescriptor *field =
            &carrier->descriptor->fields[fields->next];
        if (!field_is_set(carrier, field))
            continue;
        field_json_name(field, fields->buffer);
        fields->name = fields->buffer;
        value_of_field(carrier, field, &fields->value);
        fields->next++;
        return true;
    }
    size_t i = fields->next - typed;
    if (i >= fields->event->n_attributes)
        return false;
    fields->name = fields->event->attributes[i]->name;
    event_attribute(fields->event->attributes[i], &fields->value);
    fields->next++;
    return true;
}

const ProtobufCFieldDescriptor *event_common_field(const char *name)
{
    const ProtobufCFieldDescriptor *field =
        field_by_json_name(&yinuo__v1__event__descriptor, name);
    return field && field->id < kind_carrier_number(KIND_CARRIER_CASE) &&
                   strcmp(field->name, "kind_code") != 0
               ? field
               : NULL;
}

Yinuo__V1__Attribute *event_find_attribute(const Yinuo__V1__Event *event,
                                           const char *name)
{
    for (size_t i = 0; i < event->n_attributes; i++)
        if (event->attributes[i]->name &&
            strcmp(event->attributes[i]->name, name) == 0)
            return event->attributes[i];
    return NULL;
}

bool event_get(const Yinuo__V1__Event *event, const char *name,
               struct event_value *value)
{
    const ProtobufCMessage *holder = &event->base;
    const ProtobufCFieldDescriptor *field = event_common_field(name);
    if (!field && (holder = event_carrier(event)))
        field = field_by_json_name(holder->descriptor, name);
    if (field && field_is_set(holder, field)) {
        value_of_field(holder, field, value);
        return true;
    }
    const Yinuo__V1__Attribute *attribute = event_find_attribute(event, name);
    if (attribute)
        event_attribute(attribute, value);
    return attribute != NULL;
}
