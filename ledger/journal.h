/* journal - the truth: numbered records, appended in batches, chained.
 *
 * An interface with two implementations here: segments of LMDB
 * (ledger/journal_lmdb.h) and memory with the semantics of a crash
 * (ledger/journal_memory.h). A replicated log can stand behind it too: append
 * hands a batch over and returns a ticket, next says up to where the journal
 * is durable. Nothing of a batch may leave the process before next has said
 * so.
 *
 * Units    Sequence numbers start at 1 and have no gaps; 0 means none.
 * Memory   append may go on pointing into the records and their parts until
 *          next has said that their ticket is durable: they stay as they are
 *          until then. A page owns the bytes its records point into, until it
 *          is read into again or fini.
 * Errors   FULL from append: there is no room, nothing was written, try again
 *          later. CONFLICT from append and next: ownership was lost, this
 *          process must stop. TOO_LARGE: a record or batch over its limit.
 *          EXPIRED from read: trimmed, take a snapshot. END: nothing there
 *          yet. CORRUPT: what is stored contradicts its checks; err names the
 *          sequence. An append that fails halfway ends the process (abort),
 *          because after it nobody knows what is on disk (field-notes 7.3).
 *          Where append only hands over, next says what it would have said:
 *          nothing of that batch and of those behind it was written.
 * Threads  append, next, trim and close: the owner. read, position, heads and
 *          stats: any thread at any time, with a page of its own.
 */
#ifndef LEDGER_JOURNAL_H
#define LEDGER_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "ledger/record.h"

struct journal;

struct journal_position {
    uint64_t first;      /* oldest record kept; last + 1 when there is none */
    uint64_t last;       /* newest durable record; 0 for an empty journal */
    uint64_t epoch;      /* of the newest record */
    int64_t journal_ms;  /* of the newest record; 0 when empty */
    struct digest chain; /* of the newest record; zero when empty */
};

/* The end of a sealed segment; what backups and the stream carry away. */
struct journal_head {
    uint32_t segment;
    uint64_t first;
    uint64_t last;
    struct digest chain; /* of record last */
};

struct journal_stats {
    uint32_t segments;
    uint64_t records;
    uint64_t bytes;    /* on disk */
    uint64_t appends;  /* batches since open */
    uint64_t appended; /* records since open */
};

struct journal_page {
    struct bytes raw;
    struct record *records;
    size_t count;
    size_t capacity;
    size_t *ends; /* offset behind record i in raw */
};

struct journal_limits {
    size_t records; /* 0: LIMIT_FETCH_RECORDS */
    size_t bytes;   /* 0: LIMIT_BATCH_BYTES; one record always fits */
};

struct journal_ops {
    enum status (*append)(struct journal *j, struct record *records,
                          size_t count, uint64_t epoch, uint64_t *ticket,
                          struct error *err);
    enum status (*next)(struct journal *j, uint64_t ticket, uint64_t *durable,
                        struct error *err);
    enum status (*read)(struct journal *j, uint64_t from,
                        const struct journal_limits *limits,
                        struct journal_page *page, struct error *err);
    enum status (*trim)(struct journal *j, uint64_t upto, uint64_t *first,
                        struct error *err);
    void (*position)(struct journal *j, struct journal_position *p);
    enum status (*heads)(struct journal *j, struct journal_head *out,
                         size_t room, size_t *count, struct error *err);
    void (*stats)(struct journal *j, struct journal_stats *s);
    int (*fd)(struct journal *j); /* NULL: has none */
    void (*close)(struct journal *j);
};

struct journal {
    const struct journal_ops *ops;
};

/* Records carry the next sequence numbers; their epoch is set here. */
MUST_CHECK enum status journal_append(struct journal *j, struct record *records,
                                      size_t count, uint64_t epoch,
                                      uint64_t *ticket, struct error *err);

/* Waits until the ticket is durable; *durable may be beyond it. Ticket 0 is
 * durable always: it asks without waiting. */
MUST_CHECK enum status journal_next(struct journal *j, uint64_t ticket,
                                    uint64_t *durable, struct error *err);

/* Readable when next may say something new; next makes it quiet again. -1
 * where append itself makes durable. */
int journal_fd(struct journal *j);

/* Durable records from a sequence on, at least one or END. */
MUST_CHECK enum status journal_read(struct journal *j, uint64_t from,
                                    const struct journal_limits *limits,
                                    struct journal_page *page,
                                    struct error *err);

/* Drops whole segments that end at or before upto, never the active one.
 * *first is the oldest record left, when not NULL. */
MUST_CHECK enum status journal_trim(struct journal *j, uint64_t upto,
                                    uint64_t *first, struct error *err);

void journal_position(struct journal *j, struct journal_position *p);

/* Heads of the sealed segments that are kept, oldest first; *count is how many
 * there are, out gets at most room of them. */
MUST_CHECK enum status journal_heads(struct journal *j,
                                     struct journal_head *out, size_t room,
                                     size_t *count, struct error *err);

void journal_stats(struct journal *j, struct journal_stats *s);

/* NULL is fine; the pointer is nulled. */
void journal_close(struct journal **j);

void journal_page_init(struct journal_page *page);
void journal_page_fini(struct journal_page *page);

/* The encoded bytes of record i of a page. */
struct slice journal_page_bytes(const struct journal_page *page, size_t i);

/* Every record from a sequence to the end, page by page. visit stops the walk
 * by returning something else than OK, which is passed on. */
typedef enum status journal_visit(void *state, const struct record *r,
                                  struct slice bytes, struct error *err);
MUST_CHECK enum status journal_each(struct journal *j, uint64_t from,
                                    journal_visit *visit, void *state,
                                    struct error *err);

/* What a verification found; filled in also when it fails. */
struct journal_report {
    uint64_t first;
    uint64_t last;
    uint64_t records;
    uint64_t erased;     /* parts */
    uint64_t heads;      /* compared */
    struct digest chain; /* of last */
};

/* CRC, digests, numbering, epochs that never fall and the chain over all
 * segments; known heads must be met where they lie in what is kept. anchor is
 * the chain digest before the first record kept, or NULL if none is known. */
MUST_CHECK enum status
journal_verify(struct journal *j, const struct digest *anchor,
               const struct journal_head *heads, size_t head_count,
               struct journal_report *report, struct error *err);

#endif
