#include "cli/cli.h"

#include <assert.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/mapped.h"
#include "base/utf8.h"
#include "cli/aliases.h"
#include "cli/client.h"
#include "cli/duty.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/publishing.h"
#include "cli/words.h"

static size_t add_rows(struct option_row *out, size_t at,
                       const struct option_row *rows)
{
    for (; rows && rows->name; rows++) {
        assert(at + 1 < CLI_OPTIONS_MAX);
        out[at++] = *rows;
    }
    return at;
}

void cli_options(struct cli *cli, const struct command *command,
                 struct option_row out[CLI_OPTIONS_MAX])
{
    /* clang-format off */
    const struct option_row write[] = {
        {"reason",  'r', OPTION_TEXT, N_("WORDS"),   N_("why, for the record"),                       &cli->reason},
        {"at",       0,  OPTION_TEXT, N_("TIME"),    N_("when it happened, if not now"),              &cli->at},
        {"dry-run", 'n', OPTION_FLAG, NULL,          N_("say whether it would be allowed"),           &cli->dry_run},
        {"queue",    0,  OPTION_FLAG, NULL,          N_("if not reached, keep it and send it later"), &cli->queue},
        {"yes",     'y', OPTION_FLAG, NULL,          N_("do not ask"),                                &cli->yes},
        {0}};
    const struct option_row common[] = {
        {"as",       0,  OPTION_TEXT, N_("PERSON"),  N_("who acts"),                                  &cli->as},
        {"output",  'o', OPTION_TEXT, N_("FORMAT"),  N_("text or json"),                              &cli->output},
        {"home",    'H', OPTION_TEXT, N_("DIR"),     N_("where the system lives"),                    &cli->home},
        {"connect",  0,  OPTION_TEXT, N_("ADDRESS"), N_("the broker's front door, if not at home"),   &cli->connect},
        {"color",    0,  OPTION_TEXT, N_("WHEN"),    N_("auto, always or never"),                     &cli->colour},
        {"lang",     0,  OPTION_TEXT, N_("CODE"),    N_("en or zh_CN"),                               &cli->language},
        {0}};
    /* clang-format on */
    size_t at = 0;

    if (command)
        at = add_rows(out, at, command->options);
    if (command && command->access == COMMAND_WRITE &&
        command->who != WHO_OPERATOR)
        at = add_rows(out, at, write);
    at = add_rows(out, at, common);
    out[at] = (struct option_row){0};
}

int cli_usage(const struct cli *cli, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    out_error(&cli->out, "%s", text);
    if (cli->command)
        out_note(&cli->out, _("Try \"yinuo %s --help\"."), cli->command->name);
    else
        out_note(&cli->out, _("Try \"yinuo --help\"."));
    return CLI_USAGE;
}

int cli_failed(const struct cli *cli)
{
    out_error(&cli->out, "%s", cli->error.text);
    return (int)exit_of_status(cli->error.status);
}

int64_t cli_now_ms(const struct cli *cli)
{
    return clock_wall_ms(cli->clock);
}

int cli_path(struct cli *cli, const char *name, char out[LIMIT_PATH_BYTES])
{
    if (file_join(out, LIMIT_PATH_BYTES, cli->home_path, name, &cli->error) !=
        STATUS_OK)
        return cli_failed(cli);
    return CLI_DONE;
}

bool cli_interactive(const struct cli *cli)
{
    return isatty(fileno(cli->in)) == 1 && cli->out.errors_terminal;
}

/* Nothing has been sent while somebody is asked: Ctrl-C ends the command there,
 * also where a connection is open that would want to end in order. */
static ssize_t read_line(struct cli *cli, char **line, size_t *room)
{
    const struct sigaction plain = {.sa_handler = SIG_DFL};
    struct sigaction before;
    ssize_t size;

    sigaction(SIGINT, NULL, &before);
    if (before.sa_handler != SIG_IGN)
        sigaction(SIGINT, &plain, NULL);
    size = getline(line, room, cli->in);
    sigaction(SIGINT, &before, NULL);
    return size;
}

char *cli_ask(struct cli *cli, const char *question)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;

    if (!cli_interactive(cli))
        return NULL;
    fprintf(cli->out.errors, "%s ", question);
    fflush(cli->out.errors);
    size = read_line(cli, &line, &room);
    if (size > 0 && line[size - 1] == '\n')
        line[--size] = 0;
    if (size <= 0 || !utf8_clean(slice_of(line, (size_t)size))) {
        free(line);
        return NULL;
    }
    return line;
}

char *cli_words(int argc, char **argv)
{
    struct bytes text = {0};
    char *words;

    for (int i = 0; i < argc; i++)
        bytes_append_format(&text, "%s%s", i ? " " : "", argv[i]);
    words = strdup(bytes_text(&text));
    bytes_fini(&text);
    if (!words)
        abort();
    return words;
}

bool cli_confirm(struct cli *cli, const char *format, ...)
{
    char question[256];
    va_list args;
    char *answer;
    bool yes;

    if (cli->yes)
        return true;
    va_start(args, format);
    vsnprintf(question, sizeof question, format, args);
    va_end(args);
    answer = cli_ask(cli, question);
    yes = answer &&
          (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0 ||
           strcmp(answer, _("y")) == 0);
    free(answer);
    if (!cli_interactive(cli))
        out_error(&cli->out, _("nobody is there to confirm: give --yes"));
    return yes;
}

int cli_need_reason(struct cli *cli)
{
    if (!(cli->reason && *cli->reason) && cli->dry_run)
        cli->reason = "?"; /* a question is not recorded */
    if (cli->reason && *cli->reason)
        return CLI_DONE;
    cli->reason = cli_ask(cli, _("Reason:"));
    if (cli->reason && *cli->reason)
        return CLI_DONE;
    return cli_usage(cli, _("this needs a reason: --reason WORDS"));
}

/* All words must be text before anything looks at them. */
static int check_words(const struct cli *cli, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!utf8_clean(slice_of_text(argv[i])))
            return cli_usage(
                cli,
                utf8_valid(slice_of_text(argv[i]))
                    ? _("argument %d has a control character in it")
                    : _("argument %d is not valid UTF-8 text"),
                i);
    return CLI_DONE;
}

static int apply_settings(struct cli *cli)
{
    enum out_colour colour = OUT_COLOUR_AUTO;

    if (cli->language && strcmp(cli->language, "en") != 0 &&
        strncmp(cli->language, "zh", 2) != 0)
        return cli_usage(cli, _("--lang: en or zh_CN, not \"%s\""),
                         cli->language);
    if (cli->language)
        i18n_set_language(*cli->language == 'z' ? "zh_CN" : "en");
    if (cli->colour && strcmp(cli->colour, "always") == 0)
        colour = OUT_COLOUR_ALWAYS;
    else if (cli->colour && strcmp(cli->colour, "never") == 0)
        colour = OUT_COLOUR_NEVER;
    else if (cli->colour && strcmp(cli->colour, "auto") != 0)
        return cli_usage(cli, _("--color: auto, always or never, not \"%s\""),
                         cli->colour);
    out_init(&cli->out, stdout, stderr, colour);
    if (cli->output && strcmp(cli->output, "json") == 0)
        cli->out.json = true;
    else if (cli->output && strcmp(cli->output, "csv") == 0)
        cli->out.csv = true; /* who does not take it says so */
    else if (cli->output && strcmp(cli->output, "text") != 0)
        return cli_usage(cli, _("--output: text or json, not \"%s\""),
                         cli->output);
    return CLI_DONE;
}

static int find_home(struct cli *cli)
{
    const char *said = cli->home;
    char here[LIMIT_PATH_BYTES];

    if (!said)
        said = getenv("YINUO_HOME");
    if (!said || !*said)
        said = cli->who.config.home;
    if (!*said)
        said = "yinuo-home";
    if (*said == '/' || !getcwd(here, sizeof here)) {
        if (strlen(said) >= sizeof cli->home_path)
            return cli_usage(cli, _("the path of the home is too long"));
        strcpy(cli->home_path, said);
        return CLI_DONE;
    }
    if (file_join(cli->home_path, sizeof cli->home_path, here, said,
                  &cli->error) != STATUS_OK)
        return cli_failed(cli);
    return CLI_DONE;
}

int cli_find_who(struct cli *cli)
{
    if (who_find(&cli->who, cli->as, &cli->error) != STATUS_OK) {
        cli_failed(cli);
        return CLI_USAGE;
    }
    if (!cli->language && cli->who.config.language[0])
        i18n_set_language(cli->who.config.language);
    if (!cli->connect && cli->who.config.connect[0])
        cli->connect = cli->who.config.connect;
    return find_home(cli);
}

static int unknown_command(const struct cli *cli, int argc, char **argv)
{
    const char *meant = command_suggest(argc, argv);
    const char *verb = argc > 1 && command_is_noun(argv[0]) ? argv[1] : "";

    out_error(&cli->out, _("there is no command \"%s%s%s\""), argv[0],
              *verb ? " " : "", verb);
    if (meant)
        out_note(&cli->out, _("Did you mean \"yinuo %s\"?"), meant);
    out_note(&cli->out, _("Try \"yinuo --help\"."));
    return CLI_USAGE;
}

/* "may COMMAND ...": that command, said and not done. */
static bool is_question(int argc, char **argv)
{
    int used = 0;
    const struct command *command;

    if (argc < 2 || strcmp(argv[0], "may") != 0)
        return false;
    command = command_find(argc - 1, argv + 1, &used);
    return command && command->access == COMMAND_WRITE;
}

/* Tables of figures; the rest is text or JSON. */
static bool writes_csv(const struct command *command)
{
    return strcmp(command->id, "report") == 0 ||
           strcmp(command->id, "audit") == 0;
}

/* argv[0] is the command's last word. */
static int run(struct cli *cli, int argc, char **argv)
{
    struct option_row rows[CLI_OPTIONS_MAX];
    struct option_set set = {.rows = rows, .mixed = true};
    int first = 0, words, code;

    cli_options(cli, cli->command, rows);
    switch (option_parse(&set, argc, argv, &first, &cli->error)) {
    case OPTION_WRONG:
        (void)apply_settings(cli);
        return cli_usage(cli, "%s", cli->error.text);
    case OPTION_VERSION:
        return run_version(cli, 0, NULL);
    case OPTION_HELP:
        code = apply_settings(cli);
        if (code == CLI_DONE)
            help_command(cli, cli->command);
        if (code == CLI_DONE && strcmp(cli->command->id, "record") == 0 &&
            cli_find_who(cli) == CLI_DONE)
            aliases_print(cli, NULL);
        return code;
    case OPTION_GO_ON:
        break;
    }
    code = apply_settings(cli);
    if (code == CLI_DONE)
        code = cli_find_who(cli);
    if (code != CLI_DONE)
        return code;
    words_home(cli);
    words = argc - first;
    if (cli->out.csv && !writes_csv(cli->command))
        return cli_usage(cli, _("--output csv is for report and audit"));
    if (words < cli->command->words_min)
        return cli_usage(cli, _("\"%s\" needs %s"), cli->command->name,
                         _(cli->command->arguments));
    if (words > cli->command->words_max)
        return cli_usage(cli, _("\"%s\": one word too many: \"%s\""),
                         cli->command->name,
                         argv[first + cli->command->words_max]);
    cli->until_ms = clock_monotonic_ms(cli->clock) + CLI_WAIT_MS;
    return cli->command->run(cli, words, argv + first);
}

static int dispatch(struct cli *cli, int argc, char **argv)
{
    struct option_row rows[CLI_OPTIONS_MAX];
    struct option_set set = {.rows = rows};
    int first = 0, used = 0, code = check_words(cli, argc, argv);
    char *nothing[] = {(char *)"inbox", NULL};

    if (code != CLI_DONE)
        return code;
    cli_options(cli, NULL, rows);
    switch (option_parse(&set, argc, argv, &first, &cli->error)) {
    case OPTION_WRONG:
        return cli_usage(cli, "%s", cli->error.text);
    case OPTION_VERSION:
        return run_version(cli, 0, NULL);
    case OPTION_HELP:
        code = apply_settings(cli);
        if (code == CLI_DONE)
            help_overview(&cli->out);
        return code;
    case OPTION_GO_ON:
        break;
    }
    if (first == argc) {
        cli->command = command_find(1, nothing, &used);
        return run(cli, 1, nothing);
    }
    cli->dry_run |= is_question(argc - first, argv + first);
    if (is_question(argc - first, argv + first))
        first++;
    cli->command = command_find(argc - first, argv + first, &used);
    if (cli->command)
        return run(cli, argc - first - used + 1, argv + first + used - 1);
    code = apply_settings(cli);
    if (code != CLI_DONE)
        return code;
    if (command_is_noun(argv[first]) &&
        (first + 1 >= argc || (argv[first + 1][0] == '-' &&
                               strcmp(argv[first + 1], "--help") != 0))) {
        help_noun(&cli->out, argv[first]);
        return CLI_USAGE;
    }
    if (command_is_noun(argv[first]) &&
        strcmp(argv[first + 1], "--help") == 0) {
        help_noun(&cli->out, argv[first]);
        return CLI_DONE;
    }
    return unknown_command(cli, argc - first, argv + first);
}

int cli_main(int argc, char **argv)
{
    struct cli cli = {
        .in = stdin, .clock = clock_system(), .random = random_system()};
    int code;

    (void)signal(SIGPIPE, SIG_IGN);
    mapped_speak_as("yinuo", CLI_BAD_DATA);
    out_init(&cli.out, stdout, stderr, OUT_COLOUR_AUTO);
    code = dispatch(&cli, argc, argv);
    if (code != CLI_DONE)
        out_json_failure(&cli.out, code);
    (void)out_flush(&cli.out);
    if (cli.client && code != CLI_UNREACHED && !interrupt_came()) {
        duty_refresh(&cli);
        client_free(&cli.client);
        publishing_rest(&cli);
    }
    client_free(&cli.client);
    if (!out_flush(&cli.out)) {
        if (!out_reader_gone(&cli.out))
            out_error(&cli.out, "%s", _("the output could not be written"));
        code = code == CLI_DONE ? CLI_FAILED : code;
    }
    return code;
}

const struct option_row help_options[] = {{0}};
const struct option_row version_options[] = {{0}};

int run_help(struct cli *cli, int argc, char **argv)
{
    int used = 0;
    const struct command *command;

    if (argc == 0) {
        if (cli->out.json)
            help_json(&cli->out, "");
        else
            help_overview(&cli->out);
        return CLI_DONE;
    }
    command = command_find(argc, argv, &used);
    if (cli->out.json &&
        (used == argc || (argc == 1 && command_is_noun(argv[0]))))
        help_json(&cli->out, used == argc ? command->name : argv[0]);
    else if (command && used == argc)
        help_command(cli, command);
    else if (argc == 1 && command_is_noun(argv[0]))
        help_noun(&cli->out, argv[0]);
    else
        return unknown_command(cli, argc, argv);
    return CLI_DONE;
}

int run_version(struct cli *cli, int argc, char **argv)
{
    (void)argc, (void)argv;
    if (cli->out.json)
        out_json(&cli->out, json_pack("{s:s}", "version", YINUO_VERSION));
    else
        out_printf(&cli->out, "yinuo %s\n", YINUO_VERSION);
    return CLI_DONE;
}
