/* ack - answering pages: ack, unack, snooze, escalate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inbox.h"
#include "cli/order.h"
#include "cli/session.h"
#include "cli/when.h"
#include "cli/words.h"
#include "proto/message_json.h"
#include "proto/roles.h"

enum { MINUTE_MS = 60000, SNOOZE_MAX_MS = 60 * MINUTE_MS };

static bool all;
static const char *station, *tier;
static int64_t snooze_ms = 30 * MINUTE_MS;

/* clang-format off */
const struct option_row ack_options[] = {
    {"all",     'a', OPTION_FLAG, NULL,           N_("every page that waits for me"), &all},
    {"station", 's', OPTION_TEXT, N_("STATION"),  N_("with --all: only of this one"), &station},
    {0}};
const struct option_row unack_options[] = {{0}};
const struct option_row snooze_options[] = {
    {"for",     'f', OPTION_SPAN, N_("SPAN"),     N_("how long, at most 60min (30min)"), &snooze_ms},
    {0}};
const struct option_row escalate_options[] = {
    {"to",      't', OPTION_TEXT, N_("TIER"),     N_("who is to be called, as \"yinuo tiers\" names it"), &tier},
    {0}};
/* clang-format on */

/* One page, or where page_id is NULL all of the person's in this case. */
static int answer(struct cli *cli, const char *case_id, const char *page_id)
{
    struct order o;
    int code = order_begin(cli, &o, "ack", "notify.ack", case_id);

    if (code == CLI_DONE) {
        order_text(&o, "page_id", page_id);
        o.command.page_id = (char *)(uintptr_t)page_id;
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE) {
        int as = o.answer && o.answer->has_tier ? (int)o.answer->tier : 0;
        if (as)
            order_tell(cli, &o, _("%s acknowledged for %s."), o.case_id,
                       tier_word(as));
        else
            order_tell(cli, &o, _("%s acknowledged."), o.case_id);
    }
    order_fini(&o);
    return code;
}

static void list_pages(struct cli *cli, const struct rows *pages)
{
    if (cli->out.json) {
        json_t *array = json_array();
        for (size_t i = 0; i < pages->count; i++)
            json_array_append_new(array,
                                  message_to_json(pages->list[i], when_zone()));
        out_json(&cli->out,
                 json_pack("{s:b, s:o}", "recorded", 0, "pages", array));
        return;
    }
    for (size_t i = 0; i < pages->count; i++)
        inbox_page(&cli->out, pages->list[i], pages->now_ms);
}

static int answer_only(struct cli *cli)
{
    struct rows pages = {0};
    int code = inbox_pages(cli, NULL, &pages);

    if (code == CLI_DONE && pages.count == 0)
        code = session_check_person(cli);
    if (code == CLI_DONE && pages.count == 0) {
        out_error(&cli->out, _("no page waits for %s"), cli->who.person);
        code = CLI_NOT_FOUND;
    } else if (code == CLI_DONE && pages.count == 1) {
        const Yinuo__V1__PageRow *page = pages.list[0];
        code = answer(cli, page->case_id, page->page_id);
    } else if (code == CLI_DONE) {
        list_pages(cli, &pages);
        code = cli_usage(cli, _("%zu pages wait: name one, or give --all"),
                         pages.count);
    }
    rows_fini(&pages);
    return code;
}

static int answer_all(struct cli *cli)
{
    struct rows pages = {0};
    size_t lost = 0;
    int code = inbox_pages(cli, station, &pages);

    if (code == CLI_DONE && pages.count == 0)
        code = session_check_person(cli);
    if (code == CLI_DONE && pages.count == 0) {
        out_note(&cli->out, _("no page waits for %s"), cli->who.person);
    } else if (code == CLI_DONE && !cli->yes) {
        list_pages(cli, &pages);
        if (!cli_confirm(cli,
                         P_("Acknowledge %zu page? [y/N]",
                            "Acknowledge all %zu pages? [y/N]", pages.count),
                         pages.count))
            code = CLI_USAGE;
    }
    for (size_t i = 0; i < pages.count && code == CLI_DONE; i++) {
        const Yinuo__V1__PageRow *page = pages.list[i];
        session_more_time(cli);
        code = answer(cli, page->case_id, page->page_id);
        if (code == CLI_LOST) { /* one race is no reason to leave the others */
            lost++;
            code = CLI_DONE;
        }
    }
    rows_fini(&pages);
    return code == CLI_DONE && lost ? CLI_LOST : code;
}

/* "p4711.2", as pages are named; case ids that look so are tried second. */
static bool looks_like_page(const char *text)
{
    unsigned long long sequence;
    unsigned n;
    int used = 0;

    return sscanf(text, "p%llu.%u%n", &sequence, &n, &used) == 2 && !text[used];
}

static int answer_page(struct cli *cli, const char *page_id, bool *is_page)
{
    struct question q;
    struct rows rows;
    int code;

    question_init(&q, "page.list");
    question_text(&q, "page_id", page_id);
    code = question_ask(cli, &q, &yinuo__v1__page_row__descriptor, &rows);
    *is_page = code != CLI_DONE || rows.count > 0;
    if (code == CLI_DONE && rows.count > 0) {
        const Yinuo__V1__PageRow *page = rows.list[0];
        code = answer(cli, page->case_id, page->page_id);
    }
    rows_fini(&rows);
    return code;
}

/* A page that does not wait any more: its case, from the record that put it up
 * and gave it its name, so that the router can say who was faster. */
static int answer_gone(struct cli *cli, const char *page_id)
{
    Yinuo__V1__Fetch fetch = YINUO__V1__FETCH__INIT;
    const Yinuo__V1__Records *records;
    const Yinuo__V1__StreamRecord *r = NULL;
    unsigned long long seq = strtoull(page_id + 1, NULL, 10);
    struct arena arena;
    char cursor[48];
    int code = CLI_NOT_FOUND;

    snprintf(cursor, sizeof cursor, "p0-%llu", seq ? seq - 1 : 0);
    fetch.cursor = cursor;
    fetch.has_limit = 1;
    fetch.limit = 1;
    arena_init(&arena, 4 * LIMIT_DECODE_BYTES);
    session_more_time(cli);
    records = client_call(cli->client, WIRE_FETCH, 0, &fetch.base,
                          cli->until_ms, &arena, &cli->error);
    if (records && records->code == REFUSAL_NONE && records->n_records)
        r = codec_decode(
            &yinuo__v1__stream_record__descriptor,
            slice_of(records->records[0].data, records->records[0].len), &arena,
            NULL);
    for (size_t i = 0; r && i < r->n_decisions; i++) {
        const Yinuo__V1__Decision *d = r->decisions[i];
        if (d->page_id && d->case_id && strcmp(d->page_id, page_id) == 0) {
            code = answer(cli, d->case_id, page_id);
            break;
        }
    }
    if (code == CLI_NOT_FOUND)
        out_error(&cli->out, _("there is no page %s"), page_id);
    arena_fini(&arena);
    return code;
}

int run_ack(struct cli *cli, int argc, char **argv)
{
    bool is_page = false;
    int code = session_need_person(cli);

    if (code != CLI_DONE)
        return code;
    if (all && argc)
        return cli_usage(cli, _("--all and a name exclude each other"));
    if (station && !all)
        return cli_usage(cli, _("--station goes with --all"));
    if (all)
        return answer_all(cli);
    if (argc == 0)
        return answer_only(cli);
    if (looks_like_page(argv[0]) && !cli->queue)
        code = answer_page(cli, argv[0], &is_page);
    if (is_page)
        return code;
    if (looks_like_page(argv[0]))
        return answer_gone(cli, argv[0]);
    return answer(cli, argv[0], NULL);
}

int run_unack(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    int code = cli_need_reason(cli);

    (void)argc;
    if (code == CLI_DONE)
        code = order_begin(cli, &o, "unack", "notify.unack", argv[0]);
    if (code == CLI_DONE)
        code = order_send(cli, &o);
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s waits for an answer again."), o.case_id);
    order_fini(&o);
    return code;
}

int run_snooze(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    int code = CLI_DONE;

    (void)argc;
    if (snooze_ms < MINUTE_MS)
        return cli_usage(cli, _("--for: at least 1min"));
    if (snooze_ms > SNOOZE_MAX_MS)
        return cli_usage(cli, _("--for: at most 60min"));
    code = cli_need_reason(cli);
    if (code == CLI_DONE)
        code = order_begin(cli, &o, "snooze", "page.snoozed", argv[0]);
    if (code == CLI_DONE && o.found.it && o.found.it->severity == 1) {
        out_error(&cli->out, _("%s is S1: its pages are not held back"),
                  o.case_id);
        code = CLI_FAILED;
    }
    if (code == CLI_DONE) {
        order_number(&o, "minutes", (snooze_ms + MINUTE_MS - 1) / MINUTE_MS);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE) {
        char until[WHEN_SIZE];
        when_clock(o.now_ms, o.now_ms + snooze_ms, until);
        order_tell(cli, &o,
                   _("%s: your repeated pages are held back until %s."),
                   o.case_id, until);
    }
    order_fini(&o);
    return code;
}

int run_escalate(struct cli *cli, int argc, char **argv)
{
    struct order o = {0};
    uint32_t to = 0;
    int code;

    (void)argc;
    if (!tier)
        return cli_usage(cli, _("to which tier? --to TIER; \"yinuo tiers\" "
                                "names them"));
    code = session_role(cli, tier, &to);
    if (code == CLI_DONE && to < 2)
        code = cli_usage(cli, _("\"%s\" is no tier above the first"), tier);
    if (code != CLI_DONE)
        return code;
    code = order_begin(cli, &o, "escalate", "escalated", argv[0]);
    if (code == CLI_DONE) {
        order_text(&o, "to", role_name(to));
        order_text(&o, "tier", role_name(to));
        o.command.to = (char *)(uintptr_t)role_name(to);
        code = order_send(cli, &o);
    }
    if (code == CLI_DONE)
        order_tell(cli, &o, _("%s: %s is called."), o.case_id,
                   tier_word((int)to));
    order_fini(&o);
    return code;
}
