/* simulate_bench - decide and apply in virtual time, the input read before.
 *
 *   simulate_bench PACK EVENTS.jsonl [RUNS]
 *   simulate_bench --mechanisms PACK EVENTS.jsonl
 *
 * One core, no journal, no sockets, no JSON: what the engine, the customs house
 * and the rows in memory cost. Every page is acknowledged two minutes later: an
 * event too, but none of the file's, so it is told apart. Prints a line per run
 * and the medians. With --mechanisms it measures nothing, and tells what of the
 * pack the events made use of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "bench/mechanisms.h"
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

static struct runner *prepare(const char *pack, const char *path,
                              struct runner_options *options)
{
    struct runner *r = NULL;
    struct error err = {0};

    options->answers = true;
    options->answer_after_ms = 120000;
    if (simulate_policies(&pack, 1, stderr, &options->policies, &err) ||
        runner_new(options, &r, &err))
        die(pack, &err);
    read_events(r, path);
    return r;
}

struct rates {
    double events, all; /* per second: of the file; and acknowledgements */
};

static struct rates run(const char *pack, const char *path)
{
    struct runner_options options = {0};
    struct runner *r = prepare(pack, path, &options);
    struct error err = {0};
    const struct summary *sum = world_summary(runner_world(r));
    struct rates rates;
    double began = cpu_s(), took;

    if (runner_run(r, runner_last_event_ms(r), &err))
        die(path, &err);
    took = cpu_s() - began;
    rates.events = (double)sum->events / took;
    rates.all = (double)(sum->events + sum->acknowledgements) / took;
    printf("%llu events, %llu acknowledgements, %llu timers due, %llu cases: "
           "%.3f s of CPU, %.0f events/s, %.0f with acknowledgements\n",
           (unsigned long long)sum->events,
           (unsigned long long)sum->acknowledgements,
           (unsigned long long)sum->timers_fired,
           (unsigned long long)sum->cases_opened, took, rates.events,
           rates.all);
    runner_free(&r);
    return rates;
}

/* --- what is in use --- */

struct tallying {
    struct mechanisms used;
    const struct policyset *policies;
};

static void tally(void *context, const struct runner_record *record)
{
    struct tallying *t = context;
    const struct engine_out *out = record->decided->out;
    const struct policy *p = policyset_for(t->policies, TEXT(""));

    for (size_t i = 0; i < out->decisions.count; i++)
        mechanisms_count(&t->used, p, &out->decisions.list[i]);
}

static int tell_mechanisms(const char *pack, const char *path)
{
    struct tallying t = {0};
    struct runner_options options = {.after = tally, .context = &t};
    struct runner *r = prepare(pack, path, &options);
    struct error err = {0};

    t.policies = world_policies(runner_world(r));
    if (runner_run(r, runner_last_event_ms(r), &err))
        die(path, &err);
    mechanisms_print(&t.used, policyset_for(t.policies, TEXT("")), stdout);
    runner_free(&r);
    return 0;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double *list, int count)
{
    qsort(list, (size_t)count, sizeof *list, by_size);
    return list[count / 2];
}

int main(int argc, char **argv)
{
    double events[RUNS_MAX], all[RUNS_MAX];
    int runs = argc > 3 ? atoi(argv[3]) : 5;

    if (argc == 4 && strcmp(argv[1], "--mechanisms") == 0)
        return tell_mechanisms(argv[2], argv[3]);
    if (argc < 3 || runs < 1 || runs > RUNS_MAX) {
        fprintf(stderr,
                "usage: simulate_bench PACK EVENTS.jsonl [RUNS]\n"
                "       simulate_bench --mechanisms PACK EVENTS.jsonl\n");
        return 2;
    }
    for (int i = 0; i < runs; i++) {
        struct rates rates = run(argv[1], argv[2]);

        events[i] = rates.events;
        all[i] = rates.all;
    }
    printf("median of %d: %.0f events/s, %.0f with acknowledgements\n", runs,
           median(events, runs), median(all, runs));
    return 0;
}
