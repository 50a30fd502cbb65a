/* work - moving a case along: note, contacted, severity, resolve, follow-up,
 * reopen, close, merge. */
#include <stdlib.h>
#include <string.h>

#include "cli/order.h"
#include "cli/session.h"
#include "cli/words.h"
#include "proto/kinds.h"

static bool inbound, one_way, unhappy;
static const char *channel, *purpose, *spoke_with, *result, *words;
static const char *resolution, *cause, *cause_tag, *factor_tag, *score;
static bool satisfied, not_satisfied;

/* clang-format off */
#define TAGS                                                                   \
    {"cause",      'c', OPTION_TEXT, N_("WORDS"), N_("what the fault was"),              &cause},     \
    {"cause-tag",   0,  OPTION_TEXT, N_("TAG"),   N_("response_time, thorough_fix ..."), &cause_tag}, \
    {"factor-tag",  0,  OPTION_TEXT, N_("TAG"),   N_("reliability, attitude ..."),       &factor_tag}

const struct option_row note_options[] = {{0}};
const struct option_row contacted_options[] = {
    {"inbound",     0,  OPTION_FLAG, NULL,           N_("the customer called us"),               &inbound},
    {"one-way",     0,  OPTION_FLAG, NULL,           N_("he could not answer: a message, a mail"), &one_way},
    {"channel",    'c', OPTION_TEXT, N_("CHANNEL"),  N_("phone, visit, mail, message or counter"), &channel},
    {"purpose",    'p', OPTION_TEXT, N_("PURPOSE"),  N_("progress, plan, apology, callback or diagnosis"), &purpose},
    {"with",       'w', OPTION_TEXT, N_("NAME"),     N_("who was spoken with"),                  &spoke_with},
    {"result",      0,  OPTION_TEXT, N_("WORDS"),    N_("what came of it"),                      &result},
    {"unhappy",     0,  OPTION_FLAG, NULL,           N_("he was unhappy; the silence counts on"), &unhappy},
    {"words",       0,  OPTION_TEXT, N_("WORDS"),    N_("what he said"),                         &words},
    {0}};
const struct option_row severity_options[] = {{0}};
const struct option_row resolve_options[] = {
    {"resolution", 'R', OPTION_TEXT, N_("WORDS"),    N_("how it was solved"),                    &resolution},
    TAGS, {0}};
const struct option_row follow_up_options[] = {
    {"satisfied",   0,  OPTION_FLAG, NULL,           N_("the customer is content"),              &satisfied},
    {"not-satisfied", 0, OPTION_FLAG, NULL,          N_("he is not: the case is opened again"),  &not_satisfied},
    {"score",       0,  OPTION_TEXT, N_("NUMBER"),   N_("1 to 5"),                               &score},
    {"words",       0,  OPTION_TEXT, N_("WORDS"),    N_("what he said"),                         &words},
    TAGS, {0}};
const struct option_row reopen_options[] = {{0}};
const struct option_row close_options[] = {TAGS, {0}};
const struct option_row merge_options[] = {{0}};
/* clang-format on */

int run_note(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    char *text =
        argc > 1 ? cli_words(argc - 1, argv + 1) : cli_ask(cli, _("Note:"));
    int code;

    if (!text || !*text) {
        free(text);
        return cli_usage(cli, _("what is the note?"));
    }
    code = order_begin(cli, &o, "note", "note.internal", argv[0]);
    if (code == CLI_DONE) {
        order_text(&o, "note", text);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s: noted."), o.case_id);
    order_fini(&o);
    free(text);
    return code;
}

/* A word must be among those that the field is known to take. */
static int check(struct cli *cli, unsigned kind, const char *field,
                 const char *option, const char *value)
{
    const struct kind_field *row = kind_field(kind, field);

    if (value && row && !kind_field_takes(row, value))
        return cli_usage(cli, _("--%s: one of %s"), option, row->values);
    return CLI_DONE;
}

int run_contacted(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    unsigned kind = KIND_CUSTOMER_CONTACTED;
    int code = check(cli, kind, "channel", "channel", channel);

    (void)argc;
    if (code == CLI_DONE)
        code = check(cli, kind, "purpose", "purpose", purpose);
    if (code == CLI_DONE)
        code = order_begin(cli, &o, "contacted", "customer.contacted", argv[0]);
    if (code == CLI_DONE) {
        order_text(&o, "direction", inbound ? "inbound" : "outbound");
        order_flag(&o, "two_way", !one_way);
        order_text(&o, "channel", channel);
        order_text(&o, "purpose", purpose);
        order_text(&o, "contact_person", spoke_with);
        order_text(&o, "result", result);
        order_text(&o, "words", words);
        order_text(&o, "by", cli->who.person);
        if (unhappy)
            order_flag(&o, "unhappy", true);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o,
                   one_way
                       ? _("%s: written down; it does not count as contact.")
                       : _("%s: the customer was spoken with."),
                   o.case_id);
    order_fini(&o);
    return code;
}

int run_severity(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    int to = severity_of(argv[1]), code;

    (void)argc;
    if (!to)
        return cli_usage(cli, _("\"%s\" is no severity: S1, S2, S3 or S4"),
                         argv[1]);
    code = cli_need_reason(cli);
    if (code == CLI_DONE)
        code = order_begin(cli, &o, "severity", "severity.changed", argv[0]);
    if (code == CLI_DONE) {
        if (o.found.it)
            order_text(&o, "from", severity_name((int)o.found.it->severity));
        order_text(&o, "to", severity_name(to));
        order_text(&o, "reason", cli->reason);
        order_text(&o, "by", cli->who.person);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s is %s now."), o.case_id, severity_word(to));
    order_fini(&o);
    return code;
}

static void set_tags(struct order *o)
{
    order_text(o, "cause", cause);
    order_text(o, "cause_tag", cause_tag);
    order_text(o, "factor_tag", factor_tag);
}

int run_resolve(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    int code = order_begin(cli, &o, "resolve", "case.resolved", argv[0]);

    (void)argc;
    if (code == CLI_DONE) {
        order_text(&o, "resolution", resolution ? resolution : cli->reason);
        set_tags(&o);
        order_text(&o, "by", cli->who.person);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s is resolved."), o.case_id);
    order_fini(&o);
    return code;
}

static int set_score(struct cli *cli, struct order *o)
{
    char *end;
    double value;

    if (!score)
        return CLI_DONE;
    value = strtod(score, &end);
    if (*end || end == score || !(value >= 1 && value <= 5))
        return cli_usage(cli, _("--score: a number from 1 to 5"));
    order_real(o, "score", value);
    return CLI_DONE;
}

int run_follow_up(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    int code;

    (void)argc;
    if (satisfied == not_satisfied)
        return cli_usage(cli, _("is he content? --satisfied or "
                                "--not-satisfied"));
    code = order_begin(cli, &o, "follow-up", "followup.done", argv[0]);
    if (code == CLI_DONE)
        code = set_score(cli, &o);
    if (code == CLI_DONE) {
        order_flag(&o, "satisfied", satisfied);
        set_tags(&o);
        order_text(&o, "words", words);
        order_text(&o, "by", cli->who.person);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o,
                   satisfied ? _("%s: followed up, the customer is content.")
                             : _("%s: not content; it is open again."),
                   o.case_id);
    order_fini(&o);
    return code;
}

int run_reopen(struct cli *cli, int argc, char **argv)
{
    struct order o;
    int code = order_begin(cli, &o, "reopen", "case.reopened", argv[0]);

    (void)argc;
    if (code == CLI_DONE) {
        order_text(&o, "reason", cli->reason);
        order_text(&o, "by", cli->who.person);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s is open again."), o.case_id);
    order_fini(&o);
    return code;
}

int run_close(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    int code = cli_need_reason(cli);

    (void)argc;
    if (code == CLI_DONE)
        code = order_begin(cli, &o, "close", "case.closed", argv[0]);
    if (code == CLI_DONE) {
        set_tags(&o);
        order_text(&o, "reason", cli->reason);
        order_text(&o, "by", cli->who.person);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s is closed."), o.case_id);
    order_fini(&o);
    return code;
}

int run_merge(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    struct found into = {0};
    const char *other = argv[1];
    int code = cli_need_reason(cli);

    (void)argc;
    if (code == CLI_DONE)
        code = order_begin(cli, &o, "merge", "case.merged", argv[0]);
    if (code == CLI_DONE && !o.unreached) {
        code = find_case(cli, argv[1], &into);
        if (code == CLI_DONE)
            other = into.it->case_id;
    }
    if (code == CLI_DONE && strcmp(o.case_id, other) == 0)
        code = cli_usage(cli, _("%s cannot be merged into itself"), other);
    if (code == CLI_DONE) {
        order_text(&o, "to", other);
        order_text(&o, "reason", cli->reason);
        order_text(&o, "by", cli->who.person);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s goes on in %s."), o.case_id, other);
    found_fini(&into);
    order_fini(&o);
    return code;
}
