#include "proto/event_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/time_text.h"

static const char arena_full[] = "takes more memory than the limit";

/* ------------------------------------------------------------------------
 * Typed fields
 */

/* False where the type does not fit, or the arena is full. */
static bool set_field(ProtobufCMessage *message,
                      const ProtobufCFieldDescriptor *field,
                      const struct event_value *value, struct arena *arena)
{
    int word;
    switch (value->type) {
    case EVENT_TEXT:
        if (field->type == PROTOBUF_C_TYPE_ENUM)
            return field_enum_value(field->descriptor, value->text, &word) &&
                   field_set_integer(message, field, word);
        return field_set_text(message, field, value->text, arena);
    case EVENT_LIST:
        return field_set_list(message, field, value->list, value->count, arena);
    case EVENT_REAL:
        return field_set_real(message, field, value->real);
    case EVENT_NUMBER:
        if (field_is_real(field))
            return field_set_real(message, field, (double)value->number);
        return field->type != PROTOBUF_C_TYPE_BOOL &&
               field->type != PROTOBUF_C_TYPE_ENUM &&
               field_time(field) != FIELD_MOMENT &&
               field_set_integer(message, field, value->number);
    case EVENT_FLAG:
        return field->type == PROTOBUF_C_TYPE_BOOL &&
               field_set_integer(message, field, value->number);
    case EVENT_TIME:
        return field_time(field) == FIELD_MOMENT &&
               field_set_integer(message, field, value->number);
    default:
        return false;
    }
}

/* The carrier's field of this name; the carrier is made if there is none. */
static const ProtobufCFieldDescriptor *
open_carrier_field(Yinuo__V1__Event *event, const char *name,
                   ProtobufCMessage **carrier, struct arena *arena)
{
    const ProtobufCFieldDescriptor *in_event = event_carrier_field(event);
    if (!in_event)
        return NULL;
    const ProtobufCFieldDescriptor *field =
        field_by_json_name(in_event->descriptor, name);
    if (!field)
        return NULL;
    *carrier = event_carrier(event);
    if (!*carrier) {
        *carrier = field_new_message(in_event->descriptor, arena);
        ProtobufCMessage **place =
            (ProtobufCMessage **)((char *)event + in_event->offset);
        *place = *carrier;
    }
    return *carrier ? field : NULL;
}

/* ------------------------------------------------------------------------
 * Attributes
 */

static Yinuo__V1__Attribute *
add_attribute(Yinuo__V1__Event *event, const char *name, struct arena *arena)
{
    size_t count = event->n_attributes;
    Yinuo__V1__Attribute **all =
        arena_array(arena, count + 1, sizeof(Yinuo__V1__Attribute *));
    Yinuo__V1__Attribute *more =
        field_new_message(&yinuo__v1__attribute__descriptor, arena);
    if (!all || !more || !(more->name = arena_text(arena, name)))
        return NULL;
    if (count > 0)
        memcpy(all, event->attributes, count * sizeof(*all));
    all[count] = more;
    event->attributes = all;
    event->n_attributes = count + 1;
    return more;
}

static void drop_attribute(Yinuo__V1__Event *event, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < event->n_attributes; i++)
        if (!event->attributes[i]->name ||
            strcmp(event->attributes[i]->name, name) != 0)
            event->attributes[kept++] = event->attributes[i];
    event->n_attributes = kept;
}

static const char *attribute_field(enum event_value_type type)
{
    switch (type) {
    case EVENT_TEXT:
        return "text";
    case EVENT_NUMBER:
        return "number";
    case EVENT_REAL:
        return "real";
    case EVENT_FLAG:
        return "flag";
    case EVENT_TIME:
        return "time_ms";
    case EVENT_LIST:
        return "list";
    case EVENT_JSON:
        return "json";
    default:
        return NULL;
    }
}

static bool fill_attribute(Yinuo__V1__Attribute *attribute,
                           const struct event_value *value, struct arena *arena)
{
    const char *name = attribute_field(value->type);
    if (!name)
        return true;
    struct event_value as = *value;
    if (as.type == EVENT_JSON)
        as.type = EVENT_TEXT;
    return set_field(&attribute->base,
                     protobuf_c_message_descriptor_get_field_by_name(
                         attribute->base.descriptor, name),
                     &as, arena);
}

static enum refusal set_attribute(Yinuo__V1__Event *event, const char *name,
                                  const struct event_value *value,
                                  struct arena *arena, struct fault *fault)
{
    if (*name == '\0' || strlen(name) > LIMIT_NAME_BYTES)
        return fault_set(fault, REFUSAL_BAD_FIELD, "",
                         "a field's name has 1 to %d bytes", LIMIT_NAME_BYTES);
    drop_attribute(event, name);
    if (event->n_attributes >= LIMIT_ATTRIBUTES)
        return fault_set(fault, REFUSAL_TOO_MANY, name,
                         "more than %d fields of its own", LIMIT_ATTRIBUTES);
    Yinuo__V1__Attribute *attribute = add_attribute(event, name, arena);
    if (!attribute || !fill_attribute(attribute, value, arena))
        return fault_set(fault, REFUSAL_TOO_LARGE, name, arena_full);
    return REFUSAL_NONE;
}

enum refusal event_set(Yinuo__V1__Event *event, const char *name,
                       const struct event_value *value, struct arena *arena,
                       struct fault *fault)
{
    ProtobufCMessage *holder = &event->base;
    const ProtobufCFieldDescriptor *field = event_common_field(name);
    bool common = field != NULL;
    if (!field)
        field = open_carrier_field(event, name, &holder, arena);
    if (field)
        field_clear(holder, field);
    if (field && set_field(holder, field, value, arena)) {
        drop_attribute(event, name);
        return REFUSAL_NONE;
    }
    if (arena->full)
        return fault_set(fault, REFUSAL_TOO_LARGE, name, arena_full);
    if (common && value->type != EVENT_NULL)
        return fault_set(fault, REFUSAL_BAD_FIELD, name,
                         "has another type than this field");
    return set_attribute(event, name, value, arena, fault);
}

/* ------------------------------------------------------------------------
 * As typed by people
 */

static bool read_integer(const char *typed, int64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoll(typed, &end, 10);
    return errno == 0 && end != typed && *end == '\0';
}

static bool read_flag(const char *typed, struct event_value *value)
{
    static const char *const yes[] = {"yes", "true", "y", "1", "是"};
    static const char *const no[] = {"no", "false", "n", "0", "否"};
    value->type = EVENT_FLAG;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        value->number = strcmp(typed, yes[i]) == 0;
        if (value->number == 1 || strcmp(typed, no[i]) == 0)
            return true;
    }
    return false;
}

static bool read_real(const char *typed, struct event_value *value)
{
    char *end;
    errno = 0;
    value->type = EVENT_REAL;
    value->real = strtod(typed, &end);
    return errno == 0 && end != typed && *end == '\0' &&
           value->real - value->real == 0; /* finite */
}

/* "a, b" -> ["a", "b"]; empty items are left out. */
static bool read_list(const char *typed, struct event_value *value,
                      struct arena *arena)
{
    const char **items =
        arena_array(arena, LIMIT_LIST_ITEMS, sizeof(const char *));
    *value = (struct event_value){.type = EVENT_LIST, .list = items};
    while (items && *typed) {
        typed += strspn(typed, ", ");
        size_t size = strcspn(typed, ",");
        while (size > 0 && typed[size - 1] == ' ')
            size--;
        if (size > 0 && value->count == LIMIT_LIST_ITEMS)
            return false;
        if (size > 0 && !(items[value->count++] =
                              arena_text_of(arena, slice_of(typed, size))))
            return false;
        typed += strcspn(typed, ",");
    }
    return value->count > 0;
}

/* A field that nobody knows: the plainest type that writes it back as is. */
static void guess(const char *typed, struct event_value *value)
{
    bool plain = *typed == '0' ? typed[1] == '\0' : strlen(typed) <= 15;
    if (strcmp(typed, "true") == 0 || strcmp(typed, "false") == 0)
        *value =
            (struct event_value){.type = EVENT_FLAG, .number = *typed == 't'};
    else if (plain && strspn(typed, "0123456789") == strlen(typed) &&
             read_integer(typed, &value->number))
        value->type = EVENT_NUMBER;
    else
        *value = (struct event_value){.type = EVENT_TEXT, .text = typed};
}

static bool read_as(enum kind_field_type type, const char *typed,
                    const char *zone, struct event_value *value,
                    struct arena *arena)
{
    switch (type) {
    case KIND_FIELD_NUMBER:
        value->type = EVENT_NUMBER;
        return read_integer(typed, &value->number);
    case KIND_FIELD_REAL:
        return read_real(typed, value);
    case KIND_FIELD_FLAG:
        return read_flag(typed, value);
    case KIND_FIELD_TIME:
        value->type = EVENT_TIME;
        return time_text_parse(typed, zone, &value->number, NULL) == STATUS_OK;
    case KIND_FIELD_LIST:
        return read_list(typed, value, arena);
    case KIND_FIELD_CHANGES:
        return false;
    default:
        value->type = EVENT_TEXT;
        value->text = typed;
        return true;
    }
}

enum refusal event_set_typed(Yinuo__V1__Event *event, const char *name,
                             const char *typed, const char *zone,
                             struct arena *arena, struct fault *fault)
{
    struct event_value value = {.type = EVENT_NULL};
    const struct kind *kind = event->kind ? kind_by_name(event->kind) : NULL;
    const struct kind_field *known = kind ? kind_field(kind->code, name) : NULL;
    const ProtobufCFieldDescriptor *common = event_common_field(name);
    enum kind_field_type type = known ? known->type : KIND_FIELD_TEXT;
    if (common)
        type = field_time(common) == FIELD_MOMENT ? KIND_FIELD_TIME
                                                  : KIND_FIELD_TEXT;
    bool none = strcmp(typed, "none") == 0 || *typed == '\0';
    bool read = true;
    if (known || common)
        read = (none && type != KIND_FIELD_TEXT && type != KIND_FIELD_CHOICE) ||
               read_as(type, typed, zone, &value, arena);
    else
        guess(typed, &value);
    if (!read)
        return fault_set(fault, REFUSAL_BAD_FIELD, name,
                         "\"%.80s\" is not a %s", typed,
                         kind_field_type_text(type));
    return event_set(event, name, &value, arena, fault);
}
