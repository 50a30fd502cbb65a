#include "customs_support.h"

#include <stdlib.h>
#include <string.h>

void set_name(struct name *n, const char *text)
{
    assert_true(name_set(n, text_of(text)));
}

struct clock_instance sample_clock(uint16_t clock, const char *key)
{
    struct clock_instance i = {.clock = clock,
                               .generation = 7,
                               .armed_at_ms = 1339380000000,
                               .due_ms = 1339466400000,
                               .paused_at_ms = 0,
                               .severity = 2,
                               .step_count = 2};

    set_name(&i.key, key);
    i.steps[0] = (struct pending_step){.due_ms = 1339381000000,
                                       .from_ms = 1339380000000,
                                       .page = 5,
                                       .severity = 2,
                                       .step = 255,
                                       .tier = 3};
    i.steps[1] = (struct pending_step){.due_ms = 1339382000000};
    return i;
}

static void fill_names(struct case_record *c)
{
    set_name(&c->id, "LN-4");
    set_name(&c->station, "ST-LN-04");
    set_name(&c->region, "R-1");
    set_name(&c->product_line, "笔记本");
    set_name(&c->customer, "K-77");
    set_name(&c->asset, "A-1");
    set_name(&c->rules, "0123456789ab");
    set_name(&c->owner, "e1@ST-LN-04");
    set_name(&c->offered_to, "e2@ST-LN-04");
    set_name(&c->merged_into, "LN-5");
    set_name(&c->snoozed_by, "head@ST-LN-04");
    set_name(&c->acknowledged_by, "deputy@ST-LN-04");
    set_name(&c->parent, "HW-1");
    set_name(&c->gathered_by, "HO-7");
}

static void fill_numbers(struct case_record *c)
{
    c->status = CASE_WAITING;
    c->severity = 2;
    c->severity_before = 4;
    c->opened_at_ms = 1339380000000;
    c->raised_at_ms = c->opened_at_ms + 1;
    c->last_contact_at_ms = c->opened_at_ms + 2;
    c->resolved_at_ms = c->opened_at_ms + 3;
    c->closed_at_ms = c->opened_at_ms + 4;
    c->updated_at_ms = c->opened_at_ms + 5;
    c->waiting_until_ms = c->opened_at_ms + 6;
    c->snoozed_until_ms = c->opened_at_ms + 7;
    c->acknowledged_at_ms = c->opened_at_ms + 8;
    c->owner_frozen = 1;
    c->locks = 0x8001;
    c->acknowledged_tiers = 0x1c;
    c->called[2] = 3;
    c->called[ROLES_MAX] = 1;
    c->unreachable[3] = 2;
    c->next_generation = 4000000000u;
    c->opened_sequence = 1;
    c->last_sequence = UINT64_C(1) << 40;
    c->counters[0] = 35;
    c->counters[COUNTERS_MAX - 1] = -1;
}

static void fill_clocks_and_promises(struct case_record *c)
{
    c->clock_count = CASE_CLOCKS_MAX;
    for (int i = 0; i < CASE_CLOCKS_MAX; i++)
        c->clocks[i] = sample_clock((uint16_t)i, i % 2 ? "P1" : "");
    c->promise_count = CASE_PROMISES_MAX;
    for (int i = 0; i < CASE_PROMISES_MAX; i++) {
        c->promises[i] =
            (struct promise){.due_ms = 1339466400000 + i,
                             .made_at_ms = i,
                             .dated = i & 1,
                             .accepted = i & 2,
                             .state = (enum promise_state)(1 + i % 5)};
        set_name(&c->promises[i].id, "P1");
    }
}

static void fill_lists(struct case_record *c)
{
    c->page_count = CASE_PAGES_MAX;
    for (int i = 0; i < CASE_PAGES_MAX; i++) {
        c->pages[i].tier = (uint8_t)(i % 4 + 1);
        c->pages[i].at_ms = i;
        set_name(&c->pages[i].id, "p12.1");
        set_name(&c->pages[i].person, "rep@R-1");
    }
    c->excluded_count = 2;
    set_name(&c->excluded[0], "e3");
    set_name(&c->excluded[1], "e4");
    c->booking_count = CASE_BOOKINGS_MAX;
    for (int i = 0; i < CASE_BOOKINGS_MAX; i++) {
        set_name(&c->bookings[i].set, "visits");
        set_name(&c->bookings[i].key, "V-1");
        c->bookings[i].subject.size = 12;
        memcpy(c->bookings[i].subject.data, "person:eng-1", 12);
    }
    c->group_count = CASE_GROUPS_MAX;
    for (int i = 0; i < CASE_GROUPS_MAX; i++)
        set_name(&c->groups[i], "asset|SN-1");
}

static void fill_items(struct case_record *c)
{
    c->item_count = CASE_ITEMS_MAX;
    for (int i = 0; i < CASE_ITEMS_MAX; i++) {
        c->items[i] = (struct item){.list = (uint16_t)(i % 3),
                                    .state = (enum item_state)(1 + i % 8),
                                    .tier = (uint8_t)(i % 5),
                                    .number = i * 1500,
                                    .at_ms = 1339466400000 + i,
                                    .due_ms = i % 2 ? 1339466500000 : 0,
                                    .ended_at_ms = i % 3 ? 1339466600000 : 0};
        set_name(&c->items[i].key, "board/L7");
        set_name(&c->items[i].owner, "ln04-e1");
        set_name(&c->items[i].by, "ln04-head");
    }
}

struct case_record *full_case(void)
{
    struct case_record *c = calloc(1, sizeof *c);

    assert_non_null(c);
    fill_names(c);
    fill_numbers(c);
    fill_clocks_and_promises(c);
    fill_lists(c);
    fill_items(c);
    return c;
}

void assert_same_bytes(struct slice a, struct slice b)
{
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
}
