/* find - the case that was meant by what was typed.
 *
 * A short id will do as long as only one case begins with it.
 *
 * Memory   found owns its rows: found_fini, also after a failure.
 * Threads  One.
 */
#ifndef CLI_FIND_H
#define CLI_FIND_H

#include "cli/question.h"

struct found {
    struct rows rows;
    const Yinuo__V1__Case *it;
    uint32_t partition;
    int64_t now_ms; /* the ledger's */
};

/* CLI_DONE, or an exit code; the user has been told, with the candidates where
 * the id fits several. */
int find_case(struct cli *cli, const char *typed, struct found *found);
/* The same, but none at all is fine: found->it is NULL then. */
int find_case_maybe(struct cli *cli, const char *typed, struct found *found);
void found_fini(struct found *found);

/* When a clock speaks next; 0: never, or it stands still. */
int64_t find_clock_due(const Yinuo__V1__CaseClock *clock);
/* The clock that speaks first; NULL: none does. */
const Yinuo__V1__CaseClock *find_next_clock(const Yinuo__V1__Case *c);

/* Since when an acknowledged case has done nothing for its customer: no
 * contact, no new promise. 0: it is not open, or not acknowledged.
 * Acknowledging stops nothing but the ladder. */
int64_t find_idle_since(const Yinuo__V1__Case *c);

/* Clocks in the order in which they speak; those that do not come last. */
void find_sort_clocks(const Yinuo__V1__Case *c);

/* Its cases as a table, the way "case list" prints them; where one is idle,
 * since when. */
void find_table(const struct out *o, const struct rows *rows);

#endif
