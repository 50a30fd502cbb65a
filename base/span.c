#include "base/span.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/limits.h"

/* From large to small. Where several names have one length, the first one that
 * is .print is what span_format writes. */
static const struct unit {
    const char *name;
    int64_t ms;
    bool print;
} units[] = {
    /* clang-format off */
    {"w",     604800000, false},
    {"d",      86400000, true},
    {"h",       3600000, true},
    {"min",       60000, true},
    {"m",         60000, false},
    {"s",          1000, true},
    {"ms",            1, true},
    /* clang-format on */
};
enum { UNITS = sizeof units / sizeof units[0] };

static const struct unit *unit_at(const char **text)
{
    size_t size = strspn(*text, "abcdefghijklmnopqrstuvwxyz");

    for (size_t i = 0; i < UNITS; i++) {
        if (strlen(units[i].name) == size &&
            memcmp(units[i].name, *text, size) == 0) {
            *text += size;
            return &units[i];
        }
    }
    return NULL;
}

static enum status refuse(const char *text, struct error *err)
{
    return error_set(err, STATUS_INVALID,
                     "\"%.60s\" is not a length of time like 72h, 7d, 10min "
                     "or 1h30m",
                     text);
}

enum status span_parse(const char *text, int64_t *span_ms, struct error *err)
{
    const char *at = text + strspn(text, " ");
    int64_t all = 0, last = INT64_MAX;

    if (at[0] == '0' && at[1 + strspn(at + 1, " ")] == '\0') {
        *span_ms = 0;
        return STATUS_OK;
    }
    do {
        const struct unit *unit;
        int64_t n = 0, part;

        if (*at < '0' || *at > '9')
            return refuse(text, err);
        for (; *at >= '0' && *at <= '9'; at++) {
            n = n * 10 + (*at - '0');
            if (n > LIMIT_SPAN_MS)
                return error_set(err, STATUS_TOO_LARGE,
                                 "\"%.60s\" is longer than ten years", text);
        }
        at += strspn(at, " ");
        unit = unit_at(&at);
        if (!unit || unit->ms >= last)
            return refuse(text, err);
        last = unit->ms;
        if (__builtin_mul_overflow(n, unit->ms, &part) ||
            part > LIMIT_SPAN_MS - all)
            return error_set(err, STATUS_TOO_LARGE,
                             "\"%.60s\" is longer than ten years", text);
        all += part;
        at += strspn(at, " ");
    } while (*at);
    *span_ms = all;
    return STATUS_OK;
}

void span_format(int64_t span_ms, char out[SPAN_TEXT_SIZE])
{
    uint64_t rest = span_ms < 0 ? 0 - (uint64_t)span_ms : (uint64_t)span_ms;
    int n = 0;

    out[0] = '\0';
    if (span_ms < 0)
        n = snprintf(out, SPAN_TEXT_SIZE, "-");
    for (size_t i = 0; i < UNITS; i++) {
        uint64_t count = rest / (uint64_t)units[i].ms;

        if (!units[i].print || count == 0)
            continue;
        rest %= (uint64_t)units[i].ms;
        n += snprintf(out + n, SPAN_TEXT_SIZE - (size_t)n, "%llu%s",
                      (unsigned long long)count, units[i].name);
    }
    if (span_ms == 0)
        snprintf(out, SPAN_TEXT_SIZE, "0s");
}

enum word { DAYS, HOURS, MINUTES, SECONDS, WORDS };

static void word(enum word which, unsigned long n, char *out, size_t room)
{
    const char *format = NULL;

    switch (which) {
    case DAYS:
        format = P_("%lu day", "%lu days", n);
        break;
    case HOURS:
        format = P_("%lu hour", "%lu hours", n);
        break;
    case MINUTES:
        format = P_("%lu minute", "%lu minutes", n);
        break;
    case SECONDS:
    case WORDS:
        format = P_("%lu second", "%lu seconds", n);
        break;
    }
    snprintf(out, room, format, n);
}

void span_words(int64_t span_ms, char out[SPAN_WORDS_SIZE])
{
    static const int64_t length[WORDS] = {86400000, 3600000, 60000, 1000};
    int64_t rest = span_ms < 0 ? -(span_ms + 1) + 1 : span_ms;
    char part[2][SPAN_WORDS_SIZE / 2] = {"", ""};
    int n = 0;

    for (enum word w = DAYS; w < WORDS && n < 2; w++) {
        int64_t count = rest / length[w];

        if (count > 0)
            word(w, (unsigned long)count, part[n], sizeof part[n]);
        if (count > 0 || n > 0)
            n++; /* "3 days", then hours or nothing: never 3 days 5 minutes */
        rest %= length[w];
    }
    if (n == 0)
        snprintf(out, SPAN_WORDS_SIZE, "%s", _("less than a second"));
    else
        snprintf(out, SPAN_WORDS_SIZE, "%s%s%s", part[0], *part[1] ? " " : "",
                 part[1]);
}
