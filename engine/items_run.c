/* items_run - what events do to items: what is refused, and carrying out. */
#include "engine/items.h"

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
    const struct value *amount = item_amount(ev, list);

    if (list->authority != LIST_NONE &&
        (!amount || amount->kind != VALUE_NUMBER))
        return TEXT("no_amount");
    return item_thousandths(amount) < 0 ? TEXT("negative")
                                        : (struct text){NULL, 0};
}

struct text item_refuse(struct run *r, const struct event *ev,
                        const struct effect_row *row)
{
    struct text why = {NULL, 0};
    uint16_t list = item_list(r, ev, row);
    const struct item *only;
    struct item_keys k;

    if (list == LIST_NONE)
        return TEXT("unknown_item");
    if (row->every)
        return why;
    item_keys_find(&k, &r->policy->lists[list], ev, row);
    if (k.too_long)
        return TEXT("limit");
    if (row->effect == EFFECT_ITEM_ASK)
        why = amount_refused(ev, &r->policy->lists[list]);
    for (size_t i = 0; i < k.count && !why.size; i++) {
        const struct item *it = item_find(r, list, k.list[i]);
        if (it)
            why = one_refused(r, ev, row->effect, it);
        else if (must_be_known(row))
            why = TEXT("unknown_item");
    }
    if (k.count || why.size || !must_be_known(row))
        return why;
    only = item_only_open(r, list);
    if (!only)
        return item_any_open(r, list) ? TEXT("which_item")
                                      : TEXT("unknown_item");
    return one_refused(r, ev, row->effect, only);
}

/* --- carrying out --------------------------------------------------------- */

static void done(struct run *r, const struct event *ev, const struct item *i)
{
    struct item next = *i;

    if (!is_open_item(i))
        return;
    if (r->policy->lists[i->list].balance) {
        next.number -= item_count_of(ev);
        if (next.number > 0) {
            item_put(r, &next, ev->at_ms);
            return;
        }
        next.number = 0;
    }
    item_finish(r, ev, &next, ITEM_DONE);
}

static void undo(struct run *r, const struct event *ev, const struct item *i)
{
    struct item next = *i;

    if (is_open_item(i) && i->state != ITEM_TAKEN)
        return;
    next.state = ITEM_OPEN;
    next.by = (struct name){0};
    next.ended_at_ms = 0;
    item_put(r, &next, ev->at_ms);
}

static void take(struct run *r, const struct event *ev, const struct item *i)
{
    struct item next = *i;

    if (!is_open_item(i) || !ev->reporter.size || name_is(&i->by, ev->reporter))
        return;
    next.state = ITEM_TAKEN;
    name_set(&next.by, ev->reporter);
    item_put(r, &next, ev->at_ms);
}

/* Who has answered has seen the page that asked him. */
static void answer(struct run *r, const struct event *ev, const struct item *i,
                   enum item_state state)
{
    if (!is_open_item(i))
        return;
    item_finish(r, ev, i, state);
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
            item_finish(r, ev, i, ITEM_WAIVED);
        break;
    case EFFECT_ITEM_DROP:
        if (is_open_item(i))
            item_finish(r, ev, i, ITEM_DROPPED);
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
                      uint16_t list, const struct item_keys *k)
{
    const struct item *only;

    for (size_t i = 0; i < k->count && !r->limit; i++) {
        const struct item *it = item_find(r, list, k->list[i]);
        if (it)
            run_one(r, ev, e, it);
    }
    if (k->count)
        return;
    only = item_only_open(r, list);
    if (e == EFFECT_ITEM_DROP)
        run_all(r, ev, e, list);
    else if (only)
        run_one(r, ev, e, only);
}

void item_run(struct run *r, const struct event *ev,
              const struct effect_row *row)
{
    uint16_t list = item_list(r, ev, row);
    struct item_keys k;

    if (list == LIST_NONE)
        return;
    if (row->every) {
        run_all(r, ev, row->effect, list);
        return;
    }
    item_keys_find(&k, &r->policy->lists[list], ev, row);
    switch (row->effect) {
    case EFFECT_ITEM_BEGIN:
        items_begin(r, ev, list);
        break;
    case EFFECT_ITEM_ADD:
        for (size_t i = 0; i < k.count && !r->limit; i++)
            item_add(r, ev, list, k.list[i]);
        if (!k.count && !row->by_field.size)
            item_add(r, ev, list, (struct text){NULL, 0});
        break;
    case EFFECT_ITEM_ASK:
        item_ask(r, ev, list, k.count ? k.list[0] : (struct text){NULL, 0});
        break;
    case EFFECT_ITEM_USE:
        item_use(r, ev, list);
        break;
    default:
        run_known(r, ev, row->effect, list, &k);
        break;
    }
}
