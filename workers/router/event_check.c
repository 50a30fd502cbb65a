#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "proto/kinds.h"

enum {
    AHEAD_MS = 5 * 60 * 1000, /* a station's clock may be off by so much */
};
#define PAST_MS (400LL * 24 * 3600 * 1000) /* weeks offline, and a year to spare */

static enum refusal check_times(struct router *r, Yinuo__V1__Event *e, struct fault *fault)
{
    bool import = e->source == YINUO__V1__SOURCE__SOURCE_IMPORT;

    if (!e->has_received_at_ms || e->received_at_ms > r->now_ms) {
        e->has_received_at_ms = 1;
        e->received_at_ms = r->now_ms;
    }
    if (!e->has_at_ms) {
        e->has_at_ms = 1;
        e->at_ms = e->received_at_ms;
    }
    if (e->at_ms > r->now_ms + AHEAD_MS)
        return fault_set(fault, REFUSAL_TIME_OUT_OF_RANGE, "at", "at is in the future");
    if (!import && e->at_ms < r->now_ms - PAST_MS)
        return fault_set(fault, REFUSAL_TIME_OUT_OF_RANGE, "at", "at is more than 400 days ago");
    if (e->at_ms > r->now_ms)
        e->at_ms = r->now_ms;
    return REFUSAL_NONE;
}

/* Fields that are needed stand in a typed part or among the attributes; the
 * codec has refused what does not fit the schema. */
static bool has_field(const Yinuo__V1__Event *e, const struct kind *kind, const char *name)
{
    static const char *const own[] = {"case_id", "station", "customer_id", "asset_id"};
    const char *const values[] = {e->case_id, e->station, e->customer_id, e->asset_id};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(own[i], name) == 0)
            return values[i] && *values[i];
    for (size_t i = 0; i < e->n_attributes; i++)
        if (e->attributes[i]->name && strcmp(e->attributes[i]->name, name) == 0)
            return true;
    return kind_carries(e, kind->carrier, name);
}

static enum refusal check_fields(const Yinuo__V1__Event *e, const struct kind *kind,
                                 struct fault *fault)
{
    size_t count;
    const struct kind_field *fields = kind_fields(kind->code, &count);

    for (size_t i = 0; i < count; i++)
        if (fields[i].need == KIND_FIELD_NEEDED && !has_field(e, kind, fields[i].name))
            return fault_set(fault, REFUSAL_MISSING_FIELD, fields[i].name, "%s needs %s",
                             kind->name, fields[i].name);
    return REFUSAL_NONE;
}

static bool opens_case(const struct router *r, const Yinuo__V1__Event *e)
{
    const struct policy *p =
        policyset_for(world_policies(r->world), text_of_words(e->region ? e->region : ""));
    uint16_t kind = policy_kind(p, text_of(e->kind));

    return kind != KIND_NONE && p->kinds[kind].opens_case;
}

enum refusal event_check(struct router *r, Yinuo__V1__Event *e, struct fault *fault)
{
    if (!e->kind || !*e->kind)
        return fault_set(fault, REFUSAL_MISSING_FIELD, "kind", "an event needs a kind");
    const struct kind *kind = kind_by_name(e->kind);
    if (kind) {
        e->has_kind_code = 1;
        e->kind_code = kind->code;
    }
    enum refusal code = check_times(r, e, fault);
    if (code == REFUSAL_NONE && kind && e->source != YINUO__V1__SOURCE__SOURCE_IMPORT)
        code = check_fields(e, kind, fault);
    if (code != REFUSAL_NONE)
        return code;
    if ((!e->case_id || !*e->case_id) && opens_case(r, e))
        e->case_id = arena_format(&r->parse, "C-%llu", (unsigned long long)r->next_seq);
    return REFUSAL_NONE;
}
