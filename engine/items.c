/* items - which items of a case an event speaks of, and what can be asked about
 * a list. The pack says what a list is; nothing here knows one by its name. */
#include "engine/items.h"

bool is_open_item(const struct item *i)
{
    return i->state == ITEM_OPEN || i->state == ITEM_TAKEN;
}

/* --- which items ---------------------------------------------------------- */

static void add_key(struct item_keys *k, struct text key)
{
    if (key.size > NAME_BYTES_MAX || k->count == CASE_ITEMS_MAX)
        k->too_long = true;
    else if (key.size)
        k->list[k->count++] = key;
}

static void add_field(struct item_keys *k, const struct event *ev,
                      struct text name)
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
static void join(struct item_keys *k, struct text second)
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

static void keys_of_list(struct item_keys *k, const struct list_rule *list,
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

void item_keys_find(struct item_keys *k, const struct list_rule *list,
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

const struct item *item_find(const struct run *r, uint16_t list,
                             struct text key)
{
    const struct item *i = case_item(r->c, list, key);

    for (uint8_t n = 0; !i && n < r->c->item_count; n++)
        if (r->c->items[n].list == list &&
            is_meant(&r->policy->lists[list], &r->c->items[n], key))
            i = &r->c->items[n];
    return i;
}

const struct item *item_only_open(const struct run *r, uint16_t list)
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

bool item_any_open(const struct run *r, uint16_t list)
{
    for (uint8_t i = 0; i < r->c->item_count; i++)
        if (r->c->items[i].list == list && is_open_item(&r->c->items[i]))
            return true;
    return false;
}

/* Requests have ids of their own in the whole case; else the list is named. */
uint16_t item_list(const struct run *r, const struct event *ev,
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
    struct item_keys k;

    item_keys_find(&k, &r->policy->lists[list], ev, NULL);
    for (size_t i = 0; i < k.count; i++) {
        const struct item *it = item_find(r, list, k.list[i]);
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
    struct item_keys k;

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
        item_keys_find(&k, &r->policy->lists[list], ev, NULL);
        it = k.count ? item_find(r, list, k.list[0]) : item_only_open(r, list);
        return it ? (struct value){.kind = VALUE_TEXT,
                                   .text = text_of(item_state_name(it->state))}
                  : (struct value){.kind = VALUE_NONE};
    default:
        return count_items(r, list, which);
    }
}
