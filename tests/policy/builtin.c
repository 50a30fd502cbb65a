/* The builtin kinds by name; a file apart, because proto and the engine each
 * have a KIND_NONE. */
#include "builtin.h"

#include <assert.h>

#include "proto/kinds.h"

enum { KINDS_ROOM = 1024 };

const char *const *builtin_kinds(size_t *count)
{
    static const char *names[KINDS_ROOM];
    const struct kind *all = kinds_all(count);

    assert(*count < KINDS_ROOM);
    for (size_t i = 0; i < *count; i++)
        names[i] = all[i].name;
    return names;
}
