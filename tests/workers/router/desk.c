#include "tests/workers/router/desk.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/event.h"

static const char *const packs[] = {"packs/service-network"};

/* --- the clock --- */

static int64_t look(struct desk *d)
{
    return d->now_us += d->reading_us;
}

static int64_t wall_ms(void *state)
{
    return DESK_BEGIN_MS + look(state) / 1000;
}

static int64_t monotonic_ns(void *state)
{
    return 3600000000000 + look(state) * 1000;
}

static int64_t boottime_ms(void *state)
{
    return 3600000 + look(state) / 1000;
}

int64_t desk_now_ms(const struct desk *d)
{
    return DESK_BEGIN_MS + d->now_us / 1000;
}

/* --- what the router says --- */

static void note_decision(struct desk *d, const Yinuo__V1__Decision *one,
                          int64_t at_ms)
{
    d->pages += one->kind == YINUO__V1__DECISION_KIND__DECISION_KIND_PAGE;
    if (!one->text || strcmp(one->text, "promise.missed") != 0)
        return;
    d->fired++;
    d->heard_ms = at_ms;
    if (one->case_id)
        snprintf(d->heard_case, sizeof d->heard_case, "%s", one->case_id);
    if (at_ms - one->due_ms > d->latest_ms)
        d->latest_ms = at_ms - one->due_ms;
}

static void note_records(struct desk *d, struct slice body)
{
    const Yinuo__V1__Records *r =
        codec_decode(&yinuo__v1__records__descriptor, body, &d->arena, NULL);

    assert_non_null(r);
    for (size_t i = 0; i < r->n_records; i++) {
        const Yinuo__V1__StreamRecord *record = codec_decode(
            &yinuo__v1__stream_record__descriptor,
            slice_of(r->records[i].data, r->records[i].len), &d->arena, NULL);

        assert_non_null(record);
        for (size_t k = 0; k < record->n_decisions; k++)
            note_decision(d, record->decisions[k], desk_now_ms(d));
    }
}

static void hear(void *context, struct outgoing *m)
{
    struct desk *d = context;

    arena_reset(&d->arena);
    if (m->header.kind == WIRE_STREAM)
        note_records(d, bytes_slice(&m->body));
    d->sent += m->header.kind == WIRE_PAGE;
    if (m->header.kind == WIRE_ANSWER) {
        const Yinuo__V1__Answer *a =
            codec_decode(&yinuo__v1__answer__descriptor, bytes_slice(&m->body),
                         &d->arena, NULL);
        assert_non_null(a);
        d->code = a->code;
        d->repeated = a->repeated_answer;
    }
    if (m->header.kind == WIRE_EVENTS_ACK) {
        const Yinuo__V1__EventsAnswer *a =
            codec_decode(&yinuo__v1__events_answer__descriptor,
                         bytes_slice(&m->body), &d->arena, NULL);
        assert_non_null(a);
        d->refusals += a->n_refusals;
    }
}

/* --- start and end --- */

static void open_router(struct desk *d)
{
    struct ledger_options lo = {.dir = d->dir,
                                .clock = &d->clock,
                                .space = {8192, 4096, 4096},
                                .state = {.inline_checkpoints = true},
                                .segment_bytes = 16 << 20};
    struct router_options ro = {.clock = &d->clock,
                                .packs = packs,
                                .pack_count = 1,
                                .inline_reader = true,
                                .send = hear,
                                .send_context = d};
    struct error err = {0};

    if (ledger_open(&lo, &d->ledger, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    ro.ledger = d->ledger;
    if (router_open(&ro, &d->router, &err) != STATUS_OK)
        fail_msg("%s", err.text);
}

int desk_setup(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    const char *tmp = getenv("TMPDIR");

    assert_non_null(d);
    d->clock = (struct clock){wall_ms, monotonic_ns, boottime_ms, d};
    snprintf(d->dir, sizeof d->dir, "%s/yinuo-desk-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(d->dir));
    arena_init(&d->arena, 64 << 20);
    open_router(d);
    *state = d;
    return 0;
}

static void close_router(struct desk *d)
{
    router_close(&d->router);
    ledger_close(&d->ledger);
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

int desk_teardown(void **state)
{
    struct desk *d = *state;

    close_router(d);
    arena_fini(&d->arena);
    nftw(d->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(d);
    return 0;
}

void desk_restart(struct desk *d, int64_t away_ms)
{
    close_router(d);
    d->now_us += away_ms * 1000;
    open_router(d);
}

/* --- events --- */

static void encode(const struct desk *d, const struct desk_event *from,
                   const char *station, struct arena *arena, struct bytes *out)
{
    struct fault fault;
    struct event_value due = {.type = EVENT_TIME, .number = from->due_ms},
                       yes = {.type = EVENT_FLAG, .number = 1};
    Yinuo__V1__Event *e = event_new(from->kind, arena);

    e->id = (char *)"e";
    e->case_id = (char *)from->case_id;
    e->station = (char *)station;
    e->has_at_ms = 1;
    e->at_ms = from->at_ms ? from->at_ms : desk_now_ms(d);
    if (from->due_ms &&
        (event_set(e, "due", &due, arena, &fault) ||
         event_set(e, "accepted_by_customer", &yes, arena, &fault)))
        fail_msg("%s", fault.text);
    bytes_reset(out);
    assert_int_equal(codec_encode(&e->base, out), STATUS_OK);
}

void desk_events(struct desk *d, const char *station,
                 const struct desk_event *events, size_t count,
                 uint32_t backlog)
{
    static struct bytes room[LIMIT_BATCH_EVENTS];
    ProtobufCBinaryData list[LIMIT_BATCH_EVENTS];
    Yinuo__V1__EventBatch body = YINUO__V1__EVENT_BATCH__INIT;
    struct bytes packed = {0};
    struct wire_peer peer = {.session = 1,
                             .role = WIRE_ROLE_STATION,
                             .identity = station,
                             .identity_size = strlen(station)};
    struct wire_header header = {.version = WIRE_VERSION,
                                 .kind = WIRE_EVENTS,
                                 .request_id = ++d->request};

    assert_in_range(count, 1, LIMIT_BATCH_EVENTS);
    arena_reset(&d->arena);
    for (size_t i = 0; i < count; i++) {
        encode(d, &events[i], station, &d->arena, &room[i]);
        list[i] = (ProtobufCBinaryData){room[i].size, room[i].data};
    }
    body.producer_identity = (char *)station;
    body.has_producer_epoch = body.has_first_sequence = body.has_backlog = 1;
    body.producer_epoch = 1;
    body.first_sequence = d->sequence + 1;
    body.backlog = backlog;
    body.n_events = count;
    body.events = list;
    d->sequence += count;
    assert_int_equal(codec_encode(&body.base, &packed), STATUS_OK);
    router_receive(d->router, &peer, &header, bytes_slice(&packed));
    bytes_fini(&packed);
    if (!router_has_room(d->router))
        (void)router_turn(d->router, false);
}

void desk_event(struct desk *d, const char *station, struct desk_event event)
{
    desk_events(d, station, &event, 1, 0);
}

void desk_note(struct desk *d, const char *request_id, const char *case_id,
               const char *note)
{
    Yinuo__V1__Command c = YINUO__V1__COMMAND__INIT;
    struct bytes event = {0}, packed = {0};
    struct wire_peer peer = {.session = 2,
                             .role = WIRE_ROLE_SUPERVISOR,
                             .identity = "desk",
                             .identity_size = 4};
    struct wire_header header = {.version = WIRE_VERSION,
                                 .kind = WIRE_COMMAND,
                                 .request_id = ++d->request};

    arena_reset(&d->arena);
    Yinuo__V1__Event *e = event_new("note.internal", &d->arena);
    e->id = (char *)request_id;
    e->case_id = (char *)case_id;
    e->note = (char *)note;
    e->has_at_ms = 1;
    e->at_ms = DESK_BEGIN_MS;
    assert_int_equal(codec_encode(&e->base, &event), STATUS_OK);
    c.request_id = (char *)request_id;
    c.verb = (char *)"note";
    c.person = (char *)"ln04-head";
    c.has_event = 1;
    c.event = (ProtobufCBinaryData){event.size, event.data};
    assert_int_equal(codec_encode(&c.base, &packed), STATUS_OK);
    d->code = UINT32_MAX;
    router_receive(d->router, &peer, &header, bytes_slice(&packed));
    (void)router_turn(d->router, true);
    bytes_fini(&packed);
    bytes_fini(&event);
}

/* --- time --- */

void desk_run(struct desk *d, int64_t until_ms)
{
    while (desk_now_ms(d) < until_ms) {
        int64_t wait_ms = router_turn(d->router, true);

        if (desk_now_ms(d) + wait_ms > until_ms)
            wait_ms = until_ms - desk_now_ms(d);
        if (wait_ms > 0)
            d->now_us += wait_ms * 1000;
        else if (!d->reading_us)
            d->now_us += 10;
    }
}
