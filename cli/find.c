#include "cli/find.h"

#include <string.h>

#include "cli/session.h"
#include "cli/table.h"
#include "cli/when.h"
#include "cli/words.h"

enum { CANDIDATES = 11, SHOWN = 10 };

static const struct table_column columns[] = {
    {N_("CASE"), false, 8},    {N_("SEV"), false, 0},
    {N_("STATE"), false, 0},   {N_("OWNER"), false, 6},
    {N_("STATION"), false, 6}, {N_("NEXT DUE"), false, 9},
    {N_("WHAT"), false, 5},    {N_("IDLE SINCE"), false, 0}, /* if any is */
};

int64_t find_clock_due(const Yinuo__V1__CaseClock *clock)
{
    if (clock->paused_at_ms)
        return 0;
    if (clock->next_step < clock->n_steps)
        return clock->steps[clock->next_step]->due_ms;
    return 0;
}

const Yinuo__V1__CaseClock *find_next_clock(const Yinuo__V1__Case *c)
{
    const Yinuo__V1__CaseClock *first = NULL;

    for (size_t i = 0; i < c->n_clocks; i++) {
        int64_t due_ms = find_clock_due(c->clocks[i]);
        if (due_ms && (!first || due_ms < find_clock_due(first)))
            first = c->clocks[i];
    }
    return first;
}

static bool speaks_before(const Yinuo__V1__CaseClock *a,
                          const Yinuo__V1__CaseClock *b)
{
    int64_t x = find_clock_due(a), y = find_clock_due(b);

    return x && (!y || x < y);
}

/* They are few, and equal ones stay in the pack's order. */
void find_sort_clocks(const Yinuo__V1__Case *c)
{
    for (size_t i = 1; i < c->n_clocks; i++) {
        Yinuo__V1__CaseClock *one = c->clocks[i];
        size_t at = i;

        for (; at && speaks_before(one, c->clocks[at - 1]); at--)
            c->clocks[at] = c->clocks[at - 1];
        c->clocks[at] = one;
    }
}

int64_t find_idle_since(const Yinuo__V1__Case *c)
{
    int64_t since_ms = c->acknowledged_at_ms;

    if (!c->acknowledged_mask || !c->state || strcmp(c->state, "open") != 0)
        return 0;
    if (since_ms && since_ms < c->last_contact_at_ms)
        since_ms = c->last_contact_at_ms;
    for (size_t i = 0; since_ms && i < c->n_promises; i++)
        if (since_ms < c->promises[i]->made_at_ms)
            since_ms = c->promises[i]->made_at_ms;
    return since_ms;
}

static bool any_idle(const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        if (find_idle_since(rows->list[i]))
            return true;
    return false;
}

void find_table(const struct out *o, const struct rows *rows)
{
    bool idle = any_idle(rows);
    struct table t;

    table_init(&t, columns, sizeof columns / sizeof columns[0] - !idle);
    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__Case *c = rows->list[i];
        const Yinuo__V1__CaseClock *clock = find_next_clock(c);
        char due[WHEN_WORDS_SIZE] = "", since[WHEN_SIZE];
        int64_t due_ms = clock ? find_clock_due(clock) : 0;
        bool late = clock && due_ms < rows->now_ms;
        if (clock)
            when_due(rows->now_ms, due_ms, due);
        table_add(&t, c->case_id, OUT_STRONG);
        table_add(&t, severity_name((int)c->severity),
                  out_severity_style((int)c->severity));
        table_add(&t, state_word(c->state), OUT_PLAIN);
        table_add(&t, c->owner, OUT_PLAIN);
        table_add(&t, c->station, OUT_PLAIN);
        table_add(&t, due, late ? OUT_BAD : OUT_PLAIN);
        table_add(&t, clock ? clock_word(clock->clock) : "", OUT_PLAIN);
        when_clock(rows->now_ms, find_idle_since(c), since);
        if (idle)
            table_add(&t, since, OUT_WARN);
    }
    table_print(&t, o);
    table_fini(&t);
}

int find_case_maybe(struct cli *cli, const char *typed, struct found *found)
{
    struct question q;
    struct out complaints = cli->out;
    int code;

    memset(found, 0, sizeof *found);
    if (!*typed)
        return cli_usage(cli, "%s", _("which case? Its id is empty"));
    question_init(&q, "case.find");
    question_text(&q, "prefix", typed);
    q.limit = CANDIDATES;
    code = question_ask(cli, &q, &yinuo__v1__case__descriptor, &found->rows);
    if (code != CLI_DONE)
        return code;
    found->now_ms = found->rows.now_ms;
    if (found->rows.count == 0)
        return CLI_DONE;
    if (found->rows.count > 1) {
        out_error(&cli->out, _("%s is short for several cases:"), typed);
        complaints.file = cli->out.errors;
        complaints.colour = false;
        if (found->rows.count > SHOWN)
            found->rows.count = SHOWN;
        find_table(&complaints, &found->rows);
        return CLI_USAGE;
    }
    found->it = found->rows.list[0];
    found->partition = found->rows.partitions[0];
    return CLI_DONE;
}

int find_case(struct cli *cli, const char *typed, struct found *found)
{
    int code = find_case_maybe(cli, typed, found);

    if (code == CLI_DONE && !found->it) {
        out_error(&cli->out, _("there is no case %s"), typed);
        code = CLI_NOT_FOUND;
    }
    return code;
}

void found_fini(struct found *found)
{
    rows_fini(&found->rows);
}
