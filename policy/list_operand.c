/* list_operand - what a condition asks of the lists: open.tasks. */
#include "policy/lists.h"

static const char *const words[] = {
#define X(name, word) word,
    EXPR_LISTS(X)
#undef X
};

static enum type type_of(enum expr_list which, bool of_item)
{
    if (of_item || which == EXPR_LIST_SKIPS)
        return A_FLAG;
    return which == EXPR_LIST_STATE ? A_TEXT : A_NUMBER;
}

/* The part of a word up to the next dot; *rest is what stands behind it. */
static struct text part(struct text word, struct text *rest)
{
    uint32_t n = 0;

    while (n < word.size && word.data[n] != '.')
        n++;
    *rest = n < word.size ? (struct text){word.data + n + 1, word.size - n - 1}
                          : (struct text){NULL, 0};
    return (struct text){word.data, n};
}

static void find_item(struct compiler *c, const struct list_rule *list,
                      struct text name, size_t skip)
{
    struct text near = TEXT("");

    names_index(NAMES_OF("item", list->items, list->item_count), name, &near);
    compiler_fail(c, c->token.offset + skip, report_meant(c->l, near),
                  "the list %.*s has no item \"%.*s\"", TEXT_ARG(list->name),
                  TEXT_ARG(name));
}

bool operand_of_list(struct compiler *c, struct operand *o)
{
    struct text name, item, first = part(c->token.word, &name);
    size_t offset = c->token.offset + first.size + 1;
    unsigned which = 0;
    const struct draft *d = c->l->draft;
    const struct list_rule *rule;
    size_t list, count = d->policy->list_count;

    while (which < EXPR_LIST_COUNT && !text_equal(first, text_of(words[which])))
        which++;
    if (which == EXPR_LIST_COUNT || !name.size)
        return false;
    name = part(name, &item);
    *o = operand_of(type_of((enum expr_list)which, item.size > 0), offset);
    list = compiler_find(c, NAMES_OF("list", d->lists, count), name,
                         first.size + 1);
    if (list == count)
        return true;
    rule = &d->lists[list];
    if (item.size && which != EXPR_LIST_DONE)
        compiler_fail(c, offset, "done.LIST.ITEM",
                      "only done can be asked of one item");
    else if (item.size && !list_item(rule, item))
        find_item(c, rule, item, first.size + name.size + 2);
    compiler_push(c, (struct expr_row){.op = EXPR_OP_LIST,
                                       .index = (uint16_t)list,
                                       .which = (uint8_t)which,
                                       .name = loader_text(c->l, item)});
    return true;
}
