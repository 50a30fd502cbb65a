/* case_timeline - all that happened to a case, as a story. */
#include "cli/find.h"
#include "cli/telling.h"
#include "cli/timeline.h"
#include "cli/when.h"
#include "proto/message_json.h"

enum { INDENT = 14 };

const struct option_row case_timeline_options[] = {{0}};

int timeline_ask(struct cli *cli, const char *typed, struct found *found,
                 struct rows *rows)
{
    struct question q;
    int code = find_case(cli, typed, found);

    if (code != CLI_DONE)
        return code;
    question_init(&q, "case.timeline");
    question_text(&q, "case_id", found->it->case_id);
    return question_ask(cli, &q, &yinuo__v1__stream_record__descriptor, rows);
}

static void print(const struct out *o, const Yinuo__V1__StreamRecord *r,
                  int64_t now_ms)
{
    struct bytes head = {0}, effects = {0};
    char clock[WHEN_SIZE];

    telling_head(r, &head);
    telling_effects(r, r->at_ms, &effects);
    when_clock(now_ms, r->at_ms, clock);
    out_cell(o, OUT_FAINT, clock, INDENT, false);
    out_wrap(o, INDENT, true, bytes_text(&head));
    if (effects.size) {
        out_printf(o, "%*s→ ", INDENT, "");
        out_wrap(o, INDENT + 2, true, bytes_text(&effects));
    }
    bytes_fini(&head);
    bytes_fini(&effects);
}

int run_case_timeline(struct cli *cli, int argc, char **argv)
{
    struct found found;
    struct rows rows = {0};
    int code = timeline_ask(cli, argv[0], &found, &rows);

    (void)argc;
    if (code == CLI_DONE && cli->out.json) {
        json_t *array = json_array();
        for (size_t i = 0; i < rows.count; i++)
            json_array_append_new(array,
                                  message_to_json(rows.list[i], when_zone()));
        out_json(&cli->out, array);
    } else if (code == CLI_DONE) {
        for (size_t i = 0; i < rows.count; i++)
            print(&cli->out, rows.list[i], rows.now_ms);
    }
    rows_fini(&rows);
    found_fini(&found);
    return code;
}
