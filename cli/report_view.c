#include "cli/report_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/time_text.h"
#include "cli/when.h"

static int month_of(int64_t at_ms)
{
    struct time_parts p;

    return time_text_split(at_ms, when_zone(), &p, NULL)
               ? 0
               : 12 * p.year + p.month - 1;
}

bool report_case_wanted(const struct report_view *v,
                        const struct report_case *c)
{
    if (v->station && (!c || strcmp(c->station, v->station) != 0))
        return false;
    if (v->region && (!c || strcmp(c->region, v->region) != 0))
        return false;
    return !v->since_ms || !c || !c->closed_ms || c->closed_ms >= v->since_ms;
}

static const struct report_case *case_of(const struct report *r,
                                         const struct report_fact *f)
{
    return f->case_at < r->case_count ? &r->cases[f->case_at] : NULL;
}

void report_view_begin(struct report_view *v)
{
    const struct report *r = v->report;
    int last = 0, month;

    v->fact_months = must(calloc(r->fact_count + 1, 1));
    for (size_t i = 0; i < r->fact_count; i++)
        if ((month = month_of(r->facts[i].at_ms)) > last)
            last = month;
    v->first_month = last;
    for (size_t i = 0; i < r->fact_count; i++) {
        month = month_of(r->facts[i].at_ms);
        if (month < v->first_month && last - month < REPORT_MONTHS_MAX)
            v->first_month = month;
    }
    v->month_count = (unsigned)(last - v->first_month) + 1;
    for (size_t i = 0; i < r->fact_count; i++) {
        const struct report_fact *f = &r->facts[i];
        const struct report_case *c = case_of(r, f);

        month = month_of(f->at_ms) - v->first_month;
        v->fact_months[i] = (signed char)(month < 0 ? 0 : month);
        if (f->at_ms < v->since_ms || (v->station && !c) || (v->region && !c) ||
            (v->station && strcmp(c->station, v->station) != 0) ||
            (v->region && strcmp(c->region, v->region) != 0))
            v->fact_months[i] = -1;
    }
}

void report_view_end(struct report_view *v)
{
    free(v->fact_months);
    v->fact_months = NULL;
}

bool report_public_first(const struct report_case *c)
{
    return c->public_ms &&
           (!c->escalated_ms || c->public_ms <= c->escalated_ms);
}

/* --- keys ----------------------------------------------------------------- */

const char *report_by_name(const struct report *r, const struct report_fact *f)
{
    (void)r;
    return f->name;
}

const char *report_by_person(const struct report *r,
                             const struct report_fact *f)
{
    (void)r;
    return f->person;
}

const char *report_by_station(const struct report *r,
                              const struct report_fact *f)
{
    return case_of(r, f) ? case_of(r, f)->station : "";
}

const char *report_by_region(const struct report *r,
                             const struct report_fact *f)
{
    return case_of(r, f) ? case_of(r, f)->region : "";
}

const char *report_by_line(const struct report *r, const struct report_fact *f)
{
    return case_of(r, f) ? case_of(r, f)->line : "";
}
