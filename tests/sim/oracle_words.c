/* oracle_words - records and decisions as lines of the story. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/oracle_state.h"

static const char *what_of(const Yinuo__V1__StreamRecord *part)
{
    return part->event     ? part->event->kind
           : part->firing  ? "firing"
           : part->receipt ? "receipt"
           : part->policy  ? "policy"
           : part->system  ? part->system->name
                           : "something";
}

static const char *case_of(const Yinuo__V1__StreamRecord *part)
{
    const char *id = part->event     ? part->event->case_id
                     : part->firing  ? part->firing->case_id
                     : part->receipt ? part->receipt->page_id
                                     : NULL;

    return id ? id : "";
}

void oracle_tell_record(struct oracle *o, const struct record *rec,
                        const Yinuo__V1__StreamRecord *part)
{
    story_tell(o->sim, "JOURNAL", "%" PRIu64 ": %s %s%s%s%s%s", rec->seq,
               what_of(part), case_of(part), part->producer ? " of " : "",
               part->producer ? part->producer : "",
               part->refused ? " -> refused: " : "",
               part->refused ? refusal_name(part->refused->code) : "");
}

void oracle_tell_decision(struct oracle *o, const struct decision *d)
{
    char more[160] = "";

    if (d->kind == DECISION_ARM || d->kind == DECISION_FIRE ||
        d->kind == DECISION_CANCEL)
        snprintf(more, sizeof more, " %.*s%s%.*s g%u due %.3f",
                 (int)d->clock.size, d->clock.data, d->key.size ? "/" : "",
                 (int)d->key.size, d->key.data, d->generation,
                 d->due_ms ? (double)(d->due_ms - EPOCH_MS) / 1000 : 0.0);
    else if (d->page_id.size)
        snprintf(more, sizeof more, " %.*s %.*s", (int)d->page_id.size,
                 d->page_id.data, (int)d->person.size, d->person.data);
    else if (d->person.size)
        snprintf(more, sizeof more, " %.*s", (int)d->person.size,
                 d->person.data);
    story_tell(o->sim, "", "   -> %s%s", decision_kind_name(d->kind), more);
}
