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

/* What the steps of a check share, looked up once. */
struct check {
    const Yinuo__V1__Event *event;
    const struct kind *kind;                       /* NULL: not built in */
    const ProtobufCFieldDescriptor *carrier_field; /* NULL: has none */
    const ProtobufCMessage *carrier;               /* NULL: not there */
    struct fault *fault;
};

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
    return REFUSAL_NONE;
}

static enum refusal check_code(const struct check *c)
{
    uint32_t code = c->kind ? c->kind->code : 0;
    if (c->event->has_kind_code && c->event->kind_code != 0 &&
        c->event->kind_code != code)
        return fault_set(c->fault, REFUSAL_BAD_FIELD, "kind_code",
                         "%u is not the code of %s", c->event->kind_code,
                         c->event->kind);
    return REFUSAL_NONE;
}

/* Only the carrier of this kind may be there. */
static enum refusal check_carriers(const struct check *c)
{
    const ProtobufCMessageDescriptor *type = c->event->base.descriptor;
    for (unsigned carrier = 0; carrier < KIND_CARRIERS_END; carrier++) {
        unsigned number = kind_carrier_number((enum kind_carrier)carrier);
        const ProtobufCFieldDescriptor *field =
            number == 0 ? NULL
                        : protobuf_c_message_descriptor_get_field(type, number);
        if (field && field != c->carrier_field &&
            field_is_set(&c->event->base, field))
            return fault_set(c->fault, REFUSAL_BAD_FIELD, field->name,
                             "does not belong to %s", c->event->kind);
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

static enum refusal check_range(const char *name,
                                const struct event_value *value,
                                struct fault *fault)
{
    if (value->type == EVENT_TIME && !moment_fits(value->number))
        return fault_set(fault, REFUSAL_TIME_OUT_OF_RANGE, name,
                         "before 1970 or after 9999");
    if (value->type == EVENT_REAL && value->real - value->real != 0)
        return fault_set(fault, REFUSAL_BAD_FIELD, name, "is not finite");
    return REFUSAL_NONE;
}

/* Typed fields have the type of the table; a test says so. */
static enum refusal check_type(const struct check *c, const char *name,
                               const struct event_value *value)
{
    const struct kind_field *known =
        c->kind ? kind_field(c->kind->code, name) : NULL;
    if (known && !is_none(value) && !type_fits(known->type, value->type))
        return fault_set(c->fault, REFUSAL_BAD_FIELD, name, "expected a %s",
                         kind_field_type_text(known->type));
    return REFUSAL_NONE;
}

static enum refusal check_values(const struct check *c)
{
    struct event_fields fields;
    event_fields_begin(&fields, c->event);
    while (event_fields_next(&fields)) {
        enum refusal code = check_range(fields.name, &fields.value, c->fault);
        bool typed = fields.name == fields.buffer;
        if (code == REFUSAL_NONE && !typed)
            code = check_type(c, fields.name, &fields.value);
        if (code != REFUSAL_NONE)
            return code;
    }
    return REFUSAL_NONE;
}

static int values_of(const Yinuo__V1__Attribute *a)
{
    return (a->text != NULL) + (a->json != NULL) + (a->has_number != 0) +
           (a->has_real != 0) + (a->has_flag != 0) + (a->has_time_ms != 0) +
           (a->n_list > 0);
}

/* Named, said once, with one value, and hiding no other field. */
static enum refusal check_attribute(const struct check *c, size_t i)
{
    const Yinuo__V1__Event *event = c->event;
    struct fault *fault = c->fault;
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
    const ProtobufCFieldDescriptor *typed =
        c->carrier ? field_by_json_name(c->carrier->descriptor, name) : NULL;
    const ProtobufCFieldDescriptor *common = event_common_field(name);
    if ((typed && field_is_set(c->carrier, typed)) ||
        (common &&
         (values_of(attribute) > 0 || field_is_set(&event->base, common))))
        return fault_set(fault, REFUSAL_BAD_FIELD, name,
                         "has the name of a field of the event");
    return REFUSAL_NONE;
}

/* Is something said of it, in the carrier or as an attribute? */
static bool is_said(const struct check *c, const char *name)
{
    const ProtobufCFieldDescriptor *typed =
        c->carrier ? field_by_json_name(c->carrier->descriptor, name) : NULL;
    return (typed && field_is_set(c->carrier, typed)) ||
           event_find_attribute(c->event, name);
}

static enum refusal check_needed(const struct check *c)
{
    size_t count;
    const struct kind_field *known = kind_fields(c->kind->code, &count);
    for (size_t i = 0; i < count; i++)
        if (known[i].need == KIND_FIELD_NEEDED && !is_said(c, known[i].name))
            return missing(c->fault, known[i].name);
    return REFUSAL_NONE;
}

enum refusal event_check(const Yinuo__V1__Event *event, unsigned without,
                         struct fault *fault)
{
    enum refusal code = check_common(event, without, fault);
    if (code != REFUSAL_NONE)
        return code;
    struct check c = {
        .event = event,
        .kind = event_kind(event),
        .carrier_field = event_carrier_field(event),
        .carrier = event_carrier(event),
        .fault = fault,
    };
    code = check_code(&c);
    if (code == REFUSAL_NONE)
        code = check_carriers(&c);
    for (size_t i = 0; code == REFUSAL_NONE && i < event->n_attributes; i++)
        code = check_attribute(&c, i);
    if (code == REFUSAL_NONE)
        code = check_values(&c);
    if (code == REFUSAL_NONE && c.kind && !(without & EVENT_WITHOUT_NEEDED))
        code = check_needed(&c);
    return code;
}
