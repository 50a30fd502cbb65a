/* subject - what is known of an asset, a customer, a person, a place: facts,
 * what was counted, what is held. */
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "cli/question.h"
#include "cli/table.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/message_json.h"

enum { KEY_BYTES = 255 };

/* What SubjectFact.kind says. */
enum { FACT_TEXT = 1, FACT_NUMBER, FACT_FLAG, FACT_MOMENT };

const struct option_row subject_show_options[] = {{0}};
static const char *no_touch_for;

/* clang-format off */
const struct option_row subject_list_options[] = {
    {"no-touch-for", 0, OPTION_TEXT, N_("TIME"), N_("nothing remembered or counted since so long"), &no_touch_for},
    {0}};
/* clang-format on */

static void heading(const struct out *o, const char *text)
{
    out_printf(o, "\n");
    out_text(o, OUT_STRONG, text);
    out_printf(o, "\n");
}

/* --- facts --- */

static void fact_words(const Yinuo__V1__SubjectFact *f, int64_t now_ms,
                       struct bytes *out)
{
    char words[WHEN_WORDS_SIZE];

    switch (f->kind) {
    case FACT_TEXT:
        bytes_append_text(out, f->text ? f->text : "");
        break;
    case FACT_NUMBER:
        if (f->number % 1000)
            bytes_append_format(out, "%.3f", (double)f->number / 1000);
        else
            bytes_append_format(out, "%lld", (long long)(f->number / 1000));
        break;
    case FACT_FLAG:
        bytes_append_text(out, f->number ? _("yes") : _("no"));
        break;
    case FACT_MOMENT:
        when_both(now_ms, f->number, words);
        bytes_append_text(out, words);
        break;
    default:
        break;
    }
}

static const struct table_column fact_columns[] = {
    {N_("FACT"), false, 6}, {N_("VALUE"), false, 8}, {N_("SINCE"), false, 0}};

static void facts(const struct out *o, const Yinuo__V1__Subject *s,
                  int64_t now_ms)
{
    struct bytes value = {0};
    char when[WHEN_WORDS_SIZE];
    struct table t;

    if (!s->n_facts)
        return;
    heading(o, _("What is known"));
    table_init(&t, fact_columns, sizeof fact_columns / sizeof fact_columns[0]);
    for (size_t i = 0; i < s->n_facts; i++) {
        bytes_reset(&value);
        fact_words(s->facts[i], now_ms, &value);
        when_both(now_ms, s->facts[i]->at_ms, when);
        table_add(&t, s->facts[i]->name, OUT_PLAIN);
        table_add(&t, bytes_text(&value), OUT_STRONG);
        table_add(&t, when, OUT_PLAIN);
    }
    table_print(&t, o);
    table_fini(&t);
    bytes_fini(&value);
}

/* --- counters --- */

/* What counts at now, and when each of them was. */
static long long inside(const Yinuo__V1__SubjectTally *tally, int64_t now_ms,
                        struct bytes *instants)
{
    long long sum = 0;
    char clock[WHEN_SIZE];

    for (size_t i = 0; i < tally->n_instants; i++) {
        const Yinuo__V1__SubjectInstant *at = tally->instants[i];

        if (tally->window_span_ms &&
            (at->at_ms <= now_ms - tally->window_span_ms || at->at_ms > now_ms))
            continue;
        sum += at->by;
        when_clock(now_ms, at->at_ms, clock);
        bytes_append_format(instants, "%s%s", instants->size ? ", " : "",
                            clock);
        if (at->by > 1)
            bytes_append_format(instants, " (%lld)", (long long)at->by);
    }
    return tally->window_span_ms ? sum : (long long)tally->total;
}

static const struct table_column tally_columns[] = {{N_("COUNTED"), false, 6},
                                                    {N_("NOW"), true, 0},
                                                    {N_("WITHIN"), false, 0},
                                                    {N_("EVER"), true, 0},
                                                    {N_("WHEN"), false, 8}};

static void tallies(const struct out *o, const Yinuo__V1__Subject *s,
                    int64_t now_ms)
{
    struct bytes instants = {0};
    char span[WHEN_SIZE];
    struct table t;

    if (!s->n_tallies)
        return;
    heading(o, _("What was counted"));
    table_init(&t, tally_columns,
               sizeof tally_columns / sizeof tally_columns[0]);
    for (size_t i = 0; i < s->n_tallies; i++) {
        const Yinuo__V1__SubjectTally *tally = s->tallies[i];
        long long now;

        bytes_reset(&instants);
        now = inside(tally, now_ms, &instants);
        when_span(tally->window_span_ms, span);
        table_add(&t, tally->name, OUT_PLAIN);
        table_addf(&t, OUT_STRONG, "%lld", now);
        table_add(&t, tally->window_span_ms ? span : _("for ever"), OUT_PLAIN);
        table_addf(&t, OUT_PLAIN, "%lld", (long long)tally->total);
        table_add(&t, bytes_text(&instants), OUT_PLAIN);
    }
    table_print(&t, o);
    table_fini(&t);
    bytes_fini(&instants);
}

/* --- intervals --- */

static const struct table_column interval_columns[] = {{N_("HELD"), false, 6},
                                                       {N_("FROM"), false, 0},
                                                       {N_("UNTIL"), false, 0},
                                                       {N_("CASE"), false, 6}};

static void intervals(const struct out *o, const Yinuo__V1__Subject *s,
                      int64_t now_ms)
{
    char from[WHEN_SIZE], until[WHEN_SIZE];
    struct table t;

    if (!s->n_intervals)
        return;
    heading(o, _("What is held"));
    table_init(&t, interval_columns,
               sizeof interval_columns / sizeof interval_columns[0]);
    for (size_t i = 0; i < s->n_intervals; i++) {
        const Yinuo__V1__SubjectInterval *held = s->intervals[i];

        when_clock(now_ms, held->from_ms, from);
        when_clock(now_ms, held->until_ms, until);
        table_add(&t, held->set, OUT_PLAIN);
        table_add(&t, from, OUT_STRONG);
        table_add(&t, until, OUT_STRONG);
        table_add(&t, held->case_id, OUT_PLAIN);
    }
    table_print(&t, o);
    table_fini(&t);
}

/* --- one of them --- */

static void title(const struct out *o, const Yinuo__V1__Subject *s)
{
    out_text(o, OUT_STRONG, s->kind);
    for (size_t i = 0; i < s->n_ids; i++) {
        out_printf(o, "  ");
        out_text(o, OUT_STRONG, s->ids[i]);
    }
    out_printf(o, "\n");
}

/* asset:SN-1, person+topic:eng-1<1f>skill */
static bool make_key(int argc, char **argv, char key[KEY_BYTES + 1])
{
    size_t used = 0;

    for (int i = 0; i < argc; i++) {
        int more = snprintf(key + used, KEY_BYTES + 1 - used, "%s%s", argv[i],
                            i == 0          ? ":"
                            : i + 1 == argc ? ""
                                            : "\x1f");

        if (more < 0 || (size_t)more > KEY_BYTES - used)
            return false;
        used += (size_t)more;
    }
    return true;
}

int run_subject_show(struct cli *cli, int argc, char **argv)
{
    char key[KEY_BYTES + 1];
    struct question q;
    struct rows rows = {0};
    int code;

    if (!make_key(argc, argv, key)) {
        out_error(&cli->out, _("these ids are too long"));
        return CLI_USAGE;
    }
    question_init(&q, "subject.show");
    question_text(&q, "key", key);
    code = question_ask(cli, &q, &yinuo__v1__subject__descriptor, &rows);
    for (size_t i = 0; code == CLI_DONE && i < rows.count; i++) {
        const Yinuo__V1__Subject *s = rows.list[i];

        if (cli->out.json) {
            out_json(&cli->out, message_to_json(&s->base, when_zone()));
            continue;
        }
        title(&cli->out, s);
        facts(&cli->out, s, rows.now_ms);
        tallies(&cli->out, s, rows.now_ms);
        intervals(&cli->out, s, rows.now_ms);
    }
    rows_fini(&rows);
    return code;
}

/* --- all of a kind --- */

static int64_t last_touch(const Yinuo__V1__Subject *s)
{
    int64_t last_ms = 0;

    for (size_t i = 0; i < s->n_facts; i++)
        if (s->facts[i]->at_ms > last_ms)
            last_ms = s->facts[i]->at_ms;
    for (size_t i = 0; i < s->n_tallies; i++)
        for (size_t j = 0; j < s->tallies[i]->n_instants; j++)
            if (s->tallies[i]->instants[j]->at_ms > last_ms)
                last_ms = s->tallies[i]->instants[j]->at_ms;
    return last_ms;
}

static const struct table_column list_columns[] = {
    {N_("ID"), false, 8}, {N_("LAST"), false, 0}, {N_("COUNTED"), false, 8}};

static void list_row(struct table *t, const Yinuo__V1__Subject *s,
                     int64_t now_ms)
{
    struct bytes words = {0}, unused = {0};
    char when[WHEN_WORDS_SIZE];

    for (size_t i = 0; i < s->n_ids; i++)
        bytes_append_format(&words, "%s%s", i ? " + " : "", s->ids[i]);
    table_add(t, bytes_text(&words), OUT_STRONG);
    when_both(now_ms, last_touch(s), when);
    table_add(t, when, OUT_PLAIN);
    bytes_reset(&words);
    for (size_t i = 0; i < s->n_tallies; i++)
        bytes_append_format(&words, "%s%s %lld", i ? ", " : "",
                            s->tallies[i]->name,
                            inside(s->tallies[i], now_ms, &unused));
    table_add(t, bytes_text(&words), OUT_PLAIN);
    bytes_fini(&words);
    bytes_fini(&unused);
}

int run_subject_list(struct cli *cli, int argc, char **argv)
{
    int64_t quiet_ms = 0;
    size_t shown = 0;
    struct question q;
    struct rows rows = {0};
    struct table t;
    struct error err;
    json_t *array = json_array();
    int code;

    (void)argc;
    if (no_touch_for && span_parse(no_touch_for, &quiet_ms, &err)) {
        out_error(&cli->out, "--no-touch-for: %s", err.text);
        json_decref(array);
        return CLI_USAGE;
    }
    question_init(&q, "subject.list");
    question_text(&q, "kind", argv[0]);
    code = question_ask(cli, &q, &yinuo__v1__subject__descriptor, &rows);
    table_init(&t, list_columns, sizeof list_columns / sizeof list_columns[0]);
    for (size_t i = 0; code == CLI_DONE && i < rows.count; i++) {
        const Yinuo__V1__Subject *s = rows.list[i];

        if (quiet_ms && last_touch(s) > rows.now_ms - quiet_ms)
            continue;
        shown++;
        if (cli->out.json)
            json_array_append_new(array,
                                  message_to_json(&s->base, when_zone()));
        else
            list_row(&t, s, rows.now_ms);
    }
    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out, json_incref(array));
    else if (code == CLI_DONE)
        table_print(&t, &cli->out);
    if (code == CLI_DONE && !cli->out.json && shown == 0)
        out_note(&cli->out, _("Nothing is known of any %s."), argv[0]);
    table_fini(&t);
    json_decref(array);
    rows_fini(&rows);
    return code;
}
