/* owners - the index of open cases by their owner, what lies upon a person, and
 * the indexes by key and by tie; all of it a function of the cases' rows.
 *
 *   OWNERS  'c' person 0x00 case id -> nothing
 *           'r' person 0x00 region  -> urgent cases there, u32
 *           't' person              -> cases, urgent, regions, promises, u32
 * each GROUPS  'g' key 0x00 case id    -> sequence of its opening, u64 'p' case
 * id 0x00 child  -> nothing   (LINK_PARENT) 'h' case id 0x00 child  -> nothing
 * (LINK_GATHERED) 's' person 0x00 from    -> until, u64 | delegate
 * (LINK_STAND_IN)
 *
 * A case counts while it is open or waiting; ties and keys hold until it is
 * closed. Stand-ins alone come from decisions and not from a case.
 *
 * Units    Numbers are big-endian; moments in ms.
 * Threads  The state's owner.
 */
#ifndef LEDGER_OWNERS_H
#define LEDGER_OWNERS_H

#include "engine/engine.h"
#include "ledger/state.h"

/* The difference that a record makes; before and after are one case. */
void owners_update(struct state *s, const struct case_record *before,
                   const struct case_record *after);

/* What lies upon a person without the case except, which is given as its row
 * has it (NULL: none); region_urgent is of the region. */
void owners_load(struct state *s, struct text person,
                 const struct case_record *except, struct text region,
                 struct load *out);

/* The next open case of a person behind a case id; false: there is none. */
bool owners_next(struct state *s, struct text person, struct text after,
                 struct name *out);

/* The next case tied to one by LINK_PARENT or LINK_GATHERED. */
bool ties_next(struct state *s, enum link which, struct text to,
               struct text after, struct name *out);

/* The case with that key which was opened last; false: there is none. */
bool groups_find(struct state *s, struct text key, struct name *out);

/* A person's stand-in from a moment on; until_ms 0: for good; nobody: empty. */
void stand_in_put(struct state *s, const struct decision *d);
/* False: he answers himself. An empty name: nobody does. */
bool stand_in_find(struct state *s, struct text person, int64_t at_ms,
                   struct name *out);
/* A bit per hash of those whom somebody answers for, was he long ago: who has
 * none need not be looked for. */
uint64_t stand_in_bit(struct text person);
uint64_t stand_in_bits(struct state *s);

#endif
