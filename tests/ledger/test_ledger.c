/* The whole directory: opening, recovery, retention, snapshot, backup. */
#include "ledger_support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/backup.h"
#include "ledger/ledger.h"
#include "ledger/state_reader.h"

/* A tiny engine: record n writes row "n mod 97" and counts in "count". */
static void apply(struct state *s, const struct record *r)
{
    char key[32], value[64];

    snprintf(key, sizeof key, "case-%d", (int)(r->seq % 97));
    snprintf(value, sizeof value, "last changed by %llu",
             (unsigned long long)r->seq);
    state_put(s, STATE_CASES, slice_of_text(key), slice_of_text(value));
    state_put(s, STATE_CONFIG, slice_of_text("count"),
              slice_of_text(strrchr(value, ' ')));
    if (r->seq % 7 == 0)
        state_delete(s, STATE_CASES, slice_of_text("case-3"));
}

static enum status apply_record(void *arg, const struct record *r,
                                struct error *err)
{
    (void)err;
    apply(((struct ledger *)arg)->state, r);
    return STATUS_OK;
}

static struct ledger *open_ledger(const char *dir, uint64_t segment_bytes)
{
    struct ledger_options o = {
        .dir = dir,
        .segment_bytes = segment_bytes,
        .space = {.refuse_bytes = 4 << 20, .stop_bytes = 2 << 20}};
    struct error err = {0};
    struct ledger *l;

    if (ledger_open(&o, &l, &err) != STATUS_OK)
        fail_msg("open: %s", err.text);
    return l;
}

/* Batches through the front door: append, then apply. */
static void feed(struct ledger *l, size_t batches, size_t size)
{
    struct record *batch = calloc(size, sizeof *batch);
    struct error err = {0};
    uint64_t durable;

    for (size_t b = 0; b < batches; b++) {
        uint64_t next = state_applied(l->state) + 1;

        for (size_t i = 0; i < size; i++)
            batch[i] = sample_record(next + i);
        if (ledger_append(l, batch, size, &durable, &err) != STATUS_OK)
            fail_msg("append: %s", err.text);
        for (size_t i = 0; i < size; i++)
            apply(l->state, &batch[i]);
        state_set_applied(l->state, next + size - 1);
        ledger_tick(l, false);
    }
    free(batch);
}

static struct digest rebuilt_hash(struct ledger *l)
{
    struct state_options o = {0};
    struct error err = {0};
    struct ledger copy = {0};

    copy.journal = l->journal;
    copy.clock = l->clock;
    assert_int_equal(state_open(&o, &copy.state, &err), STATUS_OK);
    assert_int_equal(ledger_recover(&copy, apply_record, &copy, NULL, &err),
                     STATUS_OK);
    struct digest hash = state_hash(copy.state, NULL);

    state_close(&copy.state);
    return hash;
}

static void a_crash_is_healed_by_applying_the_tail(void **state)
{
    const char *dir = scratch_path(*state, "ledger");
    struct ledger *l = open_ledger(dir, 0);
    struct error err = {0};
    uint64_t applied;

    assert_int_equal(l->epoch, 1);
    feed(l, 10, 20);
    state_checkpoint(l->state, state_applied(l->state));
    feed(l, 5, 20);
    struct digest live = state_hash(l->state, NULL);

    ledger_close(&l); /* without a checkpoint: 100 records are only journaled */
    l = open_ledger(dir, 0);
    assert_int_equal(l->epoch, 2);
    assert_int_equal(state_applied(l->state), 200);
    assert_int_equal(ledger_recover(l, apply_record, l, &applied, &err),
                     STATUS_OK);
    assert_int_equal(applied, 100);
    struct digest healed = state_hash(l->state, NULL);
    struct digest rebuilt = rebuilt_hash(l);

    assert_true(digest_equal(&live, &healed));
    assert_true(digest_equal(&live, &rebuilt));
    feed(l, 1, 5);
    ledger_close(&l);
}

static void a_second_owner_is_told_who_the_first_is(void **state)
{
    const char *dir = scratch_path(*state, "ledger");
    struct ledger *l = open_ledger(dir, 0);
    char pid[32];
    int status, ends[2];
    char said[256] = {0};

    assert_int_equal(pipe(ends), 0);
    snprintf(pid, sizeof pid, "process %d", (int)getpid());
    pid_t child = fork();

    if (child == 0) {
        struct ledger_options o = {.dir = dir};
        struct error err = {0};
        struct ledger *other;
        enum status st = ledger_open(&o, &other, &err);

        if (write(ends[1], err.text, strlen(err.text)) < 0)
            _exit(99);
        _exit((int)st);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), STATUS_BUSY);
    assert_true(read(ends[0], said, sizeof said - 1) > 0);
    assert_non_null(strstr(said, pid));
    close(ends[0]);
    close(ends[1]);
    ledger_close(&l);
}

static void a_lost_epoch_is_found_again_in_the_journal(void **state)
{
    const char *dir = scratch_path(*state, "ledger");
    struct ledger *l;
    struct journal_report report;
    struct error err = {0};

    for (uint64_t i = 1; i <= 5; i++) {
        l = open_ledger(dir, 0);
        assert_int_equal(l->epoch, i);
        ledger_close(&l);
    }
    l = open_ledger(dir, 0);
    feed(l, 1, 3);
    ledger_close(&l);
    assert_int_equal(unlink(scratch_path(*state, "ledger/epoch")), 0);
    l = open_ledger(dir, 0);
    assert_int_equal(l->epoch, 7);
    assert_int_equal(ledger_recover(l, apply_record, l, NULL, &err), STATUS_OK);
    feed(l, 1, 3);
    assert_int_equal(journal_verify(l->journal, NULL, NULL, 0, &report, &err),
                     STATUS_OK);
    ledger_close(&l);
}

static void a_state_ahead_of_its_journal_is_refused(void **state)
{
    const char *dir = scratch_path(*state, "ledger");
    struct ledger_options o = {.dir = dir};
    struct ledger *l = open_ledger(dir, 0);
    struct error err = {0};

    feed(l, 2, 10);
    state_checkpoint(l->state, 20);
    ledger_close(&l);
    unlink(scratch_path(*state, "ledger/journal/000001.mdb"));
    assert_int_equal(ledger_open(&o, &l, &err), STATUS_CORRUPT);
    assert_null(l);
}

static void overwrite(const char *path, size_t size)
{
    FILE *f = fopen(path, "r+");

    assert_non_null(f);
    for (size_t i = 0; i < size; i++)
        assert_int_not_equal(fputc(0xa5, f), EOF);
    assert_int_equal(fclose(f), 0);
}

static void a_state_with_a_damaged_header_is_made_again(void **state)
{
    const char *dir = scratch_path(*state, "ledger");
    struct ledger *l = open_ledger(dir, 0);
    struct error err = {0};
    uint64_t applied;

    feed(l, 10, 20);
    state_checkpoint(l->state, state_applied(l->state));
    struct digest live = state_hash(l->state, NULL);

    for (int time = 0; time < 2; time++) {
        ledger_close(&l);
        overwrite(scratch_path(*state, "ledger/state.mdb"), 8192);
        l = open_ledger(dir, 0);
        assert_int_equal(state_applied(l->state), 0);
        assert_true(
            file_exists(scratch_path(*state, "ledger/state.mdb.damaged")));
        assert_int_equal(ledger_recover(l, apply_record, l, &applied, &err),
                         STATUS_OK);
        assert_int_equal(applied, 200);
        struct digest again = state_hash(l->state, NULL);
        assert_memory_equal(&again, &live, sizeof live);
        state_checkpoint(l->state, state_applied(l->state));
    }
    ledger_close(&l);
    l = open_ledger(dir, 0);
    assert_int_equal(state_applied(l->state), 200);
    ledger_close(&l);
}

static void retention_trims_what_a_snapshot_stands_for(void **state)
{
    const char *dir = scratch_path(*state, "ledger");
    struct ledger_consumer consumers[] = {{.name = "gateway", .needs = 300},
                                          {.name = "export", .needs = 1}};
    struct ledger_retention r = {.keep_records = 100,
                                 .cap_records = 1750,
                                 .consumers = consumers,
                                 .consumer_count = 2};
    struct ledger *l = open_ledger(dir, 64 << 10);
    struct snapshot_info info;
    struct error err = {0};
    const char *held;
    uint64_t first;

    feed(l, 40, 50);
    assert_int_equal(ledger_retain(l, &r, &first, &held, &err), STATUS_OK);
    assert_int_equal(first, 1); /* no snapshot, nothing goes */
    state_checkpoint(l->state, 2000);
    assert_int_equal(ledger_snapshot(l, &info, &err), STATUS_OK);
    assert_int_equal(info.seq, 2000);
    assert_int_equal(ledger_retain(l, &r, &first, &held, &err), STATUS_OK);
    assert_string_equal(held, "export"); /* but only up to its cap */
    assert_in_range(first, 150, 251);
    consumers[0].needs = 1990;
    consumers[1].needs = 800;
    consumers[1].uncapped = true;
    assert_int_equal(ledger_retain(l, &r, &first, &held, &err), STATUS_OK);
    assert_string_equal(held, "export");
    assert_in_range(first, 650, 800);
    r.consumer_count = 0;
    assert_int_equal(ledger_retain(l, &r, &first, &held, &err), STATUS_OK);
    assert_null(held);
    assert_in_range(first, 1600, 1901);

    /* The state is lost: snapshot and tail bring it back. */
    feed(l, 2, 50);
    struct digest live = state_hash(l->state, NULL);

    ledger_close(&l);
    unlink(scratch_path(*state, "ledger/state.mdb"));
    unlink(scratch_path(*state, "ledger/state.mdb-lock"));
    l = open_ledger(dir, 64 << 10);
    assert_int_equal(ledger_recover(l, apply_record, l, NULL, &err), STATUS_OK);
    struct digest back = state_hash(l->state, NULL);

    assert_true(digest_equal(&live, &back));
    ledger_close(&l);

    /* Without the snapshot too, it says so. */
    unlink(scratch_path(*state, "ledger/state.mdb"));
    unlink(scratch_path(*state, "ledger/snapshots/00000000000000002000.snap"));
    l = open_ledger(dir, 64 << 10);
    assert_int_equal(ledger_recover(l, apply_record, l, NULL, &err),
                     STATUS_CORRUPT);
    ledger_close(&l);
}

static void a_damaged_snapshot_is_not_believed(void **state)
{
    const char *dir = scratch_path(*state, "ledger");
    const char *path =
        scratch_path(*state, "ledger/snapshots/00000000000000000100.snap");
    struct ledger *l = open_ledger(dir, 0);
    struct snapshot_info info;
    struct error err = {0};
    struct bytes file;
    struct state *fresh;
    struct state_options o = {0};

    feed(l, 2, 50);
    state_checkpoint(l->state, 100);
    assert_int_equal(ledger_snapshot(l, &info, &err), STATUS_OK);
    struct digest live = state_hash(l->state, NULL);

    assert_true(digest_equal(&live, &info.hash));
    assert_int_equal(state_open(&o, &fresh, &err), STATUS_OK);
    assert_int_equal(snapshot_load(l->snapshots_dir, 100, fresh, &info, &err),
                     STATUS_OK);
    struct digest loaded = state_hash(fresh, NULL);

    assert_true(digest_equal(&live, &loaded));
    assert_int_equal(state_applied(fresh), 100);
    state_close(&fresh);

    bytes_init(&file, 0);
    assert_int_equal(file_read(path, 1 << 20, &file, &err), STATUS_OK);
    for (size_t i = 0; i < file.size; i += 13) {
        file.data[i] ^= 4;
        assert_int_equal(
            file_write_atomic(path, bytes_slice(&file), 0600, &err), STATUS_OK);
        assert_int_not_equal(
            snapshot_verify(l->snapshots_dir, 100, &info, &err), STATUS_OK);
        file.data[i] ^= 4;
    }
    for (size_t n = 0; n < file.size; n += 29) {
        assert_int_equal(
            file_write_atomic(path, slice_of(file.data, n), 0600, &err),
            STATUS_OK);
        assert_int_not_equal(
            snapshot_verify(l->snapshots_dir, 100, &info, &err), STATUS_OK);
    }
    bytes_fini(&file);
    ledger_close(&l);
}

struct backing_up {
    struct backup_options options;
    struct backup_report report;
    enum status status;
    struct error err;
    _Atomic bool done;
};

static void *back_up(void *arg)
{
    struct backing_up *b = arg;

    b->status = backup_make(&b->options, &b->report, &b->err);
    b->done = true;
    return NULL;
}

static void a_running_ledger_is_saved_and_restored(void **state)
{
    const char *dir = scratch_path(*state, "ledger");
    char saved[512], back[512];
    struct backing_up b = {0};
    struct backup_report report;
    struct ledger *l = open_ledger(dir, 64 << 10);
    struct error err = {0};
    struct digest policy;
    struct bytes sealed;
    pthread_t thread;

    snprintf(saved, sizeof saved, "%s", scratch_path(*state, "saved"));
    snprintf(back, sizeof back, "%s", scratch_path(*state, "back"));
    bytes_init(&sealed, 0);
    assert_int_equal(vault_seal(l->vault, slice_of_text("wang"), 1, 0,
                                slice_of_text("secret"), &sealed, &err),
                     STATUS_OK);
    assert_int_equal(
        blob_put(l->blobs_dir, slice_of_text("policy"), &policy, &err),
        STATUS_OK);
    feed(l, 20, 50);
    state_checkpoint(l->state, 1000);
    b.options =
        (struct backup_options){.ledger_dir = dir, .to_dir = saved, .live = l};
    assert_int_equal(pthread_create(&thread, NULL, back_up, &b), 0);
    while (!b.done)
        feed(l, 1, 20);
    pthread_join(thread, NULL);
    if (b.status != STATUS_OK)
        fail_msg("backup: %s", b.err.text);
    assert_true(b.report.last >= 1000 && b.report.applied >= 1000);
    assert_true(b.report.applied <= b.report.last);
    assert_int_equal(backup_make(&b.options, NULL, &err), STATUS_EXISTS);
    ledger_close(&l);

    assert_int_equal(backup_verify(saved, &report, &err), STATUS_OK);
    assert_int_equal(report.last, b.report.last);
    assert_int_equal(report.files, b.report.files);
    assert_int_equal(backup_restore(saved, dir, NULL, NULL, &err),
                     STATUS_EXISTS);
    if (backup_restore(saved, back, NULL, &report, &err) != STATUS_OK)
        fail_msg("restore: %s", err.text);
    l = open_ledger(back, 64 << 10);
    assert_true(l->epoch >= 2);
    assert_int_equal(ledger_recover(l, apply_record, l, NULL, &err), STATUS_OK);
    assert_int_equal(state_applied(l->state), b.report.last);
    struct digest live = state_hash(l->state, NULL);
    struct digest rebuilt = rebuilt_hash(l);

    assert_true(digest_equal(&live, &rebuilt));
    assert_true(blob_exists(l->blobs_dir, &policy));
    assert_true(vault_knows(l->vault, slice_of_text("wang")));
    feed(l, 1, 5);
    ledger_close(&l);
    bytes_fini(&sealed);

    /* One byte of one file, and it is not restored. */
    struct bytes file;
    const char *path = scratch_path(*state, "saved/journal/000001.mdb");

    bytes_init(&file, 0);
    assert_int_equal(file_read(path, 64 << 20, &file, &err), STATUS_OK);
    file.data[file.size / 2] ^= 1;
    assert_int_equal(file_write_atomic(path, bytes_slice(&file), 0600, &err),
                     STATUS_OK);
    assert_int_equal(
        backup_restore(saved, scratch_path(*state, "no"), NULL, &report, &err),
        STATUS_CORRUPT);
    bytes_fini(&file);
}

static void touch(const char *path)
{
    struct error err = {0};

    assert_int_equal(file_write_atomic(path, SLICE_EMPTY, 0600, &err),
                     STATUS_OK);
}

/* A part of the journal without its end is a whole journal to look at. */
static void what_is_half_restored_is_not_opened(void **state)
{
    const char *dir = scratch_path(*state, "ledger");
    char saved[512], back[512], command[1600];
    struct ledger_options o = {.dir = back};
    struct ledger *l = open_ledger(dir, 64 << 10);
    struct error err = {0};

    snprintf(saved, sizeof saved, "%s", scratch_path(*state, "saved"));
    snprintf(back, sizeof back, "%s", scratch_path(*state, "back"));
    feed(l, 40, 50);
    state_checkpoint(l->state, 2000);
    struct backup_options b = {.ledger_dir = dir, .to_dir = saved, .live = l};

    assert_int_equal(backup_make(&b, NULL, &err), STATUS_OK);
    ledger_close(&l);
    snprintf(command, sizeof command, "mkdir -p %s/journal && cp %s %s/journal",
             back, scratch_path(*state, "saved/journal/000001.mdb"), back);
    assert_int_equal(system(command), 0);
    touch(scratch_path(*state, "back/" LEDGER_RESTORING));

    assert_int_equal(ledger_open(&o, &l, &err), STATUS_CORRUPT);
    assert_non_null(strstr(err.text, "restore"));
    assert_int_equal(ledger_reader(back, &l, &err), STATUS_CORRUPT);
    /* Once more, into the same place, is how it is put right. */
    assert_int_equal(backup_restore(saved, back, NULL, NULL, &err), STATUS_OK);
    assert_false(file_exists(scratch_path(*state, "back/" LEDGER_RESTORING)));
    l = open_ledger(back, 64 << 10);
    assert_int_equal(ledger_recover(l, apply_record, l, NULL, &err), STATUS_OK);
    assert_int_equal(state_applied(l->state), 2000);
    ledger_close(&l);
}

/* No LMDB handle lives across the fork: the child is there before. */
static int save_when_told(const struct backup_options *o, int go)
{
    struct backup_report report;
    struct error err = {0};
    char byte;

    if (read(go, &byte, 1) != 1)
        return 2;
    if (backup_make(o, &report, &err) == STATUS_OK && report.applied == 1000)
        return 0;
    fprintf(stderr, "%s\n", err.text);
    return 1;
}

static void a_backup_from_another_process_needs_no_help(void **state)
{
    const char *dir = scratch_path(*state, "ledger");
    struct backup_options o = {.ledger_dir = dir,
                               .to_dir = scratch_path(*state, "saved")};
    int status, go[2];

    assert_int_equal(pipe(go), 0);
    pid_t child = fork();

    if (child == 0)
        _exit(save_when_told(&o, go[0]));
    struct ledger *l = open_ledger(dir, 64 << 10);

    feed(l, 20, 50);
    state_checkpoint(l->state, 1000);
    assert_int_equal(write(go[1], "x", 1), 1);
    /* Appends, and no checkpoint that would change what is expected. */
    struct record r;
    struct error err = {0};
    uint64_t durable = 1000;

    while (waitpid(child, &status, WNOHANG) == 0) {
        r = sample_record(durable + 1);
        assert_int_equal(ledger_append(l, &r, 1, &durable, &err), STATUS_OK);
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    close(go[0]);
    close(go[1]);
    ledger_close(&l);
}

#define WITH_DIR(test)                                                         \
    cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIR(a_crash_is_healed_by_applying_the_tail),
        WITH_DIR(a_second_owner_is_told_who_the_first_is),
        WITH_DIR(a_lost_epoch_is_found_again_in_the_journal),
        WITH_DIR(a_state_ahead_of_its_journal_is_refused),
        WITH_DIR(a_state_with_a_damaged_header_is_made_again),
        WITH_DIR(retention_trims_what_a_snapshot_stands_for),
        WITH_DIR(a_damaged_snapshot_is_not_believed),
        WITH_DIR(a_running_ledger_is_saved_and_restored),
        WITH_DIR(what_is_half_restored_is_not_opened),
        WITH_DIR(a_backup_from_another_process_needs_no_help),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
