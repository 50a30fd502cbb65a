/* values - arithmetic of expressions. Whatever cannot be worked out is NONE. */
#include "engine/expr.h"

#include <assert.h>

static const struct value none = {.kind = VALUE_NONE};

static struct value number(int64_t thousandths)
{
    return (struct value){.kind = VALUE_NUMBER, .thousandths = thousandths};
}

static struct value moment(int64_t time_ms)
{
    return (struct value){.kind = VALUE_TIME, .time_ms = time_ms};
}

/* a * b / 1000: the parts have one sign, so that cutting each cuts the whole.
 */
static bool multiplied(int64_t a, int64_t b, int64_t *out)
{
    int64_t high, low;

    return !__builtin_mul_overflow(a / 1000, b, &high) &&
           !__builtin_mul_overflow(a % 1000, b / 1000, &low) &&
           !__builtin_add_overflow(high, low, &high) &&
           !__builtin_add_overflow(high, a % 1000 * (b % 1000) / 1000, out);
}

static bool divided(int64_t a, int64_t b, int64_t *out)
{
    int64_t whole;

    if (b == 0 || (a == INT64_MIN && b == -1))
        return false;
    if (!__builtin_mul_overflow(a, INT64_C(1000), &whole)) {
        *out = whole / b;
        return true;
    }
    return !__builtin_mul_overflow(a / b, INT64_C(1000), out) &&
           !__builtin_mul_overflow(a % b, INT64_C(1000), &whole) &&
           !__builtin_add_overflow(*out, whole / b, out);
}

static struct value of_numbers(enum expr_op op, int64_t a, int64_t b)
{
    int64_t result = 0;
    bool fits = false;

    switch (op) {
    case EXPR_OP_ADD:
        fits = !__builtin_add_overflow(a, b, &result);
        break;
    case EXPR_OP_SUB:
        fits = !__builtin_sub_overflow(a, b, &result);
        break;
    case EXPR_OP_MUL:
        fits = multiplied(a, b, &result);
        break;
    case EXPR_OP_DIV:
        fits = divided(a, b, &result);
        break;
    default:
        assert(false && "no arithmetic");
    }
    return fits ? number(result) : none;
}

/* A span is a number of milliseconds, in thousandths. */
static struct value moved(int64_t time_ms, int64_t span, bool back)
{
    int64_t result;

    if (back ? __builtin_sub_overflow(time_ms, span / 1000, &result)
             : __builtin_add_overflow(time_ms, span / 1000, &result))
        return none;
    return moment(result);
}

static struct value between(int64_t a, int64_t b)
{
    int64_t span;

    if (__builtin_sub_overflow(a, b, &span) ||
        __builtin_mul_overflow(span, INT64_C(1000), &span))
        return none;
    return number(span);
}

struct value value_arithmetic(enum expr_op op, const struct value *a,
                              const struct value *b)
{
    if (a->kind == VALUE_NUMBER && b->kind == VALUE_NUMBER)
        return of_numbers(op, a->thousandths, b->thousandths);
    if (a->kind == VALUE_TIME && b->kind == VALUE_TIME)
        return op == EXPR_OP_SUB ? between(a->time_ms, b->time_ms) : none;
    if (op != EXPR_OP_ADD && op != EXPR_OP_SUB)
        return none;
    if (a->kind == VALUE_TIME && b->kind == VALUE_NUMBER)
        return moved(a->time_ms, b->thousandths, op == EXPR_OP_SUB);
    if (a->kind == VALUE_NUMBER && b->kind == VALUE_TIME && op == EXPR_OP_ADD)
        return moved(b->time_ms, a->thousandths, false);
    return none;
}
