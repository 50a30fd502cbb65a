#include "policy/calendars.h"

#include <stdlib.h>

#include "policy/holidays.h"
#include "policy/hours.h"
#include "policy/words.h"

/* --- days and minutes * --------------------------------------------------- */

static bool digits_of(struct text word, size_t from, size_t count, int *value)
{
    *value = 0;
    if (from + count > word.size)
        return false;
    for (size_t i = from; i < from + count; i++) {
        if (word.data[i] < '0' || word.data[i] > '9')
            return false;
        *value = *value * 10 + (word.data[i] - '0');
    }
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar. */
static int32_t day_number(int year, int month, int day)
{
    int y = year - (month <= 2);
    int era = y / 400, of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

bool day_of_text(struct text word, int32_t *day)
{
    int year, month, of_month;

    if (word.size != 10 || word.data[4] != '-' || word.data[7] != '-' ||
        !digits_of(word, 0, 4, &year) || !digits_of(word, 5, 2, &month) ||
        !digits_of(word, 8, 2, &of_month))
        return false;
    if (year < 1970 || year > 2100 || month < 1 || month > 12 || of_month < 1 ||
        of_month > days_in(year, month))
        return false;
    *day = day_number(year, month, of_month);
    return true;
}

bool minute_of_text(struct text word, uint16_t *minute)
{
    int hours, minutes;

    if (word.size != 5 || word.data[2] != ':' ||
        !digits_of(word, 0, 2, &hours) || !digits_of(word, 3, 2, &minutes) ||
        minutes > 59 || hours * 60 + minutes > 1440)
        return false;
    *minute = (uint16_t)(hours * 60 + minutes);
    return true;
}

static int weekday_of(struct text word)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu",
                                        "fri", "sat", "sun"};

    for (int i = 0; i < 7; i++)
        if (text_equal(word, text_of(names[i])))
            return i;
    return -1;
}

uint8_t days_of_text(struct text word)
{
    int first, last;
    uint8_t days = 0;

    if (text_equal(word, TEXT("daily")))
        return 0x7f;
    if (word.size != 3 && (word.size != 7 || word.data[3] != '-'))
        return 0;
    first = weekday_of((struct text){word.data, 3});
    last = weekday_of((struct text){word.data + word.size - 3, 3});
    if (first < 0 || last < 0)
        return 0;
    for (int day = first;; day = (day + 1) % 7) {
        days |= (uint8_t)(1u << day);
        if (day == last)
            return days;
    }
}

/* --- the week * ----------------------------------------------------------- */

static void read_open(struct loader *l, yaml_node_t *node, void *into,
                      const struct shape_row *row)
{
    struct hours *week = into;
    yaml_node_t *key, *value;
    uint8_t seen = 0;

    (void)row;
    if (node->type == YAML_SCALAR_NODE &&
        text_equal(node_text(node), TEXT("always"))) {
        for (int i = 0; i < 7; i++)
            week[i] = HOURS_OPEN(0, 1440);
        return;
    }
    if (!node_is_mapping(l, node, "always, or a mapping of days to hours"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        struct hours hours;
        uint8_t days;

        if (!node_pair(l, node, i, &key, &value) ||
            !hours_read(l, value, &hours))
            continue;
        days = days_of_text(node_text(key));
        if (!days || days & seen)
            report_error(l, node_place(key), UNSAID, "mon, mon-sat or daily",
                         days ? N_("a day of \"%.*s\" has hours already")
                              : N_("\"%.*s\" are no days"),
                         TEXT_ARG(node_text(key)));
        seen |= days;
        for (int day = 0; day < 7; day++)
            if (days & 1u << day)
                week[day] = hours;
    }
}

/* --- exceptions * --------------------------------------------------------- */

void holiday_add(struct loader *l, struct holidays *h, struct place at,
                 struct day_exception exception)
{
    if (h->count == EXCEPTIONS_MAX)
        report_error(l, at, UNSAID, UNSAID,
                     "more than %d exceptions in a calendar", EXCEPTIONS_MAX);
    else
        h->list[h->count++] = exception;
}

/* "2016-02-07" or "2016-02-07..2016-02-13" */
static void read_closed_days(struct loader *l, yaml_node_t *node,
                             struct holidays *h)
{
    struct text word;
    int32_t first, last;

    if (!node_is_text(l, node, "a day such as 2016-02-07"))
        return;
    word = node_text(node);
    if (word.size == 22 && memcmp(word.data + 10, "..", 2) == 0 &&
        day_of_text((struct text){word.data, 10}, &first) &&
        day_of_text((struct text){word.data + 12, 10}, &last) &&
        first <= last && last - first < 400) {
        for (; first <= last; first++)
            holiday_add(l, h, node_place(node),
                        (struct day_exception){first, HOURS_CLOSED});
        return;
    }
    if (!day_of_text(word, &first))
        report_error(l, node_place(node), UNSAID,
                     "write 2016-02-07 or 2016-02-07..2016-02-13",
                     "\"%.*s\" is no day", TEXT_ARG(word));
    else
        holiday_add(l, h, node_place(node),
                    (struct day_exception){first, HOURS_CLOSED});
}

static void read_holidays(struct loader *l, yaml_node_t *node, void *into,
                          const struct shape_row *row)
{
    (void)row;
    if (node->type == YAML_MAPPING_NODE &&
        !node_is_list(l, node, "a list of days"))
        return;
    for (size_t i = 0; i < node_count(node); i++)
        read_closed_days(l, node_item(l, node, i), into);
}

static void read_exceptions(struct loader *l, yaml_node_t *node, void *into,
                            const struct shape_row *row)
{
    yaml_node_t *key, *value;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of days to hours"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        struct day_exception e;

        if (!node_pair(l, node, i, &key, &value) ||
            !hours_read(l, value, &e.hours))
            continue;
        if (!day_of_text(node_text(key), &e.day))
            report_error(l, node_place(key), UNSAID, "write 2016-02-07",
                         "\"%.*s\" is no day", TEXT_ARG(node_text(key)));
        else
            holiday_add(l, into, node_place(key), e);
    }
}

static void read_ics(struct loader *l, yaml_node_t *node, void *into,
                     const struct shape_row *row)
{
    (void)row;
    for (size_t i = 0; i < node_count(node); i++)
        if (node_is_text(l, node_item(l, node, i), "the name of a file"))
            holidays_read_ics(l, into, node_text(node_item(l, node, i)),
                              node_place(node_item(l, node, i)));
}

/* By day; of two for one day the later one written counts, so that a make-up
 * working day beats the holiday list. */
static int exception_order(const void *a, const void *b)
{
    const struct day_exception *x = a, *y = b;

    return x->day < y->day ? -1 : x->day > y->day;
}

static void sort_exceptions(struct loader *l, struct holidays *h,
                            struct calendar *out)
{
    struct day_exception *kept;
    size_t count = 0;

    /* insertion keeps the order of equal days; lists are short */
    for (size_t i = 1; i < h->count; i++)
        for (size_t j = i;
             j > 0 && exception_order(&h->list[j - 1], &h->list[j]) > 0; j--) {
            struct day_exception spare = h->list[j];

            h->list[j] = h->list[j - 1];
            h->list[j - 1] = spare;
        }
    for (size_t i = 0; i < h->count; i++) {
        if (count && h->list[count - 1].day == h->list[i].day)
            count--;
        h->list[count++] = h->list[i];
    }
    kept = count ? loader_array(l, count, sizeof *kept) : NULL;
    if (!kept)
        return;
    memcpy(kept, h->list, count * sizeof *kept);
    out->exceptions = kept;
    out->exception_count = count;
}

/* --- the file * ----------------------------------------------------------- */

struct plan_parts {
    struct text zone;
    struct hours week[7];
    struct holidays holidays;
};

static const struct shape_row plan_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"zone", read_text, INTO(struct plan_parts, zone), MAY, 0, 0, 0},
    {"open", read_open, INTO(struct plan_parts, week), MAY, 0, 0, 0},
    {"ics", read_ics, INTO(struct plan_parts, holidays), MAY, 0, 0, 0},
    {"holidays", read_holidays, INTO(struct plan_parts, holidays), MAY, 0, 0,
     0},
    {"exceptions", read_exceptions, INTO(struct plan_parts, holidays), MAY, 0,
     0, 0},
};
static const struct shape plan_shape = SHAPE("a calendar", plan_rows);

static void read_plan(struct loader *l, yaml_node_t *key, yaml_node_t *value,
                      struct calendars *c)
{
    struct plan_parts *parts = loader_array(l, 1, sizeof *parts);
    struct plan *plan;

    if (!parts)
        return;
    parts->holidays.week = parts->week;
    if (c->plan_count == PLANS_MAX) {
        report_error(l, node_place(key), UNSAID, UNSAID,
                     "more than %d calendars", PLANS_MAX);
        return;
    }
    shape_read(l, value, &plan_shape, parts);
    if (value->type == YAML_MAPPING_NODE &&
        !node_child(l->source, value, "open") && !parts->holidays.has_week)
        report_error(l, node_place(value), UNSAID,
                     "open: {mon-fri: 09:00-18:00}, or an .ics file in which "
                     "an event with hours is repeated weekly",
                     "\"open\" is missing in a calendar");
    plan = &c->plans[c->plan_count++];
    plan->draft = l->draft;
    plan->zone = parts->zone;
    plan->calendar.id = loader_text(l, node_text(key));
    memcpy(plan->calendar.week, parts->week, sizeof parts->week);
    sort_exceptions(l, &parts->holidays, &plan->calendar);
}

static void read_plans(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    yaml_node_t *key, *value;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of calendars"))
        return;
    for (size_t i = 0; i < node_count(node); i++)
        if (node_pair(l, node, i, &key, &value))
            read_plan(l, key, value, into);
}

static const struct shape_row file_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"calendars", read_plans, 0, sizeof(struct calendars), MUST, 0, 0, 0},
};
static const struct shape file_shape = SHAPE("calendars.yaml", file_rows);

void calendars_read(struct loader *l, struct calendars *c)
{
    l->source = &l->draft->calendars;
    if (l->source->root)
        shape_read(l, l->source->root, &file_shape, c);
}

/* --- by name * ------------------------------------------------------------ */

static const struct plan *plan_find(struct loader *l, struct calendars *c,
                                    struct text name, struct place at)
{
    const struct plan *other = NULL;
    struct nearest near;

    nearest_begin(&near, name);
    for (size_t i = 0; i < c->plan_count; i++) {
        struct text id = c->plans[i].calendar.id;

        nearest_try(&near, id);
        if (!text_equal(id, name))
            continue;
        if (c->plans[i].draft == l->draft)
            return &c->plans[i];
        other = &c->plans[i];
    }
    if (!other)
        report_error(l, at, UNSAID, report_meant(l, near.best),
                     "no calendar is called \"%.*s\"", TEXT_ARG(name));
    return other;
}

const struct calendar *calendars_get(struct loader *l, struct calendars *c,
                                     struct zones *zones, struct text name,
                                     const struct zone *zone, struct place at)
{
    const struct plan *plan = plan_find(l, c, name, at);
    struct calendar *calendar;

    if (!plan)
        return NULL;
    if (plan->zone.size)
        zone = zones_get(l, zones, plan->zone, at);
    for (size_t i = 0; i < c->count; i++)
        if (c->plan_of[i] == plan && c->list[i]->zone == zone)
            return c->list[i];
    calendar = loader_array(l, 1, sizeof *calendar);
    if (!calendar || c->count == CALENDARS_MAX)
        return NULL;
    *calendar = plan->calendar;
    calendar->zone = zone;
    c->plan_of[c->count] = plan;
    c->list[c->count++] = calendar;
    return calendar;
}

const struct calendar *calendars_always(struct loader *l,
                                        const struct zone *utc)
{
    struct calendar *calendar = loader_array(l, 1, sizeof *calendar);

    if (!calendar)
        return NULL;
    calendar->id = TEXT("always");
    calendar->zone = utc;
    for (int i = 0; i < 7; i++)
        calendar->week[i] = HOURS_OPEN(0, 1440);
    return calendar;
}
