/* journal - the ledger's journal, without the router: verify, dump, stats.
 *
 * All of it may run beside a running system: another process only reads. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "cli/cli.h"
#include "cli/rebuild.h"
#include "cli/table.h"
#include "cli/when.h"
#include "ledger/apply.h"
#include "ledger/ledger.h"
#include "ledger/role_words.h"
#include "ledger/state_reader.h"
#include "proto/event_json.h"
#include "proto/message_json.h"

enum { HEADS_MAX = OPTION_LIST_MAX, DUMP_BYTES = 4 * LIMIT_DECODE_BYTES };

static bool rebuild, personal;
static struct option_list heads;
static int64_t from_seq = 1, limit;
static const char *ledger_path;

/* clang-format off */
#define WHERE {"ledger", 'L', OPTION_TEXT, N_("DIR"), N_("the ledger, if not HOME/ledger"), &ledger_path}
const struct option_row journal_verify_options[] = {
    {"rebuild", 'R', OPTION_FLAG, NULL,            N_("make the state from zero and compare its hash"), &rebuild},
    {"head",     0,  OPTION_LIST, N_("SEQ:HASH"),  N_("this record must have this chain hash"),         &heads},
    WHERE, {0}};
const struct option_row journal_dump_options[] = {
    {"from",    'f', OPTION_INT,  N_("SEQ"),       N_("begin at this record (1)"),                      &from_seq},
    {"limit",   'l', OPTION_INT,  N_("NUMBER"),    N_("at most so many"),                               &limit},
    {"personal", 0,  OPTION_FLAG, NULL,            N_("with the customers' own words"),                 &personal},
    WHERE, {0}};
const struct option_row journal_stats_options[] = {WHERE, {0}};
/* clang-format on */

static int find_ledger(struct cli *cli, char dir[LIMIT_PATH_BYTES])
{
    if (!ledger_path)
        return cli_path(cli, "ledger", dir);
    snprintf(dir, LIMIT_PATH_BYTES, "%s", ledger_path);
    return CLI_DONE;
}

static int open_ledger(struct cli *cli, char dir[LIMIT_PATH_BYTES],
                       struct ledger **ledger)
{
    int code = find_ledger(cli, dir);

    if (code == CLI_DONE &&
        ledger_reader(dir, ledger, &cli->error) != STATUS_OK)
        code = cli_failed(cli);
    return code;
}

/* "4711:9f3a..." */
static int parse_head(struct cli *cli, const char *text,
                      struct journal_head *head)
{
    char *end;
    unsigned long long seq = strtoull(text, &end, 10);

    *head = (struct journal_head){.last = seq};
    if (*end != ':' || end == text ||
        hex_parse(end + 1, head->chain.bytes, DIGEST_BYTES) != STATUS_OK)
        return cli_usage(cli,
                         _("--head: SEQ:HASH, as \"journal stats\" "
                           "prints it, not \"%s\""),
                         text);
    return CLI_DONE;
}

static void tell_verified(struct cli *cli, const struct journal_report *report,
                          const struct rebuild_proof *proof, bool ok)
{
    char chain[DIGEST_TEXT_SIZE], hash[DIGEST_TEXT_SIZE] = "";
    const struct out *o = &cli->out;

    digest_format(&report->chain, chain);
    if (proof->done)
        digest_format(&proof->hash, hash);
    if (o->json) {
        json_t *all = json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:s}", "ok", ok,
                                "first", (json_int_t)report->first, "last",
                                (json_int_t)report->last, "records",
                                (json_int_t)report->records, "erased",
                                (json_int_t)report->erased, "heads",
                                (json_int_t)report->heads, "chain", chain);
        if (proof->done)
            json_object_set_new(
                all, "rebuild",
                json_pack("{s:b, s:I, s:I, s:s, s:I, s:I, s:s}", "same",
                          proof->same, "applied", (json_int_t)proof->upto,
                          "rows", (json_int_t)proof->rows, "hash", hash,
                          "older", (json_int_t)proof->older, "different",
                          (json_int_t)proof->different, "first_different",
                          proof->first));
        out_json(o, all);
        return;
    }
    out_printf(o,
               _("records %" PRIu64 " to %" PRIu64 ": %" PRIu64
                 " whole, %" PRIu64 " parts erased, chain %.16s\n"),
               report->first, report->last, report->records, report->erased,
               chain);
    if (report->heads)
        out_printf(o, _("known heads met: %" PRIu64 "\n"), report->heads);
    if (proof->done)
        out_printf(o,
                   proof->same
                       ? _("state at %" PRIu64 ": rebuilt from zero, the same "
                           "%" PRIu64 " rows, hash %.16s\n")
                       : _("state at %" PRIu64 ": REBUILT STATE DIFFERS "
                           "(%" PRIu64 " rows, hash %.16s)\n"),
                   proof->upto, proof->rows, hash);
    if (proof->older)
        out_printf(o,
                   _("rows as an earlier version wrote them, which say the "
                     "same: %" PRIu64 "\n"),
                   proof->older);
    if (proof->different)
        out_printf(o, _("rows that differ: %" PRIu64 ", the first is %s\n"),
                   proof->different, proof->first);
}

/* The last record that the state stands for: the journal has it. 0: there is no
 * state that could tell. */
static uint64_t applied_to(const char *dir)
{
    struct state_reader *state = NULL;
    char path[LIMIT_PATH_BYTES];
    uint64_t applied = 0;

    if (ledger_state_path(dir, path, NULL) == STATUS_OK && file_exists(path) &&
        state_reader_open(path, &state, NULL) == STATUS_OK)
        applied = state_reader_applied(state);
    state_reader_close(&state);
    return applied;
}

/* What is cut off at its end leaves a journal that is whole. */
static enum status check_end(uint64_t applied, uint64_t last, struct error *err)
{
    if (applied <= last)
        return STATUS_OK;
    return error_set(err, STATUS_CORRUPT,
                     "the state stands for record %llu, the journal ends at "
                     "%llu",
                     (unsigned long long)applied, (unsigned long long)last);
}

int run_journal_verify(struct cli *cli, int argc, char **argv)
{
    char dir[LIMIT_PATH_BYTES];
    struct ledger *l = NULL;
    struct journal_head known[HEADS_MAX];
    struct journal_report report = {0};
    struct rebuild_proof proof = {0};
    enum status status = STATUS_OK;
    uint64_t applied = 0;
    int code = CLI_DONE;

    (void)argc, (void)argv;
    for (size_t i = 0; i < heads.count && code == CLI_DONE; i++)
        code = parse_head(cli, heads.list[i], &known[i]);
    if (code == CLI_DONE)
        code = find_ledger(cli, dir);
    if (code == CLI_DONE) {
        applied = applied_to(dir); /* first: a running router goes on */
        code = open_ledger(cli, dir, &l);
    }
    if (code != CLI_DONE)
        return code;
    status = journal_verify(l->journal, NULL, known, heads.count, &report,
                            &cli->error);
    if (status == STATUS_OK)
        status = check_end(applied, report.last, &cli->error);
    if (status == STATUS_OK && rebuild)
        status = rebuild_prove(l, &proof, &cli->error);
    tell_verified(cli, &report, &proof,
                  status == STATUS_OK && (!rebuild || proof.same));
    if (status != STATUS_OK)
        code = cli_failed(cli);
    else if (rebuild && !proof.same)
        code = CLI_BAD_DATA;
    ledger_close(&l);
    return code;
}

struct dumping {
    struct cli *cli;
    struct vault *vault;
    const char *blobs_dir;
    struct arena arena;
    int64_t shown;
};

/* From here on tiers are called as that policy calls them. Rules that are not
 * there any more leave numbers. */
static void use_names(const struct dumping *d,
                      const Yinuo__V1__StreamRecord *record)
{
    struct policyset *set = NULL;
    struct error err;

    if (!record->policy || !record->policy->version_hash ||
        apply_policyset(d->blobs_dir, record->policy->version_hash, &set, &err))
        return;
    role_words_use(set);
    policyset_free(set);
}

/* The personal part, opened; NULL when there is none or its key is gone. */
static json_t *personal_of(struct dumping *d, const struct record *r)
{
    struct bytes plain = {0};
    const Yinuo__V1__Event *event = NULL;
    json_t *value = NULL;

    if (!r->parts[RECORD_PERSONAL].size || !d->vault)
        return NULL;
    if (vault_unseal(d->vault, r->seq, r->parts[RECORD_PERSONAL], &plain,
                     NULL) == STATUS_OK)
        event = codec_decode(&yinuo__v1__event__descriptor, bytes_slice(&plain),
                             &d->arena, NULL);
    if (event)
        value = event_to_json(event, when_zone());
    bytes_fini(&plain);
    return value;
}

static enum status dump_one(void *context, const struct record *r,
                            struct slice bytes, struct error *err)
{
    struct dumping *d = context;
    struct bytes whole = {0};
    struct digest chain = record_chain(bytes);
    char hash[DIGEST_TEXT_SIZE];
    struct fault fault = {0};
    Yinuo__V1__StreamRecord *record;
    json_t *line;

    if (r->seq < (uint64_t)from_seq &&
        r->kind != YINUO__V1__RECORD_KIND__RECORD_POLICY)
        return STATUS_OK;
    arena_reset(&d->arena);
    bytes_append(&whole, r->parts[RECORD_INPUT]);
    bytes_append(&whole, r->parts[RECORD_DECISIONS]);
    record = codec_decode(&yinuo__v1__stream_record__descriptor,
                          bytes_slice(&whole), &d->arena, &fault);
    bytes_fini(&whole);
    if (!record)
        return error_set(err, STATUS_CORRUPT, "record %llu: %s",
                         (unsigned long long)r->seq, fault.text);
    use_names(d, record);
    if (r->seq < (uint64_t)from_seq)
        return STATUS_OK;
    record->has_seq = record->has_at_ms = record->has_wall_ms = 1;
    record->seq = r->seq;
    record->at_ms = r->journal_ms;
    record->wall_ms = r->wall_ms;
    record->has_owner_epoch = 1;
    record->owner_epoch = r->epoch;
    line = message_to_json(&record->base, when_zone());
    digest_format(&chain, hash);
    json_object_set_new(line, "chain", json_string(hash));
    if (personal) {
        json_t *words = personal_of(d, r);
        if (words)
            json_object_set_new(line, "personal", words);
    }
    out_json_line(&d->cli->out, line);
    d->shown++;
    if ((limit && d->shown >= limit) || ferror(d->cli->out.file))
        return STATUS_CANCELLED;
    return STATUS_OK;
}

int run_journal_dump(struct cli *cli, int argc, char **argv)
{
    char dir[LIMIT_PATH_BYTES];
    struct ledger *l = NULL;
    struct dumping d = {.cli = cli};
    int code = open_ledger(cli, dir, &l);
    enum status status;

    (void)argc, (void)argv;
    if (code != CLI_DONE)
        return code;
    d.vault = l->vault;
    d.blobs_dir = l->blobs_dir;
    if (from_seq < 1)
        from_seq = 1;
    arena_init(&d.arena, DUMP_BYTES);
    status = journal_each(l->journal, 1, dump_one, &d, &cli->error);
    if (status != STATUS_OK && status != STATUS_CANCELLED &&
        status != STATUS_END)
        code = cli_failed(cli);
    arena_fini(&d.arena);
    ledger_close(&l);
    return code;
}

static json_t *heads_json(struct journal *j)
{
    struct journal_head list[256];
    size_t count = 0;
    json_t *array = json_array();

    if (journal_heads(j, list, 256, &count, NULL) != STATUS_OK)
        return array;
    for (size_t i = 0; i < count && i < 256; i++) {
        char hash[DIGEST_TEXT_SIZE];
        digest_format(&list[i].chain, hash);
        json_array_append_new(
            array, json_pack("{s:I, s:I, s:I, s:s}", "segment",
                             (json_int_t)list[i].segment, "first",
                             (json_int_t)list[i].first, "last",
                             (json_int_t)list[i].last, "chain", hash));
    }
    return array;
}

static void tell_stats(struct cli *cli, struct journal *j)
{
    struct journal_position at;
    struct journal_stats s;
    char hash[DIGEST_TEXT_SIZE], when[WHEN_WORDS_SIZE];
    json_t *list = heads_json(j), *head;
    size_t i;

    journal_position(j, &at);
    journal_stats(j, &s);
    digest_format(&at.chain, hash);
    if (cli->out.json) {
        out_json(&cli->out,
                 json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:s, s:o}",
                           "first", (json_int_t)at.first, "last",
                           (json_int_t)at.last, "records",
                           (json_int_t)s.records, "segments",
                           (json_int_t)s.segments, "bytes", (json_int_t)s.bytes,
                           "epoch", (json_int_t)at.epoch, "at",
                           moment_to_json(at.journal_ms, when_zone()), "chain",
                           hash, "heads", list));
        return;
    }
    when_both(cli_now_ms(cli), at.journal_ms, when);
    out_printf(&cli->out,
               _("records   %" PRIu64 " (%" PRIu64 " to %" PRIu64 ")\n"
                 "segments  %u, %" PRIu64 " bytes\n"
                 "epoch     %" PRIu64 "\n"
                 "newest    %s\n"
                 "head      %" PRIu64 ":%s\n"),
               s.records, at.first, at.last, s.segments, s.bytes, at.epoch,
               at.last ? when : "-", at.last, hash);
    json_array_foreach(list, i, head)
        out_printf(&cli->out, "          %lld:%s\n",
                   (long long)json_integer_value(json_object_get(head, "last")),
                   json_string_value(json_object_get(head, "chain")));
    json_decref(list);
}

int run_journal_stats(struct cli *cli, int argc, char **argv)
{
    char dir[LIMIT_PATH_BYTES];
    struct ledger *l = NULL;
    int code = open_ledger(cli, dir, &l);

    (void)argc, (void)argv;
    if (code == CLI_DONE)
        tell_stats(cli, l->journal);
    ledger_close(&l);
    return code;
}
