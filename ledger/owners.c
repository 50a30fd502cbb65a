#include "ledger/owners.h"

#include <assert.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"

enum {
    KEY_ROOM = 2 * NAME_BYTES_MAX + 2,
    TOTAL_BYTES = 16,
    GROUP_LOOK = 64,    /* cases with one key that are looked at */
    STAND_IN_LOOK = 64, /* of one person */
};

struct key {
    size_t size;
    uint8_t bytes[KEY_ROOM];
};

static struct slice key_slice(const struct key *k)
{
    return slice_of(k->bytes, k->size);
}

static struct key key_of(char kind, struct text a, struct text b)
{
    struct key k;

    assert(a.size <= NAME_BYTES_MAX && b.size <= NAME_BYTES_MAX);
    k.bytes[0] = (uint8_t)kind;
    if (a.size)
        memcpy(k.bytes + 1, a.data, a.size);
    k.bytes[1 + a.size] = 0;
    if (b.size)
        memcpy(k.bytes + 2 + a.size, b.data, b.size);
    k.size = 2 + (size_t)a.size + b.size;
    return k;
}

/* --- what lies upon a person --- */

static struct key total_key(struct text person)
{
    struct key k = key_of('t', person, (struct text){NULL, 0});

    k.size--; /* nothing behind the person */
    return k;
}

static void total_read(struct state *s, struct text person, struct load *l)
{
    struct key k = total_key(person);
    struct slice row;

    *l = (struct load){0};
    if (!state_get(s, STATE_OWNERS, key_slice(&k), &row) ||
        row.size != TOTAL_BYTES)
        return;
    l->cases = get_u32(row.data);
    l->urgent = get_u32(row.data + 4);
    l->regions = get_u32(row.data + 8);
    l->promises = get_u32(row.data + 12);
}

static void total_write(struct state *s, struct text person,
                        const struct load *l)
{
    struct key k = total_key(person);
    uint8_t row[TOTAL_BYTES];

    if (!l->cases) {
        state_delete(s, STATE_OWNERS, key_slice(&k));
        return;
    }
    put_u32(row, l->cases);
    put_u32(row + 4, l->urgent);
    put_u32(row + 8, l->regions);
    put_u32(row + 12, l->promises);
    state_put(s, STATE_OWNERS, key_slice(&k), slice_of(row, sizeof row));
}

static uint32_t region_read(struct state *s, struct text person,
                            struct text region)
{
    struct key k = key_of('r', person, region);
    struct slice row;

    return state_get(s, STATE_OWNERS, key_slice(&k), &row) && row.size == 4
               ? get_u32(row.data)
               : 0;
}

static void region_write(struct state *s, struct text person,
                         struct text region, uint32_t urgent)
{
    struct key k = key_of('r', person, region);
    uint8_t row[4];

    put_u32(row, urgent);
    if (urgent)
        state_put(s, STATE_OWNERS, key_slice(&k), slice_of(row, sizeof row));
    else
        state_delete(s, STATE_OWNERS, key_slice(&k));
}

/* What one case is to its owner. */
struct share {
    bool counts;
    bool urgent;
    uint32_t promises;
};

static struct share share_of(const struct case_record *c)
{
    struct share s = {0};

    s.counts =
        c->owner.size && (c->status == CASE_OPEN || c->status == CASE_WAITING);
    if (!s.counts)
        return s;
    s.urgent = c->severity < SEVERITIES;
    for (size_t i = 0; i < c->promise_count; i++)
        s.promises += c->promises[i].state == PROMISE_OPEN;
    return s;
}

static void take_out(struct state *s, const struct case_record *c,
                     const struct share *share)
{
    struct text person = name_text(&c->owner), region = name_text(&c->region);
    struct load l;

    total_read(s, person, &l);
    assert(l.cases);
    l.cases--;
    l.promises -= share->promises;
    if (share->urgent) {
        uint32_t urgent = region_read(s, person, region) - 1;

        l.urgent--;
        l.regions -= urgent == 0;
        region_write(s, person, region, urgent);
    }
    total_write(s, person, &l);
}

static void put_in(struct state *s, const struct case_record *c,
                   const struct share *share)
{
    struct text person = name_text(&c->owner), region = name_text(&c->region);
    struct load l;

    total_read(s, person, &l);
    l.cases++;
    l.promises += share->promises;
    if (share->urgent) {
        uint32_t urgent = region_read(s, person, region) + 1;

        l.urgent++;
        l.regions += urgent == 1;
        region_write(s, person, region, urgent);
    }
    total_write(s, person, &l);
}

static void place_write(struct state *s, const struct case_record *c,
                        bool there)
{
    struct key k = key_of('c', name_text(&c->owner), name_text(&c->id));

    if (there)
        state_put(s, STATE_OWNERS, key_slice(&k), SLICE_EMPTY);
    else
        state_delete(s, STATE_OWNERS, key_slice(&k));
}

static void load_update(struct state *s, const struct case_record *before,
                        const struct case_record *after)
{
    struct share was = share_of(before), is = share_of(after);
    bool same_owner = name_equal(&before->owner, &after->owner);

    if (was.counts == is.counts && same_owner && was.urgent == is.urgent &&
        was.promises == is.promises &&
        (!is.urgent || name_equal(&before->region, &after->region)))
        return;
    if (was.counts)
        take_out(s, before, &was);
    if (is.counts)
        put_in(s, after, &is);
    if (was.counts && (!is.counts || !same_owner))
        place_write(s, before, false);
    if (is.counts && (!was.counts || !same_owner))
        place_write(s, after, true);
}

/* --- ties and keys --- */

static bool holds(const struct case_record *c)
{
    return c->status != CASE_NONE && c->status != CASE_CLOSED;
}

static void tie_update(struct state *s, char kind,
                       const struct case_record *before, const struct name *was,
                       const struct case_record *after, const struct name *is)
{
    bool had = holds(before) && was->size, has = holds(after) && is->size;
    struct key k;

    if (had == has && (!has || name_equal(was, is)))
        return;
    if (had) {
        k = key_of(kind, name_text(was), name_text(&before->id));
        state_delete(s, STATE_GROUPS, key_slice(&k));
    }
    if (has) {
        k = key_of(kind, name_text(is), name_text(&after->id));
        state_put(s, STATE_GROUPS, key_slice(&k), SLICE_EMPTY);
    }
}

/* Keys are only added, while the case is there. */
static void groups_update(struct state *s, const struct case_record *before,
                          const struct case_record *after)
{
    size_t had = holds(before) ? before->group_count : 0;
    size_t has = holds(after) ? after->group_count : 0;
    uint8_t row[8];

    for (size_t i = has; i < had; i++) {
        struct key k =
            key_of('g', name_text(&before->groups[i]), name_text(&before->id));

        state_delete(s, STATE_GROUPS, key_slice(&k));
    }
    for (size_t i = had; i < has; i++) {
        struct key k =
            key_of('g', name_text(&after->groups[i]), name_text(&after->id));

        put_u64(row, after->opened_sequence);
        state_put(s, STATE_GROUPS, key_slice(&k), slice_of(row, sizeof row));
    }
}

void owners_update(struct state *s, const struct case_record *before,
                   const struct case_record *after)
{
    load_update(s, before, after);
    groups_update(s, before, after);
    tie_update(s, 'p', before, &before->parent, after, &after->parent);
    tie_update(s, 'h', before, &before->gathered_by, after,
               &after->gathered_by);
}

/* --- asking --- */

void owners_load(struct state *s, struct text person,
                 const struct case_record *except, struct text region,
                 struct load *out)
{
    struct share share = {0};
    uint32_t there;

    *out = (struct load){0};
    if (!person.size || person.size > NAME_BYTES_MAX)
        return;
    total_read(s, person, out);
    there = region_read(s, person, region);
    if (except && name_is(&except->owner, person))
        share = share_of(except);
    if (share.counts) {
        out->cases--;
        out->promises -= share.promises;
    }
    if (share.urgent) {
        struct text its = name_text(&except->region);

        out->urgent--;
        out->regions -= region_read(s, person, its) == 1;
        there -= text_equal(its, region);
    }
    out->region_urgent = there > 0;
}

static bool next_behind(struct state *s, enum state_table table, char kind,
                        struct text of, struct text after, struct name *out)
{
    struct key prefix = key_of(kind, of, (struct text){NULL, 0});
    struct key from = key_of(kind, of, after);
    struct state_cursor cursor;
    struct slice key, value;
    bool found = false;

    state_cursor_open(&cursor, s, table, key_slice(&prefix), key_slice(&from));
    while (!found && state_cursor_next(&cursor, &key, &value)) {
        struct slice id = slice_from(key, prefix.size);

        if (after.size && slice_equal(id, slice_of(after.data, after.size)))
            continue;
        found = name_set(
            out, (struct text){(const char *)id.data, (uint32_t)id.size});
    }
    state_cursor_close(&cursor);
    return found;
}

bool owners_next(struct state *s, struct text person, struct text after,
                 struct name *out)
{
    return next_behind(s, STATE_OWNERS, 'c', person, after, out);
}

bool ties_next(struct state *s, enum link which, struct text to,
               struct text after, struct name *out)
{
    return next_behind(s, STATE_GROUPS, which == LINK_PARENT ? 'p' : 'h', to,
                       after, out);
}

bool groups_find(struct state *s, struct text key, struct name *out)
{
    struct key prefix = key_of('g', key, (struct text){NULL, 0});
    struct state_cursor cursor;
    struct slice k, value;
    uint64_t latest = 0;
    bool found = false;

    state_cursor_open(&cursor, s, STATE_GROUPS, key_slice(&prefix),
                      SLICE_EMPTY);
    for (int n = 0; n < GROUP_LOOK && state_cursor_next(&cursor, &k, &value);
         n++) {
        struct slice id = slice_from(k, prefix.size);

        if (value.size != 8 || (found && get_u64(value.data) < latest))
            continue;
        latest = get_u64(value.data);
        found = name_set(
            out, (struct text){(const char *)id.data, (uint32_t)id.size});
    }
    state_cursor_close(&cursor);
    return found;
}

/* --- who answers for whom --- */

/* One row per beginning: who is named anew for it takes the place. */
void stand_in_put(struct state *s, const struct decision *d)
{
    struct key k = key_of('s', d->person, (struct text){NULL, 0});
    uint8_t row[8 + NAME_BYTES_MAX];

    put_u64(k.bytes + k.size, (uint64_t)d->from_ms);
    k.size += 8;
    put_u64(row, (uint64_t)d->due_ms);
    if (d->value.size)
        memcpy(row + 8, d->value.data, d->value.size);
    state_put(s, STATE_GROUPS, key_slice(&k),
              slice_of(row, 8 + (size_t)d->value.size));
}

/* The one that began last and is not over. */
bool stand_in_find(struct state *s, struct text person, int64_t at_ms,
                   struct name *out)
{
    struct key prefix = key_of('s', person, (struct text){NULL, 0});
    struct state_cursor cursor;
    struct slice k, row;
    bool found = false;
    int n = 0;

    state_cursor_open(&cursor, s, STATE_GROUPS, key_slice(&prefix),
                      SLICE_EMPTY);
    while (n++ < STAND_IN_LOOK && state_cursor_next(&cursor, &k, &row)) {
        struct slice from = slice_from(k, prefix.size);
        int64_t until_ms;

        if (from.size != 8 || row.size < 8 ||
            (int64_t)get_u64(from.data) > at_ms)
            break;
        until_ms = (int64_t)get_u64(row.data);
        if (!until_ms || at_ms < until_ms)
            found = name_set(out, (struct text){(const char *)row.data + 8,
                                                (uint32_t)row.size - 8});
    }
    state_cursor_close(&cursor);
    return found;
}

uint64_t stand_in_bit(struct text person)
{
    uint32_t h = 2166136261u;

    for (uint32_t i = 0; i < person.size; i++)
        h = (h ^ (uint8_t)person.data[i]) * 16777619u;
    return UINT64_C(1) << (h ^ h >> 16) % 64;
}

/* s person 0x00 from: see stand_in_put() */
uint64_t stand_in_bits(struct state *s)
{
    struct state_cursor cursor;
    struct slice k, row;
    uint64_t bits = 0;

    state_cursor_open(&cursor, s, STATE_GROUPS, slice_of("s", 1), SLICE_EMPTY);
    while (state_cursor_next(&cursor, &k, &row))
        if (k.size > 10)
            bits |= stand_in_bit(
                (struct text){(const char *)k.data + 1, (uint32_t)k.size - 10});
    state_cursor_close(&cursor);
    return bits;
}
