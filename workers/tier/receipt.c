/* receipt - what became of pages: sent until somebody has it, and remembered
 * for a while after that. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "workers/tier/state.h"

enum {
    RECEIPTS_PER_TICK = 64,
    RECEIPT_SENDS_MAX = 20, /* then the router asks by sending the page again */
};

uint64_t receipt_hash(uint32_t partition, const char *page_id)
{
    uint64_t hash = 14695981039346656037u ^ partition;
    for (; *page_id; page_id++)
        hash = (hash ^ (uint8_t)*page_id) * 1099511628211u;
    return hash ? hash : 1;
}

bool receipt_is(const struct receipt *r, uint64_t hash, uint32_t partition,
                const char *page_id)
{
    return r->hash == hash && r->partition == partition &&
           strcmp(r->page_id, page_id) == 0;
}

/* ---- those gone by ---- */

struct receipt *recent_find(struct desk *d, uint32_t partition,
                            const char *page_id)
{
    uint64_t hash = receipt_hash(partition, page_id);
    for (size_t i = 0; i < TIER_RECENT_MAX; i++)
        if (receipt_is(&d->recent[i], hash, partition, page_id))
            return &d->recent[i];
    return NULL;
}

/* The newest word about a page takes the place of an older one. */
void recent_remember(struct desk *d, const struct receipt *r)
{
    struct receipt *known = recent_find(d, r->partition, r->page_id);
    if (!known) {
        known = &d->recent[d->recent_next];
        d->recent_next = (d->recent_next + 1) % TIER_RECENT_MAX;
    }
    *known = *r;
}

/* ---- sending ---- */

bool receipt_send(struct tier_core *core, const struct receipt *r)
{
    Yinuo__V1__Receipt out = YINUO__V1__RECEIPT__INIT;
    out.page_id = (char *)(uintptr_t)r->page_id;
    out.has_outcome = out.has_at_ms = out.has_attempts = out.has_tier = 1;
    out.outcome = r->outcome;
    out.at_ms = r->at_ms;
    out.attempts = r->attempts;
    out.tier = core->tier;
    out.channel = (char *)(uintptr_t)r->channel;
    if (r->provider_id[0])
        out.provider_id = (char *)(uintptr_t)r->provider_id;
    if (r->error[0])
        out.error = (char *)(uintptr_t)r->error;
    if (r->case_id[0])
        out.case_id = (char *)(uintptr_t)r->case_id;
    if (!core_send(core, WIRE_RECEIPT, r->partition, r->request_id, &out.base))
        return false;
    core->count.receipts++;
    return true;
}

static void send_again(struct tier_core *core, struct hand *h)
{
    if (!receipt_send(core, &h->receipt)) {
        core->desk.hold_ms = core->now_ms + core->set.receipt_wait_ms;
        return;
    }
    if (h->sent++ > 0)
        core->count.receipts_again++;
    h->next_ms = core->now_ms + h->wait_ms;
    h->wait_ms *= 2;
    if (h->wait_ms > core->set.receipt_max_ms)
        h->wait_ms = core->set.receipt_max_ms;
    if (h->sent < RECEIPT_SENDS_MAX)
        return;
    log_write(LOG_WARN, "RECEIPT-UNANSWERED",
              LOG_FIELDS(LOG_TEXT("page_id", h->receipt.page_id)),
              "nobody takes a receipt -> it waits until the page comes again");
    recent_remember(&core->desk, &h->receipt);
    desk_release(&core->desk, h);
}

void receipts_send(struct tier_core *core)
{
    size_t sent = 0;
    for (size_t i = 0; i < TIER_PAGES_MAX && sent < RECEIPTS_PER_TICK; i++) {
        struct hand *h = &core->desk.list[i];
        if (core->link.state != LINK_UP || core->now_ms < core->desk.hold_ms)
            return;
        if (h->state == HAND_RECEIPT && h->next_ms <= core->now_ms) {
            send_again(core, h);
            sent++;
        }
    }
}
