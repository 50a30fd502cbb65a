/* Files that were cut short and bytes that have turned, anywhere: whoever reads
 * them is told which file it is, by a status or by an exit code, and never ends
 * by a signal. */
#include "ledger_support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "ledger/journal_lmdb.h"
#include "ledger/ledger.h"
#include "ledger/state_reader.h"

enum { RECORDS = 3000, HITS = 60, PAGE = 4096 };

static void apply(struct state *s, const struct record *r)
{
    char key[32], value[400];

    snprintf(key, sizeof key, "case-%d", (int)(r->seq % 997));
    snprintf(value, sizeof value, "changed by %llu %*s",
             (unsigned long long)r->seq, (int)(r->seq % 300), "");
    state_put(s, STATE_CASES, slice_of_text(key), slice_of_text(value));
}

static enum status apply_record(void *arg, const struct record *r,
                                struct error *err)
{
    (void)err;
    apply(((struct ledger *)arg)->state, r);
    return STATUS_OK;
}

static enum status open_here(const char *dir, struct ledger **l,
                             struct error *err)
{
    struct ledger_options o = {
        .dir = dir,
        .segment_bytes = 200 << 10,
        .space = {.refuse_bytes = 4 << 20, .stop_bytes = 2 << 20}};
    enum status status = ledger_open(&o, l, err);

    return status == STATUS_OK ? ledger_recover(*l, apply_record, *l, NULL, err)
                               : status;
}

/* Some segments, and a state that stands for all of them. */
static void make_ledger(const char *dir)
{
    struct record batch[100];
    struct error err = {0};
    struct ledger *l;
    uint64_t durable;

    assert_int_equal(open_here(dir, &l, &err), STATUS_OK);
    for (uint64_t next = 1; next <= RECORDS; next += 100) {
        for (uint64_t i = 0; i < 100; i++) {
            batch[i] = sample_record(next + i);
            apply(l->state, &batch[i]);
        }
        assert_int_equal(ledger_append(l, batch, 100, &durable, &err),
                         STATUS_OK);
        state_set_applied(l->state, next + 99);
    }
    state_checkpoint(l->state, RECORDS);
    ledger_close(&l);
}

static off_t size_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void cut(const char *path, off_t size)
{
    assert_int_equal(truncate(path, size), 0);
}

static void overwrite(const char *path, off_t at, const void *bytes, size_t n)
{
    int fd = open(path, O_RDWR);

    assert_int_equal(pwrite(fd, bytes, n, at), (ssize_t)n);
    close(fd);
}

/* The last segment that has records; the spare is behind it. */
static const char *last_segment(const struct scratch *s)
{
    char name[64];
    const char *last = NULL;

    for (unsigned n = 1;; n++) {
        snprintf(name, sizeof name, "ledger/journal/%06u.mdb", n);
        const char *path = scratch_path(s, name);

        if (!file_exists(path) || size_of(path) < 100 << 10)
            return last;
        last = path;
    }
}

static enum status count(void *state, const struct record *r,
                         struct slice bytes, struct error *err)
{
    (void)bytes;
    (void)err;
    assert_int_equal(r->seq, ++*(uint64_t *)state);
    return STATUS_OK;
}

/* What a reader makes of it: how far he comes, and what he is told. */
static enum status read_all(const struct scratch *s, uint64_t *reached,
                            struct error *err)
{
    struct journal *j;
    enum status status =
        journal_lmdb_reader(scratch_path(s, "ledger/journal"), &j, err);

    *reached = 0;
    if (status == STATUS_OK)
        status = journal_each(j, 1, count, reached, err);
    journal_close(&j);
    return status;
}

static void a_segment_cut_short_is_told_with_its_name(void **state)
{
    const char *first = scratch_path(*state, "ledger/journal/000001.mdb");
    struct error err = {0};
    uint64_t reached;

    make_ledger(scratch_path(*state, "ledger"));
    assert_int_equal(read_all(*state, &reached, &err), STATUS_OK);
    assert_int_equal(reached, RECORDS);
    /* Its newest pages are gone, and the way to the others is not. */
    uint8_t page[PAGE] = {0};
    off_t size = size_of(first);

    overwrite(first, size / PAGE / 2 * PAGE, page, sizeof page);
    assert_int_equal(read_all(*state, &reached, &err), STATUS_CORRUPT);
    assert_true(reached > 0 && reached < RECORDS);
    assert_non_null(strstr(err.text, "000001.mdb"));
    cut(first, size / 2);
    assert_int_equal(read_all(*state, &reached, &err), STATUS_CORRUPT);
    assert_non_null(strstr(err.text, "000001.mdb"));
}

static void a_damaged_last_segment_is_not_passed_over(void **state)
{
    make_ledger(scratch_path(*state, "ledger"));
    const char *last = last_segment(*state);
    struct error err = {0};
    struct ledger *l;
    uint64_t reached;

    assert_non_null(last);
    assert_null(strstr(last, "000001"));
    cut(last, 3 * PAGE);
    assert_int_equal(read_all(*state, &reached, &err), STATUS_CORRUPT);
    assert_non_null(strstr(err.text, strrchr(last, '/')));
    assert_int_equal(open_here(scratch_path(*state, "ledger"), &l, &err),
                     STATUS_CORRUPT);
    assert_true(file_exists(last));
}

/* --- what ends a process --- */

/* 0, or the exit code that tells of damage; a signal fails. */
static int end_of(const struct scratch *s, int (*deed)(const struct scratch *))
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(60);
        log_set_level(LOG_ERROR);
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(99);
        _exit(deed(s));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status))
        fail_msg("it died of signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

static int own_it(const struct scratch *s)
{
    struct error err = {0};
    struct ledger *l;
    char key[32];
    struct slice value;
    enum status status = open_here(scratch_path(s, "ledger"), &l, &err);

    if (status != STATUS_OK)
        return child_exit_code(status);
    for (int i = 0; i < 997; i++) {
        snprintf(key, sizeof key, "case-%d", i);
        (void)state_get(l->state, STATE_CASES, slice_of_text(key), &value);
    }
    state_checkpoint(l->state, state_applied(l->state));
    ledger_close(&l);
    return 0;
}

static int read_it(const struct scratch *s)
{
    struct state_reader *r;
    struct digest hash;
    struct error err = {0};
    uint64_t reached;
    enum status status = read_all(s, &reached, &err);

    if (status == STATUS_OK)
        status =
            state_reader_open(scratch_path(s, "ledger/state.mdb"), &r, &err);
    if (status == STATUS_OK) {
        status = state_reader_hash(r, &hash, NULL, &err);
        state_reader_close(&r);
    }
    return child_exit_code(status);
}

static void a_damaged_state_is_made_again_by_the_next_start(void **state)
{
    const char *file = scratch_path(*state, "ledger/state.mdb");

    make_ledger(scratch_path(*state, "ledger"));
    off_t size = size_of(file);

    for (int time = 0; time < 2; time++) {
        cut(file, 2 * PAGE);
        assert_int_equal(end_of(*state, own_it), 1);
        assert_true(
            file_exists(scratch_path(*state, "ledger/state.mdb.suspect")));
        assert_int_equal(end_of(*state, own_it), 0);
        assert_false(
            file_exists(scratch_path(*state, "ledger/state.mdb.suspect")));
        assert_true(
            file_exists(scratch_path(*state, "ledger/state.mdb.damaged")));
        assert_int_equal(end_of(*state, own_it), 0);
    }
    /* Who only reads says so, and leaves the rest to its owner. */
    assert_true(size_of(file) > size / 2);
    cut(file, 2 * PAGE);
    assert_int_equal(end_of(*state, read_it), CHILD_EXIT_FINAL);
    assert_false(file_exists(scratch_path(*state, "ledger/state.mdb.suspect")));
}

static void hit(struct random_seeded *r, const char *path)
{
    uint8_t page[PAGE], bit;
    uint64_t pages = (uint64_t)size_of(path) / PAGE;
    off_t at = (off_t)(random_below(&r->random, pages) * PAGE);
    int fd = open(path, O_RDWR);

    assert_int_equal(pread(fd, page, sizeof page, at), PAGE);
    close(fd);
    switch (random_below(&r->random, 4)) {
    case 0:
        memset(page, 0, sizeof page);
        break;
    case 1:
        random_fill(&r->random, page, sizeof page);
        break;
    case 2:
        cut(path, at + (off_t)random_below(&r->random, PAGE));
        return;
    default:
        bit = (uint8_t)(1 << random_below(&r->random, 8));
        page[random_below(&r->random, 64)] ^= bit;
    }
    overwrite(path, at, page, sizeof page);
}

static void no_damage_ends_in_a_signal(void **state)
{
    static const char *const files[] = {"ledger/state.mdb",
                                        "ledger/journal/000001.mdb"};
    struct scratch whole;
    struct random_seeded r;
    char command[3 * LIMIT_PATH_BYTES];

    scratch_make(&whole);
    make_ledger(scratch_path(&whole, "ledger"));
    unlink(scratch_path(&whole, "ledger/reserve"));
    random_seeded_init(&r, 20261122);
    for (int i = 0; i < HITS; i++) {
        snprintf(command, sizeof command, "rm -rf %s && cp -r %s %s",
                 scratch_path(*state, "ledger"), scratch_path(&whole, "ledger"),
                 scratch_path(*state, "ledger"));
        assert_int_equal(system(command), 0);
        const char *file = i % 3 == 2 ? last_segment(*state)
                                      : scratch_path(*state, files[i % 3]);

        hit(&r, file);
        (void)end_of(*state, read_it);
        if (end_of(*state, own_it) == 1 && i % 3 == 0)
            assert_int_equal(end_of(*state, own_it), 0);
    }
    scratch_remove(&whole);
}

#define WITH_DIR(test)                                                         \
    cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIR(a_segment_cut_short_is_told_with_its_name),
        WITH_DIR(a_damaged_last_segment_is_not_passed_over),
        WITH_DIR(a_damaged_state_is_made_again_by_the_next_start),
        WITH_DIR(no_damage_ends_in_a_signal),
    };

    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
