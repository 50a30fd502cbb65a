/* policy - policy check, policy test: packs without a running system. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fields.h"
#include "cli/rules.h"
#include "cli/table.h"
#include "cli/when.h"
#include "cli/words.h"
#include "ledger/runner.h"
#include "proto/event_json.h"
#include "proto/roles.h"

enum { ROWS_USUAL = 40, TEST_WORDS_MAX = 64 };

static struct option_list policies;
static const char *start;
static int64_t test_ms = 24LL * 3600 * 1000, rows_max = ROWS_USUAL;
static bool any_name, informs;
static int64_t days = 14;
static const char *only, *channels;

/* clang-format off */
const struct option_row policy_check_options[] = {
    {"days", 'd', OPTION_INT,  N_("NUMBER"), N_("rosters and hours of so many days ahead (14), or 0"), &days},
    {"at",    0,  OPTION_TEXT, N_("TIME"),   N_("as if it were then"),                                &start},
    {"only",  0,  OPTION_TEXT, N_("TOPIC"),  N_("never, spans, roster, holiday, clock, leave, ivr ..."),     &only},
    {"channels", 0, OPTION_TEXT, N_("LIST"),  N_("how pages go out: log,exec,smtp (all)"), &channels},
    {0}};
const struct option_row policy_test_options[] = {
    {"policy", 'p', OPTION_LIST, N_("DIR"),    N_("a pack or a directory of packs; may be repeated"), &policies},
    {"at",      0,  OPTION_TEXT, N_("TIME"),   N_("when it happens (now)"),                           &start},
    {"for",    'f', OPTION_SPAN, N_("SPAN"),   N_("look so far ahead (24h)"),                         &test_ms},
    {"limit",  'l', OPTION_INT,  N_("NUMBER"), N_("at most so many pages (40)"),                      &rows_max},
    {"inform",  0,  OPTION_FLAG, NULL,         N_("who is informed without a page, too"),             &informs},
    {"any",     0,  OPTION_FLAG, NULL,         N_("kinds and fields that are not built in, too"),     &any_name},
    {0}};
/* clang-format on */

/* What findings are about; an error is told whatever was asked for. */
static bool is_topic(const char *topic)
{
    static const char *const topics[] = {"never",   "spans", "roster",
                                         "holiday", "clock", "leave",
                                         "contact", "ivr",   "check"};

    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        if (strcmp(topics[i], topic) == 0)
            return true;
    return false;
}

int run_policy_check(struct cli *cli, int argc, char **argv)
{
    struct policyset *set = NULL;
    struct rules_look look = {
        .from_ms = cli_now_ms(cli), .only = only, .channels = channels};
    int code;
    bool day;

    if (days < 0 || days > FINDING_DAYS_MAX)
        return cli_usage(cli, _("--days is from 0 to %d"), FINDING_DAYS_MAX);
    if (only && !is_topic(only))
        return cli_usage(cli,
                         _("--only: never, spans, roster, holiday, clock, "
                           "leave, contact, ivr or check, not \"%s\""),
                         only);
    if (start && when_parse(start, look.from_ms, &look.from_ms, &day,
                            &cli->error) != STATUS_OK)
        return cli_usage(cli, "--at: %s", cli->error.text);
    look.days = (int)days;
    code = rules_check(cli, argc, argv, &look, &set);
    if (code == CLI_DONE && !cli->out.json)
        for (size_t i = 0; i < set->pack_count; i++) {
            const struct policy *p = set->packs[i].policy;
            out_printf(&cli->out,
                       _("%.*s %.*s: %zu kinds, %zu clocks, %zu counters\n"),
                       (int)p->name.size, p->name.data, (int)p->version.size,
                       p->version.data, p->kind_count, p->clock_count,
                       p->counter_count);
        }
    policyset_free(set);
    return code;
}

struct test {
    struct cli *cli;
    struct table table;
    json_t *json;
    int64_t start_ms;
    int64_t rows;
    bool cut;
    const char *because; /* of the record under way */
    const struct policyset *set;
    const char *region;
};

static const struct table_column columns[] = {
    {N_("TIME"), false, 0}, {N_("AFTER"), true, 0},   {N_("SEV"), false, 0},
    {N_("TIER"), false, 8}, {N_("PERSON"), false, 6}, {N_("WHY"), false, 12},
};

static char *copy(struct text text)
{
    char *out = strndup(text.data ? text.data : "", text.size);

    if (!out)
        abort();
    return out;
}

/* The pack that a station's cases live by, as far as the test can tell. */
static const char *pack_of(const struct test *t, char out[64])
{
    const struct policy *p =
        policyset_for(t->set, text_of(t->region ? t->region : ""));

    snprintf(out, 64, "%.*s", (int)p->name.size, p->name.data);
    return out;
}

/* "FALL, patient fell" or "TM-FIRST: first contact, 1 h after 10:00". */
static void put_why(const struct test *t, const struct decision *d, char *out,
                    size_t room)
{
    char *rule = copy(d->rule), *clock = copy(d->clock), *key = copy(d->key);
    char span[WHEN_SIZE], from[WHEN_SIZE], due[WHEN_SIZE], pack[64];
    struct rules_values values = {
        .span = span, .due = due, .key = key, .tier = tier_word(d->tier)};
    struct bytes words = {0};

    when_span(d->span_ms, span);
    when_clock(t->start_ms, d->from_ms, from);
    when_clock(t->start_ms, d->due_ms, due);
    if (rules_words(t->set, pack_of(t, pack), rule, clock, &values, &words))
        snprintf(out, room, "%s %s", rule, bytes_text(&words));
    else if (*clock && d->span_ms)
        snprintf(out, room,
                 d->open_time ? _("%s %s: %s of opening hours "
                                  "after %s")
                              : _("%s %s: %s after %s"),
                 rule, clock_word(clock), span, from);
    else if (*clock)
        snprintf(out, room, "%s %s", rule, clock_word(clock));
    else if (!*t->because)
        snprintf(out, room, _("%s nobody has answered"), rule);
    else
        snprintf(out, room, "%s %s", rule, t->because);
    bytes_fini(&words);
    free(rule);
    free(clock);
    free(key);
}

/* The firing that a page came from has the clock's name. */
static struct text clock_of(const struct decisions *list,
                            const struct decision *page)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct decision *d = &list->list[i];
        if (d->kind == DECISION_FIRE && text_equal(d->rule, page->rule) &&
            d->from_ms == page->from_ms && d->span_ms == page->span_ms)
            return d->clock;
    }
    return page->clock;
}

static void add_row(struct test *t, const struct decision *d, int64_t now_ms)
{
    char clock[WHEN_SIZE], span[WHEN_SIZE], after[WHEN_SIZE + 2], why[256];
    char *person = copy(d->person), *rule = copy(d->rule);
    char *name = copy(d->clock), *method = copy(d->method);
    const char *word = d->kind == DECISION_INFORM ? _(" (informed)") : "";

    when_clock(t->start_ms, now_ms, clock);
    when_span(now_ms - t->start_ms, span);
    snprintf(after, sizeof after, "+%s", span);
    put_why(t, d, why, sizeof why);
    table_add(&t->table, clock, OUT_PLAIN);
    table_add(&t->table, after, OUT_FAINT);
    table_add(&t->table, severity_name(d->severity),
              out_severity_style(d->severity));
    table_add(&t->table, tier_word(d->tier), OUT_PLAIN);
    table_addf(&t->table, OUT_STRONG, "%s%s", person, word);
    table_add(&t->table, why, OUT_PLAIN);
    json_array_append_new(
        t->json,
        json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "at",
                  moment_to_json(now_ms, when_zone()), "kind",
                  d->kind == DECISION_INFORM ? "inform" : "page", "severity",
                  severity_name(d->severity), "tier",
                  role_name((uint32_t)d->tier), "person", person, "method",
                  method, "rule", rule, "clock", name, "why", why));
    free(person), free(rule), free(name), free(method);
}

static void after(void *context, const struct runner_record *r)
{
    struct test *t = context;
    const struct decisions *list = &r->decided->out->decisions;
    char *name = NULL;

    if (r->decided->code != REFUSAL_NONE) {
        out_note(&t->cli->out, _("%s was refused: %s"),
                 r->event ? kind_word(r->event->kind) : "-",
                 r->decided->reason.size
                     ? (name = copy(r->decided->reason))
                     : _(refusal_sentence(r->decided->code)));
        free(name);
        return;
    }
    if (r->event && r->event->id && strcmp(r->event->id, "opening") == 0)
        return; /* was not asked for */
    t->because = r->event ? kind_word(r->event->kind) : "";
    for (size_t i = 0; i < list->count; i++) {
        const struct decision *d = &list->list[i];
        if (d->kind != DECISION_PAGE &&
            !(informs && d->kind == DECISION_INFORM))
            continue;
        if (t->rows >= rows_max) {
            t->cut = true;
            return;
        }
        struct decision page = *d;
        page.clock = clock_of(list, d);
        t->rows++;
        add_row(t, &page, r->now_ms);
    }
}

/* "KIND FIELD=VALUE ..." as one argument or as several. */
static int split(struct cli *cli, int argc, char **argv, char **words,
                 int *count)
{
    *count = 0;
    for (int i = 0; i < argc; i++) {
        char *rest = argv[i], *word;
        while ((word = strsep(&rest, " "))) {
            if (!*word)
                continue;
            if (*count == TEST_WORDS_MAX)
                return cli_usage(cli, _("at most %d words"), TEST_WORDS_MAX);
            words[(*count)++] = word;
        }
    }
    return CLI_DONE;
}

/* Somebody of the station who is not its head, so that the head is called. */
static void set_owner(Yinuo__V1__Event *event, struct arena *arena)
{
    (void)event_set(
        event, "owner",
        &(struct event_value){.type = EVENT_TEXT, .text = "ENGINEER"}, arena,
        NULL);
}

static int add_event(struct test *t, struct runner *runner, struct arena *arena,
                     int argc, char **argv)
{
    struct cli *cli = t->cli;
    Yinuo__V1__Event *event = event_new(argv[0], arena), *opening = NULL;
    struct event_value owner;
    int code = fields_check_kind(cli, argv[0], any_name);

    if (code != CLI_DONE || !event)
        return code == CLI_DONE ? CLI_USAGE : code;
    event->id = (char *)"test";
    event->has_at_ms = 1;
    event->at_ms = t->start_ms;
    event->case_id = (char *)"TEST";
    code = fields_set(cli, event, arena, argc - 1, argv + 1, t->start_ms,
                      any_name);
    if (code != CLI_DONE)
        return code;
    t->start_ms = event->at_ms;
    t->region = event->region;
    /* what happens, happens in a case that somebody already has */
    if (strcmp(argv[0], "case.opened") == 0) {
        if (!event_get(event, "owner", &owner))
            set_owner(event, arena);
    } else {
        opening = event_new("case.opened", arena);
        opening->id = (char *)"opening";
        opening->has_at_ms = 1;
        opening->at_ms = event->at_ms;
        opening->case_id = event->case_id;
        opening->station = event->station;
        opening->region = event->region;
        opening->product_line = event->product_line;
        set_owner(opening, arena);
    }
    if (opening && runner_add(runner, opening, &cli->error) != STATUS_OK)
        return cli_failed(cli);
    if (runner_add(runner, event, &cli->error) != STATUS_OK)
        return cli_failed(cli);
    return CLI_DONE;
}

static void tell(struct test *t)
{
    struct cli *cli = t->cli;

    if (cli->out.json) {
        out_json(&cli->out, json_incref(t->json));
        return;
    }
    table_print(&t->table, &cli->out);
    if (t->rows == 0)
        out_printf(&cli->out, "%s\n", _("Nobody would be paged."));
    else if (t->cut)
        out_note(&cli->out, "%s", _("... and so on; --limit shows more."));
}

int run_policy_test(struct cli *cli, int argc, char **argv)
{
    struct test t = {.cli = cli,
                     .start_ms = cli_now_ms(cli),
                     .json = json_array(),
                     .because = ""};
    struct policyset *set = NULL;
    struct runner *runner = NULL;
    struct arena arena;
    char *words[TEST_WORDS_MAX] = {NULL};
    int count = 0, code = rows_max < 1
                              ? cli_usage(cli, _("--limit: at least 1"))
                              : split(cli, argc, argv, words, &count);
    bool day;

    arena_init(&arena, LIMIT_DECODE_BYTES);
    table_init(&t.table, columns, sizeof columns / sizeof columns[0]);
    if (code == CLI_DONE && count == 0)
        code = cli_usage(cli, _("what happens? 'KIND FIELD=VALUE...'"));
    if (code == CLI_DONE && start &&
        when_parse(start, t.start_ms, &t.start_ms, &day, &cli->error) !=
            STATUS_OK)
        code = cli_usage(cli, "--at: %s", cli->error.text);
    if (code == CLI_DONE)
        code = rules_load(cli, (int)policies.count,
                          (char **)(uintptr_t)policies.list, &set, true);
    t.set = set;
    struct runner_options options = {
        .policies = set, .after = after, .context = &t};
    if (code == CLI_DONE &&
        runner_new(&options, &runner, &cli->error) != STATUS_OK)
        code = cli_failed(cli);
    if (code == CLI_DONE)
        code = add_event(&t, runner, &arena, count, words);
    if (code == CLI_DONE &&
        runner_run(runner, t.start_ms + test_ms, &cli->error) != STATUS_OK)
        code = cli_failed(cli);
    if (code == CLI_DONE)
        tell(&t);
    if (!runner)
        policyset_free(set); /* else it is the runner's */
    runner_free(&runner);
    table_fini(&t.table);
    json_decref(t.json);
    arena_fini(&arena);
    return code;
}
