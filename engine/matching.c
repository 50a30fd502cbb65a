/* matching - words of a list in the texts of an event. A word of letters is
 * found as a word, in any case; one of another script wherever it stands. What
 * stands between quotation marks is somebody else's words and is passed over.
 */
#include "engine/run.h"

static const struct {
    struct text open, close;
} quotes[] = {
    {{"\xe2\x80\x9c", 3}, {"\xe2\x80\x9d", 3}}, /* curly */
    {{"\xe3\x80\x8c", 3}, {"\xe3\x80\x8d", 3}}, /* corner */
    {{"\xe3\x80\x8e", 3}, {"\xe3\x80\x8f", 3}}, /* white corner */
    {{"\"", 1}, {"\"", 1}},
};

enum { QUOTES = sizeof quotes / sizeof quotes[0] };

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

static bool stands_at(struct text t, uint32_t at, struct text word)
{
    return word.size <= t.size - at &&
           memcmp(t.data + at, word.data, word.size) == 0;
}

/* Behind the quotation that begins at `at`; `at` itself where none does. Of a
 * mark that is never closed there are no more to look for: unclosed. */
static uint32_t behind_quote(struct text t, uint32_t at, uint8_t *unclosed)
{
    for (unsigned q = 0; q < QUOTES; q++) {
        if ((*unclosed & (1u << q)) || !stands_at(t, at, quotes[q].open))
            continue;
        for (uint32_t i = at + quotes[q].open.size; i < t.size; i++)
            if (stands_at(t, i, quotes[q].close))
                return i + quotes[q].close.size;
        *unclosed |= (uint8_t)(1u << q);
    }
    return at;
}

static bool word_at(struct text t, uint32_t at, struct text word)
{
    uint32_t end = at + word.size;

    if (word.size > t.size - at)
        return false;
    for (uint32_t i = 0; i < word.size; i++)
        if (lower(t.data[at + i]) != (unsigned char)word.data[i])
            return false;
    if (is_word_byte(word.data[0]) && at && is_word_byte(t.data[at - 1]))
        return false;
    return !is_word_byte(word.data[word.size - 1]) || end == t.size ||
           !is_word_byte(t.data[end]);
}

static bool find(struct text t, const struct word_list *list, struct text *word)
{
    uint8_t unclosed = 0;
    uint32_t at = 0, behind;

    while (at < t.size) {
        unsigned char first = (unsigned char)t.data[at];

        behind = first == '"' || first == 0xe2 || first == 0xe3
                     ? behind_quote(t, at, &unclosed)
                     : at;
        if (behind > at) {
            at = behind;
            continue;
        }
        for (size_t i = 0; (list->first[first / 32] & (1u << (first % 32))) &&
                           i < list->count;
             i++)
            if (word_at(t, at, list->words[i])) {
                *word = list->words[i];
                return true;
            }
        at++;
    }
    return false;
}

static bool value_matches(const struct scope *s, const struct value *v,
                          const struct word_list *list)
{
    struct trace *trace = s->run->trace;
    struct text word;

    if (v->kind == VALUE_TEXT) {
        if (!find(v->text, list, &word))
            return false;
        if (trace)
            trace->matched = word;
        return true;
    }
    for (uint32_t i = 0; v->kind == VALUE_LIST && i < v->list.count; i++)
        if (find(v->list.items[i], list, &word)) {
            if (trace)
                trace->matched = word;
            return true;
        }
    return false;
}

bool scope_matches(const struct scope *s, struct text field, uint16_t list)
{
    const struct event *ev = s->event;
    const struct word_list *words;

    if (list >= s->run->policy->word_list_count)
        return false;
    words = &s->run->policy->word_lists[list];
    if (field.size) {
        struct value v = scope_field(s, field);
        return value_matches(s, &v, words);
    }
    for (size_t i = 0; i < ev->own_count; i++)
        if (value_matches(s, &ev->own[i].value, words))
            return true;
    for (size_t i = 0; i < ev->field_count; i++)
        if (value_matches(s, &ev->fields[i].value, words))
            return true;
    return false;
}
