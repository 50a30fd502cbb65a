#include "ledger/story.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/span.h"
#include "base/time_text.h"
#include "ledger/yaml_json.h"

enum { STORY_ARENA_BYTES = 4 << 20, DAY_TEXT = 10 };

#define DAY_MS (24LL * 3600 * 1000)

/* Everything is read through this; the first failure stays. */
struct telling {
    struct story *story;
    struct arena arena;
    json_t *root;
    const char *path;
    int64_t shift_days;
    int64_t day_ms; /* local midnight of the story's first day, as UTC */
    struct error *err;
    enum status status;
};

static void fail(struct telling *t, const char *where, const char *format,
                 const char *word)
{
    char what[600];

    if (t->status)
        return;
    snprintf(what, sizeof what, format, word);
    t->status =
        error_set(t->err, STATUS_INVALID, "%s: %s: %s", t->path, where, what);
}

/* --- pieces --- */

static const char *text(struct telling *t, const json_t *o, const char *where,
                        const char *key)
{
    const json_t *v = json_object_get(o, key);

    if (!v)
        return "";
    if (json_is_integer(v))
        return arena_format(&t->arena, "%" JSON_INTEGER_FORMAT,
                            json_integer_value(v));
    if (!json_is_string(v)) {
        fail(t, where, "%s is not a text", key);
        return "";
    }
    return json_string_value(v);
}

/* A person by the name that the story has for him: L2, owner. */
static const char *alias(struct telling *t, const char *person)
{
    const json_t *names = json_object_get(t->root, "persons");
    const char *real = json_string_value(json_object_get(names, person));

    return real ? real : person;
}

static const char *need(struct telling *t, const json_t *o, const char *where,
                        const char *key)
{
    const char *found = text(t, o, where, key);

    if (!*found)
        fail(t, where, "%s is missing", key);
    return found;
}

/* A date and a time, or the time alone: of the story's first day. */
static int64_t moment(struct telling *t, const char *where, const char *words)
{
    const char *zone = t->story->zone;
    struct time_parts parts;
    char whole[64], day[TIME_TEXT_SIZE];
    struct error why;
    int64_t at_ms;

    if (t->status)
        return 0;
    if (strlen(words) < DAY_TEXT || words[4] != '-') {
        time_text_utc(t->day_ms, day);
        snprintf(whole, sizeof whole, "%.10s %s", day, words);
        words = whole;
    }
    if (time_text_parse(words, zone, &at_ms, &why) ||
        time_text_split(at_ms, zone, &parts, &why)) {
        fail(t, where, "%s", why.text);
        return 0;
    }
    if (t->shift_days == 0)
        return at_ms;
    /* the same local time, so many days later */
    if (time_text_parse(words, "UTC", &at_ms, &why)) {
        fail(t, where, "%s", why.text);
        return 0;
    }
    time_text_utc(at_ms + t->shift_days * DAY_MS, day);
    day[19] = '\0'; /* without its Z: in the zone */
    if (time_text_parse(day, zone, &at_ms, &why))
        fail(t, where, "%s", why.text);
    return at_ms;
}

static bool looks_like_date(const char *s)
{
    static const char pattern[] = "dddd-dd-dd";

    for (size_t i = 0; pattern[i]; i++)
        if (pattern[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != '-')
            return false;
    return s[DAY_TEXT] == '\0' || s[DAY_TEXT] == ' ' || s[DAY_TEXT] == 'T';
}

static json_t *moment_json(struct telling *t, int64_t at_ms)
{
    char words[TIME_TEXT_SIZE];
    struct error why;

    if (time_text_format(at_ms, t->story->zone, words, &why)) {
        fail(t, "zone", "%s", why.text);
        return json_null();
    }
    return json_string(words);
}

/* --- events --- */

/* Keys of an event row that are not fields of the event. */
static bool own_key(const char *key)
{
    static const char *const own[] = {"no",       "caption", "at",
                                      "received", "times",   "every"};

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
    json_object_set_new(event, "case_id", json_string(t->story->case_id));
}

static void read_event(struct telling *t, const json_t *row, const char *where,
                       struct story_event *e)
{
    const char *received = text(t, row, where, "received"), *key;
    json_t *value;

    e->no = text(t, row, where, "no");
    e->caption = text(t, row, where, "caption");
    e->at_ms = moment(t, where, need(t, row, where, "at"));
    e->received_ms = *received ? moment(t, where, received) : e->at_ms;
    e->json = json_object();
    json_object_set_new(e->json, "id",
                        json_string(arena_format(&t->arena, "%s-%s",
                                                 t->story->case_id, where)));
    json_object_set_new(e->json, "kind",
                        json_string(need(t, row, where, "kind")));
    json_object_set_new(e->json, "at", moment_json(t, e->at_ms));
    json_object_set_new(e->json, "received_at", moment_json(t, e->received_ms));
    common_fields(t, e->json);
    json_object_foreach((json_t *)(uintptr_t)row, key, value)
    {
        if (own_key(key) || strcmp(key, "kind") == 0)
            continue;
        if (json_is_string(value) && looks_like_date(json_string_value(value)))
            json_object_set_new(
                e->json, key,
                moment_json(t, moment(t, where, json_string_value(value))));
        else
            json_object_set(e->json, key, value);
    }
}

/* times: 35, every: 18min makes 35 of it, each with its attempt_no. */
static size_t repeats(const json_t *row)
{
    const json_t *n = json_object_get(row, "times");

    return json_is_integer(n) && json_integer_value(n) > 0
               ? (size_t)json_integer_value(n)
               : 1;
}

static void read_repeats(struct telling *t, const json_t *row,
                         const char *where, struct story_tale *tale)
{
    const char *every = text(t, row, where, "every");
    struct error why;
    int64_t every_ms = 0;

    if (*every && span_parse(every, &every_ms, &why))
        fail(t, where, "%s", why.text);
    for (size_t i = 0; i < repeats(row) && !t->status; i++) {
        struct story_event *e = &tale->events[tale->event_count];
        const char *name =
            i ? arena_format(&t->arena, "%s.%zu", where, i + 1) : where;

        read_event(t, row, name, e);
        e->order = tale->event_count++;
        e->at_ms += (int64_t)i * every_ms;
        e->received_ms += (int64_t)i * every_ms;
        if (repeats(row) == 1)
            return;
        json_object_set_new(e->json, "at", moment_json(t, e->at_ms));
        json_object_set_new(e->json, "received_at",
                            moment_json(t, e->received_ms));
        json_object_set_new(e->json, "attempt_no",
                            json_integer((json_int_t)i + 1));
    }
}

static bool left_out(const json_t *without, const char *no)
{
    size_t i;
    json_t *v;

    json_array_foreach((json_t *)(uintptr_t)without, i, v)
    {
        char word[32];

        if (json_is_integer(v))
            snprintf(word, sizeof word, "%" JSON_INTEGER_FORMAT,
                     json_integer_value(v));
        else
            snprintf(word, sizeof word, "%s", json_string_value(v));
        if (*no && strcmp(word, no) == 0)
            return true;
    }
    return false;
}

static int by_received(const void *a, const void *b)
{
    const struct story_event *x = a, *y = b;

    if (x->received_ms != y->received_ms)
        return x->received_ms < y->received_ms ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void read_events(struct telling *t, const json_t *list,
                        const json_t *without, const char *name,
                        struct story_tale *tale)
{
    size_t i, count = tale->event_count;
    struct story_event *all;
    json_t *row;

    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        count += repeats(row);
    }
    all = arena_array(&t->arena, count ? count : 1, sizeof *all);
    if (!all)
        abort();
    if (tale->event_count)
        memcpy(all, tale->events, tale->event_count * sizeof *all);
    tale->events = all;
    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        const char *where = arena_format(&t->arena, "%s%zu", name, i + 1);

        if (t->status || left_out(without, text(t, row, where, "no")))
            continue;
        read_repeats(t, row, where, tale);
    }
}

/* --- claims --- */

static struct story_claim *claim_new(struct telling *t, struct story_tale *tale)
{
    enum { CLAIMS_MAX = 512 };

    if (!tale->claims)
        tale->claims = arena_array(&t->arena, CLAIMS_MAX, sizeof *tale->claims);
    if (!tale->claims || tale->claim_count == CLAIMS_MAX)
        abort();
    return &tale->claims[tale->claim_count++];
}

static void claim_times(struct telling *t, const json_t *row, const char *where,
                        struct story_claim *c)
{
    const char *at = text(t, row, where, "at");
    const char *from = text(t, row, where, "from");
    const char *until = text(t, row, where, "until");

    c->from_ms = INT64_MIN;
    c->until_ms = INT64_MAX;
    if (*at) {
        c->from_ms = moment(t, where, at);
        c->until_ms = c->from_ms + 1;
    } else if (c->must && !*until) {
        fail(t, where, "%s is missing", "at");
    }
    if (*from)
        c->from_ms = moment(t, where, from);
    if (*until)
        c->until_ms = moment(t, where, until);
}

/* A row names persons under page or inform, or a decision by its kind. */
static void read_claim(struct telling *t, const json_t *row, const char *where,
                       bool must, size_t number, struct story_tale *tale)
{
    static const char *const shorts[] = {"page", "inform"};
    struct story_claim base = {.must = must, .row = number};
    bool any = false;

    claim_times(t, row, where, &base);
    base.tier = text(t, row, where, "tier");
    base.rule = text(t, row, where, "rule");
    base.clock = text(t, row, where, "clock");
    base.key = text(t, row, where, "key");
    base.value = text(t, row, where, "value");
    base.severity = text(t, row, where, "severity");
    base.why = text(t, row, where, "why");
    base.waits = text(t, row, where, "waits");
    base.person = alias(t, text(t, row, where, "person"));
    base.kind = text(t, row, where, "kind");
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++) {
        const json_t *persons = json_object_get(row, shorts[i]);
        size_t j;
        json_t *person;

        json_array_foreach((json_t *)(uintptr_t)persons, j, person)
        {
            struct story_claim *c = claim_new(t, tale);

            *c = base;
            c->kind = shorts[i];
            if (json_is_string(person))
                c->person = alias(t, json_string_value(person));
            else
                fail(t, where, "%s: a person is not a text", shorts[i]);
            any = true;
        }
    }
    if (!any && !*base.kind)
        fail(t, where, "%s is missing", "page, inform or kind");
    if (*base.kind)
        *claim_new(t, tale) = base;
}

static void read_claims(struct telling *t, const json_t *list, bool must,
                        struct story_tale *tale)
{
    const char *name = must ? "must" : "must_not";
    size_t i;
    json_t *row;

    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        read_claim(t, row, arena_format(&t->arena, "%s[%zu]", name, i + 1),
                   must, i + 1, tale);
    }
}

static void read_states(struct telling *t, const json_t *list,
                        struct story_tale *tale)
{
    size_t i;
    json_t *row;

    tale->states =
        arena_array(&t->arena, json_array_size(list) + 1, sizeof *tale->states);
    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        struct story_state *s = &tale->states[tale->state_count++];
        const char *where = arena_format(&t->arena, "state[%zu]", i + 1);
        const json_t *count = json_object_get(row, "count");

        s->at_ms = moment(t, where, need(t, row, where, "at"));
        s->owner = alias(t, text(t, row, where, "owner"));
        s->status = text(t, row, where, "status");
        s->severity = text(t, row, where, "severity");
        s->counter = text(t, row, where, "counter");
        s->count = json_integer_value(count);
        s->why = text(t, row, where, "why");
    }
}

/* --- the whole --- */

static void read_tale(struct telling *t, const json_t *from, const char *name,
                      struct story_tale *tale)
{
    const json_t *answers = json_object_get(from, "mode");
    const char *mode = json_is_string(answers) ? json_string_value(answers)
                                               : text(t, t->root, name, "mode");
    const char *until = text(t, from, name, "until");
    const char *quiet = text(t, from, name, "answered_until");
    const json_t *without = json_object_get(from, "without");

    tale->name = name;
    tale->answers =
        strcmp(mode, "B") == 0 ? STORY_NOBODY_ANSWERS : STORY_ALL_ANSWER;
    if (*quiet)
        tale->answer_until_ms = moment(t, name, quiet);
    tale->until_ms =
        moment(t, name, *until ? until : need(t, t->root, name, "until"));
    read_events(t, json_object_get(t->root, "events"), without, "e", tale);
    if (from != t->root)
        read_events(t, json_object_get(from, "events"), NULL, "v", tale);
    if (tale->event_count)
        qsort(tale->events, tale->event_count, sizeof *tale->events,
              by_received);
    read_claims(t, json_object_get(from, "must"), true, tale);
    read_claims(t, json_object_get(from, "must_not"), false, tale);
    read_states(t, json_object_get(from, "state"), tale);
}

static void read_really(struct telling *t)
{
    const json_t *list = json_object_get(t->root, "really");
    struct story *s = t->story;
    size_t i;
    json_t *row;

    s->really =
        arena_array(&t->arena, json_array_size(list) + 1, sizeof *s->really);
    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        struct story_really *r = &s->really[s->really_count++];
        const char *at = text(t, row, "really", "at");

        r->who = need(t, row, "really", "who");
        r->text = text(t, row, "really", "text");
        r->at_ms = *at ? moment(t, "really", at) : 0;
    }
}

static void read_head(struct telling *t, const char *day)
{
    struct story *s = t->story;
    const char *first = need(t, t->root, "day", "day");
    struct error why;
    int64_t to_ms;

    s->id = need(t, t->root, "story", "story");
    s->title = need(t, t->root, "title", "title");
    s->zone = need(t, t->root, "zone", "zone");
    s->case_id = text(t, t->root, "case", "case");
    if (!*s->case_id)
        s->case_id = s->id;
    if (t->status)
        return;
    if (time_text_parse(first, "UTC", &t->day_ms, &why)) {
        fail(t, "day", "%s", why.text);
    } else if (day) {
        if (time_text_parse(day, "UTC", &to_ms, &why))
            fail(t, "day", "%s", why.text);
        else
            t->shift_days = (to_ms - t->day_ms) / DAY_MS;
    }
}

static void read_story(struct telling *t, const char *day)
{
    struct story *s = t->story;
    const json_t *variants = json_object_get(t->root, "variants");
    size_t i;
    json_t *row;

    read_head(t, day);
    if (t->status)
        return;
    s->tales =
        arena_array(&t->arena, json_array_size(variants) + 1, sizeof *s->tales);
    read_tale(t, t->root, s->id, &s->tales[s->tale_count++]);
    json_array_foreach((json_t *)(uintptr_t)variants, i, row)
    {
        const char *name = arena_format(&t->arena, "%s %s", s->id,
                                        need(t, row, "variants", "name"));

        read_tale(t, row, name, &s->tales[s->tale_count++]);
    }
    read_really(t);
}

enum status story_load(const char *path, const char *day, struct story **out,
                       struct error *err)
{
    struct telling *t = calloc(1, sizeof *t);

    if (!t || !(t->story = calloc(1, sizeof *t->story)))
        abort();
    arena_init(&t->arena, STORY_ARENA_BYTES);
    t->path = path;
    t->err = err;
    t->story->held = t;
    t->status = yaml_json_read(path, &t->root, err);
    if (!t->status && !json_is_object(t->root))
        fail(t, "the file", "%s", "expected a mapping");
    if (!t->status)
        read_story(t, day);
    if (!t->status && t->arena.full)
        t->status = error_set(err, STATUS_TOO_LARGE, "%s", path);
    *out = t->story;
    if (t->status) {
        enum status status = t->status;

        story_free(out);
        return status;
    }
    return STATUS_OK;
}

void story_free(struct story **s)
{
    struct telling *t;

    if (!*s)
        return;
    t = (*s)->held;
    for (size_t i = 0; i < (*s)->tale_count; i++)
        for (size_t j = 0; j < (*s)->tales[i].event_count; j++)
            json_decref((*s)->tales[i].events[j].json);
    json_decref(t->root);
    arena_fini(&t->arena);
    free(*s);
    free(t);
    *s = NULL;
}

size_t story_must_rows(const struct story *s)
{
    size_t rows = 0;

    for (size_t i = 0; i < s->tale_count; i++) {
        const struct story_tale *tale = &s->tales[i];
        size_t last = 0;

        for (size_t j = 0; j < tale->claim_count; j++) {
            if (!tale->claims[j].must || *tale->claims[j].waits ||
                tale->claims[j].row == last)
                continue;
            last = tale->claims[j].row;
            rows++;
        }
    }
    return rows;
}

enum status story_print(const struct story *s, FILE *out, struct error *err)
{
    const struct story_tale *tale = &s->tales[0];
    enum status status = STATUS_OK;

    for (size_t i = 0; !status && i < tale->event_count; i++)
        status = json_lines_write(out, tale->events[i].json, err);
    return status;
}
