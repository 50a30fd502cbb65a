/* clock - time, from whoever is in charge of it.
 *
 * Code that waits or stamps takes a const struct clock *: the programs hand in
 * clock_system(), tests and the simulator their own. The engine takes none.
 *
 * Time     wall: ms since the Unix epoch in UTC, may step. monotonic: since
 *          boot, not counting suspend. boottime: since boot, counting it.
 * Threads  clock_system: any. A manual clock: one at a time.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*wall_ms)(void *state);
    int64_t (*monotonic_ns)(void *state);
    int64_t (*boottime_ms)(void *state);
    void *state;
};

const struct clock *clock_system(void);

static inline int64_t clock_wall_ms(const struct clock *c)
{
    return c->wall_ms(c->state);
}

static inline int64_t clock_monotonic_ns(const struct clock *c)
{
    return c->monotonic_ns(c->state);
}

static inline int64_t clock_monotonic_ms(const struct clock *c)
{
    return c->monotonic_ns(c->state) / 1000000;
}

static inline int64_t clock_boottime_ms(const struct clock *c)
{
    return c->boottime_ms(c->state);
}

/* A clock that stands until it is told to go on. */
struct clock_manual {
    struct clock clock; /* hand out its address */
    int64_t wall_ms;
    int64_t monotonic_ns;
    int64_t boottime_ms;
};

void clock_manual_init(struct clock_manual *m, int64_t wall_ms);

/* All three go on. span_ms is not negative. */
void clock_manual_advance(struct clock_manual *m, int64_t span_ms);

/* The wall clock alone is set, as by an administrator. */
void clock_manual_step(struct clock_manual *m, int64_t wall_ms);

#endif
