/* The clocks of a case as its row keeps them: most of a row, and read and
 * written for every event. Numbers in a fixed order, without tags; moments of a
 * clock count from its arming. Clients get CaseClock instead
 * (customs_case_message). */
#include "ledger/customs.h"
#include "ledger/customs_internal.h"

static void put(struct pb_out *o, int64_t n)
{
    pb_raw_varint(o, (uint64_t)n);
}

/* Wraps around where they are far apart, and back when they are read. */
static void put_since(struct pb_out *o, int64_t at_ms, int64_t from_ms)
{
    pb_raw_varint(o, (uint64_t)at_ms - (uint64_t)from_ms);
}

static void put_step(struct pb_out *o, const struct pending_step *s,
                     int64_t armed_at_ms)
{
    put_since(o, s->from_ms, armed_at_ms);
    put_since(o, s->due_ms, s->from_ms);
    put(o, s->page);
    put(o, s->severity);
    put(o, s->step);
    put(o, s->tier);
}

static void put_clock(struct pb_out *o, const struct clock_instance *i)
{
    put(o, i->clock);
    pb_raw_bytes(o, i->key.data, i->key.size);
    put(o, i->generation);
    put(o, i->armed_at_ms);
    put(o, i->due_ms);
    put(o, i->paused_at_ms);
    put(o, i->paused_ms);
    put(o, i->severity);
    put(o, i->step_count);
    for (size_t n = 0; n < i->step_count; n++)
        put_step(o, &i->steps[n], i->armed_at_ms);
    put(o, i->pause_count);
    for (size_t n = 0; n < i->pause_count; n++) {
        put_since(o, i->pauses[n].from_ms, i->armed_at_ms);
        put_since(o, i->pauses[n].until_ms, i->pauses[n].from_ms);
    }
}

void customs_put_clocks(struct pb_out *o, uint32_t number,
                        const struct case_record *c)
{
    uint8_t *mark;

    if (!c->clock_count)
        return;
    mark = pb_open(o, number);
    for (size_t i = 0; i < c->clock_count; i++)
        put_clock(o, &c->clocks[i]);
    pb_close(o, mark);
}

static int64_t since(struct pb_in *in, int64_t from_ms)
{
    return (int64_t)((uint64_t)from_ms + pb_take_varint(in));
}

static void get_step(struct pb_in *in, struct pending_step *s,
                     int64_t armed_at_ms)
{
    s->from_ms = since(in, armed_at_ms);
    s->due_ms = since(in, s->from_ms);
    s->page = (targets)pb_take_varint(in);
    s->severity = (uint8_t)pb_take_varint(in);
    s->step = (uint8_t)pb_take_varint(in);
    s->tier = (uint8_t)pb_take_varint(in);
}

/* More of a list than there is room for makes the whole unreadable. */
static uint8_t get_count(struct pb_in *in, uint8_t room)
{
    uint64_t n = pb_take_varint(in);

    in->bad |= n > room;
    return in->bad ? 0 : (uint8_t)n;
}

static void get_clock(struct pb_in *in, struct clock_instance *i)
{
    struct slice key;

    memset(i, 0, offsetof(struct clock_instance, steps));
    i->clock = (uint16_t)pb_take_varint(in);
    key = pb_take_bytes(in);
    in->bad |= !name_set(
        &i->key, (struct text){(const char *)key.data, (uint32_t)key.size});
    i->generation = (uint32_t)pb_take_varint(in);
    i->armed_at_ms = (int64_t)pb_take_varint(in);
    i->due_ms = (int64_t)pb_take_varint(in);
    i->paused_at_ms = (int64_t)pb_take_varint(in);
    i->paused_ms = (int64_t)pb_take_varint(in);
    i->severity = (uint8_t)pb_take_varint(in);
    i->step_count = get_count(in, CLOCK_STEPS_MAX);
    for (size_t n = 0; n < i->step_count; n++)
        get_step(in, &i->steps[n], i->armed_at_ms);
    i->pause_count = get_count(in, CLOCK_PAUSES_MAX);
    for (size_t n = 0; n < i->pause_count; n++) {
        i->pauses[n].from_ms = since(in, i->armed_at_ms);
        i->pauses[n].until_ms = since(in, i->pauses[n].from_ms);
    }
}

bool customs_get_clocks(struct slice bytes, struct case_record *c)
{
    struct pb_in in = pb_in_of(bytes);

    while (!in.bad && in.at < in.end) {
        if (c->clock_count == CASE_CLOCKS_MAX)
            return false;
        get_clock(&in, &c->clocks[c->clock_count++]);
    }
    return !in.bad;
}
