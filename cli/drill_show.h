/* drill_show - what a drill puts on the screen: what it is at the start, a line
 * when a story moves, a progress bar where a person watches, the last screen.
 *
 *   15:00:00  LN-4        A TV crew stands at the counter.
 *                         → S1 ln04-head, station head · FALL patient fell
 *
 * Time     Moments of the ledger, shown in the story's zone; a line of its own
 *          where a day begins.
 * Memory   Borrows the stories.
 * Threads  One.
 */
#ifndef CLI_DRILL_SHOW_H
#define CLI_DRILL_SHOW_H

#include "cli/cli.h"
#include "ledger/story.h"
#include "proto/codec.h"

enum {
    DRILL_STORIES_MAX = 16,
    DRILL_TOLD_MAX = 64,
    DRILL_PERSON_SIZE = 64,
    DRILL_WHY_SIZE = 128
};

/* Who was told for the first time, when, and why. */
struct drill_told {
    char person[DRILL_PERSON_SIZE], why[DRILL_WHY_SIZE];
    int64_t at_ms;
    uint32_t tier;
    unsigned times;
};

struct drill_story {
    struct story *story;
    const char *case_id;
    struct drill_told told[DRILL_TOLD_MAX];
    size_t told_count;
    char top_page[DRILL_PERSON_SIZE]; /* the first one to the highest tier */
    uint32_t top_tier;
};

struct drill_show {
    const struct out *out;
    const char *zone; /* of the bar */
    char day[16];     /* on which the last line was; "" none yet */
    char moment[16];  /* "15:00:00" of it */
    const struct drill_story *last;
    bool bar; /* it stands on the screen at this moment */
    int64_t drawn_ms;
};

/* What is going to be seen. log_events: of the log behind the stories. */
void drill_opening(struct drill_show *s, size_t stories, size_t log_events,
                   int64_t speed);

/* A line of a story. Its moment and name stand on it unless they are those of
 * the line before. */
void drill_say(struct drill_show *s, const struct drill_story *story,
               int64_t at_ms, enum out_style style, const char *format, ...)
    PRINTF_LIKE(5, 6);

/* A page of a story: how severe, to whom, and why. */
void drill_say_page(struct drill_show *s, struct drill_story *story,
                    const Yinuo__V1__StreamRecord *r,
                    const Yinuo__V1__Decision *d);

/* A line that is of no story, at a moment in the zone of the bar. */
void drill_say_apart(struct drill_show *s, int64_t at_ms, const char *mark,
                     const char *format, ...) PRINTF_LIKE(4, 5);

/* Redrawn in place, at most ten times a second, only where a person watches. */
void drill_bar(struct drill_show *s, int64_t mono_ms, double done,
               int64_t ledger_ms, uint64_t records);
void drill_bar_clear(struct drill_show *s);

/* Per story: who was told when, and when he would have heard in reality. */
void drill_last_screen(struct drill_show *s, const struct drill_story *stories,
                       size_t count);

#endif
