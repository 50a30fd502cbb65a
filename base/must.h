/* must - memory that has to be there.
 *
 * For allocations of a few bytes that nobody could do without: a process that
 * gets none ends, and its supervisor starts it again.
 *
 * Threads  Any.
 */
#ifndef BASE_MUST_H
#define BASE_MUST_H

#include <stdlib.h>

/* must(calloc(1, sizeof *x)) */
static inline void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

#endif
