#include "ledger/journal.h"
#include "ledger/journal_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum status journal_append(struct journal *j, struct record *records,
                           size_t count, uint64_t epoch, uint64_t *ticket,
                           struct error *err)
{
    size_t bytes = 0;

    assert(count > 0);
    if (count > LIMIT_BATCH_RECORDS)
        return error_set(err, STATUS_TOO_LARGE, "a batch of %zu records",
                         count);
    for (size_t i = 0; i < count; i++) {
        size_t size = record_size(&records[i]);

        if (size > LIMIT_RECORD_BYTES)
            return error_set(err, STATUS_TOO_LARGE, "a record of %zu bytes",
                             size);
        records[i].epoch = epoch;
        bytes += size;
    }
    if (bytes > LIMIT_BATCH_BYTES)
        return error_set(err, STATUS_TOO_LARGE, "a batch of %zu bytes", bytes);
    return j->ops->append(j, records, count, epoch, ticket, err);
}

enum status journal_next(struct journal *j, uint64_t ticket, uint64_t *durable,
                         struct error *err)
{
    return j->ops->next(j, ticket, durable, err);
}

int journal_fd(struct journal *j)
{
    return j->ops->fd != NULL ? j->ops->fd(j) : -1;
}

enum status journal_read(struct journal *j, uint64_t from,
                         const struct journal_limits *limits,
                         struct journal_page *page, struct error *err)
{
    struct journal_limits l = {0};

    if (limits != NULL)
        l = *limits;
    if (l.records == 0)
        l.records = LIMIT_FETCH_RECORDS;
    if (l.bytes == 0)
        l.bytes = LIMIT_BATCH_BYTES;
    page->count = 0;
    bytes_reset(&page->raw);
    return j->ops->read(j, from == 0 ? 1 : from, &l, page, err);
}

enum status journal_trim(struct journal *j, uint64_t upto, uint64_t *first,
                         struct error *err)
{
    return j->ops->trim(j, upto, first, err);
}

void journal_position(struct journal *j, struct journal_position *p)
{
    j->ops->position(j, p);
}

enum status journal_heads(struct journal *j, struct journal_head *out,
                          size_t room, size_t *count, struct error *err)
{
    return j->ops->heads(j, out, room, count, err);
}

void journal_stats(struct journal *j, struct journal_stats *s)
{
    memset(s, 0, sizeof *s);
    j->ops->stats(j, s);
}

void journal_close(struct journal **j)
{
    if (*j != NULL)
        (*j)->ops->close(*j);
    *j = NULL;
}

/* --- pages --- */

void journal_page_init(struct journal_page *page)
{
    memset(page, 0, sizeof *page);
    bytes_init(&page->raw, 0);
}

void journal_page_fini(struct journal_page *page)
{
    bytes_fini(&page->raw);
    free(page->records);
    free(page->ends);
    memset(page, 0, sizeof *page);
}

struct slice journal_page_bytes(const struct journal_page *page, size_t i)
{
    size_t start = i == 0 ? 0 : page->ends[i - 1];

    assert(i < page->count);
    return slice_of(page->raw.data + start, page->ends[i] - start);
}

enum status journal_page_add(struct journal_page *page, struct slice bytes,
                             struct error *err)
{
    if (page->count == page->capacity) {
        size_t n = page->capacity == 0 ? 64 : 2 * page->capacity;
        void *records = realloc(page->records, n * sizeof *page->records);

        if (records != NULL)
            page->records = records;
        void *ends = realloc(page->ends, n * sizeof *page->ends);

        if (ends != NULL)
            page->ends = ends;
        if (records == NULL || ends == NULL)
            return error_set(err, STATUS_NO_MEMORY, "read the journal");
        page->capacity = n;
    }
    enum status status = bytes_append(&page->raw, bytes);

    if (status != STATUS_OK)
        return error_set(err, status, "read the journal");
    page->ends[page->count++] = page->raw.size;
    return STATUS_OK;
}

enum status journal_page_decode(struct journal_page *page, uint64_t from,
                                struct error *err)
{
    for (size_t i = 0; i < page->count; i++) {
        struct record *r = &page->records[i];
        enum status status = record_decode(journal_page_bytes(page, i), r, err);

        if (status == STATUS_OK && r->seq != from + i)
            status = error_set(err, STATUS_CORRUPT,
                               "record: it says it is number %llu",
                               (unsigned long long)r->seq);
        if (status == STATUS_OK)
            continue;
        page->count = i;
        error_wrap(err, "journal record %llu", (unsigned long long)(from + i));
        return status;
    }
    return STATUS_OK;
}

/* --- walking --- */

static enum status visit_page(const struct journal_page *page,
                              journal_visit *visit, void *state,
                              struct error *err)
{
    for (size_t i = 0; i < page->count; i++) {
        enum status status =
            visit(state, &page->records[i], journal_page_bytes(page, i), err);

        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status journal_each(struct journal *j, uint64_t from, journal_visit *visit,
                         void *state, struct error *err)
{
    struct journal_page page;
    enum status status;

    if (from == 0)
        from = 1;
    journal_page_init(&page);
    do {
        status = journal_read(j, from, NULL, &page, err);
        /* A damaged record still leaves those before it. */
        enum status seen = visit_page(&page, visit, state, err);

        if (seen != STATUS_OK)
            status = seen;
        from += page.count;
    } while (status == STATUS_OK);
    journal_page_fini(&page);
    return status == STATUS_END ? STATUS_OK : status;
}

/* --- verifying --- */

struct verifying {
    struct journal_report *report;
    const struct journal_head *heads;
    size_t head_count;
    struct digest chain; /* of the record before */
    bool has_chain;
    uint64_t epoch;
};

static enum status check_heads(struct verifying *v, uint64_t seq,
                               struct error *err)
{
    for (size_t i = 0; i < v->head_count; i++) {
        if (v->heads[i].last != seq)
            continue;
        if (!digest_equal(&v->heads[i].chain, &v->chain))
            return error_set(err, STATUS_CORRUPT,
                             "journal record %llu: the chain is not the one "
                             "of the known head",
                             (unsigned long long)seq);
        v->report->heads++;
    }
    return STATUS_OK;
}

static enum status check_record(void *state, const struct record *r,
                                struct slice bytes, struct error *err)
{
    struct verifying *v = state;
    enum status status = record_verify(r, err);

    if (status != STATUS_OK)
        return status;
    if (v->has_chain && !digest_equal(&r->before, &v->chain))
        return error_set(err, STATUS_CORRUPT,
                         "journal record %llu: the chain is broken before it",
                         (unsigned long long)r->seq);
    if (r->epoch < v->epoch)
        return error_set(err, STATUS_CORRUPT,
                         "journal record %llu: written by epoch %llu after "
                         "epoch %llu",
                         (unsigned long long)r->seq,
                         (unsigned long long)r->epoch,
                         (unsigned long long)v->epoch);
    v->epoch = r->epoch;
    v->chain = record_chain(bytes);
    v->has_chain = true;
    v->report->chain = v->chain;
    v->report->last = r->seq;
    v->report->records++;
    for (int i = 0; i < RECORD_PARTS; i++)
        v->report->erased += record_erased(r, (enum record_part)i);
    return check_heads(v, r->seq, err);
}

/* A head that lies in what is kept and was not met is a cut journal. */
static enum status check_ends(const struct journal_report *report,
                              const struct journal_head *heads, size_t count,
                              struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (heads[i].last > report->last)
            return error_set(err, STATUS_CORRUPT,
                             "journal: it ends at record %llu, before the "
                             "known head at %llu",
                             (unsigned long long)report->last,
                             (unsigned long long)heads[i].last);
    }
    return STATUS_OK;
}

enum status journal_verify(struct journal *j, const struct digest *anchor,
                           const struct journal_head *heads, size_t head_count,
                           struct journal_report *report, struct error *err)
{
    struct verifying v = {
        .report = report, .heads = heads, .head_count = head_count};
    struct journal_position p;

    memset(report, 0, sizeof *report);
    journal_position(j, &p);
    report->first = p.first;
    report->last = p.first - 1;
    /* The first record of all stands on a chain of zeros. */
    v.has_chain = anchor != NULL || p.first <= 1;
    if (anchor != NULL)
        v.chain = *anchor;
    enum status status = journal_each(j, p.first, check_record, &v, err);

    return status == STATUS_OK ? check_ends(report, heads, head_count, err)
                               : status;
}
