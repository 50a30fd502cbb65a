/* items - the one list mechanism of a case: balances, checklists, tasks, leads,
 * stakeholders, requests. The pack says what a list is; nothing here knows one
 * by its name. An item that is over can make room for another one only where
 * nobody asks later whether it was done. */
#include "engine/run.h"

enum { DAY_MS = 86400000, KEYS_MAX = CASE_ITEMS_MAX };

/* The items that an event speaks of, by key. */
struct keys {
    size_t count;
    struct text list[KEYS_MAX];
    struct name joined; /* where a key is made of two fields */
    bool too_long;
};

bool is_open_item(const struct item *i)
{
    return i->state == ITEM_OPEN || i->state == ITEM_TAKEN;
}

static bool is_request(const struct list_rule *list)
{
    return list->approver || list->authority != LIST_NONE;
}

/* --- which items ---------------------------------------------------------- */

static void add_key(struct keys *k, struct text key)
{
    if (key.size > NAME_BYTES_MAX || k->count == KEYS_MAX)
        k->too_long = true;
    else if (key.size)
        k->list[k->count++] = key;
}

static void add_field(struct keys *k, const struct event *ev, struct text name)
{
    const struct value *v = event_field(ev, name);

    if (!v)
        return;
    if (v->kind == VALUE_TEXT)
        add_key(k, v->text);
    for (uint32_t i = 0; v->kind == VALUE_LIST && i < v->list.count; i++)
        add_key(k, v->list.items[i]);
}

/* part and label: "board/L1" */
static void join(struct keys *k, struct text second)
{
    struct name *n = &k->joined;
    struct text first = k->list[0];

    if (first.size + second.size + 1 > NAME_BYTES_MAX) {
        k->too_long = true;
        return;
    }
    name_set(n, first);
    n->data[first.size] = '/';
    memcpy(n->data + first.size + 1, second.data, second.size);
    n->size = (uint8_t)(first.size + second.size + 1);
    k->list[0] = name_text(n);
}

static void keys_of_list(struct keys *k, const struct list_rule *list,
                         const struct event *ev)
{
    const struct text *fields = list->key_fields;

    if (fields[0].size)
        add_field(k, ev, fields[0]);
    if (k->count == 1 && fields[1].size && event_text(ev, fields[1]).size)
        join(k, event_text(ev, fields[1]));
    else if (!k->count && fields[1].size)
        add_field(k, ev, fields[1]);
}

static void keys_find(struct keys *k, const struct list_rule *list,
                      const struct event *ev, const struct effect_row *row)
{
    k->count = 0;
    k->too_long = false;
    if (row && row->item.size) {
        add_key(k, row->item);
    } else if (row && row->by_field.size) {
        add_field(k, ev, row->by_field);
    } else if (row && row->list == LIST_ANY) {
        add_field(k, ev, TEXT("item"));
        add_field(k, ev, TEXT("items"));
    } else {
        keys_of_list(k, list, ev);
    }
}

static uint32_t first_part(struct text key)
{
    uint32_t n = 0;

    while (n < key.size && key.data[n] != '/')
        n++;
    return n;
}

/* Of two fields that make a key people may give one alone. */
static bool is_meant(const struct list_rule *list, const struct item *i,
                     struct text key)
{
    struct text own = name_text(&i->key);
    uint32_t a = first_part(own), b = first_part(key);

    return list->key_fields[1].size && is_open_item(i) && a == b &&
           (a == own.size || b == key.size) &&
           memcmp(own.data, key.data, a) == 0;
}

static const struct item *find(const struct run *r, uint16_t list,
                               struct text key)
{
    const struct item *i = case_item(r->c, list, key);

    for (uint8_t n = 0; !i && n < r->c->item_count; n++)
        if (r->c->items[n].list == list &&
            is_meant(&r->policy->lists[list], &r->c->items[n], key))
            i = &r->c->items[n];
    return i;
}

static const struct item *only_open(const struct run *r, uint16_t list)
{
    const struct item *found = NULL;

    for (uint8_t i = 0; i < r->c->item_count; i++) {
        const struct item *it = &r->c->items[i];
        if (it->list != list || !is_open_item(it))
            continue;
        if (found)
            return NULL;
        found = it;
    }
    return found;
}

static bool has_open(const struct run *r, uint16_t list)
{
    for (uint8_t i = 0; i < r->c->item_count; i++)
        if (r->c->items[i].list == list && is_open_item(&r->c->items[i]))
            return true;
    return false;
}

/* Requests have ids of their own in the whole case; else the list is named. */
static uint16_t list_of(const struct run *r, const struct event *ev,
                        const struct effect_row *row)
{
    struct text name, key;

    if (row->list != LIST_ANY)
        return row->list;
    name = event_text(ev, TEXT("list"));
    key = event_text(ev, TEXT("item"));
    for (uint16_t i = 0; name.size && i < r->policy->list_count; i++)
        if (text_equal(r->policy->lists[i].name, name))
            return i;
    for (uint8_t i = 0; !name.size && key.size && i < r->c->item_count; i++)
        if (name_is(&r->c->items[i].key, key))
            return r->c->items[i].list;
    return LIST_NONE;
}

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

static void put(struct run *r, const struct item *item, int64_t at_ms)
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

static void finish(struct run *r, const struct event *ev, const struct item *i,
                   enum item_state state)
{
    struct item next = *i;

    next.state = state;
    next.ended_at_ms = ev->at_ms;
    name_set(&next.by, ev->reporter);
    put(r, &next, ev->at_ms);
}

/* Withdrawn: the rules have no such list any more. */
void item_drop(struct run *r, const struct item *i, int64_t at_ms)
{
    struct item next = *i;

    next.state = ITEM_DROPPED;
    next.ended_at_ms = at_ms;
    put(r, &next, at_ms);
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
    uint32_t most = 0, digits = 1;

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
    most++;
    for (uint32_t m = most; m >= 10; m /= 10)
        digits++;
    name_set(key, prefix);
    key->size = (uint8_t)(prefix.size + digits);
    for (uint32_t d = digits; d > 0; d--, most /= 10)
        key->data[prefix.size + d - 1] = (char)('0' + most % 10);
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

static void begin(struct run *r, const struct event *ev, uint16_t index)
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
        put(r, &item, ev->at_ms);
    }
}

static int64_t count_of(const struct event *ev)
{
    const struct value *v = event_field(ev, TEXT("count"));

    return v && v->kind == VALUE_NUMBER && v->thousandths > 0 ? v->thousandths
                                                              : 1000;
}

static void add(struct run *r, const struct event *ev, uint16_t index,
                struct text key)
{
    const struct list_rule *list = &r->policy->lists[index];
    const struct item *old = key.size ? case_item(r->c, index, key) : NULL;
    struct item item = fresh(r, ev, index, key, named(list, key));

    if (old && is_open_item(old) && !list->balance)
        return;
    if (list->balance)
        item.number = (old ? old->number : 0) + count_of(ev);
    else if (list->amount_field.size) {
        const struct value *v = event_field(ev, list->amount_field);
        item.number = v && v->kind == VALUE_NUMBER ? v->thousandths : 0;
    }
    if (old && is_open_item(old))
        item.at_ms = old->at_ms;
    put(r, &item, ev->at_ms);
}

/* --- requests ------------------------------------------------------------- */

/* The lowest tier that may decide so much; the highest where none may. */
static const struct value *amount_of(const struct event *ev,
                                     const struct list_rule *list)
{
    return list->amount_field.size ? event_field(ev, list->amount_field) : NULL;
}

static int64_t thousandths_of(const struct value *amount)
{
    return amount && amount->kind == VALUE_NUMBER ? amount->thousandths : 0;
}

static uint8_t tier_for(const struct run *r, const struct list_rule *list,
                        const struct value *amount)
{
    const struct authority *a = list->authority == LIST_NONE
                                    ? NULL
                                    : &r->policy->authorities[list->authority];
    int64_t n = thousandths_of(amount);
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

static void ask(struct run *r, const struct event *ev, uint16_t index,
                struct text key)
{
    const struct list_rule *list = &r->policy->lists[index];
    const struct value *amount = amount_of(ev, list);
    struct item item = fresh(r, ev, index, key, NULL);
    struct why why = {.rule = list->id.size ? list->id : list->name,
                      .at_ms = ev->at_ms,
                      .late_by_ms = late_by(r, ev->at_ms)};

    item.tier = tier_for(r, list, amount);
    item.number = thousandths_of(amount);
    if (!item.owner.size)
        name_set(&item.owner,
                 ev->reporter.size ? ev->reporter : name_text(&r->c->owner));
    if (is_asked(r, &item))
        return;
    if (!event_is_fact(ev) && reporter_tier(r, ev) >= item.tier) {
        finish(r, ev, &item, ITEM_APPROVED); /* he may decide it himself */
        return;
    }
    put(r, &item, ev->at_ms);
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
    put(r, &next, why->at_ms);
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

static void use(struct run *r, const struct event *ev, uint16_t index)
{
    const struct list_rule *list = &r->policy->lists[index];
    const struct value *amount =
        list->amount_field.size ? event_field(ev, list->amount_field) : NULL;
    int64_t n =
        amount && amount->kind == VALUE_NUMBER ? amount->thousandths : 0;

    for (uint8_t i = 0; i < r->c->item_count; i++) {
        const struct item *it = &r->c->items[i];
        if (it->list == index && it->state == ITEM_APPROVED &&
            it->number >= n) {
            finish(r, ev, it, ITEM_USED);
            return;
        }
    }
}

/* --- what is not allowed -------------------------------------------------- */

static struct text answer_refused(const struct run *r, const struct event *ev,
                                  const struct item *i)
{
    if (!is_open_item(i))
        return TEXT("already_decided");
    if (!ev->reporter.size)
        return TEXT("no_person");
    return reporter_tier(r, ev) < i->tier ? TEXT("not_enough_authority")
                                          : (struct text){NULL, 0};
}

static struct text one_refused(const struct run *r, const struct event *ev,
                               enum effect e, const struct item *i)
{
    const struct text fine = {NULL, 0};

    switch (e) {
    case EFFECT_ITEM_TAKE:
        if (!ev->reporter.size)
            return TEXT("no_person");
        if (!is_open_item(i))
            return TEXT("item_over");
        return i->state == ITEM_TAKEN && !name_is(&i->by, ev->reporter)
                   ? TEXT("already_taken")
                   : fine;
    case EFFECT_ITEM_WAIVE:
        return event_text(ev, TEXT("reason")).size ? fine : TEXT("no_reason");
    case EFFECT_ITEM_APPROVE:
    case EFFECT_ITEM_REJECT:
        return answer_refused(r, ev, i);
    default:
        return fine;
    }
}

/* Somebody speaks of one item, and it must be there. */
static bool must_be_known(const struct effect_row *row)
{
    switch (row->effect) {
    case EFFECT_ITEM_TAKE:
    case EFFECT_ITEM_WAIVE:
    case EFFECT_ITEM_APPROVE:
    case EFFECT_ITEM_REJECT:
        return true;
    case EFFECT_ITEM_DONE:
    case EFFECT_ITEM_UNDO:
        return row->list == LIST_ANY;
    default:
        return false;
    }
}

/* Who may decide it hangs on how much it is. */
static struct text amount_refused(const struct event *ev,
                                  const struct list_rule *list)
{
    const struct value *amount = amount_of(ev, list);

    if (list->authority != LIST_NONE &&
        (!amount || amount->kind != VALUE_NUMBER))
        return TEXT("no_amount");
    return thousandths_of(amount) < 0 ? TEXT("negative")
                                      : (struct text){NULL, 0};
}

struct text item_refuse(struct run *r, const struct event *ev,
                        const struct effect_row *row)
{
    struct text why = {NULL, 0};
    uint16_t list = list_of(r, ev, row);
    const struct item *only;
    struct keys k;

    if (list == LIST_NONE)
        return TEXT("unknown_item");
    if (row->every)
        return why;
    keys_find(&k, &r->policy->lists[list], ev, row);
    if (k.too_long)
        return TEXT("limit");
    if (row->effect == EFFECT_ITEM_ASK)
        why = amount_refused(ev, &r->policy->lists[list]);
    for (size_t i = 0; i < k.count && !why.size; i++) {
        const struct item *it = find(r, list, k.list[i]);
        if (it)
            why = one_refused(r, ev, row->effect, it);
        else if (must_be_known(row))
            why = TEXT("unknown_item");
    }
    if (k.count || why.size || !must_be_known(row))
        return why;
    only = only_open(r, list);
    if (!only)
        return has_open(r, list) ? TEXT("which_item") : TEXT("unknown_item");
    return one_refused(r, ev, row->effect, only);
}

/* --- carrying out --------------------------------------------------------- */

static void done(struct run *r, const struct event *ev, const struct item *i)
{
    struct item next = *i;

    if (!is_open_item(i))
        return;
    if (r->policy->lists[i->list].balance) {
        next.number -= count_of(ev);
        if (next.number > 0) {
            put(r, &next, ev->at_ms);
            return;
        }
        next.number = 0;
    }
    finish(r, ev, &next, ITEM_DONE);
}

static void undo(struct run *r, const struct event *ev, const struct item *i)
{
    struct item next = *i;

    if (is_open_item(i) && i->state != ITEM_TAKEN)
        return;
    next.state = ITEM_OPEN;
    next.by = (struct name){0};
    next.ended_at_ms = 0;
    put(r, &next, ev->at_ms);
}

static void take(struct run *r, const struct event *ev, const struct item *i)
{
    struct item next = *i;

    if (!is_open_item(i) || !ev->reporter.size || name_is(&i->by, ev->reporter))
        return;
    next.state = ITEM_TAKEN;
    name_set(&next.by, ev->reporter);
    put(r, &next, ev->at_ms);
}

/* Who has answered has seen the page that asked him. */
static void answer(struct run *r, const struct event *ev, const struct item *i,
                   enum item_state state)
{
    if (!is_open_item(i))
        return;
    finish(r, ev, i, state);
    if (!event_is_fact(ev) && reporter_tier(r, ev))
        answer_run(r, ev, EFFECT_ACKNOWLEDGE);
}

static void run_one(struct run *r, const struct event *ev, enum effect e,
                    const struct item *i)
{
    switch (e) {
    case EFFECT_ITEM_DONE:
        done(r, ev, i);
        break;
    case EFFECT_ITEM_UNDO:
        undo(r, ev, i);
        break;
    case EFFECT_ITEM_TAKE:
        take(r, ev, i);
        break;
    case EFFECT_ITEM_WAIVE:
        if (is_open_item(i))
            finish(r, ev, i, ITEM_WAIVED);
        break;
    case EFFECT_ITEM_DROP:
        if (is_open_item(i))
            finish(r, ev, i, ITEM_DROPPED);
        break;
    case EFFECT_ITEM_APPROVE:
        answer(r, ev, i, ITEM_APPROVED);
        break;
    default:
        answer(r, ev, i, ITEM_REJECTED);
        break;
    }
}

static void run_all(struct run *r, const struct event *ev, enum effect e,
                    uint16_t list)
{
    for (uint8_t i = 0; i < r->c->item_count && !r->limit; i++)
        if (r->c->items[i].list == list && is_open_item(&r->c->items[i]))
            run_one(r, ev, e, &r->c->items[i]);
}

/* Those that the event names; where it names none, the only open one. */
static void run_known(struct run *r, const struct event *ev, enum effect e,
                      uint16_t list, const struct keys *k)
{
    const struct item *only;

    for (size_t i = 0; i < k->count && !r->limit; i++) {
        const struct item *it = find(r, list, k->list[i]);
        if (it)
            run_one(r, ev, e, it);
    }
    if (k->count)
        return;
    only = only_open(r, list);
    if (e == EFFECT_ITEM_DROP)
        run_all(r, ev, e, list);
    else if (only)
        run_one(r, ev, e, only);
}

void item_run(struct run *r, const struct event *ev,
              const struct effect_row *row)
{
    uint16_t list = list_of(r, ev, row);
    struct keys k;

    if (list == LIST_NONE)
        return;
    if (row->every) {
        run_all(r, ev, row->effect, list);
        return;
    }
    keys_find(&k, &r->policy->lists[list], ev, row);
    switch (row->effect) {
    case EFFECT_ITEM_BEGIN:
        begin(r, ev, list);
        break;
    case EFFECT_ITEM_ADD:
        for (size_t i = 0; i < k.count && !r->limit; i++)
            add(r, ev, list, k.list[i]);
        if (!k.count && !row->by_field.size)
            add(r, ev, list, (struct text){NULL, 0});
        break;
    case EFFECT_ITEM_ASK:
        ask(r, ev, list, k.count ? k.list[0] : (struct text){NULL, 0});
        break;
    case EFFECT_ITEM_USE:
        use(r, ev, list);
        break;
    default:
        run_known(r, ev, row->effect, list, &k);
        break;
    }
}

/* --- what can be asked ---------------------------------------------------- */

static struct value number_of(int64_t n)
{
    return (struct value){.kind = VALUE_NUMBER, .thousandths = n * 1000};
}

static struct value flag_of(bool b)
{
    return (struct value){.kind = VALUE_FLAG, .flag = b};
}

static bool counts_as(const struct item *i, enum expr_list which)
{
    switch (which) {
    case EXPR_LIST_OPEN:
    case EXPR_LIST_MISSING:
        return is_open_item(i);
    case EXPR_LIST_DONE:
        return i->state == ITEM_DONE || i->state == ITEM_APPROVED ||
               i->state == ITEM_USED;
    case EXPR_LIST_REJECTED:
        return i->state == ITEM_REJECTED;
    default:
        return true;
    }
}

static struct value count_items(const struct run *r, uint16_t list,
                                enum expr_list which)
{
    int64_t n = 0, all = 0;

    for (uint8_t i = 0; i < r->c->item_count; i++) {
        if (r->c->items[i].list != list)
            continue;
        all++;
        n += counts_as(&r->c->items[i], which);
    }
    if (which == EXPR_LIST_MISSING && !all)
        n = (int64_t)r->policy->lists[list].item_count;
    return number_of(n);
}

static struct value approved(const struct run *r, uint16_t list)
{
    struct value most = {.kind = VALUE_NONE};

    for (uint8_t i = 0; i < r->c->item_count; i++) {
        const struct item *it = &r->c->items[i];
        if (it->list != list || it->state != ITEM_APPROVED)
            continue;
        if (most.kind == VALUE_NONE || most.thousandths < it->number)
            most =
                (struct value){.kind = VALUE_NUMBER, .thousandths = it->number};
    }
    return most;
}

/* Is something open that stands before the first that the event names? */
static bool skips(const struct run *r, const struct event *ev, uint16_t list)
{
    const struct item *last = NULL;
    struct keys k;

    keys_find(&k, &r->policy->lists[list], ev, NULL);
    for (size_t i = 0; i < k.count; i++) {
        const struct item *it = find(r, list, k.list[i]);
        if (it && (!last || it > last))
            last = it;
    }
    for (const struct item *it = r->c->items; last && it < last; it++) {
        bool named = false;
        for (size_t i = 0; i < k.count; i++)
            named |= name_is(&it->key, k.list[i]);
        if (it->list == list && is_open_item(it) && !named)
            return true;
    }
    return false;
}

struct value item_value(const struct run *r, const struct event *ev,
                        uint16_t list, enum expr_list which, struct text item)
{
    const struct item *it;
    struct keys k;

    if (list >= r->policy->list_count)
        return (struct value){.kind = VALUE_NONE};
    if (item.size) {
        it = case_item(r->c, list, item);
        return flag_of(it &&
                       (it->state == ITEM_DONE || it->state == ITEM_WAIVED));
    }
    switch (which) {
    case EXPR_LIST_APPROVED:
        return approved(r, list);
    case EXPR_LIST_SKIPS:
        return flag_of(skips(r, ev, list));
    case EXPR_LIST_STATE:
        keys_find(&k, &r->policy->lists[list], ev, NULL);
        it = k.count ? find(r, list, k.list[0]) : only_open(r, list);
        return it ? (struct value){.kind = VALUE_TEXT,
                                   .text = text_of(item_state_name(it->state))}
                  : (struct value){.kind = VALUE_NONE};
    default:
        return count_items(r, list, which);
    }
}
