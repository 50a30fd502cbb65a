/* backlog - cases whose timers wait for what a station has still to tell.
 *
 * A station that was cut off tells late, oldest first, and says how much more
 * is coming. A promise that an early one of these events finds overdue may be
 * kept by a later one: so the timers of a case that late news has touched wait
 * until the station's backlog is in, at most LIMIT_BACKLOG_WAIT_MS. Volatile:
 * after a restart nothing waits longer than it must.
 *
 * Time     Monotonic ms.
 * Memory   Bounded: past BACKLOG_CASES further cases do not wait.
 * Threads  The router's.
 * Source   design section 4, "Late time has rules".
 */
#ifndef ROUTER_BACKLOG_H
#define ROUTER_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum { BACKLOG_STATIONS = 256, BACKLOG_CASES = 65536 };

struct backlog;

struct backlog *backlog_new(void);
void backlog_free(struct backlog **b);

/* The case waits for that producer; its wait begins with the first such call
 * and is not made longer by the next ones. */
void backlog_hold(struct backlog *b, struct slice producer,
                  struct slice case_id, int64_t now_ms);

/* It has told all: its cases wait no longer. */
void backlog_end(struct backlog *b, struct slice producer);

bool backlog_holds(const struct backlog *b, struct slice case_id,
                   int64_t now_ms);
bool backlog_any(const struct backlog *b, int64_t now_ms);

/* Lets those go that have waited for long enough. True if any case that was
 * held when this was last asked is not any more. */
bool backlog_let_go(struct backlog *b, int64_t now_ms);
/* When that is to be asked next; INT64_MAX. */
int64_t backlog_next_ms(const struct backlog *b);

#endif
