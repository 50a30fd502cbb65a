#include "ledger/story.h"

#include <assert.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/span.h"
#include "base/time_text.h"
#include "ledger/story_internal.h"

enum { STORY_ARENA_BYTES = 8 << 20, STORY_BYTES_MAX = 1 << 20 };

static const char *const story_keys[] = {
    "story",          "title",       "about",    "zone",      "day",
    "case",           "pack",        "station",  "region",    "product_line",
    "source",         "customer_id", "asset_id", "mode",      "answers",
    "answered_until", "until",       "persons",  "directory", "calendars",
    "policy",         "events",      "must",     "must_not",  "state",
    "variants",       "really",      "reloaded", NULL};
static const char *const variant_keys[] = {
    "name",           "about",    "without",   "only",      "mode",   "answers",
    "answered_until", "until",    "directory", "calendars", "policy", "events",
    "must",           "must_not", "state",     "reloaded",  NULL};

/* --- who answers ---------------------------------------------------------- */

static int64_t read_wait(struct telling *t, const json_t *o, const char *key)
{
    const char *words = telling_text(t, o, key);
    struct error why;
    int64_t wait_ms = STORY_NEVER;

    if (strcmp(words, "never") != 0 && span_parse(words, &wait_ms, &why))
        telling_fail(t, o, key,
                     "who answers says \"2min\" or \"never\", not \"%s\"",
                     words);
    return wait_ms;
}

static void read_answers(struct telling *t, const json_t *from,
                         struct story_tale *tale)
{
    const char *mode = telling_text(t, from, "mode"), *key;
    const json_t *answers = json_object_get(from, "answers");
    json_t *value;

    if (*mode && strcmp(mode, "A") != 0 && strcmp(mode, "B") != 0)
        telling_fail(t, from, "mode",
                     "mode is A (every page is acknowledged after 2 minutes) "
                     "or B (none is), not \"%s\"",
                     mode);
    if (*mode) { /* a variant's takes the place of what the story says */
        tale->answer_ms = *mode == 'B' ? STORY_NEVER : STORY_ANSWER_MS;
        tale->answer_count = 0;
    }
    if (*telling_text(t, from, "answered_until"))
        tale->answer_until_ms = telling_moment(t, from, "answered_until");
    if (answers && !json_is_object(answers))
        tale->answer_ms = read_wait(t, from, "answers");
    if (!json_is_object(answers))
        return;
    tale->answers = arena_array(&t->arena, json_object_size(answers),
                                sizeof *tale->answers);
    tale->answer_count = 0;
    json_object_foreach((json_t *)(uintptr_t)answers, key, value)
    {
        int64_t wait_ms = read_wait(t, answers, key);

        (void)value;
        if (strcmp(key, "others") == 0)
            tale->answer_ms = wait_ms;
        else
            tale->answers[tale->answer_count++] =
                (struct story_answer){telling_alias(t, key), wait_ms};
    }
}

/* --- over the pack -------------------------------------------------------- */

static void read_overlays(struct telling *t, const json_t *from,
                          const char *prefix, struct story_tale *tale)
{
    static const struct {
        const char *key, *over, *under;
    } rows[] = {{"directory", "directory.yaml", ""},
                {"calendars", "calendars.yaml", "calendars"},
                {"policy", "policy.yaml", ""}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const json_t *v = json_object_get(from, rows[i].key);

        if (!v)
            continue;
        if (!json_is_object(v)) {
            telling_fail(t, from, rows[i].key,
                         "\"%s\" is a mapping as in %s of a pack", rows[i].key,
                         rows[i].over);
            return;
        }
        tale->overlays[tale->overlay_count++] = (struct story_overlay){
            arena_format(&t->arena, "%s%s", prefix, rows[i].key), rows[i].over,
            rows[i].under};
    }
}

/* Another version of the pack, in force from a moment on. */
static void read_reloaded(struct telling *t, const json_t *from,
                          const char *prefix, struct story_tale *tale)
{
    static const char *const keys[] = {"at",        "about",  "directory",
                                       "calendars", "policy", NULL};
    const json_t *v = json_object_get(from, "reloaded");
    struct story_tale laid = {0};

    if (!v)
        return;
    if (!json_is_object(v)) {
        telling_fail(t, from, "reloaded",
                     "\"reloaded\" is a mapping: at, and what is laid over");
        return;
    }
    telling_keys(t, v, "what is reloaded", keys);
    (void)telling_need(t, v, "at", "from when on it is in force");
    tale->reloaded_at_ms = telling_moment(t, v, "at");
    laid.overlays = arena_array(&t->arena, 3, sizeof *laid.overlays);
    read_overlays(t, v, arena_format(&t->arena, "%sreloaded/", prefix), &laid);
    tale->reloaded = laid.overlays;
    tale->reloaded_count = laid.overlay_count;
}

static void read_packs(struct telling *t)
{
    size_t count;
    const char *const *names = telling_list(t, t->root, "pack", &count);
    const char **paths = arena_array(&t->arena, count + 1, sizeof *paths);
    char place[PATH_MAX];

    if (!paths || strlen(t->path) >= sizeof place)
        abort();
    strcpy(place, t->path);
    for (size_t i = 0; i < count; i++)
        paths[i] = *names[i] == '/' ? names[i]
                                    : arena_format(&t->arena, "%s/%s",
                                                   dirname(place), names[i]);
    t->story->packs = paths;
    t->story->pack_count = count;
}

/* --- the whole ------------------------------------------------------------ */

static int64_t later(int64_t a, int64_t b)
{
    return b != INT64_MAX && b > a ? b : a;
}

/* Where nothing says so, it runs to the last thing that is spoken of. */
static int64_t last_moment(const struct story_tale *tale)
{
    int64_t last_ms = 0;

    for (size_t i = 0; i < tale->event_count; i++)
        last_ms = later(last_ms, tale->events[i].received_ms);
    for (size_t i = 0; i < tale->claim_count; i++) {
        last_ms = later(last_ms, tale->claims[i].from_ms);
        last_ms = later(last_ms, tale->claims[i].until_ms);
    }
    for (size_t i = 0; i < tale->state_count; i++)
        last_ms = later(last_ms, tale->states[i].at_ms);
    return last_ms;
}

static void read_tale(struct telling *t, const json_t *from, const char *name,
                      const char *prefix, struct story_tale *tale)
{
    const json_t *until = from;

    tale->name = name;
    tale->answer_ms = STORY_ANSWER_MS;
    tale->overlays = arena_array(&t->arena, 6, sizeof *tale->overlays);
    read_answers(t, t->root, tale);
    read_overlays(t, t->root, "", tale);
    read_reloaded(t, t->root, "", tale);
    if (from != t->root) {
        read_answers(t, from, tale);
        read_overlays(t, from, prefix, tale);
        read_reloaded(t, from, prefix, tale);
    }
    story_events_read(t, from, tale);
    story_claims_read(t, from, tale);
    if (!*telling_text(t, from, "until"))
        until = t->root;
    tale->until_ms = *telling_text(t, until, "until")
                         ? telling_moment(t, until, "until")
                         : last_moment(tale);
}

static void read_really(struct telling *t)
{
    static const char *const keys[] = {"who", "at", "text", NULL};
    const json_t *list = telling_rows(t, t->root, "really");
    struct story *s = t->story;
    size_t i;
    json_t *row;

    s->really =
        arena_array(&t->arena, json_array_size(list) + 1, sizeof *s->really);
    json_array_foreach((json_t *)(uintptr_t)list, i, row)
    {
        struct story_really *r = &s->really[s->really_count++];

        telling_keys(t, row, "a row of really", keys);
        r->who = telling_need(t, row, "who", "who heard of it");
        r->text = telling_text(t, row, "text");
        r->at_ms =
            *telling_text(t, row, "at") ? telling_moment(t, row, "at") : 0;
    }
}

static void read_head(struct telling *t, const char *day)
{
    struct story *s = t->story;
    const char *first;
    struct error why;
    int64_t to_ms;

    telling_keys(t, t->root, "a story", story_keys);
    s->id = telling_need(t, t->root, "story", "its id, such as LN-1");
    s->title = telling_text(t, t->root, "title");
    s->zone =
        telling_need(t, t->root, "zone", "of its times, such as Asia/Shanghai");
    first = telling_need(t, t->root, "day", "its first day, as 2012-06-11");
    s->case_id = json_is_null(json_object_get(t->root, "case"))
                     ? ""
                     : telling_text(t, t->root, "case");
    if (!json_object_get(t->root, "case"))
        s->case_id = s->id;
    if (t->status)
        return;
    if (time_text_zone(s->zone, &why))
        telling_fail(t, t->root, "zone", "%s; a zone is written Asia/Shanghai",
                     why.text);
    else if (time_text_parse(first, "UTC", &t->day_ms, &why))
        telling_fail(t, t->root, "day", "%s; a day is written 2012-06-11",
                     why.text);
    else if (day && time_text_parse(day, "UTC", &to_ms, &why))
        telling_fail(t, NULL, NULL, "%s", why.text);
    else if (day)
        t->shift_days = (to_ms - t->day_ms) / STORY_DAY_MS;
}

static void read_story(struct telling *t, const char *day)
{
    struct story *s = t->story;
    const json_t *variants;
    size_t i;
    json_t *row;

    read_head(t, day);
    if (t->status)
        return;
    read_packs(t);
    variants = telling_rows(t, t->root, "variants");
    s->tales =
        arena_array(&t->arena, json_array_size(variants) + 1, sizeof *s->tales);
    read_tale(t, t->root, s->id, "", &s->tales[s->tale_count++]);
    json_array_foreach((json_t *)(uintptr_t)variants, i, row)
    {
        const char *name =
            telling_need(t, row, "name", "what is different, in a few words");

        telling_keys(t, row, "a variant", variant_keys);
        read_tale(t, row, arena_format(&t->arena, "%s %s", s->id, name),
                  arena_format(&t->arena, "variants/%zu/", i),
                  &s->tales[s->tale_count++]);
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
    bytes_init(&t->text, 0);
    t->path = t->story->path = path;
    t->err = err;
    t->story->held = t;
    t->status = file_read(path, STORY_BYTES_MAX, &t->text, err);
    if (!t->status)
        t->status = yaml_json_read(path, &t->root, &t->places, err);
    t->story->text = bytes_slice(&t->text);
    if (!t->status && !json_is_object(t->root))
        telling_fail(t, NULL, NULL,
                     "a story is a mapping: story, zone, day, "
                     "events, must");
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
    yaml_places_fini(&t->places);
    json_decref(t->root);
    bytes_fini(&t->text);
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
