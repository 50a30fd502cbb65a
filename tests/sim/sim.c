#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/oracle.h"

enum { FATE_MS = 1000, CALM_LOOK_MS = 5000 };

const char *fault_text(enum sim_fault f)
{
    static const char *const texts[] = {
#define X(name, text) text,
        FAULTS(X)
#undef X
    };

    return texts[f];
}

const char *sight_text(enum sim_sight sight)
{
    static const char *const texts[] = {
#define X(name, text) text,
        SIGHTS(X)
#undef X
    };

    return texts[sight];
}

struct sim *sim_running;

/* --- chance --- */

bool chance_in(struct sim *s, uint32_t per_10000)
{
    return per_10000 && random_below(s->random, 10000) < per_10000;
}

uint64_t chance_below(struct sim *s, uint64_t n)
{
    return random_below(s->random, n);
}

int64_t chance_ms(struct sim *s, int64_t from_ms, int64_t to_ms)
{
    return from_ms +
           (int64_t)random_below(s->random, (uint64_t)(to_ms - from_ms) + 1);
}

/* --- failing --- */

void sim_fail(struct sim *s, const char *format, ...)
{
    const char *by = s->options.by;
    va_list list;

    if (s->failed)
        return;
    va_start(list, format);
    vsnprintf(s->failure, sizeof s->failure, format, list);
    va_end(list);
    if (by && strncmp(s->failure, by, strlen(by)) != 0)
        return;
    story_tell(s, "ORACLE", "%s", s->failure);
    s->failed = true; /* nothing is told behind it */
}

int64_t sim_wall_ms(const struct sim *s)
{
    return EPOCH_MS + s->now_ms;
}

/* --- parties --- */

void sim_wake(struct party *p, int64_t at_ms)
{
    struct sim *s = p->sim;

    if (at_ms < s->now_ms)
        at_ms = s->now_ms;
    if (p->wake_order && p->wake_ms <= at_ms)
        return;
    p->wake_ms = at_ms;
    p->wake_order = queue_put(
        s->queue,
        &(struct entry){.at_ms = at_ms, .kind = ENTRY_WAKE, .party = p});
}

static void start(struct party *p)
{
    if (p->up)
        return;
    p->up = true;
    p->life++;
    story_tell(p->sim, p->name, "starts");
    p->ops->start(p);
    if (p->up)
        sim_wake(p, p->sim->now_ms);
}

void sim_crash(struct party *p, const char *why)
{
    struct sim *s = p->sim;
    int64_t down_ms = chance_ms(s, 20, 3000);

    if (!p->up)
        return;
    if (chance_below(s, 8) == 0)
        down_ms = chance_ms(s, 3000, 40000);
    if (s->calm)
        down_ms = 100;
    story_tell(s, p->name, "crashes: %s -> back in %lld ms", why,
               (long long)down_ms);
    p->up = false;
    p->wake_order = 0;
    p->ops->crash(p);
    queue_put(s->queue, &(struct entry){.at_ms = s->now_ms + down_ms,
                                        .kind = ENTRY_START,
                                        .party = p});
}

static struct party *join(struct sim *s, struct party *p)
{
    p->number = (uint8_t)s->party_count;
    s->parties[s->party_count++] = p;
    return p;
}

static void gather(struct sim *s)
{
    s->broker = join(s, broker_party(s));
    s->router = join(s, router_party(s));
    for (uint32_t i = 0; i < s->plan.stations; i++)
        s->stations[i] = join(s, station_party(s, i));
    for (uint32_t i = 0; i < TIERS; i++)
        s->tiers[i] = join(s, tier_party(s, i + 1));
    for (uint32_t i = 0; i < DESKS; i++)
        s->desks[i] = join(s, desk_party(s, i));
    s->reader = join(s, reader_party(s));
    for (size_t i = 0; i < s->party_count; i++)
        queue_put(s->queue, &(struct entry){.at_ms = chance_ms(s, 0, 300),
                                            .kind = ENTRY_START,
                                            .party = s->parties[i]});
    queue_put(s->queue, &(struct entry){.at_ms = FATE_MS, .kind = ENTRY_FATE});
}

/* --- coming to rest --- */

static bool at_rest(struct sim *s, char *why, size_t room)
{
    *why = 0;
    for (uint32_t i = 0; i < s->plan.stations; i++)
        if (!station_is_drained(s->stations[i], why, room))
            return false;
    for (uint32_t i = 0; i < DESKS; i++)
        if (!desk_is_idle(s->desks[i])) {
            snprintf(why, room, "%s waits for answers", s->desks[i]->name);
            return false;
        }
    return oracle_at_rest(s->oracle, why, room);
}

/* True: it is over. */
static bool fate(struct sim *s)
{
    char why[256];

    if (!s->calm && s->now_ms >= s->plan.chaos_ms) {
        s->calm = true;
        story_tell(s, "FATE", "the faults stop -> all must come to rest");
        plan_calm(s);
    }
    if (!s->calm) {
        plan_strike(s);
    } else {
        desk_tidy(s);
        if (at_rest(s, why, sizeof why)) {
            story_tell(s, "FATE", "all is at rest");
            return true;
        }
        if (s->now_ms > s->plan.chaos_ms + s->plan.calm_ms_max) {
            sim_fail(s, "LIVENESS: not at rest after %lld s of calm: %s",
                     (long long)s->plan.calm_ms_max / 1000, why);
            return true;
        }
    }
    queue_put(
        s->queue,
        &(struct entry){.at_ms = s->now_ms + (s->calm ? CALM_LOOK_MS : FATE_MS),
                        .kind = ENTRY_FATE});
    return false;
}

/* --- the run --- */

static void advance(struct sim *s, int64_t at_ms)
{
    if (at_ms > s->now_ms) {
        clock_manual_advance(&s->clock, at_ms - s->now_ms);
        s->now_ms = at_ms;
    }
}

/* True: it is over. */
static bool step(struct sim *s, struct entry *e)
{
    struct party *p = e->party;

    advance(s, e->at_ms);
    switch (e->kind) {
    case ENTRY_WAKE:
        if (!p->up || p->wake_order != e->order)
            return false;
        p->wake_order = 0;
        p->ops->wake(p);
        break;
    case ENTRY_PACKET:
        net_deliver(s, e->packet);
        packet_free(&e->packet);
        break;
    case ENTRY_START:
        start(p);
        break;
    case ENTRY_FATE:
        if (fate(s))
            return true;
        break;
    }
    oracle_look(s->oracle);
    return false;
}

static void open_sim(struct sim *s, const struct sim_options *options)
{
    s->options = *options;
    plan_make(&s->plan, options->seed);
    random_seeded_init(&s->chance, options->seed * 2 + 1);
    s->random = &s->chance.random;
    clock_manual_init(&s->clock, EPOCH_MS);
    s->queue = queue_new();
    if (options->story)
        s->story = story_new(options->story_out);
    s->oracle = oracle_new(s);
    gather(s);
}

bool sim_run(const struct sim_options *options, struct sim **out)
{
    struct sim *s = calloc(1, sizeof *s);
    struct entry e;

    if (!s)
        abort();
    *out = sim_running = s;
    open_sim(s, options);
    while (!s->failed && queue_take(s->queue, &e)) {
        s->steps++;
        if (step(s, &e))
            break;
    }
    if (!s->failed)
        oracle_end(s->oracle);
    return !s->failed;
}

void sim_free(struct sim **sim)
{
    struct sim *s = *sim;

    if (!s)
        return;
    sim_running = NULL;
    for (size_t i = 0; i < s->party_count; i++)
        s->parties[i]->ops->free(s->parties[i]);
    oracle_free(&s->oracle);
    queue_free(&s->queue);
    story_free(&s->story);
    free(s);
    *sim = NULL;
}
