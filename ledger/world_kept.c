#include "ledger/world_kept.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/world_internal.h"

enum { PLACES = 256, ROW_ROOM = 4096 }; /* a longer row is not kept */

struct place {
    size_t row_size; /* 0: nobody's */
    struct case_marks marks;
    struct case_record record;
    uint8_t row[ROW_ROOM];
};

struct kept {
    struct place places[PLACES];
};

struct kept *kept_new(void)
{
    return calloc(1, sizeof(struct kept));
}

void kept_free(struct kept **k)
{
    free(*k);
    *k = NULL;
}

static size_t place_of(struct text id)
{
    uint32_t h = 2166136261u;

    for (uint32_t i = 0; i < id.size; i++)
        h = (h ^ (uint8_t)id.data[i]) * 16777619u;
    return (h ^ h >> 16) % PLACES;
}

bool kept_find(const struct kept *k, struct text id, struct slice row,
               struct case_record *c, struct case_marks *marks)
{
    const struct place *p;

    if (!k || row.size == 0)
        return false;
    p = &k->places[place_of(id)];
    if (p->row_size != row.size || memcmp(p->row, row.data, row.size) != 0)
        return false;
    world_copy(c, &p->record);
    if (marks)
        *marks = p->marks;
    return true;
}

void kept_put(struct kept *k, const struct case_record *c,
              const struct case_marks *marks, struct slice row)
{
    struct place *p;

    if (!k || row.size > ROW_ROOM)
        return;
    p = &k->places[place_of(name_text(&c->id))];
    memcpy(p->row, row.data, row.size);
    p->row_size = row.size;
    p->marks = *marks;
    world_copy(&p->record, c);
}
