/* story - a real case as a file: what happened when, who must hear and who must
 * not. docs/scenarios.md is the language.
 *
 * Read by the scenario tests and by the demonstration, which moves stories to
 * another day: every date in the file is then that many days later.
 *
 * Time     Times are those of the story's zone, to the minute or second.
 * Memory   A story owns all it gives out.
 * Errors   INVALID with file and place ("must[3].at").
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

enum story_answers { STORY_NOBODY_ANSWERS, STORY_ALL_ANSWER };

#define STORY_ANSWER_MS (2LL * 60 * 1000) /* mode A of scenarios.md */

struct story_event {
    const char *no;      /* as the text numbers it; "" */
    const char *caption; /* one line for an audience; "" */
    int64_t at_ms;
    int64_t received_ms;
    size_t order; /* in the file */
    json_t *json; /* flat, as proto/event_json.h reads it */
};

/* What must, or must not, be decided. Unset members match everything. */
struct story_claim {
    bool must;
    int64_t from_ms, until_ms; /* from <= at < until; must rows: one instant */
    const char *kind;          /* of the decision: page, inform, close ... */
    const char *person;        /* each person of a row is a claim of its own */
    const char *tier;          /* role name; "" any */
    const char *rule, *clock, *key, *value;
    const char *severity; /* S1 ... after it */
    const char *why;      /* the row's own words */
    const char *waits;    /* not held yet, and for what; "" it is held */
    size_t row;           /* of the list in the file, from 1 */
};

/* What a case must look like at the end of an instant. */
struct story_state {
    int64_t at_ms;
    const char *owner, *status, *severity; /* "" any */
    const char *counter;                   /* its name; "" none */
    int64_t count;
    const char *why;
};

/* Who heard of it really, and when; for the demonstration's last screen. */
struct story_really {
    const char *who;
    const char *text;
    int64_t at_ms; /* 0: never */
};

struct story_tale {   /* the story itself, or one of its variants */
    const char *name; /* "LN-1", "LN-1 without the scuffle" */
    enum story_answers answers;
    int64_t answer_until_ms; /* pages from here on are not; 0: all are */
    int64_t until_ms;
    struct story_event *events;
    size_t event_count;
    struct story_claim *claims;
    size_t claim_count;
    struct story_state *states;
    size_t state_count;
};

struct story {
    const char *id, *title;
    const char *zone;
    const char *case_id;
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
