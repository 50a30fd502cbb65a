#include "ledger/import_map.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/limits.h"
#include "base/time_text.h"

enum { MAP_ARENA_BYTES = 1 << 20 };

/* Keys of a mapping; what is not in the list is a mistake of the writer. */
struct reading {
    struct import_map *map;
    yaml_document_t doc;
    struct error *err;
    enum status status; /* the first failure stays */
};

static void fail(struct reading *r, const yaml_node_t *at, const char *format,
                 const char *word)
{
    char what[160];

    if (r->status)
        return;
    snprintf(what, sizeof what, error_said(format), word);
    r->status = error_set(r->err, STATUS_INVALID, "%s:%zu:%zu: %s",
                          r->map->path, at ? at->start_mark.line + 1 : 1,
                          at ? at->start_mark.column + 1 : 1, what);
}

static void *take(struct reading *r, size_t count, size_t size)
{
    void *p = arena_array(&r->map->arena, count ? count : 1, size);

    if (!p && !r->status)
        r->status = error_set(r->err, STATUS_TOO_LARGE, "%s: map too large",
                              r->map->path);
    return p;
}

static yaml_node_t *node(struct reading *r, int id)
{
    yaml_node_t *n = yaml_document_get_node(&r->doc, id);

    assert(n);
    return n;
}

static const char *scalar(struct reading *r, const yaml_node_t *n)
{
    if (n->type != YAML_SCALAR_NODE) {
        fail(r, n, "expected a text", NULL);
        return "";
    }
    return (const char *)n->data.scalar.value;
}

static size_t pairs(const yaml_node_t *n)
{
    return (size_t)(n->data.mapping.pairs.top - n->data.mapping.pairs.start);
}

static bool mapping(struct reading *r, const yaml_node_t *n)
{
    if (n->type != YAML_MAPPING_NODE)
        fail(r, n, "expected a mapping", NULL);
    return n->type == YAML_MAPPING_NODE;
}

static yaml_node_t *may(struct reading *r, const yaml_node_t *n,
                        const char *key)
{
    if (n->type != YAML_MAPPING_NODE)
        return NULL;
    for (size_t i = 0; i < pairs(n); i++) {
        const yaml_node_pair_t *p = n->data.mapping.pairs.start + i;

        if (strcmp(scalar(r, node(r, p->key)), key) == 0)
            return node(r, p->value);
    }
    return NULL;
}

static yaml_node_t *need(struct reading *r, const yaml_node_t *n,
                         const char *key)
{
    yaml_node_t *found = may(r, n, key);

    if (!found)
        fail(r, n, "\"%s\" is missing", key);
    return found;
}

/* known: words separated by blanks, one in front and one behind. */
static void only(struct reading *r, const yaml_node_t *n, const char *known)
{
    if (!mapping(r, n))
        return;
    for (size_t i = 0; i < pairs(n); i++) {
        const yaml_node_t *k = node(r, n->data.mapping.pairs.start[i].key);
        char word[64];

        snprintf(word, sizeof word, " %s ", scalar(r, k));
        if (!strstr(known, word))
            fail(r, k, "unknown key \"%s\"", scalar(r, k));
    }
}

static bool yes(struct reading *r, const yaml_node_t *n)
{
    const char *word = n ? scalar(r, n) : "false";

    if (strcmp(word, "true") != 0 && strcmp(word, "false") != 0)
        fail(r, n, "expected true or false, found \"%s\"", word);
    return strcmp(word, "true") == 0;
}

/* A text or a list of texts. */
static size_t words(struct reading *r, const yaml_node_t *n, const char ***out)
{
    size_t count = 1;

    if (!n)
        return 0;
    if (n->type == YAML_SEQUENCE_NODE)
        count =
            (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
    *out = take(r, count, sizeof **out);
    for (size_t i = 0; *out && i < count; i++) {
        const yaml_node_t *item = n->type == YAML_SEQUENCE_NODE
                                      ? node(r, n->data.sequence.items.start[i])
                                      : n;
        (*out)[i] = arena_text(&r->map->arena, scalar(r, item));
    }
    return r->status ? 0 : count;
}

/* --- values --- */

static void part_column(struct reading *r, struct map_part *p,
                        struct slice word)
{
    static const char before[] = "before.";

    p->before = slice_starts_with(word, slice_of_text(before));
    if (p->before)
        word = slice_from(word, sizeof before - 1);
    p->column = arena_text_of(&r->map->arena, word);
    p->index = ROWS_NO_COLUMN;
}

static void template(struct reading *r, const yaml_node_t *n,
                     struct map_value *v)
{
    const char *text = scalar(r, n);
    size_t count = 1;

    for (const char *c = text; *c; c++)
        count += *c == '{' || *c == '}';
    v->parts = take(r, count, sizeof *v->parts);
    while (*text && !r->status) {
        struct map_part *p = &v->parts[v->part_count++];
        size_t size = strcspn(text, "{");

        if (size == 0) {
            size = strcspn(text, "}");
            if (!text[size]) {
                fail(r, n, "a brace is not closed in \"%s\"", text);
                return;
            }
            part_column(r, p, slice_of(text + 1, size - 1));
            text += size + 1;
        } else {
            p->literal = arena_text_of(&r->map->arena, slice_of(text, size));
            text += size;
        }
    }
}

static enum map_type type_of(struct reading *r, const yaml_node_t *n)
{
    const char *word = n ? scalar(r, n) : "text";

#define X(name, text)                                                          \
    if (strcmp(word, text) == 0)                                               \
        return MAP_##name;
    MAP_TYPES(X)
#undef X
    fail(r, n, "unknown type \"%s\"", word);
    return MAP_TEXT;
}

static void value_words(struct reading *r, const yaml_node_t *n,
                        struct map_value *v)
{
    if (!n || !mapping(r, n))
        return;
    v->words = take(r, pairs(n), sizeof *v->words);
    for (size_t i = 0; !r->status && i < pairs(n); i++) {
        const yaml_node_pair_t *p = n->data.mapping.pairs.start + i;
        struct map_word *w = &v->words[v->word_count++];

        w->from = arena_text(&r->map->arena, scalar(r, node(r, p->key)));
        w->to = arena_text(&r->map->arena, scalar(r, node(r, p->value)));
    }
}

/* A template, or {value, words, default, type}. */
static void value(struct reading *r, const yaml_node_t *n, struct map_value *v)
{
    const yaml_node_t *fallback;

    if (!n || r->status)
        return;
    if (n->type == YAML_SCALAR_NODE) {
        template(r, n, v);
        return;
    }
    only(r, n, " value words default type ");
    if (!need(r, n, "value"))
        return;
    template(r, may(r, n, "value"), v);
    value_words(r, may(r, n, "words"), v);
    v->type = type_of(r, may(r, n, "type"));
    if ((fallback = may(r, n, "default")))
        v->fallback = arena_text(&r->map->arena, scalar(r, fallback));
}

static void fields(struct reading *r, const yaml_node_t *n,
                   struct map_fields *f)
{
    if (!n || !mapping(r, n))
        return;
    if (pairs(n) > MAP_FIELDS_MAX)
        fail(r, n, "more fields than %s", "48");
    f->list = take(r, pairs(n), sizeof *f->list);
    for (size_t i = 0; !r->status && i < pairs(n); i++) {
        const yaml_node_pair_t *p = n->data.mapping.pairs.start + i;
        struct map_field *field = &f->list[f->count++];

        field->name = arena_text(&r->map->arena, scalar(r, node(r, p->key)));
        value(r, node(r, p->value), &field->value);
    }
}

static struct map_column column(struct reading *r, const yaml_node_t *n)
{
    struct map_column c = {NULL, ROWS_NO_COLUMN};

    if (n)
        c.name = arena_text(&r->map->arena, scalar(r, n));
    return c;
}

/* --- the two shapes --- */

static void event(struct reading *r, const yaml_node_t *n, struct map_event *e)
{
    const char **needs = NULL;

    if (!n)
        return;
    only(r, n, " kind at needs fields ");
    if (r->status || !need(r, n, "kind") || !need(r, n, "at"))
        return;
    e->kind = arena_text(&r->map->arena, scalar(r, may(r, n, "kind")));
    value(r, may(r, n, "at"), &e->at);
    fields(r, may(r, n, "fields"), &e->fields);
    e->need_count = words(r, may(r, n, "needs"), &needs);
    e->needs = take(r, e->need_count, sizeof *e->needs);
    for (size_t i = 0; !r->status && i < e->need_count; i++)
        e->needs[i] = (struct map_column){needs[i], ROWS_NO_COLUMN};
}

static void change(struct reading *r, const yaml_node_t *n,
                   struct map_change *c)
{
    only(r, n, " kind changed rises same from to once first values ");
    if (r->status || !need(r, n, "kind"))
        return;
    c->kind = arena_text(&r->map->arena, scalar(r, may(r, n, "kind")));
    c->changed = column(r, may(r, n, "changed"));
    c->rises = column(r, may(r, n, "rises"));
    c->same = column(r, may(r, n, "same"));
    c->from_count = words(r, may(r, n, "from"), &c->from);
    c->to_count = words(r, may(r, n, "to"), &c->to);
    c->once = yes(r, may(r, n, "once"));
    c->first = yes(r, may(r, n, "first"));
    fields(r, may(r, n, "values"), &c->values);
    if (!c->changed.name == !c->rises.name)
        fail(r, n, "a change needs one of \"changed\" and \"%s\"", "rises");
    if ((c->from_count || c->to_count) && !c->changed.name)
        fail(r, n,
             "\"from\" and \"to\" are words of the column that \"%s\" "
             "names",
             "changed");
}

static size_t items(struct reading *r, const yaml_node_t *n, size_t max)
{
    size_t count;

    if (!n || n->type != YAML_SEQUENCE_NODE) {
        if (n)
            fail(r, n, "expected a list", NULL);
        return 0;
    }
    count = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
    if (count > max)
        fail(r, n, "too many entries", NULL);
    return r->status ? 0 : count;
}

static void shape_updates(struct reading *r, const yaml_node_t *root)
{
    struct import_map *m = r->map;
    const yaml_node_t *list = may(r, root, "changes");
    size_t count = items(r, list, MAP_CHANGES_MAX);

    event(r, need(r, root, "first"), &m->first);
    event(r, need(r, root, "later"), &m->later);
    m->changes = take(r, count, sizeof *m->changes);
    for (size_t i = 0; !r->status && i < count; i++)
        change(r, node(r, list->data.sequence.items.start[i]),
               &m->changes[m->change_count++]);
}

static void shape_cases(struct reading *r, const yaml_node_t *root)
{
    struct import_map *m = r->map;
    const yaml_node_t *list = need(r, root, "events");
    size_t count = items(r, list, MAP_EVENTS_MAX);

    m->events = take(r, count, sizeof *m->events);
    for (size_t i = 0; !r->status && i < count; i++)
        event(r, node(r, list->data.sequence.items.start[i]),
              &m->events[m->event_count++]);
}

static void map_read(struct reading *r)
{
    struct import_map *m = r->map;
    const yaml_node_t *root = yaml_document_get_root_node(&r->doc);
    const char *shape;

    if (!root) {
        fail(r, NULL, "the map is empty", NULL);
        return;
    }
    only(r, root,
         " shape zone missing case_id received_at every first later "
         "changes events ");
    if (r->status || !need(r, root, "shape") || !need(r, root, "case_id"))
        return;
    m->zone = arena_text(&m->arena, may(r, root, "zone")
                                        ? scalar(r, may(r, root, "zone"))
                                        : "UTC");
    if (time_text_zone(m->zone, NULL))
        fail(r, may(r, root, "zone"), "unknown time zone \"%s\"", m->zone);
    m->missing_count = words(r, may(r, root, "missing"), &m->missing);
    value(r, may(r, root, "case_id"), &m->case_id);
    value(r, may(r, root, "received_at"), &m->received_at);
    fields(r, may(r, root, "every"), &m->every);
    shape = scalar(r, may(r, root, "shape"));
    m->shape = strcmp(shape, "cases") == 0 ? MAP_CASES : MAP_UPDATES;
    if (m->shape == MAP_CASES)
        shape_cases(r, root);
    else if (strcmp(shape, "updates") == 0)
        shape_updates(r, root);
    else
        fail(r, may(r, root, "shape"), "unknown shape \"%s\": updates or cases",
             shape);
}

enum status import_map_load(const char *path, struct import_map **out,
                            struct error *err)
{
    struct import_map *m = calloc(1, sizeof *m);
    struct reading r = {.map = m, .err = err};
    yaml_parser_t parser;
    FILE *file;

    if (!m || !yaml_parser_initialize(&parser)) {
        free(m);
        return error_set(err, STATUS_NO_MEMORY, "%s", path);
    }
    arena_init(&m->arena, MAP_ARENA_BYTES);
    m->path = arena_text(&m->arena, path);
    file = fopen(path, "rb");
    if (!file) {
        r.status = error_set_errno(err, errno, "%s", path);
    } else {
        yaml_parser_set_input_file(&parser, file);
        if (yaml_parser_load(&parser, &r.doc)) {
            map_read(&r);
            yaml_document_delete(&r.doc);
        } else {
            r.status = error_set(err, STATUS_INVALID, "%s:%zu:%zu: %s", path,
                                 parser.problem_mark.line + 1,
                                 parser.problem_mark.column + 1,
                                 parser.problem ? parser.problem : "not YAML");
        }
        fclose(file);
    }
    yaml_parser_delete(&parser);
    if (r.status)
        import_map_free(&m);
    *out = m;
    return r.status;
}

void import_map_free(struct import_map **m)
{
    if (!*m)
        return;
    arena_fini(&(*m)->arena);
    free(*m);
    *m = NULL;
}

/* --- binding to a file's columns --- */

static enum status bind(const struct import_map *m, const struct rows *rows,
                        const char *name, int *index, struct error *err)
{
    if (!name)
        return STATUS_OK;
    *index = rows_column(rows, name);
    if (*index == ROWS_NO_COLUMN)
        return error_set(err, STATUS_INVALID,
                         "%s: the file has no column \"%s\"", m->path, name);
    return STATUS_OK;
}

static enum status bind_value(const struct import_map *m,
                              const struct rows *rows, struct map_value *v,
                              struct error *err)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; !status && i < v->part_count; i++)
        status = bind(m, rows, v->parts[i].column, &v->parts[i].index, err);
    return status;
}

static enum status bind_fields(const struct import_map *m,
                               const struct rows *rows, struct map_fields *f,
                               struct error *err)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; !status && i < f->count; i++)
        status = bind_value(m, rows, &f->list[i].value, err);
    return status;
}

static enum status bind_event(const struct import_map *m,
                              const struct rows *rows, struct map_event *e,
                              struct error *err)
{
    enum status status = bind_value(m, rows, &e->at, err);

    if (!status)
        status = bind_fields(m, rows, &e->fields, err);
    for (size_t i = 0; !status && i < e->need_count; i++)
        status = bind(m, rows, e->needs[i].name, &e->needs[i].index, err);
    return status;
}

static enum status bind_change(const struct import_map *m,
                               const struct rows *rows, struct map_change *c,
                               struct error *err)
{
    enum status status = bind(m, rows, c->changed.name, &c->changed.index, err);

    if (!status)
        status = bind(m, rows, c->rises.name, &c->rises.index, err);
    if (!status)
        status = bind(m, rows, c->same.name, &c->same.index, err);
    if (!status)
        status = bind_fields(m, rows, &c->values, err);
    return status;
}

enum status import_map_bind(struct import_map *m, const struct rows *rows,
                            struct error *err)
{
    enum status status = bind_value(m, rows, &m->case_id, err);

    if (!status)
        status = bind_value(m, rows, &m->received_at, err);
    if (!status)
        status = bind_fields(m, rows, &m->every, err);
    if (!status)
        status = bind_event(m, rows, &m->first, err);
    if (!status)
        status = bind_event(m, rows, &m->later, err);
    for (size_t i = 0; !status && i < m->change_count; i++)
        status = bind_change(m, rows, &m->changes[i], err);
    for (size_t i = 0; !status && i < m->event_count; i++)
        status = bind_event(m, rows, &m->events[i], err);
    return status;
}

bool import_map_matches(const char *const *patterns, size_t count,
                        const char *word)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(patterns[i]);

        if (size && patterns[i][size - 1] == '*') {
            if (strncmp(patterns[i], word, size - 1) == 0)
                return true;
        } else if (strcmp(patterns[i], word) == 0) {
            return true;
        }
    }
    return false;
}
