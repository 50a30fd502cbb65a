#include "stage.h"
#include "tests/support/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const int64_t WALL = 1338773100000;
enum { BEAT_MS = 2000 };

static int64_t now(const struct stage *s)
{
    return s->clock.monotonic_ns / 1000000;
}

static void tell(struct stage *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void tell(struct stage *s, const char *format, ...)
{
    va_list args;
    s->told += (size_t)snprintf(s->story + s->told, STAGE_STORY - s->told,
                                "[%lld] ", (long long)(now(s) - s->begun_ms));
    va_start(args, format);
    s->told += (size_t)vsnprintf(s->story + s->told, STAGE_STORY - s->told,
                                 format, args);
    va_end(args);
    s->told +=
        (size_t)snprintf(s->story + s->told, STAGE_STORY - s->told, "\n");
    assert_true(s->told < STAGE_STORY);
}

/* ---- what leaves ---- */

static void tell_receipt(struct stage *s, struct slice body,
                         struct arena *arena)
{
    static const char *const outcomes[] = {"?", "delivered", "failed",
                                           "withdrawn"};
    const Yinuo__V1__Receipt *r =
        codec_decode(&yinuo__v1__receipt__descriptor, body, arena, NULL);
    assert_non_null(r);
    assert_true(r->has_at_ms && r->at_ms >= WALL);
    tell(s, "RECEIPT %s %s%s%s %u%s%s", r->page_id, outcomes[r->outcome],
         r->channel ? " " : "", r->channel ? r->channel : "", r->attempts,
         r->error ? " " : "", r->error ? r->error : "");
}

static void tell_credit(struct stage *s, uint32_t pages)
{
    bool beat = pages == s->credit && now(s) - s->credit_ms == BEAT_MS;
    s->credit = pages;
    s->credit_ms = now(s);
    if (!s->quiet || !beat)
        tell(s, "CREDIT %u", pages);
}

static void tell_frame(struct stage *s, const struct wire_header *h,
                       struct slice body)
{
    struct arena arena;
    arena_init(&arena, LIMIT_DECODE_BYTES);
    const struct wire_kind_row *row = wire_kind_row(h->kind);
    assert_non_null(row);
    assert_true(wire_may_send(WIRE_ROLE_WORKER, h->kind));
    if (h->kind == WIRE_RECEIPT) {
        assert_int_equal(h->partition, 3);
        assert_int_equal(h->request_id, 42);
        tell_receipt(s, body, &arena);
    } else if (h->kind == WIRE_CREDIT) {
        const Yinuo__V1__Credit *c =
            codec_decode(&yinuo__v1__credit__descriptor, body, &arena, NULL);
        assert_int_equal(c->tier, 2);
        assert_int_equal(c->n_channels, s->settings.channel_count);
        tell_credit(s, c->pages);
    } else if (!s->quiet || (h->kind != WIRE_PING && h->kind != WIRE_PONG)) {
        tell(s, "%s", row->name);
    }
    arena_fini(&arena);
}

static enum status port_send(void *state, struct frames *f)
{
    struct stage *s = state;
    struct wire_header h;
    struct slice head = frames_slice(f, 0);
    if (s->deaf)
        return STATUS_BUSY;
    assert_int_equal(f->count, 2);
    assert_int_equal(wire_header_decode(head.data, head.size, &h), 0);
    tell_frame(s, &h, frames_slice(f, 1));
    frames_fini(f);
    return STATUS_OK;
}

static void port_reopen(void *state)
{
    tell(state, "a new connection");
}

/* ---- channels ---- */

static void result(struct stage_channel *c, uint64_t job, enum stage_act act)
{
    struct tier_result r = {.job = job};
    if (act == ACT_DELIVER)
        snprintf(r.provider_id, sizeof r.provider_id, "id-of-%s", c->name);
    else
        snprintf(r.error, sizeof r.error, "out of order");
    r.outcome = act == ACT_DELIVER ? TIER_DELIVERED
                : act == ACT_FAIL  ? TIER_AGAIN
                                   : TIER_NEVER;
    tier_core_done(c->stage->core, &r, now(c->stage));
}

static void start(void *state, const struct tier_job *job)
{
    struct stage_channel *c = state;
    tell(c->stage, "%s tries %s", c->name, job->page->page_id);
    if (c->act == ACT_HOLD)
        c->held = job->number;
    else
        result(c, job->number, c->act);
}

void stage_end(struct stage *s, size_t channel, enum stage_act act)
{
    struct stage_channel *c = &s->channel[channel];
    assert_int_not_equal(c->held, 0);
    uint64_t job = c->held;
    c->held = 0;
    result(c, job, act);
    s->next_ms = tier_core_tick(s->core, now(s));
}

/* ---- the stage ---- */

void stage_init(struct stage *s)
{
    static const char *const names[] = {"log", "exec", "smtp"};
    static const char *const methods[] = {"app", "phone sms", "mail"};
    memset(s, 0, sizeof *s);
    clock_manual_init(&s->clock, WALL);
    clock_manual_advance(&s->clock, 5000);
    s->begun_ms = now(s);
    for (size_t i = 0; i < STAGE_CHANNELS; i++) {
        s->channel[i] = (struct stage_channel){s, names[i], ACT_DELIVER, 0};
        s->table[i] = (struct tier_channel){.name = names[i],
                                            .methods = methods[i],
                                            .start = start,
                                            .state = &s->channel[i]};
    }
    s->settings = (struct tier_settings){.port = {port_send, port_reopen, s},
                                         .clock = &s->clock.clock,
                                         .identity = "tier-station_head",
                                         .program = "stage",
                                         .tier = "station_head",
                                         .channels = s->table,
                                         .channel_count = STAGE_CHANNELS,
                                         .credit = 8,
                                         .tries = 3};
    s->quiet = true;
}

void stage_start(struct stage *s)
{
    s->core = tier_core_new(&s->settings, now(s));
    assert_non_null(s->core);
    s->next_ms = tier_core_tick(s->core, now(s));
}

void stage_connected(struct stage *s)
{
    stage_start(s);
    stage_welcome(s);
    assert_true(tier_core_connected(s->core));
    s->told = 0;
    s->story[0] = '\0';
}

void stage_fini(struct stage *s)
{
    tier_core_free(&s->core);
}

void stage_until(struct stage *s, int64_t ms)
{
    int64_t end = s->begun_ms + ms;
    for (int rounds = 0; s->next_ms <= end; rounds++) {
        int64_t wait = s->next_ms - now(s);
        assert_true(rounds < 100000); /* it must not run in circles */
        clock_manual_advance(&s->clock, wait > 0 ? wait : 0);
        int64_t next = tier_core_tick(s->core, now(s));
        if (next <= now(s))
            clock_manual_advance(&s->clock, 0);
        s->next_ms = next;
    }
    if (end > now(s))
        clock_manual_advance(&s->clock, end - now(s));
}

/* ---- the broker ---- */

static void say(struct stage *s, uint8_t kind, struct slice body)
{
    uint8_t head[WIRE_HEADER_SIZE];
    struct wire_header h = {WIRE_VERSION, kind, 3, 42};
    struct frames f;
    frames_init(&f);
    wire_header_encode(&h, head);
    assert_int_equal(frames_add(&f, slice_of(head, sizeof head)), STATUS_OK);
    assert_int_equal(frames_add(&f, body), STATUS_OK);
    tier_core_take(s->core, &f, now(s));
    s->next_ms = tier_core_tick(s->core, now(s));
}

static void say_message(struct stage *s, uint8_t kind,
                        const ProtobufCMessage *message)
{
    struct bytes body;
    bytes_init(&body, 0);
    assert_int_equal(codec_encode(message, &body), STATUS_OK);
    say(s, kind, bytes_slice(&body));
    bytes_fini(&body);
}

void stage_raw(struct stage *s, uint8_t kind, const void *body, size_t size)
{
    say(s, kind, slice_of(body, size));
}

void stage_welcome(struct stage *s)
{
    Yinuo__V1__Welcome w = YINUO__V1__WELCOME__INIT;
    Yinuo__V1__PartitionHead head = YINUO__V1__PARTITION_HEAD__INIT;
    Yinuo__V1__PartitionHead *heads[] = {&head};
    head.roles = support_roles();
    w.partitions = heads;
    w.n_partitions = 1;
    w.has_session = w.has_heartbeat_wait_ms = w.has_dead_wait_ms = 1;
    w.session = 7;
    w.heartbeat_wait_ms = BEAT_MS;
    w.dead_wait_ms = 10000;
    say_message(s, WIRE_WELCOME, &w.base);
}

void stage_page_of(struct stage *s, const char *id, const char *method,
                   int severity, int64_t created_ms)
{
    Yinuo__V1__Page p = YINUO__V1__PAGE__INIT;
    p.page_id = (char *)(uintptr_t)id;
    p.method = (char *)(uintptr_t)method;
    p.has_severity = p.has_created_ms = 1;
    p.severity = (Yinuo__V1__Severity)severity;
    p.created_ms = created_ms;
    say_message(s, WIRE_PAGE, &p.base);
}

void stage_page(struct stage *s, const char *id)
{
    stage_page_of(s, id, "app", 3, WALL);
}

void stage_withdraw(struct stage *s, const char *id)
{
    Yinuo__V1__Withdraw w = YINUO__V1__WITHDRAW__INIT;
    w.page_id = (char *)(uintptr_t)id;
    say_message(s, WIRE_WITHDRAW, &w.base);
}

void stage_ack(struct stage *s, const char *id, uint32_t code)
{
    Yinuo__V1__ReceiptAnswer a = YINUO__V1__RECEIPT_ANSWER__INIT;
    a.page_id = (char *)(uintptr_t)id;
    a.has_code = 1;
    a.code = code;
    say_message(s, WIRE_RECEIPT_ACK, &a.base);
}

void stage_error(struct stage *s, uint32_t code)
{
    Yinuo__V1__Refused r = YINUO__V1__REFUSED__INIT;
    r.has_code = 1;
    r.code = code;
    say_message(s, WIRE_ERROR, &r.base);
}

void stage_busy(struct stage *s, uint32_t wait_ms)
{
    Yinuo__V1__Busy b = YINUO__V1__BUSY__INIT;
    b.has_retry_wait_ms = 1;
    b.retry_wait_ms = wait_ms;
    say_message(s, WIRE_BUSY, &b.base);
}

void stage_told(struct stage *s, const char *story)
{
    assert_string_equal(s->story, story);
    s->told = 0;
    s->story[0] = '\0';
}
