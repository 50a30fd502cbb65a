/* A firing that killed the engine twice. Nobody decides on it any more, so the
 * router itself writes down that the steps which were due are over (else they
 * would be due for ever, and fire again and again). Whoever they were for will
 * not hear of it: the alarm behind the record tells the crisis center; where
 * the pack does not hear of alarms, a page in this record goes to the highest
 * tier. All are decisions in the record, so that a recovery copies them. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ledger/customs.h"
#include "workers/router/internal.h"

static struct decision *add(struct decisions *all, const struct decision *d)
{
    assert(all->count < DECISIONS_MAX);
    all->list[all->count] = *d;
    return &all->list[all->count++];
}

/* The steps that are due leave the instance; it lives on with the others. */
static void pass_over(struct decisions *all, const struct case_record *c,
                      const struct policy *p, const struct clock_instance *i,
                      uint32_t generation, int64_t now_ms)
{
    struct clock_instance *next = &all->instances[all->instance_count++];
    uint8_t due = 0;

    *next = *i;
    while (due < i->step_count && i->steps[due].due_ms <= now_ms)
        due++;
    next->step_count = (uint8_t)(i->step_count - due);
    memmove(next->steps, i->steps + due,
            next->step_count * sizeof next->steps[0]);
    next->generation = generation;
    add(all, &(struct decision){
                 .kind = DECISION_ARM,
                 .case_id = name_text(&c->id),
                 .severity = (uint8_t)c->severity,
                 .at_ms = now_ms,
                 .index = i->clock,
                 .clock = p ? p->clocks[i->clock].name : TEXT(""),
                 .key = name_text(&i->key),
                 .due_ms = next->step_count ? next->steps[0].due_ms : 0,
                 .generation = generation,
                 .instance = next});
}

static void tell_highest_tier(struct router *r, struct decisions *all,
                              const struct case_record *c,
                              const struct policy *p, struct name *who,
                              char page_id[48])
{
    const struct directory *d = world_directory(r->world);
    struct text station = name_text(&c->station),
                region = name_text(&c->region);

    if (!p || c->page_count == CASE_PAGES_MAX ||
        !directory_on_call(d, station, region, p->tier_count, r->now_ms, who,
                           1)) {
        log_error("QUARANTINED-UNTOLD",
                  "nobody of the highest tier can be paged about case %.*s -> "
                  "look at it by hand",
                  (int)c->id.size, c->id.data);
        return;
    }
    const struct person *person = directory_person(d, name_text(who));
    snprintf(page_id, 48, "p%llu.1", (unsigned long long)r->next_seq);
    add(all, &(struct decision){.kind = DECISION_PAGE,
                                .case_id = name_text(&c->id),
                                .severity = (uint8_t)c->severity,
                                .at_ms = r->now_ms,
                                .tier = p->tier_count,
                                .person = name_text(who),
                                .method = person ? person->method : TEXT(""),
                                .rule = TEXT("quarantined"),
                                .page_id = text_of(page_id)});
}

void quarantine_timers(struct router *r, struct deed *d, struct bytes *part)
{
    static struct case_record c;
    static struct decisions all;
    static struct name who;
    static char page_id[48];

    if (!world_find_case(r->world, text_of(d->part.firing->case_id), &c))
        return;
    const struct policy *p = world_policy_of(r->world, &c);
    uint32_t generation = c.next_generation;
    all.count = all.instance_count = 0;
    for (uint8_t i = 0; i < c.clock_count; i++) {
        const struct clock_instance *k = &c.clocks[i];
        if (k->step_count && !k->paused_at_ms &&
            k->steps[0].due_ms <= r->now_ms)
            pass_over(&all, &c, p, k, ++generation, r->now_ms);
    }
    if (!alarm_is_heard(r, name_text(&c.region)))
        tell_highest_tier(r, &all, &c, p, &who, page_id);
    if (customs_decisions(&all, part) != STATUS_OK)
        abort();
    d->decided.decisions = bytes_slice(part);
    d->decided.previous_seq = c.last_sequence;
    d->instead = &all;
}
