/* attributes - what directory.yaml says of a person or a place in the words of
 * the pack: status: intern, travel_time: 4h, since: 2012-06-01. */
#include <stdio.h>

#include "base/span.h"
#include "base/time_text.h"
#include "policy/directory_file.h"
#include "policy/names.h"

enum { ATTRIBUTES_MAX = 32 };

static bool number_of(struct text word, int64_t *thousandths)
{
    int64_t whole = 0, scale = 1000;
    uint32_t i = word.data[0] == '-';
    bool point = false;

    if (i == word.size || word.size > 15)
        return false;
    for (; i < word.size; i++) {
        char c = word.data[i];

        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || (point && scale == 1))
            return false;
        whole = whole * 10 + (c - '0');
        if (point)
            scale /= 10;
    }
    *thousandths = (word.data[0] == '-' ? -whole : whole) * scale;
    return true;
}

/* A plain word is what it looks like; what stands in quotes is a text. */
struct value attribute_value(struct loader *l, yaml_node_t *node)
{
    const char *words = (const char *)node->data.scalar.value;
    struct text text = node_text(node);
    char zone[NAME_BYTES_MAX + 1];
    struct value v = {.kind = VALUE_TEXT, .text = loader_text(l, text)};
    struct error err;
    int64_t number;

    snprintf(zone, sizeof zone, "%.*s", TEXT_ARG(l->directory->default_zone));
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || !text.size)
        return v;
    if (text_equal(text, TEXT("true")) || text_equal(text, TEXT("false")))
        return (struct value){.kind = VALUE_FLAG, .flag = text.size == 4};
    if (number_of(text, &number))
        return (struct value){.kind = VALUE_NUMBER, .thousandths = number};
    if (span_parse(words, &number, &err) == STATUS_OK)
        return (struct value){.kind = VALUE_NUMBER,
                              .thousandths = number * 1000};
    if (time_text_parse(words, zone, &number, &err) == STATUS_OK)
        return (struct value){.kind = VALUE_TIME, .time_ms = number};
    return v;
}

static struct value list_of(struct loader *l, yaml_node_t *node)
{
    struct value v = {.kind = VALUE_NONE};
    struct text *items = loader_array(l, node_count(node), sizeof *items);

    if (!items)
        return v;
    for (size_t i = 0; i < node_count(node); i++)
        if (node_is_text(l, node_item(l, node, i), "a word of the list"))
            items[v.list.count++] =
                loader_text(l, node_text(node_item(l, node, i)));
    v.kind = VALUE_LIST;
    v.list.items = items;
    return v;
}

void read_attributes(struct loader *l, yaml_node_t *node, void *into,
                     const struct shape_row *row)
{
    struct attributes *out = into;
    struct attribute *list;
    yaml_node_t *key, *value;

    (void)row;
    if (!node_is_mapping(l, node, "a mapping of names to values"))
        return;
    if (node_count(node) > ATTRIBUTES_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "more than %d attributes", ATTRIBUTES_MAX);
        return;
    }
    list = loader_array(l, node_count(node), sizeof *list);
    for (size_t i = 0; list && i < node_count(node); i++) {
        struct attribute *a = &list[out->count];

        if (!node_pair(l, node, i, &key, &value) ||
            !name_is_good(l, node_text(key), node_place(key), false))
            continue;
        if (value->type == YAML_SEQUENCE_NODE)
            a->value = list_of(l, value);
        else if (node_is_text(l, value, "a value"))
            a->value = attribute_value(l, value);
        a->name = loader_text(l, node_text(key));
        out->count++;
    }
    out->list = list;
}
