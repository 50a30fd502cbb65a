/* rebase_preview - case by case: clocks that get another due, that begin, that
 * end, and whom it would call at once. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/rebase.h"
#include "cli/table.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/message_json.h"
#include "proto/wire.h"

typedef Yinuo__V1__RebaseRow rebase_row;
typedef Yinuo__V1__RebaseClock rebase_clock;

/* clang-format off */
#define CHANGES(X)                                                             \
    X(moves,  N_("other time"))                                                \
    X(tier,   N_("other tier"))                                                \
    X(begins, N_("begins"))                                                    \
    X(ends,   N_("ends"))                                                      \
    X(fires,  N_("is over: at once"))
/* clang-format on */

struct totals {
    size_t cases, same, kept, calls;
#define X(name, word) size_t name;
    CHANGES(X)
#undef X
};

static const char *change_word(const char *change)
{
#define X(name, word)                                                          \
    if (change && strcmp(change, #name) == 0)                                  \
        return _(word);
    CHANGES(X)
#undef X
    return change ? change : "";
}

static bool is_kept(const rebase_row *row)
{
    return row->code != REFUSAL_NONE;
}

const char *rebase_why_not(const rebase_row *row)
{
    const char *word = reason_word(row->reason);

    return word ? word : _(refusal_sentence(row->code));
}

int rebase_ask(struct cli *cli, const char *case_id, struct rows *rows)
{
    struct question q;

    question_init(&q, "policy.rebase");
    question_text(&q, "case_id", case_id);
    return question_ask(cli, &q, &yinuo__v1__rebase_row__descriptor, rows);
}

static void count_clock(struct totals *t, const rebase_clock *clock)
{
#define X(name, word)                                                          \
    t->name += clock->change && strcmp(clock->change, #name) == 0;
    CHANGES(X)
#undef X
}

static struct totals count(const struct rows *rows)
{
    struct totals t = {0};

    for (size_t i = 0; i < rows->count; i++) {
        const rebase_row *row = rows->list[i];

        if (is_kept(row)) {
            t.kept++;
            continue;
        }
        t.cases++;
        t.same += !row->n_clocks && !row->n_calls;
        t.calls += row->n_calls;
        for (size_t n = 0; n < row->n_clocks; n++)
            count_clock(&t, row->clocks[n]);
    }
    return t;
}

/* What is told of a clock. */
struct clock_words {
    char name[160], old[160], new[160], change[160];
};

static void due_words(char out[160], bool there, int64_t due_ms,
                      bool tier_there, uint32_t tier, int64_t now_ms)
{
    char clock[WHEN_SIZE] = "-";

    if (there)
        when_clock(now_ms, due_ms, clock);
    snprintf(out, 160, "%s%s%s", clock, tier_there ? " " : "",
             tier_there ? tier_word((int)tier) : "");
}

static void put_words(const rebase_clock *c, int64_t now_ms,
                      struct clock_words *w)
{
    char span[WHEN_SIZE];

    snprintf(w->name, sizeof w->name, "%s%s%s", clock_word(c->clock),
             c->key && *c->key ? " " : "", c->key ? key_word(c->key) : "");
    due_words(w->old, c->has_old_due_ms, c->old_due_ms, c->has_old_tier,
              c->old_tier, now_ms);
    due_words(w->new, c->has_new_due_ms, c->new_due_ms, c->has_new_tier,
              c->new_tier, now_ms);
    when_span(c->late_by_ms, span);
    if (c->late_by_ms)
        snprintf(w->change, sizeof w->change, _("%s, late by %s"),
                 change_word(c->change), span);
    else
        snprintf(w->change, sizeof w->change, "%s", change_word(c->change));
}

static void call_words(const Yinuo__V1__RebaseCall *call, char out[320])
{
    snprintf(out, 320, _("pages %s (%s) %s"), call->person ? call->person : "-",
             tier_word((int)call->tier), call->rule ? call->rule : "");
}

static void add_clock(struct table *t, const rebase_row *row,
                      const rebase_clock *c, bool first, int64_t now_ms)
{
    struct clock_words w;

    put_words(c, now_ms, &w);
    table_add(t, first ? row->case_id : "", OUT_STRONG);
    table_add(t, first ? severity_name((int)row->severity) : "",
              first ? out_severity_style((int)row->severity) : OUT_PLAIN);
    table_add(t, w.name, OUT_PLAIN);
    table_add(t, w.old, OUT_PLAIN);
    table_add(t, w.new, OUT_PLAIN);
    table_add(t, w.change, c->late_by_ms ? OUT_WARN : OUT_PLAIN);
}

static void add_calls(struct table *t, const rebase_row *row)
{
    char words[320];

    for (size_t i = 0; i < row->n_calls; i++) {
        bool first = !row->n_clocks && !i;

        call_words(row->calls[i], words);
        table_add(t, first ? row->case_id : "", OUT_STRONG);
        table_add(t, first ? severity_name((int)row->severity) : "",
                  first ? out_severity_style((int)row->severity) : OUT_PLAIN);
        table_add(t, "", OUT_PLAIN);
        table_add(t, "", OUT_PLAIN);
        table_add(t, "", OUT_PLAIN);
        table_add(t, words, OUT_WARN);
    }
}

static void fill(struct table *t, const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const rebase_row *row = rows->list[i];

        for (size_t n = 0; n < row->n_clocks; n++)
            add_clock(t, row, row->clocks[n], n == 0, rows->now_ms);
        add_calls(t, row);
    }
}

/* Where the table is too wide: who is paged when must not end in "…". */
static void print_case(const struct out *o, const rebase_row *row,
                       int64_t now_ms)
{
    char line[640];

    out_text(o, OUT_STRONG, row->case_id);
    out_printf(o, "  ");
    out_text(o, out_severity_style((int)row->severity),
             severity_name((int)row->severity));
    out_printf(o, "\n");
    for (size_t n = 0; n < row->n_clocks; n++) {
        struct clock_words w;

        put_words(row->clocks[n], now_ms, &w);
        snprintf(line, sizeof line, _("%s: %s → %s, %s"), w.name, w.old, w.new,
                 w.change);
        out_wrap(o, 4, false, line);
    }
    for (size_t n = 0; n < row->n_calls; n++) {
        call_words(row->calls[n], line);
        out_wrap(o, 4, false, line);
    }
}

static void print_rows(const struct out *o, const struct rows *rows)
{
    static const struct table_column columns[] = {
        {N_("CASE"), false, 0},  {N_("SEV"), false, 0},
        {N_("CLOCK"), false, 0}, {N_("DUE NOW"), false, 0},
        {N_("THEN"), false, 0},  {N_("CHANGE"), false, 0}};
    struct table t;

    table_init(&t, columns, sizeof columns / sizeof columns[0]);
    fill(&t, rows);
    if (table_width(&t) <= o->columns) {
        table_print(&t, o);
    } else {
        for (size_t i = 0; i < rows->count; i++) {
            const rebase_row *row = rows->list[i];

            if (row->n_clocks || row->n_calls)
                print_case(o, row, rows->now_ms);
        }
    }
    table_fini(&t);
}

/* A line that ends; a pipe gets it whole. */
static void print_line(const struct out *o, const char *format, ...)
    PRINTF_LIKE(2, 3);

static void print_line(const struct out *o, const char *format, ...)
{
    char *line = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&line, format, args) < 0)
        abort();
    va_end(args);
    if (o->columns == SIZE_MAX) {
        out_printf(o, "%s", line);
    } else {
        line[strcspn(line, "\n")] = 0;
        out_wrap(o, 0, false, line);
    }
    free(line);
}

static void print_kept(const struct out *o, const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const rebase_row *row = rows->list[i];

        if (is_kept(row))
            print_line(o, _("%s keeps its rules: %s\n"), row->case_id,
                       rebase_why_not(row));
    }
}

static void print_totals(const struct out *o, const struct totals *t)
{
    if (!t->cases && !t->kept) {
        out_printf(o, "%s\n", _("All open cases live by the rules in force."));
        return;
    }
    print_line(o,
               _("%zu cases would be moved, %zu of them without a change that "
                 "shows; %zu would keep their rules.\n"),
               t->cases, t->same, t->kept);
    print_line(o,
               _("Clocks: %zu get another time, %zu another tier, %zu begin, "
                 "%zu end, %zu are over. Pages at once: %zu.\n"),
               t->moves, t->tier, t->begins, t->ends, t->fires, t->calls);
}

static json_t *totals_json(const struct totals *t)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "cases",
                     (json_int_t)t->cases, "unchanged", (json_int_t)t->same,
                     "kept", (json_int_t)t->kept, "moves", (json_int_t)t->moves,
                     "tier", (json_int_t)t->tier, "begins",
                     (json_int_t)t->begins, "ends", (json_int_t)t->ends,
                     "fires", (json_int_t)t->fires, "calls",
                     (json_int_t)t->calls);
}

void rebase_show(struct cli *cli, const struct rows *rows)
{
    const struct totals t = count(rows);
    json_t *list;

    if (!cli->out.json) {
        print_rows(&cli->out, rows);
        print_kept(&cli->out, rows);
        print_totals(&cli->out, &t);
        return;
    }
    list = json_array();
    for (size_t i = 0; i < rows->count; i++) {
        const rebase_row *row = rows->list[i];
        json_array_append_new(list, message_to_json(&row->base, when_zone()));
    }
    out_json(&cli->out, json_pack("{s:o, s:o}", "cases", list, "summary",
                                  totals_json(&t)));
}
