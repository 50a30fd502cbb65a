/* An override of a roster as a row and in decisions: proto DutyOverride,
 * written and read by hand. */
#include <string.h>

#include "ledger/customs.h"
#include "ledger/customs_internal.h"

enum { DUTY_ROOM = 1024 }; /* the largest: seven names */

/* In ascending order, as protobuf-c packs them. */
void customs_put_duty(struct pb_out *o, const struct duty_override *d)
{
    put_name(o, 1, &d->id);
    put_name(o, 2, &d->station);
    put_name(o, 3, &d->region);
    pb_number(o, 4, d->role);
    put_name(o, 5, &d->person);
    put_name(o, 6, &d->instead_of);
    pb_number(o, 7, d->swap);
    pb_number(o, 8, d->from_ms);
    pb_number(o, 9, d->until_ms);
    put_name(o, 10, &d->by);
    put_name(o, 11, &d->reason);
}

enum status customs_duty_row(const struct duty_override *d, struct bytes *row)
{
    uint8_t *room = bytes_reserve(row, DUTY_ROOM);
    struct pb_out o = {room, room + DUTY_ROOM, !room};

    if (!room)
        return row->status;
    customs_put_duty(&o, d);
    row->size += (size_t)(o.at - room);
    return o.full ? STATUS_FULL : STATUS_OK;
}

static struct name *name_of(struct duty_override *d, uint32_t number)
{
    switch (number) {
    case 1:
        return &d->id;
    case 2:
        return &d->station;
    case 3:
        return &d->region;
    case 5:
        return &d->person;
    case 6:
        return &d->instead_of;
    case 10:
        return &d->by;
    case 11:
        return &d->reason;
    default:
        return NULL;
    }
}

bool customs_duty_read(struct slice bytes, struct duty_override *d)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f = {0};

    memset(d, 0, sizeof *d);
    while (pb_next(&in, &f)) {
        struct name *name = name_of(d, f.number);

        if (name)
            get_name(&in, &f, name);
        else if (f.number == 4)
            d->role = (uint8_t)f.value;
        else if (f.number == 7)
            d->swap = f.value != 0;
        else if (f.number == 8)
            d->from_ms = (int64_t)f.value;
        else if (f.number == 9)
            d->until_ms = (int64_t)f.value;
    }
    return !in.bad && d->id.size && d->role && d->role <= ROLES_MAX;
}
