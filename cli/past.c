#include "cli/past.h"

#include <string.h>

#include "base/span.h"
#include "cli/rules.h"
#include "cli/session.h"
#include "cli/when.h"
#include "ledger/role_words.h"

enum { FETCH_LIMIT = 500 };

struct option_list past_packs;
const char *past_journal, *past_answer, *past_until;

static int parse_answer(struct cli *cli, struct simulate_options *o)
{
    static const char after[] = "after:";

    if (!past_answer || strcmp(past_answer, "never") == 0)
        return CLI_DONE;
    o->answers = true;
    if (strncmp(past_answer, after, sizeof after - 1) == 0 &&
        span_parse(past_answer + sizeof after - 1, &o->answer_after_ms, NULL) ==
            STATUS_OK)
        return CLI_DONE;
    return cli_usage(cli, _("--answer: never or after:2m, not \"%s\""),
                     past_answer);
}

int past_init(struct cli *cli, struct past *p, int argc, char **argv)
{
    static const char *const usual[] = {"packs"};
    bool day;
    int code;

    *p = (struct past){.running = !past_journal && argc == 0};
    p->events = (struct simulate_options){
        .packs = past_packs.count ? past_packs.list : usual,
        .pack_count = past_packs.count ? past_packs.count : 1,
        .files = (const char *const *)argv,
        .file_count = (size_t)argc,
        .complain = cli->out.errors};
    if (past_packs.count == 0 &&
        (past_journal || (argc && history_is_story(argv[0]))))
        p->events.pack_count = 0; /* what was in force, what it names */
    p->history = (struct history_options){
        .journal = past_journal, .events = &p->events, .counted = &p->counted};
    if (past_journal && argc)
        return cli_usage(cli, _("--journal and files exclude each other"));
    for (int i = 1; i < argc; i++)
        if (history_is_story(argv[i]) != history_is_story(argv[0]))
            return cli_usage(cli, _("stories and events are two runs"));
    code = parse_answer(cli, &p->events);
    if (code == CLI_DONE && past_until) {
        p->events.has_until = true;
        if (when_parse(past_until, cli_now_ms(cli), &p->events.until_ms, &day,
                       &cli->error) != STATUS_OK)
            code = cli_usage(cli, "--until: %s", cli->error.text);
    }
    return code;
}

static int failed(struct cli *cli)
{
    int code = cli_failed(cli);

    return cli->error.status == STATUS_INVALID ? CLI_BAD_DATA : code;
}

int past_policies(struct cli *cli, const struct past *p, struct policyset **set)
{
    struct past own = *p;

    *set = NULL;
    own.history.events = &own.events;
    if (p->running && past_packs.count == 0) {
        *set = rules_in_force(cli);
        return CLI_DONE;
    }
    if (history_policies(&own.history, set, &cli->error) != STATUS_OK)
        return failed(cli);
    role_words_use(*set);
    return CLI_DONE;
}

/* --- of the running system -------------------------------------------------
 */

struct fetching {
    struct cli *cli;
    history_visit *visit;
    void *context;
    uint32_t partition;
    uint64_t last, known;
    int code;
};

static int take(struct fetching *f, const Yinuo__V1__Records *records,
                struct arena *arena)
{
    if (records->code != REFUSAL_NONE) {
        out_error(&f->cli->out, "%s",
                  records->text && *records->text
                      ? records->text
                      : _(refusal_sentence(records->code)));
        return refusal_exit(records->code);
    }
    for (size_t i = 0; i < records->n_records; i++) {
        const Yinuo__V1__StreamRecord *r = codec_decode(
            &yinuo__v1__stream_record__descriptor,
            slice_of(records->records[i].data, records->records[i].len), arena,
            NULL);

        if (!r) {
            out_error(&f->cli->out, "%s", _("a record cannot be read"));
            return CLI_FAILED;
        }
        f->last = r->seq;
        if (f->visit(f->context, r, &f->cli->error) != STATUS_OK)
            return failed(f->cli);
    }
    if (records->complete_to > f->last)
        f->last = records->complete_to;
    f->known = records->last_seq;
    return CLI_DONE;
}

static int fetch(struct fetching *f)
{
    Yinuo__V1__Fetch request = YINUO__V1__FETCH__INIT;
    const Yinuo__V1__Records *records;
    char cursor[64];
    struct arena arena;
    int code;

    snprintf(cursor, sizeof cursor, "p%u-%llu", f->partition,
             (unsigned long long)f->last);
    request.cursor = cursor;
    request.has_limit = 1;
    request.limit = FETCH_LIMIT;
    arena_init(&arena, 64 * LIMIT_DECODE_BYTES);
    session_more_time(f->cli);
    records =
        client_call(f->cli->client, WIRE_FETCH, f->partition, &request.base,
                    f->cli->until_ms, &arena, &f->cli->error);
    code = records ? take(f, records, &arena) : session_failed(f->cli);
    arena_fini(&arena);
    return code;
}

static int each_fetched(struct cli *cli, history_visit *visit, void *context)
{
    const uint32_t *partitions;
    size_t count = 0;
    int code = session_ready(cli);

    if (code != CLI_DONE)
        return code;
    partitions = client_partitions(cli->client, &count);
    for (size_t i = 0; code == CLI_DONE && i < count; i++) {
        struct fetching f = {.cli = cli,
                             .visit = visit,
                             .context = context,
                             .partition = partitions[i]};
        uint64_t before;

        do {
            before = f.last;
            code = fetch(&f);
        } while (code == CLI_DONE && f.last < f.known && f.last > before);
    }
    return code;
}

int past_each(struct cli *cli, const struct past *p, history_visit *visit,
              void (*begin)(void *context, const char *story), void *context)
{
    struct past own = *p;

    own.history.events = &own.events;
    if (p->running)
        return each_fetched(cli, visit, context);
    if (history_each(&own.history, visit, begin, context, &cli->error) !=
        STATUS_OK)
        return failed(cli);
    return CLI_DONE;
}

int past_end(struct cli *cli, uint64_t events, uint64_t refused)
{
    if (events == 0 || refused < events)
        return CLI_DONE;
    out_error(&cli->out,
              P_("%llu event, and it was refused",
                 "%llu events, and every one was refused", events),
              (unsigned long long)events);
    return CLI_BAD_DATA;
}
