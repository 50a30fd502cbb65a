#include "support.h"

#include "proto/event_json.h"
#include "proto/personal.h"

static Yinuo__V1__Event *event_of(const char *text)
{
    struct fault fault = {0};
    json_t *json = json_loads(text, 0, NULL);
    Yinuo__V1__Event *event = event_from_json(json, NULL, &arena, &fault);
    json_decref(json);
    if (!event)
        fail_msg("%s", fault.text);
    return event;
}

static void assert_event(const Yinuo__V1__Event *event, const char *expected)
{
    json_t *got = event_to_json(event, NULL);
    json_t *wanted = json_loads(expected, 0, NULL);
    if (!json_equal(got, wanted)) {
        char *text = json_dumps(got, JSON_COMPACT);
        fail_msg("\n got      %s\n expected %s", text, expected);
    }
    json_decref(got);
    json_decref(wanted);
}

static const char whole[] =
    "{\"id\":\"1\",\"kind\":\"media.requested\",\"note\":\"angry\","
    "\"contact\":\"138\",\"outlet\":\"TV\",\"camera\":true,"
    "\"customer_name\":\"Li\",\"customer_present\":true,\"phone\":139,"
    "\"words\":\"打人\",\"lens\":\"wide\",\"by\":\"E1\"}";

static void a_customers_data_is_taken_out_and_put_back(void **state)
{
    Yinuo__V1__Event *event = event_of(whole);
    Yinuo__V1__Event *personal;
    assert_true(personal_split(event, &arena, &personal));
    assert_event(event,
                 "{\"id\":\"1\",\"kind\":\"media.requested\","
                 "\"outlet\":\"TV\",\"camera\":true,"
                 "\"customer_present\":true,\"lens\":\"wide\",\"by\":\"E1\"}");
    assert_null(personal->id);
    assert_string_equal(personal->note, "angry");
    assert_string_equal(personal->media_fields->contact, "138");
    assert_false(personal->media_fields->has_camera);
    assert_int_equal(personal->n_attributes, 2);

    struct bytes bytes = {0};
    struct fault fault;
    assert_int_equal(codec_encode(&personal->base, &bytes), STATUS_OK);
    personal = event_decode(bytes_slice(&bytes), &arena, &fault);
    assert_non_null(personal);
    assert_true(personal_join(event, personal, &arena));
    assert_event(event, whole);
    assert_int_equal(event_check(event, EVENT_WITHOUT_AT, NULL), REFUSAL_NONE);
    bytes_fini(&bytes);
    (void)state;
}

static void an_event_without_personal_data_has_no_such_part(void **state)
{
    Yinuo__V1__Event *event =
        event_of("{\"kind\":\"media.requested\",\"outlet\":\"TV\",\"x\":1}");
    Yinuo__V1__Event *personal = event;
    assert_true(personal_split(event, &arena, &personal));
    assert_null(personal);
    assert_event(event,
                 "{\"kind\":\"media.requested\",\"outlet\":\"TV\",\"x\":1}");
    (void)state;
}

static void without_memory_nothing_is_taken_out(void **state)
{
    struct arena tiny;
    Yinuo__V1__Event *event = event_of(whole);
    Yinuo__V1__Event *personal = NULL;
    arena_init(&tiny, 64);
    assert_false(personal_split(event, &tiny, &personal));
    assert_event(event, whole);
    arena_fini(&tiny);
    (void)state;
}

static void a_masked_record_shows_nothing_of_the_customer(void **state)
{
    Yinuo__V1__StreamRecord record = YINUO__V1__STREAM_RECORD__INIT;
    record.event = event_of(whole);
    record.has_seq = 1;
    record.seq = 9;
    personal_mask(&record.base);
    assert_true(record.seq == 9);
    assert_null(record.event->note);
    assert_null(record.event->media_fields->words);
    assert_string_equal(record.event->media_fields->outlet, "TV");
    (void)state;
}

/* The marks in yinuo.proto are the ones in the code. */
static void each_mark_of_the_schema_is_known(void **state)
{
    char line[256];
    unsigned marks = 0;
    const ProtobufCMessageDescriptor *type = NULL;
    FILE *file = fopen("proto/yinuo.proto", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        char name[64];
        if (sscanf(line, "message %63[A-Za-z0-9]", name) == 1) {
            type = codec_type(name);
            if (!type)
                fail_msg("codec_type does not know %s", name);
        }
        if (!type ||
            sscanf(line, " %*[a-z] %*[A-Za-z0-9] %63[a-z_0-9] =", name) != 1)
            continue;
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(type, name);
        bool marked = strstr(line, "[personal]") != NULL;
        if (field && marked != personal_field(type, field))
            fail_msg("%s.%s", type->short_name, name);
        marks += field && marked;
    }
    fclose(file);
    assert_true(marks >= 33);
    (void)state;
}

static void no_message_contains_itself(const ProtobufCMessageDescriptor *type,
                                       unsigned depth)
{
    assert_true(depth < CODEC_DEPTH_MAX);
    assert_true(type->n_fields <= CODEC_FIELDS_MAX);
    for (unsigned i = 0; i < type->n_fields; i++) {
        assert_int_not_equal(type->fields[i].label, PROTOBUF_C_LABEL_REQUIRED);
        if (type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            no_message_contains_itself(type->fields[i].descriptor, depth + 1);
    }
}

static void the_schema_keeps_its_own_rules(void **state)
{
#define TYPE(prefix)                                                           \
    no_message_contains_itself(&yinuo__v1__##prefix##__descriptor, 0);
#include "proto/types.def"
#undef TYPE
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_customers_data_is_taken_out_and_put_back),
        TEST(an_event_without_personal_data_has_no_such_part),
        TEST(without_memory_nothing_is_taken_out),
        TEST(a_masked_record_shows_nothing_of_the_customer),
        TEST(each_mark_of_the_schema_is_known),
        TEST(the_schema_keeps_its_own_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
