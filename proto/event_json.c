#include "proto/event_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/time_text.h"
#include "proto/event_parts.h"

/* ------------------------------------------------------------------------
 * To JSON
 */

json_t *moment_to_json(int64_t at_ms, const char *zone)
{
    char text[TIME_TEXT_SIZE];
    if (!zone || time_text_format(at_ms, zone, text, NULL) != STATUS_OK)
        time_text_utc(at_ms, text);
    return json_string(text);
}

json_t *real_to_json(double value)
{
    const double exact = 9007199254740992.0; /* 2^53 */
    if (value > -exact && value < exact && (double)(int64_t)value == value)
        return json_integer((int64_t)value);
    json_t *real = json_real(value);
    return real ? real : json_null(); /* not finite */
}

static json_t *list_to_json(const char *const *list, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < count; i++)
        json_array_append_new(array, json_string(list[i]));
    return array;
}

json_t *event_value_to_json(const struct event_value *value, const char *zone)
{
    json_t *parsed;
    switch (value->type) {
    case EVENT_TEXT:
        return json_string(value->text);
    case EVENT_NUMBER:
        return json_integer(value->number);
    case EVENT_REAL:
        parsed = json_real(value->real);
        return parsed ? parsed : json_null();
    case EVENT_FLAG:
        return json_boolean(value->number != 0);
    case EVENT_TIME:
        return moment_to_json(value->number, zone);
    case EVENT_LIST:
        return list_to_json(value->list, value->count);
    case EVENT_JSON:
        parsed = json_loads(value->text, JSON_DECODE_ANY, NULL);
        return parsed ? parsed : json_string(value->text);
    default:
        return json_null();
    }
}

static void put_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
}

static json_t *changes_to_json(const Yinuo__V1__Event *event)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < event->n_changes; i++) {
        const Yinuo__V1__Change *change = event->changes[i];
        json_t *object = json_object();
        put_text(object, "field", change->field);
        put_text(object, "from", change->from);
        put_text(object, "to", change->to);
        put_text(object, "kind", change->kind);
        if (change->has_count)
            json_object_set_new(object, "count", json_integer(change->count));
        json_array_append_new(array, object);
    }
    return array;
}

static void put_common(json_t *object, const Yinuo__V1__Event *event,
                       const char *zone)
{
    const ProtobufCMessageDescriptor *type = event->base.descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        char name[FIELD_NAME_SIZE];
        struct event_value value;
        field_json_name(&type->fields[i], name);
        if (event_common_field(name) &&
            field_is_set(&event->base, &type->fields[i]) &&
            event_get(event, name, &value))
            json_object_set_new(object, name,
                                event_value_to_json(&value, zone));
    }
}

/* Typed reals may have been whole numbers; attributes know what they were. */
static json_t *own_to_json(const struct event_fields *fields, const char *zone)
{
    bool typed = fields->name == fields->buffer;
    return typed && fields->value.type == EVENT_REAL
               ? real_to_json(fields->value.real)
               : event_value_to_json(&fields->value, zone);
}

json_t *event_to_json(const Yinuo__V1__Event *event, const char *zone)
{
    json_t *object = json_object();
    if (!object)
        return NULL;
    put_common(object, event, zone);
    struct event_fields fields;
    event_fields_begin(&fields, event);
    while (event_fields_next(&fields))
        if (fields.name && !json_object_get(object, fields.name))
            json_object_set_new(object, fields.name,
                                own_to_json(&fields, zone));
    if (event->n_changes > 0)
        json_object_set_new(object, "changes", changes_to_json(event));
    return object;
}

/* ------------------------------------------------------------------------
 * From JSON
 */

struct reading {
    Yinuo__V1__Event *event;
    const struct kind *kind; /* NULL: not built in */
    const char *zone;
    struct arena *arena;
    struct fault *fault;
};

/* Is a text under this name meant as a moment? */
static bool is_moment(const struct reading *r, const char *name)
{
    const ProtobufCFieldDescriptor *common = event_common_field(name);
    if (common)
        return field_time(common) == FIELD_MOMENT;
    const ProtobufCFieldDescriptor *carrier = event_carrier_field(r->event);
    const ProtobufCFieldDescriptor *typed =
        carrier ? field_by_json_name(carrier->descriptor, name) : NULL;
    if (typed)
        return field_time(typed) == FIELD_MOMENT;
    const struct kind_field *known =
        r->kind ? kind_field(r->kind->code, name) : NULL;
    return known && known->type == KIND_FIELD_TIME;
}

static bool is_text_list(const json_t *array)
{
    size_t count = json_array_size(array);
    for (size_t i = 0; i < count; i++)
        if (!json_is_string(json_array_get(array, i)))
            return false;
    return count > 0 && count <= LIMIT_LIST_ITEMS;
}

static bool read_list(const struct reading *r, const json_t *array,
                      struct event_value *value)
{
    size_t count = json_array_size(array);
    const char **items = arena_array(r->arena, count, sizeof(const char *));
    for (size_t i = 0; items && i < count; i++)
        items[i] = json_string_value(json_array_get(array, i));
    *value =
        (struct event_value){.type = EVENT_LIST, .list = items, .count = count};
    return items != NULL;
}

static bool read_other(const struct reading *r, const json_t *json,
                       struct event_value *value)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    *value = (struct event_value){
        .type = EVENT_JSON, .text = text ? arena_text(r->arena, text) : NULL};
    free(text);
    return value->text != NULL;
}

/* False: the arena is full. */
static bool read_value(const struct reading *r, const char *name,
                       const json_t *json, struct event_value *value)
{
    *value = (struct event_value){.type = EVENT_NULL};
    switch (json_typeof(json)) {
    case JSON_STRING:
        value->type = EVENT_TEXT;
        value->text = json_string_value(json);
        if (is_moment(r, name) &&
            time_text_parse(value->text, r->zone, &value->number, NULL) ==
                STATUS_OK)
            value->type = EVENT_TIME;
        return true;
    case JSON_INTEGER:
        value->type = EVENT_NUMBER;
        value->number = json_integer_value(json);
        return true;
    case JSON_REAL:
        value->type = EVENT_REAL;
        value->real = json_real_value(json);
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        value->type = EVENT_FLAG;
        value->number = json_is_true(json);
        return true;
    case JSON_NULL:
        return true;
    case JSON_ARRAY:
        if (is_text_list(json))
            return read_list(r, json, value);
        /* fall through */
    default:
        return read_other(r, json, value);
    }
}

/* {"field":…, "from":…, "to":…, "kind":…, "count":…}, all optional, no more. */
static bool is_change(const json_t *object)
{
    static const char *const texts[] = {"field", "from", "to", "kind"};
    size_t known = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const json_t *text = json_object_get(object, texts[i]);
        if (text && !json_is_string(text))
            return false;
        known += text != NULL;
    }
    const json_t *count = json_object_get(object, "count");
    if (count && !json_is_integer(count))
        return false;
    known += count != NULL;
    return known > 0 && known == json_object_size(object);
}

static bool is_changes(const json_t *array)
{
    size_t count = json_array_size(array);
    for (size_t i = 0; i < count; i++)
        if (!is_change(json_array_get(array, i)))
            return false;
    return count > 0 && count <= LIMIT_LIST_ITEMS;
}

static char *member_text(const struct reading *r, const json_t *object,
                         const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? arena_text(r->arena, text) : NULL;
}

static enum refusal read_changes(const struct reading *r, const json_t *array)
{
    size_t count = json_array_size(array);
    Yinuo__V1__Change **all =
        arena_array(r->arena, count, sizeof(Yinuo__V1__Change *));
    for (size_t i = 0; all && i < count; i++) {
        const json_t *object = json_array_get(array, i);
        Yinuo__V1__Change *change =
            field_new_message(&yinuo__v1__change__descriptor, r->arena);
        if (!change)
            break;
        change->field = member_text(r, object, "field");
        change->from = member_text(r, object, "from");
        change->to = member_text(r, object, "to");
        change->kind = member_text(r, object, "kind");
        change->has_count = json_object_get(object, "count") != NULL;
        change->count = json_integer_value(json_object_get(object, "count"));
        all[i] = change;
    }
    if (r->arena->full)
        return fault_set(r->fault, REFUSAL_TOO_LARGE, "changes",
                         "takes more memory than the limit");
    r->event->changes = all;
    r->event->n_changes = count;
    return REFUSAL_NONE;
}

static enum refusal read_member(const struct reading *r, const char *name,
                                const json_t *json)
{
    struct event_value value;
    if (strcmp(name, "changes") == 0 && is_changes(json))
        return read_changes(r, json);
    if (!read_value(r, name, json, &value))
        return fault_set(r->fault, REFUSAL_TOO_LARGE, name,
                         "takes more memory than the limit");
    if (value.type == EVENT_TEXT && event_common_field(name) &&
        is_moment(r, name))
        return fault_set(r->fault, REFUSAL_BAD_FIELD, name,
                         "\"%.60s\" is not a time", value.text);
    return event_set(r->event, name, &value, r->arena, r->fault);
}

Yinuo__V1__Event *event_from_json(const json_t *object, const char *zone,
                                  struct arena *arena, struct fault *fault)
{
    const char *kind = json_string_value(json_object_get(object, "kind"));
    if (!kind) {
        fault_set(fault,
                  json_is_object(object) ? REFUSAL_MISSING_FIELD
                                         : REFUSAL_MALFORMED,
                  json_is_object(object) ? "kind" : "",
                  json_is_object(object) ? "is needed, as a text"
                                         : "not a JSON object");
        return NULL;
    }
    struct reading r = {
        .event = event_new(kind, arena),
        .kind = kind_by_name(kind),
        .zone = zone ? zone : "UTC",
        .arena = arena,
        .fault = fault,
    };
    if (!r.event) {
        fault_set(fault, REFUSAL_TOO_LARGE, "kind",
                  "takes more memory than the limit");
        return NULL;
    }
    const char *name;
    json_t *json;
    json_object_foreach((json_t *)(uintptr_t)object, name, json)
    {
        if (read_member(&r, name, json) != REFUSAL_NONE)
            return NULL;
    }
    return r.event;
}
