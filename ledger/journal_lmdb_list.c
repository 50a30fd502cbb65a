/* The list of segments: what is in the directory, in order. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "ledger/journal_lmdb_internal.h"
#include "ledger/lmdb_env.h"

enum { OPEN_SEGMENTS = 8 };

/* Room for a segment that could not be sealed in time, and then some. */
uint64_t journal_lmdb_map_bytes(const struct journal_lmdb *j)
{
    return 4 * j->options.segment_bytes + 16 * (uint64_t)LIMIT_BATCH_BYTES;
}

struct segment *journal_lmdb_active(const struct journal_lmdb *j)
{
    return j->count == 0 ? NULL : j->segments[j->count - 1];
}

enum status journal_lmdb_push(struct journal_lmdb *j, struct segment *s,
                              struct error *err)
{
    if (j->count == j->capacity) {
        size_t n = j->capacity == 0 ? 16 : 2 * j->capacity;
        void *wider = realloc(j->segments, n * sizeof(struct segment *));

        if (wider == NULL)
            return error_set(err, STATUS_NO_MEMORY, "open the journal");
        j->segments = wider;
        j->capacity = n;
    }
    /* The one before ends where this one begins. */
    if (j->count > 0) {
        struct segment *sealed = j->segments[j->count - 1];

        sealed->last = s->first - 1;
        sealed->chain = s->before;
    }
    j->segments[j->count++] = s;
    return STATUS_OK;
}

void journal_lmdb_close_idle(struct journal_lmdb *j)
{
    size_t open = 0;

    for (size_t i = j->count; i-- > 0;) {
        struct segment *s = j->segments[i];

        if (s->env != NULL && ++open > OPEN_SEGMENTS && s->users == 0)
            segment_close_env(s);
    }
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Numbers of the segment files there are, ascending; the caller frees. */
static enum status list_numbers(const char *dir, uint32_t **out, size_t *count,
                                struct error *err)
{
    DIR *d = opendir(dir);
    uint32_t *numbers = NULL;
    size_t n = 0;

    *out = NULL;
    *count = 0;
    if (d == NULL)
        return error_set_errno(err, errno, "open %s", dir);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        uint32_t number;

        if (!segment_parse_name(e->d_name, &number))
            continue;
        void *more = realloc(numbers, (n + 1) * sizeof *numbers);

        if (more == NULL) {
            free(numbers);
            closedir(d);
            return error_set(err, STATUS_NO_MEMORY, "open %s", dir);
        }
        numbers = more;
        numbers[n++] = number;
    }
    closedir(d);
    if (n > 0)
        qsort(numbers, n, sizeof *numbers, by_number);
    *out = numbers;
    *count = n;
    return STATUS_OK;
}

/* The owner is making it at this moment: it has not got its two first pages. */
static bool is_being_made(const struct journal_lmdb *j, uint32_t number)
{
    char name[SEGMENT_NAME_SIZE], path[LIMIT_PATH_BYTES];
    struct stat st;

    segment_name(number, name);
    return file_join(path, sizeof path, j->dir, name, NULL) == STATUS_OK &&
           (stat(path, &st) != 0 || st.st_size < 2 * sysconf(_SC_PAGESIZE));
}

/* One file into the list, or as the spare. A file that was never finished, and
 * a second spare, are left from a crash while making them. */
enum status journal_lmdb_take_file(struct journal_lmdb *j, uint32_t number,
                                   struct error *err)
{
    struct segment *s;
    enum status status = segment_load(j->dir, number, journal_lmdb_map_bytes(j),
                                      j->read_only, &s, err);

    if (status == STATUS_NOT_FOUND ||
        (status != STATUS_OK && j->read_only && is_being_made(j, number))) {
        if (!j->read_only)
            segment_remove(j->dir, number);
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        return status;
    if (s->begun) {
        status = journal_lmdb_push(j, s, err);
        if (status != STATUS_OK)
            segment_free(&s);
        journal_lmdb_close_idle(j);
        return status;
    }
    if (j->spare == NULL && !j->read_only) {
        j->spare = s;
        return STATUS_OK;
    }
    s->doomed = !j->read_only;
    segment_free(&s);
    return STATUS_OK;
}

static enum status check_sequence(const struct journal_lmdb *j,
                                  struct error *err)
{
    for (size_t i = 1; i < j->count; i++) {
        const struct segment *a = j->segments[i - 1], *b = j->segments[i];

        if (b->number != a->number + 1 || b->first <= a->first)
            return error_set(err, STATUS_CORRUPT,
                             "journal %s: segment %u does not follow %u",
                             j->dir, b->number, a->number);
    }
    return STATUS_OK;
}

/* The end of the journal from the active segment's newest record. */
enum status journal_lmdb_find_end(struct journal_lmdb *j, struct error *err)
{
    struct journal_position *p = &j->position;
    struct segment *active = journal_lmdb_active(j);
    enum status status;

    if (active == NULL) {
        *p = (struct journal_position){.first = 1};
        return STATUS_OK;
    }
    status = segment_reopen(active, journal_lmdb_map_bytes(j), err);
    if (status == STATUS_OK)
        status = segment_read_last(active, &p->epoch, &p->journal_ms, err);
    if (status != STATUS_OK)
        return status;
    p->first = j->segments[0]->first;
    p->last = active->last;
    p->chain = active->chain;
    return STATUS_OK;
}

void journal_lmdb_make_spare(struct journal_lmdb *j)
{
    pthread_mutex_lock(&j->mutex);
    struct segment *active = journal_lmdb_active(j);
    uint32_t number = active == NULL ? 1 : active->number + 1;

    pthread_mutex_unlock(&j->mutex);
    struct error err;
    uint64_t room = 256 << 10;

    if (j->options.may_write != NULL &&
        j->options.may_write(j->options.may_write_state, room, &err) !=
            STATUS_OK)
        return;
    if (segment_create(j->dir, number, journal_lmdb_map_bytes(j), &j->spare,
                       &err) != STATUS_OK)
        log_warn("JOURNAL-NO-SPARE",
                 "the next segment cannot be made: %s -> the active one goes "
                 "on",
                 err.text);
}

enum status journal_lmdb_load(struct journal_lmdb *j, struct error *err)
{
    uint32_t *numbers;
    size_t n;
    enum status status = list_numbers(j->dir, &numbers, &n, err);

    for (size_t i = 0; i < n && status == STATUS_OK; i++)
        status = journal_lmdb_take_file(j, numbers[i], err);
    free(numbers);
    if (status == STATUS_OK)
        status = check_sequence(j, err);
    if (status == STATUS_OK)
        status = journal_lmdb_find_end(j, err);
    return status;
}
