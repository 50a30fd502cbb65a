/* client - opening, closing, waiting and looking: yinuo.h without the events.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "proto/event_json.h"
#include "station/client.h"

/* clang-format off */
#define RESULTS(X)                                                             \
    X(OK, "ok") X(INVALID, "invalid") X(FULL, "full") X(TIMEOUT, "timeout")    \
    X(IO, "io") X(IN_USE, "in_use") X(NOT_FOUND, "not_found")                  \
    X(OTHER_OWNER, "other_owner") X(NO_MEMORY, "no_memory")                    \
    X(FAILED, "failed")
/* clang-format on */

const char *yinuo_result_name(enum yinuo_result result)
{
    switch (result) {
#define X(name, text)                                                          \
    case YINUO_##name:                                                         \
        return text;
        RESULTS(X)
#undef X
    }
    return "failed";
}

static enum yinuo_result result_of(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return YINUO_OK;
    case STATUS_INVALID:
    case STATUS_TOO_LARGE:
        return YINUO_INVALID;
    case STATUS_FULL:
        return YINUO_FULL;
    case STATUS_IO:
    case STATUS_CORRUPT:
        return YINUO_IO;
    case STATUS_EXISTS:
        return YINUO_IN_USE;
    case STATUS_NOT_FOUND:
        return YINUO_NOT_FOUND;
    case STATUS_CONFLICT:
        return YINUO_OTHER_OWNER;
    case STATUS_NO_MEMORY:
        return YINUO_NO_MEMORY;
    default:
        return YINUO_FAILED;
    }
}

enum yinuo_result client_fail(struct yinuo_error *error, enum status status,
                              const char *text)
{
    enum yinuo_result result = result_of(status);
    if (!error)
        return result;
    memset(error, 0, sizeof(*error));
    error->result = result;
    snprintf(error->text, sizeof(error->text), "%s", text);
    return result;
}

/* ---- opening ---- */

static bool copy(char *to, size_t room, const char *from)
{
    if (!from)
        from = "";
    int size = snprintf(to, room, "%s", from);
    return size >= 0 && (size_t)size < room;
}

static const char *take_config(struct yinuo *y, const struct yinuo_config *c)
{
    enum yinuo_role role = c->role ? c->role : YINUO_ROLE_STATION;
    const char *station = c->station;
    if (!c->identity || !c->outbox)
        return "identity and outbox must be set";
    if (!station && role == YINUO_ROLE_STATION)
        station = c->identity;
    for (size_t i = 0; i < YINUO_BROKERS_MAX && c->brokers[i]; i++)
        if (!copy(y->brokers[y->broker_count++], sizeof(y->brokers[0]),
                  c->brokers[i]))
            return "a broker's address is too long";
    y->role = (uint8_t)role;
    if (!copy(y->station, sizeof(y->station), station) ||
        !copy(y->region, sizeof(y->region), c->region) ||
        !copy(y->time_zone, sizeof(y->time_zone), c->time_zone))
        return "station, region or time zone is too long";
    if (c->partition_count > YINUO_PARTITIONS_MAX)
        return "too many partitions";
    y->partition_count = c->partition_count ? c->partition_count : 1;
    memcpy(y->partitions, c->partitions, sizeof(y->partitions));
    if (c->partition_count == 0)
        y->partitions[0] = 0;
    atomic_store(&y->partition, y->partitions[0]);
    return NULL;
}

static void init_waiting(struct yinuo *y)
{
    pthread_condattr_t attr;
    pthread_mutex_init(&y->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&y->moved, &attr);
    pthread_condattr_destroy(&attr);
}

static void free_client(struct yinuo *y)
{
    courier_stop(y);
    outbox_close(&y->outbox);
    pthread_cond_destroy(&y->moved);
    pthread_mutex_destroy(&y->lock);
    free(y);
}

enum yinuo_result yinuo_open(struct yinuo **out,
                             const struct yinuo_config *config,
                             struct yinuo_error *error)
{
    struct error err = {0};
    struct yinuo *y = calloc(1, sizeof(*y));
    *out = NULL;
    if (!y)
        return client_fail(error, STATUS_NO_MEMORY, "no memory");
    y->wake = -1;
    init_waiting(y);
    const char *wrong = take_config(y, config);
    if (wrong) {
        free_client(y);
        return client_fail(error, STATUS_INVALID, wrong);
    }
    struct outbox_settings set = {.dir = config->outbox,
                                  .identity = config->identity,
                                  .events_max = config->events_max,
                                  .bytes_max = config->bytes_max,
                                  .clock = clock_system(),
                                  .random = random_system()};
    enum status status = outbox_open(&y->outbox, &set, &err);
    if (status == STATUS_OK && y->broker_count > 0)
        status = courier_start(y, &err);
    if (status != STATUS_OK) {
        free_client(y);
        return client_fail(error, status, err.text);
    }
    *out = y;
    return YINUO_OK;
}

void yinuo_close(struct yinuo **y)
{
    if (!*y)
        return;
    free_client(*y);
    *y = NULL;
}

enum yinuo_result yinuo_use_partition(struct yinuo *y, uint32_t partition)
{
    for (size_t i = 0; i < y->partition_count; i++)
        if (y->partitions[i] == partition) {
            atomic_store(&y->partition, partition);
            return YINUO_OK;
        }
    return YINUO_NOT_FOUND;
}

/* ---- waiting and looking ---- */

static enum status sum(struct yinuo *y, struct outbox_ends *all)
{
    *all = (struct outbox_ends){0};
    for (size_t i = 0; i < y->partition_count; i++) {
        struct outbox_ends one;
        enum status status = outbox_ends(&y->outbox, y->partitions[i], &one);
        if (status != STATUS_OK)
            return status;
        all->last += one.last;
        all->settled += one.settled;
        all->bytes += one.bytes;
        all->dead += one.dead;
    }
    return STATUS_OK;
}

/* Have all reached what they were to reach? */
static enum status arrived(struct yinuo *y, const uint64_t *targets, bool *all)
{
    *all = true;
    for (size_t i = 0; i < y->partition_count; i++) {
        struct outbox_ends one;
        enum status status = outbox_ends(&y->outbox, y->partitions[i], &one);
        if (status != STATUS_OK)
            return status;
        *all = *all && one.settled >= targets[i];
    }
    return STATUS_OK;
}

static void wait_a_little(struct yinuo *y, int64_t wait_ms)
{
    struct timespec until;
    int64_t most = wait_ms < 50 ? wait_ms : 50; /* others may deliver */
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(most * 1000000);
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&y->lock);
    (void)pthread_cond_timedwait(&y->moved, &y->lock, &until);
    pthread_mutex_unlock(&y->lock);
}

enum yinuo_result yinuo_flush(struct yinuo *y, int64_t wait_ms)
{
    uint64_t targets[YINUO_PARTITIONS_MAX] = {0};
    int64_t until = clock_monotonic_ms(clock_system()) + wait_ms;
    bool all = false;
    for (size_t i = 0; i < y->partition_count; i++) {
        struct outbox_ends one;
        enum status status = outbox_ends(&y->outbox, y->partitions[i], &one);
        if (status != STATUS_OK)
            return result_of(status);
        targets[i] = one.last;
    }
    courier_wake(y);
    for (;;) {
        enum status status = arrived(y, targets, &all);
        int64_t left = until - clock_monotonic_ms(clock_system());
        if (status != STATUS_OK || all)
            return result_of(status);
        if (left <= 0)
            return YINUO_TIMEOUT;
        wait_a_little(y, left);
    }
}

enum yinuo_result yinuo_status(struct yinuo *y, struct yinuo_status *out)
{
    struct outbox_ends all;
    struct client_seen seen;
    enum status status = sum(y, &all);
    if (status != STATUS_OK)
        return result_of(status);
    pthread_mutex_lock(&y->lock);
    seen = y->seen;
    pthread_mutex_unlock(&y->lock);
    *out = (struct yinuo_status){.stored = all.last,
                                 .final = all.settled,
                                 .waiting = all.last - all.settled,
                                 .waiting_bytes = all.bytes,
                                 .dead_letters = all.dead,
                                 .epoch = outbox_epoch(&y->outbox),
                                 .silent_ms = -1,
                                 .delivering = seen.delivering,
                                 .connected = seen.connected,
                                 .stuck = seen.stuck};
    if (seen.answered_ms)
        out->silent_ms = clock_monotonic_ms(clock_system()) - seen.answered_ms;
    for (size_t i = 0; i < y->partition_count; i++) {
        int64_t at_ms = outbox_oldest_ms(&y->outbox, y->partitions[i]);
        if (at_ms && (!out->oldest_at_ms || at_ms < out->oldest_at_ms))
            out->oldest_at_ms = at_ms;
    }
    memcpy(out->text, seen.text, sizeof(out->text));
    memcpy(out->broker, seen.broker, sizeof(out->broker));
    return YINUO_OK;
}

_Static_assert(sizeof(((struct yinuo_status *)0)->text) == DELIVERY_TEXT,
               "the text is copied whole");

/* ---- dead letters ---- */

struct showing {
    const char *zone;
    bool (*each)(void *state, const struct yinuo_letter *l);
    void *state;
};

static bool show(void *state, const struct outbox_letter *from)
{
    struct showing *s = state;
    struct arena arena;
    struct yinuo_letter letter = {.partition = from->partition,
                                  .sequence = from->sequence,
                                  .at_ms = from->at_ms,
                                  .code = refusal_name(from->code),
                                  .text = from->text,
                                  .field = from->field};
    arena_init(&arena, LIMIT_DECODE_BYTES);
    const Yinuo__V1__Event *event = event_decode(from->event, &arena, NULL);
    json_t *json = event ? event_to_json(event, s->zone) : NULL;
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    letter.json = text;
    bool more = s->each(s->state, &letter);
    free(text);
    json_decref(json);
    arena_fini(&arena);
    return more;
}

enum yinuo_result yinuo_dead_letters(struct yinuo *y,
                                     bool (*each)(void *state,
                                                  const struct yinuo_letter *l),
                                     void *state)
{
    struct showing s = {y->time_zone[0] ? y->time_zone : NULL, each, state};
    return result_of(outbox_letters(&y->outbox, show, &s));
}

enum yinuo_result yinuo_drop_dead_letter(struct yinuo *y, uint32_t partition,
                                         uint64_t sequence)
{
    return result_of(outbox_drop_letter(&y->outbox, partition, sequence));
}
