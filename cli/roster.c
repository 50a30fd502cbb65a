/* roster - who is on duty, and who I am: on-call, on-call show, whoami. */
#include <stdio.h>
#include <string.h>

#include "cli/duty.h"
#include "cli/session.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/roles.h"

static const char *at, *region, *tier, *line;

/* clang-format off */
#define WHERE                                                                  \
    {"at",     0,  OPTION_TEXT, N_("TIME"),   N_("then instead of now"),   &at},   \
    {"tier",  't', OPTION_TEXT, N_("TIER"),   N_("of this tier only"),     &tier}, \
    {"line",   0,  OPTION_TEXT, N_("LINE"),   N_("for this product line"), &line}
const struct option_row on_call_options[] = {
    {"region", 0,  OPTION_TEXT, N_("REGION"), N_("of this region only"),   &region},
    WHERE, {0}};
const struct option_row on_call_show_options[] = {WHERE, {0}};
const struct option_row whoami_options[] = {{0}};
/* clang-format on */

static int show(struct cli *cli, const char *station)
{
    struct question q;
    struct rows rows = {0};
    bool day;
    uint32_t role;
    int code;

    question_init(&q, "on_call");
    question_text(&q, "product_line", line);
    code = session_role(cli, tier, &role);
    if (code != CLI_DONE)
        return code;
    question_text(&q, "tier", role ? role_name(role) : NULL);
    if (at && when_parse(at, session_now_ms(cli), &q.as_of_ms, &day,
                         &cli->error) != STATUS_OK)
        return cli_usage(cli, "--at: %s", cli->error.text);
    code = duty_ask(cli, &q, station, region, &rows);
    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out, duty_json(&rows));
    else if (code == CLI_DONE)
        duty_table(&cli->out, &rows);
    rows_fini(&rows);
    return code;
}

int run_on_call(struct cli *cli, int argc, char **argv)
{
    (void)argc, (void)argv;
    return show(cli, NULL);
}

int run_on_call_show(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    return show(cli, argv[0]);
}

/* "station head of ST-LN-04", a line per slot. */
static void print_slots(const struct out *o, const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__RosterRow *r = rows->list[i];
        char text[256];
        if (r->station && *r->station)
            snprintf(text, sizeof text, _("%s of %.80s"),
                     tier_word((int)r->tier), r->station);
        else
            snprintf(text, sizeof text, "%s", tier_word((int)r->tier));
        out_wrap(o, 2, false, text);
    }
}

int run_whoami(struct cli *cli, int argc, char **argv)
{
    struct question q;
    struct rows rows = {0};
    const char *name = "";
    int code = session_need_person(cli);

    (void)argc, (void)argv;
    if (code == CLI_DONE) {
        question_init(&q, "person");
        question_text(&q, "person", cli->who.person);
        code = question_ask(cli, &q, &yinuo__v1__roster_row__descriptor, &rows);
    }
    if (code == CLI_DONE && rows.count) {
        const Yinuo__V1__RosterRow *first = rows.list[0];
        name = first->name ? first->name : "";
    }
    if (code == CLI_DONE && cli->out.json) {
        out_json(&cli->out,
                 json_pack("{s:s, s:s, s:s, s:b, s:o}", "person",
                           cli->who.person, "source", cli->who.source, "name",
                           name, "proven", 0, "slots", duty_json(&rows)));
    } else if (code == CLI_DONE) {
        out_text(&cli->out, OUT_STRONG, cli->who.person);
        out_printf(&cli->out, " %s ", name);
        out_printf(&cli->out, _("(by %s, not proven by a key)"),
                   cli->who.source);
        out_printf(&cli->out, "\n");
        print_slots(&cli->out, &rows);
    }
    rows_fini(&rows);
    return code;
}
