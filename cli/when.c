#include "cli/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/limits.h"
#include "base/span.h"
#include "base/time_text.h"

enum { MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

static bool zone_of_link(char *out, size_t room)
{
    char target[LIMIT_PATH_BYTES];
    ssize_t size = readlink("/etc/localtime", target, sizeof target - 1);
    const char *mark;

    if (size <= 0)
        return false;
    target[size] = 0;
    mark = strstr(target, "zoneinfo/");
    if (!mark || strlen(mark + 9) >= room)
        return false;
    strcpy(out, mark + 9);
    return time_text_zone(out, NULL) == STATUS_OK;
}

const char *when_zone(void)
{
    static char found[128];
    const char *said = getenv("TZ");

    if (said && *said == ':')
        said++;
    if (said && *said && time_text_zone(said, NULL) == STATUS_OK)
        return said;
    if (said && *said)
        return "UTC"; /* a rule like CST-8 is not a name */
    if (!found[0] && !zone_of_link(found, sizeof found))
        strcpy(found, "UTC");
    return found;
}

static bool split(int64_t at_ms, struct time_parts *parts)
{
    return time_text_split(at_ms, when_zone(), parts, NULL) == STATUS_OK;
}

static bool same_day(const struct time_parts *a, const struct time_parts *b)
{
    return a->year == b->year && a->month == b->month && a->day == b->day;
}

void when_clock(int64_t now_ms, int64_t at_ms, char out[WHEN_SIZE])
{
    struct time_parts now, at;

    out[0] = 0;
    if (at_ms == 0 || !split(now_ms, &now) || !split(at_ms, &at))
        return;
    if (same_day(&now, &at))
        snprintf(out, WHEN_SIZE, "%02d:%02d", at.hour, at.minute);
    else if (now.year == at.year)
        snprintf(out, WHEN_SIZE, "%02d-%02d %02d:%02d", at.month, at.day,
                 at.hour, at.minute);
    else
        snprintf(out, WHEN_SIZE, "%04d-%02d-%02d %02d:%02d", at.year, at.month,
                 at.day, at.hour, at.minute);
}

void when_span(int64_t span_ms, char out[WHEN_SIZE])
{
    int64_t minutes = span_ms / MINUTE_MS;
    int days = (int)(minutes / 1440), hours = (int)(minutes / 60 % 24);
    int rest = (int)(minutes % 60);

    if (days && hours)
        snprintf(out, WHEN_SIZE, _("%d d %d h"), days, hours);
    else if (days)
        snprintf(out, WHEN_SIZE, _("%d d"), days);
    else if (hours && rest)
        snprintf(out, WHEN_SIZE, _("%d h %d min"), hours, rest);
    else if (hours)
        snprintf(out, WHEN_SIZE, _("%d h"), hours);
    else
        snprintf(out, WHEN_SIZE, _("%d min"), rest);
}

static bool about_now(int64_t span_ms)
{
    return span_ms > -MINUTE_MS && span_ms < MINUTE_MS;
}

void when_relative(int64_t now_ms, int64_t at_ms, char out[WHEN_WORDS_SIZE])
{
    char span[WHEN_SIZE];
    int64_t ahead = at_ms - now_ms;

    if (about_now(ahead)) {
        snprintf(out, WHEN_WORDS_SIZE, "%s", _("now"));
        return;
    }
    when_span(ahead < 0 ? -ahead : ahead, span);
    snprintf(out, WHEN_WORDS_SIZE, ahead < 0 ? _("%s ago") : _("in %s"), span);
}

void when_due(int64_t now_ms, int64_t due_ms, char out[WHEN_WORDS_SIZE])
{
    char span[WHEN_SIZE];
    int64_t ahead = due_ms - now_ms;

    if (about_now(ahead)) {
        snprintf(out, WHEN_WORDS_SIZE, "%s", _("now"));
        return;
    }
    when_span(ahead < 0 ? -ahead : ahead, span);
    snprintf(out, WHEN_WORDS_SIZE, ahead < 0 ? _("late by %s") : _("in %s"),
             span);
}

void when_both(int64_t now_ms, int64_t at_ms, char out[WHEN_WORDS_SIZE])
{
    char clock[WHEN_SIZE], words[WHEN_WORDS_SIZE];

    when_clock(now_ms, at_ms, clock);
    when_relative(now_ms, at_ms, words);
    snprintf(out, WHEN_WORDS_SIZE, "%.39s (%.50s)", clock, words);
}

/* "18:00" or "9:30": the rest of a text that a day stands before. */
static bool parse_minute(const char *text, int *hour, int *minute)
{
    int used = 0;

    if (sscanf(text, "%2d:%2d%n", hour, minute, &used) != 2 || text[used])
        return false;
    return *hour >= 0 && *hour <= 23 && *minute >= 0 && *minute <= 59;
}

/* So many days after today at a time of day. */
static enum status join(int64_t now_ms, int days, int hour, int minute,
                        int64_t *at_ms, struct error *err)
{
    struct time_parts parts;
    /* noon plus whole days stays inside the wanted day at any offset */
    enum status status = time_text_split(now_ms, when_zone(), &parts, err);

    if (status != STATUS_OK)
        return status;
    parts.hour = 12;
    parts.minute = parts.second = parts.millisecond = 0;
    status = time_text_join(&parts, when_zone(), at_ms, err);
    if (status == STATUS_OK)
        status = time_text_split(*at_ms + (int64_t)days * DAY_MS, when_zone(),
                                 &parts, err);
    if (status != STATUS_OK)
        return status;
    parts.hour = hour;
    parts.minute = minute;
    parts.second = parts.millisecond = 0;
    return time_text_join(&parts, when_zone(), at_ms, err);
}

static bool word(const char **text, const char *wanted, const char *translated)
{
    size_t size = strlen(wanted), other = strlen(translated);

    if (strncmp(*text, wanted, size) == 0)
        *text += size;
    else if (other && strncmp(*text, translated, other) == 0)
        *text += other;
    else
        return false;
    *text += strspn(*text, " ");
    return true;
}

enum status when_parse(const char *text, int64_t now_ms, int64_t *at_ms,
                       bool *day, struct error *err)
{
    const char *rest = text;
    int hour = 0, minute = 0, days = 0;
    int64_t span;
    bool named = word(&rest, "today", _("today"));

    *day = false;
    if (!named && word(&rest, "tomorrow", _("tomorrow")))
        named = true, days = 1;
    if (named && !*rest) {
        *day = true;
        return join(now_ms, days, 0, 0, at_ms, err);
    }
    if (parse_minute(rest, &hour, &minute))
        return join(now_ms, days, hour, minute, at_ms, err);
    if (!named && (*rest == '+' || strncmp(rest, "in ", 3) == 0)) {
        enum status status =
            span_parse(rest + (*rest == '+' ? 1 : 3), &span, err);
        if (status == STATUS_OK)
            *at_ms = now_ms + span;
        return status;
    }
    *day = strlen(text) == 10;
    if (!named && time_text_parse(text, when_zone(), at_ms, NULL) == STATUS_OK)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID,
                     _("\"%s\" is not a time: write 18:00, \"tomorrow 10:00\", "
                       "+2h or 2026-11-21 18:00"),
                     text);
}

int64_t when_day_end(int64_t now_ms)
{
    int64_t end_ms;

    if (join(now_ms, 1, 0, 0, &end_ms, NULL) != STATUS_OK)
        return now_ms + DAY_MS;
    return end_ms;
}

void when_day(int64_t at_ms, char out[WHEN_WORDS_SIZE])
{
    struct time_parts at;

    out[0] = 0;
    if (split(at_ms, &at))
        snprintf(out, WHEN_WORDS_SIZE, "%04d-%02d-%02d", at.year, at.month,
                 at.day);
}

bool when_is_over(int64_t now_ms, int64_t at_ms, bool day)
{
    return at_ms && (day ? when_day_end(at_ms) : at_ms) <= now_ms;
}
