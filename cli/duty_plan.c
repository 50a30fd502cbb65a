/* duty_plan - on-call gaps, export, card: a region's duty to look at, to print,
 * and for a customer. */
#include <stdio.h>
#include <string.h>

#include "cli/duty.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/roles.h"

static const char *region, *tier, *at;
static int64_t days = 14;
static bool csv;

/* clang-format off */
const struct option_row on_call_gaps_options[] = {
    {"region", 0,  OPTION_TEXT, N_("REGION"), N_("of this region only"),      &region},
    {"tier",  't', OPTION_TEXT, N_("TIER"),   N_("of this tier only"),        &tier},
    {"days",  'd', OPTION_INT,  N_("NUMBER"), N_("so many days ahead (14)"),  &days},
    {0}};
const struct option_row on_call_export_options[] = {
    {"region", 0,  OPTION_TEXT, N_("REGION"), N_("of this region only"),      &region},
    {"at",     0,  OPTION_TEXT, N_("TIME"),   N_("then instead of now"),      &at},
    {"csv",    0,  OPTION_FLAG, NULL,         N_("as CSV"),                   &csv},
    {0}};
const struct option_row on_call_card_options[] = {{0}};
/* clang-format on */

static int ask(struct cli *cli, const char *name, const char *station,
               struct rows *rows)
{
    struct question q;
    uint32_t role;
    bool day;
    int code = session_role(cli, tier, &role);

    if (code != CLI_DONE)
        return code;
    question_init(&q, name);
    question_text(&q, "tier", role ? role_name(role) : NULL);
    if (!strcmp(name, "on_call.gaps"))
        question_number(&q, "days", days);
    if (at && when_parse(at, session_now_ms(cli), &q.as_of_ms, &day,
                         &cli->error) != STATUS_OK)
        return cli_usage(cli, "--at: %s", cli->error.text);
    return duty_ask(cli, &q, station, region, rows);
}

/* --- gaps --- */

static void gaps_table(struct cli *cli, const struct rows *rows)
{
    static const struct table_column columns[] = {
        {N_("STATION"), false, 6}, {N_("REGION"), false, 6},
        {N_("TIER"), false, 8},    {N_("FROM"), false, 0},
        {N_("UNTIL"), false, 0},   {N_("LONG"), true, 0}};
    struct table t;
    char text[WHEN_SIZE];

    table_init(&t, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__RosterRow *r = rows->list[i];

        table_add(&t, r->station, OUT_PLAIN);
        table_add(&t, r->region, OUT_PLAIN);
        table_add(&t, tier_word((int)r->tier), OUT_PLAIN);
        when_clock(rows->now_ms, r->from_ms, text);
        table_add(&t, text, OUT_BAD);
        when_clock(rows->now_ms, r->until_ms, text);
        table_add(&t, text, OUT_PLAIN);
        when_span(r->until_ms - r->from_ms, text);
        table_add(&t, text, OUT_PLAIN);
    }
    table_print(&t, &cli->out);
    table_fini(&t);
}

int run_on_call_gaps(struct cli *cli, int argc, char **argv)
{
    struct rows rows = {0};
    int code;

    if (days < 1 || days > 92)
        return cli_usage(cli, _("--days is from 1 to 92"));
    code = ask(cli, "on_call.gaps", argc ? argv[0] : NULL, &rows);
    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out, duty_json(&rows));
    else if (code == CLI_DONE && rows.count)
        gaps_table(cli, &rows);
    else if (code == CLI_DONE)
        out_note(&cli->out, "%s", _("Somebody is there at every hour."));
    if (code == CLI_DONE && rows.count)
        code = CLI_FAILED;
    rows_fini(&rows);
    return code;
}

/* --- export --- */

static void csv_field(const struct out *o, const char *text, char behind)
{
    if (text && strpbrk(text, "\",\n")) {
        out_printf(o, "\"");
        for (; *text; text++)
            out_printf(o, *text == '"' ? "\"\"" : "%c", *text);
        out_printf(o, "\"%c", behind);
    } else {
        out_printf(o, "%s%c", text ? text : "", behind);
    }
}

static void export_csv(const struct out *o, const struct rows *rows)
{
    out_printf(o, "region,station,tier,contact,person,name,address,hotline,"
                  "override\n");
    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__RosterRow *r = rows->list[i];

        csv_field(o, r->region, ',');
        csv_field(o, r->station, ',');
        csv_field(o, role_name(r->tier), ',');
        out_printf(o, "%u,", r->contact + 1);
        csv_field(o, r->person, ',');
        csv_field(o, r->name, ',');
        csv_field(o, r->address, ',');
        csv_field(o, r->hotline, ',');
        csv_field(o, r->override_id, '\n');
    }
}

static void page_line(struct table *t, const Yinuo__V1__RosterRow *r,
                      bool first)
{
    bool empty = !r->person || !*r->person;

    table_add(t, first ? r->station : "", OUT_STRONG);
    table_add(t, tier_word((int)r->tier), OUT_PLAIN);
    table_add(t,
              empty                 ? _("nobody")
              : r->name && *r->name ? r->name
                                    : r->person,
              empty ? OUT_BAD : OUT_PLAIN);
    table_add(t, r->address, OUT_PLAIN);
    table_add(t, r->override_id && *r->override_id ? "*" : "", OUT_FAINT);
}

/* A page of a region: a form feed between two, so that each prints alone. */
static void export_pages(struct cli *cli, const struct rows *rows)
{
    static const struct table_column columns[] = {{N_("STATION"), false, 6},
                                                  {N_("TIER"), false, 8},
                                                  {N_("NAME"), false, 4},
                                                  {N_("NUMBER"), false, 8},
                                                  {"", false, 0}};
    char clock[WHEN_SIZE];

    when_clock(0, rows->now_ms, clock);
    for (size_t i = 0; i < rows->count;) {
        const Yinuo__V1__RosterRow *first = rows->list[i], *before = NULL;
        const char *name = first->region ? first->region : "";
        struct table t;

        out_printf(&cli->out, _("%sOn duty in %s, %s, hotline %s\n"),
                   i ? "\f" : "", name, clock,
                   first->hotline && *first->hotline ? first->hotline : "-");
        table_init(&t, columns, sizeof columns / sizeof columns[0]);
        for (; i < rows->count; i++) {
            const Yinuo__V1__RosterRow *r = rows->list[i];

            if (strcmp(r->region ? r->region : "", name) != 0)
                break;
            page_line(&t, r,
                      !before || strcmp(before->station, r->station) != 0);
            before = r;
        }
        table_print(&t, &cli->out);
        table_fini(&t);
    }
}

int run_on_call_export(struct cli *cli, int argc, char **argv)
{
    struct rows rows = {0};
    int code = ask(cli, "on_call", NULL, &rows);

    (void)argc, (void)argv;
    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out, duty_json(&rows));
    else if (code == CLI_DONE && csv)
        export_csv(&cli->out, &rows);
    else if (code == CLI_DONE)
        export_pages(cli, &rows);
    rows_fini(&rows);
    return code;
}

/* --- a customer's card --- */

int run_on_call_card(struct cli *cli, int argc, char **argv)
{
    struct rows rows = {0};
    uint32_t last = 0;
    int code = ask(cli, "on_call", argv[0], &rows);

    (void)argc;
    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out, duty_json(&rows));
    for (size_t i = 0; code == CLI_DONE && !cli->out.json && i < rows.count;
         i++) {
        const Yinuo__V1__RosterRow *r = rows.list[i];

        if (!i)
            out_printf(&cli->out, _("Whom to call about %s\nHotline: %s\n"),
                       argv[0], r->hotline && *r->hotline ? r->hotline : "-");
        if (r->tier == last)
            continue; /* one name per level */
        last = r->tier;
        out_printf(&cli->out, "%s: %s %s\n", tier_word((int)r->tier),
                   r->person && *r->person
                       ? (r->name && *r->name ? r->name : r->person)
                       : "-",
                   r->address ? r->address : "");
    }
    rows_fini(&rows);
    return code;
}
