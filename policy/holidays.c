#include "policy/holidays.h"

#include <libical/ical.h>
#include <stdlib.h>

#include "policy/blob.h"

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
        holiday_add(l, h, at, (struct day_exception){first + i, {0, 0}});
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

static void read_event(struct loader *l, struct holidays *h, struct place at,
                       icalcomponent *event)
{
    struct icaltimetype start = icalcomponent_get_dtstart(event), next;
    icalproperty *repeat =
        icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY);
    icalproperty *busy =
        icalcomponent_get_first_property(event, ICAL_TRANSP_PROPERTY);
    icalrecur_iterator *days;

    if (icaltime_is_null_time(start) ||
        (busy && icalproperty_get_transp(busy) == ICAL_TRANSP_TRANSPARENT))
        return;
    if (!repeat) {
        close_days(l, h, at, day_of_time(start), length_of(event));
        return;
    }
    days = icalrecur_iterator_new(icalproperty_get_rrule(repeat), start);
    for (int i = 0; days && i < REPEATS_MAX; i++) {
        next = icalrecur_iterator_next(days);
        if (icaltime_is_null_time(next) || next.year >= 2100)
            break;
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
        report_error(l, at, "", "it must lie in the pack's directory",
                     "there is no file \"%.*s\"", TEXT_ARG(file));
        return;
    }
    text = loader_array(l, f->content.size + 1, 1);
    if (!text)
        return;
    memcpy(text, f->content.data, f->content.size);
    root = icalparser_parse_string(text);
    event = root
                ? icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT)
                : NULL;
    if (!event)
        report_error(l, at, "", "", "\"%.*s\" is no calendar with events",
                     TEXT_ARG(file));
    for (; event;
         event = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT))
        read_event(l, h, at, event);
    if (root)
        icalcomponent_free(root);
}
