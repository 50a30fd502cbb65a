#include "policy/overlay.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

struct side {
    const char *file;
    yaml_document_t document;
    yaml_node_t *node; /* the part of it; NULL: nothing */
};

static yaml_node_t *at_id(struct side *s, int id)
{
    return yaml_document_get_node(&s->document, id);
}

static bool is_null(const yaml_node_t *n)
{
    const char *v = (const char *)n->data.scalar.value;

    return n->type == YAML_SCALAR_NODE &&
           n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (!*v || strcmp(v, "~") == 0 || strcmp(v, "null") == 0);
}

static const char *key_of(struct side *s, const yaml_node_pair_t *p)
{
    const yaml_node_t *k = at_id(s, p->key);

    return k && k->type == YAML_SCALAR_NODE ? (const char *)k->data.scalar.value
                                            : "";
}

static yaml_node_t *child(struct side *s, const yaml_node_t *map,
                          const char *key, size_t size)
{
    if (!map || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
         p < map->data.mapping.pairs.top; p++) {
        const char *name = key_of(s, p);

        if (strlen(name) == size && memcmp(name, key, size) == 0)
            return at_id(s, p->value);
    }
    return NULL;
}

/* "variants/2/directory" from the root; items of lists count from 0. */
static yaml_node_t *find_part(struct side *s, const char *part)
{
    yaml_node_t *n = s->node;

    while (n && *part) {
        size_t size = strcspn(part, "/");

        if (n->type == YAML_SEQUENCE_NODE) {
            size_t i = strtoul(part, NULL, 10);
            size_t count = (size_t)(n->data.sequence.items.top -
                                    n->data.sequence.items.start);

            n = i < count ? at_id(s, n->data.sequence.items.start[i]) : NULL;
        } else {
            n = child(s, n, part, size);
        }
        part += size + (part[size] == '/');
    }
    return n;
}

static enum status source_open(struct side *s, const char *file,
                               struct slice text, struct error *err)
{
    yaml_parser_t parser;
    enum status status = STATUS_OK;

    memset(s, 0, sizeof *s);
    s->file = file;
    if (!text.size)
        return STATUS_OK;
    if (!yaml_parser_initialize(&parser))
        return error_set(err, STATUS_NO_MEMORY, "%s", file);
    yaml_parser_set_input_string(&parser, text.data, text.size);
    if (yaml_parser_load(&parser, &s->document))
        s->node = yaml_document_get_root_node(&s->document);
    else
        status = error_set(
            err, STATUS_INVALID, "%s:%zu:%zu: %s", file,
            parser.problem_mark.line + 1, parser.problem_mark.column + 1,
            error_said(parser.problem ? parser.problem : "not YAML"));
    yaml_parser_delete(&parser);
    return status;
}

static void source_close(struct side *s)
{
    if (s->document.nodes.start)
        yaml_document_delete(&s->document);
    s->node = NULL;
}

/* --- writing ---------------------------------------------------------------
 */

/* The line that is about to be written comes from there. */
static void begin(struct overlay *o, const struct side *s, const yaml_node_t *n)
{
    if (o->line_count == o->line_room) {
        o->line_room = o->line_room ? 2 * o->line_room : 256;
        o->lines = realloc(o->lines, o->line_room * sizeof *o->lines);
        if (!o->lines)
            abort();
    }
    o->lines[o->line_count++] = (struct overlay_line){
        s->file,
        {(unsigned)n->start_mark.line + 1, (unsigned)n->start_mark.column + 1}};
}

static void put_quoted(struct overlay *o, const char *value, size_t size)
{
    bytes_append_u8(&o->text, '"');
    for (size_t i = 0; i < size; i++) {
        uint8_t c = (uint8_t)value[i];

        if (c == '"' || c == '\\')
            bytes_append_format(&o->text, "\\%c", c);
        else if (c < 0x20)
            bytes_append_format(&o->text, "\\x%02x", c);
        else
            bytes_append_u8(&o->text, c);
    }
    bytes_append_u8(&o->text, '"');
}

/* Numbers, words and the like stay as they were written. */
static bool stays_plain(const yaml_node_t *n)
{
    const char *v = (const char *)n->data.scalar.value;

    return n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && *v && *v != '-' &&
           v[strspn(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                       "0123456789_.+-")] == '\0';
}

static void put_scalar(struct overlay *o, const yaml_node_t *n)
{
    const char *v = (const char *)n->data.scalar.value;

    if (is_null(n))
        bytes_append_text(&o->text, "~");
    else if (stays_plain(n))
        bytes_append_text(&o->text, v);
    else
        put_quoted(o, v, n->data.scalar.length);
}

static void put_line(struct overlay *o, const struct side *s,
                     const yaml_node_t *n, const char *mark)
{
    begin(o, s, n);
    bytes_append_format(&o->text, "%s\n", mark);
}

static void put_key(struct overlay *o, struct side *s,
                    const yaml_node_pair_t *p)
{
    const char *key = key_of(s, p);

    begin(o, s, at_id(s, p->key));
    put_quoted(o, key, strlen(key));
    bytes_append_text(&o->text, ":\n");
}

static void put_node(struct overlay *o, struct side *s, const yaml_node_t *n,
                     int depth)
{
    if (n->type == YAML_SCALAR_NODE || depth > DEPTH_MAX) {
        begin(o, s, n);
        if (n->type == YAML_SCALAR_NODE)
            put_scalar(o, n);
        else
            bytes_append_text(&o->text, "~");
        bytes_append_text(&o->text, "\n");
        return;
    }
    if (n->type == YAML_SEQUENCE_NODE) {
        put_line(o, s, n, "[");
        for (const int *i = n->data.sequence.items.start;
             i < n->data.sequence.items.top; i++) {
            put_node(o, s, at_id(s, *i), depth + 1);
            put_line(o, s, n, ",");
        }
        put_line(o, s, n, "]");
        return;
    }
    put_line(o, s, n, "{");
    for (const yaml_node_pair_t *p = n->data.mapping.pairs.start;
         p < n->data.mapping.pairs.top; p++) {
        put_key(o, s, p);
        put_node(o, s, at_id(s, p->value), depth + 1);
        put_line(o, s, n, ",");
    }
    put_line(o, s, n, "}");
}

static void put_joined(struct overlay *o, struct side *base,
                       const yaml_node_t *b, struct side *over,
                       const yaml_node_t *w)
{
    if (b->type != YAML_MAPPING_NODE || w->type != YAML_MAPPING_NODE) {
        put_node(o, over, w, 0);
        return;
    }
    put_line(o, base, b, "{");
    for (const yaml_node_pair_t *p = b->data.mapping.pairs.start;
         p < b->data.mapping.pairs.top; p++) {
        const char *key = key_of(base, p);
        yaml_node_t *mine = at_id(base, p->value);
        yaml_node_t *fresh = child(over, w, key, strlen(key));

        if (fresh && is_null(fresh) && !is_null(mine))
            continue;
        put_key(o, base, p);
        if (fresh)
            put_joined(o, base, mine, over, fresh);
        else
            put_node(o, base, mine, 0);
        put_line(o, base, b, ",");
    }
    for (const yaml_node_pair_t *p = w->data.mapping.pairs.start;
         p < w->data.mapping.pairs.top; p++) {
        const char *key = key_of(over, p);

        if (child(base, b, key, strlen(key)))
            continue;
        put_key(o, over, p);
        put_node(o, over, at_id(over, p->value), 0);
        put_line(o, over, w, ",");
    }
    put_line(o, base, b, "}");
}

/* All of the base but one key, under which both are joined. */
static void put_under(struct overlay *o, struct side *base, const char *under,
                      struct side *over)
{
    yaml_node_t *b = base->node, *found = NULL;

    put_line(o, over, over->node, "{");
    if (b && b->type == YAML_MAPPING_NODE)
        for (const yaml_node_pair_t *p = b->data.mapping.pairs.start;
             p < b->data.mapping.pairs.top; p++) {
            put_key(o, base, p);
            if (strcmp(key_of(base, p), under) == 0) {
                found = at_id(base, p->value);
                put_joined(o, base, found, over, over->node);
            } else {
                put_node(o, base, at_id(base, p->value), 0);
            }
            put_line(o, base, b, ",");
        }
    if (!found) {
        begin(o, over, over->node);
        bytes_append_format(&o->text, "\"%s\":\n", under);
        put_node(o, over, over->node, 0);
    }
    put_line(o, over, over->node, "}");
}

enum status overlay_make(const char *base_file, struct slice base_text,
                         const struct overlay_source *with, struct overlay *o,
                         struct error *err)
{
    struct side base = {0}, over = {0};
    enum status status;

    memset(o, 0, sizeof *o);
    bytes_init(&o->text, SIZE_MAX);
    status = source_open(&base, base_file, base_text, err);
    if (!status)
        status = source_open(&over, with->file, with->text, err);
    if (!status && !(over.node = find_part(&over, with->part)))
        status = error_set(err, STATUS_NOT_FOUND, "%s: there is no %s",
                           with->file, with->part);
    if (!status && *with->under)
        put_under(o, &base, with->under, &over);
    else if (!status && base.node)
        put_joined(o, &base, base.node, &over, over.node);
    else if (!status)
        put_node(o, &over, over.node, 0);
    source_close(&base);
    source_close(&over);
    return status;
}

void overlay_fini(struct overlay *o)
{
    bytes_fini(&o->text);
    free(o->lines);
    memset(o, 0, sizeof *o);
}

bool overlay_origin(const struct overlay *o, unsigned line,
                    struct overlay_line *out)
{
    if (line == 0 || line > o->line_count)
        return false;
    *out = o->lines[line - 1];
    return true;
}
