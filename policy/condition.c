#include "policy/condition.h"

#include "policy/condition_compiler.h"
#include "policy/words.h"

static const char *type_word(enum type type)
{
    static const char *const words[] = {N_("anything"), N_("a text"),
                                        N_("a number"), N_("yes or no"),
                                        N_("a list"),   N_("a moment")};

    return _(words[type]);
}

static struct operand parse_or(struct compiler *c);

/* --- operators ------------------------------------------------------------ */

static struct operand parse_operand(struct compiler *c)
{
    struct operand o = operand_of(ANY, c->token.offset);

    switch (c->token.kind) {
    case TOKEN_NAME:
        return operand_name(c);
    case TOKEN_TEXT:
    case TOKEN_NUMBER:
    case TOKEN_SPAN:
        return operand_literal(c);
    case TOKEN_OPEN:
        if (++c->depth > NESTING_MAX) {
            compiler_fail(c, c->token.offset, UNSAID,
                          "the condition is nested too deeply");
            return o;
        }
        compiler_advance(c);
        o = parse_or(c);
        c->depth--;
        if (c->token.kind != TOKEN_CLOSE)
            compiler_fail_expected(c, "\")\"");
        compiler_advance(c);
        return o;
    default:
        compiler_fail_expected(c, "something to compare");
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
        compiler_fail(
            c, offset, report_meant(c->l, near.best), "%s is never \"%.*s\"",
            a->name == EXPR_NAME_CASE_STATUS ? "case.status" : "event.source",
            TEXT_ARG(word));
}

static void check_compare(struct compiler *c, const struct operand *a,
                          const struct operand *b, enum expr_op op)
{
    bool ordered = op >= EXPR_OP_LT && op <= EXPR_OP_GE;

    if (a->type != ANY && b->type != ANY && a->type != b->type)
        compiler_fail(c, b->offset, UNSAID, "%s is compared with %s",
                      type_word(a->type), type_word(b->type));
    else if (ordered && (a->type == A_TEXT || a->type == A_FLAG ||
                         b->type == A_TEXT || b->type == A_FLAG))
        compiler_fail(c, b->offset,
                      "use == or !=", "%s is neither more nor less",
                      type_word(a->type == ANY ? b->type : a->type));
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
        compiler_fail(c, offset, UNSAID, "%s is looked for in a list of texts",
                      type_word(a->type));
}

static struct operand parse_in(struct compiler *c, const struct operand *a)
{
    size_t offset;

    compiler_advance(c);
    offset = c->token.offset;
    if (c->token.kind == TOKEN_LIST) {
        operand_list(c);
        if (!c->failed)
            check_list_words(c, a, offset);
    } else {
        struct operand b = operand_sum(c);

        if (b.type != ANY && b.type != A_LIST)
            compiler_fail(c, b.offset, UNSAID, "\"in\" wants a list, not %s",
                          type_word(b.type));
    }
    compiler_push(c, (struct expr_row){.op = EXPR_OP_IN});
    return operand_of(A_FLAG, a->offset);
}

/* --- arithmetic ----------------------------------------------------------- */

/* "-3" behind a value takes three from it. */
static void split_minus(struct compiler *c)
{
    struct token *t = &c->token;

    if ((t->kind != TOKEN_NUMBER && t->kind != TOKEN_SPAN) ||
        t->word.data[0] != '-')
        return;
    c->at = t->offset + 1;
    t->kind = TOKEN_SIGN;
    t->word.size = 1;
}

static enum expr_op sign_op(const struct compiler *c)
{
    switch (c->token.word.data[0]) {
    case '+':
        return EXPR_OP_ADD;
    case '-':
        return EXPR_OP_SUB;
    case '*':
        return EXPR_OP_MUL;
    default:
        return EXPR_OP_DIV;
    }
}

static bool is_countable(struct compiler *c, const struct operand *o)
{
    if (o->type != A_TEXT && o->type != A_FLAG && o->type != A_LIST)
        return true;
    compiler_fail(c, o->offset, UNSAID, "%s is nothing to calculate with",
                  type_word(o->type));
    return false;
}

static enum type result_type(struct compiler *c, enum expr_op op,
                             const struct operand *a, const struct operand *b)
{
    bool moments = a->type == A_TIME || b->type == A_TIME;

    if (!is_countable(c, a) || !is_countable(c, b))
        return ANY;
    if (op == EXPR_OP_MUL || op == EXPR_OP_DIV) {
        if (moments)
            compiler_fail(c, b->offset, UNSAID,
                          "a moment has no half and no double");
        return A_NUMBER;
    }
    if (op == EXPR_OP_ADD && a->type == A_TIME && b->type == A_TIME)
        compiler_fail(c, b->offset, "moment - moment, moment + length of time",
                      "two moments cannot be added");
    if (a->type == ANY || b->type == ANY)
        return ANY;
    if (a->type == A_TIME && b->type == A_TIME)
        return A_NUMBER;
    return moments ? A_TIME : A_NUMBER;
}

static struct operand calculate(struct compiler *c, const struct operand *a,
                                struct operand (*right)(struct compiler *))
{
    enum expr_op op = sign_op(c);
    struct operand b;
    enum type type;

    compiler_advance(c);
    b = right(c);
    type = c->failed ? ANY : result_type(c, op, a, &b);
    compiler_push(c, (struct expr_row){.op = op});
    return operand_of(type, a->offset);
}

static struct operand parse_product(struct compiler *c)
{
    struct operand a = parse_operand(c);

    while (c->token.kind == TOKEN_SIGN && !c->failed &&
           sign_op(c) >= EXPR_OP_MUL)
        a = calculate(c, &a, parse_operand);
    return a;
}

struct operand operand_sum(struct compiler *c)
{
    struct operand a = parse_product(c);

    for (split_minus(c); c->token.kind == TOKEN_SIGN && !c->failed;
         split_minus(c))
        a = calculate(c, &a, parse_product);
    return a;
}

static struct operand parse_compare(struct compiler *c)
{
    struct operand a = operand_sum(c), b;
    enum expr_op op;

    if (compiler_sees(c, "in"))
        return parse_in(c, &a);
    if (c->token.kind != TOKEN_COMPARE)
        return a;
    op = compare_op(c->token.word);
    compiler_advance(c);
    b = operand_sum(c);
    check_compare(c, &a, &b, op);
    compiler_push(c, (struct expr_row){.op = op});
    return operand_of(A_FLAG, a.offset);
}

static void check_flag(struct compiler *c, const struct operand *o)
{
    if (o->type != ANY && o->type != A_FLAG)
        compiler_fail(c, o->offset, UNSAID, "expected a condition, found %s",
                      type_word(o->type));
}

static struct operand parse_not(struct compiler *c)
{
    struct operand o;

    if (!compiler_sees(c, "not"))
        return parse_compare(c);
    if (++c->depth > NESTING_MAX) {
        compiler_fail(c, c->token.offset, UNSAID,
                      "the condition is nested too deeply");
        return operand_of(A_FLAG, c->token.offset);
    }
    compiler_advance(c);
    o = parse_not(c);
    c->depth--;
    check_flag(c, &o);
    compiler_push(c, (struct expr_row){.op = EXPR_OP_NOT});
    return operand_of(A_FLAG, o.offset);
}

static struct operand parse_and(struct compiler *c)
{
    struct operand a = parse_not(c);

    while (compiler_sees(c, "and") && !c->failed) {
        struct operand b;

        compiler_advance(c);
        b = parse_not(c);
        check_flag(c, &a);
        check_flag(c, &b);
        compiler_push(c, (struct expr_row){.op = EXPR_OP_AND});
        a = operand_of(A_FLAG, a.offset);
    }
    return a;
}

static struct operand parse_or(struct compiler *c)
{
    struct operand a = parse_and(c);

    while (compiler_sees(c, "or") && !c->failed) {
        struct operand b;

        compiler_advance(c);
        b = parse_and(c);
        check_flag(c, &a);
        check_flag(c, &b);
        compiler_push(c, (struct expr_row){.op = EXPR_OP_OR});
        a = operand_of(A_FLAG, a.offset);
    }
    return a;
}

uint32_t expr_cost(const struct draft *d, const struct expr *e)
{
    uint32_t cost = 0;

    for (uint16_t i = 0; i < e->count; i++) {
        const struct expr_row *row = &e->rows[i];

        cost += 1;
        if (row->op == EXPR_OP_TABLE)
            cost += d->table_costs[row->index];
        else if (row->op == EXPR_OP_TARIFF)
            cost += d->tariff_cost;
    }
    return cost;
}

/* One named condition and nothing else has its rows: they are looked at for
 * many events, so it matters that they are few. Else rows of its own. */
static const struct expr_row *rows_of(struct compiler *c, uint8_t number)
{
    const struct expr_row *first = &c->rows[0];
    struct expr e = {.rows = first, .count = (uint16_t)c->count};
    struct expr_row *rows;

    if (c->failed)
        return NULL;
    if (first->begins && first->begins_to == c->count - 1)
        return c->l->draft->conditions[first->begins - 1].expr.rows;
    if (number && expr_asks_fields(&e)) {
        c->rows[0].begins = c->rows[c->count - 1].ends = number;
        c->rows[0].begins_to = (uint8_t)(c->count - 1);
    }
    rows = loader_array(c->l, c->count, sizeof *rows);
    if (!rows)
        return NULL;
    memcpy(rows, c->rows, c->count * sizeof *rows);
    expr_link(rows, c->count);
    return rows;
}

/* number: of the named condition that it is; 0: of none. */
static bool compile(struct loader *l, yaml_node_t *node, size_t offset,
                    struct text source, bool is_condition, uint8_t number,
                    struct expr *out)
{
    struct compiler c = {
        .l = l, .node = node, .base = offset, .source = source};
    struct operand whole;
    const struct expr_row *rows;

    *out = (struct expr){.rows = NULL};
    compiler_advance(&c);
    if (c.token.kind == TOKEN_END)
        compiler_fail(&c, 0,
                      is_condition ? N_("leave it out if it is always so")
                                   : UNSAID,
                      is_condition ? N_("the condition is empty")
                                   : N_("the value is empty"));
    whole = c.failed ? operand_of(A_FLAG, 0) : parse_or(&c);
    if (is_condition)
        check_flag(&c, &whole);
    if (c.token.kind != TOKEN_END && !c.failed)
        compiler_fail_expected(
            &c, is_condition ? N_("and, or, or the end of the condition")
                             : N_("an operator or the end"));
    rows = rows_of(&c, number);
    if (!rows)
        return false;
    *out = (struct expr){rows, (uint16_t)c.count, loader_text(l, source)};
    if (expr_cost(l->draft, out) <= EXPR_COST_MAX)
        return true;
    *out = (struct expr){.rows = NULL};
    report_error(l, node_place(node), "every event would wait for it",
                 "ask the table once, or make it shorter",
                 "the tables that are asked here have too many rows");
    return false;
}

bool condition_compile(struct loader *l, yaml_node_t *node, size_t offset,
                       struct text source, struct expr *out)
{
    return compile(l, node, offset, source, true, 0, out);
}

bool named_condition_compile(struct loader *l, yaml_node_t *node,
                             uint8_t number, struct expr *out)
{
    return compile(l, node, 0, node_text(node), true, number, out);
}

bool value_compile(struct loader *l, yaml_node_t *node, size_t offset,
                   struct text source, struct expr *out)
{
    return compile(l, node, offset, source, false, 0, out);
}

void read_value(struct loader *l, yaml_node_t *node, void *into,
                const struct shape_row *row)
{
    (void)row;
    if (node_is_text(l, node, "a value"))
        value_compile(l, node, 0, node_text(node), into);
}

void read_condition(struct loader *l, yaml_node_t *node, void *into,
                    const struct shape_row *row)
{
    (void)row;
    if (node_is_text(l, node, "a condition"))
        condition_compile(l, node, 0, node_text(node), into);
}
