/* next_call - who is called next, and when, if a page gets no answer; as the
 * engine will choose by what is known now.
 *
 * Memory   The person's name lives in the router's parse arena.
 * Threads  The router's.
 */
#ifndef ROUTER_NEXT_CALL_H
#define ROUTER_NEXT_CALL_H

#include "workers/router/internal.h"

struct next_call {
    int64_t at_ms;
    uint8_t tier;
    char *person; /* NULL: the slot is empty */
};

/* Of the ladder that a page to that tier climbs: its own, or where a higher
 * tier was paged with it and climbs on, that one's. False: nobody is next. */
bool next_call(struct router *r, const struct case_record *c, uint8_t tier,
               struct next_call *next);

#endif
