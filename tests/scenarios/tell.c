/* tell - runs one story file and holds it against what must and must not be.
 *
 *   tell PACK STORY.yaml...
 *
 * Where it does not hold, the whole story is printed as it went. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "ledger/simulate.h"
#include "ledger/story.h"

enum { LINES_MAX = 20000, WORD = 64 };

/* One decision as it was made. */
struct told {
    int64_t at_ms;
    char kind[16], person[WORD], tier[WORD], rule[WORD], clock[WORD], key[WORD],
        value[WORD];
    int severity;
    bool matched;
    char cause[WORD]; /* the event's kind, or "timer" */
};

struct telling {
    const struct story *story;
    const struct story_tale *tale;
    struct runner *runner;
    struct told *lines;
    size_t count;
    unsigned failures;
};

static void word(char out[WORD], struct text t)
{
    if (!slice_to_text(slice_of(t.data, t.size), out, WORD))
        out[0] = '\0';
}

static void listen(void *context, const struct runner_record *r)
{
    struct telling *t = context;
    const struct decisions *d = &r->decided->out->decisions;
    const struct policy *p =
        policyset_for(world_policies(runner_world(t->runner)), TEXT(""));

    for (size_t i = 0; i < d->count; i++) {
        struct told *l = &t->lines[t->count];
        const struct decision *one = &d->list[i];

        if (t->count == LINES_MAX)
            abort();
        memset(l, 0, sizeof *l);
        l->at_ms = r->now_ms;
        l->severity = one->severity;
        snprintf(l->kind, sizeof l->kind, "%s", decision_kind_name(one->kind));
        word(l->person, one->person);
        word(l->rule, one->rule);
        word(l->clock, one->clock);
        word(l->key, one->key);
        word(l->value, one->value);
        if (one->tier && one->tier <= p->role_count)
            word(l->tier, p->roles[one->tier].name);
        snprintf(l->cause, sizeof l->cause, "%s",
                 r->event ? r->event->kind : "timer");
        t->count++;
    }
    if (r->decided->code && t->count < LINES_MAX && d->count == 0) {
        struct told *l = &t->lines[t->count++];

        memset(l, 0, sizeof *l);
        l->at_ms = r->now_ms;
        snprintf(l->kind, sizeof l->kind, "refuse");
        snprintf(l->cause, sizeof l->cause, "%s",
                 r->event ? r->event->kind : "timer");
        snprintf(l->value, sizeof l->value, "%s",
                 refusal_name(r->decided->code));
    }
}

static void clock_text(const struct telling *t, int64_t at_ms, char out[32])
{
    struct time_parts p;

    if (at_ms == INT64_MIN || at_ms == INT64_MAX) {
        snprintf(out, 32, "ever");
        return;
    }
    if (time_text_split(at_ms, t->story->zone, &p, NULL))
        abort();
    snprintf(out, 32,
             p.second ? "%02d-%02d %02d:%02d:%02d" : "%02d-%02d %02d:%02d",
             p.month, p.day, p.hour, p.minute, p.second);
}

static bool fits(const char *wanted, const char *found)
{
    return !*wanted || strcmp(wanted, found) == 0;
}

/* A page says its rule; which clock it comes from, the fire beside it does. */
static bool clock_fits(const struct telling *t, const struct story_claim *c,
                       const struct told *l)
{
    if (!*c->clock || strcmp(l->kind, "page") != 0)
        return fits(c->clock, l->clock);
    for (size_t i = 0; i < t->count; i++)
        if (t->lines[i].at_ms == l->at_ms &&
            strcmp(t->lines[i].kind, "fire") == 0 &&
            strcmp(t->lines[i].clock, c->clock) == 0)
            return true;
    return false;
}

static bool claim_fits(const struct telling *t, const struct story_claim *c,
                       const struct told *l)
{
    return l->at_ms >= c->from_ms && l->at_ms < c->until_ms &&
           fits(c->kind, l->kind) && fits(c->person, l->person) &&
           fits(c->tier, l->tier) && fits(c->rule, l->rule) &&
           clock_fits(t, c, l) && fits(c->key, l->key) &&
           fits(c->value, l->value) &&
           (!*c->severity || atoi(c->severity + 1) == l->severity);
}

static void describe(const struct telling *t, const struct story_claim *c)
{
    char from[32], until[32];

    clock_text(t, c->from_ms, from);
    clock_text(t, c->until_ms, until);
    printf("  %s[%zu] %s%s%s %s %s%s%s%s%s%s%s%s%s%s: %s\n",
           c->must ? "must" : "must_not", c->row, from,
           c->must ? "" : " to before ", c->must ? "" : until, c->kind,
           c->person, *c->tier ? " tier=" : "", c->tier,
           *c->rule ? " rule=" : "", c->rule, *c->clock ? " clock=" : "",
           c->clock, *c->value ? " value=" : "", c->value, "", c->why);
}

static void hold_claims(struct telling *t)
{
    for (size_t i = 0; i < t->tale->claim_count; i++) {
        const struct story_claim *c = &t->tale->claims[i];
        bool found = false;

        for (size_t j = 0; j < t->count; j++) {
            if (!claim_fits(t, c, &t->lines[j]))
                continue;
            found = true;
            t->lines[j].matched |= c->must;
        }
        if (*c->waits && found == c->must) {
            printf("holds already, though it waits for %s:\n", c->waits);
            describe(t, c);
        }
        if (*c->waits || found == c->must)
            continue;
        t->failures++;
        printf(c->must ? "did not happen:\n" : "should not have happened:\n");
        describe(t, c);
    }
}

static void hold_state(struct telling *t, const struct story_state *s)
{
    struct case_record *c = calloc(1, sizeof *c);
    struct world *w = runner_world(t->runner);
    char owner[WORD], at[32];
    int64_t count = 0;

    if (!c || !world_find_case(w, text_of(t->story->case_id), c)) {
        printf("state: there is no case\n");
        t->failures++;
        free(c);
        return;
    }
    word(owner, name_text(&c->owner));
    if (*s->counter) {
        const struct policy *p = world_policy_of(w, c);

        count = -1;
        for (size_t i = 0; p && i < p->counter_count; i++)
            if (text_equal(p->counters[i].name, text_of(s->counter)))
                count = c->counters[i];
    }
    if (!fits(s->owner, owner) ||
        !fits(s->status, case_status_name(c->status)) ||
        (*s->severity && atoi(s->severity + 1) != (int)c->severity) ||
        (*s->counter && count != s->count)) {
        clock_text(t, s->at_ms, at);
        printf("state at %s: owner %s, %s, S%d, %s %" PRId64
               "; wanted %s %s %s %" PRId64 ": %s\n",
               at, owner, case_status_name(c->status), (int)c->severity,
               s->counter, count, s->owner, s->status, s->severity, s->count,
               s->why);
        t->failures++;
    }
    free(c);
}

static void print_story(const struct telling *t)
{
    printf("the story as it went (* is a row of must):\n");
    for (size_t i = 0; i < t->count; i++) {
        const struct told *l = &t->lines[i];
        char at[32];

        clock_text(t, l->at_ms, at);
        printf("%c %s  %-24s %-12s %-16s %-14s S%d %s %s %s %s\n",
               l->matched ? '*' : ' ', at, l->cause, l->kind, l->person,
               l->tier, l->severity, l->rule, l->clock, l->key, l->value);
    }
}

static int stop(const char *what, const char *why)
{
    printf("%s: %s\n", what, why);
    return 1;
}

static int add_events(struct telling *t)
{
    struct arena arena;
    int bad = 0;

    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < t->tale->event_count && !bad; i++) {
        struct fault fault;

        arena_reset(&arena);
        if (simulate_add(t->runner, t->tale->events[i].json, &arena, &fault))
            bad = stop(json_string_value(
                           json_object_get(t->tale->events[i].json, "kind")),
                       fault.text);
    }
    arena_fini(&arena);
    return bad;
}

static int run(struct telling *t)
{
    struct error err;

    for (size_t i = 0; i < t->tale->state_count; i++) {
        if (runner_run(t->runner, t->tale->states[i].at_ms, &err))
            return stop("runner", err.text);
        hold_state(t, &t->tale->states[i]);
    }
    if (runner_run(t->runner, t->tale->until_ms, &err))
        return stop("runner", err.text);
    hold_claims(t);
    return 0;
}

static int tell(const char *pack, const struct story *story,
                const struct story_tale *tale)
{
    struct telling t = {.story = story, .tale = tale};
    struct runner_options options = {.answers =
                                         tale->answers == STORY_ALL_ANSWER,
                                     .answer_after_ms = STORY_ANSWER_MS,
                                     .answer_until_ms = tale->answer_until_ms,
                                     .after = listen,
                                     .context = &t};
    struct error err;
    int bad;

    printf("%s\n", tale->name);
    if (simulate_policies(&pack, 1, NULL, &options.policies, &err)) {
        (void)!simulate_policies(&pack, 1, stdout, &options.policies, &err);
        return stop(pack, err.text);
    }
    t.lines = calloc(LINES_MAX, sizeof *t.lines);
    if (!t.lines || runner_new(&options, &t.runner, &err))
        return stop("runner", err.text);
    bad = add_events(&t) || run(&t);
    if (t.failures || bad || getenv("YINUO_TELL"))
        print_story(&t);
    bad |= t.failures != 0;
    runner_free(&t.runner);
    free(t.lines);
    return bad;
}

int main(int argc, char **argv)
{
    int bad = 0;

    if (argc < 3)
        return stop("tell", "PACK STORY.yaml...");
    for (int i = 2; i < argc; i++) {
        struct story *story;
        struct error err;

        if (story_load(argv[i], NULL, &story, &err)) {
            bad = stop("story", err.text);
            continue;
        }
        for (size_t j = 0; j < story->tale_count; j++)
            bad |= tell(argv[1], story, &story->tales[j]);
        printf("%s: %zu must rows\n", story->id, story_must_rows(story));
        story_free(&story);
    }
    return bad;
}
