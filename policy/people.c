#include "policy/people.h"

const struct people *people_of(const struct people_books *books,
                               struct text pack)
{
    for (size_t i = 0; books && i < books->count; i++)
        if (text_equal(books->list[i].pack, pack))
            return &books->list[i];
    return NULL;
}

bool people_has(const struct people_names *names, struct text name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equal(names->list[i], name))
            return true;
    return false;
}

struct text people_key(const struct people *p, enum people_map map,
                       struct text name)
{
    for (size_t i = 0; p && i < p->map_counts[map]; i++)
        if (people_has(&p->maps[map][i], name))
            return p->maps[map][i].name;
    return TEXT("");
}
