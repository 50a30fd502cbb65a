/* Rosters and opening hours against models that walk minute by minute and know
 * the clocks from the C library alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "policy/coverage.h"
#include "policy/tzif.h"

#define MINUTE INT64_C(60000)
#define DAY INT64_C(86400000)

static uint64_t dice = 88172645463325252ull;

static int64_t roll(int64_t below)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (int64_t)(dice % (uint64_t)below);
}

/* The wall clock as the C library has it, as if it were UTC. */
static int64_t wall_ms(int64_t at_ms)
{
    time_t at = (time_t)(at_ms / 1000);
    struct tm tm;

    localtime_r(&at, &tm);
    return at_ms + tm.tm_gmtoff * 1000;
}

static const char *const zones[] = {"Europe/Berlin", "America/New_York",
                                    "Asia/Shanghai", "Australia/Lord_Howe"};
static const char *const ids[] = {"a", "b", "c", "d"};

/* Around a change of the clocks of that zone, or anywhere. */
static int64_t any_begin(const struct zone *z)
{
    int64_t begin = INT64_C(1767225600000) + roll(300) * DAY;

    for (size_t i = 1; i < z->offset_count && roll(2); i++)
        if (z->offsets[i].from_ms > begin)
            return z->offsets[i].from_ms - (1 + roll(30)) * 3600000;
    return begin + roll(1440) * MINUTE;
}

static void load(struct zone *z)
{
    static struct zone_offset rows[1024];

    *z = (struct zone){.name = text_of(zones[roll(4)]), .offsets = rows};
    z->offset_count = tzif_offsets(z->name.data, INT64_C(2000000000), rows,
                                   sizeof rows / sizeof *rows);
    assert_true(z->offset_count > 0);
    setenv("TZ", z->name.data, 1);
    tzset();
}

/* --- opening hours --- */

static struct hours any_hours(void)
{
    struct hours h = {.open_minute = 0};
    uint16_t edges[8];
    size_t count = (size_t)(1 + roll(4)) * 2;
    uint16_t at = (uint16_t)roll(200);

    if (!roll(5))
        return h;
    if (!roll(6)) {
        h.close_minute = 1440;
        return h;
    }
    for (size_t i = 0; i < count; i++) {
        edges[i] = at;
        at = (uint16_t)(at + 20 + roll(150));
    }
    h.open_minute = edges[0];
    h.close_minute = edges[count - 1] > 1440 ? 1440 : edges[count - 1];
    for (size_t i = 1; i + 1 < count; i += 2)
        h.breaks[i / 2] = (struct hours_break){edges[i], edges[i + 1]};
    return h;
}

static bool says_open(const struct hours *h, int64_t minute)
{
    if (minute < h->open_minute || minute >= h->close_minute)
        return false;
    for (int i = 0; i < HOURS_BREAKS_MAX; i++)
        if (minute >= h->breaks[i].from_minute &&
            minute < h->breaks[i].until_minute)
            return false;
    return true;
}

/* By the wall clock of each minute; days on which the clocks change are left
 * to tests of their own, which say what is meant there. */
static bool is_plain_day(const struct zone *z, int64_t at_ms)
{
    for (size_t i = 1; i < z->offset_count; i++)
        if (llabs(z->offsets[i].from_ms - at_ms) < 2 * DAY)
            return false;
    return true;
}

static void hours_are_those_of_the_wall_clock(void **state)
{
    (void)state;
    for (int round = 0; round < 60; round++) {
        struct zone z;
        struct calendar c = {.zone = &z};
        struct day_exception days[3];
        int64_t begin, open_ms = 0, stop;

        load(&z);
        begin = any_begin(&z);
        begin -= begin % MINUTE;
        for (int i = 0; i < 7; i++)
            c.week[i] = any_hours();
        for (int32_t i = 0; i < 3; i++)
            days[i] = (struct day_exception){(int32_t)(begin / DAY) + i * 2,
                                             any_hours()};
        c.exceptions = days;
        c.exception_count = 3;
        stop = begin + 6 * DAY;
        for (int64_t at = begin; at < stop; at += MINUTE) {
            int64_t local = wall_ms(at), day = local / DAY;
            const struct hours *h = &c.week[(day + 3) % 7];

            for (int i = 0; i < 3; i++)
                if (days[i].day == day)
                    h = &days[i].hours;
            assert_int_equal(zone_local_ms(&z, at), local);
            if (is_plain_day(&z, at))
                assert_int_equal(calendar_is_open(&c, at),
                                 says_open(h, local % DAY / MINUTE));
            open_ms += calendar_is_open(&c, at) ? MINUTE : 0;
        }
        assert_int_equal(calendar_between(&c, begin, stop), open_ms);
        if (open_ms)
            assert_true(calendar_add(&c, begin, open_ms) <= stop);
    }
    unsetenv("TZ");
}

/* --- rosters --- */

struct plan {
    struct directory d;
    struct person persons[4];
    struct absence absences[4];
    struct contact contacts[4];
    struct rotation rotations[4];
    struct text turns[4];
    struct duty_override overrides[4];
    struct station station;
    struct zone zone;
    int64_t begin;
};

static struct text any_id(void)
{
    return text_of(ids[roll(4)]);
}

static int64_t near(const struct plan *p)
{
    return p->begin + (roll(6 * 1440) - 1440) * MINUTE;
}

static void any_contact(struct plan *p, int i)
{
    struct contact *c = &p->contacts[i];

    *c = (struct contact){.person = any_id(), .days = (uint8_t)roll(128)};
    if (roll(3)) {
        c->from_minute = (uint16_t)roll(1440);
        c->until_minute = (uint16_t)roll(1440);
    }
    if (roll(2))
        return;
    p->rotations[i] = (struct rotation){.of = p->turns,
                                        .count = (size_t)(1 + roll(4)),
                                        .every_ms = (1 + roll(72)) * 3600000,
                                        .from_ms = near(p) - roll(20) * DAY,
                                        .until_ms = roll(3) ? 0 : near(p)};
    if (p->rotations[i].until_ms <= p->rotations[i].from_ms)
        p->rotations[i].until_ms = 0;
    c->rotation = &p->rotations[i];
}

static void any_plan(struct plan *p)
{
    for (int i = 0; i < 4; i++) {
        p->turns[i] = any_id();
        p->absences[i] = (struct absence){near(p), near(p) + roll(2 * DAY),
                                          roll(2) ? any_id() : TEXT("")};
        p->persons[i] = (struct person){.id = text_of(ids[i]),
                                        .absences = &p->absences[i],
                                        .absence_count = (size_t)roll(2)};
        p->overrides[i] = (struct duty_override){
            .role = 2, .from_ms = near(p), .swap = roll(2)};
        p->overrides[i].until_ms = p->overrides[i].from_ms + roll(2 * DAY);
        name_set(&p->overrides[i].station, TEXT("S"));
        name_set(&p->overrides[i].person, any_id());
        if (roll(2))
            name_set(&p->overrides[i].instead_of, any_id());
    }
    for (int i = 0; i < 4; i++)
        any_contact(p, i);
    p->station = (struct station){.id = TEXT("S"), .zone = &p->zone};
    p->station.roles[2] = (struct roster){p->contacts, (size_t)(1 + roll(4))};
    p->d = (struct directory){.persons = p->persons,
                              .person_count = 4,
                              .stations = &p->station,
                              .station_count = 1,
                              .overrides = p->overrides,
                              .override_count = (size_t)roll(5)};
}

/* Written again, as the document says it. */
static int naive_contact(const struct plan *p, const struct contact *c,
                         int64_t at)
{
    int64_t local = wall_ms(at), day = local / DAY;
    int64_t minute = local % DAY / MINUTE;
    bool round = c->from_minute == c->until_minute;
    bool night = c->from_minute > c->until_minute;
    struct text who = c->person;

    if (!round && !night &&
        (minute < c->from_minute || minute >= c->until_minute))
        return -1;
    if (night && minute >= c->until_minute && minute < c->from_minute)
        return -1;
    if (night && minute < c->until_minute)
        day--; /* the shift of the day before */
    if (c->days && !(c->days >> (day + 3) % 7 & 1))
        return -1;
    if (c->rotation) {
        const struct rotation *r = c->rotation;
        int64_t hand = r->from_ms;
        size_t turn = 0;

        if (local < r->from_ms || (r->until_ms && local >= r->until_ms))
            return -1;
        while (hand + r->every_ms <= local) {
            hand += r->every_ms;
            turn = (turn + 1) % r->count;
        }
        who = p->turns[turn];
    }
    return who.data[0] - 'a';
}

static int naive_stand_in(const struct plan *p, int who, int64_t at)
{
    for (int hops = 0; hops < 4; hops++) {
        const struct person *x = &p->persons[who];

        if (!x->absence_count || at < x->absences[0].from_ms ||
            at >= x->absences[0].until_ms)
            return who;
        if (!x->absences[0].delegate.size)
            return -1;
        who = x->absences[0].delegate.data[0] - 'a';
    }
    return -1;
}

static int naive_replace(const struct plan *p, int who, int64_t at)
{
    int64_t latest = INT64_MIN;
    int other = who;

    for (size_t i = 0; i < p->d.override_count; i++) {
        const struct duty_override *o = &p->overrides[i];
        int to = o->person.data[0] - 'a', of = o->instead_of.data[0] - 'a';

        if (!o->instead_of.size || at < o->from_ms || at >= o->until_ms ||
            o->from_ms < latest)
            continue;
        if (of == who || (o->swap && to == who)) {
            other = of == who ? to : of;
            latest = o->from_ms;
        }
    }
    return other;
}

static size_t naive(const struct plan *p, int64_t at, int out[8])
{
    size_t count = 0;
    int who[8], n = 0;

    for (size_t i = 0; i < p->d.override_count; i++)
        if (!p->overrides[i].instead_of.size && at >= p->overrides[i].from_ms &&
            at < p->overrides[i].until_ms)
            who[n++] = p->overrides[i].person.data[0] - 'a';
    for (size_t i = 0; i < p->station.roles[2].count; i++) {
        int x = naive_contact(p, &p->contacts[i], at);

        if (x >= 0)
            who[n++] = naive_replace(p, x, at);
    }
    for (int i = 0; i < n; i++) {
        int x = naive_stand_in(p, who[i], at);
        bool there = x < 0;

        for (size_t k = 0; k < count; k++)
            there = there || out[k] == x;
        if (!there)
            out[count++] = x;
    }
    return count;
}

struct walked {
    const struct plan *plan;
    int64_t at;
};

static void visit(void *context, int64_t from_ms, int64_t until_ms,
                  const struct name *who, size_t count)
{
    struct walked *w = context;
    int expected[8];

    assert_int_equal(from_ms, w->at);
    for (; w->at < until_ms; w->at += MINUTE) {
        assert_int_equal(naive(w->plan, w->at, expected), count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(who[i].data[0] - 'a', expected[i]);
    }
    w->at = until_ms;
}

static void rosters_are_those_of_every_minute(void **state)
{
    static struct plan p;

    (void)state;
    for (int round = 0; round < 150; round++) {
        struct walked w = {&p, 0};

        load(&p.zone);
        p.begin = any_begin(&p.zone);
        p.begin -= p.begin % MINUTE;
        any_plan(&p);
        for (int i = 0; i < 4; i++) /* whole minutes, as people write them */
            p.absences[i].until_ms -= p.absences[i].until_ms % MINUTE,
                p.overrides[i].until_ms -= p.overrides[i].until_ms % MINUTE;
        w.at = p.begin;
        assert_int_equal(coverage_walk(&p.d, TEXT("S"), TEXT(""), 2, p.begin,
                                       p.begin + 4 * DAY, visit, &w),
                         STATUS_OK);
        assert_int_equal(w.at, p.begin + 4 * DAY);
    }
    unsetenv("TZ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_are_those_of_the_wall_clock),
        cmocka_unit_test(rosters_are_those_of_every_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
