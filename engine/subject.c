/* subject - the entries of a subject, and the one function that changes it. */
#include "engine/decision.h"

#include <assert.h>
#include <stddef.h>

void subject_init(struct subject *s, struct text key)
{
    assert(key.size <= SUBJECT_KEY_BYTES);
    memset(s, 0, offsetof(struct subject, facts));
    s->key.size = (uint8_t)key.size;
    if (key.size)
        memcpy(s->key.data, key.data, key.size);
}

void subject_copy(struct subject *to, const struct subject *from)
{
    memcpy(to, from, offsetof(struct subject, facts));
    memcpy(to->facts, from->facts, from->fact_count * sizeof from->facts[0]);
    memcpy(to->tallies, from->tallies,
           from->tally_count * sizeof from->tallies[0]);
    memcpy(to->intervals, from->intervals,
           from->interval_count * sizeof from->intervals[0]);
}

bool subject_is_empty(const struct subject *s)
{
    return !s->fact_count && !s->tally_count && !s->interval_count;
}

/* --- looking --- */

const struct fact *subject_fact(const struct subject *s, struct text name)
{
    for (uint8_t i = 0; i < s->fact_count; i++)
        if (name_is(&s->facts[i].name, name))
            return &s->facts[i];
    return NULL;
}

const struct tally *subject_tally(const struct subject *s, struct text name)
{
    for (uint8_t i = 0; i < s->tally_count; i++)
        if (name_is(&s->tallies[i].name, name))
            return &s->tallies[i];
    return NULL;
}

const struct interval *subject_interval(const struct subject *s,
                                        struct text set, struct text key)
{
    for (uint8_t i = 0; i < s->interval_count; i++)
        if (name_is(&s->intervals[i].set, set) &&
            name_is(&s->intervals[i].key, key))
            return &s->intervals[i];
    return NULL;
}

bool subject_has_room(const struct subject *s, const struct interval *i)
{
    return s->interval_count < SUBJECT_INTERVALS_MAX ||
           subject_interval(s, name_text(&i->set), name_text(&i->key));
}

struct value fact_value(const struct fact *f)
{
    struct value v = {.kind = f->kind};

    switch (f->kind) {
    case VALUE_TEXT:
        v.text = name_text(&f->text);
        break;
    case VALUE_NUMBER:
        v.thousandths = f->number;
        break;
    case VALUE_FLAG:
        v.flag = f->number != 0;
        break;
    case VALUE_TIME:
        v.time_ms = f->number;
        break;
    case VALUE_NONE:
    case VALUE_LIST:
        v.kind = VALUE_NONE;
        break;
    }
    return v;
}

const struct interval *subject_clash(const struct subject *s,
                                     const struct interval *wanted,
                                     int64_t apart_ms)
{
    for (uint8_t n = 0; n < s->interval_count; n++) {
        const struct interval *i = &s->intervals[n];

        if (name_equal(&i->set, &wanted->set) &&
            !name_equal(&i->key, &wanted->key) &&
            i->from_ms < wanted->until_ms + apart_ms &&
            wanted->from_ms < i->until_ms + apart_ms)
            return i;
    }
    return NULL;
}

/* --- windows --- */

static int64_t between(const struct tally *t, int64_t after_ms, int64_t upto_ms)
{
    int64_t sum = 0;

    for (uint8_t i = 0; i < t->instant_count; i++)
        if (t->instants[i].at_ms > after_ms && t->instants[i].at_ms <= upto_ms)
            sum += t->instants[i].by;
    return sum;
}

int64_t tally_at(const struct tally *t, int64_t at_ms)
{
    if (!t->window_ms)
        return t->total;
    return between(t, at_ms - t->window_ms, at_ms);
}

int64_t tally_peak(const struct tally *t, int64_t at_ms)
{
    int64_t peak = tally_at(t, at_ms);

    for (uint8_t i = 0; t->window_ms && i < t->instant_count; i++) {
        int64_t end_ms = t->instants[i].at_ms, sum;

        if (end_ms <= at_ms || end_ms - t->window_ms >= at_ms)
            continue;
        sum = between(t, end_ms - t->window_ms, end_ms);
        if (sum > peak)
            peak = sum;
    }
    return peak;
}

void tally_add(struct tally *t, const struct instant *i, uint8_t keep)
{
    uint8_t place = t->instant_count;

    assert(keep && keep <= TALLY_INSTANTS_MAX);
    t->total += i->by;
    while (place && t->instants[place - 1].at_ms > i->at_ms)
        place--;
    while (t->instant_count >= keep) { /* the oldest goes */
        if (place == 0)
            return;
        memmove(t->instants, t->instants + 1,
                (size_t)(t->instant_count - 1) * sizeof t->instants[0]);
        t->instant_count--;
        place--;
    }
    memmove(t->instants + place + 1, t->instants + place,
            (size_t)(t->instant_count - place) * sizeof t->instants[0]);
    t->instants[place] = *i;
    t->instant_count++;
}

/* --- changing --- */

static void apply_fact(struct subject *s, const struct fact *f)
{
    struct fact *slot = (struct fact *)subject_fact(s, name_text(&f->name));

    if (f->kind == VALUE_NONE) {
        if (slot)
            memmove(slot, slot + 1,
                    (size_t)(&s->facts[s->fact_count--] - (slot + 1)) *
                        sizeof *slot);
        return;
    }
    if (!slot && s->fact_count < SUBJECT_FACTS_MAX)
        slot = &s->facts[s->fact_count++];
    if (!slot) {
        slot = s->facts;
        for (uint8_t i = 1; i < s->fact_count; i++)
            if (s->facts[i].at_ms < slot->at_ms)
                slot = &s->facts[i];
    }
    *slot = *f;
}

static int64_t last_instant(const struct tally *t)
{
    return t->instant_count ? t->instants[t->instant_count - 1].at_ms : 0;
}

static void apply_tally(struct subject *s, const struct tally *t)
{
    struct tally *slot = (struct tally *)subject_tally(s, name_text(&t->name));

    if (!slot && s->tally_count < SUBJECT_TALLIES_MAX)
        slot = &s->tallies[s->tally_count++];
    if (!slot) {
        slot = s->tallies;
        for (uint8_t i = 1; i < s->tally_count; i++)
            if (last_instant(&s->tallies[i]) < last_instant(slot))
                slot = &s->tallies[i];
    }
    *slot = *t;
}

static void apply_interval(struct subject *s, const struct decision *d)
{
    const struct interval *i = d->interval;
    struct interval *slot = (struct interval *)subject_interval(
        s, name_text(&i->set), name_text(&i->key));

    if (!d->number) {
        if (slot)
            memmove(slot, slot + 1,
                    (size_t)(&s->intervals[s->interval_count--] - (slot + 1)) *
                        sizeof *slot);
        return;
    }
    if (!slot) {
        assert(s->interval_count < SUBJECT_INTERVALS_MAX);
        slot = &s->intervals[s->interval_count++];
    }
    *slot = *i;
}

void subject_apply(struct subject *s, const struct decision *d,
                   uint64_t sequence)
{
    switch (d->kind) {
    case DECISION_FACT:
        apply_fact(s, d->fact);
        break;
    case DECISION_TALLY:
        apply_tally(s, d->tally);
        break;
    case DECISION_INTERVAL:
        apply_interval(s, d);
        break;
    default:
        return;
    }
    s->last_sequence = sequence;
}

/* --- keys --- */

struct text subject_kind(struct text key)
{
    for (uint32_t i = 0; i < key.size; i++)
        if (key.data[i] == ':')
            return (struct text){key.data, i};
    return (struct text){NULL, 0};
}

size_t subject_ids(struct text key, struct text ids[SUBJECT_PARTS_MAX])
{
    struct text kind = subject_kind(key);
    size_t count = 0;
    uint32_t at = kind.size + 1, start = at;

    if (!kind.size)
        return 0;
    for (; at <= key.size && count < SUBJECT_PARTS_MAX; at++) {
        if (at < key.size && key.data[at] != SUBJECT_ID_MARK)
            continue;
        ids[count++] = (struct text){key.data + start, at - start};
        start = at + 1;
    }
    return count;
}
