#include "workers/router/journal_clock.h"

#include <assert.h>

#include "base/limits.h"

enum { SLOWER_BY = 10 }; /* one part in so many is held back */

void journal_clock_init(struct journal_clock *c,
                        const struct journal_clock_start *start,
                        int64_t boot_ms, int64_t wall_ms)
{
    *c = (struct journal_clock){.ahead_since_ms = -1,
                                .step_ms = LIMIT_CLOCK_STEP_MS,
                                .grace_ms = LIMIT_CLOCK_GRACE_MS};
    c->boot_ms = boot_ms;
    c->now_ms = start->last_ms;
    if (start->same_boot) {
        int64_t gone_ms = boot_ms - start->then_boot_ms;
        int64_t expected_ms = start->then_now_ms + (gone_ms > 0 ? gone_ms : 0);
        if (expected_ms > c->now_ms)
            c->now_ms = expected_ms;
    } else if (wall_ms > c->now_ms) {
        c->now_ms = wall_ms;
    }
    (void)journal_clock_now(c, boot_ms, wall_ms);
}

void journal_clock_init_drill(struct journal_clock *c, int64_t start_ms,
                              int64_t last_ms)
{
    *c = (struct journal_clock){.ahead_since_ms = -1, .drill = true};
    c->now_ms = last_ms > start_ms ? last_ms : start_ms;
}

/* The wall is behind: hold back a tenth of what has passed, but never more
 * than what is between them. */
static int64_t slowed(struct journal_clock *c, int64_t elapsed_ms,
                      int64_t ahead_ms)
{
    c->held_ms += elapsed_ms;
    int64_t back_ms = c->held_ms / SLOWER_BY;
    c->held_ms -= back_ms * SLOWER_BY;
    if (back_ms > ahead_ms)
        back_ms = ahead_ms;
    return elapsed_ms - back_ms;
}

int64_t journal_clock_now(struct journal_clock *c, int64_t boot_ms,
                          int64_t wall_ms)
{
    if (c->drill)
        return c->now_ms;
    int64_t elapsed_ms = boot_ms > c->boot_ms ? boot_ms - c->boot_ms : 0;
    int64_t ahead_ms = wall_ms - (c->now_ms + elapsed_ms);

    c->boot_ms = boot_ms;
    if (ahead_ms < 0) {
        c->ahead_since_ms = -1;
        c->now_ms += slowed(c, elapsed_ms, -ahead_ms);
        return c->now_ms;
    }
    c->held_ms = 0;
    c->now_ms += elapsed_ms;
    if (ahead_ms <= c->step_ms) {
        c->ahead_since_ms = -1;
        c->now_ms += ahead_ms;
    } else if (c->ahead_since_ms < 0) {
        c->ahead_since_ms = boot_ms;
    } else if (boot_ms - c->ahead_since_ms >= c->grace_ms) {
        journal_clock_adopt(c, wall_ms);
    }
    return c->now_ms;
}

void journal_clock_adopt(struct journal_clock *c, int64_t wall_ms)
{
    c->ahead_since_ms = -1;
    if (wall_ms > c->now_ms)
        c->now_ms = wall_ms;
}

void journal_clock_set(struct journal_clock *c, int64_t now_ms)
{
    assert(c->drill);
    if (now_ms > c->now_ms)
        c->now_ms = now_ms;
}

bool journal_clock_doubts(const struct journal_clock *c)
{
    return c->ahead_since_ms >= 0;
}
