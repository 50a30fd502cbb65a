#include "ledger/simulate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/json.h"
#include "base/time_text.h"
#include "ledger/apply.h"
#include "ledger/role_words.h"
#include "ledger/simulate_internal.h"
#include "proto/event_json.h"
#include "proto/message_json.h"

enum { PROGRESS_RECORDS = 4096 };

/* --- policies --- */

enum status simulate_policies(const char *const *packs, size_t count,
                              FILE *complain, struct policyset **set,
                              struct error *err)
{
    struct findings *f = calloc(1, sizeof *f);
    enum status status;
    char line[512];

    if (!f)
        return error_set(err, STATUS_NO_MEMORY, "the policy");
    findings_init(f);
    status = policyset_load(packs, count, apply_names(), set, f);
    if (status == STATUS_OK)
        role_words_use(*set);
    for (size_t i = 0; complain && i < f->count; i++) {
        finding_format(&f->list[i], line, sizeof line);
        fprintf(complain, "%s\n", line);
    }
    if (status && f->errors)
        error_set(err, status,
                  P_("the policy has %zu error", "the policy has %zu errors",
                     f->errors),
                  f->errors);
    else if (status)
        error_set(err, status, "the policy: %s", status_text(status));
    findings_fini(f);
    free(f);
    return status;
}

/* --- events --- */

/* A time without offset is one of the station's clock. */
static const char *zone_of(struct runner *r, const json_t *event, char room[64])
{
    const char *station = json_string_value(json_object_get(event, "station"));
    const char *region = json_string_value(json_object_get(event, "region"));
    const struct station *s =
        directory_station(world_policies(runner_world(r))->directory,
                          station ? text_of(station) : TEXT(""),
                          region ? text_of(region) : TEXT(""));

    if (!s->zone ||
        !slice_to_text(slice_of(s->zone->name.data, s->zone->name.size), room,
                       64))
        return NULL;
    return room;
}

enum refusal simulate_add(struct runner *r, const json_t *json,
                          struct arena *arena, struct fault *fault)
{
    char zone[64];
    Yinuo__V1__Event *event;
    unsigned without = EVENT_WITHOUT_ID;
    struct error err;
    enum refusal code;

    event = event_from_json(json, zone_of(r, json, zone), arena, fault);
    if (!event)
        return fault->code;
    if (event->source == YINUO__V1__SOURCE__SOURCE_IMPORT)
        without |= EVENT_WITHOUT_NEEDED;
    code = event_check(event, without, fault);
    if (code)
        return code;
    if (event->has_received_at_ms && event->received_at_ms < event->at_ms)
        event->at_ms = event->received_at_ms;
    if (runner_add(r, event, &err))
        return fault_set(fault, REFUSAL_INTERNAL, "", "%s", err.text);
    return REFUSAL_NONE;
}

struct reading {
    const struct simulate_options *options;
    struct runner *runner;
    struct arena arena;
    const char *name;
};

static void complain(const struct reading *in, size_t line, const char *what)
{
    if (in->options->complain)
        fprintf(in->options->complain, "%s:%zu: %s\n", in->name, line, what);
}

static enum status read_lines(struct reading *in, FILE *file, struct error *err)
{
    enum status status = STATUS_OK;
    struct json_lines lines;

    json_lines_init(&lines, file, in->name, LIMIT_EVENT_JSON_BYTES);
    while (status != STATUS_END) {
        json_t *value = NULL;
        struct fault fault = {0};
        struct error why;

        status = json_lines_next(&lines, &value, &why);
        if (status == STATUS_OK) {
            arena_reset(&in->arena);
            if (simulate_add(in->runner, value, &in->arena, &fault)) {
                complain(in, lines.line, fault.text);
                world_count_event(runner_world(in->runner), true);
            }
        } else if (status == STATUS_INVALID) {
            if (in->options->complain)
                fprintf(in->options->complain, "%s\n", why.text);
            world_count_event(runner_world(in->runner), true);
        } else if (status != STATUS_END) {
            if (err)
                *err = why;
            break;
        }
        json_decref(value);
    }
    json_lines_fini(&lines);
    world_settle(runner_world(in->runner));
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status read_files(struct reading *in, struct error *err)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; !status && i < in->options->file_count; i++) {
        bool standard = strcmp(in->options->files[i], "-") == 0;
        FILE *file = standard ? stdin : fopen(in->options->files[i], "rb");

        in->name = standard ? "stdin" : in->options->files[i];
        if (!file)
            return error_set_errno(err, errno, "%s", in->name);
        status = read_lines(in, file, err);
        if (!standard)
            fclose(file);
    }
    return status;
}

enum status simulate_feed(const struct simulate_options *options,
                          struct runner *r, struct error *err)
{
    struct reading in = {.options = options, .runner = r};
    enum status status;

    arena_init(&in.arena, 4 * LIMIT_DECODE_BYTES);
    status = read_files(&in, err);
    arena_fini(&in.arena);
    return status;
}

/* --- what is watched while it runs --- */

/* Cases by their rows as they are now. */
static void count_cases(struct watching *w)
{
    struct state_cursor cursor;
    struct slice key, row;

    state_cursor_open(&cursor, w->state, STATE_CASES, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &row)) {
        struct case_record *c = &w->scratch;

        if (customs_case_read(row, c, NULL, NULL))
            abort(); /* our own row */
        if (c->opened_at_ms > w->options->at_ms)
            continue;
        w->result->open_at += c->status != CASE_CLOSED;
        w->result->unresolved_at +=
            c->status != CASE_CLOSED && c->status != CASE_RESOLVED;
    }
    state_cursor_close(&cursor);
    w->counted = true;
}

void watching_before(void *context, int64_t now_ms)
{
    struct watching *w = context;

    if (w->options->has_at && !w->counted && now_ms > w->options->at_ms)
        count_cases(w);
}

/* A case counts from its opening, even where that was logged later. */
static void count_late_opening(struct watching *w, const struct decisions *d)
{
    for (size_t i = 0; i < d->count; i++) {
        if (d->list[i].kind != DECISION_OPEN ||
            d->list[i].at_ms > w->options->at_ms)
            continue;
        w->result->open_at++;
        w->result->unresolved_at++;
    }
}

static void write_decisions(struct watching *w, uint64_t sequence,
                            struct slice part)
{
    Yinuo__V1__StreamRecord *record;

    if (!w->decisions || !part.size)
        return;
    arena_reset(&w->arena);
    record = yinuo__v1__stream_record__unpack(arena_allocator(&w->arena),
                                              part.size, part.data);
    if (!record)
        abort(); /* our own bytes */
    for (size_t i = 0; i < record->n_decisions; i++) {
        json_t *line =
            decision_to_json(record->decisions[i], sequence, sequence, NULL);
        struct error err;

        if (json_lines_write(w->decisions, line, &err) && !w->status) {
            w->status = err.status;
            w->err = err;
        }
        json_decref(line);
    }
}

void watching_after(struct watching *w, uint64_t sequence,
                    const struct world_decided *decided)
{
    w->result->records++;
    if (w->counted)
        count_late_opening(w, &decided->out->decisions);
    write_decisions(w, sequence, decided->decisions);
}

static void after(void *context, const struct runner_record *r)
{
    struct watching *w = context;
    FILE *out = w->options->progress;

    watching_after(w, r->sequence, r->decided);
    w->result->ended_at_ms = r->now_ms;
    if (out && r->sequence % PROGRESS_RECORDS == 0) {
        char now[TIME_TEXT_SIZE];

        time_text_utc(r->now_ms, now);
        fprintf(out, "\r%" PRIu64 " records, %s", r->sequence, now);
        fflush(out);
    }
}

enum status watching_init(struct watching *w,
                          const struct simulate_options *options,
                          struct simulate_result *result, struct error *err)
{
    memset(w, 0, sizeof *w);
    memset(result, 0, sizeof *result);
    w->options = options;
    w->result = result;
    result->has_at = options->has_at;
    arena_init(&w->arena, 64 * LIMIT_DECODE_BYTES);
    if (options->decisions && !(w->decisions = fopen(options->decisions, "wb")))
        return error_set_errno(err, errno, "%s", options->decisions);
    return STATUS_OK;
}

enum status watching_end(struct watching *w, struct error *err)
{
    if (w->options->has_at && !w->counted && w->state)
        count_cases(w);
    if (w->decisions && fclose(w->decisions) && !w->status) {
        w->status = STATUS_IO;
        error_set_errno(&w->err, errno, "%s", w->options->decisions);
    }
    arena_fini(&w->arena);
    if (w->status && err)
        *err = w->err;
    return w->status;
}

/* --- results --- */

void watching_tiers(struct simulate_result *result, const struct policyset *set,
                    char names[SUMMARY_TIERS][64])
{
    const struct policy *p = set ? policyset_for(set, TEXT("")) : NULL;

    for (size_t i = 1; p && i <= p->tier_count && i < SUMMARY_TIERS; i++) {
        struct text name = p->roles[i].name;

        if (slice_to_text(slice_of(name.data, name.size), names[i], 64))
            result->tiers[i] = names[i];
    }
}

static json_t *tiers_json(const struct simulate_result *r,
                          const uint64_t counts[SUMMARY_TIERS])
{
    json_t *object = json_object();

    for (size_t i = 0; i < SUMMARY_TIERS; i++)
        if (r->tiers[i])
            json_object_set_new(object, r->tiers[i],
                                json_integer((json_int_t)counts[i]));
    return object;
}

static json_t *result_json(const struct simulate_result *r, bool journal)
{
    json_t *object = json_object();
    char text[TIME_TEXT_SIZE];

#define X(name)                                                                \
    json_object_set_new(object, #name,                                         \
                        json_integer((json_int_t)r->summary.name));
    SUMMARY_COUNTS(X)
#undef X
    json_object_del(object, "cases_open");
    json_object_set_new(object, "pages", tiers_json(r, r->summary.pages));
    json_object_set_new(object, "escalations",
                        tiers_json(r, r->summary.escalations));
    json_object_set_new(object, "open_at_end",
                        json_integer((json_int_t)r->summary.cases_open));
    if (r->has_at) {
        json_object_set_new(object, "open_at",
                            json_integer((json_int_t)r->open_at));
        json_object_set_new(object, "unresolved_at",
                            json_integer((json_int_t)r->unresolved_at));
    }
    json_object_set_new(object, "records",
                        json_integer((json_int_t)r->records));
    time_text_utc(r->ended_at_ms, text);
    json_object_set_new(object, "ended_at", json_string(text));
    if (journal) {
        json_object_set_new(object, "compared",
                            json_integer((json_int_t)r->compared));
        json_object_set_new(object, "different",
                            json_integer((json_int_t)r->different));
        if (r->different)
            json_object_set_new(object, "first_different",
                                json_integer((json_int_t)r->first_different));
    }
    return object;
}

static void print_lines(const json_t *object, const char *prefix, FILE *out)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        char name[96];

        snprintf(name, sizeof name, "%s%s", prefix, key);
        if (json_is_object(value)) {
            strncat(name, ".", sizeof name - strlen(name) - 1);
            print_lines(value, name, out);
        } else if (json_is_string(value)) {
            fprintf(out, "%-32s %s\n", name, json_string_value(value));
        } else {
            fprintf(out, "%-32s %" JSON_INTEGER_FORMAT "\n", name,
                    json_integer_value(value));
        }
    }
}

static enum status print(const struct simulate_options *options,
                         const struct simulate_result *r, FILE *out,
                         struct error *err)
{
    json_t *object = result_json(r, options->journal != NULL);
    enum status status = STATUS_OK;

    if (options->json)
        status = json_lines_write(out, object, err);
    else
        print_lines(object, "", out);
    json_decref(object);
    return status;
}

/* --- from events --- */

static enum status run_events(struct watching *w, struct error *err)
{
    const struct simulate_options *o = w->options;
    struct runner_options options = {.answers = o->answers,
                                     .answer_after_ms = o->answer_after_ms,
                                     .before = watching_before,
                                     .after = after,
                                     .structs_only =
                                         !o->decisions && !o->has_at,
                                     .context = w};
    struct runner *r = NULL;
    enum status status;
    int64_t until_ms;

    status = simulate_policies(o->packs, o->pack_count, o->complain,
                               &options.policies, err);
    if (!status)
        status = runner_new(&options, &r, err);
    if (status)
        return status;
    w->state = runner_state(r);
    watching_tiers(w->result, options.policies, w->tiers);
    status = simulate_feed(o, r, err);
    until_ms = o->has_until ? o->until_ms
                            : runner_last_event_ms(r) + SIMULATE_HORIZON_MS;
    if (!status)
        status = runner_run(r, until_ms, err);
    if (o->progress)
        fprintf(o->progress, "\n");
    w->result->summary = *world_summary(runner_world(r));
    if (o->has_until)
        w->result->ended_at_ms = o->until_ms;
    if (o->has_at && !w->counted)
        count_cases(w);
    w->state = NULL;
    runner_free(&r);
    return status;
}

enum status simulate_run(const struct simulate_options *options, FILE *out,
                         struct simulate_result *result, struct error *err)
{
    struct watching *w = calloc(1, sizeof *w);
    enum status status, ended;

    if (!w)
        return error_set(err, STATUS_NO_MEMORY, "a simulation");
    status = watching_init(w, options, result, err);
    if (!status)
        status =
            options->journal ? simulate_journal(w, err) : run_events(w, err);
    ended = watching_end(w, status ? NULL : err);
    if (!status)
        status = ended;
    if (!status)
        status = print(options, result, out, err);
    memset(result->tiers, 0, sizeof result->tiers);
    free(w);
    return status;
}
