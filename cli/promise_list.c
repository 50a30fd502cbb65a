/* promise_list - what was promised, and by when: the day's list of a station.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/question.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/event_json.h"

static bool mine, missed_too;
static const char *due, *station, *region;

/* clang-format off */
const struct option_row promise_list_options[] = {
    {"due",        'd', OPTION_TEXT, N_("TIME"),    N_("due by then, or today"),              &due},
    {"station",    's', OPTION_TEXT, N_("STATION"), N_("of this station"),                    &station},
    {"region",      0,  OPTION_TEXT, N_("REGION"),  N_("of this region"),                     &region},
    {"mine",       'm', OPTION_FLAG, NULL,          N_("of cases that I own or was paged for"), &mine},
    {"missed",      0,  OPTION_FLAG, NULL,          N_("those that were not kept, too"),      &missed_too},
    {0}};
/* clang-format on */

struct due_promise {
    const Yinuo__V1__Case *of;
    const Yinuo__V1__CasePromise *promise;
};

static bool is_state(const Yinuo__V1__CasePromise *p, const char *state)
{
    return p->state && strcmp(p->state, state) == 0;
}

static bool is_wanted(const Yinuo__V1__CasePromise *p, int64_t before_ms)
{
    if (!is_state(p, "open") && !(missed_too && is_state(p, "missed")))
        return false;
    return !before_ms || (p->due_ms && p->due_ms < before_ms);
}

/* The earliest first, those without a date behind them. */
static int earlier(const void *a, const void *b)
{
    const struct due_promise *x = a, *y = b;
    int64_t p = x->promise->due_ms ? x->promise->due_ms : INT64_MAX;
    int64_t q = y->promise->due_ms ? y->promise->due_ms : INT64_MAX;

    if (p != q)
        return p < q ? -1 : 1;
    return strcmp(x->of->case_id ? x->of->case_id : "",
                  y->of->case_id ? y->of->case_id : "");
}

static size_t gather(const struct rows *rows, int64_t before_ms,
                     struct due_promise **out)
{
    size_t count = 0, room = 0;

    for (size_t i = 0; i < rows->count; i++)
        room += ((const Yinuo__V1__Case *)rows->list[i])->n_promises;
    *out = calloc(room + 1, sizeof **out);
    if (!*out)
        abort();
    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__Case *c = rows->list[i];
        for (size_t j = 0; j < c->n_promises; j++)
            if (is_wanted(c->promises[j], before_ms))
                (*out)[count++] = (struct due_promise){c, c->promises[j]};
    }
    qsort(*out, count, sizeof **out, earlier);
    return count;
}

static const struct table_column columns[] = {
    {N_("DUE"), false, 11},    {N_("CASE"), false, 8},
    {N_("SEV"), false, 0},     {N_("PROMISE"), false, 0},
    {N_("STATION"), false, 6}, {N_("OWNER"), false, 6},
    {N_("STATE"), false, 0},   {N_("ACCEPTED"), false, 0},
};

static void print(const struct out *o, const struct due_promise *list,
                  size_t count, int64_t now_ms)
{
    struct table t;
    char words[WHEN_WORDS_SIZE];

    table_init(&t, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < count; i++) {
        const Yinuo__V1__Case *c = list[i].of;
        const Yinuo__V1__CasePromise *p = list[i].promise;
        bool late = p->due_ms && p->due_ms < now_ms;

        if (p->due_ms)
            when_both(now_ms, p->due_ms, words);
        table_add(&t, p->due_ms ? words : _("no date"),
                  late ? OUT_BAD : OUT_PLAIN);
        table_add(&t, c->case_id, OUT_STRONG);
        table_add(&t, severity_name((int)c->severity),
                  out_severity_style((int)c->severity));
        table_add(&t, p->promise_id, OUT_PLAIN);
        table_add(&t, c->station, OUT_PLAIN);
        table_add(&t, c->owner, OUT_PLAIN);
        table_add(&t, promise_word(p->state),
                  is_state(p, "missed") ? OUT_BAD : OUT_PLAIN);
        table_add(&t, p->accepted ? _("yes") : _("no"), OUT_PLAIN);
    }
    table_print(&t, o);
    table_fini(&t);
}

static json_t *moment(int64_t at_ms)
{
    return at_ms ? moment_to_json(at_ms, when_zone()) : json_null();
}

static json_t *to_json(const struct due_promise *list, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        const Yinuo__V1__Case *c = list[i].of;
        const Yinuo__V1__CasePromise *p = list[i].promise;

        json_array_append_new(
            array,
            json_pack("{s:s?, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:o, s:b, "
                      "s:s?, s:o}",
                      "case_id", c->case_id, "severity",
                      severity_name((int)c->severity), "station", c->station,
                      "region", c->region, "owner", c->owner, "promise_id",
                      p->promise_id, "state", p->state, "due",
                      moment(p->due_ms), "accepted", p->accepted, "by", p->by,
                      "made_at", moment(p->made_at_ms)));
    }
    return array;
}

/* --due today is the end of the day, and what is late since before it too. */
static int ask(struct cli *cli, struct rows *rows, int64_t *before_ms)
{
    struct question q;
    bool day = false;
    int code;

    *before_ms = 0;
    if (due && when_parse(due, session_now_ms(cli), before_ms, &day,
                          &cli->error) != STATUS_OK)
        return cli_usage(cli, "--due: %s", cli->error.text);
    if (day)
        *before_ms = when_day_end(*before_ms);
    if (mine && session_need_person(cli) != CLI_DONE)
        return CLI_USAGE;
    question_init(&q, "case.list");
    question_text(&q, "mine", mine ? cli->who.person : NULL);
    question_text(&q, "station", station);
    question_text(&q, "region", region);
    if (!missed_too)
        question_time(&q, "due_by", *before_ms);
    code = question_ask(cli, &q, &yinuo__v1__case__descriptor, rows);
    return code == CLI_DONE && mine && !rows->count ? session_check_person(cli)
                                                    : code;
}

int run_promise_list(struct cli *cli, int argc, char **argv)
{
    struct rows rows = {0};
    struct due_promise *list = NULL;
    int64_t before_ms;
    int code = ask(cli, &rows, &before_ms);
    size_t count = code == CLI_DONE ? gather(&rows, before_ms, &list) : 0;

    (void)argc, (void)argv;
    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out, to_json(list, count));
    else if (code == CLI_DONE)
        print(&cli->out, list, count, rows.now_ms);
    if (code == CLI_DONE && !cli->out.json && !count)
        out_note(&cli->out, "%s", _("No such promises."));
    free(list);
    rows_fini(&rows);
    return code;
}
