#include "ledger/intents.h"
#include "workers/router/internal.h"

enum { AHEAD_MS = 5 * 60 * 1000 }; /* a station's clock may be off by so much */
#define PAST_MS                                                                \
    (400LL * 24 * 3600 * 1000) /* weeks offline, and a year to spare */

static enum refusal prepare_times(struct router *r, Yinuo__V1__Event *e,
                                  struct fault *fault)
{
    bool import = e->source == YINUO__V1__SOURCE__SOURCE_IMPORT;

    if (!e->has_received_at_ms || e->received_at_ms > r->now_ms) {
        e->has_received_at_ms = 1;
        e->received_at_ms = r->now_ms;
    }
    if (!e->has_at_ms) {
        e->has_at_ms = 1;
        e->at_ms = e->received_at_ms;
    }
    if (e->at_ms > r->now_ms + AHEAD_MS)
        return fault_set(fault, REFUSAL_TIME_OUT_OF_RANGE, "at",
                         "is in the future");
    if (!import && e->at_ms < r->now_ms - PAST_MS)
        return fault_set(fault, REFUSAL_TIME_OUT_OF_RANGE, "at",
                         "is more than 400 days ago");
    if (e->at_ms > r->now_ms)
        e->at_ms = r->now_ms;
    return REFUSAL_NONE;
}

enum refusal prepare_event(struct router *r, Yinuo__V1__Event *e,
                           struct fault *fault)
{
    bool import = e->source == YINUO__V1__SOURCE__SOURCE_IMPORT;
    enum refusal code = event_check(e,
                                    EVENT_WITHOUT_AT | EVENT_WITHOUT_ID |
                                        (import ? EVENT_WITHOUT_NEEDED : 0u),
                                    fault);

    if (code == REFUSAL_NONE)
        code = prepare_times(r, e, fault);
    if (code == REFUSAL_NONE && (!e->case_id || !*e->case_id))
        e->case_id = world_case_for(r->world, e, r->next_seq, &r->parse);
    return code;
}
