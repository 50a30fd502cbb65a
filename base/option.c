#include "base/option.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/span.h"
#include "base/utf8.h"

enum {
    ROWS_MAX = 48,
    CODE_LONG = 256, /* getopt's value of row i is this + i */
    CODE_HELP = CODE_LONG + ROWS_MAX,
    CODE_VERSION,
    HELP_COLUMN_MAX = 32
};

static bool takes_value(enum option_kind kind)
{
    return kind != OPTION_FLAG && kind != OPTION_COUNT;
}

static size_t count_rows(const struct option_set *set)
{
    size_t n = 0;

    while (set->rows && set->rows[n].name)
        n++;
    assert(n <= ROWS_MAX);
    return n;
}

/* What getopt wants; letters has room for two per row and the head. */
static void make_tables(const struct option_set *set, size_t n, char *letters,
                        struct option *longs)
{
    if (!set->mixed)
        *letters++ = '+'; /* without it getopt puts other words last */
    *letters++ = ':';
    for (size_t i = 0; i < n; i++) {
        const struct option_row *row = &set->rows[i];

        longs[i] = (struct option){
            row->name, takes_value(row->kind) ? required_argument : no_argument,
            NULL, CODE_LONG + (int)i};
        if (!row->letter)
            continue;
        *letters++ = row->letter;
        if (takes_value(row->kind))
            *letters++ = ':';
    }
    *letters = '\0';
    longs[n] = (struct option){"help", no_argument, NULL, CODE_HELP};
    longs[n + 1] = (struct option){"version", no_argument, NULL, CODE_VERSION};
    longs[n + 2] = (struct option){0};
}

static enum status set_int(const struct option_row *row, const char *value,
                           struct error *err)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(value, &end, 10);
    if (errno || *end || end == value)
        return error_set(err, STATUS_INVALID,
                         _("--%s: \"%.60s\" is not a whole number"), row->name,
                         value);
    *(int64_t *)row->target = number;
    return STATUS_OK;
}

static enum status set_list(const struct option_row *row, const char *value,
                            struct error *err)
{
    struct option_list *list = row->target;

    if (list->count == OPTION_LIST_MAX)
        return error_set(err, STATUS_INVALID,
                         _("--%s: given more than %d times"), row->name,
                         OPTION_LIST_MAX);
    list->list[list->count++] = value;
    return STATUS_OK;
}

static enum status set_row(const struct option_row *row, const char *value,
                           struct error *err)
{
    enum status st;

    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)row->target = true;
        return STATUS_OK;
    case OPTION_COUNT:
        ++*(int *)row->target;
        return STATUS_OK;
    case OPTION_TEXT:
        *(const char **)row->target = value;
        return STATUS_OK;
    case OPTION_LIST:
        return set_list(row, value, err);
    case OPTION_INT:
        return set_int(row, value, err);
    case OPTION_SPAN:
        st = span_parse(value, row->target, err);
        return st ? error_wrap(err, "--%s", row->name) : STATUS_OK;
    }
    return STATUS_INTERNAL;
}

static const struct option_row *row_of(const struct option_set *set, size_t n,
                                       int code)
{
    if (code >= CODE_LONG && code < CODE_HELP)
        return &set->rows[code - CODE_LONG];
    for (size_t i = 0; i < n; i++) {
        if (set->rows[i].letter && set->rows[i].letter == code)
            return &set->rows[i];
    }
    return NULL;
}

/* getopt's words are for stderr; these are for the user. */
static void explain(int code, char **argv, const struct option_set *set,
                    size_t n, struct error *err)
{
    const char *word = argv[optind > 0 ? optind - 1 : 0];
    const struct option_row *row = optopt ? row_of(set, n, optopt) : NULL;

    if (code == ':')
        error_set(err, STATUS_INVALID, _("--%s needs a value"),
                  row ? row->name : word);
    else if (row)
        error_set(err, STATUS_INVALID, _("--%s takes no value"), row->name);
    else if (optopt > 0 && optopt < CODE_LONG)
        error_set(err, STATUS_INVALID, _("there is no option -%c"), optopt);
    else
        error_set(err, STATUS_INVALID, _("there is no option %.60s"), word);
}

enum option_result option_parse(const struct option_set *set, int argc,
                                char **argv, int *first, struct error *err)
{
    struct option longs[ROWS_MAX + 3];
    char letters[2 * ROWS_MAX + 3];
    size_t n = count_rows(set);
    int code;

    make_tables(set, n, letters, longs);
    optind = 0;
    opterr = 0;
    while ((code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        const struct option_row *row;

        if (code == CODE_HELP)
            return OPTION_HELP;
        if (code == CODE_VERSION)
            return OPTION_VERSION;
        row = code == '?' || code == ':' ? NULL : row_of(set, n, code);
        if (!row) {
            explain(code, argv, set, n, err);
            return OPTION_WRONG;
        }
        if (set_row(row, optarg, err) != STATUS_OK)
            return OPTION_WRONG;
    }
    *first = optind;
    return OPTION_GO_ON;
}

/* "  -H, --home=DIR" */
static void left_column(const struct option_row *row, char *out, size_t room)
{
    char letter[8] = "    ";
    const char *value = takes_value(row->kind) ? "=" : "";
    const char *argument = "";

    if (row->letter)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    if (takes_value(row->kind))
        argument = row->argument ? _(row->argument) : _("VALUE");
    snprintf(out, room, "  %s--%s%s%s", letter, row->name, value, argument);
}

static void print_row(const char *left, const char *help, size_t column,
                      FILE *out)
{
    size_t width = utf8_width(left);

    fputs(left, out);
    if (width >= column) {
        fputc('\n', out);
        width = 0;
    }
    fprintf(out, "%*s%s\n", (int)(column - width), "", help);
}

void option_help(const struct option_set *set, FILE *out)
{
    size_t n = count_rows(set), column = utf8_width("      --version");
    char left[256];

    fprintf(out, "%s %s\n", _("Usage:"), set->usage);
    if (set->summary)
        fprintf(out, "%s\n", _(set->summary));
    fprintf(out, "\n%s\n", _("Options:"));
    for (size_t i = 0; i < n; i++) {
        size_t width;

        left_column(&set->rows[i], left, sizeof left);
        width = utf8_width(left);
        if (width > column && width <= HELP_COLUMN_MAX)
            column = width;
    }
    column += 2;
    for (size_t i = 0; i < n; i++) {
        left_column(&set->rows[i], left, sizeof left);
        print_row(left, _(set->rows[i].help), column, out);
    }
    print_row("      --help", _("print this help and exit"), column, out);
    print_row("      --version", _("print the version and exit"), column, out);
}

int option_parse_or_exit(const struct option_set *set, int argc, char **argv)
{
    struct error err;
    int first = 0;
    const char *name = argc > 0 ? argv[0] : "yinuo";

    switch (option_parse(set, argc, argv, &first, &err)) {
    case OPTION_GO_ON:
        return first;
    case OPTION_HELP:
        option_help(set, stdout);
        exit(0);
    case OPTION_VERSION:
        printf("%s %s\n", program_invocation_short_name, YINUO_VERSION);
        exit(0);
    case OPTION_WRONG:
        break;
    }
    fprintf(stderr, "%s: %s\n", name, err.text);
    fprintf(stderr, _("Try \"%s --help\".\n"), name);
    exit(2);
}
