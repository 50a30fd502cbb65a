/* The overrides of the rosters: a few rows, kept at hand beside the directory
 * that they override. */
#include <stdlib.h>

#include "ledger/world_internal.h"

static void take(struct world *w, struct slice row)
{
    if (w->duty_count == OVERRIDES_MAX)
        return;
    if (w->duty_count == w->duty_room) {
        size_t room = w->duty_room ? w->duty_room * 2 : 16;
        struct duty_override *more =
            realloc(w->duties, room * sizeof *w->duties);

        if (!more)
            abort();
        w->duties = more;
        w->duty_room = room;
    }
    if (!customs_duty_read(row, &w->duties[w->duty_count]))
        abort(); /* a row of ours cannot be read: recover from the journal */
    w->duty_count++;
}

static void know(struct world *w)
{
    struct state_cursor c;
    struct slice key, value;

    w->duty_count = 0;
    state_cursor_open(&c, w->state, STATE_OVERRIDES, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&c, &key, &value))
        take(w, value);
    state_cursor_close(&c);
    w->duties_known = true;
}

const struct directory *world_directory(struct world *w)
{
    if (!w->now)
        return NULL;
    if (!w->duties_known)
        know(w);
    if (!w->duty_count)
        return w->now->directory;
    w->directory = *w->now->directory;
    w->directory.overrides = w->duties;
    w->directory.override_count = w->duty_count;
    return &w->directory;
}

enum status world_apply_duty(struct world *w, const struct decision *d)
{
    w->duties_known = false;
    if (!d->duty) {
        state_delete(w->state, STATE_OVERRIDES, slice_of_words(d->key));
        return STATUS_OK;
    }
    bytes_reset(&w->row);
    if (customs_duty_row(d->duty, &w->row))
        return STATUS_NO_MEMORY;
    state_put(w->state, STATE_OVERRIDES, slice_of_words(d->key),
              bytes_slice(&w->row));
    return STATUS_OK;
}
