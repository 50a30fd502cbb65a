/* expr - postfix rows over a fixed stack. What is not there is NONE, what is
 * compared with NONE is false: every condition has an answer. */
#include "engine/expr.h"

#include <assert.h>

/* Where it is to be, not by value: a value that is copied as a whole right
 * after its members were written waits for them, each time. */
static void set_flag(struct value *to, bool b)
{
    to->kind = VALUE_FLAG;
    to->flag = b;
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

/* Member by member, as they were written; see set_flag. */
static void move(struct value *to, const struct value *from)
{
    to->kind = from->kind;
    switch (from->kind) {
    case VALUE_NONE:
        break;
    case VALUE_TEXT:
        to->text.data = from->text.data;
        to->text.size = from->text.size;
        break;
    case VALUE_NUMBER:
        to->thousandths = from->thousandths;
        break;
    case VALUE_FLAG:
        to->flag = from->flag;
        break;
    case VALUE_TIME:
        to->time_ms = from->time_ms;
        break;
    case VALUE_LIST:
        to->list.items = from->list.items;
        to->list.count = from->list.count;
        break;
    }
}

static inline __attribute__((always_inline)) void
push(const struct expr_row *row, const struct scope *s, struct value *to)
{
    switch (row->op) {
    case EXPR_OP_CONST:
        *to = row->value;
        break;
    case EXPR_OP_FIELD:
        *to = scope_field(s, row->name);
        break;
    case EXPR_OP_NAME:
        *to = scope_name(s, (enum expr_name)row->index);
        break;
    case EXPR_OP_COUNTER:
        *to = scope_counter(s, row->index);
        break;
    case EXPR_OP_LOCK:
        *to = scope_lock(s, row->index);
        break;
    case EXPR_OP_LIST:
        *to = scope_list(s, row->index, (enum expr_list)row->which, row->name);
        break;
    case EXPR_OP_OVERLAPS:
        *to = scope_overlaps(s, row->index);
        break;
    case EXPR_OP_SUBJECT:
        *to = scope_subject(s, (enum expr_subject)row->index, row->name);
        break;
    case EXPR_OP_TABLE:
        *to = scope_table(s, row->index);
        break;
    case EXPR_OP_TARIFF:
        *to = scope_tariff(s, (enum tariff_part)row->index);
        break;
    case EXPR_OP_MATCHES:
        set_flag(to, scope_matches(s, row->name, row->index));
        break;
    case EXPR_OP_SIZE:
        to->kind = VALUE_NUMBER;
        to->thousandths = (int64_t)scope_size(s, row->name) * 1000;
        break;
    default:
        assert(row->op == EXPR_OP_HAS);
        set_flag(to, scope_field(s, row->name).kind != VALUE_NONE);
        break;
    }
}

static bool is_comparison(enum expr_op op)
{
    return op >= EXPR_OP_EQ && op <= EXPR_OP_IN;
}

bool expr_asks_fields(const struct expr *e)
{
    enum expr_op last;

    for (uint16_t i = 0; i < e->count; i++)
        switch (e->rows[i].op) {
        case EXPR_OP_CONST:
        case EXPR_OP_FIELD:
        case EXPR_OP_SIZE:
        case EXPR_OP_HAS:
            break;
        default:
            if (expr_is_leaf(e->rows[i].op) ||
                e->rows[i].op == EXPR_OP_MONTHS) /* by the case's calendar */
                return false;
        }
    if (!e->count)
        return false;
    last = e->rows[e->count - 1].op;
    return is_comparison(last) || last == EXPR_OP_HAS || last == EXPR_OP_AND ||
           last == EXPR_OP_OR || expr_is_unary(last);
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
        row->tests = i + 2 < count && expr_is_leaf(row->op) &&
                     expr_is_leaf(rows[i + 1].op) &&
                     is_comparison(rows[i + 2].op);
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

/* Behind the row of a value: what it answers is kept, and the skips of a value
 * that decides, and of what it decides, are followed. */
static uint16_t pass(const struct expr *e, uint16_t at, const struct scope *s,
                     struct value *v)
{
    const struct expr_row *row = &e->rows[at];
    bool yes = truth(v);

    for (;; set_flag(v, yes)) {
        if (row->ends)
            scope_answer(s, row->ends, yes);
        if (row->skip == EXPR_SKIP_NEVER ||
            (row->skip == EXPR_SKIP_TRUE) != yes)
            return at;
        at = row->skip_to;
        row = &e->rows[at];
    }
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
    set_flag(a, op == EXPR_OP_NOT ? !truth(a) : a->kind != VALUE_NONE);
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
        set_flag(a, truth(a) && truth(b));
    else if (op == EXPR_OP_OR)
        set_flag(a, truth(a) || truth(b));
    else if (op == EXPR_OP_MONTHS)
        *a = add_months(s, a, b);
    else if (op >= EXPR_OP_ADD && op <= EXPR_OP_DIV)
        *a = value_arithmetic(op, a, b);
    else
        set_flag(a, compare(op, a, b));
}

/* What stands at a leaf, and up to where it took the rows. */
static uint16_t run_leaf(const struct expr *e, uint16_t at,
                         const struct scope *s, struct value *to)
{
    const struct expr_row *row = &e->rows[at];
    struct value a, b;
    bool yes;

    if (row->begins && scope_answered(s, row->begins, &yes)) {
        set_flag(to, yes);
        return row->begins_to;
    }
    push(row, s, &a);
    if (!row->tests) {
        move(to, &a);
        return at;
    }
    push(row + 1, s, &b);
    set_flag(to, compare(row[2].op, &a, &b));
    return at + 2;
}

/* What is left on the stack, in its first place. */
static void run(const struct expr *e, const struct scope *s,
                struct value stack[EXPR_DEPTH_MAX])
{
    size_t depth = 0;

    for (uint16_t i = 0; i < e->count; i++) {
        if (expr_is_leaf(e->rows[i].op)) {
            assert(depth < EXPR_DEPTH_MAX);
            i = run_leaf(e, i, s, &stack[depth++]);
        } else {
            combine(e->rows[i].op, stack, &depth, s);
        }
        if (e->rows[i].skip != EXPR_SKIP_NEVER || e->rows[i].ends)
            i = pass(e, i, s, &stack[depth - 1]);
    }
    assert(depth == 1);
}

struct value expr_value(const struct expr *e, const struct scope *s)
{
    struct value stack[EXPR_DEPTH_MAX];

    if (!e->count)
        return (struct value){.kind = VALUE_FLAG, .flag = true};
    run(e, s, stack);
    return stack[0];
}

bool expr_true(const struct expr *e, const struct scope *s)
{
    struct value stack[EXPR_DEPTH_MAX];
    bool yes;

    if (!e->count)
        return true;
    if (e->rows->begins && e->rows->begins_to + 1 == e->count &&
        scope_answered(s, e->rows->begins, &yes))
        return yes;
    run(e, s, stack);
    return truth(&stack[0]);
}
