#include "cli/rebuild.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "ledger/apply.h"
#include "ledger/customs.h"
#include "ledger/snapshot.h"
#include "ledger/state_reader.h"

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

/* All rows after record upto, made from the journal alone, into state. */
static enum status make_again(struct ledger *l, struct state *state,
                              uint64_t upto, struct error *err)
{
    struct world_options options = {
        .state = state, .blob = blob_of, .blob_context = l->blobs_dir};
    struct world *world = NULL;
    struct apply apply;
    struct rebuilding b = {&apply, upto};
    uint64_t next = 1;
    enum status status = begin_rebuild(l, state, upto, &next, err);

    if (status == STATUS_OK)
        status = world_new(&options, &world, err);
    if (status != STATUS_OK)
        return status;
    apply_init(&apply, state, world, l->blobs_dir);
    if (next > 1)
        status = apply_policy(&apply, err);
    if (status == STATUS_OK && next <= upto)
        status = journal_each(l->journal, next, rebuild_one, &b, err);
    if (status == STATUS_CANCELLED)
        status = STATUS_OK;
    apply_fini(&apply);
    world_free(&world);
    return status;
}

/* A key as a person can read it: letters as they are, other bytes as hex. */
static void name_row(struct rebuild_proof *proof, enum state_table table,
                     struct slice key, const char *what)
{
    size_t used;

    if (proof->different++)
        return;
    used = (size_t)snprintf(proof->first, REBUILD_NAME_MAX, "%s ",
                            state_table_name(table));
    for (size_t i = 0; i < key.size && used + 40 < REBUILD_NAME_MAX; i++)
        used += (size_t)snprintf(proof->first + used, REBUILD_NAME_MAX - used,
                                 isgraph(key.data[i]) ? "%c" : "\\x%02x",
                                 key.data[i]);
    snprintf(proof->first + used, REBUILD_NAME_MAX - used, ": %s", what);
}

/* A case that nothing has happened to since an earlier version. */
static bool is_older(enum state_table table, struct slice live,
                     struct slice again)
{
    struct bytes renewed = {0};
    bool same = table == STATE_CASES &&
                customs_renew_case(live, &renewed, NULL) == STATUS_OK &&
                slice_equal(bytes_slice(&renewed), again);

    bytes_fini(&renewed);
    return same;
}

/* Rows of the live state that the rebuilt one has not, or not so. */
static enum status compare_live(struct state *again, struct state_reader *live,
                                struct rebuild_proof *proof, struct error *err)
{
    enum state_table table;
    struct slice key, value, other;
    enum status status;

    state_reader_rewind(live);
    while ((status = state_reader_next(live, &table, &key, &value, err)) ==
           STATUS_OK) {
        if (table == STATE_META)
            continue;
        if (!state_get(again, table, key, &other))
            name_row(proof, table, key, "only in the live state");
        else if (slice_equal(value, other))
            continue;
        else if (is_older(table, value, other))
            proof->older++;
        else
            name_row(proof, table, key, "other bytes");
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* Rows that only the rebuilt one has. */
static void compare_again(struct state *again, struct state_reader *live,
                          struct rebuild_proof *proof)
{
    for (int t = 0; t < STATE_TABLE_END; t++) {
        enum state_table table = (enum state_table)t;
        struct state_cursor cursor;
        struct slice key, value, other;
        if (table == STATE_META)
            continue;
        state_cursor_open(&cursor, again, table, SLICE_EMPTY, SLICE_EMPTY);
        while (state_cursor_next(&cursor, &key, &value))
            if (!state_reader_get(live, table, key, &other))
                name_row(proof, table, key, "only in the rebuilt state");
        state_cursor_close(&cursor);
    }
}

static enum status prove(struct ledger *l, struct state *state,
                         struct state_reader *live, struct rebuild_proof *proof,
                         struct error *err)
{
    enum status status;

    proof->upto = state_reader_applied(live);
    status = state_reader_hash(live, &proof->live, &proof->live_rows, err);
    if (status == STATUS_OK)
        status = make_again(l, state, proof->upto, err);
    if (status != STATUS_OK)
        return status;
    proof->hash = state_hash(state, &proof->rows);
    proof->same = digest_equal(&proof->hash, &proof->live);
    if (!proof->same) {
        status = compare_live(state, live, proof, err);
        compare_again(state, live, proof);
        proof->same = status == STATUS_OK && proof->older && !proof->different;
    }
    proof->done = status == STATUS_OK;
    return status;
}

enum status rebuild_prove(struct ledger *l, struct rebuild_proof *proof,
                          struct error *err)
{
    struct state_options options = {0};
    struct state_reader *live = NULL;
    struct state *state = NULL;
    char path[LIMIT_PATH_BYTES];
    enum status status = ledger_state_path(l->dir, path, err);

    if (status == STATUS_OK)
        status = state_reader_open(path, &live, err);
    if (status == STATUS_OK)
        status = state_open(&options, &state, err);
    if (status == STATUS_OK)
        status = prove(l, state, live, proof, err);
    state_close(&state);
    state_reader_close(&live);
    return status;
}
