/* drill_show - what a drill puts on the screen: a line when a story moves, a
 * progress bar where a person watches, and the last screen.
 *
 * Memory   Borrows the stories.
 * Threads  One.
 */
#ifndef CLI_DRILL_SHOW_H
#define CLI_DRILL_SHOW_H

#include "cli/cli.h"
#include "ledger/story.h"
#include "proto/codec.h"

enum { DRILL_STORIES_MAX = 16, DRILL_TOLD_MAX = 64, DRILL_PERSON_SIZE = 64 };

/* Who was told for the first time, when, and why. */
struct drill_told {
    char person[DRILL_PERSON_SIZE], rule[DRILL_PERSON_SIZE];
    int64_t at_ms;
    uint32_t tier;
    unsigned times;
};

struct drill_story {
    struct story *story;
    const char *case_id;
    struct drill_told told[DRILL_TOLD_MAX];
    size_t told_count;
    unsigned pages;
};

struct drill_show {
    const struct out *out;
    bool bar; /* it stands on the screen at this moment */
    int64_t drawn_ms;
};

/* A line of a story: "18:00:00  HW-1  ...". */
void drill_say(struct drill_show *s, const struct drill_story *story,
               int64_t at_ms, enum out_style style, const char *format, ...)
    PRINTF_LIKE(5, 6);

/* A page of a story: who, which tier, by which rule. */
void drill_say_page(struct drill_show *s, struct drill_story *story,
                    const Yinuo__V1__Decision *d);

/* Redrawn in place, at most ten times a second, only where a person watches. */
void drill_bar(struct drill_show *s, int64_t mono_ms, double done,
               int64_t ledger_ms, uint64_t records);
void drill_bar_clear(struct drill_show *s);

/* Per story: who was told when, and when he would have heard in reality. */
void drill_last_screen(struct drill_show *s, const struct drill_story *stories,
                       size_t count);

#endif
