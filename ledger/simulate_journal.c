/* A journal, decided on again: every input at its journaled time, under the
 * policy that was in force, compared with what was decided then. */
#include <string.h>

#include "base/file.h"
#include "ledger/apply.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "ledger/simulate_internal.h"

struct replay {
    struct watching *watching;
    struct ledger *ledger;
    struct state *state;
    struct world *world;
    struct apply apply;
    struct arena arena;
    struct bytes plain; /* a personal part, unsealed */
};

/* The personal words of a record back into its event. */
static enum status unsealed(struct vault *vault, const struct record *r,
                            Yinuo__V1__Event *event, struct bytes *plain,
                            struct arena *arena, struct error *err)
{
    struct slice sealed = r->parts[RECORD_PERSONAL];
    enum status status;

    if (!event || !sealed.size)
        return STATUS_OK;
    bytes_reset(plain);
    status = vault_unseal(vault, r->seq, sealed, plain, err);
    if (status == STATUS_EXPIRED)
        return STATUS_OK; /* forgotten: decided without the words */
    return status ? status
                  : customs_join(event, bytes_slice(plain), arena, err);
}

/* Inputs that were refused before the engine saw them are not for it. */
static bool was_decided(const Yinuo__V1__StreamRecord *part,
                        const struct record *r)
{
    if (part->quarantined ||
        (part->refused && r->parts[RECORD_DECISIONS].size == 0))
        return false;
    return part->event || part->firing || part->receipt || part->derived;
}

/* The same decisions, written by an earlier version. */
static bool is_older(struct slice decisions, struct slice recorded)
{
    struct bytes renewed = {0};
    bool same =
        customs_renew_decisions(recorded, &renewed, NULL) == STATUS_OK &&
        slice_equal(decisions, bytes_slice(&renewed));

    bytes_fini(&renewed);
    return same;
}

static void compare(struct replay *p, const struct record *r,
                    const struct world_decided *decided)
{
    struct simulate_result *result = p->watching->result;
    struct slice recorded = r->parts[RECORD_DECISIONS];

    result->compared++;
    if (slice_equal(decided->decisions, recorded) ||
        is_older(decided->decisions, recorded))
        return;
    if (result->different++ == 0)
        result->first_different = r->seq;
}

static enum status replay_record(void *context, const struct record *r,
                                 struct slice bytes, struct error *err)
{
    struct replay *p = context;
    Yinuo__V1__StreamRecord *part;
    enum status status;

    (void)bytes;
    watching_before(p->watching, r->journal_ms);
    arena_reset(&p->arena);
    part = codec_decode(&yinuo__v1__stream_record__descriptor,
                        r->parts[RECORD_INPUT], &p->arena, NULL);
    if (!part)
        return error_set(err, STATUS_CORRUPT, "record %llu cannot be read",
                         (unsigned long long)r->seq);
    status =
        unsealed(p->ledger->vault, r, part->event, &p->plain, &p->arena, err);
    if (status)
        return status;
    if (was_decided(part, r)) {
        struct world_input in = {.event = part->event,
                                 .firing = part->firing,
                                 .receipt = part->receipt,
                                 .intent = part->derived ? part->derived->intent
                                                         : NULL,
                                 .backlog_follows = part->backlog_follows,
                                 .sequence = r->seq,
                                 .now_ms = r->journal_ms};
        struct world_decided decided;

        world_decide(p->world, &in, &decided);
        compare(p, r, &decided);
        watching_after(p->watching, r->seq, &decided);
    }
    p->watching->result->ended_at_ms = r->journal_ms;
    return apply_record(&p->apply, r, err);
}

static enum status replay_blob(void *context, struct text version,
                               struct bytes *out, struct error *err)
{
    return apply_blob(context, version, out, err);
}

static enum status replay(struct replay *p, struct error *err)
{
    struct state_options in_memory = {.path = NULL};
    struct world_options options = {.blob = replay_blob};
    enum status status = state_open(&in_memory, &p->state, err);

    options.state = p->state;
    options.blob_context = p->ledger->blobs_dir;
    if (!status)
        status = world_new(&options, &p->world, err);
    if (status)
        return status;
    p->watching->state = p->state;
    apply_init(&p->apply, p->state, p->world, p->ledger->blobs_dir);
    status = journal_each(p->ledger->journal, 1, replay_record, p, err);
    if (!status) {
        watching_tiers(p->watching->result, world_policies(p->world),
                       p->watching->tiers);
        p->watching->result->summary = *world_summary(p->world);
    }
    if (p->watching->options->has_at)
        watching_before(p->watching, INT64_MAX);
    p->watching->state = NULL;
    apply_fini(&p->apply);
    return status;
}

enum status simulate_journal(struct watching *w, struct error *err)
{
    struct replay p = {.watching = w};
    enum status status = ledger_reader(w->options->journal, &p.ledger, err);

    if (status)
        return status;
    arena_init(&p.arena, 4 * LIMIT_DECODE_BYTES);
    status = replay(&p, err);
    world_free(&p.world);
    state_close(&p.state);
    arena_fini(&p.arena);
    bytes_fini(&p.plain);
    ledger_close(&p.ledger);
    return status;
}

/* --- as a feed of another simulation --- */

struct feed {
    struct runner *runner;
    struct vault *vault;
    struct arena arena;
    struct bytes plain;
};

/* Answers belong to the pages of then; timers are the runner's own. */
static bool is_fed(const Yinuo__V1__StreamRecord *part)
{
    static const char answers[] = "notify.";

    return part->event && !part->refused && !part->quarantined &&
           !part->derived && part->event->kind &&
           strncmp(part->event->kind, answers, sizeof answers - 1) != 0;
}

static enum status feed_record(void *context, const struct record *r,
                               struct slice bytes, struct error *err)
{
    struct feed *f = context;
    Yinuo__V1__StreamRecord *part;

    (void)bytes;
    arena_reset(&f->arena);
    part = codec_decode(&yinuo__v1__stream_record__descriptor,
                        r->parts[RECORD_INPUT], &f->arena, NULL);
    if (!part)
        return error_set(err, STATUS_CORRUPT, "record %llu cannot be read",
                         (unsigned long long)r->seq);
    if (!is_fed(part))
        return STATUS_OK;
    if (unsealed(f->vault, r, part->event, &f->plain, &f->arena, err))
        return err->status;
    part->event->has_received_at_ms = 1;
    part->event->received_at_ms = r->journal_ms;
    return runner_add(f->runner, part->event, err);
}

enum status simulate_feed_journal(const char *dir, struct runner *r,
                                  struct error *err)
{
    struct feed f = {.runner = r};
    struct ledger *ledger = NULL;
    enum status status = ledger_reader(dir, &ledger, err);

    if (status)
        return status;
    f.vault = ledger->vault;
    arena_init(&f.arena, 4 * LIMIT_DECODE_BYTES);
    status = journal_each(ledger->journal, 1, feed_record, &f, err);
    arena_fini(&f.arena);
    bytes_fini(&f.plain);
    ledger_close(&ledger);
    return status;
}

static enum status last_policy(void *context, const struct record *r,
                               struct slice bytes, struct error *err)
{
    struct bytes *version = context;
    struct arena arena;
    Yinuo__V1__StreamRecord *part;
    enum status status = STATUS_OK;

    (void)bytes;
    arena_init(&arena, 4 * LIMIT_DECODE_BYTES);
    part = codec_decode(&yinuo__v1__stream_record__descriptor,
                        r->parts[RECORD_INPUT], &arena, NULL);
    if (!part)
        status = error_set(err, STATUS_CORRUPT, "record %llu cannot be read",
                           (unsigned long long)r->seq);
    else if (part->policy && part->policy->version_hash) {
        bytes_reset(version);
        status = bytes_append_text(version, part->policy->version_hash);
    }
    arena_fini(&arena);
    return status;
}

enum status simulate_journal_policies(const char *dir, struct policyset **set,
                                      struct error *err)
{
    struct bytes version = {0};
    struct ledger *ledger = NULL;
    enum status status = ledger_reader(dir, &ledger, err);

    if (status)
        return status;
    status = journal_each(ledger->journal, 1, last_policy, &version, err);
    if (!status && version.size == 0)
        status = error_set(err, STATUS_NOT_FOUND,
                           "the journal has no policy of its own any more: "
                           "give one with --policy");
    if (!status)
        status =
            apply_policyset(ledger->blobs_dir, bytes_text(&version), set, err);
    bytes_fini(&version);
    ledger_close(&ledger);
    return status;
}
