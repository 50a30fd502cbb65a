#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "workers/router/internal.h"

enum status policies_blob(void *router, struct text version, struct bytes *out,
                          struct error *err)
{
    return apply_blob(((struct router *)router)->ledger->blobs_dir, version,
                      out, err);
}

/* The blobs first, synced; then the record that names them. */
static enum status keep_blobs(struct router *r, const struct policyset *set,
                              struct error *err)
{
    struct digest name;
    enum status st = blob_put(r->ledger->blobs_dir, set->blob, &name, err);

    for (size_t i = 0; st == STATUS_OK && i < set->pack_count; i++)
        st = blob_put(r->ledger->blobs_dir, set->packs[i].blob, &name, err);
    return st;
}

static char *copy_text(struct router *r, struct text t)
{
    return arena_text_of(&r->parse, slice_of(t.data, t.size));
}

static Yinuo__V1__PackVersion *pack_row(struct router *r,
                                        const struct policy_pack *p)
{
    Yinuo__V1__PackVersion *row = arena_alloc(&r->parse, sizeof *row);

    yinuo__v1__pack_version__init(row);
    row->name = copy_text(r, p->policy->name);
    row->version = copy_text(r, p->policy->version);
    row->regions =
        arena_array(&r->parse, p->region_count, sizeof *row->regions);
    for (; row->n_regions < p->region_count; row->n_regions++)
        row->regions[row->n_regions] = copy_text(r, p->regions[row->n_regions]);
    return row;
}

static void journal_policy(struct router *r, const struct policyset *set,
                           const char *by)
{
    Yinuo__V1__StreamRecord part = YINUO__V1__STREAM_RECORD__INIT;
    Yinuo__V1__PolicyLoaded loaded = YINUO__V1__POLICY_LOADED__INIT;
    struct error err;

    part.has_kind = 1;
    part.kind = YINUO__V1__RECORD_KIND__RECORD_POLICY;
    part.policy = &loaded;
    loaded.version_hash = copy_text(r, set->version);
    loaded.by = (char *)by;
    loaded.packs =
        arena_array(&r->parse, set->pack_count, sizeof *loaded.packs);
    for (; loaded.n_packs < set->pack_count; loaded.n_packs++)
        loaded.packs[loaded.n_packs] = pack_row(r, &set->packs[loaded.n_packs]);
    if (apply_origin(&r->apply, r->next_seq, r->now_ms, &part, &err) !=
        STATUS_OK) {
        log_error("POLICY", "%s -> the router ends", err.text);
        abort();
    }
    (void)batch_add(r, &part, SLICE_EMPTY, SLICE_EMPTY, SLICE_EMPTY);
}

static enum status bad_policy(const struct findings *f, enum status st,
                              struct error *err)
{
    char first[256] = "";

    if (f->count)
        finding_format(&f->list[0], first, sizeof first);
    return error_set(err, st, "%s",
                     *first ? first : "the policy cannot be loaded");
}

/* Takes over the set: into blobs and the journal, if it differs. */
static enum status put_in_force(struct router *r, struct policyset *set,
                                const char *by, bool *changed,
                                struct error *err)
{
    const struct policyset *now = world_policies(r->world);
    enum status st = STATUS_OK;

    if (!now || !text_equal(now->version, set->version)) {
        st = keep_blobs(r, set, err);
        *changed = st == STATUS_OK;
        if (*changed) {
            journal_policy(r, set, by);
            router_roles_changed(r);
        }
    }
    policyset_free(set); /* the world compiled its own from the blob */
    return st;
}

enum status policies_load(struct router *r, const char *const *dirs,
                          size_t count, const char *by, struct findings *f,
                          bool *changed, struct error *err)
{
    struct policyset *set = NULL;
    const struct policyset *now = world_policies(r->world);
    char version[POLICY_VERSION_SIZE];
    enum status st = policyset_version_of(dirs, count, version, f);

    *changed = false;
    if (st == STATUS_OK && now && text_equal(now->version, text_of(version)))
        return STATUS_OK; /* mostly, at a start: nothing to compile */
    if (st == STATUS_OK)
        st = policyset_load(dirs, count, apply_names(), &set, f);
    return st == STATUS_OK ? put_in_force(r, set, by, changed, err)
                           : bad_policy(f, st, err);
}

enum status policies_directories(struct router *r, const char *dir,
                                 const char *by, struct findings *f,
                                 bool *changed, struct error *err)
{
    struct policyset *set = NULL;
    enum status st = policyset_load_directories(world_policies(r->world), &dir,
                                                1, apply_names(), &set, f);

    *changed = false;
    return st == STATUS_OK ? put_in_force(r, set, by, changed, err)
                           : bad_policy(f, st, err);
}

enum status policies_open(struct router *r, struct error *err)
{
    bool changed;
    enum status st = STATUS_OK;

    if (r->options.pack_count) {
        struct findings *f = calloc(1, sizeof *f);
        if (!f)
            abort();
        findings_init(f);
        batch_begin(r);
        st = policies_load(r, r->options.packs, r->options.pack_count, "start",
                           f, &changed, err);
        findings_fini(f);
        free(f);
    }
    if (st != STATUS_OK && world_policies(r->world)) {
        log_error("POLICY-BAD", "%s -> the one that ran before stays in force",
                  err->text);
        st = STATUS_OK;
    }
    if (st == STATUS_OK && !world_policies(r->world))
        return error_set(
            err, STATUS_NOT_FOUND,
            "no policy is loaded, and none was given: use --policy DIR");
    return st;
}
