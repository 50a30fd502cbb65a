/* The mutes that have not ended: a few rows, kept at hand for decide. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/world_internal.h"

static void take(struct world *w, struct slice row)
{
    if (w->mute_count == MUTES_MAX)
        return;
    if (!w->mutes)
        w->mutes = malloc(MUTES_MAX * sizeof *w->mutes);
    if (!w->mutes || !customs_mute_read(row, &w->mutes[w->mute_count]))
        abort(); /* a row of ours cannot be read: recover from the journal */
    w->mute_count++;
}

void world_mutes_know(struct world *w)
{
    struct state_cursor c;
    struct slice key, value;

    if (w->mutes_known)
        return;
    w->mute_count = 0;
    state_cursor_open(&c, w->state, STATE_MUTES, SLICE_EMPTY, SLICE_EMPTY);
    while (state_cursor_next(&c, &key, &value))
        take(w, value);
    state_cursor_close(&c);
    w->mutes_known = true;
}

/* The row of one that goes on has changed: nothing else did. */
static void take_again(struct world *w, const struct mute *m)
{
    for (size_t i = 0; i < w->mute_count; i++)
        if (name_equal(&w->mutes[i].id, &m->id))
            w->mutes[i] = *m;
}

static enum status write_row(struct world *w, const struct mute *m)
{
    bytes_reset(&w->row);
    if (customs_mute_row(m, &w->row))
        return STATUS_NO_MEMORY;
    state_put(w->state, STATE_MUTES, slice_of_words(name_text(&m->id)),
              bytes_slice(&w->row));
    return STATUS_OK;
}

/* It begins, or it has ended; what it held is in the journal then. */
static enum status put(struct world *w, const struct decision *d)
{
    if (!d->mute->ended_at_ms)
        return write_row(w, d->mute);
    state_delete(w->state, STATE_MUTES, slice_of_words(d->key));
    return STATUS_OK;
}

static enum status hold(struct world *w, const struct decision *d)
{
    struct slice row;
    struct mute *m;
    enum status status;

    if (!state_get(w->state, STATE_MUTES, slice_of_words(d->key), &row) ||
        d->index >= MUTE_HELD_MAX)
        return STATUS_OK; /* it has ended in this very record */
    m = malloc(sizeof *m);
    if (!m || !customs_mute_read(row, m)) {
        free(m);
        return STATUS_CORRUPT;
    }
    mute_apply_held(m, d);
    status = write_row(w, m);
    if (w->mutes_known)
        take_again(w, m);
    free(m);
    return status;
}

enum status world_apply_mute(struct world *w, const struct decision *d)
{
    if (d->kind != DECISION_MUTE)
        return hold(w, d);
    w->mutes_known = false;
    return put(w, d);
}
