#include "cli/help.h"

#include <string.h>

#include "base/utf8.h"

/* "case list [OPTION]..." without the program's name in front. */
static size_t name_width(void)
{
    size_t count, width = 0;
    const struct command *list = commands_all(&count);

    for (size_t i = 0; i < count; i++)
        if (utf8_width(list[i].name) > width)
            width = utf8_width(list[i].name);
    return width;
}

static void line(const struct out *o, const struct command *command,
                 size_t width)
{
    out_printf(o, "  ");
    out_cell(o, OUT_STRONG, command->name, width, false);
    out_printf(o, "  ");
    out_wrap(o, width + 4, true, _(command->summary));
}

void help_overview(const struct out *o)
{
    size_t count, width = name_width();
    const struct command *list = commands_all(&count);

    out_printf(o, "%s yinuo [%s] [%s]\n", _("Usage:"), _("COMMAND"),
               _("OPTION..."));
    out_wrap(o, 0, false,
             _("Yinuo (a promise once given) sees to it that the right person "
               "hears of a case in time. Without a command: what waits for "
               "you."));
    for (int group = 0; group < COMMAND_GROUP_COUNT; group++) {
        out_printf(o, "\n");
        out_text(o, OUT_STRONG, command_group_text((enum command_group)group));
        out_printf(o, "\n");
        for (size_t i = 0; i < count; i++)
            if (list[i].group == (enum command_group)group)
                line(o, &list[i], width);
    }
    out_printf(o, "\n");
    out_wrap(o, 0, false,
             _("\"yinuo COMMAND --help\" tells all about one. Who acts comes "
               "from --as, YINUO_PERSON or ~/.config/yinuo/config."));
}

void help_noun(const struct out *o, const char *word)
{
    size_t count, size = strlen(word), width = name_width();
    const struct command *list = commands_all(&count);

    out_printf(o, "%s yinuo %s %s [%s]\n\n", _("Usage:"), word, _("COMMAND"),
               _("OPTION..."));
    for (size_t i = 0; i < count; i++)
        if (strncmp(list[i].name, word, size) == 0 &&
            (!list[i].name[size] || list[i].name[size] == ' '))
            line(o, &list[i], width);
}

static void examples(const struct out *o, const struct command *command)
{
    size_t count;
    const struct command_example *list = command_examples(&count);

    out_printf(o, "\n%s\n", _("Examples:"));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].id, command->id) != 0)
            continue;
        out_printf(o, "  ");
        out_text(o, OUT_LINK, list[i].line);
        out_printf(o, "\n");
        out_wrap(o, 6, false, _(list[i].what));
    }
}

static void exits(const struct out *o, const struct command *command)
{
    out_printf(o, "\n%s\n", _("Exit codes:"));
    for (int code = 0; code < CLI_EXIT_COUNT; code++)
        if (code <= CLI_USAGE || command->exits & (1u << code))
            out_printf(o, "  %d  %s\n", code, exit_text((enum cli_exit)code));
}

void help_command(struct cli *cli, const struct command *command)
{
    struct option_row rows[CLI_OPTIONS_MAX];
    char usage[256];
    const char *arguments = *command->arguments ? _(command->arguments) : "";
    struct option_set set = {usage, command->summary, rows, true};

    cli_options(cli, command, rows);
    snprintf(usage, sizeof usage, "yinuo %s [%s]%s%s", command->name,
             _("OPTION..."), *arguments ? " " : "", arguments);
    option_help(&set, cli->out.file);
    out_printf(&cli->out, "\n%s %s\n", _("Who may:"),
               command_who_text(command->who));
    examples(&cli->out, command);
    exits(&cli->out, command);
}

static bool is_below(const char *name, const char *begin)
{
    size_t size = strlen(begin);

    return !size || (strncmp(name, begin, size) == 0 &&
                     (!name[size] || name[size] == ' '));
}

void help_json(const struct out *o, const char *begin)
{
    size_t count;
    const struct command *list = commands_all(&count);
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *exits = json_array();

        for (int code = 0; code < CLI_EXIT_COUNT; code++)
            if (code <= CLI_USAGE || list[i].exits & (1u << code))
                json_array_append_new(exits, json_integer(code));
        if (is_below(list[i].name, begin))
            json_array_append_new(
                array,
                json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "command",
                          list[i].name, "arguments", list[i].arguments, "what",
                          _(list[i].summary), "access",
                          command_access_text(list[i].access), "who",
                          command_who_text(list[i].who), "exits", exits));
        json_decref(exits);
    }
    out_json(o, array);
}
