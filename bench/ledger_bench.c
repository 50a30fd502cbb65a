/* ledger_bench - what the ledger's storage costs, figure by figure.
 *
 *   ledger_bench [DIR] [PART...]       parts: record append state pause timers
 *
 * DIR is a scratch directory on the disk to be measured (default: a new one
 * below $TMPDIR). Figures of one run are comparable with each other only; an
 * fsync probe is printed beside them. */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "ledger/journal_lmdb.h"
#include "ledger/state.h"

static char dir[512];
static struct random_seeded dice;

static int64_t now_ns(void)
{
    return clock_monotonic_ns(clock_system());
}

static double seconds_since(int64_t start_ns)
{
    return (double)(now_ns() - start_ns) / 1e9;
}

static void must(enum status status, const struct error *err)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static const char *path_of(const char *name)
{
    static char path[1024];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static int64_t *samples;
static size_t sample_count;

static void sample(int64_t ns)
{
    if (sample_count < 4000000)
        samples[sample_count++] = ns;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static double quantile_us(double q)
{
    size_t i = (size_t)(q * (double)sample_count);

    if (sample_count == 0)
        return 0;
    return (double)samples[i < sample_count ? i : sample_count - 1] / 1000;
}

/* --- the disk itself --- */

static void probe_disk(void)
{
    char block[4096] = {0};
    int fd = open(path_of("probe"), O_RDWR | O_CREAT | O_TRUNC, 0600);

    sample_count = 0;
    for (int i = 0; i < 300; i++) {
        int64_t start = now_ns();

        if (pwrite(fd, block, sizeof block, (off_t)i * 4096) < 0 ||
            fdatasync(fd) != 0)
            break;
        sample(now_ns() - start);
    }
    close(fd);
    qsort(samples, sample_count, sizeof *samples, by_size);
    printf("probe      append 4 KiB + fdatasync: p50 %.0f us, p99 %.0f us\n",
           quantile_us(0.5), quantile_us(0.99));
}

/* --- records --- */

static uint8_t payload[4096];

static struct record make_record(uint64_t seq, size_t payload_bytes)
{
    struct slice all = slice_of(payload, payload_bytes);

    return (struct record){
        .seq = seq,
        .journal_ms = 1700000000000,
        .wall_ms = 1700000000000,
        .parts = {[RECORD_INPUT] = slice_of(all.data, all.size * 2 / 3),
                  [RECORD_DECISIONS] = slice_from(all, all.size * 2 / 3)}};
}

static void bench_record(void)
{
    enum { N = 500000 };
    static uint8_t out[8192];
    struct digest chain = {{0}};
    struct record r = make_record(1, 300), got;
    struct error err;
    int64_t start = now_ns();

    for (int i = 0; i < N; i++) {
        r.seq++;
        record_encode(&r, &chain, out);
    }
    double encode = seconds_since(start) / N * 1e9;

    start = now_ns();
    for (int i = 0; i < N; i++)
        must(record_decode(slice_of(out, record_size(&r)), &got, &err), &err);
    double decode = seconds_since(start) / N * 1e9;

    start = now_ns();
    for (int i = 0; i < N; i++)
        must(record_verify(&got, &err), &err);
    printf("record     300 bytes of parts: encode %.0f ns, decode %.0f ns, "
           "verify digests %.0f ns\n",
           encode, decode, seconds_since(start) / N * 1e9);
}

/* --- appends --- */

static void bench_append_at(struct journal *j, size_t batch, double budget_s)
{
    static struct record records[LIMIT_BATCH_RECORDS];
    struct journal_position p;
    struct error err;
    uint64_t ticket, durable = 0, first;
    int64_t start = now_ns();

    journal_position(j, &p);
    first = p.last;
    sample_count = 0;
    for (uint64_t next = p.last + 1; seconds_since(start) < budget_s;) {
        int64_t at = now_ns();

        for (size_t i = 0; i < batch; i++)
            records[i] = make_record(next + i, 300);
        must(journal_append(j, records, batch, 1, &ticket, &err), &err);
        must(journal_next(j, ticket, &durable, &err), &err);
        sample(now_ns() - at);
        next = durable + 1;
    }
    double took = seconds_since(start);

    qsort(samples, sample_count, sizeof *samples, by_size);
    printf("append     batch %4zu: %8.0f records/s, commit p50 %.0f us, p99 "
           "%.0f us, max %.1f ms\n",
           batch, (double)(durable - first) / took, quantile_us(0.5),
           quantile_us(0.99), quantile_us(1) / 1000);
}

static void bench_append(void)
{
    struct journal_lmdb_options o = {.epoch = 1};
    struct journal *j;
    struct error err;

    must(journal_lmdb_open(path_of("journal"), &o, &j, &err), &err);
    bench_append_at(j, 1, 1.5);
    bench_append_at(j, 32, 1.5);
    bench_append_at(j, 1000, 2);

    struct journal_page page;
    uint64_t next = 1;
    int64_t start = now_ns();

    journal_page_init(&page);
    while (journal_read(j, next, NULL, &page, &err) == STATUS_OK)
        next += page.count;
    printf("read       %.0f records/s in pages of %d\n",
           (double)next / seconds_since(start), LIMIT_FETCH_RECORDS);
    journal_page_fini(&page);

    struct journal_report report;

    start = now_ns();
    must(journal_verify(j, NULL, NULL, 0, &report, &err), &err);
    printf("verify     %.0f records/s\n",
           (double)report.records / seconds_since(start));
    journal_close(&j);
}

/* --- the state --- */

static struct slice case_key(uint64_t n, char out[32])
{
    return slice_of(
        out, (size_t)snprintf(out, 32, "SC-%012llu", (unsigned long long)n));
}

static void put_case(struct state *s, uint64_t n)
{
    char key[32];

    state_put(s, STATE_CASES, case_key(n, key),
              slice_of(payload, 200 + n % 200));
}

static struct state *open_state(const char *name)
{
    struct state_options o = {.path = name == NULL ? NULL : path_of(name)};
    struct state *s;
    struct error err;

    must(state_open(&o, &s, &err), &err);
    return s;
}

static void fill_cases(struct state *s, uint64_t rows)
{
    for (uint64_t i = 0; i < rows; i++) {
        put_case(s, i);
        if (i % 100000 == 99999)
            state_checkpoint(s, state_applied(s));
    }
    state_set_applied(s, state_applied(s) + 1);
    state_checkpoint(s, state_applied(s));
}

static void bench_state_at(const char *name, uint64_t rows)
{
    enum { N = 200000, CHANGED = 50000 };
    struct state *s = open_state(name);
    struct slice value;
    char key[32];
    int64_t start;
    double get_base, put, get;

    fill_cases(s, rows);
    start = now_ns();
    for (int i = 0; i < N; i++)
        state_get(s, STATE_CASES,
                  case_key(random_below(&dice.random, rows), key), &value);
    get_base = seconds_since(start) / N * 1e9;
    start = now_ns();
    for (int i = 0; i < CHANGED; i++)
        put_case(s, (uint64_t)i * 7919 % rows);
    put = seconds_since(start) / CHANGED * 1e9;
    start = now_ns();
    for (int i = 0; i < N; i++)
        state_get(
            s, STATE_CASES,
            case_key(random_below(&dice.random, CHANGED) * 7919 % rows, key),
            &value);
    get = seconds_since(start) / N * 1e9;
    /* What making the key costs is in all of them. */
    start = now_ns();
    for (int i = 0; i < N; i++)
        case_key(random_below(&dice.random, rows), key);
    double own = seconds_since(start) / N * 1e9;

    printf("state      %-6s %7llu rows: get below %.0f ns, put %.0f ns, get "
           "of %d changed %.0f ns (less %.0f ns for the keys)\n",
           name == NULL ? "memory" : "lmdb", (unsigned long long)rows,
           get_base - own, put - own, CHANGED, get - own, own);
    state_close(&s);
}

static void bench_state(void)
{
    bench_state_at("s100k.mdb", 100000);
    bench_state_at(NULL, 100000);

    /* Arm and cancel, asking for the next due one after each batch of 32. */
    enum { N = 300000 };
    struct state *s = open_state(NULL);
    uint8_t key[STATE_KEY_MAX];
    int64_t due, start = now_ns();

    for (int i = 0; i < N; i++) {
        uint64_t id = (uint64_t)i;
        size_t n = state_timer_key(
            (uint8_t)(i % 4), (int64_t)random_below(&dice.random, 1U << 30),
            slice_of(&id, sizeof id), key);

        state_put(s, STATE_TIMERS, slice_of(key, n), slice_of(key, 16));
        if (i % 32 == 31)
            state_timers_next(s, &due);
    }
    printf("timers     arm %.0f ns each up to %d in memory\n",
           seconds_since(start) / N * 1e9, N);
    state_close(&s);
}

/* --- the pause that a writer sees --- */

/* A batch of 32 events: read a case, write it back. */
static void one_batch(struct state *s, uint64_t rows)
{
    char key[32];
    struct slice value;

    for (int i = 0; i < 32; i++) {
        uint64_t n = random_below(&dice.random, rows);

        if (state_get(s, STATE_CASES, case_key(n, key), &value))
            put_case(s, n);
    }
    state_set_applied(s, state_applied(s) + 32);
}

static void bench_pause_at(uint64_t rows, double budget_s)
{
    char name[32];
    struct state_stats stats;
    uint64_t batches = 0, full = 0;
    int64_t start;

    snprintf(name, sizeof name, "p%llu.mdb", (unsigned long long)rows);
    struct state *s = open_state(name);

    fill_cases(s, rows);
    state_stats(s, &stats);
    uint64_t before = stats.checkpoints;
    int64_t wrote = stats.total_write_ms;

    sample_count = 0;
    start = now_ns();
    while (seconds_since(start) < budget_s) {
        int64_t at = now_ns();

        one_batch(s, rows);
        struct state_tick t = {.now_ms = now_ns() / 1000000,
                               .durable_seq = state_applied(s)};

        full += state_tick(s, &t) == STATE_FULL;
        sample(now_ns() - at);
        batches++;
        /* About 100,000 events a second, as a journal would let through. */
        while (now_ns() - at < 320000)
            usleep(50);
    }
    double took = seconds_since(start);

    state_stats(s, &stats);
    qsort(samples, sample_count, sizeof *samples, by_size);
    printf("pause      %7llu rows: %.0f events/s, batch p50 %.0f p99 %.0f "
           "p99.9 %.0f max %.0f us; %llu checkpoints, %.0f ms each, owner's "
           "longest part %lld us, refused at %llu batches\n",
           (unsigned long long)rows, (double)batches * 32 / took,
           quantile_us(0.5), quantile_us(0.99), quantile_us(0.999),
           quantile_us(1), (unsigned long long)(stats.checkpoints - before),
           (double)(stats.total_write_ms - wrote) /
               (double)(stats.checkpoints - before +
                        (stats.checkpoints == before)),
           (long long)stats.longest_take_us, (unsigned long long)full);
    state_close(&s);
}

static void bench_pause(void)
{
    for (uint64_t rows = 1000; rows <= 1000000; rows *= 10)
        bench_pause_at(rows, 5);
}

/* --- a million timers --- */

static long private_kib(void)
{
    FILE *f = fopen("/proc/self/smaps_rollup", "re");
    char line[256];
    long kib, sum = 0;

    if (f == NULL)
        return -1;
    while (fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "Private_Clean: %ld", &kib) == 1 ||
            sscanf(line, "Private_Dirty: %ld", &kib) == 1)
            sum += kib;
    fclose(f);
    return sum;
}

static void open_and_ask(const char *how)
{
    int64_t due = 0, start = now_ns();
    struct state *s = open_state("timers.mdb");
    bool any = state_timers_next(s, &due);

    printf("timers     1,000,000 armed, %s: open and find the next in %.2f "
           "ms%s\n",
           how, seconds_since(start) * 1000, any ? "" : " (none!)");
    state_close(&s);
}

static void make_timers(void)
{
    struct state *s = open_state("timers.mdb");
    uint8_t key[STATE_KEY_MAX];

    for (uint64_t i = 0; i < 1000000; i++) {
        size_t n = state_timer_key(
            (uint8_t)(i % 4), (int64_t)random_below(&dice.random, 1U << 30),
            slice_of(&i, sizeof i), key);

        state_put(s, STATE_TIMERS, slice_of(key, n), slice_of(payload, 24));
        if (i % 100000 == 99999)
            state_checkpoint(s, state_applied(s));
    }
    state_set_applied(s, 1);
    state_checkpoint(s, 1);
    state_close(&s);
}

/* In a child, so that what making them left behind is not counted. */
static void bench_timers(const char *program)
{
    char command[2048];

    make_timers();
    fflush(stdout);
    snprintf(command, sizeof command, "%s %s timers-open", program, dir);
    if (system(command) != 0)
        printf("timers     the child failed\n");
}

static void bench_timers_open(void)
{
    int fd;

    open_and_ask("warm");
    fd = open(path_of("timers.mdb"), O_RDONLY);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
    open_and_ask("cold");

    struct state *s = open_state("timers.mdb");
    int64_t due;

    state_timers_next(s, &due);
    printf("timers     private memory then: %.1f MB\n",
           (double)private_kib() / 1024);
    state_close(&s);
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static bool wanted(int argc, char **argv, const char *part)
{
    if (argc <= 2)
        return true;
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], part) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    const char *tmp = getenv("TMPDIR");
    bool own = argc < 2;

    snprintf(dir, sizeof dir, "%s/ledger-bench-XXXXXX",
             tmp != NULL ? tmp : "/tmp");
    if (!own)
        snprintf(dir, sizeof dir, "%s", argv[1]);
    else if (mkdtemp(dir) == NULL)
        return 1;
    random_seeded_init(&dice, 1);
    random_fill(&dice.random, payload, sizeof payload);
    log_set_level(LOG_ERROR);
    if (argc > 2 && strcmp(argv[2], "timers-open") == 0) {
        bench_timers_open();
        return 0;
    }
    samples = malloc(4000000 * sizeof *samples);
    if (samples == NULL)
        return 1;
    probe_disk();
    if (wanted(argc, argv, "record"))
        bench_record();
    if (wanted(argc, argv, "append"))
        bench_append();
    if (wanted(argc, argv, "state"))
        bench_state();
    if (wanted(argc, argv, "pause"))
        bench_pause();
    if (wanted(argc, argv, "timers"))
        bench_timers(argv[0]);
    free(samples);
    if (own)
        nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
