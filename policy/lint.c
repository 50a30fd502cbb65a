/* lint - where in the document something stands that was found in the tables.
 */
#include "policy/lint.h"

yaml_node_t *lint_key(const struct loader *l, yaml_node_t *node,
                      struct text key)
{
    yaml_node_t *found = NULL;

    node_find(l->source, node, key, &found);
    return found;
}

yaml_node_t *lint_down(const struct loader *l, yaml_node_t *node,
                       struct text key)
{
    return node_find(l->source, node, key, NULL);
}

yaml_node_t *lint_section(const struct loader *l, const char *key)
{
    return lint_down(l, l->source->root, text_of(key));
}

yaml_node_t *lint_item(const struct loader *l, yaml_node_t *node, size_t i)
{
    if (!node || node->type != YAML_SEQUENCE_NODE)
        return node;
    if (node->data.sequence.items.start + i >= node->data.sequence.items.top)
        return NULL;
    return yaml_document_get_node(&l->source->document,
                                  node->data.sequence.items.start[i]);
}

struct place lint_place(const yaml_node_t *node, struct place otherwise)
{
    return node ? node_place(node) : otherwise;
}

struct text lint_words(struct text source)
{
    while (source.size && (*source.data == ' ' || *source.data == '\n')) {
        source.data++;
        source.size--;
    }
    return source;
}
