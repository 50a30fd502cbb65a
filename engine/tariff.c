/* tariff - what the items of an event cost by the tariff in force, and the
 * tables of a pack: ordered rows, the first that holds counts. */
#include "engine/run.h"

static const struct value none = {.kind = VALUE_NONE};

static struct value choose(const struct choice *rows, size_t count,
                           const struct scope *s)
{
    for (size_t i = 0; i < count; i++)
        if (expr_true(&rows[i].when, s))
            return expr_value(&rows[i].value, s);
    return none;
}

struct value scope_table(const struct scope *s, uint16_t index)
{
    const struct policy *p = s->run->policy;

    if (index >= p->table_count)
        return none;
    return choose(p->tables[index].rows, p->tables[index].count, s);
}

static const struct tariff_version *in_force(const struct scope *s)
{
    const struct policy *p = s->run->policy;
    int32_t day = local_day(s->run, s->event->at_ms);

    for (size_t i = 0; i < p->tariff_count; i++) {
        const struct tariff *t = &p->tariffs[i];

        if (!expr_true(&t->when, s))
            continue;
        for (size_t v = 0; v < t->count; v++)
            if (t->versions[v].from_day <= day &&
                day < t->versions[v].until_day)
                return &t->versions[v];
    }
    return NULL;
}

static const struct tariff_line *line_of(const struct tariff_version *v,
                                         struct text item)
{
    for (size_t i = 0; i < v->count; i++)
        if (text_equal(v->lines[i].item, item))
            return &v->lines[i];
    return NULL;
}

/* Of one item; NONE where the tariff does not know it. */
static struct value price(const struct scope *s, const struct tariff_version *v,
                          struct text item)
{
    const struct tariff_line *line = line_of(v, item);
    struct value amount = none;

    if (line)
        amount = choose(line->rows, line->count, s);
    return amount.kind == VALUE_NUMBER ? amount : none;
}

static struct value sum(const struct scope *s, const struct tariff_version *v,
                        const struct value *items)
{
    struct value total = {.kind = VALUE_NUMBER, .thousandths = 0};

    if (items->kind == VALUE_TEXT)
        return price(s, v, items->text);
    if (items->kind != VALUE_LIST || !items->list.count ||
        items->list.count > TARIFF_ITEMS_MAX)
        return none;
    for (uint32_t i = 0; i < items->list.count; i++) {
        struct value one = price(s, v, items->list.items[i]);

        total = value_arithmetic(EXPR_OP_ADD, &total, &one);
    }
    return total;
}

struct value scope_tariff(const struct scope *s, enum tariff_part part)
{
    const struct tariff_version *v = in_force(s);
    struct value items = scope_field(s, TEXT("items"));
    struct value version;

    switch (part) {
    case TARIFF_AMOUNT:
        return v ? sum(s, v, &items) : none;
    case TARIFF_KNOWN:
        return (struct value){.kind = VALUE_FLAG,
                              .flag =
                                  v && sum(s, v, &items).kind == VALUE_NUMBER};
    case TARIFF_CURRENT:
        version = scope_field(s, TEXT("version"));
        if (version.kind != VALUE_TEXT)
            return none;
        return (struct value){.kind = VALUE_FLAG,
                              .flag = v && text_equal(v->name, version.text)};
    case TARIFF_VERSION:
        return v ? (struct value){.kind = VALUE_TEXT, .text = v->name} : none;
    case TARIFF_PART_COUNT:
        break;
    }
    return none;
}
