/* story - a real case as a file: what happened when, who must hear and who must
 * not. docs/scenarios.md is the language.
 *
 * Read by `yinuo simulate` (ledger/story_run.h) and by the demonstration, which
 * moves stories to another day: every date in the file is then that many days
 * later.
 *
 * Time     Times are those of the story's zone, to the minute or second.
 * Memory   A story owns all it gives out.
 * Errors   INVALID with file, line, column and what would be right.
 * Threads  One at a time.
 */
#ifndef LEDGER_STORY_H
#define LEDGER_STORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/slice.h"

#define STORY_ANSWER_MS (2LL * 60 * 1000) /* mode A of scenarios.md */
#define STORY_NEVER (-1LL)

struct story_event {
    const char *no;      /* as the text numbers it; "" */
    const char *caption; /* one line for an audience; "" */
    int64_t at_ms;
    int64_t received_ms;
    size_t order;  /* in the file */
    unsigned line; /* of the file */
    json_t *json;  /* flat, as proto/event_json.h reads it */
};

/* How long somebody waits before he acknowledges. */
struct story_answer {
    const char *who; /* person, tier or role; "others" */
    int64_t wait_ms; /* STORY_NEVER */
};

/* What must, or must not, be decided. Unset members match everything. */
struct story_claim {
    bool must;
    bool only;                 /* nobody else may be paged in that instant */
    int64_t from_ms, until_ms; /* from <= at < until; must rows: one instant */
    const char *kind;          /* of the decision: page, inform, close ... */
    const char *person;        /* each person of a row is a claim of its own */
    const char *tier;          /* role name; "" any */
    const char *rule, *clock, *key, *value;
    const char *case_id, *event; /* of which case; after which kind of event */
    const char *severity;        /* S1 ... after it */
    const char *why;             /* the row's own words */
    const char *waits;           /* not held yet, for what; "" it is held */
    size_t row;                  /* of the list in the file, from 1 */
    unsigned line;
};

/* What a case must look like at the end of an instant. */
struct story_state {
    int64_t at_ms;
    const char *case_id;
    const char *owner, *status, *severity; /* "" any */
    const char *counter;                   /* its name; "" none */
    int64_t count;
    const json_t *is, *is_not; /* parts of the case as JSON; NULL */
    const char *why, *waits;
    size_t row;
    unsigned line;
};

/* Who heard of it really, and when; for the demonstration's last screen. */
struct story_really {
    const char *who;
    const char *text;
    int64_t at_ms; /* 0: never */
};

/* A part of the story that is laid over a file of the pack. */
struct story_overlay {
    const char *part;  /* "directory", "variants/1/policy" */
    const char *over;  /* "directory.yaml" */
    const char *under; /* a key of that file; "" all of it */
};

struct story_tale {   /* the story itself, or one of its variants */
    const char *name; /* "LN-1", "LN-1 without the scuffle" */
    struct story_answer *answers;
    size_t answer_count;
    int64_t answer_ms;       /* who is not named there; STORY_NEVER */
    int64_t answer_until_ms; /* pages from here on are not; 0: all are */
    int64_t until_ms;
    struct story_event *events;
    size_t event_count;
    struct story_claim *claims;
    size_t claim_count, claim_room;
    struct story_state *states; /* by time */
    size_t state_count;
    struct story_overlay *overlays;
    size_t overlay_count;
    int64_t reloaded_at_ms; /* from then on over those lie: */
    struct story_overlay *reloaded;
    size_t reloaded_count; /* 0: the pack stays */
};

struct story {
    const char *path;
    const char *id, *title;
    const char *zone;
    const char *case_id;      /* "" when its events name none */
    const char *const *packs; /* paths, seen from here; none: the usual ones */
    size_t pack_count;
    struct slice text;        /* the file */
    struct story_tale *tales; /* [0] is the story */
    size_t tale_count;
    struct story_really *really;
    size_t really_count;
    void *held; /* memory */
};

/* day: "2016-03-01" for the story's first day, or NULL to leave it where it
 * is. */
MUST_CHECK enum status story_load(const char *path, const char *day,
                                  struct story **s, struct error *err);
void story_free(struct story **s);

/* How many rows of the list "must" are held, of the story and its variants. */
size_t story_must_rows(const struct story *s);

/* The events of the story as JSON Lines, by time. */
MUST_CHECK enum status story_print(const struct story *s, FILE *out,
                                   struct error *err);

#endif
