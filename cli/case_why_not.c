/* case_why_not - why a tier was not called: what would have called it, and what
 * became of that. */
#include <stdio.h>
#include <string.h>

#include "cli/case_why_not_person.h"
#include "cli/rules.h"
#include "cli/session.h"
#include "cli/telling.h"
#include "cli/timeline.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/decision.h"
#include "proto/roles.h"

typedef Yinuo__V1__StreamRecord stream_record;
typedef Yinuo__V1__Decision decision;

enum { LINES_MAX = 200 };

static const char *tier_wanted;

/* clang-format off */
const struct option_row case_why_not_options[] = {
    {"tier", 't', OPTION_TEXT, N_("TIER"), N_("this one only"), &tier_wanted},
    {0}};
/* clang-format on */

/* The branches of one tier, gathered as lines. */
struct branches {
    const struct rows *rows;
    const Yinuo__V1__Case *it;
    const struct policy *policy; /* NULL: not to be had here */
    int tier;
    unsigned called; /* pages to it */
    json_t *lines;
};

/* The same said twice (two clocks, two rules of one name) is said once. */
static void add(struct branches *b, struct bytes *text)
{
    size_t i;
    const json_t *line;
    bool said = false;

    json_array_foreach(b->lines, i, line)
    {
        said |= strcmp(json_string_value(line), bytes_text(text)) == 0;
    }
    if (!said && json_array_size(b->lines) < LINES_MAX)
        json_array_append_new(b->lines, json_string(bytes_text(text)));
    bytes_reset(text);
}

/* How the instance ended that record `from` armed; false: it still runs. */
static bool how_ended(const struct rows *rows, size_t from, const decision *arm,
                      struct bytes *out)
{
    for (size_t i = from; i < rows->count; i++) {
        const stream_record *r = rows->list[i];
        for (size_t n = 0; n < r->n_decisions; n++) {
            const decision *d = r->decisions[n];
            bool same =
                d != arm && d->index == arm->index && d->clock && arm->clock &&
                strcmp(d->clock, arm->clock) == 0 &&
                strcmp(d->key ? d->key : "", arm->key ? arm->key : "") == 0;
            char clock[WHEN_SIZE];
            if (!same ||
                !(DECISION_IS(d, CANCEL) || (DECISION_IS(d, ARM) && i > from)))
                continue;
            when_clock(rows->now_ms, r->at_ms, clock);
            bytes_append_format(out,
                                DECISION_IS(d, ARM) ? _("begun anew at %s by ")
                                                    : _("ended at %s by "),
                                clock);
            telling_head(r, out);
            return true;
        }
    }
    return false;
}

static const Yinuo__V1__CaseClock *running(const Yinuo__V1__Case *c,
                                           const decision *arm)
{
    for (size_t i = 0; i < c->n_clocks; i++)
        if (c->clocks[i]->clock && arm->clock &&
            strcmp(c->clocks[i]->clock, arm->clock) == 0 &&
            strcmp(c->clocks[i]->key ? c->clocks[i]->key : "",
                   arm->key ? arm->key : "") == 0)
            return c->clocks[i];
    return NULL;
}

/* Does a step of this instance call the tier? *due_ms is when. */
static bool step_calls(const struct branches *b, const decision *arm,
                       int64_t *due_ms)
{
    const Yinuo__V1__CaseClock *k = arm->instance;

    for (size_t i = 0; k && i < k->n_steps; i++) {
        const Yinuo__V1__Step *s = k->steps[i];
        *due_ms = s->due_ms;
        if ((int)s->tier == b->tier || s->page_mask & TARGET_ROLE(b->tier))
            return true;
    }
    return false;
}

static void clock_line(struct branches *b, size_t i, const decision *arm)
{
    const Yinuo__V1__CaseClock *k;
    struct bytes text = {0};
    char due[WHEN_SIZE], words[WHEN_WORDS_SIZE];
    int64_t due_ms = 0;

    if (!step_calls(b, arm, &due_ms))
        return;
    if (due_ms > b->rows->now_ms && how_ended(b->rows, i, arm, &text)) {
        bytes_fini(&text); /* it could not have called by now anyway */
        return;
    }
    when_clock(b->rows->now_ms, due_ms, due);
    bytes_append_format(&text, _("%s%s%s would have called at %s: "),
                        clock_word(arm->clock),
                        arm->key && *arm->key ? " " : "",
                        arm->key ? key_word(arm->key) : "", due);
    if (!how_ended(b->rows, i, arm, &text)) {
        k = running(b->it, arm);
        when_due(b->rows->now_ms, due_ms, words);
        if (k && k->paused_at_ms)
            bytes_append_text(&text, _("it stands still while the case waits"));
        else if (due_ms > b->rows->now_ms)
            bytes_append_format(&text, _("not yet, %s"), words);
        else
            bytes_append_text(&text, _("it did"));
    }
    add(b, &text);
    bytes_fini(&text);
}

static void decision_line(struct branches *b, size_t i, const decision *d)
{
    const stream_record *r = b->rows->list[i];
    struct bytes text = {0};
    char clock[WHEN_SIZE];
    bool here = (int)d->tier == b->tier;

    when_clock(b->rows->now_ms, r->at_ms, clock);
    if (DECISION_IS(d, PAGE) && here) {
        b->called++;
    } else if (DECISION_IS(d, ARM)) {
        clock_line(b, i, d);
    } else if (DECISION_IS(d, NOBODY) && here) {
        bytes_append_format(&text, _("%s: nobody was on duty there"), clock);
        add(b, &text);
    } else if (DECISION_IS(d, INFORM) && here) {
        bytes_append_format(&text, _("%s: %s was informed, not paged (%s)"),
                            clock, d->person ? d->person : "-",
                            d->rule ? d->rule : "-");
        add(b, &text);
    } else if (DECISION_IS(d, REFUSE) && d->rule && *d->rule) {
        bytes_append_format(&text, _("%s: refused by %s, so nothing moved: "),
                            clock, d->rule);
        telling_head(r, &text);
        add(b, &text);
    }
    bytes_fini(&text);
}

/* Rules of the kind that would page the tier, and did not decide. */
static void rule_lines(struct branches *b, size_t i)
{
    const stream_record *r = b->rows->list[i];
    struct bytes text = {0};
    uint16_t kind;
    char clock[WHEN_SIZE];

    if (!b->policy || !r->event || !r->event->kind)
        return;
    kind = policy_kind(b->policy, text_of(r->event->kind));
    if (kind >= b->policy->kind_count)
        return;
    const struct kind_rule *rule = &b->policy->kinds[kind];
    when_clock(b->rows->now_ms, r->at_ms, clock);
    for (size_t n = 0; n < rule->rule_count; n++) {
        bool used = false;
        if (!(rule->rules[n].page & TARGET_ROLE(b->tier)))
            continue;
        for (size_t j = 0; j < r->n_decisions; j++)
            used |= r->decisions[j]->rule && rule->rules[n].id.size &&
                    strlen(r->decisions[j]->rule) == rule->rules[n].id.size &&
                    memcmp(r->decisions[j]->rule, rule->rules[n].id.data,
                           rule->rules[n].id.size) == 0;
        if (used)
            continue;
        bytes_append_format(
            &text, _("%s: rule %.*s of %s did not hold, or an earlier one did"),
            clock, (int)rule->rules[n].id.size, rule->rules[n].id.data,
            kind_word(r->event->kind));
        add(b, &text);
    }
    bytes_fini(&text);
}

/* Clocks of the pack that call the tier and never began. */
static void never_lines(struct branches *b)
{
    struct bytes text = {0};

    for (size_t c = 0; b->policy && c < b->policy->clock_count; c++) {
        const struct clock_rule *rule = &b->policy->clocks[c];
        bool calls = false, armed = false;
        for (size_t s = 0; s < SEVERITIES; s++)
            for (size_t n = 0; n < rule->by_severity[s].count; n++)
                calls |= (rule->by_severity[s].steps[n].page &
                          TARGET_ROLE(b->tier)) != 0;
        for (size_t i = 0; i < b->rows->count && !armed; i++) {
            const stream_record *r = b->rows->list[i];
            for (size_t n = 0; n < r->n_decisions; n++)
                armed |= DECISION_IS(r->decisions[n], ARM) &&
                         r->decisions[n]->index == c;
        }
        if (!calls || armed)
            continue;
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)rule->name.size,
                 rule->name.data);
        bytes_append_format(&text, "%s %s",
                            text.size ? "," : _("nothing armed"),
                            clock_word(name));
    }
    if (text.size)
        add(b, &text);
    bytes_fini(&text);
}

static void gather(struct branches *b)
{
    for (size_t i = 0; i < b->rows->count; i++) {
        const stream_record *r = b->rows->list[i];
        for (size_t n = 0; n < r->n_decisions; n++)
            decision_line(b, i, r->decisions[n]);
        rule_lines(b, i);
    }
    never_lines(b);
}

static void print(struct cli *cli, const struct branches *b)
{
    size_t i;
    const json_t *line;

    out_text(&cli->out, OUT_STRONG, tier_word(b->tier));
    out_printf(&cli->out, ": ");
    if (b->called)
        out_printf(&cli->out,
                   P_("was called %u time", "was called %u times", b->called),
                   b->called);
    else
        out_printf(&cli->out, "%s", _("was not called"));
    out_printf(&cli->out, "\n");
    json_array_foreach(b->lines, i, line)
    {
        out_printf(&cli->out, "  - ");
        out_wrap(&cli->out, 4, true, json_string_value(line));
    }
    if (json_array_size(b->lines) == 0 && !b->called)
        out_wrap(&cli->out, 4, false,
                 _("nothing that happened calls this tier"));
}

int run_case_why_not(struct cli *cli, int argc, char **argv)
{
    struct found found = {0};
    struct rows rows = {0};
    struct policyset *set = NULL;
    json_t *all = json_array();
    uint32_t wanted = 0;
    int code = session_role(cli, tier_wanted, &wanted), only;

    /* a word that is no tier is a person */
    if (code == CLI_DONE && argc > 1 && !tier_wanted)
        code = session_ready(cli);
    if (code == CLI_DONE && argc > 1 && !tier_wanted)
        wanted = role_of(argv[1]);
    only = (int)wanted;
    if (code == CLI_DONE)
        code = timeline_ask(cli, argv[0], &found, &rows);
    if (code == CLI_DONE && argc > 1 && !wanted) {
        code = case_why_not_person(cli, found.it, &rows, argv[1]);
        json_decref(all);
        rows_fini(&rows);
        found_fini(&found);
        return code;
    }
    if (code == CLI_DONE)
        set = rules_of_version(cli, found.it->policy);
    for (int tier = 1; code == CLI_DONE && tier <= (int)roles_tier_count();
         tier++) {
        struct branches b = {
            .rows = &rows,
            .it = found.it,
            .policy = set && set->pack_count ? set->packs[0].policy : NULL,
            .tier = tier,
            .lines = json_array()};
        if (only && only != tier) {
            json_decref(b.lines);
            continue;
        }
        gather(&b);
        if (!cli->out.json)
            print(cli, &b);
        json_array_append_new(
            all, json_pack("{s:s, s:I, s:o}", "tier", role_name((uint32_t)tier),
                           "pages", (json_int_t)b.called, "branches", b.lines));
        if (!cli->out.json)
            continue;
    }
    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out, json_incref(all));
    json_decref(all);
    policyset_free(set);
    rows_fini(&rows);
    found_fini(&found);
    return code;
}
