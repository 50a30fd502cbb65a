/* test_sim_seeds - runs seeds of the simulator.
 *
 *   test_sim_seeds --from 1 --count 200 --cover     as ctest does it
 *   test_sim_seeds --seed 42 --story                one seed, told
 *   test_sim_seeds --break early-ack --count 20     must be noticed
 */
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/option.h"
#include "tests/sim/oracle.h"
#include "tests/sim/router_party.h"

enum { TAIL_LINES = 60, AGAIN_EVERY = 25 };

struct options {
    int64_t seed, from, count;
    const char *breakage, *by, *pack;
    bool story, cover;
};

static struct options options = {
    .from = 1, .count = 1, .seed = -1, .pack = "tests/sim/pack"};
static uint64_t totals[FAULT_COUNT], sights[SIGHT_COUNT];
static uint64_t total_steps, total_records;
static char last_log[256];
static volatile uint64_t seed_now;
static char **arguments;

const char *sim_last_log(void)
{
    return last_log;
}

/* Without what differs from run to run: the moment and the process. */
static void take_log(void *state, const char *line)
{
    const char *words = strstr(line, "] ");

    (void)state;
    snprintf(last_log, sizeof last_log, "%s", line);
    if (sim_running && words)
        story_tell(sim_running, "LOG", "%.180s", words + 2);
}

/* --- a directory for each seed --- */

static int remove_one(const char *path, const struct stat *st, int flag,
                      struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void make_dir(char out[LIMIT_PATH_BYTES])
{
    snprintf(out, LIMIT_PATH_BYTES, "%s/yinuo-sim-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(out)) {
        perror("sim: a directory");
        exit(2);
    }
}

/* --- one seed --- */

static enum breakage breakage_of(const char *word)
{
    static const char *const words[] = {"nothing", "early-ack", "generation",
                                        "timer-row", "cursor"};

    for (size_t i = 0; word && i < sizeof words / sizeof words[0]; i++)
        if (!strcmp(word, words[i]))
            return (enum breakage)i;
    if (word) {
        fprintf(stderr, "there is no mistake called %s\n", word);
        exit(2);
    }
    return BREAK_NOTHING;
}

/* What a run was, in short: the same seed must give the same. */
struct mark {
    uint64_t steps, records;
    int64_t ended_ms;
    struct digest chain;
};

static bool run(uint64_t seed, bool story, bool out, char failure[1024],
                struct mark *mark)
{
    char dir[LIMIT_PATH_BYTES];
    struct sim_options o = {.seed = seed,
                            .story = story,
                            .story_out = out,
                            .breakage = breakage_of(options.breakage),
                            .by = options.by,
                            .dir = dir,
                            .pack = options.pack};
    struct sim *s;

    make_dir(dir);
    seed_now = seed;
    bool good = sim_run(&o, &s);
    for (size_t i = 0; i < FAULT_COUNT; i++)
        totals[i] += s->faults[i];
    for (size_t i = 0; i < SIGHT_COUNT; i++)
        sights[i] += s->sights[i];
    memset(mark, 0, sizeof *mark);
    mark->steps = s->steps;
    mark->records = oracle_last(s->oracle);
    mark->ended_ms = s->now_ms;
    mark->chain = oracle_chain(s->oracle);
    total_steps += s->steps;
    total_records += oracle_last(s->oracle);
    snprintf(failure, 1024, "%s", s->failure);
    if (!good && story && !out) {
        char plan[1024];
        plan_format(&s->plan, plan, sizeof plan);
        printf("seed %" PRIu64 ": %s\n", seed, plan);
        story_tail(s->story, TAIL_LINES);
    }
    sim_free(&s);
    (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return good;
}

/* --- an assertion of the product: told too, by running it again --- */

static void on_abort(int signal_number)
{
    char seed[32];

    (void)signal_number;
    if (getenv("YINUO_SIM_AGAIN")) {
        if (sim_running && sim_running->story)
            story_tail(sim_running->story, TAIL_LINES);
        fflush(stdout);
        _exit(1);
    }
    snprintf(seed, sizeof seed, "%" PRIu64, seed_now);
    fprintf(stderr, "seed %s ends the process; once more, with its story:\n",
            seed);
    setenv("YINUO_SIM_AGAIN", "1", 1);
    execl("/proc/self/exe", arguments[0], "--seed", seed, "--pack",
          options.pack, (char *)NULL);
    _exit(1);
}

static int fail(uint64_t seed, const char *failure)
{
    char again[1024];
    struct mark mark;

    printf("seed %" PRIu64 " FAILED: %s\n", seed, failure);
    (void)run(seed, true, false, again, &mark);
    printf("seed %" PRIu64 " FAILED: %s\n", seed, failure);
    if (strcmp(again, failure) != 0)
        printf("  and the second run of it failed otherwise: %s\n", again);
    return 1;
}

/* --- many --- */

static int line(uint64_t count, const char *text)
{
    printf("%9" PRIu64 "  %s\n", count, text);
    return count == 0;
}

static int cover(void)
{
    int missing = 0;

    printf("faults\n");
    for (size_t i = 0; i < FAULT_COUNT; i++)
        missing += line(totals[i], fault_text((enum sim_fault)i));
    printf("and what was met\n");
    for (size_t i = 0; i < SIGHT_COUNT; i++)
        missing += line(sights[i], sight_text((enum sim_sight)i));
    if (missing && options.cover)
        printf("FAILED: %d of these have never happened\n", missing);
    return missing && options.cover;
}

/* Every so often once more: it is the seed that decides, and nothing else. */
static bool is_the_same(uint64_t seed, const struct mark *mark)
{
    char failure[1024];
    struct mark again;

    if (seed % AGAIN_EVERY)
        return true;
    (void)run(seed, true, false, failure, &again);
    if (memcmp(mark, &again, sizeof again) == 0)
        return true;
    printf("seed %" PRIu64 " FAILED: it ran otherwise the second time: %" PRIu64
           " and %" PRIu64 " steps, %" PRIu64 " and %" PRIu64 " records\n",
           seed, mark->steps, again.steps, mark->records, again.records);
    return false;
}

static int run_many(void)
{
    struct timespec a, b;
    char failure[1024];
    struct mark mark;

    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int64_t i = 0; i < options.count; i++) {
        uint64_t seed = (uint64_t)(options.from + i);
        if (run(seed, false, false, failure, &mark)) {
            if (!options.breakage && !is_the_same(seed, &mark))
                return 1;
            continue;
        }
        if (!options.breakage)
            return fail(seed, failure);
        printf("%s is noticed at seed %" PRIu64 ": %s\n", options.breakage,
               seed, failure);
        return 0;
    }
    if (options.breakage) {
        printf("%s was not noticed in %" PRId64 " seeds\n", options.breakage,
               options.count);
        return 1;
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    double s =
        (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
    printf("%" PRId64 " seeds in %.1f s: %.1f a second, %" PRIu64
           " steps, %" PRIu64 " records\n",
           options.count, s, (double)options.count / s, total_steps,
           total_records);
    return cover();
}

static int run_one(void)
{
    char failure[1024];
    struct mark mark;
    bool good =
        run((uint64_t)options.seed, true, options.story, failure, &mark);

    printf("seed %" PRId64 " %s%s\n", options.seed,
           good ? "is good" : "FAILED: ", failure);
    return !good && !options.breakage;
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"seed", 's', OPTION_INT, "N", "run this one", &options.seed},
        {"story", 0, OPTION_FLAG, NULL, "tell all of it", &options.story},
        {"from", 0, OPTION_INT, "N", "the first seed (1)", &options.from},
        {"count", 'n', OPTION_INT, "N", "how many (1)", &options.count},
        {"cover", 0, OPTION_FLAG, NULL, "every fault must have happened",
         &options.cover},
        {"break", 0, OPTION_TEXT, "WHAT",
         "early-ack, generation, timer-row or cursor: it must be noticed",
         &options.breakage},
        {"by", 0, OPTION_TEXT, "INVARIANT",
         "... by this invariant; the others are silent", &options.by},
        {"pack", 0, OPTION_TEXT, "DIR", "the policy", &options.pack},
        {0}};
    const struct option_set set = {.usage = "test_sim_seeds [OPTION]...",
                                   .summary = "The simulator.",
                                   .rows = rows};

    arguments = argv;
    (void)option_parse_or_exit(&set, argc, argv);
    log_capture(take_log, NULL);
    signal(SIGABRT, on_abort);
    setvbuf(stdout, NULL, _IOLBF, 0);
    return options.seed >= 0 ? run_one() : run_many();
}
