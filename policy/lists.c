/* lists - who may decide how much, and the lists of a case's items. */
#include "policy/lists.h"

#include <stdio.h>

#include "base/i18n.h"
#include "base/span.h"
#include "policy/clocks.h"
#include "policy/names.h"

enum { MINUTE_MS = 60000, PREFIX_MAX = 8 };

/* --- names * -------------------------------------------------------------- */

uint16_t list_find(const struct draft *d, struct text name)
{
    size_t count = d->policy->list_count;
    size_t i = names_index(NAMES_OF(UNSAID, d->lists, count), name, NULL);

    return i < count ? (uint16_t)i : LIST_NONE;
}

const struct item_rule *list_item(const struct list_rule *list,
                                  struct text name)
{
    for (size_t i = 0; i < list->item_count; i++)
        if (text_equal(list->items[i].name, name))
            return &list->items[i];
    return NULL;
}

static struct item_rule *item_declare(struct loader *l, struct list_rule *list,
                                      yaml_node_t *node)
{
    struct item_rule *items = (struct item_rule *)list->items;
    struct text name;

    if (!node_is_text(l, node, "the name of an item"))
        return NULL;
    name = node_text(node);
    if (!name_is_good(l, name, node_place(node), false))
        return NULL;
    if (list_item(list, name))
        return (struct item_rule *)list_item(list, name);
    if (list->item_count == LIST_NAMED_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID, "more than %d items",
                     LIST_NAMED_MAX);
        return NULL;
    }
    items[list->item_count].name = loader_text(l, name);
    return &items[list->item_count++];
}

/* A list of names, or a mapping from name to what is said of it. */
static void declare_items(struct loader *l, yaml_node_t *node,
                          struct list_rule *list)
{
    yaml_node_t *key, *value;

    for (size_t i = 0; node && i < node_count(node); i++) {
        if (node->type != YAML_MAPPING_NODE)
            item_declare(l, list, node_item(l, node, i));
        else if (node_pair(l, node, i, &key, &value))
            item_declare(l, list, key);
    }
}

static void declare_chosen(struct loader *l, yaml_node_t *node,
                           struct list_rule *list)
{
    for (size_t i = 0;
         node && node->type == YAML_SEQUENCE_NODE && i < node_count(node); i++)
        declare_items(l, node_child(l->source, node_item(l, node, i), "items"),
                      list);
}

void declare_lists(struct loader *l, yaml_node_t *node, void *into,
                   const struct shape_row *row)
{
    struct draft *d = l->draft;
    size_t *count = &d->policy->list_count, before = *count;

    (void)into;
    (void)row;
    *count = names_declare(l, node, d->lists,
                           NAMES_OF("lists", d->lists, *count), LISTS_MAX);
    for (size_t i = before; i < *count; i++) {
        struct list_rule *list = &d->lists[i];
        yaml_node_t *key, *value;

        value = node_find(l->source, node, list->name, &key);
        list->items = loader_array(l, LIST_NAMED_MAX, sizeof *list->items);
        list->clock = list->authority = LIST_NONE;
        if (!list->items)
            return;
        if (text_equal(list->name, TEXT("any")))
            report_error(l, node_place(key),
                         "it is the list that an event names", "another name",
                         "\"any\" cannot be a list");
        declare_items(l, node_child(l->source, value, "items"), list);
        declare_chosen(l, node_child(l->source, value, "chosen"), list);
    }
}

/* --- authority * ---------------------------------------------------------- */

/* 500, or any: in thousandths. */
static bool limit_of(struct loader *l, yaml_node_t *node, int64_t *limit)
{
    struct text word;
    int64_t n = 0;

    if (!node_is_text(l, node, "an amount, or any"))
        return false;
    word = node_text(node);
    *limit = INT64_MAX;
    if (text_equal(word, TEXT("any")))
        return true;
    for (uint32_t i = 0; i < word.size; i++) {
        if (word.data[i] < '0' || word.data[i] > '9' || n > 1000000000000LL) {
            report_error(l, node_place(node), UNSAID, "500, or any",
                         "\"%.*s\" is no limit", TEXT_ARG(word));
            return false;
        }
        n = n * 10 + (word.data[i] - '0');
    }
    *limit = n * 1000;
    return word.size > 0;
}

/* A tier may do whatever the tier below it may. */
static void fill_up(const struct policy *p, struct authority *a)
{
    for (uint8_t t = 2; t <= p->tier_count; t++)
        if (a->limit[t] < a->limit[t - 1])
            a->limit[t] = a->limit[t - 1];
}

static void read_authority(struct loader *l, yaml_node_t *node,
                           struct authority *a)
{
    const struct policy *p = l->draft->policy;
    yaml_node_t *key, *value;

    for (size_t i = 0; i <= ROLES_MAX; i++)
        a->limit[i] = -1;
    if (!node_is_mapping(l, node, "a mapping from tier to amount"))
        return;
    for (size_t i = 0; i < node_count(node); i++) {
        uint8_t role;
        int64_t limit;

        if (!node_pair(l, node, i, &key, &value))
            continue;
        role = role_find(l, node_text(key), node_place(key));
        if (!role || !limit_of(l, value, &limit))
            continue;
        if (role > p->tier_count) {
            report_error(l, node_place(key), "requests climb the tiers", UNSAID,
                         "%.*s is no tier", TEXT_ARG(node_text(key)));
            continue;
        }
        for (uint8_t t = 1; t < role; t++)
            if (a->limit[t] > limit)
                report_error(l, node_place(key),
                             "what a tier may decide the next one may too",
                             UNSAID,
                             "%.*s may decide less than a tier below it",
                             TEXT_ARG(node_text(key)));
        a->limit[role] = limit;
    }
    fill_up(p, a);
}

void read_authorities(struct loader *l, yaml_node_t *node, void *into,
                      const struct shape_row *row)
{
    struct draft *d = l->draft;
    size_t *count = &d->policy->authority_count, before = *count;

    (void)into;
    (void)row;
    *count = names_declare(l, node, d->authorities,
                           NAMES_OF("authorities", d->authorities, *count),
                           AUTHORITIES_MAX);
    for (size_t i = before; i < *count; i++)
        read_authority(l,
                       node_find(l->source, node, d->authorities[i].name, NULL),
                       &d->authorities[i]);
}

static void read_authority_name(struct loader *l, yaml_node_t *node, void *into,
                                const struct shape_row *row)
{
    const struct draft *d = l->draft;
    size_t count = d->policy->authority_count, i = count;

    (void)row;
    if (node_is_text(l, node, "the name of an authority"))
        i = names_get(l, NAMES_OF("authority", d->authorities, count),
                      node_text(node), node_place(node));
    if (i < count)
        *(uint16_t *)into = (uint16_t)i;
}

/* --- when items are due * ------------------------------------------------- */

/* "08:00" to ms since midnight; false: it is no time of day. */
static bool time_of_day(struct text w, int64_t *ms)
{
    int hour, minute;

    if (w.size != 5 || w.data[2] != ':')
        return false;
    for (int i = 0; i < 5; i++)
        if (i != 2 && (w.data[i] < '0' || w.data[i] > '9'))
            return false;
    hour = (w.data[0] - '0') * 10 + w.data[1] - '0';
    minute = (w.data[3] - '0') * 10 + w.data[4] - '0';
    *ms = ((int64_t)hour * 60 + minute) * MINUTE_MS;
    return hour < 24 && minute < 60;
}

static void read_due_in(struct loader *l, yaml_node_t *node, void *into,
                        const struct shape_row *row)
{
    struct item_due *due = into;
    bool open = false;

    (void)row;
    if (!node_is_text(l, node, "a length of time, \"next open\" or a time"))
        return;
    if (text_equal(node_text(node), TEXT("next open")))
        due->basis = ITEM_DUE_NEXT_OPEN;
    else if (time_of_day(node_text(node), &due->wait_ms))
        due->basis = ITEM_DUE_TIME;
    else if (read_wait(l, node, &due->wait_ms, &open))
        due->basis = open ? ITEM_DUE_AFTER_OPEN : ITEM_DUE_AFTER;
}

/* --- a list * ------------------------------------------------------------- */

static void read_key(struct loader *l, yaml_node_t *node, void *into,
                     const struct shape_row *row)
{
    struct list_rule *list = into;

    (void)row;
    if (node->type == YAML_MAPPING_NODE &&
        !node_is_list(l, node, "a field, or a list of fields"))
        return;
    if (node_count(node) > LIST_KEYS_MAX) {
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "a key has at most %d fields", LIST_KEYS_MAX);
        return;
    }
    for (size_t i = 0; i < node_count(node); i++)
        if (node_is_text(l, node_item(l, node, i), "a field of the event"))
            list->key_fields[i] =
                loader_text(l, node_text(node_item(l, node, i)));
}

static void read_clock_name(struct loader *l, yaml_node_t *node, void *into,
                            const struct shape_row *row)
{
    struct clock_rule *clock;
    uint16_t index;

    (void)row;
    if (!clock_find(l, node, &index))
        return;
    clock = &l->draft->clocks[index];
    *(uint16_t *)into = index;
    clock->of_items = true;
    if (!clock->key_field.size || !clock->due_field.size)
        report_error(l, node_place(node), "it counts to the due of an item",
                     "key: item and due: due at the clock",
                     "the clock %.*s is not keyed, or has no due moment",
                     TEXT_ARG(clock->name));
}

static void read_unanswered(struct loader *l, yaml_node_t *node, void *into,
                            const struct shape_row *row)
{
    (void)row;
    if (!node_is_text(l, node, "next tier, or next contact"))
        return;
    if (text_equal(node_text(node), TEXT("next contact")))
        *(enum unanswered *)into = UNANSWERED_NEXT_CONTACT;
    else if (!text_equal(node_text(node), TEXT("next tier")))
        report_error(l, node_place(node), UNSAID, "next tier, or next contact",
                     "\"%.*s\" cannot be asked then",
                     TEXT_ARG(node_text(node)));
}

static void read_prefix(struct loader *l, yaml_node_t *node, void *into,
                        const struct shape_row *row)
{
    struct text word;
    bool good;

    (void)row;
    if (!node_is_text(l, node, "letters"))
        return;
    word = node_text(node);
    good = word.size > 0 && word.size <= PREFIX_MAX;
    for (uint32_t i = 0; i < word.size; i++)
        good = good && ((word.data[i] >= 'A' && word.data[i] <= 'Z') ||
                        (word.data[i] >= 'a' && word.data[i] <= 'z'));
    if (!good)
        report_error(l, node_place(node), "numbers are written behind it", "R",
                     "\"%.*s\" is no prefix", TEXT_ARG(word));
    *(struct text *)into = loader_text(l, word);
}

static const struct shape_row item_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"due_in", read_due_in, INTO(struct item_rule, due), MAY, 0, 0, 0},
};
static const struct shape item_shape = SHAPE("an item", item_rows);

static uint32_t mask_of(struct loader *l, yaml_node_t *node,
                        const struct list_rule *list)
{
    uint32_t mask = 0;

    for (size_t i = 0; node && i < node_count(node); i++) {
        struct text name = {NULL, 0};
        const struct item_rule *item;
        yaml_node_t *it;

        if (node->type == YAML_MAPPING_NODE)
            it = yaml_document_get_node(&l->source->document,
                                        node->data.mapping.pairs.start[i].key);
        else
            it = node_item(l, node, i);
        if (it && it->type == YAML_SCALAR_NODE)
            name = node_text(it);
        item = list_item(list, name);
        if (item)
            mask |= 1u << (item - list->items);
    }
    return mask;
}

static void read_items(struct loader *l, yaml_node_t *node, void *into,
                       const struct shape_row *row)
{
    struct list_rule *list = into;
    yaml_node_t *key, *value;

    (void)row;
    for (size_t i = 0; node->type == YAML_MAPPING_NODE && i < node_count(node);
         i++) {
        struct item_rule *item;

        key = yaml_document_get_node(&l->source->document,
                                     node->data.mapping.pairs.start[i].key);
        value = yaml_document_get_node(&l->source->document,
                                       node->data.mapping.pairs.start[i].value);
        if (!key || key->type != YAML_SCALAR_NODE || !value)
            continue;
        item = (struct item_rule *)list_item(list, node_text(key));
        if (item && !node_is_null(value))
            shape_read(l, value, &item_shape, item);
    }
}

static const struct shape_row choice_rows[] = {
    {"when", read_condition, INTO(struct item_choice, when), MUST, 0, 0, 0},
    {"items", read_nothing, 0, 0, MUST, 0, 0, 0},
};
static const struct shape choice_shape =
    SHAPE("a choice of items", choice_rows);

/* The items that stand beside it are always chosen. */
static void read_chosen(struct loader *l, yaml_node_t *node, void *into,
                        const struct shape_row *row)
{
    struct list_rule *list = into;
    struct item_choice *choices;
    size_t count = node_count(node);

    (void)row;
    if (!node_is_list(l, node, "a list of choices"))
        return;
    choices = loader_array(l, count + 1, sizeof *choices);
    if (!choices)
        return;
    for (size_t i = 0; i < count; i++) {
        yaml_node_t *it = node_item(l, node, i);

        shape_read(l, it, &choice_shape, &choices[i]);
        if (it->type == YAML_MAPPING_NODE)
            choices[i].items =
                mask_of(l, node_child(l->source, it, "items"), list);
    }
    list->choices = choices;
    list->choice_count = count;
}

static void always_chosen(struct loader *l, yaml_node_t *node,
                          struct list_rule *list)
{
    uint32_t mask;

    if (!list->choice_count || node->type != YAML_MAPPING_NODE)
        return;
    mask = mask_of(l, node_child(l->source, node, "items"), list);
    if (mask)
        ((struct item_choice *)list->choices)[list->choice_count++].items =
            mask;
}

static const struct shape_row list_rows[] = {
    {"about", read_nothing, 0, 0, MAY, 0, 0, 0},
    {"rule", read_text, INTO(struct list_rule, id), MAY, 0, 0, 0},
    {"key", read_key, 0, sizeof(struct list_rule), MAY, 0, 0, 0},
    {"owner", read_text, INTO(struct list_rule, owner_field), MAY, 0, 0, 0},
    {"due", read_text, INTO(struct list_rule, due_field), MAY, 0, 0, 0},
    {"due_in", read_due_in, INTO(struct list_rule, due), MAY, 0, 0, 0},
    {"amount", read_text, INTO(struct list_rule, amount_field), MAY, 0, 0, 0},
    {"prefix", read_prefix, INTO(struct list_rule, prefix), MAY, 0, 0, 0},
    {"items", read_items, 0, sizeof(struct list_rule), MAY, 0, 0, 0},
    {"chosen", read_chosen, 0, sizeof(struct list_rule), MAY, 0, 0, 0},
    {"clock", read_clock_name, INTO(struct list_rule, clock), MAY, 0, 0,
     LIST_NONE},
    {"authority", read_authority_name, INTO(struct list_rule, authority), MAY,
     0, 0, LIST_NONE},
    {"approver", read_tier, INTO(struct list_rule, approver), MAY, 0, 0, 0},
    {"highest", read_tier, INTO(struct list_rule, highest), MAY, 0, 0, 0},
    {"unanswered", read_unanswered, INTO(struct list_rule, unanswered), MAY, 0,
     0, 0},
    {"balance", read_flag, INTO(struct list_rule, balance), MAY, 0, 0, 0},
};
static const struct shape list_shape = SHAPE("a list", list_rows);

/* Two lists may share a clock; its instances go by the keys of the items. */
static void check_shared(struct loader *l, yaml_node_t *node,
                         const struct list_rule *list)
{
    const struct draft *d = l->draft;

    for (const struct list_rule *other = d->lists;
         list->clock != LIST_NONE && other < list; other++) {
        for (size_t i = 0; i < list->item_count; i++) {
            if (other->clock != list->clock ||
                !list_item(other, list->items[i].name))
                continue;
            report_error(l, node_place(node),
                         "the clock could not tell them apart", UNSAID,
                         "the lists %.*s and %.*s share a clock and the item "
                         "\"%.*s\"",
                         TEXT_ARG(other->name), TEXT_ARG(list->name),
                         TEXT_ARG(list->items[i].name));
        }
    }
}

static void check_list(struct loader *l, yaml_node_t *node,
                       const struct list_rule *list)
{
    bool request = list->approver || list->authority != LIST_NONE;

    if (list->approver > l->draft->policy->tier_count ||
        list->highest > l->draft->policy->tier_count)
        report_error(l, node_place(node), "requests climb the tiers", UNSAID,
                     "the approver or the highest of %.*s is no tier",
                     TEXT_ARG(list->name));
    if (request && list->item_count)
        report_error(l, node_place(node), UNSAID, UNSAID,
                     "%.*s is a list of requests, and has items",
                     TEXT_ARG(list->name));
    if (list->authority != LIST_NONE && !list->amount_field.size)
        report_error(l, node_place(node), UNSAID, "amount: FIELD",
                     "%.*s has an authority, and no amount",
                     TEXT_ARG(list->name));
    if (request && list->clock != LIST_NONE && list->due.basis == ITEM_DUE_NONE)
        report_error(l, node_place(node),
                     "when it is not answered it waits as long again",
                     "due_in: 15min", "the requests of %.*s have no due_in",
                     TEXT_ARG(list->name));
    if (list->clock == LIST_NONE &&
        (list->due.basis != ITEM_DUE_NONE || list->due_field.size))
        report_warning(l, node_place(node), "nobody would hear of it",
                       "clock: NAME",
                       "the items of %.*s are due, and no clock "
                       "watches them",
                       TEXT_ARG(list->name));
    check_shared(l, node, list);
}

void read_lists(struct loader *l, yaml_node_t *node, void *into,
                const struct shape_row *row)
{
    struct draft *d = l->draft;

    (void)into;
    (void)row;
    for (size_t i = 0; i < d->policy->list_count; i++) {
        struct list_rule *list = &d->lists[i];
        char name[NAME_BYTES_MAX + 1];
        yaml_node_t *value;

        snprintf(name, sizeof name, "%.*s", TEXT_ARG(list->name));
        value = node_child(l->source, node, name);
        if (!value)
            continue;
        shape_read(l, value, &list_shape, list);
        always_chosen(l, value, list);
        check_list(l, value, list);
        if (!list->prefix.size)
            list->prefix = list->approver || list->authority != LIST_NONE
                               ? TEXT("R")
                               : TEXT("T");
    }
}

/* --- effects * ------------------------------------------------------------ */

static const char *const words[] = {
#define X(name, word) word,
    EFFECTS(X)
#undef X
};

static bool effect_of(struct text word, enum effect *effect)
{
    for (unsigned i = EFFECT_OF_ITEMS; i < EFFECT_COUNT; i++)
        if (text_equal(word, text_of(words[i]))) {
            *effect = (enum effect)i;
            return true;
        }
    return false;
}

/* LIST, LIST.ITEM, LIST.all, or any */
static void find_target(struct loader *l, const struct phrase *p,
                        struct effect_row *out)
{
    const struct draft *d = l->draft;
    struct text name = p->words[1];
    struct place at = phrase_place(l, p, 1);
    uint32_t dot = 0;
    size_t index;

    while (dot < name.size && name.data[dot] != '.')
        dot++;
    if (dot < name.size)
        out->item = loader_text(
            l, (struct text){name.data + dot + 1, name.size - dot - 1});
    name.size = dot;
    if (text_equal(name, TEXT("any"))) {
        out->list = LIST_ANY;
        return;
    }
    index = names_get(l, NAMES_OF("list", d->lists, d->policy->list_count),
                      name, at);
    out->list = index < d->policy->list_count ? (uint16_t)index : LIST_NONE;
    if (out->list == LIST_NONE)
        return;
    if (text_equal(out->item, TEXT("all")) &&
        !list_item(&d->lists[out->list], out->item))
        out->every = true;
    else if (out->item.size && !list_item(&d->lists[out->list], out->item))
        report_error(l, at, UNSAID, UNSAID,
                     "the list %.*s has no item \"%.*s\"", TEXT_ARG(name),
                     TEXT_ARG(out->item));
}

bool item_effect_read(struct loader *l, const struct phrase *p,
                      struct effect_row *out)
{
    enum effect effect;

    if (!effect_of(p->words[0], &effect))
        return false;
    if (p->count < 2) {
        if (effect == EFFECT_ITEM_TAKE || effect == EFFECT_ITEM_REJECT)
            return false; /* the effects on the case's owner */
        report_error(l, phrase_place(l, p, 0), UNSAID,
                     "write: done LIST, done LIST.ITEM or done LIST by FIELD",
                     "\"%.*s\" of what?", TEXT_ARG(p->words[0]));
        return true;
    }
    out->effect = effect;
    out->when = p->when;
    find_target(l, p, out);
    if (p->count == 4 && text_equal(p->words[2], TEXT("by")))
        out->by_field = loader_text(l, p->words[3]);
    else if (p->count > 2)
        report_error(l, phrase_place(l, p, 2), UNSAID,
                     "EFFECT LIST [by FIELD] [when CONDITION]",
                     "expected \"by FIELD\", found \"%.*s\"",
                     TEXT_ARG(p->words[2]));
    return true;
}
