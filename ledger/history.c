#include "ledger/history.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/ledger.h"
#include "ledger/simulate_internal.h"
#include "ledger/story_run.h"

enum { PLAIN_BYTES = 4 * LIMIT_DECODE_BYTES };

static const char usual_pack[] = "packs/service-network";

struct passing {
    history_visit *visit;
    void *context;
    struct arena arena;
    struct bytes plain;
    struct vault *vault;
    enum status status; /* of a visit, where it cannot be returned */
    struct error err;
};

bool history_is_story(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/* --- of a journal --------------------------------------------------------- */

static enum status join_words(struct passing *p, const struct record *r,
                              Yinuo__V1__Event *event, struct error *err)
{
    struct slice sealed = r->parts[RECORD_PERSONAL];
    enum status status;

    if (!event || !sealed.size)
        return STATUS_OK;
    bytes_reset(&p->plain);
    status = vault_unseal(p->vault, r->seq, sealed, &p->plain, err);
    if (status == STATUS_EXPIRED)
        return STATUS_OK;
    return status ? status
                  : customs_join(event, bytes_slice(&p->plain), &p->arena, err);
}

static enum status pass_record(void *context, const struct record *r,
                               struct slice bytes, struct error *err)
{
    struct passing *p = context;
    Yinuo__V1__StreamRecord *record, *decided;
    enum status status;

    (void)bytes;
    arena_reset(&p->arena);
    record = codec_decode(&yinuo__v1__stream_record__descriptor,
                          r->parts[RECORD_INPUT], &p->arena, NULL);
    decided = codec_decode(&yinuo__v1__stream_record__descriptor,
                           r->parts[RECORD_DECISIONS], &p->arena, NULL);
    if (!record || !decided)
        return error_set(err, STATUS_CORRUPT, "record %llu cannot be read",
                         (unsigned long long)r->seq);
    record->decisions = decided->decisions;
    record->n_decisions = decided->n_decisions;
    record->has_seq = record->has_at_ms = record->has_wall_ms = 1;
    record->seq = r->seq;
    record->at_ms = r->journal_ms;
    record->wall_ms = r->wall_ms;
    status = join_words(p, r, record->event, err);
    return status ? status : p->visit(p->context, record, err);
}

static enum status each_of_journal(const char *dir, struct passing *p,
                                   struct error *err)
{
    struct ledger *ledger = NULL;
    enum status status = ledger_reader(dir, &ledger, err);

    if (status)
        return status;
    p->vault = ledger->vault;
    status = journal_each(ledger->journal, 1, pass_record, p, err);
    ledger_close(&ledger);
    return status == STATUS_END ? STATUS_OK : status;
}

/* --- of a runner ---------------------------------------------------------- */

static void pass_run(void *context, const struct runner_record *r)
{
    struct passing *p = context;
    Yinuo__V1__StreamRecord *record;

    if (p->status)
        return;
    arena_reset(&p->arena);
    record = codec_decode(&yinuo__v1__stream_record__descriptor,
                          r->decided->decisions, &p->arena, NULL);
    if (!record)
        abort(); /* our own bytes */
    record->has_seq = record->has_at_ms = record->has_wall_ms = 1;
    record->seq = r->sequence;
    record->at_ms = record->wall_ms = r->now_ms;
    record->event = (Yinuo__V1__Event *)(uintptr_t)r->event;
    record->firing = (Yinuo__V1__Firing *)(uintptr_t)r->firing;
    p->status = p->visit(p->context, record, &p->err);
}

static void pass_story(void *context, const struct runner_record *r,
                       struct runner *runner)
{
    (void)runner;
    pass_run(context, r);
}

static enum status each_of_events(const struct history_options *h,
                                  struct passing *p, struct error *err)
{
    const struct simulate_options *o = h->events;
    struct runner_options options = {.answers = o->answers,
                                     .answer_after_ms = o->answer_after_ms,
                                     .after = pass_run,
                                     .context = p};
    struct runner *r = NULL;
    enum status status = simulate_policies(o->packs, o->pack_count, NULL,
                                           &options.policies, err);

    if (!status)
        status = runner_new(&options, &r, err);
    if (!status)
        status = simulate_feed(o, r, err);
    if (!status)
        status = runner_run(r,
                            o->has_until
                                ? o->until_ms
                                : runner_last_event_ms(r) + SIMULATE_HORIZON_MS,
                            err);
    if (r && h->counted)
        *h->counted = *world_summary(runner_world(r));
    runner_free(&r);
    return status;
}

/* --- of stories ----------------------------------------------------------- */

static enum status story_set(const struct story *s,
                             const struct simulate_options *o,
                             struct policyset **set,
                             struct policyset **reloaded, struct error *err)
{
    static const char *const usual[] = {usual_pack};
    struct findings *f = calloc(1, sizeof *f);
    bool own = o->pack_count > 0;
    enum status status;
    char line[512];

    if (!f)
        return error_set(err, STATUS_NO_MEMORY, "a story");
    findings_init(f);
    status = story_policies(s, &s->tales[0], own ? o->packs : usual,
                            own ? o->pack_count : 1, set, f);
    if (!status) {
        status = story_reloaded(s, &s->tales[0], own ? o->packs : usual,
                                own ? o->pack_count : 1, reloaded, f);
        if (status)
            policyset_free(*set);
    }
    if (status) {
        line[0] = '\0';
        if (f->count)
            finding_format(&f->list[0], line, sizeof line);
        error_set(err, status, "%s", *line ? line : s->path);
    }
    findings_fini(f);
    free(f);
    return status;
}

static enum status one_story(const char *path, const struct simulate_options *o,
                             struct passing *p, struct error *err)
{
    struct story_outcome outcome = {0};
    struct policyset *set = NULL, *reloaded = NULL;
    struct story *s = NULL;
    enum status status = story_load(path, NULL, &s, err);

    if (!status)
        status = story_set(s, o, &set, &reloaded, err);
    if (!status)
        status = story_run(s, &s->tales[0], set, reloaded, pass_story, p,
                           &outcome, err);
    story_outcome_fini(&outcome);
    story_free(&s);
    return status;
}

/* --- the whole ------------------------------------------------------------ */

static bool has_stories(const struct simulate_options *o)
{
    return o->file_count > 0 && history_is_story(o->files[0]);
}

enum status history_policies(const struct history_options *options,
                             struct policyset **set, struct error *err)
{
    const struct simulate_options *o = options->events;
    struct policyset *reloaded = NULL;
    struct story *s = NULL;
    enum status status;

    *set = NULL;
    if (options->journal && !(o && o->pack_count))
        return simulate_journal_policies(options->journal, set, err);
    if (!o || options->journal || !has_stories(o))
        return simulate_policies(o ? o->packs : NULL, o ? o->pack_count : 0,
                                 o ? o->complain : NULL, set, err);
    status = story_load(o->files[0], NULL, &s, err);
    if (!status)
        status = story_set(s, o, set, &reloaded, err);
    policyset_free(reloaded); /* the one that it begins with is asked for */
    story_free(&s);
    return status;
}

enum status history_each(const struct history_options *options,
                         history_visit *visit,
                         void (*begin)(void *context, const char *story),
                         void *context, struct error *err)
{
    const struct simulate_options *o = options->events;
    struct passing p = {.visit = visit, .context = context};
    enum status status = STATUS_OK;

    arena_init(&p.arena, PLAIN_BYTES);
    if (options->journal)
        status = each_of_journal(options->journal, &p, err);
    else if (!has_stories(o))
        status = each_of_events(options, &p, err);
    else
        for (size_t i = 0; !status && i < o->file_count; i++) {
            if (begin)
                begin(context, o->files[i]);
            status = one_story(o->files[i], o, &p, err);
        }
    if (!status && p.status) {
        status = p.status;
        if (err)
            *err = p.err;
    }
    arena_fini(&p.arena);
    bytes_fini(&p.plain);
    return status;
}
