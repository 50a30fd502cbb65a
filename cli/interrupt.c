#include "cli/interrupt.h"

#include <signal.h>
#include <string.h>

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
