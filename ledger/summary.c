#include "ledger/summary.h"

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"

enum { SUMMARY_FORMAT = 2 };

void summary_event(struct summary *s, bool rejected)
{
    s->events++;
    s->rejected += rejected;
}

static void count_promise(struct summary *s, const struct case_record *before,
                          const struct decision *d)
{
    const struct promise *known = case_promise(before, d->key);
    enum promise_state now = (enum promise_state)d->number;

    if (!known)
        s->promises_made++;
    if (known && known->state != PROMISE_OPEN)
        return; /* once missed stays missed, once kept stays kept */
    s->promises_kept += now == PROMISE_KEPT;
    s->promises_missed += now == PROMISE_MISSED || now == PROMISE_REVERSED;
}

static void count_case(struct summary *s, struct case_marks *marks,
                       const struct decision *d)
{
    switch (d->kind) {
    case DECISION_OPEN:
        s->cases_opened++;
        s->cases_open++;
        break;
    case DECISION_CLOSE:
        s->cases_closed += marks->closed++ == 0;
        break;
    case DECISION_REOPEN:
        s->cases_reopened += marks->reopened++ == 0;
        s->reopen_total++;
        break;
    default:
        break;
    }
}

/* Handing on is what the pack's counter of that name counts. */
static void count_counter(struct summary *s, struct case_marks *marks,
                          const struct decision *d)
{
    int64_t more = d->number - d->previous;

    if (!text_equal(d->value, TEXT("reassignments")) || more <= 0)
        return;
    s->reassigned_cases += marks->reassigned == 0;
    marks->reassigned += (uint32_t)more;
    s->reassign_total += (uint64_t)more;
}

/* Moves between open and closed, for the level. */
static void count_level(struct summary *s, const struct case_record *before,
                        const struct decision *d)
{
    if (d->kind == DECISION_CLOSE && before->status != CASE_CLOSED)
        s->cases_open--;
    if (d->kind == DECISION_REOPEN && before->status == CASE_CLOSED)
        s->cases_open++;
}

void summary_decision(struct summary *s, const struct case_record *before,
                      struct case_marks *marks, const struct decision *d)
{
    uint8_t tier = d->tier < SUMMARY_TIERS ? d->tier : 0;

    count_case(s, marks, d);
    count_level(s, before, d);
    switch (d->kind) {
    case DECISION_PROMISE:
        count_promise(s, before, d);
        break;
    case DECISION_COUNT:
        count_counter(s, marks, d);
        break;
    case DECISION_BYPASS:
        s->gates_bypassed++;
        break;
    case DECISION_PAGE:
        s->pages[tier]++;
        break;
    case DECISION_ESCALATE:
        s->escalations[tier]++;
        break;
    case DECISION_ARM:
        s->timers_armed++;
        break;
    case DECISION_FIRE:
        s->timers_fired++;
        s->timers_late += d->late_by_ms > 0;
        break;
    case DECISION_ACKNOWLEDGE:
        s->acknowledgements++;
        break;
    case DECISION_DELIVERED:
        s->receipts++;
        break;
    case DECISION_FAILED:
        s->receipts_failed++;
        break;
    default:
        break;
    }
}

/* Every number in eight bytes: the row is made anew with each record. */
size_t summary_row(const struct summary *s, uint8_t row[SUMMARY_ROW_BYTES])
{
    uint8_t *at = row;

    *at++ = SUMMARY_FORMAT;
#define X(name)                                                                \
    put_u64(at, s->name);                                                      \
    at += 8;
    SUMMARY_COUNTS(X)
#undef X
    for (size_t i = 0; i < SUMMARY_TIERS; i++) {
        put_u64(at, s->pages[i]);
        put_u64(at + 8, s->escalations[i]);
        at += 16;
    }
    return (size_t)(at - row);
}

bool summary_read(struct slice row, struct summary *s)
{
    struct reader r;

    reader_init(&r, row);
    memset(s, 0, sizeof *s);
    if (reader_u8(&r) != SUMMARY_FORMAT)
        return false;
#define X(name) s->name = reader_u64(&r);
    SUMMARY_COUNTS(X)
#undef X
    for (size_t i = 0; i < SUMMARY_TIERS; i++) {
        s->pages[i] = reader_u64(&r);
        s->escalations[i] = reader_u64(&r);
    }
    return reader_end(&r) == STATUS_OK;
}
