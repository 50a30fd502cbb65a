/* The journal's promises, of both implementations. */
#include "ledger_support.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "ledger/journal_lmdb.h"
#include "ledger/journal_memory.h"

static void open_journal(const struct scratch *d, uint64_t epoch,
                         uint64_t segment_bytes, struct journal **j)
{
    struct journal_lmdb_options o = {.epoch = epoch,
                                     .segment_bytes = segment_bytes};
    struct error err = {0};

    if (journal_lmdb_open(scratch_path(d, "journal"), &o, j, &err) != STATUS_OK)
        fail_msg("open: %s", err.text);
}

static void what_was_appended_is_read_back_after_reopening(void **state)
{
    struct journal *j;
    struct journal_position p;

    open_journal(*state, 1, 0, &j);
    journal_position(j, &p);
    assert_int_equal(p.first, 1);
    assert_int_equal(p.last, 0);
    append_samples(j, 1, 1);
    append_samples(j, 1, 31);
    append_samples(j, 1, 500);
    assert_samples(j, 1, 532);
    journal_close(&j);

    open_journal(*state, 2, 0, &j);
    journal_position(j, &p);
    assert_int_equal(p.last, 532);
    assert_int_equal(p.epoch, 1);
    assert_samples(j, 1, 532);
    append_samples(j, 2, 3);
    assert_samples(j, 1, 535);
    assert_samples(j, 530, 535);
    journal_close(&j);
}

static void segments_follow_each_other_and_are_trimmed_whole(void **state)
{
    struct journal *j;
    struct journal_head heads[64];
    struct journal_report report;
    struct journal_stats stats;
    struct error err = {0};
    size_t n;
    uint64_t first;

    open_journal(*state, 1, 64 << 10, &j);
    for (int i = 0; i < 40; i++)
        append_samples(j, 1, 50);
    assert_samples(j, 1, 2000);
    assert_int_equal(journal_heads(j, heads, 64, &n, &err), STATUS_OK);
    assert_in_range(n, 5, 63);
    assert_int_equal(heads[0].first, 1);
    assert_int_equal(heads[1].first, heads[0].last + 1);
    assert_int_equal(journal_verify(j, NULL, heads, n, &report, &err),
                     STATUS_OK);
    assert_int_equal(report.records, 2000);
    assert_int_equal(report.heads, n);

    /* Not before the segment's end. */
    assert_int_equal(journal_trim(j, heads[2].last - 1, &first, &err),
                     STATUS_OK);
    assert_int_equal(first, heads[2].first);
    assert_int_equal(journal_trim(j, heads[2].last, &first, &err), STATUS_OK);
    assert_int_equal(first, heads[3].first);
    assert_false(file_exists(scratch_path(*state, "journal/000001.mdb")));
    assert_false(file_exists(scratch_path(*state, "journal/000003.mdb-lock")));
    assert_true(file_exists(scratch_path(*state, "journal/000004.mdb")));

    struct journal_page page;

    journal_page_init(&page);
    assert_int_equal(journal_read(j, 1, NULL, &page, &err), STATUS_EXPIRED);
    journal_page_fini(&page);
    journal_close(&j);
    open_journal(*state, 2, 64 << 10, &j);
    assert_samples(j, first, 2000);
    assert_int_equal(
        journal_verify(j, &heads[2].chain, heads + 3, n - 3, &report, &err),
        STATUS_OK);
    assert_int_equal(journal_verify(j, &heads[1].chain, NULL, 0, &report, &err),
                     STATUS_CORRUPT);
    journal_stats(j, &stats);
    assert_int_equal(stats.records, 2000 + 1 - first);
    assert_int_equal(journal_trim(j, UINT64_MAX, &first, &err), STATUS_OK);
    append_samples(j, 2, 5);
    assert_samples(j, first, 2005);
    journal_close(&j);
}

static void an_older_owner_loses(void **state)
{
    struct journal *j;
    struct record r = sample_record(3);
    struct error err = {0};
    uint64_t ticket;

    open_journal(*state, 5, 0, &j);
    append_samples(j, 5, 2);
    assert_int_equal(journal_append(j, &r, 1, 4, &ticket, &err),
                     STATUS_CONFLICT);
    journal_close(&j);
    open_journal(*state, 4, 0, &j);
    assert_int_equal(journal_append(j, &r, 1, 4, &ticket, &err),
                     STATUS_CONFLICT);
    journal_close(&j);
}

static enum status say_full(void *state, uint64_t bytes, struct error *err)
{
    (void)bytes;
    return *(bool *)state ? error_set(err, STATUS_FULL, "no room") : STATUS_OK;
}

static void a_full_disk_refuses_before_anything_is_written(void **state)
{
    bool full = false;
    struct journal_lmdb_options o = {
        .epoch = 1, .may_write = say_full, .may_write_state = &full};
    struct error err = {0};
    struct record r = sample_record(2);
    struct journal *j;
    uint64_t ticket;

    assert_int_equal(
        journal_lmdb_open(scratch_path(*state, "journal"), &o, &j, &err),
        STATUS_OK);
    append_samples(j, 1, 1);
    full = true;
    assert_int_equal(journal_append(j, &r, 1, 1, &ticket, &err), STATUS_FULL);
    assert_samples(j, 1, 1);
    full = false;
    append_samples(j, 1, 1);
    assert_samples(j, 1, 2);
    journal_close(&j);
}

static void a_batch_over_its_limit_is_refused(void **state)
{
    struct journal *j;
    struct error err = {0};
    uint64_t ticket;
    uint8_t *big = calloc(1, LIMIT_RECORD_BYTES);
    struct record r = sample_record(1);
    struct record *many = calloc(LIMIT_BATCH_RECORDS + 1, sizeof *many);

    open_journal(*state, 1, 0, &j);
    r.parts[RECORD_INPUT] = slice_of(big, LIMIT_RECORD_BYTES);
    assert_int_equal(journal_append(j, &r, 1, 1, &ticket, &err),
                     STATUS_TOO_LARGE);
    for (uint64_t i = 0; i <= LIMIT_BATCH_RECORDS; i++)
        many[i] = sample_record(i + 1);
    assert_int_equal(
        journal_append(j, many, LIMIT_BATCH_RECORDS + 1, 1, &ticket, &err),
        STATUS_TOO_LARGE);
    /* The largest that fits does. */
    r.parts[RECORD_PERSONAL] = r.parts[RECORD_DECISIONS] = SLICE_EMPTY;
    r.parts[RECORD_INPUT] = slice_of(big, RECORD_PART_MAX);
    assert_int_equal(journal_append(j, &r, 1, 1, &ticket, &err), STATUS_OK);
    journal_close(&j);
    free(many);
    free(big);
}

static void a_reader_beside_the_owner_sees_what_comes(void **state)
{
    struct journal *owner, *reader;
    struct error err = {0};
    struct journal_report report;
    uint64_t ticket;
    struct record r = sample_record(1);
    int to_child[2], to_parent[2];
    char byte = 0;
    const char *dir = scratch_path(*state, "journal");

    /* An environment may be opened once per process: the owner is a child. */
    assert_int_equal(pipe(to_child), 0);
    assert_int_equal(pipe(to_parent), 0);
    if (fork() == 0) {
        open_journal(*state, 1, 64 << 10, &owner);
        for (int round = 0; round < 3; round++) {
            append_samples(owner, 1, 400);
            if (write(to_parent[1], "x", 1) != 1 ||
                read(to_child[0], &byte, 1) != 1)
                _exit(1);
        }
        journal_close(&owner);
        _exit(0);
    }
    assert_int_equal(read(to_parent[0], &byte, 1), 1);
    assert_int_equal(journal_lmdb_reader(dir, &reader, &err), STATUS_OK);
    for (int round = 1; round <= 3; round++) {
        assert_samples(reader, 1, 400 * (uint64_t)round);
        assert_int_equal(journal_verify(reader, NULL, NULL, 0, &report, &err),
                         STATUS_OK);
        assert_int_equal(write(to_child[1], "y", 1), 1);
        if (round < 3)
            assert_int_equal(read(to_parent[0], &byte, 1), 1);
    }
    assert_int_equal(journal_append(reader, &r, 1, 1, &ticket, &err),
                     STATUS_DENIED);
    journal_close(&reader);
    close(to_child[0]);
    close(to_child[1]);
    close(to_parent[0]);
    close(to_parent[1]);
}

struct background {
    struct journal *journal;
    _Atomic bool stop;
    uint64_t seen;
};

static void *read_on(void *arg)
{
    struct background *b = arg;
    struct journal_page page;
    uint64_t next = 1;

    journal_page_init(&page);
    while (!b->stop || next <= 3000) {
        struct error err = {0};
        enum status status = journal_read(b->journal, next, NULL, &page, &err);

        if (status == STATUS_END)
            continue;
        if (status != STATUS_OK)
            break;
        for (size_t i = 0; i < page.count; i++)
            if (page.records[i].seq != next++)
                b->stop = true;
        b->seen = next - 1;
    }
    journal_page_fini(&page);
    return NULL;
}

static void another_thread_reads_while_the_owner_appends(void **state)
{
    struct background b = {0};
    pthread_t thread;

    open_journal(*state, 1, 128 << 10, &b.journal);
    assert_int_equal(pthread_create(&thread, NULL, read_on, &b), 0);
    for (int i = 0; i < 60; i++)
        append_samples(b.journal, 1, 50);
    b.stop = true;
    pthread_join(thread, NULL);
    assert_int_equal(b.seen, 3000);
    journal_close(&b.journal);
}

static bool is_even(void *state, const struct record *r)
{
    (void)state;
    return r->seq % 2 == 0;
}

static void erased_parts_leave_a_journal_that_verifies(void **state)
{
    struct journal *j;
    struct journal_report report;
    struct error err = {0};
    uint64_t erased;

    open_journal(*state, 1, 128 << 10, &j);
    for (int i = 0; i < 20; i++)
        append_samples(j, 1, 60);
    assert_int_equal(
        journal_lmdb_erase(j, RECORD_PERSONAL, is_even, NULL, &erased, &err),
        STATUS_OK);
    assert_int_equal(erased, 200); /* every sixth has one and is even */
    assert_int_equal(journal_verify(j, NULL, NULL, 0, &report, &err),
                     STATUS_OK);
    assert_int_equal(report.erased, 200);
    append_samples(j, 1, 1);
    journal_close(&j);
    open_journal(*state, 2, 128 << 10, &j);
    assert_int_equal(journal_verify(j, NULL, NULL, 0, &report, &err),
                     STATUS_OK);
    assert_int_equal(report.last, 1201);
    journal_close(&j);
}

static void a_half_made_spare_is_made_again(void **state)
{
    const char *spare = scratch_path(*state, "journal/000002.mdb");
    struct journal_position p;
    struct journal_stats stats;
    struct journal *j;

    open_journal(*state, 1, 100 << 10, &j);
    do
        append_samples(j, 1, 10); /* past half of it, the next one is made */
    while (!file_exists(spare));
    journal_position(j, &p);
    journal_stats(j, &stats);
    assert_int_equal(stats.segments, 1);
    journal_close(&j);
    assert_int_equal(truncate(spare, 0), 0);
    open_journal(*state, 2, 100 << 10, &j);
    assert_samples(j, 1, p.last);
    append_samples(j, 2, 200);
    append_samples(j, 2, 200);
    assert_samples(j, 1, p.last + 400);
    journal_stats(j, &stats);
    assert_int_equal(stats.segments, 2);
    journal_close(&j);
}

/* The page that holds the header and the way to the records, overwritten: it
 * is no half made file, and nobody may take it for one and clean it away. */
static void a_damaged_segment_is_told_and_kept(void **state)
{
    const char *path = scratch_path(*state, "journal/000001.mdb");
    struct journal_lmdb_options o = {.epoch = 2};
    struct error err = {0};
    struct journal *j;
    uint8_t rot[4096];

    open_journal(*state, 1, 0, &j);
    append_samples(j, 1, 40);
    journal_close(&j);
    memset(rot, 0, sizeof rot);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    off_t end = lseek(fd, 0, SEEK_END);
    for (off_t at = 2 * 4096; at < end; at += 4096)
        assert_int_equal(pwrite(fd, rot, sizeof rot, at), sizeof rot);
    close(fd);

    const char *dir = scratch_path(*state, "journal");
    assert_int_equal(journal_lmdb_reader(dir, &j, &err), STATUS_CORRUPT);
    assert_int_equal(journal_lmdb_open(dir, &o, &j, &err), STATUS_CORRUPT);
    assert_true(file_exists(scratch_path(*state, "journal/000001.mdb")));
}

static void rot_is_found_by_what_it_hits(void **state)
{
    struct journal *j;
    struct journal_report report;
    struct error err = {0};
    const char *path = scratch_path(*state, "journal/000001.mdb");
    uint8_t page[4096];
    bool found = false;

    open_journal(*state, 1, 0, &j);
    append_samples(j, 1, 100);
    journal_close(&j);
    int fd = open(path, O_RDWR);

    /* One byte of a decision on the disk. */
    for (off_t at = 0; !found && pread(fd, page, sizeof page, at) > 0;
         at += (off_t)sizeof page) {
        uint8_t *hit = memmem(page, sizeof page, "decided 42 ", 11);

        if (hit == NULL)
            continue;
        found = true;
        assert_int_equal(pwrite(fd, "D", 1, at + (hit - page)), 1);
    }
    close(fd);
    assert_true(found);
    open_journal(*state, 2, 0, &j);
    assert_int_equal(journal_verify(j, NULL, NULL, 0, &report, &err),
                     STATUS_CORRUPT);
    assert_non_null(strstr(err.text, "record 42"));
    assert_int_equal(report.last, 41);
    journal_close(&j);
}

/* The kernel refuses to let the file grow: the commit fails, the process ends,
 * and what is on the disk is whole. */
static void a_commit_that_fails_ends_the_process(void **state)
{
    struct journal *j;
    struct journal_report report;
    struct error err = {0};
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct rlimit limit = {200 << 10, 200 << 10};

        log_set_level(LOG_ERROR + 1);
        signal(SIGXFSZ, SIG_IGN);
        open_journal(*state, 1, 0, &j);
        setrlimit(RLIMIT_FSIZE, &limit);
        for (;;)
            append_samples(j, 1, 20);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    open_journal(*state, 2, 0, &j);
    assert_int_equal(journal_verify(j, NULL, NULL, 0, &report, &err),
                     STATUS_OK);
    assert_in_range(report.last, 100, 600);
    assert_int_equal(report.last % 20, 0); /* whole batches */
    append_samples(j, 2, 20);
    assert_samples(j, 1, report.last + 20);
    journal_close(&j);
}

/* --- the one in memory --- */

static void a_crash_loses_what_was_pending_and_nothing_else(void **state)
{
    struct journal_memory *m = journal_memory_new();
    struct journal_report report;
    struct journal_position p;
    struct error err = {0};
    struct journal *j;
    struct record r[3];
    uint64_t ticket, durable;

    (void)state;
    assert_int_equal(journal_memory_open(m, 1, &j, &err), STATUS_OK);
    append_samples(j, 1, 4);
    for (uint64_t i = 0; i < 3; i++) {
        r[i] = sample_record(5 + i);
        assert_int_equal(journal_append(j, &r[i], 1, 1, &ticket, &err),
                         STATUS_OK);
    }
    assert_int_equal(journal_memory_pending(m), 3);
    journal_position(j, &p);
    assert_int_equal(p.last, 4); /* pending is not there yet */
    assert_samples(j, 1, 4);
    journal_memory_crash(m, 1);
    journal_close(&j);

    assert_int_equal(journal_memory_open(m, 2, &j, &err), STATUS_OK);
    assert_samples(j, 1, 5);
    r[0] = sample_record(6);
    assert_int_equal(journal_append(j, r, 1, 2, &ticket, &err), STATUS_OK);
    assert_int_equal(journal_next(j, ticket, &durable, &err), STATUS_OK);
    assert_int_equal(durable, 6);
    assert_int_equal(journal_verify(j, NULL, NULL, 0, &report, &err),
                     STATUS_OK);
    journal_close(&j);
    journal_memory_free(m);
}

static void planned_failures_come_when_they_are_planned(void **state)
{
    struct journal_memory *m = journal_memory_new();
    struct error err = {0};
    struct journal *j, *newer;
    struct record r;
    uint64_t ticket, durable;

    (void)state;
    assert_int_equal(journal_memory_open(m, 1, &j, &err), STATUS_OK);
    journal_memory_fail(m, 1, STATUS_FULL);
    append_samples(j, 1, 2);
    r = sample_record(3);
    assert_int_equal(journal_append(j, &r, 1, 1, &ticket, &err), STATUS_FULL);
    assert_int_equal(journal_append(j, &r, 1, 1, &ticket, &err), STATUS_OK);
    journal_memory_fail(m, 0, STATUS_IO);
    r = sample_record(4);
    assert_int_equal(journal_append(j, &r, 1, 1, &ticket, &err), STATUS_IO);
    assert_int_equal(journal_next(j, 3, &durable, &err), STATUS_IO);
    journal_memory_crash(m, 0);
    assert_samples(j, 1, 2);
    assert_int_equal(journal_memory_open(m, 2, &newer, &err), STATUS_OK);
    r = sample_record(3);
    assert_int_equal(journal_append(j, &r, 1, 1, &ticket, &err),
                     STATUS_CONFLICT);
    append_samples(newer, 2, 1);
    journal_close(&j);
    journal_close(&newer);
    journal_memory_free(m);
}

static void memory_has_segments_heads_and_rot_too(void **state)
{
    struct journal_memory *m = journal_memory_new();
    struct journal_head heads[8];
    struct journal_report report;
    struct error err = {0};
    struct journal *j;
    uint64_t first;
    size_t n;

    (void)state;
    assert_int_equal(journal_memory_open(m, 1, &j, &err), STATUS_OK);
    journal_memory_segment(m, 10);
    append_samples(j, 1, 35);
    assert_int_equal(journal_heads(j, heads, 8, &n, &err), STATUS_OK);
    assert_int_equal(n, 3);
    assert_int_equal(heads[1].last, 20);
    assert_int_equal(journal_trim(j, 25, &first, &err), STATUS_OK);
    assert_int_equal(first, 21);
    assert_samples(j, 21, 35);
    assert_int_equal(
        journal_verify(j, &heads[1].chain, heads, 3, &report, &err), STATUS_OK);
    assert_int_equal(report.heads, 1);
    journal_memory_rot(m, 30, 230);
    assert_int_equal(
        journal_verify(j, &heads[1].chain, heads, 3, &report, &err),
        STATUS_CORRUPT);
    journal_close(&j);
    journal_memory_free(m);
}

#define WITH_DIR(test)                                                         \
    cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIR(what_was_appended_is_read_back_after_reopening),
        WITH_DIR(segments_follow_each_other_and_are_trimmed_whole),
        WITH_DIR(an_older_owner_loses),
        WITH_DIR(a_full_disk_refuses_before_anything_is_written),
        WITH_DIR(a_batch_over_its_limit_is_refused),
        WITH_DIR(a_reader_beside_the_owner_sees_what_comes),
        WITH_DIR(another_thread_reads_while_the_owner_appends),
        WITH_DIR(erased_parts_leave_a_journal_that_verifies),
        WITH_DIR(a_half_made_spare_is_made_again),
        WITH_DIR(a_damaged_segment_is_told_and_kept),
        WITH_DIR(rot_is_found_by_what_it_hits),
        WITH_DIR(a_commit_that_fails_ends_the_process),
        cmocka_unit_test(a_crash_loses_what_was_pending_and_nothing_else),
        cmocka_unit_test(planned_failures_come_when_they_are_planned),
        cmocka_unit_test(memory_has_segments_heads_and_rot_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
