#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/utf8.h"

/* "':' expected near 'x'", as jansson says it. */
static const char *fault_said(const json_error_t *why, char *out, size_t room)
{
    static const char mark[] = " near ";
    const char *near = strstr(why->text, mark);
    char what[sizeof why->text];

    if (!near)
        return error_said(why->text);
    snprintf(what, sizeof what, "%.*s", (int)(near - why->text), why->text);
    snprintf(out, room, error_said("%s near %s"), error_said(what),
             error_said(near + sizeof mark - 1));
    return out;
}

enum status json_parse(struct slice text, json_t **value, struct error *err)
{
    json_error_t why;
    char words[2 * sizeof why.text];

    *value = json_loadb((const char *)text.data, text.size,
                        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (*value)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID, "line %d, column %d: %s", why.line,
                     why.column, fault_said(&why, words, sizeof words));
}

const char *json_kind(const json_t *value)
{
    if (!value)
        return error_said("nothing");
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return error_said("an object");
    case JSON_ARRAY:
        return error_said("a list");
    case JSON_STRING:
        return error_said("a text");
    case JSON_INTEGER:
        return error_said("a whole number");
    case JSON_REAL:
        return error_said("a number");
    case JSON_TRUE:
    case JSON_FALSE:
        return error_said("true or false");
    case JSON_NULL:
        return error_said("null");
    }
    return error_said("something unknown");
}

enum want { WANT_TEXT, WANT_INT, WANT_BOOL, WANT_OBJECT, WANT_ARRAY };

static bool fits(enum want want, const json_t *value)
{
    switch (want) {
    case WANT_TEXT:
        return json_is_string(value);
    case WANT_INT:
        return json_is_integer(value);
    case WANT_BOOL:
        return json_is_boolean(value);
    case WANT_OBJECT:
        return json_is_object(value);
    case WANT_ARRAY:
        return json_is_array(value);
    }
    return false;
}

static const char *want_text(enum want want)
{
    static const char *const texts[] = {
        [WANT_TEXT] = N_("a text"),        [WANT_INT] = N_("a whole number"),
        [WANT_BOOL] = N_("true or false"), [WANT_OBJECT] = N_("an object"),
        [WANT_ARRAY] = N_("a list"),
    };

    return error_said(texts[want]);
}

/* *found is NULL when the field is missing (or null) and may be. */
static enum status find(const json_t *object, const char *where,
                        const char *key, enum want want, bool must,
                        json_t **found, struct error *err)
{
    const char *dot = where && *where ? "." : "";

    where = where ? where : "";
    *found = json_object_get(object, key);
    if (json_is_null(*found))
        *found = NULL;
    if (!*found) {
        if (!must)
            return STATUS_OK;
        return error_set(err, STATUS_NOT_FOUND, "%s%s%s is missing", where, dot,
                         key);
    }
    if (fits(want, *found))
        return STATUS_OK;
    return error_set(err, STATUS_INVALID, "%s%s%s: expected %s, found %s",
                     where, dot, key, want_text(want), json_kind(*found));
}

#define GETTERS(word, type, want, expression)                                  \
    enum status json_need_##word(const json_t *object, const char *where,      \
                                 const char *key, type *value,                 \
                                 struct error *err)                            \
    {                                                                          \
        json_t *found;                                                         \
        enum status st = find(object, where, key, want, true, &found, err);    \
                                                                               \
        if (!st)                                                               \
            *value = (expression);                                             \
        return st;                                                             \
    }
#define OPTIONAL_GETTERS(word, type, want, expression)                         \
    enum status json_may_##word(const json_t *object, const char *where,       \
                                const char *key, type *value,                  \
                                struct error *err)                             \
    {                                                                          \
        json_t *found;                                                         \
        enum status st = find(object, where, key, want, false, &found, err);   \
                                                                               \
        if (!st && found)                                                      \
            *value = (expression);                                             \
        return st;                                                             \
    }

GETTERS(text, const char *, WANT_TEXT, json_string_value(found))
GETTERS(int, int64_t, WANT_INT, json_integer_value(found))
GETTERS(bool, bool, WANT_BOOL, json_is_true(found))
GETTERS(object, json_t *, WANT_OBJECT, found)
GETTERS(array, json_t *, WANT_ARRAY, found)
OPTIONAL_GETTERS(text, const char *, WANT_TEXT, json_string_value(found))
OPTIONAL_GETTERS(int, int64_t, WANT_INT, json_integer_value(found))
OPTIONAL_GETTERS(bool, bool, WANT_BOOL, json_is_true(found))

static int dump_to_bytes(const char *data, size_t size, void *state)
{
    struct bytes *out = state;

    return bytes_append(out, slice_of(data, size)) == STATUS_OK ? 0 : -1;
}

enum status json_append(struct bytes *out, const json_t *value)
{
    if (out->status)
        return out->status;
    if (json_dump_callback(value, dump_to_bytes, out,
                           JSON_COMPACT | JSON_ENCODE_ANY) == 0)
        return STATUS_OK;
    return out->status ? out->status : STATUS_INVALID;
}

enum status json_lines_write(FILE *file, const json_t *value, struct error *err)
{
    struct bytes line = {0};
    enum status st = json_append(&line, value);

    if (st) {
        error_set(err, st, "a value cannot be written as JSON");
    } else if (bytes_append_u8(&line, '\n') != STATUS_OK) {
        st = error_set(err, STATUS_NO_MEMORY, "no memory for a line of JSON");
    } else if (fwrite(line.data, 1, line.size, file) != line.size) {
        st = error_set_errno(err, errno, "write a line of JSON");
    }
    bytes_fini(&line);
    return st;
}

void json_lines_init(struct json_lines *l, FILE *file, const char *name,
                     size_t line_max)
{
    *l = (struct json_lines){.file = file, .name = name, .line_max = line_max};
}

void json_lines_fini(struct json_lines *l)
{
    free(l->buffer);
    l->buffer = NULL;
    l->buffer_size = 0;
}

static enum status skip_rest_of_line(struct json_lines *l, struct error *err)
{
    int c = getc(l->file);

    while (c != EOF && c != '\n')
        c = getc(l->file);
    return error_set(err, STATUS_TOO_LARGE, "%s:%zu: longer than %zu bytes",
                     l->name, l->line, l->line_max);
}

/* One line without its newline into the buffer, which never grows beyond
 * line_max: getline would read a file without newlines whole. */
static enum status read_line(struct json_lines *l, size_t *size,
                             struct error *err)
{
    int c = getc(l->file);

    if (c == EOF) {
        if (ferror(l->file))
            return error_set_errno(err, errno, "read %s", l->name);
        return STATUS_END;
    }
    l->line++;
    for (*size = 0; c != EOF && c != '\n'; c = getc(l->file)) {
        if (*size == l->line_max)
            return skip_rest_of_line(l, err);
        if (*size == l->buffer_size) {
            size_t room = l->buffer_size > 0 ? 2 * l->buffer_size : 1024;
            char *buffer = realloc(l->buffer, room);

            if (!buffer)
                return error_set(err, STATUS_NO_MEMORY, "no memory for a line");
            l->buffer = buffer;
            l->buffer_size = room;
        }
        l->buffer[(*size)++] = (char)c;
    }
    return STATUS_OK;
}

enum status json_lines_next(struct json_lines *l, json_t **value,
                            struct error *err)
{
    size_t size = 0;
    enum status st;
    json_error_t why;
    char words[2 * sizeof why.text];

    *value = NULL;
    do {
        st = read_line(l, &size, err);
        if (st)
            return st;
        while (size > 0 && strchr(" \t\r", l->buffer[size - 1]))
            size--;
    } while (size == 0);
    struct slice text = slice_of(l->buffer, size);
    if (l->line == 1)
        text = utf8_unmarked(text);
    *value = json_loadb((const char *)text.data, text.size,
                        JSON_REJECT_DUPLICATES, &why);
    if (*value)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID, "%s:%zu: column %d: %s", l->name,
                     l->line, why.column,
                     fault_said(&why, words, sizeof words));
}
