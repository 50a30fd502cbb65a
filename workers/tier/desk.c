/* desk - the pages in hand: which is tried next, and how each ended. */
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "workers/tier/state.h"

enum { STARTS_PER_TICK = 16 };

static const int64_t ANY_TIME = INT64_MIN; /* created_ms: not known */

/* ---- finding ---- */

static struct hand *find(struct desk *d, uint32_t partition,
                         const char *page_id)
{
    uint64_t hash = receipt_hash(partition, page_id);
    for (size_t i = 0; i < TIER_PAGES_MAX; i++)
        if (d->list[i].state != HAND_FREE &&
            receipt_is(&d->list[i].receipt, hash, partition, page_id))
            return &d->list[i];
    return NULL;
}

void desk_release(struct desk *d, struct hand *h)
{
    arena_fini(&h->arena);
    memset(h, 0, sizeof(*h));
    d->in_hand--;
}

/* ---- how a page ends ---- */

static void end(struct tier_core *core, struct hand *h,
                Yinuo__V1__Outcome outcome)
{
    h->state = HAND_RECEIPT;
    h->receipt.outcome = outcome;
    h->receipt.at_ms = clock_wall_ms(core->set.clock);
    h->next_ms = core->now_ms;
    h->wait_ms = core->set.receipt_wait_ms;
    h->sent = 0;
    if (outcome == YINUO__V1__OUTCOME__OUTCOME_DELIVERED)
        core->count.delivered++;
    else if (outcome == YINUO__V1__OUTCOME__OUTCOME_WITHDRAWN)
        core->count.withdrawn++;
    else
        core->count.failed++;
}

/* ---- what comes in ---- */

static void copy_id(char out[PAGE_ID_SIZE], const char *id)
{
    snprintf(out, PAGE_ID_SIZE, "%s", id ? id : "");
}

/* Seen before? Then its receipt again, or nothing while it is under way. */
static bool known(struct tier_core *core, const struct wire_header *header,
                  const Yinuo__V1__Page *page)
{
    struct desk *d = &core->desk;
    int64_t created_ms = page->has_created_ms ? page->created_ms : 0;
    struct hand *h = find(d, header->partition, page->page_id);
    if (h) {
        h->receipt.request_id = header->request_id;
        h->next_ms = h->state == HAND_RECEIPT ? core->now_ms : h->next_ms;
        return true;
    }
    struct receipt *r = recent_find(d, header->partition, page->page_id);
    if (!r)
        return false;
    if (r->created_ms != created_ms && r->created_ms != ANY_TIME) {
        memset(r, 0, sizeof(*r)); /* another ledger's page of that id */
        return false;
    }
    r->request_id = header->request_id;
    if (r->at_ms == 0)
        r->at_ms = clock_wall_ms(core->set.clock);
    if (receipt_send(core, r))
        core->count.receipts_again++;
    return true;
}

static struct hand *free_hand(struct desk *d)
{
    for (size_t i = 0; i < TIER_PAGES_MAX; i++)
        if (d->list[i].state == HAND_FREE)
            return &d->list[i];
    return NULL;
}

static void take_in_hand(struct tier_core *core,
                         const struct wire_header *header, struct slice body)
{
    struct desk *d = &core->desk;
    struct hand *h = free_hand(d);
    if (!h) { /* more than was asked for; its lease brings it again */
        core->count.bad++;
        return;
    }
    memset(h, 0, sizeof(*h));
    arena_init(&h->arena, LIMIT_DECODE_BYTES);
    h->page = codec_decode(&yinuo__v1__page__descriptor, body, &h->arena, NULL);
    if (!h->page) { /* it was decoded before, so memory is short */
        arena_fini(&h->arena);
        core->count.bad++;
        return;
    }
    d->in_hand++;
    h->state = HAND_WAITING;
    h->arrived = ++d->arrivals;
    h->next_ms = core->now_ms;
    h->receipt.partition = header->partition;
    h->receipt.request_id = header->request_id;
    h->receipt.created_ms = h->page->has_created_ms ? h->page->created_ms : 0;
    h->receipt.hash = receipt_hash(header->partition, h->page->page_id);
    copy_id(h->receipt.page_id, h->page->page_id);
    copy_id(h->receipt.case_id, h->page->case_id);
    order_make(&core->set, h->page->method, h->order);
}

void desk_page(struct tier_core *core, const struct wire_header *header,
               struct slice body)
{
    struct fault fault;
    const Yinuo__V1__Page *page =
        codec_decode(&yinuo__v1__page__descriptor, body, &core->arena, &fault);
    core->link.tell = true; /* the broker has counted it */
    if (!page || !page->page_id || !*page->page_id ||
        strlen(page->page_id) >= PAGE_ID_SIZE) {
        core->count.bad++;
        log_write(LOG_WARN, "PAGE-BAD",
                  LOG_FIELDS(LOG_TEXT("why", page ? "no id" : fault.text)),
                  "a page cannot be read -> nobody is told by it");
        return;
    }
    core->count.pages++;
    if (known(core, header, page))
        core->count.again++;
    else if (!core->stopping)
        take_in_hand(core, header, body);
}

void desk_withdraw(struct tier_core *core, const struct wire_header *header,
                   struct slice body)
{
    const Yinuo__V1__Withdraw *w = codec_decode(
        &yinuo__v1__withdraw__descriptor, body, &core->arena, NULL);
    if (!w || !w->page_id || !*w->page_id ||
        strlen(w->page_id) >= PAGE_ID_SIZE) {
        core->count.bad++;
        return;
    }
    struct hand *h = find(&core->desk, header->partition, w->page_id);
    if (h && h->state == HAND_WAITING) {
        end(core, h, YINUO__V1__OUTCOME__OUTCOME_WITHDRAWN);
    } else if (h) {
        h->withdrawn = true; /* the try under way is the last */
    } else if (!recent_find(&core->desk, header->partition, w->page_id)) {
        /* Another worker's, or one that comes behind this. */
        struct receipt r = {.partition = header->partition,
                            .hash = receipt_hash(header->partition, w->page_id),
                            .created_ms = ANY_TIME,
                            .outcome = YINUO__V1__OUTCOME__OUTCOME_WITHDRAWN};
        copy_id(r.page_id, w->page_id);
        recent_remember(&core->desk, &r);
    }
}

void desk_acknowledged(struct tier_core *core, const struct wire_header *header,
                       struct slice body)
{
    const Yinuo__V1__ReceiptAnswer *a = codec_decode(
        &yinuo__v1__receipt_answer__descriptor, body, &core->arena, NULL);
    if (!a || !a->page_id) {
        core->count.bad++;
        return;
    }
    struct hand *h = find(&core->desk, header->partition, a->page_id);
    if (!h || h->state != HAND_RECEIPT)
        return;
    if (a->has_code && refusal_again(a->code))
        return; /* not durable; it goes out again */
    core->count.acknowledged++;
    recent_remember(&core->desk, &h->receipt);
    desk_release(&core->desk, h);
}

void desk_busy(struct tier_core *core, int64_t wait_ms)
{
    core->desk.hold_ms = core->now_ms + wait_ms;
}

void desk_welcome(struct tier_core *core)
{
    struct desk *d = &core->desk;
    d->hold_ms = core->now_ms;
    for (size_t i = 0; i < TIER_PAGES_MAX; i++)
        if (d->list[i].state == HAND_RECEIPT) {
            d->list[i].next_ms = core->now_ms;
            d->list[i].wait_ms = core->set.receipt_wait_ms;
        }
}

/* ---- trying ---- */

static void note_error(struct hand *h, const char *channel, const char *error)
{
    char *out = h->receipt.error;
    size_t used = 0;
    if (h->turn > 0) /* behind those of earlier channels, cut at the end */
        used = strlen(out);
    if (used + 2 < TIER_ERROR_SIZE)
        snprintf(out + used, TIER_ERROR_SIZE - used, "%s%s: %s",
                 used ? "; " : "", channel, error);
}

/* The last error of each channel stands in the receipt. */
static void next_channel(struct tier_core *core, struct hand *h,
                         const struct tier_channel *c, const char *error)
{
    note_error(h, c->name, error);
    h->turn++;
    h->tries = 0;
    h->next_ms = core->now_ms;
    if (h->turn < core->set.channel_count) {
        h->state = HAND_WAITING;
        return;
    }
    log_write(LOG_ERROR, "PAGE-FAILED",
              LOG_FIELDS(LOG_TEXT("page_id", h->receipt.page_id),
                         LOG_TEXT("case_id", h->receipt.case_id),
                         LOG_INT("attempts", h->receipt.attempts),
                         LOG_TEXT("error", h->receipt.error)),
              "no channel could deliver a page -> the receipt says so");
    end(core, h, YINUO__V1__OUTCOME__OUTCOME_FAILED);
}

static int64_t retry_wait(const struct tier_core *core, uint32_t tries)
{
    int64_t wait_ms = core->set.retry_wait_ms;
    for (uint32_t i = 1; i < tries && wait_ms < core->set.retry_max_ms; i++)
        wait_ms *= 2;
    return wait_ms < core->set.retry_max_ms ? wait_ms : core->set.retry_max_ms;
}

static void failed(struct tier_core *core, struct hand *h,
                   const struct tier_channel *c,
                   const struct tier_result *result)
{
    log_write(LOG_WARN, "PAGE-TRY-FAILED",
              LOG_FIELDS(LOG_TEXT("page_id", h->receipt.page_id),
                         LOG_TEXT("channel", c->name), LOG_INT("try", h->tries),
                         LOG_TEXT("error", result->error)),
              "a channel could not deliver -> %s",
              result->outcome == TIER_NEVER || h->tries >= core->set.tries
                  ? "the next one"
                  : "again later");
    if (core->stopping && !h->withdrawn) {
        desk_release(&core->desk, h); /* it is left to the next worker */
    } else if (h->withdrawn) {
        note_error(h, c->name, result->error);
        end(core, h, YINUO__V1__OUTCOME__OUTCOME_WITHDRAWN);
    } else if (result->outcome == TIER_NEVER || h->tries >= core->set.tries) {
        next_channel(core, h, c, result->error);
    } else {
        h->state = HAND_WAITING;
        h->next_ms = core->now_ms + retry_wait(core, h->tries);
    }
}

void desk_done(struct tier_core *core, const struct tier_result *result)
{
    struct desk *d = &core->desk;
    struct hand *h = NULL;
    for (size_t i = 0; i < TIER_PAGES_MAX && !h; i++)
        if (d->list[i].state == HAND_TRYING && d->list[i].job == result->job)
            h = &d->list[i];
    if (!h)
        return;
    size_t at = h->order[h->turn];
    const struct tier_channel *c = &core->set.channels[at];
    assert(d->running[at] > 0);
    d->running[at]--;
    if (result->outcome != TIER_DELIVERED) {
        failed(core, h, c, result);
        return;
    }
    h->receipt.channel = c->name;
    snprintf(h->receipt.provider_id, TIER_PROVIDER_SIZE, "%s",
             result->provider_id);
    end(core, h, YINUO__V1__OUTCOME__OUTCOME_DELIVERED);
}

static bool startable(const struct tier_core *core, const struct hand *h)
{
    if (h->state != HAND_WAITING || h->next_ms > core->now_ms)
        return false;
    size_t at = h->order[h->turn];
    size_t max = core->set.channels[at].running_max;
    return max == 0 || core->desk.running[at] < max;
}

static uint32_t rank(const struct hand *h)
{
    return h->page->has_severity && h->page->severity
               ? (uint32_t)h->page->severity
               : UINT32_MAX;
}

/* The most severe, of those the oldest. */
static struct hand *next_to_start(struct tier_core *core)
{
    struct hand *best = NULL;
    for (size_t i = 0; i < TIER_PAGES_MAX; i++) {
        struct hand *h = &core->desk.list[i];
        if (startable(core, h) &&
            (!best || rank(h) < rank(best) ||
             (rank(h) == rank(best) && h->arrived < best->arrived)))
            best = h;
    }
    return best;
}

static void start(struct tier_core *core, struct hand *h)
{
    size_t at = h->order[h->turn];
    const struct tier_channel *c = &core->set.channels[at];
    h->state = HAND_TRYING;
    h->job = ++core->desk.jobs;
    h->tries++;
    h->receipt.attempts++;
    core->desk.running[at]++;
    core->count.tries++;
    if (h->tries > 1)
        core->count.retries++;
    struct tier_job job = {.number = h->job,
                           .page = h->page,
                           .partition = h->receipt.partition,
                           .attempt = h->tries};
    c->start(c->state, &job);
}

static int64_t next_ms(const struct tier_core *core)
{
    const struct desk *d = &core->desk;
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < TIER_PAGES_MAX; i++) {
        const struct hand *h = &d->list[i];
        int64_t at = h->next_ms;
        if (h->state == HAND_RECEIPT) {
            if (core->link.state != LINK_UP)
                continue; /* WELCOME wakes it */
            at = at > d->hold_ms ? at : d->hold_ms;
        } else if (h->state != HAND_WAITING ||
                   (at <= core->now_ms && !startable(core, h))) {
            continue; /* the end of a try wakes it */
        }
        next = at < next ? at : next;
    }
    return next;
}

int64_t desk_tick(struct tier_core *core)
{
    struct hand *h;
    for (int i = 0; i < STARTS_PER_TICK; i++) {
        h = next_to_start(core);
        if (!h)
            break;
        start(core, h);
    }
    receipts_send(core);
    return next_ms(core);
}

/* ---- the rest ---- */

uint32_t desk_room(const struct tier_core *core)
{
    size_t busy = 0;
    if (core->stopping)
        return 0;
    for (size_t i = 0; i < TIER_PAGES_MAX; i++)
        busy += core->desk.list[i].state == HAND_WAITING ||
                core->desk.list[i].state == HAND_TRYING;
    size_t room = busy < core->set.credit ? core->set.credit - busy : 0;
    size_t left = TIER_PAGES_MAX - core->desk.in_hand;
    return (uint32_t)(room < left ? room : left);
}

void desk_stop(struct tier_core *core)
{
    for (size_t i = 0; i < TIER_PAGES_MAX; i++) {
        struct hand *h = &core->desk.list[i];
        if (h->state == HAND_WAITING)
            desk_release(&core->desk, h);
    }
}

bool desk_idle(const struct desk *d)
{
    return d->in_hand == 0;
}

void desk_fini(struct desk *d)
{
    for (size_t i = 0; i < TIER_PAGES_MAX; i++)
        if (d->list[i].state != HAND_FREE)
            desk_release(d, &d->list[i]);
}
