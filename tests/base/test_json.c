#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static json_t *parsed(const char *text)
{
    json_t *value;
    struct error err;

    if (json_parse(slice_of_text(text), &value, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    return value;
}

static void fields_are_read_by_their_type(void **state)
{
    json_t *o = parsed("{\"a\":\"x\",\"n\":-5,\"b\":true,\"o\":{},\"l\":[1]}");
    const char *text = NULL;
    int64_t number = 0;
    bool yes = false;
    json_t *inner = NULL;

    (void)state;
    assert_int_equal(json_need_text(o, "", "a", &text, NULL), STATUS_OK);
    assert_string_equal(text, "x");
    assert_int_equal(json_need_int(o, "", "n", &number, NULL), STATUS_OK);
    assert_int_equal(number, -5);
    assert_int_equal(json_need_bool(o, "", "b", &yes, NULL), STATUS_OK);
    assert_true(yes);
    assert_int_equal(json_need_object(o, "", "o", &inner, NULL), STATUS_OK);
    assert_int_equal(json_need_array(o, "", "l", &inner, NULL), STATUS_OK);
    json_decref(o);
}

static void an_error_names_the_path(void **state)
{
    json_t *o = parsed("{\"after\":72,\"none\":null}");
    const char *text = "as before";
    struct error err;

    (void)state;
    assert_int_equal(json_need_text(o, "clocks[2]", "after", &text, &err),
                     STATUS_INVALID);
    assert_string_equal(err.text, "clocks[2].after: expected a text, found a "
                                  "whole number");
    assert_int_equal(json_need_text(o, NULL, "page", &text, &err),
                     STATUS_NOT_FOUND);
    assert_string_equal(err.text, "page is missing");
    assert_int_equal(json_may_text(o, "", "page", &text, &err), STATUS_OK);
    assert_int_equal(json_may_text(o, "", "none", &text, &err), STATUS_OK);
    assert_string_equal(text, "as before");
    assert_int_equal(json_may_text(o, "", "after", &text, &err),
                     STATUS_INVALID);
    json_decref(o);
}

static void bad_json_is_placed(void **state)
{
    json_t *value;
    struct error err;

    (void)state;
    assert_int_equal(json_parse(slice_of_text("{\n \"a\": }"), &value, &err),
                     STATUS_INVALID);
    assert_memory_equal(err.text, "line 2, column 7:", 17);
    assert_int_equal(
        json_parse(slice_of_text("{\"a\":1,\"a\":2}"), &value, &err),
        STATUS_INVALID);
    assert_int_equal(json_parse(SLICE_EMPTY, &value, &err), STATUS_INVALID);
}

static void lines_go_on_behind_a_bad_one(void **state)
{
    char text[] =
        "\xef\xbb\xbf{\"n\":1}\n\n{bad\n{\"n\":\"too long for this\"}\n"
        "[2]\r\n{\"n\":3}";
    FILE *file = fmemopen(text, sizeof text - 1, "r");
    struct json_lines l;
    struct error err;
    json_t *value;

    (void)state;
    json_lines_init(&l, file, "events.jsonl", 20);
    assert_int_equal(json_lines_next(&l, &value, &err), STATUS_OK);
    json_decref(value);
    assert_int_equal(json_lines_next(&l, &value, &err), STATUS_INVALID);
    assert_memory_equal(err.text, "events.jsonl:3: ", 16);
    assert_int_equal(json_lines_next(&l, &value, &err), STATUS_TOO_LARGE);
    assert_string_equal(err.text, "events.jsonl:4: longer than 20 bytes");
    assert_int_equal(json_lines_next(&l, &value, &err), STATUS_OK);
    assert_true(json_is_array(value));
    json_decref(value);
    assert_int_equal(json_lines_next(&l, &value, &err), STATUS_OK);
    assert_int_equal(l.line, 6);
    json_decref(value);
    assert_int_equal(json_lines_next(&l, &value, &err), STATUS_END);
    json_lines_fini(&l);
    fclose(file);
}

static void a_value_is_one_line(void **state)
{
    json_t *o = parsed("{ \"z\" : \"中\\n\", \"a\" : [ 1, 2 ] }");
    struct bytes out = {0};
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    (void)state;
    assert_int_equal(json_append(&out, o), STATUS_OK);
    assert_string_equal(bytes_text(&out), "{\"z\":\"中\\n\",\"a\":[1,2]}");
    assert_int_equal(json_lines_write(file, o, NULL), STATUS_OK);
    fclose(file);
    assert_string_equal(text, "{\"z\":\"中\\n\",\"a\":[1,2]}\n");
    bytes_fini(&out);
    bytes_init(&out, 4);
    assert_int_equal(json_append(&out, o), STATUS_TOO_LARGE);
    bytes_fini(&out);
    free(text);
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_read_by_their_type),
        cmocka_unit_test(an_error_names_the_path),
        cmocka_unit_test(bad_json_is_placed),
        cmocka_unit_test(lines_go_on_behind_a_bad_one),
        cmocka_unit_test(a_value_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
