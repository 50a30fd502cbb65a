/* page_words - what a page says to a person, in his language.
 *
 * Memory   Words live in the router's parse arena.
 * Threads  The router's.
 */
#ifndef ROUTER_PAGE_WORDS_H
#define ROUTER_PAGE_WORDS_H

#include "workers/router/internal.h"

/* Fills in why, what_to_do, time_zone. */
void page_words(struct router *r, const Yinuo__V1__Decision *d,
                const struct case_record *c, Yinuo__V1__Page *page);

/* A hint to the author of an event, in his language. */
void hint_words(struct router *r, const struct decision *d,
                const struct case_record *c, Yinuo__V1__Hint *hint);

/* The customer's own words out of a record's personal part; NULL if there are
 * none. */
char *page_words_of(struct slice personal, struct arena *arena);

#endif
