/* interrupt - Ctrl-C ends waiting, not the program in the middle of a line.
 *
 * Threads  The main thread only.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on INT and TERM only set a mark; a second one ends the process. */
void interrupt_catch(void);

bool interrupt_came(void);

#endif
