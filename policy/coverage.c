#include "policy/coverage.h"

#include <stdlib.h>

enum { MINUTE_MS = 60000, DAY_MS = 86400000, HOPS_MAX = 4 };

struct moments {
    int64_t *list;
    size_t count, room;
    int64_t from_ms, until_ms;
    bool full; /* no memory */
};

static void add(struct moments *m, int64_t at_ms)
{
    if (at_ms <= m->from_ms || at_ms >= m->until_ms)
        return;
    if (m->count == m->room) {
        size_t room = m->room ? m->room * 2 : 256;
        int64_t *more = realloc(m->list, room * sizeof *more);

        if (!more) {
            m->full = true;
            return;
        }
        m->list = more;
        m->room = room;
    }
    m->list[m->count++] = at_ms;
}

static int64_t day_begin(int64_t local_ms)
{
    int64_t rest = local_ms % DAY_MS;

    return local_ms - (rest < 0 ? rest + DAY_MS : rest);
}

/* A wall clock time, both times where it comes twice, and where it would be in
 * an hour that is left out. */
static void add_local(struct moments *m, const struct zone *z, int64_t local_ms)
{
    for (int64_t hours = -1; hours <= 1; hours++)
        add(m, zone_utc_ms(z, local_ms) + hours * 3600000);
    add(m, zone_utc_ms(z, local_ms) + 1800000);
    add(m, zone_utc_ms(z, local_ms) - 1800000);
}

static void add_contact(struct moments *m, const struct contact *c,
                        const struct zone *z)
{
    int64_t first = day_begin(zone_local_ms(z, m->from_ms)) - DAY_MS;
    int64_t last = zone_local_ms(z, m->until_ms) + DAY_MS;
    const struct rotation *r = c->rotation;

    for (int64_t day = first;
         (c->days || c->from_minute != c->until_minute) && day <= last;
         day += DAY_MS) {
        add_local(m, z, day);
        add_local(m, z, day + (int64_t)c->from_minute * MINUTE_MS);
        add_local(m, z, day + (int64_t)c->until_minute * MINUTE_MS);
    }
    if (!r)
        return;
    add_local(m, z, r->from_ms);
    if (r->until_ms)
        add_local(m, z, r->until_ms);
    if (first > r->from_ms)
        first = r->from_ms + (first - r->from_ms) / r->every_ms * r->every_ms;
    else
        first = r->from_ms;
    for (int64_t turn = first; turn <= last; turn += r->every_ms)
        add_local(m, z, turn);
}

static void add_person(struct moments *m, const struct directory *d,
                       struct text id, int hops)
{
    const struct person *p = directory_person(d, id);

    for (size_t i = 0; p && i < p->absence_count; i++) {
        add(m, p->absences[i].from_ms);
        add(m, p->absences[i].until_ms);
        if (hops && p->absences[i].delegate.size)
            add_person(m, d, p->absences[i].delegate, hops - 1);
    }
}

static void add_roster(struct moments *m, const struct directory *d,
                       const struct roster *r, const struct zone *zone)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct contact *c = &r->contacts[i];

        add_contact(m, c, c->zone ? c->zone : zone);
        if (!c->rotation)
            add_person(m, d, c->person, HOPS_MAX);
        for (size_t k = 0; c->rotation && k < c->rotation->count; k++)
            add_person(m, d, c->rotation->of[k], HOPS_MAX);
    }
}

static int order(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void find_moments(struct moments *m, const struct directory *d,
                         struct text station, struct text region, uint8_t role)
{
    const struct station *s = directory_station(d, station, region);

    add_roster(m, d, directory_roster(d, s, region, role), s->zone);
    for (size_t i = 0; i < s->zone->offset_count; i++)
        add(m, s->zone->offsets[i].from_ms);
    for (size_t i = 0; i < d->override_count; i++) {
        const struct duty_override *o = &d->overrides[i];

        if (o->role != role)
            continue;
        add(m, o->from_ms);
        add(m, o->until_ms);
        add_person(m, d, name_text(&o->person), HOPS_MAX);
        add_person(m, d, name_text(&o->instead_of), HOPS_MAX);
    }
    if (m->count)
        qsort(m->list, m->count, sizeof *m->list, order);
}

static bool same(const struct name *a, size_t a_count, const struct name *b,
                 size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (!name_equal(&a[i], &b[i]))
            return false;
    return true;
}

enum status coverage_walk(const struct directory *d, struct text station,
                          struct text region, uint8_t role, int64_t from_ms,
                          int64_t until_ms, coverage_visit *visit,
                          void *context)
{
    struct moments m = {.from_ms = from_ms, .until_ms = until_ms};
    struct name who[2][COVERAGE_PERSONS_MAX];
    int64_t began_ms = from_ms;
    unsigned now = 0;
    size_t count;

    find_moments(&m, d, station, region, role);
    count = directory_on_call(d, station, region, role, from_ms, who[now],
                              COVERAGE_PERSONS_MAX);
    for (size_t i = 0; i < m.count && !m.full; i++) {
        size_t next = directory_on_call(d, station, region, role, m.list[i],
                                        who[!now], COVERAGE_PERSONS_MAX);

        if (same(who[now], count, who[!now], next))
            continue;
        visit(context, began_ms, m.list[i], who[now], count);
        began_ms = m.list[i];
        count = next;
        now = !now;
    }
    if (!m.full && from_ms < until_ms)
        visit(context, began_ms, until_ms, who[now], count);
    free(m.list);
    return m.full ? STATUS_NO_MEMORY : STATUS_OK;
}
