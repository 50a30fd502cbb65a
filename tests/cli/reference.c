/* reference - the manual page and the tables of docs/cli.md, from the table of
 * commands. The files are made by it and held against it:
 *
 *   reference man  > man/yinuo.1
 *   reference docs   what stands between the two marks in docs/cli.md */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/command.h"
#include "cli/exits.h"
#include "proto/wire.h"

/* For troff: backslashes, dots at the beginning, hyphens that are minus. */
static void man_text(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++)
        switch (*text) {
        case '\\':
            fputs("\\e", stdout);
            break;
        case '-':
            fputs("\\-", stdout);
            break;
        default:
            putchar(*text);
        }
}

static bool is_common(const struct option_row *row)
{
    struct cli cli = {0};
    struct option_row rows[CLI_OPTIONS_MAX];

    cli_options(&cli, NULL, rows);
    for (size_t i = 0; rows[i].name; i++)
        if (strcmp(rows[i].name, row->name) == 0)
            return true;
    return false;
}

static void man_option(const struct option_row *row)
{
    fputs(".TP\n", stdout);
    if (row->letter)
        printf(".BR \\-%c \", \" ", row->letter);
    else
        fputs(".BR ", stdout);
    fputs("\\-\\-", stdout);
    man_text(row->name);
    if (row->argument && row->kind != OPTION_FLAG) {
        fputs(" =", stdout);
        printf("\\fI%s\\fR", row->argument);
    }
    putchar('\n');
    man_text(row->help);
    putchar('\n');
}

static void man_command(const struct command *c)
{
    struct cli cli = {0};
    struct option_row rows[CLI_OPTIONS_MAX];
    size_t count;
    const struct command_example *examples = command_examples(&count);

    printf(".SS yinuo %s [OPTION...] %s\n", c->name, c->arguments);
    man_text(c->summary);
    printf(".\nMay: %s.\n", command_who_text(c->who));
    cli_options(&cli, c, rows);
    for (size_t i = 0; rows[i].name; i++)
        if (!is_common(&rows[i]))
            man_option(&rows[i]);
    for (size_t i = 0; i < count; i++)
        if (strcmp(examples[i].id, c->id) == 0) {
            fputs(".PP\n.RS 2\n.B ", stdout);
            man_text(examples[i].line);
            fputs("\n.br\n", stdout);
            man_text(examples[i].what);
            fputs("\n.RE\n", stdout);
        }
}

static void man(void)
{
    struct cli cli = {0};
    struct option_row rows[CLI_OPTIONS_MAX];
    size_t count;
    const struct command *list = commands_all(&count);

    printf(".\\\" made by tests/cli/reference.c from cli/commands.def\n"
           ".TH YINUO 1 \"\" \"yinuo %s\" \"User Commands\"\n"
           ".SH NAME\nyinuo \\- see to it that the right person hears in time\n"
           ".SH SYNOPSIS\n.B yinuo\n[\\fICOMMAND\\fR] [\\fIOPTION\\fR...]\n"
           ".SH DESCRIPTION\n"
           "Without a command: what waits for the acting person, who comes\n"
           "from \\-\\-as, YINUO_PERSON or ~/.config/yinuo/config.\n"
           "Commands that move a case wait at most three seconds; who is not\n"
           "reached gets exit code 5 and the last known duty list.\n"
           ".SH OPTIONS OF ALL COMMANDS\n",
           YINUO_VERSION);
    cli_options(&cli, NULL, rows);
    for (size_t i = 0; rows[i].name; i++)
        man_option(&rows[i]);
    fputs(".SH COMMANDS\n", stdout);
    for (size_t i = 0; i < count; i++)
        man_command(&list[i]);
    fputs(".SH EXIT STATUS\n", stdout);
    for (int code = 0; code < CLI_EXIT_COUNT; code++)
        printf(".TP\n.B %d\n%s\n", code, exit_text((enum cli_exit)code));
    fputs(".SH ENVIRONMENT\n"
          ".TP\n.B YINUO_PERSON\nwho acts\n"
          ".TP\n.B YINUO_HOME\nwhere the system lives (./yinuo\\-home)\n"
          ".TP\n.B NO_COLOR\nno colours\n"
          ".TP\n.B LANG, LANGUAGE\nzh_CN.UTF\\-8 for Chinese\n"
          ".TP\n.B TZ\nthe zone that times are shown in\n"
          ".SH FILES\n"
          ".TP\n.I ~/.config/yinuo/config\n"
          "lines \"key: value\"; person, home, connect, language\n"
          ".TP\n.I ~/.cache/yinuo/duty\\-*.json\nthe last known duty list\n"
          ".SH SEE ALSO\ndocs/cli.md, docs/queries.md\n",
          stdout);
}

/* For a Markdown table: '|' would end a cell. */
static void cell(const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            putchar('\\');
        putchar(*text);
    }
}

static void docs_options(const struct command *c)
{
    unsigned shown = 0;

    for (const struct option_row *row = c->options; row->name; row++) {
        printf("%s`--%s", shown++ ? ", " : "", row->name);
        if (row->argument && row->kind != OPTION_FLAG) {
            putchar(' ');
            cell(row->argument);
        }
        putchar('`');
    }
}

static void docs_exits(const struct command *c)
{
    unsigned shown = 0;

    for (int code = CLI_NOT_FOUND; code < CLI_EXIT_COUNT; code++)
        if (c->exits & (1u << code))
            printf("%s%d", shown++ ? " " : "", code);
}

static void docs(void)
{
    size_t count;
    const struct command *list = commands_all(&count);

    for (int group = 0; group < COMMAND_GROUP_COUNT; group++) {
        printf("### %s\n\n"
               "| command | what | options of its own | access | who may | "
               "exits |\n|---|---|---|---|---|---|\n",
               command_group_text((enum command_group)group));
        for (size_t i = 0; i < count; i++) {
            const struct command *c = &list[i];
            if (c->group != (enum command_group)group)
                continue;
            printf("| `%s%s", c->name, *c->arguments ? " " : "");
            cell(c->arguments);
            fputs("` | ", stdout);
            cell(c->summary);
            fputs(" | ", stdout);
            docs_options(c);
            printf(" | %s | %s | ", command_access_text(c->access),
                   command_who_text(c->who));
            docs_exits(c);
            fputs(" |\n", stdout);
        }
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "man") == 0)
        man();
    else if (argc == 2 && strcmp(argv[1], "docs") == 0)
        docs();
    else
        return 2;
    return 0;
}
