/* rebase - a case is moved from the rules that it lives by to those in force.
 *
 * What bears the same name is the same thing. Under the old rules: what has no
 * counterpart ends, and each says so. Then one REBASE, from which on all else
 * is by the new rules: what counts goes on from the same start (see
 * rebase_clocks.c), and what is over by them fires in the same record. */
#include "engine/run.h"

targets rebase_targets(const struct rebasing *b, targets t)
{
    targets out = t & TARGET_OWNER;

    for (unsigned role = 1; role <= ROLES_MAX; role++)
        if ((t & TARGET_ROLE(role)) && b->roles[role])
            out |= TARGET_ROLE(b->roles[role]);
    return out;
}

static struct rebasing from_to(const struct run *r)
{
    struct rebasing b = {.old = r->policy, .at_ms = r->in->now_ms};

    b.next = r->view->policy_for(r->view->context, name_text(&r->c->region));
    for (uint8_t role = 1; role <= b.old->role_count; role++)
        b.roles[role] = policy_role(b.next, b.old->roles[role].name);
    return b;
}

/* --- whether it can be --- */

/* A tier or role that somebody has been called for, or is asked, is there. */
static bool roles_are_there(const struct run *r, const struct rebasing *b)
{
    const struct case_record *c = r->c;

    for (uint8_t i = 0; i < c->page_count; i++)
        if (c->pages[i].tier && !b->roles[c->pages[i].tier])
            return false;
    for (uint8_t i = 0; i < c->item_count; i++)
        if (is_open_item(&c->items[i]) && c->items[i].tier &&
            !b->roles[c->items[i].tier])
            return false;
    for (uint8_t i = 0; i < c->clock_count; i++)
        if (is_ladder(r, &c->clocks[i]) &&
            !policy_role(b->next, name_text(&c->clocks[i].key)))
            return false;
    return true;
}

struct text rebase_refuse(const struct run *r)
{
    const struct rebasing b = from_to(r);

    if (r->c->status == CASE_CLOSED)
        return TEXT("already_closed");
    if (text_equal(b.old->version, b.next->version))
        return TEXT("same_rules");
    if (!text_equal(b.old->name, b.next->name))
        return TEXT("other_pack");
    return roles_are_there(r, &b) ? (struct text){NULL, 0}
                                  : TEXT("tier_is_gone");
}

/* --- what stands where --- */

static uint16_t counter_in(const struct policy *p, struct text name)
{
    for (size_t i = 0; i < p->counter_count; i++)
        if (text_equal(p->counters[i].name, name))
            return p->counters[i].per.count ? REBASE_GONE : (uint16_t)i;
    return REBASE_GONE;
}

static uint16_t lock_in(const struct policy *p, struct text name)
{
    for (size_t i = 0; i < p->lock_count; i++)
        if (text_equal(p->locks[i], name))
            return (uint16_t)i;
    return REBASE_GONE;
}

/* The same list holds the same sort of items. */
static uint16_t list_in(const struct policy *p, const struct list_rule *list)
{
    for (size_t i = 0; i < p->list_count; i++) {
        const struct list_rule *l = &p->lists[i];
        if (text_equal(l->name, list->name))
            return l->balance == list->balance &&
                           !l->approver == !list->approver
                       ? (uint16_t)i
                       : REBASE_GONE;
    }
    return REBASE_GONE;
}

static void add_move(struct rebase *m, enum rebase_what what, uint16_t from,
                     uint16_t to)
{
    if (from == to)
        return;
    for (size_t i = 0; i < m->count; i++)
        if (m->moves[i].what == what && m->moves[i].from == from)
            return;
    if (m->count < REBASE_MOVES_MAX)
        m->moves[m->count++] = (struct rebase_move){(uint8_t)what, from, to};
}

/* Of what the case has; the rest has no number in it. */
static void find_moves(const struct run *r, const struct rebasing *b,
                       struct rebase *m)
{
    const struct case_record *c = r->c;

    m->count = 0;
    for (uint8_t role = 1; role <= b->old->role_count; role++)
        add_move(m, REBASE_ROLE, role,
                 b->roles[role] ? b->roles[role] : REBASE_GONE);
    for (uint8_t i = 0; i < c->clock_count; i++)
        add_move(
            m, REBASE_CLOCK, c->clocks[i].clock,
            policy_clock(b->next, b->old->clocks[c->clocks[i].clock].name));
    for (uint16_t i = 0; i < b->old->counter_count; i++)
        if (c->counters[i])
            add_move(m, REBASE_COUNTER, i,
                     counter_in(b->next, b->old->counters[i].name));
    for (uint16_t i = 0; i < b->old->lock_count; i++)
        if (c->locks & (1u << i))
            add_move(m, REBASE_LOCK, i, lock_in(b->next, b->old->locks[i]));
    for (uint8_t i = 0; i < c->item_count; i++)
        add_move(m, REBASE_LIST, c->items[i].list,
                 list_in(b->next, &b->old->lists[c->items[i].list]));
}

/* --- what ends --- */

static void end_locks(struct run *r, const struct rebasing *b)
{
    for (uint16_t i = 0; i < b->old->lock_count && !r->limit; i++)
        if ((r->c->locks & (1u << i)) &&
            lock_in(b->next, b->old->locks[i]) == REBASE_GONE)
            emit(r, &(struct decision){.kind = DECISION_UNLOCK,
                                       .at_ms = b->at_ms,
                                       .index = i,
                                       .value = b->old->locks[i]});
}

static void end_items(struct run *r, const struct rebasing *b)
{
    for (uint8_t i = 0; i < r->c->item_count && !r->limit; i++) {
        const struct item *it = &r->c->items[i];
        if (is_open_item(it) &&
            list_in(b->next, &b->old->lists[it->list]) == REBASE_GONE)
            item_drop(r, it, b->at_ms);
    }
}

static void end_clocks(struct run *r, const struct rebasing *b)
{
    for (int i = r->c->clock_count - 1; i >= 0 && !r->limit; i--) {
        const struct clock_instance *k = &r->c->clocks[i];
        if (rebase_keeps_clock(r, b, k))
            continue;
        emit(r, &(struct decision){.kind = DECISION_CANCEL,
                                   .at_ms = b->at_ms,
                                   .index = k->clock,
                                   .clock = b->old->clocks[k->clock].name,
                                   .key = name_text(&k->key),
                                   .generation = k->generation,
                                   .value = TEXT("rebased")});
    }
}

/* --- the case --- */

static struct text who(const struct event *ev)
{
    return ev->reporter.size ? ev->reporter : event_text(ev, TEXT("by"));
}

void rebase_case(struct run *r, struct event *ev)
{
    const struct rebasing b = from_to(r);
    struct rebase moves;

    end_items(r, &b);
    end_locks(r, &b);
    end_clocks(r, &b);
    find_moves(r, &b, &moves);
    if (moves.count == REBASE_MOVES_MAX)
        r->limit = true; /* more than the bounds of a pack add up to */
    emit(r, &(struct decision){.kind = DECISION_REBASE,
                               .at_ms = b.at_ms,
                               .value = b.next->version,
                               .key = b.old->version,
                               .person = who(ev),
                               .rebase = &moves});
    if (r->limit)
        return;
    r->policy = b.next;
    rebase_clocks(r, &b);
    if (!r->policy->rebase_kind || r->limit)
        return;
    ev->kind = (uint16_t)(r->policy->rebase_kind - 1);
    event_run(r, ev); /* what the new rules say to it */
}

/* --- all of them --- */

static void add_field(struct run *r, struct intent *i, struct text name,
                      struct text value)
{
    if (!value.size)
        return;
    if (value.size > INTENT_TEXT_MAX) {
        value.size = INTENT_TEXT_MAX;
        while (value.size && (value.data[value.size] & 0xc0) == 0x80)
            value.size--;
    }
    i->fields[i->field_count++] =
        (struct field){name, {.kind = VALUE_TEXT, .text = run_keep(r, value)}};
}

void rebase_all(struct run *r, const struct event *ev)
{
    struct intent i = {.query = QUERY_OLDER,
                       .kind =
                           r->policy->kinds[r->policy->rebase_kind - 1].name,
                       .depth = 1,
                       .subject = TEXT("all"),
                       .at_ms = ev->at_ms,
                       .cause = r->in->sequence};

    i.id = intent_id(r, r->out->decisions.intent_count + 1);
    add_field(r, &i, TEXT("by"), who(ev));
    add_field(r, &i, TEXT("why"), event_text(ev, TEXT("why")));
    emit(r, &(struct decision){.kind = DECISION_INTENT,
                               .at_ms = ev->at_ms,
                               .key = i.id,
                               .value = i.kind,
                               .intent = &i});
}
