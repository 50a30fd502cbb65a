/* interrupt - Ctrl-C ends waiting, not the program in the middle of a line.
 *
 * Threads  The main thread only.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

#include "base/clock.h"

/* From now on INT and TERM only set a mark; a second one ends the process. */
void interrupt_catch(void);

bool interrupt_came(void);

/* Waits for that long, or until it comes. */
void interrupt_pause(const struct clock *clock, int64_t wait_ms);

#endif
