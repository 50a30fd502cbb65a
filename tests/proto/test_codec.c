#include "support.h"

#include "proto/event.h"

/* A batch is read along yinuo.proto from bytes written by hand here. */
static enum refusal check(const ProtobufCMessageDescriptor *type,
                          const void *data, size_t size, struct fault *fault)
{
    *fault = (struct fault){0};
    void *message = codec_decode(type, slice_of(data, size), &arena, fault);
    if (!message)
        assert_true(fault->code != REFUSAL_NONE);
    return message ? REFUSAL_NONE : fault->code;
}

#define CHECK(type, bytes)                                                     \
    check(&yinuo__v1__##type##__descriptor, bytes, sizeof(bytes) - 1, &fault)

static void an_event_is_these_bytes(void **state)
{
    static const char golden[] = "\x0a\x02"
                                 "e1"
                                 "\x12\x0c"
                                 "promise.made"
                                 "\x18\x91\x03"
                                 "\x20\xe8\x07"
                                 "\xba\x01\x06"
                                 "\x0a\x02P1"
                                 "\x18\x00";
    struct fault fault;
    Yinuo__V1__Event *event =
        event_decode(slice_of(golden, sizeof golden - 1), &arena, &fault);
    assert_non_null(event);
    assert_string_equal(event->kind, "promise.made");
    assert_int_equal(event->kind_code, KIND_PROMISE_MADE);
    assert_int_equal(event->at_ms, 1000);
    assert_string_equal(event->promise_fields->promise_id, "P1");
    assert_true(event->promise_fields->has_due_ms);

    struct bytes bytes = {0};
    assert_int_equal(codec_encode(&event->base, &bytes), STATUS_OK);
    assert_int_equal(bytes.size, sizeof golden - 1);
    assert_memory_equal(bytes.data, golden, bytes.size);
    bytes_fini(&bytes);
    (void)state;
}

static void encoding_appends_and_respects_the_limit(void **state)
{
    Yinuo__V1__Ping ping = YINUO__V1__PING__INIT;
    ping.has_sent_ms = 1;
    ping.sent_ms = 5;
    struct bytes bytes;
    bytes_init(&bytes, 5);
    assert_int_equal(codec_encode(&ping.base, &bytes), STATUS_OK);
    assert_int_equal(codec_encode(&ping.base, &bytes), STATUS_OK);
    assert_memory_equal(bytes.data, "\x08\x05\x08\x05", 4);
    assert_int_equal(codec_encode(&ping.base, &bytes), STATUS_TOO_LARGE);
    assert_int_equal(bytes.size, 4);
    bytes_fini(&bytes);
    (void)state;
}

static void texts_are_utf8_without_nul(void **state)
{
    struct fault fault;
    assert_int_equal(CHECK(event, "\x0a\x02\xc3\x28"), REFUSAL_NOT_UTF8);
    assert_string_equal(fault.field, "id");
    assert_int_equal(CHECK(event, "\x0a\x03"
                                  "a\0b"),
                     REFUSAL_NOT_UTF8);
    assert_int_equal(CHECK(event, "\x0a\x03\xed\xa0\x80"), REFUSAL_NOT_UTF8);
    assert_int_equal(CHECK(event, "\x0a\x03客"), REFUSAL_NONE);
    assert_int_equal(CHECK(event, "\xc2\x02\x03\x0a\x01\xff"),
                     REFUSAL_NOT_UTF8);
    assert_string_equal(fault.field, "attributes[0].name");
    assert_int_equal(CHECK(event, "\xa2\x01\x05\x3a\x00\x3a\x01\xff"),
                     REFUSAL_NOT_UTF8);
    assert_string_equal(fault.field, "case_fields.stakeholders[1]");
    assert_non_null(strstr(fault.text, "case_fields.stakeholders[1]: "));
    (void)state;
}

static void what_is_not_a_message_is_malformed(void **state)
{
    struct fault fault;
    assert_int_equal(CHECK(event, "\x0a"), REFUSAL_MALFORMED);
    assert_int_equal(CHECK(event, "\x0a\x05x"), REFUSAL_MALFORMED);
    assert_int_equal(CHECK(event, "\x0b\x0c"), REFUSAL_MALFORMED); /* group */
    assert_int_equal(CHECK(event, "\x00\x00"), REFUSAL_MALFORMED);
    assert_int_equal(CHECK(event, "\x08\x01"), REFUSAL_MALFORMED); /* type */
    assert_int_equal(CHECK(event, "\x0a\x00\x0a\x00"), REFUSAL_MALFORMED);
    assert_int_equal(CHECK(event, "\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                                  "\x02"),
                     REFUSAL_MALFORMED);
    assert_int_equal(CHECK(event, "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                                  "\x01"),
                     REFUSAL_MALFORMED);
    assert_int_equal(CHECK(event, "\xba\x01\x00\xba\x01\x00"),
                     REFUSAL_MALFORMED); /* would be merged */
    assert_int_equal(CHECK(hello, "\x42\x02\x01\x80"), REFUSAL_MALFORMED);
    assert_int_equal(CHECK(hello, "\x42\x02\x01\x02\x40\x03"), REFUSAL_NONE);
    assert_int_equal(CHECK(event, ""), REFUSAL_NONE);
    (void)state;
}

static void numbers_of_enums_that_are_not_known_pass(void **state)
{
    struct fault fault;
    Yinuo__V1__Event *event = codec_decode(
        &yinuo__v1__event__descriptor, slice_of("\x70\x63", 2), &arena, &fault);
    assert_int_equal(event->source, 99);
    (void)state;
}

static void unknown_fields_are_kept_but_not_a_flood_of_them(void **state)
{
    struct fault fault;
    static const char unknown[] = "\xfa\x7f\x01x";
    Yinuo__V1__Ping *ping = codec_decode(&yinuo__v1__ping__descriptor,
                                         slice_of(unknown, 4), &arena, &fault);
    struct bytes bytes = {0};
    assert_int_equal(codec_encode(&ping->base, &bytes), STATUS_OK);
    assert_int_equal(bytes.size, 4);
    assert_memory_equal(bytes.data, unknown, 4);
    bytes_reset(&bytes);
    for (int i = 0; i <= CODEC_UNKNOWN_MAX; i++)
        assert_int_equal(bytes_append(&bytes, slice_of(unknown, 4)), STATUS_OK);
    assert_int_equal(
        check(&yinuo__v1__ping__descriptor, bytes.data, bytes.size, &fault),
        REFUSAL_TOO_MANY);
    bytes_fini(&bytes);
    (void)state;
}

/* n times the same bytes */
static void flood(struct bytes *bytes, const char *unit, size_t size, size_t n)
{
    bytes_reset(bytes);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(bytes_append(bytes, slice_of(unit, size)), STATUS_OK);
}

static enum refusal flooded(const ProtobufCMessageDescriptor *type,
                            const char *unit, size_t size, size_t n)
{
    struct fault fault;
    struct bytes bytes = {0};
    flood(&bytes, unit, size, n);
    enum refusal code = check(type, bytes.data, bytes.size, &fault);
    bytes_fini(&bytes);
    return code;
}

static void lists_are_as_long_as_their_limit(void **state)
{
    const ProtobufCMessageDescriptor *event = &yinuo__v1__event__descriptor;
    const ProtobufCMessageDescriptor *batch =
        &yinuo__v1__event_batch__descriptor;
    const ProtobufCMessageDescriptor *reply = &yinuo__v1__reply__descriptor;
    assert_int_equal(flooded(event, "\xc2\x02\x00", 3, LIMIT_ATTRIBUTES),
                     REFUSAL_NONE);
    assert_int_equal(flooded(event, "\xc2\x02\x00", 3, LIMIT_ATTRIBUTES + 1),
                     REFUSAL_TOO_MANY);
    assert_int_equal(flooded(batch, "\x22\x00", 2, LIMIT_BATCH_EVENTS),
                     REFUSAL_NONE);
    assert_int_equal(flooded(batch, "\x22\x00", 2, LIMIT_BATCH_EVENTS + 1),
                     REFUSAL_TOO_MANY);
    assert_int_equal(flooded(reply, "\x22\x00", 2, LIMIT_QUERY_ROWS),
                     REFUSAL_NONE);
    assert_int_equal(flooded(reply, "\x22\x00", 2, LIMIT_QUERY_ROWS + 1),
                     REFUSAL_TOO_MANY);
    assert_int_equal(flooded(&yinuo__v1__hello__descriptor,
                             "\x42\x04\x01\x02\x03\x04", 6, 300),
                     REFUSAL_TOO_MANY);
    (void)state;
}

/* Field notes 3: one megabyte of empty submessages takes 57 without limits. */
static void a_hostile_megabyte_takes_no_memory(void **state)
{
    size_t used = arena.used;
    assert_int_equal(flooded(&yinuo__v1__event__descriptor, "\xc2\x02\x00", 3,
                             LIMIT_RECORD_BYTES / 3),
                     REFUSAL_TOO_MANY);
    assert_int_equal(flooded(&yinuo__v1__event__descriptor, "\xf8\x7f\x00", 3,
                             LIMIT_RECORD_BYTES / 3),
                     REFUSAL_TOO_MANY);
    assert_int_equal(flooded(&yinuo__v1__event__descriptor, "\xf8\x7f\x00", 3,
                             LIMIT_RECORD_BYTES / 3 + 1),
                     REFUSAL_TOO_LARGE);
    assert_int_equal(arena.used, used);
    (void)state;
}

static void the_arena_bounds_what_the_walk_lets_pass(void **state)
{
    struct arena small;
    struct fault fault;
    struct bytes bytes = {0};
    arena_init(&small, 4096);
    flood(&bytes, "\xc2\x02\x00", 3, LIMIT_ATTRIBUTES);
    assert_null(codec_decode(&yinuo__v1__event__descriptor, bytes_slice(&bytes),
                             &small, &fault));
    assert_int_equal(fault.code, REFUSAL_TOO_LARGE);
    arena_fini(&small);
    bytes_fini(&bytes);
    (void)state;
}

/* A message with one text of so many bytes. */
static enum refusal long_text(const ProtobufCMessageDescriptor *type,
                              uint8_t tag, size_t size)
{
    struct fault fault;
    struct bytes bytes = {0};
    bytes_append_u8(&bytes, tag);
    for (size_t left = size; left >= 0x80; left >>= 7)
        bytes_append_u8(&bytes, (uint8_t)(left | 0x80));
    size_t top = size;
    while (top >= 0x80)
        top >>= 7;
    bytes_append_u8(&bytes, (uint8_t)top);
    for (size_t i = 0; i < size; i++)
        bytes_append_u8(&bytes, 'x');
    enum refusal code = check(type, bytes.data, bytes.size, &fault);
    bytes_fini(&bytes);
    return code;
}

static void ids_names_and_texts_have_their_limits(void **state)
{
    const ProtobufCMessageDescriptor *event = &yinuo__v1__event__descriptor;
    assert_int_equal(long_text(event, 0x0a, LIMIT_ID_BYTES), REFUSAL_NONE);
    assert_int_equal(long_text(event, 0x0a, LIMIT_ID_BYTES + 1),
                     REFUSAL_ID_TOO_LONG);
    assert_int_equal(long_text(event, 0x4a, 10240), REFUSAL_ID_TOO_LONG);
    assert_int_equal(long_text(event, 0x12, LIMIT_NAME_BYTES), REFUSAL_NONE);
    assert_int_equal(long_text(event, 0x12, LIMIT_NAME_BYTES + 1),
                     REFUSAL_TOO_LARGE);
    assert_int_equal(long_text(event, 0x7a, LIMIT_TEXT_BYTES), REFUSAL_NONE);
    assert_int_equal(long_text(event, 0x7a, LIMIT_TEXT_BYTES + 1),
                     REFUSAL_TOO_LARGE);
    (void)state;
}

/* An event with something of everything. */
static void full_event(struct bytes *bytes)
{
    Yinuo__V1__Event *event = event_new("case.opened", &arena);
    static const char *const fields[][2] = {
        {"id", "e-1"},         {"at", "2012-06-04T10:05:00+08:00"},
        {"station", "ST-1"},   {"source", "station"},
        {"symptom", "黑屏"},   {"stakeholders", "X, Y"},
        {"in_warranty", "no"}, {"opened_at", "2012-06-04T10:00:00Z"},
        {"colour", "red"},     {"floor", "3"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        assert_int_equal(event_set_typed(event, fields[i][0], fields[i][1],
                                         "UTC", &arena, NULL),
                         REFUSAL_NONE);
    assert_int_equal(codec_encode(&event->base, bytes), STATUS_OK);
}

static void cut_or_changed_anywhere_it_does_no_harm(void **state)
{
    struct fault fault;
    struct bytes whole = {0};
    full_event(&whole);
    for (size_t size = 0; size <= whole.size; size++) {
        uint8_t *exact = malloc(size + 1); /* for the sanitizer's red zone */
        memcpy(exact, whole.data, size);
        codec_decode(&yinuo__v1__event__descriptor, slice_of(exact, size),
                     &arena, &fault);
        free(exact);
        arena_reset(&arena);
    }
    for (size_t i = 0; i < whole.size * 256; i++) {
        uint8_t kept = whole.data[i / 256];
        whole.data[i / 256] = (uint8_t)i;
        Yinuo__V1__Event *event = codec_decode(
            &yinuo__v1__event__descriptor, bytes_slice(&whole), &arena, &fault);
        if (event)
            event_check(event, 0, &fault);
        whole.data[i / 256] = kept;
        arena_reset(&arena);
    }
    assert_int_equal(
        check(&yinuo__v1__event__descriptor, whole.data, whole.size, &fault),
        REFUSAL_NONE);
    bytes_fini(&whole);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_event_is_these_bytes),
        TEST(encoding_appends_and_respects_the_limit),
        TEST(texts_are_utf8_without_nul),
        TEST(what_is_not_a_message_is_malformed),
        TEST(numbers_of_enums_that_are_not_known_pass),
        TEST(unknown_fields_are_kept_but_not_a_flood_of_them),
        TEST(lists_are_as_long_as_their_limit),
        TEST(a_hostile_megabyte_takes_no_memory),
        TEST(the_arena_bounds_what_the_walk_lets_pass),
        TEST(ids_names_and_texts_have_their_limits),
        TEST(cut_or_changed_anywhere_it_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
