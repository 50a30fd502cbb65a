/* Foreign rows become events; bad ones are told, counted, and stop nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/bytes.h"
#include "ledger/import.h"
#include "ledger/import_map.h"

static char dir[] = "/tmp/yinuo-import-XXXXXX";

static const char *write_file(const char *name, const char *text, size_t size)
{
    static char path[2][128];
    static unsigned turn;
    char *where = path[turn++ % 2];
    FILE *file;

    snprintf(where, 128, "%s/%s", dir, name);
    file = fopen(where, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    fclose(file);
    return where;
}

static enum status collect(void *state, struct slice line, struct error *err)
{
    struct bytes *all = state;

    (void)err;
    bytes_append(all, line);
    return bytes_append_u8(all, '\n');
}

struct run {
    struct bytes lines;
    char complaints[4096];
    struct import_summary summary;
    struct error err;
    enum status status;
};

static void import(struct run *r, const char *map, const char *csv, size_t size)
{
    const char *files[1];
    struct import_options options = {
        .map = write_file("map.yaml", map, strlen(map)),
        .files = files,
        .file_count = 1,
        .sink = collect,
        .sink_state = &r->lines};

    memset(r, 0, sizeof *r);
    files[0] = write_file("rows.csv", csv, size);
    options.complain = fmemopen(r->complaints, sizeof r->complaints - 1, "w");
    assert_non_null(options.complain);
    r->status = import_run(&options, &r->summary, &r->err);
    fclose(options.complain);
}

static const char updates[] =
    "shape: updates\n"
    "zone: UTC\n"
    "missing: ['', '?']\n"
    "case_id: '{number}'\n"
    "received_at: '{logged}'\n"
    "every: {id: '{number}-{n}', station: {value: '{group}', default: Desk}}\n"
    "first: {kind: case.opened, at: '{opened}', fields: {owner: '{person}'}}\n"
    "later: {kind: case.updated, at: '{logged}'}\n"
    "changes:\n"
    "  - {kind: owner.assigned, changed: person, same: moves, values: {to: "
    "'{person}'}}\n"
    "  - {kind: case.reassigned, rises: moves, values: {from: "
    "'{before.group}', to: '{group}'}}\n"
    "  - {kind: notify.ack, changed: state, from: [New], once: true}\n"
    "  - {kind: case.resolved, changed: state, to: [Resolved], first: true}\n";

#define HEAD "number,n,logged,opened,group,person,moves,state\n"

static void a_row_is_an_event_with_the_changes_it_carries(void **state)
{
    static const char csv[] =
        HEAD "A,1,2016-03-01T09:10,2016-03-01T09:00,?,Ann,0,New\n"
             "A,2,2016-03-01T09:20,2016-03-01T09:00,G2,?,2,Active\n"
             "A,3,2016-03-01T09:30,2016-03-01T09:00,G2,Bob,2,Active\n"
             "A,4,2016-03-01T09:40,2016-03-01T09:00,G2,Bob,2,Active\n"
             "A,5,2016-03-01T09:50,2016-03-01T09:00,G2,Bob,2,New\n"
             "A,6,2016-03-01T09:55,2016-03-01T09:00,G2,Bob,2,Resolved\n";
    static const char wanted[] =
        "{\"id\":\"A-1\",\"kind\":\"case.opened\",\"at\":\"2016-03-01T09:00:"
        "00Z\",\"received_at\":\"2016-03-01T09:10:00Z\",\"case_id\":\"A\","
        "\"station\":\"Desk\",\"source\":\"import\",\"owner\":\"Ann\"}\n"
        "{\"id\":\"A-2\",\"kind\":\"case.updated\",\"at\":\"2016-03-01T09:20:"
        "00Z\",\"received_at\":\"2016-03-01T09:20:00Z\",\"case_id\":\"A\","
        "\"station\":\"G2\",\"source\":\"import\",\"changes\":[{\"kind\":"
        "\"case.reassigned\",\"to\":\"G2\",\"count\":2},{\"kind\":\"notify."
        "ack\"}]}\n"
        "{\"id\":\"A-3\",\"kind\":\"case.updated\",\"at\":\"2016-03-01T09:30:"
        "00Z\",\"received_at\":\"2016-03-01T09:30:00Z\",\"case_id\":\"A\","
        "\"station\":\"G2\",\"source\":\"import\",\"changes\":[{\"kind\":"
        "\"owner.assigned\",\"to\":\"Bob\"}]}\n"
        "{\"id\":\"A-4\",\"kind\":\"case.updated\",\"at\":\"2016-03-01T09:40:"
        "00Z\",\"received_at\":\"2016-03-01T09:40:00Z\",\"case_id\":\"A\","
        "\"station\":\"G2\",\"source\":\"import\"}\n"
        "{\"id\":\"A-5\",\"kind\":\"case.updated\",\"at\":\"2016-03-01T09:50:"
        "00Z\",\"received_at\":\"2016-03-01T09:50:00Z\",\"case_id\":\"A\","
        "\"station\":\"G2\",\"source\":\"import\"}\n"
        "{\"id\":\"A-6\",\"kind\":\"case.updated\",\"at\":\"2016-03-01T09:55:"
        "00Z\",\"received_at\":\"2016-03-01T09:55:00Z\",\"case_id\":\"A\","
        "\"station\":\"G2\",\"source\":\"import\",\"changes\":[{\"kind\":"
        "\"case.resolved\"}]}\n";
    struct run r;

    (void)state;
    import(&r, updates, csv, sizeof csv - 1);
    assert_int_equal(r.status, STATUS_OK);
    assert_string_equal(bytes_text(&r.lines), wanted);
    assert_int_equal(r.summary.cases, 1);
    assert_int_equal(r.summary.changes, 4);
    assert_int_equal(r.summary.notes, 2);
    bytes_fini(&r.lines);
}

static void bad_rows_are_told_with_line_and_reason(void **state)
{
    static const char csv[] =
        HEAD "A,1,2016-03-01T09:10,2016-03-01T09:00,G,Ann,0,New\n" /* 2 */
             "B,1,2016-03-01T09:10,2016-03-01T09:00,G,Ann,0\n"
             "C,1,yesterday,2016-03-01T09:00,G,Ann,0,New\n"
             "?,1,2016-03-01T09:10,2016-03-01T09:00,G,Ann,0,New\n"
             "D,1,2016-03-01T09:10,2016-03-01T09:00,G\xff,Ann,0,New\n"
             "A,2,2016-03-01T09:20,2016-03-01T09:00,G,Ann,many,New\n"
             "E,1,2016-03-01T09:10,2016-03-01T09:00,\"G\"x,Ann,0,New\n"
             "F,1,2016-03-01T09:10,2016-03-01T09:00,\"two\nlines\",Ann,0,New\n"
             "G,1,2016-03-01T09:10,2016-03-01T09:00,\"never closed,Ann,0,New\n"
             "H,1,2016-03-01T09:10,2016-03-01T09:00,G,Ann,0,New\n";
    static const unsigned lines[] = {3, 4, 5, 6, 7, 8, 11};
    struct run r;

    (void)state;
    import(&r, updates, csv, sizeof csv - 1);
    assert_int_equal(r.status, STATUS_OK);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char place[32];

        snprintf(place, sizeof place, "rows.csv:%u: ", lines[i]);
        if (!strstr(r.complaints, place))
            fail_msg("line %u is not told:\n%s", lines[i], r.complaints);
    }
    assert_int_equal(r.summary.bad_rows, sizeof lines / sizeof *lines);
    assert_int_equal(r.summary.events, 3); /* A, F, H */
    assert_non_null(strstr(bytes_text(&r.lines), "\"id\":\"H-1\""));
    bytes_fini(&r.lines);
}

static const char cases[] =
    "shape: cases\n"
    "zone: America/New_York\n"
    "missing: ['']\n"
    "case_id: '{no}'\n"
    "events:\n"
    "  - {kind: case.opened, at: '{opened}', fields: {id: '{no}-o', channel: "
    "{value: '{source}', words: {Call: phone}}}}\n"
    "  - {kind: promise.made, at: '{opened}', needs: due, fields: {due: "
    "{value: '{due}', type: time}, accepted: {value: 'yes', type: flag}}}\n"
    "  - {kind: case.closed, at: '{closed}', needs: closed}\n";

static void a_case_becomes_events_in_the_order_in_which_they_happened(void **s)
{
    static const char csv[] =
        "no,opened,due,closed,source\n"
        "1,2011-07-01 10:00:00,,2011-07-03 10:00:00,Call\n"
        "2,2011-07-02 10:00:00,2011-07-04 00:00:00,,Web\n";
    static const char wanted[] =
        "{\"id\":\"1-o\",\"kind\":\"case.opened\",\"at\":\"2011-07-01T10:00:00-"
        "04:00\",\"received_at\":\"2011-07-01T10:00:00-04:00\",\"case_id\":"
        "\"1\",\"source\":\"import\",\"channel\":\"phone\"}\n"
        "{\"id\":\"2-o\",\"kind\":\"case.opened\",\"at\":\"2011-07-02T10:00:00-"
        "04:00\",\"received_at\":\"2011-07-02T10:00:00-04:00\",\"case_id\":"
        "\"2\",\"source\":\"import\",\"channel\":\"Web\"}\n"
        "{\"kind\":\"promise.made\",\"at\":\"2011-07-02T10:00:00-04:00\","
        "\"received_at\":\"2011-07-02T10:00:00-04:00\",\"case_id\":\"2\","
        "\"source\":\"import\",\"due\":\"2011-07-04T00:00:00-04:00\","
        "\"accepted\":true}\n"
        "{\"kind\":\"case.closed\",\"at\":\"2011-07-03T10:00:00-04:00\","
        "\"received_at\":\"2011-07-03T10:00:00-04:00\",\"case_id\":\"1\","
        "\"source\":\"import\"}\n";
    struct run r;

    (void)s;
    import(&r, cases, csv, sizeof csv - 1);
    assert_int_equal(r.status, STATUS_OK);
    assert_string_equal(bytes_text(&r.lines), wanted);
    bytes_fini(&r.lines);
}

static void assert_refused(const char *map, const char *words)
{
    struct run r;

    import(&r, map, HEAD, sizeof HEAD - 1);
    assert_int_equal(r.status, STATUS_INVALID);
    if (!strstr(r.err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", r.err.text, words);
    bytes_fini(&r.lines);
}

static void a_bad_map_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_refused("shape: updates\n", "\"case_id\" is missing");
    assert_refused("shape: round\ncase_id: '{number}'\n", "unknown shape");
    assert_refused("shape: cases\ncase_id: '{number}'\nevents:\n"
                   "  - {kind: case.opened, at: '{when'}\n",
                   "map.yaml:4:29: a brace is not closed");
    assert_refused("shape: cases\ncase_id: '{number}'\nsurprise: 1\n",
                   "map.yaml:3:1: unknown key \"surprise\"");
    assert_refused("shape: cases\ncase_id: '{nobody}'\nevents: []\n",
                   "no column \"nobody\"");
    assert_refused("shape: cases\nzone: Mars/Base\ncase_id: '{number}'\n"
                   "events: []\n",
                   "unknown time zone");
    assert_refused("shape: [\n", "map.yaml:2:");
}

static int dir_make(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int dir_remove(void **state)
{
    char command[256];

    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    return system(command);
}

/* The disk was full when it was compressed, or the line broke off. */
static void what_stands_before_the_cut_of_a_file_is_imported(void **state)
{
    static const char rows[] =
        HEAD "A,1,2016-03-01T09:10,2016-03-01T09:00,?,Ann,0,New\n"
             "A,2,2016-03-01T09:20,2016-03-01T09:00,G2,?,2,Active\n"
             "A,3,2016-03-01T09:30,2016-03-01T09:00,G2,Bob,2,Active\n";
    char packed[4096];
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)rows,
                  .avail_in = sizeof rows - 1,
                  .next_out = (uint8_t *)packed,
                  .avail_out = sizeof packed};
    struct run r;

    (void)state;
    assert_int_equal(deflateInit2(&z, Z_NO_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
                                  Z_DEFAULT_STRATEGY),
                     Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    import(&r, updates, packed, z.total_out - 12);
    deflateEnd(&z);
    assert_int_equal(r.status, STATUS_OK);
    assert_int_equal(r.summary.cut_files, 1);
    assert_true(r.summary.events >= 1);
    assert_non_null(strstr(r.complaints, "rows.csv:"));
    bytes_fini(&r.lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_before_the_cut_of_a_file_is_imported),
        cmocka_unit_test(a_row_is_an_event_with_the_changes_it_carries),
        cmocka_unit_test(bad_rows_are_told_with_line_and_reason),
        cmocka_unit_test(
            a_case_becomes_events_in_the_order_in_which_they_happened),
        cmocka_unit_test(a_bad_map_is_refused_with_its_place),
    };

    return cmocka_run_group_tests(tests, dir_make, dir_remove);
}
