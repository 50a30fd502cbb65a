#include "cli/question.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/retell.h"
#include "cli/session.h"
#include "proto/wire.h"

enum { PAGE_ROWS = 200, ROWS_BYTES_MAX = 256 * 1024 * 1024 };

void question_init(struct question *q, const char *name)
{
    memset(q, 0, sizeof *q);
    q->name = name;
}

static Yinuo__V1__Attribute *add(struct question *q, const char *name)
{
    Yinuo__V1__Attribute *filter = &q->filters[q->filter_count++];

    assert(q->filter_count <= QUESTION_FILTERS_MAX);
    yinuo__v1__attribute__init(filter);
    filter->name = (char *)(uintptr_t)name;
    return filter;
}

void question_text(struct question *q, const char *name, const char *text)
{
    if (text)
        add(q, name)->text = (char *)(uintptr_t)text;
}

void question_flag(struct question *q, const char *name, bool flag)
{
    Yinuo__V1__Attribute *filter;

    if (!flag)
        return;
    filter = add(q, name);
    filter->has_flag = 1;
    filter->flag = 1;
}

void question_number(struct question *q, const char *name, int64_t number)
{
    Yinuo__V1__Attribute *filter;

    if (!number)
        return;
    filter = add(q, name);
    filter->has_number = 1;
    filter->number = number;
}

void question_time(struct question *q, const char *name, int64_t at_ms)
{
    Yinuo__V1__Attribute *filter;

    if (!at_ms)
        return;
    filter = add(q, name);
    filter->has_time_ms = 1;
    filter->time_ms = at_ms;
}

void question_words(struct question *q, const char *name, char *words)
{
    Yinuo__V1__Attribute *filter;
    char *word;

    if (!words || !*words)
        return;
    filter = add(q, name);
    filter->list = q->words;
    while ((word = strsep(&words, ",")))
        if (*word && filter->n_list < QUESTION_FILTERS_MAX)
            q->words[filter->n_list++] = word;
}

static void push(struct rows *rows, void *row, uint32_t partition)
{
    if (rows->count == rows->room) {
        rows->room = rows->room ? rows->room * 2 : 64;
        rows->list = realloc(rows->list, rows->room * sizeof *rows->list);
        rows->partitions =
            realloc(rows->partitions, rows->room * sizeof *rows->partitions);
        if (!rows->list || !rows->partitions)
            abort();
    }
    rows->list[rows->count] = row;
    rows->partitions[rows->count++] = partition;
}

static int refused(struct cli *cli, const Yinuo__V1__Reply *reply)
{
    const char *text = reply->text && *reply->text
                           ? RETOLD(reply->text)
                           : _(refusal_sentence(reply->code));

    out_error(&cli->out, "%s", text);
    return refusal_exit(reply->code);
}

/* Rows of one reply. */
static int take(struct cli *cli, const Yinuo__V1__Reply *reply,
                const ProtobufCMessageDescriptor *type, uint32_t partition,
                struct rows *rows)
{
    struct fault fault;

    for (size_t i = 0; i < reply->n_rows; i++) {
        void *row = codec_decode(
            type, slice_of(reply->rows[i].data, reply->rows[i].len),
            &rows->arena, &fault);
        if (!row) {
            out_error(&cli->out, _("a row of the answer cannot be read: %s"),
                      fault.text);
            return CLI_FAILED;
        }
        push(rows, row, partition);
    }
    if (reply->now_ms > rows->now_ms)
        rows->now_ms = reply->now_ms;
    return CLI_DONE;
}

static bool is_missing(unsigned code)
{
    return code == REFUSAL_UNKNOWN_CASE || code == REFUSAL_NOT_FOUND ||
           code == REFUSAL_UNKNOWN_STATION || code == REFUSAL_UNKNOWN_PERSON;
}

static void fill(const struct cli *cli, const struct question *q,
                 const Yinuo__V1__Attribute *filters[], Yinuo__V1__Query *query)
{
    for (size_t i = 0; i < q->filter_count; i++)
        filters[i] = &q->filters[i];
    query->name = (char *)(uintptr_t)q->name;
    query->filters = (Yinuo__V1__Attribute **)(uintptr_t)filters;
    query->n_filters = q->filter_count;
    if (cli->who.person[0])
        query->person = (char *)(uintptr_t)cli->who.person;
    query->has_as_of_ms = q->as_of_ms != 0;
    query->as_of_ms = q->as_of_ms;
    query->has_limit = 1;
}

/* Asks one partition until it has no more rows or enough are there. */
static int ask_one(struct cli *cli, const struct question *q,
                   const ProtobufCMessageDescriptor *type, uint32_t partition,
                   struct rows *rows, Yinuo__V1__Reply **missing)
{
    const Yinuo__V1__Attribute *filters[QUESTION_FILTERS_MAX];
    Yinuo__V1__Query query = YINUO__V1__QUERY__INIT;
    size_t wanted = q->limit ? q->limit : QUESTION_ROWS_MAX;
    const Yinuo__V1__Reply *reply;
    int code;

    fill(cli, q, filters, &query);
    do {
        size_t left = wanted - rows->count;
        query.limit = (uint32_t)(left < PAGE_ROWS ? left : PAGE_ROWS);
        reply = client_call(cli->client, WIRE_QUERY, partition, &query.base,
                            cli->until_ms, &rows->arena, &cli->error);
        if (!reply)
            return session_failed(cli);
        if (is_missing(reply->code)) {
            *missing = (Yinuo__V1__Reply *)(uintptr_t)reply;
            return CLI_DONE;
        }
        if (reply->code != REFUSAL_NONE)
            return refused(cli, reply);
        code = take(cli, reply, type, partition, rows);
        if (code != CLI_DONE)
            return code;
        query.cursor = reply->more_cursor;
        session_more_time(cli);
    } while (query.cursor && *query.cursor && rows->count < wanted);
    rows->total += reply->total ? reply->total : rows->count;
    rows->more |= query.cursor && *query.cursor;
    return CLI_DONE;
}

int question_ask(struct cli *cli, const struct question *q,
                 const ProtobufCMessageDescriptor *type, struct rows *rows)
{
    const uint32_t *partitions;
    Yinuo__V1__Reply *missing = NULL;
    size_t count;
    int code;

    memset(rows, 0, sizeof *rows);
    arena_init(&rows->arena, ROWS_BYTES_MAX);
    code = session_ready(cli);
    if (code != CLI_DONE)
        return code;
    partitions = client_partitions(cli->client, &count);
    for (size_t i = 0; i < count && code == CLI_DONE; i++)
        if (!q->limit || rows->count < q->limit)
            code = ask_one(cli, q, type, partitions[i], rows, &missing);
    if (code == CLI_DONE && missing && rows->count == 0)
        return q->quiet ? CLI_NOT_FOUND : refused(cli, missing);
    if (rows->now_ms == 0)
        rows->now_ms = cli_now_ms(cli);
    return code;
}

void rows_fini(struct rows *rows)
{
    arena_fini(&rows->arena);
    free(rows->list);
    free(rows->partitions);
    memset(rows, 0, sizeof *rows);
}
