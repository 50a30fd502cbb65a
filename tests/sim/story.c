/* story - what happened, line by line; the last ones are kept. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/sim.h"

enum { LINES_KEPT = 400, LINE_ROOM = 240 };

struct story {
    bool print;
    size_t count; /* lines told */
    char lines[LINES_KEPT][LINE_ROOM];
};

struct story *story_new(bool print)
{
    struct story *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    s->print = print;
    return s;
}

void story_free(struct story **s)
{
    free(*s);
    *s = NULL;
}

bool story_on(const struct sim *s)
{
    return s->story != NULL;
}

void story_tell(struct sim *s, const char *who, const char *format, ...)
{
    va_list list;

    if (!s->story || s->failed)
        return;
    char *line = s->story->lines[s->story->count++ % LINES_KEPT];
    int n = snprintf(line, LINE_ROOM, "%5lld.%03lld  %-10s ",
                     (long long)(s->now_ms / 1000),
                     (long long)(s->now_ms % 1000), who);
    va_start(list, format);
    vsnprintf(line + n, LINE_ROOM - (size_t)n, format, list);
    va_end(list);
    if (s->story->print)
        printf("%s\n", line);
}

void story_tail(const struct story *s, size_t lines)
{
    size_t kept = s->count < LINES_KEPT ? s->count : LINES_KEPT;

    if (lines > kept)
        lines = kept;
    for (size_t i = s->count - lines; i < s->count; i++)
        printf("%s\n", s->lines[i % LINES_KEPT]);
}
