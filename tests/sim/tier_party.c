/* tier_party - the core of a tier worker with two channels that we own: `log`,
 * which often fails, and `exec` behind it.
 *
 * What `log` has shown stands in its own file and outlives a crash: it looks
 * there first, so that nobody is shown a page twice by it. Everything else of a
 * worker is gone then, and the page comes again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/names.h"
#include "tests/sim/oracle.h"
#include "workers/tier/core.h"

/* As tests/sim/pack/policy.yaml has them. */
static const char *const tier_names[] = {"", "engineer", "station_head",
                                         "regional_rep", "crisis_center"};

enum { TRIES = TIER_PAGES_MAX + 1, CHANNELS = 2, TRY_MS_MAX = 4000 };

struct running_try {
    int64_t end_ms;
    struct tier_result result;
    Yinuo__V1__Page page; /* borrowed until the result */
    bool shows;
};

struct tier_party {
    struct party party; /* first */
    uint32_t tier;
    struct names shown; /* the file of the channel `log` */

    struct tier_core *core;
    struct tier_channel channels[CHANNELS];
    size_t count;
    struct running_try tries[TRIES];
};

static struct tier_party *self_of(struct party *p)
{
    return (struct tier_party *)p;
}

static int64_t mono_ms(const struct sim *s)
{
    return clock_monotonic_ms(&s->clock.clock);
}

/* --- channels --- */

static void end_later(struct tier_party *n, const struct tier_job *job,
                      enum tier_try outcome, bool shows)
{
    struct sim *s = n->party.sim;

    if (n->count == TRIES) {
        sim_fail(s, "%s has %d tries under way", n->party.name, TRIES);
        return;
    }
    struct running_try *t = &n->tries[n->count++];
    *t = (struct running_try){
        .end_ms =
            s->now_ms + (chance_below(s, 4) ? chance_ms(s, 0, 30)
                                            : chance_ms(s, 0, TRY_MS_MAX)),
        .result = {.job = job->number, .outcome = outcome},
        .page = *job->page,
        .shows = shows};
    if (outcome != TIER_DELIVERED)
        snprintf(t->result.error, sizeof t->result.error, "no line");
    sim_wake(&n->party, t->end_ms);
}

/* The words are on the screen now, whatever becomes of the report. */
static void show(struct tier_party *n, const Yinuo__V1__Page *page, bool by_log)
{
    struct sim *s = n->party.sim;

    story_tell(s, n->party.name, "shows %s to %s: S%d %s", page->page_id,
               page->person, (int)page->severity, page->case_id);
    oracle_shown(s->oracle, page->page_id, by_log);
    desk_shown(s, page);
}

static void check(struct tier_party *n, const struct tier_job *job)
{
    if ((uint32_t)job->page->tier != n->tier)
        sim_fail(n->party.sim, "PAGES: %s of tier %d came to %s",
                 job->page->page_id, (int)job->page->tier, n->party.name);
}

static void start_log(void *state, const struct tier_job *job)
{
    struct tier_party *n = state;
    struct sim *s = n->party.sim;

    check(n, job);
    if (names_find(&n->shown, job->page->page_id) >= 0) {
        end_later(n, job, TIER_DELIVERED, false);
    } else if (!s->calm && chance_in(s, s->plan.failed_pages)) {
        s->faults[FAULT_PAGE_FAILED]++;
        end_later(n, job, chance_below(s, 2) ? TIER_AGAIN : TIER_NEVER, false);
    } else {
        (void)names_add(&n->shown, job->page->page_id, NULL);
        show(n, job->page, true);
        end_later(n, job, TIER_DELIVERED, false);
    }
}

static void start_exec(void *state, const struct tier_job *job)
{
    struct tier_party *n = state;
    struct sim *s = n->party.sim;
    bool fails = !s->calm && chance_in(s, s->plan.failed_pages);

    check(n, job);
    end_later(n, job,
              !fails               ? TIER_DELIVERED
              : chance_below(s, 2) ? TIER_AGAIN
                                   : TIER_NEVER,
              !fails);
}

static void end_tries(struct tier_party *n)
{
    struct sim *s = n->party.sim;

    for (size_t i = 0; i < n->count;) {
        struct running_try t = n->tries[i];
        if (t.end_ms > s->now_ms) {
            sim_wake(&n->party, t.end_ms);
            i++;
            continue;
        }
        n->tries[i] = n->tries[--n->count];
        if (t.shows)
            show(n, &t.page, false);
        tier_core_done(n->core, &t.result, mono_ms(s));
    }
}

/* --- the process --- */

static enum status port_send(void *state, struct frames *f)
{
    struct tier_party *n = state;

    return net_send(&n->party, n->party.sim->broker, DOOR_FRONT, f)
               ? STATUS_OK
               : STATUS_BUSY;
}

static void port_reopen(void *state)
{
    struct tier_party *n = state;

    n->party.life++;
}

static void start(struct party *p)
{
    struct tier_party *n = self_of(p);
    struct tier_settings set = {.port = {port_send, port_reopen, n},
                                .clock = &p->sim->clock.clock,
                                .identity = p->name,
                                .program = "sim",
                                .tier = tier_names[n->tier],
                                .channels = n->channels,
                                .channel_count = CHANNELS,
                                .credit = 4,
                                .tries = 2};

    n->channels[0] = (struct tier_channel){"log", "log", 0, start_log, n};
    n->channels[1] = (struct tier_channel){"exec", "exec", 0, start_exec, n};
    n->core = tier_core_new(&set, mono_ms(p->sim));
    if (!n->core)
        abort();
}

static void crash(struct party *p)
{
    struct tier_party *n = self_of(p);

    n->count = 0;
    tier_core_free(&n->core);
}

static void go_on(struct tier_party *n)
{
    struct sim *s = n->party.sim;

    end_tries(n);
    int64_t wait_ms = tier_core_tick(n->core, mono_ms(s)) - mono_ms(s);
    if (wait_ms > 10000) /* for nothing in particular */
        wait_ms = 10000;
    sim_wake(&n->party, s->now_ms + wait_ms + chance_ms(s, 1, 200));
}

static void receive(struct party *p, struct packet *packet)
{
    struct tier_party *n = self_of(p);

    tier_core_take(n->core, &packet->frames, mono_ms(p->sim));
    go_on(n);
}

static void wake(struct party *p)
{
    go_on(self_of(p));
}

static void release(struct party *p)
{
    struct tier_party *n = self_of(p);

    tier_core_free(&n->core);
    names_fini(&n->shown);
    free(n);
}

struct party *tier_party(struct sim *s, uint32_t tier)
{
    static const struct party_ops ops = {start, crash, receive, wake, release};
    struct tier_party *n = calloc(1, sizeof *n);

    if (!n)
        abort();
    n->party =
        (struct party){.ops = &ops, .sim = s, .crash_fault = FAULT_TIER_CRASH};
    snprintf(n->party.name, sizeof n->party.name, "tier-%u", tier);
    n->tier = tier;
    return &n->party;
}
