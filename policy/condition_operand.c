/* condition_operand - what can stand beside an operator: literals and names. */
#include "policy/condition_compiler.h"

#include <stdio.h>

#include "base/span.h"
#include "policy/lists.h"
#include "policy/subjects.h"
#include "policy/words.h"

struct operand operand_of(enum type type, size_t offset)
{
    return (struct operand){
        .type = type, .name = EXPR_NAME_COUNT, .offset = offset};
}

void compiler_advance(struct compiler *c)
{
    c->token = lex_next(c->source, &c->at);
}

void compiler_fail(struct compiler *c, size_t offset, const char *hint,
                   const char *format, ...)
{
    char what[240];
    va_list args;

    if (c->failed)
        return;
    c->failed = true;
    va_start(args, format);
    vsnprintf(what, sizeof what, report_said(format), args);
    va_end(args);
    report_error(c->l, node_place_in(c->l, c->node, c->base + offset), UNSAID,
                 hint, "%s", what);
}

void compiler_fail_expected(struct compiler *c, const char *wanted)
{
    wanted = report_said(wanted);
    if (c->token.kind == TOKEN_BAD &&
        (c->token.word.data[0] == '"' || c->token.word.data[0] == '\''))
        compiler_fail(c, c->token.offset, UNSAID, "the text is not closed");
    else if (c->token.kind == TOKEN_END)
        compiler_fail(c, c->token.offset, UNSAID,
                      "expected %s, but the condition ends here", wanted);
    else if (c->token.kind == TOKEN_BAD && c->token.word.data[0] == '=')
        compiler_fail(c, c->token.offset, "write == to compare",
                      "expected %s, found =", wanted);
    else
        compiler_fail(c, c->token.offset, UNSAID, "expected %s, found \"%.*s\"",
                      wanted, TEXT_ARG(c->token.word));
}

bool compiler_sees(const struct compiler *c, const char *word)
{
    return (c->token.kind == TOKEN_NAME || c->token.kind == TOKEN_COMPARE) &&
           text_equal(c->token.word, text_of(word));
}

void compiler_push(struct compiler *c, struct expr_row row)
{
    bool binary = row.op >= EXPR_OP_EQ && row.op <= EXPR_OP_OR;

    if (c->count == EXPR_ROWS_MAX) {
        compiler_fail(c, c->token.offset,
                      "give a part of it a name under conditions",
                      "the condition is too long");
        return;
    }
    c->rows[c->count++] = row;
    if (binary)
        c->stack--;
    else if (!expr_is_unary(row.op))
        c->stack++;
    if (c->stack > EXPR_DEPTH_MAX)
        compiler_fail(c, c->token.offset, UNSAID,
                      "the condition is nested too deeply");
}

static void push_number(struct compiler *c, int64_t thousandths)
{
    compiler_push(c,
                  (struct expr_row){
                      .op = EXPR_OP_CONST,
                      .value = {VALUE_NUMBER, {.thousandths = thousandths}}});
}

/* --- literals ------------------------------------------------------------- */

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

struct operand operand_literal(struct compiler *c)
{
    struct operand o = operand_of(A_NUMBER, c->token.offset);
    int64_t thousandths = 0;

    if (c->token.kind == TOKEN_TEXT) {
        o = (struct operand){A_TEXT, true, c->token.word, EXPR_NAME_COUNT,
                             c->token.offset};
        compiler_push(
            c, (struct expr_row){
                   .op = EXPR_OP_CONST,
                   .value = {VALUE_TEXT,
                             {.text = loader_text(c->l, c->token.word)}}});
    } else if (c->token.kind == TOKEN_NUMBER
                   ? number_of(c->token.word, &thousandths)
                   : span_of(c->token.word, &thousandths)) {
        push_number(c, thousandths);
    } else {
        compiler_fail(c, c->token.offset, UNSAID,
                      "\"%.*s\" is no number and no length of time",
                      TEXT_ARG(c->token.word));
    }
    compiler_advance(c);
    return o;
}

/* [a, b, "c d"]: texts only; bare words are texts here. */
void operand_list(struct compiler *c)
{
    struct text items[LIST_ITEMS_MAX], *kept;
    uint32_t count = 0;

    compiler_advance(c);
    while (c->token.kind != TOKEN_UNLIST && !c->failed) {
        if (c->token.kind != TOKEN_NAME && c->token.kind != TOKEN_TEXT) {
            compiler_fail_expected(c, "a word of the list");
            return;
        }
        if (count == LIST_ITEMS_MAX) {
            compiler_fail(c, c->token.offset, UNSAID, "the list is too long");
            return;
        }
        items[count++] = loader_text(c->l, c->token.word);
        compiler_advance(c);
        if (c->token.kind == TOKEN_COMMA)
            compiler_advance(c);
        else if (c->token.kind != TOKEN_UNLIST)
            compiler_fail_expected(c, "\",\" or \"]\"");
    }
    kept = loader_array(c->l, count, sizeof *kept);
    if (!kept)
        return;
    memcpy(kept, items, count * sizeof *kept);
    compiler_push(
        c, (struct expr_row){.op = EXPR_OP_CONST,
                             .value = {VALUE_LIST, {.list = {kept, count}}}});
    compiler_advance(c);
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
    case EXPR_NAME_REPORTER_ROSTER_TIER:
    case EXPR_NAME_LOAD_OWNER_CASES:
    case EXPR_NAME_LOAD_OWNER_URGENT:
    case EXPR_NAME_LOAD_OWNER_REGIONS:
    case EXPR_NAME_LOAD_OWNER_PROMISES:
    case EXPR_NAME_LOAD_PERSON_CASES:
    case EXPR_NAME_LOAD_PERSON_URGENT:
    case EXPR_NAME_LOAD_PERSON_REGIONS:
    case EXPR_NAME_LOAD_PERSON_PROMISES:
    case EXPR_NAME_TIME_HOUR:
    case EXPR_NAME_TIME_WEEKDAY:
        return A_NUMBER;
    case EXPR_NAME_CASE_OPENED_AT:
    case EXPR_NAME_NOW:
        return A_TIME;
    case EXPR_NAME_CASE_LINE_OPEN:
    case EXPR_NAME_REPORTER_IS_OWNER:
    case EXPR_NAME_REPORTER_KEPT_AWAY:
    case EXPR_NAME_CASE_NEW:
    case EXPR_NAME_CASE_HAS_CHILDREN:
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
            compiler_push(c, (struct expr_row){.op = EXPR_OP_NAME,
                                               .index = (uint16_t)i,
                                               .name = text_of(words[i])});
            return true;
        }
        nearest_try(&near, text_of(words[i]));
    }
    if (!memchr(c->token.word.data, '.', c->token.word.size))
        return false;
    if (operand_subject(c, o))
        return true;
    compiler_fail(c, c->token.offset, report_meant(c->l, near.best),
                  "there is no \"%.*s\" to ask for", TEXT_ARG(c->token.word));
    return true;
}

static bool starts_with(struct text word, const char *start)
{
    size_t size = strlen(start);

    return word.size > size && memcmp(word.data, start, size) == 0;
}

size_t compiler_find(struct compiler *c, const struct name_list *list,
                     struct text name, size_t skip)
{
    struct text near = TEXT("");
    size_t i = names_index(list, name, &near);

    if (i == list->count)
        compiler_fail(c, c->token.offset + skip, report_meant(c->l, near),
                      "no %s is called \"%.*s\"", report_said(list->what),
                      TEXT_ARG(name));
    return i;
}

/* count.NAME and lock.NAME */
static bool parse_indexed(struct compiler *c, struct operand *o)
{
    const struct draft *d = c->l->draft;
    bool counter = starts_with(c->token.word, "count.");
    size_t skip = counter ? 6 : 5;
    size_t count = counter ? d->policy->counter_count : d->policy->lock_count;
    struct text name;
    size_t i;

    if (!counter && !starts_with(c->token.word, "lock."))
        return false;
    *o = operand_of(counter ? A_NUMBER : A_FLAG, c->token.offset);
    name = (struct text){c->token.word.data + skip,
                         c->token.word.size - (uint32_t)skip};
    i = compiler_find(c,
                      counter ? NAMES_OF("counter", d->counters, count)
                              : NAMES_OF("lock", d->locks, count),
                      name, skip);
    if (i < count)
        compiler_push(c,
                      (struct expr_row){
                          .op = counter ? EXPR_OP_COUNTER : EXPR_OP_LOCK,
                          .index = (uint16_t)i,
                          .name = counter ? d->counters[i].name : d->locks[i]});
    return true;
}

static void push_named(struct compiler *c, const struct expr *e)
{
    size_t first = c->count;

    if (!e->count) /* it did not compile */
        compiler_push(
            c, (struct expr_row){.op = EXPR_OP_CONST,
                                 .value = {VALUE_FLAG, {.flag = false}}});
    for (size_t i = 0; i < e->count; i++) {
        struct expr_row row = e->rows[i];

        row.begins_to = (uint8_t)(row.begins_to + first);
        compiler_push(c, row);
    }
}

static bool parse_named_condition(struct compiler *c, struct operand *o)
{
    const struct draft *d = c->l->draft;

    for (size_t i = 0; i < d->condition_count; i++) {
        if (!text_equal(d->conditions[i].name, c->token.word))
            continue;
        *o = operand_of(A_FLAG, c->token.offset);
        push_named(c, &d->conditions[i].expr);
        return true;
    }
    return false;
}

static struct operand parse_has(struct compiler *c)
{
    struct operand o = operand_of(A_FLAG, c->token.offset);

    compiler_advance(c);
    if (c->token.kind != TOKEN_OPEN) {
        compiler_fail_expected(c, "\"(\" and a field");
        return o;
    }
    compiler_advance(c);
    if (c->token.kind != TOKEN_NAME) {
        compiler_fail_expected(c, "a field of the event");
        return o;
    }
    if (memchr(c->token.word.data, '.', c->token.word.size)) {
        operand_name(c);
        compiler_push(c, (struct expr_row){.op = EXPR_OP_KNOWN});
    } else {
        compiler_push(
            c, (struct expr_row){.op = EXPR_OP_HAS,
                                 .name = loader_text(c->l, c->token.word)});
        compiler_advance(c);
    }
    if (c->token.kind != TOKEN_CLOSE)
        compiler_fail_expected(c, "\")\"");
    compiler_advance(c);
    return o;
}

static struct operand parse_flag(struct compiler *c)
{
    struct operand o = operand_of(A_FLAG, c->token.offset);

    compiler_push(
        c, (struct expr_row){
               .op = EXPR_OP_CONST,
               .value = {VALUE_FLAG, {.flag = compiler_sees(c, "true")}}});
    compiler_advance(c);
    return o;
}

struct operand operand_name(struct compiler *c)
{
    struct operand o = operand_of(ANY, c->token.offset);
    int64_t severity;

    if (compiler_sees(c, "has"))
        return parse_has(c);
    if (operand_function(c, &o))
        return o;
    if (compiler_sees(c, "true") || compiler_sees(c, "false"))
        return parse_flag(c);
    if (severity_of(c->token.word, &severity)) {
        o.type = A_NUMBER;
        push_number(c, severity);
    } else if (compiler_sees(c, "and") || compiler_sees(c, "or") ||
               compiler_sees(c, "in")) {
        compiler_fail_expected(c, "something to compare");
    } else if (!parse_indexed(c, &o) && !operand_of_list(c, &o) &&
               !operand_overlaps(c, &o) && !operand_table(c, &o) &&
               !parse_named_condition(c, &o) && !parse_known_name(c, &o)) {
        compiler_push(
            c, (struct expr_row){.op = EXPR_OP_FIELD,
                                 .name = loader_text(c->l, c->token.word)});
    }
    compiler_advance(c);
    return o;
}
