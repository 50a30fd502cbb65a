#include "proto/event_parts.h"

#include <string.h>

#include "base/limits.h"

/* 9999-12-31T23:59:59.999Z: what RFC 3339 can write. */
#define LAST_MOMENT_MS INT64_C(253402300799999)

static bool moment_fits(int64_t at_ms)
{
    return at_ms >= 0 && at_ms <= LAST_MOMENT_MS;
}

static enum refusal missing(struct fault *fault, const char *field)
{
    return fault_set(fault, REFUSAL_MISSING_FIELD, field, "is needed");
}

static enum refusal check_common(const Yinuo__V1__Event *event,
                                 unsigned without, struct fault *fault)
{
    if (!event->kind || *event->kind == '\0')
        return missing(fault, "kind");
    if (!(without & EVENT_WITHOUT_ID) && (!event->id || *event->id == '\0'))
        return missing(fault, "id");
    if (!(without & EVENT_WITHOUT_AT) && !event->has_at_ms)
        return missing(fault, "at");
    if (event->has_at_ms && !moment_fits(event->at_ms))
        return fault_set(fault, REFUSAL_TIME_OUT_OF_RANGE, "at",
                         "before 1970 or after 9999");
    if (event->has_received_at_ms && !moment_fits(event->received_at_ms))
        return fault_set(fault, REFUSAL_TIME_OUT_OF_RANGE, "received_at",
                         "before 1970 or after 9999");
    const struct kind *kind = kind_by_name(event->kind);
    uint32_t code = kind ? kind->code : 0;
    if (event->has_kind_code && event->kind_code != 0 &&
        event->kind_code != code)
        return fault_set(fault, REFUSAL_BAD_FIELD, "kind_code",
                         "%u is not the code of %s", event->kind_code,
                         event->kind);
    return REFUSAL_NONE;
}

/* Only the carrier of this kind may be there. */
static enum refusal check_carriers(const Yinuo__V1__Event *event,
                                   struct fault *fault)
{
    const ProtobufCMessageDescriptor *type = event->base.descriptor;
    const ProtobufCFieldDescriptor *own = event_carrier_field(event);
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (field->type == PROTOBUF_C_TYPE_MESSAGE && field != own &&
            field->label != PROTOBUF_C_LABEL_REPEATED &&
            field_is_set(&event->base, field))
            return fault_set(fault, REFUSAL_BAD_FIELD, field->name,
                             "does not belong to %s", event->kind);
    }
    return REFUSAL_NONE;
}

static bool type_fits(enum kind_field_type known, enum event_value_type type)
{
    switch (known) {
    case KIND_FIELD_NUMBER:
        return type == EVENT_NUMBER;
    case KIND_FIELD_REAL:
        return type == EVENT_REAL || type == EVENT_NUMBER;
    case KIND_FIELD_FLAG:
        return type == EVENT_FLAG;
    case KIND_FIELD_TIME:
        return type == EVENT_TIME;
    case KIND_FIELD_LIST:
        return type == EVENT_LIST || type == EVENT_JSON;
    case KIND_FIELD_CHANGES:
        return false;
    default:
        return type != EVENT_JSON;
    }
}

/* Said to be nothing. */
static bool is_none(const struct event_value *value)
{
    return value->type == EVENT_NULL ||
           (value->type == EVENT_TEXT && strcmp(value->text, "none") == 0);
}

static enum refusal check_value(const struct kind *kind, const char *name,
                                const struct event_value *value,
                                struct fault *fault)
{
    const struct kind_field *known = kind ? kind_field(kind->code, name) : NULL;
    if (value->type == EVENT_TIME && !moment_fits(value->number))
        return fault_set(fault, REFUSAL_TIME_OUT_OF_RANGE, name,
                         "before 1970 or after 9999");
    if (value->type == EVENT_REAL && value->real - value->real != 0)
        return fault_set(fault, REFUSAL_BAD_FIELD, name, "is not finite");
    if (known && !is_none(value) && !type_fits(known->type, value->type))
        return fault_set(fault, REFUSAL_BAD_FIELD, name, "expected a %s",
                         kind_field_type_text(known->type));
    return REFUSAL_NONE;
}

static int values_of(const Yinuo__V1__Attribute *a)
{
    return (a->text != NULL) + (a->json != NULL) + (a->has_number != 0) +
           (a->has_real != 0) + (a->has_flag != 0) + (a->has_time_ms != 0) +
           (a->n_list > 0);
}

/* Named, said once, with one value, and hiding no other field. */
static enum refusal check_attribute(const Yinuo__V1__Event *event, size_t i,
                                    struct fault *fault)
{
    const Yinuo__V1__Attribute *attribute = event->attributes[i];
    const char *name = attribute->name;
    if (!name || *name == '\0')
        return missing(fault, "attributes.name");
    if (values_of(attribute) > 1)
        return fault_set(fault, REFUSAL_BAD_FIELD, name,
                         "has more than one value");
    for (size_t j = 0; j < i; j++)
        if (strcmp(event->attributes[j]->name, name) == 0)
            return fault_set(fault, REFUSAL_BAD_FIELD, name, "is said twice");
    const ProtobufCMessage *carrier = event_carrier(event);
    const ProtobufCFieldDescriptor *typed =
        carrier ? field_by_json_name(carrier->descriptor, name) : NULL;
    const ProtobufCFieldDescriptor *common = event_common_field(name);
    if ((typed && field_is_set(carrier, typed)) ||
        (common &&
         (values_of(attribute) > 0 || field_is_set(&event->base, common))))
        return fault_set(fault, REFUSAL_BAD_FIELD, name,
                         "has the name of a field of the event");
    return REFUSAL_NONE;
}

static enum refusal check_needed(const Yinuo__V1__Event *event,
                                 const struct kind *kind, struct fault *fault)
{
    size_t count;
    struct event_value value;
    const struct kind_field *known = kind_fields(kind->code, &count);
    for (size_t i = 0; i < count; i++)
        if (known[i].need == KIND_FIELD_NEEDED &&
            !event_get(event, known[i].name, &value))
            return missing(fault, known[i].name);
    return REFUSAL_NONE;
}

enum refusal event_check(const Yinuo__V1__Event *event, unsigned without,
                         struct fault *fault)
{
    enum refusal code = check_common(event, without, fault);
    if (code == REFUSAL_NONE)
        code = check_carriers(event, fault);
    for (size_t i = 0; code == REFUSAL_NONE && i < event->n_attributes; i++)
        code = check_attribute(event, i, fault);
    if (code != REFUSAL_NONE)
        return code;
    const struct kind *kind = kind_by_name(event->kind);
    struct event_fields fields;
    event_fields_begin(&fields, event);
    while (code == REFUSAL_NONE && event_fields_next(&fields))
        code = check_value(kind, fields.name, &fields.value, fault);
    if (code == REFUSAL_NONE && kind && !(without & EVENT_WITHOUT_NEEDED))
        code = check_needed(event, kind, fault);
    return code;
}
