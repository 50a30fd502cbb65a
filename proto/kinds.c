#include "proto/kinds.h"

#include <string.h>

#define KIND(id, name, code, group, carrier)                                   \
    {name, code, KIND_GROUP_##group, KIND_CARRIER_##carrier},
static const struct kind kinds[] = {
#include "proto/kinds.def"
};
#undef KIND

enum { KINDS = sizeof kinds / sizeof *kinds };

/* Position of each kind in the sorted table. */
#define KIND(id, name, code, group, carrier) AT_##id,
enum kind_at {
#include "proto/kinds.def"
};
#undef KIND

/* Code -> position + 1; the codes are sparse, which costs 4 KB. */
#define KIND(id, name, code, group, carrier) [code] = AT_##id + 1,
static const uint8_t by_code[] = {
#include "proto/kinds.def"
};
#undef KIND
_Static_assert(KINDS < 255, "positions fit a byte");

#define FIELD(kind, name, type, need, values)                                  \
    {KIND_##kind, name, KIND_FIELD_##type, KIND_FIELD_##need, values},
static const struct kind_field fields[] = {
#include "proto/kind_fields.def"
};
#undef FIELD

enum { FIELDS = sizeof fields / sizeof *fields };

const struct kind *kinds_all(size_t *count)
{
    *count = KINDS;
    return kinds;
}

const struct kind *kind_by_name(const char *name)
{
    size_t low = 0;
    size_t high = KINDS;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, kinds[middle].name);
        if (order == 0)
            return &kinds[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct kind *kind_by_code(uint32_t code)
{
    if (code >= sizeof by_code || by_code[code] == 0)
        return NULL;
    return &kinds[by_code[code] - 1];
}

/* The fields stand in the order of the kinds: search by that position. */
const struct kind_field *kind_fields(uint32_t code, size_t *count)
{
    const struct kind *kind = kind_by_code(code);
    *count = 0;
    if (!kind)
        return NULL;
    size_t low = 0;
    size_t high = FIELDS;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (by_code[fields[middle].kind] < by_code[code])
            low = middle + 1;
        else
            high = middle;
    }
    while (low + *count < FIELDS && fields[low + *count].kind == code)
        ++*count;
    return *count > 0 ? &fields[low] : NULL;
}

const struct kind_field *kind_field(uint32_t code, const char *name)
{
    size_t count;
    const struct kind_field *all = kind_fields(code, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].name, name) == 0)
            return &all[i];
    return NULL;
}

bool kind_field_takes(const struct kind_field *field, const char *text)
{
    if (field->type != KIND_FIELD_CHOICE)
        return true;
    size_t size = strlen(text);
    for (const char *value = field->values; *value;) {
        size_t length = strcspn(value, "|");
        if (length == size && memcmp(value, text, size) == 0)
            return true;
        value += length + (value[length] == '|');
    }
    return false;
}

const char *kind_group_text(enum kind_group group)
{
#define X(name, code, text) [code] = text,
    static const char *const texts[KIND_GROUPS_END] = {KIND_GROUPS(X)};
#undef X
    return (unsigned)group < KIND_GROUPS_END ? texts[group] : NULL;
}

const char *kind_field_type_text(enum kind_field_type type)
{
#define X(name, text) text,
    static const char *const texts[] = {KIND_FIELD_TYPES(X)};
#undef X
    return (unsigned)type < KIND_FIELD_TYPES_END ? texts[type] : NULL;
}

const char *kind_carrier_field(enum kind_carrier carrier)
{
#define X(name, field, text) text,
    static const char *const texts[] = {KIND_CARRIERS(X)};
#undef X
    return (unsigned)carrier < KIND_CARRIERS_END ? texts[carrier] : "";
}

unsigned kind_carrier_number(enum kind_carrier carrier)
{
#define X(name, field, text) field,
    static const uint8_t numbers[] = {KIND_CARRIERS(X)};
#undef X
    return (unsigned)carrier < KIND_CARRIERS_END ? numbers[carrier] : 0;
}
