#include "policy/holidays.h"

#include <libical/ical.h>
#include <stdlib.h>

#include "policy/blob.h"
#include "policy/hours.h"

enum { DAY_S = 86400, REPEATS_MAX = 2000 };

static int32_t day_of_time(struct icaltimetype t)
{
    t.is_date = 1;
    t.hour = t.minute = t.second = 0;
    t.zone = NULL;
    return (int32_t)(icaltime_as_timet(t) / DAY_S);
}

/* From its first to its last day; the end of a date is the day behind it. */
static void close_days(struct loader *l, struct holidays *h, struct place at,
                       int32_t first, int32_t days)
{
    for (int32_t i = 0; i < days; i++)
        holiday_add(l, h, at, (struct day_exception){first + i, HOURS_CLOSED});
}

static int32_t length_of(icalcomponent *event)
{
    struct icaltimetype start = icalcomponent_get_dtstart(event);
    struct icaltimetype end = icalcomponent_get_dtend(event);
    int32_t days;

    if (icaltime_is_null_time(end))
        return 1;
    days = day_of_time(end) - day_of_time(start);
    if (!end.is_date && (end.hour || end.minute))
        days++;
    return days > 0 && days < 400 ? days : 1;
}

static bool is_plain_hours(struct icaltimetype start, struct icaltimetype end)
{
    return !start.is_date && !icaltime_is_null_time(end) && !end.is_date &&
           (day_of_time(start) == day_of_time(end) ||
            (day_of_time(start) + 1 == day_of_time(end) && !end.hour &&
             !end.minute));
}

static uint16_t minute_of(struct icaltimetype t)
{
    return (uint16_t)(t.hour * 60 + t.minute);
}

/* What another event of the same file has opened is opened longer. */
static void open_day(struct loader *l, struct holidays *h, struct place at,
                     int32_t day, uint16_t from, uint16_t until)
{
    struct hours hours = HOURS_OPEN(from, until);

    for (size_t i = h->file_begin; i < h->count; i++)
        if (h->list[i].day == day &&
            h->list[i].hours.open_minute < h->list[i].hours.close_minute) {
            if (!hours_add(&h->list[i].hours, from, until))
                report_error(l, at, UNSAID, UNSAID,
                             "two events of one day overlap, or a day is split "
                             "too often");
            return;
        }
    holiday_add(l, h, at, (struct day_exception){day, hours});
}

/* FREQ=WEEKLY without COUNT and UNTIL: the days of the week. */
static bool set_week(struct loader *l, struct holidays *h, struct place at,
                     struct icaltimetype start, struct icalrecurrencetype rule,
                     uint16_t from, uint16_t until)
{
    uint8_t days = 0;

    if (rule.freq != ICAL_WEEKLY_RECURRENCE || rule.interval > 1 ||
        rule.count || !icaltime_is_null_time(rule.until))
        return false;
    for (int i = 0;
         i < ICAL_BY_DAY_SIZE && rule.by_day[i] != ICAL_RECURRENCE_ARRAY_MAX;
         i++)
        days |= (uint8_t)(1u << ((int)icalrecurrencetype_day_day_of_week(
                                     rule.by_day[i]) +
                                 5) %
                                    7);
    if (!days)
        days = (uint8_t)(1u << (icaltime_day_of_week(start) + 5) % 7);
    for (int day = 0; day < 7; day++)
        if (days & 1u << day && !hours_add(&h->week[day], from, until))
            report_error(l, at, UNSAID, "leave out open:",
                         "the hours of the week overlap those given already");
    h->has_week = true;
    return true;
}

static bool counts(icalcomponent *event)
{
    icalproperty *busy =
        icalcomponent_get_first_property(event, ICAL_TRANSP_PROPERTY);

    return !icaltime_is_null_time(icalcomponent_get_dtstart(event)) &&
           icalcomponent_get_status(event) != ICAL_STATUS_CANCELLED &&
           !(busy && icalproperty_get_transp(busy) == ICAL_TRANSP_TRANSPARENT);
}

static void read_event(struct loader *l, struct holidays *h, struct place at,
                       icalcomponent *event)
{
    struct icaltimetype start = icalcomponent_get_dtstart(event), next;
    struct icaltimetype end = icalcomponent_get_dtend(event);
    icalproperty *repeat =
        icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY);
    bool opens = is_plain_hours(start, end);
    uint16_t from = minute_of(start), until = minute_of(end);
    icalrecur_iterator *days;

    if (!counts(event))
        return;
    if (opens && (icaltime_is_utc(start) || icaltime_is_utc(end))) {
        report_error(l, at, UNSAID, "DTSTART:20160206T090000, without Z",
                     "hours in an .ics file are those of the place, not UTC");
        return;
    }
    if (opens && !until)
        until = 1440;
    if (!repeat && opens)
        open_day(l, h, at, day_of_time(start), from, until);
    else if (!repeat)
        close_days(l, h, at, day_of_time(start), length_of(event));
    if (!repeat ||
        (opens && set_week(l, h, at, start, icalproperty_get_rrule(repeat),
                           from, until)))
        return;
    days = icalrecur_iterator_new(icalproperty_get_rrule(repeat), start);
    for (int i = 0; days && i < REPEATS_MAX; i++) {
        next = icalrecur_iterator_next(days);
        if (icaltime_is_null_time(next) || next.year >= 2100)
            break;
        if (icalproperty_recurrence_is_excluded(event, &start, &next))
            continue;
        if (opens)
            open_day(l, h, at, day_of_time(next), from, until);
        else
            close_days(l, h, at, day_of_time(next), length_of(event));
    }
    if (days)
        icalrecur_iterator_free(days);
}

void holidays_read_ics(struct loader *l, struct holidays *h, struct text file,
                       struct place at)
{
    const struct blob_file *f =
        blob_find(l->blob, text_of(l->draft->name), file);
    icalcomponent *root, *event;
    char *text;

    if (!f) {
        report_error(l, at, UNSAID, "it must lie in the pack's directory",
                     "there is no file \"%.*s\"", TEXT_ARG(file));
        return;
    }
    text = loader_array(l, f->content.size + 1, 1);
    if (!text)
        return;
    memcpy(text, f->content.data, f->content.size);
    h->file_begin = h->count;
    root = icalparser_parse_string(text);
    event = root
                ? icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT)
                : NULL;
    if (!event)
        report_error(l, at, UNSAID, UNSAID,
                     "\"%.*s\" is no calendar with events", TEXT_ARG(file));
    for (; event;
         event = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT))
        read_event(l, h, at, event);
    if (root)
        icalcomponent_free(root);
}
