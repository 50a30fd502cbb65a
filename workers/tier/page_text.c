#include "workers/tier/page_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/limits.h"
#include "base/span.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "proto/roles.h"

enum {
    LINE_SIZE = 512,
    WORDS_SIZE = LIMIT_TEXT_BYTES + 1,
    SOFT_SIZE = PAGE_TEXT_SHORT_SIZE,
    DAY_CHARS = 10 /* "2012-06-04" */
};

const char *page_text_language(const char *wanted)
{
    return wanted && strncmp(wanted, "zh", 2) == 0 ? "zh_CN" : "en";
}

static void speak(const Yinuo__V1__Page *page)
{
    i18n_set_language(page_text_language(page->language));
}

/* ---- words for numbers ---- */

static const char *severity_words(const Yinuo__V1__Page *p)
{
    switch (p->has_severity ? p->severity : 0) {
    case YINUO__V1__SEVERITY__SEVERITY_S1:
        return _("S1 crisis");
    case YINUO__V1__SEVERITY__SEVERITY_S2:
        return _("S2 urgent");
    case YINUO__V1__SEVERITY__SEVERITY_S3:
        return _("S3 complaint");
    case YINUO__V1__SEVERITY__SEVERITY_S4:
        return _("S4 routine");
    default:
        return _("alarm");
    }
}

static int64_t now_of(const Yinuo__V1__Page *p)
{
    return p->has_now_ms ? p->now_ms : p->has_created_ms ? p->created_ms : 0;
}

static void local(const Yinuo__V1__Page *p, int64_t at_ms,
                  char out[TIME_TEXT_SIZE])
{
    const char *zone = p->time_zone && *p->time_zone ? p->time_zone : "UTC";
    if (time_text_format(at_ms, zone, out, NULL) != STATUS_OK)
        time_text_utc(at_ms, out);
}

/* "10:35" today, else "2012-06-05 10:35"; without a zone of its own, UTC is
 * said. */
static void moment(const Yinuo__V1__Page *p, int64_t at_ms, char *out,
                   size_t room)
{
    char at[TIME_TEXT_SIZE], now[TIME_TEXT_SIZE];
    bool utc =
        !p->time_zone || !*p->time_zone || strcmp(p->time_zone, "UTC") == 0;
    local(p, at_ms, at);
    local(p, now_of(p), now);
    bool today = strncmp(at, now, DAY_CHARS) == 0;
    snprintf(out, room, "%.*s%s%.5s%s", today ? 0 : DAY_CHARS, at,
             today ? "" : " ", at + DAY_CHARS + 1, utc ? " UTC" : "");
}

/* Nobody wants to read "29 minutes 59 seconds". */
static int64_t rounded(int64_t span_ms)
{
    return span_ms < 60000 ? span_ms : (span_ms + 30000) / 60000 * 60000;
}

/* "10:35 (in 30 minutes)" */
static void moment_and_span(const Yinuo__V1__Page *p, int64_t at_ms, char *out,
                            size_t room)
{
    char at[64], span[SPAN_WORDS_SIZE];
    int64_t left_ms = at_ms - now_of(p);
    moment(p, at_ms, at, sizeof(at));
    span_words(rounded(left_ms < 0 ? -left_ms : left_ms), span);
    if (left_ms > 0)
        snprintf(out, room, _("%s (in %s)"), at, span);
    else if (left_ms < 0)
        snprintf(out, room, _("%s (%s ago)"), at, span);
    else
        snprintf(out, room, _("%s (now)"), at);
}

/* ---- texts of others ---- */

/* Without line breaks and control characters; cut to the room. */
static void clean(const char *text, char *out, size_t room)
{
    size_t n = 0;
    for (const char *at = text ? text : ""; *at && n + 5 < room; at++) {
        unsigned char c = (unsigned char)*at;
        bool c1 = c == 0xc2 && (unsigned char)at[1] >= 0x80 &&
                  (unsigned char)at[1] < 0xa0;
        at += c1;
        if (c1 || c < ' ' || c == 0x7f)
            c = ' ';
        if (c == ' ' && (n == 0 || out[n - 1] == ' '))
            continue;
        out[n++] = (char)c;
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    if (!utf8_valid(slice_of_text(out))) /* cut inside a character */
        out[utf8_prefix(out, utf8_count(out))] = '\0';
}

static const char *some(const char *text)
{
    return text && *text ? text : NULL;
}

static void late_words(const Yinuo__V1__Page *p, char *out, size_t room)
{
    char span[SPAN_WORDS_SIZE];
    out[0] = '\0';
    if (!p->has_late_by_ms || p->late_by_ms <= 0)
        return;
    span_words(p->late_by_ms, span);
    snprintf(out, room, _("late by %s"), span);
}

static void why_words(const Yinuo__V1__Page *p, char *out, size_t room)
{
    char why[WORDS_SIZE];
    clean(some(p->why) ? p->why : p->rule, why, sizeof(why));
    snprintf(out, room, "%s", why);
}

static void do_words(const Yinuo__V1__Page *p, char *out, size_t room)
{
    if (some(p->what_to_do))
        clean(p->what_to_do, out, room);
    else
        snprintf(out, room, "%s",
                 p->has_inform && p->inform
                     ? _("for your information, no answer needed")
                     : _("look at the case and answer"));
}

static void by_words(const Yinuo__V1__Page *p, char *out, size_t room)
{
    char at[LINE_SIZE / 2];
    out[0] = '\0';
    if (!p->has_do_by_ms)
        return;
    moment_and_span(p, p->do_by_ms, at, sizeof(at));
    snprintf(out, room, _(", due by %s"), at);
}

static void told_words(const Yinuo__V1__Page *p, char *out, size_t room)
{
    char one[LIMIT_NAME_BYTES];
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < p->n_also_told; i++) {
        clean(p->also_told[i], one, sizeof(one));
        if (n + strlen(one) + 8 >= room)
            break;
        n += (size_t)snprintf(out + n, room - n, "%s%s", n ? ", " : "", one);
    }
    if (n == 0)
        snprintf(out, room, "%s", _("nobody else"));
}

static void next_words(const Yinuo__V1__Page *p, char *out, size_t room)
{
    char who[LIMIT_NAME_BYTES * 2], at[64], name[LIMIT_NAME_BYTES];
    out[0] = '\0';
    if (!some(p->next_person) && !p->has_next_tier)
        return;
    clean(p->next_person, name, sizeof(name));
    const char *tier =
        p->has_next_tier ? role_word(p->next_tier, i18n_language()) : "";
    snprintf(who, sizeof(who), "%s%s%s", tier, *tier && *name ? " " : "", name);
    if (!p->has_next_at_ms) {
        snprintf(out, room, "%s", who);
        return;
    }
    moment(p, p->next_at_ms, at, sizeof(at));
    /* translators: who is called next, and when */
    snprintf(out, room, _("%s at %s"), who, at);
}

static void place_words(const Yinuo__V1__Page *p, char *out, size_t room)
{
    char station[LIMIT_NAME_BYTES], id[LIMIT_NAME_BYTES];
    clean(p->station, station, sizeof(station));
    clean(p->case_id, id, sizeof(id));
    snprintf(out, room, "%s%s%s", station, *station && *id ? " " : "", id);
}

/* ---- the full form ---- */

static void line(struct bytes *out, const char *label, const char *text)
{
    if (*text)
        bytes_append_format(out, "%s%s\n", label, text);
}

static void head_line(const Yinuo__V1__Page *p, struct bytes *out)
{
    char late[LINE_SIZE], words[WORDS_SIZE];
    late_words(p, late, sizeof(late));
    clean(p->customer_words, words, sizeof(words));
    bytes_append_format(out, "[%s]", severity_words(p));
    if (*late)
        bytes_append_format(out, " %s", late);
    if (*words)
        bytes_append_format(out, _(" “%s”"), words);
    bytes_append_text(out, "\n");
}

static void place_line(const Yinuo__V1__Page *p, struct bytes *out)
{
    char station[LIMIT_NAME_BYTES], region[LIMIT_NAME_BYTES];
    char id[LIMIT_NAME_BYTES], product[LIMIT_NAME_BYTES];
    clean(p->station, station, sizeof(station));
    clean(p->region, region, sizeof(region));
    clean(p->case_id, id, sizeof(id));
    clean(p->product_line, product, sizeof(product));
    if (*station)
        bytes_append_format(out, _("Station: %s"), station);
    if (*station && *region)
        bytes_append_format(out, _(" (%s)"), region);
    if (*id)
        bytes_append_format(out, _("%sCase: %s"), *station ? " · " : "", id);
    if (*product)
        bytes_append_format(out, " · %s", product);
    bytes_append_text(out, "\n");
}

void page_text_full(const Yinuo__V1__Page *p, struct bytes *out)
{
    char text[WORDS_SIZE], by[LINE_SIZE], id[LIMIT_NAME_BYTES];
    speak(p);
    head_line(p, out);
    place_line(p, out);
    why_words(p, text, sizeof(text));
    clean(p->rule, id, sizeof(id));
    if (*id && strcmp(id, text) != 0)
        bytes_append_format(out, _("Why you: %s (%s)\n"), text, id);
    else
        line(out, _("Why you: "), text);
    do_words(p, text, sizeof(text));
    by_words(p, by, sizeof(by));
    bytes_append_format(out, "%s%s%s\n", _("What to do: "), text, by);
    told_words(p, text, sizeof(text));
    line(out, _("Told as well: "), text);
    next_words(p, text, sizeof(text));
    line(out, _("If you do not answer: "), text);
    clean(p->answer_command, text, sizeof(text));
    line(out, _("Answer: "), text);
}

/* ---- the short form ---- */

enum soft { SOFT_WORDS, SOFT_WHY, SOFT_DO, SOFT_TOLD, SOFT_NEXT, SOFTS };

/* What may be shortened, how far at least it stays, and in which order. */
static const size_t soft_min[SOFTS] = {24, 40, 40, 0, 0};
static const enum soft soft_order[SOFTS] = {SOFT_TOLD, SOFT_WORDS, SOFT_DO,
                                            SOFT_WHY, SOFT_NEXT};

struct short_form {
    char head[LINE_SIZE]; /* severity and late */
    char place[LINE_SIZE];
    char by[LINE_SIZE];
    char command[LINE_SIZE];
    char soft[SOFTS][SOFT_SIZE];
    size_t max[SOFTS]; /* characters that each may have */
};

static void short_parts(const Yinuo__V1__Page *p, struct short_form *s)
{
    char late[LINE_SIZE / 2], text[WORDS_SIZE];
    late_words(p, late, sizeof(late));
    snprintf(s->head, sizeof(s->head), "[%s]%s%s", severity_words(p),
             *late ? " " : "", late);
    place_words(p, s->place, sizeof(s->place));
    by_words(p, s->by, sizeof(s->by));
    clean(p->answer_command, s->command, sizeof(s->command));
    clean(p->customer_words, text, sizeof(text));
    utf8_truncate(text, PAGE_TEXT_SHORT_MAX, s->soft[SOFT_WORDS], SOFT_SIZE);
    why_words(p, text, sizeof(text));
    utf8_truncate(text, PAGE_TEXT_SHORT_MAX, s->soft[SOFT_WHY], SOFT_SIZE);
    do_words(p, text, sizeof(text));
    utf8_truncate(text, PAGE_TEXT_SHORT_MAX, s->soft[SOFT_DO], SOFT_SIZE);
    told_words(p, s->soft[SOFT_TOLD], SOFT_SIZE);
    if (p->n_also_told == 0)
        s->soft[SOFT_TOLD][0] = '\0';
    next_words(p, s->soft[SOFT_NEXT], SOFT_SIZE);
    for (size_t i = 0; i < SOFTS; i++)
        s->max[i] = utf8_count(s->soft[i]);
}

static void add(struct bytes *out, const struct short_form *s, enum soft which,
                const char *format)
{
    char text[SOFT_SIZE];
    if (s->max[which] == 0)
        return;
    utf8_truncate(s->soft[which], s->max[which], text, sizeof(text));
    bytes_append_format(out, format, text);
}

static void short_front(const struct short_form *s, struct bytes *out)
{
    bytes_reset(out);
    bytes_append_text(out, s->head);
    add(out, s, SOFT_WORDS, _(" “%s”"));
    if (*s->place)
        bytes_append_format(out, " %s", s->place);
    add(out, s, SOFT_WHY, _(". %s"));
    add(out, s, SOFT_DO, _(". Do: %s"));
    bytes_append_text(out, s->by);
    add(out, s, SOFT_TOLD, _(". Told: %s"));
    add(out, s, SOFT_NEXT, _(". Next: %s"));
}

/* Shortens until it fits or nothing is left to shorten. */
static void fit(struct short_form *s, struct bytes *front, size_t room)
{
    for (size_t i = 0; i < SOFTS; i++) {
        enum soft which = soft_order[i];
        short_front(s, front);
        size_t have = utf8_count(bytes_text(front));
        if (have <= room)
            return;
        size_t over = have - room, least = soft_min[which];
        if (s->max[which] > least)
            s->max[which] =
                s->max[which] > least + over ? s->max[which] - over : least;
    }
    short_front(s, front);
}

void page_text_short(const Yinuo__V1__Page *p, char out[PAGE_TEXT_SHORT_SIZE])
{
    struct short_form s;
    struct bytes front;
    char cut[PAGE_TEXT_SHORT_SIZE], answer[LINE_SIZE + 64] = "";
    char whole[sizeof(cut) + sizeof(answer)];
    speak(p);
    short_parts(p, &s);
    if (*s.command)
        snprintf(answer, sizeof(answer), _(". Answer: %s"), s.command);
    size_t tail = utf8_count(answer);
    size_t room = tail < PAGE_TEXT_SHORT_MAX ? PAGE_TEXT_SHORT_MAX - tail : 0;
    bytes_init(&front, 0);
    fit(&s, &front, room);
    const char *text = bytes_text(&front);
    utf8_truncate(text ? text : "", room, cut, sizeof(cut));
    snprintf(whole, sizeof(whole), "%s%s", cut, answer);
    utf8_truncate(whole, PAGE_TEXT_SHORT_MAX, out, PAGE_TEXT_SHORT_SIZE);
    bytes_fini(&front);
}

void page_text_subject(const Yinuo__V1__Page *p,
                       char out[PAGE_TEXT_SUBJECT_SIZE])
{
    char place[LINE_SIZE], why[WORDS_SIZE], text[WORDS_SIZE + LINE_SIZE * 2];
    speak(p);
    place_words(p, place, sizeof(place));
    why_words(p, why, sizeof(why));
    snprintf(text, sizeof(text), "[%s] %s: %s", severity_words(p), place, why);
    utf8_truncate(text, PAGE_TEXT_SUBJECT_MAX, out, PAGE_TEXT_SUBJECT_SIZE);
}
