/* on_call, on_call.gaps, on_call.overrides, person: who is on duty, when nobody
 * is, and what overrides the rosters. */
#include <stdlib.h>
#include <string.h>

#include "ledger/customs.h"
#include "policy/coverage.h"
#include "workers/router/queries.h"

enum { CONTACTS_MAX = 16, DAYS_MAX = 92, DAYS_USUAL = 14 };

#define DAY_MS INT64_C(86400000)

static const struct directory *directory(const struct router *r)
{
    return world_directory(r->world);
}

static void roster_row(struct router *r, Yinuo__V1__RosterRow *row,
                       struct text person)
{
    const struct person *p = directory_person(directory(r), person);

    row->person = router_text(r, person);
    if (!p)
        return;
    row->name = router_text(r, p->name);
    row->method = router_text(r, p->method);
    row->address = router_text(r, p->phone.size ? p->phone : p->email);
}

static struct text told_of(const struct attributes *a, struct text name)
{
    struct value v = attributes_find(a, name);

    return v.kind == VALUE_TEXT ? v.text : TEXT("");
}

/* The station's number, else its region's. */
static struct text hotline_of(const struct directory *d,
                              const struct station *s)
{
    struct text number = told_of(&s->attributes, TEXT("hotline"));
    const struct region *region = directory_region(d, s->region);

    return number.size || !region
               ? number
               : told_of(&region->attributes, TEXT("hotline"));
}

/* The override by which somebody is there, if it is one. */
static void mark_override(struct router *r, Yinuo__V1__RosterRow *row,
                          struct text station, struct text region,
                          const struct name *who, int64_t at_ms)
{
    const struct directory *d = directory(r);

    for (size_t i = 0; i < d->override_count; i++) {
        const struct duty_override *o = &d->overrides[i];

        if (o->from_ms > at_ms || at_ms >= o->until_ms ||
            !override_is_of(o, station, region, (uint8_t)row->tier) ||
            (!name_equal(&o->person, who) &&
             !(o->swap && name_equal(&o->instead_of, who))))
            continue;
        row->override_id = router_text(r, name_text(&o->id));
        row->has_from_ms = row->has_until_ms = 1;
        row->from_ms = o->from_ms;
        row->until_ms = o->until_ms;
    }
}

static void begin_row(struct reply *reply, Yinuo__V1__RosterRow *row,
                      const struct station *s, struct text id, uint8_t tier)
{
    struct router *r = reply->router;

    yinuo__v1__roster_row__init(row);
    row->station = router_text(r, id);
    row->region = router_text(r, s->region);
    row->has_tier = 1;
    row->tier = tier;
}

/* --- on_call --- */

static bool on_call_slot(struct reply *reply, const struct station *s,
                         struct text id, uint8_t tier, int64_t at_ms)
{
    struct router *r = reply->router;
    const char *wanted = query_text(reply->query, "person");
    struct name who[CONTACTS_MAX];
    size_t count = directory_on_call(directory(r), id, s->region, tier, at_ms,
                                     who, CONTACTS_MAX);

    for (size_t i = 0; i < count || (i == 0 && count == 0); i++) {
        Yinuo__V1__RosterRow row;

        if (wanted && (i >= count || !name_is(&who[i], text_of(wanted))))
            continue;
        begin_row(reply, &row, s, id, tier);
        row.has_contact = 1;
        row.contact = (uint32_t)i;
        row.hotline = router_text(r, hotline_of(directory(r), s));
        if (i < count) {
            roster_row(r, &row, name_text(&who[i]));
            mark_override(r, &row, id, s->region, &who[i], at_ms);
        }
        if (!reply_message(reply, &row.base))
            return false;
    }
    return true;
}

/* --- gaps --- */

struct gaps {
    struct reply *reply;
    const struct station *station;
    struct text id;
    uint8_t tier;
    bool full;
};

static void visit(void *context, int64_t from_ms, int64_t until_ms,
                  const struct name *who, size_t count)
{
    struct gaps *g = context;
    Yinuo__V1__RosterRow row;

    (void)who;
    if (count || g->full)
        return;
    begin_row(g->reply, &row, g->station, g->id, g->tier);
    row.has_from_ms = row.has_until_ms = 1;
    row.from_ms = from_ms;
    row.until_ms = until_ms;
    g->reply->total++;
    g->full = !reply_message(g->reply, &row.base);
}

static bool gaps_slot(struct reply *reply, const struct station *s,
                      struct text id, uint8_t tier, int64_t at_ms)
{
    const Yinuo__V1__Attribute *a = query_filter(reply->query, "days");
    int64_t days = a && a->has_number ? a->number : DAYS_USUAL;
    struct gaps g = {.reply = reply, .station = s, .id = id, .tier = tier};

    if (days < 1 || days > DAYS_MAX)
        days = DAYS_MAX;
    if (coverage_walk(directory(reply->router), id, s->region, tier, at_ms,
                      at_ms + days * DAY_MS, visit, &g))
        abort();
    return !g.full;
}

/* --- each slot --- */

typedef bool slot_told(struct reply *reply, const struct station *s,
                       struct text id, uint8_t tier, int64_t at_ms);

static bool is_wanted(const char *tier, const struct policy *p, uint8_t t)
{
    return !tier || text_equal(p->roles[t].name, text_of(tier)) ||
           strtoul(tier, NULL, 10) == t;
}

static bool each_tier(struct reply *reply, const struct station *s,
                      struct text id, int64_t at_ms, slot_told *tell)
{
    struct router *r = reply->router;
    const char *tier = query_text(reply->query, "tier");
    const struct policy *p = policyset_for(world_policies(r->world), s->region);

    for (uint8_t t = 1; t <= p->tier_count; t++)
        if (is_wanted(tier, p, t) &&
            (t > 1 || s->roles[1].count) && /* 1 is the owner of each case */
            !tell(reply, s, id, t, at_ms))
            return false;
    return true;
}

/* Where stations are listed a name that is none of them is a mistake, unless
 * its region is named: a case may be of a station that a template stands for.
 */
static bool place_is_known(const struct directory *d, const char *station,
                           const char *region)
{
    if (region && *region && d->region_count &&
        !directory_region(d, text_of(region)))
        return station != NULL;
    return !station || region || !d->station_count ||
           directory_station(d, text_of(station), TEXT(""))->id.size;
}

static void each_station(struct router *r, const struct asker *from,
                         const Yinuo__V1__Query *q, slot_told *tell)
{
    const struct directory *d = directory(r);
    const char *station = query_text(q, "station"),
               *region = query_text(q, "region");
    int64_t at_ms = q->has_as_of_ms ? q->as_of_ms : r->time.now_ms;
    static struct reply reply;
    bool all = true;

    if (!place_is_known(d, station, region)) {
        reply_refuse(r, from, REFUSAL_UNKNOWN_STATION, NULL);
        return;
    }
    reply_begin(&reply, r, from, q, "RosterRow");
    if (!reply_paged(&reply))
        return;
    if (station)
        all = each_tier(
            &reply,
            directory_station(d, text_of(station), text_of_words(region)),
            text_of(station), at_ms, tell);
    for (size_t i = 0; all && !station && i < d->station_count; i++)
        if (!region || text_equal(d->stations[i].region, text_of(region)))
            all = each_tier(&reply, &d->stations[i], d->stations[i].id, at_ms,
                            tell);
    reply_end_paged(&reply, !all);
}

void query_on_call(struct router *r, const struct asker *from,
                   const Yinuo__V1__Query *q)
{
    each_station(r, from, q, on_call_slot);
}

void query_gaps(struct router *r, const struct asker *from,
                const Yinuo__V1__Query *q)
{
    each_station(r, from, q, gaps_slot);
}

void query_overrides(struct router *r, const struct asker *from,
                     const Yinuo__V1__Query *q)
{
    static struct reply reply;
    struct state_cursor cursor;
    struct slice key, value;
    bool more = false;

    reply_begin(&reply, r, from, q, "DutyOverride");
    if (!reply_paged(&reply))
        return;
    state_cursor_open(&cursor, r->ledger->state, STATE_OVERRIDES, SLICE_EMPTY,
                      SLICE_EMPTY);
    while (!more && state_cursor_next(&cursor, &key, &value))
        more = !reply_row(&reply, value);
    state_cursor_close(&cursor);
    reply_end_paged(&reply, more);
}

void query_person(struct router *r, const struct asker *from,
                  const Yinuo__V1__Query *q)
{
    const char *id = query_text(q, "person");
    static struct reply reply;
    Yinuo__V1__RosterRow row = YINUO__V1__ROSTER_ROW__INIT;
    const struct person *p;

    if (!id || !person_known(r, text_of(id))) {
        reply_refuse(r, from, REFUSAL_UNKNOWN_PERSON, NULL);
        return;
    }
    reply_begin(&reply, r, from, q, "RosterRow");
    p = directory_person(directory(r), text_of(id));
    roster_row(r, &row, text_of(id));
    if (p) {
        row.station = router_text(r, p->station);
        row.has_tier = p->tier > 0;
        row.tier = p->tier;
    }
    reply_message(&reply, &row.base);
    reply_end(&reply, NULL);
}
