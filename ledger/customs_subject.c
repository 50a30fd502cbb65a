/* A subject as a row: proto Subject, written and read by hand (proto/pb.h),
 * and its entries as decisions carry them. */
#include <assert.h>

#include "ledger/customs.h"
#include "ledger/customs_internal.h"

enum {
    SUBJECT_ROW_ROOM = 64 * 1024, /* the engine's bounds keep it far below */
    SUBJECT_FACT_FIELD = 4,
    SUBJECT_TALLY_FIELD = 5,
    SUBJECT_INTERVAL_FIELD = 6,
    TALLY_INSTANT_FIELD = 4,
    TALLY_LEVEL_FIELD = 5,
};

/* --- writing --- */

void customs_put_fact(struct pb_out *o, const struct fact *f)
{
    put_name(o, 1, &f->name);
    pb_number(o, 2, f->kind);
    put_name(o, 3, &f->text);
    pb_number(o, 4, f->number);
    pb_number(o, 5, f->at_ms);
    pb_number(o, 6, (int64_t)f->sequence);
}

void customs_put_tally(struct pb_out *o, const struct tally *t)
{
    put_name(o, 1, &t->name);
    pb_number(o, 2, t->window_ms);
    pb_number(o, 3, t->total);
    for (size_t i = 0; i < t->instant_count; i++) {
        uint8_t *mark = pb_open(o, TALLY_INSTANT_FIELD);

        pb_number(o, 1, t->instants[i].at_ms);
        pb_number(o, 2, (int64_t)t->instants[i].sequence);
        pb_number(o, 3, t->instants[i].by);
        pb_close(o, mark);
    }
    for (size_t i = 0; i < t->level_count; i++) {
        uint8_t *mark = pb_open(o, TALLY_LEVEL_FIELD);

        pb_number(o, 1, t->levels[i].at);
        pb_number(o, 2, t->levels[i].reached_at_ms);
        pb_close(o, mark);
    }
}

void customs_put_interval(struct pb_out *o, const struct interval *i)
{
    put_name(o, 1, &i->set);
    put_name(o, 2, &i->key);
    put_name(o, 3, &i->case_id);
    pb_number(o, 4, i->from_ms);
    pb_number(o, 5, i->until_ms);
    pb_number(o, 6, (int64_t)i->sequence);
}

void customs_put_booking(struct pb_out *o, const struct booking *b)
{
    put_name(o, 1, &b->set);
    put_name(o, 2, &b->key);
    pb_text(o, 3, b->subject.data, b->subject.size);
}

static void put_key(struct pb_out *o, const struct subject *s)
{
    struct text key = {s->key.data, s->key.size}, kind = subject_kind(key);
    struct text ids[SUBJECT_PARTS_MAX];
    size_t count = subject_ids(key, ids);

    pb_text(o, 1, key.data, key.size);
    pb_text(o, 2, kind.data, kind.size);
    for (size_t i = 0; i < count; i++)
        pb_bytes(o, 3, ids[i].data, ids[i].size);
}

enum status customs_subject_row(const struct subject *s, struct bytes *row)
{
    uint8_t *room = bytes_reserve(row, SUBJECT_ROW_ROOM);
    struct pb_out out = {room, room + SUBJECT_ROW_ROOM, !room};
    struct pb_out *o = &out;

    if (!room)
        return row->status;
    put_key(o, s);
    for (size_t i = 0; i < s->fact_count; i++) {
        uint8_t *mark = pb_open(o, SUBJECT_FACT_FIELD);

        customs_put_fact(o, &s->facts[i]);
        pb_close(o, mark);
    }
    for (size_t i = 0; i < s->tally_count; i++) {
        uint8_t *mark = pb_open(o, SUBJECT_TALLY_FIELD);

        customs_put_tally(o, &s->tallies[i]);
        pb_close(o, mark);
    }
    for (size_t i = 0; i < s->interval_count; i++) {
        uint8_t *mark = pb_open(o, SUBJECT_INTERVAL_FIELD);

        customs_put_interval(o, &s->intervals[i]);
        pb_close(o, mark);
    }
    pb_number(o, 7, (int64_t)s->last_sequence);
    assert(!o->full);
    row->size += (size_t)(o->at - room);
    return STATUS_OK;
}

/* --- reading --- */

static void get_key(struct pb_in *in, const struct pb_field *f,
                    struct subject_key *key)
{
    if (f->wire != PB_BYTES || f->bytes.size > SUBJECT_KEY_BYTES) {
        in->bad = true;
        return;
    }
    memset(key, 0, sizeof *key);
    key->size = (uint8_t)f->bytes.size;
    if (f->bytes.size)
        memcpy(key->data, f->bytes.data, f->bytes.size);
}

bool customs_get_fact(struct slice bytes, struct fact *fact)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f;

    memset(fact, 0, sizeof *fact);
    while (pb_next(&in, &f)) {
        if (f.number == 1)
            get_name(&in, &f, &fact->name);
        else if (f.number == 2)
            fact->kind = (enum value_kind)f.value;
        else if (f.number == 3)
            get_name(&in, &f, &fact->text);
        else if (f.number == 4)
            fact->number = (int64_t)f.value;
        else if (f.number == 5)
            fact->at_ms = (int64_t)f.value;
        else if (f.number == 6)
            fact->sequence = f.value;
    }
    return !in.bad && fact->kind <= VALUE_TIME;
}

static bool get_instant(struct slice bytes, struct instant *i)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f;

    *i = (struct instant){0};
    while (pb_next(&in, &f)) {
        if (f.number == 1)
            i->at_ms = (int64_t)f.value;
        else if (f.number == 2)
            i->sequence = f.value;
        else if (f.number == 3)
            i->by = (int32_t)f.value;
    }
    return !in.bad;
}

static bool get_level(struct slice bytes, struct tally_level *l)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f;

    *l = (struct tally_level){0};
    while (pb_next(&in, &f)) {
        if (f.number == 1)
            l->at = (int32_t)f.value;
        else if (f.number == 2)
            l->reached_at_ms = (int64_t)f.value;
    }
    return !in.bad;
}

bool customs_get_tally(struct slice bytes, struct tally *t)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f;

    memset(t, 0, sizeof *t);
    while (pb_next(&in, &f)) {
        if (f.number == 1)
            get_name(&in, &f, &t->name);
        else if (f.number == 2)
            t->window_ms = (int64_t)f.value;
        else if (f.number == 3)
            t->total = (int64_t)f.value;
        else if (f.number == TALLY_INSTANT_FIELD)
            in.bad |= f.wire != PB_BYTES ||
                      t->instant_count == TALLY_INSTANTS_MAX ||
                      !get_instant(f.bytes, &t->instants[t->instant_count++]);
        else if (f.number == TALLY_LEVEL_FIELD)
            in.bad |= f.wire != PB_BYTES ||
                      t->level_count == TALLY_LEVELS_MAX ||
                      !get_level(f.bytes, &t->levels[t->level_count++]);
    }
    return !in.bad;
}

bool customs_get_interval(struct slice bytes, struct interval *i)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f;

    memset(i, 0, sizeof *i);
    while (pb_next(&in, &f)) {
        if (f.number == 1)
            get_name(&in, &f, &i->set);
        else if (f.number == 2)
            get_name(&in, &f, &i->key);
        else if (f.number == 3)
            get_name(&in, &f, &i->case_id);
        else if (f.number == 4)
            i->from_ms = (int64_t)f.value;
        else if (f.number == 5)
            i->until_ms = (int64_t)f.value;
        else if (f.number == 6)
            i->sequence = f.value;
    }
    return !in.bad;
}

bool customs_get_booking(struct slice bytes, struct booking *b)
{
    struct pb_in in = pb_in_of(bytes);
    struct pb_field f;

    memset(b, 0, sizeof *b);
    while (pb_next(&in, &f)) {
        if (f.number == 1)
            get_name(&in, &f, &b->set);
        else if (f.number == 2)
            get_name(&in, &f, &b->key);
        else if (f.number == 3)
            get_key(&in, &f, &b->subject);
    }
    return !in.bad;
}

static bool get_entry(const struct pb_field *f, struct subject *s)
{
    switch (f->number) {
    case SUBJECT_FACT_FIELD:
        return f->wire == PB_BYTES && s->fact_count < SUBJECT_FACTS_MAX &&
               customs_get_fact(f->bytes, &s->facts[s->fact_count++]);
    case SUBJECT_TALLY_FIELD:
        return f->wire == PB_BYTES && s->tally_count < SUBJECT_TALLIES_MAX &&
               customs_get_tally(f->bytes, &s->tallies[s->tally_count++]);
    case SUBJECT_INTERVAL_FIELD:
        return f->wire == PB_BYTES &&
               s->interval_count < SUBJECT_INTERVALS_MAX &&
               customs_get_interval(f->bytes,
                                    &s->intervals[s->interval_count++]);
    default:
        return true;
    }
}

enum status customs_subject_read(struct slice row, struct subject *s,
                                 struct error *err)
{
    struct pb_in in = pb_in_of(row);
    struct pb_field f;

    subject_init(s, TEXT(""));
    while (pb_next(&in, &f)) {
        if (f.number == 1)
            get_key(&in, &f, &s->key);
        else if (f.number == 7)
            s->last_sequence = f.value;
        else if (!get_entry(&f, s))
            in.bad = true;
    }
    if (in.bad)
        return error_set(err, STATUS_CORRUPT,
                         "the row of subject %.*s cannot be read", s->key.size,
                         s->key.data);
    return STATUS_OK;
}
