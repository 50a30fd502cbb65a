/* attributes - what is known of the persons and places that an event and its
 * case name, and the local time there. */
#include "engine/run.h"

enum { DAY_MS = 86400000 };

static const struct value none = {.kind = VALUE_NONE};

struct value attributes_find(const struct attributes *a, struct text name)
{
    for (size_t i = 0; i < a->count; i++)
        if (text_equal(a->list[i].name, name))
            return a->list[i].value;
    return none;
}

/* Whom an event names: the first of these that it has. */
static struct text named_person(const struct event *ev)
{
    static const char *const names[] = {"person", "by", "engineer"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text id = event_text(ev, text_of(names[i]));
        if (id.size)
            return id;
    }
    return (struct text){NULL, 0};
}

static struct text own_or_case(struct text own, const struct name *of_case)
{
    return own.size ? own : name_text(of_case);
}

struct text subject_id(const struct scope *s, enum expr_subject subject)
{
    switch (subject) {
    case SUBJECT_OWNER:
        return name_text(&s->run->c->owner);
    case SUBJECT_REPORTER:
        return s->event->reporter;
    case SUBJECT_PERSON:
        return named_person(s->event);
    case SUBJECT_STATION:
        return name_text(&s->run->c->station);
    case SUBJECT_REGION:
        return name_text(&s->run->c->region);
    case SUBJECT_ASSET:
        return own_or_case(s->run->in->asset, &s->run->c->asset);
    case SUBJECT_CUSTOMER:
        return own_or_case(s->run->in->customer, &s->run->c->customer);
    case SUBJECT_PRODUCT_LINE:
        return name_text(&s->run->c->product_line);
    case SUBJECT_COUNT:
        break;
    }
    return (struct text){NULL, 0};
}

static const struct attributes *
written(const struct run *r, enum expr_subject subject, struct text id)
{
    const struct person *person;
    const struct region *region;

    switch (subject) {
    case SUBJECT_OWNER:
    case SUBJECT_REPORTER:
    case SUBJECT_PERSON:
        person = directory_person(r->directory, id);
        return person ? &person->attributes : NULL;
    case SUBJECT_STATION:
        return r->station ? &r->station->attributes : NULL;
    case SUBJECT_REGION:
        region = directory_region(r->directory, id);
        return region ? &region->attributes : NULL;
    case SUBJECT_ASSET:
    case SUBJECT_CUSTOMER:
    case SUBJECT_PRODUCT_LINE:
    case SUBJECT_COUNT:
        break;
    }
    return NULL;
}

/* What is known of a subject: what was remembered, else what the directory says
 * of it. */
struct value scope_subject(const struct scope *s, enum expr_subject subject,
                           struct text name)
{
    struct text id = subject_id(s, subject);
    struct value v = id.size ? subject_known(s, subject, id, name) : none;
    const struct attributes *a =
        id.size && v.kind == VALUE_NONE ? written(s->run, subject, id) : NULL;

    if (v.kind != VALUE_NONE)
        return v;
    return a ? attributes_find(a, name) : none;
}

/* --- local time ----------------------------------------------------------- */

static int64_t day_of(int64_t local_ms)
{
    return (local_ms >= 0 ? local_ms : local_ms - (DAY_MS - 1)) / DAY_MS;
}

int32_t local_day(const struct run *r, int64_t at_ms)
{
    return (int32_t)day_of(r->station ? zone_local_ms(r->station->zone, at_ms)
                                      : at_ms);
}

uint8_t local_hour(const struct run *r, int64_t at_ms)
{
    int64_t local = r->station ? zone_local_ms(r->station->zone, at_ms) : at_ms;

    return (uint8_t)((local - day_of(local) * DAY_MS) / (60 * 60 * 1000));
}

/* 1970-01-01 was a Thursday. */
uint8_t local_weekday(const struct run *r, int64_t at_ms)
{
    return (uint8_t)(((local_day(r, at_ms) + 3) % 7 + 7) % 7 + 1);
}

/* Years begin in March: the leap day is a year's last. */
static int64_t days_before(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

static void civil(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t d = z - era * 146097;
    int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
    int64_t of_year = d - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;

    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = y + era * 400 + (*month <= 2);
}

enum { MONTHS_MAX = 12 * 1000 };

/* The same local time that many months later; the last of a shorter month. */
struct value scope_months(const struct scope *s, int64_t at_ms, int64_t months)
{
    const struct zone *zone = s->run->station ? s->run->station->zone : NULL;
    int64_t local = zone ? zone_local_ms(zone, at_ms) : at_ms;
    int64_t year, month, day, last, index;

    if (months > MONTHS_MAX || months < -MONTHS_MAX || at_ms > INT64_MAX / 4 ||
        at_ms < INT64_MIN / 4)
        return none;
    civil(day_of(local), &year, &month, &day);
    index = year * 12 + month - 1 + months;
    year = (index >= 0 ? index : index - 11) / 12;
    month = index - year * 12 + 1;
    last = days_before(month == 12 ? year + 1 : year,
                       month == 12 ? 1 : month + 1, 1) -
           days_before(year, month, 1);
    if (day > last)
        day = last;
    local += (days_before(year, month, day) - day_of(local)) * DAY_MS;
    return (struct value){.kind = VALUE_TIME,
                          .time_ms = zone ? zone_utc_ms(zone, local) : local};
}
