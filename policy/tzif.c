#include "policy/tzif.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/reader.h"

enum {
    FILE_BYTES_MAX = 256 * 1024,
    HEADER_BYTES = 44,
    TYPES_MAX = 256,
    YEARS_MAX = 200,
    DAY_S = 86400,
    HOUR_S = 3600,
};

/* One change of a rule: M3.2.0/2, J60 or 59. */
struct change {
    char form; /* 'M', 'J' or '0' */
    int month, week, day;
    int64_t time_s;
};

/* EST5EDT,M3.2.0,M11.1.0 */
struct rule {
    int32_t standard_s, summer_s;
    bool has_summer;
    struct change start, end;
};

struct table {
    struct zone_offset *rows;
    size_t count, room;
    int64_t until_s, last_s; /* of the transitions that are written out */
};

static void add(struct table *t, int64_t from_s, int32_t offset_s)
{
    if (from_s >= t->until_s || t->count == t->room)
        return;
    if (t->count && t->rows[t->count - 1].offset_s == offset_s)
        return;
    t->rows[t->count] =
        (struct zone_offset){t->count ? from_s * 1000 : INT64_MIN, offset_s};
    t->count++;
}

/* --- the rule of later years --- */

static int64_t days_before(int year)
{
    int64_t y = year - 1;

    return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int month, bool leap)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && leap);
}

/* Local seconds of a change in a year. */
static int64_t local_of(const struct change *c, int year)
{
    int64_t first = days_before(year);
    bool leap = is_leap(year);
    int day;

    if (c->form == '0')
        return (first + c->day) * DAY_S + c->time_s;
    if (c->form == 'J') /* February 29 is never counted */
        return (first + c->day - 1 + (leap && c->day >= 60)) * DAY_S +
               c->time_s;
    for (int m = 1; m < c->month; m++)
        first += days_in(m, leap);
    day = (int)((c->day - (first + 4) % 7 + 7) % 7) + 7 * (c->week - 1);
    while (day >= days_in(c->month, leap))
        day -= 7; /* the fifth is the last */
    return (first + day) * DAY_S + c->time_s;
}

static bool read_number(const char **at, int64_t *value)
{
    char *end;
    long n;

    if (!isdigit((unsigned char)**at))
        return false;
    n = strtol(*at, &end, 10);
    *at = end;
    *value = n;
    return n >= 0 && n <= 1000;
}

/* [+-]h[:m[:s]] */
static bool read_time(const char **at, int64_t *seconds)
{
    int64_t sign = **at == '-' ? -1 : 1, part, unit = HOUR_S;

    if (**at == '-' || **at == '+')
        ++*at;
    *seconds = 0;
    for (;; unit /= 60) {
        if (!unit || !read_number(at, &part))
            return false;
        *seconds += sign * part * unit;
        if (**at != ':')
            return true;
        ++*at;
    }
}

static bool read_name(const char **at)
{
    const char *start = *at;

    if (**at == '<') {
        *at += strcspn(*at, ">");
        return *(*at)++ == '>';
    }
    while (isalpha((unsigned char)**at))
        ++*at;
    return *at - start >= 3;
}

static bool read_change(const char **at, struct change *c)
{
    int64_t n[3] = {0};
    int count = 1;

    if (*(*at)++ != ',')
        return false;
    c->form = isdigit((unsigned char)**at) ? '0' : *(*at)++;
    if (c->form == 'M')
        count = 3;
    else if (c->form != 'J' && c->form != '0')
        return false;
    for (int i = 0; i < count; i++)
        if ((i && *(*at)++ != '.') || !read_number(at, &n[i]))
            return false;
    if (c->form == 'M' &&
        (n[0] < 1 || n[0] > 12 || n[1] < 1 || n[1] > 5 || n[2] > 6))
        return false;
    c->month = (int)n[0];
    c->week = (int)n[1];
    c->day = (int)(c->form == 'M' ? n[2] : n[0]);
    c->time_s = 2 * HOUR_S;
    if (c->day > 366 || **at != '/')
        return c->day <= 366;
    ++*at;
    return read_time(at, &c->time_s);
}

/* West is positive in it. */
static bool read_rule(const char *at, struct rule *r)
{
    int64_t west;

    *r = (struct rule){0};
    if (!read_name(&at) || !read_time(&at, &west))
        return false;
    r->standard_s = (int32_t)-west;
    if (!*at)
        return true;
    r->has_summer = true;
    if (!read_name(&at))
        return false;
    west -= HOUR_S;
    if (*at != ',' && !read_time(&at, &west))
        return false;
    r->summer_s = (int32_t)-west;
    return read_change(&at, &r->start) && read_change(&at, &r->end) && !*at;
}

static void add_later(struct table *t, int64_t at_s, int32_t offset_s)
{
    if (at_s > t->last_s)
        add(t, at_s, offset_s);
}

static void add_years(struct table *t, const struct rule *r)
{
    int64_t days = t->last_s / DAY_S;
    int year = 1970 + (int)(days / 366);

    if (!r->has_summer)
        return;
    for (int n = 0; n < YEARS_MAX && days_before(year) * DAY_S < t->until_s;
         n++, year++) {
        int64_t start = local_of(&r->start, year) - r->standard_s;
        int64_t end = local_of(&r->end, year) - r->summer_s;

        if (start < end)
            add_later(t, start, r->summer_s);
        add_later(t, end, r->standard_s);
        if (start >= end)
            add_later(t, start, r->summer_s);
    }
}

/* --- the file --- */

struct counts {
    uint32_t is_ut, is_standard, leaps, times, types, chars;
};

static bool read_header(struct reader *in, struct counts *c)
{
    struct slice head = reader_raw(in, HEADER_BYTES - 24);

    if (head.size == 0 || memcmp(head.data, "TZif", 4) != 0 ||
        head.data[4] < '2')
        return false;
    c->is_ut = reader_u32(in);
    c->is_standard = reader_u32(in);
    c->leaps = reader_u32(in);
    c->times = reader_u32(in);
    c->types = reader_u32(in);
    c->chars = reader_u32(in);
    return in->status == STATUS_OK && c->types > 0 && c->types <= TYPES_MAX &&
           c->times < FILE_BYTES_MAX && c->leaps < FILE_BYTES_MAX;
}

static size_t size_behind(const struct counts *c, size_t word)
{
    return c->chars + c->leaps * (word + 4) + c->is_standard + c->is_ut;
}

static int32_t offset_of(struct slice types, uint8_t type)
{
    return (int32_t)get_u32(types.data + (size_t)6 * type);
}

static bool read_transitions(struct reader *in, const struct counts *c,
                             struct table *t)
{
    struct slice times = reader_raw(in, (size_t)8 * c->times);
    struct slice kinds = reader_raw(in, c->times);
    struct slice types = reader_raw(in, (size_t)6 * c->types);
    uint8_t now = 0;
    size_t i = 0;

    if (in->status != STATUS_OK)
        return false;
    for (size_t k = 0; k < c->times; k++)
        if (kinds.data[k] >= c->types)
            return false;
    for (; i < c->times && (int64_t)get_u64(times.data + 8 * i) <= 0; i++)
        now = kinds.data[i];
    add(t, 0, offset_of(types, now));
    for (; i < c->times; i++) {
        t->last_s = (int64_t)get_u64(times.data + 8 * i);
        add(t, t->last_s, offset_of(types, kinds.data[i]));
    }
    (void)reader_raw(in, size_behind(c, 8));
    return in->status == STATUS_OK;
}

static bool read_file(struct slice bytes, struct table *t)
{
    struct reader in;
    struct counts c;
    char text[128];
    struct rule rule;

    reader_init(&in, bytes);
    if (!read_header(&in, &c))
        return false;
    (void)reader_raw(&in, (size_t)5 * c.times + (size_t)6 * c.types +
                              size_behind(&c, 4));
    if (!read_header(&in, &c) || !read_transitions(&in, &c, t))
        return false;
    if (in.rest.size < 2 || in.rest.data[0] != '\n' ||
        in.rest.data[in.rest.size - 1] != '\n')
        return false;
    in.rest = slice_of(in.rest.data + 1, in.rest.size - 2);
    if (in.rest.size == 0)
        return true; /* no rule: the last offset stays */
    if (!slice_to_text(in.rest, text, sizeof text) || !read_rule(text, &rule))
        return false;
    add_years(t, &rule);
    return true;
}

size_t tzif_offsets(const char *zone, int64_t until_s, struct zone_offset *rows,
                    size_t room)
{
    struct table t = {.rows = rows, .room = room, .until_s = until_s};
    const char *dir = getenv("TZDIR");
    char path[LIMIT_PATH_BYTES];
    struct bytes bytes;
    struct error err;
    bool read;

    if (!*zone || *zone == '/' || strstr(zone, "..") ||
        file_join(path, sizeof path, dir && *dir ? dir : "/usr/share/zoneinfo",
                  zone, &err) != STATUS_OK)
        return 0;
    bytes_init(&bytes, FILE_BYTES_MAX);
    read = file_read(path, FILE_BYTES_MAX, &bytes, &err) == STATUS_OK &&
           read_file(bytes_slice(&bytes), &t);
    bytes_fini(&bytes);
    return read ? t.count : 0;
}
