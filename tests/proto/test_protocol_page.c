/* docs/protocol.md is a promise to strangers: its tables are those of the code.
 */
#include "support.h"

#include "proto/wire.h"

static char page[1 << 17];

static int read_page(void **state)
{
    FILE *file = fopen("docs/protocol.md", "r");
    if (!file)
        return -1;
    size_t size = fread(page, 1, sizeof page - 1, file);
    fclose(file);
    (void)state;
    return size > 0 ? 0 : -1;
}

static void says(const char *format, unsigned code, const char *name)
{
    char row[128];
    snprintf(row, sizeof row, format, code, name);
    if (!strstr(page, row))
        fail_msg("docs/protocol.md has no row %s", row);
}

static void the_page_lists_each_kind_of_message(void **state)
{
    for (unsigned kind = 1; kind < WIRE_KINDS_END; kind++) {
        const struct wire_kind_row *row = wire_kind_row((uint8_t)kind);
        char body[64];
        if (!row)
            continue;
        says("\n| %u | `%s` |", kind, row->name);
        snprintf(body, sizeof body, "| `%s` |\n", row->body);
        const char *line = strstr(page, row->name);
        assert_non_null(line);
        assert_non_null(strstr(page, body));
    }
    (void)state;
}

static void the_page_lists_each_refusal(void **state)
{
    for (unsigned code = 0; code < REFUSALS_END; code++) {
        says("\n| %u | `%s` |", code, refusal_name(code));
        says("| %.0u%s |\n", 0, refusal_sentence(code));
    }
    (void)state;
}

static void the_page_has_the_bytes_of_the_header(void **state)
{
    struct wire_header header = {WIRE_VERSION, WIRE_EVENTS, 2, 298};
    uint8_t bytes[WIRE_HEADER_SIZE];
    char text[3 * WIRE_HEADER_SIZE + 1];
    wire_header_encode(&header, bytes);
    for (size_t i = 0; i < WIRE_HEADER_SIZE; i++)
        snprintf(text + 3 * i, 4, "%02x ", bytes[i]);
    text[3 * WIRE_HEADER_SIZE - 1] = '\n';
    assert_non_null(strstr(page, text));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_lists_each_kind_of_message),
        cmocka_unit_test(the_page_lists_each_refusal),
        cmocka_unit_test(the_page_has_the_bytes_of_the_header),
    };
    return cmocka_run_group_tests(tests, read_page, NULL);
}
