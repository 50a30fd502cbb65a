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

static enum status personal_words(struct replay *p, const struct record *r,
                                  Yinuo__V1__Event *event, struct error *err)
{
    struct slice sealed = r->parts[RECORD_PERSONAL];
    enum status status;

    if (!event || !sealed.size)
        return STATUS_OK;
    bytes_reset(&p->plain);
    status = vault_unseal(p->ledger->vault, r->seq, sealed, &p->plain, err);
    if (status == STATUS_EXPIRED)
        return STATUS_OK; /* forgotten: decided without the words */
    return status ? status
                  : customs_join(event, bytes_slice(&p->plain), &p->arena, err);
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

static void compare(struct replay *p, const struct record *r,
                    const struct world_decided *decided)
{
    struct simulate_result *result = p->watching->result;

    result->compared++;
    if (slice_equal(decided->decisions, r->parts[RECORD_DECISIONS]))
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
    status = personal_words(p, r, part->event, err);
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
