/* items - what the files of a case's lists have in common; of the engine alone.
 *
 * Memory: keys point into the event, and into the struct itself. */
#ifndef ENGINE_ITEMS_H
#define ENGINE_ITEMS_H

#include "engine/run.h"

/* The items that an event speaks of, by key. */
struct item_keys {
    size_t count;
    struct text list[CASE_ITEMS_MAX];
    struct name joined; /* where a key is made of two fields */
    bool too_long;
};

/* items.c: which */
void item_keys_find(struct item_keys *k, const struct list_rule *list,
                    const struct event *ev, const struct effect_row *row);
const struct item *item_find(const struct run *r, uint16_t list,
                             struct text key);
/* NULL: none, or several. */
const struct item *item_only_open(const struct run *r, uint16_t list);
bool item_any_open(const struct run *r, uint16_t list);
uint16_t item_list(const struct run *r, const struct event *ev,
                   const struct effect_row *row);

/* items_change.c: one changes */
void item_put(struct run *r, const struct item *item, int64_t at_ms);
void item_finish(struct run *r, const struct event *ev, const struct item *i,
                 enum item_state state);
void items_begin(struct run *r, const struct event *ev, uint16_t index);
void item_add(struct run *r, const struct event *ev, uint16_t index,
              struct text key);
void item_ask(struct run *r, const struct event *ev, uint16_t index,
              struct text key);
void item_use(struct run *r, const struct event *ev, uint16_t index);
/* In thousandths. */
int64_t item_count_of(const struct event *ev);
/* NULL: the event does not say. */
const struct value *item_amount(const struct event *ev,
                                const struct list_rule *list);
int64_t item_thousandths(const struct value *amount);

#endif
