#include "support.h"

#include "proto/event.h"

static Yinuo__V1__Event *promise(void)
{
    Yinuo__V1__Event *event = event_new("promise.made", &arena);
    event->id = (char *)(uintptr_t) "e1";
    event->has_at_ms = 1;
    event->at_ms = 1000;
    return event;
}

static void type_in(Yinuo__V1__Event *event, const char *name,
                    const char *typed, enum refusal code)
{
    struct fault fault = {0};
    assert_string_equal(
        refusal_name(event_set_typed(event, name, typed, "Asia/Shanghai",
                                     &arena, &fault)),
        refusal_name(code));
}

static void what_is_typed_is_read_as_the_field_wants_it(void **state)
{
    Yinuo__V1__Event *event = promise();
    type_in(event, "due", "2012-06-05 18:00", REFUSAL_NONE);
    type_in(event, "accepted", "yes", REFUSAL_NONE);
    type_in(event, "what", "42", REFUSAL_NONE);
    type_in(event, "case_id", "17", REFUSAL_NONE);
    type_in(event, "floor", "3", REFUSAL_NONE);
    type_in(event, "room", "007", REFUSAL_NONE);
    type_in(event, "urgent", "true", REFUSAL_NONE);
    assert_true(event->promise_fields->due_ms == INT64_C(1338890400000));
    assert_true(event->promise_fields->accepted);
    assert_string_equal(event->promise_fields->what, "42");
    assert_string_equal(event->case_id, "17");
    struct event_value value;
    assert_true(event_get(event, "floor", &value));
    assert_int_equal(value.type, EVENT_NUMBER);
    assert_true(event_get(event, "room", &value));
    assert_string_equal(value.text, "007");
    assert_true(event_get(event, "urgent", &value));
    assert_int_equal(value.type, EVENT_FLAG);
    assert_int_equal(event_check(event, 0, NULL), REFUSAL_NONE);
    type_in(event, "due", "some day", REFUSAL_BAD_FIELD);
    type_in(event, "accepted", "perhaps", REFUSAL_BAD_FIELD);
    type_in(event, "source", "robot", REFUSAL_BAD_FIELD);
    type_in(event, "source", "hotline", REFUSAL_NONE);
    assert_true(event_get(event, "source", &value));
    assert_string_equal(value.text, "hotline");
    (void)state;
}

static void a_list_is_typed_with_commas(void **state)
{
    Yinuo__V1__Event *event = event_new("case.opened", &arena);
    type_in(event, "stakeholders", " X, Y ,,Z the third", REFUSAL_NONE);
    assert_int_equal(event->case_fields->n_stakeholders, 3);
    assert_string_equal(event->case_fields->stakeholders[1], "Y");
    assert_string_equal(event->case_fields->stakeholders[2], "Z the third");
    (void)state;
}

static void none_withdraws_a_value_and_counts_as_an_answer(void **state)
{
    Yinuo__V1__Event *event = promise();
    assert_int_equal(event_check(event, 0, NULL), REFUSAL_MISSING_FIELD);
    assert_int_equal(event_check(event, EVENT_WITHOUT_NEEDED, NULL),
                     REFUSAL_NONE);
    type_in(event, "due", "2012-06-05 18:00", REFUSAL_NONE);
    type_in(event, "due", "none", REFUSAL_NONE);
    struct event_value value;
    assert_true(event_get(event, "due", &value));
    assert_int_equal(value.type, EVENT_NULL);
    assert_int_equal(event_check(event, 0, NULL), REFUSAL_NONE);
    type_in(event, "due", "2012-06-05 18:00", REFUSAL_NONE);
    assert_int_equal(event->n_attributes, 0);
    (void)state;
}

static void own_fields_are_walked_over_typed_ones_first(void **state)
{
    Yinuo__V1__Event *event = promise();
    type_in(event, "x", "y", REFUSAL_NONE);
    type_in(event, "due", "2012-06-05 18:00", REFUSAL_NONE);
    type_in(event, "promise_id", "P1", REFUSAL_NONE);
    struct event_fields fields;
    char seen[64] = "";
    event_fields_begin(&fields, event);
    while (event_fields_next(&fields)) {
        strcat(seen, fields.name);
        strcat(seen, " ");
    }
    assert_string_equal(seen, "promise_id due x ");
    (void)state;
}

static enum refusal checked(const Yinuo__V1__Event *event)
{
    return event_check(event, EVENT_WITHOUT_NEEDED, NULL);
}

static Yinuo__V1__Attribute *attribute(Yinuo__V1__Event *event,
                                       const char *name)
{
    struct event_value value = {.type = EVENT_TEXT, .text = "v"};
    assert_int_equal(event_set(event, "spare", &value, &arena, NULL),
                     REFUSAL_NONE);
    Yinuo__V1__Attribute *last = event->attributes[event->n_attributes - 1];
    last->name = arena_text(&arena, name);
    return last;
}

static void an_event_that_contradicts_itself_is_refused(void **state)
{
    Yinuo__V1__Event *event = promise();
    event->kind_code = KIND_PROMISE_KEPT;
    assert_int_equal(checked(event), REFUSAL_BAD_FIELD);

    event = promise();
    event->mood_fields =
        field_new_message(&yinuo__v1__mood_fields__descriptor, &arena);
    assert_int_equal(checked(event), REFUSAL_BAD_FIELD);

    event = promise();
    attribute(event, "a");
    assert_int_equal(checked(event), REFUSAL_NONE);
    attribute(event, "a");
    assert_int_equal(checked(event), REFUSAL_BAD_FIELD);

    event = promise();
    attribute(event, "station");
    assert_int_equal(checked(event), REFUSAL_BAD_FIELD);

    event = promise();
    attribute(event, "x")->has_flag = 1;
    assert_int_equal(checked(event), REFUSAL_BAD_FIELD);

    event = promise();
    attribute(event, "");
    assert_int_equal(checked(event), REFUSAL_MISSING_FIELD);

    event = promise();
    event->at_ms = INT64_MAX;
    assert_int_equal(checked(event), REFUSAL_TIME_OUT_OF_RANGE);
    event->at_ms = -1;
    assert_int_equal(checked(event), REFUSAL_TIME_OUT_OF_RANGE);
    event->has_at_ms = 0;
    assert_int_equal(checked(event), REFUSAL_MISSING_FIELD);
    assert_int_equal(
        event_check(event, EVENT_WITHOUT_AT | EVENT_WITHOUT_NEEDED, NULL),
        REFUSAL_NONE);
    (void)state;
}

static void an_event_has_so_many_attributes_and_no_more(void **state)
{
    Yinuo__V1__Event *event = event_new("no.such", &arena);
    struct event_value value = {.type = EVENT_FLAG, .number = 1};
    char name[16];
    for (int i = 0; i < LIMIT_ATTRIBUTES; i++) {
        snprintf(name, sizeof name, "a%d", i);
        assert_int_equal(event_set(event, name, &value, &arena, NULL),
                         REFUSAL_NONE);
    }
    assert_int_equal(event_set(event, "b", &value, &arena, NULL),
                     REFUSAL_TOO_MANY);
    assert_int_equal(event_set(event, "a7", &value, &arena, NULL),
                     REFUSAL_NONE);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_typed_is_read_as_the_field_wants_it),
        TEST(a_list_is_typed_with_commas),
        TEST(none_withdraws_a_value_and_counts_as_an_answer),
        TEST(own_fields_are_walked_over_typed_ones_first),
        TEST(an_event_that_contradicts_itself_is_refused),
        TEST(an_event_has_so_many_attributes_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
