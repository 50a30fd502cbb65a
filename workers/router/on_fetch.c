#include <stdlib.h>
#include <string.h>

#include "workers/router/internal.h"

/* "p0-17": the record after 17 of partition 0 is wanted. Absent: from the
 * oldest. */
static bool cursor_parse(const char *cursor, uint32_t partition,
                         uint64_t *after)
{
    char *end;

    *after = 0;
    if (!cursor || !*cursor)
        return true;
    if (cursor[0] != 'p' || strtoull(cursor + 1, &end, 10) != partition ||
        *end != '-')
        return false;
    const char *digits = end + 1;
    *after = strtoull(digits, &end, 10);
    return end != digits && !*end;
}

static bool keep(char *out, size_t room, const char *text)
{
    if (!text || strlen(text) >= room)
        return false;
    strcpy(out, text);
    return true;
}

static bool filter(struct reader_job *job, const Yinuo__V1__Attribute *a)
{
    if (!a->name)
        return false;
    if (!strcmp(a->name, "case_id"))
        return keep(job->case_id, sizeof job->case_id, a->text);
    if (!strcmp(a->name, "kind"))
        return keep(job->event_kind, sizeof job->event_kind, a->text);
    if (!strcmp(a->name, "station"))
        return keep(job->station, sizeof job->station, a->text);
    if (!strcmp(a->name, "region"))
        return keep(job->region, sizeof job->region, a->text);
    return false;
}

void on_fetch(struct router *r, const struct asker *from, struct slice bytes)
{
    struct fault fault;
    struct reader_job job = {.kind = JOB_FETCH, .asker = *from};
    uint64_t after;
    const Yinuo__V1__Fetch *f =
        codec_decode(&yinuo__v1__fetch__descriptor, bytes, &r->parse, &fault);

    if (!f) {
        outbox_refuse(&r->out, from, fault.code, fault.text, fault.field);
        return;
    }
    if (!cursor_parse(f->cursor, r->options.partition, &after)) {
        outbox_refuse(&r->out, from, REFUSAL_BAD_CURSOR, NULL, "cursor");
        return;
    }
    for (size_t i = 0; i < f->n_filters; i++)
        if (!filter(&job, f->filters[i])) {
            outbox_refuse(&r->out, from, REFUSAL_BAD_FIELD, f->filters[i]->name,
                          "filters");
            return;
        }
    struct journal_position position;
    journal_position(r->ledger->journal, &position);
    /* What left was durable. A cursor from beyond is of a journal that was
     * since restored from a backup: waiting there would miss what comes. */
    if (after > position.last) {
        outbox_refuse(&r->out, from, REFUSAL_BAD_CURSOR,
                      "the journal does not reach so far; was it restored?",
                      "cursor");
        return;
    }
    job.from_seq = f->cursor && *f->cursor ? after + 1 : position.first;
    job.limit = f->has_limit && f->limit && f->limit < LIMIT_FETCH_RECORDS
                    ? f->limit
                    : LIMIT_FETCH_RECORDS;
    if (!reader_thread_ask(r->reader, &job))
        outbox_busy(&r->out, from, REFUSAL_BUSY);
}
