/* The journal with a thread of its own. */
#include "tests/ledger/ledger_support.h"

#include <poll.h>
#include <stdlib.h>

#include "ledger/journal_lmdb.h"
#include "ledger/record.h"

enum { BATCH = 16, BATCHES = 200 };

struct disk {
    _Atomic bool full;
};

static enum status say_full(void *state, uint64_t bytes, struct error *err)
{
    struct disk *d = state;

    (void)bytes;
    return d->full ? error_set(err, STATUS_FULL, "no room") : STATUS_OK;
}

static struct journal *open_threaded(void **state, struct disk *disk,
                                     uint64_t segment_bytes)
{
    struct journal_lmdb_options o = {.epoch = 1,
                                     .segment_bytes = segment_bytes,
                                     .may_write = say_full,
                                     .may_write_state = disk,
                                     .threaded = true};
    struct error err = {0};
    struct journal *j;

    assert_int_equal(
        journal_lmdb_open(scratch_path(*state, "journal"), &o, &j, &err),
        STATUS_OK);
    return j;
}

/* Batch n of BATCH records; they stay until the process ends. */
static uint64_t hand_over(struct journal *j, uint64_t n)
{
    static struct record records[BATCHES + 1][BATCH];
    struct error err = {0};
    uint64_t ticket;

    for (uint64_t i = 0; i < BATCH; i++)
        records[n][i] = sample_record(n * BATCH + i + 1);
    assert_int_equal(journal_append(j, records[n], BATCH, 1, &ticket, &err),
                     STATUS_OK);
    assert_int_equal(ticket, (n + 1) * BATCH);
    return ticket;
}

static bool is_readable(int fd, int wait_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, wait_ms) == 1;
}

static void batches_handed_over_are_durable_in_their_order(void **state)
{
    struct disk disk = {0};
    struct journal *j = open_threaded(state, &disk, 1 << 20);
    struct journal_report report;
    struct error err = {0};
    uint64_t durable, ticket = 0;

    for (uint64_t n = 0; n < BATCHES; n++) {
        ticket = hand_over(j, n);
        assert_int_equal(journal_next(j, 0, &durable, &err), STATUS_OK);
        assert_true(durable % BATCH == 0 && durable <= ticket);
    }
    assert_int_equal(journal_next(j, ticket, &durable, &err), STATUS_OK);
    assert_int_equal(durable, BATCHES * BATCH);
    assert_samples(j, 1, BATCHES * BATCH);
    assert_int_equal(journal_verify(j, NULL, NULL, 0, &report, &err),
                     STATUS_OK);
    journal_close(&j);
}

static void closing_writes_what_was_handed_over(void **state)
{
    struct disk disk = {0};
    struct journal *j = open_threaded(state, &disk, 0);

    (void)hand_over(j, 0);
    (void)hand_over(j, 1);
    journal_close(&j);
    j = open_threaded(state, &disk, 0);
    assert_samples(j, 1, 2 * BATCH);
    (void)hand_over(j, 2);
    journal_close(&j);
}

static void it_wakes_who_waits_and_is_quiet_once_asked(void **state)
{
    struct disk disk = {0};
    struct journal *j = open_threaded(state, &disk, 0);
    struct error err = {0};
    uint64_t durable, ticket;

    assert_false(is_readable(journal_fd(j), 0));
    ticket = hand_over(j, 0);
    assert_true(is_readable(journal_fd(j), 10000));
    assert_int_equal(journal_next(j, 0, &durable, &err), STATUS_OK);
    assert_int_equal(durable, ticket);
    assert_false(is_readable(journal_fd(j), 0));
    journal_close(&j);
}

static void
a_full_disk_is_told_by_next_and_nothing_behind_it_is_written(void **state)
{
    struct disk disk = {0};
    struct journal *j = open_threaded(state, &disk, 0);
    struct journal_position p;
    struct error err = {0};
    uint64_t durable, first = hand_over(j, 0), ticket;

    assert_int_equal(journal_next(j, first, &durable, &err), STATUS_OK);
    disk.full = true;
    ticket = hand_over(j, 1);
    assert_true(is_readable(journal_fd(j), 10000));
    assert_int_equal(journal_next(j, ticket, &durable, &err), STATUS_FULL);
    assert_string_equal(err.text, "no room");
    disk.full = false;
    struct record r = sample_record(ticket + 1);

    assert_int_equal(journal_append(j, &r, 1, 1, &ticket, &err), STATUS_FULL);
    assert_int_equal(journal_next(j, 0, &durable, &err), STATUS_FULL);
    assert_int_equal(journal_next(j, first, &durable, &err), STATUS_OK);
    journal_position(j, &p);
    assert_int_equal(p.last, first);
    assert_samples(j, 1, first);
    journal_close(&j);
}

static void segments_are_trimmed_while_it_writes(void **state)
{
    struct disk disk = {0};
    struct journal *j = open_threaded(state, &disk, 64 << 10);
    struct journal_stats stats;
    struct error err = {0};
    uint64_t durable, first = 0, ticket = 0;

    for (uint64_t n = 0; n < BATCHES; n++) {
        ticket = hand_over(j, n);
        assert_int_equal(journal_trim(j, ticket / 2, &first, &err), STATUS_OK);
        journal_stats(j, &stats);
    }
    assert_int_equal(journal_next(j, ticket, &durable, &err), STATUS_OK);
    assert_true(first > 1);
    assert_samples(j, first, ticket);
    journal_close(&j);
}

/* A single record; it stays until the process ends. */
static uint64_t hand_over_one(struct journal *j, uint64_t seq)
{
    static struct record records[1000];
    struct error err = {0};
    uint64_t ticket;

    records[seq] = sample_record(seq);
    assert_int_equal(journal_append(j, &records[seq], 1, 1, &ticket, &err),
                     STATUS_OK);
    assert_int_equal(ticket, seq);
    return ticket;
}

static void a_single_record_is_durable_when_nothing_is_queued(void **state)
{
    struct disk disk = {0};
    struct journal *j = open_threaded(state, &disk, 0);
    struct error err = {0};
    uint64_t durable;

    for (uint64_t seq = 1; seq <= 3; seq++) {
        (void)hand_over_one(j, seq);
        assert_int_equal(journal_next(j, 0, &durable, &err), STATUS_OK);
        assert_int_equal(durable, seq);
        assert_false(is_readable(journal_fd(j), 0));
    }
    disk.full = true;
    struct record r = sample_record(4);

    assert_int_equal(journal_append(j, &r, 1, 1, &durable, &err), STATUS_FULL);
    disk.full = false;
    (void)hand_over_one(j, 4);
    journal_close(&j);
    j = open_threaded(state, &disk, 0);
    assert_samples(j, 1, 4);
    journal_close(&j);
}

static void single_records_and_batches_keep_their_order(void **state)
{
    struct disk disk = {0};
    struct journal *j = open_threaded(state, &disk, 64 << 10);
    struct journal_report report;
    struct error err = {0};
    uint64_t durable, ticket = 0;

    for (uint64_t n = 0; n < 40; n++) {
        ticket = hand_over(j, n);
        if (n % 3 == 0)
            assert_int_equal(journal_next(j, ticket, &durable, &err),
                             STATUS_OK);
        for (uint64_t i = 0; n == 39 && i < 5; i++)
            ticket = hand_over_one(j, ticket + 1);
    }
    assert_int_equal(journal_next(j, ticket, &durable, &err), STATUS_OK);
    assert_int_equal(durable, ticket);
    assert_samples(j, 1, ticket);
    assert_int_equal(journal_verify(j, NULL, NULL, 0, &report, &err),
                     STATUS_OK);
    journal_close(&j);
}

#define WITH_DIR(test)                                                         \
    cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIR(batches_handed_over_are_durable_in_their_order),
        WITH_DIR(closing_writes_what_was_handed_over),
        WITH_DIR(it_wakes_who_waits_and_is_quiet_once_asked),
        WITH_DIR(a_full_disk_is_told_by_next_and_nothing_behind_it_is_written),
        WITH_DIR(segments_are_trimmed_while_it_writes),
        WITH_DIR(a_single_record_is_durable_when_nothing_is_queued),
        WITH_DIR(single_records_and_batches_keep_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
