/* case_move - case wait, resume, correct. */
#include <string.h>

#include "cli/order.h"
#include "cli/session.h"
#include "cli/suggest.h"
#include "cli/when.h"

static const char *wait_for, *until;

/* clang-format off */
const struct option_row case_wait_options[] = {
    {"for",   'f', OPTION_TEXT, N_("WHAT"), N_("customer, part, supplier ..."), &wait_for},
    {"until", 'u', OPTION_TEXT, N_("TIME"), N_("at the latest until then"),     &until},
    {0}};
const struct option_row case_resume_options[] = {{0}};
const struct option_row case_correct_options[] = {{0}};

/* What a record may put right; the scalar fields of a case. */
static const char *const fields[] = {
    "station", "region", "product_line", "customer_id", "asset_id",
    "opened_at", "last_contact_at", "severity", "owner"};
/* clang-format on */

int run_case_wait(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    int64_t until_ms = 0;
    bool day = false;
    int code;

    (void)argc;
    if (!wait_for)
        wait_for = cli_ask(cli, _("What does it wait for?"));
    if (!wait_for || !*wait_for)
        return cli_usage(cli, _("what does it wait for? --for WHAT"));
    code = order_begin(cli, &o, "wait", "case.waiting", argv[0]);
    if (code == CLI_DONE && until &&
        when_parse(until, o.now_ms, &until_ms, &day, &cli->error) != STATUS_OK)
        code = cli_usage(cli, "--until: %s", cli->error.text);
    if (code == CLI_DONE && until && when_is_over(o.now_ms, until_ms, day))
        code =
            cli_usage(cli, _("%s: \"%s\" is over already"), "--until", until);
    if (code == CLI_DONE) {
        order_text(&o, "for", wait_for);
        order_time(&o, "until", until_ms);
        order_text(&o, "reason", cli->reason);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE && until_ms) {
        char words[WHEN_SIZE];
        when_clock(o.now_ms, until_ms, words);
        order_tell(cli, &o, _("%s waits for %s, until %s."), o.case_id,
                   wait_for, words);
    } else if (code == CLI_DONE) {
        order_tell(cli, &o, _("%s waits for %s."), o.case_id, wait_for);
    }
    order_fini(&o);
    return code;
}

int run_case_resume(struct cli *cli, int argc, char **argv)
{
    struct order o;
    int code = order_begin(cli, &o, "resume", "case.resumed", argv[0]);

    (void)argc;
    if (code == CLI_DONE) {
        order_text(&o, "reason", cli->reason);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s goes on."), o.case_id);
    order_fini(&o);
    return code;
}

/* One field per record: each is explained and can be found by itself. */
static int correct(struct cli *cli, const char *typed, const char *field,
                   const char *value)
{
    struct order o = {0};
    int code = order_begin(cli, &o, "correct", "case.corrected", typed);

    if (code == CLI_DONE) {
        order_text(&o, "field", field);
        order_text(&o, "value", value);
        order_text(&o, "reason", cli->reason);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s: %s is %s now."), o.case_id, field, value);
    order_fini(&o);
    return code;
}

static int split(struct cli *cli, char *word, char **value)
{
    size_t count = sizeof fields / sizeof fields[0];
    const char *meant;

    *value = strchr(word, '=');
    if (!*value)
        return cli_usage(cli, _("\"%s\": expected FIELD=VALUE"), word);
    *(*value)++ = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i], word) == 0)
            return CLI_DONE;
    meant = suggest_word(word, fields, count);
    if (meant)
        return cli_usage(cli,
                         _("no field \"%s\" can be put right, did you "
                           "mean %s?"),
                         word, meant);
    return cli_usage(cli, _("no field \"%s\" can be put right"), word);
}

int run_case_correct(struct cli *cli, int argc, char **argv)
{
    char *values[16];
    int code = cli_need_reason(cli);

    if (code == CLI_DONE && argc - 1 > 16)
        return cli_usage(cli, _("at most %d fields at once"), 16);
    for (int i = 1; i < argc && code == CLI_DONE; i++)
        code = split(cli, argv[i], &values[i - 1]);
    for (int i = 1; i < argc && code == CLI_DONE; i++)
        code = correct(cli, argv[0], argv[i], values[i - 1]);
    return code;
}
