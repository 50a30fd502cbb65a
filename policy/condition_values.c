/* condition_values - names in conditions that stand for more than the event:
 * tables, tariffs, persons and places; and the functions. */
#include "policy/condition_compiler.h"
#include "policy/words.h"

static struct text behind(struct text word, size_t skip)
{
    return (struct text){word.data + skip, word.size - (uint32_t)skip};
}

static bool starts_with(struct text word, const char *start)
{
    size_t size = strlen(start);

    return word.size > size && memcmp(word.data, start, size) == 0;
}

/* --- tables and tariffs --------------------------------------------------- */

static void push_table(struct compiler *c, struct text name, size_t skip)
{
    const struct draft *d = c->l->draft;
    size_t count = d->policy->table_count;
    size_t i =
        compiler_find(c, NAMES_OF("table", d->tables, count), name, skip);

    if (i < count)
        compiler_push(c, (struct expr_row){.op = EXPR_OP_TABLE,
                                           .index = (uint16_t)i,
                                           .name = d->tables[i].name});
}

static enum type part_type(enum tariff_part part)
{
    switch (part) {
    case TARIFF_AMOUNT:
        return A_NUMBER;
    case TARIFF_KNOWN:
    case TARIFF_CURRENT:
        return A_FLAG;
    default:
        return A_TEXT;
    }
}

static void push_tariff(struct compiler *c, struct operand *o, struct text name,
                        size_t skip)
{
    static const char *const words[] = {
#define X(id, word) word,
        TARIFF_PARTS(X)
#undef X
    };
    struct nearest near;

    nearest_begin(&near, name);
    for (unsigned i = 0; i < TARIFF_PART_COUNT; i++) {
        if (text_equal(name, text_of(words[i]))) {
            o->type = part_type((enum tariff_part)i);
            compiler_push(c, (struct expr_row){.op = EXPR_OP_TARIFF,
                                               .index = (uint16_t)i,
                                               .name = text_of(words[i])});
            return;
        }
        nearest_try(&near, text_of(words[i]));
    }
    compiler_fail(c, c->token.offset + skip, report_meant(c->l, near.best),
                  "a tariff has no \"%.*s\"", TEXT_ARG(name));
}

bool operand_table(struct compiler *c, struct operand *o)
{
    struct text word = c->token.word;

    *o = operand_of(ANY, c->token.offset);
    if (starts_with(word, "table."))
        push_table(c, behind(word, 6), 6);
    else if (starts_with(word, "tariff."))
        push_tariff(c, o, behind(word, 7), 7);
    else
        return false;
    return true;
}

/* --- persons and places --------------------------------------------------- */

bool operand_subject(struct compiler *c, struct operand *o)
{
    static const char *const words[] = {
#define X(id, word) word ".",
        EXPR_SUBJECTS(X)
#undef X
    };

    for (unsigned i = 0; i < SUBJECT_COUNT; i++) {
        if (!starts_with(c->token.word, words[i]))
            continue;
        *o = operand_of(ANY, c->token.offset);
        compiler_push(c,
                      (struct expr_row){
                          .op = EXPR_OP_SUBJECT,
                          .index = (uint16_t)i,
                          .name = loader_text(
                              c->l, behind(c->token.word, strlen(words[i])))});
        return true;
    }
    return false;
}

/* --- functions ------------------------------------------------------------ */

static bool is_called(const struct compiler *c)
{
    size_t at = c->at;

    return lex_next(c->source, &at).kind == TOKEN_OPEN;
}

static struct text field_name(struct compiler *c)
{
    struct text name = c->token.word;

    if (c->token.kind != TOKEN_NAME)
        compiler_fail_expected(c, "a field of the event");
    compiler_advance(c);
    return name;
}

static void expect(struct compiler *c, enum token_kind kind, const char *wanted)
{
    if (c->token.kind != kind)
        compiler_fail_expected(c, wanted);
    compiler_advance(c);
}

/* matches(FIELD, LIST); any_text is every text of the event. */
static void parse_matches(struct compiler *c)
{
    const struct draft *d = c->l->draft;
    size_t count = d->policy->word_list_count, i;
    struct text field = field_name(c);

    expect(c, TOKEN_COMMA, "\",\" and a list of words");
    i = compiler_find(c, NAMES_OF("list of words", d->word_lists, count),
                      c->token.word, 0);
    if (i == count)
        return;
    compiler_push(c,
                  (struct expr_row){.op = EXPR_OP_MATCHES,
                                    .index = (uint16_t)i,
                                    .name = text_equal(field, TEXT("any_text"))
                                                ? TEXT("")
                                                : loader_text(c->l, field)});
    compiler_advance(c);
}

static void parse_size(struct compiler *c)
{
    struct text field = field_name(c);

    compiler_push(c, (struct expr_row){.op = EXPR_OP_SIZE,
                                       .name = loader_text(c->l, field)});
}

/* months(MOMENT, NUMBER) */
static void parse_months(struct compiler *c)
{
    struct operand a = operand_sum(c), b;

    if (a.type != ANY && a.type != A_TIME)
        compiler_fail(c, a.offset, UNSAID, "months are counted from a moment");
    expect(c, TOKEN_COMMA, "\",\" and how many months");
    b = operand_sum(c);
    if (b.type != ANY && b.type != A_NUMBER)
        compiler_fail(c, b.offset, UNSAID, "expected how many months");
    compiler_push(c, (struct expr_row){.op = EXPR_OP_MONTHS});
}

bool operand_function(struct compiler *c, struct operand *o)
{
    static const struct {
        const char *word;
        void (*parse)(struct compiler *c);
        enum type type;
    } functions[] = {
        {"matches", parse_matches, A_FLAG},
        {"size", parse_size, A_NUMBER},
        {"months", parse_months, A_TIME},
    };

    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (!compiler_sees(c, functions[i].word) || !is_called(c))
            continue;
        *o = operand_of(functions[i].type, c->token.offset);
        if (++c->depth > NESTING_MAX) {
            compiler_fail(c, c->token.offset, UNSAID,
                          "the condition is nested too deeply");
            return true;
        }
        compiler_advance(c);
        compiler_advance(c);
        functions[i].parse(c);
        c->depth--;
        expect(c, TOKEN_CLOSE, "\")\"");
        return true;
    }
    return false;
}
