#include "ledger/name_words.h"

#include <string.h>

#include "base/arena.h"

enum { WORDS_MAX = 2048 };

struct name_entry {
    enum message_group group;
    const char *name, *language, *word;
};

static struct arena words;
static struct name_entry list[WORDS_MAX];
static size_t count;
static bool known;

static const char *copy(struct text t)
{
    return arena_text_of(&words, slice_of(t.data, t.size));
}

static void add_book(const struct message_book *b)
{
    for (size_t i = 0; i < b->count && count < WORDS_MAX; i++) {
        const struct message *m = &b->list[i];
        struct name_entry e = {.group = m->group};

        if (!message_is_word(m->group))
            continue;
        e.name = copy(m->name);
        e.language = copy(b->language);
        e.word = copy(m->why);
        if (e.name && e.language && e.word)
            list[count++] = e;
    }
}

void name_words_use(const struct policyset *set)
{
    if (!set || !set->messages)
        return;
    arena_fini(&words);
    arena_init(&words, SIZE_MAX);
    count = 0;
    known = true;
    for (size_t i = 0; i < set->messages->count; i++)
        add_book(&set->messages->books[i]);
}

bool name_words_known(void)
{
    return known;
}

const char *name_word(enum message_group group, const char *name,
                      const char *language)
{
    const char *english = NULL;

    for (size_t i = 0; name && i < count; i++) {
        if (list[i].group != group || strcmp(list[i].name, name) != 0)
            continue;
        if (language && strcmp(list[i].language, language) == 0)
            return list[i].word;
        if (!english && strcmp(list[i].language, "en") == 0)
            english = list[i].word;
    }
    return english;
}
