/* story_internal - what the readers of a story's parts share.
 *
 * Everything is read through struct telling; the first failure stays, and what
 * comes behind it does nothing. */
#ifndef LEDGER_STORY_INTERNAL_H
#define LEDGER_STORY_INTERNAL_H

#include "base/arena.h"
#include "base/bytes.h"
#include "ledger/story.h"
#include "ledger/yaml_json.h"

#define STORY_DAY_MS (24LL * 3600 * 1000)

struct telling {
    struct story *story;
    struct arena arena;
    struct bytes text;
    json_t *root;
    struct yaml_places places;
    const char *path;
    int64_t shift_days;
    int64_t day_ms; /* local midnight of the story's first day, as UTC */
    struct error *err;
    enum status status;
};

/* --- story_telling.c ------------------------------------------------------ */

/* At the member of the mapping, or, without it, at the mapping itself. */
void telling_fail(struct telling *t, const json_t *holder, const char *key,
                  const char *format, ...) PRINTF_LIKE(4, 5);

/* "" where it is not there. */
const char *telling_text(struct telling *t, const json_t *o, const char *key);
const char *telling_need(struct telling *t, const json_t *o, const char *key,
                         const char *hint);

/* Keys that are not in the list are refused; names ends with NULL. */
void telling_keys(struct telling *t, const json_t *o, const char *what,
                  const char *const *names);

/* A list of texts; one text stands for a list of one. *count may be 0. */
const char *const *telling_list(struct telling *t, const json_t *o,
                                const char *key, size_t *count);

/* A list of mappings, or nothing; NULL after a failure. */
const json_t *telling_rows(struct telling *t, const json_t *o, const char *key);

/* A date and a time, "+2d 09:00", or the time alone: of the first day. */
int64_t telling_moment(struct telling *t, const json_t *o, const char *key);
int64_t telling_moment_of(struct telling *t, const json_t *o, const char *key,
                          const char *words);
json_t *telling_moment_json(struct telling *t, int64_t at_ms);

/* A person by the name that the story has for him: L2, owner. */
const char *telling_alias(struct telling *t, const char *person);

unsigned telling_line(const struct telling *t, const json_t *row);

/* --- story_events.c, story_claims.c --------------------------------------- */

void story_events_read(struct telling *t, const json_t *from,
                       struct story_tale *tale);
void story_claims_read(struct telling *t, const json_t *from,
                       struct story_tale *tale);

#endif
