/* policy.rebase as a question: what it would change, case by case. Each is
 * decided on as it would be, and nothing of it is kept. */
#include <string.h>

#include "ledger/intents.h"
#include "workers/router/internal.h"
#include "workers/router/queries.h"

enum { PREVIEWED_AT_ONCE = 32 };

struct preview {
    struct router *r;
    const struct case_record *before, *after;
    const struct policy *old, *next;
    const struct decisions *decisions;
    Yinuo__V1__RebaseRow row;
};

static const struct clock_instance *twin(const struct case_record *c,
                                         const struct policy *p,
                                         const struct policy *of,
                                         const struct clock_instance *i)
{
    uint16_t clock = policy_clock(p, of->clocks[i->clock].name);

    return clock < p->clock_count ? case_clock(c, clock, name_text(&i->key))
                                  : NULL;
}

static int64_t due_of(const struct clock_instance *i)
{
    return i && i->step_count && !i->paused_at_ms ? i->steps[0].due_ms : 0;
}

/* What is over by the new rules has fired in the same record. */
static int64_t fired_late_ms(const struct preview *p, struct text clock,
                             struct text key, bool *fired)
{
    int64_t late_ms = 0;

    *fired = false;
    for (size_t n = 0; n < p->decisions->count; n++) {
        const struct decision *d = &p->decisions->list[n];
        if (d->kind != DECISION_FIRE || !text_equal(d->clock, clock) ||
            !text_equal(d->key, key))
            continue;
        *fired = true;
        if (d->late_by_ms > late_ms)
            late_ms = d->late_by_ms;
    }
    return late_ms;
}

/* By its name, as people know it now. */
static uint8_t role_now(const struct preview *p, uint8_t old)
{
    return old ? policy_role(p->next, p->old->roles[old].name) : 0;
}

static void add_clock(struct preview *p, const struct clock_instance *was,
                      const struct clock_instance *is)
{
    struct text clock =
        was ? p->old->clocks[was->clock].name : p->next->clocks[is->clock].name;
    struct text key = name_text(was ? &was->key : &is->key);
    uint8_t old_tier = was ? role_now(p, next_step_role(p->old, was)) : 0;
    uint8_t new_tier = is ? next_step_role(p->next, is) : 0;
    bool fired;
    int64_t late_ms = fired_late_ms(p, clock, key, &fired);
    const char *change = fired                       ? "fires"
                         : !was                      ? "begins"
                         : !is                       ? "ends"
                         : due_of(was) != due_of(is) ? "moves"
                         : old_tier != new_tier      ? "tier"
                                                     : NULL;
    Yinuo__V1__RebaseClock *row;

    if (!change)
        return;
    row = arena_alloc(&p->r->parse, sizeof *row);
    yinuo__v1__rebase_clock__init(row);
    row->clock = router_text(p->r, clock);
    row->key = router_text(p->r, key);
    row->change = (char *)(uintptr_t)change;
    row->has_old_due_ms = due_of(was) != 0;
    row->old_due_ms = due_of(was);
    row->has_new_due_ms = due_of(is) != 0;
    row->new_due_ms = due_of(is);
    row->has_old_tier = old_tier != 0;
    row->old_tier = old_tier;
    row->has_new_tier = new_tier != 0;
    row->new_tier = new_tier;
    row->has_late_by_ms = late_ms != 0;
    row->late_by_ms = late_ms;
    p->row.clocks[p->row.n_clocks++] = row;
}

static void add_clocks(struct preview *p)
{
    p->row.clocks =
        arena_array(&p->r->parse,
                    (size_t)p->before->clock_count + p->after->clock_count + 1u,
                    sizeof *p->row.clocks);
    for (uint8_t i = 0; i < p->before->clock_count; i++)
        add_clock(p, &p->before->clocks[i],
                  twin(p->after, p->next, p->old, &p->before->clocks[i]));
    for (uint8_t i = 0; i < p->after->clock_count; i++)
        if (!twin(p->before, p->old, p->next, &p->after->clocks[i]))
            add_clock(p, NULL, &p->after->clocks[i]);
}

static void add_calls(struct preview *p)
{
    const struct decisions *d = p->decisions;

    p->row.calls =
        arena_array(&p->r->parse, d->count + 1, sizeof *p->row.calls);
    for (size_t i = 0; i < d->count; i++) {
        Yinuo__V1__RebaseCall *call;

        if (d->list[i].kind != DECISION_PAGE)
            continue;
        call = arena_alloc(&p->r->parse, sizeof *call);
        yinuo__v1__rebase_call__init(call);
        call->person = router_text(p->r, d->list[i].person);
        call->rule = router_text(p->r, d->list[i].rule);
        call->has_tier = 1;
        call->tier = d->list[i].tier;
        call->has_late_by_ms = d->list[i].late_by_ms != 0;
        call->late_by_ms = d->list[i].late_by_ms;
        p->row.calls[p->row.n_calls++] = call;
    }
}

static void add_case(struct preview *p)
{
    const struct case_record *c = p->before;

    p->row.case_id = router_text(p->r, name_text(&c->id));
    p->row.has_severity = 1;
    p->row.severity = (Yinuo__V1__Severity)c->severity;
    p->row.state = (char *)(uintptr_t)case_status_name(c->status);
    p->row.owner = router_text(p->r, name_text(&c->owner));
    p->row.station = router_text(p->r, name_text(&c->station));
    p->row.from = router_text(p->r, name_text(&c->rules));
}

static bool add_row(struct router *r, struct reply *reply,
                    const struct case_record *c, const char *by)
{
    struct preview p = {
        .r = r, .before = c, .row = YINUO__V1__REBASE_ROW__INIT};
    const char *id = router_text(r, name_text(&c->id));
    struct deed d;

    deed_init(&d);
    d.dry_run = true;
    d.part.kind = YINUO__V1__RECORD_KIND__RECORD_EVENT;
    d.part.event = rebase_event(r, id, by, NULL);
    d.mark = death_mark_of('b', slice_of_text(id), 0);
    deed_do(r, &d);
    add_case(&p);
    p.next = policyset_for(world_policies(r->world), name_text(&c->region));
    p.row.pack = router_text(r, p.next->name);
    p.row.to = router_text(r, p.next->version);
    p.row.has_code = 1;
    p.row.code = d.code;
    p.old = world_policy_of(r->world, c);
    if (d.code != REFUSAL_NONE) {
        p.row.reason = router_text(r, d.decided.reason);
    } else if (p.old && d.decided.out) {
        p.after = &d.decided.out->scratch;
        p.decisions = &d.decided.out->decisions;
        add_clocks(&p);
        add_calls(&p);
    }
    return reply_message(reply, &p.row.base);
}

static void one(struct router *r, struct reply *reply, const char *id,
                const char *by)
{
    static _Thread_local struct case_record c;

    if (!world_find_case(r->world, text_of(id), &c)) {
        reply_refuse(r, reply->to, REFUSAL_UNKNOWN_CASE, NULL);
        return;
    }
    add_row(r, reply, &c, by);
    reply_end(reply, NULL);
}

/* Some cases of older rules; where it stopped is the cursor. */
static void some(struct router *r, struct reply *reply, const char *cursor)
{
    static _Thread_local struct case_record c;
    enum world_search found = SEARCH_NOT_YET;
    struct name at = {0}, last;
    size_t count = 0;

    if (cursor && !name_set(&at, text_of(cursor))) {
        reply_refuse(r, reply->to, REFUSAL_BAD_CURSOR, NULL);
        return;
    }
    do {
        last = at;
        found = world_next_older(r->world, &at, CASES_LOOKED_AT, &c);
        if (found == SEARCH_FOUND && !add_row(r, reply, &c, NULL)) {
            at = last; /* no room: it is the first of the next */
            break;
        }
    } while (found == SEARCH_FOUND && ++count < PREVIEWED_AT_ONCE);
    reply_end(reply,
              found == SEARCH_NO_MORE ? NULL : router_text(r, name_text(&at)));
}

void query_rebase(struct router *r, const struct asker *from,
                  const Yinuo__V1__Query *q)
{
    static _Thread_local struct reply reply;
    const char *id = query_text(q, "case_id");

    batch_begin(r);
    reply_begin(&reply, r, from, q, "RebaseRow");
    if (id)
        one(r, &reply, id, q->person);
    else
        some(r, &reply, q->cursor);
}
