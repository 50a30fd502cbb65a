#include "cli/inbox.h"

#include <stdio.h>
#include <string.h>

#include "cli/find.h"
#include "cli/session.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/event_json.h"
#include "proto/message_json.h"

enum {
    QUIET_MS = 72 * 3600 * 1000, /* 失联 of S3, requirements section 4 */
    SHOWN = 20
};

const struct option_row inbox_options[] = {{0}};

int inbox_pages(struct cli *cli, const char *station, struct rows *rows)
{
    struct question q;

    question_init(&q, "page.list");
    question_text(&q, "person", cli->who.person);
    question_text(&q, "station", station);
    return question_ask(cli, &q, &yinuo__v1__page_row__descriptor, rows);
}

/* "If nobody answers: 23:10 (in 4 min) to station head wang.fang" */
static void print_next(const struct out *o, int64_t now_ms, int64_t due_ms,
                       int tier, const char *person)
{
    char when[WHEN_WORDS_SIZE], line[320];
    const char *to = person && *person ? person : "";

    if (!due_ms)
        return;
    when_both(now_ms, due_ms, when);
    if (tier)
        snprintf(line, sizeof line, _("If nobody answers: %s to %s %.80s"),
                 when, tier_word(tier), to);
    else
        snprintf(line, sizeof line, _("If nobody answers: %s %.80s"), when, to);
    out_wrap(o, 4, false, line);
}

static void print_command(const struct out *o, const char *command)
{
    out_printf(o, "    ");
    out_text(o, OUT_LINK, command);
    out_printf(o, "\n");
}

void inbox_page(const struct out *o, const Yinuo__V1__PageRow *page,
                int64_t now_ms)
{
    char when[WHEN_WORDS_SIZE], late[WHEN_SIZE], command[160];

    when_relative(now_ms, page->created_at_ms, when);
    out_text(o, out_severity_style((int)page->severity),
             severity_name((int)page->severity));
    out_printf(o, "  ");
    out_text(o, OUT_STRONG, page->case_id ? page->case_id : "");
    out_printf(o, "  ");
    out_text(o, OUT_PLAIN, page->station ? page->station : "");
    out_printf(o, "  %s", when);
    if (page->late_by_ms >= 60000) {
        when_span(page->late_by_ms, late);
        out_printf(o, "  ");
        out_printf(o, _("late by %s"), late);
    }
    out_printf(o, "\n");
    if (page->words && *page->words) {
        out_printf(o, "    “");
        out_text(o, OUT_PLAIN, page->words);
        out_printf(o, "”\n");
    }
    if (page->why && *page->why)
        out_wrap(o, 4, false, page->why);
    print_next(o, now_ms, page->next_due_ms, (int)page->next_tier,
               page->next_person);
    snprintf(command, sizeof command, "yinuo ack %.100s",
             page->page_id ? page->page_id : "");
    print_command(o, page->answer_command && *page->answer_command
                         ? page->answer_command
                         : command);
}

static void heading(const struct out *o, const char *text, size_t count,
                    bool *first)
{
    if (!*first)
        out_printf(o, "\n");
    *first = false;
    out_text(o, OUT_STRONG, text);
    out_printf(o, " (%zu)\n", count);
}

/* The clock of the case that would speak next, with the step's target. */
static void case_next(const struct out *o, const Yinuo__V1__Case *c,
                      int64_t now_ms)
{
    const Yinuo__V1__CaseClock *first = find_next_clock(c);
    const Yinuo__V1__Step *step = NULL;
    char when[WHEN_WORDS_SIZE], calls[128] = "", line[320];

    if (!first)
        return;
    if (first->next_step < first->n_steps)
        step = first->steps[first->next_step];
    if (step)
        targets_word(step->page_mask, (int)step->tier, calls);
    when_both(now_ms, find_clock_due(first), when);
    snprintf(line, sizeof line, _("If nobody acts: %s, %s calls %s"), when,
             clock_word(first->clock), *calls ? calls : "-");
    out_wrap(o, 4, false, line);
}

static void print_promise(const struct out *o, const Yinuo__V1__Case *c,
                          const Yinuo__V1__CasePromise *p, int64_t now_ms)
{
    char clock[WHEN_SIZE], words[WHEN_WORDS_SIZE], command[200];
    bool late = p->due_ms < now_ms;

    when_clock(now_ms, p->due_ms, clock);
    when_due(now_ms, p->due_ms, words);
    out_text(o, out_severity_style((int)c->severity),
             severity_name((int)c->severity));
    out_printf(o, "  ");
    out_text(o, OUT_STRONG, c->case_id);
    out_printf(o, "  %s ", _("promise"));
    out_text(o, OUT_PLAIN, p->promise_id);
    out_printf(o, "  %s  ", clock);
    out_text(o, late ? OUT_BAD : OUT_PLAIN, words);
    out_printf(o, "\n");
    case_next(o, c, now_ms);
    snprintf(command, sizeof command, "yinuo promise kept %.64s %.64s",
             c->case_id, p->promise_id);
    print_command(o, command);
}

static bool is_due(const Yinuo__V1__CasePromise *p, int64_t by_ms)
{
    return p->state && strcmp(p->state, "open") == 0 && p->due_ms &&
           p->due_ms < by_ms;
}

static size_t count_due(const struct rows *rows, int64_t by_ms)
{
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__Case *c = rows->list[i];
        for (size_t j = 0; j < c->n_promises; j++)
            count += is_due(c->promises[j], by_ms);
    }
    return count;
}

static void print_due(const struct out *o, const struct rows *rows,
                      int64_t by_ms)
{
    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__Case *c = rows->list[i];
        for (size_t j = 0; j < c->n_promises; j++)
            if (is_due(c->promises[j], by_ms))
                print_promise(o, c, c->promises[j], rows->now_ms);
    }
}

static void print_quiet(const struct out *o, const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const Yinuo__V1__Case *c = rows->list[i];
        char words[WHEN_SIZE], command[120];
        int64_t since_ms =
            c->last_contact_at_ms ? c->last_contact_at_ms : c->opened_at_ms;
        when_span(rows->now_ms - since_ms, words);
        out_text(o, out_severity_style((int)c->severity),
                 severity_name((int)c->severity));
        out_printf(o, "  ");
        out_text(o, OUT_STRONG, c->case_id);
        out_printf(o, "  ");
        out_printf(o, _("nobody has spoken with the customer for %s"), words);
        out_printf(o, "\n");
        case_next(o, c, rows->now_ms);
        snprintf(command, sizeof command, "yinuo contacted %.64s", c->case_id);
        print_command(o, command);
    }
}

static json_t *array_of(const struct rows *rows)
{
    json_t *array = json_array();

    for (size_t i = 0; i < rows->count; i++)
        json_array_append_new(array,
                              message_to_json(rows->list[i], when_zone()));
    return array;
}

static void print_all(struct cli *cli, const struct rows *pages,
                      const struct rows *due, const struct rows *quiet,
                      int64_t day_end_ms)
{
    const struct out *o = &cli->out;
    size_t promises = count_due(due, day_end_ms);
    bool first = true;

    if (pages->count)
        heading(o, _("Pages without an answer"), pages->count, &first);
    for (size_t i = 0; i < pages->count && i < SHOWN; i++)
        inbox_page(o, pages->list[i], pages->now_ms);
    if (pages->count > SHOWN)
        out_printf(o, _("... and %zu more: yinuo ack --all answers them.\n"),
                   pages->count - SHOWN);
    if (promises) {
        heading(o, _("Promises due today"), promises, &first);
        print_due(o, due, day_end_ms);
    }
    if (quiet->count) {
        heading(o, _("Cases gone quiet"), quiet->count, &first);
        print_quiet(o, quiet);
    }
    if (first)
        out_printf(o, _("Nothing waits for %s.\n"), cli->who.person);
}

int run_inbox(struct cli *cli, int argc, char **argv)
{
    struct rows pages = {0}, due = {0}, quiet = {0};
    struct question q;
    int64_t day_end_ms = 0;
    int code = session_need_person(cli);

    (void)argc, (void)argv;
    if (code == CLI_DONE)
        code = inbox_pages(cli, NULL, &pages);
    if (code == CLI_DONE) {
        day_end_ms = when_day_end(pages.now_ms);
        question_init(&q, "case.list");
        question_text(&q, "owner", cli->who.person);
        question_time(&q, "due_by", day_end_ms);
        code = question_ask(cli, &q, &yinuo__v1__case__descriptor, &due);
    }
    if (code == CLI_DONE) {
        question_init(&q, "case.list");
        question_text(&q, "owner", cli->who.person);
        question_number(&q, "no_contact_for", QUIET_MS);
        q.limit = SHOWN;
        code = question_ask(cli, &q, &yinuo__v1__case__descriptor, &quiet);
    }
    if (code == CLI_DONE && !pages.count && !due.count && !quiet.count)
        code = session_check_person(cli);
    if (code == CLI_DONE && cli->out.json)
        out_json(&cli->out,
                 json_pack("{s:s, s:o, s:o, s:o, s:o}", "person",
                           cli->who.person, "now",
                           moment_to_json(pages.now_ms, when_zone()), "pages",
                           array_of(&pages), "promises_due", array_of(&due),
                           "gone_quiet", array_of(&quiet)));
    else if (code == CLI_DONE)
        print_all(cli, &pages, &due, &quiet, day_end_ms);
    rows_fini(&pages);
    rows_fini(&due);
    rows_fini(&quiet);
    return code;
}
