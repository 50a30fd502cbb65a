/* simulate_bench - decide and apply in virtual time, the input read before.
 *
 *   simulate_bench PACK EVENTS.jsonl [RUNS]
 *
 * One core, no journal, no sockets, no JSON: what the engine, the customs house
 * and the rows in memory cost. Prints a line per run and the median. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "ledger/simulate.h"

enum { RUNS_MAX = 99 };

static double cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, const struct error *err)
{
    fprintf(stderr, "simulate_bench: %s: %s\n", what, err->text);
    exit(1);
}

static void read_events(struct runner *r, const char *path)
{
    struct json_lines lines;
    struct arena arena;
    struct error err = {0};
    json_t *value;
    FILE *file = fopen(path, "rb");

    if (!file) {
        perror(path);
        exit(1);
    }
    arena_init(&arena, 4 * LIMIT_DECODE_BYTES);
    json_lines_init(&lines, file, path, LIMIT_EVENT_JSON_BYTES);
    while (json_lines_next(&lines, &value, &err) == STATUS_OK) {
        struct fault fault = {0};

        arena_reset(&arena);
        if (simulate_add(r, value, &arena, &fault))
            fprintf(stderr, "%s:%zu: %s\n", path, lines.line, fault.text);
        json_decref(value);
    }
    json_lines_fini(&lines);
    arena_fini(&arena);
    fclose(file);
}

static double run(const char *pack, const char *path)
{
    struct runner_options options = {.answers = true,
                                     .answer_after_ms = 120000};
    struct runner *r = NULL;
    struct error err = {0};
    const struct summary *sum;
    double began, took;

    if (simulate_policies(&pack, 1, stderr, &options.policies, &err) ||
        runner_new(&options, &r, &err))
        die(pack, &err);
    read_events(r, path);
    began = cpu_s();
    if (runner_run(r, runner_last_event_ms(r), &err))
        die(path, &err);
    took = cpu_s() - began;
    sum = world_summary(runner_world(r));
    printf("%llu events, %llu cases, %llu timers due, %llu answers: %.3f s of "
           "CPU, %.0f events/s\n",
           (unsigned long long)sum->events,
           (unsigned long long)sum->cases_opened,
           (unsigned long long)sum->timers_fired,
           (unsigned long long)sum->acknowledgements, took,
           (double)sum->events / took);
    took = (double)sum->events / took;
    runner_free(&r);
    return took;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    double rates[RUNS_MAX];
    int runs = argc > 3 ? atoi(argv[3]) : 5;

    if (argc < 3 || runs < 1 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: simulate_bench PACK EVENTS.jsonl [RUNS]\n");
        return 2;
    }
    for (int i = 0; i < runs; i++)
        rates[i] = run(argv[1], argv[2]);
    qsort(rates, (size_t)runs, sizeof rates[0], by_size);
    printf("median of %d: %.0f events/s\n", runs, rates[runs / 2]);
    return 0;
}
