#include "ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/file.h"
#include "base/log.h"
#include "base/reader.h"
#include "base/writer.h"
#include "ledger/journal_lmdb.h"
#include "ledger/lmdb_env.h"

/* --- the epoch: two slots in a file that is never resized ---
 *
 *    0  4  magic "YnEp"      a slot; the other one begins at 4096
 *    4  4  CRC32C over bytes 8 to 15
 *    8  8  epoch
 *
 * The slot with the lower epoch is overwritten in place and synced, so that
 * it works on a full disk and a torn write leaves the other slot. */

enum { SLOT_BYTES = 16, SLOT_STEP = 4096, TICK_RECORDS = 256 };

static const char epoch_magic[4] = {'Y', 'n', 'E', 'p'};

static uint64_t parse_slot(const uint8_t s[SLOT_BYTES])
{
    if (memcmp(s, epoch_magic, sizeof epoch_magic) != 0 ||
        get_u32(s + 4) != crc32c_of(slice_of(s + 8, 8)))
        return 0;
    return get_u64(s + 8);
}

static enum status raise_epoch(int fd, uint64_t at_least, uint64_t *epoch,
                               struct error *err)
{
    uint8_t slots[2][SLOT_BYTES] = {{0}};
    uint64_t found[2];

    for (int i = 0; i < 2; i++) {
        if (pread(fd, slots[i], SLOT_BYTES, i * SLOT_STEP) < 0)
            return error_set_errno(err, errno, "read the epoch");
        found[i] = parse_slot(slots[i]);
    }
    uint64_t last = found[0] > found[1] ? found[0] : found[1];
    int older = found[0] > found[1] ? 1 : 0;
    uint8_t *s = slots[older];

    *epoch = (last > at_least ? last : at_least) + 1;
    memcpy(s, epoch_magic, sizeof epoch_magic);
    put_u64(s + 8, *epoch);
    put_u32(s + 4, crc32c_of(slice_of(s + 8, 8)));
    if (pwrite(fd, s, SLOT_BYTES, older * SLOT_STEP) != SLOT_BYTES ||
        fdatasync(fd) != 0)
        return error_set_errno(err, errno, "write the epoch");
    return STATUS_OK;
}

static enum status next_epoch(const char *dir, uint64_t at_least,
                              uint64_t *epoch, struct error *err)
{
    char path[LIMIT_PATH_BYTES];
    bool fresh;
    enum status status = file_join(path, sizeof path, dir, "epoch", err);

    if (status != STATUS_OK)
        return status;
    fresh = !file_exists(path);
    status = space_allocate(path, 2 * SLOT_STEP, err);
    if (status == STATUS_OK && fresh)
        status = file_sync_dir(dir, err);
    if (status != STATUS_OK)
        return status;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return error_set_errno(err, errno, "open %s", path);
    status = raise_epoch(fd, at_least, epoch, err);
    close(fd);
    return status;
}

/* --- opening --- */

static enum status may_write(void *state, uint64_t bytes, struct error *err)
{
    return space_may_write(state, bytes, err);
}

static enum status join(const char *dir, const char *name,
                        char out[LIMIT_PATH_BYTES], struct error *err)
{
    return file_join(out, LIMIT_PATH_BYTES, dir, name, err);
}

enum status ledger_state_path(const char *dir, char out[LIMIT_PATH_BYTES],
                              struct error *err)
{
    return join(dir, "state.mdb", out, err);
}

static enum status set_paths(struct ledger *l, const char *dir,
                             struct error *err)
{
    enum status status = join(dir, "", l->dir, err);

    if (status == STATUS_OK)
        status = join(dir, "blobs", l->blobs_dir, err);
    if (status == STATUS_OK)
        status = join(dir, "snapshots", l->snapshots_dir, err);
    return status;
}

static enum status take_lock(struct ledger *l, struct error *err)
{
    char path[LIMIT_PATH_BYTES];
    enum status status = file_make_dirs(l->dir, 0700, err);

    if (status == STATUS_OK)
        status = join(l->dir, "lock", path, err);
    return status == STATUS_OK ? lockfile_take(&l->lock, path, err) : status;
}

static enum status open_journal(struct ledger *l,
                                const struct ledger_options *options,
                                struct error *err)
{
    struct journal_lmdb_options o = {.segment_bytes = options->segment_bytes,
                                     .threaded = options->journal_thread,
                                     .may_write = may_write,
                                     .may_write_state = l->space};
    struct journal_position p;
    char path[LIMIT_PATH_BYTES];
    enum status status = next_epoch(l->dir, 0, &l->epoch, err);

    if (status == STATUS_OK)
        status = join(l->dir, "journal", path, err);
    if (status != STATUS_OK)
        return status;
    o.epoch = l->epoch;
    status = journal_lmdb_open(path, &o, &l->journal, err);
    if (status != STATUS_OK)
        return status;
    journal_position(l->journal, &p);
    if (p.epoch < l->epoch)
        return STATUS_OK;
    /* The epoch's file was lost: the journal knows better. */
    journal_close(&l->journal);
    status = next_epoch(l->dir, p.epoch, &l->epoch, err);
    o.epoch = l->epoch;
    return status == STATUS_OK ? journal_lmdb_open(path, &o, &l->journal, err)
                               : status;
}

/* It can be made again of the journal: put out of the way, not lost. */
static enum status put_aside(const char *path, const struct error *why,
                             struct error *err)
{
    char aside[LIMIT_PATH_BYTES], lock[LIMIT_PATH_BYTES];

    if (snprintf(aside, sizeof aside, "%s.damaged", path) >=
            (int)sizeof aside ||
        snprintf(lock, sizeof lock, "%s-lock", path) >= (int)sizeof lock)
        return error_set(err, STATUS_TOO_LARGE, "path too long: %s", path);
    log_error("STATE-DAMAGED",
              "%s -> put aside as %s; the state is made again of the journal",
              why->text, aside);
    if (rename(path, aside) != 0)
        return error_set_errno(err, errno, "rename %s", path);
    (void)unlink(lock);
    return STATUS_OK;
}

/* A damaged page was met when this state was used last. */
static enum status drop_suspect(const char *path, struct error *err)
{
    char mark[LIMIT_PATH_BYTES + 16];
    struct error why;
    enum status status = lmdb_suspect_path(path, mark, sizeof mark, err);

    if (status != STATUS_OK || !file_exists(mark))
        return status;
    (void)error_set(&why, STATUS_CORRUPT, "state %s: a damaged page", path);
    if (file_exists(path))
        status = put_aside(path, &why, err);
    if (status == STATUS_OK && unlink(mark) != 0)
        status = error_set_errno(err, errno, "remove %s", mark);
    return status;
}

static enum status open_state(struct ledger *l,
                              const struct state_options *options,
                              struct error *err)
{
    struct state_options o = *options;
    struct journal_position p;
    char path[LIMIT_PATH_BYTES];
    struct error local;

    if (err == NULL)
        err = &local;
    enum status status = ledger_state_path(l->dir, path, err);

    if (status != STATUS_OK)
        return status;
    status = drop_suspect(path, err);
    if (status != STATUS_OK)
        return status;
    o.path = path;
    o.clock = l->clock;
    status = state_open(&o, &l->state, err);
    if (status == STATUS_CORRUPT) {
        struct error why = *err;
        status = put_aside(path, &why, err);
        if (status == STATUS_OK)
            status = state_open(&o, &l->state, err);
    }
    if (status != STATUS_OK)
        return status;
    journal_position(l->journal, &p);
    if (state_applied(l->state) <= p.last)
        return STATUS_OK;
    return error_set(err, STATUS_CORRUPT,
                     "the state stands for record %llu, the journal ends at "
                     "%llu",
                     (unsigned long long)state_applied(l->state),
                     (unsigned long long)p.last);
}

static enum status must_be_whole(const char *dir, struct error *err)
{
    char mark[LIMIT_PATH_BYTES];
    enum status status = join(dir, LEDGER_RESTORING, mark, err);

    if (status == STATUS_OK && file_exists(mark))
        status = error_set(err, STATUS_CORRUPT,
                           "it was not restored to its end: \"yinuo restore\" "
                           "it again");
    return status;
}

/* Nobody may lose them without being told. */
static void look_for_keys(const struct ledger *l, const char *keys)
{
    struct journal_position p;

    journal_position(l->journal, &p);
    if (p.last > 0 && !file_exists(keys))
        log_error("KEYS-MISSING",
                  "no %s -> what customers have said up to record %llu cannot "
                  "be read; bring it back from a backup, or go on without",
                  keys, (unsigned long long)p.last);
}

static enum status open_parts(struct ledger *l,
                              const struct ledger_options *options,
                              struct error *err)
{
    char keys[LIMIT_PATH_BYTES];
    enum status status = set_paths(l, options->dir, err);

    if (status == STATUS_OK)
        status = take_lock(l, err);
    if (status == STATUS_OK)
        status = must_be_whole(l->dir, err);
    if (status == STATUS_OK)
        status = space_open(l->dir, &options->space, &l->space, err);
    if (status == STATUS_OK)
        status = open_journal(l, options, err);
    if (status == STATUS_OK)
        status = open_state(l, &options->state, err);
    if (status == STATUS_OK)
        status = join(l->dir, "keys.mdb", keys, err);
    if (status == STATUS_OK)
        look_for_keys(l, keys);
    if (status == STATUS_OK)
        status = vault_open(keys, options->random, &l->vault, err);
    return status;
}

enum status ledger_open(const struct ledger_options *options,
                        struct ledger **out, struct error *err)
{
    struct ledger *l = calloc(1, sizeof *l);

    *out = NULL;
    if (l == NULL)
        return error_set(err, STATUS_NO_MEMORY, "open the ledger");
    l->clock = options->clock != NULL ? options->clock : clock_system();
    l->stop_bytes = options->space.stop_bytes != 0
                        ? options->space.stop_bytes
                        : (uint64_t)LIMIT_DISK_STOP_BYTES;
    enum status status = open_parts(l, options, err);

    if (status != STATUS_OK) {
        ledger_close(&l);
        error_wrap(err, "open the ledger %s", options->dir);
        return status;
    }
    *out = l;
    return STATUS_OK;
}

void ledger_close(struct ledger **out)
{
    struct ledger *l = *out;

    if (l == NULL)
        return;
    *out = NULL;
    state_close(&l->state);
    journal_close(&l->journal);
    vault_close(&l->vault);
    if (l->space != NULL)
        space_close(&l->space);
    lockfile_release(&l->lock);
    free(l);
}

enum status ledger_reader(const char *dir, struct ledger **out,
                          struct error *err)
{
    struct ledger *l = calloc(1, sizeof *l);
    char journal[LIMIT_PATH_BYTES], keys[LIMIT_PATH_BYTES];

    *out = NULL;
    if (l == NULL)
        return error_set(err, STATUS_NO_MEMORY, "read the ledger");
    l->clock = clock_system();
    enum status status = set_paths(l, dir, err);

    if (status == STATUS_OK)
        status = must_be_whole(dir, err);
    if (status == STATUS_OK)
        status = join(dir, "journal", journal, err);
    if (status == STATUS_OK)
        status = join(dir, "keys.mdb", keys, err);
    if (status == STATUS_OK)
        status = journal_lmdb_reader(journal, &l->journal, err);
    /* A backup without keys has none: then no personal part opens. */
    if (status == STATUS_OK && file_exists(keys))
        status = vault_reader(keys, &l->vault, err);
    if (status != STATUS_OK) {
        ledger_close(&l);
        error_wrap(err, "read the ledger %s", dir);
        return status;
    }
    *out = l;
    return STATUS_OK;
}

/* --- running --- */

enum status ledger_hand_over(struct ledger *l, struct record *records,
                             size_t count, uint64_t *ticket, struct error *err)
{
    enum status status = vault_commit(l->vault, err);

    return status == STATUS_OK ? journal_append(l->journal, records, count,
                                                l->epoch, ticket, err)
                               : status;
}

enum status ledger_append(struct ledger *l, struct record *records,
                          size_t count, uint64_t *durable, struct error *err)
{
    uint64_t ticket;
    enum status status = ledger_hand_over(l, records, count, &ticket, err);

    return status == STATUS_OK ? journal_next(l->journal, ticket, durable, err)
                               : status;
}

/* LMDB ends the process when a commit finds no room, so a checkpoint is not
 * begun where it might not. It copies pages: reckon with several times the
 * bytes of the rows. */
static bool no_room_for_checkpoint(struct ledger *l)
{
    struct state_stats stats;

    if (l->space == NULL || space_level(l->space) == SPACE_OK)
        return false;
    if (space_level(l->space) == SPACE_NONE)
        return true;
    state_stats(l->state, &stats);
    return space_free_bytes(l->space) <
           l->stop_bytes + 4 * (uint64_t)stats.active_bytes;
}

enum state_pressure ledger_tick(struct ledger *l, bool idle)
{
    struct journal_position p;

    journal_position(l->journal, &p);
    return state_tick(
        l->state, &(struct state_tick){.now_ms = clock_monotonic_ms(l->clock),
                                       .durable_seq = p.last,
                                       .idle = idle,
                                       .hold = no_room_for_checkpoint(l)});
}

/* --- recovery --- */

struct recovering {
    struct ledger *ledger;
    ledger_apply *apply;
    void *arg;
    uint64_t count;
};

static enum status apply_one(void *state, const struct record *r,
                             struct slice bytes, struct error *err)
{
    struct recovering *c = state;
    struct ledger *l = c->ledger;
    enum status status = c->apply(c->arg, r, err);

    (void)bytes;
    if (status != STATUS_OK)
        return error_wrap(err, "apply record %llu", (unsigned long long)r->seq);
    state_set_applied(l->state, r->seq);
    if (++c->count % TICK_RECORDS != 0)
        return STATUS_OK;
    /* Nobody is waiting for anything but the end of this: rather stop here
     * than outgrow the memory. */
    if (ledger_tick(l, false) == STATE_FULL && !no_room_for_checkpoint(l))
        state_checkpoint(l->state, r->seq);
    return STATUS_OK;
}

/* The newest snapshot that the journal can go on from. */
static enum status load_snapshot(struct ledger *l, uint64_t first,
                                 struct error *err)
{
    uint64_t seqs[256];
    size_t n;
    struct snapshot_info info;
    enum status status = snapshot_list(l->snapshots_dir, seqs, 256, &n, err);

    if (status != STATUS_OK)
        return status;
    for (size_t i = n < 256 ? n : 256; i-- > 0;) {
        if (seqs[i] + 1 < first)
            break;
        status = snapshot_verify(l->snapshots_dir, seqs[i], &info, err);
        if (status != STATUS_OK) {
            log_error("SNAPSHOT-DAMAGED", "%s -> an older one is looked for",
                      err->text);
            continue;
        }
        return snapshot_load(l->snapshots_dir, seqs[i], l->state, &info, err);
    }
    return error_set(err, STATUS_CORRUPT,
                     "the journal begins at record %llu and no snapshot "
                     "stands for what was before",
                     (unsigned long long)first);
}

enum status ledger_recover(struct ledger *l, ledger_apply *apply, void *arg,
                           uint64_t *applied, struct error *err)
{
    struct recovering c = {.ledger = l, .apply = apply, .arg = arg};
    struct journal_position p;
    struct error local;

    if (err == NULL)
        err = &local;
    journal_position(l->journal, &p);
    if (state_applied(l->state) + 1 < p.first) {
        enum status status = load_snapshot(l, p.first, err);

        if (status != STATUS_OK)
            return status;
    }
    enum status status = journal_each(l->journal, state_applied(l->state) + 1,
                                      apply_one, &c, err);

    if (applied != NULL)
        *applied = c.count;
    return status;
}
