/* Which cases have timers that are due. */
#include <assert.h>
#include <stdlib.h>

#include "ledger/world_internal.h"

struct due_list {
    struct world *w;
    struct world_due *list;
    size_t count, max;
    world_leave *leave;
    void *context;
    uint16_t *places;             /* the world's */
    uint16_t at[WORLD_DUE_MAX];   /* which of them are in use */
    bool taken[STATE_SEVERITIES]; /* one of them was not left */
};

static size_t place_of(const struct due_list *l, struct text id)
{
    uint32_t h = 2166136261u;

    for (uint32_t i = 0; i < id.size; i++)
        h = (h ^ (uint8_t)id.data[i]) * 16777619u;
    size_t at = (h ^ h >> 15) % WORLD_DUE_PLACES;
    while (l->places[at] && !name_is(&l->list[l->places[at] - 1].case_id, id))
        at = (at + 1) % WORLD_DUE_PLACES;
    return at;
}

/* True: it waits for something, and so do all before it. */
static bool left(struct due_list *l, uint8_t severity, int64_t due_ms,
                 struct slice id, struct text case_id)
{
    if (!l->leave || !l->leave(l->context, case_id))
        return false;
    if (!l->taken[severity])
        state_timers_pass(l->w->state, severity, due_ms, id);
    return true;
}

static bool take_due(void *arg, uint8_t severity, int64_t due_ms,
                     struct slice id, struct slice value)
{
    struct due_list *l = arg;
    /* value: generation u32 | case id */
    struct text case_id = {(const char *)value.data + 4,
                           (uint32_t)(value.size - 4)};
    size_t at = place_of(l, case_id);

    if (l->places[at]) {
        struct world_due *known = &l->list[l->places[at] - 1];

        l->taken[severity] = true;
        if (due_ms < known->first_due_ms)
            known->first_due_ms = due_ms;
        return true;
    }
    if (left(l, severity, due_ms, id, case_id))
        return true;
    l->taken[severity] = true;
    if (l->count == l->max)
        return false;
    if (!name_set(&l->list[l->count].case_id, case_id))
        abort(); /* no case has such an id */
    l->list[l->count++].first_due_ms = due_ms;
    l->places[at] = (uint16_t)l->count;
    l->at[l->count - 1] = (uint16_t)at;
    return true;
}

size_t world_due(struct world *w, int64_t now_ms, struct world_due *out,
                 size_t max)
{
    return world_due_but(w, now_ms, NULL, NULL, out, max);
}

size_t world_due_but(struct world *w, int64_t now_ms, world_leave *leave,
                     void *context, struct world_due *out, size_t max)
{
    struct due_list l = {.w = w,
                         .list = out,
                         .max = max,
                         .leave = leave,
                         .context = context,
                         .places = w->due_places};

    assert(max <= WORLD_DUE_MAX);
    state_timers_due(w->state, now_ms, take_due, &l);
    for (size_t i = 0; i < l.count; i++)
        w->due_places[l.at[i]] = 0;
    return l.count;
}

void world_look_again(struct world *w)
{
    state_timers_look_again(w->state);
}

int64_t world_next_due_ms(struct world *w)
{
    int64_t due_ms;

    return state_timers_next(w->state, &due_ms) ? due_ms : INT64_MAX;
}

int64_t world_next_open_due_ms(struct world *w)
{
    int64_t due_ms;

    return state_timers_next_open(w->state, &due_ms) ? due_ms : INT64_MAX;
}
