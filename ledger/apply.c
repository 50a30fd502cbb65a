#include "ledger/apply.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/blob.h"
#include "ledger/producers.h"
#include "ledger/requests.h"
#include "proto/kinds.h"

static const struct slice policy_key = {(const uint8_t *)"policy", 6};

enum { KINDS_ROOM = 512 };

void apply_init(struct apply *a, struct state *state, struct world *world,
                const char *blobs_dir)
{
    *a = (struct apply){.state = state, .world = world, .blobs_dir = blobs_dir};
    arena_init(&a->arena, 4 * LIMIT_DECODE_BYTES);
}

void apply_fini(struct apply *a)
{
    arena_fini(&a->arena);
}

const struct policy_names *apply_names(void)
{
    static const char *names[KINDS_ROOM];
    static struct policy_names all;
    size_t count;

    if (all.kinds)
        return &all;
    const struct kind *kinds = kinds_all(&count);
    if (count > KINDS_ROOM)
        abort();
    for (size_t i = 0; i < count; i++)
        names[i] = kinds[i].name;
    all.kind_count = count;
    all.rebase = kind_by_code(KIND_POLICY_REBASED)->name;
    all.kinds = names;
    return &all;
}

/* --- policies by version --- */

struct search {
    struct text version;
    struct digest found;
    bool any;
};

static enum status look(void *state, const struct digest *name,
                        const char *path, struct error *err)
{
    struct search *s = state;
    char hex[DIGEST_TEXT_SIZE];

    (void)path;
    (void)err;
    digest_format(name, hex);
    if (s->version.size && s->version.size < sizeof hex &&
        memcmp(hex, s->version.data, s->version.size) == 0) {
        s->found = *name;
        s->any = true;
    }
    return STATUS_OK;
}

enum status apply_blob(const char *blobs_dir, struct text version,
                       struct bytes *out, struct error *err)
{
    struct search s = {.version = version};
    enum status st = blob_each(blobs_dir, look, &s, err);

    if (st != STATUS_OK)
        return st;
    if (!s.any)
        return error_set(err, STATUS_NOT_FOUND,
                         "no policy %.*s beside the ledger (in blobs) -> "
                         "bring it back from a backup",
                         (int)version.size, version.data);
    return blob_get(blobs_dir, &s.found, LIMIT_CONFIG_BYTES * 4, out, err);
}

enum status apply_policyset(const char *blobs_dir, const char *version,
                            struct policyset **set, struct error *err)
{
    struct bytes blob = {0};
    enum status st = apply_blob(blobs_dir, text_of(version), &blob, err);

    if (st == STATUS_OK) {
        struct findings *f = calloc(1, sizeof *f);
        if (!f)
            abort();
        findings_init(f);
        st = policyset_load_blob(bytes_slice(&blob), apply_names(), set, f);
        if (st != STATUS_OK)
            st = error_set(err, STATUS_CORRUPT,
                           "policy %s does not compile any more", version);
        findings_fini(f);
        free(f);
    }
    bytes_fini(&blob);
    return st;
}

static enum status use_version(struct apply *a, const char *version,
                               struct error *err)
{
    const struct policyset *now = world_policies(a->world);
    struct policyset *set = NULL;
    enum status st;

    if (now && text_equal(now->version, text_of(version)))
        return STATUS_OK;
    st = apply_policyset(a->blobs_dir, version, &set, err);
    if (st == STATUS_OK)
        world_use(a->world, set);
    return st;
}

enum status apply_policy(struct apply *a, struct error *err)
{
    struct slice row;

    if (!state_get(a->state, STATE_CONFIG, policy_key, &row))
        return error_set(err, STATUS_NOT_FOUND, "no policy was ever loaded");
    arena_reset(&a->arena);
    Yinuo__V1__PolicyLoaded *loaded = codec_decode(
        &yinuo__v1__policy_loaded__descriptor, row, &a->arena, NULL);
    if (!loaded || !loaded->version_hash)
        return error_set(err, STATUS_CORRUPT, "the row of the policy in force");
    return use_version(a, loaded->version_hash, err);
}

/* --- one record --- */

static enum status keep_policy(struct apply *a,
                               const Yinuo__V1__PolicyLoaded *loaded,
                               struct error *err)
{
    struct bytes row = {0};

    if (!loaded->version_hash || codec_encode(&loaded->base, &row) != STATUS_OK)
        return error_set(err, STATUS_CORRUPT,
                         "a record of a policy without its version");
    state_put(a->state, STATE_CONFIG, policy_key, bytes_slice(&row));
    bytes_fini(&row);
    return use_version(a, loaded->version_hash, err);
}

enum status apply_origin(struct apply *a, uint64_t sequence, int64_t journal_ms,
                         const Yinuo__V1__StreamRecord *part, struct error *err)
{
    uint16_t code = part->refused ? (uint16_t)part->refused->code : 0;

    if (part->producer && part->has_producer_sequence && !a->producers_kept) {
        struct producer p;
        struct slice identity = slice_of_text(part->producer);
        producer_load(a->state, identity, &p);
        if (producer_judge(&p, part->producer_epoch, part->producer_sequence,
                           part->input_crc, &(uint16_t){0}) != PRODUCER_NEXT)
            return error_set(err, STATUS_CORRUPT,
                             "record %llu: number %llu of %s is out of order",
                             (unsigned long long)sequence,
                             (unsigned long long)part->producer_sequence,
                             part->producer);
        producer_advance(&p, part->producer_epoch, part->producer_sequence,
                         part->input_crc, code);
        producer_store(a->state, identity, &p);
    }
    if (part->request_id)
        request_keep(a->state, slice_of_text(part->request_id),
                     &(struct request){.sequence = sequence,
                                       .journal_ms = journal_ms,
                                       .code = code,
                                       .has_crc = part->has_input_crc,
                                       .crc = part->input_crc});
    if ((part->event && !part->derived) || part->producer)
        world_count_event(a->world, part->refused != NULL);
    if (part->quarantined)
        world_count_quarantined(a->world);
    return part->policy ? keep_policy(a, part->policy, err) : STATUS_OK;
}

enum status apply_record(struct apply *a, const struct record *r,
                         struct error *err)
{
    struct fault fault;

    arena_reset(&a->arena);
    Yinuo__V1__StreamRecord *part =
        codec_decode(&yinuo__v1__stream_record__descriptor,
                     r->parts[RECORD_INPUT], &a->arena, &fault);
    if (!part)
        return error_set(err, STATUS_CORRUPT, "record %llu: its input: %s",
                         (unsigned long long)r->seq, fault.text);
    enum status st = apply_origin(a, r->seq, r->journal_ms, part, err);
    if (st != STATUS_OK)
        return st;
    st = world_apply(a->world, r->seq, r->journal_ms,
                     r->parts[RECORD_DECISIONS], err);
    world_settle(a->world);
    return st;
}
