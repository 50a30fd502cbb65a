#include "cli/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

enum { TICK_MS = 100 }; /* how late one is seen that comes before a poll */

static volatile sig_atomic_t came;

static void mark(int number)
{
    (void)number;
    came = 1;
}

void interrupt_catch(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = mark;
    action.sa_flags = (int)SA_RESETHAND; /* poll must return; twice is enough */
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool interrupt_came(void)
{
    return came != 0;
}

void interrupt_pause(const struct clock *clock, int64_t wait_ms)
{
    int64_t end_ms = clock_monotonic_ms(clock) + wait_ms, left_ms = wait_ms;

    while (!came && left_ms > 0) {
        (void)poll(NULL, 0, left_ms < TICK_MS ? (int)left_ms : TICK_MS);
        left_ms = end_ms - clock_monotonic_ms(clock);
    }
}
