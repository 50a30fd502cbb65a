/* journal - the ledger's journal, without the router: verify, dump, stats.
 *
 * All of it may run beside a running system: another process only reads. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "cli/when.h"
#include "ledger/apply.h"
#include "ledger/ledger.h"
#include "ledger/snapshot.h"
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

static int open_ledger(struct cli *cli, char dir[LIMIT_PATH_BYTES],
                       struct ledger **ledger)
{
    int code = CLI_DONE;

    if (ledger_path)
        snprintf(dir, LIMIT_PATH_BYTES, "%s", ledger_path);
    else
        code = cli_path(cli, "ledger", dir);
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

/* Into an empty state: the newest snapshot that is not beyond `upto`, when
 * the records it stands for are gone. *next is the first record to apply. */
static enum status begin_rebuild(const struct ledger *l, struct state *state,
                                 uint64_t upto, uint64_t *next,
                                 struct error *err)
{
    struct journal_position at;
    uint64_t list[64], best = 0;
    size_t count = 0;
    enum status status;

    journal_position(l->journal, &at);
    *next = 1;
    if (at.first <= 1)
        return STATUS_OK;
    status = snapshot_list(l->snapshots_dir, list, 64, &count, err);
    for (size_t i = 0; status == STATUS_OK && i < count && i < 64; i++)
        if (list[i] <= upto && list[i] + 1 >= at.first)
            best = list[i];
    if (status != STATUS_OK)
        return status;
    if (!best)
        return error_set(err, STATUS_EXPIRED,
                         _("the journal begins at %llu and no snapshot stands "
                           "for what was before"),
                         (unsigned long long)at.first);
    *next = best + 1;
    return snapshot_load(l->snapshots_dir, best, state, NULL, err);
}

struct rebuilding {
    struct apply *apply;
    uint64_t upto;
};

static enum status rebuild_one(void *context, const struct record *r,
                               struct slice bytes, struct error *err)
{
    struct rebuilding *b = context;
    enum status status;

    (void)bytes;
    if (r->seq > b->upto)
        return STATUS_CANCELLED;
    status = apply_record(b->apply, r, err);
    return status == STATUS_OK
               ? STATUS_OK
               : error_wrap(err, "record %llu", (unsigned long long)r->seq);
}

static enum status blob_of(void *context, struct text version,
                           struct bytes *out, struct error *err)
{
    return apply_blob(context, version, out, err);
}

/* The hash of all rows after record upto, made from the journal alone. */
static enum status rebuilt_hash(struct ledger *l, uint64_t upto,
                                struct digest *hash, uint64_t *rows,
                                struct error *err)
{
    struct state_options options = {0};
    struct world_options world = {.blob = blob_of,
                                  .blob_context = l->blobs_dir};
    struct state *state = NULL;
    struct world *w = NULL;
    struct apply apply;
    struct rebuilding b = {&apply, upto};
    uint64_t next = 1;
    enum status status = state_open(&options, &state, err);

    if (status == STATUS_OK)
        status = begin_rebuild(l, state, upto, &next, err);
    world.state = state;
    if (status == STATUS_OK)
        status = world_new(&world, &w, err);
    if (status == STATUS_OK) {
        apply_init(&apply, state, w, l->blobs_dir);
        if (next > 1)
            status = apply_policy(&apply, err);
        if (status == STATUS_OK && next <= upto)
            status = journal_each(l->journal, next, rebuild_one, &b, err);
        if (status == STATUS_CANCELLED)
            status = STATUS_OK;
        if (status == STATUS_OK)
            *hash = state_hash(state, rows);
        apply_fini(&apply);
    }
    world_free(&w);
    state_close(&state);
    return status;
}

struct proof {
    bool done, same;
    uint64_t upto, rows, live_rows;
    struct digest hash, live;
};

static enum status prove(struct ledger *l, struct proof *proof,
                         struct error *err)
{
    struct state_reader *reader = NULL;
    char path[LIMIT_PATH_BYTES];
    enum status status = ledger_state_path(l->dir, path, err);

    if (status == STATUS_OK)
        status = state_reader_open(path, &reader, err);
    if (status == STATUS_OK) {
        proof->upto = state_reader_applied(reader);
        status =
            state_reader_hash(reader, &proof->live, &proof->live_rows, err);
    }
    state_reader_close(&reader);
    if (status == STATUS_OK)
        status = rebuilt_hash(l, proof->upto, &proof->hash, &proof->rows, err);
    proof->done = status == STATUS_OK;
    proof->same = proof->done && digest_equal(&proof->hash, &proof->live);
    return status;
}

static void tell_verified(struct cli *cli, const struct journal_report *report,
                          const struct proof *proof, bool ok)
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
                json_pack("{s:b, s:I, s:I, s:s}", "same", proof->same,
                          "applied", (json_int_t)proof->upto, "rows",
                          (json_int_t)proof->rows, "hash", hash));
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
}

int run_journal_verify(struct cli *cli, int argc, char **argv)
{
    char dir[LIMIT_PATH_BYTES];
    struct ledger *l = NULL;
    struct journal_head known[HEADS_MAX];
    struct journal_report report = {0};
    struct proof proof = {0};
    enum status status = STATUS_OK;
    int code = CLI_DONE;

    (void)argc, (void)argv;
    for (size_t i = 0; i < heads.count && code == CLI_DONE; i++)
        code = parse_head(cli, heads.list[i], &known[i]);
    if (code == CLI_DONE)
        code = open_ledger(cli, dir, &l);
    if (code != CLI_DONE)
        return code;
    status = journal_verify(l->journal, NULL, known, heads.count, &report,
                            &cli->error);
    if (status == STATUS_OK && rebuild)
        status = prove(l, &proof, &cli->error);
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
    struct arena arena;
    int64_t shown;
};

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

    arena_reset(&d->arena);
    bytes_append(&whole, r->parts[RECORD_INPUT]);
    bytes_append(&whole, r->parts[RECORD_DECISIONS]);
    record = codec_decode(&yinuo__v1__stream_record__descriptor,
                          bytes_slice(&whole), &d->arena, &fault);
    bytes_fini(&whole);
    if (!record)
        return error_set(err, STATUS_CORRUPT, "record %llu: %s",
                         (unsigned long long)r->seq, fault.text);
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
    arena_init(&d.arena, DUMP_BYTES);
    status = journal_each(l->journal, from_seq > 0 ? (uint64_t)from_seq : 1,
                          dump_one, &d, &cli->error);
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
