#include "ledger/against.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "ledger/simulate_internal.h"

enum {
    PROGRESS_EVERY = 2048,
    KEY_SIZE = 4 * (NAME_BYTES_MAX + 1),
    WORDS_AT_HAND = 4096,
};

/* A clock of a case as one run has it. */
struct instance {
    char *key;      /* case 0x1f clock 0x1f key */
    uint32_t hash;  /* of the key: the tree is in its order */
    int64_t due_ms; /* of what it counts towards; earlier steps remind */
    bool missed;
};

struct name_row {
    const char *name;
    size_t row; /* index into its list of rows */
};

struct rows {
    struct against_row *list;
    size_t count, room;
    void *by_name; /* tsearch tree of name_row */
};

struct gathering {
    const struct against_options *options;
    struct against_report *report;
    int run;
    void *words; /* tsearch tree of char *, in the report's arena */
    const char
        *at_hand[WORDS_AT_HAND]; /* of them, by hash: the last asked for */
    void *instances; /* tsearch tree of struct instance *, of this run */
    struct rows tiers, stations, clocks;
    size_t page_room[AGAINST_RUNS];
    struct runner *runner;
    int64_t first_ms, last_ms; /* of the events, for the progress */
};

/* --- words, rows ------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static uint32_t hash_of(const char *data, size_t size)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < size; i++)
        h = (h ^ (uint8_t)data[i]) * 16777619u;
    return h ^ h >> 15;
}

/* One copy of each, whatever the run. */
static const char *word(struct gathering *g, struct text t)
{
    const char **place =
        &g->at_hand[hash_of(t.data, t.data ? t.size : 0) % WORDS_AT_HAND];
    char copy[LIMIT_ID_BYTES + 1];
    uint32_t size = t.size < sizeof copy ? t.size : (uint32_t)sizeof copy - 1;
    char **found;

    memcpy(copy, t.data ? t.data : "", t.data ? size : 0);
    copy[t.data ? size : 0] = 0;
    if (*place && strcmp(*place, copy) == 0)
        return *place;
    found = tfind(copy, &g->words, by_text);
    if (!found)
        found = must(tsearch(must(arena_text(&g->report->arena, copy)),
                             &g->words, by_text));
    *place = *found;
    return *found;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct name_row *)a)->name,
                  ((const struct name_row *)b)->name);
}

static struct against_row *row_of(struct gathering *g, struct rows *rows,
                                  const char *name)
{
    struct name_row wanted = {.name = name}, *made;
    struct name_row **found = tfind(&wanted, &rows->by_name, by_name);

    if (found)
        return &rows->list[(*found)->row];
    if (rows->count == rows->room) {
        rows->room = rows->room ? 2 * rows->room : 64;
        rows->list = must(realloc(rows->list, rows->room * sizeof *rows->list));
    }
    made = must(arena_alloc(&g->report->arena, sizeof *made));
    *made = (struct name_row){name, rows->count};
    must(tsearch(made, &rows->by_name, by_name));
    rows->list[rows->count] = (struct against_row){.name = name};
    return &rows->list[rows->count++];
}

static void leave(void *nothing)
{
    (void)nothing;
}

/* --- what happens in a run --------------------------------------------- */

static void add_page(struct gathering *g, const struct decision *d,
                     const char *station)
{
    struct against_report *report = g->report;
    size_t *count = &report->page_count[g->run];
    const struct policy *p =
        policyset_for(world_policies(runner_world(g->runner)), TEXT(""));
    struct text tier = d->tier >= 1 && d->tier <= p->role_count
                           ? p->roles[d->tier].name
                           : TEXT("-");

    if (*count == g->page_room[g->run]) {
        g->page_room[g->run] = *count ? 2 * *count : 4096;
        report->pages[g->run] =
            must(realloc(report->pages[g->run],
                         g->page_room[g->run] * sizeof *report->pages[0]));
    }
    report->pages[g->run][(*count)++] =
        (struct against_page){.case_id = word(g, d->case_id),
                              .person = word(g, d->person),
                              .rule = word(g, d->rule),
                              .tier = d->tier,
                              .severity = d->severity,
                              .at_ms = d->at_ms};
    row_of(g, &g->tiers, word(g, tier))->pages[g->run]++;
    row_of(g, &g->stations, station)->pages[g->run]++;
}

static int by_key(const void *a, const void *b)
{
    const struct instance *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return strcmp(x->key, y->key);
}

static size_t key_part(char *key, size_t at, struct text t)
{
    size_t size = t.size < NAME_BYTES_MAX ? t.size : NAME_BYTES_MAX;

    if (size)
        memcpy(key + at, t.data, size);
    key[at + size] = '\x1f';
    return at + size + 1;
}

/* Its size. */
static size_t instance_key(const struct decision *d, char key[KEY_SIZE])
{
    size_t size = key_part(key, 0, d->case_id);

    size = key_part(key, size, d->clock);
    size = key_part(key, size, d->key);
    key[size - 1] = 0;
    return size - 1;
}

static void count_clock(struct gathering *g, const struct decision *d,
                        const char *station, bool missed)
{
    struct against_row *clock = row_of(g, &g->clocks, word(g, d->clock));
    struct against_row *place = row_of(g, &g->stations, station);

    if (missed) {
        clock->missed[g->run]++;
        place->missed[g->run]++;
    } else {
        clock->kept[g->run]++;
        place->kept[g->run]++;
    }
}

static struct instance *instance_new(struct gathering *g, const char *key,
                                     uint32_t hash)
{
    struct instance *i = must(calloc(1, sizeof *i));

    i->key = must(strdup(key));
    i->hash = hash;
    must(tsearch(i, &g->instances, by_key));
    return i;
}

static void free_instance(void *one)
{
    struct instance *i = one;

    free(i->key);
    free(i);
}

/* An instance is counted once: missed at its first step, else kept at its
 * end. */
static void follow_clock(struct gathering *g, const struct decision *d,
                         const char *station)
{
    char key[KEY_SIZE];
    struct instance wanted = {.key = key}, **found, *i;

    wanted.hash = hash_of(key, instance_key(d, key));
    found = tfind(&wanted, &g->instances, by_key);
    if (!found && d->kind != DECISION_ARM)
        return;
    i = found ? *found : instance_new(g, key, wanted.hash);
    if (d->kind == DECISION_ARM) {
        i->due_ms = d->instance->due_ms;
    } else if (d->kind == DECISION_CANCEL) {
        if (!i->missed)
            count_clock(g, d, station, false);
        tdelete(i, &g->instances, by_key);
        free_instance(i);
    } else if (!i->missed && d->due_ms >= i->due_ms) {
        i->missed = true;
        count_clock(g, d, station, true);
    }
}

static void tell_progress(struct gathering *g, int64_t now_ms)
{
    int64_t span = g->last_ms - g->first_ms;
    int64_t at = now_ms - g->first_ms;

    if (!g->options->progress || span <= 0)
        return;
    g->options->progress(g->options->context, g->run,
                         at >= span ? 100 : (unsigned)(100 * at / span));
}

static void after(void *context, const struct runner_record *r)
{
    struct gathering *g = context;
    const struct decisions *d = &r->decided->out->decisions;
    const char *station = NULL;

    if (!g->first_ms)
        g->first_ms = r->now_ms;
    for (size_t i = 0; i < d->count; i++) {
        const struct decision *one = &d->list[i];
        bool clock = one->kind == DECISION_ARM || one->kind == DECISION_FIRE ||
                     one->kind == DECISION_CANCEL;

        if (!clock && one->kind != DECISION_PAGE)
            continue;
        if (g->options->has_since && one->at_ms < g->options->since_ms &&
            one->kind != DECISION_ARM)
            continue;
        if (!station)
            station = word(g, name_text(&r->decided->out->scratch.station));
        if (clock)
            follow_clock(g, one, station);
        else
            add_page(g, one, station);
    }
    if (r->sequence % PROGRESS_EVERY == 0)
        tell_progress(g, r->now_ms);
}

/* --- a run ------------------------------------------------------------- */

static enum status feed(struct gathering *g, struct error *err)
{
    struct simulate_options o = *g->options->events;

    if (g->run == AGAINST_NEW)
        o.complain = NULL; /* of the same lines it was told before */
    return o.journal ? simulate_feed_journal(o.journal, g->runner, err)
                     : simulate_feed(&o, g->runner, err);
}

static enum status policies_of(const struct gathering *g,
                               struct policyset **set, struct error *err)
{
    const struct simulate_options *o = g->options->events;

    if (g->run == AGAINST_NEW)
        return simulate_policies(g->options->new_packs, g->options->new_count,
                                 o->complain, set, err);
    if (o->journal && o->pack_count == 0)
        return simulate_journal_policies(o->journal, set, err);
    return simulate_policies(o->packs, o->pack_count, o->complain, set, err);
}

static enum status run_one(struct gathering *g, struct error *err)
{
    const struct simulate_options *o = g->options->events;
    struct runner_options options = {.answers = o->answers,
                                     .answer_after_ms = o->answer_after_ms,
                                     .after = after,
                                     .context = g};
    enum status status = policies_of(g, &options.policies, err);
    const struct summary *counted;

    if (!status)
        status = runner_new(&options, &g->runner, err);
    if (status)
        return status;
    g->first_ms = 0;
    status = feed(g, err);
    g->last_ms = runner_last_event_ms(g->runner);
    if (!status)
        status = runner_run(
            g->runner,
            o->has_until ? o->until_ms : g->last_ms + SIMULATE_HORIZON_MS, err);
    counted = world_summary(runner_world(g->runner));
    g->report->events = counted->events;
    g->report->rejected = counted->rejected;
    g->report->cases_all = counted->cases_opened;
    runner_free(&g->runner);
    tdestroy(g->instances, free_instance);
    g->instances = NULL;
    return status;
}

/* --- what differs ------------------------------------------------------ */

/* Texts are interned: equal ones are one. */
static int by_case(const void *a, const void *b)
{
    const struct against_page *x = a, *y = b;
    int order = x->case_id == y->case_id ? 0 : strcmp(x->case_id, y->case_id);

    if (!order)
        order = x->at_ms < y->at_ms ? -1 : x->at_ms > y->at_ms;
    if (!order)
        order = x->person == y->person ? 0 : strcmp(x->person, y->person);
    return order ? order : x->tier - y->tier;
}

static size_t end_of(const struct against_report *r, int run, size_t from,
                     const char *case_id)
{
    while (from < r->page_count[run] && r->pages[run][from].case_id == case_id)
        from++;
    return from;
}

/* Pages from .. to of both runs; those of one alone go into the lists. */
static void compare(struct against_report *r, const size_t from[AGAINST_RUNS],
                    const size_t to[AGAINST_RUNS], size_t *only[AGAINST_RUNS],
                    size_t count[AGAINST_RUNS])
{
    size_t o = from[AGAINST_OLD], n = from[AGAINST_NEW];

    while (o < to[AGAINST_OLD] || n < to[AGAINST_NEW]) {
        int order = o == to[AGAINST_OLD]   ? 1
                    : n == to[AGAINST_NEW] ? -1
                                           : by_case(&r->pages[AGAINST_OLD][o],
                                                     &r->pages[AGAINST_NEW][n]);
        if (order < 0)
            only[AGAINST_OLD][count[AGAINST_OLD]++] = o;
        if (order > 0)
            only[AGAINST_NEW][count[AGAINST_NEW]++] = n;
        o += order <= 0;
        n += order >= 0;
    }
}

static const char *first_case(const struct against_report *r,
                              const size_t at[AGAINST_RUNS])
{
    const char *o = at[AGAINST_OLD] < r->page_count[AGAINST_OLD]
                        ? r->pages[AGAINST_OLD][at[AGAINST_OLD]].case_id
                        : NULL;
    const char *n = at[AGAINST_NEW] < r->page_count[AGAINST_NEW]
                        ? r->pages[AGAINST_NEW][at[AGAINST_NEW]].case_id
                        : NULL;

    return !o || (n && strcmp(n, o) < 0) ? n : o;
}

static int by_change(const void *a, const void *b)
{
    const struct against_case *x = a, *y = b;

    if (x->changed != y->changed)
        return x->changed > y->changed ? -1 : 1;
    return strcmp(x->case_id, y->case_id);
}

static void compare_all(struct against_report *r)
{
    size_t at[AGAINST_RUNS] = {0}, to[AGAINST_RUNS], room = 0;
    const char *id;

    for (int run = 0; run < AGAINST_RUNS; run++)
        if (r->page_count[run])
            qsort(r->pages[run], r->page_count[run], sizeof *r->pages[run],
                  by_case);
    while ((id = first_case(r, at)) != NULL) {
        struct against_case c = {.case_id = id};
        size_t *only[AGAINST_RUNS], count[AGAINST_RUNS] = {0};

        for (int run = 0; run < AGAINST_RUNS; run++) {
            to[run] = end_of(r, run, at[run], id);
            c.pages[run] = to[run] - at[run];
            only[run] = must(
                arena_array(&r->arena, c.pages[run] + 1, sizeof *only[run]));
        }
        compare(r, at, to, only, count);
        c.only_old = only[AGAINST_OLD];
        c.only_old_count = count[AGAINST_OLD];
        c.only_new = only[AGAINST_NEW];
        c.only_new_count = count[AGAINST_NEW];
        c.changed = c.only_old_count + c.only_new_count;
        if (c.changed && r->case_count == room) {
            room = room ? 2 * room : 256;
            r->cases = must(realloc(r->cases, room * sizeof *r->cases));
        }
        if (c.changed)
            r->cases[r->case_count++] = c;
        memcpy(at, to, sizeof at);
    }
    if (r->case_count)
        qsort(r->cases, r->case_count, sizeof *r->cases, by_change);
}

/* --- all of it --------------------------------------------------------- */

static void hand_over(struct gathering *g)
{
    struct against_report *r = g->report;

    r->tiers = g->tiers.list;
    r->tier_count = g->tiers.count;
    r->stations = g->stations.list;
    r->station_count = g->stations.count;
    r->clocks = g->clocks.list;
    r->clock_count = g->clocks.count;
    tdestroy(g->tiers.by_name, leave);
    tdestroy(g->stations.by_name, leave);
    tdestroy(g->clocks.by_name, leave);
    tdestroy(g->words, leave);
}

enum status against_run(const struct against_options *options,
                        struct against_report **report, struct error *err)
{
    struct gathering g = {.options = options};
    const struct simulate_options *o = options->events;
    enum status status = STATUS_OK;

    *report = NULL;
    for (size_t i = 0; i < o->file_count; i++)
        if (strcmp(o->files[i], "-") == 0)
            return error_set(err, STATUS_INVALID,
                             "two runs read the events twice: standard input "
                             "cannot be, give a file");
    g.report = must(calloc(1, sizeof *g.report));
    arena_init(&g.report->arena, SIZE_MAX);
    for (g.run = AGAINST_OLD; !status && g.run < AGAINST_RUNS; g.run++)
        status = run_one(&g, err);
    hand_over(&g);
    if (status) {
        against_free(&g.report);
        return status;
    }
    compare_all(g.report);
    *report = g.report;
    return STATUS_OK;
}

void against_free(struct against_report **report)
{
    struct against_report *r = *report;

    if (!r)
        return;
    for (int run = 0; run < AGAINST_RUNS; run++)
        free(r->pages[run]);
    free(r->tiers);
    free(r->stations);
    free(r->clocks);
    free(r->cases);
    arena_fini(&r->arena);
    free(r);
    *report = NULL;
}
