#include "broker/ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS_TAG = 0x0a }; /* field 1, length-delimited */

bool ring_init(struct ring *r, size_t room)
{
    *r = (struct ring){.room = room};
    r->bytes = malloc(room);
    r->batches = malloc(RING_BATCHES * sizeof(*r->batches));
    if (!r->bytes || !r->batches) {
        ring_fini(r);
        return false;
    }
    return true;
}

void ring_fini(struct ring *r)
{
    free(r->bytes);
    free(r->batches);
    *r = (struct ring){0};
}

void ring_reset(struct ring *r, uint64_t last)
{
    r->oldest = 0;
    r->count = 0;
    r->write = 0;
    r->last = last;
}

static struct ring_batch *batch(const struct ring *r, size_t i)
{
    return &r->batches[(r->oldest + i) % RING_BATCHES];
}

static void drop_oldest(struct ring *r)
{
    assert(r->count > 0);
    r->oldest = (r->oldest + 1) % RING_BATCHES;
    r->count--;
}

/* Does anything kept lie in [from, from + size)? The oldest is met first. */
static bool taken(const struct ring *r, size_t from, size_t size)
{
    const struct ring_batch *b = batch(r, 0);
    return r->count > 0 && b->at < from + size && from < b->at + b->size;
}

/* A place for size bytes; behind the newest, or at the start again. */
static size_t make_room(struct ring *r, size_t size)
{
    if (r->count == RING_BATCHES)
        drop_oldest(r);
    if (r->write + size > r->room) {
        while (r->count > 0 && batch(r, 0)->at >= r->write)
            drop_oldest(r);
        r->write = 0;
    }
    while (taken(r, r->write, size))
        drop_oldest(r);
    return r->write;
}

void ring_push(struct ring *r, uint64_t first, uint64_t last,
               struct slice records)
{
    assert(last >= first);
    if (first != r->last + 1 || records.size > r->room / 4)
        ring_reset(r, last);
    r->last = last;
    if (records.size > r->room / 4)
        return;
    size_t at = make_room(r, records.size);
    if (records.size > 0)
        memcpy(r->bytes + at, records.data, records.size);
    r->write = at + records.size;
    *batch(r, r->count) = (struct ring_batch){first, last, at, records.size};
    r->count++;
}

uint64_t ring_first(const struct ring *r)
{
    return r->count > 0 ? batch(r, 0)->first : r->last + 1;
}

bool ring_covers(const struct ring *r, uint64_t after)
{
    return after + 1 >= ring_first(r) && after <= r->last;
}

/* The batch that holds the sequence. */
static size_t find(const struct ring *r, uint64_t seq)
{
    size_t low = 0, high = r->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (batch(r, middle)->first <= seq)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The size of the record at the start of the bytes with tag and length, 0 when
 * it is none. */
static size_t record_size(struct slice body)
{
    if (body.size < 2 || body.data[0] != RECORDS_TAG)
        return 0;
    uint64_t length = 0;
    for (size_t i = 1, shift = 0; i < body.size && shift < 35;
         i++, shift += 7) {
        length |= (uint64_t)(body.data[i] & 0x7f) << shift;
        if (!(body.data[i] & 0x80))
            return length <= body.size - i - 1 ? i + 1 + (size_t)length : 0;
    }
    return 0;
}

bool ring_cut(struct slice body, uint64_t skip, uint64_t count,
              struct slice *part)
{
    size_t at = 0, from = 0;
    for (uint64_t i = 0; i < count; i++) {
        size_t size = record_size(slice_from(body, at));
        if (size == 0)
            return false;
        if (i < skip)
            from = at + size;
        at += size;
    }
    *part = slice_of(body.data + from, at - from);
    return true;
}

/* As many records of one batch as fit; the last sequence that did. */
static uint64_t read_some(struct slice body, uint64_t seq, uint64_t after,
                          size_t records_max, size_t bytes_max,
                          struct bytes *out, bool always_one)
{
    uint64_t done = after;
    size_t at = 0, taken_bytes = 0;
    for (; records_max > 0 && at < body.size; seq++) {
        struct slice rest = slice_from(body, at);
        size_t size = record_size(rest);
        if (size == 0)
            break;
        at += size;
        if (seq <= after)
            continue;
        if (taken_bytes + size > bytes_max && !(always_one && !taken_bytes))
            break;
        if (bytes_append(out, slice_of(rest.data, size)) != STATUS_OK)
            break;
        taken_bytes += size;
        done = seq;
        records_max--;
    }
    return done;
}

uint64_t ring_read(const struct ring *r, uint64_t after, size_t records_max,
                   size_t bytes_max, struct bytes *out)
{
    size_t start = out->size;
    uint64_t done = after;
    if (r->count == 0 || after >= r->last)
        return after;
    for (size_t i = find(r, after + 1); i < r->count && records_max > 0; i++) {
        const struct ring_batch *b = batch(r, i);
        size_t used = out->size - start;
        if (used >= bytes_max && used > 0)
            break;
        uint64_t last =
            read_some(slice_of(r->bytes + b->at, b->size), b->first, done,
                      records_max, bytes_max - used, out, used == 0);
        records_max -= (size_t)(last - done);
        done = last;
        if (last < b->last)
            break;
    }
    return done;
}
