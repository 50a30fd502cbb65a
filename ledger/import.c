#include "ledger/import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "ledger/import_internal.h"

enum { ROW_ARENA_BYTES = 1 << 20, PROGRESS_ROWS = 512 };

/* A line that waits until all are there: tables of cases. */
struct waiting_line {
    int64_t at_ms;
    uint64_t order;
    struct slice text;
};

/* --- events --- */

static enum status put_times(struct import *in, json_t *object,
                             const struct map_event *e, int64_t *received_ms,
                             struct error *err)
{
    const struct map_value *received =
        in->map->received_at.part_count ? &in->map->received_at : &e->at;
    const char *at_text = import_text(in, &e->at);
    const char *received_text = import_text(in, received);
    json_t *at = NULL, *received_at = NULL;
    enum status status;
    int64_t at_ms;

    if (!at_text || !received_text)
        return error_set(err, STATUS_INVALID, "%s has no time", e->kind);
    status = import_time(in, at_text, &at, &at_ms, err);
    if (!status)
        status = import_time(in, received_text, &received_at, received_ms, err);
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

enum status import_event(struct import *in, const struct map_event *e,
                         json_t *changes, json_t **out, int64_t *received_ms,
                         struct error *err)
{
    const char *case_id = import_text(in, &in->map->case_id);
    json_t *object = json_object();
    enum status status = STATUS_OK;

    json_object_set_new(object, "id", json_null()); /* keeps its place */
    json_object_set_new(object, "kind", json_string(e->kind));
    status = put_times(in, object, e, received_ms, err);
    json_object_set_new(object, "case_id", json_string(case_id));
    if (!status)
        status = import_fields(in, object, &in->map->every, err);
    json_object_set_new(object, "source", json_string("import"));
    if (!status)
        status = import_fields(in, object, &e->fields, err);
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

enum status import_send(struct import *in, json_t *object, struct error *err)
{
    bytes_reset(&in->text);
    if (json_append(&in->text, object))
        return error_set(err, STATUS_NO_MEMORY, "an event as JSON");
    return deliver(in, bytes_slice(&in->text), err);
}

/* --- a table of cases --- */

static bool needs_met(const struct import *in, const struct map_event *e)
{
    for (size_t i = 0; i < e->need_count; i++)
        if (!import_raw(in, e->needs[i].index, false))
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
        status = import_event(in, e, NULL, &object, &at_ms, err);
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

static void tell(const struct import *in, const struct error *why,
                 const char *file, size_t line)
{
    if (!in->options->complain)
        return;
    if (line)
        fprintf(in->options->complain, "%s:%zu: %s\n", file, line, why->text);
    else
        fprintf(in->options->complain, "%s\n", why->text);
}

static void complain(struct import *in, const struct error *why,
                     const char *file, size_t line)
{
    in->summary->bad_rows++;
    tell(in, why, file, line);
}

static enum status take_row(struct import *in, struct error *err)
{
    arena_reset(&in->arena);
    if (!import_text(in, &in->map->case_id))
        return error_set(err, STATUS_INVALID, "the row names no case");
    return in->map->shape == MAP_UPDATES ? import_update(in, err)
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
        if (found == STATUS_CORRUPT) {
            in->summary->cut_files++;
            tell(in, &why, file, 0);
            continue;
        }
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
    import_updates_fini(&in);
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
