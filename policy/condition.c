#include "policy/condition.h"

#include <stdio.h>

#include "base/span.h"
#include "policy/condition_lex.h"
#include "policy/words.h"

enum { NESTING_MAX = 32, LIST_ITEMS_MAX = 64 };

/* What an operand is known to be; ANY for a field of the event. */
enum type { ANY, A_TEXT, A_NUMBER, A_FLAG, A_LIST };

static const char *const type_words[] = {"anything", "a text", "a number",
                                         "yes or no", "a list"};

struct compiler {
    struct loader *l;
    yaml_node_t *node;
    size_t base; /* of the source in the node's value */
    struct text source;
    size_t at;
    struct token token; /* the one to look at */
    struct expr_row rows[EXPR_ROWS_MAX];
    size_t count;
    unsigned stack, depth;
    bool failed;
};

/* An operand on the stack: its type, and its words where it is constant. */
struct operand {
    enum type type;
    bool is_word;
    struct text word;
    enum expr_name name; /* EXPR_NAME_COUNT: none */
    size_t offset;
};

static struct operand parse_or(struct compiler *c);

static struct operand operand_of(enum type type, size_t offset)
{
    return (struct operand){
        .type = type, .name = EXPR_NAME_COUNT, .offset = offset};
}

static void advance(struct compiler *c)
{
    c->token = lex_next(c->source, &c->at);
}

__attribute__((format(printf, 4, 5))) static void fail(struct compiler *c,
                                                       size_t offset,
                                                       const char *hint,
                                                       const char *format, ...)
{
    char what[240];
    va_list args;

    if (c->failed)
        return;
    c->failed = true;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    report_error(c->l, node_place_in(c->l, c->node, c->base + offset), "", hint,
                 "%s", what);
}

static void fail_expected(struct compiler *c, const char *wanted)
{
    if (c->token.kind == TOKEN_BAD &&
        (c->token.word.data[0] == '"' || c->token.word.data[0] == '\''))
        fail(c, c->token.offset, "", "the text is not closed");
    else if (c->token.kind == TOKEN_END)
        fail(c, c->token.offset, "", "expected %s, but the condition ends here",
             wanted);
    else if (c->token.kind == TOKEN_BAD && c->token.word.data[0] == '=')
        fail(c, c->token.offset, "write == to compare",
             "expected %s, found =", wanted);
    else
        fail(c, c->token.offset, "", "expected %s, found \"%.*s\"", wanted,
             TEXT_ARG(c->token.word));
}

static bool token_is(const struct compiler *c, const char *word)
{
    return (c->token.kind == TOKEN_NAME || c->token.kind == TOKEN_COMPARE) &&
           text_equal(c->token.word, text_of(word));
}

static void push_row(struct compiler *c, struct expr_row row)
{
    bool binary = row.op >= EXPR_OP_EQ && row.op <= EXPR_OP_OR;

    if (c->count == EXPR_ROWS_MAX) {
        fail(c, c->token.offset, "give a part of it a name under conditions",
             "the condition is too long");
        return;
    }
    c->rows[c->count++] = row;
    if (binary)
        c->stack--;
    else if (row.op != EXPR_OP_NOT)
        c->stack++;
    if (c->stack > EXPR_DEPTH_MAX)
        fail(c, c->token.offset, "", "the condition is nested too deeply");
}

static void push_number(struct compiler *c, int64_t thousandths)
{
    push_row(c, (struct expr_row){
                    .op = EXPR_OP_CONST,
                    .value = {VALUE_NUMBER, {.thousandths = thousandths}}});
}

/* --- literals ----------------------------------------------------------- */

static bool number_of(struct text word, int64_t *thousandths)
{
    int64_t whole = 0, scale = 1000;
    uint32_t i = word.data[0] == '-', point = 0;

    for (; i < word.size; i++) {
        if (word.data[i] == '.' && !point) {
            point = i;
            continue;
        }
        if (word.data[i] == '.' || whole > INT64_MAX / 100000)
            return false;
        whole = whole * 10 + (word.data[i] - '0');
        if (point && (scale /= 10) == 0)
            return false;
    }
    *thousandths = (word.data[0] == '-' ? -whole : whole) * scale;
    return true;
}

static bool severity_of(struct text word, int64_t *thousandths)
{
    if (word.size != 2 || word.data[0] != 'S' || word.data[1] < '1' ||
        word.data[1] > '4')
        return false;
    *thousandths = (word.data[1] - '0') * 1000;
    return true;
}

static bool span_of(struct text word, int64_t *thousandths)
{
    char text[64];
    struct error err;
    int64_t span_ms;

    if (word.size >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", TEXT_ARG(word));
    if (span_parse(text, &span_ms, &err))
        return false;
    *thousandths = span_ms * 1000;
    return true;
}

static struct operand parse_literal(struct compiler *c)
{
    struct operand o = operand_of(A_NUMBER, c->token.offset);
    int64_t thousandths = 0;

    if (c->token.kind == TOKEN_TEXT) {
        o = (struct operand){A_TEXT, true, c->token.word, EXPR_NAME_COUNT,
                             c->token.offset};
        push_row(c, (struct expr_row){
                        .op = EXPR_OP_CONST,
                        .value = {VALUE_TEXT,
                                  {.text = loader_text(c->l, c->token.word)}}});
    } else if (c->token.kind == TOKEN_NUMBER
                   ? number_of(c->token.word, &thousandths)
                   : span_of(c->token.word, &thousandths)) {
        push_number(c, thousandths);
    } else {
        fail(c, c->token.offset, "",
             "\"%.*s\" is no number and no length of time",
             TEXT_ARG(c->token.word));
    }
    advance(c);
    return o;
}

/* [a, b, "c d"]: texts only; bare words are texts here. */
static void parse_list(struct compiler *c)
{
    struct text items[LIST_ITEMS_MAX], *kept;
    uint32_t count = 0;

    advance(c);
    while (c->token.kind != TOKEN_UNLIST && !c->failed) {
        if (c->token.kind != TOKEN_NAME && c->token.kind != TOKEN_TEXT) {
            fail_expected(c, "a word of the list");
            return;
        }
        if (count == LIST_ITEMS_MAX) {
            fail(c, c->token.offset, "", "the list is too long");
            return;
        }
        items[count++] = loader_text(c->l, c->token.word);
        advance(c);
        if (c->token.kind == TOKEN_COMMA)
            advance(c);
        else if (c->token.kind != TOKEN_UNLIST)
            fail_expected(c, "\",\" or \"]\"");
    }
    kept = loader_array(c->l, count, sizeof *kept);
    if (!kept)
        return;
    memcpy(kept, items, count * sizeof *kept);
    push_row(c,
             (struct expr_row){.op = EXPR_OP_CONST,
                               .value = {VALUE_LIST, {.list = {kept, count}}}});
    advance(c);
}

/* --- names ---------------------------------------------------------------- */

static enum type name_type(enum expr_name name)
{
    switch (name) {
    case EXPR_NAME_CASE_SEVERITY:
    case EXPR_NAME_CASE_OPEN_PROMISES:
    case EXPR_NAME_CASE_DATED_PROMISES:
    case EXPR_NAME_CASE_DUE_PROMISES:
    case EXPR_NAME_CASE_OVERDUE_PROMISES:
    case EXPR_NAME_CASE_AGE:
    case EXPR_NAME_EVENT_SEVERITY:
    case EXPR_NAME_REPORTER_TIER:
        return A_NUMBER;
    case EXPR_NAME_CASE_LINE_OPEN:
    case EXPR_NAME_REPORTER_IS_OWNER:
        return A_FLAG;
    default:
        return A_TEXT;
    }
}

static bool parse_known_name(struct compiler *c, struct operand *o)
{
    static const char *const words[] = {
#define X(name, word) word,
        EXPR_NAMES(X)
#undef X
    };
    struct nearest near;

    nearest_begin(&near, c->token.word);
    for (unsigned i = 0; i < EXPR_NAME_COUNT; i++) {
        if (text_equal(c->token.word, text_of(words[i]))) {
            *o = operand_of(name_type((enum expr_name)i), c->token.offset);
            o->name = (enum expr_name)i;
            push_row(c, (struct expr_row){.op = EXPR_OP_NAME,
                                          .index = (uint16_t)i,
                                          .name = text_of(words[i])});
            return true;
        }
        nearest_try(&near, text_of(words[i]));
    }
    if (!memchr(c->token.word.data, '.', c->token.word.size))
        return false;
    fail(c, c->token.offset, report_meant(c->l, near.best),
         "there is no \"%.*s\" to ask for", TEXT_ARG(c->token.word));
    return true;
}

static bool starts_with(struct text word, const char *start)
{
    size_t size = strlen(start);

    return word.size > size && memcmp(word.data, start, size) == 0;
}

/* count.NAME and lock.NAME */
static bool parse_indexed(struct compiler *c, struct operand *o)
{
    const struct policy *p = c->l->draft->policy;
    bool counter = starts_with(c->token.word, "count.");
    size_t skip = counter ? 6 : 5;
    size_t count = counter ? p->counter_count : p->lock_count;
    struct nearest near;

    if (!counter && !starts_with(c->token.word, "lock."))
        return false;
    *o = operand_of(counter ? A_NUMBER : A_FLAG, c->token.offset);
    nearest_begin(&near, (struct text){c->token.word.data + skip,
                                       c->token.word.size - (uint32_t)skip});
    for (size_t i = 0; i < count; i++) {
        struct text name =
            counter ? c->l->draft->counters[i].name : c->l->draft->locks[i];

        if (text_equal(name, near.word)) {
            push_row(c, (struct expr_row){.op = counter ? EXPR_OP_COUNTER
                                                        : EXPR_OP_LOCK,
                                          .index = (uint16_t)i,
                                          .name = name});
            return true;
        }
        nearest_try(&near, name);
    }
    fail(c, c->token.offset + skip, report_meant(c->l, near.best),
         "no %s is called \"%.*s\"", counter ? "counter" : "lock",
         TEXT_ARG(near.word));
    return true;
}

static bool parse_named_condition(struct compiler *c, struct operand *o)
{
    const struct draft *d = c->l->draft;

    for (size_t i = 0; i < d->condition_count; i++) {
        if (!text_equal(d->conditions[i].name, c->token.word))
            continue;
        *o = operand_of(A_FLAG, c->token.offset);
        for (size_t j = 0; j < d->conditions[i].expr.count; j++)
            push_row(c, d->conditions[i].expr.rows[j]);
        return true;
    }
    return false;
}

static struct operand parse_has(struct compiler *c)
{
    struct operand o = operand_of(A_FLAG, c->token.offset);

    advance(c);
    if (c->token.kind != TOKEN_OPEN) {
        fail_expected(c, "\"(\" and a field");
        return o;
    }
    advance(c);
    if (c->token.kind != TOKEN_NAME) {
        fail_expected(c, "a field of the event");
        return o;
    }
    push_row(c, (struct expr_row){.op = EXPR_OP_HAS,
                                  .name = loader_text(c->l, c->token.word)});
    advance(c);
    if (c->token.kind != TOKEN_CLOSE)
        fail_expected(c, "\")\"");
    advance(c);
    return o;
}

static struct operand parse_flag(struct compiler *c)
{
    struct operand o = operand_of(A_FLAG, c->token.offset);

    push_row(c, (struct expr_row){
                    .op = EXPR_OP_CONST,
                    .value = {VALUE_FLAG, {.flag = token_is(c, "true")}}});
    advance(c);
    return o;
}

static struct operand parse_name(struct compiler *c)
{
    struct operand o = operand_of(ANY, c->token.offset);
    int64_t severity;

    if (token_is(c, "has"))
        return parse_has(c);
    if (token_is(c, "true") || token_is(c, "false"))
        return parse_flag(c);
    if (severity_of(c->token.word, &severity)) {
        o.type = A_NUMBER;
        push_number(c, severity);
    } else if (token_is(c, "and") || token_is(c, "or") || token_is(c, "in")) {
        fail_expected(c, "something to compare");
    } else if (!parse_indexed(c, &o) && !parse_named_condition(c, &o) &&
               !parse_known_name(c, &o)) {
        push_row(c,
                 (struct expr_row){.op = EXPR_OP_FIELD,
                                   .name = loader_text(c->l, c->token.word)});
    }
    advance(c);
    return o;
}

/* --- operators -------------------------------------------------------------
 */

static struct operand parse_operand(struct compiler *c)
{
    struct operand o = operand_of(ANY, c->token.offset);

    switch (c->token.kind) {
    case TOKEN_NAME:
        return parse_name(c);
    case TOKEN_TEXT:
    case TOKEN_NUMBER:
    case TOKEN_SPAN:
        return parse_literal(c);
    case TOKEN_OPEN:
        if (++c->depth > NESTING_MAX) {
            fail(c, c->token.offset, "", "the condition is nested too deeply");
            return o;
        }
        advance(c);
        o = parse_or(c);
        c->depth--;
        if (c->token.kind != TOKEN_CLOSE)
            fail_expected(c, "\")\"");
        advance(c);
        return o;
    default:
        fail_expected(c, "something to compare");
        return o;
    }
}

/* The words that a name can be compared with, where they are known. */
static const char *const *words_of(enum expr_name name)
{
    static const char *const statuses[] = {"open", "waiting", "resolved",
                                           "closed", NULL};
    static const char *const sources[] = {
#define X(id, code, word) word,
        SOURCES(X)
#undef X
            NULL};

    if (name == EXPR_NAME_CASE_STATUS)
        return statuses;
    return name == EXPR_NAME_EVENT_SOURCE ? sources : NULL;
}

static void check_word(struct compiler *c, const struct operand *a,
                       struct text word, size_t offset)
{
    const char *const *words = words_of(a->name);
    struct nearest near;

    nearest_begin(&near, word);
    for (; words && *words; words++) {
        if (text_equal(word, text_of(*words)))
            return;
        nearest_try(&near, text_of(*words));
    }
    if (words)
        fail(c, offset, report_meant(c->l, near.best), "%s is never \"%.*s\"",
             a->name == EXPR_NAME_CASE_STATUS ? "case.status" : "event.source",
             TEXT_ARG(word));
}

static void check_compare(struct compiler *c, const struct operand *a,
                          const struct operand *b, enum expr_op op)
{
    bool ordered = op >= EXPR_OP_LT && op <= EXPR_OP_GE;

    if (a->type != ANY && b->type != ANY && a->type != b->type)
        fail(c, b->offset, "", "%s is compared with %s", type_words[a->type],
             type_words[b->type]);
    else if (ordered && (a->type == A_TEXT || a->type == A_FLAG ||
                         b->type == A_TEXT || b->type == A_FLAG))
        fail(c, b->offset, "use == or !=", "%s is neither more nor less",
             type_words[a->type == ANY ? b->type : a->type]);
    else if (b->is_word)
        check_word(c, a, b->word, b->offset);
}

static enum expr_op compare_op(struct text word)
{
#define X(name, text) {EXPR_OP_##name, text},
    static const struct {
        enum expr_op op;
        const char *word;
    } table[] = {EXPR_OPS(X)};
#undef X
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (text_equal(word, text_of(table[i].word)))
            return table[i].op;
    return EXPR_OP_EQ;
}

static void check_list_words(struct compiler *c, const struct operand *a,
                             size_t offset)
{
    const struct value *v = c->count ? &c->rows[c->count - 1].value : NULL;

    for (uint32_t i = 0; v && v->kind == VALUE_LIST && i < v->list.count; i++)
        check_word(c, a, v->list.items[i], offset);
    if (a->type == A_NUMBER || a->type == A_FLAG)
        fail(c, offset, "", "%s is looked for in a list of texts",
             type_words[a->type]);
}

static struct operand parse_in(struct compiler *c, const struct operand *a)
{
    size_t offset;

    advance(c);
    offset = c->token.offset;
    if (c->token.kind == TOKEN_LIST) {
        parse_list(c);
        if (!c->failed)
            check_list_words(c, a, offset);
    } else {
        struct operand b = parse_operand(c);

        if (b.type != ANY && b.type != A_LIST)
            fail(c, b.offset, "", "\"in\" wants a list, not %s",
                 type_words[b.type]);
    }
    push_row(c, (struct expr_row){.op = EXPR_OP_IN});
    return operand_of(A_FLAG, a->offset);
}

static struct operand parse_compare(struct compiler *c)
{
    struct operand a = parse_operand(c), b;
    enum expr_op op;

    if (token_is(c, "in"))
        return parse_in(c, &a);
    if (c->token.kind != TOKEN_COMPARE)
        return a;
    op = compare_op(c->token.word);
    advance(c);
    b = parse_operand(c);
    check_compare(c, &a, &b, op);
    push_row(c, (struct expr_row){.op = op});
    return operand_of(A_FLAG, a.offset);
}

static void check_flag(struct compiler *c, const struct operand *o)
{
    if (o->type != ANY && o->type != A_FLAG)
        fail(c, o->offset, "", "expected a condition, found %s",
             type_words[o->type]);
}

static struct operand parse_not(struct compiler *c)
{
    struct operand o;

    if (!token_is(c, "not"))
        return parse_compare(c);
    if (++c->depth > NESTING_MAX) {
        fail(c, c->token.offset, "", "the condition is nested too deeply");
        return operand_of(A_FLAG, c->token.offset);
    }
    advance(c);
    o = parse_not(c);
    c->depth--;
    check_flag(c, &o);
    push_row(c, (struct expr_row){.op = EXPR_OP_NOT});
    return operand_of(A_FLAG, o.offset);
}

static struct operand parse_and(struct compiler *c)
{
    struct operand a = parse_not(c);

    while (token_is(c, "and") && !c->failed) {
        struct operand b;

        advance(c);
        b = parse_not(c);
        check_flag(c, &a);
        check_flag(c, &b);
        push_row(c, (struct expr_row){.op = EXPR_OP_AND});
        a = operand_of(A_FLAG, a.offset);
    }
    return a;
}

static struct operand parse_or(struct compiler *c)
{
    struct operand a = parse_and(c);

    while (token_is(c, "or") && !c->failed) {
        struct operand b;

        advance(c);
        b = parse_and(c);
        check_flag(c, &a);
        check_flag(c, &b);
        push_row(c, (struct expr_row){.op = EXPR_OP_OR});
        a = operand_of(A_FLAG, a.offset);
    }
    return a;
}

bool condition_compile(struct loader *l, yaml_node_t *node, size_t offset,
                       struct text source, struct expr *out)
{
    struct compiler c = {
        .l = l, .node = node, .base = offset, .source = source};
    struct operand whole;
    struct expr_row *rows;

    *out = (struct expr){.rows = NULL};
    advance(&c);
    if (c.token.kind == TOKEN_END)
        fail(&c, 0, "leave it out if it is always so",
             "the condition is empty");
    whole = c.failed ? operand_of(A_FLAG, 0) : parse_or(&c);
    check_flag(&c, &whole);
    if (c.token.kind != TOKEN_END && !c.failed)
        fail_expected(&c, "and, or, or the end of the condition");
    rows = c.failed ? NULL : loader_array(l, c.count, sizeof *rows);
    if (!rows)
        return false;
    memcpy(rows, c.rows, c.count * sizeof *rows);
    *out = (struct expr){rows, (uint16_t)c.count, loader_text(l, source)};
    return true;
}

void read_condition(struct loader *l, yaml_node_t *node, void *into,
                    const struct shape_row *row)
{
    (void)row;
    if (node_is_text(l, node, "a condition"))
        condition_compile(l, node, 0, node_text(node), into);
}
