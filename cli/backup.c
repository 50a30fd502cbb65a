/* backup - a copy of a running ledger, and the way back. */
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "ledger/backup.h"

static const char *ledger_path, *policy_dir;
static bool without_keys, check_only;

/* clang-format off */
#define WHERE {"ledger", 'L', OPTION_TEXT, N_("DIR"), N_("the ledger, if not HOME/ledger"), &ledger_path}
const struct option_row backup_options[] = {
    {"policy",      'p', OPTION_TEXT, N_("DIR"), N_("copy these packs along"),                 &policy_dir},
    {"without-keys", 0,  OPTION_FLAG, NULL,      N_("leave the customers' keys out"),          &without_keys},
    {"verify",       0,  OPTION_FLAG, NULL,      N_("make none: check the one that is there"), &check_only},
    WHERE, {0}};
const struct option_row restore_options[] = {
    {"policy",      'p', OPTION_TEXT, N_("DIR"), N_("put the saved packs there"),              &policy_dir},
    WHERE, {0}};
/* clang-format on */

static int where(struct cli *cli, char dir[LIMIT_PATH_BYTES])
{
    if (!ledger_path)
        return cli_path(cli, "ledger", dir);
    if (strlen(ledger_path) >= LIMIT_PATH_BYTES)
        return cli_usage(cli, _("the path is too long"));
    strcpy(dir, ledger_path);
    return CLI_DONE;
}

static void tell(struct cli *cli, const char *format, const char *dir,
                 const struct backup_report *r)
{
    if (cli->out.json)
        out_json(&cli->out,
                 json_pack("{s:s, s:I, s:I, s:I, s:I}", "dir", dir, "applied",
                           (json_int_t)r->applied, "last", (json_int_t)r->last,
                           "files", (json_int_t)r->files, "bytes",
                           (json_int_t)r->bytes));
    else
        out_printf(&cli->out, format, dir, r->last, r->files, r->bytes);
}

int run_backup(struct cli *cli, int argc, char **argv)
{
    char ledger[LIMIT_PATH_BYTES];
    struct backup_options options = {.ledger_dir = ledger,
                                     .to_dir = argv[0],
                                     .policy_dir = policy_dir,
                                     .without_keys = without_keys};
    struct backup_report report = {0};
    enum status status;
    int code = where(cli, ledger);

    (void)argc;
    if (code != CLI_DONE)
        return code;
    if (check_only)
        status = backup_verify(argv[0], &report, &cli->error);
    else
        status = backup_make(&options, &report, &cli->error);
    if (status != STATUS_OK)
        return cli_failed(cli);
    tell(cli,
         check_only ? _("%s is whole: up to record %" PRIu64 ", %" PRIu64
                        " files, %" PRIu64 " bytes\n")
                    : _("saved in %s: up to record %" PRIu64 ", %" PRIu64
                        " files, %" PRIu64 " bytes\n"),
         argv[0], &report);
    return CLI_DONE;
}

int run_restore(struct cli *cli, int argc, char **argv)
{
    char ledger[LIMIT_PATH_BYTES];
    struct backup_report report = {0};
    int code = where(cli, ledger);

    (void)argc;
    if (code != CLI_DONE)
        return code;
    if (backup_restore(argv[0], ledger, policy_dir, &report, &cli->error) !=
        STATUS_OK)
        return cli_failed(cli);
    tell(cli,
         _("restored into %s: up to record %" PRIu64 ", %" PRIu64
           " files, %" PRIu64 " bytes\n"),
         ledger, &report);
    return CLI_DONE;
}
