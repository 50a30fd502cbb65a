/* simulate_story - stories as people read them, and where they do not hold.
 *
 * One story is told whole; of several those that do not hold, the others in a
 * line each.
 *
 * Errors   Told. CLI_FAILED: a row does not hold. CLI_BAD_DATA: the story or
 *          its pack is bad.
 */
#ifndef CLI_SIMULATE_STORY_H
#define CLI_SIMULATE_STORY_H

#include "cli/cli.h"
#include "ledger/story_run.h"

/* Is it a story, by its name? */
bool story_is_file(const char *path);

/* packs: of --policy; none: what each story names, or the usual one. */
int simulate_stories(struct cli *cli, const char *const *packs,
                     size_t pack_count, int argc, char **argv);

/* What happened where a row does not hold, beside what was expected. */
void story_rows_tell(const struct out *o, const struct story *s,
                     const struct story_tale *tale,
                     const struct story_outcome *outcome);
json_t *story_rows_json(const struct story *s, const struct story_tale *tale,
                        const struct story_outcome *outcome);

/* "05-13 15:00", with seconds where there are any. */
void story_clock(const struct story *s, int64_t at_ms, char out[32]);

#endif
