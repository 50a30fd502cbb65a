/* Effects on many cases, some at a time: each a record of its own, between what
 * comes from outside, so that a person with a thousand cases holds nobody up.
 * Where a step ends is the world's to say (ledger/intents.h). */
#include "ledger/intents.h"
#include "workers/router/internal.h"

enum { STEPS_AT_ONCE = 64 };

static void do_step(struct router *r, const struct world_step *step)
{
    Yinuo__V1__Derived derived = YINUO__V1__DERIVED__INIT;
    struct deed d;

    derived.intent = (char *)(uintptr_t)step->intent;
    derived.has_number = derived.has_cause_seq = 1;
    derived.number = step->number;
    derived.cause_seq = step->cause;
    deed_init(&d);
    d.part.kind = YINUO__V1__RECORD_KIND__RECORD_DERIVED;
    d.part.event = step->event;
    d.part.derived = &derived;
    d.mark = death_mark_of('i', slice_of_text(step->intent), derived.number);
    deed_do(r, &d);
}

bool derive_step(struct router *r)
{
    struct world_step step;

    if (!world_has_steps(r->world) ||
        space_level(r->ledger->space) == SPACE_NONE)
        return false;
    batch_begin(r);
    for (int i = 0; i < STEPS_AT_ONCE && router_has_room(r); i++) {
        arena_reset(&r->parse);
        if (!world_next_step(r->world, r->next_seq, r->now_ms, &r->parse,
                             &step))
            break;
        do_step(r, &step);
    }
    return world_has_steps(r->world);
}
