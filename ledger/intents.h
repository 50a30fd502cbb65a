/* intents - effects on many cases, carried out one record at a time.
 *
 *   INTENTS  sequence u64 | n u8 -> serialized Intent, with its cursor
 *
 * The row is what the last INTENT decision says. Whoever owns the world asks
 * for the next step, hands it to world_decide() as the input of a record, and
 * goes on until there is none; that record's own decision moves the cursor, so
 * that an end of the process at any moment loses and doubles nothing. The
 * oldest intent is done first.
 *
 * Memory   A step's texts live in the arena given.
 * Errors   An intent that cannot be read is CORRUPT, and ends the process.
 * Threads  The world's owner.
 * Source   design section 4: "an effect on many cases".
 */
#ifndef LEDGER_INTENTS_H
#define LEDGER_INTENTS_H

#include "base/arena.h"
#include "ledger/world.h"

struct world_step {
    const char *intent;      /* its id */
    Yinuo__V1__Event *event; /* NULL: the intent ends */
    uint32_t number;         /* of the event, from 1; 0: the end */
    uint64_t cause;          /* the record that wanted it */
};

/* How many cases are looked at before somebody else has his turn. */
enum { CASES_LOOKED_AT = 2048 };

/* Cheap: known without looking. */
bool world_has_steps(const struct world *w);
/* sequence and now_ms are those of the record that it will be. False: none now;
 * world_has_steps() tells whether to ask again. */
bool world_next_step(struct world *w, uint64_t sequence, int64_t now_ms,
                     struct arena *arena, struct world_step *out);

/* The next case behind an id that is not closed and whose rules are not in
 * force; looks at so many rows at most. */
enum world_search { SEARCH_FOUND, SEARCH_NO_MORE, SEARCH_NOT_YET };
enum world_search world_next_older(struct world *w, struct name *at,
                                   size_t look_at, struct case_record *out);

/* The case of an event that names none: the open one that it belongs to, or a
 * new one, C-<sequence>; NULL where its kind opens none. */
char *world_case_for(struct world *w, const Yinuo__V1__Event *event,
                     uint64_t sequence, struct arena *arena);

#endif
