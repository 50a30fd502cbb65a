/* tier_party - a tier worker as the protocol wants it: it takes pages as far as
 * its credit goes, shows each once, and reports until the report is durable.
 *
 * What it has shown is what its channel's own log has: it outlives a crash.
 * What it was about to report does not; the page comes again then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/names.h"
#include "tests/sim/oracle.h"

enum { CREDIT = 4, HOLDS = 64, AGAIN_MS = 2000, HELLO_MS = 1500 };

struct held {
    char page_id[48], case_id[64];
    bool failed;
    int64_t said_ms;
    uint64_t request_id;
};

struct tier_party {
    struct party party; /* first */
    uint32_t tier;
    struct names shown; /* the channel's log */

    bool welcome;
    int64_t heard_ms, hello_ms, spoke_ms;
    uint64_t next_request;
    size_t count;
    struct held holds[HOLDS];
};

static struct tier_party *self_of(struct party *p)
{
    return (struct tier_party *)p;
}

static void credit(struct tier_party *n)
{
    Yinuo__V1__Credit c = YINUO__V1__CREDIT__INIT;
    char *channels[] = {(char *)"log"};

    c.has_tier = c.has_pages = 1;
    c.tier = (Yinuo__V1__Tier)n->tier;
    c.pages = n->count < CREDIT ? (uint32_t)(CREDIT - n->count) : 0;
    c.n_channels = 1;
    c.channels = channels;
    (void)client_say(&n->party, WIRE_CREDIT, 0, &c.base);
    n->spoke_ms = n->party.sim->now_ms;
}

static void report(struct tier_party *n, struct held *h)
{
    Yinuo__V1__Receipt r = YINUO__V1__RECEIPT__INIT;

    r.page_id = h->page_id;
    r.case_id = h->case_id;
    r.has_outcome = r.has_tier = r.has_at_ms = 1;
    r.outcome = h->failed ? YINUO__V1__OUTCOME__OUTCOME_FAILED
                          : YINUO__V1__OUTCOME__OUTCOME_DELIVERED;
    r.channel = (char *)"log";
    r.tier = (Yinuo__V1__Tier)n->tier;
    r.at_ms = sim_wall_ms(n->party.sim);
    h->said_ms = n->party.sim->now_ms;
    h->request_id = ++n->next_request;
    (void)client_say(&n->party, WIRE_RECEIPT, h->request_id, &r.base);
}

static struct held *hold_of(struct tier_party *n, const char *page_id)
{
    for (size_t i = 0; i < n->count; i++)
        if (!strcmp(n->holds[i].page_id, page_id))
            return &n->holds[i];
    return NULL;
}

static void show(struct tier_party *n, const Yinuo__V1__Page *page)
{
    struct sim *s = n->party.sim;
    struct held *h = hold_of(n, page->page_id);
    bool is_new = false;

    oracle_shown(s->oracle, page->page_id);
    if ((uint32_t)page->tier != n->tier)
        sim_fail(s, "PAGES: %s of tier %d came to %s", page->page_id,
                 (int)page->tier, n->party.name);
    if (h || n->count == HOLDS)
        return;
    h = &n->holds[n->count++];
    *h = (struct held){0};
    snprintf(h->page_id, sizeof h->page_id, "%s", page->page_id);
    snprintf(h->case_id, sizeof h->case_id, "%s", page->case_id);
    h->failed = !s->calm && names_find(&n->shown, page->page_id) < 0 &&
                chance_in(s, s->plan.failed_pages);
    if (h->failed)
        s->faults[FAULT_PAGE_FAILED]++;
    else
        (void)names_add(&n->shown, page->page_id, &is_new);
    if (is_new) {
        story_tell(s, n->party.name, "shows %s to %s: S%d %s", page->page_id,
                   page->person, (int)page->severity, page->case_id);
        desk_shown(s, page);
    }
    report(n, h);
}

static void done(struct tier_party *n, const char *page_id)
{
    struct held *h = page_id ? hold_of(n, page_id) : NULL;

    if (!h)
        return;
    *h = n->holds[--n->count];
    credit(n);
}

static void start(struct party *p)
{
    struct tier_party *n = self_of(p);

    n->welcome = false;
    n->count = 0;
    n->hello_ms = -HELLO_MS;
    n->heard_ms = p->sim->now_ms;
}

static void crash(struct party *p)
{
    (void)p;
}

static void take(struct tier_party *n, const struct wire_header *h,
                 struct slice body, struct arena *arena)
{
    void *m = codec_decode(codec_type(wire_kind_row(h->kind)->body), body,
                           arena, NULL);

    if (!m)
        return;
    if (h->kind == WIRE_WELCOME) {
        n->welcome = true;
        credit(n);
    } else if (h->kind == WIRE_PAGE) {
        show(n, m);
    } else if (h->kind == WIRE_RECEIPT_ACK) {
        done(n, ((Yinuo__V1__ReceiptAnswer *)m)->page_id);
    } else if (h->kind == WIRE_ERROR &&
               ((Yinuo__V1__Refused *)m)->code == REFUSAL_NOT_READY) {
        n->welcome = false;
    } else if (h->kind == WIRE_PING) {
        Yinuo__V1__Pong pong = YINUO__V1__PONG__INIT;
        pong.has_sent_ms = 1;
        pong.sent_ms = ((Yinuo__V1__Ping *)m)->sent_ms;
        (void)client_say(&n->party, WIRE_PONG, 0, &pong.base);
    }
}

static void receive(struct party *p, struct packet *packet)
{
    struct tier_party *n = self_of(p);
    struct slice head = frames_slice(&packet->frames, 0);
    struct wire_header h;
    struct arena arena;

    if (wire_header_decode(head.data, head.size, &h) != REFUSAL_NONE)
        return;
    n->heard_ms = p->sim->now_ms;
    arena_init(&arena, LIMIT_DECODE_BYTES);
    take(n, &h, frames_slice(&packet->frames, 1), &arena);
    arena_fini(&arena);
}

static void wake(struct party *p)
{
    struct tier_party *n = self_of(p);
    struct sim *s = p->sim;

    if (s->now_ms - n->heard_ms > LIMIT_SILENCE_MS) {
        n->welcome = false;
        n->heard_ms = s->now_ms;
        p->life++; /* another connection */
    }
    if (!n->welcome && s->now_ms - n->hello_ms >= HELLO_MS) {
        n->hello_ms = s->now_ms;
        (void)client_hello(p, WIRE_ROLE_WORKER, n->tier);
    }
    for (size_t i = 0; n->welcome && i < n->count; i++)
        if (s->now_ms - n->holds[i].said_ms >= AGAIN_MS)
            report(n, &n->holds[i]);
    if (n->welcome && s->now_ms - n->spoke_ms >= LIMIT_HEARTBEAT_MS) {
        Yinuo__V1__Ping ping = YINUO__V1__PING__INIT;
        (void)client_say(p, WIRE_PING, 0, &ping.base);
        credit(n);
    }
    sim_wake(p, s->now_ms + 500 + chance_ms(s, 0, 300));
}

static void release(struct party *p)
{
    struct tier_party *n = self_of(p);

    names_fini(&n->shown);
    free(n);
}

struct party *tier_party(struct sim *s, uint32_t tier)
{
    static const struct party_ops ops = {start, crash, receive, wake, release};
    struct tier_party *n = calloc(1, sizeof *n);

    if (!n)
        abort();
    n->party =
        (struct party){.ops = &ops, .sim = s, .crash_fault = FAULT_TIER_CRASH};
    snprintf(n->party.name, sizeof n->party.name, "tier-%u", tier);
    n->tier = tier;
    return &n->party;
}
