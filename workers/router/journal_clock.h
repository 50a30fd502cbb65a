/* journal_clock - the time that is written into the journal.
 *
 * It advances with the boot clock and follows the wall clock:
 *
 *   wall a little ahead (up to step_ms)   adopted at once
 *   wall far ahead                        adopted after grace_ms, or when an
 *                                         operator says so; an alarm until then
 *   wall behind                           goes on, a tenth slower, until they
 * meet
 *
 * so that it never stands still and never goes back: a clock set forward by a
 * day fires nothing early within the grace, one set back holds nothing up.
 *
 * Drill    A drill clock moves only when it is told to (clock.advance), and
 *          stands in between; everything that is not ledger time goes on.
 *
 * Units    ms since the Unix epoch for journal and wall; boot in ms since boot.
 * Memory   A plain struct.
 * Errors   None.
 * Threads  One at a time.
 * Source   design section 5, "Time"; field-notes section 4, 5.
 */
#ifndef ROUTER_JOURNAL_CLOCK_H
#define ROUTER_JOURNAL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct journal_clock {
    int64_t now_ms;         /* what it showed last */
    int64_t boot_ms;        /* boot clock then */
    int64_t held_ms;        /* slowing down: tenths not yet given back */
    int64_t ahead_since_ms; /* boot clock when the wall was first found far
                               ahead; -1 */
    int64_t step_ms;
    int64_t grace_ms;
    bool drill;
};

struct journal_clock_start {
    int64_t last_ms;      /* journal time of the last record; 0: none */
    bool same_boot;       /* the next two are of this boot of the machine */
    int64_t then_boot_ms; /* a pair that was true together once */
    int64_t then_now_ms;
};

/* After a stop the wall clock is believed, unless the boot clock has gone on
 * (same_boot) and contradicts it by more than step_ms: then the grace holds. */
void journal_clock_init(struct journal_clock *c,
                        const struct journal_clock_start *start,
                        int64_t boot_ms, int64_t wall_ms);

/* A drill clock stands at start_ms, or where the journal ended if that is
 * later. */
void journal_clock_init_drill(struct journal_clock *c, int64_t start_ms,
                              int64_t last_ms);

int64_t journal_clock_now(struct journal_clock *c, int64_t boot_ms,
                          int64_t wall_ms);

/* An operator adopts the wall clock now. */
void journal_clock_adopt(struct journal_clock *c, int64_t wall_ms);

/* Only a drill clock; earlier moments are ignored. */
void journal_clock_set(struct journal_clock *c, int64_t now_ms);

/* The wall clock is far ahead and not yet believed: an alarm. */
bool journal_clock_doubts(const struct journal_clock *c);

#endif
