/* What the system itself has to tell somebody: an event of its own, which opens
 * a case of its own, so that the policy says who is paged and until when. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "workers/router/internal.h"

bool alarm_is_heard(const struct router *r, struct text region)
{
    const struct policy *p = policyset_for(world_policies(r->world), region);
    uint16_t kind = policy_kind(p, TEXT("system.alarm"));

    return kind != KIND_NONE && p->kinds[kind].opens_case;
}

/* Where the record came from: its case's region has the crisis center that
 * knows it. */
static void place(struct router *r, const struct deed *of, const char *case_id,
                  Yinuo__V1__Event *e)
{
    static struct case_record c;

    if (of->part.event) {
        e->station = of->part.event->station;
        e->region = of->part.event->region;
        e->product_line = of->part.event->product_line;
    } else if (case_id && world_find_case(r->world, text_of(case_id), &c)) {
        e->station =
            arena_text_of(&r->parse, slice_of(c.station.data, c.station.size));
        e->region =
            arena_text_of(&r->parse, slice_of(c.region.data, c.region.size));
        e->product_line = arena_text_of(
            &r->parse, slice_of(c.product_line.data, c.product_line.size));
    }
}

static void tell(struct router *r, Yinuo__V1__Event *e, const struct deed *of)
{
    struct deed d;

    deed_init(&d);
    d.part.kind = YINUO__V1__RECORD_KIND__RECORD_EVENT;
    d.part.event = e;
    d.mark =
        death_mark_of('a', slice_of(of->mark.bytes, sizeof of->mark.bytes), 0);
    deed_do(r, &d);
    if (d.code != REFUSAL_NONE)
        log_error("ALARM-UNHEARD",
                  "nobody is paged for record %llu: %s -> the policy should "
                  "name somebody for system.alarm",
                  (unsigned long long)of->seq, refusal_sentence(d.code));
}

void alarm_quarantined(struct router *r, const struct deed *of,
                       const Yinuo__V1__Quarantined *q)
{
    Yinuo__V1__Event e = YINUO__V1__EVENT__INIT;
    Yinuo__V1__Attribute what = YINUO__V1__ATTRIBUTE__INIT,
                         about = YINUO__V1__ATTRIBUTE__INIT,
                         record = YINUO__V1__ATTRIBUTE__INIT;
    Yinuo__V1__Attribute *attributes[] = {&what, &record, &about};

    if (of->part.event && of->part.event->kind &&
        strcmp(of->part.event->kind, "system.alarm") == 0)
        return; /* the alarm itself: the log and the record must do */
    what.name = (char *)"what";
    what.text = (char *)"quarantined";
    record.name = (char *)"record";
    record.has_number = 1;
    record.number = (int64_t)of->seq;
    about.name = (char *)"about";
    about.text = q->case_id;
    e.id = arena_format(&r->parse, "alarm-%llu", (unsigned long long)of->seq);
    e.case_id =
        arena_format(&r->parse, "ALARM-%llu", (unsigned long long)of->seq);
    e.kind = (char *)"system.alarm";
    e.has_source = e.has_at_ms = e.has_received_at_ms = 1;
    e.source = YINUO__V1__SOURCE__SOURCE_SYSTEM;
    e.at_ms = e.received_at_ms = r->now_ms;
    e.note = arena_format(
        &r->parse,
        "A %s of case %s ended the router %u times and was set aside, "
        "undecided: record %llu",
        q->what, q->case_id ? q->case_id : "-", q->deaths,
        (unsigned long long)of->seq);
    e.attributes = attributes;
    e.n_attributes = q->case_id ? 3 : 2;
    place(r, of, q->case_id, &e);
    tell(r, &e, of);
}
