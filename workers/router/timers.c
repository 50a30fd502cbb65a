/* timers - what is due becomes records, and when to look for it again.
 *
 * The first timer is fired in the millisecond in which it is due. What falls
 * due within GATHER_MS behind it is gathered and shares one commit: at a
 * thousand a second a commit each would be all that a disk can do, and who is
 * told a few milliseconds later does not mind. A batch that is made anyway
 * takes along what is due. */
#include <string.h>

#include "workers/router/internal.h"

enum {
    FIRE_AT_ONCE = WORLD_DUE_MAX, /* cases per turn: then events get theirs */
    GATHER_MS = 8,
    HELD_WAIT_MS = 50, /* due and not to be fired: until it is looked again */
};

static void fire_case(struct router *r, const struct world_due *due)
{
    Yinuo__V1__Firing firing = YINUO__V1__FIRING__INIT;
    struct deed d;
    char id[NAME_BYTES_MAX + 1] = "";

    arena_reset(&r->parse);
    memcpy(id, due->case_id.data, due->case_id.size);
    firing.case_id = id;
    firing.has_as_of_ms = 1;
    firing.as_of_ms = r->now_ms;
    deed_init(&d);
    d.part.kind = YINUO__V1__RECORD_KIND__RECORD_FIRING;
    d.part.firing = &firing;
    d.mark = death_mark_of('f', slice_of_text(id), (uint64_t)due->first_due_ms);
    deed_do(r, &d);
}

static bool may_fire(const struct router *r)
{
    return drill_may_fire(r) && space_level(r->ledger->space) != SPACE_NONE;
}

static bool gathers(const struct router *r, int64_t mono_ms)
{
    return !r->time.drill && !r->record_count && mono_ms < r->gather_ms;
}

/* A case whose station has announced more: held until that is in, at most
 * LIMIT_BACKLOG_WAIT_MS. */
static bool waits(void *context, struct text case_id)
{
    const struct router *r = context;

    return backlog_holds(r->backlog, slice_of(case_id.data, case_id.size),
                         r->fire_ms);
}

size_t timers_fire(struct router *r, bool *more)
{
    struct world_due due[FIRE_AT_ONCE];
    int64_t next_ms = world_next_due_ms(r->world);
    size_t fired = 0;

    *more = false;
    r->oldest_overdue_ms =
        next_ms < r->time.now_ms ? r->time.now_ms - next_ms : 0;
    if (!may_fire(r))
        return 0;
    r->fire_ms = clock_monotonic_ms(r->clock);
    if (backlog_let_go(r->backlog, r->fire_ms))
        world_look_again(r->world);
    batch_begin(r);
    if (gathers(r, r->fire_ms) || world_next_open_due_ms(r->world) > r->now_ms)
        return 0;
    size_t count =
        world_due_but(r->world, r->now_ms, waits, r, due, FIRE_AT_ONCE);
    for (; fired < count && router_has_room(r); fired++)
        fire_case(r, &due[fired]);
    *more = fired < count || count == FIRE_AT_ONCE;
    r->gather_ms = *more || !fired ? 0 : r->fire_ms + GATHER_MS;
    return fired;
}

int64_t timers_wait_ms(const struct router *r, int64_t mono_ms)
{
    int64_t due_ms = world_next_open_due_ms(r->world),
            release_ms = backlog_next_ms(r->backlog) - mono_ms, wait;

    if (r->time.drill || due_ms == INT64_MAX)
        return release_ms;
    wait = due_ms - r->time.now_ms;
    if (wait < r->gather_ms - mono_ms)
        wait = r->gather_ms - mono_ms;
    if (wait <= 0 && !may_fire(r))
        wait = HELD_WAIT_MS;
    return wait < release_ms ? wait : release_ms;
}
