/* import_updates - a log of updates: each row is what has changed in its case.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/import_internal.h"

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
    c->case_id = strdup(import_text(in, &in->map->case_id));
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
    const char *text = import_raw(in, c->index, before);
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
    const char *now = import_raw(in, c->changed.index, false);
    const char *then = import_raw(in, c->changed.index, true);

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
    const char *now = import_raw(in, c->index, false);
    const char *then = import_raw(in, c->index, true);

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
        status = import_fields(in, change, &c->values, err);
        if (c->rises.name)
            json_object_set_new(change, "count", json_integer(times));
        *once |= UINT64_C(1) << i;
    }
    return status;
}

enum status import_update(struct import *in, struct error *err)
{
    struct case_row *c = find_case(in, import_text(in, &in->map->case_id));
    json_t *changes = json_array(), *object = NULL;
    enum status status;
    uint64_t once = 0;
    int64_t received_ms;

    in->before = c;
    status = put_changes(in, changes, &once, err);
    if (!status)
        status = import_event(in, c ? &in->map->later : &in->map->first,
                              changes, &object, &received_ms, err);
    if (!status) {
        in->summary->changes += json_array_size(changes);
        in->summary->notes += c && json_array_size(changes) == 0;
        status = keep(in, c, once, err);
        if (!status)
            status = import_send(in, object, err);
    }
    json_decref(changes);
    json_decref(object);
    return status;
}

void import_updates_fini(struct import *in)
{
    tdestroy(in->cases, row_free);
}
