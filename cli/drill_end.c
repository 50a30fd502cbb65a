/* drill_end - how a drill ends: one reason in full, the counts, and what to try
 * while it goes on running. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "cli/command.h"
#include "cli/drill.h"

/* Gives an option of a command its value, as if it had been typed. */
static void set_option(const struct command *c, const char *name,
                       const char *value)
{
    for (const struct option_row *row = c->options; row->name; row++)
        if (strcmp(row->name, name) == 0)
            *(const char **)row->target = value;
}

void drill_why(struct drill *d)
{
    char *words[] = {(char *)"case", (char *)"why", NULL, NULL};
    const struct drill_story *last =
        d->story_count ? &d->stories[d->story_count - 1] : NULL;
    int used;

    if (!last || !*last->top_page)
        return;
    words[2] = (char *)last->case_id;
    const struct command *c = command_find(3, words, &used);
    if (!c || used != 2)
        return;
    set_option(c, "page", last->top_page);
    out_printf(&d->cli->out, "\n$ yinuo case why %s --page %s\n", words[2],
               last->top_page);
    (void)out_flush(&d->cli->out);
    d->cli->until_ms = clock_monotonic_ms(d->cli->clock) + CLI_WAIT_MS;
    (void)c->run(d->cli, 1, words + 2);
}

static long long status_of(struct drill *d, const char *section,
                           const char *name)
{
    return (long long)drill_stage_status(&d->stage, section, name);
}

void drill_summary(struct drill *d)
{
    const struct out *o = &d->cli->out;

    out_printf(o, _("\nevents     %llu published, %llu refused by a gate\n"),
               (unsigned long long)d->published,
               (unsigned long long)d->stage.refused);
    out_printf(o, _("cases      %lld opened, %lld closed\n"),
               status_of(d, "cases", "opened"),
               status_of(d, "cases", "closed"));
    out_printf(o, _("pages      %llu sent, %llu answered\n"),
               (unsigned long long)d->pages,
               (unsigned long long)d->stage.answers);
    out_printf(o, _("timers     %llu times due, %lld of them late\n"),
               (unsigned long long)d->firings, status_of(d, "timers", "late"));
    if (d->killed)
        out_printf(o, _("router     killed once, back after %lld ms\n"),
                   (long long)d->back_ms);
    out_printf(o,
               _("drill: %llu events, %llu pages, %llu records without a hole; "
                 "nothing is missing\n"),
               (unsigned long long)d->published, (unsigned long long)d->pages,
               (unsigned long long)d->stage.seen);
    (void)out_flush(o);
}

void drill_serve(struct drill *d)
{
    char self[LIMIT_PATH_BYTES] = "";
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash = size > 0 ? strrchr(self, '/') : NULL;
    const char *last = d->story_count ? d->stories[0].case_id : "CASE";

    if (slash)
        *slash = 0;
    out_printf(&d->cli->out,
               _("\nIt goes on running. Try, in another terminal:\n"
                 "  export PATH=%s:$PATH\n"
                 "  export YINUO_HOME=%s\n"
                 "  yinuo status\n"
                 "  yinuo case list --all --limit 20\n"
                 "  yinuo case timeline %s\n"
                 "  yinuo case why-not %s --tier crisis_center\n"
                 "  yinuo watch --from 0\n"),
               self, d->cli->home_path, last, last);
    out_printf(
        &d->cli->out,
        _("and a crisis of your own; the clock stands until it is told to go:\n"
          "  yinuo record case.opened MINE station=ST-LN-04 "
          "owner=ln04-e1 --as ln04-e1\n"
          "  yinuo record media.requested MINE outlet=tv --as ln04-e1\n"
          "  yinuo --as ln04-head\n"
          "  yinuo ack MINE --as ln04-head\n"
          "  yinuo clock advance +30min\n"
          "  yinuo case why MINE\n"
          "Ctrl-C ends it.\n"));
    (void)out_flush(&d->cli->out);
    while (child_group_step(&d->children, 500))
        client_keep_alive(d->stage.client);
}
