#include "engine/directory.h"

#include <assert.h>

static int text_order(struct text a, struct text b)
{
    uint32_t size = a.size < b.size ? a.size : b.size;
    int order = size ? memcmp(a.data, b.data, size) : 0;

    if (order)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

/* The row of a table, sorted by its id, that has this id. */
#define FIND(table, count, wanted)                                             \
    do {                                                                       \
        size_t low = 0, high = (count);                                        \
        while (low < high) {                                                   \
            size_t mid = (low + high) / 2;                                     \
            int order = text_order((table)[mid].id, wanted);                   \
            if (order == 0)                                                    \
                return &(table)[mid];                                          \
            if (order < 0)                                                     \
                low = mid + 1;                                                 \
            else                                                               \
                high = mid;                                                    \
        }                                                                      \
    } while (0)

const struct person *directory_person(const struct directory *d, struct text id)
{
    FIND(d->persons, d->person_count, id);
    return NULL;
}

const struct region *directory_region(const struct directory *d, struct text id)
{
    FIND(d->regions, d->region_count, id);
    return NULL;
}

static bool template_knows(const struct station *s, struct text word)
{
    for (size_t role = 0; role <= ROLES_MAX; role++)
        for (size_t i = 0; i < s->roles[role].count; i++)
            if (s->roles[role].contacts[i].per_station &&
                text_equal(s->roles[role].contacts[i].person, word))
                return true;
    return false;
}

bool directory_knows(const struct directory *d, struct text person)
{
    struct text word = {person.data, 0};

    if (person.size && directory_person(d, person))
        return true;
    while (word.size < person.size && word.data[word.size] != '@')
        word.size++;
    if (word.size == person.size)
        return false;
    for (size_t i = 0; i < d->region_count; i++)
        if (d->regions[i].template &&
            template_knows(d->regions[i].template, word))
            return true;
    return template_knows(&d->template, word);
}

const struct station *directory_station(const struct directory *d,
                                        struct text id, struct text region)
{
    const struct region *r;

    FIND(d->stations, d->station_count, id);
    r = directory_region(d, region);
    return r && r->template ? r->template : &d->template;
}

const struct calendar *station_calendar(const struct station *s,
                                        struct text product_line)
{
    assert(s->line_count);
    for (size_t i = 1; i < s->line_count && product_line.size; i++)
        if (text_equal(s->lines[i].product_line, product_line))
            return s->lines[i].calendar;
    return s->lines[0].calendar;
}

static const struct region *region_of(const struct directory *d,
                                      const struct station *s,
                                      struct text region)
{
    return directory_region(d, region.size ? region : s->region);
}

static const struct roster *roster_of(const struct directory *d,
                                      const struct station *s,
                                      const struct region *r, uint8_t role)
{
    if (s->roles[role].count)
        return &s->roles[role];
    if (r && r->roles[role].count)
        return &r->roles[role];
    return &d->roles[role];
}

const struct roster *directory_roster(const struct directory *d,
                                      const struct station *s,
                                      struct text region, uint8_t role)
{
    return roster_of(d, s, region_of(d, s, region), role);
}

struct text rotation_person(const struct rotation *r, int64_t local_ms)
{
    if (!r->count || local_ms < r->from_ms ||
        (r->until_ms && local_ms >= r->until_ms))
        return (struct text){NULL, 0};
    return r->of[(uint64_t)((local_ms - r->from_ms) / r->every_ms) % r->count];
}

bool contact_covers(const struct contact *c, unsigned weekday, unsigned minute)
{
    if (c->from_minute > c->until_minute && minute < c->until_minute)
        weekday = (weekday + 6) % 7; /* the shift began yesterday */
    if (c->days && !(c->days & (1u << weekday)))
        return false;
    if (c->from_minute == c->until_minute)
        return true;
    if (c->from_minute < c->until_minute)
        return minute >= c->from_minute && minute < c->until_minute;
    return minute >= c->from_minute || minute < c->until_minute;
}

static bool on_duty(const struct contact *c, const struct zone *z,
                    int64_t at_ms)
{
    int64_t local = zone_local_ms(c->zone ? c->zone : z, at_ms);
    int64_t day = (local >= 0 ? local : local - 86399999) / 86400000;
    int minute = (int)((local - day * 86400000) / 60000);
    int weekday = (int)(((day + 3) % 7 + 7) % 7);

    return contact_covers(c, (unsigned)weekday, (unsigned)minute);
}

/* "HEAD" of station 12 is HEAD@12. */
static bool contact_person(const struct contact *c, struct text station,
                           int64_t local_ms, struct name *out)
{
    uint32_t size = c->person.size;

    if (c->rotation) {
        struct text who = rotation_person(c->rotation, local_ms);

        return who.size && name_set(out, who);
    }
    if (!c->per_station)
        return name_set(out, c->person);
    if (!station.size || size + 1 + station.size > NAME_BYTES_MAX)
        return false; /* of no station it would be nobody */
    memset(out, 0, sizeof *out);
    memcpy(out->data, c->person.data, size);
    out->data[size] = '@';
    memcpy(out->data + size + 1, station.data, station.size);
    out->size = (uint8_t)(size + 1 + station.size);
    return true;
}

/* Whoever answers for a person at a moment: himself, his delegate, nobody. */
static bool stand_in(const struct directory *d, struct name *who, int64_t at_ms)
{
    for (int hops = 0; hops < 4; hops++) {
        const struct person *p = directory_person(d, name_text(who));
        const struct absence *away = NULL;

        for (size_t i = 0; p && i < p->absence_count && !away; i++)
            if (p->absences[i].from_ms <= at_ms &&
                at_ms < p->absences[i].until_ms)
                away = &p->absences[i];
        if (!away)
            return true;
        if (!away->delegate.size || !name_set(who, away->delegate))
            return false;
    }
    return false; /* delegates in a circle */
}

/* --- overrides * ---------------------------------------------------------- */

bool override_is_of(const struct duty_override *o, struct text station,
                    struct text region, uint8_t role)
{
    return o->role == role &&
           (o->station.size ? name_is(&o->station, station)
                            : region.size && name_is(&o->region, region));
}

static bool holds(const struct duty_override *o, int64_t at_ms)
{
    return o->from_ms <= at_ms && at_ms < o->until_ms;
}

/* Whoever is there instead; of several the one that began last. */
static void replace(const struct directory *d, struct text station,
                    struct text region, uint8_t role, int64_t at_ms,
                    struct name *who)
{
    const struct duty_override *found = NULL;

    for (size_t i = 0; i < d->override_count; i++) {
        const struct duty_override *o = &d->overrides[i];

        if (holds(o, at_ms) && o->instead_of.size &&
            (name_equal(&o->instead_of, who) ||
             (o->swap && name_equal(&o->person, who))) &&
            override_is_of(o, station, region, role) &&
            (!found || found->from_ms <= o->from_ms))
            found = o;
    }
    if (found)
        *who = name_equal(&found->instead_of, who) ? found->person
                                                   : found->instead_of;
}

/* One more to call, unless he is called already. */
static size_t add_once(struct name *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (name_equal(&list[i], &list[count]))
            return count;
    return count + 1;
}

static size_t put_first(const struct directory *d, struct text station,
                        struct text region, uint8_t role, int64_t at_ms,
                        struct name *out, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < d->override_count && count < max; i++) {
        const struct duty_override *o = &d->overrides[i];

        if (!holds(o, at_ms) || o->instead_of.size ||
            !override_is_of(o, station, region, role))
            continue;
        out[count] = o->person;
        if (stand_in(d, &out[count], at_ms))
            count = add_once(out, count);
    }
    return count;
}

size_t directory_on_call(const struct directory *d, struct text station,
                         struct text region, uint8_t role, int64_t at_ms,
                         struct name *out, size_t max)
{
    const struct station *s = directory_station(d, station, region);
    const struct roster *r = directory_roster(d, s, region, role);
    struct text place = region.size ? region : s->region;
    size_t count = 0;

    assert(role <= ROLES_MAX);
    if (d->override_count)
        count = put_first(d, station, place, role, at_ms, out, max);
    for (size_t i = 0; i < r->count && count < max; i++) {
        const struct contact *c = &r->contacts[i];
        const struct zone *zone = c->zone ? c->zone : s->zone;

        if (!on_duty(c, s->zone, at_ms) ||
            !contact_person(c, station, zone_local_ms(zone, at_ms),
                            &out[count]))
            continue;
        if (d->override_count)
            replace(d, station, place, role, at_ms, &out[count]);
        if (stand_in(d, &out[count], at_ms))
            count = add_once(out, count);
    }
    return count;
}

bool directory_answers_for(const struct directory *d, struct text person,
                           int64_t at_ms, struct name *out)
{
    return name_set(out, person) && stand_in(d, out, at_ms);
}

/* Whether somebody is HEAD@12, the way contact_person() makes it. */
static bool is_of_station(struct text person, struct text head,
                          struct text station)
{
    uint32_t size = head.size;

    return station.size && person.size <= NAME_BYTES_MAX &&
           person.size == size + 1 + station.size && person.data[size] == '@' &&
           memcmp(person.data, head.data, size) == 0 &&
           memcmp(person.data + size + 1, station.data, station.size) == 0;
}

static bool serves(const struct roster *r, struct text station,
                   struct text person)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct contact *c = &r->contacts[i];

        for (size_t k = 0; c->rotation && k < c->rotation->count; k++)
            if (text_equal(c->rotation->of[k], person))
                return true;
        if (c->rotation)
            continue;
        if (c->per_station ? is_of_station(person, c->person, station)
                           : text_equal(c->person, person))
            return true;
    }
    return false;
}

uint8_t directory_tier_of(const struct directory *d, struct text station,
                          struct text region, struct text person,
                          uint8_t tier_count)
{
    const struct station *s = directory_station(d, station, region);
    const struct region *r = region_of(d, s, region);
    const struct person *p;

    if (!person.size)
        return 0;
    for (uint8_t tier = tier_count; tier > 0; tier--)
        if (serves(roster_of(d, s, r, tier), station, person))
            return tier;
    p = directory_person(d, person);
    if (p && p->tier <= tier_count && p->station.size &&
        text_equal(p->station, station))
        return p->tier;
    return 0;
}

uint8_t directory_tier_at(const struct directory *d, struct text station,
                          struct text region, struct text person,
                          uint8_t tier_count, int64_t at_ms)
{
    uint8_t tier = directory_tier_of(d, station, region, person, tier_count);
    struct text place = region.size || !d->override_count
                            ? region
                            : directory_station(d, station, region)->region;

    for (size_t i = 0; i < d->override_count; i++) {
        const struct duty_override *o = &d->overrides[i];

        if (holds(o, at_ms) && o->role > tier && o->role <= tier_count &&
            (name_is(&o->person, person) ||
             (o->swap && name_is(&o->instead_of, person))) &&
            override_is_of(o, station, place, o->role))
            tier = o->role;
    }
    return tier;
}
