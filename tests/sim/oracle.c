#include "tests/sim/oracle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/file.h"
#include "ledger/apply.h"
#include "ledger/customs.h"
#include "tests/sim/oracle_state.h"
#include "tests/sim/router_party.h"
#include "workers/router/internal.h"

enum {
    LOOK_EVERY = 24,       /* records between two comparisons of all rows */
    REPEAT_MS = 60 * 1000, /* of the ladder of S1 in the pack */
};

/* --- its parts --- */

static enum status find_blob(void *context, struct text version,
                             struct bytes *out, struct error *err)
{
    return apply_blob(((struct oracle *)context)->blobs_dir, version, out, err);
}

void shadow_open(struct oracle *o, struct shadow *h)
{
    struct state_options so = {.clock = &o->sim->clock.clock};
    struct world_options wo = {.blob = find_blob, .blob_context = o};
    struct error err;

    if (state_open(&so, &h->state, &err) != STATUS_OK)
        abort();
    wo.state = h->state;
    if (world_new(&wo, &h->world, &err) != STATUS_OK)
        abort();
    apply_init(&h->apply, h->state, h->world, o->blobs_dir);
}

void shadow_close(struct shadow *h)
{
    if (!h->state)
        return;
    apply_fini(&h->apply);
    world_free(&h->world);
    state_close(&h->state);
}

struct oracle *oracle_new(struct sim *s)
{
    struct oracle *o = calloc(1, sizeof *o);
    struct error err;

    if (!o)
        abort();
    o->sim = s;
    if (file_join(o->blobs_dir, sizeof o->blobs_dir, s->options.dir, "blobs",
                  &err) != STATUS_OK)
        abort();
    arena_init(&o->arena, 8 * LIMIT_DECODE_BYTES);
    journal_page_init(&o->page);
    shadow_open(o, &o->shadow);
    return o;
}

void oracle_free(struct oracle **oracle)
{
    struct oracle *o = *oracle;

    if (!o)
        return;
    shadow_close(&o->shadow);
    model_fini(&o->model);
    names_fini(&o->producers);
    names_fini(&o->commands);
    names_fini(&o->shown);
    names_fini(&o->shown_by_log);
    for (size_t i = 0; i < o->producer_room; i++)
        free(o->producer[i].stored);
    free(o->producer);
    free(o->command);
    free(o->seen);
    bytes_fini(&o->scratch);
    journal_page_fini(&o->page);
    arena_fini(&o->arena);
    free(o);
    *oracle = NULL;
}

uint64_t oracle_last(const struct oracle *o)
{
    return o->last;
}

struct digest oracle_chain(const struct oracle *o)
{
    return o->chain;
}

/* --- a record --- */

static bool was_shown(struct oracle *o, struct text page_id)
{
    char word[NAME_BYTES_MAX + 1];

    memcpy(word, page_id.data, page_id.size);
    word[page_id.size] = 0;
    return names_find(&o->shown, word) >= 0;
}

static void count_sight(struct oracle *o, const struct decision *d)
{
    uint64_t *sights = o->sim->sights;

    sights[SIGHT_FIRED] += d->kind == DECISION_FIRE;
    sights[SIGHT_FIRED_LATE] += d->kind == DECISION_FIRE && d->late_by_ms > 0;
    sights[SIGHT_ENDED] += d->kind == DECISION_CANCEL;
    sights[SIGHT_MISSED] += d->kind == DECISION_PROMISE && d->promise &&
                            d->promise->state == PROMISE_MISSED;
    sights[SIGHT_PAGE_UNREAD] += d->kind == DECISION_FAILED;
    sights[SIGHT_WITHDRAWN] += d->kind == DECISION_WITHDRAW;
    sights[SIGHT_DERIVED] +=
        d->kind == DECISION_INTENT && d->intent && d->intent->done;
    if (d->kind != DECISION_PAGE || d->severity != 1)
        return;
    sights[SIGHT_CRISIS]++;
    char id[NAME_BYTES_MAX + 1];
    memcpy(id, d->case_id.data, d->case_id.size);
    id[d->case_id.size] = 0;
    const struct model_case *c = model_case_find(&o->model, id);
    sights[SIGHT_CRISIS_AGAIN] += c && c->paged && !c->answered && o->touched;
}

static enum status take_decision(void *context, const struct decision *d,
                                 struct slice bytes, struct error *err)
{
    struct oracle *o = context;

    (void)bytes;
    (void)err;
    if (story_on(o->sim))
        oracle_tell_decision(o, d);
    o->touched = o->touched || d->kind == DECISION_FIRE;
    count_sight(o, d);
    if (d->kind == DECISION_DELIVERED && !was_shown(o, d->page_id))
        sim_fail(o->sim, "PAGES: %.*s counts as delivered, nobody has seen it",
                 (int)d->page_id.size, d->page_id.data);
    if (!model_take(&o->model, d, o->record_ms))
        sim_fail(o->sim, "%s (record %" PRIu64 ")", o->model.why, o->last);
    return STATUS_OK;
}

static void keep_bytes(struct oracle *o, const struct record *rec)
{
    if (rec->seq > o->seen_room) {
        o->seen_room = o->seen_room ? 2 * o->seen_room : 512;
        o->seen = realloc(o->seen, o->seen_room * sizeof *o->seen);
        if (!o->seen)
            abort();
    }
    bytes_reset(&o->scratch);
    stream_append(&o->scratch, PARTITION, rec);
    size_t skip = 1; /* tag and length */
    while (o->scratch.data[skip++] & 0x80)
        ;
    o->seen[rec->seq - 1] =
        crc32c_of(slice_from(bytes_slice(&o->scratch), skip));
}

static void check_crisis(struct oracle *o, struct text id)
{
    char word[NAME_BYTES_MAX + 1];

    memcpy(word, id.data, id.size);
    word[id.size] = 0;
    struct model_case *c = model_case_find(&o->model, word);
    if (!c || c->severity != 1 || !c->paged || c->answered || c->aside_ms ||
        (c->status != CASE_OPEN && c->status != CASE_WAITING))
        return;
    for (size_t i = 0; i < c->timer_count; i++)
        if (c->timers[i].is_ladder && model_timer_runs(&c->timers[i]) &&
            c->timers[i].due_ms <= o->record_ms + REPEAT_MS)
            return;
    sim_fail(o->sim, "CRISIS: nobody answered for %s and no page will follow",
             word);
}

/* Asked before the record is applied. A timer that is newer than what was set
 * aside is another firing: it may have killed twice in batches that were lost
 * with the router, before the older one did. */
static void check_aside(struct oracle *o, const Yinuo__V1__Firing *firing)
{
    const struct model_case *c =
        firing ? model_case_find(&o->model, firing->case_id) : NULL;

    if (!c || !c->aside_ms)
        return;
    for (size_t i = 0; i < c->timer_count; i++)
        if (model_timer_runs(&c->timers[i]) &&
            c->timers[i].due_ms <= o->record_ms &&
            c->timers[i].generation > c->aside_generation)
            return;
    sim_fail(o->sim, "QUARANTINE: the firing of %s is set aside again",
             firing->case_id);
}

static void set_aside(struct oracle *o, const Yinuo__V1__Firing *firing)
{
    struct model_case *c =
        firing ? model_case_find(&o->model, firing->case_id) : NULL;

    if (!c)
        return;
    c->aside_ms = o->record_ms;
    c->aside_generation = c->generation_max;
}

static void take_record(struct oracle *o, const struct record *rec)
{
    struct error err;

    if (rec->seq != o->last + 1 || rec->journal_ms < o->record_ms)
        sim_fail(o->sim,
                 "JOURNAL: record %" PRIu64 " at %" PRId64 " follows %" PRIu64
                 " at %" PRId64,
                 rec->seq, rec->journal_ms, o->last, o->record_ms);
    if (rec->journal_ms > sim_wall_ms(o->sim) +
                              router_clock_lead_ms(o->sim->router) +
                              LIMIT_CLOCK_STEP_MS)
        sim_fail(o->sim,
                 "TIME: record %" PRIu64 " is %" PRId64
                 " ms ahead of any clock that may be believed",
                 rec->seq, rec->journal_ms - sim_wall_ms(o->sim));
    o->last = rec->seq;
    o->record_ms = rec->journal_ms;
    o->touched = false;
    arena_reset(&o->arena);
    Yinuo__V1__StreamRecord *part =
        codec_decode(&yinuo__v1__stream_record__descriptor,
                     rec->parts[RECORD_INPUT], &o->arena, NULL);
    if (!part) {
        sim_fail(o->sim, "JOURNAL: record %" PRIu64 " cannot be read",
                 rec->seq);
        return;
    }
    if (story_on(o->sim))
        oracle_tell_record(o, rec, part);
    keep_bytes(o, rec);
    if (part->producer)
        oracle_take_producer(o, rec, part);
    if (part->request_id)
        oracle_take_command(o, rec, part);
    if (part->quarantined)
        check_aside(o, part->firing);
    if (customs_each_decision(rec->parts[RECORD_DECISIONS], take_decision, o,
                              &err) != STATUS_OK ||
        apply_record(&o->shadow.apply, rec, &err) != STATUS_OK) {
        sim_fail(o->sim, "REPLAY: record %" PRIu64 ": %s", rec->seq, err.text);
        return;
    }
    state_set_applied(o->shadow.state, rec->seq);
    if (part->event && part->event->case_id)
        check_crisis(o, text_of(part->event->case_id));
    if (part->quarantined) {
        o->sim->sights[SIGHT_QUARANTINED]++;
        set_aside(o, part->firing);
        return;
    }
    if (part->firing && part->firing->case_id) {
        check_crisis(o, text_of(part->firing->case_id));
        if (!o->touched)
            sim_fail(o->sim,
                     "TIMERS: record %" PRIu64 " is a firing of %s, "
                     "where nothing was due",
                     rec->seq, part->firing->case_id);
    }
}

/* --- looking --- */

static void catch_up(struct oracle *o)
{
    struct journal_position p;
    struct error err;

    if (!o->ledger || o->sim->failed)
        return;
    journal_position(o->ledger->journal, &p);
    while (o->last < p.last && !o->sim->failed) {
        if (journal_read(o->ledger->journal, o->last + 1, NULL, &o->page,
                         &err) != STATUS_OK) {
            sim_fail(o->sim, "JOURNAL: %s", err.text);
            return;
        }
        for (size_t i = 0; i < o->page.count && !o->sim->failed; i++)
            take_record(o, &o->page.records[i]);
    }
    o->chain = p.chain;
}

void oracle_reopened(struct oracle *o, struct ledger *l)
{
    struct journal_position p;

    o->ledger = l;
    journal_position(l->journal, &p);
    if (p.last < o->last ||
        (p.last == o->last && memcmp(&p.chain, &o->chain, sizeof p.chain)))
        sim_fail(o->sim,
                 "PAST: the journal ended at %" PRIu64 " and ends at %" PRIu64
                 " after the crash",
                 o->last, p.last);
    if (state_durable(l->state) > p.last)
        sim_fail(o->sim, "PAST: the state is ahead of the journal");
    o->looked = 0;
    o->sim->sights[SIGHT_DERIVED_AGAIN] += model_intent_left(&o->model) != NULL;
}

void oracle_gone(struct oracle *o)
{
    o->ledger = NULL;
}

/* While the router is not there or its disk is full nothing can fire. */
static void note_free(struct oracle *o)
{
    const struct router *r = router_live(o->sim->router);

    if (!r || space_level(r->ledger->space) == SPACE_NONE)
        o->held = true;
    if (!r || !o->held)
        return;
    o->held = space_level(r->ledger->space) == SPACE_NONE;
    o->model.free_ms = r->time.now_ms;
}

void oracle_look(struct oracle *o)
{
    catch_up(o);
    note_free(o);
    if (o->sim->failed || !o->ledger)
        return;
    if (o->last >= o->looked + LOOK_EVERY || (!o->looked && o->last))
        if (oracle_compare(o))
            o->looked = o->last;
}

/* --- what leaves --- */

static void leaves_page(struct oracle *o, const struct outgoing *m)
{
    Yinuo__V1__Page *p = codec_decode(&yinuo__v1__page__descriptor,
                                      bytes_slice(&m->body), &o->arena, NULL);
    int at = p ? names_find(&o->model.page_names, p->page_id) : -1;

    o->sim->sights[SIGHT_PAGE_AGAIN] += p && p->attempt > 1;
    if (at < 0)
        sim_fail(o->sim, "LEAVES: the page %s before its record",
                 p ? p->page_id : "?");
    else if (!o->model.pages[at].waiting)
        sim_fail(o->sim, "LEAVES: the page %s, which has ended", p->page_id);
}

static void leaves_ack(struct oracle *o, const struct outgoing *m)
{
    Yinuo__V1__EventsAnswer *a =
        codec_decode(&yinuo__v1__events_answer__descriptor,
                     bytes_slice(&m->body), &o->arena, NULL);

    if (a && a->has_gap_resend_from)
        o->sim->sights[SIGHT_GAP]++;
    for (size_t i = 0; a && i < a->n_refusals; i++)
        o->sim->sights[SIGHT_STALE] +=
            a->refusals[i]->code == REFUSAL_STALE_EPOCH;
    if (!a || (a->has_journal_seq && a->journal_seq > o->last))
        sim_fail(o->sim,
                 "LEAVES: an acknowledgement of record %" PRIu64
                 ", durable is %" PRIu64,
                 a ? a->journal_seq : 0, o->last);
}

static void leaves_answer(struct oracle *o, const struct outgoing *m)
{
    Yinuo__V1__Answer *a = codec_decode(&yinuo__v1__answer__descriptor,
                                        bytes_slice(&m->body), &o->arena, NULL);

    if (a)
        oracle_check_answer(o, a, "there leaves");
}

static void leaves_receipt(struct oracle *o, const struct outgoing *m)
{
    Yinuo__V1__ReceiptAnswer *a =
        codec_decode(&yinuo__v1__receipt_answer__descriptor,
                     bytes_slice(&m->body), &o->arena, NULL);
    int at = a ? names_find(&o->model.page_names, a->page_id) : -1;

    if (at >= 0 && o->model.pages[at].waiting)
        sim_fail(o->sim, "LEAVES: the receipt of %s before its record",
                 a->page_id);
}

void oracle_leaves(struct oracle *o, const struct outgoing *m)
{
    catch_up(o);
    if (o->sim->failed)
        return;
    arena_reset(&o->arena);
    if (m->has_span && m->span.last > o->last)
        sim_fail(o->sim,
                 "LEAVES: record %" PRIu64 " on the stream, durable is "
                 "%" PRIu64,
                 m->span.last, o->last);
    else if (m->header.kind == WIRE_PAGE)
        leaves_page(o, m);
    else if (m->header.kind == WIRE_EVENTS_ACK)
        leaves_ack(o, m);
    else if (m->header.kind == WIRE_ANSWER)
        leaves_answer(o, m);
    else if (m->header.kind == WIRE_RECEIPT_ACK)
        leaves_receipt(o, m);
}

/* --- the reader, the tier workers, the desks --- */

void oracle_streamed(struct oracle *o, uint64_t sequence, struct slice bytes)
{
    if (sequence != o->streamed + 1)
        sim_fail(o->sim, "STREAM: record %" PRIu64 " comes after %" PRIu64,
                 sequence, o->streamed);
    else if (sequence > o->last)
        sim_fail(o->sim, "STREAM: record %" PRIu64 " is not durable", sequence);
    else if (crc32c_of(bytes) != o->seen[sequence - 1])
        sim_fail(o->sim, "STREAM: record %" PRIu64 " has other bytes",
                 sequence);
    o->streamed = sequence;
}

void oracle_shown(struct oracle *o, const char *page_id, bool by_log)
{
    bool is_new = true;

    if (names_find(&o->model.page_names, page_id) < 0)
        sim_fail(o->sim, "PAGES: %s was shown and never decided", page_id);
    (void)names_add(&o->shown, page_id, NULL);
    if (by_log)
        (void)names_add(&o->shown_by_log, page_id, &is_new);
    if (!is_new)
        sim_fail(o->sim, "PAGES: %s was shown twice", page_id);
}

bool oracle_poisoned(struct oracle *o, const char *case_id)
{
    const struct model_case *c = model_case_find(&o->model, case_id);

    if (!c || !c->aside_ms)
        return true;
    for (size_t i = 0; i < c->timer_count; i++)
        if (model_timer_runs(&c->timers[i]) &&
            c->timers[i].due_ms <= c->aside_ms &&
            c->timers[i].generation <= c->aside_generation)
            return true;
    return false;
}

const char *oracle_open_case(struct oracle *o, size_t n, bool *resolved)
{
    for (size_t i = 0; i < o->model.case_names.count; i++) {
        const struct model_case *c = &o->model.cases[i];
        if (c->status == CASE_NONE || c->status == CASE_CLOSED || n--)
            continue;
        *resolved = c->status == CASE_RESOLVED;
        return o->model.case_names.words[i];
    }
    return NULL;
}
