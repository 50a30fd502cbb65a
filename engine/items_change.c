/* items_change - one list mechanism for balances, checklists, tasks, leads,
 * stakeholders, requests: items begin, change, fall due, are asked for. One
 * that is over can make room for another only where nobody asks later whether
 * it was done. */
#include "engine/items.h"

enum { DAY_MS = 86400000 };

/* --- changing one --------------------------------------------------------- */

static bool may_go(const struct run *r, const struct item *i)
{
    const struct list_rule *list = &r->policy->lists[i->list];

    return !is_open_item(i) && i->state != ITEM_APPROVED && !list->item_count &&
           (list->balance || !list->key_fields[0].size);
}

/* Its own slot, a new one, or that of the one that is over for longest. */
static int64_t slot_of(const struct run *r, const struct item *i)
{
    const struct item *known = case_item(r->c, i->list, name_text(&i->key));
    const struct item *oldest = NULL;

    if (known)
        return known - r->c->items;
    if (r->c->item_count < CASE_ITEMS_MAX)
        return r->c->item_count;
    for (uint8_t n = 0; n < r->c->item_count; n++) {
        const struct item *it = &r->c->items[n];
        if (may_go(r, it) && (!oldest || it->ended_at_ms < oldest->ended_at_ms))
            oldest = it;
    }
    return oldest ? oldest - r->c->items : CASE_ITEMS_MAX;
}

void item_put(struct run *r, const struct item *item, int64_t at_ms)
{
    const struct list_rule *list = &r->policy->lists[item->list];
    struct item copy = *item;
    const char *state = item_state_name(copy.state);

    emit(r, &(struct decision){.kind = DECISION_ITEM,
                               .at_ms = at_ms,
                               .index = copy.list,
                               .rule = list->name,
                               .key = name_text(&copy.key),
                               .value = text_of(state),
                               .person = name_text(&copy.owner),
                               .tier = copy.tier,
                               .due_ms = copy.due_ms,
                               .number = slot_of(r, &copy),
                               .item = &copy});
    if (list->clock != LIST_NONE && !r->limit)
        clocks_of_item(r, list->clock, name_text(&copy.key),
                       is_open_item(&copy) ? copy.due_ms : 0, at_ms);
}

void item_finish(struct run *r, const struct event *ev, const struct item *i,
                 enum item_state state)
{
    struct item next = *i;

    next.state = state;
    next.ended_at_ms = ev->at_ms;
    name_set(&next.by, ev->reporter);
    item_put(r, &next, ev->at_ms);
}

/* Withdrawn: the rules have no such list any more. */
void item_drop(struct run *r, const struct item *i, int64_t at_ms)
{
    struct item next = *i;

    next.state = ITEM_DROPPED;
    next.ended_at_ms = at_ms;
    item_put(r, &next, at_ms);
}

/* --- when it is due ------------------------------------------------------- */

static int64_t next_open(const struct calendar *c, int64_t at_ms)
{
    int64_t today = calendar_day_open(c, at_ms);

    if (today > at_ms)
        return calendar_add(c, today, 1) - 1;
    return calendar_day_open(c, calendar_next_working_day(c, at_ms));
}

static int64_t next_time(const struct zone *z, int64_t at_ms, int64_t of_day_ms)
{
    int64_t local = zone_local_ms(z, at_ms);
    int64_t due = local - local % DAY_MS + of_day_ms;

    return zone_utc_ms(z, due > local ? due : due + DAY_MS);
}

static int64_t due_after(const struct run *r, const struct item_due *due,
                         int64_t at_ms)
{
    switch (due->basis) {
    case ITEM_DUE_AFTER:
        return at_ms + due->wait_ms;
    case ITEM_DUE_AFTER_OPEN:
        return calendar_add(r->calendar, at_ms, due->wait_ms);
    case ITEM_DUE_NEXT_OPEN:
        return next_open(r->calendar, at_ms);
    case ITEM_DUE_TIME:
        return next_time(r->calendar->zone, at_ms, due->wait_ms);
    case ITEM_DUE_NONE:
        break;
    }
    return 0;
}

static int64_t due_of(const struct run *r, const struct event *ev,
                      const struct list_rule *list, const struct item_rule *own)
{
    const struct value *v =
        list->due_field.size ? event_field(ev, list->due_field) : NULL;

    if (v && v->kind == VALUE_TIME)
        return text_equal(event_text(ev, TEXT("granularity")), TEXT("day"))
                   ? calendar_day_due(r->calendar, v->time_ms)
                   : v->time_ms;
    if (own && own->due.basis != ITEM_DUE_NONE)
        return due_after(r, &own->due, ev->at_ms);
    return due_after(r, &list->due, ev->at_ms);
}

/* --- beginning ------------------------------------------------------------ */

/* The highest number behind that prefix, in all lists, and one more. */
static void make_up_key(const struct run *r, const struct list_rule *list,
                        struct name *key)
{
    struct text prefix = list->prefix;
    uint32_t most = 0;

    for (uint8_t i = 0; i < r->c->item_count; i++) {
        const struct name *k = &r->c->items[i].key;
        uint32_t n = 0, at = prefix.size;

        if (k->size <= at || k->size > at + 6 ||
            memcmp(k->data, prefix.data, at) != 0)
            continue;
        while (at < k->size && k->data[at] >= '0' && k->data[at] <= '9')
            n = n * 10 + (uint32_t)(k->data[at++] - '0');
        if (at == k->size && n > most)
            most = n;
    }
    name_set(key, prefix);
    key->size += (uint8_t)text_digits(key->data + prefix.size, most + 1);
}

static struct item fresh(const struct run *r, const struct event *ev,
                         uint16_t index, struct text key,
                         const struct item_rule *own)
{
    const struct list_rule *list = &r->policy->lists[index];
    struct item i = {.list = index, .state = ITEM_OPEN, .at_ms = ev->at_ms};

    if (key.size)
        name_set(&i.key, key);
    else
        make_up_key(r, list, &i.key);
    if (list->owner_field.size)
        name_set(&i.owner, event_text(ev, list->owner_field));
    i.due_ms = due_of(r, ev, list, own);
    return i;
}

static const struct item_rule *named(const struct list_rule *list,
                                     struct text key)
{
    for (size_t i = 0; i < list->item_count; i++)
        if (text_equal(list->items[i].name, key))
            return &list->items[i];
    return NULL;
}

void items_begin(struct run *r, const struct event *ev, uint16_t index)
{
    const struct list_rule *list = &r->policy->lists[index];
    const struct scope s = {r, ev};
    uint32_t which = list->choice_count ? 0 : UINT32_MAX;

    for (size_t i = 0; i < list->choice_count; i++)
        if (expr_true(&list->choices[i].when, &s))
            which |= list->choices[i].items;
    for (size_t i = 0; i < list->item_count && !r->limit; i++) {
        const struct item_rule *own = &list->items[i];
        struct item item;

        if (!(which >> i & 1) || case_item(r->c, index, own->name))
            continue;
        item = fresh(r, ev, index, own->name, own);
        item_put(r, &item, ev->at_ms);
    }
}

const struct value *item_amount(const struct event *ev,
                                const struct list_rule *list)
{
    return list->amount_field.size ? event_field(ev, list->amount_field) : NULL;
}

int64_t item_thousandths(const struct value *amount)
{
    return amount && amount->kind == VALUE_NUMBER ? amount->thousandths : 0;
}

int64_t item_count_of(const struct event *ev)
{
    const struct value *v = event_field(ev, TEXT("count"));

    return v && v->kind == VALUE_NUMBER && v->thousandths > 0 ? v->thousandths
                                                              : 1000;
}

void item_add(struct run *r, const struct event *ev, uint16_t index,
              struct text key)
{
    const struct list_rule *list = &r->policy->lists[index];
    const struct item *old = key.size ? case_item(r->c, index, key) : NULL;
    struct item item = fresh(r, ev, index, key, named(list, key));

    if (old && is_open_item(old) && !list->balance)
        return;
    if (list->balance)
        item.number = (old ? old->number : 0) + item_count_of(ev);
    else
        item.number = item_thousandths(item_amount(ev, list));
    if (old && is_open_item(old))
        item.at_ms = old->at_ms;
    item_put(r, &item, ev->at_ms);
}

/* --- requests ------------------------------------------------------------- */

static bool is_request(const struct list_rule *list)
{
    return list->approver || list->authority != LIST_NONE;
}

/* The lowest tier that may decide so much; the highest where none may. */
static uint8_t tier_for(const struct run *r, const struct list_rule *list,
                        const struct value *amount)
{
    const struct authority *a = list->authority == LIST_NONE
                                    ? NULL
                                    : &r->policy->authorities[list->authority];
    int64_t n = item_thousandths(amount);
    uint8_t tier = list->approver ? list->approver : 1;

    while (a && tier < r->policy->tier_count && a->limit[tier] < n)
        tier++;
    return tier;
}

static bool is_asked(const struct run *r, const struct item *like)
{
    for (uint8_t i = 0; i < r->c->item_count; i++) {
        const struct item *it = &r->c->items[i];
        if (it->list == like->list && is_open_item(it) &&
            it->number == like->number && name_equal(&it->owner, &like->owner))
            return true;
    }
    return false;
}

void item_ask(struct run *r, const struct event *ev, uint16_t index,
              struct text key)
{
    const struct list_rule *list = &r->policy->lists[index];
    const struct value *amount = item_amount(ev, list);
    struct item item = fresh(r, ev, index, key, NULL);
    struct why why = {.rule = list->id.size ? list->id : list->name,
                      .at_ms = ev->at_ms,
                      .late_by_ms = late_by(r, ev->at_ms)};

    item.tier = tier_for(r, list, amount);
    item.number = item_thousandths(amount);
    if (!item.owner.size)
        name_set(&item.owner,
                 ev->reporter.size ? ev->reporter : name_text(&r->c->owner));
    if (is_asked(r, &item))
        return;
    if (!event_is_fact(ev) && reporter_tier(r, ev) >= item.tier) {
        item_finish(r, ev, &item, ITEM_APPROVED); /* he may decide it himself */
        return;
    }
    item_put(r, &item, ev->at_ms);
    why.key = item.key;
    want_role(r, item.tier, item.tier, false, &why);
    want_key(r, item.tier, name_text(&item.key));
}

const struct item *item_of_clock(const struct run *r,
                                 const struct clock_instance *k)
{
    for (uint8_t i = 0; i < r->c->item_count; i++) {
        const struct item *it = &r->c->items[i];
        if (is_open_item(it) && name_equal(&it->key, &k->key) &&
            r->policy->lists[it->list].clock == k->clock)
            return it;
    }
    return NULL;
}

/* Who has taken it, or is to do it; else the case's owner. */
struct text item_doer(const struct run *r, const struct item *i)
{
    if (i && i->state == ITEM_TAKEN && i->by.size)
        return name_text(&i->by);
    return i && i->owner.size ? name_text(&i->owner) : name_text(&r->c->owner);
}

/* What an item's clock is shown as, where its step does not say. */
struct text item_rule_of(const struct run *r, const struct clock_instance *k)
{
    const struct item *i = item_of_clock(r, k);
    const struct list_rule *list = i ? &r->policy->lists[i->list] : NULL;

    return list && list->id.size ? list->id : r->policy->clocks[k->clock].name;
}

/* Nobody has answered: the request goes up, or to the next contact, and waits
 * as long again. It stays unanswered: what it would open stays closed. */
void item_overdue(struct run *r, const struct clock_instance *k,
                  const struct why *why)
{
    const struct item *i = item_of_clock(r, k);
    const struct list_rule *list = i ? &r->policy->lists[i->list] : NULL;
    struct item next;
    struct want *w;
    struct why what = *why;

    if (!i || !is_request(list))
        return;
    next = *i;
    if (list->unanswered == UNANSWERED_NEXT_TIER &&
        next.tier < (list->highest ? list->highest : r->policy->tier_count))
        next.tier++;
    next.due_ms = due_after(r, &list->due, why->at_ms);
    item_put(r, &next, why->at_ms);
    what.key = next.key;
    w = want_role(r, next.tier, next.tier, why->late_by_ms > 0, &what);
    want_key(r, next.tier, name_text(&next.key));
    if (!w)
        return;
    w->escalates = next.tier > 1;
    w->next = list->unanswered == UNANSWERED_NEXT_CONTACT;
    if (w->next && !r->c->called[next.tier]) /* he has seen it, and not said */
        w->other = name_text(&r->c->acknowledged_by);
    w->previous = i->tier;
}

void item_use(struct run *r, const struct event *ev, uint16_t index)
{
    const struct list_rule *list = &r->policy->lists[index];
    int64_t n = item_thousandths(item_amount(ev, list));

    for (uint8_t i = 0; i < r->c->item_count; i++) {
        const struct item *it = &r->c->items[i];
        if (it->list == index && it->state == ITEM_APPROVED &&
            it->number >= n) {
            item_finish(r, ev, it, ITEM_USED);
            return;
        }
    }
}
