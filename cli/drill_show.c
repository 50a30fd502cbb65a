#include "cli/drill_show.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/time_text.h"
#include "cli/table.h"

enum { REDRAW_MS = 100, BAR = 30 };

static const char *const tiers[] = {"", N_("engineer"), N_("station head"),
                                    N_("regional rep"), N_("crisis center")};

static const char *tier_word(uint32_t tier)
{
    return tier && tier < sizeof tiers / sizeof *tiers ? _(tiers[tier]) : "";
}

/* Local time of the story: "23:10:00", with the date when it is another day
 * than the story's first. */
static void local(const struct story *story, int64_t at_ms, char out[32])
{
    char text[TIME_TEXT_SIZE], first[TIME_TEXT_SIZE];
    struct error err;

    if (time_text_format(at_ms, story->zone, text, &err) != STATUS_OK ||
        time_text_format(story->tales[0].events[0].at_ms, story->zone, first,
                         &err) != STATUS_OK)
        snprintf(out, 32, "?");
    else if (strncmp(text, first, 10) == 0)
        snprintf(out, 32, "%.8s", text + 11);
    else
        snprintf(out, 32, "%.5s %.5s", text + 5, text + 11);
}

void drill_bar_clear(struct drill_show *s)
{
    if (s->bar)
        fprintf(s->out->errors, "\r\033[K");
    s->bar = false;
}

void drill_say(struct drill_show *s, const struct drill_story *story,
               int64_t at_ms, enum out_style style, const char *format, ...)
{
    char at[32], words[512];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    local(story->story, at_ms, at);
    drill_bar_clear(s);
    out_printf(s->out, "%-11s ", at);
    out_cell(s->out, OUT_STRONG, story->story->id, 10, false);
    out_printf(s->out, " ");
    out_text(s->out, style, words);
    out_printf(s->out, "\n");
    (void)out_flush(s->out);
}

static struct drill_told *told(struct drill_story *s, const char *person)
{
    for (size_t i = 0; i < s->told_count; i++)
        if (strcmp(s->told[i].person, person) == 0)
            return &s->told[i];
    return s->told_count < DRILL_TOLD_MAX ? &s->told[s->told_count++] : NULL;
}

void drill_say_page(struct drill_show *s, struct drill_story *story,
                    const Yinuo__V1__Decision *d)
{
    const char *person = d->person ? d->person : "?";
    struct drill_told *t = told(story, person);

    story->pages++;

    if (t && !t->times++) {
        snprintf(t->person, sizeof t->person, "%s", person);
        snprintf(t->rule, sizeof t->rule, "%s", d->rule ? d->rule : "");
        t->at_ms = d->at_ms;
        t->tier = (uint32_t)d->tier;
    }
    drill_say(s, story, d->at_ms, d->severity == 1 ? OUT_BAD : OUT_WARN,
              _("  S%d page to %s, %s (%s%s%s)"), (int)d->severity, person,
              tier_word((uint32_t)d->tier), d->rule ? d->rule : "",
              d->clock && *d->clock ? " " : "", d->clock ? d->clock : "");
}

void drill_bar(struct drill_show *s, int64_t mono_ms, double done,
               int64_t ledger_ms, uint64_t records)
{
    char text[TIME_TEXT_SIZE], bar[BAR + 1];
    struct error err;

    if (!s->out->errors_terminal || mono_ms - s->drawn_ms < REDRAW_MS)
        return;
    s->drawn_ms = mono_ms;
    int full = (int)lround(done * BAR);
    for (int i = 0; i < BAR; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR] = 0;
    if (time_text_format(ledger_ms, "UTC", text, &err) != STATUS_OK)
        return;
    fprintf(s->out->errors, "\r\033[K[%s] %3d%%  %.10s %.5s  %llu", bar,
            (int)(done * 100), text, text + 11, (unsigned long long)records);
    fflush(s->out->errors);
    s->bar = true;
}

static const struct table_column columns[] = {
    {N_("WHO WAS TOLD"), false, 12},
    {N_("TIER"), false, 0},
    {N_("AT"), false, 0},
    {N_("BY RULE"), false, 8},
    {N_("TIMES"), true, 0},
};

static void table_of(const struct drill_show *s, const struct drill_story *one)
{
    struct table t;

    table_init(&t, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < one->told_count; i++) {
        char at[32];
        local(one->story, one->told[i].at_ms, at);
        table_add(&t, one->told[i].person, OUT_PLAIN);
        table_add(&t, tier_word(one->told[i].tier), OUT_PLAIN);
        table_add(&t, at, OUT_STRONG);
        table_add(&t, one->told[i].rule, OUT_FAINT);
        table_addf(&t, OUT_PLAIN, "%u", one->told[i].times);
    }
    table_print(&t, s->out);
    table_fini(&t);
}

void drill_last_screen(struct drill_show *s, const struct drill_story *stories,
                       size_t count)
{
    drill_bar_clear(s);
    for (size_t i = 0; i < count; i++) {
        const struct story *story = stories[i].story;
        out_printf(s->out, "\n");
        out_text(s->out, OUT_STRONG, story->id);
        out_printf(s->out, "  %s\n", story->title);
        table_of(s, &stories[i]);
        for (size_t r = 0; r < story->really_count; r++) {
            char at[32] = "";
            if (story->really[r].at_ms)
                local(story, story->really[r].at_ms, at);
            out_printf(s->out, _("  in reality: %s %s  %s\n"),
                       story->really[r].who, *at ? at : _("never"),
                       story->really[r].text);
        }
    }
}
