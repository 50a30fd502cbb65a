#include "ledger/yaml_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 16 };

static json_t *scalar_json(const yaml_node_t *n)
{
    const char *text = (const char *)n->data.scalar.value;
    char *end;
    long long whole;
    double real;

    if (n->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return json_string(text);
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(*text == 't');
    if (!*text || strcmp(text, "null") == 0 || strcmp(text, "~") == 0)
        return json_null();
    whole = strtoll(text, &end, 10);
    if (!*end)
        return json_integer(whole);
    real = strtod(text, &end);
    if (!*end)
        return json_real(real);
    return json_string(text);
}

struct reading {
    yaml_document_t doc;
    struct yaml_places *places; /* or NULL */
    const char *path;
    enum status status;
    struct error *err;
};

static struct yaml_place *note(struct reading *in)
{
    struct yaml_places *p = in->places;

    if (p->count == p->room) {
        p->room = p->room ? 2 * p->room : 512;
        p->list = realloc(p->list, p->room * sizeof *p->list);
        if (!p->list)
            abort();
    }
    memset(&p->list[p->count], 0, sizeof *p->list);
    return &p->list[p->count++];
}

static void note_place(struct reading *in, const json_t *holder,
                       const yaml_node_t *key, size_t index,
                       const yaml_node_t *node, const json_t *value)
{
    struct yaml_place *p;

    if (!in->places || !node)
        return;
    p = note(in);
    p->holder = holder;
    p->value = value;
    p->index = index;
    p->line = (unsigned)node->start_mark.line + 1;
    p->column = (unsigned)node->start_mark.column + 1;
    if (!key)
        return;
    p->key = strdup((const char *)key->data.scalar.value);
    if (!p->key)
        abort();
    p->key_line = (unsigned)key->start_mark.line + 1;
    p->key_column = (unsigned)key->start_mark.column + 1;
}

static json_t *node_json(struct reading *in, int id, int depth);

static json_t *list_json(struct reading *in, const yaml_node_t *n, int depth)
{
    json_t *list = json_array();
    size_t index = 0;

    for (const int *i = n->data.sequence.items.start;
         i < n->data.sequence.items.top; i++) {
        json_t *item = node_json(in, *i, depth + 1);

        note_place(in, list, NULL, index++,
                   yaml_document_get_node(&in->doc, *i), item);
        json_array_append_new(list, item);
    }
    return list;
}

static void refuse_twice(struct reading *in, const yaml_node_t *key)
{
    if (in->status)
        return;
    in->status = error_set(in->err, STATUS_INVALID,
                           "%s:%zu:%zu: \"%s\" is given twice", in->path,
                           key->start_mark.line + 1, key->start_mark.column + 1,
                           (const char *)key->data.scalar.value);
}

static json_t *map_json(struct reading *in, const yaml_node_t *n, int depth)
{
    json_t *map = json_object();

    for (const yaml_node_pair_t *p = n->data.mapping.pairs.start;
         p < n->data.mapping.pairs.top; p++) {
        const yaml_node_t *k = yaml_document_get_node(&in->doc, p->key);
        const char *name;
        json_t *value;

        if (!k || k->type != YAML_SCALAR_NODE)
            continue;
        name = (const char *)k->data.scalar.value;
        if (json_object_get(map, name))
            refuse_twice(in, k);
        value = node_json(in, p->value, depth + 1);
        note_place(in, map, k, 0, yaml_document_get_node(&in->doc, p->value),
                   value);
        json_object_set_new(map, name, value);
    }
    return map;
}

static json_t *node_json(struct reading *in, int id, int depth)
{
    const yaml_node_t *n = yaml_document_get_node(&in->doc, id);

    if (!n || depth > DEPTH_MAX)
        return json_null();
    if (n->type == YAML_SCALAR_NODE)
        return scalar_json(n);
    return n->type == YAML_SEQUENCE_NODE ? list_json(in, n, depth)
                                         : map_json(in, n, depth);
}

enum status yaml_json_read(const char *path, json_t **out,
                           struct yaml_places *places, struct error *err)
{
    struct reading in = {.places = places, .path = path, .err = err};
    FILE *file = fopen(path, "rb");
    yaml_parser_t parser;

    *out = NULL;
    if (places)
        memset(places, 0, sizeof *places);
    if (!file)
        return error_set_errno(err, errno, "%s", path);
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_file(&parser, file);
    if (!yaml_parser_load(&parser, &in.doc)) {
        in.status = error_set(
            err, STATUS_INVALID, "%s:%zu:%zu: %s", path,
            parser.problem_mark.line + 1, parser.problem_mark.column + 1,
            error_said(parser.problem ? parser.problem : "not YAML"));
    } else {
        const yaml_node_t *root = yaml_document_get_root_node(&in.doc);

        *out = root ? node_json(&in, 1, 0) : NULL;
        note_place(&in, NULL, NULL, 0, root, *out);
        yaml_document_delete(&in.doc);
    }
    yaml_parser_delete(&parser);
    fclose(file);
    if (in.status) {
        json_decref(*out);
        *out = NULL;
    }
    return in.status;
}

void yaml_places_fini(struct yaml_places *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->list[i].key);
    free(p->list);
    memset(p, 0, sizeof *p);
}

const struct yaml_place *yaml_place_of(const struct yaml_places *p,
                                       const json_t *holder, const char *key,
                                       size_t index)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct yaml_place *one = &p->list[i];

        if (one->holder == holder &&
            (key ? one->key && strcmp(one->key, key) == 0
                 : !one->key && one->index == index))
            return one;
    }
    return NULL;
}

const struct yaml_place *yaml_place_self(const struct yaml_places *p,
                                         const json_t *value)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->list[i].value == value)
            return &p->list[i];
    return NULL;
}
