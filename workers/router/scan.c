/* scan - case.list: all cases are looked at, some at a time between batches, so
 * that a question about a million cases makes nobody wait. The best rows behind
 * the cursor are kept in order: severity, next due, id. */
#include <stdlib.h>
#include <string.h>

#include "ledger/customs.h"
#include "workers/router/queries.h"

enum { ROWS_AT_ONCE = 400, SCANS_MAX = 64 };

struct place { /* where a case stands in the list */
    uint8_t severity;
    int64_t due_ms;
    struct name id;
};

struct scan {
    struct scan *next;
    struct asker asker;
    struct arena arena;
    Yinuo__V1__Query *query;
    struct place after;
    bool has_after;
    struct place *best; /* in order, at most limit + 1 */
    size_t count, limit;
    uint64_t total;
    uint8_t from[STATE_KEY_MAX];
    size_t from_size;
};

static int place_compare(const struct place *a, const struct place *b)
{
    if (a->severity != b->severity)
        return a->severity < b->severity ? -1 : 1;
    if (a->due_ms != b->due_ms)
        return a->due_ms < b->due_ms ? -1 : 1;
    return slice_compare(slice_of(a->id.data, a->id.size),
                         slice_of(b->id.data, b->id.size));
}

/* --- filters --- */

static bool has_severity(const Yinuo__V1__Attribute *a, int64_t severity)
{
    for (size_t i = 0; i < a->n_list; i++)
        if (a->list[i][0] == 'S' && a->list[i][1] - '0' == severity)
            return true;
    return !a->n_list && a->text && a->text[0] == 'S' &&
           a->text[1] - '0' == severity;
}

static bool paged(const struct case_record *c, const char *person)
{
    for (size_t i = 0; i < c->page_count; i++)
        if (name_is(&c->pages[i].person, text_of(person)))
            return true;
    return false;
}

static uint8_t highest_tier(const struct case_record *c)
{
    uint8_t tier = 1;

    for (unsigned role = 1; role <= ROLES_MAX; role++)
        if (c->called[role] || c->acknowledged_tiers & 1u << role)
            tier = (uint8_t)role;
    return tier;
}

/* A tier that was paged on its own takes over the later steps of those below:
 * where one of them waits, nobody has been left without a next call. */
static bool somebody_is_next(const struct case_record *c, uint16_t ack_clock)
{
    for (size_t i = 0; i < c->clock_count; i++)
        if (c->clocks[i].clock == ack_clock && c->clocks[i].step_count)
            return true;
    return false;
}

static bool overdue(struct router *r, const struct case_record *c)
{
    const struct policy *p = world_policy_of(r->world, c);
    bool next = p && somebody_is_next(c, p->ack_clock);

    for (size_t i = 0; i < c->promise_count; i++)
        if (c->promises[i].state == PROMISE_MISSED)
            return true;
    for (size_t i = 0; i < c->clock_count; i++)
        if (!c->clocks[i].step_count && c->status != CASE_CLOSED &&
            !(next && c->clocks[i].clock == p->ack_clock))
            return true; /* lives on, all its steps have fired */
    return false;
}

static bool due_by(const struct case_record *c, int64_t at_ms)
{
    for (size_t i = 0; i < c->promise_count; i++)
        if (c->promises[i].state == PROMISE_OPEN &&
            c->promises[i].due_ms <= at_ms)
            return true;
    return false;
}

static bool no_contact_for(const struct router *r, const struct case_record *c,
                           int64_t span_ms)
{
    int64_t since_ms =
        c->last_contact_at_ms ? c->last_contact_at_ms : c->opened_at_ms;

    return (c->status == CASE_OPEN || c->status == CASE_WAITING) &&
           r->time.now_ms - since_ms >= span_ms;
}

static bool in_state(const struct case_record *c, const char *state)
{
    if (!state)
        return c->status != CASE_CLOSED;
    return !strcmp(state, "any") || !strcmp(state, case_status_name(c->status));
}

static bool is(const Yinuo__V1__Query *q, const char *name,
               const struct name *n)
{
    const char *wanted = query_text(q, name);

    return !wanted || name_is(n, text_of(wanted));
}

/* 0: nobody has the case's rules any more. */
static uint8_t role_of(const struct policy *p, const char *tier)
{
    return p ? policy_role(p, text_of(tier)) : 0;
}

static bool wanted(struct router *r, const Yinuo__V1__Query *q,
                   const struct case_record *c)
{
    const Yinuo__V1__Attribute *a;
    const char *mine = query_text(q, "mine"), *tier = query_text(q, "tier");

    if (!in_state(c, query_text(q, "state")) || !is(q, "owner", &c->owner) ||
        !is(q, "station", &c->station) || !is(q, "region", &c->region) ||
        !is(q, "product_line", &c->product_line) ||
        !is(q, "parent", &c->parent) || !is(q, "gathered_by", &c->gathered_by))
        return false;
    if (mine && !name_is(&c->owner, text_of(mine)) && !paged(c, mine))
        return false;
    if (tier && highest_tier(c) != role_of(world_policy_of(r->world, c), tier))
        return false;
    if ((a = query_filter(q, "severity")) && !has_severity(a, c->severity))
        return false;
    if ((a = query_filter(q, "unacked")) && a->flag && !c->page_count)
        return false;
    if ((a = query_filter(q, "overdue")) && a->flag && !overdue(r, c))
        return false;
    if ((a = query_filter(q, "no_contact_for")) &&
        !no_contact_for(r, c, a->number))
        return false;
    return !(a = query_filter(q, "due_by")) || due_by(c, a->time_ms);
}

/* --- the walk --- */

static void keep_best(struct scan *s, const struct place *p)
{
    size_t at = s->count;

    if (s->has_after && place_compare(p, &s->after) <= 0)
        return;
    if (s->count == s->limit + 1) {
        if (place_compare(p, &s->best[s->count - 1]) >= 0)
            return;
        at = s->count - 1;
    } else {
        s->count++;
    }
    for (; at && place_compare(&s->best[at - 1], p) > 0; at--)
        s->best[at] = s->best[at - 1];
    s->best[at] = *p;
}

static void look_at(struct router *r, struct scan *s,
                    const struct case_record *c)
{
    struct place p = {.severity = (uint8_t)c->severity,
                      .due_ms = case_next_due(c),
                      .id = c->id};

    if (!wanted(r, s->query, c))
        return;
    s->total++;
    keep_best(s, &p);
}

static void finish(struct router *r, struct scan *s)
{
    static struct reply reply;
    char cursor[128] = "";
    struct slice row;
    size_t i = 0;

    arena_reset(&r->parse);
    reply_begin(&reply, r, &s->asker, s->query, "Case");
    reply.total_known = true;
    reply.total = s->total;
    for (; i < s->count && i < s->limit; i++)
        if (!world_case_row(r->world, name_text(&s->best[i].id), &row) ||
            !reply_case(&reply, row))
            break;
    if (i && i < s->count)
        snprintf(cursor, sizeof cursor, "%u.%lld.%.*s", s->best[i - 1].severity,
                 (long long)s->best[i - 1].due_ms, (int)s->best[i - 1].id.size,
                 s->best[i - 1].id.data);
    reply_end(&reply, *cursor ? cursor : NULL);
}

/* True when all cases have been seen. */
static bool walk(struct router *r, struct scan *s)
{
    static struct case_record c;
    struct state_cursor cursor;
    struct slice key, value;
    struct error err;
    bool more = true;
    int n = 0;

    state_cursor_open(&cursor, r->ledger->state, STATE_CASES, SLICE_EMPTY,
                      slice_of(s->from, s->from_size));
    while (n++ < ROWS_AT_ONCE &&
           (more = state_cursor_next(&cursor, &key, &value))) {
        memcpy(s->from, key.data, key.size);
        s->from[key.size] = 0; /* the next one after this key */
        s->from_size = key.size + 1;
        arena_reset(&r->parse);
        if (customs_case_read(value, &c, NULL, &err) == STATUS_OK)
            look_at(r, s, &c);
    }
    state_cursor_close(&cursor);
    return !more;
}

static void parse_cursor(struct scan *s, const char *cursor)
{
    char *end;

    if (!cursor)
        return;
    s->after.severity = (uint8_t)strtoul(cursor, &end, 10);
    if (*end != '.')
        return;
    s->after.due_ms = strtoll(end + 1, &end, 10);
    s->has_after = *end == '.' && name_set(&s->after.id, text_of(end + 1));
}

void scan_begin(struct router *r, const struct asker *from,
                const Yinuo__V1__Query *q)
{
    struct scan *s = calloc(1, sizeof *s), **at = &r->scans;
    struct bytes copy = {0};
    int count = 0;

    for (; *at; at = &(*at)->next)
        count++;
    if (!s || count >= SCANS_MAX ||
        codec_encode(&q->base, &copy) != STATUS_OK) {
        free(s);
        bytes_fini(&copy);
        reply_refuse(r, from, REFUSAL_BUSY, NULL);
        return;
    }
    arena_init(&s->arena, LIMIT_DECODE_BYTES);
    s->query = codec_decode(&yinuo__v1__query__descriptor, bytes_slice(&copy),
                            &s->arena, NULL);
    bytes_fini(&copy);
    s->asker = *from;
    s->limit = q->has_limit && q->limit && q->limit < LIMIT_QUERY_ROWS
                   ? q->limit
                   : 100;
    s->best = arena_array(&s->arena, s->limit + 1, sizeof *s->best);
    parse_cursor(s, q->cursor);
    if (!s->query || !s->best)
        abort();
    *at = s;
}

static void scan_free_one(struct scan *s)
{
    arena_fini(&s->arena);
    free(s);
}

void scan_step(struct router *r)
{
    struct scan *s = r->scans;

    if (!s || !walk(r, s))
        return;
    finish(r, s);
    r->scans = s->next;
    scan_free_one(s);
}

void scan_free(struct scan *s)
{
    while (s) {
        struct scan *next = s->next;
        scan_free_one(s);
        s = next;
    }
}
