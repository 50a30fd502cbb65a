/* simulate, import - the same engine in virtual time, over events, a journal or
 * stories; another system's log as events. */
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "cli/past.h"
#include "cli/publishing.h"
#include "cli/simulate_against.h"
#include "cli/simulate_story.h"
#include "cli/when.h"
#include "ledger/import.h"
#include "ledger/simulate.h"

static struct option_list policies, against;
static const char *answer = "never", *until, *at, *decisions, *journal, *map,
                  *since;
static int64_t cases_max = 10;
static bool publish;

/* clang-format off */
const struct option_row simulate_options[] = {
    {"policy",    'p', OPTION_LIST, N_("DIR"),   N_("a pack or a directory of packs; may be repeated"), &policies},
    {"answer",    'a', OPTION_TEXT, N_("HOW"),   N_("never, or after:2m: pages are acknowledged"),      &answer},
    {"until",     'u', OPTION_TEXT, N_("TIME"),  N_("end then"),                                        &until},
    {"at",         0,  OPTION_TEXT, N_("TIME"),  N_("how many were open then, too"),                    &at},
    {"decisions", 'd', OPTION_TEXT, N_("FILE"),  N_("every decision as a JSON line"),                   &decisions},
    {"journal",   'j', OPTION_TEXT, N_("DIR"),   N_("replay a ledger's journal, compare the decisions"), &journal},
    {"against",    0,  OPTION_LIST, N_("DIR"),   N_("who would be called under this pack instead"),      &against},
    {"since",      0,  OPTION_TEXT, N_("TIME"),  N_("--against: compare from then on"),                  &since},
    {"cases",      0,  OPTION_INT,  N_("NUMBER"), N_("--against: show so many cases (10)"),              &cases_max},
    {0}};
const struct option_row import_options[] = {
    {"map",       'm', OPTION_TEXT, N_("FILE"),  N_("what the columns mean"),                           &map},
    {"publish",    0,  OPTION_FLAG, NULL,        N_("into the outbox, not to the output"),              &publish},
    {0}};
/* clang-format on */

static int parse_time(struct cli *cli, const char *option, const char *text,
                      bool *has, int64_t *at_ms)
{
    bool day;

    *has = text != NULL;
    if (text && when_parse(text, cli_now_ms(cli), at_ms, &day, &cli->error) !=
                    STATUS_OK)
        return cli_usage(cli, "--%s: %s", option, cli->error.text);
    return CLI_DONE;
}

static int parse_answer(struct cli *cli, struct simulate_options *options)
{
    static const char after[] = "after:";

    if (strcmp(answer, "never") == 0)
        return CLI_DONE;
    options->answers = true;
    if (strncmp(answer, after, sizeof after - 1) == 0 &&
        span_parse(answer + sizeof after - 1, &options->answer_after_ms,
                   NULL) == STATUS_OK)
        return CLI_DONE;
    return cli_usage(cli, _("--answer: never or after:2m, not \"%s\""), answer);
}

static int run_stories(struct cli *cli, int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (!story_is_file(argv[i]))
            return cli_usage(cli, _("stories and events are two runs"));
    if (journal || until || at || decisions || strcmp(answer, "never") != 0)
        return cli_usage(cli, _("a story says itself who answers, and how long "
                                "it runs"));
    return simulate_stories(cli, policies.list, policies.count, argc, argv);
}

static int run_against(struct cli *cli, struct simulate_options *events)
{
    struct against_options options = {.events = events,
                                      .new_packs = against.list,
                                      .new_count = against.count};
    int code =
        parse_time(cli, "since", since, &options.has_since, &options.since_ms);

    if (code == CLI_DONE && (at || decisions))
        code = cli_usage(cli, _("--against compares two runs: --at and "
                                "--decisions are of one"));
    if (code == CLI_DONE && cases_max < 0)
        code = cli_usage(cli, _("--cases: at least 0"));
    if (journal && !policies.count)
        events->pack_count = 0; /* what was in force there */
    return code == CLI_DONE ? simulate_against(cli, &options, (size_t)cases_max)
                            : code;
}

int run_simulate(struct cli *cli, int argc, char **argv)
{
    static const char *const usual[] = {"packs"};
    struct simulate_options options = {
        .packs = policies.count ? policies.list : usual,
        .pack_count = policies.count ? policies.count : 1,
        .files = (const char *const *)argv,
        .file_count = (size_t)argc,
        .decisions = decisions,
        .journal = journal,
        .json = cli->out.json,
        .complain = cli->out.errors,
        .progress = cli->out.errors_terminal ? cli->out.errors : NULL};
    struct simulate_result result = {0};
    int code;

    for (int i = 0; i < argc; i++)
        if (story_is_file(argv[i]))
            return run_stories(cli, argc, argv);
    code = parse_answer(cli, &options);
    if (code == CLI_DONE)
        code = parse_time(cli, "until", until, &options.has_until,
                          &options.until_ms);
    if (code == CLI_DONE)
        code = parse_time(cli, "at", at, &options.has_at, &options.at_ms);
    if (code == CLI_DONE && journal && argc)
        code = cli_usage(cli, _("--journal and files exclude each other"));
    if (code == CLI_DONE && !journal && !argc)
        code = cli_usage(cli, _("which events? a file, - or --journal"));
    if (code == CLI_DONE && !against.count && since)
        code = cli_usage(cli, _("--since belongs to --against"));
    if (code == CLI_DONE && against.count)
        return run_against(cli, &options);
    if (code != CLI_DONE)
        return code;
    if (simulate_run(&options, cli->out.file, &result, &cli->error) !=
        STATUS_OK) {
        code = cli_failed(cli);
        return cli->error.status == STATUS_INVALID ? CLI_BAD_DATA : code;
    }
    if (result.different) {
        out_error(&cli->out,
                  _("%llu of %llu decisions differ, the first in record %llu"),
                  (unsigned long long)result.different,
                  (unsigned long long)result.compared,
                  (unsigned long long)result.first_different);
        return CLI_BAD_DATA;
    }
    return journal
               ? CLI_DONE
               : past_end(cli, result.summary.events, result.summary.rejected);
}

static void tell(struct cli *cli, const struct import_summary *s)
{
    FILE *out = publish ? cli->out.file : cli->out.errors;

    if (cli->out.json) {
        json_t *all = json_pack(
            "{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "rows", (json_int_t)s->rows,
            "bad_rows", (json_int_t)s->bad_rows, "cut_files",
            (json_int_t)s->cut_files, "events", (json_int_t)s->events,
            "changes", (json_int_t)s->changes, "notes", (json_int_t)s->notes,
            "cases", (json_int_t)s->cases);
        json_dumpf(all, out, JSON_COMPACT);
        fputc('\n', out);
        json_decref(all);
        return;
    }
    fprintf(out, _("%llu rows, %llu of them bad: %llu events of %llu cases\n"),
            (unsigned long long)s->rows, (unsigned long long)s->bad_rows,
            (unsigned long long)s->events, (unsigned long long)s->cases);
    if (s->cut_files)
        fprintf(out, _("files that end too early: %llu\n"),
                (unsigned long long)s->cut_files);
}

int run_import(struct cli *cli, int argc, char **argv)
{
    struct import_options options = {
        .map = map,
        .files = (const char *const *)argv,
        .file_count = (size_t)argc,
        .sink = import_to_file,
        .sink_state = cli->out.file,
        .complain = cli->out.errors,
        .progress =
            cli->out.errors_terminal && publish ? cli->out.errors : NULL};
    struct import_summary summary = {0};
    struct publishing *to = NULL;
    int code = CLI_DONE;

    if (!map)
        return cli_usage(cli, _("what do the columns mean? --map FILE"));
    if (publish) {
        code = publishing_open(cli, &to);
        options.sink = publishing_line;
        options.sink_state = to;
    }
    if (code == CLI_DONE &&
        import_run(&options, &summary, &cli->error) != STATUS_OK) {
        bool left = !publish && out_reader_gone(&cli->out); /* "| head" */
        code = left ? CLI_FAILED : cli_failed(cli);
        if (cli->error.status == STATUS_INVALID)
            code = CLI_BAD_DATA;
    }
    if (code == CLI_DONE && publish)
        code = publishing_finish(cli, to);
    if (code == CLI_DONE || code == CLI_UNREACHED)
        tell(cli, &summary);
    if (code == CLI_DONE &&
        (summary.cut_files || (publish && publishing_bad(to))))
        code = CLI_BAD_DATA;
    publishing_close(&to);
    return code;
}
