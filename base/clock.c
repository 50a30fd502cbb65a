#include "base/clock.h"

#include <assert.h>
#include <time.h>

static int64_t read_ns(clockid_t which)
{
    struct timespec t;
    int rc = clock_gettime(which, &t);

    assert(rc == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t system_wall_ms(void *state)
{
    (void)state;
    return read_ns(CLOCK_REALTIME) / 1000000;
}

static int64_t system_monotonic_ns(void *state)
{
    (void)state;
    return read_ns(CLOCK_MONOTONIC);
}

static int64_t system_boottime_ms(void *state)
{
    (void)state;
    return read_ns(CLOCK_BOOTTIME) / 1000000;
}

const struct clock *clock_system(void)
{
    static const struct clock clock = {.wall_ms = system_wall_ms,
                                       .monotonic_ns = system_monotonic_ns,
                                       .boottime_ms = system_boottime_ms};

    return &clock;
}

static int64_t manual_wall_ms(void *state)
{
    return ((struct clock_manual *)state)->wall_ms;
}

static int64_t manual_monotonic_ns(void *state)
{
    return ((struct clock_manual *)state)->monotonic_ns;
}

static int64_t manual_boottime_ms(void *state)
{
    return ((struct clock_manual *)state)->boottime_ms;
}

void clock_manual_init(struct clock_manual *m, int64_t wall_ms)
{
    *m = (struct clock_manual){.clock = {.wall_ms = manual_wall_ms,
                                         .monotonic_ns = manual_monotonic_ns,
                                         .boottime_ms = manual_boottime_ms,
                                         .state = m},
                               .wall_ms = wall_ms};
}

void clock_manual_advance(struct clock_manual *m, int64_t span_ms)
{
    assert(span_ms >= 0);
    m->wall_ms += span_ms;
    m->monotonic_ns += span_ms * 1000000;
    m->boottime_ms += span_ms;
}

void clock_manual_step(struct clock_manual *m, int64_t wall_ms)
{
    m->wall_ms = wall_ms;
}
