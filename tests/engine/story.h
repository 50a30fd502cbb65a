/* story - cases in virtual time: say what happens, read who was told when.
 *
 * Time    Moments are written AT(day, hour, minute); day 0 is Monday,
 *         2012-06-04. Timers run by themselves up to each event; an event goes
 *         before a timer of the same instant. Nothing sleeps.
 * Trace   One line per page, firing ...: "Tue 18:00 page station_head DP PR-02"
 */
#ifndef TESTS_ENGINE_STORY_H
#define TESTS_ENGINE_STORY_H

#include "pack.h"

#define DAY_ZERO 1338768000000LL
#define AT(day, hour, minute)                                                  \
    (DAY_ZERO +                                                                \
     (((int64_t)(day)*24 + (int64_t)(hour)) * 60 + (int64_t)(minute)) * 60000)

/* fields; "reporter" becomes the reporter, "source" the source */
#define WORDS(n, v)                                                            \
    {                                                                          \
        {n, sizeof n - 1},                                                     \
        {                                                                      \
            .kind = VALUE_TEXT, .text = { v, sizeof v - 1 }                    \
        }                                                                      \
    }
#define MOMENT(n, v)                                                           \
    {                                                                          \
        {n, sizeof n - 1},                                                     \
        {                                                                      \
            .kind = VALUE_TIME, .time_ms = v                                   \
        }                                                                      \
    }
#define FLAG(n, v)                                                             \
    {                                                                          \
        {n, sizeof n - 1},                                                     \
        {                                                                      \
            .kind = VALUE_FLAG, .flag = v                                      \
        }                                                                      \
    }
#define COUNTED(n, v)                                                          \
    {                                                                          \
        {n, sizeof n - 1},                                                     \
        {                                                                      \
            .kind = VALUE_NUMBER, .thousandths = (v)*1000                      \
        }                                                                      \
    }
/* a first row that says nothing, so that there may be no other */
#define FIELDS(...)                                                            \
    (const struct field[]){{{0}, {0}}, ##__VA_ARGS__},                         \
        sizeof((const struct field[]){{{0}, {0}}, ##__VA_ARGS__}) /            \
            sizeof(struct field)
#define HAPPENS(s, at_, kind, ...)                                             \
    story_event(s, at_, kind, FIELDS(__VA_ARGS__))

enum show {
    SHOW_PAGES = 1,
    SHOW_FIRES = 2,
    SHOW_SEVERITY = 4,
    SHOW_OWNER = 8,
    SHOW_PROMISES = 16,
    SHOW_INFORMS = 32,
    SHOW_WITHDRAWALS = 64,
    SHOW_ALL = 255,
};

enum { STORY_ANSWERS_MAX = 64, STORY_TEXT_MAX = 65536 };

struct story {
    const struct policy *policy;
    const struct directory *directory;
    const char *station, *region;
    struct case_record c; /* one case, id CASE */
    struct engine_out *out;
    enum engine_result result;
    int64_t now_ms;
    uint64_t sequence;
    int64_t answer_after_ms; /* every page is acknowledged then; 0: never */
    struct {
        int64_t at_ms;
        struct name person;
    } answers[STORY_ANSWERS_MAX];
    size_t answer_count;
    unsigned show;
    bool hold_timers; /* the router is down */
    char text[STORY_TEXT_MAX];
};

void story_begin(struct story *s, const char *station);
void story_end(struct story *s);
void story_event(struct story *s, int64_t at_ms, const char *kind,
                 const struct field *fields, size_t count);
/* An event that arrives later than it happened. */
void story_late_event(struct story *s, int64_t at_ms, int64_t now_ms,
                      const char *kind, const struct field *fields,
                      size_t count);
void story_until(struct story *s, int64_t at_ms);
/* One firing record, as of now. */
void story_fire(struct story *s, int64_t now_ms);
void story_decide(struct story *s, struct input *in);
void story_forget(struct story *s); /* the trace so far */
void reads(const struct story *s, const char *expected);
void tells(const struct story *s, const char *line);
void tells_not(const struct story *s, const char *line);
bool same_case(const struct case_record *a, const struct case_record *b);

#endif
