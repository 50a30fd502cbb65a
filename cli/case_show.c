/* case_show - one case on one screen. */
#include <stdio.h>
#include <string.h>

#include "cli/find.h"
#include "cli/items.h"
#include "cli/table.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/message_json.h"

const struct option_row case_show_options[] = {{0}};

static void line(const struct out *o, const char *head, const char *text)
{
    if (!text || !*text)
        return;
    out_printf(o, "  ");
    out_cell(o, OUT_FAINT, head, 14, false);
    out_printf(o, "  ");
    out_wrap(o, 18, true, text);
}

static void moment(const struct out *o, const char *head, int64_t now_ms,
                   int64_t at_ms)
{
    char words[WHEN_WORDS_SIZE];

    if (!at_ms)
        return;
    when_both(now_ms, at_ms, words);
    line(o, head, words);
}

static void head_lines(const struct out *o, const Yinuo__V1__Case *c,
                       int64_t now_ms)
{
    char text[256];

    out_text(o, OUT_STRONG, c->case_id);
    out_printf(o, "  ");
    out_text(o, out_severity_style((int)c->severity),
             severity_word((int)c->severity));
    out_printf(o, "  ");
    out_text(o, OUT_PLAIN, state_word(c->state));
    out_printf(o, "\n");
    snprintf(text, sizeof text, "%.60s%s%s%.60s%s", c->owner ? c->owner : "-",
             c->pending_owner && *c->pending_owner ? " → " : "",
             c->pending_owner ? "" : "",
             c->pending_owner ? c->pending_owner : "",
             c->owner_frozen ? _(" (frozen)") : "");
    line(o, _("owner"), text);
    snprintf(text, sizeof text, "%.60s%s%.60s%s%.60s",
             c->station ? c->station : "-", c->region && *c->region ? ", " : "",
             c->region ? c->region : "",
             c->product_line && *c->product_line ? ", " : "",
             c->product_line ? c->product_line : "");
    line(o, _("station"), text);
    line(o, _("customer"), c->customer_id);
    line(o, _("asset"), c->asset_id);
    line(o, _("merged into"), c->merged_into);
    line(o, _("part of"), c->parent);
    line(o, _("handover"), c->gathered_by);
    moment(o, _("opened"), now_ms, c->opened_at_ms);
    moment(o, _("last contact"), now_ms, c->last_contact_at_ms);
    moment(o, _("idle since"), now_ms, find_idle_since(c));
    moment(o, _("waits until"), now_ms, c->waiting_until_ms);
    moment(o, _("resolved"), now_ms, c->resolved_at_ms);
    moment(o, _("closed"), now_ms, c->closed_at_ms);
    for (size_t i = 0; i < c->n_locks; i++)
        line(o, _("lock"), c->locks[i]);
    for (size_t i = 0; i < c->n_counters; i++) {
        snprintf(text, sizeof text, "%.60s %lld", c->counters[i]->name,
                 (long long)c->counters[i]->value);
        if (c->counters[i]->value)
            line(o, i ? "" : _("counted"), text);
    }
}

static const struct table_column page_columns[] = {
    {N_("PAGE"), false, 6},
    {N_("TIER"), false, 8},
    {N_("PERSON"), false, 6},
    {N_("SENT"), false, 0},
};

static void pages(const struct out *o, const Yinuo__V1__Case *c, int64_t now_ms)
{
    struct table t;
    char words[WHEN_WORDS_SIZE];

    if (!c->n_pages)
        return;
    out_printf(o, "\n");
    out_text(o, OUT_STRONG, _("Pages without an answer"));
    out_printf(o, "\n");
    table_init(&t, page_columns, sizeof page_columns / sizeof page_columns[0]);
    for (size_t i = 0; i < c->n_pages; i++) {
        when_both(now_ms, c->pages[i]->at_ms, words);
        table_add(&t, c->pages[i]->page_id, OUT_PLAIN);
        table_add(&t, tier_word((int)c->pages[i]->tier), OUT_PLAIN);
        table_add(&t, c->pages[i]->person, OUT_STRONG);
        table_add(&t, words, OUT_PLAIN);
    }
    table_print(&t, o);
    table_fini(&t);
}

static const struct table_column promise_columns[] = {
    {N_("PROMISE"), false, 0},  {N_("STATE"), false, 0},
    {N_("DUE"), false, 0},      {N_("BY"), false, 6},
    {N_("ACCEPTED"), false, 0},
};

static void promises(const struct out *o, const Yinuo__V1__Case *c,
                     int64_t now_ms)
{
    struct table t;
    char words[WHEN_WORDS_SIZE];

    if (!c->n_promises)
        return;
    out_printf(o, "\n");
    out_text(o, OUT_STRONG, _("Promises"));
    out_printf(o, "\n");
    table_init(&t, promise_columns,
               sizeof promise_columns / sizeof promise_columns[0]);
    for (size_t i = 0; i < c->n_promises; i++) {
        const Yinuo__V1__CasePromise *p = c->promises[i];
        bool missed = p->state && strcmp(p->state, "missed") == 0;
        if (p->due_ms)
            when_both(now_ms, p->due_ms, words);
        else
            snprintf(words, sizeof words, "%s", _("no date"));
        table_add(&t, p->promise_id, OUT_STRONG);
        table_add(&t, promise_word(p->state), missed ? OUT_BAD : OUT_PLAIN);
        table_add(&t, words, OUT_PLAIN);
        table_add(&t, p->by, OUT_PLAIN);
        table_add(&t, p->accepted ? _("yes") : _("no"), OUT_PLAIN);
    }
    table_print(&t, o);
    table_fini(&t);
}

static const struct table_column clock_columns[] = {
    {N_("CLOCK"), false, 0}, {N_("SINCE"), false, 0}, {N_("NEXT"), false, 0},
    {N_("IN"), false, 0},    {N_("CALLS"), false, 8},
};

/* The stretches of a clock that did not count, and what did. */
static void stood_still(const struct out *o, const Yinuo__V1__CaseClock *k,
                        int64_t now_ms)
{
    char from[WHEN_SIZE], until[WHEN_SIZE], span[WHEN_SIZE], counted[WHEN_SIZE];
    int64_t end_ms = k->paused_at_ms ? k->paused_at_ms : now_ms;

    if (!k->n_pauses)
        return;
    when_span(k->paused_ms, span);
    when_span(end_ms - k->armed_at_ms - k->paused_ms, counted);
    out_printf(o, _("  %s: %s have counted, %s have not:"),
               clock_word(k->clock), counted, span);
    for (size_t i = 0; i < k->n_pauses; i++) {
        when_clock(now_ms, k->pauses[i]->from_ms, from);
        when_clock(now_ms, k->pauses[i]->until_ms, until);
        out_printf(o, _("%s %s to %s"), i ? "," : "", from, until);
    }
    out_printf(o, "\n");
}

static void clocks(const struct out *o, const Yinuo__V1__Case *c,
                   int64_t now_ms)
{
    struct table t;
    char since[WHEN_SIZE], next[WHEN_SIZE], in[WHEN_WORDS_SIZE];
    char calls[128];

    if (!c->n_clocks)
        return;
    out_printf(o, "\n");
    out_text(o, OUT_STRONG, _("Clocks that run"));
    out_printf(o, "\n");
    table_init(&t, clock_columns,
               sizeof clock_columns / sizeof clock_columns[0]);
    for (size_t i = 0; i < c->n_clocks; i++) {
        const Yinuo__V1__CaseClock *k = c->clocks[i];
        const Yinuo__V1__Step *step =
            k->next_step < k->n_steps ? k->steps[k->next_step] : NULL;
        int64_t due_ms = find_clock_due(k);
        bool late = due_ms && due_ms < now_ms;
        when_clock(now_ms, k->armed_at_ms, since);
        when_clock(now_ms, due_ms, next);
        in[0] = 0;
        if (k->paused_at_ms)
            snprintf(in, sizeof in, "%s", _("stands still"));
        else if (due_ms)
            when_due(now_ms, due_ms, in);
        table_addf(&t, OUT_PLAIN, "%s%s%s", clock_word(k->clock),
                   k->key && *k->key ? " " : "",
                   k->key ? key_word(k->key) : "");
        table_add(&t, since, OUT_PLAIN);
        table_add(&t, next, OUT_PLAIN);
        table_add(&t, in, late ? OUT_BAD : OUT_PLAIN);
        calls[0] = 0;
        if (step)
            targets_word(step->page_mask, (int)step->tier, calls);
        table_add(&t, calls, OUT_PLAIN);
    }
    table_print(&t, o);
    table_fini(&t);
    for (size_t i = 0; i < c->n_clocks; i++)
        stood_still(o, c->clocks[i], now_ms);
}

int run_case_show(struct cli *cli, int argc, char **argv)
{
    struct found found;
    int code = find_case(cli, argv[0], &found);

    (void)argc;
    if (code == CLI_DONE && cli->out.json) {
        out_json(&cli->out, message_to_json(&found.it->base, when_zone()));
    } else if (code == CLI_DONE) {
        find_sort_clocks(found.it);
        head_lines(&cli->out, found.it, found.now_ms);
        pages(&cli->out, found.it, found.now_ms);
        promises(&cli->out, found.it, found.now_ms);
        items_show(&cli->out, found.it, found.now_ms);
        clocks(&cli->out, found.it, found.now_ms);
    }
    found_fini(&found);
    return code;
}
