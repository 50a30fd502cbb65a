#include "cli/out.h"

#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"

#define X(name, escape) escape,
static const char *const escapes[] = {OUT_STYLES(X)};
#undef X

static bool is_terminal(FILE *file)
{
    int fd = fileno(file);
    return fd >= 0 && isatty(fd) == 1;
}

static size_t columns_of(const struct out *o)
{
    const char *said = getenv("COLUMNS");
    struct winsize size;
    size_t columns = 0;

    if (said && *said)
        columns = (size_t)strtoul(said, NULL, 10);
    if (!columns && !o->terminal)
        return SIZE_MAX;
    if (!columns && ioctl(fileno(o->file), TIOCGWINSZ, &size) == 0)
        columns = size.ws_col;
    if (!columns)
        columns = OUT_COLUMNS;
    return columns < OUT_COLUMNS_MIN ? OUT_COLUMNS_MIN : columns;
}

void out_init(struct out *o, FILE *file, FILE *errors, enum out_colour colour)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    *o = (struct out){.file = file, .errors = errors};
    o->terminal = is_terminal(file);
    o->errors_terminal = is_terminal(errors);
    o->columns = columns_of(o);
    switch (colour) {
    case OUT_COLOUR_ALWAYS:
        o->colour = true;
        break;
    case OUT_COLOUR_NEVER:
        o->colour = false;
        break;
    case OUT_COLOUR_AUTO:
        o->colour =
            o->terminal && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
        break;
    }
}

void out_printf(const struct out *o, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(o->file, format, args);
    va_end(args);
}

/* Bytes of the first character; 0 when what stands there is none. */
static size_t character(const char *text)
{
    unsigned char c = (unsigned char)*text;
    size_t size = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

    if (strnlen(text, size) < size || !utf8_valid(slice_of(text, size)))
        return 0;
    return size;
}

void out_clean(char *text)
{
    while (*text) {
        size_t size = character(text);
        unsigned char c = (unsigned char)*text;
        if (size == 0)
            *text = '?', size = 1;
        else if (c < 0x20 || c == 0x7f)
            *text = ' ';
        else if (c == 0xc2 && (unsigned char)text[1] < 0xa0)
            text[0] = ' ', text[1] = ' '; /* C1 controls */
        text += size;
    }
}

static char *cleaned(const char *text)
{
    char *copy = strdup(text ? text : "");

    if (!copy)
        abort();
    out_clean(copy);
    return copy;
}

static void styled(const struct out *o, enum out_style style, const char *text)
{
    bool dress = o->colour && *escapes[style] && *text;

    if (dress)
        fprintf(o->file, "\033[%sm", escapes[style]);
    fputs(text, o->file);
    if (dress)
        fputs("\033[0m", o->file);
}

void out_text(const struct out *o, enum out_style style, const char *text)
{
    char *copy = cleaned(text);

    styled(o, style, copy);
    free(copy);
}

static void blanks(const struct out *o, size_t count)
{
    while (count-- > 0)
        fputc(' ', o->file);
}

void out_cell(const struct out *o, enum out_style style, const char *text,
              size_t columns, bool right)
{
    char *copy = cleaned(text);
    size_t width = utf8_width(copy);

    if (width > columns) {
        size_t room = strlen(copy) + 8 + columns;
        char *cut = malloc(room);
        if (!cut)
            abort();
        utf8_pad(copy, columns, cut, room);
        styled(o, style, cut);
        free(cut);
    } else {
        if (right)
            blanks(o, columns - width);
        styled(o, style, copy);
        if (!right)
            blanks(o, columns - width);
    }
    free(copy);
}

/* Where the line that begins here should end, and its columns: the longest
 * piece that fits, at least one character. */
static size_t line_end(const char *text, size_t columns)
{
    size_t at = 0, width = 0, cut = 0;

    while (text[at]) {
        size_t size = character(text + at);
        char one[8] = {0};
        memcpy(one, text + at, size);
        size_t wide = utf8_width(one);
        if (text[at] == ' ' || (wide > 1 && at > 0))
            cut = at; /* a line may end before this one */
        if (width + wide > columns && at > 0)
            return cut ? cut : at;
        at += size;
        width += wide;
    }
    return at;
}

void out_wrap(const struct out *o, size_t indent, bool begun, const char *text)
{
    char *copy = cleaned(text);
    size_t columns = o->columns == SIZE_MAX ? OUT_COLUMNS : o->columns;
    const char *rest = copy;

    columns = columns > indent + 20 ? columns - indent : 20;
    do {
        size_t size = line_end(rest, columns);
        if (!begun)
            blanks(o, indent);
        begun = false;
        fwrite(rest, 1, size, o->file);
        fputc('\n', o->file);
        rest += size;
        rest += strspn(rest, " ");
    } while (*rest);
    free(copy);
}

/* What a run has told so far, for out_json_failure: the first complaint, and
 * whether there is a document. */
static char complaint[512];
static bool has_document;

static void complain(const struct out *o, const char *before,
                     const char *format, va_list args)
{
    char *text = NULL;

    fflush(o->file);
    if (vasprintf(&text, format, args) < 0)
        abort();
    out_clean(text);
    fprintf(o->errors, "%s%s\n", before, text);
    if (*before && !*complaint)
        utf8_truncate(text, sizeof complaint / 4, complaint, sizeof complaint);
    free(text);
}

void out_error(const struct out *o, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    complain(o, "yinuo: ", format, args);
    va_end(args);
}

void out_note(const struct out *o, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    complain(o, "", format, args);
    va_end(args);
}

static void dump(const struct out *o, json_t *value, size_t flags)
{
    json_dumpf(value, o->file, flags | JSON_ENCODE_ANY);
    fputc('\n', o->file);
    json_decref(value);
    has_document = true;
}

void out_json(const struct out *o, json_t *value)
{
    dump(o, value, o->terminal ? JSON_INDENT(2) : JSON_COMPACT);
}

void out_json_line(const struct out *o, json_t *value)
{
    dump(o, value, JSON_COMPACT);
}

void out_json_failure(const struct out *o, int code)
{
    if (o->json && !has_document)
        out_json(o, json_pack("{s:s, s:i}", "error", complaint, "exit", code));
}

enum out_style out_severity_style(int severity)
{
    switch (severity) {
    case 1:
        return OUT_CRISIS;
    case 2:
        return OUT_BAD;
    case 3:
        return OUT_WARN;
    default:
        return OUT_PLAIN;
    }
}

bool out_flush(const struct out *o)
{
    return fflush(o->file) == 0 && !ferror(o->file);
}

bool out_reader_gone(const struct out *o)
{
    struct pollfd end = {.fd = fileno(o->file)};

    return end.fd >= 0 && poll(&end, 1, 0) > 0 &&
           end.revents & (POLLERR | POLLHUP | POLLNVAL);
}
