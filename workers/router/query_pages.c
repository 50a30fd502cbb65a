/* page.list: the inbox of a person, the open pages of a case, or of all. */
#include <stdlib.h>
#include <string.h>

#include "ledger/customs.h"
#include "workers/router/next_call.h"
#include "workers/router/page_words.h"
#include "workers/router/queries.h"

enum { PAGES_MAX = 4 * LIMIT_QUERY_ROWS };

struct waiting_page {
    Yinuo__V1__Decision *page;
    struct slice key; /* person 0x00 page id */
};

static bool is(const char *wanted, const struct name *n)
{
    return !wanted || name_is(n, text_of(wanted));
}

static bool fits(struct router *r, const Yinuo__V1__Query *q,
                 const Yinuo__V1__Decision *d, struct case_record *c)
{
    const char *tier = query_text(q, "tier"),
               *page_id = query_text(q, "page_id"),
               *case_id = query_text(q, "case_id"),
               *person = query_text(q, "person");

    if (!d->case_id || !d->page_id || !d->person)
        return false;
    if ((page_id && strcmp(page_id, d->page_id) != 0) ||
        (case_id && strcmp(case_id, d->case_id) != 0) ||
        (person && strcmp(person, d->person) != 0) ||
        (tier && strtol(tier, NULL, 10) != (long)d->tier))
        return false;
    return world_find_case(r->world, text_of(d->case_id), c) &&
           is(query_text(q, "station"), &c->station) &&
           is(query_text(q, "region"), &c->region);
}

static int by_urgency(const void *a, const void *b)
{
    const Yinuo__V1__Decision *x = ((const struct waiting_page *)a)->page,
                              *y = ((const struct waiting_page *)b)->page;

    if (x->severity != y->severity)
        return x->severity < y->severity ? -1 : 1;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return strcmp(x->page_id, y->page_id);
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
    row.why = words.why;
    next_of(r, c, &row);
    return reply_message(reply, &row.base);
}

void query_pages(struct router *r, const struct asker *from,
                 const Yinuo__V1__Query *q)
{
    static struct case_record c;
    struct waiting_page *found =
        arena_array(&r->parse, PAGES_MAX, sizeof *found);
    const char *person = query_text(q, "person");
    size_t count = 0, total = 0;
    bool more = false;
    struct state_cursor cursor;
    struct slice key, value;
    static struct reply reply;

    /* "person 0x00": the text's own zero is the end of the prefix */
    struct slice prefix =
        person ? slice_of(person, strlen(person) + 1) : SLICE_EMPTY;
    state_cursor_open(&cursor, r->ledger->state, STATE_PERSONS, prefix,
                      SLICE_EMPTY);
    while (found && count < PAGES_MAX &&
           state_cursor_next(&cursor, &key, &value)) {
        Yinuo__V1__Decision *d = codec_decode(&yinuo__v1__decision__descriptor,
                                              value, &r->parse, NULL);
        if (d && fits(r, q, d, &c)) {
            found[count++].page = d;
            total++;
        }
    }
    state_cursor_close(&cursor);
    if (count)
        qsort(found, count, sizeof *found, by_urgency);
    reply_begin(&reply, r, from, q, "PageRow");
    reply.total_known = true;
    reply.total = total;
    if (!reply_paged(&reply))
        return;
    reply.passed = reply.skip < count ? reply.skip : count;
    for (size_t i = reply.passed; !more && i < count; i++)
        more = world_find_case(r->world, text_of(found[i].page->case_id), &c) &&
               !tell(&reply, found[i].page, &c);
    reply_end_paged(&reply, more);
}
