/* What crosses between proto and engine arrives whole, and is written as
 * protobuf-c would write it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "ledger/customs.h"
#include "proto/event.h"

static void set(struct name *n, const char *text)
{
    assert_true(name_set(n, text_of(text)));
}

static struct clock_instance instance(uint16_t clock, const char *key)
{
    struct clock_instance i = {.clock = clock,
                               .generation = 7,
                               .armed_at_ms = 1339380000000,
                               .due_ms = 1339466400000,
                               .paused_at_ms = 0,
                               .severity = 2,
                               .step_count = 2};

    set(&i.key, key);
    i.steps[0] = (struct pending_step){.due_ms = 1339381000000,
                                       .from_ms = 1339380000000,
                                       .page = 5,
                                       .severity = 2,
                                       .step = 255,
                                       .tier = 3};
    i.steps[1] = (struct pending_step){.due_ms = 1339382000000};
    return i;
}

/* Everything that a case can hold, filled to its bounds where it is a list. */
static struct case_record *full_case(void)
{
    struct case_record *c = calloc(1, sizeof *c);

    assert_non_null(c);
    set(&c->id, "LN-4");
    set(&c->station, "ST-LN-04");
    set(&c->region, "R-1");
    set(&c->product_line, "笔记本");
    set(&c->customer, "K-77");
    set(&c->asset, "A-1");
    set(&c->rules, "0123456789ab");
    set(&c->owner, "e1@ST-LN-04");
    set(&c->offered_to, "e2@ST-LN-04");
    set(&c->merged_into, "LN-5");
    set(&c->snoozed_by, "head@ST-LN-04");
    set(&c->acknowledged_by, "deputy@ST-LN-04");
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
    c->clock_count = CASE_CLOCKS_MAX;
    for (int i = 0; i < CASE_CLOCKS_MAX; i++)
        c->clocks[i] = instance((uint16_t)i, i % 2 ? "P1" : "");
    c->promise_count = CASE_PROMISES_MAX;
    for (int i = 0; i < CASE_PROMISES_MAX; i++) {
        c->promises[i] =
            (struct promise){.due_ms = 1339466400000 + i,
                             .made_at_ms = i,
                             .dated = i & 1,
                             .accepted = i & 2,
                             .state = (enum promise_state)(1 + i % 5)};
        set(&c->promises[i].id, "P1");
    }
    c->page_count = CASE_PAGES_MAX;
    for (int i = 0; i < CASE_PAGES_MAX; i++) {
        c->pages[i].tier = (uint8_t)(i % 4 + 1);
        c->pages[i].at_ms = i;
        set(&c->pages[i].id, "p12.1");
        set(&c->pages[i].person, "rep@R-1");
    }
    c->excluded_count = 2;
    set(&c->excluded[0], "e3");
    set(&c->excluded[1], "e4");
    c->booking_count = CASE_BOOKINGS_MAX;
    for (int i = 0; i < CASE_BOOKINGS_MAX; i++) {
        set(&c->bookings[i].set, "visits");
        set(&c->bookings[i].key, "V-1");
        c->bookings[i].subject.size = 12;
        memcpy(c->bookings[i].subject.data, "person:eng-1", 12);
    }
    c->item_count = CASE_ITEMS_MAX;
    for (int i = 0; i < CASE_ITEMS_MAX; i++) {
        c->items[i] = (struct item){.list = (uint16_t)(i % 3),
                                    .state = (enum item_state)(1 + i % 8),
                                    .tier = (uint8_t)(i % 5),
                                    .number = i * 1500,
                                    .at_ms = 1339466400000 + i,
                                    .due_ms = i % 2 ? 1339466500000 : 0,
                                    .ended_at_ms = i % 3 ? 1339466600000 : 0};
        set(&c->items[i].key, "board/L7");
        set(&c->items[i].owner, "ln04-e1");
        set(&c->items[i].by, "ln04-head");
    }
    set(&c->parent, "HW-1");
    set(&c->gathered_by, "HO-7");
    c->group_count = CASE_GROUPS_MAX;
    for (int i = 0; i < CASE_GROUPS_MAX; i++)
        set(&c->groups[i], "asset|SN-1");
    return c;
}

static void assert_same_bytes(struct slice a, struct slice b)
{
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
}

static void a_case_comes_back_from_its_row(void **state)
{
    struct case_record *c = full_case(), *back = calloc(1, sizeof *back);
    struct case_marks marks = {.closed = 1, .reopened = 2, .reassigned = 3};
    struct case_marks marks_back;
    struct bytes row = {0}, again = {0};

    (void)state;
    assert_int_equal(customs_case_row(c, &marks, &row), STATUS_OK);
    assert_int_equal(
        customs_case_read(bytes_slice(&row), back, &marks_back, NULL),
        STATUS_OK);
    assert_memory_equal(&marks, &marks_back, sizeof marks);
    assert_int_equal(customs_case_row(back, &marks_back, &again), STATUS_OK);
    assert_same_bytes(bytes_slice(&row), bytes_slice(&again));
    assert_memory_equal(c, back, sizeof *c);
    bytes_fini(&row);
    bytes_fini(&again);
    free(c);
    free(back);
}

/* Packed again by protobuf-c these are the same bytes. */
static Yinuo__V1__Case *hold_case(struct slice bytes)
{
    Yinuo__V1__Case *message =
        yinuo__v1__case__unpack(NULL, bytes.size, bytes.data);
    struct bytes packed = {0};

    assert_non_null(message);
    assert_string_equal(message->case_id, "LN-4");
    assert_string_equal(message->state, "waiting");
    assert_int_equal(message->last_seq, UINT64_C(1) << 40);
    assert_int_equal(message->base.n_unknown_fields, 0);
    assert_int_equal(codec_encode(&message->base, &packed), STATUS_OK);
    assert_same_bytes(bytes, bytes_slice(&packed));
    bytes_fini(&packed);
    return message;
}

static void a_row_is_what_protobuf_writes(void **state)
{
    struct case_record *c = full_case();
    struct case_marks marks = {1, 1, 1};
    struct bytes row = {0};

    (void)state;
    assert_int_equal(customs_case_row(c, &marks, &row), STATUS_OK);
    yinuo__v1__case__free_unpacked(hold_case(bytes_slice(&row)), NULL);
    bytes_fini(&row);
    free(c);
}

static void what_clients_read_has_the_clocks_one_by_one(void **state)
{
    struct case_record *c = full_case(), *back = calloc(1, sizeof *back);
    struct case_marks marks = {1, 1, 1}, marks_back;
    struct bytes told = {0};
    Yinuo__V1__Case *message;

    (void)state;
    assert_int_equal(customs_case_message(c, &marks, NULL, &told), STATUS_OK);
    message = hold_case(bytes_slice(&told));
    assert_int_equal(message->n_clocks, CASE_CLOCKS_MAX);
    assert_false(message->has_kept_clocks);
    assert_int_equal(message->clocks[1]->steps[0]->due_ms, 1339381000000);
    assert_int_equal(
        customs_case_read(bytes_slice(&told), back, &marks_back, NULL),
        STATUS_OK);
    assert_memory_equal(c, back, sizeof *c);
    yinuo__v1__case__free_unpacked(message, NULL);
    bytes_fini(&told);
    free(c);
    free(back);
}

#define LONGEST                                                                \
    "the-longest-name-that-anything-may-have-is-of-63-bytes-as-this!"

/* The longest names, and as many steps, pauses and digits as there can be. */
static struct case_record *largest_case(void)
{
    struct case_record *c = full_case();

    for (int i = 0; i < CASE_CLOCKS_MAX; i++) {
        struct clock_instance *k = &c->clocks[i];

        set(&k->key, LONGEST);
        k->step_count = CLOCK_STEPS_MAX;
        k->pause_count = CLOCK_PAUSES_MAX;
        k->generation = UINT32_MAX;
        k->paused_at_ms = k->paused_ms = 1339466400000;
        for (int s = 0; s < CLOCK_STEPS_MAX; s++)
            k->steps[s] = (struct pending_step){.due_ms = 1339466400000 + s,
                                                .from_ms = 1339466300000,
                                                .page = UINT16_MAX,
                                                .severity = 4,
                                                .step = 255,
                                                .tier = ROLES_MAX};
        for (int s = 0; s < CLOCK_PAUSES_MAX; s++)
            k->pauses[s] = (struct stretch){1339466400000, 1339466500000};
    }
    for (int i = 0; i < CASE_PROMISES_MAX; i++)
        set(&c->promises[i].id, LONGEST);
    for (int i = 0; i < CASE_PAGES_MAX; i++) {
        set(&c->pages[i].id, LONGEST);
        set(&c->pages[i].person, LONGEST);
    }
    for (int i = 0; i < CASE_ITEMS_MAX; i++) {
        set(&c->items[i].key, LONGEST);
        set(&c->items[i].owner, LONGEST);
        set(&c->items[i].by, LONGEST);
    }
    for (int i = 0; i < CASE_BOOKINGS_MAX; i++) {
        set(&c->bookings[i].set, LONGEST);
        set(&c->bookings[i].key, LONGEST);
    }
    for (int i = 0; i < COUNTERS_MAX; i++)
        c->counters[i] = INT32_MAX;
    c->locks = UINT16_MAX;
    return c;
}

static void the_largest_case_can_be_told_with_the_longest_names(void **state)
{
    static struct clock_rule clocks[CLOCKS_MAX];
    static struct counter counters[COUNTERS_MAX];
    static struct list_rule lists[3];
    static struct text locks[LOCKS_MAX];
    struct policy policy = {.name = TEXT(LONGEST),
                            .clocks = clocks,
                            .clock_count = CLOCKS_MAX,
                            .counters = counters,
                            .counter_count = COUNTERS_MAX,
                            .lists = lists,
                            .list_count = 3,
                            .locks = locks,
                            .lock_count = LOCKS_MAX};
    struct case_record *c = largest_case(), *back = calloc(1, sizeof *back);
    struct case_marks marks = {1, 1, 1};
    struct bytes row = {0}, told = {0};

    (void)state;
    for (size_t i = 0; i < CLOCKS_MAX; i++)
        clocks[i].name = TEXT(LONGEST);
    for (size_t i = 0; i < COUNTERS_MAX; i++)
        counters[i].name = TEXT(LONGEST);
    for (size_t i = 0; i < 3; i++)
        lists[i].name = TEXT(LONGEST);
    for (size_t i = 0; i < LOCKS_MAX; i++)
        locks[i] = TEXT(LONGEST);
    assert_int_equal(customs_case_row(c, &marks, &row), STATUS_OK);
    assert_int_equal(customs_case_read(bytes_slice(&row), back, &marks, NULL),
                     STATUS_OK);
    assert_int_equal(customs_case_message(c, &marks, &policy, &told),
                     STATUS_OK);
    assert_true(told.size > LIMIT_CASE_BYTES); /* a row is smaller */
    bytes_fini(&row);
    bytes_fini(&told);
    free(c);
    free(back);
}

/* What an earlier version kept as the row of a case is what clients read now.
 */
static void an_earlier_row_renewed_is_todays(void **state)
{
    struct case_record *c = full_case();
    struct case_marks marks = {1, 2, 3};
    struct bytes row = {0}, older = {0}, renewed = {0};

    (void)state;
    assert_int_equal(customs_case_row(c, &marks, &row), STATUS_OK);
    assert_int_equal(customs_case_message(c, &marks, NULL, &older), STATUS_OK);
    assert_int_equal(customs_renew_case(bytes_slice(&older), &renewed, NULL),
                     STATUS_OK);
    assert_same_bytes(bytes_slice(&row), bytes_slice(&renewed));
    assert_int_equal(customs_renew_case(slice_of(older.data, older.size / 2),
                                        &renewed, NULL),
                     STATUS_CORRUPT);
    bytes_fini(&row);
    bytes_fini(&older);
    bytes_fini(&renewed);
    free(c);
}

/* Fields that this version leaves out are not another decision. */
static void earlier_decisions_renewed_are_todays(void **state)
{
    struct decision d = {.kind = DECISION_SEVERITY, .number = 2, .previous = 3};
    static const uint8_t unknown[] = {0xfa, 0x7f, 0x01, 'x'}; /* field 2047 */
    struct bytes one = {0}, part = {0}, older = {0}, renewed = {0};

    (void)state;
    d.case_id = TEXT("LN-4");
    assert_int_equal(customs_decision(&d, &one), STATUS_OK);
    assert_int_equal(customs_decision_part(&d, &part), STATUS_OK);
    assert_true(one.size + sizeof unknown < 128);
    size_t tag = part.size - one.size - 1; /* and one byte of size behind it */

    bytes_append(&older, slice_of(part.data, tag));
    bytes_append_u8(&older, (uint8_t)(one.size + sizeof unknown));
    bytes_append(&older, bytes_slice(&one));
    bytes_append(&older, slice_of(unknown, sizeof unknown));
    assert_int_equal(
        customs_renew_decisions(bytes_slice(&older), &renewed, NULL),
        STATUS_OK);
    assert_same_bytes(bytes_slice(&part), bytes_slice(&renewed));
    bytes_fini(&one);
    bytes_fini(&part);
    bytes_fini(&older);
    bytes_fini(&renewed);
}

/* Also moments that lie before what they are counted from. */
static void clocks_of_any_moments_come_back(void **state)
{
    struct case_record *c = full_case(), *back = calloc(1, sizeof *back);
    struct case_marks marks = {0};
    struct bytes row = {0};

    (void)state;
    c->clock_count = 2;
    c->clocks[0].armed_at_ms = INT64_MIN;
    c->clocks[0].steps[0].from_ms = INT64_MAX;
    c->clocks[0].steps[0].due_ms = -1;
    c->clocks[0].steps[1].page = UINT16_MAX;
    c->clocks[1].step_count = 0;
    memset(c->clocks[1].steps, 0, sizeof c->clocks[1].steps);
    c->clocks[1].pause_count = 2;
    c->clocks[1].pauses[0] = (struct stretch){1339380000001, 1339380000002};
    c->clocks[1].pauses[1] = (struct stretch){-5, INT64_MAX};
    c->clocks[1].paused_ms = 77;
    memset(&c->clocks[2], 0, (CASE_CLOCKS_MAX - 2) * sizeof c->clocks[2]);
    assert_int_equal(customs_case_row(c, &marks, &row), STATUS_OK);
    assert_int_equal(customs_case_read(bytes_slice(&row), back, NULL, NULL),
                     STATUS_OK);
    assert_memory_equal(c, back, sizeof *c);
    bytes_fini(&row);
    free(c);
    free(back);
}

static void a_cut_row_is_corrupt_and_no_worse(void **state)
{
    struct case_record *c = full_case(), *back = calloc(1, sizeof *back);
    struct case_marks marks = {0};
    struct bytes row = {0};

    (void)state;
    assert_int_equal(customs_case_row(c, &marks, &row), STATUS_OK);
    for (size_t size = 0; size < row.size; size += 3)
        (void)!customs_case_read(slice_of(row.data, size), back, NULL, NULL);
    for (size_t i = 0; i < row.size; i += 5) {
        row.data[i] ^= 0x55;
        (void)!customs_case_read(bytes_slice(&row), back, NULL, NULL);
        row.data[i] ^= 0x55;
    }
    bytes_fini(&row);
    free(c);
    free(back);
}

static struct decision full_decision(const struct clock_instance *i,
                                     const struct promise *p)
{
    return (struct decision){.kind = DECISION_ARM,
                             .case_id = TEXT("HW-1"),
                             .severity = 3,
                             .tier = 2,
                             .index = 9,
                             .person = TEXT("M"),
                             .method = TEXT("sms"),
                             .rule = TEXT("TM-PLAN-S2"),
                             .clock = TEXT("plan"),
                             .key = TEXT("P1"),
                             .page_id = TEXT("p9.1"),
                             .value = TEXT("redirects"),
                             .number = -5,
                             .previous = 2,
                             .generation = 12,
                             .at_ms = 1458062400000,
                             .due_ms = 1458062400001,
                             .late_by_ms = 60000,
                             .from_ms = 1458062300000,
                             .span_ms = 3600000,
                             .open_time = true,
                             .instance = i,
                             .promise = p};
}

struct seen {
    struct decision decision;
    struct clock_instance instance;
    struct promise promise;
    struct item item;
    size_t count;
};

static enum status see(void *context, const struct decision *d,
                       struct slice bytes, struct error *err)
{
    struct seen *s = context;

    (void)bytes;
    (void)err;
    s->decision = *d;
    if (d->instance)
        s->instance = *d->instance;
    if (d->promise)
        s->promise = *d->promise;
    if (d->item)
        s->item = *d->item;
    s->count++;
    return STATUS_OK;
}

static void decisions_come_back_from_their_part(void **state)
{
    struct clock_instance i = instance(3, "station_head");
    struct promise p = {.due_ms = 1, .dated = true, .state = PROMISE_MISSED};
    struct decisions *d = calloc(1, sizeof *d);
    struct bytes part = {0};
    struct seen seen = {0};
    const struct decision *back = &seen.decision;

    (void)state;
    set(&p.id, "P1");
    d->list[0] = (struct decision){.kind = DECISION_NOTE};
    d->list[1] = full_decision(&i, &p);
    d->count = 2;
    assert_int_equal(customs_decisions(d, &part), STATUS_OK);
    assert_int_equal(
        customs_each_decision(bytes_slice(&part), see, &seen, NULL), STATUS_OK);
    assert_int_equal(seen.count, 2);
    assert_int_equal(back->kind, DECISION_ARM);
    assert_int_equal(back->index, 9);
    assert_int_equal(back->number, -5);
    assert_true(text_equal(back->person, TEXT("M")));
    assert_true(text_equal(back->value, TEXT("redirects")));
    assert_true(back->open_time);
    assert_memory_equal(&seen.instance, &i, sizeof i);
    assert_memory_equal(&seen.promise, &p, sizeof p);
    bytes_fini(&part);
    free(d);
}

static void an_item_comes_back_whole_and_is_not_believed_blindly(void **state)
{
    struct item it = {.list = 7,
                      .state = ITEM_APPROVED,
                      .tier = 3,
                      .number = 1000500,
                      .at_ms = 5,
                      .due_ms = 6,
                      .ended_at_ms = 7};
    struct decisions *d = calloc(1, sizeof *d);
    struct bytes part = {0};
    struct seen seen = {0};
    struct error err;

    (void)state;
    set(&it.key, "R2");
    set(&it.owner, "e1");
    set(&it.by, "r1-rep");
    d->count = 1;
    d->list[0] = (struct decision){
        .kind = DECISION_ITEM, .index = 7, .number = 4, .item = &it};
    assert_int_equal(customs_decisions(d, &part), STATUS_OK);
    assert_int_equal(
        customs_each_decision(bytes_slice(&part), see, &seen, NULL), STATUS_OK);
    assert_int_equal(seen.decision.number, 4);
    assert_memory_equal(&seen.item, &it, sizeof it);
    bytes_fini(&part);
    d->list[0].number = CASE_ITEMS_MAX; /* a slot that is none */
    assert_int_equal(customs_decisions(d, &part), STATUS_OK);
    assert_int_equal(
        customs_each_decision(bytes_slice(&part), see, &seen, &err),
        STATUS_CORRUPT);
    bytes_fini(&part);
    free(d);
}

static void a_part_is_a_piece_of_the_streams_record(void **state)
{
    struct clock_instance i = instance(3, "station_head");
    struct promise p = {.due_ms = 1, .state = PROMISE_OPEN};
    struct decisions *d = calloc(1, sizeof *d);
    struct bytes part = {0}, packed = {0};
    Yinuo__V1__StreamRecord *record;

    (void)state;
    set(&p.id, "P1");
    d->list[0] = full_decision(&i, &p);
    d->list[1] =
        (struct decision){.kind = DECISION_PAGE, .page_id = TEXT("p9.2")};
    d->count = 2;
    assert_int_equal(customs_decisions(d, &part), STATUS_OK);
    record = yinuo__v1__stream_record__unpack(NULL, part.size, part.data);
    assert_non_null(record);
    assert_int_equal(record->n_decisions, 2);
    assert_int_equal(record->decisions[0]->kind, DECISION_ARM);
    assert_int_equal(record->decisions[1]->kind, DECISION_PAGE);
    assert_int_equal(codec_encode(&record->base, &packed), STATUS_OK);
    assert_same_bytes(bytes_slice(&part), bytes_slice(&packed));
    yinuo__v1__stream_record__free_unpacked(record, NULL);
    bytes_fini(&part);
    bytes_fini(&packed);
    free(d);
}

static enum status see_intent(void *context, const struct decision *d,
                              struct slice bytes, struct error *err)
{
    const struct intent *i = d->intent;

    (void)bytes;
    (void)err;
    ++*(size_t *)context;
    assert_true(text_equal(d->key, TEXT("i17.2")));
    if (!i) { /* its end */
        assert_int_equal(d->number, 3);
        return STATUS_OK;
    }
    assert_true(text_equal(i->id, TEXT("i17.2")));
    assert_int_equal(i->query, QUERY_CASES_OF);
    assert_true(text_equal(i->subject, TEXT("ln03-e1")));
    assert_true(text_equal(i->cursor, TEXT("C-9")));
    assert_int_equal(i->done, 2);
    assert_int_equal(i->field_count, 6);
    assert_true(text_equal(i->fields[0].value.text, TEXT("HO-1")));
    assert_int_equal(i->fields[1].value.thousandths, 0);
    assert_int_equal(i->fields[2].value.thousandths, -1500);
    assert_int_equal(i->fields[3].value.kind, VALUE_FLAG);
    assert_false(i->fields[3].value.flag);
    assert_int_equal(i->fields[4].value.time_ms, 1338775260000);
    assert_int_equal(i->fields[5].value.thousandths, 7000);
    return STATUS_OK;
}

static void an_intent_comes_back_whole_and_as_protobuf_writes_it(void **state)
{
    struct intent i = {
        .id = TEXT("i17.2"),
        .query = QUERY_CASES_OF,
        .subject = TEXT("ln03-e1"),
        .kind = TEXT("handover.item_moved"),
        .fields = {{TEXT("into"), {VALUE_TEXT, {.text = TEXT("HO-1")}}},
                   {TEXT("zero"), {VALUE_NUMBER, {.thousandths = 0}}},
                   {TEXT("half"), {VALUE_NUMBER, {.thousandths = -1500}}},
                   {TEXT("no"), {VALUE_FLAG, {.flag = false}}},
                   {TEXT("at"), {VALUE_TIME, {.time_ms = 1338775260000}}},
                   {TEXT("seven"), {VALUE_NUMBER, {.thousandths = 7000}}}},
        .field_count = 6,
        .depth = 1,
        .cause_case = TEXT("HO-1"),
        .station = TEXT("ST-LN-03"),
        .at_ms = 1338775260000,
        .cause = 17,
        .cursor = TEXT("C-9"),
        .done = 2};
    struct decisions *d = calloc(1, sizeof *d);
    struct bytes part = {0}, packed = {0};
    Yinuo__V1__StreamRecord *record;
    struct error err;
    size_t count = 0;

    (void)state;
    d->list[0] = (struct decision){.kind = DECISION_INTENT,
                                   .key = i.id,
                                   .value = i.kind,
                                   .number = 2,
                                   .intent = &i};
    d->list[1] = (struct decision){
        .kind = DECISION_INTENT, .key = i.id, .value = i.kind, .number = 3};
    d->count = 2;
    assert_int_equal(customs_decisions(d, &part), STATUS_OK);
    assert_int_equal(
        customs_each_decision(bytes_slice(&part), see_intent, &count, &err),
        STATUS_OK);
    assert_int_equal(count, 2);
    record = yinuo__v1__stream_record__unpack(NULL, part.size, part.data);
    assert_non_null(record);
    assert_int_equal(codec_encode(&record->base, &packed), STATUS_OK);
    assert_same_bytes(bytes_slice(&part), bytes_slice(&packed));
    yinuo__v1__stream_record__free_unpacked(record, NULL);
    bytes_fini(&part);
    bytes_fini(&packed);
    free(d);
}

static const struct kind_rule kinds[] = {
    {.name = {"promise.made", 12}},
    {.name = {"case.closed", 11}},
};
static const struct policy policy = {
    .name = {"test", 4}, .kinds = kinds, .kind_count = 2};

static void put(Yinuo__V1__Event *e, const char *name, struct event_value v,
                struct arena *arena)
{
    assert_int_equal(event_set(e, name, &v, arena, NULL), REFUSAL_NONE);
}

static void an_events_fields_cross_by_their_names(void **state)
{
    const char *const words[] = {"可能", "应该"};
    struct arena arena;
    struct input in;
    struct fault fault;
    Yinuo__V1__Event *e;

    (void)state;
    arena_init(&arena, 1 << 20);
    e = event_new("promise.made", &arena);
    e->has_at_ms = 1;
    e->at_ms = 1000;
    e->case_id = arena_text(&arena, "LN-1");
    e->customer_id = arena_text(&arena, "K-1");
    e->note = arena_text(&arena, "half past five");
    put(e, "promise_id", (struct event_value){.type = EVENT_TEXT, .text = "P1"},
        &arena);
    put(e, "due", (struct event_value){.type = EVENT_TIME, .number = 5000},
        &arena);
    put(e, "accepted_by_customer",
        (struct event_value){.type = EVENT_FLAG, .number = 1}, &arena);
    put(e, "amount", (struct event_value){.type = EVENT_REAL, .real = 1.5},
        &arena);
    put(e, "count", (struct event_value){.type = EVENT_NUMBER, .number = 7},
        &arena);
    put(e, "phrases",
        (struct event_value){.type = EVENT_LIST, .list = words, .count = 2},
        &arena);
    assert_int_equal(customs_input(e, &policy, &arena, &in, &fault),
                     REFUSAL_NONE);
    assert_int_equal(in.event, 0);
    assert_int_equal(in.at_ms, 1000);
    assert_int_equal(in.received_at_ms, 1000);
    assert_true(text_equal(in.customer, TEXT("K-1")));
    assert_true(
        text_equal(input_field(&in, TEXT("promise_id"))->text, TEXT("P1")));
    assert_int_equal(input_field(&in, TEXT("due"))->kind, VALUE_TIME);
    assert_int_equal(input_field(&in, TEXT("due"))->time_ms, 5000);
    assert_true(input_field(&in, TEXT("accepted_by_customer"))->flag);
    assert_int_equal(input_field(&in, TEXT("amount"))->thousandths, 1500);
    assert_int_equal(input_field(&in, TEXT("count"))->thousandths, 7000);
    assert_int_equal(input_field(&in, TEXT("phrases"))->list.count, 2);
    assert_true(text_equal(input_field(&in, TEXT("note"))->text,
                           TEXT("half past five")));
    assert_null(input_field(&in, TEXT("what")));
    arena_fini(&arena);
}

static void a_change_stands_for_an_event_of_its_kind(void **state)
{
    struct arena arena;
    struct input in;
    struct fault fault;
    Yinuo__V1__Event *e;
    Yinuo__V1__Change change = YINUO__V1__CHANGE__INIT, told = change;
    Yinuo__V1__Change *list[] = {&told, &change};

    (void)state;
    arena_init(&arena, 1 << 20);
    e = event_new("promise.made", &arena);
    change.kind = arena_text(&arena, "case.closed");
    change.to = arena_text(&arena, "Closed");
    change.has_count = 1;
    change.count = 2;
    told.field = arena_text(&arena, "colour");
    e->changes = list;
    e->n_changes = 2;
    assert_int_equal(customs_input(e, &policy, &arena, &in, &fault),
                     REFUSAL_NONE);
    assert_int_equal(in.change_count, 1);
    assert_int_equal(in.changes[0].kind, 1);
    assert_int_equal(in.changes[0].count, 2);
    assert_true(text_equal(in.changes[0].to, TEXT("Closed")));
    change.kind = arena_text(&arena, "case.eaten");
    assert_int_equal(customs_input(e, &policy, &arena, &in, &fault),
                     REFUSAL_UNKNOWN_KIND);
    arena_fini(&arena);
}

static void personal_words_are_taken_out_and_put_back(void **state)
{
    struct arena arena;
    struct bytes before = {0}, after = {0}, personal = {0};
    Yinuo__V1__Event *e;

    (void)state;
    arena_init(&arena, 1 << 20);
    e = event_new("promise.made", &arena);
    e->note = arena_text(&arena, "Mr Wang, 138 0000 0000");
    e->case_id = arena_text(&arena, "LN-1");
    assert_int_equal(codec_encode(&e->base, &before), STATUS_OK);
    assert_int_equal(customs_split(e, &arena, &personal), STATUS_OK);
    assert_null(e->note);
    assert_true(personal.size > 0);
    assert_int_equal(customs_join(e, bytes_slice(&personal), &arena, NULL),
                     STATUS_OK);
    assert_int_equal(codec_encode(&e->base, &after), STATUS_OK);
    assert_same_bytes(bytes_slice(&before), bytes_slice(&after));
    bytes_fini(&before);
    bytes_fini(&after);
    bytes_fini(&personal);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_comes_back_from_its_row),
        cmocka_unit_test(a_row_is_what_protobuf_writes),
        cmocka_unit_test(what_clients_read_has_the_clocks_one_by_one),
        cmocka_unit_test(clocks_of_any_moments_come_back),
        cmocka_unit_test(the_largest_case_can_be_told_with_the_longest_names),
        cmocka_unit_test(an_earlier_row_renewed_is_todays),
        cmocka_unit_test(earlier_decisions_renewed_are_todays),
        cmocka_unit_test(a_cut_row_is_corrupt_and_no_worse),
        cmocka_unit_test(decisions_come_back_from_their_part),
        cmocka_unit_test(an_item_comes_back_whole_and_is_not_believed_blindly),
        cmocka_unit_test(a_part_is_a_piece_of_the_streams_record),
        cmocka_unit_test(an_intent_comes_back_whole_and_as_protobuf_writes_it),
        cmocka_unit_test(an_events_fields_cross_by_their_names),
        cmocka_unit_test(a_change_stands_for_an_event_of_its_kind),
        cmocka_unit_test(personal_words_are_taken_out_and_put_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
