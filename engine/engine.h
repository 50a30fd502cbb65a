/* engine - decide what one record means. The whole of Yinuo's judgement.
 *
 * engine_decide() is a function of (policy, view, input). It reads no clock, no
 * file, no socket, no randomness, and keeps nothing: the same three give the
 * same decisions, byte for byte, on any machine and day.
 *
 * Order inside one event: the case is found or opened; gates; the first rule
 * that holds (severity, targets); effects; counters; clocks that it ends, fires
 * or restarts; a raise re-arms; clocks that it arms; then the pages of all of
 * that, one per person. Derived events (promise.missed) are carried out in the
 * same record, after the steps that made them.
 *
 * Time     All from the input. Clocks count from in->at_ms; a clock already
 * over at in->now_ms fires in the same record, marked late (8). Memory   view,
 * in: borrowed. out: the caller's, overwritten. No allocation. Errors
 * ENGINE_REFUSED: one REFUSE decision says why; nothing changes. ENGINE_LIMIT:
 * a bound was reached; the same, with reason "limit". Impossible states assert.
 * Threads  None; any number of callers with buffers of their own.
 * Source   design section 4; requirements.md section 4, 1-22.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "engine/decision.h"

struct view {
    void *context;
    /* Copies the case into *out; false if there is none. */
    bool (*find_case)(void *context, struct text id, struct case_record *out);
    /* The pack for new cases of that region; never NULL. */
    const struct policy *(*policy_for)(void *context, struct text region);
    /* The pack of a version that a case keeps; never NULL. */
    const struct policy *(*policy_version)(void *context, struct text version);
    const struct directory *directory;
    /* Copies what is known of a subject into *out; false if nothing is. NULL:
     * nothing is known of anybody. */
    bool (*find_subject)(void *context, struct text key, struct subject *out);
    /* What lies upon a person, without the case except; NULL: nothing does. */
    void (*find_load)(void *context, struct text person, struct text except,
                      struct text region, struct load *out);
    /* Who answers for a person at a moment by what was journaled, beside the
     * directory's absences; false: he himself. NULL: nobody stands in. */
    bool (*find_stand_in)(void *context, struct text person, int64_t at_ms,
                          struct name *out);
    /* Whether another case is part of this one; NULL: none is. */
    bool (*has_children)(void *context, struct text case_id);
    /* Those that have not ended; a small bounded list. */
    const struct mute *mutes;
    size_t mute_count;
};

enum { SUBJECTS_HELD = 16 };

/* The subjects that a record has looked at, as its decisions leave them. */
struct subjects {
    size_t count;
    bool full; /* it wanted more of them: the record is refused */
    struct subject list[SUBJECTS_HELD];
};

/* A gate's refusal is DECIDED: the event is on record, with a REFUSE decision
 * that names the gate, and with whom the gate tells. */
enum engine_result { ENGINE_DECIDED, ENGINE_REFUSED, ENGINE_LIMIT };

/* scratch: the case as the record leaves it, valid when *touched; it is also
 * what case_apply() over the decisions yields, which tests hold it to. */
struct engine_out {
    struct decisions decisions;
    struct case_record scratch;
    bool touched;
    bool existed; /* the case was there before */
    struct subjects subjects;
    struct case_record own; /* the last that a level of a counter began */
};

/* The key of an event in a group of the pack; false where it lacks a field.
 * The region and station are to be filled in. */
enum { GROUP_WORDS_MAX = 512 };
bool engine_group_key(const struct view *view, const struct policy *p,
                      uint8_t group, const struct input *in, struct name *out);

enum engine_result engine_decide(const struct view *view,
                                 const struct input *in,
                                 struct engine_out *out);

/* Dry run: would this event be allowed now, and if not which gate refuses. */
enum engine_result engine_allowed(const struct view *view,
                                  const struct input *in,
                                  struct engine_out *out);

#endif
