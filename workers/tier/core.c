#include "workers/tier/core.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "workers/tier/state.h"

enum { HEADER, BODY, FRAMES };

static void or_else(int64_t *value, int64_t fallback)
{
    if (*value <= 0)
        *value = fallback;
}

struct tier_core *tier_core_new(const struct tier_settings *settings,
                                int64_t now_ms)
{
    struct tier_core *core = calloc(1, sizeof(*core));
    if (!core)
        return NULL;
    core->set = *settings;
    assert(core->set.channel_count >= 1 &&
           core->set.channel_count <= TIER_CHANNELS_MAX);
    assert(core->set.tier && *core->set.tier);
    if (core->set.credit == 0 || core->set.credit > TIER_PAGES_MAX / 2)
        core->set.credit = TIER_CREDIT;
    if (core->set.tries == 0)
        core->set.tries = 4;
    or_else(&core->set.retry_wait_ms, 1000);
    or_else(&core->set.retry_max_ms, 60000);
    or_else(&core->set.receipt_wait_ms, 1000);
    or_else(&core->set.receipt_max_ms, 30000);
    core->now_ms = now_ms;
    arena_init(&core->arena, LIMIT_DECODE_BYTES);
    bytes_init(&core->body, LIMIT_FRAME_BYTES);
    link_init(&core->link, now_ms);
    return core;
}

void tier_core_free(struct tier_core **core)
{
    if (!*core)
        return;
    desk_fini(&(*core)->desk);
    arena_fini(&(*core)->arena);
    bytes_fini(&(*core)->body);
    free(*core);
    *core = NULL;
}

bool core_send(struct tier_core *core, uint8_t kind, uint32_t partition,
               uint64_t request_id, const ProtobufCMessage *body)
{
    uint8_t head[WIRE_HEADER_SIZE];
    struct wire_header header = {.version = WIRE_VERSION,
                                 .kind = kind,
                                 .partition = partition,
                                 .request_id = request_id};
    struct frames f;
    enum status status;
    wire_header_encode(&header, head);
    bytes_reset(&core->body);
    frames_init(&f);
    status = codec_encode(body, &core->body);
    if (status == STATUS_OK)
        status = frames_add(&f, slice_of(head, sizeof(head)));
    if (status == STATUS_OK)
        status = frames_add(&f, bytes_slice(&core->body));
    if (status == STATUS_OK)
        status = core->set.port.send(core->set.port.state, &f);
    frames_fini(&f);
    if (status == STATUS_OK && core->link.state == LINK_UP)
        core->link.next_ms = core->now_ms + core->link.beat_ms;
    return status == STATUS_OK;
}

static void dispatch(struct tier_core *core, const struct wire_header *header,
                     struct slice body)
{
    link_heard(core, header, body);
    switch (header->kind) {
    case WIRE_PAGE:
        desk_page(core, header, body);
        return;
    case WIRE_WITHDRAW:
        desk_withdraw(core, header, body);
        return;
    case WIRE_RECEIPT_ACK:
        desk_acknowledged(core, header, body);
        return;
    default:
        return;
    }
}

void tier_core_take(struct tier_core *core, struct frames *f, int64_t now_ms)
{
    struct wire_header header;
    struct slice head = frames_slice(f, HEADER);
    if (now_ms > core->now_ms)
        core->now_ms = now_ms;
    if (f->count == FRAMES &&
        wire_header_decode(head.data, head.size, &header) == REFUSAL_NONE)
        dispatch(core, &header, frames_slice(f, BODY));
    else
        core->count.bad++;
    frames_fini(f);
    arena_reset(&core->arena);
}

void tier_core_done(struct tier_core *core, const struct tier_result *result,
                    int64_t now_ms)
{
    if (now_ms > core->now_ms)
        core->now_ms = now_ms;
    desk_done(core, result);
}

int64_t tier_core_tick(struct tier_core *core, int64_t now_ms)
{
    if (now_ms > core->now_ms)
        core->now_ms = now_ms;
    int64_t desk_ms = desk_tick(core);
    int64_t link_ms = link_tick(core); /* credit as it is after the desk */
    arena_reset(&core->arena);
    return desk_ms < link_ms ? desk_ms : link_ms;
}

void tier_core_stop(struct tier_core *core, int64_t now_ms)
{
    core->stopping = true;
    desk_stop(core);
    (void)tier_core_tick(core, now_ms);
}

bool tier_core_idle(const struct tier_core *core)
{
    return desk_idle(&core->desk);
}

size_t tier_core_running(const struct tier_core *core)
{
    size_t running = 0;
    for (size_t i = 0; i < core->set.channel_count; i++)
        running += core->desk.running[i];
    return running;
}

void tier_core_bye(struct tier_core *core)
{
    Yinuo__V1__Ping bye = YINUO__V1__PING__INIT;
    if (core->link.state == LINK_UP)
        (void)core_send(core, WIRE_BYE, 0, 0, &bye.base);
}

const struct tier_counters *tier_core_counters(const struct tier_core *core)
{
    return &core->count;
}

bool tier_core_connected(const struct tier_core *core)
{
    return core->link.state == LINK_UP;
}

size_t tier_core_in_hand(const struct tier_core *core)
{
    return core->desk.in_hand;
}
