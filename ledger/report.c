#include "ledger/report.h"

#include <stdlib.h>

#include "base/must.h"
#include "engine/case.h"
#include "ledger/report_internal.h"
#include "ledger/role_words.h"
#include "proto/roles.h"

/* --- decisions ------------------------------------------------------------ */

static void page_follow(struct report_gathering *g, struct report_case *c,
                        const decision *d)
{
    uint32_t tier = d->tier;

    gathering_fact(g, REPORT_PAGE_FACT, c, d->at_ms, role_name(tier))->person =
        gathering_word(g, d->person);
    if (!c || tier >= REPORT_TIERS || tier > roles_tier_count() || !tier)
        return;
    if (!c->paged_ms[tier])
        c->paged_ms[tier] = d->at_ms;
    if (c->signal_ms && !c->tier_ms[tier])
        c->tier_ms[tier] = d->at_ms;
    if (c->signal_ms && tier >= 2 && !c->reacted) {
        gathering_span(g, REPORT_REACTION_FACT, c, d->at_ms,
                       d->at_ms - c->signal_ms, "");
        c->reacted = true;
    }
    if (tier >= 2 && !c->escalated_ms)
        c->escalated_ms = d->at_ms;
}

static void acknowledged(struct report_gathering *g, struct report_case *c,
                         const decision *d)
{
    for (uint32_t tier = 1;
         c && tier <= d->tier && tier < REPORT_TIERS && tier <= 62; tier++) {
        if (!c->paged_ms[tier] || c->acknowledged_mask & (1LL << tier))
            continue;
        c->acknowledged_mask |= 1LL << tier;
        if (tier == d->tier)
            gathering_fact(g, REPORT_ACKNOWLEDGE_FACT, c, d->at_ms,
                           role_name(tier))
                ->value = d->at_ms - c->paged_ms[tier];
    }
}

/* Without contact from the last one, or the opening, until now. */
static void gap_ends(struct report_case *c, int64_t at_ms)
{
    int64_t from_ms = c->contact_ms ? c->contact_ms : c->opened_ms;

    if (at_ms - from_ms > c->gap_ms) {
        c->gap_ms = at_ms - from_ms;
        c->gap_from_ms = from_ms;
    }
}

static void set_field(struct report_gathering *g, struct report_case *c,
                      const decision *d)
{
    switch (d->index) {
    case CASE_FIELD_STATION:
        c->station = gathering_word(g, d->text);
        break;
    case CASE_FIELD_REGION:
        c->region = gathering_word(g, d->text);
        break;
    case CASE_FIELD_PRODUCT_LINE:
        c->line = gathering_word(g, d->text);
        break;
    case CASE_FIELD_OPENED_AT:
        c->opened_ms = d->number;
        break;
    case CASE_FIELD_LAST_CONTACT:
        gap_ends(c, d->number);
        if (!c->contacted)
            gathering_span(g, REPORT_FIRST_CONTACT_FACT, c, d->number,
                           d->number - c->opened_ms, "");
        c->contacted = true;
        c->contact_ms = d->number;
        break;
    default:
        break;
    }
}

static void closed(struct report_gathering *g, struct report_case *c,
                   int64_t at_ms)
{
    if (!c->closed_ms)
        gap_ends(c, at_ms);
    c->closed_ms = at_ms;
    gathering_share(g, REPORT_WHOLE_FACT, c, at_ms, "",
                    !c->missed && !c->broken && !c->unhappy);
}

static void follow(struct report_gathering *g, const struct people *p,
                   const decision *d, const char *by, bool over)
{
    struct report_case *c = gathering_case(g, d->case_id);

    if (DECISION_IS(d, OPEN) && !c)
        c = gathering_case_new(g, d->case_id, d->at_ms);
    if (c && d->severity && (!c->severity || (int)d->severity < c->severity))
        c->severity = (int)d->severity;
    if (DECISION_IS(d, ARM) || DECISION_IS(d, CANCEL) || DECISION_IS(d, FIRE))
        report_due_clock(g, p, c, d, over);
    else if (DECISION_IS(d, PROMISE))
        report_due_promise(g, c, d, by);
    else if (DECISION_IS(d, PAGE))
        page_follow(g, c, d);
    else if (!c)
        return;
    else if (DECISION_IS(d, SET))
        set_field(g, c, d);
    else if (DECISION_IS(d, ASSIGN)) {
        c->owner = gathering_word(g, d->person);
        gathering_fact(g, REPORT_OWNED_FACT, c, d->at_ms, "");
    } else if (DECISION_IS(d, ACKNOWLEDGE))
        acknowledged(g, c, d);
    else if (DECISION_IS(d, RESOLVE)) {
        if (!c->resolved_ms)
            gathering_span(g, REPORT_RESOLUTION_FACT, c, d->at_ms,
                           d->at_ms - c->opened_ms, "");
        c->resolved_ms = d->at_ms;
    } else if (DECISION_IS(d, CLOSE))
        closed(g, c, d->at_ms);
    else if (DECISION_IS(d, REOPEN))
        c->closed_ms = c->resolved_ms = 0;
}

/* --- a record ------------------------------------------------------------- */

const char *report_case_of(const Yinuo__V1__StreamRecord *r)
{
    for (size_t i = 0; i < r->n_decisions; i++)
        if (r->decisions[i]->case_id && *r->decisions[i]->case_id)
            return r->decisions[i]->case_id;
    if (r->event && r->event->case_id)
        return r->event->case_id;
    return r->firing && r->firing->case_id ? r->firing->case_id : "";
}

const struct people *report_people(const struct policyset *set,
                                   const char *region)
{
    return set ? people_of(
                     set->people,
                     policyset_for(set, text_of(region ? region : ""))->name)
               : NULL;
}

enum status report_add(void *gathering, const Yinuo__V1__StreamRecord *r,
                       struct error *err)
{
    struct report_gathering *g = gathering;
    struct report_case *c = gathering_case(g, report_case_of(r));
    const char *region = c ? c->region : r->event ? r->event->region : NULL;
    const struct people *p = report_people(g->report->policies, region);
    char by[REPORT_VALUE_SIZE];
    bool over = false, refused = r->refused || r->quarantined;

    (void)err;
    if (!g->report->first_ms)
        g->report->first_ms = r->at_ms;
    g->report->last_ms = r->at_ms;
    g->report->records++;
    report_event_maker(r->event, by);
    for (size_t i = 0; i < r->n_decisions; i++) {
        over |= DECISION_IS(r->decisions[i], CLOSE);
        refused |= DECISION_IS(r->decisions[i], REFUSE);
        if (DECISION_IS(r->decisions[i], OPEN) &&
            !gathering_case(g, r->decisions[i]->case_id))
            (void)gathering_case_new(g, r->decisions[i]->case_id,
                                     r->decisions[i]->at_ms);
    }
    /* what the event says first: the calls it causes come behind it */
    c = gathering_case(g, report_case_of(r));
    if (r->event && p && !refused)
        report_event_lesson(g, p, c, r->event);
    if (c && r->event && p && !refused) {
        if (r->event->station && !*c->station)
            c->station = gathering_word(g, r->event->station);
        report_event_about(g, p, c, r->event);
    }
    for (size_t i = 0; i < r->n_decisions; i++)
        follow(g, p, r->decisions[i], by, over);
    return STATUS_OK;
}

/* --- the whole ------------------------------------------------------------ */

/* Open cases are without contact until the end. */
static void end_gaps(struct report_gathering *g)
{
    struct report *r = g->report;

    for (size_t i = 0; i < r->case_count; i++)
        if (!r->cases[i].closed_ms && r->cases[i].story == g->story)
            gap_ends(&r->cases[i], r->last_ms);
}

static void begin_story(void *context, const char *story)
{
    struct report_gathering *g = context;

    end_gaps(g);
    gathering_forget(g);
    g->story = gathering_word(g, story);
}

struct report_gathering *report_begin(struct policyset *policies)
{
    struct report_gathering *g = must(calloc(1, sizeof *g));

    g->report = must(calloc(1, sizeof *g->report));
    g->report->policies = policies;
    arena_init(&g->report->arena, SIZE_MAX);
    g->story = gathering_word(g, "");
    return g;
}

struct report *report_end(struct report_gathering **gathering)
{
    struct report_gathering *g = *gathering;
    struct report *r = g->report;

    end_gaps(g);
    gathering_fini(g);
    free(g);
    *gathering = NULL;
    return r;
}

enum status report_make(const struct history_options *options,
                        struct report **out, struct error *err)
{
    struct policyset *set = NULL;
    enum status status = history_policies(options, &set, err);
    struct report_gathering *g;

    *out = NULL;
    if (status)
        return status;
    role_words_use(set);
    g = report_begin(set);
    status = history_each(options, report_add, begin_story, g, err);
    *out = report_end(&g);
    if (status)
        report_free(out);
    return status;
}

void report_free(struct report **report)
{
    struct report *r = *report;

    if (!r)
        return;
    policyset_free(r->policies);
    free(r->cases);
    free(r->facts);
    arena_fini(&r->arena);
    free(r);
    *report = NULL;
}
