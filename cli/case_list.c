/* case_list - cases by what is asked of them. */
#include <stdlib.h>
#include <string.h>

#include "cli/find.h"
#include "cli/session.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/event_json.h"
#include "proto/message_json.h"
#include "proto/roles.h"

enum { LIMIT_USUAL = 100 };

static bool mine, unacked, overdue, closed_too;
static const char *part_of;
static const char *severities, *tier, *station, *region, *owner, *state, *due;
static int64_t no_contact_ms, idle_ms, limit = LIMIT_USUAL;

/* clang-format off */
const struct option_row case_list_options[] = {
    {"mine",       'm', OPTION_FLAG, NULL,          N_("that I own or was paged for"),           &mine},
    {"owner",       0,  OPTION_TEXT, N_("PERSON"),  N_("of this owner"),                         &owner},
    {"unacked",    'u', OPTION_FLAG, NULL,          N_("with a page that nobody has answered"),  &unacked},
    {"overdue",     0,  OPTION_FLAG, NULL,          N_("with something that is late"),           &overdue},
    {"severity",   's', OPTION_TEXT, N_("S1,S2"),   N_("of one of these"),                       &severities},
    {"tier",       't', OPTION_TEXT, N_("TIER"),    N_("that have climbed to this tier"),        &tier},
    {"station",     0,  OPTION_TEXT, N_("STATION"), N_("of this station"),                       &station},
    {"region",      0,  OPTION_TEXT, N_("REGION"),  N_("of this region"),                        &region},
    {"part-of",     0,  OPTION_TEXT, N_("CASE"),    N_("that are part of this case"),            &part_of},
    {"no-contact-for", 0, OPTION_SPAN, N_("SPAN"),  N_("whose customer nobody has spoken with"), &no_contact_ms},
    {"idle-for",    0,  OPTION_SPAN, N_("SPAN"),    N_("answered, but nothing for the customer"), &idle_ms},
    {"due",        'd', OPTION_TEXT, N_("TIME"),    N_("with a promise due by then, or today"),  &due},
    {"state",       0,  OPTION_TEXT, N_("STATE"),   N_("open, waiting, resolved or closed"),     &state},
    {"all",        'a', OPTION_FLAG, NULL,          N_("closed ones too"),                       &closed_too},
    {"limit",      'l', OPTION_INT,  N_("NUMBER"),  N_("at most so many (100)"),                 &limit},
    {0}};
/* clang-format on */

static int check_severities(struct cli *cli, char *words)
{
    char copy[64], *rest = copy, *word;

    if (!words)
        return CLI_DONE;
    if (strlen(words) >= sizeof copy)
        return cli_usage(cli, "--severity: S1,S2,S3,S4");
    strcpy(copy, words);
    while ((word = strsep(&rest, ",")))
        if (!severity_of(word))
            return cli_usage(cli, _("\"%s\" is no severity: S1, S2, S3 or S4"),
                             word);
    for (char *c = words; *c; c++) /* as the answer has them */
        if (*c == 's')
            *c = 'S';
    return CLI_DONE;
}

/* --due today is the end of the day; a day named is its end too. */
static int parse_due(struct cli *cli, int64_t *by_ms)
{
    bool day;

    *by_ms = 0;
    if (!due)
        return CLI_DONE;
    if (when_parse(due, session_now_ms(cli), by_ms, &day, &cli->error) !=
        STATUS_OK)
        return cli_usage(cli, "--due: %s", cli->error.text);
    if (day)
        *by_ms = when_day_end(*by_ms);
    return CLI_DONE;
}

static int fill(struct cli *cli, struct question *q, char *words)
{
    int64_t by_ms;
    uint32_t role = 0;
    int code = parse_due(cli, &by_ms);

    if (code == CLI_DONE)
        code = check_severities(cli, words);
    if (code == CLI_DONE && mine)
        code = session_need_person(cli);
    if (code == CLI_DONE)
        code = session_role(cli, tier, &role);
    if (code == CLI_DONE && limit <= 0)
        code = cli_usage(cli, _("--limit: at least 1"));
    if (code != CLI_DONE)
        return code;
    question_text(q, "mine", mine ? cli->who.person : NULL);
    if (state && !state_known(state))
        return cli_usage(cli,
                         _("\"%s\" is no state: open, waiting, resolved or "
                           "closed"),
                         state);
    question_text(q, "owner", owner);
    question_flag(q, "unacked", unacked);
    question_flag(q, "overdue", overdue);
    question_words(q, "severity", words);
    question_text(q, "tier", role ? role_name(role) : NULL);
    question_text(q, "station", station);
    question_text(q, "region", region);
    question_text(q, "parent", part_of);
    question_number(q, "no_contact_for", no_contact_ms);
    question_time(q, "due_by", by_ms);
    question_text(q, "state", state ? state : closed_too ? "any" : NULL);
    q->limit = idle_ms ? 0 : (size_t)limit; /* they are picked out here */
    return CLI_DONE;
}

/* Somebody acknowledged, and the customer has heard nothing for so long. */
static void keep_idle(struct rows *rows)
{
    size_t kept = 0;

    for (size_t i = 0; i < rows->count; i++) {
        int64_t since_ms = find_idle_since(rows->list[i]);
        if (!since_ms || rows->now_ms - since_ms < idle_ms)
            continue;
        rows->partitions[kept] = rows->partitions[i];
        rows->list[kept++] = rows->list[i];
    }
    rows->total = kept;
    rows->more = kept > (size_t)limit;
    rows->count = rows->more ? (size_t)limit : kept;
}

static json_t *to_json(const Yinuo__V1__Case *c)
{
    json_t *object = message_to_json(&c->base, when_zone());
    int64_t since_ms = find_idle_since(c);

    if (since_ms)
        json_object_set_new(object, "idle_since",
                            moment_to_json(since_ms, when_zone()));
    return object;
}

int run_case_list(struct cli *cli, int argc, char **argv)
{
    struct question q;
    struct rows rows = {0};
    char *words = severities ? strdup(severities) : NULL;
    int code;

    (void)argc, (void)argv;
    question_init(&q, "case.list");
    code = fill(cli, &q, words);
    if (code == CLI_DONE)
        code = question_ask(cli, &q, &yinuo__v1__case__descriptor, &rows);
    if (code == CLI_DONE && mine && !rows.count)
        code = session_check_person(cli);
    if (code == CLI_DONE && idle_ms)
        keep_idle(&rows);
    if (code == CLI_DONE && cli->out.json) {
        json_t *array = json_array();
        for (size_t i = 0; i < rows.count; i++)
            json_array_append_new(array, to_json(rows.list[i]));
        out_json(&cli->out, array);
    } else if (code == CLI_DONE) {
        find_table(&cli->out, &rows);
        if (rows.count == 0)
            out_note(&cli->out, "%s", _("No such cases."));
        else if (rows.more && rows.total > rows.count)
            out_note(&cli->out, _("... of %llu; --limit shows more."),
                     (unsigned long long)rows.total);
        else if (rows.more)
            out_note(&cli->out, "%s", _("... and more; --limit shows them."));
    }
    rows_fini(&rows);
    free(words);
    return code;
}
