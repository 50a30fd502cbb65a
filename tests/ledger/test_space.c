/* A disk that fills up, on small file systems of their own. Mounting needs
 * root; without it these are skipped by name. */
#include "ledger_support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "ledger/ledger.h"

enum { MIB = 1 << 20 };

static const struct space_options small = {
    .refuse_bytes = 12 * MIB, .stop_bytes = 4 * MIB, .reserve_bytes = 8 * MIB};

struct disk {
    struct scratch scratch;
    char dir[512]; /* where it is mounted */
    bool mounted;
};

static bool run(const char *command)
{
    return system(command) == 0;
}

static bool mount_disk(struct disk *d, bool ext4)
{
    char command[4096];

    scratch_make(&d->scratch);
    snprintf(d->dir, sizeof d->dir, "%.400s/disk", d->scratch.dir);
    assert_int_equal(mkdir(d->dir, 0700), 0);
    if (!ext4) {
        d->mounted = mount("tmpfs", d->dir, "tmpfs", 0, "size=64m") == 0;
        return d->mounted;
    }
    snprintf(command, sizeof command,
             "truncate -s 80M %s/image 2>/dev/null && "
             "mkfs.ext4 -q -F -m 0 %s/image >/dev/null 2>&1 && "
             "mount -o loop %s/image %s >/dev/null 2>&1",
             d->scratch.dir, d->scratch.dir, d->scratch.dir, d->dir);
    d->mounted = run(command);
    return d->mounted;
}

static void unmount_disk(struct disk *d)
{
    if (d->mounted)
        assert_int_equal(umount(d->dir), 0);
    scratch_remove(&d->scratch);
}

static const char *on(const struct disk *d, const char *name)
{
    static char paths[8][700];
    static unsigned turn;
    char *path = paths[turn++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", d->dir, name);
    return path;
}

static uint64_t free_bytes(const struct disk *d)
{
    struct statvfs v;

    assert_int_equal(statvfs(d->dir, &v), 0);
    return (uint64_t)v.f_bavail * v.f_frsize;
}

/* A filler that leaves about so much; 0 leaves nothing at all. */
static void fill_up_to(const struct disk *d, uint64_t leave)
{
    static uint8_t block[4096];
    int fd = open(on(d, "filler"), O_WRONLY | O_CREAT | O_APPEND, 0600);

    memset(block, 'x', sizeof block);
    assert_true(fd >= 0);
    while (free_bytes(d) > leave) {
        uint64_t more = free_bytes(d) - leave;

        for (uint64_t i = 0; i < more / sizeof block + 1; i++)
            if (write(fd, block, sizeof block) != sizeof block)
                goto full;
        fsync(fd);
    }
full:
    fsync(fd);
    close(fd);
}

static void space_returns(const struct disk *d)
{
    assert_int_equal(unlink(on(d, "filler")), 0);
}

static struct ledger *open_ledger(const struct disk *d)
{
    struct ledger_options o = {
        .dir = on(d, "ledger"), .segment_bytes = 2 * MIB, .space = small};
    struct error err = {0};
    struct ledger *l;

    log_set_level(LOG_ERROR + 1);
    if (ledger_open(&o, &l, &err) != STATUS_OK)
        fail_msg("open: %s", err.text);
    return l;
}

static enum status feed(struct ledger *l, size_t n)
{
    struct record batch[100];
    struct error err = {0};
    uint64_t durable, next = state_applied(l->state) + 1;

    for (size_t i = 0; i < n; i++)
        batch[i] = sample_record(next + i);
    enum status status = ledger_append(l, batch, n, &durable, &err);

    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < n; i++) {
        char key[32];

        snprintf(key, sizeof key, "%d", (int)((next + i) % 1000));
        state_put(l->state, STATE_CASES, slice_of_text(key),
                  batch[i].parts[RECORD_DECISIONS]);
    }
    state_set_applied(l->state, next + n - 1);
    ledger_tick(l, true);
    return STATUS_OK;
}

static enum status nothing(void *arg, const struct record *r, struct error *err)
{
    (void)arg;
    (void)r;
    (void)err;
    return STATUS_OK;
}

/* The whole story on one disk. */
static void live_through_a_full_disk(struct disk *d)
{
    struct ledger *l = open_ledger(d);
    struct error err = {0};
    uint64_t before;

    assert_int_equal(space_check(l->space), SPACE_OK);
    assert_true(space_has_reserve(l->space));
    assert_int_equal(feed(l, 100), STATUS_OK);

    /* Less than `refuse`: no new events, the rest goes on. */
    fill_up_to(d, small.refuse_bytes - MIB);
    assert_int_equal(space_check(l->space), SPACE_LOW);
    assert_int_equal(feed(l, 100), STATUS_OK);

    /* Full: the reserve is let go and acknowledgements still go on. */
    fill_up_to(d, 0);
    assert_int_equal(space_check(l->space), SPACE_LOW);
    assert_false(space_has_reserve(l->space));
    assert_int_equal(feed(l, 100), STATUS_OK);

    /* Full for good: refused before anything is written, and still alive. */
    fill_up_to(d, 0);
    before = state_applied(l->state);
    assert_int_equal(space_check(l->space), SPACE_NONE);
    for (int i = 0; i < 20; i++)
        assert_int_equal(feed(l, 10), STATUS_FULL);
    assert_int_equal(state_applied(l->state), before);
    ledger_tick(l, true);

    /* A restart on the full disk starts. */
    ledger_close(&l);
    fill_up_to(d, 0);
    l = open_ledger(d);
    assert_int_equal(ledger_recover(l, nothing, NULL, NULL, &err), STATUS_OK);
    assert_int_equal(state_applied(l->state), before);
    assert_int_equal(feed(l, 10), STATUS_FULL);

    /* Space returns: on without a restart, and the reserve is there again. */
    space_returns(d);
    assert_int_equal(feed(l, 100), STATUS_OK);
    assert_int_equal(space_level(l->space), SPACE_OK);
    assert_true(space_has_reserve(l->space));
    assert_samples(l->journal, 1, before + 100);
    ledger_close(&l);
}

static void a_full_tmpfs_refuses_and_recovers(void **state)
{
    struct disk d = {0};

    (void)state;
    if (!mount_disk(&d, false)) {
        print_message("skipped: a_full_tmpfs_refuses_and_recovers: mounting "
                      "needs root\n");
        unmount_disk(&d);
        skip();
    }
    live_through_a_full_disk(&d);
    unmount_disk(&d);
}

static void a_full_ext4_refuses_and_recovers(void **state)
{
    struct disk d = {0};

    (void)state;
    if (!mount_disk(&d, true)) {
        print_message("skipped: a_full_ext4_refuses_and_recovers: no loop "
                      "devices or no mkfs.ext4\n");
        unmount_disk(&d);
        skip();
    }
    live_through_a_full_disk(&d);
    unmount_disk(&d);
}

/* Without mounting: thresholds around what is really free. */
static void levels_follow_the_free_space(void **state)
{
    struct scratch *s = *state;
    struct space *space;
    struct error err = {0};
    uint64_t is;

    assert_int_equal(file_free_space(s->dir, &is, &err), STATUS_OK);
    struct space_options o = {
        .refuse_bytes = is * 2, .stop_bytes = is / 2, .reserve_bytes = MIB};

    assert_int_equal(space_open(s->dir, &o, &space, &err), STATUS_OK);
    assert_int_equal(space_level(space), SPACE_LOW);
    assert_int_equal(space_may_write(space, 1000, &err), STATUS_OK);
    assert_int_equal(space_may_write(space, is, &err), STATUS_FULL);
    space_close(&space);
    o.stop_bytes = is * 2;
    o.refuse_bytes = is * 3;
    assert_int_equal(space_open(s->dir, &o, &space, &err), STATUS_OK);
    assert_int_equal(space_level(space), SPACE_NONE);
    assert_int_equal(space_may_write(space, 1, &err), STATUS_FULL);
    space_close(&space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(levels_follow_the_free_space,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test(a_full_tmpfs_refuses_and_recovers),
        cmocka_unit_test(a_full_ext4_refuses_and_recovers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
