#include <assert.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "ledger/state_internal.h"

/* Per severity the earliest timer is remembered, or a key before which none
 * lies. Deleted rows therefore need not be walked over again and again: a
 * thousand timers fired since the last checkpoint are a thousand tombstones at
 * the very place where the next one is looked for. */

void state_timers_init(struct state *s)
{
    for (size_t i = 0; i < STATE_SEVERITIES; i++) {
        s->floors[i].kind = FLOOR_AT_LEAST;
        s->floors[i].key[0] = (uint8_t)i;
        s->floors[i].size = 1;
    }
}

static struct slice floor_key(const struct timer_floor *f)
{
    return slice_of(f->key, f->size);
}

static void set_floor(struct timer_floor *f, struct slice key)
{
    f->kind = FLOOR_IS;
    f->size = key.size;
    memcpy(f->key, key.data, key.size);
}

static struct slice mark_key(const struct timer_mark *m)
{
    return slice_of(m->key, m->size);
}

static void set_mark(struct timer_mark *m, struct slice key, bool behind)
{
    m->size = key.size;
    m->behind = behind;
    memcpy(m->key, key.data, key.size);
}

/* An earlier one is put: it is to be looked at. */
static void lower_mark(struct timer_mark *m, struct slice key)
{
    if (m->size > 0 && memtable_compare(key, mark_key(m)) <= 0)
        set_mark(m, key, false);
}

void state_timers_put(struct state *s, struct slice key)
{
    assert(key.size >= STATE_TIMER_KEY_FIXED);
    assert(key.data[0] < STATE_SEVERITIES);
    struct timer_floor *f = &s->floors[key.data[0]];

    if (f->kind == FLOOR_NONE || memtable_compare(key, floor_key(f)) <= 0)
        set_floor(f, key);
    lower_mark(&s->marks[key.data[0]], key);
}

void state_timers_delete(struct state *s, struct slice key)
{
    if (key.data[0] >= STATE_SEVERITIES)
        return;
    struct timer_floor *f = &s->floors[key.data[0]];

    if (f->kind == FLOOR_IS && memtable_compare(key, floor_key(f)) == 0)
        f->kind = FLOOR_AT_LEAST;
}

size_t state_timer_key(uint8_t severity, int64_t due_ms, struct slice id,
                       uint8_t out[STATE_KEY_MAX])
{
    assert(severity < STATE_SEVERITIES && due_ms >= 0);
    assert(id.size <= STATE_KEY_MAX - STATE_TIMER_KEY_FIXED);
    out[0] = severity;
    put_u64(out + 1, (uint64_t)due_ms);
    if (id.size > 0)
        memcpy(out + STATE_TIMER_KEY_FIXED, id.data, id.size);
    return STATE_TIMER_KEY_FIXED + id.size;
}

static int64_t due_of(struct slice key)
{
    return (int64_t)get_u64(key.data + 1);
}

static void find_floor(struct state *s, struct timer_floor *f)
{
    struct state_cursor c;
    struct slice key, value;

    state_cursor_open(&c, s, STATE_TIMERS, slice_of(f->key, 1), floor_key(f));
    if (state_cursor_next(&c, &key, &value))
        set_floor(f, key);
    else
        f->kind = FLOOR_NONE;
    state_cursor_close(&c);
}

/* False when the severity has no timer. */
static bool earliest(struct state *s, size_t severity, int64_t *due_ms)
{
    struct timer_floor *f = &s->floors[severity];

    if (f->kind == FLOOR_AT_LEAST)
        find_floor(s, f);
    if (f->kind == FLOOR_NONE)
        return false;
    *due_ms = due_of(floor_key(f));
    return true;
}

bool state_timers_next(struct state *s, int64_t *due_ms)
{
    bool any = false;

    for (size_t i = 0; i < STATE_SEVERITIES; i++) {
        int64_t due;

        if (!earliest(s, i, &due) || (any && due >= *due_ms))
            continue;
        *due_ms = due;
        any = true;
    }
    return any;
}

void state_timers_pass(struct state *s, uint8_t severity, int64_t due_ms,
                       struct slice id)
{
    uint8_t key[STATE_KEY_MAX];
    size_t size = state_timer_key(severity, due_ms, id, key);

    set_mark(&s->marks[severity], slice_of(key, size), true);
}

void state_timers_look_again(struct state *s)
{
    for (size_t i = 0; i < STATE_SEVERITIES; i++)
        s->marks[i].size = 0;
}

/* The first timer that is not passed over. */
static bool open_next(struct state *s, struct state_cursor *c, size_t severity,
                      struct slice *key, struct slice *value)
{
    const struct timer_mark *m = &s->marks[severity];
    const struct timer_floor *f = &s->floors[severity];
    struct slice from =
        m->size > 0 && memtable_compare(mark_key(m), floor_key(f)) > 0
            ? mark_key(m)
            : floor_key(f);

    state_cursor_open(c, s, STATE_TIMERS, slice_of(f->key, 1), from);
    bool any = state_cursor_next(c, key, value);

    if (any && m->size > 0 && m->behind &&
        memtable_compare(*key, mark_key(m)) == 0)
        any = state_cursor_next(c, key, value);
    return any;
}

static bool earliest_open(struct state *s, size_t severity, int64_t *due_ms)
{
    struct state_cursor c;
    struct slice key, value;

    if (!earliest(s, severity, due_ms))
        return false;
    if (s->marks[severity].size == 0)
        return true;
    bool any = open_next(s, &c, severity, &key, &value);

    if (any)
        *due_ms = due_of(key);
    state_cursor_close(&c);
    return any;
}

bool state_timers_next_open(struct state *s, int64_t *due_ms)
{
    bool any = false;

    for (size_t i = 0; i < STATE_SEVERITIES; i++) {
        int64_t due;

        if (!earliest_open(s, i, &due) || (any && due >= *due_ms))
            continue;
        *due_ms = due;
        any = true;
    }
    return any;
}

/* visit may delete the row: what it is shown is copied first. */
static bool show(state_timer_visit *visit, void *arg, struct slice key,
                 struct slice value)
{
    uint8_t id[STATE_KEY_MAX];
    struct slice rest = slice_from(key, STATE_TIMER_KEY_FIXED);
    int64_t due_ms = due_of(key);
    uint8_t severity = key.data[0];

    if (rest.size > 0)
        memcpy(id, rest.data, rest.size);
    return visit(arg, severity, due_ms, slice_of(id, rest.size), value);
}

size_t state_timers_due(struct state *s, int64_t now_ms,
                        state_timer_visit *visit, void *arg)
{
    size_t visited = 0;
    bool more = true;

    for (size_t i = 0; more && i < STATE_SEVERITIES; i++) {
        struct state_cursor c;
        struct slice key, value;
        int64_t due;

        if (!earliest(s, i, &due) || due > now_ms)
            continue;
        bool any = open_next(s, &c, i, &key, &value);

        while (more && any && due_of(key) <= now_ms) {
            more = show(visit, arg, key, value);
            visited++;
            any = more && state_cursor_next(&c, &key, &value);
        }
        state_cursor_close(&c);
    }
    return visited;
}
