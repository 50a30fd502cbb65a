#include "ledger/import.h"

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/time_text.h"
#include "ledger/import_map.h"
#include "ledger/rows.h"

enum { ROW_ARENA_BYTES = 1 << 20, PROGRESS_ROWS = 512 };

/* The row of a case that was logged last; key first, for tsearch. */
struct case_row {
    char *case_id;
    char **fields;
    size_t count;
    uint64_t once; /* bit i: change i has been */
};

/* A line that waits until all are there: tables of cases. */
struct waiting_line {
    int64_t at_ms;
    uint64_t order;
    struct slice text;
};

struct import {
    const struct import_options *options;
    struct import_summary *summary;
    struct import_map *map;
    struct rows *rows;
    void *cases; /* tree of struct case_row */
    struct arena arena;
    struct bytes text;
    struct waiting_line *lines;
    size_t line_count, line_room;
    const struct row *row;
    const struct case_row *before; /* NULL on the first row of a case */
    bool stopped;                  /* by the sink */
};

/* --- values --- */

static bool is_missing(const struct import_map *m, const char *text)
{
    return import_map_matches(m->missing, m->missing_count, text);
}

static const char *raw(const struct import *in, int column, bool before)
{
    const char *text = NULL;

    if (!before)
        text = in->row->fields[column];
    else if (in->before)
        text = in->before->fields[column];
    return text && !is_missing(in->map, text) ? text : NULL;
}

/* NULL where it is missing. */
static const char *text_of_value(struct import *in, const struct map_value *v)
{
    const char *text = "";

    for (size_t i = 0; i < v->part_count; i++) {
        const struct map_part *p = &v->parts[i];
        const char *more =
            p->column ? raw(in, p->index, p->before) : p->literal;

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

static enum status time_of(struct import *in, const char *text, json_t **out,
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
    const char *text = text_of_value(in, &f->value);
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
        status = time_of(in, text, &value, &at_ms, err);
        break;
    }
    if (status)
        return status;
    if (json_object_set_new(object, f->name, value))
        return error_set(err, STATUS_NO_MEMORY, "%s", f->name);
    return STATUS_OK;
}

static enum status put_fields(struct import *in, json_t *object,
                              const struct map_fields *f, struct error *err)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; !status && i < f->count; i++)
        status = put_field(in, object, &f->list[i], err);
    return status;
}

/* --- events --- */

static enum status put_times(struct import *in, json_t *object,
                             const struct map_event *e, int64_t *received_ms,
                             struct error *err)
{
    const struct map_value *received =
        in->map->received_at.part_count ? &in->map->received_at : &e->at;
    const char *at_text = text_of_value(in, &e->at);
    const char *received_text = text_of_value(in, received);
    json_t *at = NULL, *received_at = NULL;
    enum status status;
    int64_t at_ms;

    if (!at_text || !received_text)
        return error_set(err, STATUS_INVALID, "%s has no time", e->kind);
    status = time_of(in, at_text, &at, &at_ms, err);
    if (!status)
        status = time_of(in, received_text, &received_at, received_ms, err);
    if (status) {
        json_decref(at);
        return status;
    }
    if (at_ms >
        *received_ms) { /* logged before it was: the log's word counts */
        json_decref(at);
        at = json_incref(received_at);
    }
    json_object_set_new(object, "at", at);
    json_object_set_new(object, "received_at", received_at);
    return STATUS_OK;
}

static enum status build(struct import *in, const struct map_event *e,
                         json_t *changes, json_t **out, int64_t *received_ms,
                         struct error *err)
{
    const char *case_id = text_of_value(in, &in->map->case_id);
    json_t *object = json_object();
    enum status status = STATUS_OK;

    json_object_set_new(object, "id", json_null()); /* keeps its place */
    json_object_set_new(object, "kind", json_string(e->kind));
    status = put_times(in, object, e, received_ms, err);
    json_object_set_new(object, "case_id", json_string(case_id));
    if (!status)
        status = put_fields(in, object, &in->map->every, err);
    json_object_set_new(object, "source", json_string("import"));
    if (!status)
        status = put_fields(in, object, &e->fields, err);
    if (!status && json_is_null(json_object_get(object, "id")))
        json_object_del(object, "id");
    if (!status && json_array_size(changes))
        json_object_set(object, "changes", changes);
    if (status)
        json_decref(object);
    else
        *out = object;
    return status;
}

static enum status deliver(struct import *in, struct slice line,
                           struct error *err)
{
    enum status status = in->options->sink(in->options->sink_state, line, err);

    in->stopped = status != STATUS_OK;
    in->summary->events += !in->stopped;
    return status;
}

static enum status send(struct import *in, json_t *object, struct error *err)
{
    bytes_reset(&in->text);
    if (json_append(&in->text, object))
        return error_set(err, STATUS_NO_MEMORY, "an event as JSON");
    return deliver(in, bytes_slice(&in->text), err);
}

/* --- a log of updates --- */

static int by_case_id(const void *a, const void *b)
{
    return strcmp(((const struct case_row *)a)->case_id,
                  ((const struct case_row *)b)->case_id);
}

static struct case_row *find_case(struct import *in, const char *case_id)
{
    struct case_row key = {.case_id = (char *)(uintptr_t)case_id};
    struct case_row **found = tfind(&key, &in->cases, by_case_id);

    return found ? *found : NULL;
}

static void row_free(void *p)
{
    struct case_row *c = p;

    for (size_t i = 0; i < c->count; i++)
        free(c->fields[i]);
    free(c->fields);
    free(c->case_id);
    free(c);
}

static struct case_row *case_new(struct import *in)
{
    struct case_row *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->fields = calloc(in->row->count, sizeof *c->fields);
    c->case_id = strdup(text_of_value(in, &in->map->case_id));
    if (c->fields && c->case_id && tsearch(c, &in->cases, by_case_id)) {
        c->count = in->row->count;
        in->summary->cases++;
        return c;
    }
    row_free(c);
    return NULL;
}

/* Keeps the row for the next one to be compared with. */
static enum status keep(struct import *in, struct case_row *c, uint64_t once,
                        struct error *err)
{
    if (!c && !(c = case_new(in)))
        return error_set(err, STATUS_NO_MEMORY, "a row of a case");
    c->once |= once;
    for (size_t i = 0; i < c->count; i++) {
        if (c->fields[i] && strcmp(c->fields[i], in->row->fields[i]) == 0)
            continue;
        free(c->fields[i]);
        if (!(c->fields[i] = strdup(in->row->fields[i])))
            return error_set(err, STATUS_NO_MEMORY, "a row of a case");
    }
    return STATUS_OK;
}

static enum status count_of(struct import *in, const struct map_column *c,
                            bool before, int64_t *count, struct error *err)
{
    const char *text = raw(in, c->index, before);
    char *end;

    *count = 0;
    if (!text)
        return STATUS_OK;
    errno = 0;
    *count = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        return error_set(err, STATUS_INVALID, "%s: \"%s\" is not a number",
                         c->name, text);
    return STATUS_OK;
}

/* Does the changed column fit? An unset value that nobody asked for does not.
 */
static bool column_changed(const struct import *in, const struct map_change *c)
{
    const char *now = raw(in, c->changed.index, false);
    const char *then = raw(in, c->changed.index, true);

    if (strcmp(now ? now : "", then ? then : "") == 0)
        return false;
    if (c->from_count &&
        !import_map_matches(c->from, c->from_count, then ? then : ""))
        return false;
    if (c->to_count)
        return import_map_matches(c->to, c->to_count, now ? now : "");
    return now != NULL;
}

static bool column_same(const struct import *in, const struct map_column *c)
{
    const char *now = raw(in, c->index, false);
    const char *then = raw(in, c->index, true);

    return strcmp(now ? now : "", then ? then : "") == 0;
}

/* *times is how often at once; 0: not at all. */
static enum status change_times(struct import *in, size_t i, int64_t *times,
                                struct error *err)
{
    const struct map_change *c = &in->map->changes[i];
    enum status status = STATUS_OK;
    int64_t before = 0, now = 0;

    *times = 0;
    if (!in->before && !c->first)
        return STATUS_OK;
    if (c->once && in->before && (in->before->once >> i & 1))
        return STATUS_OK;
    if (c->same.name && !column_same(in, &c->same))
        return STATUS_OK;
    if (c->changed.name) {
        *times = column_changed(in, c);
        return STATUS_OK;
    }
    status = count_of(in, &c->rises, true, &before, err);
    if (!status)
        status = count_of(in, &c->rises, false, &now, err);
    if (!status && now > before)
        *times = now - before;
    return status;
}

static enum status put_changes(struct import *in, json_t *list, uint64_t *once,
                               struct error *err)
{
    enum status status = STATUS_OK;
    int64_t times;

    for (size_t i = 0; !status && i < in->map->change_count; i++) {
        const struct map_change *c = &in->map->changes[i];
        json_t *change;

        status = change_times(in, i, &times, err);
        if (status || times == 0)
            continue;
        change = json_pack("{s:s}", "kind", c->kind);
        json_array_append_new(list, change);
        status = put_fields(in, change, &c->values, err);
        if (c->rises.name)
            json_object_set_new(change, "count", json_integer(times));
        *once |= UINT64_C(1) << i;
    }
    return status;
}

static enum status take_update(struct import *in, struct error *err)
{
    struct case_row *c = find_case(in, text_of_value(in, &in->map->case_id));
    json_t *changes = json_array(), *object = NULL;
    enum status status;
    uint64_t once = 0;
    int64_t received_ms;

    in->before = c;
    status = put_changes(in, changes, &once, err);
    if (!status)
        status = build(in, c ? &in->map->later : &in->map->first, changes,
                       &object, &received_ms, err);
    if (!status) {
        in->summary->changes += json_array_size(changes);
        in->summary->notes += c && json_array_size(changes) == 0;
        status = keep(in, c, once, err);
        if (!status)
            status = send(in, object, err);
    }
    json_decref(changes);
    json_decref(object);
    return status;
}

/* --- a table of cases --- */

static bool needs_met(const struct import *in, const struct map_event *e)
{
    for (size_t i = 0; i < e->need_count; i++)
        if (!raw(in, e->needs[i].index, false))
            return false;
    return true;
}

static enum status line_push(struct import *in, int64_t at_ms,
                             const json_t *object, struct error *err)
{
    struct bytes text = {0};
    size_t size;

    if (in->line_count == in->line_room) {
        size_t room = in->line_room ? in->line_room * 2 : 1024;
        void *more = realloc(in->lines, room * sizeof *in->lines);

        if (!more)
            return error_set(err, STATUS_NO_MEMORY, "%zu lines", room);
        in->lines = more;
        in->line_room = room;
    }
    if (json_append(&text, object))
        return error_set(err, STATUS_NO_MEMORY, "an event as JSON");
    size = text.size;
    in->lines[in->line_count] = (struct waiting_line){
        at_ms, in->line_count, slice_of(bytes_take(&text, NULL), size)};
    in->line_count++;
    return STATUS_OK;
}

/* All of a row or, where one of its dates cannot be read, nothing. */
static enum status take_case(struct import *in, struct error *err)
{
    size_t mark = in->line_count;
    enum status status = STATUS_OK;

    in->before = NULL;
    for (size_t i = 0; !status && i < in->map->event_count; i++) {
        const struct map_event *e = &in->map->events[i];
        json_t *object = NULL;
        int64_t at_ms;

        if (!needs_met(in, e))
            continue;
        status = build(in, e, NULL, &object, &at_ms, err);
        if (!status)
            status = line_push(in, at_ms, object, err);
        json_decref(object);
    }
    while (status && in->line_count > mark)
        free((void *)(uintptr_t)in->lines[--in->line_count].text.data);
    if (!status)
        in->summary->cases++;
    return status;
}

static int by_time(const void *a, const void *b)
{
    const struct waiting_line *x = a, *y = b;

    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static enum status send_lines(struct import *in, struct error *err)
{
    enum status status = STATUS_OK;

    if (in->line_count)
        qsort(in->lines, in->line_count, sizeof *in->lines, by_time);
    for (size_t i = 0; !status && i < in->line_count; i++)
        status = deliver(in, in->lines[i].text, err);
    return status;
}

/* --- files --- */

static void show_progress(const struct import *in, const char *file, bool last)
{
    FILE *out = in->options->progress;

    if (!out || (!last && in->summary->rows % PROGRESS_ROWS))
        return;
    fprintf(out, "\r%s: %3u%%  %" PRIu64 " rows%s", file,
            last ? 100 : rows_percent(in->rows), in->summary->rows,
            last ? "\n" : "");
    fflush(out);
}

static void complain(struct import *in, const struct error *why,
                     const char *file, size_t line)
{
    in->summary->bad_rows++;
    if (!in->options->complain)
        return;
    if (line)
        fprintf(in->options->complain, "%s:%zu: %s\n", file, line, why->text);
    else
        fprintf(in->options->complain, "%s\n", why->text);
}

static enum status take_row(struct import *in, struct error *err)
{
    arena_reset(&in->arena);
    if (!text_of_value(in, &in->map->case_id))
        return error_set(err, STATUS_INVALID, "the row names no case");
    return in->map->shape == MAP_UPDATES ? take_update(in, err)
                                         : take_case(in, err);
}

static enum status take_file(struct import *in, const char *file,
                             struct error *err)
{
    enum status status = rows_open(file, &in->rows, err);
    struct row row;

    if (!status)
        status = import_map_bind(in->map, in->rows, err);
    while (!status) {
        struct error why;
        enum status found = rows_next(in->rows, &row, &why);

        if (found == STATUS_END)
            break;
        in->summary->rows++;
        show_progress(in, file, false);
        if (found == STATUS_INVALID) {
            complain(in, &why, file, 0);
            continue;
        }
        in->row = &row;
        if (!found)
            found = take_row(in, &why);
        if (found == STATUS_INVALID && !in->stopped) {
            complain(in, &why, file, row.line);
        } else if (found) {
            if (err)
                *err = why;
            status = found;
        }
    }
    if (in->rows)
        show_progress(in, file, true);
    rows_close(&in->rows);
    return status;
}

enum status import_run(const struct import_options *options,
                       struct import_summary *summary, struct error *err)
{
    struct import in = {.options = options, .summary = summary};
    enum status status;

    memset(summary, 0, sizeof *summary);
    status = import_map_load(options->map, &in.map, err);
    if (status)
        return status;
    arena_init(&in.arena, ROW_ARENA_BYTES);
    bytes_init(&in.text, LIMIT_EVENT_JSON_BYTES);
    for (size_t i = 0; !status && i < options->file_count; i++)
        status = take_file(&in, options->files[i], err);
    if (!status)
        status = send_lines(&in, err);
    for (size_t i = 0; i < in.line_count; i++)
        free((void *)(uintptr_t)in.lines[i].text.data);
    free(in.lines);
    tdestroy(in.cases, row_free);
    bytes_fini(&in.text);
    arena_fini(&in.arena);
    import_map_free(&in.map);
    return status;
}

enum status import_to_file(void *state, struct slice line, struct error *err)
{
    FILE *file = state;

    if (fwrite(line.data, 1, line.size, file) != line.size ||
        fputc('\n', file) == EOF)
        return error_set_errno(err, errno, "write an event");
    return STATUS_OK;
}
