#include "cli/report_lessons.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/time_text.h"
#include "cli/when.h"
#include "cli/words.h"

enum { RADAR_MAX = 16, WORDS_SIZE = 300, FACTOR_SIZE = NAME_BYTES_MAX + 1 };

/* clang-format off */
static const struct sheet_column digest_columns[] = {
    {"lesson",       N_("LESSON"),      SHEET_TEXT},
    {"line",         N_("LINE"),        SHEET_TEXT},
    {"severity",     N_("SEVERITY"),    SHEET_TEXT},
    {"found_by",     N_("FOUND BY"),    SHEET_TEXT},
    {"causes",       N_("CAUSES"),      SHEET_TEXT},
    {"silent_s",     N_("WITHOUT CONTACT"), SHEET_SPAN},
    {"missed",       N_("MISSED"),      SHEET_COUNT},
    {"broken",       N_("BROKEN PROMISES"), SHEET_COUNT},
    {"told",         N_("STATIONS TOLD"), SHEET_COUNT}};
static const struct sheet_column open_columns[] = {
    {"name",         N_("STATION"),     SHEET_TEXT},
    {"lessons",      N_("LESSONS"),     SHEET_COUNT},
    {"shared",       N_("SHARED"),      SHEET_COUNT},
    {"attendees",    N_("ATTENDEES"),   SHEET_COUNT},
    {"open",         N_("OPEN"),        SHEET_COUNT},
    {"cases",        N_("CASES"),       SHEET_TEXT}};
/* clang-format on */

#define COLUMNS(c) c, sizeof(c) / sizeof(c)[0]

/* --- lessons ----------------------------------------------------------------
 */

/* When it became one; 0: it is none. */
static int64_t lesson_at(const struct report_case *c)
{
    if (c->complaint_ms)
        return c->complaint_ms;
    if (c->public_ms)
        return c->public_ms;
    if (c->unhappy)
        return c->closed_ms     ? c->closed_ms
               : c->resolved_ms ? c->resolved_ms
                                : c->opened_ms;
    return 0;
}

static void month_text(int64_t at_ms, char out[16])
{
    struct time_parts p;

    if (time_text_split(at_ms, when_zone(), &p, NULL))
        snprintf(out, 16, "-");
    else
        snprintf(out, 16, "%04d-%02d", p.year, p.month);
}

static int by_lesson(const void *a, const void *b)
{
    const struct report_case *x = *(const struct report_case *const *)a;
    const struct report_case *y = *(const struct report_case *const *)b;

    if (lesson_at(x) != lesson_at(y))
        return lesson_at(x) < lesson_at(y) ? -1 : 1;
    return strcmp(x->id, y->id);
}

static const struct report_case **lessons_of(const struct report_view *v,
                                             size_t *count)
{
    const struct report *r = v->report;
    const struct report_case **list = calloc(r->case_count + 1, sizeof *list);

    if (!list)
        abort();
    *count = 0;
    for (size_t i = 0; i < r->case_count; i++) {
        const struct report_case *c = &r->cases[i];

        if (lesson_at(c) && lesson_at(c) >= v->since_ms &&
            report_case_wanted(v, c))
            list[(*count)++] = c;
    }
    qsort(list, *count, sizeof *list, by_lesson);
    return list;
}

static bool is_told(const struct report_fact *f, const struct report_case *c)
{
    return f->kind == REPORT_LESSON_FACT && strcmp(f->name, c->id) == 0;
}

/* How many stations have; at that one (NULL: any). */
static size_t told(const struct report *r, const struct report_case *c,
                   const char *station)
{
    size_t count = 0;

    for (size_t i = 0; i < r->fact_count; i++)
        count += is_told(&r->facts[i], c) &&
                 (!station || strcmp(r->facts[i].person, station) == 0);
    return count;
}

/* "response time, tracking": what was named as a cause or factor. */
static void causes_of(const struct report *r, const struct report_case *c,
                      char out[WORDS_SIZE])
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < r->fact_count; i++) {
        const struct report_fact *f = &r->facts[i];
        const char *said;

        if ((f->kind != REPORT_TAG_FACT && f->kind != REPORT_FACTOR_FACT) ||
            f->case_at != (uint32_t)(c - r->cases))
            continue;
        said = factor_word(f->name);
        if (!strstr(out, said) && used + strlen(said) + 3 < WORDS_SIZE)
            used += (size_t)snprintf(out + used, WORDS_SIZE - used, "%s%s",
                                     used ? ", " : "", said);
    }
}

/* Nobody's name, no station and no case: it is read by all. */
static json_t *digest_row(const struct report *r, const struct report_case *c,
                          const char *lesson)
{
    char causes[WORDS_SIZE];

    causes_of(r, c, causes);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "lesson", lesson,
        "line", c->line, "severity", severity_name(c->severity), "found_by",
        *c->found_by ? factor_word(c->found_by) : "", "causes", causes,
        "silent_s", (json_int_t)(c->gap_ms / 1000), "missed",
        (json_int_t)c->missed, "broken", (json_int_t)c->broken, "told",
        (json_int_t)told(r, c, NULL));
}

static json_t *digest_rows(const struct report *r,
                           const struct report_case **list, size_t count)
{
    json_t *rows = json_array();
    char month[16], before[16] = "", name[32];
    unsigned number = 0;

    for (size_t i = 0; i < count; i++) {
        month_text(lesson_at(list[i]), month);
        number = strcmp(month, before) == 0 ? number + 1 : 1;
        snprintf(before, sizeof before, "%s", month);
        snprintf(name, sizeof name, "%s/%u", month, number);
        json_array_append_new(rows, digest_row(r, list[i], name));
    }
    return rows;
}

static json_t *station_row(json_t *rows, const char *station)
{
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "name")), station) ==
            0)
            return row;
    }
    row =
        json_pack("{s:s, s:i, s:i, s:i, s:i, s:s}", "name", station, "lessons",
                  0, "shared", 0, "attendees", 0, "open", 0, "cases", "");
    json_array_append_new(rows, row);
    return row;
}

static void add_to(json_t *row, const char *key, json_int_t more)
{
    json_object_set_new(
        row, key,
        json_integer(json_integer_value(json_object_get(row, key)) + more));
}

static void add_case(json_t *row, const char *id)
{
    const char *before = json_string_value(json_object_get(row, "cases"));

    json_object_set_new(row, "cases",
                        json_sprintf("%s%s%s", before, *before ? " " : "", id));
}

static json_t *open_rows(const struct report_view *v,
                         const struct report_case **list, size_t count)
{
    const struct report *r = v->report;
    json_t *rows = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *row =
            station_row(rows, *list[i]->station ? list[i]->station : "-");

        add_to(row, "lessons", 1);
        if (told(r, list[i], list[i]->station))
            continue;
        add_to(row, "open", 1);
        add_case(row, list[i]->id);
    }
    for (size_t i = 0; i < r->fact_count; i++) {
        const struct report_fact *f = &r->facts[i];
        json_t *row;

        if (f->kind != REPORT_LESSON_FACT || f->at_ms < v->since_ms ||
            (v->station && strcmp(f->person, v->station) != 0))
            continue;
        row = station_row(rows, *f->person ? f->person : "-");
        add_to(row, "shared", 1);
        add_to(row, "attendees", f->value);
    }
    return rows;
}

void report_digest(struct sheets *s, const struct report_view *v)
{
    size_t count;
    const struct report_case **list = lessons_of(v, &count);

    sheet_print(s, "digest", _("Lessons of the month, without names"),
                COLUMNS(digest_columns), digest_rows(v->report, list, count));
    sheet_print(s, "open",
                _("Lessons by station, and which nobody was told of"),
                COLUMNS(open_columns), open_rows(v, list, count));
    free(list);
}

/* --- the factors of a station -----------------------------------------------
 */

static const struct people *people_here(const struct report *r)
{
    return report_people(r->policies, NULL);
}

void report_radar(struct sheets *s, const struct report_view *v)
{
    const struct people *p = people_here(v->report);
    struct sheet_column columns[1 + RADAR_MAX] = {
        {"name", N_("STATION"), SHEET_TEXT}};
    static char keys[RADAR_MAX][FACTOR_SIZE], heads[RADAR_MAX][FACTOR_SIZE];
    size_t count = p ? p->map_counts[PEOPLE_FACTORS] : 0;
    json_t *stations =
        report_groups(v, 1u << REPORT_FACTOR_FACT, report_by_station, NULL);
    json_t *rows = json_array(), *one;
    size_t i;

    if (count > RADAR_MAX)
        count = RADAR_MAX;
    for (size_t k = 0; k < count; k++) {
        snprintf(keys[k], FACTOR_SIZE, "%.*s",
                 (int)p->maps[PEOPLE_FACTORS][k].name.size,
                 p->maps[PEOPLE_FACTORS][k].name.data);
        snprintf(heads[k], FACTOR_SIZE, "%s", factor_word(keys[k]));
        columns[1 + k] = (struct sheet_column){keys[k], heads[k], SHEET_COUNT};
    }
    json_array_foreach(stations, i, one)
    {
        const char *station = json_string_value(json_object_get(one, "name"));
        json_t *row = json_pack("{s:s}", "name", station);

        for (size_t k = 0; k < count; k++)
            json_object_set_new(row, keys[k],
                                json_integer((json_int_t)report_count_named(
                                    v, REPORT_FACTOR_FACT, report_by_station,
                                    station, keys[k])));
        json_array_append_new(rows, row);
    }
    json_decref(stations);
    if (count)
        sheet_print(s, "radar", _("Factors by station"), columns, 1 + count,
                    rows);
    else
        json_decref(rows);
}
