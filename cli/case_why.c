/* case_why - for each page of a case: the rule, the clock's arithmetic, the
 * roster, the answer. */
#include <stdio.h>
#include <string.h>

#include "cli/case_why_full.h"
#include "cli/case_why_rebase.h"
#include "cli/rules.h"
#include "cli/telling.h"
#include "cli/timeline.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/decision.h"
#include "proto/event_json.h"
#include "proto/message_json.h"
#include "proto/roles.h"

static const char *page_wanted;
static bool full;

/* clang-format off */
const struct option_row case_why_options[] = {
    {"page", 'p', OPTION_TEXT, N_("PAGE"), N_("this one only"), &page_wanted},
    {"full", 0,   OPTION_FLAG, NULL,       N_("with inputs, stretches that counted, rules not taken"), &full},
    {0}};
/* clang-format on */

typedef Yinuo__V1__StreamRecord stream_record;
typedef Yinuo__V1__Decision decision;

static void line(const struct out *o, const char *head, const char *text)
{
    if (!text || !*text)
        return;
    out_printf(o, "  ");
    out_cell(o, OUT_FAINT, head, 12, false);
    out_wrap(o, 14, true, text);
}

/* "counted from 05-10 10:33, 72 h by the wall clock, due 05-13 10:33" */
static void arithmetic(const decision *d, int64_t now_ms, struct bytes *out)
{
    char from[WHEN_SIZE], due[WHEN_SIZE], span[WHEN_SIZE];

    when_clock(now_ms, d->from_ms, from);
    when_clock(now_ms, d->due_ms ? d->due_ms : d->from_ms + d->span_ms, due);
    when_span(d->span_ms, span);
    bytes_append_format(out, "%s%s%s: ", clock_word(d->clock),
                        d->key && *d->key ? " " : "",
                        d->key ? key_word(d->key) : "");
    if (!d->span_ms)
        bytes_append_format(out, _("due at %s"), from);
    else if (d->open_time)
        bytes_append_format(out, _("counted from %s, %s of opening hours"),
                            from, span);
    else
        bytes_append_format(out,
                            _("counted from %s, %s by the wall clock, due %s"),
                            from, span, due);
    if (d->has_previous && d->previous) {
        when_span(d->previous, span);
        bytes_append_format(out,
                            _("; %s in which the case waited did not "
                              "count"),
                            span);
    }
}

static void answer_of(const struct rows *rows, const decision *page,
                      size_t from, int64_t now_ms, struct bytes *out)
{
    for (size_t i = from; i < rows->count; i++) {
        const stream_record *r = rows->list[i];
        for (size_t n = 0; n < r->n_decisions; n++) {
            const decision *d = r->decisions[n];
            bool same = d->page_id && page->page_id &&
                        strcmp(d->page_id, page->page_id) == 0;
            char clock[WHEN_SIZE];
            when_clock(now_ms, r->at_ms, clock);
            if (same && DECISION_IS(d, FAILED))
                bytes_append_format(out, _("%s not delivered by %s; "), clock,
                                    d->method ? d->method : "-");
            if (same && DECISION_IS(d, DELIVERED))
                bytes_append_format(out, _("%s delivered by %s; "), clock,
                                    d->method ? d->method : "-");
            if (DECISION_IS(d, ACKNOWLEDGE) &&
                (same || (d->tier >= page->tier && !d->page_id))) {
                bytes_append_format(out, _("%s acknowledged by %s"), clock,
                                    d->person ? d->person : "-");
                return;
            }
            if (same && DECISION_IS(d, WITHDRAW)) {
                bytes_append_format(out, _("%s taken back"), clock);
                return;
            }
        }
    }
    bytes_append_text(out, _("waits for an answer"));
}

/* The firing that the page came from: it has the clock's name. Of several
 * ladders that are due at one moment it is that of the page's tier. */
static const decision *firing_of(const stream_record *r, const decision *page)
{
    const decision *found = NULL;

    for (size_t i = 0; i < r->n_decisions; i++) {
        const decision *d = r->decisions[i];
        if (!DECISION_IS(d, FIRE) || !d->rule || !page->rule ||
            strcmp(d->rule, page->rule) != 0 || d->from_ms != page->from_ms ||
            d->span_ms != page->span_ms)
            continue;
        bool own = d->key && strcmp(d->key, role_name(page->tier)) == 0;
        if (!found || own)
            found = d;
    }
    return found ? found : page;
}

/* Who was asked for, and what the roster gave. */
static void look_up(const decision *d, const Yinuo__V1__Case *c,
                    struct bytes *out)
{
    bytes_append_format(out, _("%s of %s"), tier_word((int)d->tier),
                        c->station && *c->station ? c->station : "-");
    if (d->number)
        bytes_append_format(out, _(", call %lld"), (long long)d->number);
    bytes_append_format(out, ": %s", d->person ? d->person : "-");
    if (d->method && *d->method)
        bytes_append_format(out, _(", by %s"), d->method);
}

/* "FALL: a patient fell" */
static void rule_words(const struct policyset *set, const stream_record *r,
                       const decision *d, const Yinuo__V1__Case *c,
                       int64_t now_ms, struct bytes *out)
{
    const decision *from = firing_of(r, d);
    char span[WHEN_SIZE], due[WHEN_SIZE];
    struct rules_values values = {.span = span,
                                  .due = due,
                                  .key = from->key ? from->key : "",
                                  .owner = c->owner ? c->owner : "",
                                  .tier = tier_word((int)d->tier)};
    struct bytes words = {0};

    when_span(d->span_ms, span);
    when_clock(now_ms, from->due_ms, due);
    bytes_append_text(out, d->rule ? d->rule : "-");
    if (rules_words(set, c->pack ? c->pack : "", d->rule, from->clock, &values,
                    &words))
        bytes_append_format(out, ": %s", bytes_text(&words));
    bytes_fini(&words);
}

/* "repeats of asset:SN-1: 3 within 30 d: 09-10 10:00, 09-14 10:00, ..." */
static void counted(const stream_record *r, int64_t now_ms, struct bytes *out)
{
    char span[WHEN_SIZE], clock[WHEN_SIZE];

    for (size_t i = 0; i < r->n_decisions; i++) {
        const decision *d = r->decisions[i];
        bool first = true;

        if (!DECISION_IS(d, TALLY) || !d->tally || !d->subject)
            continue;
        when_span(d->span_ms, span);
        bytes_append_format(out, _("%s%s of %s: %lld within %s"),
                            out->size ? "; " : "", d->text ? d->text : "",
                            d->subject, (long long)d->number,
                            d->span_ms ? span : _("all time"));
        for (size_t n = 0; n < d->tally->n_instants; n++) {
            int64_t at_ms = d->tally->instants[n]->at_ms;

            if (d->span_ms &&
                (at_ms <= d->at_ms - d->span_ms || at_ms > d->at_ms))
                continue;
            when_clock(now_ms, at_ms, clock);
            bytes_append_format(out, "%s%s", first ? ": " : ", ", clock);
            first = false;
        }
    }
}

/* The rules that the case lives by, where they are in the set. */
static const struct policy *rules_of(const struct policyset *set,
                                     const Yinuo__V1__Case *c)
{
    return set && c->policy ? policyset_version(set, text_of(c->policy)) : NULL;
}

static void print_full(const struct out *o, const struct policyset *set,
                       const struct rows *rows, size_t i, const decision *d,
                       const Yinuo__V1__Case *c)
{
    json_t *lines =
        case_why_full(rows, i, firing_of(rows->list[i], d), rules_of(set, c));
    size_t n;
    json_t *one;

    json_array_foreach(lines, n, one)
    {
        line(o, json_string_value(json_object_get(one, "head")),
             json_string_value(json_object_get(one, "text")));
    }
    json_decref(lines);
}

static json_t *page_json(const struct policyset *set, const struct rows *rows,
                         size_t i, const decision *d, const Yinuo__V1__Case *c)
{
    const stream_record *r = rows->list[i];
    struct bytes head = {0}, clock = {0}, roster = {0}, answer = {0};
    struct bytes words = {0};
    json_t *object = decision_to_json(d, r->seq, r->previous_seq, when_zone());

    telling_head(r, &head);
    look_up(d, c, &roster);
    answer_of(rows, d, i, rows->now_ms, &answer);
    if (d->from_ms)
        arithmetic(firing_of(r, d), rows->now_ms, &clock);
    rule_words(set, r, d, c, rows->now_ms, &words);
    json_object_set_new(object, "rule_words", json_string(bytes_text(&words)));
    json_object_set_new(object, "because", json_string(bytes_text(&head)));
    bytes_reset(&head);
    counted(r, rows->now_ms, &head);
    json_object_set_new(object, "counted", json_string(bytes_text(&head)));
    json_object_set_new(object, "policy",
                        json_string(why_rules_at(rows, i, c->policy)));
    json_object_set_new(object, "arithmetic", json_string(bytes_text(&clock)));
    json_object_set_new(object, "roster", json_string(bytes_text(&roster)));
    json_object_set_new(object, "answer", json_string(bytes_text(&answer)));
    if (full)
        json_object_set_new(
            object, "full",
            case_why_full(rows, i, firing_of(r, d), rules_of(set, c)));
    bytes_fini(&head), bytes_fini(&clock);
    bytes_fini(&roster), bytes_fini(&answer), bytes_fini(&words);
    return object;
}

static void print_page(const struct out *o, const struct policyset *set,
                       const struct rows *rows, size_t i, const decision *d,
                       const Yinuo__V1__Case *c)
{
    const stream_record *r = rows->list[i];
    struct bytes text = {0};
    char when[WHEN_WORDS_SIZE], late[WHEN_SIZE], policy[160];

    when_clock(rows->now_ms, d->at_ms ? d->at_ms : r->at_ms, when);
    out_text(o, OUT_STRONG, d->person ? d->person : "-");
    out_printf(o, " (%s)  %s  ", tier_word((int)d->tier), when);
    out_text(o, out_severity_style((int)d->severity),
             severity_name((int)d->severity));
    out_printf(o, "  ");
    out_text(o, OUT_FAINT, d->page_id ? d->page_id : "");
    out_printf(o, "\n");
    telling_head(r, &text);
    bytes_append_format(&text, _(" [record %llu]"), (unsigned long long)r->seq);
    line(o, _("because"), bytes_text(&text));
    bytes_reset(&text);
    rule_words(set, r, d, c, rows->now_ms, &text);
    line(o, _("rule"), bytes_text(&text));
    bytes_reset(&text);
    counted(r, rows->now_ms, &text);
    line(o, _("counted"), bytes_text(&text));
    snprintf(policy, sizeof policy, "%.60s %.60s", c->pack ? c->pack : "",
             why_rules_at(rows, i, c->policy));
    line(o, _("policy"), policy + strspn(policy, " "));
    bytes_reset(&text);
    if (d->from_ms)
        arithmetic(firing_of(r, d), rows->now_ms, &text);
    line(o, _("clock"), bytes_text(&text));
    when_span(d->late_by_ms, late);
    line(o, _("late by"), d->late_by_ms >= 60000 ? late : "");
    bytes_reset(&text);
    look_up(d, c, &text);
    line(o, _("roster"), bytes_text(&text));
    bytes_reset(&text);
    answer_of(rows, d, i, rows->now_ms, &text);
    line(o, _("answer"), bytes_text(&text));
    bytes_fini(&text);
    if (full)
        print_full(o, set, rows, i, d, c);
}

/* What moved the case to other rules stands before what that record paged. */
static void show_rebase(struct cli *cli, const struct rows *rows, size_t i,
                        json_t *array, size_t *shown)
{
    const stream_record *r = rows->list[i];
    const decision *d = page_wanted ? NULL : why_rebase_of(r);

    if (!d)
        return;
    if (cli->out.json) {
        json_array_append_new(array, why_rebase_json(r, d));
    } else {
        out_printf(&cli->out, "%s", (*shown)++ ? "\n" : "");
        why_rebase_print(&cli->out, r, d, rows->now_ms);
    }
}

int run_case_why(struct cli *cli, int argc, char **argv)
{
    struct found found;
    struct rows rows = {0};
    struct policyset *set = NULL;
    json_t *array = json_array();
    size_t shown = 0;
    int code = timeline_ask(cli, argv[0], &found, &rows);

    (void)argc;
    if (code == CLI_DONE)
        set = rules_in_force(cli);
    for (size_t i = 0; code == CLI_DONE && i < rows.count; i++) {
        const stream_record *r = rows.list[i];
        show_rebase(cli, &rows, i, array, &shown);
        for (size_t n = 0; n < r->n_decisions; n++) {
            const decision *d = r->decisions[n];
            if (!DECISION_IS(d, PAGE) ||
                (page_wanted &&
                 (!d->page_id || strcmp(d->page_id, page_wanted) != 0)))
                continue;
            if (cli->out.json) {
                json_array_append_new(array,
                                      page_json(set, &rows, i, d, found.it));
            } else {
                out_printf(&cli->out, "%s", shown ? "\n" : "");
                print_page(&cli->out, set, &rows, i, d, found.it);
            }
            shown++;
        }
    }
    if (code == CLI_DONE && page_wanted && !shown) {
        out_error(&cli->out, _("there is no page %s"), page_wanted);
        code = CLI_NOT_FOUND;
    }
    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out, json_incref(array));
    else if (code == CLI_DONE && !shown)
        out_printf(&cli->out, "%s\n", _("Nobody was paged."));
    json_decref(array);
    policyset_free(set);
    rows_fini(&rows);
    found_fini(&found);
    return code;
}
