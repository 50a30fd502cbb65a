/* story_telling - reading the parts of a story: texts, lists, rows, moments,
 * and what is said of a mistake in them. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/time_text.h"
#include "ledger/story_internal.h"

enum { DAY_TEXT = 10 };

/* --- failing -------------------------------------------------------------- */

void telling_fail(struct telling *t, const json_t *holder, const char *key,
                  const char *format, ...)
{
    const struct yaml_place *p = NULL;
    char what[400];
    va_list args;

    if (t->status)
        return;
    if (holder && key)
        p = yaml_place_of(&t->places, holder, key, 0);
    if (!p && holder)
        p = yaml_place_self(&t->places, holder);
    va_start(args, format);
    vsnprintf(what, sizeof what, error_said(format), args);
    va_end(args);
    if (p)
        t->status = error_set(t->err, STATUS_INVALID, "%s:%u:%u: %s", t->path,
                              p->line, p->column, what);
    else
        t->status = error_set(t->err, STATUS_INVALID, "%s: %s", t->path, what);
}

unsigned telling_line(const struct telling *t, const json_t *row)
{
    const struct yaml_place *p = yaml_place_self(&t->places, row);

    return p ? p->line : 0;
}

/* --- pieces --------------------------------------------------------------- */

const char *telling_text(struct telling *t, const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);

    if (!v || json_is_null(v))
        return "";
    if (json_is_integer(v))
        return arena_format(&t->arena, "%" JSON_INTEGER_FORMAT,
                            json_integer_value(v));
    if (json_is_boolean(v))
        return json_is_true(v) ? "true" : "false";
    if (!json_is_string(v)) {
        telling_fail(t, o, key, "\"%s\" is a text, not %s", key, json_kind(v));
        return "";
    }
    return json_string_value(v);
}

const char *telling_need(struct telling *t, const json_t *o, const char *key,
                         const char *hint)
{
    const char *found = telling_text(t, o, key);

    if (!*found)
        telling_fail(t, o, key, "\"%s\" is missing: %s", key, error_said(hint));
    return found;
}

void telling_keys(struct telling *t, const json_t *o, const char *what,
                  const char *const *names)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)o, key, value)
    {
        char known[300] = "";
        size_t i = 0;

        (void)value;
        while (names[i] && strcmp(names[i], key) != 0)
            i++;
        if (names[i] || t->status)
            continue;
        for (i = 0; names[i]; i++) {
            size_t used = strlen(known);

            snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                     names[i]);
        }
        const struct yaml_place *p = yaml_place_of(&t->places, o, key, 0);

        t->status =
            error_set(t->err, STATUS_INVALID,
                      "%s:%u:%u: unknown key \"%s\" in %s; it knows %s "
                      "(a text with a comma wants quotes)",
                      t->path, p ? p->key_line : 0, p ? p->key_column : 0, key,
                      error_said(what), known);
    }
}

const char *const *telling_list(struct telling *t, const json_t *o,
                                const char *key, size_t *count)
{
    const json_t *v = json_object_get(o, key);
    const char **list;
    size_t i;
    json_t *one;

    *count = 0;
    if (!v || json_is_null(v))
        return NULL;
    if (!json_is_array(v)) {
        list = arena_array(&t->arena, 1, sizeof *list);
        if (!list)
            abort();
        list[(*count)++] = telling_text(t, o, key);
        return list;
    }
    list = arena_array(&t->arena, json_array_size(v) + 1, sizeof *list);
    if (!list)
        abort();
    json_array_foreach((json_t *)(uintptr_t)v, i, one)
    {
        if (json_is_integer(one))
            list[(*count)++] = arena_format(&t->arena, "%" JSON_INTEGER_FORMAT,
                                            json_integer_value(one));
        else if (json_is_string(one))
            list[(*count)++] = json_string_value(one);
        else
            telling_fail(t, o, key, "\"%s\" is a list of texts; one is %s", key,
                         json_kind(one));
    }
    return list;
}

const json_t *telling_rows(struct telling *t, const json_t *o, const char *key)
{
    const json_t *list = json_object_get(o, key);
    size_t i;
    json_t *row;

    if (!list || json_is_null(list))
        return NULL;
    if (!json_is_array(list)) {
        telling_fail(t, o, key, "\"%s\" is a list of rows, not %s", key,
                     json_kind(list));
        return NULL;
    }
    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        const struct yaml_place *p = yaml_place_of(&t->places, list, NULL, i);

        if (json_is_object(row) || t->status)
            continue;
        t->status = error_set(
            t->err, STATUS_INVALID,
            "%s:%u:%u: a row of \"%s\" is a mapping such as {at: \"10:00\", "
            "...}, not %s",
            t->path, p ? p->line : 0, p ? p->column : 0, key, json_kind(row));
    }
    return t->status ? NULL : list;
}

const char *telling_alias(struct telling *t, const char *person)
{
    const json_t *names = json_object_get(t->root, "persons");
    const char *real = json_string_value(json_object_get(names, person));

    return real ? real : person;
}

/* --- moments -------------------------------------------------------------- */

/* "+2d 09:00" and "09:00" are of the first day and the second after it. */
static const char *with_day(struct telling *t, const char *words,
                            char whole[64])
{
    char day[TIME_TEXT_SIZE], *end;
    long days = 0;

    if (*words == '+') {
        days = strtol(words + 1, &end, 10);
        if (*end != 'd' || (end[1] && end[1] != ' ') || days > 36500)
            return words;
        words = end[1] ? end + 2 : "00:00";
    } else if (strlen(words) >= DAY_TEXT && words[4] == '-') {
        return words;
    }
    time_text_utc(t->day_ms + days * STORY_DAY_MS, day);
    snprintf(whole, 64, "%.10s %s", day, words);
    return whole;
}

int64_t telling_moment_of(struct telling *t, const json_t *o, const char *key,
                          const char *words)
{
    const char *zone = t->story->zone;
    struct time_parts parts;
    char whole[64], day[TIME_TEXT_SIZE];
    struct error why;
    int64_t at_ms;

    if (t->status)
        return 0;
    words = with_day(t, words, whole);
    if (time_text_parse(words, zone, &at_ms, &why) ||
        time_text_split(at_ms, zone, &parts, &why)) {
        telling_fail(t, o, key,
                     "%s; a moment is written \"15:00\", \"+1d 15:00\" or "
                     "\"2012-06-11 15:00\"",
                     why.text);
        return 0;
    }
    if (t->shift_days == 0)
        return at_ms;
    /* the same local time, so many days later */
    if (time_text_parse(words, "UTC", &at_ms, &why)) {
        telling_fail(t, o, key, "%s", why.text);
        return 0;
    }
    time_text_utc(at_ms + t->shift_days * STORY_DAY_MS, day);
    day[19] = '\0'; /* without its Z: in the zone */
    if (time_text_parse(day, zone, &at_ms, &why))
        telling_fail(t, o, key, "%s", why.text);
    return at_ms;
}

int64_t telling_moment(struct telling *t, const json_t *o, const char *key)
{
    return telling_moment_of(t, o, key, telling_text(t, o, key));
}

json_t *telling_moment_json(struct telling *t, int64_t at_ms)
{
    char words[TIME_TEXT_SIZE];
    struct error why;

    if (time_text_format(at_ms, t->story->zone, words, &why)) {
        telling_fail(t, t->root, "zone", "%s", why.text);
        return json_null();
    }
    return json_string(words);
}
