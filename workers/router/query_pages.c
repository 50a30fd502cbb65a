/* page.list: the inbox of a person, the open pages of a case, or of all. */
#include <stdlib.h>
#include <string.h>

#include "ledger/customs.h"
#include "workers/router/next_call.h"
#include "workers/router/page_words.h"
#include "workers/router/queries.h"

/* What is needed to put the pages in order; the row itself is read again when
 * it is told. */
struct waiting_page {
    int64_t at_ms;
    uint32_t severity;
    uint32_t key_at; /* in the keys: person 0x00 page id, and a zero */
    uint32_t key_size;
};

struct waiting {
    struct waiting_page *list;
    size_t count, room;
    struct bytes keys;
    struct arena arena; /* of one row */
};

static bool is(const char *wanted, const struct name *n)
{
    return !wanted || name_is(n, text_of(wanted));
}

/* By the key alone, which is most of the work for a single page. */
static bool key_fits(const Yinuo__V1__Query *q, struct slice key)
{
    const char *page_id = query_text(q, "page_id");
    size_t size = page_id ? strlen(page_id) : 0;

    return !page_id || (key.size > size && key.data[key.size - size - 1] == 0 &&
                        memcmp(key.data + key.size - size, page_id, size) == 0);
}

static bool fits(struct router *r, const Yinuo__V1__Query *q,
                 const Yinuo__V1__Decision *d)
{
    const char *tier = query_text(q, "tier"),
               *case_id = query_text(q, "case_id"),
               *station = query_text(q, "station"),
               *region = query_text(q, "region");
    static struct case_record c;

    if (!d->case_id || !d->page_id || !d->person)
        return false;
    if ((case_id && strcmp(case_id, d->case_id) != 0) ||
        (tier && strtol(tier, NULL, 10) != (long)d->tier))
        return false;
    return (!station && !region) ||
           (world_find_case(r->world, text_of(d->case_id), &c) &&
            is(station, &c.station) && is(region, &c.region));
}

static void keep(struct waiting *w, struct slice key,
                 const Yinuo__V1__Decision *d)
{
    if (w->count == w->room) {
        w->room = w->room ? 2 * w->room : 64;
        w->list = realloc(w->list, w->room * sizeof *w->list);
        if (!w->list)
            abort();
    }
    w->list[w->count++] =
        (struct waiting_page){.at_ms = d->at_ms,
                              .severity = d->severity,
                              .key_at = (uint32_t)w->keys.size,
                              .key_size = (uint32_t)key.size};
    if (bytes_append(&w->keys, key) != STATUS_OK ||
        bytes_append_u8(&w->keys, 0) != STATUS_OK)
        abort();
}

static struct slice key_of(const struct waiting *w,
                           const struct waiting_page *p)
{
    return slice_of(w->keys.data + p->key_at, p->key_size);
}

static int by_urgency(const void *a, const void *b, void *of)
{
    const struct waiting_page *x = a, *y = b;
    const struct waiting *w = of;
    const char *key = (const char *)w->keys.data;

    if (x->severity != y->severity)
        return x->severity < y->severity ? -1 : 1;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return strcmp(key + x->key_at + strlen(key + x->key_at) + 1,
                  key + y->key_at + strlen(key + y->key_at) + 1);
}

/* All that fit, the most urgent first: with more of them than a reply holds the
 * last one found may be the one that cannot wait. */
static void gather(struct router *r, const Yinuo__V1__Query *q,
                   struct waiting *w)
{
    const char *person = query_text(q, "person");
    struct state_cursor cursor;
    struct slice key, value;

    /* "person 0x00": the text's own zero is the end of the prefix */
    struct slice prefix =
        person ? slice_of(person, strlen(person) + 1) : SLICE_EMPTY;
    state_cursor_open(&cursor, r->ledger->state, STATE_PERSONS, prefix,
                      SLICE_EMPTY);
    while (state_cursor_next(&cursor, &key, &value)) {
        Yinuo__V1__Decision *d;

        if (!key_fits(q, key))
            continue;
        arena_reset(&w->arena);
        d = codec_decode(&yinuo__v1__decision__descriptor, value, &w->arena,
                         NULL);
        if (d && fits(r, q, d))
            keep(w, key, d);
    }
    state_cursor_close(&cursor);
    if (w->count)
        qsort_r(w->list, w->count, sizeof *w->list, by_urgency, w);
}

static void next_of(struct router *r, const struct case_record *c,
                    Yinuo__V1__PageRow *row)
{
    struct next_call next;

    if (!next_call(r, c, (uint8_t)row->tier, &next))
        return;
    row->has_next_due_ms = row->has_next_tier = 1;
    row->next_due_ms = next.at_ms;
    row->next_tier = next.tier;
    row->next_person = next.person;
}

static bool tell(struct reply *reply, const Yinuo__V1__Decision *d,
                 const struct case_record *c)
{
    struct router *r = reply->router;
    Yinuo__V1__PageRow row = YINUO__V1__PAGE_ROW__INIT;
    Yinuo__V1__Page words = YINUO__V1__PAGE__INIT;
    struct slice undelivered;

    row.page_id = d->page_id;
    row.case_id = d->case_id;
    row.has_severity = row.has_tier = row.has_created_at_ms = 1;
    row.severity = d->severity;
    row.tier = d->tier;
    row.person = d->person;
    row.station = router_text(r, name_text(&c->station));
    row.created_at_ms = d->at_ms;
    row.has_late_by_ms = d->late_by_ms > 0;
    row.late_by_ms = d->late_by_ms;
    row.state = (char *)(state_get(r->ledger->state, STATE_OUTBOX,
                                   slice_of_text(d->page_id), &undelivered)
                             ? "waiting"
                             : "delivered");
    row.answer_command = arena_format(&r->parse, "yinuo ack %s", d->page_id);
    words.language = (char *)"en";
    words.person = d->person;
    const struct person *who = directory_person(
        world_policies(r->world)->directory, text_of(d->person));
    if (who && who->language.size)
        words.language = router_text(r, who->language);
    page_words(r, d, c, &words);
    if (words.why == d->rule && d->page_id[0] == 'p') {
        /* its rule has no words: those of the record that put the page up */
        words.has_journal_seq = 1;
        words.journal_seq = strtoull(d->page_id + 1, NULL, 10);
        page_words(r, d, c, &words);
    }
    row.why = words.why;
    next_of(r, c, &row);
    return reply_message(reply, &row.base);
}

/* False: no room for it. */
static bool tell_waiting(struct reply *reply, struct slice key)
{
    static struct case_record c;
    struct router *r = reply->router;
    Yinuo__V1__Decision *d = NULL;
    struct slice row;

    if (state_get(r->ledger->state, STATE_PERSONS, key, &row))
        d = codec_decode(&yinuo__v1__decision__descriptor, row, &r->parse,
                         NULL);
    return !d || !world_find_case(r->world, text_of(d->case_id), &c) ||
           tell(reply, d, &c);
}

void query_pages(struct router *r, const struct asker *from,
                 const Yinuo__V1__Query *q)
{
    struct waiting w = {0};
    static struct reply reply;
    bool more = false;

    reply_begin(&reply, r, from, q, "PageRow");
    if (!reply_paged(&reply))
        return;
    arena_init(&w.arena, LIMIT_DECODE_BYTES);
    gather(r, q, &w);
    reply.total_known = true;
    reply.total = w.count;
    reply.passed = reply.skip < w.count ? reply.skip : w.count;
    for (size_t i = reply.passed; !more && i < w.count; i++)
        more = !tell_waiting(&reply, key_of(&w, &w.list[i]));
    reply_end_paged(&reply, more);
    arena_fini(&w.arena);
    bytes_fini(&w.keys);
    free(w.list);
}
