#include "engine/engine.h"

#include <assert.h>

#define X(name, code, word)                                                    \
    case CASE_##name:                                                          \
        return word;
const char *case_status_name(enum case_status s)
{
    switch (s) {
        CASE_STATUSES(X)
    }
    return "unknown";
}
#undef X

#define X(name, code, word)                                                    \
    case PROMISE_##name:                                                       \
        return word;
const char *promise_state_name(enum promise_state s)
{
    switch (s) {
        PROMISE_STATES(X)
    }
    return "unknown";
}
#undef X

#define X(name, code, word)                                                    \
    case ITEM_##name:                                                          \
        return word;
const char *item_state_name(enum item_state s)
{
    switch (s) {
        ITEM_STATES(X)
    }
    return "unknown";
}
#undef X

#define X(name, code, word)                                                    \
    case DECISION_##name:                                                      \
        return TEXT(word);
struct text decision_kind_text(enum decision_kind k)
{
    switch (k) {
        DECISION_KINDS(X)
    }
    return TEXT("unknown");
}
#undef X

#define X(name, code, word)                                                    \
    case DECISION_##name:                                                      \
        return word;
const char *decision_kind_name(enum decision_kind k)
{
    switch (k) {
        DECISION_KINDS(X)
    }
    return "unknown";
}
#undef X

#define X(name, code, word)                                                    \
    case QUERY_##name:                                                         \
        return word;
const char *intent_query_name(enum intent_query q)
{
    switch (q) {
        INTENT_QUERIES(X)
    }
    return "unknown";
}
#undef X

static size_t hash_of(struct text name)
{
    uint32_t h = 2166136261u;

    for (uint32_t i = 0; i < name.size; i++)
        h = (h ^ (uint8_t)name.data[i]) * 16777619u;
    return h ^ h >> 15;
}

void policy_place_kinds(struct policy *p, uint16_t *places, size_t mask)
{
    assert(mask > p->kind_count);
    for (size_t i = 0; i < p->kind_count; i++) {
        size_t at = hash_of(p->kinds[i].name) & mask;

        while (places[at])
            at = (at + 1) & mask;
        places[at] = (uint16_t)(i + 1);
    }
    p->kind_places = places;
    p->kind_mask = mask;
}

static uint16_t placed_kind(const struct policy *p, struct text name)
{
    for (size_t at = hash_of(name) & p->kind_mask; p->kind_places[at];
         at = (at + 1) & p->kind_mask) {
        uint16_t i = (uint16_t)(p->kind_places[at] - 1);

        if (text_equal(p->kinds[i].name, name))
            return i;
    }
    return KIND_NONE;
}

uint16_t policy_kind(const struct policy *p, struct text name)
{
    if (p->kind_places)
        return placed_kind(p, name);
    for (size_t i = 0; i < p->kind_count; i++)
        if (text_equal(p->kinds[i].name, name))
            return (uint16_t)i;
    return KIND_NONE;
}

uint16_t policy_clock(const struct policy *p, struct text name)
{
    for (size_t i = 0; i < p->clock_count; i++)
        if (text_equal(p->clocks[i].name, name))
            return (uint16_t)i;
    return 0xffff;
}

uint8_t policy_role(const struct policy *p, struct text name)
{
    for (uint8_t i = 1; i <= p->role_count; i++)
        if (text_equal(p->roles[i].name, name))
            return i;
    return 0;
}

const struct value *input_field(const struct input *in, struct text name)
{
    for (size_t i = 0; i < in->field_count; i++)
        if (text_equal(in->fields[i].name, name))
            return &in->fields[i].value;
    return NULL;
}
