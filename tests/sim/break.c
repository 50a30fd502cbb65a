/* break - mistakes made on purpose, to see that they are noticed. They are made
 * here, where the linker lets us stand between two files of the product
 * (--wrap); the product has no such path. */
#include "engine/decision.h"
#include "ledger/state.h"
#include "ledger/world.h"
#include "tests/sim/sim.h"

static bool deciding; /* on a scratch copy of the case: that one stays right */

static bool now(enum breakage which)
{
    return sim_running && sim_running->options.breakage == which;
}

/* A timer that is moved keeps its old due and its old generation: the stale one
 * will fire. */
void __real_case_apply(struct case_record *c, const struct decision *d);
void __wrap_case_apply(struct case_record *c, const struct decision *d);
void __wrap_case_apply(struct case_record *c, const struct decision *d)
{
    const struct clock_instance *old = now(BREAK_GENERATION) && !deciding &&
                                               d->kind == DECISION_ARM &&
                                               d->due_ms
                                           ? case_clock(c, d->index, d->key)
                                           : NULL;

    if (old && old->step_count && old->steps[0].due_ms < d->due_ms)
        return;
    __real_case_apply(c, d);
}

/* The row of a timer that was moved or ended stays. */
void __real_state_delete(struct state *s, enum state_table table,
                         struct slice key);
void __wrap_state_delete(struct state *s, enum state_table table,
                         struct slice key);
void __wrap_state_delete(struct state *s, enum state_table table,
                         struct slice key)
{
    if (now(BREAK_TIMER_ROW) && table == STATE_TIMERS)
        return;
    __real_state_delete(s, table, key);
}

void __real_state_delete_expected(struct state *s, enum state_table table,
                                  struct slice key,
                                  const struct state_hint *hint);
void __wrap_state_delete_expected(struct state *s, enum state_table table,
                                  struct slice key,
                                  const struct state_hint *hint);
void __wrap_state_delete_expected(struct state *s, enum state_table table,
                                  struct slice key,
                                  const struct state_hint *hint)
{
    if (now(BREAK_TIMER_ROW) && table == STATE_TIMERS)
        return;
    __real_state_delete_expected(s, table, key, hint);
}

/* Not a mistake of ours: a record that kills the engine. */
void __real_world_decide(struct world *w, const struct world_input *in,
                         struct world_decided *out);
void __wrap_world_decide(struct world *w, const struct world_input *in,
                         struct world_decided *out);
void __wrap_world_decide(struct world *w, const struct world_input *in,
                         struct world_decided *out)
{
    if (sim_running)
        router_decides(sim_running->router, in);
    deciding = true;
    __real_world_decide(w, in, out);
    deciding = false;
}
