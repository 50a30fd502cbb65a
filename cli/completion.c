/* completion - the scripts for shells, and the words that they ask for. */
#include <string.h>

#include "cli/client.h"
#include "cli/complete.h"

static const char *replaced;
static bool with_about;

const struct option_row completion_options[] = {{0}};

/* clang-format off */
const struct option_row completion_words_options[] = {
    {"replace", 'r', OPTION_TEXT, N_("END"), N_("only this end of the line is replaced"), &replaced},
    {"about",   'b', OPTION_FLAG, NULL,      N_("what each word is, behind a tab"),       &with_about},
    {0}};
/* clang-format on */

/* All that a shell must do is to hand over the line up to the cursor: what may
 * follow is known here. Files are its own business. */
static const char bash_script[] =
    "# bash completion for yinuo; made by: yinuo completion bash\n"
    "_yinuo() {\n"
    "    local yinuo=${1/#\\~\\//$HOME/} line=${COMP_LINE:0:COMP_POINT}\n"
    "    mapfile -t COMPREPLY < <(\n"
    "        \"$yinuo\" completion words --replace=\"$2\" -- \"$line\" "
    "2>/dev/null)\n"
    "    case ${COMPREPLY[0]} in\n"
    "    :files)\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$2\")\n"
    "        compopt -o filenames 2>/dev/null ;;\n"
    "    :dirs)\n"
    "        mapfile -t COMPREPLY < <(compgen -d -- \"$2\")\n"
    "        compopt -o filenames 2>/dev/null ;;\n"
    "    *=)\n"
    "        [ ${#COMPREPLY[@]} -ne 1 ] || compopt -o nospace 2>/dev/null ;;\n"
    "    esac\n"
    "}\n"
    "complete -F _yinuo yinuo\n";

static const char zsh_script[] =
    "#compdef yinuo\n"
    "# zsh completion for yinuo; made by: yinuo completion zsh\n"
    "_yinuo() {\n"
    "    local tab=$'\\t' one word\n"
    "    local -a found plain open\n"
    "    found=(\"${(@f)$(${(Q)words[1]} completion words --about -- \\\n"
    "        \"${(j: :)words[1,CURRENT-1]} $PREFIX\" 2>/dev/null)}\")\n"
    "    case $found[1] in\n"
    "    :files) _files; return ;;\n"
    "    :dirs) _files -/; return ;;\n"
    "    esac\n"
    "    for one in $found; do\n"
    "        word=${${one%%$tab*}//:/\\\\:}\n"
    "        if [[ $word == *= ]]; then\n"
    "            open+=(\"$word:${one#*$tab}\")\n"
    "        else\n"
    "            plain+=(\"$word:${one#*$tab}\")\n"
    "        fi\n"
    "    done\n"
    "    _describe 'yinuo' plain -- open -S ''\n"
    "}\n"
    "if [[ $funcstack[1] == _yinuo ]]; then\n"
    "    _yinuo \"$@\"\n"
    "else\n"
    "    compdef _yinuo yinuo\n"
    "fi\n";

static const char fish_script[] =
    "# fish completion for yinuo; made by: yinuo completion fish\n"
    "function __yinuo_complete\n"
    "    set -l line (commandline -cp | string collect)\n"
    "    set -l word (commandline -ct | string collect)\n"
    "    set -l program (commandline -opc)[1]\n"
    "    set -l found ($program completion words --about -- \"$line\" "
    "2>/dev/null)\n"
    "    switch \"$found[1]\"\n"
    "        case ':files*'\n"
    "            __fish_complete_path \"$word\"\n"
    "        case ':dirs*'\n"
    "            __fish_complete_directories \"$word\"\n"
    "        case '*'\n"
    "            printf '%s\\n' $found\n"
    "    end\n"
    "end\n"
    "complete -c yinuo -f -a '(__yinuo_complete)'\n";

static const struct {
    const char *shell, *script;
} scripts[] = {
    {"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};

int run_completion(struct cli *cli, int argc, char **argv)
{
    (void)argc;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        if (strcmp(scripts[i].shell, argv[0]) != 0)
            continue;
        if (cli->out.json)
            out_json(&cli->out, json_pack("{s:s, s:s}", "shell", argv[0],
                                          "script", scripts[i].script));
        else
            out_printf(&cli->out, "%s", scripts[i].script);
        return CLI_DONE;
    }
    return cli_usage(cli,
                     _("\"%s\" is no shell that is known: bash, zsh or "
                       "fish"),
                     argv[0]);
}

struct shown {
    struct cli *cli;
    json_t *all;
};

static void show(void *context, const char *word, const char *about)
{
    struct shown *s = context;

    if (s->cli->out.json)
        json_array_append_new(
            s->all, json_pack("{s:s, s:s}", "word", word, "about", about));
    else if (with_about)
        out_printf(&s->cli->out, "%s\t%s\n", word, about);
    else
        out_printf(&s->cli->out, "%s\n", word);
}

/* Whatever is wrong with the line, nobody is told in the middle of typing. */
int run_completion_words(struct cli *cli, int argc, char **argv)
{
    struct shown shown = {cli, json_array()};
    struct out told = cli->out;
    struct complete c;
    FILE *nowhere = fopen("/dev/null", "w");

    (void)argc;
    if (nowhere)
        cli->out.errors = nowhere;
    complete_init(&c, cli, argv[0], replaced, show, &shown);
    cli->until_ms = clock_monotonic_ms(cli->clock) + COMPLETE_WAIT_MS;
    if (cli_find_who(cli) == CLI_DONE)
        complete_line(&c);
    client_free(&cli->client); /* nothing else is sent or fetched by a key */
    complete_fini(&c);
    cli->out.errors = told.errors;
    if (nowhere)
        fclose(nowhere);
    if (cli->out.json)
        out_json(&cli->out, json_incref(shown.all));
    json_decref(shown.all);
    return CLI_DONE;
}
