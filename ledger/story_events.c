/* What happened: the rows of "events". */
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "ledger/story_internal.h"

enum { DAY_TEXT = 10, TIMES_MAX = 100000 };

static bool looks_like_date(const char *s)
{
    static const char pattern[] = "dddd-dd-dd";

    for (size_t i = 0; pattern[i]; i++)
        if (pattern[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != '-')
            return false;
    return s[DAY_TEXT] == '\0' || s[DAY_TEXT] == ' ' || s[DAY_TEXT] == 'T';
}

/* Keys of an event row that are not fields of the event. */
static bool own_key(const char *key)
{
    static const char *const own[] = {"no",    "caption", "at",  "received",
                                      "times", "every",   "kind"};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(key, own[i]) == 0)
            return true;
    return false;
}

static void common_fields(struct telling *t, json_t *event)
{
    static const char *const keys[] = {"station", "region",      "product_line",
                                       "source",  "customer_id", "asset_id"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_t *v = json_object_get(t->root, keys[i]);

        if (v)
            json_object_set(event, keys[i], v);
    }
    if (*t->story->case_id)
        json_object_set_new(event, "case_id", json_string(t->story->case_id));
}

/* "+1d 09:00" too, where the day is said. */
static bool is_moment(const char *s)
{
    size_t digits = *s == '+' ? strspn(s + 1, "0123456789") : 0;

    return looks_like_date(s) || (digits && s[1 + digits] == 'd' &&
                                  (!s[2 + digits] || s[2 + digits] == ' '));
}

/* A field as the event has it: dates move with the story, and a person may be
 * named as the story names him. */
static json_t *field_value(struct telling *t, const json_t *row,
                           const char *key, json_t *value)
{
    const char *text = json_string_value(value);
    size_t i;
    json_t *item, *list;

    if (text && is_moment(text))
        return telling_moment_json(t, telling_moment_of(t, row, key, text));
    if (text)
        return json_string(telling_alias(t, text));
    if (!json_is_array(value))
        return json_incref(value);
    list = json_array();
    json_array_foreach(value, i, item)
    {
        json_array_append_new(list, field_value(t, row, key, item));
    }
    return list;
}

static void read_event(struct telling *t, const json_t *row, const char *name,
                       struct story_event *e)
{
    const char *key;
    json_t *value;

    e->no = telling_text(t, row, "no");
    e->caption = telling_text(t, row, "caption");
    e->line = telling_line(t, row);
    (void)telling_need(t, row, "at", "when it happened");
    e->at_ms = telling_moment(t, row, "at");
    e->received_ms = *telling_text(t, row, "received")
                         ? telling_moment(t, row, "received")
                         : e->at_ms;
    e->json = json_object();
    json_object_set_new(
        e->json, "id",
        json_string(arena_format(&t->arena, "%s-%s", t->story->id, name)));
    json_object_set_new(
        e->json, "kind",
        json_string(telling_need(t, row, "kind",
                                 "what happened, such as case.opened")));
    json_object_set_new(e->json, "at", telling_moment_json(t, e->at_ms));
    json_object_set_new(e->json, "received_at",
                        telling_moment_json(t, e->received_ms));
    common_fields(t, e->json);
    json_object_foreach((json_t *)(uintptr_t)row, key, value)
    {
        if (own_key(key))
            continue;
        if (json_is_null(value))
            json_object_del(e->json, key);
        else
            json_object_set_new(e->json, key, field_value(t, row, key, value));
    }
}

/* times: 35, every: 18min makes 35 of it, each with its attempt_no. */
static size_t repeats(struct telling *t, const json_t *row)
{
    const json_t *n = json_object_get(row, "times");
    json_int_t times = json_integer_value(n);

    if (n && (!json_is_integer(n) || times < 1 || times > TIMES_MAX)) {
        telling_fail(t, row, "times", "\"times\" is a number from 1 to %d",
                     TIMES_MAX);
        return 1;
    }
    return n ? (size_t)times : 1;
}

static void read_repeats(struct telling *t, const json_t *row, const char *name,
                         struct story_tale *tale)
{
    const char *every = telling_text(t, row, "every");
    size_t times = repeats(t, row);
    struct error why;
    int64_t every_ms = 0;

    if (*every && span_parse(every, &every_ms, &why))
        telling_fail(t, row, "every", "%s; write 18min or 2h", why.text);
    for (size_t i = 0; i < times && !t->status; i++) {
        struct story_event *e = &tale->events[tale->event_count];

        read_event(t, row,
                   i ? arena_format(&t->arena, "%s.%zu", name, i + 1) : name,
                   e);
        e->order = tale->event_count++;
        e->at_ms += (int64_t)i * every_ms;
        e->received_ms += (int64_t)i * every_ms;
        if (times == 1)
            return;
        json_object_set_new(e->json, "at", telling_moment_json(t, e->at_ms));
        json_object_set_new(e->json, "received_at",
                            telling_moment_json(t, e->received_ms));
        json_object_set_new(e->json, "attempt_no",
                            json_integer((json_int_t)i + 1));
    }
}

/* --- which of the story's a variant has
 * ---------------------------------------- */

struct choice {
    const char *const *without, *const *only; /* NULL: not said */
    size_t without_count, only_count;
};

static bool is_in(const char *const *list, size_t count, const char *no)
{
    for (size_t i = 0; *no && i < count; i++)
        if (strcmp(list[i], no) == 0)
            return true;
    return false;
}

static bool has_number(struct telling *t, const char *no)
{
    const json_t *list = json_object_get(t->root, "events");
    size_t i;
    json_t *row;

    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        if (strcmp(telling_text(t, row, "no"), no) == 0)
            return true;
    }
    return false;
}

static void read_choice(struct telling *t, const json_t *from, struct choice *c)
{
    memset(c, 0, sizeof *c);
    if (from == t->root)
        return;
    c->without = telling_list(t, from, "without", &c->without_count);
    c->only = telling_list(t, from, "only", &c->only_count);
    for (size_t i = 0; i < c->without_count; i++)
        if (!has_number(t, c->without[i]))
            telling_fail(t, from, "without", "no event has the number %s",
                         c->without[i]);
    for (size_t i = 0; i < c->only_count; i++)
        if (!has_number(t, c->only[i]))
            telling_fail(t, from, "only", "no event has the number %s",
                         c->only[i]);
}

static int by_received(const void *a, const void *b)
{
    const struct story_event *x = a, *y = b;

    if (x->received_ms != y->received_ms)
        return x->received_ms < y->received_ms ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void read_list(struct telling *t, const json_t *list,
                      const struct choice *c, const char *prefix,
                      struct story_tale *tale)
{
    size_t i, count = tale->event_count;
    struct story_event *all;
    json_t *row;

    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        count += repeats(t, row);
    }
    all = arena_array(&t->arena, count ? count : 1, sizeof *all);
    if (!all)
        abort();
    if (tale->event_count)
        memcpy(all, tale->events, tale->event_count * sizeof *all);
    tale->events = all;
    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        const char *no = telling_text(t, row, "no");

        if (t->status || is_in(c->without, c->without_count, no) ||
            (c->only && !is_in(c->only, c->only_count, no)))
            continue;
        read_repeats(t, row, arena_format(&t->arena, "%s%zu", prefix, i + 1),
                     tale);
    }
}

void story_events_read(struct telling *t, const json_t *from,
                       struct story_tale *tale)
{
    static const struct choice all;
    struct choice c;

    read_choice(t, from, &c);
    read_list(t, telling_rows(t, t->root, "events"), &c, "e", tale);
    if (from != t->root)
        read_list(t, telling_rows(t, from, "events"), &all, "v", tale);
    if (tale->event_count)
        qsort(tale->events, tale->event_count, sizeof *tale->events,
              by_received);
}
