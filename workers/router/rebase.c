/* policy.rebase: an operator moves one case, or all open ones of older rules,
 * to the rules in force. All of them are an intent, carried out in steps. */
#include <stdlib.h>
#include <string.h>

#include "ledger/apply.h"
#include "ledger/customs.h"
#include "ledger/intents.h"
#include "workers/router/internal.h"
#include "workers/router/queries.h"

static void set_text(struct router *r, Yinuo__V1__Event *e, const char *name,
                     const char *text)
{
    struct event_value value = {.type = EVENT_TEXT, .text = text};

    if (text && *text)
        (void)event_set(e, name, &value, &r->parse, NULL);
}

/* Station, region and line are the case's. */
static void place(struct router *r, Yinuo__V1__Event *e)
{
    static _Thread_local struct case_record c;

    if (!e->case_id || !world_find_case(r->world, text_of(e->case_id), &c))
        return;
    e->station = router_text(r, name_text(&c.station));
    e->region = router_text(r, name_text(&c.region));
    e->product_line = router_text(r, name_text(&c.product_line));
}

Yinuo__V1__Event *rebase_event(struct router *r, const char *case_id,
                               const char *by, const char *reason)
{
    Yinuo__V1__Event *e = event_new(apply_names()->rebase, &r->parse);

    if (!e)
        abort();
    e->has_at_ms = e->has_received_at_ms = e->has_source = 1;
    e->at_ms = e->received_at_ms = r->now_ms;
    e->source = YINUO__V1__SOURCE__SOURCE_STATION;
    e->case_id = case_id && *case_id ? arena_text(&r->parse, case_id) : NULL;
    e->reporter = by && *by ? arena_text(&r->parse, by) : NULL;
    set_text(r, e, "why", reason); /* an operator's: not sealed */
    place(r, e);
    return e;
}

void rebase_command(struct router *r, const struct asker *from,
                    const Yinuo__V1__Command *c)
{
    const char *by = c->person && *c->person ? c->person : from->identity;
    struct slice row;

    if (command_again(r, from, c))
        return;
    if (space_level(r->ledger->space) == SPACE_NONE) {
        outbox_busy(&r->out, from, REFUSAL_STORAGE_FULL);
        return;
    }
    if (!(c->reason && *c->reason) && !c->dry_run) {
        answer_no(r, from, c, REFUSAL_REASON_NEEDED, NULL, "reason");
        return;
    }
    if (c->case_id && *c->case_id &&
        !world_case_row(r->world, text_of(c->case_id), &row)) {
        answer_no(r, from, c, REFUSAL_UNKNOWN_CASE, NULL, "case_id");
        return;
    }
    Yinuo__V1__Event *e = rebase_event(r, c->case_id, by, c->reason);
    e->id = c->request_id;
    command_act(r, from, c, e);
}

/* The intents that are under way. */
void query_rebase_state(struct router *r, const struct asker *from,
                        const Yinuo__V1__Query *q)
{
    static _Thread_local struct reply reply;
    struct state_cursor cursor;
    struct slice key, value;
    struct intent i;

    reply_begin(&reply, r, from, q, "Intent");
    state_cursor_open(&cursor, r->ledger->state, STATE_INTENTS, SLICE_EMPTY,
                      SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &value))
        if (customs_intent_read(value, &i) && i.query == QUERY_OLDER &&
            !reply_row(&reply, value))
            break;
    state_cursor_close(&cursor);
    reply_end(&reply, NULL);
}
