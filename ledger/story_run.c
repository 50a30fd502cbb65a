#include "ledger/story_run.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/apply.h"
#include "ledger/simulate.h"
#include "proto/message_json.h"

struct play {
    const struct story *story;
    const struct story_tale *tale;
    struct runner *runner;
    struct story_outcome *out;
    struct policyset *reloaded; /* not in force yet; NULL: none */
    void (*watch)(void *context, const struct runner_record *r,
                  struct runner *runner);
    void *context;
};

static void lay(const struct story *s, const struct story_overlay *from,
                size_t count, struct policy_overlay *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (struct policy_overlay){s->path, s->text, from[i].part,
                                        from[i].over, from[i].under};
}

static enum status load(const struct story *s, const struct story_tale *tale,
                        size_t reloaded, const char *const *packs, size_t count,
                        struct policyset **set, struct findings *f)
{
    size_t all = tale->overlay_count + reloaded;
    struct policy_overlay *overlays = calloc(all + 1, sizeof *overlays);
    enum status status;

    if (!overlays)
        abort();
    lay(s, tale->overlays, tale->overlay_count, overlays);
    lay(s, tale->reloaded, reloaded, overlays + tale->overlay_count);
    status = policyset_load_overlaid(packs, count, overlays, all, apply_names(),
                                     set, f);
    free(overlays);
    return status;
}

enum status story_policies(const struct story *s, const struct story_tale *tale,
                           const char *const *packs, size_t count,
                           struct policyset **set, struct findings *f)
{
    return load(s, tale, 0, packs, count, set, f);
}

enum status story_reloaded(const struct story *s, const struct story_tale *tale,
                           const char *const *packs, size_t count,
                           struct policyset **set, struct findings *f)
{
    *set = NULL;
    return tale->reloaded_count
               ? load(s, tale, tale->reloaded_count, packs, count, set, f)
               : STATUS_OK;
}

/* --- what is decided
 * ---------------------------------------------------------- */

static void word(char out[STORY_WORD], struct text t)
{
    if (!slice_to_text(slice_of(t.data, t.size), out, STORY_WORD))
        out[0] = '\0';
}

static struct story_line *line_new(struct story_outcome *o)
{
    if (o->line_count == o->line_room) {
        o->line_room = o->line_room ? 2 * o->line_room : 1024;
        o->lines = realloc(o->lines, o->line_room * sizeof *o->lines);
        if (!o->lines)
            abort();
    }
    memset(&o->lines[o->line_count], 0, sizeof *o->lines);
    return &o->lines[o->line_count++];
}

static void note_decision(struct play *p, const struct runner_record *r,
                          const struct decision *d)
{
    const struct policy *policy =
        policyset_for(world_policies(runner_world(p->runner)), TEXT(""));
    struct story_line *l = line_new(p->out);

    l->at_ms = r->now_ms;
    l->severity = d->severity;
    l->late_by_ms = d->late_by_ms;
    snprintf(l->kind, sizeof l->kind, "%s", decision_kind_name(d->kind));
    word(l->case_id, d->case_id);
    word(l->person, d->person);
    word(l->rule, d->rule);
    word(l->clock, d->clock);
    word(l->key, d->key);
    word(l->value, d->value);
    if (d->kind == DECISION_PROMISE && d->promise)
        snprintf(l->value, sizeof l->value, "%s",
                 promise_state_name(d->promise->state));
    if (d->tier && d->tier <= policy->role_count)
        word(l->tier, policy->roles[d->tier].name);
    snprintf(l->cause, sizeof l->cause, "%s",
             r->event ? r->event->kind : "timer");
}

static void listen(void *context, const struct runner_record *r)
{
    struct play *p = context;
    const struct decisions *d = &r->decided->out->decisions;
    bool reached = r->decided->decisions.size > 0;

    for (size_t i = 0; reached && i < d->count; i++)
        note_decision(p, r, &d->list[i]);
    if (r->decided->code && !reached) {
        struct story_line *l = line_new(p->out);

        l->at_ms = r->now_ms;
        snprintf(l->kind, sizeof l->kind, "refuse");
        snprintf(l->cause, sizeof l->cause, "%s",
                 r->event ? r->event->kind : "timer");
        snprintf(l->case_id, sizeof l->case_id, "%s",
                 r->event && r->event->case_id ? r->event->case_id : "");
        snprintf(l->value, sizeof l->value, "%s",
                 refusal_name(r->decided->code));
    }
    if (p->watch)
        p->watch(p->context, r, p->runner);
}

/* --- who answers
 * ---------------------------------------------------------------- */

static bool is_named(struct text name, const char *who)
{
    return text_equal(name, text_of(who));
}

/* A person's own word counts before that of his tier. */
static int64_t answer_wait(void *context, const struct decision *page)
{
    const struct play *p = context;
    const struct policy *policy =
        policyset_for(world_policies(runner_world(p->runner)), TEXT(""));
    int64_t wait_ms = p->tale->answer_ms;

    for (size_t i = 0; i < p->tale->answer_count; i++) {
        const struct story_answer *a = &p->tale->answers[i];

        if (is_named(page->person, a->who))
            return a->wait_ms;
        if (page->tier && page->tier <= policy->role_count &&
            is_named(policy->roles[page->tier].name, a->who))
            wait_ms = a->wait_ms;
    }
    return wait_ms;
}

/* --- claims
 * ------------------------------------------------------------------------ */

static bool fits(const char *wanted, const char *found)
{
    return !*wanted || strcmp(wanted, found) == 0;
}

/* Of the same case and instant. */
static bool beside(const struct story_line *a, const struct story_line *b)
{
    return a->at_ms == b->at_ms && strcmp(a->case_id, b->case_id) == 0;
}

static bool is_call(const struct story_line *l)
{
    return strcmp(l->kind, "page") == 0 || strcmp(l->kind, "inform") == 0;
}

/* A page says its rule; which clock it comes from, and with which key, the
 * fire beside it does. */
static bool clock_fits(const struct story_outcome *o,
                       const struct story_claim *c, const struct story_line *l)
{
    if (!*c->clock || !is_call(l))
        return fits(c->clock, l->clock) && fits(c->key, l->key);
    for (size_t i = 0; i < o->line_count; i++) {
        const struct story_line *f = &o->lines[i];

        if (beside(f, l) && strcmp(f->kind, "fire") == 0 &&
            strcmp(f->clock, c->clock) == 0 &&
            (fits(c->key, f->key) || fits(c->key, l->key)))
            return true;
    }
    return false;
}

/* One page carries all reasons of an instant: the rule may be beside it. */
static bool rule_fits(const struct story_outcome *o,
                      const struct story_claim *c, const struct story_line *l)
{
    if (fits(c->rule, l->rule))
        return true;
    for (size_t i = 0; is_call(l) && i < o->line_count; i++)
        if (beside(&o->lines[i], l) && strcmp(o->lines[i].rule, c->rule) == 0)
            return true;
    return false;
}

bool story_line_fits(const struct story_outcome *o, const struct story_claim *c,
                     const struct story_line *l, bool any_time)
{
    return (any_time || (l->at_ms >= c->from_ms && l->at_ms < c->until_ms)) &&
           fits(c->kind, l->kind) && fits(c->person, l->person) &&
           fits(c->tier, l->tier) && fits(c->case_id, l->case_id) &&
           fits(c->event, l->cause) && fits(c->value, l->value) &&
           rule_fits(o, c, l) && clock_fits(o, c, l) &&
           (!*c->severity || atoi(c->severity + 1) == l->severity);
}

/* Is everybody who was paged in the row's instant named in the row? */
static bool is_alone(const struct play *p, const struct story_claim *c)
{
    for (size_t i = 0; i < p->out->line_count; i++) {
        const struct story_line *l = &p->out->lines[i];
        bool named = false;

        if (l->at_ms < c->from_ms || l->at_ms >= c->until_ms ||
            strcmp(l->kind, "page") != 0)
            continue;
        for (size_t j = 0; j < p->tale->claim_count; j++) {
            const struct story_claim *same = &p->tale->claims[j];

            named |= same->must == c->must && same->row == c->row &&
                     fits(same->person, l->person);
        }
        if (!named)
            return false;
    }
    return true;
}

static void judge(struct story_outcome *o, struct story_row *row, bool held,
                  const char *waits)
{
    row->held = held || *waits;
    row->early = held && *waits;
    o->failures += !row->held;
    o->early += row->early;
    o->waiting += *waits != '\0' && !held;
}

static void hold_claim(struct play *p, const struct story_claim *c)
{
    struct story_outcome *o = p->out;
    struct story_row *row = &o->rows[o->row_count++];
    bool found = false;

    row->claim = c;
    for (size_t i = 0; i < o->line_count; i++) {
        if (!story_line_fits(o, c, &o->lines[i], false))
            continue;
        found = true;
        o->lines[i].matched |= c->must;
    }
    if (c->must && c->only && found)
        found = is_alone(p, c);
    judge(o, row, found == c->must, c->waits);
}

/* --- states
 * ------------------------------------------------------------------------ */

/* Every part of wanted is in found; of a list, each item is somewhere in it. */
static bool is_part(const json_t *wanted, const json_t *found)
{
    const char *key;
    size_t i, j;
    json_t *value, *item;

    if (json_is_object(wanted) && json_is_object(found)) {
        json_object_foreach((json_t *)(uintptr_t)wanted, key, value)
        {
            const json_t *other = json_object_get(found, key);

            if (json_is_null(value) ? other != NULL
                                    : !other || !is_part(value, other))
                return false;
        }
        return true;
    }
    if (json_is_array(found) && !json_is_array(wanted)) {
        json_array_foreach((json_t *)(uintptr_t)found, j, item)
        {
            if (is_part(wanted, item))
                return true;
        }
        return false;
    }
    if (json_is_array(wanted) && json_is_array(found)) {
        json_array_foreach((json_t *)(uintptr_t)wanted, i, value)
        {
            if (!is_part(value, found))
                return false;
        }
        return true;
    }
    if (json_is_number(wanted) && json_is_number(found))
        return json_number_value(wanted) == json_number_value(found);
    return json_equal((json_t *)(uintptr_t)wanted, (json_t *)(uintptr_t)found);
}

static int64_t counter_of(struct world *w, const struct case_record *c,
                          const char *name)
{
    const struct policy *p = world_policy_of(w, c);

    for (size_t i = 0; p && i < p->counter_count; i++)
        if (text_equal(p->counters[i].name, text_of(name)))
            return c->counters[i];
    return -1;
}

static json_t *case_json(struct play *p, const struct story_state *s)
{
    struct world *w = runner_world(p->runner);
    struct bytes message = {0};
    struct slice row;
    struct arena arena;
    Yinuo__V1__Case *c;
    json_t *json = NULL;

    if (!world_case_row(w, text_of(s->case_id), &row) ||
        world_case_message(w, row, &message, NULL))
        return NULL;
    arena_init(&arena, 4 * LIMIT_DECODE_BYTES);
    c = yinuo__v1__case__unpack(arena_allocator(&arena), message.size,
                                message.data);
    bytes_fini(&message);
    if (c)
        json = message_to_json(&c->base, p->story->zone);
    arena_fini(&arena);
    return json;
}

static bool state_holds(struct play *p, const struct story_state *s,
                        struct story_row *row, struct case_record *c)
{
    char owner[STORY_WORD];

    if (!world_find_case(runner_world(p->runner), text_of(s->case_id), c))
        return false;
    row->found = case_json(p, s);
    if (*s->counter)
        row->count = counter_of(runner_world(p->runner), c, s->counter);
    word(owner, name_text(&c->owner));
    return fits(s->owner, owner) &&
           fits(s->status, case_status_name(c->status)) &&
           (!*s->severity || atoi(s->severity + 1) == (int)c->severity) &&
           (!*s->counter || row->count == s->count) &&
           (!s->is || (row->found && is_part(s->is, row->found))) &&
           (!s->is_not || !row->found || !is_part(s->is_not, row->found));
}

static void hold_state(struct play *p, const struct story_state *s)
{
    struct case_record *c = calloc(1, sizeof *c);
    struct story_row *row = &p->out->rows[p->out->row_count++];

    if (!c)
        abort();
    row->state = s;
    row->count = -1;
    judge(p->out, row, state_holds(p, s, row, c), s->waits);
    free(c);
}

/* --- the whole
 * ----------------------------------------------------------------------- */

static bool has_role(const struct policyset *set, const char *name)
{
    for (size_t i = 0; i < set->pack_count; i++) {
        const struct policy *p = set->packs[i].policy;

        for (size_t r = 1; r <= p->role_count; r++)
            if (text_equal(p->roles[r].name, text_of(name)))
                return true;
    }
    return false;
}

static enum status check_names(const struct play *p,
                               const struct policyset *set, struct error *err)
{
    for (size_t i = 0; i < p->tale->claim_count; i++) {
        const struct story_claim *c = &p->tale->claims[i];

        if (*c->tier && !has_role(set, c->tier))
            return error_set(err, STATUS_INVALID,
                             "%s:%u: \"%s\" is no tier or role of the pack",
                             p->story->path, c->line, c->tier);
    }
    return STATUS_OK;
}

static enum status add_events(struct play *p, struct error *err)
{
    enum status status = STATUS_OK;
    struct arena arena;

    arena_init(&arena, 4 * LIMIT_DECODE_BYTES);
    for (size_t i = 0; !status && i < p->tale->event_count; i++) {
        const struct story_event *e = &p->tale->events[i];
        struct fault fault = {0};

        arena_reset(&arena);
        if (simulate_add(p->runner, e->json, &arena, &fault))
            status = error_set(
                err, STATUS_INVALID, "%s:%u: %s: %s", p->story->path, e->line,
                json_string_value(json_object_get(e->json, "kind")),
                fault.text);
    }
    arena_fini(&arena);
    return status;
}

/* What happens in the instant of the reloading happens under the new one. */
static enum status run_to(struct play *p, int64_t until_ms, struct error *err)
{
    enum status status = STATUS_OK;

    if (p->reloaded && p->tale->reloaded_at_ms <= until_ms) {
        status = runner_run(p->runner, p->tale->reloaded_at_ms - 1, err);
        world_use(runner_world(p->runner), p->reloaded);
        p->reloaded = NULL;
    }
    return status ? status : runner_run(p->runner, until_ms, err);
}

static enum status play(struct play *p, struct error *err)
{
    enum status status = add_events(p, err);

    for (size_t i = 0; !status && i < p->tale->state_count; i++) {
        status = run_to(p, p->tale->states[i].at_ms, err);
        if (!status)
            hold_state(p, &p->tale->states[i]);
    }
    if (!status)
        status = run_to(p, p->tale->until_ms, err);
    for (size_t i = 0; !status && i < p->tale->claim_count; i++)
        hold_claim(p, &p->tale->claims[i]);
    return status;
}

enum status
story_run(const struct story *s, const struct story_tale *tale,
          struct policyset *set, struct policyset *reloaded,
          void (*watch)(void *context, const struct runner_record *r,
                        struct runner *runner),
          void *context, struct story_outcome *out, struct error *err)
{
    struct play p = {.story = s,
                     .tale = tale,
                     .out = out,
                     .reloaded = reloaded,
                     .watch = watch,
                     .context = context};
    struct runner_options options = {.policies = set,
                                     .answers = true,
                                     .answer_until_ms = tale->answer_until_ms,
                                     .answer_wait = answer_wait,
                                     .after = listen,
                                     .context = &p};
    enum status status;

    memset(out, 0, sizeof *out);
    out->rows =
        calloc(tale->claim_count + tale->state_count + 1, sizeof *out->rows);
    if (!out->rows)
        abort();
    status = check_names(&p, set, err);
    if (status) {
        policyset_free(set);
        policyset_free(reloaded);
        return status;
    }
    status = runner_new(&options, &p.runner, err);
    if (!status)
        status = play(&p, err);
    runner_free(&p.runner);
    policyset_free(p.reloaded);
    return status;
}

void story_outcome_fini(struct story_outcome *o)
{
    for (size_t i = 0; i < o->row_count; i++)
        json_decref(o->rows[i].found);
    free(o->rows);
    free(o->lines);
    memset(o, 0, sizeof *o);
}
