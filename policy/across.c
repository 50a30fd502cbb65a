/* across - a directory looked at over the days to come: hours at which a tier
 * has nobody, shifts that a change of the clocks cuts, leave, holidays, and
 * lines that are closed while the telephone does not say so. */
#include <stdio.h>
#include <strings.h>

#include "base/i18n.h"
#include "base/time_text.h"
#include "policy/coverage.h"
#include "policy/directory_file.h"
#include "policy/hours.h"

enum { DAY_MS = 86400000, MINUTE_MS = 60000, STEP_MS = 15 * MINUTE_MS };

/* "Sunday 2026-01-04 03:00" on the wall clock of the place. */
static void clock_words(const struct zone *z, int64_t at_ms, char out[64])
{
    static const char *const days[] = {
        N_("Monday"), N_("Tuesday"),  N_("Wednesday"), N_("Thursday"),
        N_("Friday"), N_("Saturday"), N_("Sunday")};
    char text[TIME_TEXT_SIZE];
    int64_t local = zone_local_ms(z, at_ms), day = local / DAY_MS;

    time_text_utc(local, text);
    snprintf(out, 64, "%s %.10s %.5s", _(days[(day + 3) % 7]), text, text + 11);
}

static const struct day_exception *exception_of(const struct calendar *c,
                                                int64_t at_ms)
{
    int32_t day = (int32_t)(zone_local_ms(c->zone, at_ms) / DAY_MS);

    for (size_t i = 0; i < c->exception_count; i++)
        if (c->exceptions[i].day == day)
            return &c->exceptions[i];
    return NULL;
}

/* Of any of its lines. */
static bool is_holiday(const struct station *s, int64_t at_ms)
{
    for (size_t i = 0; i < s->line_count; i++)
        if (exception_of(s->lines[i].calendar, at_ms))
            return true;
    return false;
}

/* --- gaps --- */

struct look {
    struct loader *l;
    const struct station *station;
    struct text tier;
    struct place at;
};

static void lines_open(const struct station *s, int64_t at_ms, char *out,
                       size_t room)
{
    size_t used = 0;

    *out = '\0';
    for (size_t i = 0; i < s->line_count && used < room; i++)
        if (calendar_is_open(s->lines[i].calendar, at_ms))
            used += (size_t)snprintf(out + used, room - used, "%s%.*s",
                                     used ? ", " : "",
                                     TEXT_ARG(s->lines[i].product_line.size
                                                  ? s->lines[i].product_line
                                                  : TEXT("default")));
    if (!*out)
        snprintf(out, room, "%s", _("closed"));
}

static void gap(void *context, int64_t from_ms, int64_t until_ms,
                const struct name *who, size_t count)
{
    struct look *look = context;
    char from[64], until[64], lines[160];

    (void)who;
    if (count)
        return;
    clock_words(look->station->zone, from_ms, from);
    clock_words(look->station->zone, until_ms, until);
    lines_open(look->station, from_ms, lines, sizeof lines);
    look->l->topic = is_holiday(look->station, from_ms) ? "holiday" : "roster";
    report_warning(look->l, look->at,
                   is_holiday(look->station, from_ms)
                       ? N_("a holiday without cover: a page would find an "
                            "empty slot")
                       : N_("a page at that hour would find an empty slot"),
                   "yinuo on-call override, or another contact in roster:",
                   "station %.*s (line %s): no %.*s from %s to %s",
                   TEXT_ARG(look->station->id), lines, TEXT_ARG(look->tier),
                   from, until);
}

/* --- a change of the clocks --- */

/* The hour of the wall clock that a change leaves out or brings twice. */
struct clock_change {
    int64_t at_ms, low, high; /* local from low until high */
    bool forward;
};

static struct clock_change change_of(const struct zone *z, size_t index)
{
    int64_t at_ms = z->offsets[index].from_ms;
    int64_t before = at_ms + z->offsets[index - 1].offset_s * INT64_C(1000);
    int64_t after = at_ms + z->offsets[index].offset_s * INT64_C(1000);

    return before < after ? (struct clock_change){at_ms, before, after, true}
                          : (struct clock_change){at_ms, after, before, false};
}

static bool is_edge(const struct clock_change *c, unsigned minute)
{
    int64_t local = c->low - c->low % DAY_MS + (int64_t)minute * MINUTE_MS;

    return local >= c->low && local < c->high;
}

static void shift_edge(struct look *look, const struct zone *z,
                       const struct clock_change *c, unsigned minute)
{
    char when[64];

    clock_words(z, c->at_ms, when);
    look->l->topic = "clock";
    report_warning(
        look->l, look->at, "the shift is longer or shorter by that hour",
        "let it begin and end at another hour",
        c->forward ? N_("station %.*s: the %.*s's shift has an edge at "
                        "%02u:%02u, which %s leaves out")
                   : N_("station %.*s: the %.*s's shift has an edge at "
                        "%02u:%02u, which %s brings twice"),
        TEXT_ARG(look->station->id), TEXT_ARG(look->tier), minute / 60,
        minute % 60, when);
}

/* Hands over in that hour. */
static bool turns(const struct rotation *r, const struct clock_change *c,
                  unsigned *minute)
{
    int64_t turn = r->from_ms;

    if (turn < c->low)
        turn += (c->low - turn + r->every_ms - 1) / r->every_ms * r->every_ms;
    *minute = (unsigned)(turn % DAY_MS / MINUTE_MS);
    return turn < c->high && (!r->until_ms || turn < r->until_ms);
}

static void edges(struct look *look, const struct roster *r, int64_t from_ms,
                  int64_t until_ms)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct contact *c = &r->contacts[i];
        const struct zone *z = c->zone ? c->zone : look->station->zone;
        unsigned minutes[] = {c->from_minute, c->until_minute, 0};
        bool whole = c->from_minute == c->until_minute;

        for (size_t k = 1; k < z->offset_count; k++) {
            struct clock_change change = change_of(z, k);

            if (change.at_ms < from_ms || change.at_ms >= until_ms)
                continue;
            for (int e = 0; !whole && e < 2; e++)
                if (is_edge(&change, minutes[e]))
                    shift_edge(look, z, &change, minutes[e]);
            if (c->rotation && turns(c->rotation, &change, &minutes[2]))
                shift_edge(look, z, &change, minutes[2]);
        }
    }
}

/* A line that opens or closes in that hour. */
static void hours_edge(struct look *look, const struct line *line,
                       const struct clock_change *c)
{
    const struct calendar *calendar = line->calendar;
    const struct day_exception *x = exception_of(calendar, c->at_ms);
    const struct hours *h =
        x ? &x->hours : &calendar->week[(c->low / DAY_MS + 3) % 7];
    const unsigned minutes[] = {h->open_minute, h->close_minute};
    char when[64];

    for (int i = 0; h->open_minute < h->close_minute && i < 2; i++) {
        if (!is_edge(c, minutes[i]))
            continue;
        clock_words(calendar->zone, c->at_ms, when);
        look->l->topic = "clock";
        report_warning(
            look->l, look->at, "it is open longer or shorter by that hour",
            "let it open and close at another hour",
            c->forward ? N_("station %.*s: the line %.*s opens or closes at "
                            "%02u:%02u, which %s leaves out")
                       : N_("station %.*s: the line %.*s opens or closes at "
                            "%02u:%02u, which %s brings twice"),
            TEXT_ARG(look->station->id),
            TEXT_ARG(line->product_line.size ? line->product_line
                                             : TEXT("default")),
            minutes[i] / 60, minutes[i] % 60, when);
    }
}

static void hours_edges(struct look *look, int64_t from_ms, int64_t until_ms)
{
    const struct station *s = look->station;

    for (size_t i = 0; i < s->line_count; i++) {
        const struct zone *z = s->lines[i].calendar->zone;

        for (size_t k = 1; k < z->offset_count; k++) {
            struct clock_change change = change_of(z, k);

            if (change.at_ms >= from_ms && change.at_ms < until_ms)
                hours_edge(look, &s->lines[i], &change);
        }
    }
}

/* --- the telephone's words --- */

static bool names(struct text words, struct text line)
{
    for (uint32_t i = 0; line.size && i + line.size <= words.size; i++)
        if (strncasecmp(words.data + i, line.data, line.size) == 0)
            return true;
    return false;
}

/* Of lines with the same hours one name is enough. */
static bool is_named(const struct station_draft *s, size_t line)
{
    for (size_t i = 1; i < s->station.line_count; i++)
        if (s->station.lines[i].calendar == s->station.lines[line].calendar &&
            names(s->ivr_text, s->station.lines[i].product_line))
            return true;
    return false;
}

static bool seen_before(const struct station *s, size_t line)
{
    for (size_t i = 0; i < line; i++)
        if (s->lines[i].calendar == s->lines[line].calendar)
            return true;
    return false;
}

static bool station_is_open(const struct station *s, int64_t at_ms)
{
    for (size_t i = 0; i < s->line_count; i++)
        if (calendar_is_open(s->lines[i].calendar, at_ms))
            return true;
    return false;
}

static void ivr(struct loader *l, const struct station_draft *d,
                int64_t from_ms, int64_t until_ms)
{
    const struct station *s = &d->station;
    char when[64];

    for (size_t i = 1; i < s->line_count; i++) {
        int64_t at_ms = from_ms;

        if (seen_before(s, i) || is_named(d, i))
            continue;
        while (at_ms < until_ms &&
               (calendar_is_open(s->lines[i].calendar, at_ms) ||
                !station_is_open(s, at_ms)))
            at_ms += STEP_MS;
        if (at_ms >= until_ms)
            continue;
        clock_words(s->zone, at_ms, when);
        l->topic = "ivr";
        report_warning(l, d->place, "the customer would come in vain",
                       "name the line in ivr_text:",
                       "station %.*s: the line %.*s is closed on %s while "
                       "the station is open, and its telephone text does "
                       "not name it",
                       TEXT_ARG(s->id), TEXT_ARG(s->lines[i].product_line),
                       when);
    }
}

/* --- leave --- */

static void leave(struct loader *l, int64_t from_ms, int64_t until_ms)
{
    const struct directory_draft *d = l->directory;

    for (size_t i = 0; i < d->person_count; i++) {
        const struct person_draft *p = &d->persons[i];
        l->source = (struct pack_file *)(uintptr_t)&p->draft->directory;
        l->topic = "leave";
        for (size_t k = 0; k < p->person.absence_count; k++) {
            const struct absence *a = &p->person.absences[k];

            if (!a->delegate.size && a->from_ms < until_ms &&
                a->until_ms > from_ms)
                report_warning(
                    l, p->place,
                    "calls and pages go to the next contact, if there is "
                    "one",
                    "delegate: PERSON",
                    "%.*s is on leave in these days, without a delegate",
                    TEXT_ARG(p->person.id));
        }
    }
}

void across_lint(struct loader *l)
{
    const struct directory_draft *d = l->directory;
    int64_t from_ms = l->findings->from_ms;
    int64_t until_ms = from_ms + (int64_t)l->findings->days * DAY_MS;

    if (!l->findings->days)
        return;
    for (size_t i = 0; i < d->station_count; i++) {
        const struct station_draft *s = &d->stations[i];
        const struct policy *p = s->draft->policy;

        l->source = (struct pack_file *)(uintptr_t)&s->draft->directory;
        for (uint8_t tier = 2; tier <= p->tier_count; tier++) {
            struct look look = {l, &s->station, p->roles[tier].name, s->place};
            const struct roster *r =
                directory_roster(d->out, &s->station, s->station.region, tier);

            if (r->count &&
                coverage_walk(d->out, s->station.id, s->station.region, tier,
                              from_ms, until_ms, gap, &look))
                return;
            edges(&look, r, from_ms, until_ms);
        }
        hours_edges(&(struct look){l, &s->station, TEXT(""), s->place}, from_ms,
                    until_ms);
        ivr(l, s, from_ms, until_ms);
    }
    leave(l, from_ms, until_ms);
    l->topic = "";
}
