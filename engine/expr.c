/* expr - postfix rows over a fixed stack. What is not there is NONE, what is
 * compared with NONE is false: every condition has an answer. */
#include "engine/expr.h"

#include <assert.h>

static struct value flag(bool b)
{
    return (struct value){.kind = VALUE_FLAG, .flag = b};
}

static bool truth(const struct value *v)
{
    return v->kind == VALUE_FLAG && v->flag;
}

static bool same(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_TEXT:
        return text_equal(a->text, b->text);
    case VALUE_NUMBER:
        return a->thousandths == b->thousandths;
    case VALUE_FLAG:
        return a->flag == b->flag;
    case VALUE_TIME:
        return a->time_ms == b->time_ms;
    case VALUE_NONE:
    case VALUE_LIST:
        break;
    }
    return false;
}

/* -1, 0, 1; 2 where there is no order. */
static int order(const struct value *a, const struct value *b)
{
    int64_t x, y;

    if (a->kind != b->kind)
        return 2;
    if (a->kind == VALUE_NUMBER) {
        x = a->thousandths;
        y = b->thousandths;
    } else if (a->kind == VALUE_TIME) {
        x = a->time_ms;
        y = b->time_ms;
    } else {
        return 2;
    }
    return x < y ? -1 : x > y;
}

static bool contains(const struct value *element, const struct value *list)
{
    if (list->kind != VALUE_LIST)
        return same(element, list);
    if (element->kind != VALUE_TEXT)
        return false;
    for (uint32_t i = 0; i < list->list.count; i++)
        if (text_equal(list->list.items[i], element->text))
            return true;
    return false;
}

static bool compare(enum expr_op op, const struct value *a,
                    const struct value *b)
{
    if (a->kind == VALUE_NONE || b->kind == VALUE_NONE)
        return false;
    switch (op) {
    case EXPR_OP_EQ:
        return same(a, b);
    case EXPR_OP_NE:
        return !same(a, b);
    case EXPR_OP_LT:
        return order(a, b) == -1;
    case EXPR_OP_LE:
        return order(a, b) <= 0;
    case EXPR_OP_GT:
        return order(a, b) == 1;
    case EXPR_OP_GE:
        return order(a, b) == 0 || order(a, b) == 1;
    case EXPR_OP_IN:
        return contains(a, b);
    default:
        assert(false && "not a comparison");
        return false;
    }
}

static struct value push(const struct expr_row *row, const struct scope *s)
{
    switch (row->op) {
    case EXPR_OP_CONST:
        return row->value;
    case EXPR_OP_FIELD:
        return scope_field(s, row->name);
    case EXPR_OP_NAME:
        return scope_name(s, (enum expr_name)row->index);
    case EXPR_OP_COUNTER:
        return scope_counter(s, row->index);
    case EXPR_OP_LOCK:
        return scope_lock(s, row->index);
    case EXPR_OP_LIST:
        return scope_list(s, row->index, (enum expr_list)row->which, row->name);
    case EXPR_OP_SUBJECT:
        return scope_subject(s, (enum expr_subject)row->index, row->name);
    case EXPR_OP_TABLE:
        return scope_table(s, row->index);
    case EXPR_OP_TARIFF:
        return scope_tariff(s, (enum tariff_part)row->index);
    case EXPR_OP_MATCHES:
        return flag(scope_matches(s, row->name, row->index));
    case EXPR_OP_SIZE:
        return (struct value){.kind = VALUE_NUMBER,
                              .thousandths =
                                  (int64_t)scope_size(s, row->name) * 1000};
    default:
        assert(row->op == EXPR_OP_HAS);
        return flag(scope_field(s, row->name).kind != VALUE_NONE);
    }
}

/* Where each value on the stack was made, as it would be when run. */
void expr_link(struct expr_row *rows, size_t count)
{
    uint8_t made[EXPR_DEPTH_MAX];
    size_t depth = 0;

    assert(count <= EXPR_ROWS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct expr_row *row = &rows[i];

        row->skip = EXPR_SKIP_NEVER;
        if (expr_is_leaf(row->op)) {
            assert(depth < EXPR_DEPTH_MAX);
            depth++;
        } else if (!expr_is_unary(row->op)) {
            assert(depth >= 2);
            depth--;
        }
        if (row->op == EXPR_OP_AND || row->op == EXPR_OP_OR) {
            struct expr_row *left = &rows[made[depth - 1]];

            left->skip =
                row->op == EXPR_OP_AND ? EXPR_SKIP_FALSE : EXPR_SKIP_TRUE;
            left->skip_to = (uint8_t)i;
        }
        assert(depth >= 1);
        made[depth - 1] = (uint8_t)i;
    }
}

/* Follows the skips of a value that decides, and of what it decides. */
static uint16_t pass(const struct expr *e, uint16_t at, struct value *v)
{
    bool yes = truth(v);

    while (e->rows[at].skip != EXPR_SKIP_NEVER &&
           (e->rows[at].skip == EXPR_SKIP_TRUE) == yes) {
        at = e->rows[at].skip_to;
        *v = flag(yes);
    }
    return at;
}

static struct value add_months(const struct scope *s, const struct value *a,
                               const struct value *b)
{
    if (a->kind != VALUE_TIME || b->kind != VALUE_NUMBER)
        return (struct value){.kind = VALUE_NONE};
    return scope_months(s, a->time_ms, b->thousandths / 1000);
}

static void combine_one(enum expr_op op, struct value *a)
{
    *a = flag(op == EXPR_OP_NOT ? !truth(a) : a->kind != VALUE_NONE);
}

/* What a row that is no leaf makes of the top of the stack. */
static void combine(enum expr_op op, struct value *stack, size_t *depth,
                    const struct scope *s)
{
    struct value *a, *b;

    if (expr_is_unary(op)) {
        assert(*depth >= 1);
        combine_one(op, &stack[*depth - 1]);
        return;
    }
    assert(*depth >= 2);
    --*depth;
    a = &stack[*depth - 1];
    b = &stack[*depth];
    if (op == EXPR_OP_AND)
        *a = flag(truth(a) && truth(b));
    else if (op == EXPR_OP_OR)
        *a = flag(truth(a) || truth(b));
    else if (op == EXPR_OP_MONTHS)
        *a = add_months(s, a, b);
    else if (op >= EXPR_OP_ADD && op <= EXPR_OP_DIV)
        *a = value_arithmetic(op, a, b);
    else
        *a = flag(compare(op, a, b));
}

struct value expr_value(const struct expr *e, const struct scope *s)
{
    struct value stack[EXPR_DEPTH_MAX];
    size_t depth = 0;

    if (!e->count)
        return flag(true);
    for (uint16_t i = 0; i < e->count; i++) {
        const struct expr_row *row = &e->rows[i];

        if (expr_is_leaf(row->op)) {
            assert(depth < EXPR_DEPTH_MAX);
            stack[depth++] = push(row, s);
        } else {
            combine(row->op, stack, &depth, s);
        }
        if (row->skip != EXPR_SKIP_NEVER)
            i = pass(e, i, &stack[depth - 1]);
    }
    assert(depth == 1);
    return stack[0];
}

bool expr_true(const struct expr *e, const struct scope *s)
{
    struct value answer;

    if (!e->count)
        return true;
    answer = expr_value(e, s);
    return truth(&answer);
}
