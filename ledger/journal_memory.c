#include "ledger/journal_memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/journal_internal.h"

struct stored {
    uint8_t *data;
    size_t size;
    size_t batch; /* records of the batch that begins here, else 0 */
};

struct journal_memory {
    struct stored *records; /* record i has sequence first + i */
    size_t count;           /* with the pending ones */
    size_t capacity;
    size_t durable; /* of count */
    uint64_t first;
    struct journal_position end; /* of count, pending included */
    uint64_t epoch;              /* the newest owner's */
    size_t segment;              /* records of one; 0: no end */
    size_t fail_after;
    enum status fail_status; /* OK: no failure is planned */
    bool dead;               /* until a crash */
    struct journal_stats stats;
};

struct handle {
    struct journal journal; /* first */
    struct journal_memory *memory;
    uint64_t epoch;
};

static struct journal_memory *store_of(struct journal *j)
{
    return ((struct handle *)j)->memory;
}

struct journal_memory *journal_memory_new(void)
{
    struct journal_memory *m = calloc(1, sizeof *m);

    if (m == NULL)
        abort();
    m->first = 1;
    m->end.first = 1;
    return m;
}

void journal_memory_free(struct journal_memory *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->count; i++)
        free(m->records[i].data);
    free(m->records);
    free(m);
}

/* --- appending --- */

static void push(struct journal_memory *m, const struct record *r, size_t batch)
{
    if (m->count == m->capacity) {
        m->capacity = m->capacity == 0 ? 256 : 2 * m->capacity;
        m->records = realloc(m->records, m->capacity * sizeof *m->records);
    }
    struct stored *s = m->records == NULL ? NULL : &m->records[m->count];

    if (s != NULL) {
        s->size = record_size(r);
        s->data = malloc(s->size);
        s->batch = batch;
    }
    if (s == NULL || s->data == NULL) {
        fprintf(stderr, "ledger: out of memory for a journal in memory\n");
        abort();
    }
    record_encode(r, &m->end.chain, s->data);
    m->count++;
}

static enum status planned_failure(struct journal_memory *m, struct error *err)
{
    if (m->dead)
        return error_set(err, STATUS_IO, "the journal is gone until a crash");
    if (m->fail_status == STATUS_OK)
        return STATUS_OK;
    if (m->fail_after > 0) {
        m->fail_after--;
        return STATUS_OK;
    }
    enum status status = m->fail_status;

    m->fail_status = STATUS_OK;
    m->dead = status == STATUS_IO;
    return error_set(err, status, "a planned failure of the journal");
}

static enum status check_owner(const struct handle *h, struct error *err)
{
    if (h->epoch == h->memory->epoch)
        return STATUS_OK;
    return error_set(err, STATUS_CONFLICT,
                     "epoch %llu does not own the journal any more",
                     (unsigned long long)h->epoch);
}

static enum status append(struct journal *j, struct record *records,
                          size_t count, uint64_t epoch, uint64_t *ticket,
                          struct error *err)
{
    struct handle *h = (struct handle *)j;
    struct journal_memory *m = h->memory;
    enum status status = check_owner(h, err);

    if (status == STATUS_OK && epoch != h->epoch)
        status = error_set(err, STATUS_CONFLICT, "a batch of another epoch");
    if (status == STATUS_OK)
        status = planned_failure(m, err);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        assert(records[i].seq == m->end.last + 1);
        push(m, &records[i], i == 0 ? count : 0);
        m->end.last = records[i].seq;
        m->end.epoch = records[i].epoch;
        m->end.journal_ms = records[i].journal_ms;
    }
    m->stats.appends++;
    m->stats.appended += count;
    *ticket = m->end.last;
    return STATUS_OK;
}

void journal_memory_commit(struct journal_memory *m)
{
    m->durable = m->count;
}

static enum status next(struct journal *j, uint64_t ticket, uint64_t *durable,
                        struct error *err)
{
    struct handle *h = (struct handle *)j;
    struct journal_memory *m = h->memory;
    enum status status = check_owner(h, err);

    if (status == STATUS_OK && m->dead)
        status = error_set(err, STATUS_IO, "the journal is gone");
    if (status != STATUS_OK)
        return status;
    assert(ticket <= m->end.last);
    journal_memory_commit(m);
    *durable = m->end.last;
    return STATUS_OK;
}

/* --- reading --- */

static uint64_t last_durable(const struct journal_memory *m)
{
    return m->first + m->durable - 1;
}

static enum status read_page(struct journal *j, uint64_t from,
                             const struct journal_limits *limits,
                             struct journal_page *page, struct error *err)
{
    struct journal_memory *m = store_of(j);

    if (from > last_durable(m))
        return STATUS_END;
    if (from < m->first)
        return error_set(err, STATUS_EXPIRED, "journal record %llu was trimmed",
                         (unsigned long long)from);
    for (size_t i = (size_t)(from - m->first);
         i < m->durable && page->count < limits->records; i++) {
        const struct stored *s = &m->records[i];

        if (page->count > 0 && page->raw.size + s->size > limits->bytes)
            break;
        enum status status =
            journal_page_add(page, slice_of(s->data, s->size), err);

        if (status != STATUS_OK)
            return status;
    }
    return journal_page_decode(page, from, err);
}

static void position(struct journal *j, struct journal_position *p)
{
    struct journal_memory *m = store_of(j);
    struct record r;

    *p = (struct journal_position){.first = m->first, .last = last_durable(m)};
    if (m->durable == 0) {
        /* Everything was trimmed or nothing was ever written. */
        p->chain = m->count == 0 ? m->end.chain : p->chain;
        return;
    }
    const struct stored *s = &m->records[m->durable - 1];

    if (record_decode(slice_of(s->data, s->size), &r, NULL) != STATUS_OK)
        return;
    p->epoch = r.epoch;
    p->journal_ms = r.journal_ms;
    p->chain = record_chain(slice_of(s->data, s->size));
}

/* --- segments --- */

/* Segments are counted off from sequence 1. */
static uint64_t segment_end(const struct journal_memory *m, uint64_t seq)
{
    return ((seq - 1) / m->segment + 1) * m->segment;
}

static enum status trim(struct journal *j, uint64_t upto, uint64_t *first,
                        struct error *err)
{
    struct journal_memory *m = store_of(j);
    size_t gone = 0;

    (void)err;
    while (m->segment > 0 && gone < m->durable) {
        uint64_t end = segment_end(m, m->first + gone);

        if (end > upto || end >= last_durable(m))
            break;
        gone = (size_t)(end + 1 - m->first);
    }
    for (size_t i = 0; i < gone; i++)
        free(m->records[i].data);
    m->count -= gone;
    m->durable -= gone;
    m->first += gone;
    if (gone > 0)
        memmove(m->records, m->records + gone, m->count * sizeof *m->records);
    if (first != NULL)
        *first = m->first;
    return STATUS_OK;
}

static enum status heads(struct journal *j, struct journal_head *out,
                         size_t room, size_t *count, struct error *err)
{
    struct journal_memory *m = store_of(j);
    uint64_t first = m->first;

    (void)err;
    *count = 0;
    while (m->segment > 0 && segment_end(m, first) < last_durable(m)) {
        uint64_t last = segment_end(m, first);
        const struct stored *s = &m->records[last - m->first];

        if (*count < room)
            out[*count] = (struct journal_head){
                .segment = (uint32_t)(last / m->segment),
                .first = first,
                .last = last,
                .chain = record_chain(slice_of(s->data, s->size))};
        ++*count;
        first = last + 1;
    }
    return STATUS_OK;
}

static void stats(struct journal *j, struct journal_stats *out)
{
    struct journal_memory *m = store_of(j);

    *out = m->stats;
    out->segments = 1;
    out->records = m->durable;
    for (size_t i = 0; i < m->durable; i++)
        out->bytes += m->records[i].size;
}

static void close_handle(struct journal *j)
{
    free(j);
}

static const struct journal_ops ops = {
    .append = append,
    .next = next,
    .read = read_page,
    .trim = trim,
    .position = position,
    .heads = heads,
    .stats = stats,
    .close = close_handle,
};

enum status journal_memory_open(struct journal_memory *m, uint64_t epoch,
                                struct journal **j, struct error *err)
{
    struct handle *h = calloc(1, sizeof *h);

    *j = NULL;
    if (h == NULL)
        return error_set(err, STATUS_NO_MEMORY, "open the journal");
    h->journal.ops = &ops;
    h->memory = m;
    h->epoch = epoch;
    m->epoch = epoch;
    *j = &h->journal;
    return STATUS_OK;
}

/* --- what tests do to it --- */

size_t journal_memory_pending(const struct journal_memory *m)
{
    size_t n = 0;

    for (size_t i = m->durable; i < m->count; i++)
        n += m->records[i].batch > 0;
    return n;
}

static void cut_at(struct journal_memory *m, size_t count)
{
    for (size_t i = count; i < m->count; i++)
        free(m->records[i].data);
    m->count = count;
}

/* The end as the newest record that is left says. */
static void find_end(struct journal_memory *m)
{
    struct record r;

    if (m->count == 0) {
        m->end = (struct journal_position){.last = m->first - 1};
        return;
    }
    const struct stored *s = &m->records[m->count - 1];

    if (record_decode(slice_of(s->data, s->size), &r, NULL) != STATUS_OK)
        return;
    m->end.last = r.seq;
    m->end.epoch = r.epoch;
    m->end.journal_ms = r.journal_ms;
    m->end.chain = record_chain(slice_of(s->data, s->size));
}

void journal_memory_crash(struct journal_memory *m, size_t keep_batches)
{
    size_t keep = m->durable;

    for (; keep_batches > 0 && keep < m->count; keep_batches--)
        keep += m->records[keep].batch;
    cut_at(m, keep);
    m->durable = keep;
    m->dead = false;
    m->fail_status = STATUS_OK;
    find_end(m);
}

void journal_memory_fail(struct journal_memory *m, size_t after,
                         enum status status)
{
    m->fail_after = after;
    m->fail_status = status;
}

void journal_memory_segment(struct journal_memory *m, size_t records)
{
    m->segment = records;
}

void journal_memory_rot(struct journal_memory *m, uint64_t seq, size_t offset)
{
    assert(seq >= m->first && seq - m->first < m->count);
    struct stored *s = &m->records[seq - m->first];

    s->data[offset % s->size] ^= 1;
}
