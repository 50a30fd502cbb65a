/* Conditions: every one has an answer. The scope here is a table of fields;
 * the names of the case are the engine's own and told in the stories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/expr.h"
#include "engine/run.h"

#define N(n) ((struct value){.kind = VALUE_NUMBER, .thousandths = (n)})
#define T(t) ((struct value){.kind = VALUE_TEXT, .text = TEXT(t)})
#define B(b) ((struct value){.kind = VALUE_FLAG, .flag = (b)})

static const struct text words[] = {{"on_leave", 8}, {"off_shift", 9}};

/* answers: those of an earlier time may be among them. */
static bool holds_with(const struct expr_row *rows, uint16_t count,
                       const struct policy *policy, struct answers *answers)
{
    const struct field fields[] = {
        {TEXT("amount"), N(1500)},
        {TEXT("reason"), T("on_leave")},
        {TEXT("signed"), B(true)},
        {TEXT("tags"),
         {.kind = VALUE_LIST, .list = {.items = words, .count = 2}}},
        {TEXT("due"), {.kind = VALUE_TIME, .time_ms = 1000}},
    };
    const struct event ev = {
        .fields = fields, .field_count = 5, .answers = answers};
    static struct engine_out out;
    const struct run r = {.policy = policy, .out = &out, .c = &out.scratch};
    const struct scope s = {&r, &ev};
    const struct expr e = {.rows = rows, .count = count};

    return expr_true(&e, &s);
}

static bool holds(const struct expr_row *rows, uint16_t count)
{
    return holds_with(rows, count, NULL, NULL);
}

#define HOLDS(...)                                                             \
    holds((const struct expr_row[]){__VA_ARGS__},                              \
          sizeof((const struct expr_row[]){__VA_ARGS__}) /                     \
              sizeof(struct expr_row))
#define FIELD(f)                                                               \
    {                                                                          \
        .op = EXPR_OP_FIELD, .name = TEXT(f)                                   \
    }
#define CONST(v)                                                               \
    {                                                                          \
        .op = EXPR_OP_CONST, .value = v                                        \
    }
#define OP(o)                                                                  \
    {                                                                          \
        .op = EXPR_OP_##o                                                      \
    }
#define HAS(f)                                                                 \
    {                                                                          \
        .op = EXPR_OP_HAS, .name = TEXT(f)                                     \
    }

static void nothing_said_is_always_true(void **state)
{
    (void)state;
    assert_true(holds(NULL, 0));
}

static void numbers_and_times_are_ordered_words_only_equal(void **state)
{
    (void)state;
    assert_true(HOLDS(FIELD("amount"), CONST(N(1500)), OP(EQ)));
    assert_true(HOLDS(FIELD("amount"), CONST(N(1400)), OP(GT)));
    assert_true(HOLDS(FIELD("amount"), CONST(N(1500)), OP(LE)));
    assert_true(HOLDS(FIELD("amount"), CONST(N(1500)), OP(GE)));
    assert_false(HOLDS(FIELD("amount"), CONST(N(1500)), OP(LT)));
    assert_true(HOLDS(FIELD("reason"), CONST(T("on_leave")), OP(EQ)));
    assert_true(HOLDS(FIELD("reason"), CONST(T("skill")), OP(NE)));
    assert_false(HOLDS(FIELD("reason"), CONST(T("a")), OP(GT)));
    assert_false(HOLDS(FIELD("reason"), CONST(N(1)), OP(LE)));
    assert_true(HOLDS(
        FIELD("due"),
        CONST(((struct value){.kind = VALUE_TIME, .time_ms = 999})), OP(GT)));
}

static void what_is_not_there_compares_with_nothing(void **state)
{
    (void)state;
    assert_false(HOLDS(FIELD("none"), CONST(N(1)), OP(EQ)));
    assert_false(HOLDS(FIELD("none"), CONST(N(1)), OP(NE)));
    assert_false(HOLDS(FIELD("none"), FIELD("none"), OP(EQ)));
    assert_false(HOLDS(FIELD("none")));
    assert_false(HOLDS(HAS("none")));
    assert_true(HOLDS(HAS("amount")));
    assert_true(HOLDS(FIELD("none"), OP(NOT)));
}

static void lists_hold_on_either_side(void **state)
{
    const struct value list = {.kind = VALUE_LIST,
                               .list = {.items = words, .count = 2}};

    (void)state;
    assert_true(HOLDS(FIELD("reason"), CONST(list), OP(IN)));
    assert_true(HOLDS(CONST(T("off_shift")), FIELD("tags"), OP(IN)));
    assert_false(HOLDS(CONST(T("skill")), FIELD("tags"), OP(IN)));
    assert_false(HOLDS(CONST(N(1)), FIELD("tags"), OP(IN)));
    assert_false(HOLDS(FIELD("none"), CONST(list), OP(IN)));
}

static void and_or_not(void **state)
{
    (void)state;
    assert_true(HOLDS(FIELD("signed"), CONST(B(true)), OP(AND)));
    assert_false(HOLDS(FIELD("signed"), CONST(B(false)), OP(AND)));
    assert_true(HOLDS(FIELD("signed"), CONST(B(false)), OP(OR)));
    assert_false(HOLDS(FIELD("signed"), OP(NOT)));
    assert_false(HOLDS(CONST(N(1000)), CONST(B(true)), OP(AND)));
}

#define TIME(ms) ((struct value){.kind = VALUE_TIME, .time_ms = (ms)})

static struct value worked(enum expr_op op, struct value a, struct value b)
{
    return value_arithmetic(op, &a, &b);
}

static void numbers_are_worked_out_to_thousandths(void **state)
{
    (void)state;
    assert_int_equal(worked(EXPR_OP_SUB, N(500000), N(120000)).thousandths,
                     380000);
    assert_int_equal(worked(EXPR_OP_MUL, N(1500), N(-2500)).thousandths, -3750);
    assert_int_equal(worked(EXPR_OP_DIV, N(1000), N(3000)).thousandths, 333);
    assert_int_equal(worked(EXPR_OP_DIV, N(-1000), N(3000)).thousandths, -333);
    assert_true(
        HOLDS(FIELD("amount"), CONST(N(500)), OP(SUB), CONST(N(1000)), OP(EQ)));
}

static void a_span_lies_between_two_moments(void **state)
{
    (void)state;
    assert_int_equal(worked(EXPR_OP_SUB, TIME(5000), TIME(2000)).thousandths,
                     3000000);
    assert_int_equal(worked(EXPR_OP_ADD, TIME(5000), N(3000000)).time_ms, 8000);
    assert_int_equal(worked(EXPR_OP_ADD, N(3000000), TIME(5000)).time_ms, 8000);
    assert_int_equal(worked(EXPR_OP_SUB, TIME(5000), N(3000000)).time_ms, 2000);
}

static void what_cannot_be_worked_out_is_nothing(void **state)
{
    static const enum expr_op ops[] = {EXPR_OP_ADD, EXPR_OP_SUB, EXPR_OP_MUL,
                                       EXPR_OP_DIV};
    const struct value odd[] = {
        N(INT64_MAX), N(INT64_MIN),    N(0),
        N(-1),        TIME(INT64_MAX), TIME(INT64_MIN),
        T("two"),     B(true),         {.kind = VALUE_NONE}};

    (void)state;
    for (size_t o = 0; o < 4; o++)
        for (size_t i = 0; i < 9; i++)
            for (size_t j = 0; j < 9; j++)
                (void)worked(ops[o], odd[i], odd[j]); /* none traps */
    assert_int_equal(worked(EXPR_OP_DIV, N(1), N(0)).kind, VALUE_NONE);
    assert_int_equal(worked(EXPR_OP_ADD, N(INT64_MAX), N(1)).kind, VALUE_NONE);
    assert_int_equal(worked(EXPR_OP_MUL, N(INT64_MAX), N(2000)).kind,
                     VALUE_NONE);
    assert_int_equal(worked(EXPR_OP_DIV, N(INT64_MIN), N(-1)).kind, VALUE_NONE);
    assert_int_equal(worked(EXPR_OP_SUB, T("two"), N(1)).kind, VALUE_NONE);
    assert_int_equal(worked(EXPR_OP_ADD, TIME(1), TIME(1)).kind, VALUE_NONE);
    assert_int_equal(worked(EXPR_OP_SUB, N(1), TIME(1)).kind, VALUE_NONE);
}

/* Whether "soon" or its Chinese is in the text, and which. */
static bool has_soon(const char *said, struct text *word)
{
    static const struct text list[] = {{"soon", 4},
                                       {"\xe6\x94\xb9\xe5\xa4\xa9", 6}};
    static struct engine_out out;
    const struct word_list lists[] = {{.name = TEXT("vague"),
                                       .words = list,
                                       .count = 2,
                                       .first = {[2] = 1u << ('S' % 32),
                                                 [3] = 1u << ('s' % 32),
                                                 [7] = 1u << (0xe6 % 32)}}};
    const struct policy policy = {.word_lists = lists, .word_list_count = 1};
    const struct field fields[] = {
        {TEXT("note"), {.kind = VALUE_TEXT, .text = text_of(said)}}};
    const struct event ev = {.fields = fields, .field_count = 1};
    struct trace trace = {.on = false};
    const struct run r = {
        .out = &out, .c = &out.scratch, .policy = &policy, .trace = &trace};
    const struct scope s = {&r, &ev};
    bool found = scope_matches(&s, TEXT("note"), 0);

    assert_int_equal(scope_matches(&s, TEXT(""), 0), found);
    *word = trace.matched;
    return found;
}

static void words_are_found_but_not_in_a_quotation(void **state)
{
    struct text word;

    (void)state;
    assert_true(has_soon("We come SOON.", &word));
    assert_true(text_equal(word, TEXT("soon")));
    assert_true(has_soon("\xe9\x82\xa3\xe6\x94\xb9\xe5\xa4\xa9", &word));
    assert_int_equal(word.size, 6);
    assert_false(has_soon("sooner or later, monsoon", &word));
    assert_false(has_soon("he said \"soon\"", &word));
    assert_false(has_soon("\xe2\x80\x9csoon\xe2\x80\x9d", &word));
    assert_false(has_soon("\xe3\x80\x8csoon\xe3\x80\x8d", &word));
    assert_true(has_soon("a \"b\" soon \"c\"", &word));
    assert_true(has_soon("never closed \" soon", &word));
    assert_false(has_soon("", &word));
}

static uint32_t chance(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

/* Any postfix of leaves and operators, some of which make no sense. */
static uint16_t make_up(uint32_t *seed, struct expr_row *rows)
{
    const struct expr_row leaves[] = {
        CONST(B(true)),  CONST(B(false)),  CONST(N(1500)),
        FIELD("amount"), FIELD("nothing"), FIELD("signed"),
        HAS("reason"),   FIELD("reason"),  CONST(T("on_leave")),
    };
    static const enum expr_op ops[] = {EXPR_OP_AND, EXPR_OP_AND, EXPR_OP_OR,
                                       EXPR_OP_OR,  EXPR_OP_EQ,  EXPR_OP_NE,
                                       EXPR_OP_LT,  EXPR_OP_IN,  EXPR_OP_NOT};
    size_t depth = 0, wanted = 1 + chance(seed, 40);
    uint16_t count = 0;

    while (count < wanted || depth > 1) {
        enum expr_op op = ops[chance(seed, sizeof ops / sizeof ops[0])];
        bool leaf = depth < 2 || (count < wanted && chance(seed, 2) &&
                                  depth < EXPR_DEPTH_MAX);

        if (leaf)
            rows[count++] =
                leaves[chance(seed, sizeof leaves / sizeof leaves[0])];
        else
            rows[count++] = (struct expr_row){.op = op};
        depth += leaf;
        depth -= !leaf && op != EXPR_OP_NOT;
    }
    return count;
}

static void what_is_skipped_would_not_have_changed_the_answer(void **state)
{
    uint32_t seed = 7;
    unsigned yes = 0, skips = 0;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct expr_row rows[EXPR_ROWS_MAX * 2];
        uint16_t count = make_up(&seed, rows);
        bool answer = holds(rows, count);

        if (count > EXPR_ROWS_MAX)
            continue;
        expr_link(rows, count);
        for (uint16_t r = 0; r < count; r++)
            skips += rows[r].skip != EXPR_SKIP_NEVER;
        assert_int_equal(holds(rows, count), answer);
        yes += answer;
    }
    assert_true(yes > 1000 && skips > 10000);
}

/* Some parts of it bear a name: each that asks fields alone may. */
static unsigned name_some(uint32_t *seed, struct expr_row *rows, uint16_t count)
{
    uint8_t from[EXPR_DEPTH_MAX], names = 0;
    size_t depth = 0;

    for (uint8_t i = 0; i < count; i++) {
        struct expr part;

        if (expr_is_leaf(rows[i].op))
            from[depth++] = i;
        else
            depth -= !expr_is_unary(rows[i].op);
        part = (struct expr){.rows = &rows[from[depth - 1]],
                             .count = (uint16_t)(i - from[depth - 1] + 1)};
        if (!expr_asks_fields(&part) || chance(seed, 2))
            continue;
        rows[from[depth - 1]].begins = ++names;
        rows[from[depth - 1]].begins_to = i;
        rows[i].ends = names;
    }
    return names;
}

static void what_was_answered_before_is_answered_the_same(void **state)
{
    static const struct policy policy;
    uint32_t seed = 11;
    unsigned yes = 0, names = 0;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct answers answers = {.policy = NULL};
        struct expr_row rows[EXPR_ROWS_MAX * 2];
        uint16_t count = make_up(&seed, rows);
        bool answer = holds(rows, count);

        if (count > EXPR_ROWS_MAX)
            continue;
        names += name_some(&seed, rows, count);
        expr_link(rows, count);
        for (int again = 0; again < 3; again++)
            assert_int_equal(holds_with(rows, count, &policy, &answers),
                             answer);
        yes += answer;
    }
    assert_true(yes > 1000 && names > 20000);
}

/* amount > 1000, by a name; with answers that are wrong, to see them asked. */
static void an_answer_is_that_of_one_pack(void **state)
{
    static const struct policy one, other;
    struct expr_row rows[] = {FIELD("amount"), CONST(N(1000)), OP(GT)};
    struct answers answers = {.policy = &one, .known = {1}, .yes = {0}};

    (void)state;
    rows[0].begins = 1;
    rows[0].begins_to = 2;
    rows[2].ends = 1;
    assert_false(holds_with(rows, 3, &one, &answers));
    assert_true(holds_with(rows, 3, &other, &answers));
    assert_true(answers.known[0] == 1 && answers.yes[0] == 1);
    assert_true(holds_with(rows, 3, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_always_true),
        cmocka_unit_test(numbers_and_times_are_ordered_words_only_equal),
        cmocka_unit_test(what_is_not_there_compares_with_nothing),
        cmocka_unit_test(lists_hold_on_either_side),
        cmocka_unit_test(and_or_not),
        cmocka_unit_test(numbers_are_worked_out_to_thousandths),
        cmocka_unit_test(a_span_lies_between_two_moments),
        cmocka_unit_test(what_cannot_be_worked_out_is_nothing),
        cmocka_unit_test(words_are_found_but_not_in_a_quotation),
        cmocka_unit_test(what_is_skipped_would_not_have_changed_the_answer),
        cmocka_unit_test(what_was_answered_before_is_answered_the_same),
        cmocka_unit_test(an_answer_is_that_of_one_pack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
