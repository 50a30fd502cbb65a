#include "cli/complete.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES_MAX = 64 * 1024, ARENA_BYTES_MAX = 16 * 1024 * 1024 };

/* --- the words of a line ---------------------------------------------------
 */

/* The character behind a backslash; in double quotes only some are meant. */
static bool escapes(const char *at, char quote)
{
    return *at == '\\' && at[1] && quote != '\'' &&
           (!quote || strchr("\"\\$`", at[1]));
}

/* The word at *at, as a shell would hand it over; *at is behind it then. */
static char *take_word(struct arena *arena, const char **at)
{
    char *word = arena_alloc(arena, strlen(*at) + 1), *end = word;
    char quote = 0;

    if (!word)
        return NULL;
    for (; **at && (quote || !strchr(" \t\n", **at)); (*at)++) {
        if (escapes(*at, quote))
            *end++ = *++*at;
        else if (quote && **at == quote)
            quote = 0;
        else if (!quote && (**at == '"' || **at == '\''))
            quote = **at;
        else
            *end++ = **at;
    }
    *end = 0;
    return word;
}

/* The last word is what is typed at: empty behind a blank. */
static void cut_words(struct complete *c, const char *line)
{
    bool more = true;

    while (more && c->count < COMPLETE_WORDS_MAX) {
        line += strspn(line, " \t\n");
        c->words[c->count] = take_word(&c->arena, &line);
        if (!c->words[c->count])
            break;
        c->count++;
        more = *line != 0;
    }
}

/* --- what was said before --------------------------------------------------
 */

static const struct option_row *option_of(const struct option_row *rows,
                                          const char *word, size_t size)
{
    for (; rows->name; rows++)
        if (word[1] != '-' ? rows->letter == word[1] && size == 2
                           : strlen(rows->name) == size - 2 &&
                                 memcmp(rows->name, word + 2, size - 2) == 0)
            return rows;
    return NULL;
}

static const struct option_row *find_option(const struct complete *c,
                                            const char *word)
{
    static struct option_row rows[CLI_OPTIONS_MAX];

    cli_options(c->cli, c->command, rows);
    return option_of(rows, word, strcspn(word, "="));
}

static bool takes_value(const struct option_row *row)
{
    return row && row->kind != OPTION_FLAG && row->kind != OPTION_COUNT;
}

/* Where the system lives and who acts matter here too. */
static void heed(struct complete *c, const struct option_row *row, char *value)
{
    const char *const names[] = {"home", "connect", "as"};
    const char **const places[] = {&c->cli->home, &c->cli->connect,
                                   &c->cli->as};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(row->name, names[i]) == 0)
            *places[i] = value;
}

/* "may" and "help" stand before the command that they are about. */
static bool is_about_another(const char *word)
{
    return strcmp(word, "may") == 0 || strcmp(word, "help") == 0;
}

static void say(struct complete *c, char *word)
{
    int used = 0;

    if (c->said_count == 0 && is_about_another(word))
        return;
    c->said[c->said_count++] = word;
    if (!c->command || c->said_count == c->name_words + 1) {
        const struct command *found =
            command_find((int)c->said_count, c->said, &used);
        if (found && (!c->command || (size_t)used > c->name_words)) {
            c->command = found;
            c->name_words = (size_t)used;
        }
    }
}

static void read_before(struct complete *c)
{
    for (size_t i = 1; i + 1 < c->count; i++) {
        char *word = c->words[i], *value = strchr(word, '=');
        const struct option_row *row;

        if (c->options_over || word[0] != '-' || !word[1]) {
            say(c, word);
        } else if (strcmp(word, "--") == 0) {
            c->options_over = true;
        } else if (takes_value(row = find_option(c, word))) {
            if (value && word[1] == '-')
                heed(c, row, value + 1);
            else if (i + 2 < c->count)
                heed(c, row, c->words[++i]);
            else
                c->wants = arena_text(&c->arena, row->argument);
        }
    }
}

void complete_init(struct complete *c, struct cli *cli, const char *line,
                   const char *replaced, complete_offer *offer, void *context)
{
    size_t typed, end = replaced ? strlen(replaced) : 0;

    memset(c, 0, sizeof *c);
    c->cli = cli;
    c->offer = offer;
    c->context = context;
    c->lead = (char *)"";
    c->typed = (char *)"";
    arena_init(&c->arena, ARENA_BYTES_MAX);
    arena_init(&c->answers, ARENA_BYTES_MAX);
    if (strlen(line) < LINE_BYTES_MAX)
        cut_words(c, line);
    if (c->count < 2)
        return;
    read_before(c);
    c->typed = c->words[c->count - 1];
    typed = strlen(c->typed);
    if (replaced && end <= typed &&
        strcmp(c->typed + typed - end, replaced) == 0)
        c->typed_before = typed - end;
}

void complete_fini(struct complete *c)
{
    vocabulary_fini(&c->vocabulary);
    arena_fini(&c->answers);
    arena_fini(&c->arena);
}

/* --- what may follow -------------------------------------------------------
 */

/* As it stands, without a quote: letters of any script, digits, and some. */
static bool is_plain(const char *word)
{
    const char *at = word;

    for (; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (!((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
              (byte >= '0' && byte <= '9') || byte >= 0x80 ||
              strchr("._:@%+=,/-", byte)))
            return false;
    }
    return at != word;
}

void complete_one(struct complete *c, const char *word, const char *about)
{
    char *whole;

    if (!word || !is_plain(word) ||
        strncmp(word, c->typed, strlen(c->typed)) != 0 ||
        (*word == '-' && *c->typed != '-')) /* it would be an option */
        return;
    whole = arena_format(&c->arena, "%s%s", c->lead, word);
    if (whole && strlen(whole) >= c->typed_before)
        c->offer(c->context, whole + c->typed_before, about ? about : "");
}

/* The word of a command's name that stands where *used is; NULL where the name
 * is another's. */
static const char *word_at(const struct command *command, const char *said,
                           size_t used, char out[LIMIT_ID_BYTES])
{
    const char *rest = command->name + used;

    if (strncmp(command->name, said, used) != 0)
        return NULL;
    snprintf(out, LIMIT_ID_BYTES, "%.*s", (int)strcspn(rest, " "), rest);
    return out;
}

/* The next word of each command that goes on from what was said, once. */
static void offer_commands(struct complete *c)
{
    char said[LIMIT_ID_BYTES] = "", word[LIMIT_ID_BYTES], other[LIMIT_ID_BYTES];
    size_t count, used = 0;
    const struct command *list = commands_all(&count);

    for (size_t i = 0; i < c->said_count && used < sizeof said; i++)
        used += (size_t)snprintf(said + used, sizeof said - used, "%s ",
                                 c->said[i]);
    for (size_t i = 0; used < sizeof said && i < count; i++) {
        bool again = false, whole;

        if (!word_at(&list[i], said, used, word))
            continue;
        for (size_t j = 0; j < i && !again; j++)
            again = word_at(&list[j], said, used, other) &&
                    strcmp(word, other) == 0;
        whole = !list[i].name[used + strlen(word)];
        if (!again)
            complete_one(c, word, whole ? _(list[i].summary) : "");
    }
}

static void offer_options(struct complete *c)
{
    struct option_row rows[CLI_OPTIONS_MAX];
    char word[LIMIT_ID_BYTES];

    cli_options(c->cli, c->command, rows);
    for (size_t i = 0; rows[i].name; i++) {
        snprintf(word, sizeof word, "--%s", rows[i].name);
        complete_one(c, word, _(rows[i].help));
    }
    complete_one(c, "--help", _("print this help and exit"));
}

/* What is typed stands behind a '=' of the last word. */
static void lead_up_to(struct complete *c, char *equals)
{
    c->lead =
        arena_format(&c->arena, "%.*s", (int)(equals + 1 - c->typed), c->typed);
    c->typed = equals + 1;
    if (!c->lead)
        c->lead = (char *)"";
}

/* The n-th place of "[KIND [CASE] [FIELD=VALUE...]]"; the last one goes on if
 * it may be repeated. */
static char *place_of(struct complete *c, const char *arguments, size_t n)
{
    char *all = arena_text(&c->arena, arguments), *to = all, *place = NULL;

    for (const char *from = arguments; all && *from; from++)
        if (!strchr("[]'", *from)) /* FILE.csv[.gz] */
            *to++ = *from;
    if (all)
        *to = 0;
    for (size_t i = 0; i <= n; i++) {
        size_t size = place ? strlen(place) : 0;
        if (!all) /* beyond the last */
            return size > 3 && strcmp(place + size - 3, "...") == 0 ? place
                                                                    : NULL;
        place = strsep(&all, " ");
    }
    return place;
}

static void offer_argument(struct complete *c)
{
    size_t at = c->said_count - c->name_words;
    char *place;

    if (!c->command || at >= (size_t)c->command->words_max)
        return;
    place = place_of(c, c->command->arguments, at);
    if (place && *place)
        complete_place(c, place);
}

void complete_line(struct complete *c)
{
    char *equals = strchr(c->typed, '=');
    const struct option_row *row;

    if (c->count < 2)
        return;
    if (c->wants) {
        complete_place(c, c->wants);
    } else if (!c->options_over && c->typed[0] == '-') {
        if (!equals) {
            offer_options(c);
        } else if (takes_value(row = find_option(c, c->typed))) {
            lead_up_to(c, equals);
            complete_place(c, row->argument);
        }
    } else {
        if (!c->command || c->said_count == c->name_words)
            offer_commands(c);
        offer_argument(c);
    }
}
