/* A mute as a row and in decisions: proto Mute, written and read by hand. */
#include <string.h>

#include "ledger/customs.h"
#include "ledger/customs_internal.h"

enum {
    MUTE_MATCH = 8,
    MUTE_HELD = 9,
    MUTE_ROOM = 16 * 1024, /* the largest: all its matches, all it holds */
};

void customs_put_mute(struct pb_out *o, const struct mute *m)
{
    uint8_t *mark;

    put_name(o, 1, &m->id);
    put_name(o, 2, &m->owner);
    put_name(o, 3, &m->reason);
    pb_number(o, 4, m->from_ms);
    pb_number(o, 5, m->until_ms);
    pb_number(o, 6, m->ended_at_ms);
    pb_number(o, 7, m->maintenance);
    for (size_t i = 0; i < m->match_count; i++) {
        mark = pb_open(o, MUTE_MATCH);
        put_name(o, 1, &m->matches[i].field);
        put_name(o, 2, &m->matches[i].value);
        pb_close(o, mark);
    }
    for (size_t i = 0; i < m->held_count; i++) {
        const struct held_page *h = &m->held[i];

        mark = pb_open(o, MUTE_HELD);
        put_name(o, 1, &h->case_id);
        put_name(o, 2, &h->person);
        pb_number(o, 3, h->tier);
        put_name(o, 4, &h->rule);
        pb_number(o, 5, h->at_ms);
        pb_number(o, 6, h->more);
        pb_close(o, mark);
    }
    pb_number(o, 10, m->held_total);
}

enum status customs_mute_row(const struct mute *m, struct bytes *row)
{
    uint8_t *room = bytes_reserve(row, MUTE_ROOM);
    struct pb_out o = {room, room + MUTE_ROOM, !room};

    if (!room)
        return row->status;
    customs_put_mute(&o, m);
    row->size += (size_t)(o.at - room);
    return o.full ? STATUS_FULL : STATUS_OK;
}

static bool get_match(struct slice bytes, struct mute_match *m)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f;

    memset(m, 0, sizeof *m);
    while (pb_next(&in, &f)) {
        if (f.number == 1)
            get_name(&in, &f, &m->field);
        else if (f.number == 2)
            get_name(&in, &f, &m->value);
    }
    return !in.bad;
}

static bool get_held(struct slice bytes, struct held_page *h)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f;

    memset(h, 0, sizeof *h);
    while (pb_next(&in, &f)) {
        if (f.number == 1)
            get_name(&in, &f, &h->case_id);
        else if (f.number == 2)
            get_name(&in, &f, &h->person);
        else if (f.number == 3)
            h->tier = (uint8_t)f.value;
        else if (f.number == 4)
            get_name(&in, &f, &h->rule);
        else if (f.number == 5)
            h->at_ms = (int64_t)f.value;
        else if (f.number == 6)
            h->more = (uint32_t)f.value;
    }
    return !in.bad;
}

static bool get_field(struct pb_in *in, const struct pb_field *f,
                      struct mute *m)
{
    switch (f->number) {
    case 1:
        get_name(in, f, &m->id);
        return true;
    case 2:
        get_name(in, f, &m->owner);
        return true;
    case 3:
        get_name(in, f, &m->reason);
        return true;
    case 4:
        m->from_ms = (int64_t)f->value;
        return true;
    case 5:
        m->until_ms = (int64_t)f->value;
        return true;
    case 6:
        m->ended_at_ms = (int64_t)f->value;
        return true;
    case 7:
        m->maintenance = f->value != 0;
        return true;
    case MUTE_MATCH:
        return m->match_count < MUTE_MATCHES_MAX && f->wire == PB_BYTES &&
               get_match(f->bytes, &m->matches[m->match_count++]);
    case MUTE_HELD:
        return m->held_count < MUTE_HELD_MAX && f->wire == PB_BYTES &&
               get_held(f->bytes, &m->held[m->held_count++]);
    case 10:
        m->held_total = (uint32_t)f->value;
        return true;
    default:
        return true;
    }
}

bool customs_mute_read(struct slice bytes, struct mute *m)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f = {0};

    memset(m, 0, sizeof *m);
    while (pb_next(&in, &f))
        if (!get_field(&in, &f, m))
            in.bad = true;
    return !in.bad && m->id.size;
}
