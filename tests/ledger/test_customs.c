/* What crosses between proto and engine arrives whole, and is written as
 * protobuf-c would write it. */
#include "customs_support.h"

#include <stdlib.h>
#include <string.h>

#include "proto/event.h"

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
    struct clock_instance i = sample_clock(3, "station_head");
    struct promise p = {.due_ms = 1, .dated = true, .state = PROMISE_MISSED};
    struct decisions *d = calloc(1, sizeof *d);
    struct bytes part = {0};
    struct seen seen = {0};
    const struct decision *back = &seen.decision;

    (void)state;
    set_name(&p.id, "P1");
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
    set_name(&it.key, "R2");
    set_name(&it.owner, "e1");
    set_name(&it.by, "r1-rep");
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
    struct clock_instance i = sample_clock(3, "station_head");
    struct promise p = {.due_ms = 1, .state = PROMISE_OPEN};
    struct decisions *d = calloc(1, sizeof *d);
    struct bytes part = {0}, packed = {0};
    Yinuo__V1__StreamRecord *record;

    (void)state;
    set_name(&p.id, "P1");
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
        cmocka_unit_test(earlier_decisions_renewed_are_todays),
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
