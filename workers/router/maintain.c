#include "workers/router/maintain.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ledger/customs.h"

enum { LOOK_MS = 1000, ROWS_AT_ONCE = 400 };

enum phase { RESTING, LOOKING, SAVING };

struct maintenance {
    struct router *router;
    uint64_t keep_records;
    uint32_t segments; /* when looked at last */
    int64_t next_ms;
    enum phase phase;
    uint64_t needed; /* LOOKING: oldest record of an open case so far */
    uint8_t from[STATE_KEY_MAX];
    size_t from_size;
    pthread_t saver; /* SAVING */
    atomic_bool saved;
    enum status save_status;
    struct error save_error;
};

struct maintenance *maintain_new(struct router *r, uint64_t keep_records)
{
    struct maintenance *m = calloc(1, sizeof *m);
    struct journal_stats stats;

    if (!m)
        abort();
    journal_stats(r->ledger->journal, &stats);
    m->router = r;
    m->keep_records = keep_records;
    m->segments = stats.segments;
    return m;
}

void maintain_free(struct maintenance **m)
{
    if (*m && (*m)->phase == SAVING)
        pthread_join((*m)->saver, NULL);
    free(*m);
    *m = NULL;
}

/* --- heads --- */

static void tell_heads(struct maintenance *m)
{
    struct journal_head heads[64];
    size_t count;
    struct error err;
    char text[160], chain[DIGEST_TEXT_SIZE];

    if (journal_heads(m->router->ledger->journal, heads, 64, &count, &err) !=
            STATUS_OK ||
        !count)
        return;
    const struct journal_head *last = &heads[(count < 64 ? count : 64) - 1];
    digest_format(&last->chain, chain);
    snprintf(text, sizeof text, "%" PRIu64 ":%s", last->last, chain);
    batch_begin(m->router);
    deed_note(m->router, "segment.sealed", text);
    log_info("SEGMENT-SEALED",
             "records %" PRIu64 " to %" PRIu64
             " are sealed -> keep this head to check them later: %s",
             last->first, last->last, text);
}

/* --- retention --- */

static bool wanted(const struct maintenance *m)
{
    struct journal_position p;

    journal_position(m->router->ledger->journal, &p);
    return m->keep_records && m->segments > 2 && p.last > m->keep_records &&
           p.first < p.last - m->keep_records;
}

/* True when all cases have been seen. */
static bool look(struct maintenance *m)
{
    static struct case_record c;
    struct state_cursor cursor;
    struct slice key, value;
    struct error err;
    bool more = true;
    int n = 0;

    state_cursor_open(&cursor, m->router->ledger->state, STATE_CASES,
                      SLICE_EMPTY, slice_of(m->from, m->from_size));
    while (n++ < ROWS_AT_ONCE &&
           (more = state_cursor_next(&cursor, &key, &value))) {
        memcpy(m->from, key.data, key.size);
        m->from[key.size] = 0;
        m->from_size = key.size + 1;
        if (customs_case_read(value, &c, NULL, &err) == STATUS_OK &&
            c.status != CASE_CLOSED && c.opened_sequence < m->needed)
            m->needed = c.opened_sequence;
    }
    state_cursor_close(&cursor);
    return !more;
}

static void *save(void *arg)
{
    struct maintenance *m = arg;

    m->save_status = ledger_snapshot(m->router->ledger, NULL, &m->save_error);
    atomic_store(&m->saved, true);
    return NULL;
}

static void trim(struct maintenance *m)
{
    struct ledger_consumer open_cases = {"open cases", m->needed, true};
    struct ledger_retention keep = {.keep_records = m->keep_records,
                                    .consumers = &open_cases,
                                    .consumer_count = 1};
    struct error err;
    uint64_t first;
    const char *held = NULL;

    if (m->save_status != STATUS_OK)
        log_warn("SNAPSHOT", "%s -> nothing is trimmed", m->save_error.text);
    else if (ledger_retain(m->router->ledger, &keep, &first, &held, &err) !=
             STATUS_OK)
        log_warn("RETENTION", "%s -> the records stay", err.text);
    else
        log_info("RETENTION",
                 "a snapshot stands for older records -> kept from %" PRIu64
                 " on%s%s",
                 first, held ? ", held by " : "", held ? held : "");
}

static void retain(struct maintenance *m, int64_t mono_ms)
{
    if (m->phase == RESTING) {
        if (!wanted(m))
            return;
        m->phase = LOOKING;
        m->needed = UINT64_MAX;
        m->from_size = 0;
    } else if (m->phase == LOOKING) {
        if (!look(m))
            return;
        atomic_store(&m->saved, false);
        m->phase = pthread_create(&m->saver, NULL, save, m) ? RESTING : SAVING;
    } else if (atomic_load(&m->saved)) {
        pthread_join(m->saver, NULL);
        m->phase = RESTING;
        m->next_ms = mono_ms + 60 * LOOK_MS;
        trim(m);
    }
}

void maintain_step(struct maintenance *m, int64_t mono_ms)
{
    struct journal_stats stats;

    if (m->phase == RESTING && mono_ms < m->next_ms)
        return;
    m->next_ms = mono_ms + LOOK_MS;
    journal_stats(m->router->ledger->journal, &stats);
    if (stats.segments > m->segments)
        tell_heads(m);
    m->segments = stats.segments;
    retain(m, mono_ms);
}
