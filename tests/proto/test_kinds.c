#include "support.h"

#include "proto/codec.h"
#include "proto/field.h"
#include "proto/kinds.h"

static void kinds_are_sorted_and_found_by_name_and_code(void **state)
{
    size_t count;
    const struct kind *all = kinds_all(&count);
    assert_true(count > 150);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            assert_true(strcmp(all[i - 1].name, all[i].name) < 0);
        assert_ptr_equal(kind_by_name(all[i].name), &all[i]);
        assert_ptr_equal(kind_by_code(all[i].code), &all[i]);
        assert_int_equal(all[i].code / 100, all[i].group);
    }
    assert_null(kind_by_name("promise.forgotten"));
    assert_null(kind_by_name(""));
    assert_null(kind_by_code(0));
    assert_null(kind_by_code(UINT32_MAX));
    (void)state;
}

/* Codes are in journals: these must stay what they are. */
static void codes_that_are_in_journals_stay(void **state)
{
    assert_int_equal(KIND_CASE_OPENED, 101);
    assert_int_equal(KIND_ERROR_SELF_DETECTED, 118);
    assert_int_equal(KIND_PROMISE_MADE, 401);
    assert_int_equal(KIND_OWNER_UNKNOWN, 612);
    assert_int_equal(KIND_MEDIA_REQUESTED, 801);
    assert_int_equal(KIND_ESCALATED, 2107);
    (void)state;
}

static bool type_agrees(const struct kind_field *known,
                        const ProtobufCFieldDescriptor *typed)
{
    switch (known->type) {
    case KIND_FIELD_TEXT:
    case KIND_FIELD_CHOICE:
        return typed->type == PROTOBUF_C_TYPE_STRING &&
               typed->label != PROTOBUF_C_LABEL_REPEATED;
    case KIND_FIELD_LIST:
        return typed->type == PROTOBUF_C_TYPE_STRING &&
               typed->label == PROTOBUF_C_LABEL_REPEATED;
    case KIND_FIELD_FLAG:
        return typed->type == PROTOBUF_C_TYPE_BOOL;
    case KIND_FIELD_TIME:
        return field_time(typed) == FIELD_MOMENT;
    case KIND_FIELD_REAL:
        return typed->type == PROTOBUF_C_TYPE_DOUBLE;
    default:
        return field_is_integer(typed) && field_time(typed) == FIELD_NO_TIME;
    }
}

static void fields_of_typed_kinds_are_fields_of_their_carrier(void **state)
{
    size_t count;
    size_t fields;
    const struct kind *all = kinds_all(&count);
    for (size_t i = 0; i < count; i++) {
        const struct kind_field *known = kind_fields(all[i].code, &fields);
        unsigned number = kind_carrier_number(all[i].carrier);
        const ProtobufCFieldDescriptor *carrier =
            protobuf_c_message_descriptor_get_field(
                &yinuo__v1__event__descriptor, number);
        for (size_t j = 0; j < fields; j++) {
            assert_ptr_equal(kind_field(all[i].code, known[j].name), &known[j]);
            assert_int_equal(known[j].values != NULL,
                             known[j].type == KIND_FIELD_CHOICE);
            if (number == 0 || known[j].type == KIND_FIELD_CHANGES)
                continue;
            const ProtobufCFieldDescriptor *typed =
                field_by_json_name(carrier->descriptor, known[j].name);
            if (!typed || !type_agrees(&known[j], typed))
                fail_msg("%s.%s", all[i].name, known[j].name);
        }
        if (number > 0)
            assert_string_equal(kind_carrier_field(all[i].carrier),
                                carrier->name);
    }
    (void)state;
}

static void a_choice_takes_its_values_and_nothing_else(void **state)
{
    const struct kind_field *impact = kind_field(KIND_CASE_OPENED, "impact");
    assert_true(kind_field_takes(impact, "none"));
    assert_true(kind_field_takes(impact, "major"));
    assert_false(kind_field_takes(impact, "maj"));
    assert_false(kind_field_takes(impact, ""));
    assert_false(kind_field_takes(impact, "none|degraded"));
    assert_true(kind_field_takes(kind_field(KIND_PROMISE_MADE, "what"), "x"));
    size_t count;
    assert_null(kind_fields(1, &count));
    assert_int_equal(count, 0);
    assert_null(kind_field(KIND_CASE_OPENED, "nothing"));
    (void)state;
}

static char *whole_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    char *text = calloc(1, 1 << 20);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

/* `word.word` in backticks, perhaps with {fields} or more behind it. */
static unsigned check_names(const char *path, const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    unsigned found = 0;
    for (const char *at = strchr(text, '`'); at; at = strchr(at + 1, '`')) {
        char name[64];
        size_t group = strspn(at + 1, letters);
        if (group == 0 || at[1 + group] != '.' || at[1] <= '9')
            continue;
        size_t size = group + 1 + strspn(at + 2 + group, letters);
        if (size == group + 1 || size >= sizeof name ||
            strncmp(at + 2 + group, "md`", 3) == 0)
            continue;
        memcpy(name, at + 1, size);
        name[size] = '\0';
        if (!kind_by_name(name))
            fail_msg("%s names %s", path, name);
        found++;
    }
    return found;
}

static void the_table_has_each_kind_that_a_document_names(void **state)
{
    static const char *const paths[] = {"../shared/requirements.md",
                                        "../shared/scenarios.md"};
    unsigned found = 0;
    for (size_t i = 0; i < 2; i++) {
        char *text = whole_file(paths[i]);
        if (!text) {
            printf("SKIPPED: %s is not here\n", paths[i]);
            exit(77);
        }
        found += check_names(paths[i], text);
        free(text);
    }
    assert_true(found > 300);
    assert_non_null(kind_by_name("escalated"));
    (void)state;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_sorted_and_found_by_name_and_code),
        cmocka_unit_test(codes_that_are_in_journals_stay),
        cmocka_unit_test(fields_of_typed_kinds_are_fields_of_their_carrier),
        cmocka_unit_test(a_choice_takes_its_values_and_nothing_else),
    };
    const struct CMUnitTest documents[] = {
        cmocka_unit_test(the_table_has_each_kind_that_a_document_names),
    };
    return argc > 1 && strcmp(argv[1], "documents") == 0
               ? cmocka_run_group_tests(documents, NULL, NULL)
               : cmocka_run_group_tests(tests, NULL, NULL);
}
