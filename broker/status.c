/* status - the query broker.status, answered by the broker itself. */
#include <string.h>

#include "broker/state.h"

enum { ROWS_MAX = 128 };

struct rows {
    struct arena *arena;
    ProtobufCBinaryData list[ROWS_MAX];
    size_t count;
};

bool status_asked(struct slice body)
{
    struct slice name;
    return walk_bytes(body, 1, &name) &&
           slice_equal(name, slice_of_text("broker.status"));
}

static void add(struct rows *rows, const char *name, uint64_t value,
                const char *unit, bool alarm)
{
    Yinuo__V1__StatusRow row = YINUO__V1__STATUS_ROW__INIT;
    if (rows->count == ROWS_MAX)
        return;
    row.section = (char *)(uintptr_t) "broker";
    row.name = (char *)(uintptr_t)name;
    row.unit = (char *)(uintptr_t)unit;
    row.has_value = row.has_alarm = 1;
    row.value = (int64_t)value;
    row.alarm = alarm && value > 0;
    size_t size = yinuo__v1__status_row__get_packed_size(&row);
    uint8_t *data = arena_alloc(rows->arena, size);
    if (!data)
        return;
    yinuo__v1__status_row__pack(&row, data);
    rows->list[rows->count++] = (ProtobufCBinaryData){size, data};
}

static void add_counters(struct rows *rows, const struct broker_counters *c)
{
#define X(name, alarm) add(rows, #name, c->name, "count", alarm);
    BROKER_COUNTERS(X)
#undef X
}

/* Pages that wait, by tier; the names are those of the first policy told. */
static void add_lanes(struct rows *rows, struct broker *b)
{
    const Yinuo__V1__Roles *roles =
        b->partitions ? partition_roles(b, &b->partition[0]) : NULL;
    for (uint32_t tier = 1; tier < TIERS; tier++) {
        const struct lane *lane = &b->lane[tier];
        bool named = roles && tier <= roles->n_roles;
        if (lane->pages.count == 0 &&
            !(named ? tier <= roles->tier_count : lane->workers > 0))
            continue;
        const char *name =
            named ? arena_format(rows->arena, "waiting_%s",
                                 roles->roles[tier - 1]->name
                                     ? roles->roles[tier - 1]->name
                                     : "")
                  : arena_format(rows->arena, "waiting_tier%u", tier);
        if (name)
            add(rows, name, lane->pages.count, "count", false);
    }
}

static void add_state(struct rows *rows, struct broker *b)
{
    size_t served = 0, ring = 0, unconfirmed = 0;
    for (size_t i = 0; i < b->partitions; i++) {
        served += partition_served(&b->partition[i]);
        ring += b->partition[i].ring.room;
    }
    for (size_t slot = 0; slot < b->high; slot++)
        if (b->list[slot].id)
            unconfirmed += b->list[slot].unconfirmed;
    add(rows, "sessions", b->sessions, "count", false);
    add(rows, "partitions", b->partitions, "count", false);
    add(rows, "partitions_served", served, "count", false);
    add(rows, "requests_pending", b->pending.count, "count", false);
    add(rows, "held_bytes", b->pool.held, "bytes", false);
    add(rows, "held_bytes_most", b->pool.held_most, "bytes", false);
    add(rows, "held_bytes_max", b->pool.held_max, "bytes", false);
    add(rows, "ring_bytes", ring, "bytes", false);
    add(rows, "unconfirmed_bytes", unconfirmed, "bytes", false);
    add_lanes(rows, b);
}

void status_answer(struct broker *b, struct session *s,
                   const struct wire_header *header)
{
    struct rows *rows = arena_alloc(&b->arena, sizeof(*rows));
    if (!rows) {
        request_busy(b, s, header, REFUSAL_BUSY);
        return;
    }
    rows->arena = &b->arena;
    add_state(rows, b);
    add_counters(rows, &b->count);
    Yinuo__V1__Reply reply = YINUO__V1__REPLY__INIT;
    reply.has_code = reply.has_now_ms = reply.has_total = 1;
    reply.row_type = (char *)(uintptr_t) "StatusRow";
    reply.rows = rows->list;
    reply.n_rows = rows->count;
    reply.total = rows->count;
    reply.now_ms = clock_wall_ms(b->set.clock);
    session_send_proto(b, s, header, WIRE_REPLY, &reply.base);
}
