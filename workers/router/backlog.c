#include "workers/router/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

struct waiting_for {
    uint64_t producer; /* hash; 0: free */
    int64_t until_ms;
    uint32_t cases;
};

struct held {
    uint64_t case_id; /* hash; 0: free */
    uint16_t station; /* index below */
};

struct backlog {
    struct waiting_for stations[BACKLOG_STATIONS];
    struct held *cases; /* open addressing; made with the first one */
    size_t used;
    bool released; /* some, since backlog_let_go was asked */
};

enum { TABLE = 2 * BACKLOG_CASES };

struct backlog *backlog_new(void)
{
    struct backlog *b = calloc(1, sizeof *b);

    if (!b)
        abort();
    return b;
}

void backlog_free(struct backlog **b)
{
    if (*b)
        free((*b)->cases);
    free(*b);
    *b = NULL;
}

static uint64_t hash(struct slice bytes)
{
    uint64_t h = 14695981039346656037u;

    for (size_t i = 0; i < bytes.size; i++)
        h = (h ^ bytes.data[i]) * 1099511628211u;
    return h ? h : 1;
}

static struct waiting_for *station(struct backlog *b, uint64_t producer)
{
    for (size_t i = 0; i < BACKLOG_STATIONS; i++)
        if (b->stations[i].producer == producer)
            return &b->stations[i];
    return NULL;
}

/* The slot of a case, or the free one where it belongs. */
static struct held *slot(const struct backlog *b, uint64_t case_id)
{
    size_t i = (size_t)(case_id >> 20) % TABLE;

    while (b->cases[i].case_id && b->cases[i].case_id != case_id)
        i = (i + 1) % TABLE;
    return &b->cases[i];
}

static bool room(struct backlog *b)
{
    if (!b->cases)
        b->cases = calloc(TABLE, sizeof *b->cases);
    return b->cases && b->used < BACKLOG_CASES;
}

void backlog_hold(struct backlog *b, struct slice producer,
                  struct slice case_id, int64_t now_ms)
{
    uint64_t who = hash(producer), what = hash(case_id);
    struct waiting_for *s = station(b, who);

    if (!s && (s = station(b, 0)))
        *s = (struct waiting_for){who, now_ms + LIMIT_BACKLOG_WAIT_MS, 0};
    if (!s || now_ms >= s->until_ms || !room(b))
        return;
    struct held *h = slot(b, what);
    if (h->case_id)
        return;
    *h = (struct held){what, (uint16_t)(s - b->stations)};
    s->cases++;
    b->used++;
}

/* All of them are few or none at most times: forgetting rebuilds the table. */
static void forget(struct backlog *b, const struct waiting_for *gone)
{
    struct held *old = b->cases;

    b->used = 0;
    b->cases = NULL;
    for (size_t i = 0; old && i < TABLE; i++) {
        const struct waiting_for *s = &b->stations[old[i].station];
        if (!old[i].case_id || s == gone || !room(b))
            continue;
        *slot(b, old[i].case_id) = old[i];
        b->used++;
    }
    free(old);
}

static void release(struct backlog *b, struct waiting_for *s)
{
    if (!s->cases)
        return;
    forget(b, s);
    s->cases = 0;
    b->released = true;
}

void backlog_end(struct backlog *b, struct slice producer)
{
    struct waiting_for *s = station(b, hash(producer));

    if (!s)
        return;
    release(b, s);
    *s = (struct waiting_for){0};
}

bool backlog_let_go(struct backlog *b, int64_t now_ms)
{
    for (size_t i = 0; b->used && i < BACKLOG_STATIONS; i++)
        if (now_ms >= b->stations[i].until_ms)
            release(b, &b->stations[i]);
    bool some = b->released;
    b->released = false;
    return some;
}

int64_t backlog_next_ms(const struct backlog *b)
{
    int64_t next_ms = INT64_MAX;

    for (size_t i = 0; b->used && i < BACKLOG_STATIONS; i++)
        if (b->stations[i].cases && b->stations[i].until_ms < next_ms)
            next_ms = b->stations[i].until_ms;
    return next_ms;
}

bool backlog_holds(const struct backlog *b, struct slice case_id,
                   int64_t now_ms)
{
    if (!b->used)
        return false;
    const struct held *h = slot(b, hash(case_id));
    return h->case_id && b->stations[h->station].producer &&
           now_ms < b->stations[h->station].until_ms;
}

bool backlog_any(const struct backlog *b, int64_t now_ms)
{
    for (size_t i = 0; b->used && i < BACKLOG_STATIONS; i++)
        if (b->stations[i].cases && now_ms < b->stations[i].until_ms)
            return true;
    return false;
}
