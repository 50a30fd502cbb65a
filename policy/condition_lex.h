/* condition_lex - the words of a condition.
 *
 * Memory   Borrows the source; texts with escapes are not known here: between
 *          quotes stands what is meant.
 */
#ifndef POLICY_CONDITION_LEX_H
#define POLICY_CONDITION_LEX_H

#include "engine/text.h"

/* clang-format off */
#define TOKENS(X)                                                              \
    X(END, "the end") X(NAME, "a name") X(TEXT, "a text")                      \
    X(NUMBER, "a number") X(SPAN, "a length of time")                          \
    X(OPEN, "\"(\"") X(CLOSE, "\")\"") X(LIST, "\"[\"") X(UNLIST, "\"]\"")     \
    X(COMMA, "\",\"") X(COMPARE, "a comparison") X(SIGN, "an operator")         \
    X(BAD, "a character")
/* clang-format on */

#define X(name, words) TOKEN_##name,
enum token_kind { TOKENS(X) TOKEN_COUNT };
#undef X

struct token {
    enum token_kind kind;
    struct text word; /* without quotes */
    size_t offset;    /* where it begins in the source */
};

/* The token at or behind *at, which moves past it. */
struct token lex_next(struct text source, size_t *at);

const char *token_kind_words(enum token_kind k);

#endif
