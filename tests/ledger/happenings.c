#include "happenings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/kinds.h"

enum { MINUTE = 60000 };

uint32_t happenings_roll(struct happenings *h, uint32_t below)
{
    h->random = h->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(h->random >> 33) % below;
}

static const char *const people[] = {
    "ln03-e1", "ln03-e2", "ln03-head", "ln03-deputy", "ln04-e1", "ln04-head",
    "r1-rep",  "r1-rep2", "crc-head",  "speaker",     "nobody"};
static const char *const stations[] = {"ST-LN-03", "ST-LN-03", "ST-LN-04",
                                       "RO-4", "ST-X"};
static const char *const own_kinds[] = {"rule.violated",     "wish.heard",
                                        "wish.answered",     "expert.progress",
                                        "crisis.lead_taken", "robot.sang"};
static const char *const often[] = {"case.opened",
                                    "case.opened",
                                    "complaint.opened",
                                    "customer.dissatisfied",
                                    "severity.changed",
                                    "case.waiting",
                                    "case.resumed",
                                    "case.resolved",
                                    "case.closed",
                                    "promise.made",
                                    "promise.kept",
                                    "promise.renegotiated",
                                    "notify.ack",
                                    "notify.ack",
                                    "notify.ack",
                                    "page.snoozed",
                                    "customer.contacted",
                                    "case.reopened",
                                    "case.taken",
                                    "case.reassigned",
                                    "handler.swapped",
                                    "followup.done",
                                    "media.requested",
                                    "social.posted",
                                    "staff.unreachable",
                                    "staff.departed",
                                    "staff.transferred",
                                    "staff.leave_effective",
                                    "staff.shift_ended",
                                    "handover.started",
                                    "handover.item_accepted",
                                    "owner.assigned",
                                    "owner.accepted",
                                    "case.linked",
                                    "case.unlinked",
                                    "mute.added",
                                    "mute.added",
                                    "mute.added",
                                    "mute.ended",
                                    "refund.requested",
                                    "request.approved",
                                    "request.rejected",
                                    "exception.requested",
                                    "op.surprise",
                                    "op.performed",
                                    "visit.scheduled",
                                    "visit.missed",
                                    "visit.completed",
                                    "task.dispatched",
                                    "task.done",
                                    "item.done",
                                    "part.removed",
                                    "part.reinstalled",
                                    "asset.released",
                                    "repair.done",
                                    "delivery.inspected",
                                    "charge.quoted",
                                    "conflict.physical",
                                    "conflict.verbal",
                                    "escalated"};
static const char *const words[][5] = {
    {"impact", "none", "degraded", "down", "major"},
    {"channel", "counter", "phone", "hotline_400", "visit"},
    {"to", "S1", "S3", "regional_rep", "C-2"},
    {"level", "1", "2", "3", "2"},
    {"satisfied", "true", "false", "true", "false"},
    {"two_way", "true", "true", "false", "true"},
    {"unhappy", "true", "false", "false", "false"},
    {"forced", "true", "false", "true", "false"},
    {"contained", "true", "false", "true", "true"},
    {"promise_id", "P1", "P2", "P3", "P4"},
    {"accepted_by_customer", "true", "true", "false", "true"},
    {"reason", "leave", "off_shift", "policy", "skill"},
    {"class", "fault", "request", "fault", "inquiry"},
    {"minutes", "10", "30", "60", "1"},
    {"item", "R1", "R2", "T1", "adapter"},
    {"list", "tasks", "calming", "leads", "accessories"},
    {"amount", "100", "800", "6000", "50"},
    {"part", "board", "fan", "screw", "CPU"},
    {"asset_id", "SN-1", "SN-2", "SN-3", "SN-4"},
    {"customer_id", "K1", "K2", "K3", "K4"},
    {"signed", "true", "false", "true", "true"},
    {"verified", "true", "false", "true", "true"},
    {"parent", "C-1", "C-2", "C-3", "C-4"},
    {"words", "fraud", "soon", "please", "fire"},
    {"symptom", "no display", "charging", "printing", "noise"},
    {"cause", "skill", "part", "policy", "skill"},
    {"rule_ref", "QA-01", "QA-02", "QA-01", "QA-01"},
};
static const char *const matches[] = {"station=ST-LN-03", "region=R-1",
                                      "severity=S4", "station=ST-LN-04"};

#define ONE_OF(h, list)                                                        \
    (list)[happenings_roll(h, sizeof(list) / sizeof(list)[0])]

static void set(struct happenings *h, Yinuo__V1__Event *e, const char *name,
                const char *typed)
{
    struct fault fault;

    /* not every kind has it as this type: then it goes without */
    (void)event_set_typed(e, name, typed, "UTC", &h->arena, &fault);
}

static void set_moment(struct happenings *h, Yinuo__V1__Event *e,
                       const char *name, int64_t at_ms)
{
    struct event_value v = {.type = EVENT_TIME, .number = at_ms};
    struct fault fault;

    (void)event_set(e, name, &v, &h->arena, &fault);
}

static void fill_moments(struct happenings *h, Yinuo__V1__Event *e,
                         int64_t at_ms)
{
    int64_t from_ms = at_ms + (int64_t)happenings_roll(h, 3000) * MINUTE;
    bool is_mute = strncmp(e->kind, "mute", 4) == 0;

    if (strncmp(e->kind, "promise.", 8) == 0 || happenings_roll(h, 4) == 0)
        set_moment(h, e, "due",
                   at_ms + (int64_t)happenings_roll(h, 9000) * MINUTE);
    if (strncmp(e->kind, "visit.", 6) == 0) {
        set_moment(h, e, "window_from", from_ms);
        set_moment(h, e, "window_to",
                   from_ms + (int64_t)(30 + happenings_roll(h, 200)) * MINUTE);
    }
    if (is_mute && happenings_roll(h, 2))
        set_moment(h, e, "from",
                   at_ms + (int64_t)happenings_roll(h, 300) * MINUTE);
    if (is_mute || happenings_roll(h, 4) == 0)
        set_moment(h, e, "until",
                   at_ms + (int64_t)happenings_roll(h, 6000) * MINUTE);
    if (happenings_roll(h, 6) == 0)
        set_moment(h, e, "observe_until", from_ms);
}

static void fill(struct happenings *h, Yinuo__V1__Event *e, int64_t at_ms)
{
    static const char *const who[] = {"to",        "person",   "owner",
                                      "successor", "delegate", "engineer",
                                      "by",        "from"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (happenings_roll(h, 3))
            set(h, e, words[i][0], words[i][1 + happenings_roll(h, 4)]);
    for (size_t i = 0; i < sizeof who / sizeof *who; i++)
        if (happenings_roll(h, 2) == 0)
            set(h, e, who[i],
                happenings_roll(h, 3) ? ONE_OF(h, people) : people[0]);
    if (strcmp(e->kind, "severity.changed") == 0)
        set(h, e, "to", happenings_roll(h, 3) ? "S1" : "S4");
    if (strcmp(e->kind, "mute.added") == 0)
        set(h, e, "match", ONE_OF(h, matches));
    if (strncmp(e->kind, "mute", 4) == 0)
        e->reporter =
            (char *)(happenings_roll(h, 4) ? "crc-head" : "ln03-head");
    fill_moments(h, e, at_ms);
}

static const char *any_kind(struct happenings *h)
{
    size_t kinds;
    const struct kind *all = kinds_all(&kinds);

    switch (happenings_roll(h, 8)) {
    case 0:
    case 1:
        return all[happenings_roll(h, (uint32_t)kinds)].name;
    case 2:
        return ONE_OF(h, own_kinds);
    default:
        return ONE_OF(h, often);
    }
}

Yinuo__V1__Event *happenings_next(struct happenings *h, size_t number,
                                  int64_t at_ms)
{
    Yinuo__V1__Event *e;

    arena_reset(&h->arena);
    e = event_new(any_kind(h), &h->arena);
    assert_non_null(e);
    e->id = arena_format(&h->arena, "e-%zu", number);
    if (strncmp(e->kind, "mute", 4) == 0)
        e->case_id = arena_format(&h->arena, "M-%u",
                                  1 + happenings_roll(h, 3 * HAPPENINGS_CASES));
    else if (happenings_roll(h, 8))
        e->case_id = arena_format(&h->arena, "C-%u",
                                  1 + happenings_roll(h, HAPPENINGS_CASES));
    e->station = (char *)ONE_OF(h, stations);
    e->region = (char *)(happenings_roll(h, 4) ? "R-1" : "RO-4");
    e->reporter = (char *)ONE_OF(h, people);
    e->has_at_ms = e->has_received_at_ms = e->has_source = 1;
    e->received_at_ms = at_ms;
    e->at_ms = happenings_roll(h, 8)
                   ? at_ms
                   : at_ms - (int64_t)happenings_roll(h, 3000) * MINUTE;
    e->source = happenings_roll(h, 6)   ? YINUO__V1__SOURCE__SOURCE_STATION
                : happenings_roll(h, 2) ? YINUO__V1__SOURCE__SOURCE_IMPORT
                                        : YINUO__V1__SOURCE__SOURCE_SYSTEM;
    fill(h, e, at_ms);
    return e;
}
