#include "ledger/world_kept.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/world_internal.h"

enum { PLACES = 256, ROW_ROOM = 4096 }; /* a longer row is not kept */

struct place {
    size_t row_size; /* 0: nobody's */
    struct world_case *there;
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
    for (size_t i = 0; *k && i < PLACES; i++)
        free((*k)->places[i].there);
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

const struct world_case *kept_find(const struct kept *k, struct text id,
                                   struct slice row)
{
    const struct place *p;

    if (!k || row.size == 0)
        return NULL;
    p = &k->places[place_of(id)];
    if (p->row_size != row.size || memcmp(p->row, row.data, row.size) != 0)
        return NULL;
    return p->there;
}

void kept_put(struct kept *k, struct world_case **c, struct slice row)
{
    struct world_case *mine = *c;
    struct place *p;

    if (!k || row.size > ROW_ROOM)
        return;
    p = &k->places[place_of(name_text(&mine->record.id))];
    if (!p->there)
        p->there = calloc(1, sizeof *p->there);
    if (!p->there)
        return; /* it is read again, then */
    *c = p->there;
    p->there = mine;
    mine->found = true;
    memcpy(p->row, row.data, row.size);
    p->row_size = row.size;
}
