#include "cli/items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/table.h"
#include "cli/when.h"
#include "cli/words.h"

enum { SHOWN_MAX = 64 };

static const struct table_column columns[] = {
    {N_("ITEM"), false, 8}, {N_("LIST"), false, 8}, {N_("STATE"), false, 0},
    {N_("WHO"), false, 6},  {N_("DUE"), false, 0},
};

bool item_is_open(const Yinuo__V1__CaseItem *i)
{
    return i->state &&
           (strcmp(i->state, "open") == 0 || strcmp(i->state, "taken") == 0);
}

/* What has a due comes first, the earliest first; the order of the list else.
 */
static int before(const void *a, const void *b)
{
    const Yinuo__V1__CaseItem *const *x = a, *const *y = b;
    int64_t p = (*x)->due_ms ? (*x)->due_ms : INT64_MAX;
    int64_t q = (*y)->due_ms ? (*y)->due_ms : INT64_MAX;

    if (p != q)
        return p < q ? -1 : 1;
    if ((*x)->index != (*y)->index)
        return (*x)->index < (*y)->index ? -1 : 1;
    return (*x)->at_ms < (*y)->at_ms ? -1 : (*x)->at_ms > (*y)->at_ms;
}

/* A request: whom it waits for; else who has it, or who is to do it. */
static const char *who(const Yinuo__V1__CaseItem *i)
{
    if (i->tier)
        return tier_word((int)i->tier);
    return i->by && *i->by ? i->by : i->owner;
}

static void add(struct table *t, const Yinuo__V1__CaseItem *i, int64_t now_ms)
{
    char words[WHEN_WORDS_SIZE] = "";

    if (i->due_ms)
        when_both(now_ms, i->due_ms, words);
    if (i->number)
        table_addf(t, OUT_STRONG, "%s (%.10g)", i->key,
                   (double)i->number / 1000.0);
    else
        table_add(t, i->key, OUT_STRONG);
    table_add(t, list_word(i->list), OUT_PLAIN);
    table_add(t, item_word(i->state), OUT_PLAIN);
    table_add(t, who(i), OUT_PLAIN);
    table_add(t, words, i->due_ms && i->due_ms < now_ms ? OUT_BAD : OUT_PLAIN);
}

void items_show(const struct out *o, const Yinuo__V1__Case *c, int64_t now_ms)
{
    const Yinuo__V1__CaseItem *list[SHOWN_MAX];
    size_t count = 0, over = 0;
    struct table t;

    for (size_t i = 0; i < c->n_items; i++) {
        if (item_is_open(c->items[i]) && count < SHOWN_MAX)
            list[count++] = c->items[i];
        else
            over++;
    }
    if (!count)
        return;
    qsort(list, count, sizeof list[0], before);
    out_printf(o, "\n");
    out_text(o, OUT_STRONG, _("Open items"));
    if (over)
        out_printf(o, _(" (%zu more are done)"), over);
    out_printf(o, "\n");
    table_init(&t, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < count; i++)
        add(&t, list[i], now_ms);
    table_print(&t, o);
    table_fini(&t);
}
