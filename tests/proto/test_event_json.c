#include "support.h"

#include "proto/event_json.h"
#include "proto/message_json.h"
#include "proto/roles.h"
#include "tests/support/roles.h"

static json_t *json_of(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_DECODE_ANY, &error);
    if (!json)
        fail_msg("%s: %s", text, error.text);
    return json;
}

static void assert_json(json_t *got, const char *expected)
{
    json_t *wanted = json_of(expected);
    if (!json_equal(got, wanted)) {
        char *text = json_dumps(got, JSON_COMPACT | JSON_ENCODE_ANY);
        fail_msg("\n got      %s\n expected %s", text, expected);
    }
    json_decref(wanted);
    json_decref(got);
}

static Yinuo__V1__Event *event_of(const char *text)
{
    struct fault fault = {0};
    json_t *json = json_of(text);
    Yinuo__V1__Event *event =
        event_from_json(json, "Asia/Shanghai", &arena, &fault);
    json_decref(json);
    if (!event)
        fail_msg("%s: %s", text, fault.text);
    return event;
}

/* JSON -> Event -> bytes -> Event -> JSON */
static json_t *there_and_back(const char *text)
{
    struct fault fault;
    struct bytes bytes = {0};
    assert_int_equal(codec_encode(&event_of(text)->base, &bytes), STATUS_OK);
    Yinuo__V1__Event *event = event_decode(bytes_slice(&bytes), &arena, &fault);
    if (!event)
        fail_msg("%s: %s", text, fault.text);
    bytes_fini(&bytes);
    return event_to_json(event, "Asia/Shanghai");
}

static void assert_lossless(const char *text)
{
    assert_json(there_and_back(text), text);
}

static void refused(const char *text, enum refusal code, const char *field)
{
    struct fault fault = {0};
    json_t *json = json_of(text);
    Yinuo__V1__Event *event = event_from_json(json, NULL, &arena, &fault);
    if (event)
        event_check(event, 0, &fault);
    assert_string_equal(refusal_name(fault.code), refusal_name(code));
    assert_string_equal(fault.field, field);
    json_decref(json);
}

#define HEAD "\"id\":\"e1\",\"at\":\"2012-06-04T10:05:00+08:00\","

static void an_event_is_one_flat_object(void **state)
{
    const char *text =
        "{" HEAD "\"kind\":\"promise.made\",\"station\":\"ST-LN-03\","
        "\"received_at\":\"2012-06-04T10:05:01.250+08:00\","
        "\"case_id\":\"C-9\",\"source\":\"station\",\"promise_id\":\"P1\","
        "\"what\":\"测试\",\"due\":\"2012-06-05T18:00:00+08:00\","
        "\"granularity\":\"day\",\"accepted\":true,\"tone\":\"friendly\"}";
    Yinuo__V1__Event *event = event_of(text);
    assert_int_equal(event->kind_code, KIND_PROMISE_MADE);
    assert_int_equal(event->source, YINUO__V1__SOURCE__SOURCE_STATION);
    assert_string_equal(event->promise_fields->promise_id, "P1");
    assert_true(event->promise_fields->due_ms == INT64_C(1338890400000));
    assert_int_equal(event->n_attributes, 1);
    assert_int_equal(event_check(event, 0, NULL), REFUSAL_NONE);
    assert_lossless(text);
    (void)state;
}

static void a_time_without_offset_takes_the_zone(void **state)
{
    Yinuo__V1__Event *event = event_of(
        "{\"id\":\"1\",\"kind\":\"promise.made\",\"at\":\"2012-06-04 10:05\","
        "\"due\":\"2012-06-05T18:00:00\"}");
    assert_true(event->at_ms == INT64_C(1338775500000));
    assert_true(event->promise_fields->due_ms == INT64_C(1338890400000));
    (void)state;
}

static void any_flat_object_comes_back(void **state)
{
    assert_lossless("{" HEAD "\"kind\":\"no.such\",\"a\":1,\"b\":2.5,"
                    "\"c\":true,\"d\":false,\"e\":null,\"f\":\"\",\"g\":[],"
                    "\"h\":[\"x\",\"\"],\"i\":[1,2],\"j\":5.0,"
                    "\"k\":9223372036854775807,\"客\":\"户\",\"l m\":\"n\"}");
    assert_lossless("{\"kind\":\"case.opened\",\"kind_code\":7,"
                    "\"case_fields\":\"x\",\"attributes\":[\"y\"],"
                    "\"symptom\":null,\"stakeholders\":[],\"class\":5,"
                    "\"in_warranty\":\"perhaps\",\"due_ms\":8,"
                    "\"opened_at\":\"last week\",\"note\":null,"
                    "\"nested\":{\"a\":[1,{\"b\":null}]}}");
    assert_lossless("{\"kind\":\"social.posted\",\"reposts\":\"many\","
                    "\"followers\":769,\"images\":true,"
                    "\"posted_at\":\"2012-05-13T12:30:00+08:00\","
                    "\"sensitive_words\":[\"打人\"]}");
    assert_lossless("{\"kind\":\"survey.scored\",\"score\":4.95}");
    assert_lossless("{\"kind\":\"survey.scored\",\"score\":5}");
    assert_lossless("{\"kind\":\"charge.quoted\",\"amount\":199,"
                    "\"items\":[\"dust\"]}");
    (void)state;
}

static void changes_are_carried_in_their_order(void **state)
{
    const char *text =
        "{" HEAD "\"kind\":\"case.updated\",\"changes\":[{\"field\":\"owner\","
        "\"from\":\"A\",\"to\":\"B\"},{\"field\":\"state\",\"to\":\"Closed\","
        "\"kind\":\"case.closed\",\"count\":2}]}";
    Yinuo__V1__Event *event = event_of(text);
    assert_int_equal(event->n_changes, 2);
    assert_string_equal(event->changes[1]->to, "Closed");
    assert_lossless(text);
    assert_lossless("{\"kind\":\"case.updated\",\"changes\":[{\"x\":1}]}");
    (void)state;
}

static void what_cannot_be_right_is_refused_with_its_field(void **state)
{
    refused("[]", REFUSAL_MALFORMED, "");
    refused("{\"id\":\"1\"}", REFUSAL_MISSING_FIELD, "kind");
    refused("{\"kind\":5}", REFUSAL_MISSING_FIELD, "kind");
    refused("{\"kind\":\"case.opened\",\"at\":\"2012-06-04T10:05:00Z\"}",
            REFUSAL_MISSING_FIELD, "id");
    refused("{\"kind\":\"case.opened\",\"id\":\"1\"}", REFUSAL_MISSING_FIELD,
            "at");
    refused("{\"kind\":\"x.y\",\"id\":\"1\",\"at\":\"tomorrow\"}",
            REFUSAL_BAD_FIELD, "at");
    refused("{\"kind\":\"x.y\",\"id\":\"1\",\"at\":12}", REFUSAL_BAD_FIELD,
            "at");
    refused("{" HEAD "\"kind\":\"x.y\",\"station\":5}", REFUSAL_BAD_FIELD,
            "station");
    refused("{" HEAD "\"kind\":\"x.y\",\"source\":\"robot\"}",
            REFUSAL_BAD_FIELD, "source");
    refused("{" HEAD "\"kind\":\"promise.made\",\"what\":\"test\"}",
            REFUSAL_MISSING_FIELD, "due");
    refused("{" HEAD "\"kind\":\"promise.made\",\"due\":\"soon\"}",
            REFUSAL_BAD_FIELD, "due");
    refused("{" HEAD "\"kind\":\"customer.dissatisfied\",\"level\":\"high\"}",
            REFUSAL_BAD_FIELD, "level");
    refused("{" HEAD "\"kind\":\"charge.quoted\",\"amount\":\"much\"}",
            REFUSAL_BAD_FIELD, "amount");
    refused("{" HEAD "\"kind\":\"case.updated\",\"changes\":\"many\"}",
            REFUSAL_BAD_FIELD, "changes");
    (void)state;
}

static void a_promise_may_be_vague_if_it_says_so(void **state)
{
    refused("{" HEAD "\"kind\":\"promise.made\",\"due\":null}", REFUSAL_NONE,
            "");
    refused("{" HEAD "\"kind\":\"promise.made\",\"due\":\"none\"}",
            REFUSAL_NONE, "");
    (void)state;
}

static void a_decision_line_has_all_names_of_the_contract(void **state)
{
    Yinuo__V1__Decision page = YINUO__V1__DECISION__INIT;
    page.has_kind = page.has_severity = page.has_tier = page.has_at_ms = 1;
    page.has_late_by_ms = 1;
    page.kind = YINUO__V1__DECISION_KIND__DECISION_KIND_PAGE;
    page.severity = YINUO__V1__SEVERITY__SEVERITY_S1;
    page.tier = 4;
    page.at_ms = INT64_C(1338890400000);
    page.late_by_ms = 1500;
    roles_use(support_roles());
    page.case_id = (char *)(uintptr_t) "C-9";
    page.key = (char *)(uintptr_t) "P1";
    assert_json(decision_to_json(&page, 17, 12, "Asia/Shanghai"),
                "{\"seq\":17,\"at\":\"2012-06-05T18:00:00+08:00\","
                "\"case_id\":\"C-9\",\"kind\":\"page\",\"severity\":\"S1\","
                "\"tier\":\"crisis_center\",\"person\":null,\"method\":null,"
                "\"rule\":null,\"clock\":null,\"due\":null,\"late_by\":1.5,"
                "\"cause_seq\":12,\"key\":\"P1\"}");
    page.kind = 250; /* of a newer version */
    page.has_late_by_ms = 0;
    json_t *line = decision_to_json(&page, 1, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(line, "kind")), 250);
    assert_true(json_is_null(json_object_get(line, "cause_seq")));
    assert_string_equal(json_string_value(json_object_get(line, "at")),
                        "2012-06-05T10:00:00Z");
    json_decref(line);
    (void)state;
}

static void any_message_becomes_json_along_its_descriptor(void **state)
{
    Yinuo__V1__KeyValue pair = YINUO__V1__KEY_VALUE__INIT;
    Yinuo__V1__KeyValue *pairs[] = {&pair};
    pair.key = (char *)(uintptr_t) "sms";
    pair.value = (char *)(uintptr_t) "+86";
    Yinuo__V1__Page page = YINUO__V1__PAGE__INIT;
    page.page_id = (char *)(uintptr_t) "p0-7-1";
    page.channel_hints = pairs;
    page.n_channel_hints = 1;
    page.has_do_by_ms = page.has_late_by_ms = page.has_tier = 1;
    page.do_by_ms = 0;
    page.late_by_ms = 60000;
    page.tier = 99;
    assert_json(message_to_json(&page.base, NULL),
                "{\"page_id\":\"p0-7-1\",\"tier\":\"tier99\","
                "\"channel_hints\":{\"sms\":\"+86\"},"
                "\"do_by\":\"1970-01-01T00:00:00Z\",\"late_by\":60}");

    uint8_t digest[3] = {0, 0xab, 0xff};
    Yinuo__V1__StreamRecord record = YINUO__V1__STREAM_RECORD__INIT;
    record.has_chain = record.has_kind = record.has_producer_epoch = 1;
    record.kind = YINUO__V1__RECORD_KIND__RECORD_FIRING;
    record.chain = (ProtobufCBinaryData){3, digest};
    record.producer_epoch = UINT64_MAX;
    record.event = event_of("{\"kind\":\"x.y\",\"a\":1}");
    assert_json(message_to_json(&record.base, NULL),
                "{\"kind\":\"firing\",\"chain\":\"00abff\","
                "\"producer_epoch\":\"18446744073709551615\","
                "\"event\":{\"kind\":\"x.y\",\"a\":1}}");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_event_is_one_flat_object),
        TEST(a_time_without_offset_takes_the_zone),
        TEST(any_flat_object_comes_back),
        TEST(changes_are_carried_in_their_order),
        TEST(what_cannot_be_right_is_refused_with_its_field),
        TEST(a_promise_may_be_vague_if_it_says_so),
        TEST(a_decision_line_has_all_names_of_the_contract),
        TEST(any_message_becomes_json_along_its_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
