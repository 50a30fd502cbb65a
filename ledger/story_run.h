/* story_run - a tale in virtual time, held against what it says.
 *
 *   struct story_outcome o;
 *   story_policies(story, tale, packs, 1, &set, findings);
 *   story_run(story, tale, set, watch, context, &o, &err);
 *   ... o.lines, o.rows, o.failures ...
 *   story_outcome_fini(&o);
 *
 * A person may be named in a claim by any reason of the page: one page carries
 * all reasons of an instant, of which the record names the first.
 *
 * Memory   The outcome owns its lines and rows; they borrow the story's words.
 * Errors   INVALID: an event that cannot be one, at its place in the file; a
 *          tier that the pack does not have.
 * Threads  One at a time.
 */
#ifndef LEDGER_STORY_RUN_H
#define LEDGER_STORY_RUN_H

#include "ledger/runner.h"
#include "ledger/story.h"

enum { STORY_WORD = 64 };

/* One decision as it was made; an event that was refused without one, too. */
struct story_line {
    int64_t at_ms;
    char kind[16], case_id[STORY_WORD], person[STORY_WORD], tier[STORY_WORD],
        rule[STORY_WORD], clock[STORY_WORD], key[STORY_WORD], value[STORY_WORD],
        cause[STORY_WORD];
    int severity;
    int64_t late_by_ms;
    bool matched; /* by a row of must */
};

/* A claim or a state, and whether it holds. */
struct story_row {
    const struct story_claim *claim; /* or */
    const struct story_state *state;
    bool held;
    bool early;    /* it holds, though it is said to wait */
    json_t *found; /* of a state: the case as JSON, NULL: there is none */
    int64_t count; /* of its counter; -1: there is none */
};

struct story_outcome {
    struct story_line *lines;
    size_t line_count, line_room;
    struct story_row *rows;
    size_t row_count;
    size_t failures, waiting, early;
};

/* The pack of the tale: --policy, else what the story names, else usual; with
 * what the tale lays over it. */
MUST_CHECK enum status story_policies(const struct story *s,
                                      const struct story_tale *tale,
                                      const char *const *packs, size_t count,
                                      struct policyset **set,
                                      struct findings *f);

/* The same as it is when it has been reloaded; *set is NULL where the tale
 * reloads nothing. */
MUST_CHECK enum status story_reloaded(const struct story *s,
                                      const struct story_tale *tale,
                                      const char *const *packs, size_t count,
                                      struct policyset **set,
                                      struct findings *f);

/* set and reloaded (NULL: none) are taken over, also after an error. watch,
 * which may be NULL, sees each record behind the runner. */
MUST_CHECK enum status
story_run(const struct story *s, const struct story_tale *tale,
          struct policyset *set, struct policyset *reloaded,
          void (*watch)(void *context, const struct runner_record *r,
                        struct runner *runner),
          void *context, struct story_outcome *out, struct error *err);
void story_outcome_fini(struct story_outcome *o);

/* Does this line answer the claim, its time apart where any_time? */
bool story_line_fits(const struct story_outcome *o, const struct story_claim *c,
                     const struct story_line *l, bool any_time);

#endif
