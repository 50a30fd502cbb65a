/* What stands elsewhere in other rules: proto Rebase, in its decision, written
 * and read by hand. */
#include "ledger/customs.h"
#include "ledger/customs_internal.h"

enum { REBASE_MOVE_FIELD = 1 };

void customs_put_rebase(struct pb_out *o, const struct rebase *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct rebase_move *move = &m->moves[i];
        uint8_t *mark = pb_open(o, REBASE_MOVE_FIELD);

        pb_number(o, 1, move->what);
        pb_number(o, 2, move->from);
        pb_number(o, 3, move->to == REBASE_GONE ? 0 : move->to + 1);
        pb_close(o, mark);
    }
}

/* The bounds of what is moved; of the new place apply asks itself. */
static bool is_move(const struct rebase_move *m)
{
    switch ((enum rebase_what)m->what) {
    case REBASE_CLOCK:
        return m->from < CLOCKS_MAX && m->to < CLOCKS_MAX;
    case REBASE_COUNTER:
        return m->from < COUNTERS_MAX;
    case REBASE_LOCK:
        return m->from < LOCKS_MAX;
    case REBASE_LIST:
        return m->from < LISTS_MAX;
    case REBASE_ROLE:
        return m->from <= ROLES_MAX;
    }
    return false;
}

static bool get_move(struct slice bytes, struct rebase_move *m)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f = {0};

    *m = (struct rebase_move){.to = REBASE_GONE};
    while (pb_next(&in, &f)) {
        if (f.number == 1)
            m->what = (uint8_t)f.value;
        else if (f.number == 2)
            m->from = (uint16_t)f.value;
        else if (f.number == 3 && f.value)
            m->to = (uint16_t)(f.value - 1);
    }
    return !in.bad && is_move(m);
}

bool customs_get_rebase(struct slice bytes, struct rebase *m)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f = {0};

    m->count = 0;
    while (pb_next(&in, &f)) {
        if (f.number != REBASE_MOVE_FIELD)
            continue;
        if (f.wire != PB_BYTES || m->count == REBASE_MOVES_MAX ||
            !get_move(f.bytes, &m->moves[m->count++]))
            return false;
    }
    return !in.bad;
}
