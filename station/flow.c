#include "station/flow.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"

void flow_init(struct flow *f, uint32_t partition, uint64_t final_to,
               uint64_t last)
{
    assert(final_to <= last);
    *f = (struct flow){.partition = partition,
                       .final_to = final_to,
                       .sent_to = final_to,
                       .last = last};
}

/* Everything after `seq` is not under way any more. A batch of which a part
 * would stay is sent again whole, because a late answer to it would be taken
 * for one to the part. */
static void go_back(struct flow *f, uint64_t seq)
{
    assert(seq >= f->final_to);
    while (f->count > 0 && f->list[f->count - 1].last > seq) {
        struct flow_batch *batch = &f->list[f->count - 1];
        if (batch->answered && batch->first <= seq) {
            batch->last = seq; /* answered as far as that */
            break;
        }
        if (batch->first <= seq)
            seq = batch->first - 1;
        f->count--;
    }
    if (f->sent_to > seq) {
        f->resent += f->sent_to - seq;
        f->sent_to = seq;
    }
}

void flow_restart(struct flow *f)
{
    f->count = 0;
    go_back(f, f->final_to);
    f->pause_until_ms = 0;
    f->hold_until_ms = 0;
}

static void pause_for(struct flow *f, uint32_t wait_ms, const struct random *r,
                      int64_t now_ms)
{
    uint64_t wait = wait_ms > 0 ? wait_ms : LIMIT_BUSY_WAIT_MS;
    unsigned doublings = f->failures < 8 ? f->failures : 8;
    wait <<= doublings;
    if (wait > FLOW_PAUSE_MAX_MS)
        wait = FLOW_PAUSE_MAX_MS;
    f->failures++;
    f->pause_until_ms =
        now_ms + (int64_t)(wait / 2 + random_below(r, wait / 2 + 1));
}

bool flow_next(const struct flow *f, int64_t now_ms, uint64_t *first,
               uint64_t *last)
{
    uint64_t most = f->single ? 1 : FLOW_BATCH_EVENTS;
    uint64_t end = f->last;
    if (now_ms < f->hold_until_ms && f->hold_to < end)
        end = f->hold_to;
    if (f->sent_to >= end || now_ms < f->pause_until_ms ||
        f->count == FLOW_BATCHES ||
        f->sent_to - f->final_to >= LIMIT_STATION_UNACKED)
        return false;
    *first = f->sent_to + 1;
    *last = end - f->sent_to > most ? f->sent_to + most : end;
    return true;
}

void flow_sent(struct flow *f, uint64_t request_id, uint64_t first,
               uint64_t last, int64_t now_ms)
{
    assert(first == f->sent_to + 1 && last >= first && last <= f->last);
    assert(f->count < FLOW_BATCHES);
    f->list[f->count++] = (struct flow_batch){.request_id = request_id,
                                              .first = first,
                                              .last = last,
                                              .sent_ms = now_ms};
    f->sent_to = last;
}

static struct flow_batch *find(const struct flow *f, uint64_t request_id)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->list[i].request_id == request_id && !f->list[i].answered)
            return (struct flow_batch *)&f->list[i];
    return NULL;
}

const struct flow_batch *flow_find(const struct flow *f, uint64_t request_id)
{
    return find(f, request_id);
}

/* Answered batches at the front are final. */
static void advance(struct flow *f)
{
    size_t done = 0;
    while (done < f->count && f->list[done].answered)
        f->final_to = f->list[done++].last;
    if (done == 0)
        return;
    f->count -= done;
    memmove(f->list, f->list + done, f->count * sizeof(f->list[0]));
    f->failures = 0;
    f->single = false;
    f->trouble = REFUSAL_NONE;
}

/* The router wants something that is gone here, or knows what never was: one
 * of the two was restored from a backup. Nothing is thrown away; it is tried
 * again, and shown. */
static void stuck(struct flow *f, enum refusal why, const struct random *r,
                  int64_t now_ms)
{
    f->trouble = why;
    go_back(f, f->final_to);
    pause_for(f, FLOW_PAUSE_MAX_MS, r, now_ms);
}

void flow_answered(struct flow *f, uint64_t request_id,
                   const struct flow_answer *a, const struct random *r,
                   int64_t now_ms)
{
    struct flow_batch *batch = find(f, request_id);
    if (!batch)
        return;
    uint64_t want = batch->last + 1; /* the first one not accepted of it */
    if (a->accepted_to < batch->last)
        want = a->accepted_to + 1;
    if (a->gap_from > 0 && a->gap_from < want)
        want = a->gap_from;
    if (a->hold) {
        f->hold_to = a->hold_after;
        f->hold_until_ms = now_ms + FLOW_HOLD_MS;
    }
    if (a->accepted_to > f->last) {
        stuck(f, REFUSAL_DUPLICATE_DIFFERS, r, now_ms);
        return;
    }
    if (want <= f->final_to) {
        stuck(f, REFUSAL_GAP, r, now_ms);
        return;
    }
    if (want > batch->last) {
        batch->answered = true;
        advance(f);
        return;
    }
    bool some = want > batch->first;
    if (some)
        batch->answered = true;
    go_back(f, want - 1);
    advance(f);
    if (a->busy_ms > 0 || (a->gap_from == 0 && !some))
        pause_for(f, a->busy_ms, r, now_ms);
}

void flow_busy(struct flow *f, uint64_t request_id, uint32_t wait_ms,
               const struct random *r, int64_t now_ms)
{
    struct flow_batch *batch = find(f, request_id);
    if (!batch)
        return;
    go_back(f, batch->first - 1);
    pause_for(f, wait_ms, r, now_ms);
}

bool flow_unreadable(struct flow *f, uint64_t request_id)
{
    struct flow_batch *batch = find(f, request_id);
    if (!batch)
        return false;
    bool alone = batch->first == batch->last;
    go_back(f, batch->first - 1);
    f->single = true;
    return alone;
}

void flow_stale(struct flow *f, const struct random *r, int64_t now_ms)
{
    stuck(f, REFUSAL_STALE_EPOCH, r, now_ms);
}

void flow_tick(struct flow *f, const struct random *r, int64_t now_ms)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct flow_batch *batch = &f->list[i];
        if (batch->answered || now_ms - batch->sent_ms < FLOW_ANSWER_WAIT_MS)
            continue;
        go_back(f, batch->first - 1);
        pause_for(f, 0, r, now_ms);
        return;
    }
}

int64_t flow_wake_ms(const struct flow *f, int64_t now_ms)
{
    int64_t wake = INT64_MAX;
    if (f->sent_to < f->last && now_ms < f->pause_until_ms)
        wake = f->pause_until_ms;
    else if (f->sent_to < f->last && now_ms < f->hold_until_ms)
        wake = f->hold_until_ms;
    for (size_t i = 0; i < f->count; i++)
        if (!f->list[i].answered &&
            f->list[i].sent_ms + FLOW_ANSWER_WAIT_MS < wake)
            wake = f->list[i].sent_ms + FLOW_ANSWER_WAIT_MS;
    return wake;
}
