#include "policy/document.h"

#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/span.h"
#include "policy/words.h"

static struct place place_of(yaml_mark_t mark)
{
    return (struct place){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

struct place node_place(const yaml_node_t *node)
{
    return place_of(node->start_mark);
}

static void report_not_yaml(struct loader *l, const yaml_parser_t *parser)
{
    struct place at = {0, 0};

    if (parser->problem_mark.line || parser->problem_mark.column ||
        parser->error == YAML_PARSER_ERROR ||
        parser->error == YAML_SCANNER_ERROR ||
        parser->error == YAML_COMPOSER_ERROR)
        at = place_of(parser->problem_mark);
    if (parser->error == YAML_READER_ERROR) {
        /* the reader counts bytes only */
        at = AT_TOP;
        for (size_t i = 0; i < parser->problem_offset; i++) {
            at.column++;
            if (i < l->source->text.size && l->source->text.data[i] == '\n')
                at = (struct place){at.line + 1, 1};
        }
    }
    report_error(l, at, parser->problem ? parser->problem : UNSAID, UNSAID,
                 "this is not YAML");
}

bool document_open(struct loader *l, struct pack_file *s)
{
    yaml_parser_t parser;
    bool good = false;

    l->source = s;
    if (!yaml_parser_initialize(&parser)) {
        report_error(l, OF_FILE, UNSAID, UNSAID, "out of memory");
        return false;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, s->text.data, s->text.size);
    if (!yaml_parser_load(&parser, &s->document)) {
        report_not_yaml(l, &parser);
    } else {
        s->root = yaml_document_get_root_node(&s->document);
        good = s->root != NULL;
        if (!good)
            report_error(l, AT_TOP, "a pack file is a mapping", UNSAID,
                         "the file is empty");
    }
    yaml_parser_delete(&parser);
    return good;
}

void document_close(struct pack_file *s)
{
    if (s->document.nodes.start)
        yaml_document_delete(&s->document);
    memset(&s->document, 0, sizeof s->document);
    s->root = NULL;
}

/* --- where inside a scalar ------------------------------------------------ */

static bool continues_letter(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

static size_t offset_of_mark(struct slice text, yaml_mark_t mark)
{
    size_t at = 0;

    for (size_t line = 0; line < mark.line && at < text.size; at++)
        line += text.data[at] == '\n';
    for (size_t column = 0; column < mark.column && at < text.size; column++)
        for (at++; at < text.size && continues_letter(text.data[at]);)
            at++;
    return at;
}

static size_t skip_fold(struct slice text, size_t at)
{
    while (at < text.size && (text.data[at] == '\n' || text.data[at] == ' ' ||
                              text.data[at] == '\r'))
        at++;
    return at;
}

/* Step over what stands for one byte of the value. */
static size_t step_over(struct slice text, size_t at, yaml_scalar_style_t style)
{
    if (style == YAML_DOUBLE_QUOTED_SCALAR_STYLE && text.data[at] == '\\')
        return at + 2;
    if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE && text.data[at] == '\'')
        return at + 2;
    if (text.data[at] == '\n' || text.data[at] == '\r')
        return skip_fold(text, at);
    return at + 1;
}

/* From the mark of a scalar to its first byte: past a quote or "|" and its
 * line end. */
static size_t skip_opening(struct slice text, size_t at,
                           yaml_scalar_style_t style)
{
    if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
        style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
        return at + 1;
    if (style == YAML_LITERAL_SCALAR_STYLE ||
        style == YAML_FOLDED_SCALAR_STYLE) {
        while (at < text.size && text.data[at] != '\n')
            at++;
        return skip_fold(text, at);
    }
    return at;
}

static bool blank_to_line_end(struct slice text, size_t at)
{
    while (at < text.size && text.data[at] == ' ')
        at++;
    return at < text.size && (text.data[at] == '\n' || text.data[at] == '\r');
}

struct place node_place_in(const struct loader *l, const yaml_node_t *node,
                           size_t offset)
{
    struct slice text = l->source->text;
    yaml_scalar_style_t style = node->data.scalar.style;
    size_t start = offset_of_mark(text, node->start_mark);
    size_t at = skip_opening(text, start, style);
    struct place place = node_place(node);

    for (size_t i = 0; i < offset && at < text.size; i++) {
        if (node->data.scalar.value[i] == ' ' && blank_to_line_end(text, at))
            at = skip_fold(text, at); /* a folded line end */
        else
            at = step_over(text, at, style);
    }
    for (; start < at && start < text.size; start++) {
        if (text.data[start] == '\n')
            place = (struct place){place.line + 1, 1};
        else if (!continues_letter(text.data[start]))
            place.column++;
    }
    return place;
}

/* --- kinds of node -------------------------------------------------------- */

static const char *node_word(const yaml_node_t *node)
{
    switch (node->type) {
    case YAML_MAPPING_NODE:
        return _("a mapping");
    case YAML_SEQUENCE_NODE:
        return _("a list");
    default:
        return node_is_null(node) ? _("nothing") : _("a text");
    }
}

static bool node_is(struct loader *l, yaml_node_t *node, const char *wanted,
                    bool good)
{
    if (!good)
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "expected %s, found %s", wanted, node_word(node));
    return good;
}

bool node_is_mapping(struct loader *l, yaml_node_t *node, const char *wanted)
{
    return node_is(l, node, report_said(wanted),
                   node->type == YAML_MAPPING_NODE);
}

bool node_is_list(struct loader *l, yaml_node_t *node, const char *wanted)
{
    return node_is(l, node, report_said(wanted),
                   node->type == YAML_SEQUENCE_NODE);
}

static bool is_text(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && !node_is_null(node);
}

bool node_is_text(struct loader *l, yaml_node_t *node, const char *wanted)
{
    return node_is(l, node, report_said(wanted), is_text(node));
}

bool node_is_null(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE &&
           node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (node->data.scalar.length == 0 ||
            text_equal(node_text(node), TEXT("~")) ||
            text_equal(node_text(node), TEXT("null")));
}

struct text node_text(const yaml_node_t *node)
{
    assert(node->type == YAML_SCALAR_NODE);
    return (struct text){(const char *)node->data.scalar.value,
                         (uint32_t)node->data.scalar.length};
}

size_t node_count(const yaml_node_t *node)
{
    switch (node->type) {
    case YAML_MAPPING_NODE:
        return (size_t)(node->data.mapping.pairs.top -
                        node->data.mapping.pairs.start);
    case YAML_SEQUENCE_NODE:
        return (size_t)(node->data.sequence.items.top -
                        node->data.sequence.items.start);
    default:
        return node_is_null(node) ? 0 : 1;
    }
}

static yaml_node_t *node_by_id(struct pack_file *s, int id)
{
    return yaml_document_get_node(&s->document, id);
}

yaml_node_t *node_item(struct loader *l, yaml_node_t *node, size_t i)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return node;
    return node_by_id(l->source, node->data.sequence.items.start[i]);
}

static bool stands_before(struct pack_file *s, yaml_node_t *node, size_t i,
                          struct text key, yaml_node_t **first)
{
    for (size_t j = 0; j < i; j++) {
        *first = node_by_id(s, node->data.mapping.pairs.start[j].key);
        if ((*first)->type == YAML_SCALAR_NODE &&
            text_equal(node_text(*first), key))
            return true;
    }
    return false;
}

bool node_pair(struct loader *l, yaml_node_t *node, size_t i, yaml_node_t **key,
               yaml_node_t **value)
{
    yaml_node_pair_t pair = node->data.mapping.pairs.start[i];
    yaml_node_t *first;

    *key = node_by_id(l->source, pair.key);
    *value = node_by_id(l->source, pair.value);
    if (!node_is_text(l, *key, "a name as key"))
        return false;
    if (stands_before(l->source, node, i, node_text(*key), &first)) {
        report_error(l, node_place(*key), "only one of them could count",
                     report_words(l, "it stands in line %u already",
                                  node_place(first).line),
                     "\"%.*s\" is given twice", TEXT_ARG(node_text(*key)));
        return false;
    }
    return true;
}

yaml_node_t *node_find(struct pack_file *s, yaml_node_t *mapping,
                       struct text wanted, yaml_node_t **key)
{
    if (!mapping || mapping->type != YAML_MAPPING_NODE)
        return NULL;
    for (size_t i = 0; i < node_count(mapping); i++) {
        yaml_node_pair_t pair = mapping->data.mapping.pairs.start[i];
        yaml_node_t *found = node_by_id(s, pair.key);

        if (found->type != YAML_SCALAR_NODE ||
            !text_equal(node_text(found), wanted))
            continue;
        if (key)
            *key = found;
        return node_by_id(s, pair.value);
    }
    return NULL;
}

yaml_node_t *node_child(struct pack_file *s, yaml_node_t *mapping,
                        const char *wanted)
{
    return node_find(s, mapping, text_of(wanted), NULL);
}

/* --- shapes --------------------------------------------------------------- */

static void store(void *into, size_t size, int64_t value)
{
    int32_t narrow = (int32_t)value;
    uint16_t short_one = (uint16_t)value;
    uint8_t byte = (uint8_t)value;

    if (size == sizeof value)
        memcpy(into, &value, size);
    else if (size == sizeof narrow)
        memcpy(into, &narrow, size);
    else if (size == sizeof short_one)
        memcpy(into, &short_one, size);
    else
        memcpy(into, &byte, sizeof byte);
}

static void check_keys(struct loader *l, yaml_node_t *node,
                       const struct shape *shape)
{
    yaml_node_t *key, *value;

    for (size_t i = 0; i < node_count(node); i++) {
        struct nearest near;
        size_t row = 0;

        if (!node_pair(l, node, i, &key, &value))
            continue;
        nearest_begin(&near, node_text(key));
        for (; row < shape->count; row++) {
            if (text_equal(near.word, text_of(shape->rows[row].key)))
                break;
            nearest_try(&near, text_of(shape->rows[row].key));
        }
        if (row == shape->count)
            report_error(l, node_place(key), UNSAID, report_meant(l, near.best),
                         "unknown key \"%.*s\" in %s", TEXT_ARG(near.word),
                         report_said(shape->what));
    }
}

void shape_read(struct loader *l, yaml_node_t *node, const struct shape *shape,
                void *into)
{
    if (!node_is_null(node) && !node_is_mapping(l, node, shape->what))
        return;
    if (!node_is_null(node))
        check_keys(l, node, shape);
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_row *row = &shape->rows[i];
        yaml_node_t *value = node_child(l->source, node, row->key);
        void *member = (char *)into + row->offset;

        if (value)
            row->read(l, value, member, row);
        else if (row->need == MUST)
            report_error(l, node_place(node), UNSAID, UNSAID,
                         "\"%s\" is missing in %s", row->key,
                         report_said(shape->what));
        else if (row->fallback)
            store(member, row->size, row->fallback);
    }
}

/* --- readers for plain members -------------------------------------------- */

void read_text(struct loader *l, yaml_node_t *node, void *into,
               const struct shape_row *row)
{
    if (!node_is(l, node, row->key, is_text(node)))
        return;
    *(struct text *)into = loader_text(l, node_text(node));
}

void read_flag(struct loader *l, yaml_node_t *node, void *into,
               const struct shape_row *row)
{
    struct text word;

    if (!node_is_text(l, node, "true or false"))
        return;
    word = node_text(node);
    if (text_equal(word, TEXT("true")) || text_equal(word, TEXT("yes")))
        *(bool *)into = true;
    else if (text_equal(word, TEXT("false")) || text_equal(word, TEXT("no")))
        *(bool *)into = false;
    else
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "\"%s\" is true or false, not \"%.*s\"", row->key,
                     TEXT_ARG(word));
}

void read_number(struct loader *l, yaml_node_t *node, void *into,
                 const struct shape_row *row)
{
    char *end;
    long long value;

    if (!node_is_text(l, node, "a number"))
        return;
    value = strtoll((const char *)node->data.scalar.value, &end, 10);
    if (*end || end == (const char *)node->data.scalar.value)
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "\"%s\" is a whole number, not \"%.*s\"", row->key,
                     TEXT_ARG(node_text(node)));
    else if (value < row->low || value > row->high)
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "\"%s\" is from %lld to %lld, not %lld", row->key,
                     (long long)row->low, (long long)row->high, value);
    else
        store(into, row->size, value);
}

void read_span(struct loader *l, yaml_node_t *node, void *into,
               const struct shape_row *row)
{
    char low[SPAN_TEXT_SIZE], high[SPAN_TEXT_SIZE];
    struct error err;
    int64_t span_ms;

    if (!node_is_text(l, node, "a length of time such as 30min"))
        return;
    if (span_parse((const char *)node->data.scalar.value, &span_ms, &err)) {
        report_error(l, node_place(node), err.text,
                     "write it like 30min, 4h or 7d",
                     "\"%s\" is a length of time", row->key);
        return;
    }
    if (span_ms < row->low || span_ms > row->high) {
        span_format(row->low, low);
        span_format(row->high, high);
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "\"%s\" is from %s to %s, not %.*s", row->key, low, high,
                     TEXT_ARG(node_text(node)));
        return;
    }
    store(into, row->size, span_ms);
}

void read_nothing(struct loader *l, yaml_node_t *node, void *into,
                  const struct shape_row *row)
{
    (void)l;
    (void)node;
    (void)into;
    (void)row;
}
