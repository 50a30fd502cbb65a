/* subject - what is remembered beside the cases: of a customer, an asset, a
 * person, a station, a region, or of several of them together.
 *
 *   key   KIND ':' ID            asset:SN-1
 *         KIND '+' KIND ':' ID 0x1f ID      person+topic:eng-1<1f>skill
 *
 * facts      a name and a value; the one that happened last holds
 * tallies    a counter's instants, inside its window and for ever
 * intervals  stretches of time that exclude each other, such as visits
 *
 * Entries are named by the pack's words, not by numbers: a subject outlives the
 * version of the rules that wrote it, and several packs share it. Decisions
 * carry entries whole; subject_apply() copies them.
 *
 * Time     Instants are those of the events (at), not of their arrival.
 * Memory   A plain struct, the caller's. Bounded: the oldest fact or tally
 *          makes room; an interval that finds none is refused by decide.
 * Source   requirements.md section 4, windows.
 */
#ifndef ENGINE_SUBJECT_H
#define ENGINE_SUBJECT_H

#include "engine/input.h"

enum {
    SUBJECT_KEY_BYTES = 255,
    SUBJECT_PARTS_MAX = 3,
    SUBJECT_KIND_BYTES = 60, /* of the kinds together */
    SUBJECT_FACTS_MAX = 24,
    SUBJECT_TALLIES_MAX = 12,
    SUBJECT_INTERVALS_MAX = 24,
    TALLY_INSTANTS_MAX = 32,
    TALLY_LEVELS_MAX = 8,
    SUBJECT_ID_MARK = 0x1f, /* between the ids of one key */
};

struct subject_key {
    uint8_t size;
    char data[SUBJECT_KEY_BYTES];
};

struct fact {
    struct name name;
    enum value_kind kind; /* NONE: forgotten, in a decision only */
    struct name text;
    int64_t number; /* thousandths; a moment in ms; a flag as 0 or 1 */
    int64_t at_ms;
    uint64_t sequence; /* of the record that told it */
};

struct instant {
    int64_t at_ms;
    uint64_t sequence;
    int32_t by; /* how much it counted */
};

struct tally_level {
    int32_t at;
    int64_t reached_at_ms; /* when it last had an event of its own */
};

struct tally {
    struct name name;
    int64_t window_ms; /* 0: for ever */
    int64_t total;     /* since the first, whatever has been dropped since */
    uint8_t instant_count, level_count;
    struct tally_level levels[TALLY_LEVELS_MAX];
    struct instant instants[TALLY_INSTANTS_MAX]; /* ascending; the latest */
};

struct interval {
    struct name set; /* visits */
    struct name key; /* of one of them; the case's id where it has none */
    struct name case_id;
    int64_t from_ms, until_ms;
    uint64_t sequence;
};

struct subject {
    struct subject_key key; /* size 0: nothing is known of it yet */
    uint64_t last_sequence; /* of the record that changed it last */
    uint8_t fact_count, tally_count, interval_count;
    struct fact facts[SUBJECT_FACTS_MAX];
    struct tally tallies[SUBJECT_TALLIES_MAX];
    struct interval intervals[SUBJECT_INTERVALS_MAX];
};

struct decision;

void subject_init(struct subject *s, struct text key);
/* What is used of it; the rest of the lists is not copied. */
void subject_copy(struct subject *to, const struct subject *from);
/* FACT, TALLY and INTERVAL; others are none of its business. */
void subject_apply(struct subject *s, const struct decision *d,
                   uint64_t sequence);
bool subject_is_empty(const struct subject *s);

const struct fact *subject_fact(const struct subject *s, struct text name);
const struct tally *subject_tally(const struct subject *s, struct text name);
const struct interval *subject_interval(const struct subject *s,
                                        struct text set, struct text key);
/* Whether the interval would find a place. */
bool subject_has_room(const struct subject *s, const struct interval *i);

struct value fact_value(const struct fact *f);

/* How much counts at a moment: in (at - window, at], or since the first. */
int64_t tally_at(const struct tally *t, int64_t at_ms);
/* The most that any window holds which holds this instant, too. */
int64_t tally_peak(const struct tally *t, int64_t at_ms);
/* One more, in its place; the oldest is dropped where there are keep. */
void tally_add(struct tally *t, const struct instant *i, uint8_t keep);

/* Another interval of the set, not of that key, that is nearer than apart_ms;
 * NULL if there is none. */
const struct interval *subject_clash(const struct subject *s,
                                     const struct interval *wanted,
                                     int64_t apart_ms);

/* The kind of a key, and its ids; false if it is none. */
struct text subject_kind(struct text key);
size_t subject_ids(struct text key, struct text ids[SUBJECT_PARTS_MAX]);

#endif
