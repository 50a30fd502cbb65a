/* world_internal - shared by world.c (decide) and world_apply.c (apply). */
#ifndef LEDGER_WORLD_INTERNAL_H
#define LEDGER_WORLD_INTERNAL_H

#include "base/bytes.h"
#include "ledger/customs.h"
#include "ledger/world.h"
#include "ledger/world_kept.h"

/* Of a case's hash: where in a list of due ones it is, from 1; all 0 between
 * two lists. */
enum { WORLD_DUE_PLACES = 4 * WORLD_DUE_MAX };

_Static_assert((WORLD_DUE_PLACES & (WORLD_DUE_PLACES - 1)) == 0,
               "a mask of its bits");

struct world {
    struct state *state;
    world_blob *blob;
    void *blob_context;

    struct policyset *now;  /* in force; NULL before the first */
    struct policyset **old; /* that were, or were fetched for old cases */
    size_t old_count, old_room;

    struct arena arena; /* of the input under decision */
    struct bytes part;  /* its decisions */
    struct bytes row;   /* a row being made */
    struct kept *kept;  /* cases that changed last; NULL: not kept */
    bool structs_only;  /* no part is made */
    const struct world_case *found; /* the case of the input, before it */
    bool found_is_current;          /* no row has changed since it was read */
    struct world_case
        *after; /* of the decisions being applied: as it becomes */
    struct world_case found_room, before_room; /* where they are read to */
    struct subject subject;                    /* that a decision changes */
    struct mute *mutes; /* those that have not ended, by id */
    size_t mute_count;
    bool mutes_known; /* as the rows say */
    struct duty_override *duties;
    size_t duty_count, duty_room;
    bool duties_known;
    struct directory directory; /* that in force, with the overrides */
    struct engine_out out;
    size_t intent_count;     /* rows of INTENTS */
    uint64_t stand_ins;      /* stand_in_bits() of the rows */
    struct case_record seen; /* of the next step of an intent */
    uint16_t due_places[WORLD_DUE_PLACES];
    struct name looking_for; /* an intent whose next case is looked for */
    struct name looked_behind, looked_to; /* from its cursor to there */
    struct summary totals;
    bool totals_moved; /* since their row was written */
};

/* Not found, and of status none, where there is no such row. *c is in the room,
 * or one that is kept: until the next case is written. */
MUST_CHECK enum status world_load(struct world *w, struct text id,
                                  struct world_case *room,
                                  const struct world_case **c,
                                  struct error *err);

/* The rows of the kept cases that are newer than them. */
void world_write_changed(struct world *w);

/* The region that an event is from, by its own word or its station's. */
struct text world_region_of(const struct world *w,
                            const Yinuo__V1__Event *event);

/* --- intents.c --- */

/* What an INTENT decision says becomes the row. */
MUST_CHECK enum status intents_apply(struct world *w, const struct decision *d,
                                     struct error *err);
void intents_count(struct world *w);
/* Appends to w->part what the record of a step makes of its intent. */
void intents_move(struct world *w, const struct world_input *in);
uint8_t intents_depth(struct world *w, const char *id);
void world_mutes_know(struct world *w);
MUST_CHECK enum status world_apply_duty(struct world *w,
                                        const struct decision *d);
MUST_CHECK enum status world_apply_mute(struct world *w,
                                        const struct decision *d);

static inline struct slice slice_of_words(struct text t)
{
    return slice_of(t.data, t.size);
}

#endif
