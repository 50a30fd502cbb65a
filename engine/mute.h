/* mute - pages that are held for a while: a mute, or a maintenance window.
 *
 * A mute is a case of its own, so that whoever made it, its reason, its notices
 * and its end are journaled and told as everything else is; beside the case
 * stands a row with what it matches and what it has held. It holds pages of S3
 * and S4 only, none of a customer's clock. Its list is bounded, what it holds
 * is not: when it is full, a person's pages are counted on one of his lines,
 * and of those who have no line any more the mute's owner is told, on the last.
 *
 * Units    Moments in ms UTC; it holds from from_ms, until before until_ms.
 * Memory   Plain structs; bounded.
 * Source   anchors.md (silences, maintenance windows); design section 4.
 */
#ifndef ENGINE_MUTE_H
#define ENGINE_MUTE_H

#include "engine/text.h"

enum {
    MUTES_MAX = 64, /* that have not ended */
    MUTE_MATCHES_MAX = 6,
    MUTE_HELD_MAX = 64,
    MUTE_PERSONS_MAX = 16, /* with lines of their own: one record calls them */
};

/* "station" is "ST-1": all must hold. */
struct mute_match {
    struct name field, value;
};

struct held_page {
    struct name case_id, person, rule;
    uint8_t tier;  /* 0: of the rest; person is the mute's owner */
    uint32_t more; /* pages that are counted here, of cases not named */
    int64_t at_ms;
};

/* Of several lines, for whoever muted: what has no line of its own. */
static inline bool held_is_rest(const struct held_page *h)
{
    return h->tier == 0;
}

struct mute {
    struct name id; /* of its case */
    struct name owner, reason;
    int64_t from_ms, until_ms, ended_at_ms;
    bool maintenance;
    uint8_t match_count, held_count;
    uint32_t held_total;
    struct mute_match matches[MUTE_MATCHES_MAX];
    struct held_page held[MUTE_HELD_MAX];
};

struct decision;

/* What a HELD decision does to its mute. */
void mute_apply_held(struct mute *m, const struct decision *d);

#endif
