#include "cli/case_why_not_person.h"

#include <string.h>

#include "cli/when.h"
#include "cli/words.h"
#include "engine/policy.h"
#include "proto/decision.h"
#include "proto/roles.h"

typedef Yinuo__V1__StreamRecord stream_record;
typedef Yinuo__V1__Decision decision;

struct asking {
    const Yinuo__V1__Case *it;
    const struct rows *rows;
    const char *person;
    unsigned called; /* pages to him */
    json_t *lines;
};

static void add(struct asking *a, struct bytes *text)
{
    json_array_append_new(a->lines, json_string(bytes_text(text)));
    bytes_fini(text);
}

static bool is_him(const struct asking *a, const char *who)
{
    return who && strcmp(who, a->person) == 0;
}

/* --- what the records say --------------------------------------------------
 */

static void decision_line(struct asking *a, const stream_record *r,
                          const decision *d)
{
    struct bytes text = {0};
    char at[WHEN_SIZE], until[WHEN_SIZE];

    if (!is_him(a, d->person))
        return;
    when_clock(a->rows->now_ms, r->at_ms, at);
    when_clock(a->rows->now_ms, d->due_ms, until);
    if (DECISION_IS(d, PAGE))
        a->called++;
    else if (DECISION_IS(d, EXCLUDE))
        bytes_append_format(&text, _("%s: kept from the customer"), at);
    else if (DECISION_IS(d, HELD))
        bytes_append_format(&text, _("%s: held back by the mute %s until %s"),
                            at, d->key ? d->key : "-", until);
    else if (DECISION_IS(d, INFORM))
        bytes_append_format(&text, _("%s: informed, not paged (%s)"), at,
                            d->rule ? d->rule : "-");
    else if (DECISION_IS(d, FAILED))
        bytes_append_format(&text, _("%s: not reached by %s"), at,
                            d->method ? d->method : "-");
    else if (DECISION_IS(d, WITHDRAW))
        bytes_append_format(&text, _("%s: his page was taken back"), at);
    if (text.size)
        add(a, &text);
}

static void case_lines(struct asking *a)
{
    struct bytes text = {0};

    for (size_t i = 0; i < a->it->n_excluded; i++)
        if (is_him(a, a->it->excluded[i])) {
            bytes_append_text(&text, _("excluded: nothing of this case goes to "
                                       "him any more"));
            add(a, &text);
        }
    if (is_him(a, a->it->owner)) {
        bytes_append_text(&text, _("he is the owner: nobody is his own "
                                   "supervisor, only the owner's calls are "
                                   "his"));
        add(a, &text);
    }
    if (is_him(a, a->it->snoozed_by) &&
        a->it->snoozed_until_ms > a->rows->now_ms) {
        char until[WHEN_SIZE];
        when_clock(a->rows->now_ms, a->it->snoozed_until_ms, until);
        bytes_append_format(&text, _("he holds his pages back until %s"),
                            until);
        add(a, &text);
    }
}

/* --- what the roster says --------------------------------------------------
 */

/* The next moment at which a clock calls the tier; 0: none does. */
static int64_t next_due(const struct asking *a, uint32_t tier,
                        const char **clock)
{
    int64_t best = 0;

    for (size_t i = 0; i < a->it->n_clocks; i++) {
        const Yinuo__V1__CaseClock *k = a->it->clocks[i];
        for (size_t n = k->next_step; !k->paused_at_ms && n < k->n_steps; n++) {
            const Yinuo__V1__Step *s = k->steps[n];
            if (s->tier != tier && !(s->page_mask & TARGET_ROLE(tier)))
                continue;
            if (!best || s->due_ms < best) {
                best = s->due_ms;
                *clock = k->clock;
            }
        }
    }
    return best;
}

static void tier_line(struct asking *a, const Yinuo__V1__RosterRow *r)
{
    struct bytes text = {0};
    const char *clock = NULL;
    int64_t due_ms = next_due(a, r->tier, &clock);
    char due[WHEN_WORDS_SIZE];

    bytes_append_format(&text, _("on duty as %s, call %u: "),
                        tier_word((int)r->tier), r->contact + 1);
    if (r->absent)
        bytes_append_format(&text, _("absent; %s stands in"),
                            r->delegate && *r->delegate ? r->delegate : "-");
    else if (r->tier < 31 && a->it->acknowledged_mask & (1u << r->tier))
        bytes_append_text(&text, _("his tier has acknowledged"));
    else if (due_ms) {
        when_both(a->rows->now_ms, due_ms, due);
        bytes_append_format(&text, _("not reached yet, %s calls next at %s"),
                            clock_word(clock), due);
    } else
        bytes_append_text(&text, _("no running clock calls his tier"));
    add(a, &text);
}

static int roster_lines(struct cli *cli, struct asking *a)
{
    struct question q;
    struct rows roster = {0};
    struct bytes text = {0};
    bool found = false;
    int code;

    question_init(&q, "on_call");
    question_text(&q, "station", a->it->station);
    question_text(&q, "region", a->it->region);
    question_text(&q, "product_line", a->it->product_line);
    code = question_ask(cli, &q, &yinuo__v1__roster_row__descriptor, &roster);
    for (size_t i = 0; code == CLI_DONE && i < roster.count; i++) {
        const Yinuo__V1__RosterRow *r = roster.list[i];
        bool again = false;

        for (size_t n = 0; n < i; n++) /* one row for each way to reach him */
            again |=
                ((const Yinuo__V1__RosterRow *)roster.list[n])->tier ==
                    r->tier &&
                is_him(a,
                       ((const Yinuo__V1__RosterRow *)roster.list[n])->person);
        if (!is_him(a, r->person) || again)
            continue;
        found = true;
        tier_line(a, r);
    }
    if (code == CLI_DONE && !found) {
        bytes_append_format(&text, _("not on duty for %s now, in any tier"),
                            a->it->station && *a->it->station ? a->it->station
                                                              : "-");
        add(a, &text);
    }
    rows_fini(&roster);
    return code;
}

/* --- the whole -------------------------------------------------------------
 */

static void print(const struct out *o, const struct asking *a)
{
    size_t i;
    json_t *line;

    out_text(o, OUT_STRONG, a->person);
    out_printf(o, ": ");
    if (a->called)
        out_printf(o,
                   P_("was called %u time", "was called %u times", a->called),
                   a->called);
    else
        out_printf(o, "%s", _("was not called"));
    out_printf(o, "\n");
    json_array_foreach(a->lines, i, line)
    {
        out_printf(o, "  - ");
        out_wrap(o, 4, true, json_string_value(line));
    }
}

int case_why_not_person(struct cli *cli, const Yinuo__V1__Case *it,
                        const struct rows *rows, const char *person)
{
    struct asking a = {
        .it = it, .rows = rows, .person = person, .lines = json_array()};
    int code;

    for (size_t i = 0; i < rows->count; i++) {
        const stream_record *r = rows->list[i];
        for (size_t n = 0; n < r->n_decisions; n++)
            decision_line(&a, r, r->decisions[n]);
    }
    case_lines(&a);
    code = roster_lines(cli, &a);
    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out,
                 json_pack("{s:s, s:I, s:O}", "person", person, "pages",
                           (json_int_t)a.called, "branches", a.lines));
    else if (code == CLI_DONE)
        print(&cli->out, &a);
    json_decref(a.lines);
    return code;
}
