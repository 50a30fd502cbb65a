#include <string.h>

#include "base/log.h"
#include "ledger/customs.h"
#include "workers/router/internal.h"

void deed_init(struct deed *d)
{
    memset(d, 0, sizeof *d);
    yinuo__v1__stream_record__init(&d->part);
    d->part.has_kind = 1;
}

static struct slice customer_of(const Yinuo__V1__Event *e)
{
    return slice_of_text(e->customer_id && *e->customer_id ? e->customer_id
                         : e->case_id && *e->case_id       ? e->case_id
                                                           : "nobody");
}

static void put_in(struct router *r, struct deed *d)
{
    struct bytes personal = {0};
    struct slice customer = SLICE_EMPTY;
    struct error err;

    if (d->decided.previous_seq) {
        d->part.has_previous_seq = 1;
        d->part.previous_seq = d->decided.previous_seq;
    }
    if (d->part.event) {
        customer = customer_of(d->part.event);
        if (customs_split(d->part.event, &r->parse, &personal) != STATUS_OK)
            abort();
    }
    if (apply_origin(&r->apply, r->next_seq, r->now_ms, &d->part, &err) !=
        STATUS_OK) {
        log_error("APPLY", "%s -> the router ends", err.text);
        abort();
    }
    d->seq = batch_add(r, &d->part, bytes_slice(&personal), customer,
                       d->decided.decisions);
    bytes_fini(&personal);
}

static void refuse_in(struct deed *d, Yinuo__V1__Refused *refused,
                      enum refusal code)
{
    yinuo__v1__refused__init(refused);
    refused->has_code = 1;
    refused->code = code;
    d->code = code;
    d->part.refused = refused;
}

static void apply_decisions(struct router *r, struct deed *d)
{
    struct error err;
    enum status status =
        d->decided.out ? world_apply_decided(r->world, r->next_seq - 1, &err)
                       : world_apply(r->world, r->next_seq - 1, r->now_ms,
                                     d->decided.decisions, &err);

    if (status != STATUS_OK) {
        log_error("APPLY", "%s -> the router ends", err.text);
        abort();
    }
    pages_note(r, d->decided.out ? &d->decided.out->decisions : d->instead);
}

/* The intent goes on with the next case. */
static void pass_over(struct router *r, struct deed *d)
{
    const struct world_input in = {.event = d->part.event,
                                   .intent = d->part.derived->intent,
                                   .skip = true,
                                   .sequence = r->next_seq,
                                   .now_ms = r->now_ms};

    world_decide(r->world, &in, &d->decided);
}

/* It has killed twice, or the engine refuses what is due: kept as it is,
 * decided by nobody, told to somebody. In the journal at once: what was in hand
 * with it may kill as well. */
static void quarantine(struct router *r, struct deed *d, uint32_t deaths)
{
    Yinuo__V1__Quarantined q = YINUO__V1__QUARANTINED__INIT;
    Yinuo__V1__Refused refused;
    struct bytes instead = {0};
    const char *case_id = d->part.event    ? d->part.event->case_id
                          : d->part.firing ? d->part.firing->case_id
                                           : d->part.receipt->case_id;

    q.what = (char *)(d->part.event    ? "event"
                      : d->part.firing ? "firing"
                                       : "receipt");
    q.id = d->part.event     ? d->part.event->id
           : d->part.firing  ? d->part.firing->case_id
           : d->part.receipt ? d->part.receipt->page_id
                             : NULL;
    q.case_id = (char *)case_id;
    q.has_deaths = 1;
    q.deaths = deaths;
    d->part.quarantined = &q;
    d->part.kind = YINUO__V1__RECORD_KIND__RECORD_QUARANTINED;
    refuse_in(d, &refused, REFUSAL_QUARANTINED);
    log_error(
        "QUARANTINED",
        "a %s of case %s ended the router %u times -> set aside, undecided",
        q.what, case_id ? case_id : "-", deaths);
    if (d->dry_run) {
        d->part.quarantined = NULL;
        d->part.refused = NULL;
        return;
    }
    r->counts.quarantined++;
    if (d->part.firing)
        quarantine_timers(r, d, &instead);
    if (d->part.derived)
        pass_over(r, d);
    put_in(r, d);
    if (d->decided.decisions.size)
        apply_decisions(r, d);
    bytes_fini(&instead);
    alarm_quarantined(r, d, &q);
    d->part.quarantined = NULL;
    d->part.refused = NULL;
    batch_commit(r);
    if (r->slot)
        death_slot_forget(r->slot, &d->mark);
}

void deed_do(struct router *r, struct deed *d)
{
    struct world_input in = {.event = d->part.event,
                             .firing = d->part.firing,
                             .receipt = d->part.receipt,
                             .intent = d->part.derived ? d->part.derived->intent
                                                       : NULL,
                             .now_ms = r->now_ms,
                             .sequence = r->next_seq,
                             .backlog_follows = d->part.backlog_follows,
                             .dry_run = d->dry_run};
    Yinuo__V1__Refused refused;
    bool ends = d->part.derived && !d->part.event; /* nothing to decide on */

    if (r->slot && !ends && !death_slot_enter(r->slot, &d->mark)) {
        quarantine(r, d, DEATHS_MAX);
        return;
    }
    world_decide(r->world, &in, &d->decided);
    if (d->part.firing && d->decided.result != ENGINE_DECIDED) {
        /* refused it would be due again at once, and for ever */
        log_error("FIRING-REFUSED", "what is due of case %s cannot be done: %s",
                  d->part.firing->case_id, refusal_name(d->decided.code));
        if (r->slot)
            death_slot_leave(r->slot);
        d->decided = (struct world_decided){0};
        quarantine(r, d, 0);
        return;
    }
    if (d->decided.code != REFUSAL_NONE)
        refuse_in(d, &refused, d->decided.code);
    if (!d->dry_run) {
        put_in(r, d);
        if (d->decided.decisions.size)
            apply_decisions(r, d);
    }
    d->part.refused = NULL;
    if (r->slot && !ends)
        death_slot_leave(r->slot);
}

void deed_note(struct router *r, const char *name, const char *text)
{
    Yinuo__V1__StreamRecord part = YINUO__V1__STREAM_RECORD__INIT;
    Yinuo__V1__SystemNote note = YINUO__V1__SYSTEM_NOTE__INIT;

    part.has_kind = 1;
    part.kind = YINUO__V1__RECORD_KIND__RECORD_SYSTEM;
    note.name = (char *)name;
    note.text = (char *)text;
    part.system = &note;
    (void)batch_add(r, &part, SLICE_EMPTY, SLICE_EMPTY, SLICE_EMPTY);
}
