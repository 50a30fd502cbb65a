#include "policy/messages.h"

#include <string.h>

static const char *const fields[] = {
#define X(name, word) word,
    MESSAGE_FIELDS(X)
#undef X
};

const struct message *messages_in(const struct messages *m, struct text pack,
                                  struct text language,
                                  enum message_group group, struct text name)
{
    for (size_t i = 0; m && i < m->count; i++) {
        const struct message_book *b = &m->books[i];
        if (!text_equal(b->pack, pack) || !text_equal(b->language, language))
            continue;
        for (size_t k = 0; k < b->count; k++)
            if (b->list[k].group == group && text_equal(b->list[k].name, name))
                return &b->list[k];
    }
    return NULL;
}

const struct message *messages_find(const struct messages *m, struct text pack,
                                    const char *language,
                                    enum message_group group, struct text name)
{
    const struct message *found = NULL;
    if (language)
        found = messages_in(m, pack, text_of(language), group, name);
    return found ? found : messages_in(m, pack, TEXT("en"), group, name);
}

enum message_field messages_field(struct text text, size_t at, size_t *end)
{
    struct text rest = {text.data + at + 1, text.size - (uint32_t)at - 1};
    const char *stop = memchr(rest.data, '}', rest.size);
    if (!stop)
        return MESSAGE_FIELDS_END;
    rest.size = (uint32_t)(stop - rest.data);
    *end = at + 2 + rest.size;
    for (size_t i = 0; i < MESSAGE_FIELDS_END; i++)
        if (text_equal(rest, text_of(fields[i])))
            return (enum message_field)i;
    return MESSAGE_FIELDS_END;
}
