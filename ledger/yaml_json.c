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

static json_t *node_json(yaml_document_t *doc, int id, int depth)
{
    const yaml_node_t *n = yaml_document_get_node(doc, id);
    json_t *value;

    if (!n || depth > DEPTH_MAX)
        return NULL;
    if (n->type == YAML_SCALAR_NODE)
        return scalar_json(n);
    if (n->type == YAML_SEQUENCE_NODE) {
        value = json_array();
        for (const int *i = n->data.sequence.items.start;
             i < n->data.sequence.items.top; i++)
            json_array_append_new(value, node_json(doc, *i, depth + 1));
        return value;
    }
    value = json_object();
    for (const yaml_node_pair_t *p = n->data.mapping.pairs.start;
         p < n->data.mapping.pairs.top; p++) {
        const yaml_node_t *k = yaml_document_get_node(doc, p->key);

        if (k && k->type == YAML_SCALAR_NODE)
            json_object_set_new(value, (const char *)k->data.scalar.value,
                                node_json(doc, p->value, depth + 1));
    }
    return value;
}

enum status yaml_json_read(const char *path, json_t **out, struct error *err)
{
    FILE *file = fopen(path, "rb");
    enum status status = STATUS_OK;
    yaml_document_t doc;
    yaml_parser_t parser;

    *out = NULL;
    if (!file)
        return error_set_errno(err, errno, "%s", path);
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_file(&parser, file);
    if (!yaml_parser_load(&parser, &doc)) {
        status = error_set(err, STATUS_INVALID, "%s:%zu:%zu: %s", path,
                           parser.problem_mark.line + 1,
                           parser.problem_mark.column + 1,
                           parser.problem ? parser.problem : "not YAML");
    } else {
        *out = node_json(&doc, 1, 0);
        yaml_document_delete(&doc);
    }
    yaml_parser_delete(&parser);
    fclose(file);
    return status;
}
