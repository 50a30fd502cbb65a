#include "base/time_text.h"

#include <assert.h>
#include <libical/ical.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAY_SECONDS = 24 * 60 * 60 };
static const int64_t LAST_SECOND = 253402300799; /* 9999-12-31T23:59:59Z */

/* libical loads and unrolls zones when they are first asked for. */
static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_utc(const char *zone)
{
    return strcmp(zone, "UTC") == 0 || strcmp(zone, "Z") == 0;
}

/* The library looks through all zones there are; mostly the same one is wanted
 * again. Under the lock, as all of this. */
static icaltimezone *zone_of(const char *name)
{
    static char last_name[64];
    static icaltimezone *last;
    icaltimezone *zone;

    if (last && strcmp(name, last_name) == 0)
        return last;
    zone = icaltimezone_get_builtin_timezone(name);
    /* A zone without its data exists, but has no component behind it. */
    if (!zone || !icaltimezone_get_component(zone))
        return NULL;
    if (strlen(name) < sizeof last_name) {
        strcpy(last_name, name);
        last = zone;
    }
    return zone;
}

static enum status no_zone(const char *zone, struct error *err)
{
    return error_set(err, STATUS_NOT_FOUND,
                     "time zone \"%s\" is not in the tz database", zone);
}

enum status time_text_zone(const char *zone, struct error *err)
{
    bool found;

    if (!zone)
        return error_set(err, STATUS_INVALID, "no time zone is given");
    if (is_utc(zone))
        return STATUS_OK;
    pthread_mutex_lock(&zones_lock);
    found = zone_of(zone) != NULL;
    pthread_mutex_unlock(&zones_lock);
    return found ? STATUS_OK : no_zone(zone, err);
}

/* Seconds east of UTC at some moments; all or NOT_FOUND. */
static enum status offsets_at(const char *name, size_t n, const int64_t *at_s,
                              int *offset, struct error *err)
{
    icaltimezone *zone;

    if (!name)
        return error_set(err, STATUS_INVALID, "no time zone is given");
    if (is_utc(name)) {
        memset(offset, 0, n * sizeof *offset);
        return STATUS_OK;
    }
    pthread_mutex_lock(&zones_lock);
    zone = zone_of(name);
    for (size_t i = 0; zone && i < n; i++) {
        struct icaltimetype t = icaltime_from_timet_with_zone(
            (time_t)at_s[i], 0, icaltimezone_get_utc_timezone());

        offset[i] = icaltimezone_get_utc_offset_of_utc_time(zone, &t, NULL);
    }
    pthread_mutex_unlock(&zones_lock);
    return zone ? STATUS_OK : no_zone(name, err);
}

/* The moment at which the clocks of a zone show local_s, a local time read as
 * if it were UTC. The offsets of the day before and the day after are the two
 * it can have. */
static enum status from_local(int64_t local_s, const char *zone, int64_t *at_s,
                              struct error *err)
{
    int64_t around[2] = {local_s - DAY_SECONDS, local_s + DAY_SECONDS};
    int64_t candidate[2];
    int offset[2], real[2];
    enum status st = offsets_at(zone, 2, around, offset, err);

    if (st)
        return st;
    candidate[0] = local_s - offset[0];
    candidate[1] = local_s - offset[1];
    st = offsets_at(zone, 2, candidate, real, err);
    if (st)
        return st;
    if (real[0] == offset[0] && real[1] == offset[1])
        *at_s = candidate[0] < candidate[1] ? candidate[0] : candidate[1];
    else if (real[1] == offset[1])
        *at_s = candidate[1];
    else
        *at_s = candidate[0]; /* also where the local time is skipped */
    return STATUS_OK;
}

struct cursor {
    const char *at;
    bool bad;
};

static bool accept(struct cursor *c, char wanted)
{
    if (c->bad || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static void expect(struct cursor *c, char wanted)
{
    if (!accept(c, wanted))
        c->bad = true;
}

static int digits(struct cursor *c, int n)
{
    int value = 0;

    for (int i = 0; i < n; i++) {
        if (c->bad || *c->at < '0' || *c->at > '9') {
            c->bad = true;
            return 0;
        }
        value = value * 10 + (*c->at++ - '0');
    }
    return value;
}

/* ".25" is 250; digits behind the third are passed over. */
static int fraction(struct cursor *c)
{
    int value = 0, scale = 100;

    do {
        value += digits(c, 1) * scale;
        scale /= 10;
    } while (!c->bad && *c->at >= '0' && *c->at <= '9');
    return value;
}

/* The parts as if they were UTC; false when there is no such day or time. */
static bool to_seconds(const struct time_parts *p, int64_t *at_s)
{
    struct tm tm = {.tm_year = p->year - 1900,
                    .tm_mon = p->month - 1,
                    .tm_mday = p->day,
                    .tm_hour = p->hour,
                    .tm_min = p->minute,
                    .tm_sec = p->second == 60 ? 59 : p->second};
    time_t t;

    if (p->year < 1970 || p->year > 9999 || p->month < 1 || p->month > 12 ||
        p->day < 1 || p->hour < 0 || p->hour > 23 || p->minute < 0 ||
        p->minute > 59 || p->second < 0 || p->second > 60 ||
        p->millisecond < 0 || p->millisecond > 999)
        return false;
    t = timegm(&tm);
    if (tm.tm_mday != p->day || tm.tm_mon != p->month - 1)
        return false;
    *at_s = (int64_t)t + (p->second == 60); /* a leap second is the next one */
    return true;
}

static enum status refuse(const char *text, struct error *err)
{
    return error_set(err, STATUS_INVALID,
                     "\"%.60s\" is not a date or time like "
                     "2026-11-21T09:30:00+08:00 or 2026-11-21 09:30",
                     text);
}

/* "Z", "+08:00", "+0800"; true when there was one. */
static bool read_offset(struct cursor *c, int *offset_s)
{
    int sign, hours, minutes;

    if (accept(c, 'Z') || accept(c, 'z')) {
        *offset_s = 0;
        return true;
    }
    if (*c->at != '+' && *c->at != '-')
        return false;
    sign = *c->at++ == '-' ? -1 : 1;
    hours = digits(c, 2);
    (void)accept(c, ':');
    minutes = digits(c, 2);
    if (hours > 23 || minutes > 59)
        c->bad = true;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

enum status time_text_parse(const char *text, const char *zone, int64_t *at_ms,
                            struct error *err)
{
    struct cursor c = {.at = text};
    struct time_parts p = {0};
    int64_t local_s, at_s;
    int offset_s = 0;
    bool has_offset = false;

    p.year = digits(&c, 4);
    expect(&c, '-');
    p.month = digits(&c, 2);
    expect(&c, '-');
    p.day = digits(&c, 2);
    if (!c.bad && *c.at != '\0') {
        if (!accept(&c, 'T') && !accept(&c, 't'))
            expect(&c, ' ');
        p.hour = digits(&c, 2);
        expect(&c, ':');
        p.minute = digits(&c, 2);
        if (accept(&c, ':')) {
            p.second = digits(&c, 2);
            if (accept(&c, '.'))
                p.millisecond = fraction(&c);
        }
        has_offset = !c.bad && read_offset(&c, &offset_s);
    }
    if (c.bad || *c.at != '\0' || !to_seconds(&p, &local_s))
        return refuse(text, err);
    if (has_offset) {
        at_s = local_s - offset_s;
    } else if (!zone) {
        return error_set(err, STATUS_INVALID,
                         "\"%.60s\" has no offset from UTC", text);
    } else {
        enum status st = from_local(local_s, zone, &at_s, err);

        if (st)
            return st;
    }
    if (at_s < 0 || at_s > LAST_SECOND)
        return refuse(text, err);
    *at_ms = at_s * 1000 + p.millisecond;
    return STATUS_OK;
}

static void split(int64_t at_ms, int offset_s, struct time_parts *p)
{
    time_t local = (time_t)(at_ms / 1000 + offset_s);
    struct tm tm;

    gmtime_r(&local, &tm);
    *p = (struct time_parts){.year = tm.tm_year + 1900,
                             .month = tm.tm_mon + 1,
                             .day = tm.tm_mday,
                             .hour = tm.tm_hour,
                             .minute = tm.tm_min,
                             .second = tm.tm_sec,
                             .millisecond = (int)(at_ms % 1000),
                             .weekday = tm.tm_wday == 0 ? 7 : tm.tm_wday,
                             .offset_seconds = offset_s};
}

enum status time_text_split(int64_t at_ms, const char *zone,
                            struct time_parts *parts, struct error *err)
{
    int64_t at_s = at_ms / 1000;
    int offset_s;
    enum status st;

    if (at_ms < 0 || at_s > LAST_SECOND)
        return error_set(err, STATUS_INVALID,
                         "a moment outside the years 1970 to 9999");
    st = offsets_at(zone, 1, &at_s, &offset_s, err);
    if (st)
        return st;
    split(at_ms, offset_s, parts);
    return STATUS_OK;
}

enum status time_text_join(const struct time_parts *parts, const char *zone,
                           int64_t *at_ms, struct error *err)
{
    int64_t local_s, at_s;
    enum status st;

    if (!to_seconds(parts, &local_s))
        return error_set(err, STATUS_INVALID,
                         "there is no %04d-%02d-%02d %02d:%02d:%02d",
                         parts->year, parts->month, parts->day, parts->hour,
                         parts->minute, parts->second);
    st = from_local(local_s, zone, &at_s, err);
    if (st)
        return st;
    *at_ms = at_s * 1000 + parts->millisecond;
    return STATUS_OK;
}

static void print(const struct time_parts *p, bool utc, char *out)
{
    char text[96];
    int n = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d",
                     p->year, p->month, p->day, p->hour, p->minute, p->second);
    int minutes =
        (p->offset_seconds < 0 ? -p->offset_seconds : p->offset_seconds) / 60;

    if (p->millisecond)
        n += snprintf(text + n, sizeof text - (size_t)n, ".%03d",
                      p->millisecond);
    if (utc)
        n += snprintf(text + n, sizeof text - (size_t)n, "Z");
    else
        n += snprintf(text + n, sizeof text - (size_t)n, "%c%02d:%02d",
                      p->offset_seconds < 0 ? '-' : '+', minutes / 60,
                      minutes % 60);
    assert(n < TIME_TEXT_SIZE);
    memcpy(out, text, (size_t)n + 1);
}

enum status time_text_format(int64_t at_ms, const char *zone,
                             char out[TIME_TEXT_SIZE], struct error *err)
{
    struct time_parts p;
    enum status st = time_text_split(at_ms, zone, &p, err);

    out[0] = '\0';
    if (!st)
        print(&p, is_utc(zone), out);
    return st;
}

void time_text_utc(int64_t at_ms, char out[TIME_TEXT_SIZE])
{
    struct time_parts p;
    int64_t last_ms = LAST_SECOND * 1000 + 999;

    if (at_ms < 0)
        at_ms = 0;
    split(at_ms > last_ms ? last_ms : at_ms, 0, &p);
    print(&p, true, out);
}
