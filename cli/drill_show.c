#include "cli/drill_show.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "cli/table.h"
#include "cli/words.h"
#include "proto/decision.h"

/* "15:00:00  PROMISE-18 ": where the words begin */
enum { REDRAW_MS = 100, BAR = 30, NAME = 10, MOMENT = 8, INDENT = 21 };

/* Stories speak the language of their file, where it has been translated. */
static const char *words_of(const char *text)
{
    return text && *text ? _(text) : "";
}

/* The day and the second of a moment in a zone. */
static void split(int64_t at_ms, const char *zone, char day[16],
                  char moment[16])
{
    char text[TIME_TEXT_SIZE];
    struct error err;

    if (time_text_format(at_ms, zone, text, &err) != STATUS_OK)
        snprintf(text, sizeof text, "%s", "0000-00-00T00:00:00");
    snprintf(day, 16, "%.10s", text);
    snprintf(moment, 16, "%.8s", text + 11);
}

void drill_bar_clear(struct drill_show *s)
{
    if (s->bar)
        fprintf(s->out->errors, "\r\033[K");
    s->bar = false;
}

/* Day, moment and name, as far as they are not those of the line before. */
static void begin_line(struct drill_show *s, const struct drill_story *story,
                       int64_t at_ms, const char *zone)
{
    char day[16], moment[16];

    drill_bar_clear(s);
    split(at_ms, zone, day, moment);
    if (strcmp(day, s->day) != 0) {
        out_printf(s->out, "\n");
        out_text(s->out, OUT_STRONG, day);
        out_printf(s->out, "\n");
        s->last = NULL;
    }
    if (story && story == s->last && strcmp(moment, s->moment) == 0) {
        out_printf(s->out, "%*s", INDENT, "");
    } else {
        out_printf(s->out, "%-*s  ", MOMENT, moment);
        if (story)
            out_cell(s->out, OUT_STRONG, story->story->id, NAME, false);
        out_printf(s->out, story ? " " : "");
    }
    memcpy(s->day, day, sizeof day);
    memcpy(s->moment, moment, sizeof moment);
    s->last = story;
}

static void say(struct drill_show *s, enum out_style style, const char *words)
{
    if (utf8_width(words) + INDENT > s->out->columns) {
        out_wrap(s->out, INDENT, true, words);
    } else {
        out_text(s->out, style, words);
        out_printf(s->out, "\n");
    }
    (void)out_flush(s->out);
}

void drill_say(struct drill_show *s, const struct drill_story *story,
               int64_t at_ms, enum out_style style, const char *format, ...)
{
    char words[512];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    begin_line(s, story, at_ms, story->story->zone);
    say(s, style, words);
}

void drill_say_apart(struct drill_show *s, int64_t at_ms, const char *mark,
                     const char *format, ...)
{
    char words[512];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    begin_line(s, NULL, at_ms, s->zone);
    out_text(s->out, OUT_CRISIS, mark);
    out_printf(s->out, "\n%*s", INDENT, "");
    say(s, OUT_PLAIN, words);
}

void drill_opening(struct drill_show *s, size_t stories, size_t log_events,
                   int64_t speed)
{
    char words[640];
    int used = snprintf(
        words, sizeof words,
        P_("A drill with %zu story", "A drill with %zu stories", stories),
        stories);

    if (log_events)
        used += snprintf(words + used, sizeof words - (size_t)used,
                         _(", and behind them a real log of %zu events"),
                         log_events);
    snprintf(words + used, sizeof words - (size_t)used,
             _(". On its first day %lld minutes pass in a second, then time "
               "jumps to whatever is due next. Pages are answered after two "
               "minutes, but for stories in which nobody answers. An arrow is "
               "what the system does; most are pages: how severe, to whom, and "
               "which rule or clock calls."),
             (long long)speed / 60);
    out_wrap(s->out, 0, false, words);
    (void)out_flush(s->out);
}

/* --- pages --- */

static struct drill_told *told(struct drill_story *s, const char *person)
{
    for (size_t i = 0; i < s->told_count; i++)
        if (strcmp(s->told[i].person, person) == 0)
            return &s->told[i];
    return s->told_count < DRILL_TOLD_MAX ? &s->told[s->told_count++] : NULL;
}

/* "TM-ACK due: acknowledgement", "FALL patient fell" */
static void why_of(const Yinuo__V1__StreamRecord *r,
                   const Yinuo__V1__Decision *page, char out[DRILL_WHY_SIZE])
{
    const char *because = "";
    bool due = false;

    if (r->event)
        because = kind_word(r->event->kind);
    for (size_t i = 0; !*because && i < r->n_decisions; i++) {
        const Yinuo__V1__Decision *d = r->decisions[i];
        if (!d->rule || !page->rule || strcmp(d->rule, page->rule) != 0)
            continue;
        if (DECISION_IS(d, FIRE) && d->clock) {
            because = clock_word(d->clock);
            due = true;
        }
    }
    for (size_t i = 0; !*because && i < r->n_decisions; i++)
        if (DECISION_IS(r->decisions[i], EMIT))
            because = kind_word(r->decisions[i]->text);
    snprintf(out, DRILL_WHY_SIZE, "%.30s%s%.16s%.70s",
             page->rule ? page->rule : "", *because ? " " : "",
             due ? _("due: ") : "", because);
}

void drill_say_page(struct drill_show *s, struct drill_story *story,
                    const Yinuo__V1__StreamRecord *r,
                    const Yinuo__V1__Decision *d)
{
    const char *person = d->person ? d->person : "?";
    struct drill_told *t = told(story, person);
    char why[DRILL_WHY_SIZE];

    why_of(r, d, why);
    if (t && !t->times++) {
        snprintf(t->person, sizeof t->person, "%s", person);
        snprintf(t->why, sizeof t->why, "%s", why);
        t->at_ms = d->at_ms;
        t->tier = (uint32_t)d->tier;
    }
    if ((uint32_t)d->tier > story->top_tier && d->page_id) {
        story->top_tier = (uint32_t)d->tier;
        snprintf(story->top_page, sizeof story->top_page, "%s", d->page_id);
    }
    drill_say(s, story, d->at_ms, d->severity == 1 ? OUT_BAD : OUT_WARN,
              _("→ S%d %s, %s · %s"), (int)d->severity, person,
              tier_word((int)d->tier), why);
}

void drill_bar(struct drill_show *s, int64_t mono_ms, double done,
               int64_t ledger_ms, uint64_t records)
{
    char day[16], moment[16], bar[BAR + 1];

    if (!s->out->errors_terminal || mono_ms - s->drawn_ms < REDRAW_MS)
        return;
    s->drawn_ms = mono_ms;
    int full = (int)lround(done * BAR);
    for (int i = 0; i < BAR; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR] = 0;
    split(ledger_ms, s->zone, day, moment);
    fprintf(s->out->errors, "\r\033[K[%s] %3d%%  %s %.5s  ", bar,
            (int)(done * 100), day, moment);
    fprintf(s->out->errors, _("%llu records"), (unsigned long long)records);
    fflush(s->out->errors);
    s->bar = true;
}

/* --- the last screen --- */

static const struct table_column columns[] = {
    {N_("TOLD"), false, 0}, {N_("WHO"), false, 10},
    {N_("TIER"), false, 0}, {N_("BY WHICH RULE"), false, 12},
    {N_("PAGES"), true, 0},
};

/* "23:10:00", with the date on another day than the story's first. */
static void when_told(const struct story *story, int64_t at_ms, char out[32])
{
    char first[16], day[16], moment[16];

    split(story->tales[0].events[0].at_ms, story->zone, first, moment);
    split(at_ms, story->zone, day, moment);
    if (strcmp(first, day) == 0)
        snprintf(out, 32, "%s", moment);
    else
        snprintf(out, 32, "%s %.5s", day + 5, moment);
}

static void table_of(const struct drill_show *s, const struct drill_story *one)
{
    struct table t;

    table_init(&t, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < one->told_count; i++) {
        char at[32];
        when_told(one->story, one->told[i].at_ms, at);
        table_add(&t, at, OUT_STRONG);
        table_add(&t, one->told[i].person, OUT_PLAIN);
        table_add(&t, tier_word((int)one->told[i].tier), OUT_PLAIN);
        table_add(&t, one->told[i].why, OUT_FAINT);
        table_addf(&t, OUT_PLAIN, "%u", one->told[i].times);
    }
    table_print(&t, s->out);
    table_fini(&t);
}

static void really(const struct drill_show *s, const struct story *story)
{
    for (size_t i = 0; i < story->really_count; i++) {
        const struct story_really *one = &story->really[i];
        char at[32], words[512];
        if (one->at_ms)
            when_told(story, one->at_ms, at);
        snprintf(words, sizeof words, _("in reality: %s, %s: %s"),
                 words_of(one->who), one->at_ms ? at : _("never told"),
                 words_of(one->text));
        out_wrap(s->out, 2, false, words);
    }
}

void drill_last_screen(struct drill_show *s, const struct drill_story *stories,
                       size_t count)
{
    drill_bar_clear(s);
    out_printf(s->out, "\n");
    out_text(s->out, OUT_STRONG, _("Who was told, and when"));
    out_printf(s->out, "\n");
    for (size_t i = 0; i < count; i++) {
        const struct story *story = stories[i].story;
        out_printf(s->out, "\n");
        out_text(s->out, OUT_STRONG, story->id);
        out_printf(s->out, "  %s\n", words_of(story->title));
        table_of(s, &stories[i]);
        really(s, story);
    }
}
