/* holds - a search over the values that make a difference. Facts that the
 * leaves' ranges come from are gathered in facts.c. */
#include "policy/holds.h"

#include <stdlib.h>

#include "policy/facts.h"

enum {
    LEAVES_MAX = 40,
    TRIES_MAX = 48, /* values of a leaf */
    TERMS_MAX = 48,
    CODE_MAX = 2048, /* of all terms together */
    LOOKS_MAX = 20000,
    UNTRIED = -1,
};

/* Same rows, same leaf. */
struct leaf {
    const struct expr_row *rows;
    size_t row_count;
    struct domain domain;
    struct value tries[TRIES_MAX];
    int try_count, tried;
};

/* The conditions again, with leaves for whatever is asked. */
struct code {
    enum expr_op op; /* CONST, FIELD: a leaf; else as in expr.h */
    uint16_t leaf;
    const struct value *value;
};

struct term {
    size_t from, until; /* of the code */
    bool wanted;
};

struct holds {
    const struct draft *draft;
    struct facts facts;
    struct leaf leaves[LEAVES_MAX];
    struct code code[CODE_MAX];
    struct term terms[TERMS_MAX];
    size_t leaf_count, code_count, term_count;
    unsigned looks;
    bool case_there, too_large;
};

struct holds *holds_new(const struct draft *d)
{
    struct holds *h = malloc(sizeof *h);

    if (!h)
        return NULL;
    h->draft = d;
    facts_gather(d, &h->facts);
    holds_begin(h, false);
    return h;
}

void holds_free(struct holds *h)
{
    free(h);
}

const struct facts *holds_facts(const struct holds *h)
{
    return &h->facts;
}

void holds_begin(struct holds *h, bool case_there)
{
    h->leaf_count = h->code_count = h->term_count = 0;
    h->case_there = case_there;
    h->too_large = false;
}

/* --- leaves --------------------------------------------------------------- */

static bool compare(enum expr_op op, const struct value *a,
                    const struct value *b)
{
    const struct expr_row rows[] = {{.op = EXPR_OP_CONST, .value = *a},
                                    {.op = EXPR_OP_CONST, .value = *b},
                                    {.op = op}};

    return expr_true(&(struct expr){rows, 3, {NULL, 0}}, NULL);
}

static void try_value(struct holds *h, struct leaf *leaf, struct value v)
{
    for (int i = 0; i < leaf->try_count; i++)
        if (leaf->tries[i].kind == v.kind &&
            (v.kind == VALUE_NONE || compare(EXPR_OP_EQ, &leaf->tries[i], &v)))
            return;
    if (leaf->try_count == TRIES_MAX)
        h->too_large = true;
    else
        leaf->tries[leaf->try_count++] = v;
}

static void try_number(struct holds *h, struct leaf *leaf, int64_t thousandths)
{
    if (thousandths >= leaf->domain.low && thousandths <= leaf->domain.high)
        try_value(
            h, leaf,
            (struct value){.kind = VALUE_NUMBER, .thousandths = thousandths});
}

/* What makes a difference to a comparison with this constant. */
static void try_constant(struct holds *h, struct leaf *leaf,
                         const struct value *v)
{
    const struct domain *d = &leaf->domain;

    if (v->kind == VALUE_LIST)
        for (uint32_t i = 0; d->texts && i < v->list.count; i++)
            try_value(
                h, leaf,
                (struct value){.kind = VALUE_TEXT, .text = v->list.items[i]});
    else if (v->kind == VALUE_TEXT && d->texts)
        try_value(h, leaf, *v);
    else if (v->kind == VALUE_FLAG && d->flags)
        try_value(h, leaf, *v);
    else if (v->kind == VALUE_NUMBER && d->numbers &&
             llabs(v->thousandths) < INT64_MAX / 2) {
        int64_t down = v->thousandths / d->step * d->step;

        for (int64_t n = down - d->step; n <= down + d->step; n += d->step)
            try_number(h, leaf, n);
    }
}

/* has(X) is asked of X. */
static enum expr_op plain(enum expr_op op)
{
    return op == EXPR_OP_HAS ? EXPR_OP_FIELD : op;
}

static bool same_rows(const struct leaf *leaf, const struct expr_row *rows,
                      size_t count)
{
    if (leaf->row_count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct expr_row *a = &leaf->rows[i], *b = &rows[i];

        if (plain(a->op) != plain(b->op) || a->index != b->index ||
            a->which != b->which || !text_equal(a->name, b->name) ||
            (a->op == EXPR_OP_CONST &&
             (a->value.kind == VALUE_LIST || b->value.kind == VALUE_LIST ||
              !compare(EXPR_OP_EQ, &a->value, &b->value))))
            return false;
    }
    return true;
}

static uint16_t leaf_of(struct holds *h, const struct expr_row *rows,
                        size_t count)
{
    static const struct value other = {.kind = VALUE_TEXT,
                                       .text = {"\001another", 8}};
    struct leaf *leaf;

    for (size_t i = 0; i < h->leaf_count; i++)
        if (same_rows(&h->leaves[i], rows, count))
            return (uint16_t)i;
    if (h->leaf_count == LEAVES_MAX) {
        h->too_large = true;
        return 0;
    }
    leaf = &h->leaves[h->leaf_count];
    leaf->rows = rows;
    leaf->row_count = count;
    leaf->domain = domain_of(h->draft, &h->facts, rows, count, h->case_there);
    leaf->try_count = 0;
    leaf->tried = UNTRIED;
    if (leaf->domain.texts)
        try_value(h, leaf, other);
    for (size_t i = 0; leaf->domain.words && leaf->domain.words[i]; i++)
        try_value(h, leaf,
                  (struct value){.kind = VALUE_TEXT,
                                 .text = text_of(leaf->domain.words[i])});
    if (leaf->domain.numbers && leaf->domain.low > INT64_MIN) {
        try_number(h, leaf, leaf->domain.low);
        try_number(h, leaf, leaf->domain.high);
    }
    for (int flag = 0; leaf->domain.flags == FLAGS_ONLY && flag < 2; flag++)
        if (!(flag && leaf->domain.never_set))
            try_value(h, leaf,
                      (struct value){.kind = VALUE_FLAG, .flag = flag});
    if (leaf->domain.missing)
        try_value(h, leaf, (struct value){.kind = VALUE_NONE});
    return (uint16_t)h->leaf_count++;
}

/* --- code ----------------------------------------------------------------- */

/* A value on the stack while the rows are read: where its rows and its code
 * begin, and which leaf or constant it is, if it is one. */
struct part {
    size_t row, code;
    int leaf;
    const struct value *constant;
};

static void emit(struct holds *h, struct code code)
{
    if (h->code_count == CODE_MAX)
        h->too_large = true;
    else
        h->code[h->code_count++] = code;
}

static struct part push_leaf(struct holds *h, const struct expr *e,
                             struct part at, size_t end)
{
    h->code_count = at.code;
    at.leaf = leaf_of(h, e->rows + at.row, end - at.row);
    at.constant = NULL;
    emit(h, (struct code){.op = EXPR_OP_FIELD, .leaf = (uint16_t)at.leaf});
    return at;
}

static struct part push_row(struct holds *h, const struct expr *e, size_t i)
{
    const struct expr_row *row = &e->rows[i];
    struct part part = {i, h->code_count, UNTRIED, NULL};

    if (row->op != EXPR_OP_CONST)
        return push_leaf(h, e, part, i + 1);
    part.constant = &row->value;
    emit(h, (struct code){.op = EXPR_OP_CONST, .value = &row->value});
    return part;
}

/* A leaf that is asked whether it is so. */
static void ask(struct holds *h, const struct part *part)
{
    static const struct value yes = {.kind = VALUE_FLAG, .flag = true};

    if (part->leaf >= 0)
        try_constant(h, &h->leaves[part->leaf], &yes);
}

static struct part combine(struct holds *h, const struct expr *e, size_t i,
                           struct part a, struct part b)
{
    enum expr_op op = e->rows[i].op;
    bool logical = op == EXPR_OP_AND || op == EXPR_OP_OR;
    bool simple = logical || (op >= EXPR_OP_EQ && op <= EXPR_OP_GE) ||
                  (op == EXPR_OP_IN && b.constant);

    if (!simple || (!logical && !a.constant && !b.constant))
        return push_leaf(h, e, a, i + 1);
    if (logical) {
        ask(h, &a);
        ask(h, &b);
    } else if (a.leaf >= 0 && b.constant) {
        try_constant(h, &h->leaves[a.leaf], b.constant);
    } else if (b.leaf >= 0 && a.constant) {
        try_constant(h, &h->leaves[b.leaf], a.constant);
    }
    emit(h, (struct code){.op = op});
    a.leaf = UNTRIED;
    a.constant = NULL;
    return a;
}

void holds_want(struct holds *h, const struct expr *e, bool wanted)
{
    static const struct value yes = {.kind = VALUE_FLAG, .flag = true};
    struct part parts[EXPR_DEPTH_MAX] = {{0, 0, UNTRIED, NULL}};
    size_t depth = 0, from = h->code_count;

    if (h->term_count == TERMS_MAX || h->too_large) {
        h->too_large = true;
        return;
    }
    if (e->count == 0)
        emit(h, (struct code){.op = EXPR_OP_CONST, .value = &yes});
    for (size_t i = 0; i < e->count; i++) {
        enum expr_op op = e->rows[i].op;

        if (op == EXPR_OP_HAS) { /* of a field, as a field */
            parts[depth] = (struct part){i, h->code_count, UNTRIED, NULL};
            emit(h, (struct code){.op = EXPR_OP_FIELD,
                                  .leaf = leaf_of(h, &e->rows[i], 1)});
            emit(h, (struct code){.op = EXPR_OP_KNOWN});
            depth++;
        } else if (expr_is_leaf(op)) {
            parts[depth++] = push_row(h, e, i);
        } else if (expr_is_unary(op)) {
            if (op == EXPR_OP_NOT)
                ask(h, &parts[depth - 1]);
            emit(h, (struct code){.op = op});
            parts[depth - 1].leaf = UNTRIED;
            parts[depth - 1].constant = NULL;
        } else {
            depth--;
            parts[depth - 1] = combine(h, e, i, parts[depth - 1], parts[depth]);
        }
    }
    if (depth)
        ask(h, &parts[0]);
    h->terms[h->term_count++] = (struct term){from, h->code_count, wanted};
}

/* --- search --------------------------------------------------------------- */

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_OPEN };

/* A value, or one that is not tried yet. */
struct cell {
    bool open;
    struct value value;
};

static enum answer truth(const struct cell *c)
{
    if (c->open)
        return ANSWER_OPEN;
    return c->value.kind == VALUE_FLAG && c->value.flag ? ANSWER_YES
                                                        : ANSWER_NO;
}

static struct cell cell_of(enum answer a)
{
    return (struct cell){a == ANSWER_OPEN,
                         {.kind = VALUE_FLAG, .flag = a == ANSWER_YES}};
}

static struct cell apply(enum expr_op op, const struct cell *a,
                         const struct cell *b)
{
    enum answer x = truth(a), y = truth(b);

    if (op == EXPR_OP_AND || op == EXPR_OP_OR) {
        enum answer decides = op == EXPR_OP_AND ? ANSWER_NO : ANSWER_YES;

        if (x == decides || y == decides)
            return cell_of(decides);
        return cell_of(x == ANSWER_OPEN || y == ANSWER_OPEN ? ANSWER_OPEN : x);
    }
    if (a->open || b->open)
        return cell_of(ANSWER_OPEN);
    return cell_of(compare(op, &a->value, &b->value) ? ANSWER_YES : ANSWER_NO);
}

static enum answer look(const struct holds *h, const struct term *term)
{
    struct cell stack[EXPR_DEPTH_MAX] = {{false, {VALUE_NONE, {{NULL, 0}}}}};
    size_t depth = 0;

    for (size_t i = term->from; i < term->until; i++) {
        const struct code *code = &h->code[i];
        const struct leaf *leaf = &h->leaves[code->leaf];
        struct cell *top = &stack[depth ? depth - 1 : 0];

        if (code->op == EXPR_OP_CONST)
            stack[depth++] = (struct cell){false, *code->value};
        else if (code->op == EXPR_OP_FIELD)
            stack[depth++] =
                leaf->tried == UNTRIED
                    ? (struct cell){.open = true}
                    : (struct cell){false, leaf->tries[leaf->tried]};
        else if (code->op == EXPR_OP_NOT)
            *top = cell_of(top->open ? ANSWER_OPEN : (enum answer) !truth(top));
        else if (code->op == EXPR_OP_KNOWN)
            *top = cell_of(top->open
                               ? ANSWER_OPEN
                               : (enum answer)(top->value.kind != VALUE_NONE));
        else {
            depth--;
            stack[depth - 1] =
                apply(code->op, &stack[depth - 1], &stack[depth]);
        }
    }
    return truth(&stack[0]);
}

/* The first leaf of the term that is not tried yet. */
static struct leaf *untried(struct holds *h, const struct term *term)
{
    for (size_t i = term->from; i < term->until; i++)
        if (h->code[i].op == EXPR_OP_FIELD &&
            h->leaves[h->code[i].leaf].tried == UNTRIED)
            return &h->leaves[h->code[i].leaf];
    return NULL;
}

static bool search(struct holds *h)
{
    const struct term *open = NULL;
    struct leaf *leaf;

    if (h->looks++ > LOOKS_MAX)
        return true;
    for (size_t i = 0; i < h->term_count; i++) {
        enum answer a = look(h, &h->terms[i]);

        if (a == ANSWER_OPEN)
            open = open ? open : &h->terms[i];
        else if ((a == ANSWER_YES) != h->terms[i].wanted)
            return false;
    }
    if (!open)
        return true;
    leaf = untried(h, open);
    for (int i = 0; i < leaf->try_count; i++) {
        leaf->tried = i;
        if (search(h)) {
            leaf->tried = UNTRIED;
            return true;
        }
    }
    leaf->tried = UNTRIED;
    return false;
}

bool holds_possible(struct holds *h)
{
    h->looks = 0;
    return h->too_large || search(h);
}

static bool decided(struct holds *h, const struct expr *e, bool wanted,
                    bool case_there)
{
    holds_begin(h, case_there);
    holds_want(h, e, wanted);
    return !holds_possible(h);
}

bool holds_never(struct holds *h, const struct expr *e, bool case_there)
{
    return e->count && decided(h, e, true, case_there);
}

bool holds_always(struct holds *h, const struct expr *e, bool case_there)
{
    return !e->count || decided(h, e, false, case_there);
}
