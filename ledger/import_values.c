/* import_values - a row's columns as the values that a map makes of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "ledger/import_internal.h"

static bool is_missing(const struct import_map *m, const char *text)
{
    return import_map_matches(m->missing, m->missing_count, text);
}

const char *import_raw(const struct import *in, int column, bool before)
{
    const char *text = NULL;

    if (!before)
        text = in->row->fields[column];
    else if (in->before)
        text = in->before->fields[column];
    return text && !is_missing(in->map, text) ? text : NULL;
}

const char *import_text(struct import *in, const struct map_value *v)
{
    const char *text = "";

    for (size_t i = 0; i < v->part_count; i++) {
        const struct map_part *p = &v->parts[i];
        const char *more =
            p->column ? import_raw(in, p->index, p->before) : p->literal;

        if (!more)
            return v->fallback;
        text = v->part_count == 1
                   ? more
                   : arena_format(&in->arena, "%s%s", text, more);
    }
    for (size_t i = 0; i < v->word_count; i++)
        if (strcmp(v->words[i].from, text) == 0)
            return v->words[i].to;
    return text;
}

enum status import_time(struct import *in, const char *text, json_t **out,
                        int64_t *at_ms, struct error *err)
{
    char words[TIME_TEXT_SIZE];
    enum status status = time_text_parse(text, in->map->zone, at_ms, err);

    if (!status)
        status = time_text_format(*at_ms, in->map->zone, words, err);
    if (!status && out)
        *out = json_string(words);
    return status;
}

static enum status flag_of(const char *text, json_t **out, struct error *err)
{
    static const char *const yes[] = {"true", "yes", "1"};
    static const char *const no[] = {"false", "no", "0"};

    for (size_t i = 0; i < 3; i++) {
        if (strcasecmp(text, yes[i]) == 0)
            *out = json_true();
        else if (strcasecmp(text, no[i]) == 0)
            *out = json_false();
    }
    if (*out)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID, "\"%s\" is neither true nor false",
                     text);
}

static enum status number_of(const char *text, json_t **out, struct error *err)
{
    char *end;
    double real;
    long long whole;

    errno = 0;
    whole = strtoll(text, &end, 10);
    if (!errno && end != text && !*end) {
        *out = json_integer(whole);
        return STATUS_OK;
    }
    errno = 0;
    real = strtod(text, &end);
    if (errno || end == text || *end)
        return error_set(err, STATUS_INVALID, "\"%s\" is not a number", text);
    *out = json_real(real);
    return STATUS_OK;
}

static enum status put_field(struct import *in, json_t *object,
                             const struct map_field *f, struct error *err)
{
    const char *text = import_text(in, &f->value);
    enum status status = STATUS_OK;
    json_t *value = NULL;
    int64_t at_ms;

    if (!text)
        return STATUS_OK;
    switch (f->value.type) {
    case MAP_TEXT:
        value = json_string(text);
        break;
    case MAP_LIST:
        value = json_pack("[s]", text);
        break;
    case MAP_NUMBER:
        status = number_of(text, &value, err);
        break;
    case MAP_FLAG:
        status = flag_of(text, &value, err);
        break;
    case MAP_TIME:
        status = import_time(in, text, &value, &at_ms, err);
        break;
    }
    if (status)
        return status;
    if (json_object_set_new(object, f->name, value))
        return error_set(err, STATUS_NO_MEMORY, "%s", f->name);
    return STATUS_OK;
}

enum status import_fields(struct import *in, json_t *object,
                          const struct map_fields *f, struct error *err)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; !status && i < f->count; i++)
        status = put_field(in, object, &f->list[i], err);
    return status;
}
