#include "ledger/world_kept.h"

#include <stdlib.h>

#include "ledger/world_internal.h"

enum { PLACES = 1024 };

struct place {
    struct world_case *there; /* NULL: nobody was yet */
    bool changed;             /* since its row was written */
};

struct kept {
    struct place places[PLACES];
    uint16_t changed[PLACES]; /* places of those that have */
    size_t changed_count;
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

const struct world_case *kept_find(const struct kept *k, struct text id)
{
    const struct world_case *there;

    if (!k || id.size == 0)
        return NULL;
    there = k->places[place_of(id)].there;
    return there && name_is(&there->record.id, id) ? there : NULL;
}

bool kept_put(struct kept *k, struct world_case **c)
{
    size_t place = place_of(name_text(&(*c)->record.id));
    struct place *p = &k->places[place];
    struct world_case *other = p->there;
    bool gives_way =
        p->changed && !name_equal(&other->record.id, &(*c)->record.id);

    if (!other)
        other = malloc(sizeof *other);
    if (!other)
        abort(); /* no memory for a few kilobytes */
    if (!p->changed)
        k->changed[k->changed_count++] = (uint16_t)place;
    (*c)->found = p->changed = true;
    p->there = *c;
    *c = other;
    return gives_way;
}

const struct world_case *kept_next_changed(struct kept *k)
{
    struct place *p;

    if (!k || k->changed_count == 0)
        return NULL;
    p = &k->places[k->changed[--k->changed_count]];
    p->changed = false;
    return p->there;
}
