/* The journal's second reader: fetches and timelines are read in a thread of
 * their own, so that somebody who catches up a million records makes nobody
 * wait. It touches the journal and nothing else. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "workers/router/internal.h"

enum {
    JOBS_MAX = 256,
    BODY_BYTES = LIMIT_FRAME_BYTES - 8192,
    TIMELINE_MAX = 512
};

struct jobs {
    struct reader_job list[JOBS_MAX];
    size_t first, count;
};

struct reader_thread {
    struct journal *journal;
    uint32_t partition;
    bool is_inline;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stop;
    int done_fd;
    struct jobs asked, done;
    struct arena arena; /* the reader's own */
    struct journal_page page;
};

static bool push(struct jobs *j, const struct reader_job *job)
{
    if (j->count == JOBS_MAX)
        return false;
    j->list[(j->first + j->count++) % JOBS_MAX] = *job;
    return true;
}

static bool pop(struct jobs *j, struct reader_job *job)
{
    if (!j->count)
        return false;
    *job = j->list[j->first];
    j->first = (j->first + 1) % JOBS_MAX;
    j->count--;
    return true;
}

static Yinuo__V1__StreamRecord *part_of(struct reader_thread *t,
                                        const struct record *rec)
{
    arena_reset(&t->arena);
    return codec_decode(&yinuo__v1__stream_record__descriptor,
                        rec->parts[RECORD_INPUT], &t->arena, NULL);
}

static bool same(const char *wanted, const char *is)
{
    return !*wanted || (is && strcmp(wanted, is) == 0);
}

static const char *case_of(const Yinuo__V1__StreamRecord *part)
{
    return part->event     ? part->event->case_id
           : part->firing  ? part->firing->case_id
           : part->receipt ? part->receipt->case_id
                           : NULL;
}

static bool wanted(struct reader_thread *t, const struct reader_job *job,
                   const struct record *rec)
{
    if (!*job->case_id && !*job->event_kind && !*job->station && !*job->region)
        return true;
    const Yinuo__V1__StreamRecord *part = part_of(t, rec);
    if (!part || !same(job->case_id, case_of(part)))
        return false;
    if (!part->event)
        return !*job->event_kind && !*job->station && !*job->region;
    return same(job->event_kind, part->event->kind) &&
           same(job->station, part->event->station) &&
           same(job->region, part->event->region);
}

/* Who asks is told, so that he does not ask for ever. */
static void note_unreadable(struct reader_job *job, uint64_t seq,
                            const struct error *err)
{
    snprintf(job->trouble, sizeof job->trouble,
             "record %llu of the journal cannot be read; \"yinuo journal "
             "verify\" says more",
             (unsigned long long)seq);
    log_error("JOURNAL-UNREADABLE", "%s -> who asks for record %llu is told so",
              err->text, (unsigned long long)seq);
}

static void close_records(struct reader_thread *t, struct reader_job *job,
                          uint64_t complete_to, enum refusal code)
{
    Yinuo__V1__Records tail = YINUO__V1__RECORDS__INIT;
    char cursor[48];
    struct journal_position position;

    journal_position(t->journal, &position);
    snprintf(cursor, sizeof cursor, "p%u-%llu", t->partition,
             (unsigned long long)complete_to);
    tail.has_complete_to = tail.has_last_seq = tail.has_first_seq =
        tail.has_code = 1;
    tail.complete_to = complete_to;
    tail.next_cursor = cursor;
    tail.last_seq = position.last;
    tail.first_seq = position.first;
    tail.code = code;
    if (*job->trouble)
        tail.text = job->trouble;
    else if (code != REFUSAL_NONE)
        tail.text = (char *)refusal_sentence(code);
    if (codec_encode(&tail.base, &job->body) != STATUS_OK)
        abort();
    job->answer = WIRE_RECORDS;
}

static void fetch(struct reader_thread *t, struct reader_job *job)
{
    struct journal_limits limits = {.records = job->limit, .bytes = BODY_BYTES};
    uint64_t complete_to = job->from_seq - 1;
    struct error err;
    enum status st =
        journal_read(t->journal, job->from_seq, &limits, &t->page, &err);

    if (st == STATUS_EXPIRED) {
        close_records(t, job, complete_to, REFUSAL_TOO_OLD);
        return;
    }
    /* Those before a damaged one are whole. */
    for (size_t i = 0; i < t->page.count; i++) {
        const struct record *rec = &t->page.records[i];
        if (job->body.size + record_size(rec) > BODY_BYTES)
            break;
        if (wanted(t, job, rec))
            stream_append(&job->body, t->partition, rec);
        complete_to = rec->seq;
    }
    if (st == STATUS_OK || st == STATUS_END || complete_to >= job->from_seq) {
        close_records(t, job, complete_to, REFUSAL_NONE);
        return;
    }
    note_unreadable(job, job->from_seq, &err);
    close_records(t, job, complete_to, REFUSAL_INTERNAL);
}

/* Backwards along previous_seq; the rows go out oldest first. */
static void timeline(struct reader_thread *t, struct reader_job *job)
{
    struct journal_limits one = {.records = 1};
    struct bytes rows[TIMELINE_MAX];
    size_t count = 0, total = 0;
    uint64_t seq = job->from_seq;
    Yinuo__V1__Reply reply = YINUO__V1__REPLY__INIT;
    ProtobufCBinaryData list[TIMELINE_MAX];
    struct error err;

    while (seq && seq >= job->down_to && count < job->limit &&
           count < TIMELINE_MAX && total < BODY_BYTES) {
        enum status st = journal_read(t->journal, seq, &one, &t->page, &err);
        if (st == STATUS_EXPIRED)
            seq = 0; /* retention has trimmed what is before */
        else if (st != STATUS_OK && count == 0)
            note_unreadable(job, seq, &err);
        if (st != STATUS_OK)
            break;
        const struct record *rec = &t->page.records[0];
        rows[count] = (struct bytes){0};
        stream_append(&rows[count], t->partition, rec);
        total += rows[count++].size;
        const Yinuo__V1__StreamRecord *part = part_of(t, rec);
        seq = part ? part->previous_seq : 0;
    }
    for (size_t i = 0; i < count; i++) {
        /* stream_append writes tag and length for Records; a row is without */
        const struct bytes *row = &rows[count - 1 - i];
        size_t skip = 1;
        while (row->data[skip++] & 0x80)
            ;
        list[i] = (ProtobufCBinaryData){row->size - skip, row->data + skip};
    }
    reply.row_type = (char *)"StreamRecord";
    reply.n_rows = count;
    reply.rows = list;
    reply.has_complete_to = reply.has_now_ms = reply.has_code = 1;
    if (*job->trouble) {
        reply.code = REFUSAL_INTERNAL;
        reply.text = job->trouble;
    }
    reply.complete_to = job->last_seq;
    reply.now_ms = job->now_ms;
    char cursor[48];
    snprintf(cursor, sizeof cursor, "%llu", (unsigned long long)seq);
    if (seq && seq >= job->down_to)
        reply.more_cursor = cursor;
    if (codec_encode(&reply.base, &job->body) != STATUS_OK)
        abort();
    job->answer = WIRE_REPLY;
    for (size_t i = 0; i < count; i++)
        bytes_fini(&rows[i]);
}

static void work(struct reader_thread *t, struct reader_job *job)
{
    job->body = (struct bytes){0};
    if (job->kind == JOB_FETCH)
        fetch(t, job);
    else
        timeline(t, job);
}

static void *run(void *arg)
{
    struct reader_thread *t = arg;
    struct reader_job job;

    pthread_mutex_lock(&t->mutex);
    for (;;) {
        while (!t->stop && (!t->asked.count || t->done.count == JOBS_MAX))
            pthread_cond_wait(&t->wake, &t->mutex);
        if (t->stop)
            break;
        (void)pop(&t->asked, &job);
        pthread_mutex_unlock(&t->mutex);
        work(t, &job);
        pthread_mutex_lock(&t->mutex);
        (void)push(&t->done, &job);
        if (write(t->done_fd, &(uint64_t){1}, 8) != 8)
            log_warn(
                "READER",
                "the router is not woken -> an answer waits for its next turn");
    }
    pthread_mutex_unlock(&t->mutex);
    return NULL;
}

enum status reader_thread_new(struct router *r, struct reader_thread **out,
                              struct error *err)
{
    struct reader_thread *t = calloc(1, sizeof *t);

    if (!t)
        return error_set(err, STATUS_NO_MEMORY, "start the reader");
    t->journal = r->ledger->journal;
    t->partition = r->options.partition;
    t->is_inline = r->options.inline_reader;
    t->done_fd = -1;
    arena_init(&t->arena, LIMIT_DECODE_BYTES * 2);
    journal_page_init(&t->page);
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->wake, NULL);
    if (!t->is_inline) {
        t->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (t->done_fd < 0 || pthread_create(&t->thread, NULL, run, t) != 0) {
            t->is_inline = true;
            reader_thread_free(&t);
            return error_set(err, STATUS_IO, "start the reader");
        }
    }
    *out = t;
    return STATUS_OK;
}

void reader_thread_free(struct reader_thread **thread)
{
    struct reader_thread *t = *thread;
    struct reader_job job;

    if (!t)
        return;
    if (!t->is_inline) {
        pthread_mutex_lock(&t->mutex);
        t->stop = true;
        pthread_cond_signal(&t->wake);
        pthread_mutex_unlock(&t->mutex);
        pthread_join(t->thread, NULL);
    }
    while (pop(&t->done, &job))
        bytes_fini(&job.body);
    if (t->done_fd >= 0)
        close(t->done_fd);
    journal_page_fini(&t->page);
    arena_fini(&t->arena);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->mutex);
    free(t);
    *thread = NULL;
}

bool reader_thread_ask(struct reader_thread *t, const struct reader_job *job)
{
    struct reader_job mine = *job;

    if (t->is_inline) {
        work(t, &mine);
        return push(&t->done, &mine);
    }
    pthread_mutex_lock(&t->mutex);
    bool taken = push(&t->asked, &mine);
    pthread_cond_signal(&t->wake);
    pthread_mutex_unlock(&t->mutex);
    return taken;
}

void reader_thread_collect(struct reader_thread *t, struct outbox *out)
{
    struct reader_job job;
    uint64_t n;

    if (t->done_fd >= 0 && read(t->done_fd, &n, 8) < 0 && !t->done.count)
        return;
    for (;;) {
        pthread_mutex_lock(&t->mutex);
        bool any = pop(&t->done, &job);
        pthread_cond_signal(&t->wake);
        pthread_mutex_unlock(&t->mutex);
        if (!any)
            return;
        struct outgoing *m = outbox_add(out, job.answer, job.asker.partition);
        m->session = job.asker.session;
        m->header.request_id = job.asker.request_id;
        bytes_fini(&m->body);
        m->body = job.body;
    }
}

int reader_thread_fd(const struct reader_thread *t)
{
    return t->done_fd;
}
