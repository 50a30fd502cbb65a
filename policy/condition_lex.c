#include "policy/condition_lex.h"

const char *token_kind_words(enum token_kind k)
{
#define X(name, words) words,
    static const char *const table[] = {TOKENS(X)};
#undef X
    return k < TOKEN_COUNT ? table[k] : "";
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static struct token token_of(enum token_kind kind, struct text source,
                             size_t from, size_t until)
{
    return (struct token){
        kind, {source.data + from, (uint32_t)(until - from)}, from};
}

static struct token lex_text(struct text s, size_t *at)
{
    size_t from = *at, end = from + 1;
    struct token t;

    while (end < s.size && s.data[end] != s.data[from])
        end++;
    if (end == s.size) {
        *at = end;
        return token_of(TOKEN_BAD, s, from, from + 1);
    }
    *at = end + 1;
    t = token_of(TOKEN_TEXT, s, from + 1, end);
    t.offset = from;
    return t;
}

/* 12  1.5  -3  30min  1h30min */
static struct token lex_number(struct text s, size_t *at)
{
    size_t from = *at, end = from + 1;
    bool letters = false;

    for (; end < s.size; end++) {
        if (is_letter(s.data[end]))
            letters = true;
        else if (!is_digit(s.data[end]) && s.data[end] != '.')
            break;
    }
    *at = end;
    return token_of(letters ? TOKEN_SPAN : TOKEN_NUMBER, s, from, end);
}

static struct token lex_name(struct text s, size_t *at)
{
    size_t from = *at, end = from + 1;

    while (end < s.size && (is_letter(s.data[end]) || is_digit(s.data[end]) ||
                            s.data[end] == '.'))
        end++;
    *at = end;
    return token_of(TOKEN_NAME, s, from, end);
}

static struct token lex_compare(struct text s, size_t *at)
{
    static const char *const words[] = {"==", "!=", "<=", ">=", "<", ">"};
    size_t from = *at;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i]);

        if (from + size <= s.size &&
            memcmp(s.data + from, words[i], size) == 0) {
            *at = from + size;
            return token_of(TOKEN_COMPARE, s, from, *at);
        }
    }
    *at = from + 1;
    while (*at < s.size && (s.data[*at] & 0xc0) == 0x80)
        *at += 1; /* the rest of a letter in UTF-8 */
    return token_of(TOKEN_BAD, s, from, *at);
}

static enum token_kind sign_kind(char c)
{
    switch (c) {
    case '(':
        return TOKEN_OPEN;
    case ')':
        return TOKEN_CLOSE;
    case '[':
        return TOKEN_LIST;
    case ']':
        return TOKEN_UNLIST;
    case ',':
        return TOKEN_COMMA;
    case '+':
    case '-':
    case '*':
    case '/':
        return TOKEN_SIGN;
    default:
        return TOKEN_BAD;
    }
}

struct token lex_next(struct text s, size_t *at)
{
    char c;

    while (*at < s.size &&
           (s.data[*at] == ' ' || s.data[*at] == '\n' || s.data[*at] == '\t'))
        *at += 1;
    if (*at >= s.size)
        return token_of(TOKEN_END, s, s.size, s.size);
    c = s.data[*at];
    if (c == '"' || c == '\'')
        return lex_text(s, at);
    if (is_digit(c) ||
        (c == '-' && *at + 1 < s.size && is_digit(s.data[*at + 1])))
        return lex_number(s, at);
    if (is_letter(c))
        return lex_name(s, at);
    if (sign_kind(c) != TOKEN_BAD) {
        *at += 1;
        return token_of(sign_kind(c), s, *at - 1, *at);
    }
    return lex_compare(s, at);
}
