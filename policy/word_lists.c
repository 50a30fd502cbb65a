/* word_lists - words that are looked for in what people write. */
#include "policy/names.h"
#include "policy/values.h"

enum { WORDS_MAX = 256 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void note_first(struct word_list *list, unsigned char c)
{
    list->first[c / 32] |= 1u << (c % 32);
    if (c >= 'a' && c <= 'z')
        note_first(list, (unsigned char)(c - 'a' + 'A'));
}

static bool read_word(struct loader *l, yaml_node_t *node, struct text *word)
{
    struct text written;
    char folded[NAME_BYTES_MAX];

    if (!node_is_text(l, node, "a word or phrase"))
        return false;
    written = node_text(node);
    if (!written.size || written.size > NAME_BYTES_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "a word to look for has 1 to %d bytes", NAME_BYTES_MAX);
        return false;
    }
    for (uint32_t i = 0; i < written.size; i++)
        folded[i] = lower(written.data[i]);
    *word = loader_text(l, (struct text){folded, written.size});
    return true;
}

static void read_words(struct loader *l, yaml_node_t *node,
                       struct word_list *list)
{
    size_t room = node_count(node);
    struct text *words;

    if (!node_is_list(l, node, "a list of words"))
        return;
    if (room == 0 || room > WORDS_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "a list has 1 to %d words", WORDS_MAX);
        return;
    }
    words = loader_array(l, room, sizeof *words);
    for (size_t i = 0; words && i < room; i++) {
        if (!read_word(l, node_item(l, node, i), &words[list->count]))
            continue;
        note_first(list, (unsigned char)words[list->count].data[0]);
        list->count++;
    }
    list->words = words;
}

void read_word_lists(struct loader *l, yaml_node_t *node, void *into,
                     const struct shape_row *row)
{
    struct draft *d = l->draft;
    size_t *count = &d->policy->word_list_count, before = *count;

    (void)into;
    (void)row;
    *count = names_declare(l, node, d->word_lists,
                           NAMES_OF("lists of words", d->word_lists, *count),
                           WORD_LISTS_MAX);
    for (size_t i = before; i < *count; i++)
        read_words(l, node_find(l->source, node, d->word_lists[i].name, NULL),
                   &d->word_lists[i]);
}
