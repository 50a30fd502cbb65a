/* signals - how a serving program hears that it is asked something.
 *
 * TERM and INT ask it to end, HUP to open its log file anew. They are read from
 * a descriptor, in the program's own time, and interrupt nothing. PIPE is
 * ignored.
 *
 * Errors   ERRNO's status when the system gives no descriptor.
 * Threads  signals_open before any other thread is made: they inherit the mask.
 */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include <stdbool.h>

#include "base/error.h"

/* With children, the end of one makes the descriptor readable too. */
MUST_CHECK enum status signals_open(int *fd, bool children, struct error *err);

/* Does what was asked; true: to end. */
bool signals_read(int fd);

#endif
