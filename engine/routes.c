/* routes - where an event goes that nobody can place: of a kind that the rules
 * do not know, from a station that the directory does not list, of no case. It
 * is not refused: it is journaled, somebody is paged, and a case keeps it in
 * sight. One such case per producer, kind and hour, so that a flood is one
 * page. */
#include "engine/run.h"

#define HOUR_MS INT64_C(3600000)

static uint64_t mix(uint64_t h, struct text t)
{
    for (uint32_t i = 0; i < t.size; i++)
        h = (h ^ (uint8_t)t.data[i]) * UINT64_C(0x100000001b3);
    return (h ^ 0xff) * UINT64_C(0x100000001b3);
}

/* "u", the hour, and a digest of who said what. */
static struct text group_id(const struct run *r, char *buffer)
{
    const struct input *in = r->in;
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    uint64_t hour = (uint64_t)(in->at_ms / HOUR_MS);
    uint32_t size = 0;

    h = mix(h, in->station);
    h = mix(h, in->reporter);
    h = mix(h, r->unknown);
    h = mix(h, in->event < r->policy->kind_count
                   ? r->policy->kinds[in->event].name
                   : in->kind_name);
    buffer[size++] = 'u';
    for (int shift = 20; shift >= 0; shift -= 4)
        buffer[size++] = "0123456789abcdef"[hour >> shift & 15];
    buffer[size++] = '-';
    for (int shift = 60; shift >= 0; shift -= 4)
        buffer[size++] = "0123456789abcdef"[h >> shift & 15];
    return (struct text){buffer, size};
}

static bool is_listed(const struct run *r)
{
    const struct input *in = r->in;
    const struct station *s =
        directory_station(r->directory, in->station, in->region);

    return !in->station.size || text_equal(s->id, in->station);
}

/* What of an event that opens a case cannot be placed; empty: all can. */
struct text route_wanted(const struct run *r, bool known,
                         const struct kind_rule *kind)
{
    const struct input *in = r->in;

    if (!r->policy->route_count || in->source == SOURCE_IMPORT ||
        in->source == SOURCE_SYSTEM)
        return (struct text){NULL, 0};
    if (!kind)
        return TEXT("kind");
    if (!known && kind->opens_case && !is_listed(r))
        return TEXT("station");
    if (!known && !kind->opens_case && kind->needs_case && !in->case_id.size &&
        (in->source == SOURCE_HOTLINE || in->source == SOURCE_MONITOR))
        return TEXT("case");
    return (struct text){NULL, 0};
}

/* The first that holds; the loader wants the last to hold always. */
const struct route *route_of(struct run *r, const struct event *ev)
{
    const struct policy *p = r->policy;
    const struct scope s = {r, ev};
    size_t i = 0;

    while (i + 1 < p->route_count && !expr_true(&p->routes[i].when, &s))
        i++;
    return &p->routes[i];
}

static void note(struct run *r, const struct event *ev)
{
    emit(r, &(struct decision){.kind = DECISION_ROUTE,
                               .at_ms = ev->at_ms,
                               .rule = r->route->id,
                               .value = r->unknown,
                               .key = r->in->kind_name.size <= NAME_BYTES_MAX
                                          ? r->in->kind_name
                                          : (struct text){r->in->kind_name.data,
                                                          NAME_BYTES_MAX}});
}

/* The case is marked, and whom the route names hears of it. */
void route_run(struct run *r, const struct event *ev)
{
    const struct why why = {.rule = r->route->id,
                            .at_ms = ev->at_ms,
                            .late_by_ms = late_by(r, ev->at_ms)};

    note(r, ev);
    if (!r->c->routed.size)
        emit(r, &(struct decision){.kind = DECISION_SET,
                                   .at_ms = ev->at_ms,
                                   .index = CASE_FIELD_ROUTED,
                                   .value = r->unknown});
    severity_raise(r, r->route->severity, ev->at_ms, r->route->id);
    r->event = ev;
    if (r->view->mute_count && ev->kind < r->policy->kind_count)
        r->event_mutes = mutes_of_event(r, ev);
    want_targets(r, r->route->page, r->route->inform, false, false, &why);
    r->event = NULL;
    r->event_mutes = 0;
}

/* An event that no case can take is one of the group's case: which its first
 * one opens, and pages for. */
void route_group(struct run *r, const struct event *ev)
{
    char buffer[32];
    struct text id = group_id(r, buffer);

    r->case_id = run_keep(r, id);
    r->route = route_of(r, ev);
    r->out->existed = r->view->find_case(r->view->context, r->case_id, r->c) &&
                      r->c->status != CASE_NONE;
    if (r->out->existed) {
        r->first_generation = r->c->next_generation;
        run_place(r);
        note(r, ev);
        return;
    }
    case_init(r->c);
    case_open(r, ev);
    if (!r->limit)
        route_run(r, ev);
}
