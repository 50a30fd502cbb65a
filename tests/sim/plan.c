/* plan - what a seed decides: which faults there are, and how often.
 *
 * Each kind is in half of the seeds, so that some run nearly undisturbed and
 * reach deep, and others meet everything at once. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"

enum { STEP_MS_MAX = 50 * 1000 };

static uint32_t maybe(const struct random *r, uint32_t least, uint32_t most)
{
    uint32_t value = least + (uint32_t)random_below(r, most - least + 1);

    return random_one_in(r, 2) ? value : 0;
}

void plan_make(struct plan *p, uint64_t seed)
{
    struct random_seeded chance;
    const struct random *r = &chance.random;

    random_seeded_init(&chance, seed);
    *p = (struct plan){.seed = seed, .real_ledger = seed % 10 == 0};
    p->stations = 1 + (uint32_t)random_below(r, STATIONS_MAX);
    p->chaos_ms = 1000 * (int64_t)(60 + random_below(r, 180));
    p->calm_ms_max = 30 * 60 * 1000;
    p->lose = maybe(r, 20, 1500);
    p->twice = maybe(r, 20, 1500);
    p->late = maybe(r, 20, 1500);
    p->overtake = maybe(r, 20, 1500);
    p->late_ms_max = 200 + (int64_t)random_below(r, 20000);
    p->crash[FAULT_BROKER_CRASH] = maybe(r, 10, 120);
    p->crash[FAULT_ROUTER_CRASH] = maybe(r, 10, 120);
    p->crash[FAULT_STATION_CRASH] = maybe(r, 10, 120);
    p->crash[FAULT_TIER_CRASH] = maybe(r, 10, 120);
    p->crash[FAULT_DESK_CRASH] = maybe(r, 20, 120);
    p->crash[FAULT_READER_CRASH] = maybe(r, 20, 120);
    p->ledger_faults = maybe(r, 15, 120);
    p->space_faults = maybe(r, 30, 120);
    p->clock_steps = maybe(r, 30, 200);
    p->clock_days = maybe(r, 30, 120);
    p->cuts = maybe(r, 15, 120);
    p->outbox_errors = maybe(r, 20, 1000);
    p->failed_pages = maybe(r, 100, 3000);
    p->poison = maybe(r, 5, 80);
    p->publish_s = 1 + (uint32_t)random_below(r, 8);
    p->answer = (uint32_t)random_below(r, 10001);
    p->answer_ms_max = 1000 + (int64_t)random_below(r, 90000);
    p->state_age_ms = 50 + (int64_t)random_below(r, 4000);
}

void plan_format(const struct plan *p, char *out, size_t room)
{
    snprintf(
        out, room,
        "%s ledger, %u stations, chaos for %" PRId64 " s\n"
        "  per 10,000 messages: lost %u twice %u late %u (up to %" PRId64
        " ms) overtaking %u\n"
        "  mean pause in s of crashes: broker %u router %u station %u "
        "tier %u desk %u reader %u\n"
        "  of ledger errors %u, full disks %u, clock steps %u and of a day %u, "
        "cuts %u\n"
        "  per 10,000: outbox errors %u, failed pages %u, answered pages "
        "%u within %" PRId64 " ms, poison %u\n"
        "  a station publishes every %u s, checkpoints every %" PRId64 " ms",
        p->real_ledger ? "real" : "simulated", p->stations, p->chaos_ms / 1000,
        p->lose, p->twice, p->late, p->late_ms_max, p->overtake,
        p->crash[FAULT_BROKER_CRASH], p->crash[FAULT_ROUTER_CRASH],
        p->crash[FAULT_STATION_CRASH], p->crash[FAULT_TIER_CRASH],
        p->crash[FAULT_DESK_CRASH], p->crash[FAULT_READER_CRASH],
        p->ledger_faults, p->space_faults, p->clock_steps, p->clock_days,
        p->cuts, p->outbox_errors, p->failed_pages, p->answer, p->answer_ms_max,
        p->poison, p->publish_s, p->state_age_ms);
}

/* Once a second: in `pause_s` seconds on average. */
static bool now(struct sim *s, uint32_t pause_s)
{
    return pause_s && chance_below(s, pause_s) == 0;
}

static void strike_party(struct sim *s, struct party *p)
{
    if (!p->up || !now(s, s->plan.crash[p->crash_fault]))
        return;
    if (p == s->router && chance_below(s, 4)) {
        router_plan_crash(p, 1 + (unsigned)chance_below(s, 12));
        return;
    }
    s->faults[p->crash_fault]++;
    sim_crash(p, fault_text(p->crash_fault));
}

static void strike_ledger(struct sim *s)
{
    if (now(s, s->plan.ledger_faults))
        router_plan_ledger(s->router, chance_below(s, 2) ? FAULT_LEDGER_FULL
                                                         : FAULT_LEDGER_IO);
    if (now(s, s->plan.space_faults))
        router_plan_space(
            s->router, chance_below(s, 2) ? FAULT_SPACE_LOW : FAULT_SPACE_NONE,
            s->now_ms + chance_ms(s, 1000, 40000));
    if (now(s, s->plan.clock_days))
        router_step_day(s->router, chance_below(s, 2),
                        s->now_ms + chance_ms(s, 5000, 200000));
    if (!now(s, s->plan.clock_steps))
        return;
    int64_t by_ms = chance_ms(s, 1000, STEP_MS_MAX);
    bool back = chance_below(s, 2);
    s->faults[back ? FAULT_CLOCK_BACK : FAULT_CLOCK_FORWARD]++;
    router_step_clock(s->router, back ? -by_ms : by_ms);
}

static void strike_lines(struct sim *s)
{
    for (size_t i = 0; i < s->party_count; i++)
        if (s->parties[i]->cut && chance_below(s, 8) == 0) {
            s->parties[i]->cut = false;
            story_tell(s, s->parties[i]->name, "is reachable again");
        }
    if (!now(s, s->plan.cuts))
        return;
    struct party *p = s->parties[1 + chance_below(s, s->party_count - 1)];
    if (p->cut)
        return;
    s->faults[FAULT_CUT]++;
    p->cut = true;
    story_tell(s, p->name, "is cut off");
}

void plan_strike(struct sim *s)
{
    for (size_t i = 0; i < s->party_count; i++)
        strike_party(s, s->parties[i]);
    strike_ledger(s);
    strike_lines(s);
}

void plan_calm(struct sim *s)
{
    for (size_t i = 0; i < s->party_count; i++)
        s->parties[i]->cut = false;
    router_plan_crash(s->router, 0);
    router_calm(s->router);
}
