/* publish - events of the library's users: built, checked, stored. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/json.h"
#include "proto/event_json.h"
#include "station/client.h"

struct yinuo_event {
    json_t *object;
    bool failed;
    char field[128]; /* the first that could not be set */
};

/* ---- building ---- */

struct yinuo_event *yinuo_event_new(const char *kind)
{
    struct yinuo_event *e = calloc(1, sizeof(*e));
    if (!e)
        return NULL;
    e->object = json_object();
    yinuo_event_set_text(e, "kind", kind);
    return e;
}

void yinuo_event_free(struct yinuo_event **event)
{
    if (!*event)
        return;
    json_decref((*event)->object);
    free(*event);
    *event = NULL;
}

/* Takes the value. */
static void set(struct yinuo_event *e, const char *name, json_t *value)
{
    if (value && name && json_object_set_new(e->object, name, value) == 0)
        return;
    if (!e->failed)
        snprintf(e->field, sizeof(e->field), "%s", name ? name : "");
    e->failed = true;
}

void yinuo_event_set_text(struct yinuo_event *e, const char *name,
                          const char *value)
{
    set(e, name, value ? json_string(value) : NULL);
}

void yinuo_event_set_number(struct yinuo_event *e, const char *name,
                            int64_t value)
{
    set(e, name, json_integer(value));
}

void yinuo_event_set_real(struct yinuo_event *e, const char *name, double value)
{
    set(e, name, json_real(value));
}

void yinuo_event_set_flag(struct yinuo_event *e, const char *name, bool value)
{
    set(e, name, json_boolean(value));
}

void yinuo_event_set_moment(struct yinuo_event *e, const char *name,
                            int64_t at_ms)
{
    set(e, name, moment_to_json(at_ms, NULL));
}

void yinuo_event_set_list(struct yinuo_event *e, const char *name,
                          const char *const *values, size_t count)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < count; i++)
        ok = json_array_append_new(list, json_string(values[i])) == 0;
    if (!ok)
        json_decref(list);
    set(e, name, ok ? list : NULL);
}

void yinuo_event_set_nothing(struct yinuo_event *e, const char *name)
{
    set(e, name, json_null());
}

/* ---- from JSON to bytes ---- */

static enum yinuo_result invalid(struct yinuo_error *error, enum refusal code,
                                 const char *field, const char *text)
{
    if (!error)
        return YINUO_INVALID;
    memset(error, 0, sizeof(*error));
    error->result = YINUO_INVALID;
    snprintf(error->text, sizeof(error->text), "%s", text);
    snprintf(error->field, sizeof(error->field), "%s", field);
    snprintf(error->code, sizeof(error->code), "%s", refusal_name(code));
    return YINUO_INVALID;
}

static char *default_text(struct arena *arena, char *said, const char *usual)
{
    return said || !*usual ? said : arena_text(arena, usual);
}

static void fill_in(struct yinuo *y, Yinuo__V1__Event *e, struct arena *arena)
{
    int64_t now_ms = clock_wall_ms(clock_system());
    if (!e->id || !*e->id) {
        struct id id = id_make(now_ms, random_system());
        char text[ID_TEXT_SIZE];
        id_format(&id, text);
        e->id = arena_text(arena, text);
    }
    if (!e->has_at_ms) {
        e->has_at_ms = 1;
        e->at_ms = now_ms;
    }
    if (!e->has_received_at_ms) {
        e->has_received_at_ms = 1;
        e->received_at_ms = now_ms;
    }
    if (!e->has_source && y->role == WIRE_ROLE_STATION) {
        e->has_source = 1;
        e->source = YINUO__V1__SOURCE__SOURCE_STATION;
    }
    e->station = default_text(arena, e->station, y->station);
    e->region = default_text(arena, e->region, y->region);
}

/* The event's bytes behind what is in out; its id for the receipt. */
static enum yinuo_result encode(struct yinuo *y, const json_t *object,
                                struct bytes *out, char id[64],
                                struct yinuo_error *error)
{
    struct arena arena;
    struct fault fault = {0};
    size_t before = out->size;
    enum yinuo_result result = YINUO_OK;
    arena_init(&arena, LIMIT_DECODE_BYTES);
    Yinuo__V1__Event *event = event_from_json(
        object, y->time_zone[0] ? y->time_zone : NULL, &arena, &fault);
    if (event) {
        fill_in(y, event, &arena);
        (void)event_check(event, 0, &fault);
    }
    if (fault.code != REFUSAL_NONE)
        result = invalid(error, fault.code, fault.field, fault.text);
    else if (!event || !event->id ||
             codec_encode(&event->base, out) != STATUS_OK)
        result = client_fail(error, STATUS_NO_MEMORY, "no memory");
    else if (out->size - before > LIMIT_EVENT_BYTES)
        result = invalid(error, REFUSAL_TOO_LARGE, "",
                         "the event is larger than 16 KiB");
    else
        snprintf(id, 64, "%s", event->id);
    arena_fini(&arena);
    return result;
}

/* ---- storing ---- */

struct stack {
    struct bytes bytes;
    size_t count;
    size_t ends[YINUO_BATCH_MAX];
    char ids[YINUO_BATCH_MAX][64];
};

static enum yinuo_result store(struct yinuo *y, const struct stack *s,
                               const struct outbox_mark *mark,
                               struct yinuo_receipt *receipts,
                               struct yinuo_error *error)
{
    static const size_t size = sizeof(struct slice);
    struct error err;
    uint64_t first;
    uint32_t partition = atomic_load(&y->partition);
    struct slice *events = calloc(s->count + 1, size);
    if (!events)
        return client_fail(error, STATUS_NO_MEMORY, "no memory");
    for (size_t i = 0, from = 0; i < s->count; from = s->ends[i++])
        events[i] = slice_of(s->bytes.data + from, s->ends[i] - from);
    enum status status =
        outbox_add(&y->outbox, partition, events, s->count, mark, &first, &err);
    free(events);
    if (status != STATUS_OK)
        return client_fail(error, status, err.text);
    for (size_t i = 0; receipts && i < s->count; i++) {
        receipts[i].partition = partition;
        receipts[i].sequence = first + i;
        memcpy(receipts[i].id, s->ids[i], sizeof(receipts[i].id));
    }
    courier_wake(y);
    return YINUO_OK;
}

static enum yinuo_result add_line(struct yinuo *y, struct stack *s,
                                  const char *line, size_t size,
                                  struct yinuo_error *error)
{
    struct error err;
    json_t *object = NULL;
    if (size > LIMIT_EVENT_JSON_BYTES)
        return invalid(error, REFUSAL_TOO_LARGE, "",
                       "the line is longer than 64 KiB");
    if (json_parse(slice_of(line, size), &object, &err) != STATUS_OK)
        return invalid(error, REFUSAL_MALFORMED, "", err.text);
    enum yinuo_result result =
        encode(y, object, &s->bytes, s->ids[s->count], error);
    json_decref(object);
    s->ends[s->count++] = s->bytes.size;
    return result;
}

enum yinuo_result yinuo_publish_lines(struct yinuo *y, const char *const *lines,
                                      size_t count,
                                      struct yinuo_receipt *receipts,
                                      size_t *bad, struct yinuo_error *error)
{
    if (count == 0 || count > YINUO_BATCH_MAX)
        return client_fail(error, STATUS_INVALID, "1 to 1024 lines at a time");
    return client_publish(y, lines, count, NULL, receipts, bad, error);
}

enum yinuo_result client_publish(struct yinuo *y, const char *const *lines,
                                 size_t count, const struct outbox_mark *mark,
                                 struct yinuo_receipt *receipts, size_t *bad,
                                 struct yinuo_error *error)
{
    enum yinuo_result result = YINUO_OK;
    struct stack *s = calloc(1, sizeof(*s));
    if (!s)
        return client_fail(error, STATUS_NO_MEMORY, "no memory");
    for (size_t i = 0; result == YINUO_OK && i < count; i++) {
        result = add_line(y, s, lines[i], strlen(lines[i]), error);
        if (result != YINUO_OK && bad)
            *bad = i;
    }
    if (result == YINUO_OK)
        result = store(y, s, mark, receipts, error);
    bytes_fini(&s->bytes);
    free(s);
    return result;
}

static enum yinuo_result publish_one(struct yinuo *y, const json_t *object,
                                     struct yinuo_receipt *receipt,
                                     struct yinuo_error *error)
{
    struct error err;
    struct bytes bytes;
    uint64_t first;
    char id[64];
    uint32_t partition = atomic_load(&y->partition);
    bytes_init(&bytes, 0);
    enum yinuo_result result = encode(y, object, &bytes, id, error);
    if (result == YINUO_OK) {
        struct slice event = bytes_slice(&bytes);
        enum status status =
            outbox_add(&y->outbox, partition, &event, 1, NULL, &first, &err);
        if (status != STATUS_OK)
            result = client_fail(error, status, err.text);
    }
    bytes_fini(&bytes);
    if (result != YINUO_OK)
        return result;
    courier_wake(y);
    if (receipt) {
        *receipt =
            (struct yinuo_receipt){.partition = partition, .sequence = first};
        memcpy(receipt->id, id, sizeof(id));
    }
    return YINUO_OK;
}

enum yinuo_result yinuo_publish(struct yinuo *y, const struct yinuo_event *e,
                                struct yinuo_receipt *receipt,
                                struct yinuo_error *error)
{
    if (e->failed)
        return invalid(error, REFUSAL_BAD_FIELD, e->field,
                       "a field could not be set: its value is not UTF-8");
    return publish_one(y, e->object, receipt, error);
}

enum yinuo_result yinuo_publish_json(struct yinuo *y, const char *json,
                                     size_t size, struct yinuo_receipt *receipt,
                                     struct yinuo_error *error)
{
    struct error err;
    json_t *object = NULL;
    if (size > LIMIT_EVENT_JSON_BYTES)
        return invalid(error, REFUSAL_TOO_LARGE, "",
                       "the event is longer than 64 KiB");
    if (json_parse(slice_of(json, size), &object, &err) != STATUS_OK)
        return invalid(error, REFUSAL_MALFORMED, "", err.text);
    enum yinuo_result result = publish_one(y, object, receipt, error);
    json_decref(object);
    return result;
}
