/* An event as the engine reads it: typed parts and attributes flattened into
 * one list of fields by name. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "ledger/customs.h"
#include "proto/field.h"
#include "proto/personal.h"

enum {
    CARRIERS = 16,       /* typed parts of Event */
    CARRIER_FIELDS = 64, /* of one typed part */
};

/* One field of a typed part, found once and kept. */
struct passage {
    const ProtobufCFieldDescriptor *field;
    struct text name;
    bool is_time, is_personal;
};

struct carrier {
    const ProtobufCFieldDescriptor *field; /* of Event */
    struct passage fields[CARRIER_FIELDS];
    size_t count;
};

static struct carrier carriers[CARRIERS];
static size_t carrier_count;

/* The tables are constant: made from the descriptors before main, so that any
 * thread may read them. */
__attribute__((constructor)) static void passages_make(void)
{
    const ProtobufCMessageDescriptor *type = &yinuo__v1__event__descriptor;

    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &type->fields[i];
        const ProtobufCMessageDescriptor *sub = f->descriptor;
        struct carrier *c;

        if (f->type != PROTOBUF_C_TYPE_MESSAGE ||
            f->label == PROTOBUF_C_LABEL_REPEATED)
            continue;
        assert(carrier_count < CARRIERS && sub->n_fields <= CARRIER_FIELDS);
        c = &carriers[carrier_count++];
        c->field = f;
        for (unsigned j = 0; j < sub->n_fields; j++) {
            struct passage *p = &c->fields[c->count++];

            p->field = &sub->fields[j];
            p->name = text_of(p->field->name);
            p->is_personal = personal_field(sub, p->field);
            p->is_time = field_time(p->field) == FIELD_MOMENT;
            if (p->is_time)
                p->name.size -= 3; /* "due_ms" is due */
        }
    }
}

/* --- values --- */

static int64_t thousandths(int64_t whole)
{
    int64_t result;

    if (__builtin_mul_overflow(whole, INT64_C(1000), &result))
        return whole < 0 ? INT64_MIN : INT64_MAX;
    return result;
}

static int64_t thousandths_of_real(double real)
{
    double scaled = real * 1000;

    if (!(scaled > -9e18))
        return INT64_MIN; /* also what is no number */
    return scaled < 9e18 ? llround(scaled) : INT64_MAX;
}

static bool list_value(char *const *items, size_t count, struct arena *arena,
                       struct value *v)
{
    struct text *list = arena_array(arena, count, sizeof *list);

    if (!list)
        return false;
    for (size_t i = 0; i < count; i++)
        list[i] = text_of(items[i]);
    v->kind = VALUE_LIST;
    v->list.items = list;
    v->list.count = (uint32_t)count;
    return true;
}

/* As field_is_set, without the ways that events do not have: most fields of a
 * part are not set, and this is asked for each. */
static bool is_set(const ProtobufCMessage *message,
                   const ProtobufCFieldDescriptor *f)
{
    const char *at = (const char *)message;

    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const size_t *)(const void *)(at + f->quantifier_offset) != 0;
    if (f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(void *const *)(const void *)(at + f->offset) != NULL;
    return *(const protobuf_c_boolean *)(const void *)(at +
                                                       f->quantifier_offset);
}

/* Of a field that is set; NONE for a type that has no value. False: no room. */
static bool field_value(const ProtobufCMessage *message,
                        const struct passage *p, struct arena *arena,
                        struct value *v)
{
    const ProtobufCFieldDescriptor *f = p->field;
    const void *item;

    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return f->type != PROTOBUF_C_TYPE_STRING ||
               list_value((char *const *)field_item(message, f, 0),
                          field_count(message, f), arena, v);
    item = field_item(message, f, 0);
    if (f->type == PROTOBUF_C_TYPE_STRING) {
        v->kind = VALUE_TEXT;
        v->text = text_of(*(char *const *)item);
    } else if (f->type == PROTOBUF_C_TYPE_BOOL) {
        v->kind = VALUE_FLAG;
        v->flag = field_integer(f, item) != 0;
    } else if (p->is_time) {
        v->kind = VALUE_TIME;
        v->time_ms = field_integer(f, item);
    } else if (field_is_real(f)) {
        v->kind = VALUE_NUMBER;
        v->thousandths = thousandths_of_real(field_real(f, item));
    } else if (field_is_integer(f)) {
        v->kind = VALUE_NUMBER;
        v->thousandths = thousandths(field_integer(f, item));
    }
    return true;
}

static bool attribute_value(const Yinuo__V1__Attribute *a, struct arena *arena,
                            struct value *v)
{
    if (a->text || a->json) {
        v->kind = VALUE_TEXT;
        v->text = text_of(a->text ? a->text : a->json);
    } else if (a->has_number) {
        v->kind = VALUE_NUMBER;
        v->thousandths = thousandths(a->number);
    } else if (a->has_real) {
        v->kind = VALUE_NUMBER;
        v->thousandths = thousandths_of_real(a->real);
    } else if (a->has_flag) {
        v->kind = VALUE_FLAG;
        v->flag = a->flag;
    } else if (a->has_time_ms) {
        v->kind = VALUE_TIME;
        v->time_ms = a->time_ms;
    } else if (a->n_list) {
        return list_value(a->list, a->n_list, arena, v);
    }
    return true;
}

/* --- fields --- */

static struct text may(const char *text)
{
    return text ? text_of(text) : TEXT("");
}

static const ProtobufCMessage *part_of(const Yinuo__V1__Event *event,
                                       const struct carrier *c)
{
    return *(ProtobufCMessage *const *)(const void *)((const char *)event +
                                                      c->field->offset);
}

/* How many fields its typed parts have, set or not. */
static size_t carried(const Yinuo__V1__Event *event)
{
    size_t count = 0;

    for (size_t i = 0; i < carrier_count; i++)
        if (part_of(event, &carriers[i]))
            count += carriers[i].count;
    return count;
}

static bool carrier_fields(const Yinuo__V1__Event *event, struct arena *arena,
                           struct field *list, size_t *count)
{
    for (size_t i = 0; i < carrier_count; i++) {
        const struct carrier *c = &carriers[i];
        const ProtobufCMessage *part = part_of(event, c);

        for (size_t j = 0; part && j < c->count; j++) {
            struct field *f = &list[*count];

            if (!is_set(part, c->fields[j].field))
                continue;
            f->value.kind = VALUE_NONE;
            if (!field_value(part, &c->fields[j], arena, &f->value))
                return false;
            f->name = c->fields[j].name;
            *count += f->value.kind != VALUE_NONE;
        }
    }
    return true;
}

static bool fields_make(const Yinuo__V1__Event *event, struct arena *arena,
                        struct input *in)
{
    size_t room = event->n_attributes + carried(event) + 1, count = 0;
    struct field *list = arena_array(arena, room, sizeof *list);

    if (!list || !carrier_fields(event, arena, list, &count))
        return false;
    for (size_t i = 0; i < event->n_attributes; i++) {
        struct field *f = &list[count];

        f->value.kind = VALUE_NONE;
        if (!attribute_value(event->attributes[i], arena, &f->value))
            return false;
        f->name = may(event->attributes[i]->name);
        if (text_equal(f->name, TEXT("page_id")) && f->value.kind == VALUE_TEXT)
            in->page_id = f->value.text;
        count += f->value.kind != VALUE_NONE;
    }
    if (event->note)
        list[count++] = (struct field){
            TEXT("note"), {.kind = VALUE_TEXT, .text = text_of(event->note)}};
    in->fields = list;
    in->field_count = count;
    return true;
}

/* Of a field by the name that the engine knows it by. */
static bool is_personal(const void *origin, struct text name)
{
    const Yinuo__V1__Event *event = origin;

    if (text_equal(name, TEXT("note")))
        return true;
    for (size_t i = 0; i < carrier_count; i++) {
        const struct carrier *c = &carriers[i];
        const ProtobufCMessage *part = part_of(event, c);

        for (size_t j = 0; part && j < c->count; j++)
            if (c->fields[j].is_personal && text_equal(c->fields[j].name, name))
                return true;
    }
    for (size_t i = 0; i < event->n_attributes; i++)
        if (text_equal(may(event->attributes[i]->name), name) &&
            personal_attribute(event->attributes[i]))
            return true;
    return false;
}

static enum refusal changes_make(const Yinuo__V1__Event *event,
                                 const struct policy *policy,
                                 struct arena *arena, struct input *in,
                                 struct fault *fault)
{
    struct change *list;

    if (event->n_changes == 0)
        return REFUSAL_NONE;
    list = arena_array(arena, event->n_changes, sizeof *list);
    if (!list)
        return fault_set(fault, REFUSAL_TOO_LARGE, "changes", "no room");
    for (size_t i = 0; i < event->n_changes; i++) {
        const Yinuo__V1__Change *c = event->changes[i];

        if (!c->kind) /* a field's old and new value: told, not acted on */
            continue;
        list[in->change_count] =
            (struct change){policy_kind(policy, text_of(c->kind)), may(c->from),
                            may(c->to), c->has_count ? c->count : 1};
        if (list[in->change_count++].kind == KIND_NONE)
            return fault_set(fault, REFUSAL_UNKNOWN_KIND, "changes",
                             "%s stands for no kind that the rules know",
                             c->kind);
    }
    in->changes = list;
    return REFUSAL_NONE;
}

enum refusal customs_input(const Yinuo__V1__Event *event,
                           const struct policy *policy, struct arena *arena,
                           struct input *in, struct fault *fault)
{
    *in = (struct input){
        .kind = INPUT_EVENT,
        .at_ms = event->at_ms,
        .received_at_ms =
            event->has_received_at_ms ? event->received_at_ms : event->at_ms,
        .event = policy_kind(policy, may(event->kind)),
        .source = event->has_source && event->source
                      ? (enum source)event->source
                      : SOURCE_STATION,
        .case_id = may(event->case_id),
        .station = may(event->station),
        .region = may(event->region),
        .product_line = may(event->product_line),
        .customer = may(event->customer_id),
        .asset = may(event->asset_id),
        .reporter = may(event->reporter),
        .reporter_role = may(event->reporter_role),
        .is_personal = is_personal,
        .origin = event,
    };
    if (in->event == KIND_NONE)
        in->kind_name = may(event->kind);
    if (in->event == KIND_NONE && !policy->route_count)
        return fault_set(fault, REFUSAL_UNKNOWN_KIND, "kind",
                         "the rules %.*s do not know the kind %s",
                         (int)policy->name.size, policy->name.data,
                         event->kind ? event->kind : "");
    if (!fields_make(event, arena, in))
        return fault_set(fault, REFUSAL_TOO_LARGE, "", "no room");
    return changes_make(event, policy, arena, in, fault);
}

/* --- personal fields --- */

enum status customs_split(Yinuo__V1__Event *event, struct arena *arena,
                          struct bytes *personal)
{
    Yinuo__V1__Event *part = NULL;

    if (!personal_split(event, arena, &part))
        return STATUS_NO_MEMORY;
    return part ? codec_encode(&part->base, personal) : STATUS_OK;
}

enum status customs_join(Yinuo__V1__Event *event, struct slice personal,
                         struct arena *arena, struct error *err)
{
    struct fault fault;
    const Yinuo__V1__Event *part;

    if (personal.size == 0)
        return STATUS_OK;
    part = codec_decode(&yinuo__v1__event__descriptor, personal, arena, &fault);
    if (!part)
        return error_set(err, STATUS_CORRUPT, "a personal part: %s",
                         fault.text);
    if (!personal_join(event, part, arena))
        return error_set(err, STATUS_NO_MEMORY, "a personal part");
    return STATUS_OK;
}
