#include "ledger/costs.h"

#include <stdlib.h>
#include <string.h>

#include "proto/decision.h"
#include "proto/event.h"
#include "proto/roles.h"

typedef Yinuo__V1__Event event;

static double number_of(struct text t)
{
    char copy[16] = "";

    memcpy(copy, t.size ? t.data : "",
           t.size < sizeof copy ? t.size : sizeof copy - 1);
    return strtod(copy, NULL);
}

static struct costs_person *person_of(struct costs *c, const char *name)
{
    for (size_t i = 0; name && *name && i < c->person_count; i++)
        if (strcmp(c->persons[i].name, name) == 0)
            return &c->persons[i];
    return NULL;
}

/* Who was called in which tier. */
static void know_persons(struct costs *c, const Yinuo__V1__StreamRecord *r)
{
    for (size_t i = 0; i < r->n_decisions; i++) {
        const Yinuo__V1__Decision *d = r->decisions[i];
        struct costs_person *p;

        if (!DECISION_IS(d, PAGE) || !d->person || !*d->person ||
            person_of(c, d->person) || c->person_count == COSTS_PERSONS_MAX)
            continue;
        p = &c->persons[c->person_count++];
        snprintf(p->name, sizeof p->name, "%s", d->person);
        p->tier = d->tier;
    }
}

static uint32_t tier_of(struct costs *c, const event *e)
{
    struct event_value v;
    const struct costs_person *p = person_of(c, e->reporter);

    if (!p && event_get(e, "by", &v) && v.type == EVENT_TEXT)
        p = person_of(c, v.text);
    return p && p->tier < REPORT_TIERS && p->tier <= roles_tier_count()
               ? p->tier
               : 1;
}

static void add_hours(struct costs *c, const struct people *p, const event *e)
{
    struct text kind = people_key(p, PEOPLE_TAKES, text_of(e->kind));
    uint32_t tier = tier_of(c, e);

    if (!kind.size || !tier)
        return;
    c->hours[tier] += number_of(kind);
    for (size_t i = 0; i < p->map_counts[PEOPLE_RATES]; i++) {
        const struct people_names *rate = &p->maps[PEOPLE_RATES][i];

        if (rate->count && text_equal(rate->name, text_of(role_name(tier))))
            c->money[tier] += number_of(kind) * number_of(rate->list[0]);
    }
}

static void add_goods(struct costs *c, const struct people *p, const event *e)
{
    for (size_t i = 0; i < p->map_counts[PEOPLE_GOODS]; i++) {
        const struct people_names *goods = &p->maps[PEOPLE_GOODS][i];

        if (text_equal(goods->name, text_of(e->kind)))
            c->goods += report_number(goods, e);
    }
}

double costs_total(const struct costs *c)
{
    double sum = c->goods;

    for (int tier = 1; tier < REPORT_TIERS; tier++)
        sum += c->money[tier];
    return sum;
}

void costs_add(struct costs *c, const struct people *p,
               const Yinuo__V1__StreamRecord *r)
{
    bool refused = r->refused || r->quarantined;

    for (size_t i = 0; i < r->n_decisions; i++)
        refused |= DECISION_IS(r->decisions[i], REFUSE);
    know_persons(c, r);
    if (!p || !r->event || !r->event->kind)
        return;
    add_hours(c, p, r->event);
    if (!refused)
        add_goods(c, p, r->event);
    if (!c->signalled) {
        c->signalled = report_selects(p, PEOPLE_SIGNAL, r->event) ||
                       report_selects(p, PEOPLE_COMPLAINT, r->event);
        c->at_signal = costs_total(c);
    }
}
