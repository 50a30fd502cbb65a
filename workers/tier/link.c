/* link - the connection to the broker: greet, tell credit, stay alive. */
#include <string.h>

#include "base/log.h"
#include "proto/roles.h"
#include "workers/tier/state.h"

enum {
    HELLO_WAIT_MS = 300,
    HELLO_WAIT_MAX_MS = 5000,
    HELLOS_PER_CONNECTION = 6,
    KNOCK_MS = 10, /* while the socket is not through to the broker */
    KNOCK_MAX_MS = 320,
    BEAT_MIN_MS = 50,
};

void link_init(struct link *l, int64_t now_ms)
{
    *l = (struct link){.state = LINK_DOWN,
                       .next_ms = now_ms,
                       .wait_ms = HELLO_WAIT_MS,
                       .knock_ms = KNOCK_MS,
                       .heard_ms = now_ms,
                       .beat_ms = LIMIT_HEARTBEAT_MS,
                       .dead_ms = LIMIT_SILENCE_MS};
}

static void go_down(struct tier_core *core, int64_t wait_ms)
{
    core->link.state = LINK_DOWN;
    core->link.next_ms = core->now_ms + wait_ms;
}

static void reopen(struct tier_core *core)
{
    core->link.unanswered = 0;
    core->link.heard_ms = core->now_ms;
    core->set.port.reopen(core->set.port.state);
}

static void greet(struct tier_core *core)
{
    struct link *l = &core->link;
    Yinuo__V1__Hello hello = YINUO__V1__HELLO__INIT;
    hello.identity = (char *)(uintptr_t)core->set.identity;
    hello.program = (char *)(uintptr_t)core->set.program;
    hello.has_role = 1;
    hello.has_version_min = hello.has_version_max = 1;
    hello.role = YINUO__V1__ROLE__ROLE_WORKER;
    hello.version_min = hello.version_max = WIRE_VERSION;
    if (l->unanswered >= HELLOS_PER_CONNECTION)
        reopen(core);
    l->state = LINK_GREETING;
    if (!core_send(core, WIRE_HELLO, 0, ++l->request, &hello.base)) {
        l->next_ms = core->now_ms + l->knock_ms;
        l->knock_ms *= 2;
        if (l->knock_ms > KNOCK_MAX_MS)
            l->knock_ms = KNOCK_MAX_MS;
        return;
    }
    l->knock_ms = KNOCK_MS;
    core->count.hellos++;
    l->unanswered++;
    l->next_ms = core->now_ms + l->wait_ms;
    l->wait_ms *= 2;
    if (l->wait_ms > HELLO_WAIT_MAX_MS)
        l->wait_ms = HELLO_WAIT_MAX_MS;
}

static int64_t within(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Which of the policy's tiers is ours; 0 as long as no router has said. What
 * people call them is for the pages. */
static uint32_t tier_by_name(const struct tier_core *core,
                             const Yinuo__V1__Welcome *w)
{
    for (size_t i = 0; i < w->n_partitions; i++) {
        const Yinuo__V1__Roles *roles = w->partitions[i]->roles;
        if (!roles)
            continue;
        roles_use(roles);
        for (uint32_t n = 0; n < roles->tier_count && n < roles->n_roles; n++)
            if (roles->roles[n]->name &&
                strcmp(roles->roles[n]->name, core->set.tier) == 0)
                return n + 1;
    }
    return 0;
}

/* Mostly a router that is not there yet; else a name that no policy has. */
static void wait_for_tiers(struct tier_core *core, const Yinuo__V1__Welcome *w)
{
    struct link *l = &core->link;
    bool told = false;
    for (size_t i = 0; i < w->n_partitions; i++)
        told |= w->partitions[i]->roles != NULL;
    if (told)
        log_warn("TIER-UNKNOWN",
                 "the policy in force has no tier \"%s\" -> asked again soon",
                 core->set.tier);
    l->unanswered = 0;
    l->wait_ms = HELLO_WAIT_MS;
    go_down(core, told ? HELLO_WAIT_MAX_MS : HELLO_WAIT_MS);
}

static void welcome(struct tier_core *core, struct slice body)
{
    struct link *l = &core->link;
    const Yinuo__V1__Welcome *w =
        codec_decode(&yinuo__v1__welcome__descriptor, body, &core->arena, NULL);
    if (!w) {
        core->count.bad++;
        return;
    }
    if (w->has_heartbeat_wait_ms)
        l->beat_ms =
            within(w->heartbeat_wait_ms, BEAT_MIN_MS, LIMIT_HEARTBEAT_MS);
    if (w->has_dead_wait_ms)
        l->dead_ms = within(w->dead_wait_ms, 3 * l->beat_ms, LIMIT_SILENCE_MS);
    if (l->state == LINK_UP)
        return;
    core->tier = tier_by_name(core, w);
    if (!core->tier) {
        wait_for_tiers(core, w);
        return;
    }
    log_write(LOG_INFO, "TIER-WELCOME",
              LOG_FIELDS(LOG_INT("session", w->has_session ? w->session : 0)),
              "the broker knows us -> pages may come");
    l->state = LINK_UP;
    l->next_ms = core->now_ms + l->beat_ms;
    l->wait_ms = HELLO_WAIT_MS;
    l->unanswered = 0;
    l->tell = true;
    desk_welcome(core);
}

static void refused(struct tier_core *core, struct slice body)
{
    struct link *l = &core->link;
    const Yinuo__V1__Refused *r =
        codec_decode(&yinuo__v1__refused__descriptor, body, &core->arena, NULL);
    unsigned code = r && r->has_code ? r->code : REFUSAL_INTERNAL;
    if (code == REFUSAL_NOT_READY) {
        if (l->state == LINK_UP)
            log_info("TIER-FORGOTTEN", "the broker has forgotten us, it may "
                                       "have restarted -> hello again");
        if (l->state != LINK_GREETING)
            go_down(core, 0);
        return;
    }
    log_write(LOG_WARN, "TIER-REFUSED",
              LOG_FIELDS(LOG_TEXT("code", refusal_name(code)),
                         LOG_TEXT("text", r && r->text ? r->text : "")),
              "the broker refused a message -> %s",
              l->state == LINK_UP ? "it is sent again later"
                                  : "hello again later");
    if (l->state != LINK_UP)
        go_down(core, HELLO_WAIT_MAX_MS);
}

static void busy(struct tier_core *core, struct slice body)
{
    const Yinuo__V1__Busy *b =
        codec_decode(&yinuo__v1__busy__descriptor, body, &core->arena, NULL);
    int64_t wait_ms =
        b && b->has_retry_wait_ms ? b->retry_wait_ms : LIMIT_BUSY_WAIT_MS;
    wait_ms = within(wait_ms, 1, HELLO_WAIT_MAX_MS);
    if (core->link.state == LINK_UP)
        desk_busy(core, wait_ms);
    else
        go_down(core, wait_ms);
}

static void pong(struct tier_core *core, const struct wire_header *header,
                 struct slice body)
{
    const Yinuo__V1__Ping *ping =
        codec_decode(&yinuo__v1__ping__descriptor, body, &core->arena, NULL);
    Yinuo__V1__Pong p = YINUO__V1__PONG__INIT;
    if (!ping)
        return;
    p.has_sent_ms = ping->has_sent_ms;
    p.sent_ms = ping->sent_ms;
    p.has_now_ms = 1;
    p.now_ms = clock_wall_ms(core->set.clock);
    (void)core_send(core, WIRE_PONG, header->partition, header->request_id,
                    &p.base);
}

void link_heard(struct tier_core *core, const struct wire_header *header,
                struct slice body)
{
    core->link.heard_ms = core->now_ms;
    switch (header->kind) {
    case WIRE_WELCOME:
        welcome(core, body);
        return;
    case WIRE_PING:
        pong(core, header, body);
        return;
    case WIRE_BUSY:
        busy(core, body);
        return;
    case WIRE_ERROR:
        refused(core, body);
        return;
    default:
        return;
    }
}

/* A number that did not arrive, or behind a newer one, or was not taken because
 * the lane was full, would leave us without pages for ever: no change follows
 * that would be told. So it is said with each beat. */
static void tell_credit(struct tier_core *core)
{
    struct link *l = &core->link;
    char *names[TIER_CHANNELS_MAX];
    Yinuo__V1__Credit credit = YINUO__V1__CREDIT__INIT;
    uint32_t room = desk_room(core);
    if (!l->tell && room == l->told && core->now_ms < l->again_ms)
        return;
    for (size_t i = 0; i < core->set.channel_count; i++)
        names[i] = (char *)(uintptr_t)core->set.channels[i].name;
    credit.has_tier = credit.has_pages = 1;
    credit.tier = core->tier;
    credit.pages = room;
    credit.channels = names;
    credit.n_channels = core->set.channel_count;
    l->tell = !core_send(core, WIRE_CREDIT, 0, 0, &credit.base);
    l->told = room;
    l->again_ms = core->now_ms + l->beat_ms;
}

static void ping(struct tier_core *core)
{
    Yinuo__V1__Ping p = YINUO__V1__PING__INIT;
    p.has_sent_ms = 1;
    p.sent_ms = core->now_ms;
    (void)core_send(core, WIRE_PING, 0, ++core->link.request, &p.base);
    core->link.next_ms = core->now_ms + core->link.beat_ms;
}

int64_t link_tick(struct tier_core *core)
{
    struct link *l = &core->link;
    if (l->state == LINK_UP && core->now_ms - l->heard_ms >= l->dead_ms) {
        log_warn("TIER-SILENCE",
                 "nothing from the broker for long -> a new connection");
        reopen(core);
        go_down(core, 0);
    }
    if (l->state != LINK_UP) {
        if (core->now_ms >= l->next_ms)
            greet(core);
        return l->next_ms;
    }
    bool quiet = core->now_ms >= l->next_ms; /* CREDIT gets no answer */
    tell_credit(core);
    if (quiet)
        ping(core);
    return l->again_ms < l->next_ms ? l->again_ms : l->next_ms;
}
