/* engine/ and proto/ do not know each other; what they both number is held
 * together here. */
#include "support.h"

#include "engine/decision.h"
#include "engine/input.h"
#include "proto/codec.h"
#include "proto/field.h"
#include "proto/wire.h"

static void assert_word(const ProtobufCEnumDescriptor *type, int number,
                        const char *word)
{
    char text[FIELD_NAME_SIZE];
    int back;
    if (!field_enum_text(type, number, text))
        fail_msg("%s does not know %d, %s", type->short_name, number, word);
    assert_string_equal(text, word);
    assert_true(field_enum_value(type, word, &back));
    assert_int_equal(back, number);
}

static void decisions_have_the_numbers_of_the_engine(void **state)
{
    unsigned count = 1; /* UNSPECIFIED */
#define X(name, code, word)                                                    \
    assert_word(&yinuo__v1__decision_kind__descriptor, code, word);            \
    count++;
    DECISION_KINDS(X)
#undef X
    assert_int_equal(yinuo__v1__decision_kind__descriptor.n_values, count);
    (void)state;
}

static void sources_have_the_numbers_of_the_engine(void **state)
{
#define X(name, code, word)                                                    \
    assert_word(&yinuo__v1__source__descriptor, code, word);
    SOURCES(X)
#undef X
    (void)state;
}

static void roles_have_the_numbers_of_the_wire(void **state)
{
    for (unsigned role = WIRE_ROLE_STATION; role < WIRE_ROLES_END; role++)
        assert_word(&yinuo__v1__role__descriptor, (int)role,
                    wire_role_name(role));
    (void)state;
}

static void severities_and_outcomes_have_words(void **state)
{
    assert_word(&yinuo__v1__severity__descriptor, 1, "S1");
    assert_word(&yinuo__v1__severity__descriptor, 4, "S4");
    assert_word(&yinuo__v1__outcome__descriptor, 3, "withdrawn");
    assert_word(&yinuo__v1__record_kind__descriptor, 8, "quarantined");
    char text[FIELD_NAME_SIZE];
    int value;
    assert_null(field_enum_text(&yinuo__v1__severity__descriptor, 5, text));
    assert_null(field_enum_text(&yinuo__v1__severity__descriptor,
                                INT64_C(0x100000001), text));
    assert_false(field_enum_value(&yinuo__v1__severity__descriptor,
                                  "unspecified", &value));
    (void)state;
}

static size_t items(const char *message, const char *list)
{
    const ProtobufCMessageDescriptor *type = codec_type(message);
    return codec_items_limit(
        type, protobuf_c_message_descriptor_get_field_by_name(type, list));
}

static void what_the_engine_may_make_can_be_decoded(void **state)
{
    assert_true(items("StreamRecord", "decisions") >= DECISIONS_MAX);
    assert_true(items("Case", "clocks") >= CASE_CLOCKS_MAX);
    assert_true(items("Case", "promises") >= CASE_PROMISES_MAX);
    assert_true(items("Case", "pages") >= CASE_PAGES_MAX);
    assert_true(items("Case", "excluded") >= CASE_EXCLUDED_MAX);
    assert_true(items("Case", "counters") >= COUNTERS_MAX);
    assert_true(items("Case", "locks") >= LOCKS_MAX);
    assert_true(items("Case", "bookings") >= CASE_BOOKINGS_MAX);
    assert_true(items("Subject", "facts") >= SUBJECT_FACTS_MAX);
    assert_true(items("Subject", "tallies") >= SUBJECT_TALLIES_MAX);
    assert_true(items("Subject", "intervals") >= SUBJECT_INTERVALS_MAX);
    assert_true(items("SubjectTally", "instants") >= TALLY_INSTANTS_MAX);
    assert_true(items("SubjectTally", "levels") >= TALLY_LEVELS_MAX);
    assert_true(items("CaseClock", "steps") >= CLOCK_STEPS_MAX);
    assert_true(LIMIT_ID_BYTES <= NAME_BYTES_MAX);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions_have_the_numbers_of_the_engine),
        cmocka_unit_test(sources_have_the_numbers_of_the_engine),
        cmocka_unit_test(roles_have_the_numbers_of_the_wire),
        cmocka_unit_test(severities_and_outcomes_have_words),
        cmocka_unit_test(what_the_engine_may_make_can_be_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
