#include "cli/drill_stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/session.h"
#include "proto/event.h"

enum { CALL_MS = 30000, TRY_MS = 1000 };

static const char identity[] = "drill";

static int64_t patience(const struct drill_stage *s)
{
    return clock_monotonic_ms(s->cli->clock) + CALL_MS;
}

enum status drill_stage_open(struct drill_stage *s, struct cli *cli,
                             int64_t wait_ms, struct error *err)
{
    char endpoint[LIMIT_PATH_BYTES];
    struct client_options o = {.endpoint = endpoint,
                               .identity = identity,
                               .person = "",
                               .role = WIRE_ROLE_ADMIN,
                               .clock = cli->clock,
                               .random = cli->random};
    int64_t end_ms = clock_monotonic_ms(cli->clock) + wait_ms;
    enum status st;

    memset(s, 0, sizeof *s);
    s->cli = cli;
    arena_init(&s->arena, 8 * LIMIT_DECODE_BYTES);
    if (!session_endpoint(cli, "front", endpoint))
        return error_set(err, STATUS_INVALID,
                         "the path of the home is too "
                         "long for a socket: %.200s",
                         cli->home_path);
    do {
        o.until_ms = clock_monotonic_ms(cli->clock) + TRY_MS;
        st = client_open(&o, &s->client, err);
    } while (st != STATUS_OK && st != STATUS_CANCELLED &&
             clock_monotonic_ms(cli->clock) < end_ms);
    if (st != STATUS_OK)
        return st;
    size_t count;
    s->partition = client_partitions(s->client, &count)[0];
    s->epoch = (uint64_t)clock_wall_ms(cli->clock);
    return STATUS_OK;
}

void drill_stage_close(struct drill_stage *s)
{
    client_free(&s->client);
    arena_fini(&s->arena);
}

static void know(struct drill_stage *s, uint64_t seq)
{
    if (seq > s->known)
        s->known = seq;
}

static enum status refused(struct drill_stage *s, unsigned code,
                           const char *what, struct error *err)
{
    (void)s;
    return error_set(err, STATUS_REFUSED, "%s: %s", what,
                     refusal_sentence(code));
}

enum status drill_stage_publish(struct drill_stage *s,
                                const struct drill_item *items, size_t count,
                                struct error *err)
{
    Yinuo__V1__EventBatch batch = YINUO__V1__EVENT_BATCH__INIT;
    ProtobufCBinaryData events[DRILL_BATCH];

    for (size_t i = 0; i < count; i++)
        events[i] =
            (ProtobufCBinaryData){items[i].event.size, items[i].event.data};
    batch.producer_identity = (char *)identity;
    batch.has_producer_epoch = batch.has_first_sequence = 1;
    batch.producer_epoch = s->epoch;
    batch.first_sequence = s->sequence + 1;
    batch.n_events = count;
    batch.events = events;
    arena_reset(&s->arena);
    const Yinuo__V1__EventsAnswer *a =
        client_call(s->client, WIRE_EVENTS, s->partition, &batch.base,
                    patience(s), &s->arena, err);
    if (!a)
        return error_wrap(err, "publish");
    if (a->accepted_to < s->sequence + count)
        return error_set(err, STATUS_GAP,
                         "publish: number %" PRIu64 " is missing at the router",
                         a->gap_resend_from);
    s->sequence += count;
    know(s, a->journal_seq);
    s->refused += a->n_refusals;
    return STATUS_OK;
}

static char *request_id(struct drill_stage *s)
{
    return arena_format(&s->arena, "drill-%" PRIu64 "-%" PRIu64, s->epoch,
                        ++s->requests);
}

enum status drill_stage_answer(struct drill_stage *s,
                               const struct drill_item *item, struct error *err)
{
    Yinuo__V1__Command c = YINUO__V1__COMMAND__INIT;
    struct bytes packed = {0};
    struct fault fault;

    arena_reset(&s->arena);
    Yinuo__V1__Event *e = event_new("notify.ack", &s->arena);
    struct event_value page = {.type = EVENT_TEXT, .text = item->page_id};
    e->case_id = (char *)item->case_id;
    e->reporter = (char *)item->person;
    e->has_source = 1;
    e->source = YINUO__V1__SOURCE__SOURCE_STATION;
    if (event_set(e, "page_id", &page, &s->arena, &fault) != REFUSAL_NONE ||
        codec_encode(&e->base, &packed) != STATUS_OK)
        abort();
    c.request_id = request_id(s);
    c.verb = (char *)"ack";
    c.person = (char *)item->person;
    c.case_id = (char *)item->case_id;
    c.page_id = (char *)item->page_id;
    c.has_event = 1;
    c.event = (ProtobufCBinaryData){packed.size, packed.data};
    const Yinuo__V1__Answer *a =
        client_call(s->client, WIRE_COMMAND, s->partition, &c.base, patience(s),
                    &s->arena, err);
    bytes_fini(&packed);
    if (!a)
        return error_wrap(err, "acknowledge %s", item->page_id);
    know(s, a->journal_seq);
    s->answers += a->code == REFUSAL_NONE;
    return STATUS_OK;
}

static int64_t value_of(const Yinuo__V1__Answer *a, const char *key,
                        int64_t otherwise)
{
    for (size_t i = 0; i < a->n_values; i++)
        if (a->values[i]->key && strcmp(a->values[i]->key, key) == 0)
            return strtoll(a->values[i]->value, NULL, 10);
    return otherwise;
}

enum status drill_stage_advance(struct drill_stage *s, int64_t until_ms,
                                double speed, struct error *err)
{
    Yinuo__V1__Command c = YINUO__V1__COMMAND__INIT;
    Yinuo__V1__Attribute until = YINUO__V1__ATTRIBUTE__INIT,
                         pace = YINUO__V1__ATTRIBUTE__INIT,
                         *list[] = {&until, &pace};

    arena_reset(&s->arena);
    until.name = (char *)"until";
    until.has_time_ms = 1;
    until.time_ms = until_ms;
    pace.name = (char *)"speed";
    pace.has_real = 1;
    pace.real = speed;
    c.request_id = request_id(s);
    c.verb = (char *)"clock.advance";
    c.n_attributes = 2;
    c.attributes = list;
    const Yinuo__V1__Answer *a =
        client_call(s->client, WIRE_COMMAND, s->partition, &c.base, patience(s),
                    &s->arena, err);
    if (!a)
        return error_wrap(err, "move the clock");
    if (a->code != REFUSAL_NONE)
        return refused(s, a->code, "move the clock", err);
    s->now_ms = value_of(a, "now_ms", s->now_ms);
    know(s, (uint64_t)value_of(a, "last_seq", 0));
    return STATUS_OK;
}

static enum status take_records(struct drill_stage *s,
                                const Yinuo__V1__Records *r, drill_visit *visit,
                                void *context, struct error *err)
{
    struct arena mine;
    enum status st = STATUS_OK;

    arena_init(&mine, 2 * LIMIT_DECODE_BYTES);
    for (size_t i = 0; i < r->n_records && st == STATUS_OK; i++) {
        arena_reset(&mine);
        const Yinuo__V1__StreamRecord *one = codec_decode(
            &yinuo__v1__stream_record__descriptor,
            slice_of(r->records[i].data, r->records[i].len), &mine, NULL);
        if (!one || one->seq != s->seen + 1)
            st = error_set(err, STATUS_CORRUPT,
                           "the stream has a hole behind %" PRIu64, s->seen);
        else
            visit(context, one);
        s->seen += st == STATUS_OK;
    }
    arena_fini(&mine);
    return st;
}

enum status drill_stage_collect(struct drill_stage *s, drill_visit *visit,
                                void *context, struct error *err)
{
    char cursor[48];
    uint64_t last;

    do {
        Yinuo__V1__Fetch f = YINUO__V1__FETCH__INIT;
        snprintf(cursor, sizeof cursor, "p%" PRIu32 "-%" PRIu64, s->partition,
                 s->seen);
        f.cursor = cursor;
        arena_reset(&s->arena);
        const Yinuo__V1__Records *r =
            client_call(s->client, WIRE_FETCH, s->partition, &f.base,
                        patience(s), &s->arena, err);
        if (!r)
            return error_wrap(err, "read the stream");
        if (r->code != REFUSAL_NONE)
            return refused(s, r->code, "read the stream", err);
        last = r->last_seq;
        enum status st = take_records(s, r, visit, context, err);
        if (st != STATUS_OK)
            return st;
    } while (s->seen < last || s->seen < s->known);
    return STATUS_OK;
}

int64_t drill_stage_status(struct drill_stage *s, const char *section,
                           const char *name)
{
    Yinuo__V1__Query q = YINUO__V1__QUERY__INIT;
    struct error err;
    struct arena mine;
    int64_t value = -1;

    q.name = (char *)"status";
    arena_reset(&s->arena);
    arena_init(&mine, LIMIT_DECODE_BYTES);
    const Yinuo__V1__Reply *reply =
        client_call(s->client, WIRE_QUERY, s->partition, &q.base, patience(s),
                    &s->arena, &err);
    for (size_t i = 0; reply && i < reply->n_rows; i++) {
        const Yinuo__V1__StatusRow *row = codec_decode(
            &yinuo__v1__status_row__descriptor,
            slice_of(reply->rows[i].data, reply->rows[i].len), &mine, NULL);
        if (row && row->section && row->name && row->has_value &&
            strcmp(row->section, section) == 0 && strcmp(row->name, name) == 0)
            value = row->value;
    }
    arena_fini(&mine);
    return value;
}
