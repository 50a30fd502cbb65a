/* A writer is killed with -9 again and again, wherever it happens to be. What
 * it had acknowledged must be in the journal, once and in order, the chain must
 * hold, sealed parts must open, and the state must be what the journal makes.
 *
 * The writer is this program run again: test_crash writer DIR SEED. It writes
 * the sequence of each durable batch to its standard output, 8 bytes each. */
#include "ledger_support.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "ledger/ledger.h"

enum {
    KILLS = 40,
    BATCH_MAX = 64,
    CUSTOMERS = 200,
    SEGMENT_BYTES = 1 << 17,
    KEEP = 100,     /* records, behind a snapshot */
    TRIM_EVERY = 4, /* batches */
};

static const char *program;

static struct slice customer_of(uint64_t seq, char out[32])
{
    snprintf(out, 32, "customer-%d", (int)(seq * 31 % CUSTOMERS));
    return slice_of_text(out);
}

static void apply(struct state *s, const struct record *r)
{
    char key[32], value[600];
    uint8_t timer[STATE_KEY_MAX];
    struct slice old;
    size_t n;

    snprintf(key, sizeof key, "case-%d", (int)(r->seq * 7919 % 5000));
    n = (size_t)snprintf(value, sizeof value, "changed by %llu %*s",
                         (unsigned long long)r->seq, (int)(r->seq % 500), "");
    state_put(s, STATE_CASES, slice_of_text(key), slice_of(value, n));
    /* A row that is read and counted up: applying a record twice shows. */
    uint64_t count = 0;

    if (state_get(s, STATE_CONFIG, slice_of_text("count"), &old))
        memcpy(&count, old.data, sizeof count);
    count++;
    state_put(s, STATE_CONFIG, slice_of_text("count"),
              slice_of(&count, sizeof count));
    n = state_timer_key((uint8_t)(r->seq % 4), (int64_t)(r->seq * 13 % 9973),
                        slice_of_text(key), timer);
    if (r->seq % 3 == 0)
        state_delete(s, STATE_TIMERS, slice_of(timer, n));
    else
        state_put(s, STATE_TIMERS, slice_of(timer, n), slice_of_text("1"));
}

static enum status apply_record(void *arg, const struct record *r,
                                struct error *err)
{
    (void)err;
    apply(((struct ledger *)arg)->state, r);
    return STATUS_OK;
}

static struct ledger *open_here(const char *dir)
{
    /* Small numbers, so that segments, checkpoints and new keys are many. */
    struct ledger_options o = {
        .dir = dir,
        .segment_bytes = SEGMENT_BYTES,
        .space = {.refuse_bytes = 4 << 20, .stop_bytes = 2 << 20},
        .state = {.soft_bytes = 200 << 10, .age_min_ms = 5, .age_max_ms = 10}};
    struct error err = {0};
    struct ledger *l;

    log_set_level(LOG_ERROR);
    if (ledger_open(&o, &l, &err) != STATUS_OK ||
        ledger_recover(l, apply_record, l, NULL, &err) != STATUS_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(3);
    }
    return l;
}

static void write_batch(struct ledger *l, size_t n)
{
    struct record batch[BATCH_MAX];
    struct bytes sealed[BATCH_MAX];
    struct error err = {0};
    uint64_t durable, next = state_applied(l->state) + 1;
    bool ok = true;

    for (size_t i = 0; i < n; i++) {
        char who[32];

        batch[i] = sample_record(next + i);
        bytes_init(&sealed[i], 0);
        ok = ok && vault_seal(l->vault, customer_of(next + i, who), next + i, 0,
                              slice_of_text("personal words"), &sealed[i],
                              &err) == STATUS_OK;
        batch[i].parts[RECORD_PERSONAL] = bytes_slice(&sealed[i]);
        apply(l->state, &batch[i]);
    }
    state_set_applied(l->state, next + n - 1);
    if (!ok || ledger_append(l, batch, n, &durable, &err) != STATUS_OK ||
        write(STDOUT_FILENO, &durable, sizeof durable) != sizeof durable) {
        fprintf(stderr, "%s\n", err.text);
        exit(4);
    }
    for (size_t i = 0; i < n; i++)
        bytes_fini(&sealed[i]);
    ledger_tick(l, n == 1);
}

/* A snapshot, and what is older than it and not to be kept goes. */
static void trim(struct ledger *l)
{
    struct ledger_retention keep = {.keep_records = KEEP};
    struct error err = {0};

    if (ledger_snapshot(l, NULL, &err) != STATUS_OK ||
        ledger_retain(l, &keep, NULL, NULL, &err) != STATUS_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(5);
    }
}

__attribute__((noreturn)) static void be_writer(const char *dir, uint64_t seed,
                                                bool trims)
{
    struct random_seeded r;
    struct ledger *l = open_here(dir);

    random_seeded_init(&r, seed);
    for (int n = 1;; n++) {
        write_batch(l, 1 + random_below(&r.random, BATCH_MAX));
        if (trims && n % TRIM_EVERY == 0)
            trim(l);
    }
}

/* --- the killer --- */

static pid_t start_writer(const char *role, const char *dir, uint64_t seed,
                          int *out)
{
    char seed_text[32];
    int ends[2];

    snprintf(seed_text, sizeof seed_text, "%llu", (unsigned long long)seed);
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(program, program, role, dir, seed_text, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    *out = ends[0];
    return pid;
}

/* Reads what is acknowledged for about so long; the instant of the kill is
 * what is random here, so real time is the point. */
static uint64_t listen_until(int fd, int64_t wait_us, uint64_t acked)
{
    const struct clock *clock = clock_system();
    int64_t end_ns = clock_monotonic_ns(clock) + wait_us * 1000;
    uint64_t seq;

    for (;;) {
        int64_t left_ns = end_ns - clock_monotonic_ns(clock);
        struct timespec wait = {.tv_nsec = left_ns};
        struct pollfd p = {.fd = fd, .events = POLLIN};

        if (left_ns <= 0 || ppoll(&p, 1, &wait, NULL) <= 0)
            return acked;
        if (read(fd, &seq, sizeof seq) != sizeof seq)
            return acked;
        assert_true(seq > acked);
        acked = seq;
    }
}

/* What was still in the pipe when the writer died was acknowledged too. */
static uint64_t drain(int fd, uint64_t acked)
{
    uint64_t seq;

    while (read(fd, &seq, sizeof seq) == sizeof seq)
        acked = seq;
    close(fd);
    return acked;
}

struct checking {
    struct ledger *ledger;
    uint64_t next;
};

static enum status check_record(void *state, const struct record *r,
                                struct slice bytes, struct error *err)
{
    struct checking *c = state;
    struct record want = sample_record(c->next);
    struct bytes out;

    (void)bytes;
    assert_int_equal(r->seq, c->next);
    assert_true(slice_equal(r->parts[RECORD_INPUT], want.parts[RECORD_INPUT]));
    bytes_init(&out, 0);
    if (vault_unseal(c->ledger->vault, r->seq, r->parts[RECORD_PERSONAL], &out,
                     err) != STATUS_OK)
        fail_msg("%s", err->text);
    assert_true(
        slice_equal(bytes_slice(&out), slice_of_text("personal words")));
    bytes_fini(&out);
    c->next++;
    return STATUS_OK;
}

static void check_all(const char *dir, uint64_t acked)
{
    struct ledger *l = open_here(dir);
    struct ledger zero = {.journal = l->journal, .clock = l->clock};
    struct checking c = {.ledger = l};
    struct journal_report report;
    struct journal_position p;
    struct state_options memory = {0};
    struct error err = {0};

    journal_position(l->journal, &p);
    c.next = p.first;
    memcpy(zero.snapshots_dir, l->snapshots_dir, sizeof zero.snapshots_dir);
    assert_true(p.last >= acked);
    if (journal_verify(l->journal, NULL, NULL, 0, &report, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    assert_int_equal(journal_each(l->journal, c.next, check_record, &c, &err),
                     STATUS_OK);
    assert_int_equal(c.next, p.last + 1);
    assert_int_equal(state_open(&memory, &zero.state, &err), STATUS_OK);
    assert_int_equal(ledger_recover(&zero, apply_record, &zero, NULL, &err),
                     STATUS_OK);
    struct digest live = state_hash(l->state, NULL);
    struct digest rebuilt = state_hash(zero.state, NULL);

    assert_true(digest_equal(&live, &rebuilt));
    state_close(&zero.state);
    ledger_close(&l);
}

/* The records acknowledged. */
static uint64_t kill_again_and_again(const char *dir, const char *role)
{
    struct random_seeded r;
    uint64_t acked = 0;

    random_seeded_init(&r, 42);
    for (int round = 0; round < KILLS; round++) {
        int fd, status;
        pid_t pid = start_writer(role, dir, (uint64_t)round + 1, &fd);
        /* A third is killed while it starts, some later than a checkpoint. */
        int64_t wait_us =
            (int64_t)random_below(&r.random, round % 3 == 0 ? 5000 : 60000);

        acked = listen_until(fd, wait_us, acked);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        acked = drain(fd, acked);
        if (round % 8 == 7)
            check_all(dir, acked);
    }
    assert_true(acked > 200); /* more on a machine of its own */
    print_message("%d kills, %llu records acknowledged\n", KILLS,
                  (unsigned long long)acked);
    check_all(dir, acked);
    return acked;
}

static void nothing_acknowledged_is_lost_by_killing(void **state)
{
    const char *dir = scratch_path(*state, "ledger");
    struct ledger *l;
    struct journal_position p;

    kill_again_and_again(dir, "writer");
    l = open_here(dir);
    journal_position(l->journal, &p);
    assert_int_equal(p.first, 1);
    ledger_close(&l);
}

/* Between snapshot and unlinked segments, and in the middle of either. */
static void retention_may_be_killed_anywhere(void **state)
{
    const char *dir = scratch_path(*state, "ledger");
    struct ledger *l;
    struct journal_position p;

    kill_again_and_again(dir, "trimmer");
    l = open_here(dir);
    journal_position(l->journal, &p);
    assert_true(p.first > 1);
    ledger_close(&l);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_acknowledged_is_lost_by_killing,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(retention_may_be_killed_anywhere,
                                        scratch_setup, scratch_teardown),
    };

    program = "/proc/self/exe";
    if (argc == 4)
        be_writer(argv[2], strtoull(argv[3], NULL, 10),
                  strcmp(argv[1], "trimmer") == 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
