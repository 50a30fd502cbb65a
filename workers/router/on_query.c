/* Queries: what is asked by name, answered from the state or handed on to the
 * reader or a scan. docs/queries.md is the list. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/customs.h"
#include "workers/router/internal.h"
#include "workers/router/queries.h"

enum {
    FIND_MAX = 11,
    REPLY_BYTES = LIMIT_FRAME_BYTES - 8192,
    ROWS_DEFAULT = 100
};

/* --- the reply --- */

void reply_begin(struct reply *reply, struct router *r, const struct asker *to,
                 const Yinuo__V1__Query *q, const char *row_type)
{
    memset(reply, 0, sizeof *reply);
    reply->router = r;
    reply->to = to;
    reply->query = q;
    reply->row_type = row_type;
    reply->limit = q->has_limit && q->limit ? q->limit : ROWS_DEFAULT;
    if (reply->limit > LIMIT_QUERY_ROWS)
        reply->limit = LIMIT_QUERY_ROWS;
}

bool reply_paged(struct reply *reply)
{
    const char *cursor = reply->query->cursor;
    char *end = NULL;

    if (!cursor || !*cursor)
        return true;
    reply->skip = strtoul(cursor, &end, 10);
    if (*end == '\0' && cursor[0] != '-')
        return true;
    reply_refuse(reply->router, reply->to, REFUSAL_BAD_CURSOR, NULL);
    return false;
}

void reply_end_paged(struct reply *reply, bool more)
{
    char cursor[24];

    snprintf(cursor, sizeof cursor, "%zu", reply->skip + reply->count);
    reply_end(reply, more ? cursor : NULL);
}

bool reply_row(struct reply *reply, struct slice row)
{
    struct slice kept;

    if (reply->passed < reply->skip) {
        reply->passed++;
        return true;
    }
    kept = arena_copy(&reply->router->parse, row);
    if (reply->count >= reply->limit ||
        reply->bytes + row.size + 16 > REPLY_BYTES || (row.size && !kept.data))
        return false;
    reply->rows[reply->count++] =
        (ProtobufCBinaryData){kept.size, (uint8_t *)kept.data};
    reply->bytes += row.size + 16;
    return true;
}

bool reply_message(struct reply *reply, const ProtobufCMessage *message)
{
    struct bytes packed = {0};
    bool fits = codec_encode(message, &packed) == STATUS_OK &&
                reply_row(reply, bytes_slice(&packed));

    bytes_fini(&packed);
    return fits;
}

bool reply_case(struct reply *reply, struct slice row)
{
    struct bytes message = {0};
    bool fits = world_case_message(reply->router->world, row, &message, NULL) ==
                    STATUS_OK &&
                reply_row(reply, bytes_slice(&message));

    bytes_fini(&message);
    return fits;
}

void reply_end(struct reply *reply, const char *more_cursor)
{
    Yinuo__V1__Reply body = YINUO__V1__REPLY__INIT;
    struct router *r = reply->router;

    body.row_type = (char *)reply->row_type;
    body.n_rows = reply->count;
    body.rows = reply->rows;
    body.more_cursor = (char *)more_cursor;
    body.has_code = body.has_complete_to = body.has_now_ms = 1;
    body.complete_to = r->next_seq - 1;
    body.now_ms = r->time.now_ms;
    body.has_total = reply->total_known;
    body.total = reply->total;
    outbox_answer(&r->out, reply->to, WIRE_REPLY, &body.base);
}

void reply_refuse(struct router *r, const struct asker *to, enum refusal code,
                  const char *text)
{
    Yinuo__V1__Reply body = YINUO__V1__REPLY__INIT;

    body.has_code = body.has_now_ms = 1;
    body.code = code;
    body.text = (char *)(text && *text ? text : refusal_sentence(code));
    body.now_ms = r->time.now_ms;
    outbox_answer(&r->out, to, WIRE_REPLY, &body.base);
}

/* --- filters --- */

const Yinuo__V1__Attribute *query_filter(const Yinuo__V1__Query *q,
                                         const char *name)
{
    for (size_t i = 0; i < q->n_filters; i++)
        if (q->filters[i]->name && strcmp(q->filters[i]->name, name) == 0)
            return q->filters[i];
    return NULL;
}

const char *query_text(const Yinuo__V1__Query *q, const char *name)
{
    const Yinuo__V1__Attribute *a = query_filter(q, name);

    return a && a->text && *a->text ? a->text : NULL;
}

/* NULL if each filter's name is among those allowed, else the first that is
 * not. allowed: "a|b|c". */
static const char *unknown_filter(const Yinuo__V1__Query *q,
                                  const char *allowed)
{
    for (size_t i = 0; i < q->n_filters; i++) {
        const char *name = q->filters[i]->name ? q->filters[i]->name : "";
        size_t size = strlen(name);
        const char *at = allowed;
        while (at && !(strncmp(at, name, size) == 0 &&
                       (at[size] == '|' || !at[size])))
            at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL;
        if (!at || !size)
            return name;
    }
    return NULL;
}

/* A value of another type than the column's would hold for nothing, or be taken
 * for none at all. */
static bool has_its_type(const Yinuo__V1__Attribute *a)
{
    const char *name = a->name;

    if (!strcmp(name, "unacked") || !strcmp(name, "overdue"))
        return a->has_flag;
    if (!strcmp(name, "no_contact_for") || !strcmp(name, "from_seq") ||
        !strcmp(name, "days"))
        return a->has_number;
    if (!strcmp(name, "due_by"))
        return a->has_time_ms;
    if (!strcmp(name, "severity"))
        return a->n_list > 0 || a->text;
    return a->text != NULL;
}

static const char *wrong_type(const Yinuo__V1__Query *q)
{
    for (size_t i = 0; i < q->n_filters; i++)
        if (!has_its_type(q->filters[i]))
            return q->filters[i]->name;
    return NULL;
}

/* --- cases --- */

static void case_find(struct router *r, const struct asker *from,
                      const Yinuo__V1__Query *q)
{
    const char *prefix = query_text(q, "prefix");
    struct reply reply;
    struct state_cursor c;
    struct slice key, value, row;

    reply_begin(&reply, r, from, q, "Case");
    reply.limit = FIND_MAX;
    if (prefix && world_case_row(r->world, text_of(prefix), &row)) {
        reply_case(&reply, row);
        reply_end(&reply, NULL);
        return;
    }
    state_cursor_open(&c, r->ledger->state, STATE_CASES, slice_of_text(prefix),
                      SLICE_EMPTY);
    while (state_cursor_next(&c, &key, &value) && reply_case(&reply, value))
        ;
    state_cursor_close(&c);
    reply_end(&reply, NULL);
}

static void case_show(struct router *r, const struct asker *from,
                      const Yinuo__V1__Query *q)
{
    struct reply reply;
    struct slice row;
    const char *id = query_text(q, "case_id");

    if (!id || !world_case_row(r->world, text_of(id), &row)) {
        reply_refuse(r, from, REFUSAL_UNKNOWN_CASE, NULL);
        return;
    }
    reply_begin(&reply, r, from, q, "Case");
    reply_case(&reply, row);
    reply_end(&reply, NULL);
}

static void case_timeline(struct router *r, const struct asker *from,
                          const Yinuo__V1__Query *q)
{
    static struct case_record c;
    const char *id = query_text(q, "case_id");
    const Yinuo__V1__Attribute *from_seq = query_filter(q, "from_seq");
    struct reader_job job = {.kind = JOB_TIMELINE, .asker = *from};

    if (!id || !world_find_case(r->world, text_of(id), &c)) {
        reply_refuse(r, from, REFUSAL_UNKNOWN_CASE, NULL);
        return;
    }
    batch_commit(r); /* what is in this batch belongs to it too */
    job.from_seq = q->cursor ? strtoull(q->cursor, NULL, 10) : c.last_sequence;
    job.down_to =
        from_seq && from_seq->has_number ? (uint64_t)from_seq->number : 0;
    job.limit = q->has_limit && q->limit ? q->limit : LIMIT_QUERY_ROWS;
    job.last_seq = r->next_seq - 1;
    job.now_ms = r->time.now_ms;
    if (!reader_thread_ask(r->reader, &job))
        reply_refuse(r, from, REFUSAL_BUSY, NULL);
}

/* --- the policy --- */

static void policy_show(struct router *r, const struct asker *from,
                        const Yinuo__V1__Query *q)
{
    const struct policyset *set = world_policies(r->world);
    struct reply reply;

    reply_begin(&reply, r, from, q, "PackVersion");
    for (size_t i = 0; i < set->pack_count; i++) {
        Yinuo__V1__PackVersion row = YINUO__V1__PACK_VERSION__INIT;
        row.name = router_text(r, set->packs[i].policy->name);
        row.version = router_text(r, set->packs[i].policy->version);
        row.regions = arena_array(&r->parse, set->packs[i].region_count + 1,
                                  sizeof *row.regions);
        for (; row.n_regions < set->packs[i].region_count; row.n_regions++)
            row.regions[row.n_regions] =
                router_text(r, set->packs[i].regions[row.n_regions]);
        reply_message(&reply, &row.base);
    }
    reply_end(&reply, NULL);
}

/* --- the table --- */

static const struct {
    const char *name;
    const char *filters;
    void (*run)(struct router *r, const struct asker *from,
                const Yinuo__V1__Query *q);
} queries[] = {
    {"status", "", query_status},
    {"case.find", "prefix", case_find},
    {"case.show", "case_id", case_show},
    {"case.list",
     "state|owner|mine|unacked|overdue|severity|tier|station|region|product_"
     "line|no_contact_for|"
     "due_by|parent|gathered_by",
     scan_begin},
    {"case.timeline", "case_id|from_seq", case_timeline},
    {"page.list", "person|case_id|station|region|tier|page_id", query_pages},
    {"mute.list", "mute_id", query_mutes},
    {"on_call", "station|region|product_line|tier|person", query_on_call},
    {"on_call.gaps", "station|region|tier|days", query_gaps},
    {"on_call.overrides", "", query_overrides},
    {"person", "person", query_person},
    {"policy.show", "", policy_show},
    {"policy.rebase", "case_id", query_rebase},
    {"policy.rebase.state", "", query_rebase_state},
    {"policy.words", "version|have", query_words},
    {"subject.show", "key", query_subject},
    {"subject.list", "kind", query_subjects},
};

void on_query(struct router *r, const struct asker *from, struct slice bytes)
{
    struct fault fault;
    const Yinuo__V1__Query *q =
        codec_decode(&yinuo__v1__query__descriptor, bytes, &r->parse, &fault);

    if (!q) {
        outbox_refuse(&r->out, from, fault.code, fault.text, fault.field);
        return;
    }
    /* All that was acknowledged before is applied before: min_sequence asks for
     * patience only of a partition that is behind, and this one never is. */
    if (q->has_min_sequence && q->min_sequence >= r->next_seq) {
        reply_refuse(r, from, REFUSAL_BUSY, NULL);
        return;
    }
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        if (!q->name || strcmp(q->name, queries[i].name) != 0)
            continue;
        const char *bad = unknown_filter(q, queries[i].filters);
        if (!bad)
            bad = wrong_type(q);
        if (!bad && q->has_as_of_ms && queries[i].run != query_on_call &&
            queries[i].run != query_gaps)
            bad = "as_of_ms";
        if (bad)
            reply_refuse(r, from, REFUSAL_BAD_FIELD, bad);
        else
            queries[i].run(r, from, q);
        return;
    }
    reply_refuse(r, from, REFUSAL_UNKNOWN_KIND, q->name);
}
