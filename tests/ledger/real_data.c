/* real_data - logs of real work, imported and simulated to known figures.
 *
 *   real_data ROOT (day | month | requests)
 *
 * The figures are those of the data's own counters. Twice the same run gives
 * the same decisions, byte for byte. Exit code 77: the data are not here. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time_text.h"
#include "ledger/import.h"
#include "ledger/simulate.h"

struct look {
    const char *at;
    uint64_t open, unresolved;
};

struct work {
    const char *name, *data, *map, *pack, *until;
    bool once; /* long enough once */
    uint64_t events, opened, closed, reassigned, reassign_total, reopened,
        reopen_total, made, kept, missed;
    struct look looks[3];
};

static const struct work all[] = {
    {.name = "day",
     .data = "packs/incident-desk/data/incidents-day.feed.csv.gz",
     .map = "packs/incident-desk/maps/incidents.yaml",
     .pack = "packs/incident-desk",
     .events = 2198,
     .opened = 315,
     .closed = 315,
     .reassigned = 166,
     .reassign_total = 369,
     .reopened = 2,
     .reopen_total = 3,
     .looks = {{"2016-03-15T12:00:00Z", 96, 48}}},
    {.name = "month",
     .data = "../shared/data/incidents-month.feed.csv.gz",
     .map = "packs/incident-desk/maps/incidents.yaml",
     .pack = "packs/incident-desk",
     .events = 59354,
     .opened = 9202,
     .closed = 9202,
     .reassigned = 5108,
     .reassign_total = 11295,
     .reopened = 133,
     .reopen_total = 161,
     .looks = {{"2016-03-15T12:00:00Z", 3727, 1765},
               {"2016-04-15T12:00:00Z", 843, 561},
               {"2016-05-15T12:00:00Z", 382, 244}}},
    {.name = "requests",
     .data = "../shared/data/requests-2011-07.csv.gz",
     .map = "packs/service-network/maps/requests.yaml",
     .pack = "packs/service-network",
     .until = "2020-01-01",
     .once = true,
     .events = 34699,
     .opened = 9854,
     .closed = 9177,
     .made = 8157,
     .kept = 6293,
     .missed = 1864},
};

static unsigned failures;

static void hold(const char *what, uint64_t found, uint64_t wanted)
{
    printf("%-18s %8" PRIu64 "%s", what, found,
           found == wanted ? "\n" : "   <- wanted ");
    if (found != wanted) {
        printf("%" PRIu64 "\n", wanted);
        failures++;
    }
}

static void stop(const char *what, const struct error *err)
{
    printf("%s: %s\n", what, err->text);
    exit(1);
}

static void import(const struct work *w, const char *root, const char *events)
{
    char map[1024], data[1024];
    const char *files[] = {data};
    struct import_options options = {.map = map,
                                     .files = files,
                                     .file_count = 1,
                                     .sink = import_to_file,
                                     .complain = stdout};
    struct import_summary summary;
    struct error err;
    FILE *out = fopen(events, "wb");

    snprintf(map, sizeof map, "%s/%s", root, w->map);
    snprintf(data, sizeof data, "%s/%s", root, w->data);
    if (!file_exists(data)) {
        printf("skipped: %s is not here\n", w->data);
        exit(77);
    }
    options.sink_state = out;
    if (!out || import_run(&options, &summary, &err) || fclose(out))
        stop("import", &err);
    hold("bad rows", summary.bad_rows, 0);
    hold("imported events", summary.events, w->events);
}

static void simulate(const struct work *w, const char *root, const char *events,
                     const char *decisions, const struct look *look,
                     struct simulate_result *result)
{
    char pack[1024];
    const char *packs[] = {pack}, *files[] = {events};
    struct simulate_options options = {.packs = packs,
                                       .pack_count = 1,
                                       .files = files,
                                       .file_count = 1,
                                       .decisions = decisions,
                                       .answers = decisions != NULL,
                                       .answer_after_ms = 2 * 60 * 1000,
                                       .json = true,
                                       .has_until = w->until != NULL,
                                       .has_at = look && look->at};
    struct error err;

    snprintf(pack, sizeof pack, "%s/%s", root, w->pack);
    if (w->until && time_text_parse(w->until, "UTC", &options.until_ms, &err))
        stop("until", &err);
    if (look && look->at &&
        time_text_parse(look->at, "UTC", &options.at_ms, &err))
        stop("at", &err);
    if (simulate_run(&options, stdout, result, &err))
        stop("simulate", &err);
}

static void hold_figures(const struct work *w, const struct summary *s)
{
    hold("events", s->events, w->events);
    hold("rejected", s->rejected, 0);
    hold("cases_opened", s->cases_opened, w->opened);
    hold("cases_closed", s->cases_closed, w->closed);
    hold("open at the end", s->cases_open, w->opened - w->closed);
    hold("reassigned_cases", s->reassigned_cases, w->reassigned);
    hold("reassign_total", s->reassign_total, w->reassign_total);
    hold("cases_reopened", s->cases_reopened, w->reopened);
    hold("reopen_total", s->reopen_total, w->reopen_total);
    hold("promises_made", s->promises_made, w->made);
    hold("promises_kept", s->promises_kept, w->kept);
    hold("promises_missed", s->promises_missed, w->missed);
}

static bool same_files(const char *a, const char *b)
{
    char command[2100];

    snprintf(command, sizeof command, "cmp '%s' '%s'", a, b);
    return system(command) == 0;
}

static void run(const struct work *w, const char *root, const char *dir)
{
    char events[512], first[512], second[512];
    struct simulate_result result;

    snprintf(events, sizeof events, "%s/events.jsonl", dir);
    snprintf(first, sizeof first, "%s/first.jsonl", dir);
    snprintf(second, sizeof second, "%s/second.jsonl", dir);
    import(w, root, events);
    for (size_t i = 0; i == 0 || (i < 3 && w->looks[i].at); i++) {
        simulate(w, root, events, NULL, &w->looks[i], &result);
        hold_figures(w, &result.summary);
        if (!w->looks[i].at)
            continue;
        hold(w->looks[i].at, result.open_at, w->looks[i].open);
        hold("  unresolved", result.unresolved_at, w->looks[i].unresolved);
    }
    if (w->once) {
        unlink(events);
        return;
    }
    /* with answers: there are fewer lines to write */
    simulate(w, root, events, first, NULL, &result);
    simulate(w, root, events, second, NULL, &result);
    hold("different runs", !same_files(first, second), 0);
    unlink(first);
    unlink(second);
    unlink(events);
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/yinuo-data-XXXXXX";

    if (argc != 3 || !mkdtemp(dir))
        return 2;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].name, argv[2]) == 0)
            run(&all[i], argv[1], dir);
    rmdir(dir);
    return failures != 0;
}
