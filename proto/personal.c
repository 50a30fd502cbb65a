#include "proto/personal.h"

#include <assert.h>
#include <string.h>

#include "proto/field.h"

/* clang-format off */
/* Names of attributes that say something of a customer, beside the marked
 * fields. Append freely. */
#define PERSONAL_NAMES(X)                                                      \
    X("address") X("companion") X("contact_name") X("email") X("mail")         \
    X("mobile") X("phone") X("plate") X("telephone") X("wechat")
/* clang-format on */

struct mark {
    const ProtobufCMessageDescriptor *type;
    const char *field;
};

#define PERSONAL(type, field) {&yinuo__v1__##type##__descriptor, field},
static const struct mark marks[] = {
#include "proto/personal.def" /* made by CMakeLists.txt from yinuo.proto */
};
#undef PERSONAL

enum { MARKS = sizeof marks / sizeof *marks };

bool personal_field(const ProtobufCMessageDescriptor *type,
                    const ProtobufCFieldDescriptor *field)
{
    for (size_t i = 0; i < MARKS; i++)
        if (marks[i].type == type && strcmp(marks[i].field, field->name) == 0)
            return true;
    return false;
}

/* Who acts and where to are mostly people of ours. */
static bool is_marked_name(const char *name)
{
    if (strcmp(name, "by") == 0 || strcmp(name, "to") == 0)
        return false;
    for (size_t i = 0; i < MARKS; i++)
        if (strcmp(marks[i].field, name) == 0)
            return true;
    return false;
}

bool personal_attribute(const Yinuo__V1__Attribute *attribute)
{
    static const char customer[] = "customer_";
#define X(name) name,
    static const char *const names[] = {PERSONAL_NAMES(X)};
#undef X
    const char *name = attribute->name;
    bool words = attribute->text || attribute->json || attribute->has_number ||
                 attribute->n_list > 0;
    if (!name || !words)
        return false;
    if (strncmp(name, customer, sizeof customer - 1) == 0 ||
        is_marked_name(name))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* ------------------------------------------------------------------------
 * Fields of messages of one type
 */

/* `to` gets the value that `from` has; both are of the same type. */
static void copy_field(ProtobufCMessage *to, const ProtobufCMessage *from,
                       const ProtobufCFieldDescriptor *field)
{
    bool list = field->label == PROTOBUF_C_LABEL_REPEATED;

    memcpy(field_place(to, field->offset), field_place(from, field->offset),
           list ? sizeof(void *) : field_size(field->type));
    if (list)
        *(size_t *)field_place(to, field->quantifier_offset) =
            field_count(from, field);
    else if (!field_by_pointer(field))
        *(protobuf_c_boolean *)field_place(to, field->quantifier_offset) = 1;
}

static bool is_carrier(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_MESSAGE &&
           field->label != PROTOBUF_C_LABEL_REPEATED;
}

static ProtobufCMessage **carrier_place(ProtobufCMessage *message,
                                        const ProtobufCFieldDescriptor *field)
{
    return field_place(message, field->offset);
}

/* Copies the marked fields of a message and of those in it. */
static bool take(ProtobufCMessage *to, ProtobufCMessage *from,
                 struct arena *arena, bool *some)
{
    const ProtobufCMessageDescriptor *type = from->descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (!field_is_set(from, field))
            continue;
        if (is_carrier(field)) {
            bool inner = false;
            ProtobufCMessage *copy =
                field_new_message(field->descriptor, arena);
            if (!copy ||
                !take(copy, *carrier_place(from, field), arena, &inner))
                return false;
            if (inner)
                *carrier_place(to, field) = copy;
            *some |= inner;
        } else if (personal_field(type, field)) {
            copy_field(to, from, field);
            *some = true;
        }
    }
    return true;
}

static bool take_attributes(Yinuo__V1__Event *to, const Yinuo__V1__Event *from,
                            struct arena *arena, bool *some)
{
    if (from->n_attributes == 0)
        return true;
    to->attributes =
        arena_array(arena, from->n_attributes, sizeof(Yinuo__V1__Attribute *));
    for (size_t i = 0; to->attributes && i < from->n_attributes; i++)
        if (personal_attribute(from->attributes[i]))
            to->attributes[to->n_attributes++] = from->attributes[i];
    *some |= to->n_attributes > 0;
    return to->attributes != NULL;
}

/* What there is to take, by type: most events have nothing of it, and this is
 * asked of each. Made before main, so that any thread may read it. */
_Static_assert(CODEC_FIELDS_MAX <= 64, "a bit for each field");

struct marked {
    const ProtobufCMessageDescriptor *type;
    uint64_t fields; /* bit per field: personal, or a carrier */
};

enum { MARKED_TYPES = 32 };

static struct marked marked[MARKED_TYPES];
static size_t marked_count;

static const struct marked *marked_of(const ProtobufCMessageDescriptor *type)
{
    for (size_t i = 0; i < marked_count; i++)
        if (marked[i].type == type)
            return &marked[i];
    return NULL;
}

/* A type and those in it. */
static void mark_type(const ProtobufCMessageDescriptor *type)
{
    struct marked *m = &marked[marked_count++];

    assert(marked_count <= MARKED_TYPES && type->n_fields <= CODEC_FIELDS_MAX);
    m->type = type;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &type->fields[i];

        if (is_carrier(f) && !marked_of(f->descriptor))
            mark_type(f->descriptor);
        if (is_carrier(f) || personal_field(type, f))
            m->fields |= UINT64_C(1) << i;
    }
}

__attribute__((constructor)) static void mark_types(void)
{
    mark_type(&yinuo__v1__event__descriptor);
}

/* A message has something personal in it, attributes apart. */
static bool has_marked(const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    const struct marked *m = marked_of(type);

    for (uint64_t rest = m ? m->fields : 0; rest; rest &= rest - 1) {
        const ProtobufCFieldDescriptor *f =
            &type->fields[__builtin_ctzll(rest)];

        if (!field_is_set(message, f))
            continue;
        if (!is_carrier(f) ||
            has_marked(*(ProtobufCMessage *const *)field_item(message, f, 0)))
            return true;
    }
    return false;
}

static bool has_personal(const Yinuo__V1__Event *event)
{
    for (size_t i = 0; i < event->n_attributes; i++)
        if (personal_attribute(event->attributes[i]))
            return true;
    return has_marked(&event->base);
}

bool personal_split(Yinuo__V1__Event *event, struct arena *arena,
                    Yinuo__V1__Event **personal)
{
    bool some = false;

    *personal = NULL;
    if (!has_personal(event))
        return true;
    Yinuo__V1__Event *part =
        field_new_message(&yinuo__v1__event__descriptor, arena);
    if (!part || !take(&part->base, &event->base, arena, &some) ||
        !take_attributes(part, event, arena, &some))
        return false;
    if (some)
        personal_mask(&event->base);
    *personal = some ? part : NULL;
    return true;
}

static bool give_attributes(Yinuo__V1__Event *to, const Yinuo__V1__Event *from,
                            struct arena *arena)
{
    size_t count = to->n_attributes + from->n_attributes;
    if (from->n_attributes == 0)
        return true;
    Yinuo__V1__Attribute **all =
        arena_array(arena, count, sizeof(Yinuo__V1__Attribute *));
    if (!all)
        return false;
    for (size_t i = 0; i < to->n_attributes; i++)
        all[i] = to->attributes[i];
    for (size_t i = 0; i < from->n_attributes; i++)
        all[to->n_attributes + i] = from->attributes[i];
    to->attributes = all;
    to->n_attributes = count;
    return true;
}

/* Copies all set fields that `to` lacks; lists of messages apart. */
static bool give(ProtobufCMessage *to, const ProtobufCMessage *from,
                 struct arena *arena)
{
    const ProtobufCMessageDescriptor *type = from->descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (!field_is_set(from, field))
            continue;
        if (is_carrier(field)) {
            ProtobufCMessage **place = carrier_place(to, field);
            if (!*place)
                *place = field_new_message(field->descriptor, arena);
            const void *inner = *(void *const *)field_item(from, field, 0);
            if (!*place || !give(*place, inner, arena))
                return false;
        } else if (field->type != PROTOBUF_C_TYPE_MESSAGE &&
                   !field_is_set(to, field)) {
            copy_field(to, from, field);
        }
    }
    return true;
}

bool personal_join(Yinuo__V1__Event *event, const Yinuo__V1__Event *personal,
                   struct arena *arena)
{
    return give(&event->base, &personal->base, arena) &&
           give_attributes(event, personal, arena);
}

/* ------------------------------------------------------------------------
 * Masking
 */

/* A list of attributes without the personal ones. */
static void mask_attributes(ProtobufCMessage *message,
                            const ProtobufCFieldDescriptor *field)
{
    Yinuo__V1__Attribute **all =
        *(Yinuo__V1__Attribute ***)field_place(message, field->offset);
    size_t *count = field_place(message, field->quantifier_offset);
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (!personal_attribute(all[i]))
            all[kept++] = all[i];
    *count = kept;
}

void personal_mask(ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        size_t count = field_count(message, field);
        if (count == 0)
            continue;
        if (personal_field(type, field))
            field_clear(message, field);
        else if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
                 field->descriptor == &yinuo__v1__attribute__descriptor)
            mask_attributes(message, field);
        else if (field->type == PROTOBUF_C_TYPE_MESSAGE)
            for (size_t j = 0; j < count; j++)
                personal_mask(
                    *(ProtobufCMessage *const *)field_item(message, field, j));
    }
}
