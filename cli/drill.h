/* drill - a rehearsal while it goes on; what its files share, for them alone.
 *
 * Memory   run_drill owns it all.
 * Threads  One.
 */
#ifndef CLI_DRILL_H
#define CLI_DRILL_H

#include "base/child.h"
#include "cli/drill_show.h"
#include "cli/drill_stage.h"

struct drill {
    struct cli *cli;
    struct drill_plan plan;
    struct drill_stage stage;
    struct drill_show show;
    struct drill_story stories[DRILL_STORIES_MAX];
    size_t story_count;
    struct child_group children;
    struct arena arena;
    int64_t first_ms, last_event_ms;
    double before_jump; /* share of the events published on the first day */
    uint64_t published, pages, firings, events_seen;
    bool killed;
    int64_t back_ms, recovery_ms;
    uint64_t at_kill;
    struct error error;
};

/* One page of the last story, in full: the first to its highest tier. */
void drill_why(struct drill *d);

/* What was counted; its last line is the summary. */
void drill_summary(struct drill *d);

/* Says what to try, and goes on until a signal. */
void drill_serve(struct drill *d);

#endif
